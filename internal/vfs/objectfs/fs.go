package objectfs

import (
	"cmp"
	"context"
	"errors"
	"io"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/weir-stream/weir/internal/vfs"
)

// Config says what a file system is made of.
type Config struct {
	Store vfs.Objects // behind vfs.NewRetry
	// Writer is a number that no other process has.
	Writer uint64
	// Readers is how many objects of a log are read at the same time when it is
	// opened; 0 is 8.
	Readers int
}

// FS is a store as a file system. Paths are keys, with or without a slash before
// them.
type FS struct {
	ctx context.Context
	cfg Config

	mu     sync.Mutex
	logs   map[string]*sequence // by folder
	open   map[string]int       // handles of files, by key
	doomed map[string]bool      // removed while they are open
}

var _ vfs.FS = (*FS)(nil)

// New gives the file system of a store. ctx bounds all calls.
func New(ctx context.Context, c Config) *FS {
	c.Readers = cmp.Or(c.Readers, 8)
	return &FS{ctx: ctx, cfg: c, logs: map[string]*sequence{}, open: map[string]int{}, doomed: map[string]bool{}}
}

// key gives the key of a path.
func key(p string) string { return strings.Trim(path.Clean(filepath.ToSlash(p)), "/") }

func failed(op, p string, err error) error {
	if err == nil {
		return nil
	}
	return &fs.PathError{Op: op, Path: p, Err: err}
}

// isLog tells files of a log by their suffix.
func isLog(key string) bool { return strings.HasSuffix(key, ".wlog") }

// log gives the sequence of a folder, read when it is first asked for.
func (f *FS) log(dir string) (*sequence, error) {
	f.mu.Lock()
	s := f.logs[dir]
	if s == nil {
		s = &sequence{f: f, dir: dir}
		f.logs[dir] = s
	}
	f.mu.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.files != nil {
		return s, nil
	}
	return s, s.load()
}

// Open opens a file to read.
func (f *FS) Open(p string) (vfs.File, error) {
	k := key(p)
	if isLog(k) {
		h, err := f.openLog(k)
		if err != nil {
			return nil, failed("open", p, err)
		}
		return h, nil
	}
	o, err := f.stat(k)
	if err != nil {
		return nil, failed("open", p, err)
	}
	f.hold(k)
	return &reader{f: f, object: o}, nil
}

func (f *FS) openLog(k string) (vfs.File, error) {
	s, err := f.log(path.Dir(k))
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	file := s.files[path.Base(k)]
	if file == nil {
		return nil, fs.ErrNotExist
	}
	file.open++
	return &logHandle{s: s, file: file, name: path.Base(k), era: s.era}, nil
}

// Create opens a new file, which replaces an old one when it is synced.
func (f *FS) Create(p string) (vfs.File, error) {
	if isLog(key(p)) {
		return nil, failed("create", p, errors.ErrUnsupported)
	}
	return f.writer(key(p)), nil
}

// CreateExclusive opens a new file. That of a log is there for others at once.
func (f *FS) CreateExclusive(p string) (vfs.File, error) {
	k := key(p)
	if isLog(k) {
		s, err := f.log(path.Dir(k))
		if err != nil {
			return nil, failed("create", p, err)
		}
		h, err := s.create(path.Base(k))
		if err != nil {
			return nil, failed("create", p, err)
		}
		return h, nil
	}
	if _, err := f.stat(k); !errors.Is(err, fs.ErrNotExist) {
		return nil, failed("create", p, cmp.Or(err, error(fs.ErrExist)))
	}
	return f.writer(k), nil
}

// OpenAppend is not possible.
func (f *FS) OpenAppend(p string) (vfs.File, error) {
	return nil, failed("append", p, errors.ErrUnsupported)
}

// OpenUpdate is not possible.
func (f *FS) OpenUpdate(p string) (vfs.File, error) {
	return nil, failed("update", p, errors.ErrUnsupported)
}

// Lock is not possible: the log is the fence.
func (f *FS) Lock(p string) (io.Closer, error) { return nil, failed("lock", p, errors.ErrUnsupported) }

// Truncate is not possible.
func (f *FS) Truncate(p string, _ int64) error { return failed("truncate", p, errors.ErrUnsupported) }

// MkdirAll has nothing to do: folders are there while something is in them.
func (f *FS) MkdirAll(string) error { return nil }

// SyncDir has nothing to do: what was synced is durable with its name.
func (f *FS) SyncDir(string) error { return nil }

// stat tells of an object that is no part of a log.
func (f *FS) stat(k string) (vfs.Object, error) {
	f.mu.Lock()
	gone := f.doomed[k]
	f.mu.Unlock()
	if gone {
		return vfs.Object{}, fs.ErrNotExist
	}
	return f.cfg.Store.Stat(f.ctx, k)
}

// Stat tells of a file or a folder.
func (f *FS) Stat(p string) (fs.FileInfo, error) {
	k := key(p)
	if k == "" || k == "." {
		return info{name: "/", dir: true}, nil
	}
	if isLog(k) {
		s, err := f.log(path.Dir(k))
		if err != nil {
			return nil, failed("stat", p, err)
		}
		return s.stat(p)
	}
	o, err := f.stat(k)
	if err == nil {
		return info{name: path.Base(k), size: o.Size, mod: o.Modified}, nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return nil, failed("stat", p, err)
	}
	for _, lerr := range f.cfg.Store.List(f.ctx, k+"/", "") {
		if lerr != nil {
			return nil, failed("stat", p, lerr)
		}
		return info{name: path.Base(k), dir: true}, nil
	}
	return nil, failed("stat", p, fs.ErrNotExist)
}

// ReadDir lists a folder. One that nothing is in does not exist.
func (f *FS) ReadDir(p string) ([]fs.DirEntry, error) {
	k := key(p)
	out, segments, err := f.entries(k)
	if err != nil {
		return nil, failed("readdir", p, err)
	}
	if segments {
		s, err := f.log(k)
		if err != nil {
			return nil, failed("readdir", p, err)
		}
		out = append(out, s.entries()...)
	}
	if len(out) == 0 {
		return nil, failed("readdir", p, fs.ErrNotExist)
	}
	slices.SortFunc(out, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return out, nil
}

// entries lists what is in a folder beside a log, and whether there is one. The
// folder of a log holds nothing else, and its writer need not ask the store.
func (f *FS) entries(dir string) (out []fs.DirEntry, segments bool, err error) {
	f.mu.Lock()
	s := f.logs[dir]
	f.mu.Unlock()
	if s != nil {
		if known, err := s.refresh(); known || err != nil {
			return nil, true, err
		}
	}
	prefix := dir + "/"
	if dir == "." || dir == "" {
		prefix = ""
	}
	for after := ""; ; {
		again := false
		for o, err := range f.cfg.Store.List(f.ctx, prefix, after) {
			if err != nil {
				return nil, false, err
			}
			name, rest, deeper := strings.Cut(strings.TrimPrefix(o.Key, prefix), "/")
			switch {
			case deeper && rest != "":
				out = append(out, fs.FileInfoToDirEntry(info{name: name, dir: true}))
				after, again = prefix+name+"/\U0010ffff", true
			case isSegment(name):
				return nil, true, nil
			case !f.isDoomed(o.Key):
				out = append(out, fs.FileInfoToDirEntry(info{name: name, size: o.Size, mod: o.Modified}))
			}
			if again {
				break
			}
		}
		if !again {
			return out, false, nil
		}
	}
}

// Glob lists the paths that match a pattern whose folder has no wildcards.
func (f *FS) Glob(pattern string) ([]string, error) {
	dir, last := path.Split(filepath.ToSlash(pattern))
	if strings.ContainsAny(dir, `*?[\`) {
		return nil, failed("glob", pattern, errors.ErrUnsupported)
	}
	es, err := f.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var out []string
	for _, e := range es {
		ok, merr := path.Match(last, e.Name())
		if merr != nil {
			return nil, merr
		}
		if ok {
			out = append(out, dir+e.Name())
		}
	}
	return out, err
}

// Remove removes a file, or what is open once it is closed. One that is absent is
// no error.
func (f *FS) Remove(p string) error {
	k := key(p)
	if isLog(k) {
		s, err := f.log(path.Dir(k))
		if err == nil {
			err = s.remove(path.Base(k))
		}
		return failed("remove", p, err)
	}
	f.mu.Lock()
	if f.open[k] > 0 {
		f.doomed[k] = true
		f.mu.Unlock()
		return nil
	}
	f.mu.Unlock()
	return failed("remove", p, f.cfg.Store.Delete(f.ctx, k))
}

// RemoveAll removes what is below a path, and it.
func (f *FS) RemoveAll(p string) error {
	k := key(p)
	keys := []string{k}
	for o, err := range f.cfg.Store.List(f.ctx, k+"/", "") {
		if err != nil {
			return failed("remove", p, err)
		}
		keys = append(keys, o.Key)
	}
	f.forget(k)
	for part := range slices.Chunk(keys, 1000) {
		if err := f.cfg.Store.Delete(f.ctx, part...); err != nil {
			return failed("remove", p, err)
		}
	}
	return nil
}

// forget drops what is known of the logs below a key.
func (f *FS) forget(k string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for dir := range f.logs {
		if dir == k || strings.HasPrefix(dir, k+"/") {
			delete(f.logs, dir)
		}
	}
}

// RenameCopies is for vfs.RenameCopies.
func (f *FS) RenameCopies(string) bool { return true }

// Rename copies a file, or a folder file by file in order of their names, and then
// removes it.
func (f *FS) Rename(from, to string) error {
	a, b := key(from), key(to)
	if isLog(a) || isLog(b) {
		return failed("rename", from, errors.ErrUnsupported)
	}
	f.forget(a)
	f.forget(b)
	var keys []string
	for o, err := range f.cfg.Store.List(f.ctx, a, "") {
		if err != nil {
			return failed("rename", from, err)
		}
		if o.Key == a || strings.HasPrefix(o.Key, a+"/") {
			keys = append(keys, o.Key)
		}
	}
	if len(keys) == 0 {
		return failed("rename", from, fs.ErrNotExist)
	}
	for _, k := range keys {
		if err := f.copy(k, b+strings.TrimPrefix(k, a)); err != nil {
			return failed("rename", from, err)
		}
	}
	return f.RemoveAll(from)
}

func (f *FS) copy(from, to string) error {
	r, err := f.cfg.Store.Get(f.ctx, from, 0, -1)
	if err != nil {
		return err
	}
	w := vfs.NewObjectWriter(f.ctx, f.cfg.Store, to, 0)
	_, err = io.Copy(w, r)
	if err = errors.Join(err, r.Close()); err == nil {
		_, err = w.Commit()
	}
	if err != nil {
		return errors.Join(err, w.Abort(f.ctx))
	}
	return nil
}

func (f *FS) hold(k string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.open[k]++
}

func (f *FS) isDoomed(k string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.doomed[k]
}

// release ends a hold, and removes what was to be.
func (f *FS) release(k string) error {
	f.mu.Lock()
	f.open[k]--
	last := f.open[k] == 0
	gone := last && f.doomed[k]
	if last {
		delete(f.open, k)
		delete(f.doomed, k)
	}
	f.mu.Unlock()
	if gone && f.ctx.Err() == nil { // else it stays for the next time
		return f.cfg.Store.Delete(f.ctx, k)
	}
	return nil
}

// info is a file or a folder.
type info struct {
	name string
	size int64
	mod  time.Time
	dir  bool
}

func (i info) Name() string       { return i.name }
func (i info) Size() int64        { return i.size }
func (i info) ModTime() time.Time { return i.mod }
func (i info) IsDir() bool        { return i.dir }
func (i info) Sys() any           { return nil }
func (i info) Mode() fs.FileMode {
	if i.dir {
		return fs.ModeDir | 0o755
	}
	return 0o644
}
