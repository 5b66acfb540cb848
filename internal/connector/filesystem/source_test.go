package filesystem_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/weir-stream/weir/internal/clock"
	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/connector/filesystem"
	"github.com/weir-stream/weir/internal/format"
	"github.com/weir-stream/weir/internal/format/csv"
	"github.com/weir-stream/weir/internal/format/parquet"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
	"github.com/weir-stream/weir/internal/vfs"
)

var formats = map[string]*format.Spec{"csv": csv.Spec(), "parquet": parquet.Spec()}

func newEnv() *connector.Env {
	return &connector.Env{FS: vfs.OS{}, Clock: clock.NewFake(time.UnixMilli(1_000_000)), Zone: types.UTC, Formats: formats}
}

// table declares a table of (a BIGINT, b STRING, parts…) over path.
func table(t testing.TB, env *connector.Env, path string, given map[string]string, parts ...format.Column) *connector.Table {
	t.Helper()
	all := map[string]string{"connector": "filesystem", "path": path, "format": "csv"}
	for k, v := range given {
		all[k] = v
	}
	o, err := connector.Resolve(filesystem.Spec(), formats, all, nil)
	if err != nil {
		t.Fatal(err)
	}
	tb := &connector.Table{Name: "t", Resolved: *o, Env: env,
		Columns: []format.Column{{Name: "a", Type: types.Of(types.BigInt)}, {Name: "b", Type: types.String()}}}
	for _, p := range parts {
		tb.Partitions = append(tb.Partitions, len(tb.Columns))
		tb.Columns = append(tb.Columns, p)
	}
	for _, m := range filesystem.Spec().Metadata {
		tb.Metadata = append(tb.Metadata, connector.MetadataUse{Key: m.Key, Type: m.Type})
	}
	return tb
}

func open(t testing.TB, tb *connector.Table) connector.Source {
	t.Helper()
	s, err := filesystem.Spec().Source(tb)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func batchFor(tb *connector.Table, sc connector.Scan) *vec.Batch {
	var ts []types.Type
	for _, w := range sc.Want {
		ts = append(ts, tb.Columns[w].Type)
	}
	for _, m := range sc.Metadata {
		ts = append(ts, tb.Metadata[m].Type)
	}
	return vec.NewBatch(ts)
}

// rows reads all splits, batches of at most max rows, going over to a new
// reader at the old one's position after each batch if reopen is set.
func rows(t testing.TB, tb *connector.Table, sc connector.Scan, max int, reopen bool) []string {
	t.Helper()
	ctx, s := context.Background(), open(t, tb)
	splits, err := s.Splits(ctx, sc)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, sp := range splits {
		r, err := s.Open(ctx, sc, sp, nil)
		if err != nil {
			t.Fatal(err)
		}
		for {
			b := batchFor(tb, sc)
			err := r.Read(b, max)
			out = append(out, text(b)...)
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			if reopen {
				pos := r.Position()
				r.Close()
				if r, err = s.Open(ctx, sc, sp, pos); err != nil {
					t.Fatal(err)
				}
			}
		}
		r.Close()
	}
	return out
}

func text(b *vec.Batch) []string {
	var out []string
	for i := range b.Len() {
		var f []string
		for _, v := range b.Cols {
			f = append(f, fmt.Sprint(v.Value(b.Row(i))))
		}
		out = append(out, strings.Join(f, " "))
	}
	return out
}

func write(t testing.TB, path, data string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var w io.WriteCloser = f
	switch filepath.Ext(path) {
	case ".gz":
		w = gzip.NewWriter(f)
	case ".zst":
		w, _ = zstd.NewWriter(f)
	}
	if _, err := io.WriteString(w, data); err != nil {
		t.Fatal(err)
	}
	if w != f {
		w.Close()
	}
}

var ab = connector.Scan{Want: []int{0, 1}, Ordered: true}

func same(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	if strings.Join(got, "|") != strings.Join(want, "|") {
		t.Errorf("%s: %q, want %q", what, got, want)
	}
}

func TestLocations(t *testing.T) {
	dir := t.TempDir()
	write(t, dir+"/in/a.csv", "1,x\n2,y\n")
	write(t, dir+"/in/b.csv.gz", "3,z\n4,w\n")
	write(t, dir+"/in/sub/c.csv.zst", "5,v\n")
	write(t, dir+"/in/_hidden.csv", "6,h\n")
	write(t, dir+"/in/.tmp/d.csv", "7,h\n")
	write(t, dir+"/in/empty.csv", "")
	for _, c := range []struct {
		path string
		want []string
	}{
		{"/in/a.csv", []string{"1 x", "2 y"}},
		{"/in", []string{"1 x", "2 y", "3 z", "4 w", "5 v"}},
		{"/in/*.gz", []string{"3 z", "4 w"}},
		{"/in/[ab].csv*", []string{"1 x", "2 y", "3 z", "4 w"}},
		{"/in/_hidden.csv", []string{"6 h"}},
	} {
		for _, reopen := range []bool{false, true} {
			same(t, c.path, rows(t, table(t, newEnv(), dir+c.path, nil), ab, 1, reopen), c.want...)
		}
		same(t, "file://"+c.path, rows(t, table(t, newEnv(), "file://"+dir+c.path, nil), ab, 100, false), c.want...)
	}
	same(t, "regex", rows(t, table(t, newEnv(), dir+"/in", map[string]string{"source.path.regex-pattern": ".*/[ac]\\.csv.*"}), ab, 9, false), "1 x", "2 y", "5 v")
	same(t, "no columns", rows(t, table(t, newEnv(), dir+"/in/a.csv", nil), connector.Scan{}, 9, false), "", "")
}

func TestPartitionsAndMetadata(t *testing.T) {
	dir := t.TempDir()
	write(t, dir+"/dt=2026-01-02/h=7/a.csv", "1,x\n")
	write(t, dir+"/dt=__DEFAULT_PARTITION__/h=8/a.csv", "2,y\n")
	tb := table(t, newEnv(), dir, nil, format.Column{Name: "dt", Type: types.Of(types.Date)}, format.Column{Name: "h", Type: types.Of(types.Int)})
	sc := connector.Scan{Want: []int{0, 2, 3}, Metadata: []int{1, 2}, Ordered: true}
	got := rows(t, tb, sc, 10, false)
	same(t, "partitions", got, "1 20455 7 a.csv 4", "2 <nil> 8 a.csv 4")
	write(t, dir+"/dt=2026-01-02/b.csv", "3,x\n")
	if _, err := open(t, tb).Splits(context.Background(), sc); err == nil || !strings.Contains(err.Error(), "has no folder 'h=…'") {
		t.Errorf("a file outside of partitions: %v", err)
	}
}

func TestPlanningErrors(t *testing.T) {
	dir := t.TempDir()
	write(t, dir+"/orders.csv", "1,x\n")
	for _, c := range []struct {
		path  string
		given map[string]string
		want  string
	}{
		{dir + "/order.csv", nil, "there is no file or folder '" + dir + "/order.csv' (did you mean '" + dir + "/orders.csv'?)"},
		{dir + "/nope/x.csv", nil, "there is no file or folder '" + dir + "/nope/x.csv' (the folder '" + dir + "/nope' does not exist either)"},
		{dir + "/*.json", nil, "no file matches '" + dir + "/*.json'"},
		{"s3://b/k", nil, "the option 'path' names a s3:// location; only local files are supported"},
		{"-", map[string]string{"format": "parquet"}, "the format 'parquet' cannot be read from standard input (it needs a file, since it is not read from front to back)"},
	} {
		_, err := filesystem.Spec().Source(table(t, newEnv(), c.path, c.given))
		if err == nil || err.Error() != c.want {
			t.Errorf("%s: %v, want %s", c.path, err, c.want)
		}
	}
}

func TestPieces(t *testing.T) {
	dir := t.TempDir()
	var b strings.Builder
	n := 0
	for ; b.Len() < 70<<20; n++ {
		fmt.Fprintf(&b, "%d,%s\n", n, strings.Repeat("x", 1000+n%977))
	}
	write(t, dir+"/big.csv", b.String())
	tb := table(t, newEnv(), dir+"/big.csv", map[string]string{"csv.disable-quote-character": "true"})
	sc := connector.Scan{Want: []int{0}}
	sp, err := open(t, tb).Splits(context.Background(), sc)
	if err != nil || len(sp) < 3 {
		t.Fatalf("%d splits, %v", len(sp), err)
	}
	got := rows(t, tb, sc, 4096, true)
	if len(got) != n {
		t.Fatalf("%d rows of %d", len(got), n)
	}
	for i, s := range got {
		if s != fmt.Sprint(i) {
			t.Fatalf("row %d is %s", i, s)
		}
	}
}

func TestWatched(t *testing.T) {
	dir := t.TempDir()
	write(t, dir+"/a.csv", "1,x\n")
	s := open(t, table(t, newEnv(), dir, map[string]string{"source.monitor-interval": "1 s"}))
	if s.Bounded() || s.DiscoverEveryMs() != 1000 {
		t.Error("a watched folder is not bounded")
	}
	list := func() string {
		sp, err := s.Splits(context.Background(), ab)
		if err != nil {
			t.Fatal(err)
		}
		var ids []string
		for _, x := range sp {
			ids = append(ids, filepath.Base(x.ID))
		}
		sort.Strings(ids)
		return strings.Join(ids, " ")
	}
	if got := list(); got != "a.csv" {
		t.Errorf("first: %s", got)
	}
	write(t, dir+"/b.csv", "2,x\n")
	if got := list(); got != "b.csv" {
		t.Errorf("then: %s", got)
	}
	if got := list(); got != "" {
		t.Errorf("at last: %s", got)
	}
}

func TestStdin(t *testing.T) {
	env := newEnv()
	pr, pw := io.Pipe()
	env.Stdin = pr
	tb := table(t, env, "-", nil)
	s := open(t, tb)
	sp, err := s.Splits(context.Background(), ab)
	if err != nil || len(sp) != 1 || s.Bounded() {
		t.Fatalf("%d splits, bounded %v, %v", len(sp), s.Bounded(), err)
	}
	r, err := s.Open(context.Background(), ab, sp[0], nil)
	if err != nil {
		t.Fatal(err)
	}
	read := func(want string) {
		t.Helper()
		for {
			b := batchFor(tb, ab)
			if err := r.Read(b, 10); err != nil {
				t.Fatal(err)
			}
			if b.N > 0 {
				same(t, "row", text(b), want)
				return
			}
			<-r.Ready()
		}
	}
	go func() {
		for _, piece := range []string{"1,x\n", "2,", "y\n3"} {
			io.WriteString(pw, piece)
		}
	}()
	read("1 x")
	read("2 y")
	b := batchFor(tb, ab)
	if err := r.Read(b, 10); err != nil || b.N != 0 {
		t.Errorf("half a line gave %d rows, %v", b.N, err)
	}
	go func() { io.WriteString(pw, ",z"); pw.Close() }()
	read("3 z")
	for {
		if err = r.Read(b, 10); err != nil {
			break
		}
		<-r.Ready()
	}
	if !errors.Is(err, io.EOF) {
		t.Error(err)
	}
	r.Close()
}

func TestInfer(t *testing.T) {
	dir := t.TempDir()
	write(t, dir+"/o.csv.gz", "id;name\n1;x\n")
	cols, o, err := filesystem.Infer(context.Background(), newEnv(), dir+"/*.gz")
	if err != nil {
		t.Fatal(err)
	}
	if len(cols) != 2 || cols[0].Name != "id" || cols[0].Type.Kind != types.BigInt || o["csv.header"] != "true" || o["csv.field-delimiter"] != ";" {
		t.Errorf("%v %v", cols, o)
	}
	write(t, dir+"/o.xyz", "1")
	if _, _, err := filesystem.Infer(context.Background(), newEnv(), dir+"/o.xyz"); err == nil || !strings.Contains(err.Error(), "suffix") {
		t.Error(err)
	}
}
