package snapshot_test

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/weir-stream/weir/internal/snapshot"
	"github.com/weir-stream/weir/internal/vfs"
)

// savepoint runs a job to an epoch and makes a savepoint of it.
func savepoint(t *testing.T, m *vfs.Mem, g *ledger, until uint64, dir string) {
	t.Helper()
	p := m.Process()
	if err := g.run(t, p, until); err != nil {
		t.Fatal(err)
	}
	l, r, err := snapshot.Open(context.Background(), g.config(p))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer l.Close()
	info, err := l.Savepoint(context.Background(), dir)
	if err != nil {
		t.Fatal(err)
	}
	if info.Epoch != until || info.Domain != "job" || info.Bytes == 0 {
		t.Fatalf("savepoint %+v", info)
	}
	if _, err := l.Savepoint(context.Background(), dir); err == nil || !strings.Contains(err.Error(), "exists") {
		t.Fatalf("over an existing one: %v", err)
	}
}

func TestSavepointStandsAlone(t *testing.T) {
	for _, until := range []uint64{2, 5, 9, 14} { // without and with a base
		m, g := vfs.NewMem(vfs.MemConfig{}), &ledger{end: 99, lag: 2}
		savepoint(t, m, g, until, "/sp")
		p := m.Process()
		if err := errors.Join(p.RemoveAll("/job"), p.Rename("/sp", "/elsewhere")); err != nil {
			t.Fatal(err)
		}
		r, err := snapshot.OpenSavepoint(p, "/elsewhere")
		if err != nil {
			t.Fatal(err)
		}
		if err := g.check(t, r); err != nil || r.Epoch != until || r.Domain != "job" {
			t.Fatalf("epoch %d of %q: %v", r.Epoch, r.Domain, err)
		}
		r.Close()
	}
}

// TestAJobFromASavepoint starts in an empty directory, dies and goes on, and makes
// a savepoint of its own before it has a base.
func TestAJobFromASavepoint(t *testing.T) {
	for _, claim := range []snapshot.Claim{snapshot.NoClaim, snapshot.ClaimOwned} {
		m, g := vfs.NewMem(vfs.MemConfig{}), &ledger{end: 18}
		savepoint(t, m, g, 5, "/sp")
		before := tree(t, m.Process(), "/sp")
		if err := m.Process().RemoveAll("/job"); err != nil {
			t.Fatal(err)
		}
		g.from, g.claim = "/sp", claim
		if err := g.run(t, m.Process(), 6); err != nil {
			t.Fatal(err)
		}
		savepoint(t, m, g, 7, "/second") // of savepoint and frames
		if !maps.EqualFunc(before, tree(t, m.Process(), "/sp"), slices.Equal) {
			t.Fatal("the savepoint was touched")
		}
		if err := g.run(t, m.Process(), 12); err != nil {
			t.Fatal(err)
		}
		_, err := m.Process().Stat("/sp")
		if claim == snapshot.NoClaim && (err != nil || !maps.EqualFunc(before, tree(t, m.Process(), "/sp"), slices.Equal)) {
			t.Fatalf("the savepoint was touched: %v", err)
		}
		if claim == snapshot.ClaimOwned && !errors.Is(err, fs.ErrNotExist) {
			t.Fatalf("the savepoint is still there: %v", err)
		}
		if err := g.run(t, m.Process(), 18); err != nil {
			t.Fatal(err)
		}
		r, err := snapshot.OpenSavepoint(m.Process(), "/second")
		if err != nil {
			t.Fatal(err)
		}
		if err := (&ledger{}).check(t, r); err != nil || r.Epoch != 7 {
			t.Fatalf("epoch %d: %v", r.Epoch, err)
		}
		r.Close()
	}
}

func TestSavepointForAnotherDirectory(t *testing.T) {
	m, g := vfs.NewMem(vfs.MemConfig{}), &ledger{end: 18}
	savepoint(t, m, g, 5, "/sp")
	g.from = "/sp"
	err := g.run(t, m.Process(), 6)
	if err == nil || !strings.Contains(err.Error(), "state directory /job already holds epoch 5, which does not come from savepoint /sp") {
		t.Errorf("into its own directory: %v", err)
	}
	g.from = "/job"
	err = g.run(t, m.Process(), 6)
	if err == nil || !strings.Contains(err.Error(), "/job is not a savepoint") || !strings.Contains(err.Error(), "state directory of a job") {
		t.Errorf("from a state directory: %v", err)
	}
	// One that has gone before the job had a base of its own.
	p := m.Process()
	if err := p.RemoveAll("/job"); err != nil {
		t.Fatal(err)
	}
	g.from = "/sp"
	if err := g.run(t, p, 6); err != nil {
		t.Fatal(err)
	}
	if err := p.Rename("/sp", "/moved"); err != nil {
		t.Fatal(err)
	}
	g.from = ""
	if err := g.run(t, p, 7); err == nil || !strings.Contains(err.Error(), "/sp is not the savepoint any more") {
		t.Errorf("without the savepoint: %v", err)
	}
	g.from = "/moved"
	if err := g.run(t, p, 7); err != nil {
		t.Errorf("from where the savepoint is now: %v", err)
	}
}

// TestPowerCutInASavepoint starts from a savepoint that the job owns, makes
// another on the way, and cuts the power at every call.
func TestPowerCutInASavepoint(t *testing.T) {
	disk := vfs.NewMem(vfs.MemConfig{})
	savepoint(t, disk, &ledger{end: 18}, 5, "/sp")
	if err := disk.Process().RemoveAll("/job"); err != nil {
		t.Fatal(err)
	}
	disk.Crash(vfs.KeepUnsynced)
	g := func() *ledger { return &ledger{end: 18, from: "/sp", claim: snapshot.ClaimOwned, committed: 5} }
	run := func(t *testing.T, g *ledger, fsys vfs.FS) error {
		if err := g.run(t, fsys, max(g.committed, 6)); err != nil {
			return err
		}
		l, r, err := snapshot.Open(context.Background(), g.config(fsys))
		if err != nil {
			return err
		}
		defer l.Close()
		defer r.Close()
		if _, err := l.Savepoint(context.Background(), "/mine"); err != nil && !strings.Contains(err.Error(), "exists") {
			return err
		}
		if err := errors.Join(r.Close(), l.Close()); err != nil {
			return err
		}
		return g.run(t, fsys, g.end)
	}
	m := disk.Clone(1)
	if err := run(t, g(), m.Process()); err != nil {
		t.Fatal(err)
	}
	step := 1
	if testing.Short() {
		step = 7
	}
	for n := 0; n < m.Calls(vfs.AnyOp); n += step {
		for _, cut := range []vfs.Cut{killed, vfs.LoseUnsynced, vfs.TearUnsynced} {
			m, g := disk.Clone(uint64(n)), g()
			m.Inject(vfs.Fault{Op: vfs.AnyOp, After: n, Halt: true})
			if err := run(t, g, m.Process()); err != nil && !errors.Is(err, vfs.ErrKilled) {
				t.Fatalf("call %d: %v", n, err)
			}
			if m.Heal(); cut != killed {
				m.Crash(cut)
			}
			if err := run(t, g, m.Process()); err != nil || g.committed != g.end {
				t.Fatalf("call %d, cut %d: epoch %d, %v", n, cut, g.committed, err)
			}
			r, err := snapshot.OpenSavepoint(m.Process(), "/mine")
			if err == nil {
				err = (&ledger{}).check(t, r)
				r.Close()
			}
			if err != nil {
				t.Fatalf("call %d, cut %d: the savepoint: %v", n, cut, err)
			}
		}
	}
}

func TestSavepointsAreListedAndDropped(t *testing.T) {
	m, g := vfs.NewMem(vfs.MemConfig{}), &ledger{end: 18}
	savepoint(t, m, g, 5, "/all/one")
	savepoint(t, m, g, 7, "/all/two")
	p := m.Process()
	list, broken, err := snapshot.Savepoints(p, "/all")
	if err != nil || len(list) != 2 || len(broken) != 0 || list[0].Epoch != 5 || list[1].Epoch != 7 {
		t.Fatalf("%v, %v, %v", list, broken, err)
	}
	if err := snapshot.DropSavepoint(p, "/all/one"); err != nil {
		t.Fatal(err)
	}
	if err := snapshot.DropSavepoint(p, "/job"); err == nil {
		t.Fatal("a state directory was dropped")
	}
	if list, _, err := snapshot.Savepoints(p, "/all"); err != nil || len(list) != 1 {
		t.Fatalf("%v, %v", list, err)
	}
}
