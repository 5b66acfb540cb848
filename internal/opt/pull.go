package opt

import (
	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/fn"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/rel/agg"
	"github.com/weir-stream/weir/internal/rel/calc"
	"github.com/weir-stream/weir/internal/rel/join"
	"github.com/weir-stream/weir/internal/rel/order"
	"github.com/weir-stream/weir/internal/rel/rank"
	"github.com/weir-stream/weir/internal/types"
)

// pulled is a subquery whose correlated conditions were taken out.
type pulled struct {
	node plan.Node
	// conds are over node's columns (depth 0) and outer ones (depth 1 and up).
	conds []expr.Expr
	// out are the subquery's columns as expressions like conds.
	out []expr.Expr
	// empty is what out gives over no rows, nil = no row at all.
	empty []expr.Expr
	// single: at most one row for each outer row.
	single bool
}

// pull takes the correlated conditions out of a subquery; nil if it has a form
// that cannot be taken apart.
func pull(n plan.Node, scalar bool) *pulled {
	if !correlated(n) {
		return &pulled{node: n, out: cols(n.Fields(), 0, len(n.Fields())), single: singleRow(n)}
	}
	switch n := n.(type) {
	case *calc.Node:
		return pullCalc(n, scalar)
	case *agg.Node:
		return pullAgg(n)
	case *join.Node:
		return pullJoin(n)
	case *order.Node:
		return pullOrder(n)
	}
	return nil
}

func singleRow(n plan.Node) bool {
	switch n := n.(type) {
	case *agg.Node:
		return len(n.Keys) == 0 && len(n.Sets) == 0
	case *calc.Node:
		return n.Cond == nil && singleRow(n.In)
	}
	return false
}

func pullCalc(n *calc.Node, scalar bool) *pulled {
	p := pull(n.In, scalar)
	if p == nil {
		return nil
	}
	for _, c := range expr.Conjuncts(n.Cond) {
		c = expr.Substitute(c, p.out)
		if expr.HasOuter(c) || p.empty != nil {
			p.conds = append(p.conds, c)
			continue
		}
		p.node = filtered(p.node, c)
	}
	if p.empty != nil && n.Cond != nil {
		return nil // HAVING over an aggregate without groups
	}
	if n.Out == nil {
		return p
	}
	if p.empty != nil {
		empty := make([]expr.Expr, len(n.Out))
		for i, e := range n.Out {
			empty[i] = expr.Substitute(e, p.empty)
		}
		p.empty = empty
	}
	out := make([]expr.Expr, len(n.Out))
	for i, e := range n.Out {
		out[i] = expr.Substitute(e, p.out)
	}
	p.out = out
	return p
}

// pullAgg groups the aggregate by the inner side of each correlated equality as
// well: each outer row then finds its group by key.
func pullAgg(n *agg.Node) *pulled {
	p := pull(n.In, false)
	if p == nil || p.empty != nil || len(n.Sets) > 0 {
		return nil
	}
	for _, o := range p.out {
		if expr.HasOuter(o) {
			return nil
		}
	}
	// The aggregate's input: its old columns, then the inner sides.
	es := append([]expr.Expr(nil), p.out...)
	names := plan.Names(n.In.Fields())
	var outer []expr.Expr
	for _, c := range p.conds {
		o, inner := sides(c)
		if o == nil {
			return nil
		}
		outer = append(outer, o)
		es, names = append(es, inner), append(names, "$c")
	}
	in := calc.Project(p.node, es, names)
	keys := append([]int(nil), n.Keys...)
	first := len(n.In.Fields())
	for i := range outer {
		keys = append(keys, first+i)
	}
	low := agg.New(in, keys, n.Calls)
	low.TTLMs = n.TTLMs
	fs := low.Fields()
	r := &pulled{node: low, single: len(n.Keys) == 0}
	for i, o := range outer {
		at := len(n.Keys) + i
		r.conds = append(r.conds, expr.Compare(fn.EQ, o, plan.ColOf(fs, at)))
	}
	r.out = append(cols(fs, 0, len(n.Keys)), cols(fs, len(keys), len(fs))...)
	if len(n.Keys) == 0 {
		r.empty = emptyResults(n.Calls)
	}
	return r
}

// emptyResults are the results of aggregates over no rows.
func emptyResults(calls []plan.AggCall) []expr.Expr {
	out := make([]expr.Expr, len(calls))
	for i, c := range calls {
		out[i] = expr.Null(c.Type)
		if c.Agg.Name == "COUNT" || c.Agg.Name == "APPROX_COUNT_DISTINCT" {
			out[i] = &expr.Lit{Value: int64(0), T: types.Of(types.BigInt).NotNull()}
		}
	}
	return out
}

// sides takes an equality of an outer and an inner expression apart.
func sides(c expr.Expr) (outer, inner expr.Expr) {
	call, ok := c.(*expr.Call)
	if !ok || call.Fn.Name != "=" {
		return nil, nil
	}
	a, b := call.Args[0], call.Args[1]
	switch {
	case onlyOuter(a) && !expr.HasOuter(b):
		return a, b
	case onlyOuter(b) && !expr.HasOuter(a):
		return b, a
	}
	return nil, nil
}

func onlyOuter(e expr.Expr) bool { return expr.HasOuter(e) && len(expr.ReferencedCols(e)) == 0 }

func pullJoin(n *join.Node) *pulled {
	if n.Type != join.Inner && n.Type != join.Semi && n.Type != join.Anti && n.Type != join.Left {
		return nil
	}
	if n.Type != join.Inner && correlated(n.R) {
		return nil
	}
	l, r := pull(n.L, false), pull(n.R, false)
	if l == nil || r == nil || l.empty != nil || r.empty != nil || !plainCols(l.out) || !plainCols(r.out) {
		return nil
	}
	lw := len(l.node.Fields())
	d := *n
	d.L, d.R = l.node, r.node
	d.LeftKeys, d.RightKeys = through(n.LeftKeys, l.out), through(n.RightKeys, r.out)
	p := &pulled{conds: l.conds, out: l.out}
	right := make([]expr.Expr, len(r.out))
	for i, o := range r.out {
		right[i] = expr.Shift(o, 0, lw)
	}
	for _, c := range r.conds {
		p.conds = append(p.conds, expr.Shift(c, 0, lw))
	}
	d.Rest = nil
	var keep []expr.Expr
	both := append(append([]expr.Expr(nil), l.out...), right...)
	for _, c := range expr.Conjuncts(n.Rest) {
		c = expr.Substitute(c, both)
		if expr.HasOuter(c) {
			if n.Type != join.Inner {
				return nil
			}
			p.conds = append(p.conds, c)
			continue
		}
		keep = append(keep, c)
	}
	if len(keep) > 0 {
		d.Rest = expr.AndAll(keep...)
	}
	p.node = &d
	if n.Type == join.Inner || n.Type == join.Left {
		p.out = both
		for i := len(l.out); i < len(both); i++ {
			p.out[i] = retype(both[i], d.Fields())
		}
	}
	return p
}

func plainCols(es []expr.Expr) bool {
	for _, e := range es {
		if c, ok := e.(*expr.Col); !ok || c.Depth > 0 {
			return false
		}
	}
	return true
}

func through(keys []int, out []expr.Expr) []int {
	res := make([]int, len(keys))
	for i, k := range keys {
		res[i] = out[k].(*expr.Col).Index
	}
	return res
}

// pullOrder makes ORDER BY ... LIMIT per outer row a Top-N partitioned by the
// inner side of each correlated equality.
func pullOrder(n *order.Node) *pulled {
	p := pull(n.In, false)
	if p == nil || p.empty != nil || n.Limit < 0 || len(n.Keys) == 0 || !plainCols(p.out) {
		return nil
	}
	es, names := cols(p.node.Fields(), 0, len(p.node.Fields())), plan.Names(p.node.Fields())
	var part []int
	for _, c := range p.conds {
		_, inner := sides(c)
		if inner == nil {
			return nil
		}
		part = append(part, len(es))
		es, names = append(es, inner), append(names, "$c")
	}
	keys := append([]plan.SortKey(nil), n.Keys...)
	for i := range keys {
		keys[i].Col = p.out[keys[i].Col].(*expr.Col).Index
	}
	p.node = &rank.Node{In: calc.Project(p.node, es, names), PartitionBy: part, OrderBy: keys, Func: rank.RowNumber, From: n.Offset + 1, To: n.Offset + n.Limit}
	p.single = n.Limit == 1
	return p
}

// singleValue makes a subquery that should have one row fail if it has two.
func singleValue(n plan.Node, p *pulled) (plan.Node, bool) {
	for _, a := range fn.Aggs() {
		if a.Name != "SINGLE_VALUE" {
			continue
		}
		var keys []int
		for _, c := range p.conds {
			_, inner := sides(c)
			k, ok := inner.(*expr.Col)
			if !ok {
				return nil, false
			}
			keys = append(keys, k.Index)
		}
		return groupSingle(n, keys, &a), true
	}
	return nil, false
}

// groupSingle groups by keys and keeps every other column's only value, in the
// old order of columns.
func groupSingle(n plan.Node, keys []int, a *fn.Agg) plan.Node {
	fs := n.Fields()
	var calls []plan.AggCall
	at := make([]int, len(fs))
	for i, f := range fs {
		if k := indexOf(keys, i); k >= 0 {
			at[i] = k
			continue
		}
		at[i] = len(keys) + len(calls)
		calls = append(calls, plan.AggCall{Agg: a, Args: []int{i}, Filter: -1, Type: f.Type.AsNullable(), Name: f.Name})
	}
	g := agg.New(n, keys, calls)
	es := make([]expr.Expr, len(fs))
	for i := range fs {
		es[i] = plan.ColOf(g.Fields(), at[i])
	}
	return calc.Project(g, es, plan.Names(fs))
}

func indexOf(cols []int, c int) int {
	for i, x := range cols {
		if x == c {
			return i
		}
	}
	return -1
}
