package vfs

import (
	"cmp"
	"context"
	"errors"
	"io"
	"iter"
	"time"
)

// The errors of object stores that callers tell apart, beside fs.ErrNotExist and
// fs.ErrExist.
var (
	// ErrChanged says that an object is not the one that PutIf was told of.
	ErrChanged = errors.New("the object was changed by another writer")
	// ErrBusy says that the store refused a call for now. Nothing was done.
	ErrBusy = errors.New("the object store is busy")
	// ErrUnknown says that no reply came: the call was carried out, or was not, or
	// will be yet.
	ErrUnknown = errors.New("the object store gave no reply")
)

// Object is what a store tells of an object.
type Object struct {
	Key  string
	Size int64
	// ETag stands for the content. Lists and readers may leave it empty.
	ETag     string
	Modified time.Time
}

// ObjectReader reads the bytes of an object that Get was asked for.
type ObjectReader interface {
	io.ReadCloser
	// Object tells of the whole object.
	Object() Object
}

// Objects is a store of immutable values under keys: of an object store, one
// bucket or a part of one. A key is UTF-8 text with slashes between its elements,
// of which none is empty, "." or ".."; none begins with ".weir-".
//
// Put, PutIfAbsent and PutIf are atomic and durable when they return, and so is
// what every later call on any machine sees. All methods may be called at the same
// time. Data is not kept.
type Objects interface {
	// Get reads length bytes from offset, or to the end if length is negative. A
	// range that ends beyond the object gives what there is.
	Get(ctx context.Context, key string, offset, length int64) (ObjectReader, error)
	Stat(ctx context.Context, key string) (Object, error)
	// Put gives the new object's ETag.
	Put(ctx context.Context, key string, data []byte) (etag string, err error)
	// PutIfAbsent fails with fs.ErrExist if there is an object.
	PutIfAbsent(ctx context.Context, key string, data []byte) (etag string, err error)
	// PutIf replaces the object that has an ETag, and fails with ErrChanged if there
	// is another one or none.
	PutIf(ctx context.Context, key string, data []byte, etag string) (string, error)
	// Upload begins an object that is put in parts of so many bytes: a key that
	// nobody else puts. S3 takes 10,000 parts of at least 5 MiB.
	Upload(ctx context.Context, key string, partSize int) (Upload, error)
	// List gives the objects whose key begins with prefix and comes after a key, in
	// order of the keys' bytes.
	List(ctx context.Context, prefix, after string) iter.Seq2[Object, error]
	// Delete removes objects; those that are absent are no error.
	Delete(ctx context.Context, keys ...string) error
}

// Upload is an object in parts that nobody sees before Commit.
type Upload interface {
	// Part puts the n-th part, n from 1 on, again if need be. Only the last one
	// may be smaller than the others.
	Part(ctx context.Context, n int, data []byte) error
	// Commit makes an object, which replaces one that has its key, of parts 1 to n.
	Commit(ctx context.Context, n int) (etag string, err error)
	Abort(ctx context.Context) error
}

// PartSize is a good size in bytes of parts.
const PartSize = 16 << 20

// ObjectWriter writes one object of any size in the memory of one part.
type ObjectWriter struct {
	ctx    context.Context
	store  Objects
	key    string
	room   int
	buf    []byte
	upload Upload // nil while all fits into one Put
	parts  int
	size   int64
	err    error
}

// NewObjectWriter begins an object, which nobody sees before Commit. ctx holds
// until then. Objects of more than partSize bytes, PartSize if that is 0, are put
// in parts.
func NewObjectWriter(ctx context.Context, store Objects, key string, partSize int) *ObjectWriter {
	return &ObjectWriter{ctx: ctx, store: store, key: key, room: cmp.Or(partSize, PartSize)}
}

// Write adds bytes. An error is final.
func (w *ObjectWriter) Write(b []byte) (int, error) {
	n := 0
	for w.err == nil && len(b) > 0 {
		if len(w.buf) == w.room {
			if w.err = w.part(); w.err != nil {
				break
			}
		}
		k := min(len(b), w.room-len(w.buf))
		w.buf = append(w.buf, b[:k]...)
		b, n = b[k:], n+k
		w.size += int64(k)
	}
	return n, w.err
}

func (w *ObjectWriter) part() (err error) {
	if w.upload == nil {
		if w.upload, err = w.store.Upload(w.ctx, w.key, w.room); err != nil {
			return err
		}
	}
	w.parts++
	err = w.upload.Part(w.ctx, w.parts, w.buf)
	w.buf = w.buf[:0]
	return err
}

// Size tells how many bytes were written.
func (w *ObjectWriter) Size() int64 { return w.size }

// Commit makes the object and gives its ETag.
func (w *ObjectWriter) Commit() (etag string, err error) {
	if w.err != nil {
		return "", w.err
	}
	if w.upload == nil {
		etag, w.err = w.store.Put(w.ctx, w.key, w.buf)
		return etag, w.err
	}
	if w.err = w.part(); w.err != nil {
		return "", w.err
	}
	etag, w.err = w.upload.Commit(w.ctx, w.parts)
	if w.err == nil {
		w.upload = nil
	}
	return etag, w.err
}

// Abort gives the object up, unless Commit made it. It may always be called.
func (w *ObjectWriter) Abort(ctx context.Context) error {
	if w.upload == nil {
		return nil
	}
	u := w.upload
	w.upload, w.err = nil, errors.New("the object was given up")
	return u.Abort(ctx)
}

// ReadObject reads a whole object.
func ReadObject(ctx context.Context, store Objects, key string) ([]byte, error) {
	r, err := store.Get(ctx, key, 0, -1)
	if err != nil {
		return nil, err
	}
	b, err := io.ReadAll(r)
	return b, errors.Join(err, r.Close())
}
