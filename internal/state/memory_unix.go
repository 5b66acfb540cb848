//go:build linux || darwin || freebsd

package state

import (
	"golang.org/x/sys/unix"
)

// mapMemory gives n zeroed bytes outside the Go heap.
func mapMemory(n int) []byte {
	b, err := unix.Mmap(-1, 0, n, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		return alignedBytes(n)
	}
	return b
}

// unmapMemory gives memory back; blocks that the Go heap had to give are left to
// the collector.
func unmapMemory(b []byte) {
	_ = unix.Munmap(b) // EINVAL: not mapped by mapMemory's first way
}
