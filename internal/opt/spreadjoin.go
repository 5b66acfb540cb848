package opt

import (
	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/rel/apply"
	"github.com/weir-stream/weir/internal/rel/join"
)

// join carries the domain through the side that looks at outer values; through
// both where both do, or where rows of the other side are kept or dropped by what
// the first has. The sides are then also compared by it.
func (s *spreader) join(n *join.Node) plan.Node {
	l, r := refersOuter(n.L, 1), refersOuter(n.R, 1)
	switch n.Type {
	case join.Left, join.Semi, join.Anti:
		l = true
	case join.Right:
		r = true
	case join.Full:
		l, r = true, true
	}
	l = l || !r // the condition alone looks at them
	if r && n.Strategy != join.Regular {
		return nil
	}
	j := *n
	lw, rw := len(n.L.Fields()), len(n.R.Fields())
	left := 0 // columns that the left side has got
	if l {
		if j.L = s.node(n.L); j.L == nil {
			return nil
		}
		left = s.dw
	}
	if r {
		if j.R = s.node(n.R); j.R == nil {
			return nil
		}
	}
	at := lw // where the condition finds the domain
	if !l {
		at = lw + rw
	}
	if n.Rest != nil {
		j.Rest = s.expr(expr.Shift(n.Rest, lw, left), at)
	}
	if l && r {
		j.LeftKeys, j.RightKeys = s.with(n.LeftKeys, lw), s.with(n.RightKeys, rw)
		s.nullSafe(&j)
	}
	if n.Type == join.Semi || n.Type == join.Anti {
		return &j
	}
	fs := j.Fields()
	es := append(cols(fs, 0, lw), cols(fs, lw+left, lw+left+rw)...)
	for i := range s.dw {
		switch {
		case n.Type == join.Full:
			x, _ := expr.Coalesce(plan.ColOf(fs, lw+i), plan.ColOf(fs, lw+left+rw+i))
			if x == nil {
				return nil
			}
			es = append(es, expr.CastTo(x, s.d.node.Fields()[i].Type.AsNullable()))
		case n.Type == join.Right || !l:
			es = append(es, plan.ColOf(fs, lw+left+rw+i))
		default:
			es = append(es, plan.ColOf(fs, lw+i))
		}
	}
	return project(&j, es)
}

// apply gives the left side of a subquery's own subquery the domain, which the
// inner one then finds there.
func (s *spreader) apply(n *apply.Node) plan.Node {
	l := s.node(n.L)
	if l == nil {
		return nil
	}
	lw := len(n.L.Fields())
	a := *n
	a.L = l
	a.R = apply.MapOuter(n.R, 2, func(c *expr.Col) expr.Expr { return placed(c, lw+s.d.col[c.Index], c.Depth-1) })
	if n.On != nil {
		a.On = s.expr(expr.Shift(n.On, lw, s.dw), lw)
	}
	r := unnestApply(&a)
	if r == nil {
		return nil
	}
	return s.last(r, lw)
}
