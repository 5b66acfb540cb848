package snapshot_test

import (
	"context"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/weir-stream/weir/internal/snapshot"
	"github.com/weir-stream/weir/internal/vfs"
)

var writeFixture = flag.String("write-fixture", "", "a folder of testdata to write with this program's format")

// TestEarlierFormats opens what earlier releases wrote: testdata has a folder for
// each version of the format, with a state directory of three generations and a
// savepoint. They are never written again.
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
		g := &ledger{end: 99}
		cfg := g.config(vfs.OS{})
		cfg.Dir = filepath.Join(dir, "state")
		l, r, err := snapshot.Open(context.Background(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		if err := g.check(t, r); err != nil || r.Epoch != 11 || r.Generation != 4 {
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
	for i, until := range []uint64{5, 10, 11} {
		cfg := g.config(vfs.OS{})
		cfg.Dir = filepath.Join(to, "state")
		cfg.Compression = []string{"", "s2", "zstd"}[i]
		g.pad = []int{0, 40, 60}[i]
		if err := g.runIn(t, cfg, until); err != nil {
			t.Fatal(err)
		}
		if until != 10 {
			continue
		}
		r, err := snapshot.Read(cfg.FS, cfg.Dir)
		if err == nil {
			_, err = r.Savepoint(context.Background(), filepath.Join(to, "savepoint"), cfg)
		}
		if err != nil {
			t.Fatal(err)
		}
		r.Close()
	}
	for _, name := range []string{"lock", "owner"} {
		if err := os.Remove(filepath.Join(to, "state", name)); err != nil {
			t.Fatal(err)
		}
	}
}
