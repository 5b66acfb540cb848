package vfs

import "unsafe"

// DirectAlign is what the memory and the offset of a write that goes past the page
// cache are multiples of, on any disk.
const DirectAlign = 4 << 10

// DirectLeast is the bytes from which on a write goes past the page cache.
const DirectLeast = 128 << 10

// Aligned gives memory of n bytes that Direct's files write without a copy where
// its place in the file is aligned as it is.
func Aligned(n int) []byte {
	mem := make([]byte, n+DirectAlign)
	return mem[-uintptr(unsafe.Pointer(&mem[0]))&(DirectAlign-1):][:n:n]
}
