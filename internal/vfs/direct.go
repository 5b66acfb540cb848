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

// Placed is bytes and where they go in a file.
type Placed struct {
	Data []byte
	At   int64
}

// WriteAll writes pieces that do not overlap, in any order. Where they go past the page
// cache the disk is waited for once, and zeros may be written behind a piece up to the
// end of a block of the disk: it must be the last in that block, and what its memory has
// room for behind it is overwritten.
func WriteAll(f File, pieces []Placed) error {
	if d, ok := f.(interface{ writeAll([]Placed) error }); ok {
		return d.writeAll(pieces)
	}
	return writeEach(f, pieces)
}

// AnyOrder reports that a file takes writes in any order before it is synced, at no cost.
func AnyOrder(f File) bool {
	switch f.(type) {
	case interface{ writeAll([]Placed) error }, *memFile:
		return true
	}
	return false
}

func writeEach(f File, pieces []Placed) error {
	for _, p := range pieces {
		if _, err := f.WriteAt(p.Data, p.At); err != nil {
			return err
		}
	}
	return nil
}
