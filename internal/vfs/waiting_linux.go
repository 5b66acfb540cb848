//go:build amd64 || arm64

package vfs

import (
	"os"
	"runtime"
	"syscall"
	"unsafe"
)

// A goroutine that enters a system call keeps its processor until the runtime looks
// and finds that it has been away for long, which takes from 20 µs to 10 ms. To wait
// for a disk takes about that long, so that with few processors the disk would be
// waited for by those who have work. waiting leaves the processor first.

//go:linkname entersyscallblock runtime.entersyscallblock
func entersyscallblock()

//go:linkname exitsyscall runtime.exitsyscall
func exitsyscall()

// waiting makes a system call that waits. Whatever the arguments point to must be
// kept alive by the caller.
//
//go:nosplit
//go:norace
func waiting(trap, a, b, c, d uintptr) (n uintptr, err syscall.Errno) {
	entersyscallblock()
	n, _, err = syscall.RawSyscall6(trap, a, b, c, d, 0, 0)
	exitsyscall()
	return n, err
}

// writeWaiting is f.WriteAt of bytes that the disk is waited for.
func writeWaiting(f *os.File, b []byte, off int64) (n int, err error) {
	raw, err := f.SyscallConn()
	if err != nil {
		return 0, err
	}
	var no syscall.Errno
	err = raw.Control(func(fd uintptr) {
		for n < len(b) {
			k, e := waiting(syscall.SYS_PWRITE64, fd, uintptr(unsafe.Pointer(&b[n])), uintptr(len(b)-n), uintptr(off)+uintptr(n))
			if e == syscall.EINTR {
				continue
			}
			if e == 0 && k == 0 {
				e = syscall.EIO
			}
			if no = e; e != 0 {
				return
			}
			n += int(k)
		}
	})
	runtime.KeepAlive(b)
	return n, waited("write", f, no, err)
}

// syncWaiting is f.Sync.
func syncWaiting(f *os.File) error {
	raw, err := f.SyscallConn()
	if err != nil {
		return err
	}
	no := syscall.EINTR
	err = raw.Control(func(fd uintptr) {
		for no == syscall.EINTR {
			_, no = waiting(syscall.SYS_FSYNC, fd, 0, 0, 0)
		}
	})
	return waited("sync", f, no, err)
}

func waited(op string, f *os.File, no syscall.Errno, err error) error {
	if no != 0 {
		err = no
	}
	if err == nil {
		return nil
	}
	return &os.PathError{Op: op, Path: f.Name(), Err: err}
}
