package engine_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// evolving is a pipeline whose source and query change between two runs.
type evolving struct {
	*edits
	columns, sink, insert string
}

func (e *evolving) script(columns, sink, insert string) string {
	return fmt.Sprintf(`CREATE TABLE t (%s) WITH ('connector'='filesystem','path'='%[2]s/in','format'='csv','csv.ignore-parse-errors'='false','source.monitor-interval'='1s');
CREATE TABLE d (id INT, name STRING) WITH ('connector'='filesystem','path'='%[2]s/names','format'='csv','source.monitor-interval'='1s');
CREATE TABLE o (%s) WITH ('connector'='filesystem','path'='%[2]s/out','format'='csv');
CREATE TABLE u (%[3]s) WITH ('connector'='blackhole');
EXECUTE STATEMENT SET BEGIN %[4]s; END`, columns, e.dir, sink, insert)
}

func (e *evolving) file(folder, name, text string) {
	e.t.Helper()
	if err := os.MkdirAll(filepath.Join(e.dir, folder), 0o755); err != nil {
		e.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(e.dir, folder, name), []byte(text), 0o644); err != nil {
		e.t.Fatal(err)
	}
}

func TestEvolvedColumns(t *testing.T) {
	const group = "INSERT INTO u SELECT k, SUM(v), MIN(v), MAX(s), COUNT(*) FROM t GROUP BY k"
	const outs = "k INT, a INT, b INT, m STRING, n BIGINT, PRIMARY KEY (k) NOT ENFORCED"
	for _, c := range []struct {
		name                  string
		columns, sink, insert string // before
		with, into, by        string // after
		first, then           string // lines of the source
		said                  []string
		not                   string
		query                 string // of the state after
		want                  []string
	}{
		{name: "an unused column", columns: "k INT, v INT, s STRING", sink: outs, insert: group,
			with: "k INT, v INT, s STRING, x DOUBLE", into: outs, by: group,
			first: "1,2,a\n1,-3,b\n2,5,c\n", then: "1,7,z,1.5\n", said: []string{"kept           TableSourceScan", "kept           GroupAggregate"}, not: "rebuilt",
			query: "SELECT k, `SUM(v)`, `MIN(v)`, `MAX(s)`, `COUNT(*)` FROM state('$', 'GroupAggregate')", want: []string{"1 6 -3 z 3", "2 5 5 c 1"}},
		{name: "a renamed column", columns: "k INT, v INT, s STRING", sink: outs, insert: group,
			with: "k INT, w INT, s STRING", into: outs, by: strings.ReplaceAll(group, "(v)", "(w)"),
			first: "1,2,a\n1,-3,b\n2,5,c\n", then: "1,7,z\n", said: []string{"kept           GroupAggregate", "column v is named w"}, not: "rebuilt",
			query: "SELECT k, `SUM(w)`, `MIN(w)`, `MAX(s)`, `COUNT(*)` FROM state('$', 'GroupAggregate')", want: []string{"1 6 -3 z 3", "2 5 5 c 1"}},
		{name: "a wider value", columns: "k INT, v INT, s VARCHAR(3)", sink: outs, insert: group,
			with: "k INT, v BIGINT, s STRING", into: strings.ReplaceAll(outs, "INT, b INT", "BIGINT, b BIGINT"), by: group,
			first: "1,2,a\n1,-3,b\n2,5,c\n", then: "1,7000000000,zzzzz\n3,1,x\n", said: []string{"kept           GroupAggregate", "column v widened from INT to BIGINT", "column s widened from VARCHAR(3) to STRING"}, not: "rebuilt",
			query: "SELECT k, `SUM(v)`, `MIN(v)`, `MAX(s)`, `COUNT(*)` FROM state('$', 'GroupAggregate')", want: []string{"1 6999999999 -3 zzzzz 3", "2 5 5 c 1", "3 1 1 x 1"}},
		{name: "a wider key", columns: "k INT, v INT, s STRING", sink: outs, insert: group,
			with: "k BIGINT, v INT, s STRING", into: strings.Replace(outs, "k INT", "k BIGINT", 1), by: group,
			first: "1,2,a\n1,-3,b\n2,5,c\n-9,1,d\n", then: "1,7,z\n-9,1,y\n", said: []string{"kept           GroupAggregate", "column k widened from INT to BIGINT"}, not: "rebuilt",
			query: "SELECT k, `SUM(v)`, `MIN(v)`, `MAX(s)`, `COUNT(*)` FROM state('$', 'GroupAggregate')", want: []string{"-9 2 1 y 2", "1 6 -3 z 3", "2 5 5 c 1"}},
		{name: "decimals and floats", columns: "k INT, v DECIMAL(6, 2), s FLOAT", sink: "k INT, a DECIMAL(38, 2), b DECIMAL(6, 2), m FLOAT", insert: "INSERT INTO u SELECT k, SUM(v), MAX(v), MIN(s) FROM t WHERE v > 0.5 GROUP BY k",
			with: "k INT, v DECIMAL(20, 4), s DOUBLE", into: "k INT, a DECIMAL(38, 4), b DECIMAL(20, 4), m DOUBLE", by: "INSERT INTO u SELECT k, SUM(v), MAX(v), MIN(s) FROM t WHERE v > 0.5 GROUP BY k",
			first: "1,1.25,1.5\n1,2.5,0.5\n2,9999.99,-1\n", then: "1,0.0001,0\n1,3.0001,7\n", said: []string{"column v widened from DECIMAL(6, 2) to DECIMAL(20, 4)", "column s widened from FLOAT to DOUBLE"}, not: "rebuilt",
			query: "SELECT k, CAST(`SUM(v)` AS STRING), CAST(`MAX(v)` AS STRING), `MIN(s)` FROM state('$', 'GroupAggregate')", want: []string{"1 6.7501 3.0001 0.5", "2 9999.9900 9999.9900 -1"}},
		{name: "a join's payload", columns: "k INT, v INT, s STRING", sink: "k INT, v INT, name STRING", insert: "INSERT INTO u SELECT k, v, name FROM t JOIN d ON k = id",
			with: "k INT, v BIGINT, s STRING", into: "k INT, v BIGINT, name STRING", by: "INSERT INTO u SELECT k, v, name FROM t JOIN d ON k = id",
			first: "1,2,a\n2,5,c\n", then: "1,7000000000,z\n", said: []string{"kept           Join", "column v widened from INT to BIGINT"}, not: "rebuilt",
			query: "SELECT k, v FROM state('$', 'Join', 'left')", want: []string{"1 2", "1 7000000000", "2 5"}},
		{name: "a join's key", columns: "k INT, v INT, s STRING", sink: "k INT, v INT, name STRING", insert: "INSERT INTO u SELECT k, v, name FROM t JOIN d ON k = id",
			with: "k BIGINT, v INT, s STRING", into: "k BIGINT, v INT, name STRING", by: "INSERT INTO u SELECT k, v, name FROM t JOIN d ON k = id",
			first: "1,2,a\n2,5,c\n", then: "1,7,z\n", said: []string{"Join", "rebuilt"},
			query: "SELECT k, v FROM state('$', 'Join', 'left')", want: []string{"1 2", "1 7", "2 5"}},
		{name: "a new column in a join", columns: "k INT, v INT", sink: "k INT, v INT, name STRING", insert: "INSERT INTO u SELECT k, v, name FROM t JOIN d ON k = id",
			with: "k INT, v INT, x INT", into: "k INT, v INT, x INT, name STRING", by: "INSERT INTO u SELECT k, v, x, name FROM t JOIN d ON k = id",
			first: "1,2\n2,5\n", then: "1,7,9\n", said: []string{"kept           Join", "column x is new, NULL in rows before"}, not: "rebuilt",
			query: "SELECT k, v, x FROM state('$', 'Join', 'left')", want: []string{"1 2 <nil>", "1 7 9", "2 5 <nil>"}},
		{name: "a column that was there", columns: "k INT, v INT, x INT", sink: "k INT, v INT, name STRING", insert: "INSERT INTO u SELECT k, v, name FROM t JOIN d ON k = id",
			with: "k INT, v INT, x INT", into: "k INT, v INT, x INT, name STRING", by: "INSERT INTO u SELECT k, v, x, name FROM t JOIN d ON k = id",
			first: "1,2,3\n2,5,6\n", then: "1,7,9\n", said: []string{"rebuilt        Join"},
			query: "SELECT k, v, x FROM state('$', 'Join', 'left')", want: []string{"1 2 3", "1 7 9", "2 5 6"}},
		{name: "Top-N with a new column", columns: "k INT, v INT", sink: "k INT, v INT, n BIGINT", insert: "INSERT INTO u SELECT k, v, n FROM (SELECT k, v, ROW_NUMBER() OVER (PARTITION BY k ORDER BY v DESC) AS n FROM t) WHERE n <= 2",
			with: "k INT, v BIGINT, x INT", into: "k INT, v BIGINT, x INT, n BIGINT", by: "INSERT INTO u SELECT k, v, x, n FROM (SELECT k, v, x, ROW_NUMBER() OVER (PARTITION BY k ORDER BY v DESC) AS n FROM t) WHERE n <= 2",
			first: "1,2\n1,5\n1,1\n2,5\n", then: "1,4,9\n", said: []string{"kept           Rank", "column x is new", "column v widened"}, not: "rebuilt",
			query: "SELECT k, v, x FROM state('$', 'Rank')", want: []string{"1 4 9", "1 5 <nil>", "2 5 <nil>"}},
		{name: "a narrower value", columns: "k INT, v BIGINT, s STRING", sink: "k INT, a BIGINT", insert: "INSERT INTO u SELECT k, SUM(v) FROM t GROUP BY k",
			with: "k INT, v INT, s STRING", into: "k INT, a INT", by: "INSERT INTO u SELECT k, SUM(v) FROM t GROUP BY k",
			first: "1,2,a\n1,-3,b\n2,5,c\n", then: "1,7,z\n", said: []string{"rebuilt        GlobalGroupAggregate"},
			query: "SELECT k, `SUM(v)` FROM state('$', 'GroupAggregate')", want: []string{"1 6", "2 5"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := &evolving{edits: newEdits(t)}
			if err := os.Remove(filepath.Join(e.dir, "in", "0.csv")); err != nil {
				t.Fatal(err)
			}
			e.file("in", "0.csv", c.first)
			e.file("names", "0.csv", "1,one\n2,two\n")
			if said, err := e.run(e.script(c.columns, c.sink, c.insert), nil, nil); err != nil {
				t.Fatal(said, err)
			}
			for i := range 3 { // edited, then as it is, with other parallelisms
				more := func() {}
				if i == 0 {
					more = func() { e.file("in", "1.csv", c.then) }
				}
				said, err := e.run(e.script(c.with, c.into, c.by), map[string]string{"parallelism.default": fmt.Sprint(2 + i)}, more)
				if err != nil {
					t.Fatal(i, said, err)
				}
				for _, part := range c.said {
					if i == 0 && !strings.Contains(said, part) {
						t.Errorf("the difference lacks %q:\n%s", part, said)
					}
				}
				if i == 0 && c.not != "" && strings.Contains(said, c.not) || i > 0 && strings.Contains(said, "has changed") {
					t.Errorf("run %d says:\n%s", i, said)
				}
				got, err := e.query(strings.ReplaceAll(c.query, "$", filepath.Join(e.dir, "state")))
				if fmt.Sprint(got) != fmt.Sprint(c.want) || err != nil {
					t.Errorf("run %d: the state is %v, %v\nwant %v", i, got, err, c.want)
				}
			}
		})
	}
}
