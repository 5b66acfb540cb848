package engine

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/weir-stream/weir/internal/sqlerr"
)

// TestExamplesAreRight binds every example; their streams run in real time, so
// they are run by hand and by the command line's tests.
func TestExamplesAreRight(t *testing.T) {
	t.Chdir("../..")
	files, err := filepath.Glob("examples/*.sql")
	if err != nil || len(files) == 0 {
		t.Fatalf("no examples: %v", err)
	}
	for _, f := range files {
		src, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := New(Config{}).NewSession().Prepare(string(src)); err != nil {
			t.Errorf("%s", sqlerr.Render(f, string(src), err))
		}
	}
}
