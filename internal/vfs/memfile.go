package vfs

import (
	"io"
	"io/fs"
	"path/filepath"
	"slices"
)

// memFile is an open file of a Process.
type memFile struct {
	p      *Process
	n      *node
	path   string
	at     int64
	writes bool
	append bool
	closed bool
}

// change applies and remembers a write.
func (n *node) change(m *Mem, w write) {
	w.data = slices.Clone(w.data)
	n.data = apply(n.data, w)
	n.writes = append(n.writes, w)
	n.mod = m.clock.Now()
}

func (n *node) truncate(m *Mem, size int64) error {
	switch {
	case n.dir:
		return errIsDir
	case size < 0:
		return fs.ErrInvalid
	case m.room(size-int64(len(n.data))) < size-int64(len(n.data)):
		return errFull
	}
	n.change(m, write{at: size, cut: true})
	return nil
}

// room tells how many of so many more bytes the disk can take.
func (m *Mem) room(more int64) int64 {
	if m.capacity == 0 || more <= 0 {
		return more
	}
	return max(0, min(more, m.capacity-m.root.used()))
}

func (f *memFile) do(op Op, name string, partly bool, act func(*Fault) error) error {
	return f.p.do(op, name, f.path, partly, func(r *Fault) error {
		if f.closed {
			return fs.ErrClosed
		}
		return act(r)
	})
}

// Read reads on.
func (f *memFile) Read(b []byte) (n int, err error) {
	err = f.do(OpRead, "read", false, func(r *Fault) error {
		n, err = f.read(b, f.at, r)
		f.at += int64(n)
		if n > 0 {
			return nil
		}
		return err
	})
	return n, err
}

// ReadAt reads at an offset.
func (f *memFile) ReadAt(b []byte, at int64) (n int, err error) {
	err = f.do(OpRead, "read", false, func(r *Fault) error {
		n, err = f.read(b, at, r)
		return err
	})
	return n, err
}

func (f *memFile) read(b []byte, at int64, r *Fault) (int, error) {
	switch {
	case f.n.dir:
		return 0, errIsDir
	case at < 0:
		return 0, fs.ErrInvalid
	case len(b) == 0:
		return 0, nil
	case at >= int64(len(f.n.data)):
		return 0, io.EOF
	}
	all := len(b)
	if r.Short && r.Err != nil {
		b = b[:f.p.m.faults.part(len(b))]
	}
	n := copy(b, f.n.data[at:])
	if n < all {
		return n, io.EOF
	}
	return n, nil
}

// Write writes on.
func (f *memFile) Write(b []byte) (n int, err error) {
	err = f.do(OpWrite, "write", false, func(r *Fault) error {
		at := f.at
		if f.append {
			at = int64(len(f.n.data))
		}
		n, err = f.write(b, at, r)
		f.at = at + int64(n)
		return err
	})
	return n, err
}

// WriteAt writes at an offset.
func (f *memFile) WriteAt(b []byte, at int64) (n int, err error) {
	err = f.do(OpWrite, "write", false, func(r *Fault) error {
		if f.append || at < 0 {
			return fs.ErrInvalid
		}
		n, err = f.write(b, at, r)
		return err
	})
	return n, err
}

func (f *memFile) write(b []byte, at int64, r *Fault) (int, error) {
	if !f.writes {
		return 0, errReadOnly
	}
	if r.Short {
		b = b[:f.p.m.faults.part(len(b))]
	}
	f.p.m.faults.note(OpWrite, "", b)
	more := at + int64(len(b)) - int64(len(f.n.data))
	lacking := more - f.p.m.room(more)
	n := len(b)
	if more > 0 {
		n = max(0, n-int(lacking))
	}
	if n > 0 {
		f.n.change(f.p.m, write{at: at, data: b[:n]})
	}
	switch {
	case n < len(b):
		return n, errFull
	case r.Short:
		return n, io.ErrShortWrite
	}
	return n, nil
}

// Sync makes the file's bytes durable. If it fails each write since the last one
// is durable or will never be, though it can still be read until a crash.
func (f *memFile) Sync() error {
	return f.do(OpSync, "sync", true, func(r *Fault) error {
		ws := f.n.writes
		if r.fails() {
			ws = f.p.m.left(ws, TearUnsynced)
		}
		f.n.durable, f.n.writes = apply(f.n.durable, ws...), nil
		return nil
	})
}

// Truncate cuts the file.
func (f *memFile) Truncate(size int64) error {
	return f.do(OpTruncate, "truncate", false, func(*Fault) error {
		if !f.writes {
			return errReadOnly
		}
		return f.n.truncate(f.p.m, size)
	})
}

// Stat tells of the file.
func (f *memFile) Stat() (info fs.FileInfo, err error) {
	err = f.do(OpStat, "stat", false, func(*Fault) error {
		info = f.n.info(filepath.Base(f.path))
		return nil
	})
	return info, err
}

// Close gives the file back.
func (f *memFile) Close() error {
	f.p.m.mu.Lock()
	defer f.p.m.mu.Unlock()
	if f.closed {
		return &fs.PathError{Op: "close", Path: f.path, Err: fs.ErrClosed}
	}
	f.closed = true
	if !f.p.alive() {
		return &fs.PathError{Op: "close", Path: f.path, Err: ErrKilled}
	}
	return nil
}
