package state

import "golang.org/x/sys/unix"

// adviseHuge asks for large pages: lookups in state are random, and most of
// their cost beyond the caches is address translation.
func adviseHuge(b []byte) { _ = unix.Madvise(b, unix.MADV_HUGEPAGE) }
