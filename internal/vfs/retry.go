package vfs

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/weir-stream/weir/internal/clock"
)

// RetryConfig says how often and when calls of an object store are repeated.
type RetryConfig struct {
	Clock    clock.Clock
	Seed     uint64        // of the pauses
	Attempts int           // of one call; 0 is 8
	First    time.Duration // pause before the second attempt; 0 is 50 ms. It doubles up to Most.
	Most     time.Duration // 0 is 5 s
}

// retry repeats the calls of a store.
type retry struct {
	store Objects
	cfg   RetryConfig
	mu    sync.Mutex
	rnd   *rand.Rand
}

// NewRetry gives a store whose calls are repeated while it is busy or gives no
// reply. A conditional put whose reply was lost finds, when it is repeated, the
// object that it has made itself: it is read back, and the call has succeeded if
// it holds the same bytes. So conditional puts need data that no other writer
// writes, for instance with the writer's own number in it.
func NewRetry(store Objects, cfg RetryConfig) Objects {
	if cfg.Attempts == 0 {
		cfg.Attempts = 8
	}
	if cfg.First == 0 {
		cfg.First = 50 * time.Millisecond
	}
	if cfg.Most == 0 {
		cfg.Most = 5 * time.Second
	}
	return &retry{store: store, cfg: cfg, rnd: rand.New(rand.NewPCG(cfg.Seed, 0x72657472))}
}

// again makes attempts until one does not fail in passing. Attempts are told
// whether an earlier one got no reply.
func (r *retry) again(ctx context.Context, what, key string, attempt func(unknown bool) error) error {
	unknown := false
	for n, pause := 1, r.cfg.First; ; n++ {
		err := attempt(unknown)
		if !errors.Is(err, ErrBusy) && !errors.Is(err, ErrUnknown) {
			return err
		}
		unknown = unknown || errors.Is(err, ErrUnknown)
		if n == r.cfg.Attempts {
			if unknown && !errors.Is(err, ErrUnknown) {
				err = errors.Join(err, ErrUnknown)
			}
			return fmt.Errorf("%s %s: given up after %d attempts: %w", what, key, n, err)
		}
		if serr := clock.Sleep(ctx, r.cfg.Clock, r.jitter(pause)); serr != nil {
			return errors.Join(serr, err)
		}
		pause = min(2*pause, r.cfg.Most)
	}
}

// jitter gives a duration from half of d up to d.
func (r *retry) jitter(d time.Duration) time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	return d/2 + time.Duration(r.rnd.Int64N(int64(d/2)+1))
}

func (r *retry) Put(ctx context.Context, key string, data []byte) (etag string, err error) {
	err = r.again(ctx, "put", key, func(bool) error {
		etag, err = r.store.Put(ctx, key, data)
		return err
	})
	return etag, err
}

func (r *retry) PutIfAbsent(ctx context.Context, key string, data []byte) (string, error) {
	return r.putIf(ctx, key, data, fs.ErrExist, func() (string, error) { return r.store.PutIfAbsent(ctx, key, data) })
}

func (r *retry) PutIf(ctx context.Context, key string, data []byte, etag string) (string, error) {
	return r.putIf(ctx, key, data, ErrChanged, func() (string, error) { return r.store.PutIf(ctx, key, data, etag) })
}

// putIf repeats a put that is refused if it is not the first one.
func (r *retry) putIf(ctx context.Context, key string, data []byte, refusal error, put func() (string, error)) (etag string, err error) {
	err = r.again(ctx, "conditional put", key, func(unknown bool) error {
		etag, err = put()
		if unknown && errors.Is(err, refusal) {
			etag, err = r.own(ctx, key, data, err)
		}
		return err
	})
	return etag, err
}

// own looks whether an object is the one that a put without a reply has made.
func (r *retry) own(ctx context.Context, key string, data []byte, refused error) (string, error) {
	var o Object
	var b []byte
	err := r.again(ctx, "read back", key, func(bool) error {
		g, err := r.store.Get(ctx, key, 0, -1)
		if err != nil {
			return err
		}
		o = g.Object()
		b, err = io.ReadAll(io.LimitReader(g, int64(len(data))+1))
		return errors.Join(err, g.Close())
	})
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", refused
	case err != nil:
		return "", errors.Join(ErrUnknown, err)
	case !bytes.Equal(b, data):
		return "", refused
	}
	if o.ETag == "" {
		o, err = r.Stat(ctx, key)
	}
	return o.ETag, err
}

func (r *retry) Stat(ctx context.Context, key string) (o Object, err error) {
	err = r.again(ctx, "stat", key, func(bool) error {
		o, err = r.store.Stat(ctx, key)
		return err
	})
	return o, err
}

func (r *retry) Delete(ctx context.Context, keys ...string) error {
	if len(keys) == 0 {
		return nil
	}
	return r.again(ctx, "delete", keys[0], func(bool) error { return r.store.Delete(ctx, keys...) })
}

// List goes on after the last object that it gave.
func (r *retry) List(ctx context.Context, prefix, after string) iter.Seq2[Object, error] {
	return func(yield func(Object, error) bool) {
		stopped := false
		for !stopped {
			progress := false
			err := r.again(ctx, "list", prefix, func(bool) error {
				for o, err := range r.store.List(ctx, prefix, after) {
					if err != nil {
						if progress {
							return nil // attempts are counted anew
						}
						return err
					}
					after, progress = o.Key, true
					if !yield(o, nil) {
						stopped = true
						return nil
					}
				}
				stopped = true
				return nil
			})
			if err != nil {
				yield(Object{}, err)
				return
			}
		}
	}
}

func (r *retry) Get(ctx context.Context, key string, offset, length int64) (ObjectReader, error) {
	g := &retryReader{r: r, ctx: ctx, key: key, at: offset, left: length}
	if err := g.open(); err != nil {
		return nil, err
	}
	g.object = g.body.Object()
	return g, nil
}

// retryReader goes on reading where the connection broke.
type retryReader struct {
	r        *retry
	ctx      context.Context
	key      string
	at, left int64 // left is negative if all is read
	body     ObjectReader
	object   Object
	failed   int // attempts since bytes came
}

func (g *retryReader) Object() Object { return g.object }

func (g *retryReader) open() error {
	return g.r.again(g.ctx, "get", g.key, func(bool) (err error) {
		g.body, err = g.r.store.Get(g.ctx, g.key, g.at, g.left)
		return err
	})
}

func (g *retryReader) Read(b []byte) (int, error) {
	for {
		n, err := g.body.Read(b)
		g.at += int64(n)
		if g.left >= 0 {
			g.left -= int64(n)
		}
		passing := errors.Is(err, ErrBusy) || errors.Is(err, ErrUnknown)
		if n > 0 {
			g.failed = 0
			if passing {
				err = nil // it is met again
			}
			return n, err
		}
		if !passing {
			return 0, err
		}
		if g.failed++; g.failed >= g.r.cfg.Attempts {
			return 0, fmt.Errorf("get %s: given up after %d attempts: %w", g.key, g.failed, err)
		}
		if err := g.reopen(); err != nil {
			return 0, err
		}
	}
}

func (g *retryReader) reopen() error {
	_ = g.body.Close()
	if g.left == 0 || g.at >= g.object.Size {
		g.body = NoBytes(g.object)
		return nil
	}
	if err := g.open(); err != nil {
		g.body = NoBytes(g.object)
		return err
	}
	if g.body.Object().ETag != g.object.ETag {
		return fmt.Errorf("get %s: %w", g.key, ErrChanged)
	}
	return nil
}

func (g *retryReader) Close() error { return g.body.Close() }

// NoBytes reads nothing of an object.
func NoBytes(o Object) ObjectReader { return emptyObject{o} }

type emptyObject struct{ object Object }

func (e emptyObject) Object() Object         { return e.object }
func (emptyObject) Read([]byte) (int, error) { return 0, io.EOF }
func (emptyObject) Close() error             { return nil }

func (r *retry) Upload(ctx context.Context, key string, partSize int) (u Upload, err error) {
	err = r.again(ctx, "upload", key, func(bool) error {
		u, err = r.store.Upload(ctx, key, partSize)
		return err
	})
	if err != nil {
		return nil, err
	}
	return &retryUpload{r: r, key: key, upload: u, sizes: map[int]int64{}}, nil
}

type retryUpload struct {
	r      *retry
	key    string
	upload Upload
	sizes  map[int]int64 // of the parts
}

func (u *retryUpload) Part(ctx context.Context, n int, data []byte) error {
	u.sizes[n] = int64(len(data))
	return u.r.again(ctx, fmt.Sprintf("part %d of", n), u.key, func(bool) error { return u.upload.Part(ctx, n, data) })
}

// Commit finds, if a reply was lost, no upload any more: then the object's size
// tells whether it was made.
func (u *retryUpload) Commit(ctx context.Context, n int) (etag string, err error) {
	err = u.r.again(ctx, "upload", u.key, func(unknown bool) error {
		etag, err = u.upload.Commit(ctx, n)
		if !unknown || !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		var size int64
		for i := 1; i <= n; i++ {
			size += u.sizes[i]
		}
		o, serr := u.r.Stat(ctx, u.key)
		if serr == nil && o.Size == size {
			etag = o.ETag
			return nil
		}
		return errors.Join(err, serr)
	})
	return etag, err
}

func (u *retryUpload) Abort(ctx context.Context) error {
	return u.r.again(ctx, "abort", u.key, func(bool) error { return u.upload.Abort(ctx) })
}
