package engine_test

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/weir-stream/weir/internal/clock"
	"github.com/weir-stream/weir/internal/engine"
	"github.com/weir-stream/weir/internal/snapshot"
	"github.com/weir-stream/weir/internal/vfs"
)

// told keeps what a session warns of.
type told struct {
	shown
	said []string
}

func (o *told) Warn(msg string) { o.said = append(o.said, msg) }

// edits is a pipeline that is stopped, edited and run again, on a folder that gets
// more files.
type edits struct {
	t   *testing.T
	dir string
	at  time.Time
}

// rows writes a file of the source: k = i / 4, v = i.
func (e *edits) rows(name string, from, to int) {
	var b strings.Builder
	for i := from; i < to; i++ {
		fmt.Fprintf(&b, "%d,%d\n", i/4, i)
	}
	if err := os.WriteFile(filepath.Join(e.dir, "in", name), []byte(b.String()), 0o644); err != nil {
		e.t.Fatal(err)
	}
}

// script declares the source and three sinks, c with the columns given, and writes
// to them.
func (e *edits) script(columns string, inserts ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "CREATE TABLE t (k INT, v INT) WITH ('connector'='filesystem','path'='%s/in','format'='csv','source.monitor-interval'='1s');\n", e.dir)
	for name, cols := range map[string]string{"a": "k INT, v INT", "b": "v INT", "c": columns} {
		fmt.Fprintf(&b, "CREATE TABLE %s (%s) WITH ('connector'='filesystem','path'='%s/%s','format'='csv');\n", name, cols, e.dir, name)
	}
	return b.String() + "EXECUTE STATEMENT SET BEGIN " + strings.Join(inserts, ";\n") + "; END"
}

const (
	intoA = "INSERT INTO a SELECT k, v FROM (SELECT k, v, ROW_NUMBER() OVER (PARTITION BY k ORDER BY PROCTIME()) AS n FROM t) WHERE n = 1"
	intoB = "INSERT INTO b SELECT DISTINCT v / 2 FROM t"
	intoC = "INSERT INTO c SELECT DISTINCT k FROM t"
)

// run runs a script until it rests and stops it after a checkpoint; it gives what it
// said.
func (e *edits) run(script string, options map[string]string, more func()) (string, error) {
	c := clock.NewFake(e.at)
	o := map[string]string{"execution.checkpointing.dir": filepath.Join(e.dir, "state"), "pipeline.name": "job", "parallelism.default": "2"}
	maps.Copy(o, options)
	s := engine.New(engine.Config{Stepped: c, Options: o}).NewSession()
	defer s.Close()
	p, err := s.Prepare(script)
	if err != nil {
		e.t.Fatal(err)
	}
	out := &told{}
	if err := s.Run(e.t.Context(), p, out); err != nil {
		return strings.Join(out.said, "\n"), err
	}
	if more != nil {
		more()
	}
	if err := s.Advance(5 * time.Second); err != nil {
		e.t.Fatal(err)
	}
	s.Stop()
	if err := s.Settle(); err != nil {
		e.t.Fatal(err)
	}
	e.at = c.Now().Add(time.Minute)
	return strings.Join(out.said, "\n"), nil
}

// written gives the lines that a sink shows, in order.
func (e *edits) written(sink string) []string {
	files, err := filepath.Glob(filepath.Join(e.dir, sink, "part*"))
	if err != nil {
		e.t.Fatal(err)
	}
	var out []string
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			e.t.Fatal(err)
		}
		out = append(out, strings.Fields(string(b))...)
	}
	slices.Sort(out)
	return out
}

// blocks gives the saved state of all operators by table, newest last.
func (e *edits) blocks() map[string][]byte {
	r, err := snapshot.Read(vfs.OS{}, filepath.Join(e.dir, "state", "job"))
	if err != nil {
		e.t.Fatal(err)
	}
	defer r.Close()
	out := map[string][]byte{}
	err = r.Blocks(func(b snapshot.Block) error {
		k := fmt.Sprint(b.Table, " ", b.Subtask)
		out[k] = append(out[k], b.Data...)
		return nil
	})
	if err != nil {
		e.t.Fatal(err)
	}
	return out
}

func newEdits(t *testing.T) *edits {
	e := &edits{t: t, dir: t.TempDir(), at: time.UnixMilli(1_700_000_000_000)}
	if err := os.Mkdir(filepath.Join(e.dir, "in"), 0o755); err != nil {
		t.Fatal(err)
	}
	e.rows("0.csv", 0, 40)
	return e
}

// numbers gives lines of the results, sorted.
func numbers(from, to int, line func(i int) string) []string {
	var out []string
	for i := from; i < to; i++ {
		out = append(out, line(i))
	}
	slices.Sort(out)
	return out
}

// TestEditedStatementSet adds a column to one of three INSERTs over one source: the
// others go on with their state, byte for byte, and the edited one has all rows.
func TestEditedStatementSet(t *testing.T) {
	e := newEdits(t)
	said, err := e.run(e.script("k INT", intoA, intoB, intoC), nil, nil)
	if err != nil || strings.Contains(said, "has changed") {
		t.Fatal(said, err)
	}
	saved := e.blocks()
	edited := e.script("k INT, m INT", intoA, intoB, "INSERT INTO c SELECT DISTINCT k, v FROM t")
	if said, err = e.run(edited, map[string]string{"execution.state-recovery.ignore-unclaimed-state": "false"}, nil); err == nil || !strings.Contains(err.Error(), "no longer has") {
		t.Fatalf("an explicit setting: %s, %v", said, err)
	}
	said, err = e.run(edited, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"kept           TableSourceScan", "rebuilt        TableSourceScan", "dropped ", "not corrected  Sink", "default_database.c stay"} {
		if !strings.Contains(said, part) {
			t.Errorf("the difference lacks %q:\n%s", part, said)
		}
	}
	if len(saved) < 5 {
		t.Errorf("saved were only %d tables", len(saved))
	}
	now := e.blocks() // there were no new rows for what went on
	for k, b := range saved {
		if strings.Contains(k, "/writer ") { // of the file sink: it names the runs, of which there is one more
			continue
		}
		if !bytes.Equal(now[k], b) {
			t.Errorf("the state of %s is not what it was", k)
		}
	}
	if said, err = e.run(edited, nil, func() { e.rows("1.csv", 40, 60) }); err != nil || strings.Contains(said, "has changed") {
		t.Fatal(said, err)
	}
	if got, want := e.written("a"), numbers(0, 15, func(i int) string { return fmt.Sprintf("%d,%d", i, 4*i) }); !slices.Equal(got, want) {
		t.Errorf("a: %v\nwant %v", got, want)
	}
	if got, want := e.written("b"), numbers(0, 30, func(i int) string { return fmt.Sprint(i) }); !slices.Equal(got, want) {
		t.Errorf("b: %v\nwant %v", got, want)
	}
	want := append(numbers(0, 10, func(i int) string { return fmt.Sprint(i) }), numbers(0, 60, func(i int) string { return fmt.Sprintf("%d,%d", i/4, i) })...)
	slices.Sort(want)
	if got := e.written("c"); !slices.Equal(got, want) {
		t.Errorf("c: %v\nwant %v", got, want)
	}
}

// TestEditedBack takes an edit back, which is another edit: what was dropped is not
// found again. An INSERT that goes and one that comes leave the others alone.
func TestEditedBack(t *testing.T) {
	e := newEdits(t)
	for i, inserts := range [][]string{
		{intoA, intoB, intoC},
		{intoA, intoB, strings.Replace(intoC, "SELECT DISTINCT k", "SELECT DISTINCT k + 0", 1)},
		{intoC, intoA, intoB},
		{intoB, intoA},
		{intoA, intoC, intoB},
	} {
		file := fmt.Sprintf("more%d.csv", i)
		if said, err := e.run(e.script("k INT", inserts...), nil, func() { e.rows(file, 40+20*i, 60+20*i) }); err != nil {
			t.Fatal(i, said, err)
		}
	}
	if got, want := e.written("a"), numbers(0, 35, func(i int) string { return fmt.Sprintf("%d,%d", i, 4*i) }); !slices.Equal(got, want) {
		t.Errorf("a: %v\nwant %v", got, want)
	}
	if got, want := e.written("b"), numbers(0, 70, func(i int) string { return fmt.Sprint(i) }); !slices.Equal(got, want) {
		t.Errorf("b: %v\nwant %v", got, want)
	}
	var want []string
	for _, to := range []int{15, 20, 25, 35} { // it was begun anew three times
		want = append(want, numbers(0, to, func(i int) string { return fmt.Sprint(i) })...)
	}
	slices.Sort(want)
	if got := e.written("c"); !slices.Equal(got, want) {
		t.Errorf("c: %v\nwant %v", got, want)
	}
}
