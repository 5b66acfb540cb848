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

// File is an open file. Reads and writes at an offset may run side by side.
type File interface {
	io.Reader
	io.ReaderAt
	io.Writer
	io.Closer
	Sync() error
	Stat() (fs.FileInfo, error)
}

// FS is a file system. Paths are as the operating system has them.
type FS interface {
	Open(path string) (File, error)
	Create(path string) (File, error) // truncates
	// CreateExclusive fails with fs.ErrExist if the path exists.
	CreateExclusive(path string) (File, error)
	Rename(from, to string) error
	Remove(path string) error
	RemoveAll(path string) error
	MkdirAll(path string) error
	Stat(path string) (fs.FileInfo, error)
	ReadDir(path string) ([]fs.DirEntry, error) // sorted by name
	Glob(pattern string) ([]string, error)      // sorted
	SyncDir(path string) error
}

// OS is the machine's file system.
type OS struct{}

var _ FS = OS{}

func (OS) Open(path string) (File, error)   { return fileOrNil(os.Open(path)) }
func (OS) Create(path string) (File, error) { return fileOrNil(os.Create(path)) }
func (OS) CreateExclusive(path string) (File, error) {
	return fileOrNil(os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o644))
}
func (OS) Rename(from, to string) error               { return os.Rename(from, to) }
func (OS) Remove(path string) error                   { return os.Remove(path) }
func (OS) RemoveAll(path string) error                { return os.RemoveAll(path) }
func (OS) MkdirAll(path string) error                 { return os.MkdirAll(path, 0o755) }
func (OS) Stat(path string) (fs.FileInfo, error)      { return os.Stat(path) }
func (OS) ReadDir(path string) ([]fs.DirEntry, error) { return os.ReadDir(path) }
func (OS) Glob(pattern string) ([]string, error)      { return filepath.Glob(pattern) }

// SyncDir makes renames and creations in a directory durable.
func (OS) SyncDir(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// fileOrNil keeps a nil *os.File from becoming a non-nil File.
func fileOrNil(f *os.File, err error) (File, error) {
	if err != nil {
		return nil, err
	}
	return f, nil
}
