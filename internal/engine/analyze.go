package engine

import (
	"context"
	"fmt"
	"maps"
	"strconv"
	"strings"

	"github.com/weir-stream/weir/internal/catalog"
	"github.com/weir-stream/weir/internal/opt"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/sql"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
)

// analyzeTable prepares ANALYZE TABLE: one query over the table as a batch, of
// which the catalog keeps the answer.
func (p *preparer) analyzeTable(st *sql.AnalyzeTable) (runFunc, error) {
	if _, _, err := p.s.analysis(st); err != nil {
		return nil, err
	}
	return func(ctx context.Context, s *Session, out Output) error {
		t, cols, err := s.analysis(st)
		if err != nil {
			return err
		}
		values, err := s.analyse(ctx, st, t, cols)
		if err != nil {
			return err
		}
		n := *t
		n.Statistics = t.Statistics.With(partitionOf(st), statistics(cols, values))
		if err := s.eng.catalog.Put(&n, catalog.Replace); err != nil {
			return err
		}
		out.Info("analyzed table " + t.Path.Name)
		return nil
	}, nil
}

// partitionOf names the partitions that are analysed; "" for the whole table.
// Keys without values stand for all of theirs.
func partitionOf(st *sql.AnalyzeTable) string {
	var parts []string
	for _, v := range st.Partition {
		if v.Value != nil {
			parts = append(parts, v.Key.Name+"="+sql.Print(v.Value))
		}
	}
	return strings.Join(parts, "/")
}

// analysis finds the table and the columns that a statement is about, and makes
// sure that they can be read as a batch.
func (s *Session) analysis(st *sql.AnalyzeTable) (*catalog.Table, []catalog.Column, error) {
	o, err := s.find("table", st.Table)
	if err != nil {
		return nil, nil, err
	}
	t := o.(*catalog.Table)
	if t.Broken {
		return nil, nil, sqlerr.List{}
	}
	if len(st.Partition) > 0 {
		var given []sql.PartitionValue
		for _, v := range st.Partition {
			if v.Value != nil {
				given = append(given, v)
			}
		}
		if _, _, err := s.binder().PartitionSpec(t, given, false, st.Pos); err != nil {
			return nil, nil, err
		}
	}
	cols, err := analysed(st, t)
	if err != nil {
		return nil, nil, err
	}
	_, _, _, err = s.analysisPlan(st, t, cols)
	if err != nil {
		return nil, nil, err
	}
	return t, cols, nil
}

// analysed gives the columns of FOR COLUMNS: physical ones only, as in Flink.
func analysed(st *sql.AnalyzeTable, t *catalog.Table) ([]catalog.Column, error) {
	var cols []catalog.Column
	if st.AllColumns {
		for _, c := range t.Columns {
			if c.Kind == catalog.Physical {
				cols = append(cols, c)
			}
		}
		return cols, nil
	}
	for _, id := range st.Columns {
		at := t.Column(id.Name)
		if at < 0 {
			err := sqlerr.New(sqlerr.Name, id.Pos, "`%s` has no column `%s`", t.Path.Name, id.Name)
			if near, ok := sqlerr.Nearest(id.Name, t.ColumnNames()); ok {
				return nil, err.WithHint("did you mean `%s`?", near)
			}
			return nil, err.WithHint("columns are %s", strings.Join(t.ColumnNames(), ", "))
		}
		if c := t.Columns[at]; c.Kind != catalog.Physical {
			return nil, sqlerr.New(sqlerr.Plan, id.Pos, "`%s` is not a physical column, so it has no statistics", id.Name)
		}
		cols = append(cols, t.Columns[at])
	}
	return cols, nil
}

// figures are what is asked of a column, as text: distinct values, nulls,
// least, greatest, average and greatest length; NULL where the type has none.
const figures = 6

// figuresOf writes the figures of a column; distinct is the aggregate for
// distinct values.
func figuresOf(c catalog.Column, distinct string) []string {
	name := sql.QuoteIdent(c.Name)
	text := func(e string) string { return "CAST(" + e + " AS STRING)" }
	out := []string{"CAST(NULL AS STRING)", text("COUNT(*) - COUNT(" + name + ")"), "CAST(NULL AS STRING)", "CAST(NULL AS STRING)",
		"CAST(NULL AS STRING)", "CAST(NULL AS STRING)"}
	t := c.Type
	if t.IsNested() || t.IsBinary() || t.Kind == types.Variant {
		return out
	}
	out[0] = text(fmt.Sprintf(distinct, name))
	if t.IsString() {
		out[4], out[5] = text("AVG(CAST(CHAR_LENGTH("+name+") AS DOUBLE))"), text("MAX(CHAR_LENGTH("+name+"))")
	}
	if t.Kind != types.Boolean {
		out[2], out[3] = text("MIN("+name+")"), text("MAX("+name+")")
	}
	return out
}

// batch gives a copy of the session that runs queries as batches, without
// checkpoints.
func (s *Session) batch() *Session {
	b := &Session{eng: s.eng, catalog: s.catalog, database: s.database, options: maps.Clone(s.options)}
	b.options["execution.runtime-mode"] = "batch"
	b.options["weir.sql.strict"] = "false"
	delete(b.options, "execution.checkpointing.dir")
	return b
}

// analysisPlan plans the query. Distinct values are estimated where the input
// only adds rows, and counted where it also takes rows back.
func (s *Session) analysisPlan(st *sql.AnalyzeTable, t *catalog.Table, cols []catalog.Column) (*planned, *resultSink, plan.Node, error) {
	var first error
	for _, distinct := range []string{"APPROX_COUNT_DISTINCT(%s)", "COUNT(DISTINCT %s)"} {
		items := []string{"CAST(COUNT(*) AS STRING)"}
		for _, c := range cols {
			items = append(items, figuresOf(c, distinct)...)
		}
		text := "SELECT " + strings.Join(items, ", ") + " FROM " + sql.Print(&sql.TableName{Name: st.Table})
		var where []string
		for _, v := range st.Partition {
			if v.Value != nil {
				where = append(where, sql.QuoteIdent(v.Key.Name)+" = "+sql.Print(v.Value))
			}
		}
		if len(where) > 0 {
			text += " WHERE " + strings.Join(where, " AND ")
		}
		q, err := sql.ParseQuery(text)
		if err == nil {
			var pl *planned
			var r *resultSink
			var n plan.Node
			if bound, berr := s.batch().binder().BindQuery(q); berr == nil && opt.Endless(bound) != nil {
				return nil, nil, nil, sqlerr.New(sqlerr.Plan, st.Table.Position(), "`%s` has no end, so it cannot be analysed", t.Path.Name)
			}
			if pl, r, n, err = s.batch().planQuery(q); err == nil {
				return pl, r, n, nil
			}
		}
		if first == nil {
			first = placed(err, st.Table.Position())
		}
	}
	return nil, nil, nil, first
}

// placed gives errors of a text that the user did not write the statement's
// place.
func placed(err error, pos sqlerr.Pos) error {
	var l, out sqlerr.List
	l.Add(err)
	for _, e := range l {
		c := *e
		c.Pos = pos
		out = append(out, &c)
	}
	return out.Err()
}

// analyse runs the query and gives its only row.
func (s *Session) analyse(ctx context.Context, st *sql.AnalyzeTable, t *catalog.Table, cols []catalog.Column) ([]string, error) {
	pl, r, bound, err := s.analysisPlan(st, t, cols)
	if err != nil {
		return nil, err
	}
	job, err := s.batch().startQuery(ctx, pl, r, bound)
	if err != nil {
		return nil, err
	}
	values := make([]string, 1+figures*len(cols))
	for {
		b, err := job.Next(ctx)
		if b == nil || err != nil {
			_ = job.Close()
			return values, err
		}
		for i := range b.Len() {
			for k := range values {
				values[k], _ = b.Cols[k].Value(b.Row(i)).(string)
			}
		}
	}
}

// statistics reads the row of figures.
func statistics(cols []catalog.Column, values []string) *catalog.Statistics {
	number := func(s string) int64 {
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil {
			return -1
		}
		return n
	}
	st := &catalog.Statistics{Rows: number(values[0])}
	for i, c := range cols {
		v := values[1+figures*i:]
		cs := catalog.ColumnStatistics{Distinct: number(v[0]), Nulls: number(v[1]), Min: v[2], Max: v[3], AvgLength: -1, MaxLength: number(v[5])}
		if avg, err := strconv.ParseFloat(v[4], 64); err == nil {
			cs.AvgLength = avg
		}
		if st.Columns == nil {
			st.Columns = map[string]catalog.ColumnStatistics{}
		}
		st.Columns[c.Name] = cs
	}
	return st
}
