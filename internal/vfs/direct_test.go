package vfs_test

import (
	"bytes"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/weir-stream/weir/internal/vfs"
)

// TestDirectWrites appends pieces of all sizes, as a log does, and looks whether
// the file holds them whichever way each went.
func TestDirectWrites(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	f, err := vfs.OS{}.CreateExclusive(path)
	if err != nil {
		t.Fatal(err)
	}
	f = vfs.Direct(f)
	rnd := rand.New(rand.NewPCG(1, 2))
	var want []byte
	for _, n := range []int{1, 4095, 300_000, 17, 2<<20 + 5, 4096, 1 << 20, 131_072, 140_000, 9} {
		b := make([]byte, n)
		for i := range b {
			b[i] = byte(rnd.Uint32())
		}
		if k, err := f.WriteAt(b, int64(len(want))); k != n || err != nil {
			t.Fatalf("%d of %d bytes: %v", k, n, err)
		}
		if err := f.Sync(); err != nil {
			t.Fatal(err)
		}
		want = append(want, b...)
		for _, at := range []int{0, max(0, len(want)-8192)} {
			got := make([]byte, len(want)-at)
			if _, err := f.ReadAt(got, int64(at)); err != nil || !bytes.Equal(got, want[at:]) {
				t.Fatalf("after %d bytes the file is not what was written: %v", len(want), err)
			}
		}
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, want) {
		t.Fatal("the closed file is not what was written", err)
	}
}
