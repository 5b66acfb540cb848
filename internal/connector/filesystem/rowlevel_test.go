package filesystem

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/vfs"
)

// stubborn refuses to rename a file of one name.
type stubborn struct {
	vfs.FS
	name string
}

func (s *stubborn) Rename(from, to string) error {
	if filepath.Base(to) == s.name {
		return errors.New("no")
	}
	return s.FS.Rename(from, to)
}

// TestPublishAllOrNone: where one new file cannot have its name, none is seen and
// the old ones stay.
func TestPublishAllOrNone(t *testing.T) {
	for _, refused := range []string{"b", ""} {
		dir := t.TempDir()
		for _, name := range []string{"old", hiddenName("a"), hiddenName("b")} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(name), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		w := &writer{sink: &sink{dir: dir, t: &connector.Table{Env: &connector.Env{FS: &stubborn{vfs.OS{}, refused}}}}}
		handle := []byte(`{"Files":[{"Dir":"","Name":"a"},{"Dir":"","Name":"b"}],"Replaced":["` + filepath.Join(dir, "old") + `"]}`)
		err := w.Commit(t.Context(), handle)
		seen := map[string]bool{}
		for _, name := range []string{"old", "a", "b"} {
			_, serr := os.Stat(filepath.Join(dir, name))
			seen[name] = serr == nil
		}
		if failed := refused != ""; (err != nil) != failed || seen["old"] != failed || seen["a"] == failed || seen["b"] == failed {
			t.Errorf("renaming %q is refused: %v, files %v", refused, err, seen)
		}
		if refused == "" {
			if err := w.Commit(t.Context(), handle); err != nil {
				t.Errorf("a repeated commit fails: %v", err)
			}
		}
	}
}
