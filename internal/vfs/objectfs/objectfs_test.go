package objectfs_test

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"strings"
	"testing"
	"time"

	"github.com/weir-stream/weir/internal/clock"
	"github.com/weir-stream/weir/internal/vfs"
	"github.com/weir-stream/weir/internal/vfs/objectfs"
	"github.com/weir-stream/weir/internal/vfs/vfstest"
)

func start(t *testing.T, m *vfs.MemObjects, writer uint64) *objectfs.FS {
	t.Helper()
	store := vfs.NewRetry(m.Client(), vfs.RetryConfig{Clock: clock.NewFake(time.UnixMilli(0)), Seed: writer, Attempts: 30})
	return objectfs.New(t.Context(), objectfs.Config{Store: store, Writer: writer, Readers: 1})
}

func create(t *testing.T, f vfs.FS, path string) vfs.File {
	t.Helper()
	h, err := f.CreateExclusive(path)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func put(t *testing.T, h vfs.File, text string) {
	t.Helper()
	if _, err := io.WriteString(h, text); err != nil {
		t.Fatal(err)
	}
	if err := h.Sync(); err != nil {
		t.Fatal(err)
	}
}

func content(t *testing.T, f vfs.FS, path string) string {
	t.Helper()
	h, err := f.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(h)
	if err := errors.Join(err, h.Close()); err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func names(t *testing.T, f vfs.FS, dir string) string {
	t.Helper()
	es, err := f.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	var out []string
	for _, e := range es {
		name := e.Name()
		if e.IsDir() {
			name += "/"
		}
		out = append(out, name)
	}
	return strings.Join(out, " ")
}

func TestFiles(t *testing.T) {
	m := vfs.NewMemObjects(vfs.MemConfig{Seed: 1})
	for _, f := range vfstest.Passing {
		m.Inject(f)
	}
	f := start(t, m, 1)
	big := strings.Repeat("0123456789", 300_000)
	h := create(t, f, "d/e/big")
	if _, err := h.WriteAt([]byte("head"), 0); err != nil {
		t.Fatal(err)
	}
	if _, err := h.WriteAt([]byte(big), 8); err != nil {
		t.Fatal(err)
	}
	if got := names(t, f, "d"); got != "" {
		t.Fatalf("seen before its sync: %s", got)
	}
	put(t, h, "end")
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	if got := content(t, f, "d/e/big"); got != "head\x00\x00\x00\x00"+big+"end" {
		t.Fatalf("%d bytes", len(got))
	}
	if _, err := f.CreateExclusive("d/e/big"); !errors.Is(err, fs.ErrExist) {
		t.Fatalf("created twice: %v", err)
	}
	h, err := f.Create("d/unsynced")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.Write([]byte("x")); err != nil {
		t.Fatal(err)
	}
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	put(t, create(t, f, "d/small"), "x")
	if got := names(t, f, "d"); got != "e/ small" {
		t.Fatalf("d holds %s", got)
	}
	if st, err := f.Stat("d"); err != nil || !st.IsDir() {
		t.Fatalf("stat: %v", err)
	}
	open, err := f.Open("d/small")
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Remove("d/small"); err != nil {
		t.Fatal(err)
	}
	if got := names(t, f, "d"); got != "e/" {
		t.Fatalf("after the removal: %s", got)
	}
	if b, err := io.ReadAll(open); err != nil || string(b) != "x" {
		t.Fatalf("an open file was removed: %q %v", b, err)
	}
	if err := errors.Join(open.Close(), f.Rename("d", "moved"), f.RemoveAll("none")); err != nil {
		t.Fatal(err)
	}
	m.Heal()
	if got := names(t, f, ""); got != "moved/" || len(content(t, f, "moved/e/big")) != len(big)+11 {
		t.Fatalf("renamed: %s", got)
	}
	if _, err := f.Open("d/small"); !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("gone: %v", err)
	}
}

func TestLogsAreReadAsTheyWereWritten(t *testing.T) {
	m := vfs.NewMemObjects(vfs.MemConfig{Seed: 1})
	for _, f := range vfstest.Passing {
		m.Inject(f)
	}
	f := start(t, m, 1)
	a := create(t, f, "s/log/a.wlog")
	var want strings.Builder
	for i := range 50 {
		text := strings.Repeat(string(rune('a'+i%26)), i*37%500)
		put(t, a, text)
		want.WriteString(text)
	}
	put(t, create(t, f, "s/log/b.wlog"), "second")
	for _, g := range []vfs.FS{f, start(t, m, 2)} {
		if got := names(t, g, "s/log"); got != "a.wlog b.wlog" {
			t.Fatalf("files: %s", got)
		}
		if got := content(t, g, "s/log/a.wlog"); got != want.String() {
			t.Fatalf("%d bytes of %d", len(got), want.Len())
		}
		h, err := g.Open("s/log/a.wlog")
		if err != nil {
			t.Fatal(err)
		}
		for at := 0; at < want.Len(); at += 997 {
			b := make([]byte, 700)
			n, _ := h.ReadAt(b, int64(at))
			if !bytes.Equal(b[:n], []byte(want.String())[at:min(at+700, want.Len())]) {
				t.Fatalf("at %d: %q", at, b[:n])
			}
		}
		if err := h.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Remove("s/log/a.wlog"); err != nil {
		t.Fatal(err)
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	if got := names(t, start(t, m, 3), "s/log"); got != "b.wlog" {
		t.Fatalf("after the removal: %s", got)
	}
}

// TestOnePutAnEpoch: a sync costs one conditional put, and listing the log nothing.
func TestOnePutAnEpoch(t *testing.T) {
	m := vfs.NewMemObjects(vfs.MemConfig{})
	f := start(t, m, 1)
	h := create(t, f, "log/a.wlog")
	before := m.Calls(vfs.AnyOp)
	for range 10 {
		if got := names(t, f, "log"); got != "a.wlog" {
			t.Fatal(got)
		}
		put(t, h, "frame")
	}
	if n := m.Calls(vfs.AnyOp) - before; n != 10 {
		t.Fatalf("10 syncs cost %d calls", n)
	}
}

// TestZombiesAreFenced: whoever wrote before another process created a file writes
// no more, even long after its own objects were removed, and on lists that lag.
func TestZombiesAreFenced(t *testing.T) {
	for _, stale := range []bool{false, true} {
		m := vfs.NewMemObjects(vfs.MemConfig{Seed: 9})
		old := start(t, m, 1)
		a := create(t, old, "log/1.wlog")
		put(t, a, "one")
		for i, name := range []string{"log/2.wlog", "log/3.wlog", "log/4.wlog"} {
			if stale {
				m.Inject(vfs.Fault{Op: vfs.OpList, Stale: true})
			}
			f := start(t, m, uint64(2+i))
			h := create(t, f, name)
			put(t, h, "x")
			put(t, h, "y")
			m.Heal()
			if got := content(t, start(t, m, 50), name); got != "xy" {
				t.Fatalf("%s holds %q", name, got)
			}
			if i == 2 {
				for _, gone := range []string{"log/1.wlog", "log/2.wlog", "log/3.wlog"} {
					if err := start(t, m, 51).Remove(gone); err != nil {
						t.Fatal(err)
					}
				}
			}
		}
		if _, err := a.Write([]byte("late")); err != nil {
			t.Fatal(err)
		}
		if err := a.Sync(); !errors.Is(err, objectfs.ErrTaken) {
			t.Fatalf("a zombie syncs: %v", err)
		}
		if err := a.Sync(); !errors.Is(err, objectfs.ErrTaken) {
			t.Fatalf("a zombie syncs again: %v", err)
		}
		if _, err := old.CreateExclusive("log/1b.wlog"); !errors.Is(err, fs.ErrExist) {
			t.Fatalf("a zombie creates a file: %v", err)
		}
		if got := names(t, old, "log"); got != "4.wlog" {
			t.Fatalf("the zombie sees %s", got)
		}
		if got := names(t, start(t, m, 52), "log"); got != "4.wlog" {
			t.Fatalf("left: %s", got)
		}
	}
}

// TestLatePutsOfTheDead: a put that arrives after its process was replaced is
// either read by the next one or refused.
func TestLatePutsOfTheDead(t *testing.T) {
	for late := 1; late < 12; late++ {
		m := vfs.NewMemObjects(vfs.MemConfig{})
		c := m.Client()
		f := objectfs.New(t.Context(), objectfs.Config{Store: c, Writer: 1})
		h := create(t, f, "log/1.wlog")
		put(t, h, "one")
		m.Inject(vfs.Fault{Op: vfs.OpPut, Times: 1, Late: late})
		if _, err := io.WriteString(h, " two"); err != nil {
			t.Fatal(err)
		}
		if err := h.Sync(); !errors.Is(err, vfs.ErrUnknown) {
			t.Fatalf("sync: %v", err)
		}
		c.Kill()
		next := start(t, m, 2)
		b := create(t, next, "log/2.wlog")
		seen := content(t, next, "log/1.wlog")
		for range 12 { // let it arrive
			put(t, b, "x")
		}
		if got := content(t, start(t, m, 3), "log/1.wlog"); got != seen || seen != "one" && seen != "one two" {
			t.Fatalf("late by %d: %q when it was taken over, then %q", late, seen, got)
		}
	}
}

func TestDamagedSegmentsAreNamed(t *testing.T) {
	m := vfs.NewMemObjects(vfs.MemConfig{})
	put(t, create(t, start(t, m, 1), "log/1.wlog"), "one")
	if _, err := m.Client().Put(t.Context(), "log/00000000000000000002.seg", []byte("rubbish")); err != nil {
		t.Fatal(err)
	}
	if _, err := start(t, m, 2).ReadDir("log"); err == nil || !strings.Contains(err.Error(), "00000000000000000002.seg") {
		t.Fatalf("%v", err)
	}
}
