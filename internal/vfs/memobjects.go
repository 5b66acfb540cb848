package vfs

import (
	"bytes"
	"cmp"
	"context"
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/weir-stream/weir/internal/clock"
)

// MemObjects is an object store in memory whose calls can be made to fail. It
// keeps every version of every object, so that lists can be stale. Everything
// drawn comes from the seed. Programs use it through a Client.
type MemObjects struct {
	mu      sync.Mutex
	faults  faults
	rnd     *rand.Rand
	clock   clock.Clock
	keys    map[string][]version
	puts    int // the number of the last change
	late    []lateCall
	uploads int
}

// version is an object since some change, or its absence.
type version struct {
	since int
	data  []byte
	etag  string
	gone  bool
	mod   time.Time
}

// lateCall takes effect after some more calls.
type lateCall struct {
	after int
	do    func()
}

// NewMemObjects gives an empty store. Capacity has no meaning here.
func NewMemObjects(c MemConfig) *MemObjects {
	if c.Clock == nil {
		c.Clock = clock.NewFake(time.Unix(0, 0))
	}
	return &MemObjects{faults: newFaults(c.Seed), rnd: rand.New(rand.NewPCG(c.Seed, 0x6f626a73)), clock: c.Clock, keys: map[string][]version{}}
}

// Inject adds a rule. Of several that match a call the first one added strikes.
// Calls that it fails give its Err: ErrBusy, ErrUnknown (which, without Applied,
// is a request that was lost) or anything else. With Short, Get gives a reader
// that breaks off.
func (m *MemObjects) Inject(f Fault) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.faults.rules = append(m.faults.rules, &f)
}

// Heal takes all rules away. Calls that are late still come.
func (m *MemObjects) Heal() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.faults.rules = nil
}

// Calls tells how many calls of a kind were made.
func (m *MemObjects) Calls(op Op) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.faults.calls[op]
}

// Struck tells how many calls of a kind were struck by a rule.
func (m *MemObjects) Struck(op Op) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.faults.struck[op]
}

// Trace is a hash of all calls so far and their order.
func (m *MemObjects) Trace() uint64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.faults.trace
}

// Client is the store as one process sees it.
type Client struct {
	m    *MemObjects
	dead bool
}

var _ Objects = (*Client)(nil)

// Client starts a process.
func (m *MemObjects) Client() *Client { return &Client{m: m} }

// Kill ends the process: its calls give ErrKilled.
func (c *Client) Kill() {
	c.m.mu.Lock()
	defer c.m.mu.Unlock()
	c.dead = true
}

// do runs one call under the store's lock and its rules.
func (c *Client) do(ctx context.Context, op Op, name, key string, act func(f *Fault) error) error {
	m := c.m
	m.mu.Lock()
	defer m.mu.Unlock()
	fail := func(err error) error {
		if err == nil {
			return nil
		}
		return fmt.Errorf("%s %s: %w", name, key, err)
	}
	if c.dead {
		return fail(ErrKilled)
	}
	if err := ctx.Err(); err != nil {
		return fail(err)
	}
	m.arrive()
	f := m.faults.strike(op, key)
	if f.Delay > 0 || f.Pause != nil {
		m.mu.Unlock()
		err := clock.Sleep(ctx, m.clock, f.Delay)
		if f.Pause != nil {
			f.Pause()
		}
		m.mu.Lock()
		if c.dead {
			err = ErrKilled
		}
		if err != nil {
			return fail(err)
		}
	}
	if f.Late > 0 {
		m.late = append(m.late, lateCall{f.Late, func() { _ = act(&Fault{}) }})
		return fail(cmp.Or(f.Err, ErrUnknown))
	}
	var err error
	if !f.fails() || f.Short && op != OpPut && op != OpWrite {
		err = act(f)
	}
	if f.Halt {
		c.dead = true
		return fail(ErrKilled)
	}
	if f.Short && op == OpGet { // it fails later
		return fail(err)
	}
	return fail(cmp.Or(f.Err, err))
}

// arrive lets late calls take effect.
func (m *MemObjects) arrive() {
	m.late = slices.DeleteFunc(m.late, func(l lateCall) bool { return l.do == nil })
	for i := range m.late {
		if m.late[i].after--; m.late[i].after == 0 {
			m.late[i].do()
			m.late[i].do = nil
		}
	}
}

// now gives an object as it is.
func (m *MemObjects) now(key string) (version, bool) {
	vs := m.keys[key]
	if len(vs) == 0 || vs[len(vs)-1].gone {
		return version{}, false
	}
	return vs[len(vs)-1], true
}

func (m *MemObjects) set(key string, v version) string {
	m.puts++
	v.since, v.mod = m.puts, m.clock.Now()
	if !v.gone {
		sum := md5.Sum(v.data)
		v.etag = hex.EncodeToString(sum[:])
	}
	m.keys[key] = append(m.keys[key], v)
	return v.etag
}

func (v version) object(key string) Object {
	return Object{Key: key, Size: int64(len(v.data)), ETag: v.etag, Modified: v.mod}
}

// Get reads an object.
func (c *Client) Get(ctx context.Context, key string, offset, length int64) (out ObjectReader, err error) {
	err = c.do(ctx, OpGet, "get", key, func(f *Fault) error {
		v, ok := c.m.now(key)
		if !ok {
			return fs.ErrNotExist
		}
		from := min(max(offset, 0), int64(len(v.data)))
		data := v.data[from:]
		if length >= 0 {
			data = data[:min(length, int64(len(data)))]
		}
		r := &memReader{object: v.object(key)}
		if f.Short && len(data) > 0 {
			data, r.err = data[:c.m.faults.part(len(data))], cmp.Or(f.Err, ErrUnknown)
		}
		r.data.Reset(data)
		out = r
		return nil
	})
	return out, err
}

type memReader struct {
	object Object
	data   bytes.Reader
	err    error // in place of the end
}

func (r *memReader) Object() Object { return r.object }
func (r *memReader) Close() error   { return nil }
func (r *memReader) Read(b []byte) (int, error) {
	n, err := r.data.Read(b)
	if err == io.EOF && r.err != nil {
		err = r.err
	}
	return n, err
}

// Stat tells of an object.
func (c *Client) Stat(ctx context.Context, key string) (o Object, err error) {
	err = c.do(ctx, OpStat, "stat", key, func(*Fault) error {
		v, ok := c.m.now(key)
		if !ok {
			return fs.ErrNotExist
		}
		o = v.object(key)
		return nil
	})
	return o, err
}

// put makes an object if may says so of the one that is there.
func (c *Client) put(ctx context.Context, key string, data []byte, may func(v version, ok bool) error) (etag string, err error) {
	data = slices.Clone(data)
	err = c.do(ctx, OpPut, "put", key, func(*Fault) error {
		if err := may(c.m.now(key)); err != nil {
			return err
		}
		etag = c.m.set(key, version{data: data})
		return nil
	})
	if err != nil {
		return "", err
	}
	return etag, nil
}

// Put makes or replaces an object.
func (c *Client) Put(ctx context.Context, key string, data []byte) (string, error) {
	return c.put(ctx, key, data, func(version, bool) error { return nil })
}

// PutIfAbsent makes an object.
func (c *Client) PutIfAbsent(ctx context.Context, key string, data []byte) (string, error) {
	return c.put(ctx, key, data, func(_ version, ok bool) error {
		if ok {
			return fs.ErrExist
		}
		return nil
	})
}

// PutIf replaces an object.
func (c *Client) PutIf(ctx context.Context, key string, data []byte, etag string) (string, error) {
	return c.put(ctx, key, data, func(v version, ok bool) error {
		if !ok || v.etag != etag {
			return ErrChanged
		}
		return nil
	})
}

// Delete removes objects in one call, of the first key. With Short it removes
// some of them.
func (c *Client) Delete(ctx context.Context, keys ...string) error {
	if len(keys) == 0 {
		return nil
	}
	return c.do(ctx, OpDelete, "delete", keys[0], func(f *Fault) error {
		if f.Short {
			keys = keys[:c.m.faults.part(len(keys))]
		}
		for _, key := range keys {
			if _, ok := c.m.now(key); ok {
				c.m.set(key, version{gone: true})
			}
		}
		return nil
	})
}

// List lists objects as they are at the call, or were if it is stale.
func (c *Client) List(ctx context.Context, prefix, after string) iter.Seq2[Object, error] {
	return func(yield func(Object, error) bool) {
		var found []Object
		err := c.do(ctx, OpList, "list", prefix, func(f *Fault) error {
			at := c.m.puts
			if f.Stale {
				at = c.m.rnd.IntN(at + 1)
			}
			for _, key := range slices.Sorted(maps.Keys(c.m.keys)) {
				if !strings.HasPrefix(key, prefix) || key <= after {
					continue
				}
				if v, ok := asOf(c.m.keys[key], at); ok {
					found = append(found, v.object(key))
				}
			}
			return nil
		})
		if err != nil {
			yield(Object{}, err)
			return
		}
		for _, o := range found {
			if !yield(o, nil) {
				return
			}
		}
	}
}

func asOf(vs []version, change int) (version, bool) {
	for _, v := range slices.Backward(vs) {
		if v.since <= change {
			return v, !v.gone
		}
	}
	return version{}, false
}

// Upload begins an object in parts.
func (c *Client) Upload(ctx context.Context, key string, _ int) (out Upload, err error) {
	err = c.do(ctx, OpPut, "upload", key, func(*Fault) error {
		out = &memUpload{c: c, key: key, parts: map[int][]byte{}}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

type memUpload struct {
	c     *Client
	key   string
	parts map[int][]byte // nil once done or given up
}

func (u *memUpload) Part(ctx context.Context, n int, data []byte) error {
	data = slices.Clone(data)
	return u.c.do(ctx, OpWrite, "part of", u.key, func(*Fault) error {
		if u.parts == nil {
			return fs.ErrNotExist
		}
		u.parts[n] = data
		return nil
	})
}

func (u *memUpload) Commit(ctx context.Context, n int) (etag string, err error) {
	err = u.c.do(ctx, OpPut, "commit", u.key, func(*Fault) error {
		if u.parts == nil {
			return fs.ErrNotExist
		}
		var all []byte
		for i := 1; i <= n; i++ {
			part, ok := u.parts[i]
			if !ok {
				return fs.ErrInvalid
			}
			all = append(all, part...)
		}
		u.parts = nil
		etag = u.c.m.set(u.key, version{data: all})
		return nil
	})
	if err != nil {
		return "", err
	}
	return etag, nil
}

func (u *memUpload) Abort(ctx context.Context) error {
	return u.c.do(ctx, OpDelete, "abort", u.key, func(*Fault) error {
		u.parts = nil
		return nil
	})
}
