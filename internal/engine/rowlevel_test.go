package engine

import (
	"context"
	"maps"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"

	"github.com/weir-stream/weir/internal/catalog"
	"github.com/weir-stream/weir/internal/types"
)

// tree gives the lines of the visible files of each folder, sorted, and the names
// of all files.
func tree(t *testing.T, dir string) (content map[string]string, names map[string][]string) {
	t.Helper()
	lines := map[string][]string{}
	names = map[string][]string{}
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, _ := filepath.Rel(dir, filepath.Dir(path))
		names[rel] = append(names[rel], d.Name())
		b, err := os.ReadFile(path)
		if !strings.HasPrefix(d.Name(), ".") {
			lines[rel] = append(lines[rel], strings.Fields(string(b))...)
		}
		return err
	})
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	content = map[string]string{}
	for d, l := range lines {
		sort.Strings(l)
		content[d] = strings.Join(l, " ")
	}
	return content, names
}

// TestRowLevelFiles changes rows of partitioned files: folders that the condition
// rules out keep their very files, and after a failure all do.
func TestRowLevelFiles(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "t")
	table := "CREATE TABLE t (id INT, v INT, d DATE, n INT) PARTITIONED BY (d, n) WITH ('connector'='filesystem','format'='csv','path'='" + dir + "');"
	do := func(statement string) ([][]string, error) { t.Helper(); return run(t, table+statement) }
	if _, err := do(`INSERT INTO t VALUES (1, 10, DATE '2026-01-01', 7), (2, 20, DATE '2026-01-01', 7), (3, 30, DATE '2026-01-02', 7), (4, 40, DATE '2026-01-02', CAST(NULL AS INT))`); err != nil {
		t.Fatal(err)
	}
	const a, b, c, moved = "d=2026-01-01/n=7", "d=2026-01-02/n=7", "d=2026-01-02/n=__DEFAULT_PARTITION__", "d=2026-01-03/n=7"
	for _, x := range []struct {
		statement, affected, fails string
		kept                       []string // partitions whose files stay
		want                       map[string]string
	}{
		{"UPDATE t SET v = v + 1 WHERE d = DATE '2026-01-01' AND id > 1", "1", "", []string{b, c}, map[string]string{a: "1,10 2,21", b: "3,30", c: "4,40"}},
		{"UPDATE t SET v = 0 WHERE n IS NULL AND d > DATE '2026-01-01'", "1", "", []string{a, b}, map[string]string{a: "1,10 2,21", b: "3,30", c: "4,0"}},
		{"UPDATE t SET v = 1 / (id - 2) WHERE n = 7", "", "zero", []string{a, b, c}, map[string]string{a: "1,10 2,21", b: "3,30", c: "4,0"}},
		{"DELETE FROM t WHERE d = DATE '2030-01-01'", "0", "", []string{a, b, c}, map[string]string{a: "1,10 2,21", b: "3,30", c: "4,0"}},
		{"UPDATE t SET d = DATE '2026-01-03' WHERE id IN (SELECT MAX(id) FROM t WHERE n = 7)", "1", "", nil, map[string]string{a: "1,10 2,21", moved: "3,30", c: "4,0"}},
		{"UPDATE t SET d = DATE '2026-01-03', n = 7 WHERE d = DATE '2026-01-01' AND v = 21", "1", "", []string{moved, c}, map[string]string{a: "1,10", moved: "2,21 3,30", c: "4,0"}},
		{"DELETE FROM t WHERE d < DATE '2026-01-02' OR n IS NULL", "2", "", []string{moved}, map[string]string{moved: "2,21 3,30"}},
		{"TRUNCATE TABLE t", "", "", nil, map[string]string{}},
		{"DELETE FROM t", "0", "", nil, map[string]string{}},
	} {
		_, before := tree(t, dir)
		rows, err := do(x.statement)
		if x.fails == "" && err != nil || x.fails != "" && (err == nil || !strings.Contains(err.Error(), x.fails)) {
			t.Fatalf("%s: %v", x.statement, err)
		}
		if x.affected != "" && rows[0][0] != x.affected {
			t.Errorf("%s: %s rows affected, want %s", x.statement, rows[0][0], x.affected)
		}
		got, after := tree(t, dir)
		for d, want := range x.want {
			if got[d] != want {
				t.Errorf("%s: %s holds %q, want %q", x.statement, d, got[d], want)
			}
		}
		if len(got) != len(x.want) {
			t.Errorf("%s: folders %v", x.statement, got)
		}
		for _, d := range x.kept {
			for _, name := range before[d] {
				if !strings.Contains(strings.Join(after[d], " "), name) {
					t.Errorf("%s: %s lost the file %s", x.statement, d, name)
				}
			}
		}
		for d, names := range after {
			if strings.Contains(strings.Join(names, " "), "inprogress") {
				t.Errorf("%s: %s holds %v", x.statement, d, names)
			}
		}
	}
}

// TestCall runs a procedure with constants.
func TestCall(t *testing.T) {
	double := Procedure{Path: catalog.Path{Catalog: "default_catalog", Database: "default_database", Name: "pair"}, Args: []types.Type{types.Of(types.BigInt), types.String()},
		Columns: []string{"a", "b"}, Run: func(_ context.Context, args []any) ([][]string, error) {
			if args[0] != int64(3) {
				t.Errorf("the argument is %v", args[0])
			}
			return [][]string{{"x", args[1].(string)}}, nil
		}}
	s := New(Config{Procedures: []Procedure{double}}).NewSession()
	for _, c := range []struct{ script, want, fails string }{
		{"CALL pair(1 + 2, 'y')", "x y", ""},
		{"SHOW PROCEDURES", "pair", ""},
		{"CALL pari(1, 'y')", "", "did you mean `pair`"},
		{"CALL pair(1)", "", "takes 2 arguments, not 1"},
		{"CALL pair('x', 'y')", "", "argument 1"},
	} {
		p, err := s.Prepare(c.script)
		out := &scripted{}
		if err == nil {
			err = s.Run(t.Context(), p, out)
		}
		if c.fails != "" {
			if err == nil || !strings.Contains(err.Error(), c.fails) {
				t.Errorf("%s: %v, want %s", c.script, err, c.fails)
			}
			continue
		}
		if err != nil || len(out.rows) != 1 || strings.Join(out.rows[0], " ") != c.want {
			t.Errorf("%s: %v, %v", c.script, out.rows, err)
		}
	}
}

// TestOverwriteFiles overwrites partitions: those that are named in full also if no
// row is written, else those that rows are written to.
func TestOverwriteFiles(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "t")
	table := "CREATE TABLE t (id INT, d STRING, n INT) PARTITIONED BY (d, n) WITH ('connector'='filesystem','format'='csv','path'='" + dir + "');"
	for _, x := range []struct {
		statement string
		want      map[string]string
	}{
		{"INSERT INTO t VALUES (1, 'a/b', 1), (2, 'c', 1), (3, 'c', 2)", map[string]string{"d=a%2Fb/n=1": "1", "d=c/n=1": "2", "d=c/n=2": "3"}},
		{"INSERT OVERWRITE t VALUES (4, 'c', 1), (5, 'd', 1)", map[string]string{"d=a%2Fb/n=1": "1", "d=c/n=1": "4", "d=c/n=2": "3", "d=d/n=1": "5"}},
		{"INSERT OVERWRITE t PARTITION (d = 'c', n = 2) SELECT 6", map[string]string{"d=a%2Fb/n=1": "1", "d=c/n=1": "4", "d=c/n=2": "6", "d=d/n=1": "5"}},
		{"INSERT OVERWRITE t PARTITION (d = 'a/b', n = 1) SELECT 6 WHERE FALSE", map[string]string{"d=c/n=1": "4", "d=c/n=2": "6", "d=d/n=1": "5"}},
		{"INSERT OVERWRITE t PARTITION (d = 'new', n = 1) SELECT 6 WHERE FALSE", map[string]string{"d=c/n=1": "4", "d=c/n=2": "6", "d=d/n=1": "5"}},
		{"INSERT OVERWRITE t PARTITION (d = 'c') SELECT 7, 1 WHERE TRUE", map[string]string{"d=c/n=1": "7", "d=c/n=2": "6", "d=d/n=1": "5"}},
	} {
		if _, err := run(t, table+x.statement); err != nil {
			t.Fatalf("%s: %v", x.statement, err)
		}
		if got, _ := tree(t, dir); !maps.Equal(got, x.want) {
			t.Errorf("%s: the table holds %v, want %v", x.statement, got, x.want)
		}
	}
}
