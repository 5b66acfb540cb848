//go:build darwin || freebsd

package state

func populate([]byte) {}
