package objectfs

import (
	"errors"
	"io"
	"io/fs"
	"path"
	"sync"

	"github.com/weir-stream/weir/internal/vfs"
)

// ahead is how much is read at least.
const ahead = 1 << 20

// reader is a file that is read.
type reader struct {
	f      *FS
	object vfs.Object
	at     int64

	mu     sync.Mutex
	from   int64 // of what buf holds
	buf    []byte
	closed bool
}

// Read reads on.
func (r *reader) Read(b []byte) (int, error) {
	n, err := r.ReadAt(b, r.at)
	r.at += int64(n)
	if n > 0 {
		err = nil
	}
	return n, err
}

// ReadAt reads through a buffer: calls that follow each other cost one call of the
// store a megabyte.
func (r *reader) ReadAt(b []byte, at int64) (n int, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return 0, fs.ErrClosed
	}
	for n < len(b) {
		if at >= r.object.Size {
			return n, io.EOF
		}
		if at < r.from || at >= r.from+int64(len(r.buf)) {
			if err := r.fill(at, len(b)-n); err != nil {
				return n, err
			}
		}
		k := copy(b[n:], r.buf[at-r.from:])
		n, at = n+k, at+int64(k)
	}
	return n, nil
}

func (r *reader) fill(at int64, want int) error {
	size := int(min(int64(max(want, ahead)), r.object.Size-at))
	if cap(r.buf) < size {
		r.buf = make([]byte, size)
	}
	r.from, r.buf = at, r.buf[:size]
	err := r.f.get(r.object.Key, at, r.buf)
	if err != nil {
		r.buf = r.buf[:0]
	}
	return err
}

// get fills b with a part of an object.
func (f *FS) get(key string, at int64, b []byte) error {
	g, err := f.cfg.Store.Get(f.ctx, key, at, int64(len(b)))
	if err != nil {
		return err
	}
	_, err = io.ReadFull(g, b)
	return errors.Join(err, g.Close())
}

// Stat tells of the file.
func (r *reader) Stat() (fs.FileInfo, error) {
	return info{name: path.Base(r.object.Key), size: r.object.Size, mod: r.object.Modified}, nil
}

// Close gives the file back.
func (r *reader) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return fs.ErrClosed
	}
	r.closed, r.buf = true, nil
	return r.f.release(r.object.Key)
}

// Sync has nothing to do: what can be read is durable.
func (r *reader) Sync() error { return nil }

// Write, WriteAt and Truncate are refused.
func (r *reader) Write([]byte) (int, error)          { return 0, errors.ErrUnsupported }
func (r *reader) WriteAt([]byte, int64) (int, error) { return 0, errors.ErrUnsupported }
func (r *reader) Truncate(int64) error               { return errors.ErrUnsupported }

// writer is a file that is written once, from its beginning to its end; as long as
// all of it fits into one part, in any order.
type writer struct {
	f      *FS
	key    string
	buf    []byte
	out    *vfs.ObjectWriter // nil while all of it is in buf
	synced bool
	closed bool
}

func (f *FS) writer(k string) *writer { return &writer{f: f, key: k} }

func (w *writer) size() int64 {
	if w.out != nil {
		return w.out.Size()
	}
	return int64(len(w.buf))
}

// Write writes at the end.
func (w *writer) Write(b []byte) (int, error) { return w.WriteAt(b, w.size()) }

// WriteAt writes, with zeros between the end of what was written and at.
func (w *writer) WriteAt(b []byte, at int64) (int, error) {
	switch {
	case w.closed:
		return 0, fs.ErrClosed
	case w.synced:
		return 0, errors.ErrUnsupported
	}
	if end := at + int64(len(b)); w.out == nil && end <= vfs.PartSize {
		if grow := int(end) - len(w.buf); grow > 0 {
			w.buf = append(w.buf, make([]byte, grow)...)
		}
		return copy(w.buf[at:], b), nil
	}
	if w.out == nil {
		w.out = vfs.NewObjectWriter(w.f.ctx, w.f.cfg.Store, w.key, 0)
		if _, err := w.out.Write(w.buf); err != nil {
			return 0, err
		}
		w.buf = nil
	}
	if at < w.out.Size() {
		return 0, errors.ErrUnsupported
	}
	if gap := at - w.out.Size(); gap > 0 {
		if _, err := io.CopyN(w.out, zeros{}, gap); err != nil {
			return 0, err
		}
	}
	return w.out.Write(b)
}

// zeros gives zeros.
type zeros struct{}

func (zeros) Read(b []byte) (int, error) {
	clear(b)
	return len(b), nil
}

// Sync puts the object.
func (w *writer) Sync() error {
	switch {
	case w.closed:
		return fs.ErrClosed
	case w.synced:
		return nil
	}
	var err error
	if w.out != nil {
		_, err = w.out.Commit()
	} else {
		_, err = w.f.cfg.Store.Put(w.f.ctx, w.key, w.buf)
	}
	w.synced = err == nil
	return err
}

// Close gives up what was not synced.
func (w *writer) Close() error {
	if w.closed {
		return fs.ErrClosed
	}
	w.closed, w.buf = true, nil
	if w.synced || w.out == nil || w.f.ctx.Err() != nil {
		return nil
	}
	return w.out.Abort(w.f.ctx)
}

// Stat tells what was written.
func (w *writer) Stat() (fs.FileInfo, error) {
	return info{name: path.Base(w.key), size: w.size()}, nil
}

// Read, ReadAt and Truncate are refused.
func (w *writer) Read([]byte) (int, error)          { return 0, errors.ErrUnsupported }
func (w *writer) ReadAt([]byte, int64) (int, error) { return 0, errors.ErrUnsupported }
func (w *writer) Truncate(int64) error              { return errors.ErrUnsupported }
