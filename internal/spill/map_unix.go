//go:build linux || darwin || freebsd

package spill

import (
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

const readWrite = unix.PROT_READ | unix.PROT_WRITE

// mapMemory gives n zeroed bytes outside the Go heap.
func mapMemory(n int) []byte {
	p, err := unix.MmapPtr(-1, 0, nil, uintptr(n), readWrite, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		return alignedBytes(n)
	}
	return unsafe.Slice((*byte)(p), n)
}

func mapFile(f *os.File, off int64, n int) ([]byte, error) {
	p, err := unix.MmapPtr(int(f.Fd()), off, nil, uintptr(n), readWrite, unix.MAP_SHARED)
	if err != nil {
		return nil, err
	}
	b := unsafe.Slice((*byte)(p), n)
	single(b)
	return b, nil
}

// mapOver puts a part of a file in place of the memory b.
func mapOver(b []byte, f *os.File, off int64) error {
	_, err := unix.MmapPtr(int(f.Fd()), off, unsafe.Pointer(unsafe.SliceData(b)), uintptr(len(b)), readWrite, unix.MAP_SHARED|unix.MAP_FIXED)
	if err == nil {
		single(b)
	}
	return err
}

// unmapMemory gives memory back; what the Go heap had to give is left to the
// collector (EINVAL).
func unmapMemory(b []byte) {
	_ = unix.MunmapPtr(unsafe.Pointer(unsafe.SliceData(b)), uintptr(len(b)))
}

// longestFile is the length that files of this process may have.
func longestFile() int64 {
	const most = 1 << 42
	var l unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_FSIZE, &l) != nil || uint64(l.Cur) > most {
		return most
	}
	return int64(l.Cur)
}
