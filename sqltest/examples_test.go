package sqltest

import (
	"io"
	"strings"
	"testing"

	"github.com/weir-stream/weir/internal/clock"
	"github.com/weir-stream/weir/internal/engine"
	"github.com/weir-stream/weir/internal/fn"
)

// TestExamples runs the examples of all functions: what the reference shows is
// what the engine answers.
func TestExamples(t *testing.T) {
	for _, mode := range []string{"streaming", "batch"} {
		s := engine.New(engine.Config{Clock: clock.NewFake(fn.ExampleTime), Stdin: strings.NewReader(""), Stdout: io.Discard, Stderr: io.Discard, Checked: true}).NewSession()
		r := &Runner{World: &World{}, Store: NewStore(), session: s}
		for k, v := range map[string]string{"execution.runtime-mode": mode, "parallelism.default": "1"} {
			if _, err := s.SetOption(k, v); err != nil {
				t.Fatal(err)
			}
		}
		n := 0
		run := func(name, query, want string) {
			n++
			out, err := r.Exec(query)
			if err != nil {
				t.Errorf("%s (%s): %s: %v", name, mode, query, err)
				return
			}
			lines, err := foldedRows(out, r)
			if err != nil {
				t.Error(err)
			}
			for i, l := range lines {
				lines[i] = strings.ReplaceAll(l, " | ", ", ")
			}
			if got := strings.Join(lines, "; "); got != want && got != quoteCell(want) {
				t.Errorf("%s (%s): %s is %s, not %s", name, mode, query, got, want)
			}
		}
		for _, f := range s.Engine().Functions().All() {
			for _, e := range f.Examples {
				run(f.Name, "SELECT "+e.SQL, e.Result)
			}
		}
		for _, a := range fn.Aggs() {
			if mode == "streaming" && (a.WindowOnly && a.Name != "ROW_NUMBER" && a.Name != "RANK") {
				continue // over all rows in an order that is not of time
			}
			for _, e := range a.Examples {
				run(a.Name, e.SQL, e.Result)
			}
			if len(a.Examples) == 0 && !a.Hidden {
				t.Errorf("%s has no example", a.Name)
			}
		}
		for _, f := range fn.Forms() {
			for _, e := range f.Examples {
				if f.Query {
					run(f.Name, e.SQL, e.Result)
				} else {
					run(f.Name, "SELECT "+e.SQL, e.Result)
				}
			}
		}
		if n < 200 {
			t.Errorf("only %d examples", n)
		}
		t.Logf("%d examples in %s mode", n, mode)
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}
