package opt_test

import (
	"context"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/weir-stream/weir/internal/bind"
	"github.com/weir-stream/weir/internal/catalog"
	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/fn"
	"github.com/weir-stream/weir/internal/format"
	"github.com/weir-stream/weir/internal/opt"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/sql"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
)

var rewrite = flag.Bool("rewrite", false, "write the golden plans anew")

// source is a table that is never read.
type source struct {
	connector.Source
	changes connector.Changes
	rows    int64
}

func (s source) Bounded() bool              { return true }
func (s source) Changes() connector.Changes { return s.changes }
func (s source) Rows() int64                { return s.rows }

// byKey is such a table that can be read by key.
type byKey struct{ source }

func (byKey) LookupAsync() bool { return false }
func (byKey) Indexes() [][]int  { return [][]int{{0}} }
func (byKey) OpenLookup(context.Context, connector.LookupScan) (connector.Lookup, error) {
	return nil, nil
}

// keyed is a table that is written by its primary key.
type keyed struct{ connector.Sink }

func (keyed) Accepts() connector.Changes { return connector.Upserts }

var fake = &connector.Spec{Name: "fake",
	Sink:    func(*connector.Table) (connector.Sink, error) { return keyed{}, nil },
	Options: []format.Option{{Key: "rows", Kind: format.IntOption, Default: "1000"}, {Key: "changes", Default: "I"}, {Key: "lookup", Kind: format.BoolOption, Default: "false"}},
	Source: func(t *connector.Table) (connector.Source, error) {
		s := source{changes: connector.InsertOnly, rows: t.Options.Int("rows")}
		switch t.Options.String("changes") {
		case "all":
			s.changes = connector.AllChanges
		case "upsert":
			s.changes = connector.Inserts | connector.UpdatesAfter | connector.Deletes
		}
		if t.Options.Bool("lookup") {
			return byKey{s}, nil
		}
		return s, nil
	}}

const tables = `
CREATE TABLE t (a INT, b INT, c BIGINT NOT NULL, s STRING) WITH ('connector' = 'fake', 'rows' = '100000');
CREATE TABLE r (a INT, d INT, e BIGINT NOT NULL) WITH ('connector' = 'fake');
CREATE TABLE small (a INT, f INT) WITH ('connector' = 'fake', 'rows' = '10');
CREATE TABLE arr (k INT, xs ARRAY<INT>) WITH ('connector' = 'fake');
CREATE TABLE log (id INT, v INT, PRIMARY KEY (id) NOT ENFORCED) WITH ('connector' = 'fake', 'changes' = 'all');
CREATE TABLE ups (id INT, v INT, PRIMARY KEY (id) NOT ENFORCED) WITH ('connector' = 'fake', 'changes' = 'upsert');
CREATE TABLE ev (k INT, v INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'fake');
CREATE TABLE now (k INT, p AS PROCTIME()) WITH ('connector' = 'fake');
CREATE TABLE dim (id INT, name STRING, lim INT) WITH ('connector' = 'fake', 'lookup' = 'true');
CREATE TABLE dim2 (id INT, name STRING, lim INT) WITH ('connector' = 'fake', 'lookup' = 'true');
CREATE TABLE out (k INT, l INT, name STRING, PRIMARY KEY (k) NOT ENFORCED) WITH ('connector' = 'fake');
CREATE TABLE ev2 (k INT, w INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'fake');
CREATE TABLE rates (k INT, w INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts, PRIMARY KEY (k) NOT ENFORCED) WITH ('connector' = 'fake', 'changes' = 'all');
CREATE VIEW versions AS SELECT k, w, ts FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY ts DESC) rn FROM ev2) WHERE rn = 1;
CREATE VIEW dedup AS SELECT k, w, ts FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY ts DESC) rn FROM rates) WHERE rn = 1;
`

// bound gives the plan of a query over the tables.
func bound(t *testing.T, query string, batch bool) plan.Node {
	t.Helper()
	utc, _ := types.LoadZone("UTC")
	cfg := bind.Config{Catalog: catalog.New(), CurrentCatalog: catalog.DefaultCatalog, CurrentDatabase: catalog.DefaultDatabase,
		Functions: fn.Core(), Aggs: bind.NewAggTable(fn.Aggs()), Connectors: map[string]*connector.Spec{"fake": fake}, Zone: utc, Parallelism: 1, Batch: batch}
	script, err := sql.ParseScript(tables + query)
	if err != nil {
		t.Fatal(sqlerr.Render("", tables+query, err))
	}
	for _, st := range script.Statements {
		b := bind.New(cfg)
		if q, ok := st.(*sql.Insert); ok {
			n, err := b.BindInsert(q)
			if err != nil {
				t.Fatal(sqlerr.Render("", tables+query, err))
			}
			return n
		}
		if q, ok := st.(*sql.QueryStmt); ok {
			n, err := b.BindQuery(q.Query)
			if err != nil {
				t.Fatal(sqlerr.Render("", tables+query, err))
			}
			return n
		}
		if v, ok := st.(*sql.CreateView); ok {
			view, err := b.BindCreateView(v)
			if err != nil {
				t.Fatal(sqlerr.Render("", tables, err))
			}
			if err := cfg.Catalog.Put(view, catalog.Fail); err != nil {
				t.Fatal(err)
			}
			continue
		}
		table, err := b.BindCreateTable(st.(*sql.CreateTable))
		if err == nil {
			err = cfg.Catalog.Put(table, catalog.Fail)
		}
		if err != nil {
			t.Fatal(sqlerr.Render("", tables, err))
		}
	}
	t.Fatalf("no query in %q", query)
	return nil
}

// optimized gives the tree after all rules but one.
func optimized(t *testing.T, n plan.Node, batch bool, without string) string {
	t.Helper()
	utc, _ := types.LoadZone("UTC")
	c := &opt.Ctx{Context: &plan.Context{Batch: batch, Parallelism: 8, MiniBatch: true, Zone: utc, Optimize: true}, Option: func(string) string { return "" }, Without: without}
	out, err := opt.Optimize(c, n)
	if err != nil {
		return "error: " + err.Error() + "\n"
	}
	if without == "" {
		if _, err := plan.Annotate(c.Context, out); err != nil {
			return "error: " + err.Error() + "\n"
		}
	}
	return strings.ReplaceAll(plan.Print(out, nil), "default_catalog.default_database.", "")
}

// TestRules compares the plans of testdata/*.sql, one file a rule, with the
// trees beside them: all rules but this one, then all. The first line of a file
// is "-- rule: NAME", with "(batch)" behind it for plans of batch mode. A query
// follows its comment, which says "not" where the rule must leave it alone.
func TestRules(t *testing.T) {
	seen := map[string]bool{}
	files, _ := filepath.Glob("testdata/*.sql")
	for _, file := range files {
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		head, body, _ := strings.Cut(string(src), "\n")
		rule, batch := strings.CutSuffix(strings.TrimPrefix(head, "-- rule: "), " (batch)")
		seen[rule] = true
		t.Run(filepath.Base(file), func(t *testing.T) {
			got := head + "\n\n"
			for _, q := range strings.Split(body, ";\n") {
				if q = strings.TrimSpace(q); q != "" {
					got += ruleText(t, q, rule, batch) + "\n"
				}
			}
			golden := strings.TrimSuffix(file, ".sql") + ".plan"
			if *rewrite {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("plans differ; run with -rewrite and look at the difference\n%s", got)
			}
		})
	}
	for _, p := range opt.Phases() {
		for _, r := range p.Rules {
			if !seen[r.Name] {
				t.Errorf("rule %q has no file in testdata", r.Name)
			}
		}
	}
}

func ruleText(t *testing.T, query, rule string, batch bool) string {
	n := bound(t, query, batch)
	without, with := optimized(t, n, batch, rule), optimized(t, n, batch, "")
	comment, _, _ := strings.Cut(query, "\n")
	if fires := without != with; strings.HasPrefix(comment, "--") && fires == strings.HasPrefix(comment, "-- not") {
		t.Errorf("%s\nthe rule fires: %v", query, fires)
	}
	if without == with {
		return query + "\n" + with
	}
	return query + "\n" + without + "=>\n" + with
}
