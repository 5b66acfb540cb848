//go:build !linux && !darwin && !freebsd

package state

func mapMemory(n int) []byte { return alignedBytes(n) }

func populate([]byte) {}

func unmapMemory([]byte) {}
