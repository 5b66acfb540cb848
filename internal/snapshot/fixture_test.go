package snapshot_test

import (
	"context"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/weir-stream/weir/internal/snapshot"
	"github.com/weir-stream/weir/internal/vfs"
)

var writeFixture = flag.String("write-fixture", "", "a folder of testdata to write with this program's format")

// TestEarlierFormats opens what earlier releases wrote: testdata has a folder for
// each version of the format, with a state directory of some generations and a
// savepoint. In version 2 the last generation has taken over the frame of the one
// before, whose sync had failed: it lies nowhere else. They are never written again.
func TestEarlierFormats(t *testing.T) {
	if *writeFixture != "" {
		writeFixtures(t, filepath.Join("testdata", *writeFixture))
	}
	versions, err := os.ReadDir("testdata")
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range versions {
		dir := t.TempDir()
		if err := os.CopyFS(dir, os.DirFS(filepath.Join("testdata", v.Name()))); err != nil {
			t.Fatal(err)
		}
		generation := uint64(3)
		if v.Name() != "v1" {
			generation = 4
		}
		g := &ledger{end: 99, old: v.Name() < "v3"}
		cfg := g.config(vfs.OS{})
		cfg.Dir = filepath.Join(dir, "state")
		l, r, err := snapshot.Open(context.Background(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		if err := g.check(t, r); err != nil || r.Epoch != 11 || r.Generation != generation+1 {
			t.Errorf("%s: epoch %d of generation %d: %v", v.Name(), r.Epoch, r.Generation, err)
		}
		if err := l.Append(context.Background(), g.frame(12)); err != nil {
			t.Error(err)
		}
		r.Close()
		l.Close()
		r, err = snapshot.OpenSavepoint(vfs.OS{}, filepath.Join(dir, "savepoint"))
		if err != nil {
			t.Fatal(err)
		}
		if err := g.check(t, r); err != nil || r.Epoch != 10 {
			t.Errorf("%s: savepoint of epoch %d: %v", v.Name(), r.Epoch, err)
		}
		r.Close()
	}
}

// writeFixtures writes a state directory and a savepoint, compressed in every way.
func writeFixtures(t *testing.T, to string) {
	g := &ledger{end: 99, lag: 2}
	m := vfs.NewMem(vfs.MemConfig{})
	for i, until := range []uint64{5, 10, 11, 11} {
		cfg := g.config(m.Process())
		cfg.Compression = []string{"", "s2", "zstd", ""}[i]
		g.pad = []int{0, 40, 60, 0}[i]
		if i == 2 {
			m.Inject(vfs.Fault{Op: vfs.OpSync, Err: syscall.EIO, After: 1}) // that of the file's manifest goes well
		}
		if err := g.runIn(t, cfg, until); (err != nil) != (i == 2) {
			t.Fatal(i, err)
		}
		m.Heal()
		if i != 1 {
			continue
		}
		r, err := snapshot.Read(cfg.FS, cfg.Dir)
		if err == nil {
			_, err = r.Savepoint(context.Background(), "/savepoint", cfg)
		}
		if err != nil {
			t.Fatal(err)
		}
		r.Close()
	}
	for from, name := range map[string]string{"/job": "state", "/savepoint": "savepoint"} {
		develop(t, m.Process(), from, filepath.Join(to, name))
	}
}

// develop copies a folder out of memory.
func develop(t *testing.T, fsys vfs.FS, from, to string) {
	entries, err := fsys.ReadDir(from)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(to, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		at, name := from+"/"+e.Name(), filepath.Join(to, e.Name())
		if e.IsDir() {
			develop(t, fsys, at, name)
			continue
		}
		if e.Name() == "lock" || e.Name() == "owner" {
			continue
		}
		f, err := fsys.Open(at)
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(f)
		if err = errors.Join(err, f.Close(), os.WriteFile(name, b, 0o644)); err != nil {
			t.Fatal(err)
		}
	}
}
