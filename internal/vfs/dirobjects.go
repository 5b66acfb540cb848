package vfs

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"math"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/zeebo/xxh3"

	"github.com/weir-stream/weir/internal/clock"
)

// hidden begins the names of files that are no objects.
const hidden = ".weir-"

// lockPause is between two attempts to take the lock of a directory.
const lockPause = time.Millisecond

// Dir is a directory as an object store: a file an object. A put writes a file
// beside it, syncs that and renames it, under a lock of the directory that all
// puts take for the moment of the rename. Any number of processes may use it,
// where their file system has locks.
type Dir struct {
	fs     FS
	clock  clock.Clock
	root   string
	writer uint64 // distinguishes files in progress of processes
	mu     sync.Mutex
	files  atomic.Uint64
}

var _ Objects = (*Dir)(nil)

// NewDir gives the store of a directory, which is made if absent. The writer is a
// number drawn by each process.
func NewDir(fsys FS, c clock.Clock, root string, writer uint64) (*Dir, error) {
	d := &Dir{fs: fsys, clock: c, root: filepath.Clean(root), writer: writer}
	return d, d.makeDir(d.root)
}

// makeDir makes a directory durably, with those on the way to it.
func (d *Dir) makeDir(dir string) error {
	if _, err := d.fs.Stat(dir); err == nil {
		return nil
	}
	parent := filepath.Dir(dir)
	if parent == dir {
		return nil
	}
	if err := d.makeDir(parent); err != nil {
		return err
	}
	return errors.Join(d.fs.MkdirAll(dir), d.fs.SyncDir(parent))
}

// file gives the path of a key.
func (d *Dir) file(key string) (string, error) {
	for part := range strings.SplitSeq(key, "/") {
		if part == "" || part == "." || part == ".." || strings.HasPrefix(part, hidden) || strings.ContainsAny(part, "\x00\\") {
			return "", fmt.Errorf("%q is no key of an object", key)
		}
	}
	return filepath.Join(d.root, filepath.FromSlash(key)), nil
}

// Get reads an object.
func (d *Dir) Get(_ context.Context, key string, offset, length int64) (ObjectReader, error) {
	name, err := d.file(key)
	if err != nil {
		return nil, err
	}
	f, err := d.fs.Open(name)
	if err != nil {
		return nil, absent(err)
	}
	st, err := f.Stat()
	if err == nil && st.IsDir() {
		err = fmt.Errorf("%s: %w", key, fs.ErrNotExist)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	if length < 0 {
		length = max(0, st.Size()-offset)
	}
	o := Object{Key: key, Size: st.Size(), Modified: st.ModTime()}
	return &dirReader{SectionReader: io.NewSectionReader(f, max(0, offset), length), f: f, object: o}, nil
}

type dirReader struct {
	*io.SectionReader
	f      File
	object Object
}

func (r *dirReader) Object() Object { return r.object }
func (r *dirReader) Close() error   { return r.f.Close() }

// absent tells errors of a way that leads nowhere as absence.
func absent(err error) error {
	if errors.Is(err, errNotDir) {
		return errors.Join(fs.ErrNotExist, err)
	}
	return err
}

// hash reads what an object or one in progress holds.
func hash(r io.Reader) (etag string, err error) {
	h := xxh3.New()
	n, err := io.Copy(h, r)
	return etagOf(h.Sum128(), n), err
}

func etagOf(h xxh3.Uint128, size int64) string {
	b := binary.BigEndian.AppendUint64(nil, h.Hi)
	return hex.EncodeToString(binary.BigEndian.AppendUint64(b, h.Lo)) + "-" + fmt.Sprint(size)
}

// Stat tells of an object, and reads it to do so.
func (d *Dir) Stat(ctx context.Context, key string) (Object, error) {
	r, err := d.Get(ctx, key, 0, -1)
	if err != nil {
		return Object{}, err
	}
	o := r.Object()
	o.ETag, err = hash(r)
	return o, errors.Join(err, r.Close())
}

// Put makes or replaces an object.
func (d *Dir) Put(ctx context.Context, key string, data []byte) (string, error) {
	return d.put(ctx, key, data, func(string) error { return nil })
}

// PutIfAbsent makes an object.
func (d *Dir) PutIfAbsent(ctx context.Context, key string, data []byte) (string, error) {
	return d.put(ctx, key, data, func(name string) error {
		_, err := d.fs.Stat(name)
		if err == nil {
			return fmt.Errorf("put %s: %w", key, fs.ErrExist)
		}
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	})
}

// PutIf replaces an object.
func (d *Dir) PutIf(ctx context.Context, key string, data []byte, etag string) (string, error) {
	return d.put(ctx, key, data, func(string) error {
		o, err := d.Stat(ctx, key)
		if err == nil && o.ETag == etag {
			return nil
		}
		if err == nil || errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("put %s: %w", key, ErrChanged)
		}
		return err
	})
}

func (d *Dir) put(ctx context.Context, key string, data []byte, may func(name string) error) (string, error) {
	name, err := d.file(key)
	if err != nil {
		return "", err
	}
	f, tmp, err := d.begin(name)
	if err != nil {
		return "", err
	}
	if _, err = f.Write(data); err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = d.name(ctx, tmp, name, may)
	}
	if err != nil {
		return "", errors.Join(err, d.forget(tmp))
	}
	return etagOf(xxh3.Hash128(data), int64(len(data))), nil
}

// begin opens a file in progress beside the object's.
func (d *Dir) begin(name string) (File, string, error) {
	if err := d.makeDir(filepath.Dir(name)); err != nil {
		return nil, "", err
	}
	tmp := filepath.Join(filepath.Dir(name), fmt.Sprintf("%s%016x-%d", hidden, d.writer, d.files.Add(1)))
	f, err := d.fs.CreateExclusive(tmp)
	return f, tmp, err
}

// forget removes a file in progress that may have been named meanwhile.
func (d *Dir) forget(tmp string) error {
	if err := d.fs.Remove(tmp); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// name makes a file in progress the object, if it may.
func (d *Dir) name(ctx context.Context, tmp, name string, may func(name string) error) (err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	unlock, err := d.lock(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, unlock.Close()) }()
	if err := may(name); err != nil {
		return err
	}
	if err := d.fs.Rename(tmp, name); err != nil {
		return err
	}
	if err := d.fs.SyncDir(filepath.Dir(name)); err != nil {
		return errors.Join(ErrUnknown, err)
	}
	return nil
}

// lock waits for the lock among processes.
func (d *Dir) lock(ctx context.Context) (io.Closer, error) {
	for {
		l, err := d.fs.Lock(filepath.Join(d.root, hidden+"lock"))
		if !errors.Is(err, ErrLocked) {
			return l, err
		}
		if err := clock.Sleep(ctx, d.clock, lockPause); err != nil {
			return nil, err
		}
	}
}

// Delete removes objects, durably.
func (d *Dir) Delete(_ context.Context, keys ...string) error {
	var touched []string
	for _, key := range keys {
		name, err := d.file(key)
		if err != nil {
			return err
		}
		switch err := absent(d.fs.Remove(name)); {
		case err == nil:
			if dir := filepath.Dir(name); !slices.Contains(touched, dir) {
				touched = append(touched, dir)
			}
		case !errors.Is(err, fs.ErrNotExist):
			return err
		}
	}
	var errs []error
	for _, dir := range touched {
		errs = append(errs, d.fs.SyncDir(dir))
	}
	return errors.Join(errs...)
}

// List walks the directories below which there may be keys. ETags are empty.
func (d *Dir) List(_ context.Context, prefix, after string) iter.Seq2[Object, error] {
	return func(yield func(Object, error) bool) {
		at := path.Dir(prefix + "x")
		if at == "." {
			at = ""
		}
		d.walk(at, prefix, after, yield)
	}
}

// walk gives the objects below the directory at, and false if that is enough.
func (d *Dir) walk(at, prefix, after string, yield func(Object, error) bool) bool {
	es, err := d.fs.ReadDir(filepath.Join(d.root, filepath.FromSlash(at)))
	if err != nil {
		if errors.Is(absent(err), fs.ErrNotExist) {
			return true
		}
		yield(Object{}, err)
		return false
	}
	key := func(e fs.DirEntry) string {
		k := path.Join(at, e.Name())
		if e.IsDir() {
			k += "/"
		}
		return k
	}
	slices.SortFunc(es, func(a, b fs.DirEntry) int { return strings.Compare(key(a), key(b)) })
	for _, e := range es {
		k := key(e)
		switch {
		case strings.HasPrefix(e.Name(), hidden):
		case e.IsDir():
			inside := strings.HasPrefix(k, prefix) || strings.HasPrefix(prefix, k)
			if inside && (k > after || strings.HasPrefix(after, k)) && !d.walk(strings.TrimSuffix(k, "/"), prefix, after, yield) {
				return false
			}
		case strings.HasPrefix(k, prefix) && k > after:
			st, err := e.Info()
			if errors.Is(err, fs.ErrNotExist) {
				continue // deleted since
			}
			if err != nil {
				yield(Object{}, err)
				return false
			}
			if !yield(Object{Key: k, Size: st.Size(), Modified: st.ModTime()}, nil) {
				return false
			}
		}
	}
	return true
}

// Upload writes parts one after the other.
func (d *Dir) Upload(_ context.Context, key string, partSize int) (Upload, error) {
	name, err := d.file(key)
	if err != nil {
		return nil, err
	}
	f, tmp, err := d.begin(name)
	if err != nil {
		return nil, err
	}
	return &dirUpload{d: d, f: f, tmp: tmp, name: name, size: int64(partSize)}, nil
}

type dirUpload struct {
	d         *Dir
	f         File
	tmp, name string
	size      int64 // of a part
}

func (u *dirUpload) Part(_ context.Context, n int, data []byte) error {
	_, err := u.f.WriteAt(data, int64(n-1)*u.size)
	return err
}

func (u *dirUpload) Commit(ctx context.Context, _ int) (string, error) {
	etag, err := hash(io.NewSectionReader(u.f, 0, math.MaxInt64))
	if err == nil {
		err = u.f.Sync()
	}
	if err = errors.Join(err, u.f.Close()); err == nil {
		err = u.d.name(ctx, u.tmp, u.name, func(string) error { return nil })
	}
	if err != nil {
		return "", errors.Join(err, u.d.forget(u.tmp))
	}
	return etag, nil
}

func (u *dirUpload) Abort(context.Context) error {
	return errors.Join(u.f.Close(), u.d.forget(u.tmp))
}
