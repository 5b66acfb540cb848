//go:build !linux && !darwin && !freebsd

package spill

import (
	"errors"
	"os"
)

// Populate does nothing here.
func (s *Slab) Populate(from, to int) {}

func mapMemory(n int) []byte { return alignedBytes(n) }

var errNoMap = errors.New("this system cannot map files")

func mapFile(*os.File, int64, int) ([]byte, error) { return nil, errNoMap }

func touchPages([]byte) {}

func adviseRandom(*os.File) {}

func (f *spillFile) ahead(off, n int64) {}

func mapOver([]byte, *os.File, int64) error { return errNoMap }

func unmapMemory([]byte) {}

func longestFile() int64 { return 1 << 42 }

func reserve(*os.File, int64, int64) error { return errNoMap }

func punch(*os.File, int64, int64) {}

func drop([][]byte) {}

func resident() (int64, bool) { return 0, false }
