package opt

import (
	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/fn"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/rel/agg"
	"github.com/weir-stream/weir/internal/rel/calc"
	"github.com/weir-stream/weir/internal/rel/order"
	"github.com/weir-stream/weir/internal/rel/values"
)

// domainOf gives the distinct values of the columns of left that es look at, and
// where each column went; nil if left cannot be read twice.
func domainOf(left plan.Node, es []expr.Expr) (plan.Node, mapping) {
	twice := true
	plan.Walk(left, func(n plan.Node) {
		if o, ok := n.(*order.Node); ok && o.Limit >= 0 && len(o.Keys) == 0 {
			twice = false // some rows, and others the next time
		}
		for _, e := range n.Exprs() {
			twice = twice && !expr.IsVolatile(e)
		}
	})
	fs := left.Fields()
	used := make(colset, len(fs))
	for _, e := range es {
		if expr.HasOuter(e) || expr.IsVolatile(e) {
			return nil, nil
		}
		for _, c := range expr.ReferencedCols(e) {
			if c < len(fs) {
				used[c] = true
			}
		}
	}
	if !twice {
		return nil, nil
	}
	m := make(mapping, len(fs))
	var out []expr.Expr
	var names []string
	for i, f := range fs {
		m[i] = -1
		if used[i] {
			m[i] = len(out)
			out, names = append(out, plan.ColOf(fs, i)), append(names, f.Name)
		}
	}
	if len(out) == 0 { // whether there is any row at all decides nothing
		one := &values.Node{Output: []plan.Field{{Name: "$one", Type: expr.True().T}}, Rows: [][]expr.Expr{{expr.True()}}}
		return one, m
	}
	return agg.New(calc.Project(left, out, names), identity(len(out)), nil), m
}

func aggregateNamed(name string) (*fn.Agg, bool) {
	for _, a := range fn.Aggs() {
		if a.Name == name {
			return &a, true
		}
	}
	return nil, false
}

// domain is the distinct outer values that some expressions of a subquery look
// at, as an input to join the subquery with.
type domain struct {
	node  plan.Node
	at    int         // its first column in the join
	outer []expr.Expr // what its columns are, as columns of depth 1
	col   mapping     // of each outer column, its column here
}

// domain makes the domain of es, whose inner columns number width; nil where it
// cannot be made.
func (u *unnester) domain(es []expr.Expr, width int) *domain {
	if correlated(u.left) {
		return nil
	}
	l := len(u.left.Fields())
	flat := make([]expr.Expr, len(es))
	for i, e := range es {
		flat[i] = outerToLeft(e, l)
	}
	n, m := domainOf(u.left, flat)
	if n == nil {
		return nil
	}
	d := &domain{node: n, at: width, col: m, outer: make([]expr.Expr, len(n.Fields()))}
	for i, at := range m {
		if at >= 0 {
			c := plan.ColOf(u.left.Fields(), i)
			c.Depth = 1
			d.outer[at] = c
		}
	}
	return d
}

// inner replaces outer columns by those of the domain.
func (d *domain) inner(e expr.Expr) expr.Expr {
	return expr.Transform(e, func(x expr.Expr) expr.Expr {
		c, ok := x.(*expr.Col)
		if !ok || c.Depth != 1 {
			return x
		}
		return &expr.Col{Index: d.at + d.col[c.Index], Name: c.Name, T: c.T}
	})
}
