package opt

import (
	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/rel/agg"
	"github.com/weir-stream/weir/internal/rel/apply"
	"github.com/weir-stream/weir/internal/rel/calc"
	"github.com/weir-stream/weir/internal/rel/invoke"
	"github.com/weir-stream/weir/internal/rel/join"
	"github.com/weir-stream/weir/internal/rel/normalize"
	"github.com/weir-stream/weir/internal/rel/over"
	"github.com/weir-stream/weir/internal/rel/rank"
	"github.com/weir-stream/weir/internal/rel/setop"
	"github.com/weir-stream/weir/internal/rel/unnest"
	"github.com/weir-stream/weir/internal/rel/window"
)

// A filter moves below a node when it only looks at columns that the node
// passes through unchanged and dropping a row early changes no other row's
// result. Counter-example: below LIMIT or below OVER on anything but the
// partition key, other rows would move up.
var pushFilter = Rule{
	Name: "push filters down",
	Why:  "rows that nobody wants should not be joined, grouped or kept",
	Apply: func(_ *Ctx, n plan.Node) (plan.Node, error) {
		k, ok := n.(*calc.Node)
		if !ok || k.Cond == nil {
			return n, nil
		}
		var keep []expr.Expr
		below := k.In
		moved := false
		for _, c := range expr.Conjuncts(k.Cond) {
			if expr.IsVolatile(c) {
				keep = append(keep, c)
				continue
			}
			if b, ok := pushInto(below, c); ok {
				below, moved = b, true
				continue
			}
			keep = append(keep, c)
		}
		if !moved {
			return n, nil
		}
		d := *k
		d.In, d.Cond = below, nil
		if len(keep) > 0 {
			d.Cond = expr.AndAll(keep...)
		}
		return &d, nil
	},
}

// filtered puts a condition on a node, into its calc if it is one.
func filtered(in plan.Node, cond expr.Expr) plan.Node {
	if k, ok := in.(*calc.Node); ok && k.Out == nil {
		d := *k
		d.Cond = cond
		if k.Cond != nil {
			d.Cond = expr.AndAll(k.Cond, cond)
		}
		return &d
	}
	return calc.Filter(in, cond)
}

// pushInto moves one conjunct over n's fields below n.
func pushInto(n plan.Node, c expr.Expr) (plan.Node, bool) {
	switch n := n.(type) {
	case *join.Node:
		return pushJoin(n, c)
	case *apply.Node:
		l := len(n.L.Fields())
		if within(c, 0, l) {
			return n.WithInputs([]plan.Node{filtered(n.L, c), n.R}), true
		}
	case *agg.Node:
		if len(n.Sets) > 0 || len(n.Keys) == 0 || !within(c, 0, len(n.Keys)) {
			return nil, false
		}
		return n.WithInputs([]plan.Node{filtered(n.In, remapped(c, n.Keys, n.In))}), true
	case *window.Aggregate:
		if len(n.Sets) > 0 || len(n.Keys) == 0 || !within(c, 0, len(n.Keys)) || n.Window.Kind == plan.Session && n.Attached == nil {
			return nil, false
		}
		return n.WithInputs([]plan.Node{filtered(n.In, remapped(c, n.Keys, n.In))}), true
	case *window.Assign:
		if n.Window.Kind != plan.Session && within(c, 0, len(n.In.Fields())) {
			return n.WithInputs([]plan.Node{filtered(n.In, c)}), true
		}
	case *unnest.Node:
		if within(c, 0, len(n.In.Fields())) {
			return n.WithInputs([]plan.Node{filtered(n.In, c)}), true
		}
	case *invoke.Node:
		if within(c, 0, len(n.In.Fields())) {
			return n.WithInputs([]plan.Node{filtered(n.In, c)}), true
		}
	case *over.Node:
		if only(c, n.PartitionBy) {
			return n.WithInputs([]plan.Node{filtered(n.In, c)}), true
		}
	case *rank.Node:
		if only(c, n.PartitionBy) {
			return n.WithInputs([]plan.Node{filtered(n.In, c)}), true
		}
	case *normalize.Node:
		if only(c, n.Keys) {
			return n.WithInputs([]plan.Node{filtered(n.In, c)}), true
		}
		if !n.Versions && !expr.HasOuter(c) { // a version that is filtered out ends no other
			d := *n
			if d.Cond = c; n.Cond != nil {
				d.Cond = expr.AndAll(n.Cond, c)
			}
			return &d, true
		}
	case *setop.Node:
		ins := make([]plan.Node, len(n.In))
		for i, in := range n.In {
			ins[i] = filtered(in, c)
		}
		return n.WithInputs(ins), true
	}
	return nil, false
}

// remapped moves a condition over output ordinals to input ordinals keys.
func remapped(c expr.Expr, keys []int, in plan.Node) expr.Expr {
	by := make([]expr.Expr, len(keys))
	for i, k := range keys {
		by[i] = plan.ColOf(in.Fields(), k)
	}
	return expr.Substitute(c, by)
}

// only reports whether a condition looks at nothing but the given columns (and
// at one at least).
func only(c expr.Expr, cols []int) bool {
	if expr.HasOuter(c) || len(cols) == 0 {
		return false
	}
	refs := expr.ReferencedCols(c)
	for _, r := range refs {
		found := false
		for _, k := range cols {
			found = found || k == r
		}
		if !found {
			return false
		}
	}
	return len(refs) > 0
}

// pushJoin moves a conjunct above a join to a side, or into the condition of an
// inner join.
func pushJoin(n *join.Node, c expr.Expr) (plan.Node, bool) {
	if expr.HasOuter(c) {
		return nil, false
	}
	l := len(n.L.Fields())
	all := l + len(n.R.Fields())
	switch {
	case within(c, 0, l) && n.Type != join.Right && n.Type != join.Full:
		return n.WithInputs([]plan.Node{filtered(n.L, c), n.R}), true
	case within(c, l, all) && (n.Type == join.Inner || n.Type == join.Right) && n.Strategy == join.Regular:
		return n.WithInputs([]plan.Node{n.L, filtered(n.R, expr.Shift(c, l, -l))}), true
	case n.Type == join.Inner && n.Strategy == join.Regular && n.Bounds == nil:
		d := *n
		d.Rest = c
		if n.Rest != nil {
			d.Rest = expr.AndAll(n.Rest, c)
		}
		return &d, true
	}
	return nil, false
}

// joinCondition takes the condition of a join apart: what looks at one side
// filters that side where the join type allows it, equalities between the
// sides become keys, the rest stays.
var joinCondition = Rule{
	Name:     "split join condition",
	Required: true,
	Why:      "a key is looked up, a condition is tried on every pair",
	Apply: func(_ *Ctx, n plan.Node) (plan.Node, error) {
		j, ok := n.(*join.Node)
		if !ok || j.Rest == nil {
			return n, nil
		}
		return splitCondition(j), nil
	},
}

func splitCondition(j *join.Node) plan.Node {
	s := condSplit{j: j, l: len(j.L.Fields()), r: len(j.R.Fields()), left: j.L, right: j.R}
	s.lk, s.rk = append([]int(nil), j.LeftKeys...), append([]int(nil), j.RightKeys...)
	s.safe = append([]bool(nil), j.NullSafe...)
	for _, c := range expr.Conjuncts(j.Rest) {
		s.take(c)
	}
	if !s.moved {
		return j
	}
	return s.finish()
}

type condSplit struct {
	j           *join.Node
	l, r        int
	left, right plan.Node
	lx, rx      []expr.Expr // key expressions that need a column
	lk, rk      []int       // -1 - i stands for lx[i] or rx[i]
	safe        []bool
	rest        []expr.Expr
	moved       bool
}

func (s *condSplit) take(c expr.Expr) {
	t := s.j.Type
	switch {
	case expr.IsVolatile(c) || expr.HasOuter(c):
		s.rest = append(s.rest, c)
	case within(c, 0, s.l) && len(expr.ReferencedCols(c)) > 0 && (t == join.Inner || t == join.Right || t == join.Semi) && s.j.Strategy != join.Lookup:
		s.left, s.moved = filtered(s.left, c), true
	case s.j.Strategy != join.Temporal && // a filter on the versions would bring back earlier ones
		within(c, s.l, s.l+s.r) && len(expr.ReferencedCols(c)) > 0 && (t == join.Inner || t == join.Left || t == join.Semi || t == join.Anti && !s.j.NullAware):
		s.right, s.moved = filtered(s.right, expr.Shift(c, s.l, -s.l)), true
	default:
		if !s.equality(c) {
			s.rest = append(s.rest, c)
		}
	}
}

// equality makes a key of "left expression = right expression".
func (s *condSplit) equality(c expr.Expr) bool {
	call, ok := c.(*expr.Call)
	if !ok || call.Fn.Name != "=" && call.Fn.Name != "IS NOT DISTINCT FROM" {
		return false
	}
	a, b := call.Args[0], call.Args[1]
	if within(b, 0, s.l) && within(a, s.l, s.l+s.r) {
		a, b = b, a
	}
	if !within(a, 0, s.l) || !within(b, s.l, s.l+s.r) || len(expr.ReferencedCols(a)) == 0 || len(expr.ReferencedCols(b)) == 0 {
		return false
	}
	if a.Type().Phys() != b.Type().Phys() || a.Type().Scale != b.Type().Scale || a.Type().IsTimestamp() && a.Type().Prec != b.Type().Prec {
		return false
	}
	s.lk = append(s.lk, keyOf(a, &s.lx))
	s.rk = append(s.rk, keyOf(expr.Shift(b, s.l, -s.l), &s.rx))
	s.safe = append(s.safe, call.Fn.Name != "=" && a.Type().Nullable && b.Type().Nullable)
	s.moved = true
	return true
}

func keyOf(e expr.Expr, xs *[]expr.Expr) int {
	if c, ok := e.(*expr.Col); ok {
		return c.Index
	}
	*xs = append(*xs, e)
	return -len(*xs)
}

// finish builds the join; key expressions become columns of the sides, which a
// projection above drops again.
func (s *condSplit) finish() plan.Node {
	d := *s.j
	d.L, d.LeftKeys = withKeys(s.left, s.lx, s.lk)
	d.R, d.RightKeys = withKeys(s.right, s.rx, s.rk)
	d.NullSafe, d.Rest = s.safe, nil
	if len(s.rest) > 0 {
		rest := expr.AndAll(s.rest...)
		d.Rest = expr.Shift(rest, s.l, len(s.lx))
	}
	if len(s.lx) == 0 && len(s.rx) == 0 {
		return &d
	}
	fs := d.Fields()
	keep := cols(fs, 0, s.l)
	if len(fs) > s.l+len(s.lx) { // not semi or anti
		at := s.l + len(s.lx)
		keep = append(keep, cols(fs, at, at+s.r)...)
	}
	names := make([]string, len(keep))
	for i, k := range keep {
		names[i] = k.(*expr.Col).Name
	}
	return calc.Project(&d, keep, names)
}

// withKeys appends key expressions to a side and gives the keys' ordinals.
func withKeys(in plan.Node, xs []expr.Expr, keys []int) (plan.Node, []int) {
	fs := in.Fields()
	out := make([]int, len(keys))
	for i, k := range keys {
		out[i] = k
		if k < 0 {
			out[i] = len(fs) - 1 - k
		}
	}
	if len(xs) == 0 {
		return in, out
	}
	es, names := cols(fs, 0, len(fs)), plan.Names(fs)
	for _, x := range xs {
		es, names = append(es, x), append(names, "$k")
	}
	return calc.Project(in, es, names), out
}
