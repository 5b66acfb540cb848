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

// waitingMost is how many pieces are written in one go.
const waitingMost = 16

// pwrite is the arguments of a call.
type pwrite struct{ b, n, off uintptr }

// waitingWrites writes pieces until one is not written as a whole, and gives their
// number.
//
//go:nosplit
//go:norace
func waitingWrites(fd uintptr, calls *[waitingMost]pwrite, n int) (done int) {
	entersyscallblock()
	for done < n {
		c := (*pwrite)(unsafe.Add(unsafe.Pointer(calls), uintptr(done)*unsafe.Sizeof(pwrite{})))
		if k, _, err := syscall.RawSyscall6(syscall.SYS_PWRITE64, fd, c.b, c.n, c.off, 0, 0); err != 0 || k != c.n {
			break
		}
		done++
	}
	exitsyscall()
	return done
}

// writeWaitingAll writes at most waitingMost pieces until one is not written as a whole,
// and gives their number.
func writeWaitingAll(f *os.File, pieces []Placed) (done int) {
	raw, err := f.SyscallConn()
	if err != nil || len(pieces) == 0 {
		return 0
	}
	calls := new([waitingMost]pwrite)
	for i, p := range pieces {
		calls[i] = pwrite{uintptr(unsafe.Pointer(&p.Data[0])), uintptr(len(p.Data)), uintptr(p.At)}
	}
	_ = raw.Control(func(fd uintptr) { done = waitingWrites(fd, calls, len(pieces)) }) // else nothing is written
	runtime.KeepAlive(pieces)
	return done
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
