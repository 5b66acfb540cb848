//go:build linux && (amd64 || arm64)

package spill

import (
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

// mustWait: the file system cannot read without waiting.
var mustWait atomic.Bool

// readShort fills b from a file, if it can without waiting for the disk, and without
// telling the scheduler; late is that it would have to wait. On a file system that does not
// know the difference it waits, as a page fault would.
func readShort(fd uintptr, b []byte, off int64) (ok, late bool) {
	if !mustWait.Load() {
		v := unix.Iovec{Base: unsafe.SliceData(b), Len: uint64(len(b))}
		n, _, e := unix.RawSyscall6(unix.SYS_PREADV2, fd, uintptr(unsafe.Pointer(&v)), 1, uintptr(off), 0, unix.RWF_NOWAIT)
		switch {
		case e == 0 && int(n) == len(b):
			return true, false
		case e == 0 || e == unix.EAGAIN || e == unix.EINTR:
			return false, true
		}
		mustWait.Store(true)
	}
	n, _, e := unix.RawSyscall6(unix.SYS_PREAD64, fd, uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)), uintptr(off), 0, 0)
	return e == 0 && int(n) == len(b), false
}
