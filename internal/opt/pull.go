package opt

import (
	"slices"

	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/fn"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/rel/agg"
	"github.com/weir-stream/weir/internal/rel/apply"
	"github.com/weir-stream/weir/internal/rel/calc"
	"github.com/weir-stream/weir/internal/rel/join"
	"github.com/weir-stream/weir/internal/rel/order"
	"github.com/weir-stream/weir/internal/rel/rank"
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
	// having and none say whether there is a row, with rows below and without;
	// nil = always.
	having, none expr.Expr
	// single: at most one row for each outer row.
	single bool
}

// unnester takes the subquery of one apply apart.
type unnester struct {
	left plan.Node // what runs it
	// exists: it does not matter how often the subquery gives a row.
	exists bool
	// any: nor does it matter which of its rows it gives.
	any bool
}

// pull takes the correlated conditions out of a subquery; nil if it has a form
// that cannot be taken apart.
func (u *unnester) pull(n plan.Node) *pulled {
	if !correlated(n) {
		return &pulled{node: n, out: cols(n.Fields(), 0, len(n.Fields())), single: singleRow(n)}
	}
	switch n := n.(type) {
	case *calc.Node:
		return u.pullCalc(n)
	case *agg.Node:
		return u.pullAgg(n)
	case *join.Node:
		return u.pullJoin(n)
	case *order.Node:
		return u.pullOrder(n)
	case *apply.Node:
		return u.pullApply(n)
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

func (u *unnester) pullCalc(n *calc.Node) *pulled {
	u.any = u.any && n.Cond == nil
	p := u.pull(n.In)
	if p == nil {
		return nil
	}
	if p.empty != nil && n.Cond != nil { // HAVING over an aggregate without groups
		having, none := expr.Substitute(n.Cond, p.out), expr.Substitute(n.Cond, p.empty)
		if p.having != nil {
			having, none = expr.AndAll(p.having, having), expr.AndAll(p.none, none)
		}
		p.having, p.none = having, none
		return projected(p, n)
	}
	for _, c := range expr.Conjuncts(n.Cond) {
		c = expr.Substitute(c, p.out)
		if expr.HasOuter(c) {
			p.conds = append(p.conds, c)
			continue
		}
		p.node = filtered(p.node, c)
	}
	return projected(p, n)
}

// projected gives what n computes of p.
func projected(p *pulled, n *calc.Node) *pulled {
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
// well: each outer row then finds its group by key. For what is no such equality
// its input is joined with the outer values that matter, each once, which the
// aggregate then is also grouped by.
func (u *unnester) pullAgg(n *agg.Node) *pulled {
	u.exists, u.any = false, false
	p := u.pull(n.In)
	if p == nil || p.empty != nil || len(n.Sets) > 0 {
		return nil
	}
	in, outer := u.withOuter(p, plan.Names(n.In.Fields()))
	if in == nil {
		return nil
	}
	keys := append([]int(nil), n.Keys...)
	first := len(n.In.Fields())
	for i := range outer {
		keys = append(keys, first+i)
	}
	g := agg.New(in, keys, n.Calls)
	g.Made = n.Made
	g.TTLMs = n.TTLMs
	fs := g.Fields()
	r := &pulled{node: g, single: len(n.Keys) == 0}
	for i, o := range outer {
		r.conds = append(r.conds, o.equals(plan.ColOf(fs, len(n.Keys)+i)))
	}
	r.out = append(cols(fs, 0, len(n.Keys)), cols(fs, len(keys), len(fs))...)
	if len(n.Keys) == 0 {
		r.empty = emptyResults(n.Calls)
	}
	return r
}

// outerValue is what a column that withOuter has added must equal.
type outerValue struct {
	expr.Expr
	nullSafe bool // nulls are equal
}

func (o outerValue) equals(c *expr.Col) expr.Expr {
	if o.nullSafe {
		return equal("IS NOT DISTINCT FROM", o.Expr, c)
	}
	return equal("=", o.Expr, c)
}

// withOuter computes p's columns and, behind them, a column for each outer value
// that decides which rows there are: the inner side of equalities, and for other
// conditions the outer values themselves. It gives nil where it cannot.
func (u *unnester) withOuter(p *pulled, names []string) (*calc.Node, []outerValue) {
	es := append([]expr.Expr(nil), p.out...)
	var outer []outerValue
	var hard, conds []expr.Expr // what needs the outer values, conditions among it
	for _, o := range p.out {
		if expr.HasOuter(o) {
			hard = append(hard, o)
		}
	}
	for _, c := range p.conds {
		o, inner := sides(c)
		if o == nil {
			hard, conds = append(hard, c), append(conds, c)
			continue
		}
		outer = append(outer, outerValue{Expr: o})
		es, names = append(es, inner), append(names, "$c")
	}
	if len(hard) == 0 {
		return calc.Project(p.node, es, names), outer
	}
	d := u.domain(hard, len(p.node.Fields()))
	if d == nil {
		return nil, nil
	}
	for i := range conds {
		conds[i] = d.inner(conds[i])
	}
	for i := range es {
		es[i] = d.inner(es[i])
	}
	low := join.New(p.node, d.node, join.Inner, nil, nil, conjunction(conds))
	for i, o := range d.outer {
		outer = append(outer, outerValue{Expr: o, nullSafe: true})
		es, names = append(es, plan.ColOf(low.Fields(), d.at+i)), append(names, "$d")
	}
	return calc.Project(low, es, names), outer
}

// emptyResults are the results of aggregates over no rows.
func emptyResults(calls []plan.AggCall) []expr.Expr {
	out := make([]expr.Expr, len(calls))
	for i, c := range calls {
		out[i] = expr.Null(c.Type)
		if c.Agg.Empty != nil {
			out[i] = &expr.Lit{Value: c.Agg.Empty, T: c.Type.NotNull()}
		}
	}
	return out
}

// sides takes an equality of an outer and an inner expression apart.
func sides(c expr.Expr) (outer, inner expr.Expr) { return sidesOf(c, "=") }

// sidesOf is sides for one of several ways to be equal.
func sidesOf(c expr.Expr, ops ...string) (outer, inner expr.Expr) {
	call, ok := c.(*expr.Call)
	if !ok || !slices.Contains(ops, call.Fn.Name) {
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

func (u *unnester) pullJoin(n *join.Node) *pulled {
	u.any = false
	if n.Type == join.Semi && u.exists { // a row that matches often is found often
		inner := *n
		inner.Type = join.Inner
		p := u.pullJoin(&inner)
		if p != nil {
			p.out = p.out[:len(n.Fields())]
		}
		return p
	}
	if n.Type != join.Inner && n.Type != join.Semi && n.Type != join.Anti && n.Type != join.Left {
		return nil
	}
	if n.Type != join.Inner {
		for _, c := range expr.Conjuncts(n.Rest) {
			if expr.HasOuter(c) {
				return u.pullOuterJoin(n)
			}
		}
		if correlated(n.R) {
			return u.pullOuterJoin(n)
		}
	}
	l, r := u.pull(n.L), u.pull(n.R)
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
			p.conds = append(p.conds, c)
			continue
		}
		keep = append(keep, c)
	}
	d.Rest = conjunction(keep)
	p.node = &d
	if n.Type == join.Inner || n.Type == join.Left {
		p.out = both
		for i := len(l.out); i < len(both); i++ {
			p.out[i] = retype(both[i], d.Fields())
		}
	}
	return p
}

// pullOuterJoin pulls from below a join that keeps or drops rows by whether they
// have a match, where the match depends on the outer row: its left side is first
// joined with the outer values that matter, each once.
func (u *unnester) pullOuterJoin(n *join.Node) *pulled {
	u.exists, u.any = false, false
	l, r := u.pull(n.L), u.pull(n.R)
	if l == nil || r == nil || l.empty != nil || r.empty != nil || !plainCols(l.out) || !plainCols(r.out) {
		return nil
	}
	lw := len(l.node.Fields())
	both := append([]expr.Expr(nil), l.out...)
	for _, o := range r.out {
		both = append(both, expr.Shift(o, 0, lw))
	}
	var on []expr.Expr
	for _, c := range r.conds {
		on = append(on, expr.Shift(c, 0, lw))
	}
	for _, c := range expr.Conjuncts(n.Rest) {
		on = append(on, expr.Substitute(c, both))
	}
	d := u.domain(append(append([]expr.Expr(nil), l.conds...), on...), lw)
	if d == nil {
		return nil
	}
	dw := len(d.node.Fields())
	var first []expr.Expr
	for _, c := range l.conds {
		first = append(first, d.inner(c))
	}
	low := join.New(l.node, d.node, join.Inner, nil, nil, conjunction(first))
	for i, c := range on { // right columns make room for those of the domain
		on[i] = d.inner(expr.Shift(c, lw, dw))
	}
	j := *n
	j.L, j.R, j.Rest = low, r.node, conjunction(on)
	j.LeftKeys, j.RightKeys = through(n.LeftKeys, l.out), through(n.RightKeys, r.out)
	p := &pulled{node: &j, out: l.out}
	fs := j.Fields()
	for i, o := range d.outer {
		p.conds = append(p.conds, equal("IS NOT DISTINCT FROM", o, plan.ColOf(fs, d.at+i)))
	}
	if n.Type == join.Left {
		for _, o := range both[len(l.out):] {
			p.out = append(p.out[:len(p.out):len(p.out)], retype(expr.Shift(o, lw, dw), fs))
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
// inner side of each correlated equality, and by the outer values that other
// conditions look at.
func (u *unnester) pullOrder(n *order.Node) *pulled {
	if u.any && n.Limit > 0 && n.Offset == 0 {
		return u.pull(n.In) // the first rows are some rows
	}
	u.exists, u.any = false, false
	p := u.pull(n.In)
	if p == nil || p.empty != nil || n.Limit < 0 || len(n.Keys) == 0 {
		return nil
	}
	in, outer := u.withOuter(p, plan.Names(n.In.Fields()))
	if in == nil {
		return nil
	}
	fs := in.Fields()
	first := len(n.In.Fields())
	r := &rank.Node{Made: n.Made, In: in, OrderBy: n.Keys, Func: rank.RowNumber, From: n.Offset + 1, To: n.Offset + n.Limit}
	res := &pulled{node: r, out: cols(fs, 0, first), single: n.Limit == 1}
	for i, o := range outer {
		r.PartitionBy = append(r.PartitionBy, first+i)
		res.conds = append(res.conds, o.equals(plan.ColOf(fs, first+i)))
	}
	return res
}

// singleValue makes a subquery that should have one row for each outer row fail
// if it has two: it is grouped by the inner side of each correlated equality.
func singleValue(n plan.Node, p *pulled) (plan.Node, bool) {
	single, ok := aggregateNamed("SINGLE_VALUE")
	if !ok {
		return nil, false
	}
	fs := n.Fields()
	es, names := cols(fs, 0, len(fs)), plan.Names(fs)
	var keys []int
	for _, c := range p.conds {
		_, inner := sidesOf(c, "=", "IS NOT DISTINCT FROM")
		if inner == nil {
			return nil, false
		}
		if k, ok := inner.(*expr.Col); ok {
			keys = append(keys, k.Index)
			continue
		}
		keys = append(keys, len(es))
		es, names = append(es, inner), append(names, "$c")
	}
	if len(es) > len(fs) {
		n = calc.Project(n, es, names)
	}
	return groupSingle(n, keys, single, len(fs)), true
}

// groupSingle groups by keys and keeps every other column's only value; it gives
// the first width columns in their old order.
func groupSingle(n plan.Node, keys []int, a *fn.Agg, width int) plan.Node {
	fs := n.Fields()
	var calls []plan.AggCall
	at := make([]int, width)
	for i, f := range fs[:width] {
		if k := indexOf(keys, i); k >= 0 {
			at[i] = k
			continue
		}
		at[i] = len(keys) + len(calls)
		calls = append(calls, plan.AggCall{Agg: a, Args: []int{i}, Filter: -1, Type: f.Type.AsNullable(), Name: f.Name})
	}
	g := agg.New(n, keys, calls)
	es := make([]expr.Expr, width)
	for i := range es {
		es[i] = plan.ColOf(g.Fields(), at[i])
	}
	return calc.Project(g, es, plan.Names(fs[:width]))
}

func indexOf(cols []int, c int) int {
	for i, x := range cols {
		if x == c {
			return i
		}
	}
	return -1
}
