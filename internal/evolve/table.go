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
	if !ok || was.Limit != is.Limit || was.Mark == nil && is.Mark != nil {
		return nil, false
	}
	read := func(old []int, at int) int {
		if i := slices.Index(old, at); i >= 0 {
			return i
		}
		return unknown // it was there, and nobody looked at it
	}
	var cols []int
	for _, w := range is.Want {
		at := fresh
		if table[w] >= 0 {
			at = read(was.Want, table[w])
		}
		cols = append(cols, at)
	}
	for _, x := range is.Meta {
		at := read(was.Meta, x)
		if at >= 0 {
			at += len(was.Want)
		}
		cols = append(cols, at)
	}
	cols = plainly(cols, len(was.Output))
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
	cols := m.input(was, is, 0)
	a, b := *was, *is
	if !whole(cols, len(was.In.Fields())) {
		return nil, false
	}
	if cols != nil {
		b.Key = mapped(b.Key, cols)
	}
	for _, n := range []*sink.Node{&a, &b} {
		n.In, n.Table, n.Sink, n.Constraints, n.Part, n.Draw, n.Corrects = nil, nil, nil, nil, 0, 0, false
	}
	return cols, m.comparer(nil).same(&a, &b)
}
