package vfs_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/weir-stream/weir/internal/clock"
	"github.com/weir-stream/weir/internal/vfs"
	"github.com/weir-stream/weir/internal/vfs/vfstest"
)

func fake() *clock.Fake { return clock.NewFake(time.UnixMilli(0)) }

func newDir(t *testing.T, fsys vfs.FS, root string) *vfs.Dir {
	t.Helper()
	d, err := vfs.NewDir(fsys, fake(), root, 1)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestObjectStores(t *testing.T) {
	stores := map[string]func() vfs.Objects{
		"memory":              func() vfs.Objects { return vfs.NewMemObjects(vfs.MemConfig{}).Client() },
		"directory":           func() vfs.Objects { return newDir(t, vfs.OS{}, t.TempDir()) },
		"directory in memory": func() vfs.Objects { return newDir(t, vfs.NewMem(vfs.MemConfig{}).Process(), "/d") },
		"retried": func() vfs.Objects {
			return vfs.NewRetry(vfs.NewMemObjects(vfs.MemConfig{}).Client(), vfs.RetryConfig{Clock: fake()})
		},
		"under faults": func() vfs.Objects {
			m := vfs.NewMemObjects(vfs.MemConfig{Seed: 3})
			for _, f := range vfstest.Passing {
				m.Inject(f)
			}
			return vfs.NewRetry(m.Client(), vfs.RetryConfig{Clock: fake(), Attempts: 20})
		},
	}
	for name, open := range stores {
		t.Run(name, func(t *testing.T) { vfstest.Objects(t, open()) })
	}
}

func TestDirRefusesWhatIsNoKey(t *testing.T) {
	d := newDir(t, vfs.OS{}, t.TempDir())
	for _, key := range []string{"", "/a", "a//b", "a/", "../a", "a/../../b", "./a", ".weir-lock", "a\x00b"} {
		if _, err := d.Put(t.Context(), key, nil); err == nil {
			t.Errorf("%q is taken", key)
		}
	}
}

// TestDirSurvivesPowerCuts halts the machine in every call of a put: afterwards
// the object is the old or the new one, and the new one if the put had returned.
func TestDirSurvivesPowerCuts(t *testing.T) {
	ctx := context.Background()
	for n := 0; ; n++ {
		for seed := range uint64(6) {
			m := vfs.NewMem(vfs.MemConfig{Seed: seed})
			d := newDir(t, m.Process(), "/state/dir")
			if _, err := d.Put(ctx, "a/k", []byte("old")); err != nil {
				t.Fatal(err)
			}
			m.Inject(vfs.Fault{After: n, Halt: true, Applied: seed%2 == 0, Short: seed == 1})
			_, err := d.Put(ctx, "a/k", []byte("new"))
			_, err2 := d.PutIfAbsent(ctx, "b/c/k", []byte("other"))
			m.Heal()
			m.Crash(vfs.TearUnsynced)
			d = newDir(t, m.Process(), "/state/dir")
			got, rerr := vfs.ReadObject(ctx, d, "a/k")
			if rerr != nil || string(got) != "new" && (string(got) != "old" || err == nil) {
				t.Fatalf("call %d, seed %d: %q %v after %v", n, seed, got, rerr, err)
			}
			got, rerr = vfs.ReadObject(ctx, d, "b/c/k")
			if err2 == nil && string(got) != "other" || rerr == nil && string(got) != "other" {
				t.Fatalf("call %d, seed %d: %q %v after %v", n, seed, got, rerr, err2)
			}
			if _, err := d.PutIfAbsent(ctx, "b/c/k", []byte("again")); (err == nil) != (rerr != nil) {
				t.Fatalf("call %d, seed %d: after the crash %v", n, seed, err)
			}
			if m.Struck(vfs.AnyOp) == 0 {
				t.Logf("%d calls", n)
				return
			}
		}
	}
}

func TestDirOnFullAndFailingDisks(t *testing.T) {
	ctx := context.Background()
	m := vfs.NewMem(vfs.MemConfig{Capacity: 100})
	d := newDir(t, m.Process(), "/d")
	if _, err := d.Put(ctx, "k", make([]byte, 60)); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Put(ctx, "k", make([]byte, 60)); !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("full: %v", err)
	}
	m.Inject(vfs.Fault{Op: vfs.OpSync, Err: syscall.EIO, Times: 1})
	if _, err := d.Put(ctx, "k", []byte("x")); !errors.Is(err, syscall.EIO) {
		t.Fatalf("sync: %v", err)
	}
	if o, err := d.Stat(ctx, "k"); err != nil || o.Size != 60 {
		t.Fatalf("after them: %v %v", o, err)
	}
	es, err := m.Process().Glob("/d/.weir-*")
	if err != nil || len(es) != 1 { // the lock
		t.Fatalf("left behind: %v %v", es, err)
	}
}

// TestLostRepliesAreResolved loses replies after, before and long before a
// conditional put takes effect.
func TestLostRepliesAreResolved(t *testing.T) {
	ctx := context.Background()
	for _, f := range []vfs.Fault{
		{Applied: true, Err: vfs.ErrUnknown},
		{Err: vfs.ErrUnknown},
		{Err: vfs.ErrBusy},
		{Late: 1},
		{Late: 2},
	} {
		m := vfs.NewMemObjects(vfs.MemConfig{})
		store := vfs.NewRetry(m.Client(), vfs.RetryConfig{Clock: fake()})
		f.Op, f.Times = vfs.OpPut, 1
		m.Inject(f)
		etag, err := store.PutIfAbsent(ctx, "k", []byte("mine"))
		if err != nil {
			t.Fatalf("%+v: %v", f, err)
		}
		if _, err := store.PutIfAbsent(ctx, "k", []byte("theirs")); !errors.Is(err, fs.ErrExist) {
			t.Fatalf("%+v: taken twice: %v", f, err)
		}
		m.Heal()
		m.Inject(f)
		next, err := store.PutIf(ctx, "k", []byte("mine again"), etag)
		if err != nil {
			t.Fatalf("%+v: %v", f, err)
		}
		m.Heal()
		m.Inject(f)
		if _, err := store.PutIf(ctx, "k", []byte("theirs"), etag); !errors.Is(err, vfs.ErrChanged) {
			t.Fatalf("%+v: replaced with an old ETag: %v", f, err)
		}
		if o, err := store.Stat(ctx, "k"); err != nil || o.ETag != next {
			t.Fatalf("%+v: %v %v", f, o, err)
		}
	}
}

// TestOnlyOneWinsUnderFaults races writers for keys on a store that loses replies.
func TestOnlyOneWinsUnderFaults(t *testing.T) {
	m := vfs.NewMemObjects(vfs.MemConfig{Seed: 1})
	for _, f := range vfstest.Passing {
		m.Inject(f)
	}
	won := make([]map[int]bool, 4)
	var wait sync.WaitGroup
	for w := range won {
		won[w] = map[int]bool{}
		store := vfs.NewRetry(m.Client(), vfs.RetryConfig{Clock: fake(), Seed: uint64(w), Attempts: 30})
		wait.Go(func() {
			for k := range 50 {
				_, err := store.PutIfAbsent(context.Background(), fmt.Sprint("k", k), fmt.Append(nil, "writer ", w))
				if err != nil && !errors.Is(err, fs.ErrExist) {
					t.Errorf("writer %d: %v", w, err)
				}
				won[w][k] = err == nil
			}
		})
	}
	wait.Wait()
	m.Heal()
	for k := range 50 {
		got, err := vfs.ReadObject(t.Context(), m.Client(), fmt.Sprint("k", k))
		if err != nil {
			t.Fatal(err)
		}
		for w := range won {
			if mine := string(got) == fmt.Sprint("writer ", w); mine != won[w][k] {
				t.Errorf("key %d holds %q; writer %d believes %v", k, got, w, won[w][k])
			}
		}
	}
}

func TestRetryGivesUpAndSaysSo(t *testing.T) {
	now := fake()
	m := vfs.NewMemObjects(vfs.MemConfig{Clock: now})
	m.Inject(vfs.Fault{Err: vfs.ErrBusy})
	store := vfs.NewRetry(m.Client(), vfs.RetryConfig{Clock: now, Attempts: 4, First: time.Second, Most: 2 * time.Second})
	_, err := store.PutIfAbsent(t.Context(), "some/key", nil)
	if !errors.Is(err, vfs.ErrBusy) || errors.Is(err, vfs.ErrUnknown) || !strings.Contains(err.Error(), "some/key: given up after 4 attempts") {
		t.Fatalf("busy: %v", err)
	}
	if waited := now.Now().Sub(time.UnixMilli(0)); waited < 2500*time.Millisecond || waited > 5*time.Second {
		t.Fatalf("waited %v", waited)
	}
	m.Heal()
	m.Inject(vfs.Fault{Err: vfs.ErrUnknown, Times: 1})
	m.Inject(vfs.Fault{Err: vfs.ErrBusy})
	if _, err = store.PutIfAbsent(t.Context(), "k", nil); !errors.Is(err, vfs.ErrUnknown) {
		t.Fatalf("the fate is unknown: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := store.Stat(ctx, "k"); !errors.Is(err, context.Canceled) {
		t.Fatalf("cancelled: %v", err)
	}
}

func TestStaleListsAndDeadClients(t *testing.T) {
	ctx := t.Context()
	m := vfs.NewMemObjects(vfs.MemConfig{Seed: 5})
	c := m.Client()
	for i := range 10 {
		if _, err := c.Put(ctx, fmt.Sprintf("k%d", i), nil); err != nil {
			t.Fatal(err)
		}
	}
	m.Inject(vfs.Fault{Op: vfs.OpList, Stale: true})
	fewer := false
	for range 10 {
		n := 0
		for _, err := range c.List(ctx, "", "") {
			if err != nil {
				t.Fatal(err)
			}
			n++
		}
		fewer = fewer || n < 10
	}
	if !fewer {
		t.Fatal("no list was stale")
	}
	m.Inject(vfs.Fault{Op: vfs.OpPut, Halt: true, Applied: true})
	if _, err := c.Put(ctx, "last", nil); !errors.Is(err, vfs.ErrKilled) {
		t.Fatalf("halt: %v", err)
	}
	if _, err := c.Stat(ctx, "last"); !errors.Is(err, vfs.ErrKilled) {
		t.Fatalf("a dead client reads: %v", err)
	}
	if _, err := m.Client().Stat(ctx, "last"); err != nil {
		t.Fatal(err)
	}
}

// careless ignores conditions.
type careless struct {
	vfs.Objects
	absent, match bool
}

func (c careless) PutIfAbsent(ctx context.Context, key string, data []byte) (string, error) {
	if c.absent {
		return c.Put(ctx, key, data)
	}
	return c.Objects.PutIfAbsent(ctx, key, data)
}

func (c careless) PutIf(ctx context.Context, key string, data []byte, etag string) (string, error) {
	if c.match {
		return c.Put(ctx, key, data)
	}
	return c.Objects.PutIf(ctx, key, data, etag)
}

func TestProbeFindsCarelessStores(t *testing.T) {
	ctx := t.Context()
	for _, c := range []careless{{absent: true}, {match: true}} {
		c.Objects = vfs.NewMemObjects(vfs.MemConfig{}).Client()
		if err := vfs.Probe(ctx, c, "p/", "1"); !errors.Is(err, vfs.ErrNoConditions) {
			t.Errorf("%+v: %v", c, err)
		}
		for o := range c.List(ctx, "", "") {
			t.Errorf("left behind: %s", o.Key)
		}
	}
	m := vfs.NewMemObjects(vfs.MemConfig{})
	if err := vfs.Probe(ctx, m.Client(), "p/", "1"); err != nil {
		t.Error(err)
	}
	m.Inject(vfs.Fault{Op: vfs.OpPut, Err: errors.New("access denied")})
	if err := vfs.Probe(ctx, m.Client(), "p/", "1"); err == nil || errors.Is(err, vfs.ErrNoConditions) {
		t.Errorf("forbidden: %v", err)
	}
}

func TestReadersGoOnWhereTheyBroke(t *testing.T) {
	ctx := t.Context()
	m := vfs.NewMemObjects(vfs.MemConfig{Seed: 2})
	data := bytes.Repeat([]byte("0123456789"), 1000)
	if _, err := m.Client().Put(ctx, "k", data); err != nil {
		t.Fatal(err)
	}
	store := vfs.NewRetry(m.Client(), vfs.RetryConfig{Clock: fake()})
	m.Inject(vfs.Fault{Op: vfs.OpGet, Short: true, Err: vfs.ErrUnknown, Times: 5})
	r, err := store.Get(ctx, "k", 5, 9000)
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(r)
	if err != nil || !bytes.Equal(got, data[5:9005]) {
		t.Fatalf("%d bytes, %v", len(got), err)
	}
	m.Inject(vfs.Fault{Op: vfs.OpGet, Short: true, Err: vfs.ErrUnknown, Times: 1})
	if r, err = store.Get(ctx, "k", 0, -1); err != nil {
		t.Fatal(err)
	}
	if _, err := m.Client().Put(ctx, "k", bytes.ToUpper(append(data, 'x'))); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(r); !errors.Is(err, vfs.ErrChanged) {
		t.Fatalf("the object changed while it was read: %v", err)
	}
}
