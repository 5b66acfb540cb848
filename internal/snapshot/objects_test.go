package snapshot_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/weir-stream/weir/internal/clock"
	"github.com/weir-stream/weir/internal/snapshot"
	"github.com/weir-stream/weir/internal/vfs"
	"github.com/weir-stream/weir/internal/vfs/objectfs"
	"github.com/weir-stream/weir/internal/vfs/vfstest"
)

// bucket is an object store and the number of processes that used it.
type bucket struct {
	*vfs.MemObjects
	writers uint64
}

// process gives the file system of another process, and its connection.
func (b *bucket) process(t testing.TB) (vfs.FS, *vfs.Client) {
	b.writers++
	c := b.Client()
	store := vfs.NewRetry(c, vfs.RetryConfig{Clock: clock.NewFake(time.UnixMilli(0)), Seed: b.writers, Attempts: 30})
	return objectfs.New(t.Context(), objectfs.Config{Store: store, Writer: b.writers, Readers: 1}), c
}

func (b *bucket) run(t testing.TB, g *ledger, until uint64) error {
	fsys, c := b.process(t)
	defer c.Kill()
	return g.run(t, fsys, until)
}

// TestObjectStoreAfterEveryCall kills the process at every call of the store, again
// during the recovery from that, and then lets the job end.
func TestObjectStoreAfterEveryCall(t *testing.T) {
	m := &bucket{MemObjects: vfs.NewMemObjects(vfs.MemConfig{})}
	if err := m.run(t, &ledger{end: 18}, 18); err != nil {
		t.Fatal(err)
	}
	calls := m.Calls(vfs.AnyOp)
	t.Logf("%d calls, %d of them puts", calls, m.Calls(vfs.OpPut))
	step := 2
	if testing.Short() {
		step = 9
	}
	for n := 0; n < calls; n += step {
		for _, late := range []int{0, 1, 9} {
			for _, applied := range []bool{false, true} {
				objectsAt(t, n, applied, late)
			}
		}
	}
}

// objectsAt kills the process at call n. Its last put may arrive late.
func objectsAt(t *testing.T, n int, applied bool, late int) {
	g := &ledger{end: 18, lag: uint64(n % 4)}
	m := &bucket{MemObjects: vfs.NewMemObjects(vfs.MemConfig{Seed: uint64(n)})}
	for _, after := range []int{n, n * 7 % 61, n * 5 % 23} {
		fsys, c := m.process(t)
		if late > 0 {
			m.Inject(vfs.Fault{Op: vfs.OpPut, After: after, Times: 1, Late: late})
			m.Inject(vfs.Fault{After: after + 1, Halt: true})
		} else {
			m.Inject(vfs.Fault{After: after, Halt: true, Applied: applied})
		}
		if err := g.run(t, fsys, g.end); err != nil && !errors.Is(err, vfs.ErrKilled) {
			t.Fatalf("call %d, late %d: %v", n, late, err)
		}
		m.Heal()
		c.Kill()
	}
	if err := m.run(t, g, g.end); err != nil || g.committed != g.end {
		t.Fatalf("call %d, late %d: ended at epoch %d: %v", n, late, g.committed, err)
	}
	fsys, _ := m.process(t)
	garbage(t, fsys)
}

// TestObjectStoreUnderFaults loses requests and replies, and is busy, all the time.
func TestObjectStoreUnderFaults(t *testing.T) {
	for seed := range uint64(20) {
		m := &bucket{MemObjects: vfs.NewMemObjects(vfs.MemConfig{Seed: seed})}
		for _, f := range vfstest.Passing {
			m.Inject(f)
		}
		m.Inject(vfs.Fault{Op: vfs.OpPut, Chance: 0.05, Late: 3})
		g := &ledger{end: 18, lag: seed % 4}
		for _, until := range []uint64{5, 6, 13, g.end} {
			if err := m.run(t, g, until); err != nil {
				t.Fatalf("seed %d: %v", seed, err)
			}
		}
		if g.committed != g.end || m.Struck(vfs.AnyOp) == 0 {
			t.Fatalf("seed %d: ended at epoch %d", seed, g.committed)
		}
	}
}

// TestObjectStoreZombies stops a run before every call, lets another one take the
// bucket over and go on, and then wakes the first.
func TestObjectStoreZombies(t *testing.T) {
	others := map[string]int{}
	fenced := 0
	step := 2
	if testing.Short() {
		step = 9
	}
	for n, k, done := 0, 0, false; !done; k = (k + 1) % 3 {
		if k == 0 {
			n += step
		}
		m := &bucket{MemObjects: vfs.NewMemObjects(vfs.MemConfig{})}
		done = true
		first, second := &ledger{end: 18}, &ledger{end: 99}
		if err := m.run(t, first, 5); err != nil {
			t.Fatal(err)
		}
		took, older := uint64(0), false
		own, _ := m.process(t)
		zombie := &pausing{FS: own, n: n}
		zombie.pause = func() {
			done, older = false, zombie.created
			second.committed = first.committed
			if err := m.run(t, second, 0); err != nil { // what it takes over
				t.Fatalf("call %d: %v", n, err)
			}
			if took = second.committed; took == first.end {
				return
			}
			if err := m.run(t, second, took+uint64(k)); err != nil {
				t.Fatalf("call %d: %v", n, err)
			}
		}
		err := first.run(t, zombie, first.end)
		switch {
		case err == nil && (done || !older || took == first.end): // it came after the other, or had ended
			continue
		case err == nil || first.committed > took:
			t.Fatalf("call %d: the zombie committed epoch %d after epoch %d was taken over: %v", n, first.committed, took, err)
		case errors.Is(err, snapshot.ErrFenced):
			fenced++
		default:
			others[err.Error()]++
		}
		last := second.committed
		if err := m.run(t, second, 0); err != nil || second.committed != last {
			t.Fatalf("call %d: recovered epoch %d of %d: %v", n, second.committed, last, err)
		}
	}
	t.Logf("fenced %d times; otherwise %v", fenced, others)
	if fenced == 0 {
		t.Error("nobody was fenced")
	}
}

// TestObjectStoreSavepoints makes a savepoint in the store and goes on from it.
func TestObjectStoreSavepoints(t *testing.T) {
	m := &bucket{MemObjects: vfs.NewMemObjects(vfs.MemConfig{})}
	g := &ledger{end: 18}
	if err := m.run(t, g, 11); err != nil {
		t.Fatal(err)
	}
	fsys, _ := m.process(t)
	l, r, err := snapshot.Open(t.Context(), g.config(fsys))
	if err != nil {
		t.Fatal(err)
	}
	puts, gets := m.Calls(vfs.OpPut), m.Calls(vfs.OpGet)
	info, err := l.Savepoint(t.Context(), "/points/one")
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("a savepoint of %d bytes: %d puts, %d gets", info.Bytes, m.Calls(vfs.OpPut)-puts, m.Calls(vfs.OpGet)-gets)
	if _, err := l.Savepoint(t.Context(), "/points/one"); err == nil || !strings.Contains(err.Error(), "exists") {
		t.Errorf("a second savepoint of that name: %v", err)
	}
	if _, err := l.Savepoint(t.Context(), "/points"); err == nil || !strings.Contains(err.Error(), "they are no savepoint") {
		t.Errorf("a savepoint where others are: %v", err)
	}
	m.Inject(vfs.Fault{Op: vfs.OpPut, Path: "savepoint", Err: errors.New("forbidden")})
	if _, err := l.Savepoint(t.Context(), "/points/two"); err == nil {
		t.Error("a savepoint without its last file")
	}
	m.Heal()
	if err := errors.Join(r.Close(), l.Close()); err != nil {
		t.Fatal(err)
	}
	other, _ := m.process(t)
	if list, broken, err := snapshot.Savepoints(other, "/points"); err != nil || len(broken) > 0 || len(list) != 1 || list[0].Epoch != 11 {
		t.Fatalf("savepoints %v %v %v", list, broken, err)
	}
	s, err := snapshot.OpenSavepoint(other, "/points/one")
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(g.check(t, s), s.Close()); err != nil {
		t.Fatal(err)
	}
	if err := snapshot.DropSavepoint(other, "/points/one"); err != nil {
		t.Fatal(err)
	}
	if list, broken, err := snapshot.Savepoints(other, "/points"); len(list)+len(broken) > 0 {
		t.Fatalf("dropped: %v %v %v", list, broken, err)
	}
}

// TestObjectStoreDamage flips a bit of every byte of every object, and cuts every
// object: the state is right, or the error says what is wrong.
func TestObjectStoreDamage(t *testing.T) {
	m := &bucket{MemObjects: vfs.NewMemObjects(vfs.MemConfig{})}
	g := &ledger{end: 18}
	if err := m.run(t, g, 14); err != nil {
		t.Fatal(err)
	}
	c := m.Client()
	objects := map[string][]byte{}
	for o, err := range c.List(t.Context(), "", "") {
		if err != nil {
			t.Fatal(err)
		}
		b, err := vfs.ReadObject(t.Context(), c, o.Key)
		if err != nil {
			t.Fatal(err)
		}
		objects[o.Key] = b
	}
	right, refused := 0, 0
	try := func(key string, changed []byte) {
		n := &bucket{MemObjects: vfs.NewMemObjects(vfs.MemConfig{})}
		for k, b := range objects {
			if k == key {
				b = changed
			}
			if _, err := n.Client().Put(t.Context(), k, b); err != nil {
				t.Fatal(err)
			}
		}
		if err := n.run(t, g, 14); err != nil {
			refused++
			return
		}
		right++
	}
	step := 5
	if testing.Short() {
		step = 29
	}
	for key, b := range objects {
		for i := 0; i < len(b); i += step {
			flipped := slices.Clone(b)
			flipped[i] ^= 1 << (i % 8)
			try(key, flipped)
			if i%2 == 0 {
				try(key, b[:i])
			}
		}
	}
	t.Logf("%d objects: %d times right, %d refused", len(objects), right, refused)
}

// TestObjectStoreIsOpenedAgain opens a log again in one process, after another one
// has written it too.
func TestObjectStoreIsOpenedAgain(t *testing.T) {
	m := &bucket{MemObjects: vfs.NewMemObjects(vfs.MemConfig{})}
	g := &ledger{end: 18}
	fsys, _ := m.process(t)
	for _, until := range []uint64{3, 6, 7} {
		if err := g.run(t, fsys, until); err != nil {
			t.Fatal(err)
		}
	}
	if err := m.run(t, g, 13); err != nil {
		t.Fatal(err)
	}
	if err := g.run(t, fsys, g.end); err != nil || g.committed != g.end {
		t.Fatalf("ended at epoch %d: %v", g.committed, err)
	}
}
