package opt

import (
	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/fn"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/rel/agg"
	"github.com/weir-stream/weir/internal/rel/calc"
	"github.com/weir-stream/weir/internal/rel/join"
)

// size is an estimate of a plan's output: rows, and how many there would be
// without filters.
type size struct{ rows, base float64 }

const unknownRows = 1e6

// estimate guesses sizes bottom-up. A join keeps of the larger side what the
// filters on the other leave: foreign keys are assumed.
func estimate(c *Ctx, n plan.Node) size {
	switch n := n.(type) {
	case *calc.Node:
		in := estimate(c, n.In)
		t, err := n.Derive(c.Context, []*plan.Traits{{Rows: in.rows}})
		if err == nil && t.Rows > 0 {
			return size{t.Rows, in.base}
		}
		return in
	case *join.Node:
		l, r := estimate(c, n.L), estimate(c, n.R)
		return joined(l, r, len(n.LeftKeys) > 0 || n.Strategy != join.Regular, n.Type)
	case *agg.Node:
		in := estimate(c, n.In)
		if len(n.Keys) == 0 {
			return size{1, 1}
		}
		return size{max(in.rows/10, 1), max(in.base/10, 1)}
	}
	a, err := plan.Annotate(c.Context, n)
	if err != nil || a.Traits[n].Rows < 0 {
		return size{unknownRows, unknownRows}
	}
	r := max(a.Traits[n].Rows, 1)
	return size{r, r}
}

func joined(l, r size, keyed bool, t join.Type) size {
	switch t {
	case join.Semi, join.Anti:
		return size{max(l.rows/2, 1), l.base}
	}
	if !keyed {
		return size{l.rows * r.rows, l.base * r.base}
	}
	return size{max(l.rows*r.rows/max(l.base, r.base, 1), 1), max(l.base, r.base)}
}

// Inner joins are reordered so that intermediate results stay small: start with
// the smallest input, always join next what gives the fewest rows, never a
// cross product while there is a key. Streams keep the order that was written:
// it decides what state is kept, and the user knows the rates.
var orderJoins = Rule{
	Name:  "order joins by size",
	Batch: true,
	Why:   "joining the two largest tables first makes every later join larger",
	Whole: func(c *Ctx, root plan.Node) (plan.Node, error) {
		return reorder(c, root), nil
	},
}

func reorder(c *Ctx, n plan.Node) plan.Node {
	if j, ok := n.(*join.Node); ok && reorderable(j) {
		g := &joinGraph{}
		at := g.flatten(j)
		if len(g.inputs) > 2 {
			for i, in := range g.inputs {
				g.inputs[i] = reorder(c, in)
			}
			return g.build(c, at, j.Fields())
		}
	}
	ins := n.Inputs()
	if len(ins) == 0 {
		return n
	}
	fresh := make([]plan.Node, len(ins))
	for i, in := range ins {
		fresh[i] = reorder(c, in)
	}
	return n.WithInputs(fresh)
}

func reorderable(j *join.Node) bool {
	return j.Type == join.Inner && j.Strategy == join.Regular
}

// joinGraph is a tree of inner joins taken apart: inputs, and conditions over
// global columns (input columns end to end).
type joinGraph struct {
	inputs []plan.Node
	first  []int // first global column of each input
	width  int
	conds  []expr.Expr
}

// flatten adds the inputs and conditions of a join and gives, for each of its
// output columns, an expression over global columns.
func (g *joinGraph) flatten(n plan.Node) []expr.Expr {
	switch n := n.(type) {
	case *join.Node:
		if !reorderable(n) {
			break
		}
		l, r := g.flatten(n.L), g.flatten(n.R)
		for i := range n.LeftKeys {
			op := "="
			if n.NullSafe[i] {
				op = "IS NOT DISTINCT FROM"
			}
			g.conds = append(g.conds, equal(op, l[n.LeftKeys[i]], r[n.RightKeys[i]]))
		}
		out := append(append([]expr.Expr(nil), l...), r...)
		for _, c := range expr.Conjuncts(n.Rest) {
			g.conds = append(g.conds, expr.Substitute(c, out))
		}
		return out
	case *calc.Node:
		j, ok := n.In.(*join.Node)
		if !ok || !reorderable(j) || n.Out == nil || !pure(n) {
			break
		}
		in := g.flatten(j)
		for _, c := range expr.Conjuncts(n.Cond) {
			g.conds = append(g.conds, expr.Substitute(c, in))
		}
		out := make([]expr.Expr, len(n.Out))
		for i, e := range n.Out {
			out[i] = expr.Substitute(e, in)
		}
		return out
	}
	fs := n.Fields()
	out := make([]expr.Expr, len(fs))
	for i, f := range fs {
		out[i] = &expr.Col{Index: g.width + i, Name: f.Name, T: f.Type}
	}
	g.inputs, g.first = append(g.inputs, n), append(g.first, g.width)
	g.width += len(fs)
	return out
}

func pure(n *calc.Node) bool {
	for _, e := range n.Exprs() {
		if expr.IsVolatile(e) {
			return false
		}
	}
	return true
}

// build joins the inputs greedily and projects the wanted columns.
func (g *joinGraph) build(c *Ctx, want []expr.Expr, fs []plan.Field) plan.Node {
	sizes := make([]size, len(g.inputs))
	best := 0
	for i, in := range g.inputs {
		sizes[i] = estimate(c, in)
		if sizes[i].rows < sizes[best].rows {
			best = i
		}
	}
	used := make([]bool, len(g.inputs))
	used[best] = true
	place := make(mapping, g.width) // global column to column of cur
	for i := range place {
		place[i] = -1
	}
	g.put(place, best, 0)
	cur, curSize := g.inputs[best], sizes[best]
	left := g.conds
	for range len(g.inputs) - 1 {
		next, keyed := g.cheapest(curSize, sizes, used, place, left)
		used[next] = true
		g.put(place, next, len(cur.Fields()))
		var rest []expr.Expr
		rest, left = applicable(left, place)
		var cond expr.Expr
		if len(rest) > 0 {
			cond = expr.AndAll(rest...)
		}
		var n plan.Node = join.New(cur, g.inputs[next], join.Inner, nil, nil, cond)
		if cond != nil {
			n = splitCondition(n.(*join.Node))
		}
		cur, curSize = n, joined(curSize, sizes[next], keyed, join.Inner)
	}
	es := make([]expr.Expr, len(want))
	for i, e := range want {
		es[i] = place.expr(e)
	}
	out := calc.Project(cur, es, plan.Names(fs))
	if len(left) > 0 { // conditions without columns
		out.Cond = expr.AndAll(left...)
	}
	return out
}

func (g *joinGraph) put(place mapping, input, at int) {
	for k := range g.inputs[input].Fields() {
		place[g.first[input]+k] = at + k
	}
}

// cheapest picks the next input.
func (g *joinGraph) cheapest(cur size, sizes []size, used []bool, place mapping, conds []expr.Expr) (int, bool) {
	best, bestRows, bestKeyed := -1, 0.0, false
	for i := range g.inputs {
		if used[i] {
			continue
		}
		keyed := g.connected(i, place, conds)
		rows := joined(cur, sizes[i], keyed, join.Inner).rows
		if best < 0 || keyed && !bestKeyed || keyed == bestKeyed && rows < bestRows {
			best, bestRows, bestKeyed = i, rows, keyed
		}
	}
	return best, bestKeyed
}

// connected reports whether an equality links input i with what is joined.
func (g *joinGraph) connected(i int, place mapping, conds []expr.Expr) bool {
	lo, hi := g.first[i], g.first[i]+len(g.inputs[i].Fields())
	for _, c := range conds {
		call, ok := c.(*expr.Call)
		if !ok || call.Fn.Name != "=" {
			continue
		}
		in, out, ready := false, false, true
		for _, col := range expr.ReferencedCols(c) {
			mine := col >= lo && col < hi
			in, out = in || mine, out || !mine
			ready = ready && (mine || place[col] >= 0)
		}
		if in && out && ready {
			return true
		}
	}
	return false
}

// applicable splits conditions into those whose columns are all there, moved to
// their places, and the others.
func applicable(conds []expr.Expr, place mapping) (ready, left []expr.Expr) {
	for _, c := range conds {
		if m, ok := expr.Remap(c, place); ok && len(expr.ReferencedCols(c)) > 0 {
			ready = append(ready, m)
		} else {
			left = append(left, c)
		}
	}
	return ready, left
}

func equal(op string, a, b expr.Expr) expr.Expr {
	if op == "=" {
		return expr.Compare(fn.EQ, a, b)
	}
	e, err := expr.MakeCall(fn.Core(), op, a, b)
	if err != nil { // the operands were keys of one join, so they compare
		return expr.Compare(fn.EQ, a, b)
	}
	return e
}
