package bind

import (
	"strings"

	"github.com/weir-stream/weir/internal/fn"
	"github.com/weir-stream/weir/internal/types"
)

// AggTable is the aggregate functions by name. It resolves calls by the same
// signatures as scalar functions.
type AggTable struct {
	byFunc map[*fn.Func]*fn.Agg
	table  *fn.Table
	names  []string
}

// NewAggTable builds a table from lists of rows.
func NewAggTable(rows ...[]fn.Agg) *AggTable {
	t := &AggTable{byFunc: map[*fn.Func]*fn.Agg{}}
	var funcs []fn.Func
	var aggs []*fn.Agg
	for _, list := range rows {
		for i := range list {
			a := &list[i]
			funcs = append(funcs, fn.Func{Name: a.Name, Sig: a.Sig, Doc: a.Doc, Infer: a.Infer, Extension: a.Extension})
			aggs = append(aggs, a)
		}
	}
	t.table = fn.NewTable(funcs)
	for i, a := range aggs {
		t.byFunc[&funcs[i]] = a
	}
	t.names = t.table.Names()
	return t
}

// Has reports whether there is an aggregate of that name, in any case.
func (t *AggTable) Has(name string) bool { return t.table.Has(name) }

// Names lists the aggregates, sorted.
func (t *AggTable) Names() []string { return t.names }

// lookup gives some overload of a name; nil if there is none.
func (t *AggTable) lookup(name string) *fn.Agg {
	for _, f := range t.table.Lookup(strings.ToUpper(name)) {
		return t.byFunc[f]
	}
	return nil
}

// resolve picks the overload for the arguments, as fn.Table.Resolve does.
func (t *AggTable) resolve(name string, args []fn.Arg) (*fn.Agg, []types.Type, types.Type, error) {
	f, ts, ret, err := t.table.Resolve(name, args)
	if err != nil {
		return nil, nil, types.Type{}, err
	}
	return t.byFunc[f], ts, ret, nil
}
