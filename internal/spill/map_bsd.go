//go:build darwin || freebsd

package spill

import "os"

// Populate does nothing here.
func (s *Slab) Populate(from, to int) {}

func touchPages([]byte) {}

func adviseRandom(*os.File) {}

func (f *spillFile) ahead(off, n int64) {}

func reserve(*os.File, int64, int64) error { return nil } // writing finds out

func punch(*os.File, int64, int64) {}

func drop([][]byte) {}

// resident is not known; the kernel alone decides what of a file stays.
func resident() (int64, bool) { return 0, false }

func single([]byte) {}
