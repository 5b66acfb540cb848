package opt

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/rel/agg"
	"github.com/weir-stream/weir/internal/rel/calc"
	"github.com/weir-stream/weir/internal/rel/join"
	"github.com/weir-stream/weir/internal/rel/over"
	"github.com/weir-stream/weir/internal/rel/rank"
	"github.com/weir-stream/weir/internal/rel/window"
	"github.com/weir-stream/weir/internal/types"
)

// What an edit says in other words is the same query: the order of conditions, which side
// of an equality a column is on, COUNT(1) for COUNT(*). Alone gives such queries one form,
// by which they are compared. It is never run: what was saved belongs to the words that it
// was saved under.

// countRows makes calls that count what is never null count rows.
func countRows(n plan.Node) (plan.Node, error) {
	switch n := n.(type) {
	case *agg.Node:
		if calls, ok := rowCounts(n.In.Fields(), n.Calls); ok {
			c := *n
			c.Calls = calls
			return &c, nil
		}
	case *window.Aggregate:
		if calls, ok := rowCounts(n.In.Fields(), n.Calls); ok {
			c := *n
			c.Calls = calls
			return &c, nil
		}
	}
	return n, nil
}

func rowCounts(in []plan.Field, calls []plan.AggCall) (out []plan.AggCall, changed bool) {
	for i, c := range calls {
		never := func(col int) bool { return !in[col].Type.Nullable }
		if c.Agg.Name != "COUNT" || c.Distinct || len(c.Args) == 0 || !all(c.Args, never) {
			continue
		}
		if !changed {
			out, changed = slices.Clone(calls), true
		}
		out[i].Args = nil
	}
	return out, changed
}

func all(cols []int, f func(int) bool) bool {
	return !slices.ContainsFunc(cols, func(c int) bool { return !f(c) })
}

// canonical gives a node, whose inputs are so already, the form of all that say the same.
func canonical(n plan.Node) (plan.Node, error) {
	if es := n.Exprs(); len(es) > 0 {
		out := make([]expr.Expr, len(es))
		for i, e := range es {
			if e != nil {
				out[i] = expr.Transform(e, canonicalExpr)
			}
		}
		n = n.WithExprs(out)
	}
	switch n := n.(type) {
	case *calc.Node:
		return explicit(n), nil
	case *agg.Node:
		return canonicalAgg(n), nil
	case *rank.Node:
		c := *n
		c.PartitionBy = slices.Sorted(slices.Values(n.PartitionBy))
		return &c, nil
	case *over.Node:
		c := *n
		c.PartitionBy = slices.Sorted(slices.Values(n.PartitionBy))
		return &c, nil
	case *join.Node:
		return canonicalJoin(n), nil
	}
	return n, nil
}

// explicit has a filter say which columns it hands on, so that those nobody wants can go.
func explicit(n *calc.Node) plan.Node {
	if n.Out != nil {
		return n
	}
	c, fs := *n, n.In.Fields()
	c.Out, c.Cols = make([]expr.Expr, len(fs)), fs
	for i := range fs {
		c.Out[i] = canonicalExpr(plan.ColOf(fs, i))
	}
	return &c
}

// canonicalExpr gives an expression, whose operands are so already, the form of all that
// say the same. Columns lose their names, so that expressions can be put in order by their
// text.
func canonicalExpr(e expr.Expr) expr.Expr {
	switch e := e.(type) {
	case *expr.Col:
		c := *e
		c.Name = fmt.Sprintf("$%d.%d", c.Depth, c.Index)
		return &c
	case *expr.Cast:
		if is, to := e.X.Type(), e.T; is.Equal(to) && is.Attr == to.Attr {
			return e.X
		}
	case *expr.Case:
		if l, ok := e.Else.(*expr.Lit); ok && l.Value == nil {
			c := *e
			c.Else = nil
			return &c
		}
	case *expr.In:
		c := *e
		c.Values = alike(e.Values)
		return &c
	case *expr.Logic:
		return canonicalLogic(e)
	case *expr.Call:
		return canonicalCall(e)
	}
	return e
}

// commutes are functions of two operands that may change places.
var commutes = map[string]bool{"=": true, "<>": true, "+": true, "*": true, "IS DISTINCT FROM": true, "IS NOT DISTINCT FROM": true}

func canonicalCall(e *expr.Call) expr.Expr {
	if len(e.Args) != 2 || e.Args[0].String() <= e.Args[1].String() || !expr.IsDeterministic(e) {
		return e
	}
	name := mirrored[e.Fn.Name]
	if commutes[e.Fn.Name] {
		name = e.Fn.Name
	}
	if name == "" {
		return e
	}
	f, c := *e.Fn, *e
	f.Name = name
	c.Fn, c.Args = &f, []expr.Expr{e.Args[1], e.Args[0]}
	return &c
}

// canonicalLogic puts operands in order. Where one may fail the order says for which rows
// it cannot.
func canonicalLogic(e *expr.Logic) expr.Expr {
	args := expr.Conjuncts(e)
	if e.Op == expr.Or {
		args = expr.Disjuncts(e)
		args = equalities(args)
	}
	for _, a := range args {
		if expr.CanFail(a) || !expr.IsDeterministic(a) {
			return &expr.Logic{Op: e.Op, Args: args}
		}
	}
	args = inOrder(args)
	if len(args) == 1 {
		return args[0]
	}
	return &expr.Logic{Op: e.Op, Args: args}
}

// inOrder sorts by text; what is there twice is once.
func inOrder[E expr.Expr](es []E) []E {
	es = slices.Clone(es)
	slices.SortStableFunc(es, func(a, b E) int { return strings.Compare(a.String(), b.String()) })
	return slices.CompactFunc(es, func(a, b E) bool { return reflect.DeepEqual(a, b) })
}

// alike puts literals in order. How long their texts are says nothing.
func alike(ls []*expr.Lit) []*expr.Lit {
	out := slices.Clone(ls)
	for i, l := range ls {
		if l.T.IsString() {
			c := *l
			c.T = types.String()
			out[i] = &c
		}
	}
	return inOrder(out)
}

// equalities makes alternatives that compare one thing with literals an IN.
func equalities(alternatives []expr.Expr) []expr.Expr {
	of := map[string]*expr.In{}
	var out []expr.Expr
	for _, a := range alternatives {
		var x expr.Expr
		var values []*expr.Lit
		switch a := a.(type) {
		case *expr.In:
			if !a.Not {
				x, values = a.X, a.Values
			}
		case *expr.Call:
			for i, arg := range a.Args {
				if l, ok := arg.(*expr.Lit); ok && l.Value != nil && a.Fn.Name == "=" && len(a.Args) == 2 {
					x, values = a.Args[1-i], []*expr.Lit{l}
				}
			}
		}
		switch {
		case x == nil:
			out = append(out, a)
		case of[x.String()] != nil && reflect.DeepEqual(of[x.String()].X, x):
			in := of[x.String()]
			in.Values = alike(append(in.Values, values...))
		default:
			in := &expr.In{X: x, Values: alike(values)}
			of[x.String()] = in
			out = append(out, in)
		}
	}
	return out
}

// canonicalJoin orders the columns that are equal. The first of NOT IN is another thing
// than those after it.
func canonicalJoin(n *join.Node) plan.Node {
	if len(n.LeftKeys) < 2 || n.NullAware {
		return n
	}
	order := identity(len(n.LeftKeys))
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Or(n.LeftKeys[a]-n.LeftKeys[b], n.RightKeys[a]-n.RightKeys[b])
	})
	c := *n
	c.LeftKeys, c.RightKeys, c.NullSafe = picked(n.LeftKeys, order), picked(n.RightKeys, order), picked(n.NullSafe, order)
	return &c
}

func picked[E any](xs []E, at []int) []E {
	if len(xs) == 0 {
		return xs
	}
	out := make([]E, len(at))
	for i, a := range at {
		out[i] = xs[a]
	}
	return out
}

// canonicalAgg orders what an aggregate reads, its keys and its calls, and gives its columns
// the places that they had by a projection above it.
func canonicalAgg(n *agg.Node) plan.Node {
	if len(n.Sets) > 0 {
		return n
	}
	c := *n
	if k, ok := n.In.(*calc.Node); ok && k.Out != nil {
		in, m := sortedOut(k)
		c.In, c.Keys, c.Calls = in, m.cols(n.Keys), m.calls(n.Calls)
	}
	keys, calls := identity(len(c.Keys)), identity(len(c.Calls))
	slices.SortStableFunc(keys, func(a, b int) int { return c.Keys[a] - c.Keys[b] })
	text := func(i int) string {
		x := c.Calls[i]
		return fmt.Sprint(x.Agg.Name, x.Args, x.Distinct, x.Filter, x.OrderBy, x.Type)
	}
	slices.SortStableFunc(calls, func(a, b int) int { return strings.Compare(text(a), text(b)) })
	if slices.IsSorted(keys) && slices.IsSorted(calls) {
		return &c
	}
	c.Keys, c.Calls = picked(c.Keys, keys), picked(c.Calls, calls)
	fs := c.Fields()
	out, names := make([]expr.Expr, len(fs)), make([]string, len(fs))
	for i := range fs {
		at := i
		if i < len(keys) {
			at = keys[i]
		} else {
			at = len(keys) + calls[i-len(keys)]
		}
		out[at], names[at] = plan.ColOf(fs, i), fs[i].Name
	}
	return calc.Project(&c, out, names)
}

// sortedOut orders the columns of a projection.
func sortedOut(k *calc.Node) (plan.Node, mapping) {
	order := identity(len(k.Out))
	slices.SortStableFunc(order, func(a, b int) int { return strings.Compare(k.Out[a].String(), k.Out[b].String()) })
	c, m := *k, make(mapping, len(order))
	c.Out, c.Cols = picked(k.Out, order), picked(k.Cols, order)
	for i, at := range order {
		m[at] = i
	}
	return &c, m
}
