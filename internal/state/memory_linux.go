package state

import "golang.org/x/sys/unix"

// populate touches all pages of fresh memory in one call: it is going to be
// filled, and a page fault for every 4 KB of it costs a virtual machine several
// times as much. Large pages would help lookups, but the kernel may compact
// memory at length to find one (measured: 7 s of system time for 3 GB against
// 2 s), so they are not asked for.
func populate(b []byte) { _ = unix.Madvise(b, unix.MADV_POPULATE_WRITE) }
