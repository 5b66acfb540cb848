package evolve

import (
	"maps"
	"slices"

	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/rel/scan"
	"github.com/weir-stream/weir/internal/rel/sink"
)

// scan compares two readings of a table. One that told event time may do without: what
// wanted it was another INSERT, which has gone.
func (m *Matching) scan(was, is *scan.Node) ([]int, bool) {
	table, ok := m.table(was.Table, is.Table)
	if !ok || !slices.Equal(was.Meta, is.Meta) || was.Limit != is.Limit || was.Mark == nil && is.Mark != nil {
		return nil, false
	}
	var cols []int
	used, plain := 0, len(was.Want) == len(is.Want)
	for i, w := range is.Want {
		at := -1
		if table[w] >= 0 {
			if at = slices.Index(was.Want, table[w]); at < 0 {
				return nil, false // it was there, and nobody looked at it
			}
			used++
		}
		plain = plain && at == i
		cols = append(cols, at)
	}
	if used != len(was.Want) {
		return nil, false
	}
	for i := range is.Meta {
		cols = append(cols, len(was.Want)+i)
	}
	if plain {
		cols = nil
	}
	if is.Mark == nil {
		return cols, true
	}
	a, b := *was.Mark, *is.Mark
	if cols != nil && b.Col >= 0 {
		b.Col = cols[b.Col]
	}
	return cols, a.Col == b.Col && a.IdleMs == b.IdleMs && a.EmitMs == b.EmitMs && m.comparer(cols).expr(a.Expr, b.Expr)
}

// table compares what counts of two tables, and tells which column of the old one each
// column of the new one was, -1 if it is new.
func (m *Matching) table(was, is *connector.Table) ([]int, bool) {
	if was.Name != is.Name || was.Overwrite != is.Overwrite || was.Rewrite != nil || is.Rewrite != nil || len(was.Static)+len(is.Static) > 0 ||
		!slices.EqualFunc(was.Metadata, is.Metadata, func(a, b connector.MetadataUse) bool { return a.Key == b.Key && a.Type.Equal(b.Type) }) {
		return nil, false
	}
	given := func(t *connector.Table) map[string]string {
		o := maps.Clone(t.Given())
		maps.DeleteFunc(o, func(k, _ string) bool { return m.cfg.Operational(k) })
		return o
	}
	if !maps.Equal(given(was), given(is)) {
		return nil, false
	}
	cols := tableColumns(was, is)
	for _, x := range [][2][]int{{was.PrimaryKey, is.PrimaryKey}, {was.Partitions, is.Partitions}} {
		if !slices.Equal(x[0], mapped(x[1], cols)) {
			return nil, false
		}
	}
	return cols, true
}

// tableColumns finds the columns of a table in another: by name, and those that are
// left by place.
func tableColumns(was, is *connector.Table) []int {
	out := make([]int, len(is.Columns))
	taken := make([]bool, len(was.Columns))
	for i := range is.Columns {
		out[i] = -1
		for j := range was.Columns {
			if was.Columns[j].Name == is.Columns[i].Name {
				out[i], taken[j] = j, true
			}
		}
	}
	for i := range is.Columns {
		if out[i] < 0 && i < len(taken) && !taken[i] && widens(was.Columns[i].Type, is.Columns[i].Type) {
			out[i], taken[i] = i, true
		}
	}
	return out
}

// sink compares two writings to a table. Its constraints are checked row by row and
// keep nothing; whether it corrects what was there before is decided elsewhere.
func (m *Matching) sink(was, is *sink.Node) ([]int, bool) {
	if _, ok := m.table(was.Table, is.Table); !ok || is.Change != sink.NoChange {
		return nil, false
	}
	cols := m.input(is, 0)
	a, b := *was, *is
	if cols != nil {
		b.Key = mapped(b.Key, cols)
	}
	for _, n := range []*sink.Node{&a, &b} {
		n.In, n.Table, n.Sink, n.Constraints, n.Part, n.Corrects = nil, nil, nil, nil, 0, false
	}
	return cols, m.comparer(nil).same(&a, &b)
}
