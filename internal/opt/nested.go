package opt

import (
	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/rel/apply"
	"github.com/weir-stream/weir/internal/rel/join"
)

// pullApply takes apart a subquery whose own subquery looks at values of the outer
// query and so could not become a join by itself: its left side is joined with the
// outer values that matter, each once, which the inner one then finds there.
func (u *unnester) pullApply(a *apply.Node) *pulled {
	u.exists, u.any = false, false
	l := u.pull(a.L)
	if l == nil || l.empty != nil || !plainCols(l.out) {
		return nil
	}
	hard := append([]expr.Expr(nil), l.conds...)
	apply.MapOuter(a.R, 2, func(c *expr.Col) expr.Expr {
		d := *c
		d.Depth = 1
		hard = append(hard, &d)
		return c
	})
	if a.On != nil {
		hard = append(hard, a.On)
	}
	d := u.domain(hard, len(l.node.Fields()))
	if d == nil {
		return nil
	}
	var conds []expr.Expr
	for _, c := range l.conds {
		conds = append(conds, d.inner(c))
	}
	low := join.New(l.node, d.node, join.Inner, nil, nil, conjunction(conds))
	b := *a
	b.L = low
	own := len(a.L.Fields())
	// A column within a subquery of the subquery lies as much deeper.
	b.R = apply.MapOuter(a.R, 1, func(c *expr.Col) expr.Expr { return placed(c, l.out[c.Index].(*expr.Col).Index, c.Depth) })
	b.R = apply.MapOuter(b.R, 2, func(c *expr.Col) expr.Expr { return placed(c, d.at+d.col[c.Index], c.Depth-1) })
	width := len(low.Fields())
	if a.On != nil {
		b.On = d.inner(expr.Transform(a.On, func(x expr.Expr) expr.Expr {
			c, ok := x.(*expr.Col)
			switch {
			case !ok || c.Depth > 0:
				return x
			case c.Index < own:
				return placed(c, l.out[c.Index].(*expr.Col).Index, 0)
			}
			return placed(c, width+c.Index-own, 0)
		}))
	}
	r := unnestApply(&b)
	if r == nil {
		return nil
	}
	fs := r.Fields()
	p := &pulled{node: r, out: append([]expr.Expr(nil), l.out...)}
	p.out = append(p.out, cols(fs, width, len(fs))...)
	for i, o := range d.outer {
		p.conds = append(p.conds, outerValue{Expr: o, nullSafe: true}.equals(plan.ColOf(fs, d.at+i)))
	}
	return p
}

// placed gives a column at another place and depth.
func placed(c *expr.Col, index, depth int) *expr.Col {
	d := *c
	d.Index, d.Depth = index, depth
	return &d
}
