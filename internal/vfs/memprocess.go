package vfs

import (
	"cmp"
	"context"
	"errors"
	"io"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/weir-stream/weir/internal/clock"
)

// errNotDir and the others are what the systems themselves give.
var (
	errNotDir   error = syscall.ENOTDIR
	errIsDir    error = syscall.EISDIR
	errNotEmpty error = syscall.ENOTEMPTY
	errFull     error = syscall.ENOSPC
	errReadOnly error = syscall.EBADF
)

// Process is a file system as one process of a Mem's machine sees it. When it is
// killed its files and locks are gone, and its calls give ErrKilled, while what
// it had written is there for the next process.
type Process struct {
	m    *Mem
	boot int
	dead bool
}

var _ FS = (*Process)(nil)

// Process starts a process.
func (m *Mem) Process() *Process {
	m.mu.Lock()
	defer m.mu.Unlock()
	return &Process{m: m, boot: m.boot}
}

// Kill is kill -9.
func (p *Process) Kill() {
	p.m.mu.Lock()
	defer p.m.mu.Unlock()
	p.dead = true
}

func (p *Process) alive() bool { return !p.dead && p.boot == p.m.boot }

// do runs one call under the disk's lock and its rules. act is told of the rule
// that strikes it and need not look at its Err, unless it does a part of its work
// in vain: then partly is true.
func (p *Process) do(op Op, name, path string, partly bool, act func(f *Fault) error) error {
	m := p.m
	m.mu.Lock()
	defer m.mu.Unlock()
	fail := func(err error) error {
		if err == nil || err == io.EOF {
			return err
		}
		return &fs.PathError{Op: name, Path: path, Err: err}
	}
	if !p.alive() {
		return fail(ErrKilled)
	}
	f := m.faults.strike(op, path)
	if f.Delay > 0 || f.Pause != nil {
		m.mu.Unlock()
		_ = clock.Sleep(context.Background(), m.clock, f.Delay)
		if f.Pause != nil {
			f.Pause()
		}
		m.mu.Lock()
		if !p.alive() {
			return fail(ErrKilled)
		}
	}
	var err error
	if !f.fails() || partly && !f.Halt || f.Short {
		err = act(f)
	}
	if f.Halt {
		m.boot++
		return fail(ErrKilled)
	}
	return fail(cmp.Or(f.Err, err))
}

func (p *Process) open(op, path string, kind memFile, make func() (*node, error)) (File, error) {
	_, _, n, _ := p.look(path)
	what := OpOpen
	if n == nil && op != "open" || op == "create" {
		what = OpCreate
	}
	h := &kind
	err := p.do(what, op, path, false, func(*Fault) error {
		n, err := make()
		if err == nil && n.dir && op != "open" {
			err = errIsDir
		}
		h.p, h.path, h.n = p, path, n
		return err
	})
	if err != nil {
		return nil, err
	}
	return h, nil
}

func (p *Process) look(path string) (dir *node, name string, n *node, err error) {
	p.m.mu.Lock()
	defer p.m.mu.Unlock()
	return p.m.find(path)
}

// Open opens a file to read.
func (p *Process) Open(path string) (File, error) {
	return p.open("open", path, memFile{}, func() (*node, error) {
		_, _, n, err := p.m.find(path)
		if err == nil && n == nil {
			err = fs.ErrNotExist
		}
		return n, err
	})
}

// create gives the file of a path, made if absent.
func (p *Process) create(path string, exclusive bool) (*node, error) {
	dir, name, n, err := p.m.find(path)
	switch {
	case err != nil:
		return nil, err
	case n != nil && exclusive:
		return nil, fs.ErrExist
	case n != nil:
		return n, nil
	}
	n = &node{mod: p.m.clock.Now()}
	p.m.rename(dir, &naming{name: name, to: n})
	return n, nil
}

// Create opens an empty file.
func (p *Process) Create(path string) (File, error) {
	return p.open("create", path, memFile{writes: true}, func() (*node, error) {
		n, err := p.create(path, false)
		if err == nil && !n.dir && len(n.data) > 0 {
			n.change(p.m, write{cut: true})
		}
		return n, err
	})
}

// CreateExclusive opens a new file.
func (p *Process) CreateExclusive(path string) (File, error) {
	return p.open("create", path, memFile{writes: true}, func() (*node, error) { return p.create(path, true) })
}

// OpenAppend opens a file that is written at its end.
func (p *Process) OpenAppend(path string) (File, error) {
	return p.open("append", path, memFile{writes: true, append: true}, func() (*node, error) { return p.create(path, false) })
}

// OpenUpdate opens a file as it is.
func (p *Process) OpenUpdate(path string) (File, error) {
	return p.open("update", path, memFile{writes: true}, func() (*node, error) { return p.create(path, false) })
}

// memLock is held while its process lives.
type memLock struct {
	p *Process
	n *node
}

// Close gives the lock back.
func (l *memLock) Close() error {
	l.p.m.mu.Lock()
	defer l.p.m.mu.Unlock()
	if !l.p.alive() {
		return ErrKilled
	}
	if l.n.lock != l {
		return fs.ErrClosed
	}
	l.n.lock = nil
	return nil
}

// Lock locks a file.
func (p *Process) Lock(path string) (io.Closer, error) {
	var l *memLock
	err := p.do(OpLock, "lock", path, false, func(*Fault) error {
		n, err := p.create(path, false)
		if err != nil {
			return err
		}
		if n.lock != nil && n.lock.p.alive() {
			return ErrLocked
		}
		l = &memLock{p: p, n: n}
		n.lock = l
		return nil
	})
	if err != nil {
		return nil, err
	}
	return l, nil
}

// existing finds what must be there.
func (p *Process) existing(path string) (dir *node, name string, n *node, err error) {
	dir, name, n, err = p.m.find(path)
	if err == nil && n == nil {
		err = fs.ErrNotExist
	}
	return dir, name, n, err
}

// Truncate cuts a file, or fills it up with zeros.
func (p *Process) Truncate(path string, size int64) error {
	return p.do(OpTruncate, "truncate", path, false, func(*Fault) error {
		_, _, n, err := p.existing(path)
		if err != nil {
			return err
		}
		return n.truncate(p.m, size)
	})
}

// Rename gives a file or directory another name.
func (p *Process) Rename(from, to string) error {
	return p.do(OpRename, "rename", from, false, func(*Fault) error {
		source, name, n, err := p.m.find(from)
		if err != nil {
			return err
		}
		target, now, old, err := p.m.find(to)
		switch {
		case err != nil:
			return err
		case n == nil:
			return fs.ErrNotExist
		case source == nil || target == nil:
			return fs.ErrInvalid
		case old == n && !n.dir:
			return nil
		case old != nil && old.dir:
			return fs.ErrExist
		case n.dir && strings.HasPrefix(to+"/", from+"/"):
			return fs.ErrInvalid
		case old != nil && !old.dir && n.dir:
			return errNotDir
		}
		if source == target {
			p.m.rename(source, &naming{gone: name, name: now, to: n})
			return nil
		}
		added := &naming{name: now, to: n}
		removed := &naming{gone: name, pair: added}
		added.pair = removed
		p.m.rename(target, added)
		p.m.rename(source, removed)
		return nil
	})
}

// Remove removes a file or an empty directory.
func (p *Process) Remove(path string) error {
	return p.do(OpRemove, "remove", path, false, func(*Fault) error {
		dir, name, n, err := p.existing(path)
		switch {
		case err != nil:
			return err
		case dir == nil:
			return fs.ErrInvalid
		case len(n.names) > 0:
			return errNotEmpty
		}
		p.m.rename(dir, &naming{gone: name})
		return nil
	})
}

// RemoveAll removes a path and what is below it, if it is there.
func (p *Process) RemoveAll(path string) error {
	return p.do(OpRemove, "remove", path, false, func(*Fault) error {
		dir, name, n, err := p.existing(path)
		if err != nil || dir == nil {
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			return cmp.Or(err, fs.ErrInvalid)
		}
		p.m.removeBelow(n)
		p.m.rename(dir, &naming{gone: name})
		return nil
	})
}

func (m *Mem) removeBelow(n *node) {
	for _, name := range slices.Sorted(maps.Keys(n.names)) {
		m.removeBelow(n.names[name])
		m.rename(n, &naming{gone: name})
	}
}

// MkdirAll makes a directory and those on the way to it.
func (p *Process) MkdirAll(path string) error {
	return p.do(OpCreate, "mkdir", path, false, func(*Fault) error {
		at := p.m.root
		for _, name := range elements(path) {
			next := at.names[name]
			if next == nil {
				next = newDir(p.m.clock.Now())
				p.m.rename(at, &naming{name: name, to: next})
			}
			if !next.dir {
				return errNotDir
			}
			at = next
		}
		return nil
	})
}

// Stat tells of a file.
func (p *Process) Stat(path string) (info fs.FileInfo, err error) {
	err = p.do(OpStat, "stat", path, false, func(*Fault) error {
		_, _, n, err := p.existing(path)
		if err == nil {
			info = n.info(filepath.Base(path))
		}
		return err
	})
	return info, err
}

// ReadDir lists a directory.
func (p *Process) ReadDir(path string) (out []fs.DirEntry, err error) {
	err = p.do(OpList, "readdir", path, false, func(*Fault) error {
		_, _, n, err := p.existing(path)
		if err != nil {
			return err
		}
		if !n.dir {
			return errNotDir
		}
		for _, name := range slices.Sorted(maps.Keys(n.names)) {
			out = append(out, fs.FileInfoToDirEntry(n.names[name].info(name)))
		}
		return nil
	})
	return out, err
}

// Glob lists the paths that match a pattern.
func (p *Process) Glob(pattern string) (out []string, err error) {
	if _, err := filepath.Match(pattern, ""); err != nil {
		return nil, err
	}
	top := ""
	if strings.HasPrefix(filepath.ToSlash(pattern), "/") {
		top = "/"
	}
	err = p.do(OpList, "glob", pattern, false, func(*Fault) error {
		var walk func(n *node, path string)
		walk = func(n *node, path string) {
			for _, name := range slices.Sorted(maps.Keys(n.names)) {
				at := path + name
				if ok, _ := filepath.Match(filepath.Clean(pattern), filepath.FromSlash(at)); ok {
					out = append(out, filepath.FromSlash(at))
				}
				walk(n.names[name], at+"/")
			}
		}
		walk(p.m.root, top)
		slices.Sort(out)
		return nil
	})
	return out, err
}

// SyncDir makes the names in a directory durable. If it fails some are.
func (p *Process) SyncDir(path string) error {
	return p.do(OpSyncDir, "sync", path, false, func(*Fault) error {
		_, _, n, err := p.existing(path)
		if err == nil {
			p.m.syncNames(n)
		}
		return err
	})
}

// memInfo is a node as it was.
type memInfo struct {
	name string
	size int64
	mod  time.Time
	dir  bool
}

func (n *node) info(name string) memInfo {
	return memInfo{name: name, size: int64(len(n.data)), mod: n.mod, dir: n.dir}
}

func (i memInfo) Name() string       { return i.name }
func (i memInfo) Size() int64        { return i.size }
func (i memInfo) ModTime() time.Time { return i.mod }
func (i memInfo) IsDir() bool        { return i.dir }
func (i memInfo) Sys() any           { return nil }
func (i memInfo) Mode() fs.FileMode {
	if i.dir {
		return fs.ModeDir | 0o755
	}
	return 0o644
}
