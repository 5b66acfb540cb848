//go:build darwin || freebsd

package state

func adviseHuge([]byte) {}
