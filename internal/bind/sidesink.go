package bind

import (
	"slices"
	"strings"

	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/dag"
	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/rel/calc"
	"github.com/weir-stream/weir/internal/rel/scan"
	"github.com/weir-stream/weir/internal/rel/side"
	"github.com/weir-stream/weir/internal/rel/sink"
	"github.com/weir-stream/weir/internal/sql"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
)

// sideTable is an option that names a table for what leaves a job beside its results.
type sideTable struct {
	option, what string
	columns      string // for messages
}

var sideTables = map[dag.Side]sideTable{
	dag.LateRows: {side.LateOption, "late rows", "operator STRING, rowtime TIMESTAMP_LTZ(3), watermark TIMESTAMP_LTZ(3), `row` STRING"},
	dag.DeadLetters: {connector.DeadLetterOption, "dead letters", "topic STRING, `partition` INT, `offset` BIGINT, `timestamp` TIMESTAMP_LTZ(3), headers MAP<STRING, BYTES>, " +
		"key BYTES, `value` BYTES, error STRING, path STRING, line BIGINT"},
}

// BindSideSink binds the table that takes late rows or dead letters, named as in SQL:
// its columns are some of those of the side, by name.
func (b *Binder) BindSideSink(s dag.Side, table string) (*sink.Node, error) {
	b.begin()
	script, err := sql.ParseScript("INSERT INTO " + table + " SELECT 1")
	if err == nil && len(script.Statements) == 1 {
		if st, ok := script.Statements[0].(*sql.Insert); ok {
			n := b.sideSink(s, table, st)
			return n, b.aboutSide(s, table)
		}
	}
	b.fail(sqlerr.Option, sqlerr.Pos{}, "'%s' = '%s' does not name a table", sideTables[s].option, table)
	return nil, b.errs.Err()
}

// SideTable gives the table for late rows or dead letters that a scan names, "" for
// none.
func SideTable(s dag.Side, n plan.Node) string {
	x, ok := n.(*scan.Node)
	if !ok || x.Table == nil || x.Table.Options == nil || s == dag.DeadLetters && !x.Table.Buries() {
		return ""
	}
	return strings.TrimSpace(x.Table.Options.String(sideTables[s].option))
}

// aboutSide gives the errors so far, without places: those are in text that nobody
// wrote.
func (b *Binder) aboutSide(s dag.Side, table string) error {
	for _, e := range b.errs {
		e.Msg, e.Pos = "in the table of '"+sideTables[s].option+"' = '"+table+"': "+e.Msg, sqlerr.Pos{}
	}
	return b.err()
}

func (b *Binder) sideSink(s dag.Side, table string, st *sql.Insert) *sink.Node {
	t := b.insertTable(st)
	if t == nil {
		return nil
	}
	src := &side.Node{Side: s, Table: table, Of: func(n plan.Node) string {
		if SideTable(s, n) != table {
			return ""
		}
		return n.(*scan.Node).Table.Name
	}}
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
			e := b.fail(sqlerr.Plan, sqlerr.Pos{}, "`%s` has the column `%s`, which %s do not have", t.Path.Name, col.Name, sideTables[s].what)
			if near, ok := sqlerr.Nearest(col.Name, names); ok {
				e.WithHint("did you mean `%s`?", near)
			} else {
				e.WithHint("its columns are some of %s", sideTables[s].columns)
			}
			continue
		}
		x, f := expr.Expr(plan.ColOf(fs, at)), fs[at]
		if f.Type.IsBinary() && col.Type.IsString() { // the bytes as text
			x = expr.CastTo(x, types.String())
			f.Type = x.Type()
		}
		c.Out, c.Cols = append(c.Out, x), append(c.Cols, f)
	}
	if len(b.errs) > 0 {
		return nil
	}
	return b.insertion(st, t, block{node: c})
}
