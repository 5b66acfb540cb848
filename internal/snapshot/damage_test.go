package snapshot_test

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/weir-stream/weir/internal/snapshot"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/vfs"
)

// tree gives the files of a disk, by path.
func tree(t testing.TB, fsys vfs.FS, dir string) map[string][]byte {
	t.Helper()
	out := map[string][]byte{}
	list, err := fsys.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range list {
		path := filepath.Join(dir, e.Name())
		if e.IsDir() {
			maps.Copy(out, tree(t, fsys, path))
			continue
		}
		out[path] = content(t, fsys, path)
	}
	return out
}

func content(t testing.TB, fsys vfs.FS, path string) []byte {
	t.Helper()
	st, err := fsys.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	b := make([]byte, st.Size())
	f, err := fsys.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if n, err := f.ReadAt(b, 0); n < len(b) {
		t.Fatal(err)
	}
	return b
}

// put replaces a file.
func put(t testing.TB, fsys vfs.FS, path string, b []byte) {
	t.Helper()
	f, err := fsys.Create(path)
	if err == nil {
		_, err = f.WriteAt(b, 0)
	}
	if err = errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
}

// answer is what became of a damaged directory.
type answer struct {
	epoch uint64
	err   error
}

// recoverFrom opens a directory on a clone of a disk and checks the state. A
// wrong state fails the test; an error is an answer.
func recoverFrom(t *testing.T, m *vfs.Mem, g ledger, harm func(fsys vfs.FS)) answer {
	t.Helper()
	p := m.Clone(1).Process()
	harm(p)
	l, r, err := snapshot.Open(context.Background(), g.config(p))
	if err != nil {
		return answer{err: err}
	}
	defer l.Close()
	defer r.Close()
	g.committed = 0
	err = g.check(t, r)
	return answer{r.Epoch, err}
}

// clearly checks that an error says what is damaged and what to do.
func clearly(t *testing.T, what string, err error) {
	t.Helper()
	var e *sqlerr.Error
	var d *snapshot.Damage
	if !errors.As(err, &e) || e.Hint == "" || !errors.As(err, &d) || d.File == "" {
		t.Errorf("%s: an error that does not say where and what to do: %v", what, err)
	}
}

// everyHarm flips and cuts every byte of every file of a directory.
func everyHarm(t *testing.T, m *vfs.Mem, dir string, try func(what, path string, harm func(fsys vfs.FS))) {
	files := tree(t, m.Clone(1).Process(), dir)
	step := 1
	if testing.Short() {
		step = 5
	}
	for _, path := range slices.Sorted(maps.Keys(files)) {
		b := files[path]
		for i := 0; i < len(b); i += step {
			for _, mask := range []byte{1 << (i % 8), 0xff} {
				flipped := slices.Clone(b)
				flipped[i] ^= mask
				try("flip", path, func(fsys vfs.FS) { put(t, fsys, path, flipped) })
			}
			try("cut", path, func(fsys vfs.FS) { put(t, fsys, path, b[:i]) })
			if i%8 == 0 {
				try("zeros", path, func(fsys vfs.FS) { put(t, fsys, path, append(slices.Clone(b[:i]), make([]byte, len(b)-i)...)) })
			}
		}
		try("removed", path, func(fsys vfs.FS) {
			if err := fsys.Remove(path); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// TestEveryByteOfEveryFile damages a directory that a killed job left, whose sink
// has committed every epoch: the answer is that of the last epoch, or an error.
func TestEveryByteOfEveryFile(t *testing.T) {
	m := vfs.NewMem(vfs.MemConfig{})
	g := ledger{end: 99}
	if err := g.run(t, m.Process(), 10); err != nil {
		t.Fatal(err)
	}
	right, refused := 0, 0
	everyHarm(t, m, "/job", func(what, path string, harm func(vfs.FS)) {
		switch a := recoverFrom(t, m, g, harm); {
		case a.err != nil:
			clearly(t, what+" "+path, a.err)
			refused++
		case a.epoch != g.committed:
			t.Errorf("%s %s: recovered epoch %d without a word, and the sink has committed %d", what, path, a.epoch, g.committed)
		default:
			right++
		}
	})
	t.Logf("%d right, %d refused", right, refused)
}

// TestEveryByteAfterAPowerCut does so where nothing tells how far the log was
// durable: the last epoch may be taken for one that was never written.
func TestEveryByteAfterAPowerCut(t *testing.T) {
	m := vfs.NewMem(vfs.MemConfig{})
	g := ledger{end: 99, roll: 700}
	if err := g.run(t, m.Process(), 10); err != nil {
		t.Fatal(err)
	}
	p := m.Process()
	for path := range tree(t, p, "/job") {
		if strings.HasSuffix(path, ".ack") {
			if err := p.Remove(path); err != nil {
				t.Fatal(err)
			}
		}
	}
	everyHarm(t, m, "/job", func(what, path string, harm func(vfs.FS)) {
		a := recoverFrom(t, m, g, harm)
		if a.err != nil {
			clearly(t, what+" "+path, a.err)
		} else if what != "cut" && what != "zeros" && what != "removed" && a.epoch < g.committed-1 {
			t.Errorf("%s %s: recovered epoch %d of %d", what, path, a.epoch, g.committed)
		}
	})
}

func TestEveryByteOfASavepoint(t *testing.T) {
	m := vfs.NewMem(vfs.MemConfig{})
	g := ledger{end: 99}
	p := m.Process()
	if err := g.run(t, p, 9); err != nil {
		t.Fatal(err)
	}
	l, _, err := snapshot.Open(context.Background(), g.config(p))
	if err == nil {
		_, err = l.Savepoint(context.Background(), "/sp")
	}
	if err != nil {
		t.Fatal(err)
	}
	everyHarm(t, m, "/sp", func(what, path string, harm func(vfs.FS)) {
		p := m.Clone(1).Process()
		harm(p)
		r, err := snapshot.OpenSavepoint(p, "/sp")
		if err == nil {
			err = g.check(t, r)
			r.Close()
		}
		var e *sqlerr.Error
		if err != nil && (!errors.As(err, &e) || e.Hint == "") {
			t.Errorf("%s %s: %v", what, path, err)
		}
		if err == nil && r.Epoch != 9 {
			t.Errorf("%s %s: epoch %d", what, path, r.Epoch)
		}
	})
}

// TestFallBack takes what the user agrees to: an earlier epoch, or an earlier
// base, and never what sinks have gone past.
func TestFallBack(t *testing.T) {
	m := vfs.NewMem(vfs.MemConfig{})
	g := ledger{end: 99}
	if err := g.run(t, m.Process(), 10); err != nil {
		t.Fatal(err)
	}
	open := func(m *vfs.Mem, fallBack bool) (uint64, []string, error) {
		cfg := g.config(m.Process())
		cfg.FallBack = fallBack
		l, r, err := snapshot.Open(context.Background(), cfg)
		if err != nil {
			return 0, nil, err
		}
		defer l.Close()
		defer r.Close()
		h := g
		h.committed = 0
		return r.Epoch, r.Warnings, h.check(t, r)
	}
	files := tree(t, m.Process(), "/job")
	last := func(suffix string) string {
		var of string
		for path := range files {
			if strings.HasSuffix(path, suffix) && path > of {
				of = path
			}
		}
		return of
	}
	t.Run("tail", func(t *testing.T) {
		c := m.Clone(1)
		path := last(".wlog")
		put(t, c.Process(), path, files[path][:len(files[path])-3])
		if _, _, err := open(c, false); err == nil || !strings.Contains(err.Error(), "set "+snapshot.FallBackOption+" to go back to epoch 9") {
			t.Errorf("without agreement: %v", err)
		}
		if e, warnings, err := open(c, true); e != 9 || len(warnings) == 0 || err != nil {
			t.Errorf("with agreement: epoch %d, %q, %v", e, warnings, err)
		}
		if e, _, err := open(c, false); e != 9 || err != nil {
			t.Errorf("once agreed: epoch %d, %v", e, err)
		}
	})
	t.Run("middle", func(t *testing.T) {
		c := m.Clone(1)
		var logs []string
		for path := range files {
			if strings.HasSuffix(path, ".wlog") {
				logs = append(logs, path)
			}
		}
		slices.Sort(logs)
		path := logs[len(logs)-2]
		put(t, c.Process(), path, files[path][:len(files[path])-3])
		if _, _, err := open(c, true); err == nil || !strings.Contains(err.Error(), "sinks have committed epoch 9") {
			t.Errorf("below what sinks have: %v", err)
		}
	})
	t.Run("nothing left", func(t *testing.T) {
		c := m.Clone(1)
		for path, b := range files {
			if strings.HasSuffix(path, ".wlog") {
				put(t, c.Process(), path, b[:20])
			}
		}
		if _, _, err := open(c, true); err == nil {
			t.Error("recovered from nothing")
		}
	})
	t.Run("image", func(t *testing.T) {
		c := m.Clone(1)
		path := last(".wimg")
		b := slices.Clone(files[path])
		b[len(b)-2] ^= 1
		put(t, c.Process(), path, b)
		if _, _, err := open(c, false); err == nil {
			t.Error("a damaged image was not seen")
		}
		if e, warnings, err := open(c, true); e != 10 || len(warnings) == 0 || err != nil {
			t.Errorf("with the base before: epoch %d, %q, %v", e, warnings, err)
		}
	})
	t.Run("index", func(t *testing.T) {
		c := m.Clone(1)
		if err := c.Process().Remove(last(".widx")); err != nil {
			t.Fatal(err)
		}
		if e, warnings, err := open(c, false); e != 10 || len(warnings) == 0 || err != nil {
			t.Errorf("with the base before: epoch %d, %q, %v", e, warnings, err)
		}
	})
}

func TestFaultsOfTheStoreAreErrors(t *testing.T) {
	for _, op := range []vfs.Op{vfs.OpSync, vfs.OpWrite, vfs.OpCreate, vfs.OpSyncDir, vfs.OpRead, vfs.OpList, vfs.OpOpen, vfs.OpRemove} {
		count := func() int {
			m, g := vfs.NewMem(vfs.MemConfig{}), ledger{end: 18}
			if err := g.run(t, m.Process(), g.end); err != nil {
				t.Fatal(err)
			}
			return m.Calls(op)
		}()
		step := 1
		if testing.Short() {
			step = 5
		}
		for n := 0; n < count; n += step {
			m, g := vfs.NewMem(vfs.MemConfig{}), &ledger{end: 18}
			m.Inject(vfs.Fault{Op: op, After: n, Times: 1, Err: fs.ErrInvalid, Short: true})
			err := g.run(t, m.Process(), g.end)
			if err != nil && !errors.Is(err, fs.ErrInvalid) {
				t.Fatalf("fault %d of %v: %v", n, op, err)
			}
			m.Heal()
			if err := g.run(t, m.Process(), g.end); err != nil || g.committed != g.end {
				t.Fatalf("after fault %d of %v: epoch %d, %v", n, op, g.committed, err)
			}
		}
	}
}
