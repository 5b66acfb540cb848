package spill

import (
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Fetch is a list of pages that are going to be used, which may be parts of spill files
// that are not mapped. To have the kernel map many of them in one call takes half the
// time of as many page faults. The zero value is an empty list.
type Fetch struct{ list []pages }

// pages is an iovec of whole pages, in numbers: in one of the Go heap, where small
// slabs lie, a pointer to the start of the page would be one to whatever is there.
type pages struct{ base, n uintptr }

// fetchMost is how many ranges one call takes.
const fetchMost = 1024

// noFetch: the kernel advises about one range a call.
var noFetch atomic.Bool

// Add adds the pages of n bytes at p.
func (f *Fetch) Add(p unsafe.Pointer, n uintptr) {
	from := uintptr(p) &^ (PageSize - 1)
	f.list = append(f.list, pages{from, (uintptr(p) + n - from + PageSize - 1) &^ (PageSize - 1)})
}

// Len is how many ranges there are in the list.
func (f *Fetch) Len() int { return len(f.list) }

// Do brings the pages in, to be written to or only read, and empties the list. It is a
// hint: where the system cannot do that, they come when they are touched.
func (f *Fetch) Do(write bool) {
	advice := uintptr(unix.MADV_POPULATE_READ)
	if write {
		advice = unix.MADV_POPULATE_WRITE
	}
	for list := f.list; len(list) > 0 && !noFetch.Load(); {
		some := list[:min(len(list), fetchMost)]
		n, _, e := unix.Syscall6(unix.SYS_PROCESS_MADVISE, uintptr(itself()), uintptr(unsafe.Pointer(unsafe.SliceData(some))), uintptr(len(some)), advice, 0, 0)
		if e != 0 && e != unix.EINTR && e != unix.EAGAIN {
			noFetch.Store(true)
		}
		for len(list) > 0 && n >= list[0].n { // it may have been interrupted
			n -= list[0].n
			list = list[1:]
		}
		if e != 0 || n > 0 {
			break
		}
	}
	f.list = f.list[:0]
}
