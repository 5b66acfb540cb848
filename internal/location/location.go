// Package location finds the file system of a place that a user names: a local
// path, or s3://bucket/folder. State directories and savepoints may be either, and
// one job may have both, so there is one FS for all of them.
package location

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"
	"sync"

	"github.com/weir-stream/weir/internal/clock"
	"github.com/weir-stream/weir/internal/vfs"
	"github.com/weir-stream/weir/internal/vfs/objectfs"
	"github.com/weir-stream/weir/internal/vfs/s3"
)

// Config is what places are reached with.
type Config struct {
	Local vfs.FS
	Clock clock.Clock
	// Option gives the value of a setting: those of s3.Options are asked for.
	Option func(key string) string
	// Getenv reads the environment; nil is an empty one.
	Getenv func(name string) string
	// Seed gives numbers that no other process has.
	Seed func() uint64
	// Open, if set, stands in for s3.Open (tests).
	Open func(s3.Config) (vfs.Objects, error)
}

// FS is the file system of all places. Buckets are connected to when they are
// first used. Paths are locations, also as filepath.Join leaves them: s3:/bucket/x.
type FS struct {
	ctx context.Context
	cfg Config

	mu      sync.Mutex
	buckets map[string]*objectfs.FS
}

var _ vfs.FS = (*FS)(nil)

// New gives a file system. ctx bounds all calls of object stores.
func New(ctx context.Context, c Config) *FS {
	if c.Open == nil {
		c.Open = s3.Open
	}
	return &FS{ctx: ctx, cfg: c, buckets: map[string]*objectfs.FS{}}
}

// Join puts a name below a location.
func Join(location, name string) string {
	if s3.IsURL(location) {
		return strings.TrimRight(location, "/") + "/" + name
	}
	return filepath.Join(location, name)
}

// Check tells early what is wrong with a location.
func Check(location string) error {
	if s3.IsURL(location) {
		_, _, err := s3.ParseURL(location)
		return err
	}
	if scheme, _, ok := strings.Cut(location, "://"); ok && scheme != "file" {
		return &unsupported{scheme}
	}
	return nil
}

type unsupported struct{ scheme string }

func (u *unsupported) Error() string {
	return "locations that begin with " + u.scheme + ":// are not supported; state lies in a local directory or at s3://bucket/folder"
}
func (u *unsupported) Is(target error) bool { return target == errors.ErrUnsupported }

// at finds the file system of a path, and its path there.
func (f *FS) at(p string) (vfs.FS, string, error) {
	if local, ok := Local(p); ok && local != p {
		return f.cfg.Local, local, nil
	}
	scheme, rest, ok := strings.Cut(filepath.ToSlash(p), ":/")
	if !ok || !s3.IsURL(scheme+"://") {
		return f.cfg.Local, p, nil
	}
	bucket, key, err := s3.ParseURL("s3://" + strings.TrimLeft(rest, "/"))
	if err != nil {
		return nil, "", err
	}
	fsys, err := f.bucket(bucket, key)
	return fsys, strings.TrimSuffix(key, "/"), err
}

// bucket connects to a bucket. Conditional puts are tried out where they are first
// needed: whoever only reads need not be able to write.
func (f *FS) bucket(name, key string) (*objectfs.FS, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if b := f.buckets[name]; b != nil {
		return b, nil
	}
	c := s3.Config{Bucket: name, Clock: f.cfg.Clock, Seed: f.cfg.Seed(), Getenv: f.cfg.Getenv}
	for _, o := range s3.Options {
		if v := f.cfg.Option(o); v != "" {
			if err := c.Set(o, v); err != nil {
				return nil, err
			}
		}
	}
	store, err := f.cfg.Open(c)
	if err != nil {
		return nil, err
	}
	writer := f.cfg.Seed()
	dir, _, _ := strings.Cut(key, "/") // of the first place: where the user may write
	store = vfs.NewProbed(store, dir+"/", strconv.FormatUint(writer, 16))
	b := objectfs.New(f.ctx, objectfs.Config{Store: store, Writer: writer})
	f.buckets[name] = b
	return b, nil
}

// file runs what opens a file where it lies.
func (f *FS) file(path string, open func(fsys vfs.FS, path string) (vfs.File, error)) (vfs.File, error) {
	fsys, at, err := f.at(path)
	if err != nil {
		return nil, err
	}
	return open(fsys, at)
}

// do runs what changes something where it lies.
func (f *FS) do(path string, change func(fsys vfs.FS, path string) error) error {
	fsys, at, err := f.at(path)
	if err != nil {
		return err
	}
	return change(fsys, at)
}

// Open and the others are those of the place.
func (f *FS) Open(path string) (vfs.File, error) { return f.file(path, vfs.FS.Open) }

// Create is that of the place.
func (f *FS) Create(path string) (vfs.File, error) { return f.file(path, vfs.FS.Create) }

// CreateExclusive is that of the place.
func (f *FS) CreateExclusive(path string) (vfs.File, error) {
	return f.file(path, vfs.FS.CreateExclusive)
}

// OpenAppend is that of the place.
func (f *FS) OpenAppend(path string) (vfs.File, error) { return f.file(path, vfs.FS.OpenAppend) }

// OpenUpdate is that of the place.
func (f *FS) OpenUpdate(path string) (vfs.File, error) { return f.file(path, vfs.FS.OpenUpdate) }

// Lock is that of the place.
func (f *FS) Lock(path string) (l io.Closer, err error) {
	err = f.do(path, func(fsys vfs.FS, at string) error {
		l, err = fsys.Lock(at)
		return err
	})
	return l, err
}

// Truncate is that of the place.
func (f *FS) Truncate(path string, size int64) error {
	return f.do(path, func(fsys vfs.FS, at string) error { return fsys.Truncate(at, size) })
}

// RenameCopies is for vfs.RenameCopies.
func (f *FS) RenameCopies(path string) bool {
	fsys, at, err := f.at(path)
	return err == nil && vfs.RenameCopies(fsys, at)
}

// Rename is that of the place; both names are of one.
func (f *FS) Rename(from, to string) error {
	target, name, err := f.at(to)
	if err != nil {
		return err
	}
	return f.do(from, func(fsys vfs.FS, at string) error {
		if fsys != target {
			return &fs.PathError{Op: "rename", Path: from, Err: errors.ErrUnsupported}
		}
		return fsys.Rename(at, name)
	})
}

// Remove is that of the place.
func (f *FS) Remove(path string) error { return f.do(path, vfs.FS.Remove) }

// RemoveAll is that of the place.
func (f *FS) RemoveAll(path string) error { return f.do(path, vfs.FS.RemoveAll) }

// Local gives the path of a location that is on this machine: file:///x is /x.
func Local(location string) (path string, ok bool) {
	if rest, is := strings.CutPrefix(location, "file:"); is {
		return "/" + strings.TrimLeft(rest, "/"), true
	}
	return location, !Remote(location)
}

// Remote tells locations in object stores, and what is above buckets.
func Remote(path string) bool {
	scheme, _, ok := strings.Cut(path, ":")
	return ok && s3.IsURL(scheme+"://")
}

// MkdirAll is that of the place.
func (f *FS) MkdirAll(path string) error {
	if Remote(path) { // there are no folders
		return nil
	}
	return f.do(path, vfs.FS.MkdirAll)
}

// SyncDir is that of the place.
func (f *FS) SyncDir(path string) error {
	if Remote(path) {
		return nil
	}
	return f.do(path, vfs.FS.SyncDir)
}

// Stat is that of the place.
func (f *FS) Stat(path string) (info fs.FileInfo, err error) {
	err = f.do(path, func(fsys vfs.FS, at string) error {
		info, err = fsys.Stat(at)
		return err
	})
	return info, err
}

// ReadDir is that of the place.
func (f *FS) ReadDir(path string) (list []fs.DirEntry, err error) {
	err = f.do(path, func(fsys vfs.FS, at string) error {
		list, err = fsys.ReadDir(at)
		return err
	})
	return list, err
}

// Glob is that of the local file system.
func (f *FS) Glob(pattern string) ([]string, error) {
	if s3.IsURL(pattern) {
		return nil, &fs.PathError{Op: "glob", Path: pattern, Err: errors.ErrUnsupported}
	}
	return f.cfg.Local.Glob(pattern)
}
