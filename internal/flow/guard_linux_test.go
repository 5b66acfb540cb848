package flow

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// TestFailingDisk: a page of a mapped file that cannot be read is an error of the task.
func TestFailingDisk(t *testing.T) {
	path := filepath.Join(t.TempDir(), "spilled")
	if err := os.WriteFile(path, make([]byte, 4096), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	mem, err := unix.Mmap(int(f.Fd()), 0, 4096, unix.PROT_READ, unix.MAP_SHARED)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Munmap(mem)
	if err := os.Truncate(path, 0); err != nil {
		t.Fatal(err)
	}
	sum := 0
	err = guarded("Aggregate", func() error { sum += int(mem[100]); return nil })
	var p *Panic
	if !errors.As(err, &p) || !strings.Contains(err.Error(), "the disk of a spill file has failed") {
		t.Error(sum, err)
	}
}
