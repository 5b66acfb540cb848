package vfs

import "os"

// Lasting reports whether an open file can be read after it was removed, and quickly
// anywhere in it.
func Lasting(f File) bool {
	switch f.(type) {
	case *os.File, *memFile:
		return true
	}
	return false
}

// Ahead has the system begin to read a part of a file, where it can: it is asked for soon.
func Ahead(f File, off int64, n int) {
	if o, ok := f.(*os.File); ok {
		readAhead(o, off, int64(n))
	}
}
