package engine_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/weir-stream/weir/internal/engine"
)

// gathered keeps the rows of queries as text.
type gathered struct {
	shown
	lines []string
}

func (o *gathered) Query(ctx context.Context, q *engine.Query) error {
	for {
		b, err := q.Next(ctx)
		if b == nil || err != nil {
			return err
		}
		for i := range b.Len() {
			var vs []string
			for _, c := range b.Cols {
				vs = append(vs, fmt.Sprint(c.Value(b.Row(i))))
			}
			o.lines = append(o.lines, strings.Join(vs, " "))
		}
	}
}

// query runs a query in a session of its own and gives its rows in order.
func (e *edits) query(query string, options ...string) ([]string, error) {
	o := map[string]string{"parallelism.default": "2"}
	for i := 0; i+1 < len(options); i += 2 {
		o[options[i]] = options[i+1]
	}
	s := engine.New(engine.Config{Options: o}).NewSession()
	defer s.Close()
	p, err := s.Prepare(query)
	if err != nil {
		return nil, err
	}
	out := &gathered{}
	err = s.Run(e.t.Context(), p, out)
	slices.Sort(out.lines)
	return out.lines, err
}

// stateful runs a pipeline with many kinds of state; k = i / 4, v = i for i below 40.
func stateful(t *testing.T) *edits {
	e := newEdits(t)
	var b strings.Builder
	for i := range 12 {
		fmt.Fprintf(&b, "%d,name%d\n", i, i)
	}
	if err := os.Mkdir(filepath.Join(e.dir, "names"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(e.dir, "names", "0.csv"), []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	script := e.script("k INT", "INSERT INTO c SELECT DISTINCT k FROM t", "INSERT INTO down SELECT k, COUNT(*) AS n, SUM(v), MAX(w), COUNT(DISTINCT v) FROM (SELECT k, v, w FROM t JOIN names ON t.k = names.id) GROUP BY k",
		"INSERT INTO down SELECT k, v, 0, CAST(v AS STRING), n FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY v DESC) AS n FROM t) WHERE n <= 2")
	at := strings.Index(script, "EXECUTE")
	script = script[:at] + fmt.Sprintf(`CREATE TABLE names (id INT, w STRING) WITH ('connector'='filesystem','path'='%s/names','format'='csv','source.monitor-interval'='1s');
CREATE TABLE down (k INT, n BIGINT, s INT, m STRING, d BIGINT, PRIMARY KEY (k, n) NOT ENFORCED) WITH ('connector'='blackhole');
`, e.dir) + script[at:]
	if said, err := e.run(script, nil, nil); err != nil {
		t.Fatal(said, err)
	}
	return e
}

// TestStateTables reads the state of a job that was stopped, in both modes.
func TestStateTables(t *testing.T) {
	e := stateful(t)
	per := func(n int, line func(i int) string) []string { return numbers(0, n, line) }
	for _, c := range []struct {
		query string
		want  []string
	}{
		{"SELECT k, `COUNT(*)`, `SUM(v)`, `MAX(w)`, `COUNT(DISTINCT v)` FROM state('$', '7', 'groups') WHERE `COUNT(*)` > 0 AND key_group BETWEEN 0 AND 127",
			per(10, func(i int) string { return fmt.Sprintf("%d 4 %d name%d 4", i, 16*i+6, i) })},
		{"SELECT COUNT(*), COUNT(DISTINCT `group`), SUM(v) FROM state('$', '7', 'groups distinct')", []string{"40 10 780"}},
		{"SELECT k, v, multiplicity FROM state('$', 'Join', 'left')", per(40, func(i int) string { return fmt.Sprint(i/4, i, 1) })},
		{"SELECT w, id FROM state('$', 'Join', `table` => 'right')", per(12, func(i int) string { return fmt.Sprintf("name%d %d", i, i) })},
		{"SELECT k, v, `position` AS n FROM state('$', 'Rank')", per(20, func(i int) string { return fmt.Sprint(i/2, i/2*4+3-i%2, i%2+1) })},
	} {
		query := strings.ReplaceAll(c.query, "$", filepath.Join(e.dir, "state"))
		for _, mode := range []string{"streaming", "batch"} {
			got, err := e.query(query, "execution.runtime-mode", mode)
			if len(got) > 0 && mode == "streaming" && strings.Contains(query, "SUM(") {
				got = got[len(got)-len(c.want):]
			}
			if !slices.Equal(got, c.want) || err != nil {
				t.Errorf("%s, %s: %v, %v\nwant %v", query, mode, got, err, c.want)
			}
		}
	}
}

// TestStateTableErrors names what there is where a name is wrong.
func TestStateTableErrors(t *testing.T) {
	e := stateful(t)
	dir := filepath.Join(e.dir, "state", "job")
	for _, c := range []struct{ args, msg, hint string }{
		{"'" + dir + "', 'GroupAggregat'", "has no operator 'GroupAggregat'", "did you mean 'GroupAggregate'?"},
		{"'" + dir + "', 'GroupAggregate'", "'GroupAggregate' may be several operators", "name one by its number or by what its address begins with: 2: GroupAggregate ["},
		{"'" + dir + "', 'Join'", "Join has several tables", "name one as third argument: 'left', 'right'"},
		{"'" + dir + "', 'Join', 'lft'", "Join has no table 'lft'", "did you mean 'left'?"},
		{"'" + dir + "x', 'Join'", "there is no state directory", ""},
		{"'" + e.dir + "', 'Join'", "holds no job", ""},
		{"'" + dir + "'", "STATE", ""},
	} {
		_, err := e.query("SELECT * FROM state(" + c.args + ")")
		if err == nil || !strings.Contains(err.Error(), c.msg) || !strings.Contains(err.Error(), c.hint) {
			t.Errorf("%s: %v", c.args, err)
		}
	}
	if _, err := e.query("SELECT * FROM state('"+dir+"', 'Join', 'left')", "weir.sql.strict", "true"); err == nil || !strings.Contains(err.Error(), "extension") {
		t.Errorf("strict: %v", err)
	}
}
