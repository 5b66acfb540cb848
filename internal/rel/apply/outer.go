package apply

import (
	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/plan"
)

// MapOuter replaces the columns of a subquery's plan that refer depth queries
// outwards, those inside the right side of an apply one more. Nodes without any are
// kept, so that shared ones stay shared.
func MapOuter(n plan.Node, depth int, f func(*expr.Col) expr.Expr) plan.Node {
	m := mapper{of: func(c, d int) bool { return c == d }, f: f, done: map[scoped]plan.Node{}}
	return m.node(n, depth)
}

// MapFree is MapOuter for the columns that refer to any query around the plan: what
// an apply within it resolves is left alone.
func MapFree(n plan.Node, f func(*expr.Col) expr.Expr) plan.Node {
	m := mapper{of: func(c, d int) bool { return c >= d }, f: f, done: map[scoped]plan.Node{}}
	return m.node(n, 1)
}

// mapper replaces columns by their depth c in the scope of a query that is d
// queries deep.
type mapper struct {
	of   func(c, d int) bool
	f    func(*expr.Col) expr.Expr
	done map[scoped]plan.Node
}

type scoped struct {
	n     plan.Node
	depth int
}

func (m *mapper) node(n plan.Node, depth int) plan.Node {
	key := scoped{n, depth}
	if out, ok := m.done[key]; ok {
		return out
	}
	ins := n.Inputs()
	fresh := make([]plan.Node, len(ins))
	changed := false
	for i, in := range ins {
		d := depth
		if _, ok := n.(*Node); ok && i == 1 {
			d++
		}
		fresh[i] = m.node(in, d)
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
			if c, ok := x.(*expr.Col); ok && c.Depth > 0 && m.of(c.Depth, depth) {
				return m.f(c)
			}
			return x
		})
		changed = changed || out[i] != e
	}
	if changed {
		n = n.WithExprs(out)
	}
	m.done[key] = n
	return n
}
