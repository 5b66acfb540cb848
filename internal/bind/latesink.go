package bind

import (
	"slices"
	"strings"

	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/rel/calc"
	"github.com/weir-stream/weir/internal/rel/late"
	"github.com/weir-stream/weir/internal/rel/scan"
	"github.com/weir-stream/weir/internal/rel/sink"
	"github.com/weir-stream/weir/internal/sql"
	"github.com/weir-stream/weir/internal/sqlerr"
)

// BindLateSink binds the table that takes late rows, named as in SQL: its columns
// are some of those of late.Node, by name.
func (b *Binder) BindLateSink(table string) (*sink.Node, error) {
	b.begin()
	script, err := sql.ParseScript("INSERT INTO " + table + " SELECT 1")
	if err == nil && len(script.Statements) == 1 {
		if st, ok := script.Statements[0].(*sql.Insert); ok {
			n := b.lateSink(table, st)
			return n, b.aboutLate(table)
		}
	}
	b.fail(sqlerr.Option, sqlerr.Pos{}, "'%s' = '%s' does not name a table", late.Option, table)
	return nil, b.errs.Err()
}

// LateTable gives the table for late rows that a scan names, "" for none.
func LateTable(n plan.Node) string {
	s, ok := n.(*scan.Node)
	if !ok || s.Table == nil || s.Table.Options == nil {
		return ""
	}
	return strings.TrimSpace(s.Table.Options.String(late.Option))
}

// aboutLate gives the errors so far, without places: those are in text that nobody
// wrote.
func (b *Binder) aboutLate(table string) error {
	for _, e := range b.errs {
		e.Msg, e.Pos = "in the table of '"+late.Option+"' = '"+table+"': "+e.Msg, sqlerr.Pos{}
	}
	return b.err()
}

func (b *Binder) lateSink(table string, st *sql.Insert) *sink.Node {
	t := b.insertTable(st)
	if t == nil {
		return nil
	}
	src := &late.Node{Table: table, Of: func(n plan.Node) bool { return LateTable(n) == table }}
	fs := src.Fields()
	names := plan.Names(fs)
	c := &calc.Node{In: src}
	st.Columns = nil
	for i := range t.Columns {
		col := &t.Columns[i]
		if !col.Persisted() {
			continue
		}
		at := slices.Index(names, col.Name)
		if at < 0 {
			b.fail(sqlerr.Plan, sqlerr.Pos{}, "`%s` has the column `%s`, which late rows do not have", t.Path.Name, col.Name).
				WithHint("its columns are some of operator STRING, rowtime TIMESTAMP_LTZ(3), watermark TIMESTAMP_LTZ(3), `row` STRING")
			continue
		}
		c.Out, c.Cols = append(c.Out, plan.ColOf(fs, at)), append(c.Cols, fs[at])
	}
	if len(b.errs) > 0 {
		return nil
	}
	return b.insertion(st, t, block{node: c})
}
