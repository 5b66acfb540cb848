package apply

import (
	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/plan"
)

// MapOuter replaces the columns of a subquery's plan that refer depth queries
// outwards, those inside the right side of an apply one more. Nodes without any are kept, so that shared ones stay shared.
func MapOuter(n plan.Node, depth int, f func(*expr.Col) expr.Expr) plan.Node {
	ins := n.Inputs()
	fresh := make([]plan.Node, len(ins))
	changed := false
	for i, in := range ins {
		d := depth
		if _, ok := n.(*Node); ok && i == 1 {
			d++
		}
		fresh[i] = MapOuter(in, d, f)
		changed = changed || fresh[i] != in
	}
	if changed {
		n = n.WithInputs(fresh)
	}
	es := n.Exprs()
	out := make([]expr.Expr, len(es))
	changed = false
	for i, e := range es {
		out[i] = expr.Transform(e, func(x expr.Expr) expr.Expr {
			if c, ok := x.(*expr.Col); ok && c.Depth == depth {
				return f(c)
			}
			return x
		})
		changed = changed || out[i] != e
	}
	if changed {
		n = n.WithExprs(out)
	}
	return n
}
