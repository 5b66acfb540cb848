//go:build linux && (amd64 || arm64)

package spill

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// readShort fills b from a file, if it can in one call.
func readShort(fd uintptr, b []byte, off int64) bool {
	n, _, e := unix.RawSyscall6(unix.SYS_PREAD64, fd, uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)), uintptr(off), 0, 0)
	return e == 0 && int(n) == len(b)
}
