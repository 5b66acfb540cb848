package opt

import (
	"math/bits"

	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/fn"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/rel/calc"
	"github.com/weir-stream/weir/internal/rel/join"
)

// Inner joins are reordered so that intermediate results stay small: all trees
// are weighed where there are few inputs (dynamic programming over sets, as in
// System R), else the cheapest pair is joined first. Streams keep the order that
// was written: it decides what state is kept, and the user knows the rates.
var orderJoins = Rule{
	Name:  "order joins by size",
	Batch: true,
	Why:   "joining the two largest tables first makes every later join larger",
	Whole: func(c *Ctx, root plan.Node) (plan.Node, error) {
		r := reorderer{e: newEstimator(c), done: map[plan.Node]plan.Node{}}
		return r.node(root), nil
	},
}

// reorderer does each shared part of a plan once.
type reorderer struct {
	e    *estimator
	done map[plan.Node]plan.Node
}

func (r *reorderer) node(n plan.Node) plan.Node {
	out, ok := r.done[n]
	if !ok {
		out = r.reorder(n)
		r.done[n] = out
	}
	return out
}

func (r *reorderer) reorder(n plan.Node) plan.Node {
	if j, ok := n.(*join.Node); ok && reorderable(j) {
		g := &joinGraph{}
		want := g.flatten(j)
		if len(g.inputs) < 64 {
			for i, in := range g.inputs {
				g.inputs[i] = r.node(in)
			}
			return g.build(r.e, want, j.Fields())
		}
	}
	ins := n.Inputs()
	if len(ins) == 0 {
		return n
	}
	fresh := make([]plan.Node, len(ins))
	same := true
	for i, in := range ins {
		fresh[i] = r.node(in)
		same = same && fresh[i] == in
	}
	if same {
		return n
	}
	return n.WithInputs(fresh)
}

func reorderable(j *join.Node) bool {
	return j.Type == join.Inner && j.Strategy == join.Regular && j.Wish == join.NoWish
}

// joinGraph is a tree of inner joins taken apart: inputs, and conditions over
// global columns (input columns end to end).
type joinGraph struct {
	inputs []plan.Node
	first  []int // first global column of each input
	width  int
	conds  []expr.Expr

	classes [][]int // global columns that are equal to each other
	class   []int   // of each global column, -1 = none
	others  []expr.Expr
	of      []uint64 // inputs that each of others looks at
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

// build joins the inputs in the best order and projects the wanted columns.
func (g *joinGraph) build(e *estimator, want []expr.Expr, fs []plan.Field) plan.Node {
	g.classify()
	g.filterInputs()
	p := newJoinPlanner(g, e)
	top, place := g.join(p, p.best())
	es := make([]expr.Expr, len(want))
	for i, w := range want {
		es[i] = place.expr(w)
	}
	out := calc.Project(top, es, plan.Names(fs))
	for i, c := range g.others {
		if g.of[i] != 0 {
			continue
		}
		if out.Cond == nil { // conditions without columns
			out.Cond = c
		} else {
			out.Cond = expr.AndAll(out.Cond, c)
		}
	}
	return out
}

// classify collects the columns that are equal to each other; other conditions
// stay as they are.
func (g *joinGraph) classify() {
	g.class = make([]int, g.width)
	for i := range g.class {
		g.class[i] = -1
	}
	for _, c := range g.conds {
		a, b, ok := columnEquality(c)
		if !ok {
			g.others, g.of = append(g.others, c), append(g.of, g.inputsOf(c))
			continue
		}
		switch x, y := g.class[a], g.class[b]; {
		case x < 0 && y < 0:
			g.class[a], g.class[b] = len(g.classes), len(g.classes)
			g.classes = append(g.classes, []int{a, b})
		case x < 0:
			g.class[a], g.classes[y] = y, append(g.classes[y], a)
		case y < 0:
			g.class[b], g.classes[x] = x, append(g.classes[x], b)
		case x != y:
			for _, m := range g.classes[y] {
				g.class[m] = x
			}
			g.classes[x], g.classes[y] = append(g.classes[x], g.classes[y]...), nil
		}
	}
}

// columnEquality reads "column = column" of one type.
func columnEquality(e expr.Expr) (a, b int, ok bool) {
	call, is := e.(*expr.Call)
	if !is || call.Fn.Name != "=" {
		return 0, 0, false
	}
	x, ok1 := call.Args[0].(*expr.Col)
	y, ok2 := call.Args[1].(*expr.Col)
	if !ok1 || !ok2 || x.Depth > 0 || y.Depth > 0 || !x.T.EqualKind(y.T) || x.Index == y.Index {
		return 0, 0, false
	}
	return x.Index, y.Index, true
}

func (g *joinGraph) inputOf(col int) int {
	for i := len(g.first) - 1; i > 0; i-- {
		if col >= g.first[i] {
			return i
		}
	}
	return 0
}

func (g *joinGraph) inputsOf(e expr.Expr) uint64 {
	set := uint64(0)
	for _, c := range expr.ReferencedCols(e) {
		set |= 1 << g.inputOf(c)
	}
	return set
}

// filterInputs puts on each input what is known of it alone: conditions on its
// columns, equalities within it, and what disjunctions over several inputs
// imply ((a = 1 AND b = 2) OR (a = 2 AND b = 1) implies a IN (1, 2)).
func (g *joinGraph) filterInputs() {
	for i := range g.inputs {
		var conds []expr.Expr
		for k, c := range g.others {
			switch {
			case g.of[k] == 1<<i && !expr.IsVolatile(c):
				conds = append(conds, c)
				g.of[k] = ^uint64(0) // done
			case g.of[k]>>i&1 == 1 && g.of[k] != ^uint64(0):
				if x := g.implied(c, i); x != nil {
					conds = append(conds, x)
				}
			}
		}
		for _, cl := range g.classes {
			rep := -1
			for _, m := range cl {
				switch {
				case g.inputOf(m) != i:
				case rep < 0:
					rep = m
				case rep != m:
					conds = append(conds, equal("=", g.col(rep), g.col(m)))
				}
			}
		}
		if len(conds) > 0 {
			g.inputs[i] = filtered(g.inputs[i], expr.Shift(expr.AndAll(conds...), g.first[i], -g.first[i]))
		}
	}
	k := 0
	for i, c := range g.others {
		if g.of[i] != ^uint64(0) {
			g.others[k], g.of[k] = c, g.of[i]
			k++
		}
	}
	g.others, g.of = g.others[:k], g.of[:k]
}

// implied gives what a disjunction says of input i alone, nil if nothing.
func (g *joinGraph) implied(e expr.Expr, i int) expr.Expr {
	branches := expr.Disjuncts(e)
	if len(branches) < 2 {
		return nil
	}
	var out []expr.Expr
	for _, b := range branches {
		var mine []expr.Expr
		for _, c := range expr.Conjuncts(b) {
			if g.inputsOf(c) == 1<<i && !expr.IsVolatile(c) && !expr.CanFail(c) {
				mine = append(mine, c)
			}
		}
		if len(mine) == 0 {
			return nil
		}
		out = append(out, expr.AndAll(mine...))
	}
	return expr.OrAll(out...)
}

func (g *joinGraph) col(c int) expr.Expr {
	i := g.inputOf(c)
	f := g.inputs[i].Fields()[c-g.first[i]]
	return &expr.Col{Index: c, Name: f.Name, T: f.Type}
}

// join builds the tree that the planner chose for a set of inputs; place tells
// where each global column is in its output.
func (g *joinGraph) join(p *joinPlanner, set uint64) (plan.Node, mapping) {
	if set&(set-1) == 0 {
		i := bits.TrailingZeros64(set)
		place := make(mapping, g.width)
		for k := range place {
			place[k] = -1
		}
		for k := range g.inputs[i].Fields() {
			place[g.first[i]+k] = k
		}
		return g.inputs[i], place
	}
	a := p.left(set)
	l, place := g.join(p, a)
	r, right := g.join(p, set&^a)
	for k, at := range right {
		if at >= 0 {
			place[k] = len(l.Fields()) + at
		}
	}
	var conds []expr.Expr
	for _, c := range g.between(a, set&^a) {
		conds = append(conds, place.expr(c))
	}
	j := join.New(l, r, join.Inner, nil, nil, nil)
	j.Rows = p.card(set)
	if len(conds) == 0 {
		return j, place
	}
	j.Rest = expr.AndAll(conds...)
	return splitCondition(j), place
}

// between gives the conditions that become decidable where a and b are joined.
func (g *joinGraph) between(a, b uint64) []expr.Expr {
	var out []expr.Expr
	for _, cl := range g.classes {
		x, y := -1, -1
		for _, m := range cl {
			in := uint64(1) << g.inputOf(m)
			switch {
			case x < 0 && a&in != 0:
				x = m
			case y < 0 && b&in != 0:
				y = m
			}
		}
		if x >= 0 && y >= 0 {
			out = append(out, equal("=", g.col(x), g.col(y)))
		}
	}
	for i, c := range g.others {
		if s := g.of[i]; s != 0 && s&^(a|b) == 0 && s&^a != 0 && s&^b != 0 {
			out = append(out, c)
		}
	}
	return out
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
