package snapshot_test

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/weir-stream/weir/internal/clock"
	"github.com/weir-stream/weir/internal/snapshot"
	"github.com/weir-stream/weir/internal/vfs"
)

// ledger is a job whose state after every epoch is known beforehand, and what its
// sink has been told.
type ledger struct {
	end       uint64 // the last epoch
	committed uint64 // by the sink, that is after Append returned
	lag       uint64 // so many epochs later frames tell of it
	roll      int64  // size of log files
	claim     snapshot.Claim
	from      string
	takeOver  bool
	pad       int  // so many times what each block says
	old       bool // the index may be of before version 3
}

// keys are spread over parts and subtasks.
const (
	keyCount  = 12
	partCount = 4
	headOf    = 13 // bytes of an image that are in the index
)

func tableOf(key int) (table string, subtask int, part uint64) {
	return fmt.Sprintf("t%d/state", key%2), key / 2 % 2, uint64(key % partCount)
}

// changes are what an epoch does: key to value, 0 is a deletion.
func changes(epoch uint64) map[int]uint64 {
	out := map[int]uint64{}
	for i := range 1 + epoch%4 {
		out[int((epoch*5+i*7)%keyCount)] = epoch
	}
	if epoch%3 == 0 {
		out[int(epoch*11%keyCount)] = 0
	}
	return out
}

func stateAt(epoch uint64) map[int]uint64 {
	out := map[int]uint64{}
	for e := uint64(1); e <= epoch; e++ {
		apply(out, changes(e))
	}
	return out
}

func apply(state, change map[int]uint64) {
	for k, v := range change {
		if state[k] = v; v == 0 {
			delete(state, k)
		}
	}
}

func encode(m map[int]uint64, keep func(key int) bool) []byte {
	var b []byte
	for _, k := range slices.Sorted(maps.Keys(m)) {
		if keep(k) {
			b = fmt.Appendf(b, "%d=%d;", k, m[k])
		}
	}
	return b
}

func decode(t testing.TB, b []byte) map[int]uint64 {
	out := map[int]uint64{}
	for _, kv := range strings.FieldsFunc(string(b), func(r rune) bool { return r == ';' }) {
		k, v, _ := strings.Cut(kv, "=")
		key, err1 := strconv.Atoi(k)
		value, err2 := strconv.ParseUint(v, 10, 64)
		if err := errors.Join(err1, err2); err != nil {
			t.Fatal(err)
		}
		out[key] = value
	}
	return out
}

// sources are the (table, subtask) pairs.
func sources() []snapshot.Source {
	var out []snapshot.Source
	for k := range keyCount {
		table, subtask, _ := tableOf(k)
		if s := (snapshot.Source{Table: table, Subtask: subtask}); !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

func in(s snapshot.Source, part int) func(int) bool {
	return func(k int) bool {
		table, subtask, p := tableOf(k)
		return s == snapshot.Source{Table: table, Subtask: subtask} && (part < 0 || uint64(part) == p)
	}
}

func (g *ledger) frame(epoch uint64) *snapshot.Frame {
	f := &snapshot.Frame{Epoch: epoch, TimeMs: int64(epoch), Meta: fmt.Appendf(nil, "meta%d", epoch), Committed: g.committed - min(g.lag, g.committed), Final: epoch == g.end}
	for _, s := range sources() {
		if d := encode(changes(epoch), in(s, -1)); len(d) > 0 {
			f.Blocks = append(f.Blocks, snapshot.Block{Table: s.Table, Subtask: s.Subtask, Data: bytes.Repeat(d, 1+g.pad)})
		}
	}
	return f
}

func (g *ledger) config(fsys vfs.FS) snapshot.Config {
	return snapshot.Config{FS: fsys, Dir: "/job", Domain: "job", RollBytes: cmp.Or(g.roll, 400), ImageBytes: 400, TakeOver: g.takeOver, From: g.from, Claim: g.claim,
		Clock: clock.NewFake(time.UnixMilli(1000)), Owner: "the test", Background: func(work func()) { work() }}
}

// check compares what was recovered with what must be.
func (g *ledger) check(t testing.TB, r *snapshot.Recovered) error {
	t.Helper()
	if r.Epoch < g.committed {
		t.Fatalf("recovered epoch %d, and the sink has committed %d", r.Epoch, g.committed)
	}
	if r.Epoch > 0 && string(r.Meta) != fmt.Sprintf("meta%d", r.Epoch) {
		t.Fatalf("epoch %d has meta %q", r.Epoch, r.Meta)
	}
	if err := g.checkImages(t, r); err != nil {
		return err
	}
	got := map[int]uint64{}
	if err := r.Blocks(func(b snapshot.Block) error {
		apply(got, decode(t, b.Data))
		return nil
	}); err != nil {
		return err
	}
	if want := stateAt(r.Epoch); !maps.Equal(got, want) {
		t.Fatalf("epoch %d: state %v, want %v", r.Epoch, got, want)
	}
	next := r.Committed + 1
	err := r.Frames(func(e uint64, meta []byte) error {
		if e != next || string(meta) != fmt.Sprintf("meta%d", e) {
			t.Errorf("frame %d with meta %q, want epoch %d", e, meta, next)
		}
		next++
		return nil
	})
	if err == nil && next != r.Epoch+1 {
		t.Fatalf("the frames end before %d of %d", next, r.Epoch)
	}
	return err
}

// checkImages reads images both ways, which must find the same.
func (g *ledger) checkImages(t testing.TB, r *snapshot.Recovered) error {
	t.Helper()
	all := r.Images(func(snapshot.Source) bool { return true })
	loaded := make([][]byte, len(all))
	var late error
	for i := range all {
		im := &all[i]
		f, err := r.Lies(im)
		if err != nil {
			return err
		}
		if loaded[i] = make([]byte, im.Length); !im.Compressed() {
			late = errors.Join(late, im.Load(f, loaded[i]))
		}
	}
	i := 0
	err := r.Read(all, func(im *snapshot.ImageRef, data []byte) error {
		if len(im.Head) != min(len(data), headOf) && (len(im.Head) > 0 || !g.old) || !bytes.HasPrefix(data, im.Head) {
			t.Fatalf("an image begins with %x, and the index says %x", data, im.Head)
		}
		if !im.Compressed() && late == nil && !bytes.Equal(loaded[i], data) {
			t.Fatalf("an image is %x, and if it is read late %x", data, loaded[i])
		}
		i++
		return nil
	})
	var d *snapshot.Damage
	if (late != nil) != (err != nil) && !slices.ContainsFunc(all, func(im snapshot.ImageRef) bool { return im.Compressed() }) && (late != nil || errors.As(err, &d)) {
		t.Fatalf("read at once: %v; late: %v", err, late)
	}
	return err
}

// run opens the directory, goes on to the end, and makes bases on the way. It
// gives the first error.
func (g *ledger) run(t testing.TB, fsys vfs.FS, until uint64) error {
	return g.runIn(t, g.config(fsys), until)
}

func (g *ledger) runIn(t testing.TB, cfg snapshot.Config, until uint64) error {
	l, r, err := snapshot.Open(context.Background(), cfg)
	if err != nil {
		return err
	}
	defer l.Close()
	defer r.Close()
	if err := g.check(t, r); err != nil {
		return err
	}
	g.committed = max(g.committed, r.Epoch)
	based := uint64(0)
	for e := r.Epoch + 1; e <= until; e++ {
		if e%4 == 0 {
			if based, err = g.base(l, e-1, based); err != nil {
				return err
			}
		}
		if e == 9 {
			b, err := l.BeginBase()
			if err != nil {
				return err
			}
			if err := b.Put(snapshot.Image{Table: "gone", Epoch: 8, Data: []byte("1=1;")}); err != nil {
				return err
			}
			b.Abandon()
		}
		if err := l.Append(context.Background(), g.frame(e)); err != nil {
			return err
		}
		g.committed = e
		if l.TailBytes() < 0 {
			t.Errorf("tail of %d bytes", l.TailBytes())
		}
	}
	return l.Close()
}

// base makes a base as of an epoch, of which parts that did not change since the
// base before are kept.
func (g *ledger) base(l *snapshot.Log, epoch, before uint64) (uint64, error) {
	b, err := l.BeginBase()
	if err != nil {
		return 0, err
	}
	for _, s := range sources() {
		for part := range partCount {
			now := encode(stateAt(epoch), in(s, part))
			if before > 0 && string(now) == string(encode(stateAt(before), in(s, part))) {
				b.Keep(s.Table, s.Subtask, uint64(part), epoch)
			} else if err := b.Put(snapshot.Image{Table: s.Table, Subtask: s.Subtask, Part: uint64(part), Epoch: epoch, Data: now, Head: min(len(now), headOf)}); err != nil {
				b.Abandon()
				return 0, err
			}
		}
	}
	return epoch, b.Commit()
}

func TestPowerCutAfterEveryCall(t *testing.T) {
	g := &ledger{end: 18}
	m := vfs.NewMem(vfs.MemConfig{})
	if err := g.run(t, m.Process(), g.end); err != nil {
		t.Fatal(err)
	}
	calls := m.Calls(vfs.AnyOp)
	t.Logf("%d calls", calls)
	step := 1
	if testing.Short() {
		step = 7
	}
	for n := 0; n < calls; n += step {
		for _, cut := range []vfs.Cut{killed, vfs.LoseUnsynced, vfs.TearUnsynced} {
			for _, applied := range []bool{false, true} {
				if !t.Run("", func(t *testing.T) { cutAt(t, n, cut, applied) }) {
					t.Fatalf("after call %d, cut %d, applied %v", n, cut, applied)
				}
			}
		}
	}
}

// killed leaves the power on.
const killed vfs.Cut = -1

// cutAt cuts the power at a call, again during the recovery from that, and then
// lets the job end.
func cutAt(t *testing.T, n int, cut vfs.Cut, applied bool) {
	g := &ledger{end: 18, lag: uint64(n % 4)}
	m := vfs.NewMem(vfs.MemConfig{Seed: uint64(n)})
	halt := func(after int, cut vfs.Cut) {
		m.Inject(vfs.Fault{Op: vfs.AnyOp, After: after, Halt: true, Applied: applied})
		err := g.run(t, m.Process(), g.end)
		if err != nil && !errors.Is(err, vfs.ErrKilled) {
			t.Fatal(err)
		}
		if m.Heal(); cut != killed {
			m.Crash(cut)
		}
	}
	halt(n, cut)
	halt(n*7%61, max(cut, vfs.LoseUnsynced))
	halt(n*5%23, cut)
	if err := g.run(t, m.Process(), g.end); err != nil {
		t.Fatal(err)
	}
	if g.committed != g.end {
		t.Fatalf("ended at epoch %d", g.committed)
	}
	if err := g.run(t, m.Process(), g.end); err != nil { // of what has ended
		t.Fatal(err)
	}
	garbage(t, m.Process())
}

// garbage checks that files which nothing refers to have gone: what is left is
// bounded, not what was ever written.
func garbage(t *testing.T, fsys vfs.FS) {
	for _, dir := range []string{"/job/log", "/job/base"} {
		list, err := fsys.ReadDir(dir)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
		if len(list) > 40 {
			t.Errorf("%d files are left in %s", len(list), dir)
		}
	}
}

// TestPowerCutAfterAFailedSync fails every sync in turn, goes on with what can be
// read, and cuts the power: what the failed sync has lost must not have been relied
// upon.
func TestPowerCutAfterAFailedSync(t *testing.T) {
	m := vfs.NewMem(vfs.MemConfig{})
	if err := (&ledger{end: 18}).run(t, m.Process(), 18); err != nil {
		t.Fatal(err)
	}
	failed := 0
	for n := range m.Calls(vfs.OpSync) {
		for _, cut := range []vfs.Cut{vfs.LoseUnsynced, vfs.TearUnsynced} {
			for after := range uint64(3) {
				g := &ledger{end: 18, lag: uint64(n % 4)}
				m := vfs.NewMem(vfs.MemConfig{Seed: uint64(n)})
				for _, at := range []int{n, n % 3} { // the second one while that is recovered
					m.Inject(vfs.Fault{Op: vfs.OpSync, After: at, Times: 1, Err: syscall.EIO})
					if err := g.run(t, m.Process(), g.end); err != nil {
						failed++
					}
					m.Heal()
				}
				if err := g.run(t, m.Process(), min(g.committed+after, g.end)); err != nil {
					t.Fatalf("sync %d, cut %d, %d epochs more: %v", n, cut, after, err)
				}
				m.Crash(cut)
				if err := g.run(t, m.Process(), g.end); err != nil || g.committed != g.end {
					t.Fatalf("sync %d, cut %d, %d epochs more: then epoch %d: %v", n, cut, after, g.committed, err)
				}
			}
		}
	}
	if failed < 100 {
		t.Errorf("only %d runs failed", failed)
	}
}
