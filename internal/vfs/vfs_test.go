package vfs_test

import (
	"errors"
	"io"
	"path/filepath"
	"testing"

	"github.com/weir-stream/weir/internal/vfs"
)

// systems are the file systems that must behave alike, each with an empty
// directory to work in.
func systems(t *testing.T) map[string]struct {
	fs  vfs.FS
	dir string
} {
	t.Helper()
	return map[string]struct {
		fs  vfs.FS
		dir string
	}{
		"os":  {vfs.OS{}, t.TempDir()},
		"mem": {vfs.NewMem(vfs.MemConfig{}).Process(), "/"},
	}
}

func write(t *testing.T, f vfs.File, err error, text string) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(f, text); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		t.Fatal(err)
	}
}

func content(t *testing.T, fs vfs.FS, path string) string {
	t.Helper()
	f, err := fs.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	b, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestOpeningKeepsAppendsAndUpdates(t *testing.T) {
	for name, s := range systems(t) {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(s.dir, "f")
			f, err := s.fs.OpenAppend(path)
			write(t, f, err, "one")
			f, err = s.fs.OpenAppend(path)
			write(t, f, err, " two")
			if got := content(t, s.fs, path); got != "one two" {
				t.Fatalf("appended: %q", got)
			}
			f, err = s.fs.OpenUpdate(path)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := f.WriteAt([]byte("TWO!"), 4); err != nil {
				t.Fatal(err)
			}
			write(t, f, nil, "ONE")
			if got := content(t, s.fs, path); got != "ONE TWO!" {
				t.Fatalf("updated: %q", got)
			}
			if err := s.fs.Truncate(path, 5); err != nil {
				t.Fatal(err)
			}
			if got := content(t, s.fs, path); got != "ONE T" {
				t.Fatalf("truncated: %q", got)
			}
		})
	}
}

func TestLockExcludesOthers(t *testing.T) {
	for name, s := range systems(t) {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(s.dir, "LOCK")
			l, err := s.fs.Lock(path)
			if errors.Is(err, errors.ErrUnsupported) {
				t.Skip(err)
			}
			if err != nil {
				t.Fatal(err)
			}
			if _, err := s.fs.Lock(path); !errors.Is(err, vfs.ErrLocked) {
				t.Fatalf("second lock: %v", err)
			}
			if err := l.Close(); err != nil {
				t.Fatal(err)
			}
			again, err := s.fs.Lock(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := again.Close(); err != nil {
				t.Fatal(err)
			}
		})
	}
}
