// Package vfs makes the file system a parameter, so that tests and the
// simulator can lose un-synced writes, fill the disk or fail a read.
package vfs

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// ErrLocked says that another process holds the lock of a path.
var ErrLocked = errors.New("locked by another process")

// File is an open file. Reads and writes at an offset may run side by side.
type File interface {
	io.Reader
	io.ReaderAt
	io.Writer
	io.WriterAt // not on files of OpenAppend
	io.Closer
	// Sync makes the file's bytes durable; its name is made so by SyncDir. After
	// an error nobody knows which of the bytes are, and a later Sync that
	// succeeds says nothing about them: the file must be given up.
	Sync() error
	Truncate(size int64) error
	Stat() (fs.FileInfo, error)
}

// Settled is a File that may know that whatever can be read of it is durable.
// Elsewhere it may be in memory only, and lost with the power.
type Settled interface{ Settled() bool }

// FS is a file system. Paths are as the operating system has them.
type FS interface {
	Open(path string) (File, error)
	Create(path string) (File, error) // truncates
	// CreateExclusive fails with fs.ErrExist if the path exists.
	CreateExclusive(path string) (File, error)
	// OpenAppend opens or creates a file whose every Write goes to its end.
	OpenAppend(path string) (File, error)
	// OpenUpdate opens or creates a file and leaves what it holds.
	OpenUpdate(path string) (File, error)
	// Lock takes the exclusive lock of a file, created if absent, until the
	// closer is closed or the process dies. It does not wait: ErrLocked, or
	// errors.ErrUnsupported where the system has no such locks. It also keeps out
	// a second Lock of the same process.
	Lock(path string) (io.Closer, error)
	Truncate(path string, size int64) error
	// Rename replaces a file that is at its new name. It is durable once the
	// directories of both names have been synced.
	Rename(from, to string) error
	Remove(path string) error
	RemoveAll(path string) error
	MkdirAll(path string) error
	Stat(path string) (fs.FileInfo, error)
	ReadDir(path string) ([]fs.DirEntry, error) // sorted by name
	Glob(pattern string) ([]string, error)      // sorted
	// SyncDir makes creations, renames and removals in a directory durable.
	SyncDir(path string) error
}

// RenameCopies reports whether a file system copies what lies at a path when that is
// renamed, as object stores do.
func RenameCopies(fsys FS, path string) bool {
	c, ok := fsys.(interface{ RenameCopies(path string) bool })
	return ok && c.RenameCopies(path)
}

// OS is the machine's file system.
type OS struct{}

var _ FS = OS{}

func (OS) Open(path string) (File, error)   { return fileOrNil(os.Open(path)) }
func (OS) Create(path string) (File, error) { return fileOrNil(os.Create(path)) }
func (OS) CreateExclusive(path string) (File, error) {
	return fileOrNil(os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o644))
}
func (OS) OpenAppend(path string) (File, error) {
	return fileOrNil(os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o644))
}
func (OS) OpenUpdate(path string) (File, error) {
	return fileOrNil(os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644))
}

// Lock takes an advisory lock on the open file.
func (OS) Lock(path string) (io.Closer, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, err
	}
	if err := lock(f); err != nil {
		return nil, errors.Join(&fs.PathError{Op: "lock", Path: path, Err: err}, f.Close())
	}
	return f, nil
}
func (OS) Truncate(path string, size int64) error     { return os.Truncate(path, size) }
func (OS) Rename(from, to string) error               { return os.Rename(from, to) }
func (OS) Remove(path string) error                   { return os.Remove(path) }
func (OS) RemoveAll(path string) error                { return os.RemoveAll(path) }
func (OS) MkdirAll(path string) error                 { return os.MkdirAll(path, 0o755) }
func (OS) Stat(path string) (fs.FileInfo, error)      { return os.Stat(path) }
func (OS) ReadDir(path string) ([]fs.DirEntry, error) { return os.ReadDir(path) }
func (OS) Glob(pattern string) ([]string, error)      { return filepath.Glob(pattern) }

// SyncDir makes names durable where the system does not do so by itself.
func (OS) SyncDir(path string) error { return syncDir(path) }

// fileOrNil keeps a nil *os.File from becoming a non-nil File.
func fileOrNil(f *os.File, err error) (File, error) {
	if err != nil {
		return nil, err
	}
	return f, nil
}
