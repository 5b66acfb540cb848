package snapshot_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/weir-stream/weir/internal/snapshot"
	"github.com/weir-stream/weir/internal/sqlerr"
)

// TestADirectoryThatIsRemoved: a run whose directory is not where the next one would
// look for it says so before anything counts that only it knows of.
func TestADirectoryThatIsRemoved(t *testing.T) {
	for name, remove := range map[string]func(dir string) error{
		"removed": os.RemoveAll,
		"moved":   func(dir string) error { return os.Rename(dir, dir+".moved") },
		"made anew": func(dir string) error {
			return errors.Join(os.RemoveAll(dir), os.MkdirAll(filepath.Join(dir, "log"), 0o755))
		},
	} {
		cfg := config(filepath.Join(t.TempDir(), "job"))
		l, _ := open(t, cfg)
		appendEpochs(t, l, 1, 2)
		if err := remove(cfg.Dir); err != nil {
			t.Fatal(err)
		}
		for range 2 { // it stays so
			if err := l.Append(context.Background(), frame(3)); !errors.Is(err, snapshot.ErrGone) || !snapshot.Superseded(err) {
				t.Errorf("%s: an epoch was appended: %v", name, err)
			}
		}
	}
}

// TestADirectoryThatLeadsToNothing: what to do is said of a link whose folder is not there.
func TestADirectoryThatLeadsToNothing(t *testing.T) {
	dir := t.TempDir()
	link := filepath.Join(dir, "state")
	if err := os.Symlink(filepath.Join(dir, "nothing"), link); err != nil {
		t.Skip(err) // the system has no links
	}
	_, _, err := snapshot.Open(context.Background(), config(filepath.Join(link, "job")))
	var e *sqlerr.Error
	if !errors.As(err, &e) || e.Hint == "" {
		t.Errorf("it is not said what to do: %v", err)
	}
}
