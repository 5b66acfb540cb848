package opt

import (
	"math"

	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/rel/agg"
	"github.com/weir-stream/weir/internal/rel/apply"
	"github.com/weir-stream/weir/internal/rel/calc"
	"github.com/weir-stream/weir/internal/rel/expand"
	"github.com/weir-stream/weir/internal/rel/invoke"
	"github.com/weir-stream/weir/internal/rel/join"
	"github.com/weir-stream/weir/internal/rel/order"
	"github.com/weir-stream/weir/internal/rel/over"
	"github.com/weir-stream/weir/internal/rel/rank"
	"github.com/weir-stream/weir/internal/rel/setop"
	"github.com/weir-stream/weir/internal/rel/unnest"
	"github.com/weir-stream/weir/internal/rel/values"
	"github.com/weir-stream/weir/internal/rel/window"
	"github.com/weir-stream/weir/internal/types"
)

// A subquery from which no condition can be pulled is computed for all outer rows
// at once: each distinct combination of the outer values that it looks at goes
// down to where they are used, and every operator on the way carries it along and
// keeps the rows of different combinations apart. This is the general method of
// Neumann and Kemper, "Unnesting Arbitrary Queries", 2015; pulling makes smaller
// plans and is tried first.

// spread makes the plan of a subquery whose rows are joined with the outer ones by
// their values; nil where there is an operator that it does not know.
func (u *unnester) spread(n plan.Node) *pulled {
	var used []expr.Expr
	apply.MapOuter(n, 1, func(c *expr.Col) expr.Expr {
		used = append(used, placed(c, c.Index, 1))
		return c
	})
	width := len(n.Fields())
	if len(used) == 0 { // it looks further out
		return &pulled{node: n, out: cols(n.Fields(), 0, width), single: atMostOne(n)}
	}
	d := u.domain(used, width)
	if d == nil {
		return nil
	}
	s := &spreader{d: d, dw: len(d.node.Fields())}
	out := s.node(n)
	if out == nil {
		return nil
	}
	fs := out.Fields()
	p := &pulled{node: out, out: cols(fs, 0, width), single: atMostOne(n)}
	for i, o := range d.outer {
		p.conds = append(p.conds, outerValue{Expr: o, nullSafe: true}.equals(plan.ColOf(fs, width+i)))
	}
	return p
}

// atMostOne reports whether a plan never gives two rows.
func atMostOne(n plan.Node) bool {
	switch n := n.(type) {
	case *agg.Node:
		return len(n.Keys) == 0 && len(n.Sets) <= 1
	case *calc.Node:
		return atMostOne(n.In)
	case *order.Node:
		return n.Limit == 0 || n.Limit == 1 || atMostOne(n.In)
	case *values.Node:
		return len(n.Rows) <= 1
	}
	return false
}

// spreader carries the columns of a domain through a plan: a node becomes one with
// its columns first and then those of the domain.
type spreader struct {
	d  *domain
	dw int
}

func refersOuter(n plan.Node, depth int) bool {
	found := false
	apply.MapOuter(n, depth, func(c *expr.Col) expr.Expr {
		found = true
		return c
	})
	return found
}

// expr replaces outer columns by those of the domain, which begin at column at.
func (s *spreader) expr(e expr.Expr, at int) expr.Expr {
	if e == nil {
		return nil
	}
	return expr.Transform(e, func(x expr.Expr) expr.Expr {
		if c, ok := x.(*expr.Col); ok && c.Depth == 1 {
			return placed(c, at+s.d.col[c.Index], 0)
		}
		return x
	})
}

// domainCols are the ordinals of the domain behind width columns.
func (s *spreader) domainCols(width int) []int {
	out := make([]int, s.dw)
	for i := range out {
		out[i] = width + i
	}
	return out
}

// with adds the domain to keys over a node that had width columns.
func (s *spreader) with(keys []int, width int) []int {
	return append(append([]int(nil), keys...), s.domainCols(width)...)
}

// last moves the domain's columns, which begin at at, behind all others.
func (s *spreader) last(n plan.Node, at int) plan.Node {
	fs := n.Fields()
	if at+s.dw == len(fs) {
		return n
	}
	es := append(cols(fs, 0, at), cols(fs, at+s.dw, len(fs))...)
	es = append(es, cols(fs, at, at+s.dw)...)
	return project(n, es)
}

// project computes columns and gives them the names of plain ones.
func project(n plan.Node, es []expr.Expr) plan.Node {
	names := make([]string, len(es))
	for i, e := range es {
		names[i] = "$" + e.Type().Kind.String()
		if c, ok := e.(*expr.Col); ok {
			names[i] = c.Name
		}
	}
	return calc.Project(n, es, names)
}

// node spreads one node; nil if it cannot.
func (s *spreader) node(n plan.Node) plan.Node {
	if !refersOuter(n, 1) {
		return join.New(n, s.d.node, join.Inner, nil, nil, nil)
	}
	switch n := n.(type) {
	case *join.Node:
		return s.join(n)
	case *setop.Node:
		return s.setop(n)
	case *values.Node:
		return s.values(n)
	case *apply.Node:
		return s.apply(n)
	}
	ins := n.Inputs()
	if len(ins) != 1 {
		return nil
	}
	in := s.node(ins[0])
	if in == nil {
		return nil
	}
	return s.over(n, in, len(ins[0].Fields()))
}

// over puts a node of one input over that input, spread; w is its width before.
func (s *spreader) over(n, in plan.Node, w int) plan.Node {
	switch n := n.(type) {
	case *calc.Node:
		return s.calc(n, in, w)
	case *agg.Node:
		return s.agg(n, in, w)
	case *order.Node:
		return s.order(n, in, w)
	case *rank.Node:
		c := *n
		c.In, c.PartitionBy = in, s.with(n.PartitionBy, w)
		return s.last(&c, w)
	case *over.Node:
		c := *n
		c.In, c.PartitionBy = in, s.with(n.PartitionBy, w)
		return s.last(&c, w)
	case *unnest.Node:
		if n.Keep != nil {
			return nil
		}
		return s.last(s.exprs(n.WithInputs([]plan.Node{in}), w), w)
	case *invoke.Node:
		return s.last(s.exprs(n.WithInputs([]plan.Node{in}), w), w)
	case *expand.Node:
		return s.last(n.WithInputs([]plan.Node{in}), w)
	case *window.Assign:
		c := *n
		c.In = in
		if n.Window.Kind == plan.Session {
			c.Window.PartitionBy = s.with(n.Window.PartitionBy, w)
		}
		return s.last(&c, w)
	}
	return nil
}

func (s *spreader) exprs(n plan.Node, w int) plan.Node {
	return mapExprs(n, func(e expr.Expr) expr.Expr { return s.expr(e, w) })
}

func (s *spreader) calc(n *calc.Node, in plan.Node, w int) plan.Node {
	c := *n
	c.In, c.Cond = in, s.expr(n.Cond, w)
	if n.Out == nil {
		return &c
	}
	fs := in.Fields()
	c.Out, c.Cols = nil, n.Cols[:len(n.Cols):len(n.Cols)]
	for _, e := range n.Out {
		c.Out = append(c.Out, s.expr(e, w))
	}
	for _, i := range s.domainCols(w) {
		c.Out, c.Cols = append(c.Out, plan.ColOf(fs, i)), append(c.Cols, fs[i])
	}
	return &c
}

// agg also groups by the domain. What has groups without keys gives a row for
// every member of the domain, found or not.
func (s *spreader) agg(n *agg.Node, in plan.Node, w int) plan.Node {
	if len(n.Keys) == 0 && n.Sets == nil {
		return s.global(n, in, w)
	}
	var parts []plan.Node
	var sets [][]int
	for _, set := range n.Sets {
		if len(set) > 0 {
			sets = append(sets, s.with(set, w))
			continue
		}
		g := s.global(agg.New(n.In, nil, n.Calls), in, w)
		es := make([]expr.Expr, 0, len(n.Fields())+s.dw)
		for _, f := range n.Fields()[:len(n.Keys)] {
			es = append(es, expr.Null(f.Type))
		}
		parts = append(parts, project(g, append(es, cols(g.Fields(), 0, len(g.Fields()))...)))
	}
	if n.Sets == nil || len(sets) > 0 {
		g := agg.New(in, s.with(n.Keys, w), n.Calls)
		g.Sets, g.TTLMs, g.Made = sets, n.TTLMs, n.Made
		parts = append(parts, s.last(g, len(n.Keys)))
	}
	if len(parts) == 1 {
		return parts[0]
	}
	return s.union(parts, n.Fields())
}

// global is an aggregate without keys: the domain is joined with what was found
// for it.
func (s *spreader) global(n *agg.Node, in plan.Node, w int) plan.Node {
	g := agg.New(in, s.domainCols(w), n.Calls)
	g.TTLMs, g.Made = n.TTLMs, n.Made
	m := marked(g)
	j := join.New(s.d.node, m, join.Left, identity(s.dw), identity(s.dw), nil)
	s.nullSafe(j)
	fs := j.Fields()
	mark, empty := plan.ColOf(fs, len(fs)-1), emptyResults(n.Calls)
	outs := cols(fs, 2*s.dw, len(fs)-1)
	for i, c := range n.Calls {
		if none := empty[i].(*expr.Lit); !none.IsNull() {
			outs[i] = &expr.Case{Whens: []expr.When{{Cond: expr.IsNull(mark), Then: none}}, Else: outs[i], T: c.Type}
		}
	}
	es := append(outs, cols(fs, 0, s.dw)...)
	names := append(plan.Names(n.Fields()), plan.Names(fs[:s.dw])...)
	return calc.Project(j, es, names)
}

// nullSafe makes the last dw keys of a join compare nulls as equal, where there
// can be nulls.
func (s *spreader) nullSafe(j *join.Node) {
	safe := make([]bool, len(j.LeftKeys))
	copy(safe, j.NullSafe)
	for i, f := range s.d.node.Fields() {
		safe[len(safe)-s.dw+i] = f.Type.Nullable
	}
	j.NullSafe = safe
}

// order makes LIMIT a Top-N for each member of the domain; an order without one
// means nothing inside a subquery.
func (s *spreader) order(n *order.Node, in plan.Node, w int) plan.Node {
	if n.Limit < 0 && n.Offset == 0 {
		return in
	}
	r := &rank.Node{Made: n.Made, In: in, PartitionBy: s.domainCols(w), OrderBy: n.Keys, Func: rank.RowNumber, From: n.Offset + 1, To: math.MaxInt64}
	if n.Limit >= 0 {
		r.To = n.Offset + n.Limit
	}
	if len(n.Keys) == 0 { // any rows, but the same ones each time
		for i, f := range in.Fields()[:w] {
			if !f.Type.IsNested() && f.Type.Kind != types.Variant && f.Type.Kind != types.Bitmap {
				r.OrderBy = append(r.OrderBy, plan.SortKey{Col: i})
			}
		}
	}
	return r
}

func (s *spreader) setop(n *setop.Node) plan.Node {
	parts := make([]plan.Node, len(n.In))
	for i, in := range n.In {
		if parts[i] = s.node(in); parts[i] == nil {
			return nil
		}
	}
	c := *n
	c.In = parts
	c.Output = append(n.Output[:len(n.Output):len(n.Output)], s.d.node.Fields()...)
	return &c
}

// union is UNION ALL of spread nodes, which gave fs before.
func (s *spreader) union(parts []plan.Node, fs []plan.Field) plan.Node {
	return &setop.Node{In: parts, Op: setop.UnionAll, All: true, Output: append(fs[:len(fs):len(fs)], s.d.node.Fields()...)}
}

// values makes rows that look at outer values a projection of the domain each.
func (s *spreader) values(n *values.Node) plan.Node {
	fs := s.d.node.Fields()
	var parts []plan.Node
	for _, row := range n.Rows {
		es := make([]expr.Expr, 0, len(row)+s.dw)
		for i, e := range row {
			es = append(es, expr.CastTo(s.expr(e, 0), n.Output[i].Type))
		}
		parts = append(parts, calc.Project(s.d.node, append(es, cols(fs, 0, s.dw)...), append(plan.Names(n.Output), plan.Names(fs)...)))
	}
	if len(parts) == 1 {
		return parts[0]
	}
	return s.union(parts, n.Output)
}
