package spill

import "unsafe"

// alignedBytes gives n bytes, a multiple of 8, of the Go heap, aligned to 8.
func alignedBytes(n int) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(make([]uint64, n/8)))), n)
}
