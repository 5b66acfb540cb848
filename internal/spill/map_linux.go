package spill

import (
	"errors"
	"os"
	"sync"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Populate touches all pages of fresh memory in one call: it is going to be
// filled, and a page fault for every 4 KB of it costs a virtual machine several
// times as much. Large pages would help lookups, but the kernel may compact
// memory at length to find one (measured: 7 s of system time for 3 GB against
// 2 s), so they are not asked for.
func (s *Slab) Populate(from, to int) {
	if s.file == nil {
		_ = unix.Madvise(s.Mem[from:to], unix.MADV_POPULATE_WRITE)
	}
}

func touchPages(b []byte) { _ = unix.Madvise(b, unix.MADV_POPULATE_WRITE) }

// adviseRandom has reads of a file fetch what they ask for and no more.
func adviseRandom(f *os.File) { _ = unix.Fadvise(int(f.Fd()), 0, 0, unix.FADV_RANDOM) }

// ahead begins to read a part of a file.
func (f *spillFile) ahead(off, n int64) { _ = unix.Fadvise(int(f.fd), off, n, unix.FADV_WILLNEED) }

// reserve makes sure that the disk has room for a part of a file. Where the file
// system cannot tell, writing to it does.
func reserve(f *os.File, off, n int64) error {
	err := unix.Fallocate(int(f.Fd()), 0, off, n)
	for errors.Is(err, unix.EINTR) {
		err = unix.Fallocate(int(f.Fd()), 0, off, n)
	}
	if errors.Is(err, unix.EOPNOTSUPP) || errors.Is(err, unix.ENOSYS) {
		return nil
	}
	return err
}

// punch gives the disk a part of a file back, if the file system can.
func punch(f *os.File, off, n int64) {
	_ = unix.Fallocate(int(f.Fd()), unix.FALLOC_FL_PUNCH_HOLE|unix.FALLOC_FL_KEEP_SIZE, off, n)
}

// drop unmaps pages of mapped files; they come back when touched. One call does for all
// pieces where the kernel can (6.13 and later): it then interrupts the other processors
// once and not for each.
func drop(pieces [][]byte) {
	if !noneAtOnce.Load() && dropAtOnce(pieces) {
		return
	}
	for _, b := range pieces {
		_ = unix.Madvise(b, unix.MADV_DONTNEED)
	}
}

// noneAtOnce: the kernel advises about one range a call.
var noneAtOnce atomic.Bool

// itself is a descriptor of this process, -1 if there is none to be had.
var itself = sync.OnceValue(func() int {
	fd, err := unix.PidfdOpen(os.Getpid(), 0)
	if err != nil {
		return -1
	}
	return fd
})

func dropAtOnce(pieces [][]byte) bool {
	list, want := make([]unix.Iovec, len(pieces)), 0
	for i, b := range pieces {
		list[i].Base = unsafe.SliceData(b)
		list[i].SetLen(len(b))
		want += len(b)
	}
	n, _, e := unix.Syscall6(unix.SYS_PROCESS_MADVISE, uintptr(itself()), uintptr(unsafe.Pointer(unsafe.SliceData(list))), uintptr(len(list)), unix.MADV_DONTNEED, 0, 0)
	if e != 0 && e != unix.EINTR && e != unix.EAGAIN {
		noneAtOnce.Store(true)
	}
	return e == 0 && int(n) == want
}

var statm = sync.OnceValue(func() *os.File {
	f, err := os.Open("/proc/self/statm")
	if err != nil {
		return nil
	}
	return f
})

// resident is the bytes of files that this process has mapped and in memory.
func resident() (int64, bool) {
	f := statm()
	if f == nil {
		return 0, false
	}
	var buf [128]byte
	n, err := unix.Pread(int(f.Fd()), buf[:], 0)
	if err != nil {
		return 0, false
	}
	field, pages := 0, int64(0)
	for _, c := range buf[:n] { // size resident shared ...
		switch {
		case c == ' ':
			field++
		case field == 2:
			pages = pages*10 + int64(c-'0')
		}
	}
	return pages * int64(os.Getpagesize()), true
}

// faults is a descriptor of userfaultfd, -1 if there is none to be had.
var faults = sync.OnceValue(func() int {
	const userModeOnly, version, wpAsync = 1, 0xaa, 1 << 15
	fd, _, e := unix.Syscall(unix.SYS_USERFAULTFD, unix.O_CLOEXEC|userModeOnly, 0, 0)
	if e != 0 {
		return -1
	}
	api := struct{ api, features, ioctls uint64 }{api: version, features: wpAsync}
	const uffdioAPI = 0xc018aa3f
	if _, _, e := unix.Syscall(unix.SYS_IOCTL, fd, uffdioAPI, uintptr(unsafe.Pointer(&api))); e != 0 {
		_ = unix.Close(int(fd)) // it is of no use without that feature
		return -1
	}
	return int(fd)
})

// single asks that a fault maps one page: the kernel maps the 15 around it too,
// which serves a program's text well and a hash table not at all, and leaves the
// window 16 times too small. There is no advice for that, but memory that is
// registered for write protection (which nobody then asks for) is left alone. It
// is no loss where the kernel is older than 6.7 or forbids it.
func single(b []byte) {
	fd := faults()
	if fd < 0 {
		return
	}
	const uffdioRegister, modeWP = 0xc020aa00, 2
	r := struct{ start, size, mode, ioctls uint64 }{uint64(uintptr(unsafe.Pointer(unsafe.SliceData(b)))), uint64(len(b)), modeWP, 0}
	_, _, _ = unix.Syscall(unix.SYS_IOCTL, uintptr(fd), uffdioRegister, uintptr(unsafe.Pointer(&r)))
}
