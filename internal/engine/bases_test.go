package engine_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/weir-stream/weir/internal/sqlerr"
)

// bases makes a base at every chance.
var bases = map[string]string{"weir.state.replay-time": "0 ms", "parallelism.default": "2"}

// based is a job that was stopped when its state had been imaged, with more rows to
// come.
func based(t *testing.T) (e *edits, script string) {
	e = newEdits(t)
	script = e.script("k INT", intoA, intoB, intoC)
	for run := range 2 {
		if said, err := e.run(script, bases, nil); err != nil {
			t.Fatal(said, err)
		}
		e.rows(fmt.Sprint(run+1, ".csv"), 30+20*run, 60+30*run)
	}
	if images, _ := filepath.Glob(filepath.Join(e.dir, "state", "job", "base", "image*")); len(images) == 0 {
		t.Fatal("no base was made")
	}
	return e, script
}

// right tells what is wrong with what the three sinks show in the end.
func (e *edits) right() error {
	for sink, want := range map[string][]string{
		"a": numbers(0, 23, func(k int) string { return fmt.Sprintf("%d,%d", k, 4*k) }),
		"b": numbers(0, 45, func(v int) string { return fmt.Sprint(v) }),
		"c": numbers(0, 23, func(k int) string { return fmt.Sprint(k) }),
	} {
		if got := e.written(sink); !slices.Equal(got, want) {
			return fmt.Errorf("%s shows %v, not %v", sink, got, want)
		}
	}
	return nil
}

// A job goes on from its base, with as many subtasks or others.
func TestRestartFromBase(t *testing.T) {
	for _, subtasks := range []string{"2", "3"} {
		e, script := based(t)
		said, err := e.run(script, map[string]string{"weir.state.replay-time": "0 ms", "parallelism.default": subtasks}, nil)
		if err == nil {
			err = e.right()
		}
		if err != nil {
			t.Errorf("%s subtasks: %s %v", subtasks, said, err)
		}
	}
}

// Whatever byte of a job's files is damaged, and wherever one of them ends, the job says
// so, and what to do, or shows what it should.
func TestDamagedFiles(t *testing.T) {
	e, script := based(t)
	saved := t.TempDir()
	if err := os.CopyFS(saved, os.DirFS(e.dir)); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(saved, "state", "job", "*", "*"))
	if err != nil {
		t.Fatal(err)
	}
	places, refused := 4, map[string]int{}
	if os.Getenv("WEIR_DAMAGE") != "" {
		places, _ = strconv.Atoi(os.Getenv("WEIR_DAMAGE"))
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for i := range min(places, len(b)) {
			at := (len(b) - 1) * i / (places - 1)
			bad := slices.Clone(b)
			bad[at] ^= 1 << (i % 8)
			if i%4 == 1 {
				bad = bad[:at]
			}
			d := &edits{t: t, dir: e.dir, at: e.at}
			d.replace(saved)
			path, _ := filepath.Rel(saved, f)
			if err := os.WriteFile(filepath.Join(d.dir, path), bad, 0o644); err != nil {
				t.Fatal(err)
			}
			what := fmt.Sprintf("%s damaged at byte %d of %d", path, at, len(b))
			if _, err := d.run(script, bases, nil); err == nil {
				if err := d.right(); err != nil {
					t.Errorf("%s: %v", what, err)
				}
			} else {
				var clear *sqlerr.Error
				if !errors.As(err, &clear) || clear.Hint == "" || !strings.Contains(err.Error(), "damaged") {
					t.Errorf("%s: it is not said where, or what to do: %v", what, err)
				}
				refused[filepath.Ext(f)]++
			}
		}
	}
	if t.Log(refused); refused[".wlog"] == 0 || refused[".wimg"] == 0 {
		t.Error("damage was not found")
	}
}

// replace makes the folder what was saved.
func (e *edits) replace(saved string) {
	for _, name := range []string{"state", "a", "b", "c", "in"} {
		if err := os.RemoveAll(filepath.Join(e.dir, name)); err != nil {
			e.t.Fatal(err)
		}
	}
	if err := os.CopyFS(e.dir, os.DirFS(saved)); err != nil {
		e.t.Fatal(err)
	}
}
