package bind

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/weir-stream/weir/internal/catalog"
	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/fn"
	"github.com/weir-stream/weir/internal/format"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/sql"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
)

var rewrite = flag.Bool("rewrite", false, "write the golden plans anew")

// source and into are the ends of a table that is never run.
type source struct{ connector.Source }

type into struct{ connector.Sink }

func fakeConnectors() map[string]*connector.Spec {
	return map[string]*connector.Spec{
		"fake": {Name: "fake", Options: []format.Option{{Key: "bounded", Kind: format.BoolOption}},
			Metadata: []connector.MetadataColumn{{Key: "timestamp", Type: types.TimestampLTZOf(3).NotNull(), Writable: true}, {Key: "offset", Type: types.Of(types.BigInt).NotNull()}},
			Source: func(t *connector.Table) (connector.Source, error) {
				return source{}, nil
			},
			Sink: func(t *connector.Table) (connector.Sink, error) { return into{}, nil }},
		"sink": {Name: "sink", Sink: func(t *connector.Table) (connector.Sink, error) { return into{}, nil }},
	}
}

// session runs the statements of a script as an engine does: definitions go
// into the catalog, queries and inserts give plans.
type session struct {
	cfg   Config
	plans []plan.Node
	errs  sqlerr.List
}

func newSession() *session {
	utc, _ := types.LoadZone("UTC")
	return &session{cfg: Config{Catalog: catalog.New(), CurrentCatalog: catalog.DefaultCatalog, CurrentDatabase: catalog.DefaultDatabase,
		Functions: fn.Core(), Aggs: NewAggTable(fn.Aggs()), Connectors: fakeConnectors(), Zone: utc, Parallelism: 1}}
}

func (s *session) run(t *testing.T, src string) {
	t.Helper()
	script, err := sql.ParseScript(src)
	if err != nil {
		t.Fatalf("%s", sqlerr.Render("", src, err))
	}
	for _, st := range script.Statements {
		b := New(s.cfg)
		switch st := st.(type) {
		case *sql.CreateTable:
			table, err := b.BindCreateTable(st)
			s.errs.Add(err)
			s.errs.Add(s.cfg.Catalog.Put(table, catalog.Fail))
		case *sql.CreateView:
			view, err := b.BindCreateView(st)
			s.errs.Add(err)
			s.errs.Add(s.cfg.Catalog.Put(view, catalog.Fail))
		case *sql.Insert:
			n, err := b.BindInsert(st)
			s.errs.Add(err)
			if err == nil {
				s.plans = append(s.plans, n)
			}
		case *sql.QueryStmt:
			n, err := b.BindQuery(st.Query)
			s.errs.Add(err)
			if err == nil {
				s.plans = append(s.plans, n)
			}
		default:
			t.Fatalf("statement %T", st)
		}
	}
}

const tables = `
CREATE TABLE bid (auction BIGINT, bidder BIGINT, price BIGINT, channel STRING, ts TIMESTAMP(3), tags ARRAY<STRING>, info ROW<a INT, b STRING>,
  pt AS PROCTIME(), WATERMARK FOR ts AS ts) WITH ('connector' = 'fake');
CREATE TABLE auction (id BIGINT NOT NULL, seller BIGINT, category INT, ts TIMESTAMP(3), PRIMARY KEY (id) NOT ENFORCED,
  WATERMARK FOR ts AS ts) WITH ('connector' = 'fake', 'bounded' = 'true');
CREATE TABLE logs (line STRING, at STRING, rowtime AS TO_TIMESTAMP(at), off BIGINT METADATA FROM 'offset' VIRTUAL,
  WATERMARK FOR rowtime AS rowtime - INTERVAL '1' MINUTE) WITH ('connector' = 'fake');
CREATE TABLE out1 (k STRING, n BIGINT NOT NULL, d DECIMAL(10, 2)) WITH ('connector' = 'sink');
`

// TestPlans compares the plans of testdata/*.sql with the trees beside them. A
// file holds queries; each is bound against the same tables.
func TestPlans(t *testing.T) {
	files, _ := filepath.Glob("testdata/*.sql")
	if len(files) == 0 {
		t.Fatal("no files")
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			src, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := planText(t, string(src))
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
}

func planText(t *testing.T, src string) string {
	t.Helper()
	var b strings.Builder
	for _, stmt := range strings.Split(src, ";\n") {
		if strings.TrimSpace(stmt) == "" {
			continue
		}
		s := newSession()
		s.run(t, tables)
		s.run(t, stmt)
		b.WriteString(strings.TrimSpace(stmt) + "\n")
		if err := s.errs.Err(); err != nil {
			b.WriteString(sqlerr.Render("", stmt, err))
			t.Errorf("%s", sqlerr.Render("", stmt, err))
		}
		for _, p := range s.plans {
			checkColumns(t, stmt, p)
			b.WriteString(plan.Print(p, nil))
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// TestErrors has scripts and the errors that each gives: line, column, message
// and hint.
func TestErrors(t *testing.T) {
	const file = "testdata/errors.txt"
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, test := range strings.Split(string(data), "\n\n") {
		src, want, ok := strings.Cut(strings.TrimSpace(test), "\n----")
		if !ok {
			t.Fatalf("no ---- in %q", test)
		}
		s := newSession()
		s.run(t, tables)
		s.run(t, src)
		got := errorText(src, s.errs.Err())
		all = append(all, src+"\n----\n"+got+"\n")
		if got != strings.TrimSpace(want) && !*rewrite {
			t.Errorf("%s\n--- got\n%s\n--- want\n%s", src, got, strings.TrimSpace(want))
		}
	}
	if *rewrite {
		if err := os.WriteFile(file, []byte(strings.Join(all, "\n")), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func errorText(src string, err error) string {
	var l sqlerr.List
	if !errors.As(err, &l) {
		return "no error"
	}
	var b strings.Builder
	for _, e := range l {
		line, col := sqlerr.LineCol(src, e.Pos.Start)
		b.WriteString(strings.Join([]string{itoa(line) + ":" + itoa(col), e.Error()}, " ") + "\n")
	}
	return strings.TrimSpace(b.String())
}

// TestCreateTableAs fills a table whose columns come from a query and from the
// statement.
func TestCreateTableAs(t *testing.T) {
	s := newSession()
	s.run(t, tables)
	script, err := sql.ParseScript("CREATE TABLE x (d STRING, n2 AS n + 1, auction INT) WITH ('connector' = 'sink') AS SELECT auction, 1 AS n FROM bid")
	if err != nil {
		t.Fatal(err)
	}
	st := script.Statements[0].(*sql.CreateTable)
	b := New(s.cfg)
	table, err := b.BindCreateTable(st)
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(table.ColumnNames(), " "); got != "d n2 auction n" {
		t.Errorf("columns are %s", got)
	}
	if got := table.Columns[2].Type.Kind; got != types.Int {
		t.Errorf("auction is %s", got)
	}
	if err := s.cfg.Catalog.Put(table, catalog.Fail); err != nil {
		t.Fatal(err)
	}
	in, err := b.InsertOf(st)
	if err != nil {
		t.Fatal(err)
	}
	if got := sql.Print(in); got != "INSERT INTO x (auction, n) SELECT auction, 1 AS n FROM bid" {
		t.Errorf("insert is %s", got)
	}
	if _, err := b.BindInsert(in); err == nil || !strings.Contains(err.Error(), "column 1 `auction`: query gives BIGINT, table wants INT") {
		t.Errorf("insert gives %v", err)
	}
}
