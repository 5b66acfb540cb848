package filesystem_test

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/weir-stream/weir/internal/clock"
	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/connector/filesystem"
	"github.com/weir-stream/weir/internal/format"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
	"github.com/weir-stream/weir/internal/vfs"
)

func openSink(t testing.TB, tb *connector.Table, subtask int) connector.Writer {
	t.Helper()
	s, err := filesystem.Spec().Sink(tb)
	if err != nil {
		t.Fatal(err)
	}
	w, err := s.Open(context.Background(), subtask, 2)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// put writes rows of values.
func put(t testing.TB, w connector.Writer, tb *connector.Table, rows ...[]any) {
	t.Helper()
	var ts []types.Type
	for _, c := range tb.Columns {
		ts = append(ts, c.Type)
	}
	b := vec.NewBatch(ts)
	for _, r := range rows {
		for i, x := range r {
			b.Cols[i].AppendValue(x)
		}
		b.N++
	}
	if err := w.Write(context.Background(), b); err != nil {
		t.Fatal(err)
	}
}

// epoch prepares and commits, the commit twice.
func epoch(t testing.TB, w connector.Writer) {
	t.Helper()
	h, err := w.Prepare(context.Background(), 1)
	if err != nil {
		t.Fatal(err)
	}
	if h == nil {
		return
	}
	for range 2 {
		if err := w.Commit(context.Background(), h); err != nil {
			t.Fatal(err)
		}
	}
}

var uid = regexp.MustCompile(`part-[0-9a-f]{16}-`)

// files lists all files below dir with their contents, ids of runs taken out.
func files(t testing.TB, dir string) string {
	t.Helper()
	var out []string
	err := filepath.WalkDir(dir, func(p string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		data, err := os.ReadFile(p)
		rel, _ := filepath.Rel(dir, p)
		out = append(out, uid.ReplaceAllString(rel, "part-U-")+"="+strings.ReplaceAll(string(data), "\n", ";"))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	sort.Strings(out)
	return strings.Join(out, " ")
}

func TestSinkEpochs(t *testing.T) {
	dir := t.TempDir()
	tb := table(t, newEnv(), dir+"/out", nil)
	w := openSink(t, tb, 1)
	put(t, w, tb, []any{int64(1), "x"}, []any{int64(2), "y"})
	if got := files(t, dir); !strings.HasPrefix(got, "out/.part-U-1-0.csv.inprogress=") {
		t.Errorf("before the commit: %s", got)
	}
	epoch(t, w)
	epoch(t, w) // nothing new
	put(t, w, tb, []any{int64(3), nil})
	epoch(t, w)
	put(t, w, tb, []any{int64(4), "lost"})
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if got, want := files(t, dir), "out/part-U-1-0.csv=1,x;2,y; out/part-U-1-1.csv=3,;"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	same(t, "read back", rows(t, table(t, newEnv(), dir+"/out", nil), ab, 10, false), "1 x", "2 y", "3 ")
}

func TestSinkPartitions(t *testing.T) {
	dir := t.TempDir()
	part := []format.Column{{Name: "dt", Type: types.Of(types.Date)}, {Name: "k", Type: types.String()}}
	tb := table(t, newEnv(), dir, nil, part...)
	w := openSink(t, tb, 0)
	put(t, w, tb, []any{int64(1), "x", int64(20455), "a/b"}, []any{int64(2), "y", int64(20455), nil}, []any{int64(3), "z", int64(20455), "a/b"})
	epoch(t, w)
	want := "dt=2026-01-02/k=__DEFAULT_PARTITION__/part-U-0-1.csv=2,y; dt=2026-01-02/k=a%2Fb/part-U-0-0.csv=1,x;3,z;"
	if got := files(t, dir); got != want {
		t.Errorf("%s, want %s", got, want)
	}
	sc := connector.Scan{Want: []int{0, 2, 3}, Ordered: true}
	same(t, "read back", rows(t, tb, sc, 10, false), "2 20455 <nil>", "1 20455 a/b", "3 20455 a/b")
}

func TestSinkRolling(t *testing.T) {
	dir := t.TempDir()
	env := newEnv()
	tb := table(t, env, dir, map[string]string{"sink.rolling-policy.file-size": "8b", "sink.rolling-policy.rollover-interval": "10 s", "sink.rolling-policy.check-interval": "1 s"})
	w := openSink(t, tb, 0)
	put(t, w, tb, []any{int64(1), "12345678"}) // big enough
	put(t, w, tb, []any{int64(2), "x"})
	env.Clock.(*clock.Fake).Advance(11 * time.Second)
	if err := w.Flush(context.Background()); err != nil { // old enough
		t.Fatal(err)
	}
	put(t, w, tb, []any{int64(3), "x"})
	epoch(t, w)
	if got, want := files(t, dir), "part-U-0-0.csv=1,12345678; part-U-0-1.csv=2,x; part-U-0-2.csv=3,x;"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestSinkOverwrite(t *testing.T) {
	dir := t.TempDir()
	write(t, dir+"/p=1/old.csv", "9,old\n")
	write(t, dir+"/p=2/old.csv", "9,old\n")
	tb := table(t, newEnv(), dir, nil, format.Column{Name: "p", Type: types.Of(types.Int)})
	tb.Overwrite = true
	w := openSink(t, tb, 0)
	put(t, w, tb, []any{int64(1), "new", int64(1)})
	if err := w.Finish(context.Background()); err != nil {
		t.Fatal(err)
	}
	epoch(t, w)
	if got, want := files(t, dir), "p=1/part-U-0-0.csv=1,new; p=2/old.csv=9,old;"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	flat := t.TempDir()
	write(t, flat+"/old.csv", "9,old\n")
	tb = table(t, newEnv(), flat, nil)
	tb.Overwrite = true
	w = openSink(t, tb, 0)
	if err := w.Finish(context.Background()); err != nil {
		t.Fatal(err)
	}
	epoch(t, w)
	if got := files(t, flat); got != "" {
		t.Errorf("an overwrite without rows left %s", got)
	}
}

func TestPartitionCommit(t *testing.T) {
	hour := []format.Column{{Name: "dt", Type: types.String()}, {Name: "hr", Type: types.Of(types.Int)}}
	for _, c := range []struct {
		given map[string]string
		step  func(w connector.Writer, c *clock.Fake)
	}{
		{map[string]string{"sink.partition-commit.trigger": "partition-time", "sink.partition-commit.delay": "1 h",
			"partition.time-extractor.timestamp-pattern": "$dt $hr:00:00"},
			func(w connector.Writer, _ *clock.Fake) {
				w.Watermark(time.Date(2026, 1, 2, 8, 0, 0, 0, time.UTC).UnixMilli())
			}},
		{map[string]string{"sink.partition-commit.delay": "1 h"}, func(_ connector.Writer, c *clock.Fake) { c.Advance(time.Hour) }},
	} {
		dir := t.TempDir()
		env := newEnv()
		c.given["sink.partition-commit.policy.kind"] = "metastore,success-file"
		tb := table(t, env, dir, c.given, hour...)
		w := openSink(t, tb, 0)
		put(t, w, tb, []any{int64(1), "x", "2026-01-02", int64(7)})
		epoch(t, w)
		if got, want := files(t, dir), "dt=2026-01-02/hr=7/part-U-0-0.csv=1,x;"; got != want {
			t.Errorf("too early: %s, want %s", got, want)
		}
		c.step(w, env.Clock.(*clock.Fake))
		put(t, w, tb, []any{int64(2), "y", "2026-01-02", int64(8)})
		epoch(t, w)
		want := "dt=2026-01-02/hr=7/_SUCCESS= dt=2026-01-02/hr=7/part-U-0-0.csv=1,x; dt=2026-01-02/hr=8/part-U-0-1.csv=2,y;"
		if got := files(t, dir); got != want {
			t.Errorf("%v: %s, want %s", c.given, got, want)
		}
		if err := w.Finish(context.Background()); err != nil {
			t.Fatal(err)
		}
		epoch(t, w)
		if got := files(t, dir); !strings.Contains(got, "hr=8/_SUCCESS=") {
			t.Errorf("at the end: %s", got)
		}
	}
}

func TestStdout(t *testing.T) {
	env := newEnv()
	var out bytes.Buffer
	env.Stdout = &out
	tb := table(t, env, "-", map[string]string{"csv.header": "true"})
	w := openSink(t, tb, 0)
	put(t, w, tb, []any{int64(1), "a,b"})
	if err := w.Flush(context.Background()); err != nil || out.String() != "a,b\n1,\"a,b\"\n" {
		t.Errorf("%q, %v", out.String(), err)
	}
}

func TestSinkErrors(t *testing.T) {
	dir := t.TempDir()
	write(t, dir+"/f.csv", "")
	for _, c := range []struct {
		path  string
		given map[string]string
		want  string
	}{
		{dir + "/f.csv", nil, "'" + dir + "/f.csv' is a file; a table is written as a folder of files"},
		{dir, map[string]string{"auto-compaction": "true"}, "the option 'auto-compaction' is not supported (larger rolling-policy sizes and checkpoint intervals make fewer files)"},
	} {
		if _, err := filesystem.Spec().Sink(table(t, newEnv(), c.path, c.given)); err == nil || err.Error() != c.want {
			t.Errorf("%s: %v, want %s", c.path, err, c.want)
		}
	}
}

// stuck fails to rename or to remove files.
type stuck struct {
	vfs.FS
	rename, remove bool
}

func (s *stuck) Rename(from, to string) error {
	if s.rename {
		return errors.New("no")
	}
	return s.FS.Rename(from, to)
}

func (s *stuck) RemoveAll(path string) error {
	if s.remove {
		return errors.New("no")
	}
	return s.FS.RemoveAll(path)
}

// An overwrite that is stopped on its way has lost nothing, and can be done again.
func TestOverwriteThatIsStopped(t *testing.T) {
	for _, c := range []struct {
		stop func(*stuck)
		left string
	}{
		{func(s *stuck) { s.rename = true }, ".part-U-0-0.csv.inprogress=1,new; old.csv=9,old;"},
		{func(s *stuck) { s.remove = true }, "old.csv=9,old; part-U-0-0.csv=1,new;"},
	} {
		dir := t.TempDir()
		write(t, dir+"/old.csv", "9,old\n")
		env := newEnv()
		fsys := &stuck{FS: env.FS}
		env.FS = fsys
		tb := table(t, env, dir, nil)
		tb.Overwrite = true
		w := openSink(t, tb, 0)
		put(t, w, tb, []any{int64(1), "new"})
		ctx := context.Background()
		if err := w.Finish(ctx); err != nil {
			t.Fatal(err)
		}
		h, err := w.Prepare(ctx, 1)
		if err != nil {
			t.Fatal(err)
		}
		c.stop(fsys)
		if err := w.Commit(ctx, h); err == nil {
			t.Error("the commit did not fail")
		}
		if got := files(t, dir); got != c.left {
			t.Errorf("left are %s, want %s", got, c.left)
		}
		fsys.rename, fsys.remove = false, false
		if err := w.Commit(ctx, h); err != nil {
			t.Error(err)
		}
		if got, want := files(t, dir), "part-U-0-0.csv=1,new;"; got != want {
			t.Errorf("done again: %s, want %s", got, want)
		}
	}
}
