package vfs

import (
	"os"

	"golang.org/x/sys/unix"
)

func readAhead(f *os.File, off, n int64) {
	_ = unix.Fadvise(int(f.Fd()), off, n, unix.FADV_WILLNEED)
}
