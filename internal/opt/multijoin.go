package opt

import (
	"strings"

	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/rel/calc"
	"github.com/weir-stream/weir/internal/rel/join"
)

// Joins one on top of the other that compare the same key become one: where
// table.optimizer.multi-join.enabled or the hint MULTI_JOIN asks for it, and, where
// that setting is not made, for three inner joined inputs or more.
var multiJoin = Rule{
	Name:   "join many inputs at once",
	Stream: true, Required: true,
	Why: "joins one after another keep their intermediate results, which may be larger than all inputs",
	Whole: func(c *Ctx, root plan.Node) (plan.Node, error) {
		o := c.Option("table.optimizer.multi-join.enabled")
		m := multiJoiner{all: strings.EqualFold(o, "true"), auto: o == "" && c.Optimize, uses: map[plan.Node]int{}, done: map[plan.Node]plan.Node{}}
		m.count(root)
		return m.rewrite(root), nil
	},
}

type multiJoiner struct {
	all  bool // asked for
	auto bool // chosen where it is sure to pay
	uses map[plan.Node]int
	done map[plan.Node]plan.Node
}

func (m *multiJoiner) count(n plan.Node) {
	m.uses[n]++
	if m.uses[n] > 1 {
		return
	}
	for _, in := range n.Inputs() {
		m.count(in)
	}
}

func (m *multiJoiner) rewrite(n plan.Node) plan.Node {
	if d, ok := m.done[n]; ok {
		return d
	}
	var out plan.Node
	if j, ok := n.(*join.Node); ok && m.wants(j) {
		out = m.combine(j)
	}
	if out == nil {
		out = m.descend(n)
	}
	m.done[n] = out
	return out
}

// descend rewrites the inputs.
func (m *multiJoiner) descend(n plan.Node) plan.Node {
	ins := n.Inputs()
	fresh, same := make([]plan.Node, len(ins)), true
	for i, in := range ins {
		fresh[i] = m.rewrite(in)
		same = same && fresh[i] == in
	}
	if same {
		return n
	}
	return n.WithInputs(fresh)
}

func (m *multiJoiner) wants(j *join.Node) bool {
	return (m.asked(j) && j.Type == join.Left || (m.asked(j) || m.auto) && j.Type == join.Inner) && j.Strategy == join.Regular &&
		!j.NullAware && j.LeftTTLMs < 0 && j.RightTTLMs < 0
}

func (m *multiJoiner) asked(j *join.Node) bool { return m.all || j.Multi }

// combine gives the multi-way join of j and the joins below it, with a projection
// to j's columns; nil if it must stay as it is.
func (m *multiJoiner) combine(j *join.Node) plan.Node {
	g := &multiGraph{m: m}
	out := g.flatten(j)
	if out == nil || !g.typed() || !m.asked(j) && (len(g.inputs) < 3 || len(g.classes) == 0) {
		return nil
	}
	n := g.node()
	for i, in := range n.Ins {
		n.Ins[i] = m.rewrite(in)
	}
	for i, e := range out {
		c, ok := e.(*expr.Col)
		if !ok || c.Index != i || len(out) != len(n.Fields()) {
			return calc.Project(n, out, plan.Names(j.Fields()))
		}
	}
	return n
}

// multiGraph is a left-deep tree of joins taken apart. Global columns are those
// of the inputs end to end.
type multiGraph struct {
	m      *multiJoiner
	inputs []plan.Node
	first  []int // first global column of each input
	width  int
	steps  []join.Step
	// classes are the columns of the common key: of each one a global column for
	// every input so far.
	classes [][]int
	safe    []bool // of each class: nulls are equal
	made    plan.Made
}

// flatten adds the joins below n and n itself and gives its columns over global
// ones; nil if nothing can be done.
func (g *multiGraph) flatten(j *join.Node) []expr.Expr {
	if j.Type != join.Inner {
		g.made = j.Made
	}
	l := g.left(j)
	return g.add(j, l)
}

// left flattens the left input if it is such a join, that only j reads; else it is
// the first input.
func (g *multiGraph) left(j *join.Node) []expr.Expr {
	in, k := j.L, (*calc.Node)(nil)
	if x, ok := in.(*calc.Node); ok && x.Cond == nil && x.Out != nil && pure(x) && g.m.uses[x] == 1 {
		in, k = x.In, x
	}
	low, ok := in.(*join.Node)
	if !ok || g.m.uses[low] != 1 || !g.m.wants(low) {
		return g.input(j.L, join.Inner)
	}
	was := *g
	out := g.flatten(low)
	if k != nil && out != nil {
		over := make([]expr.Expr, len(k.Out))
		for i, e := range k.Out {
			over[i] = expr.Substitute(e, out)
		}
		out = over
	}
	if out == nil || !g.goesOn(j, low, out) {
		*g = was
		return g.input(j.L, join.Inner)
	}
	return out
}

// goesOn reports that j, whose left columns are l, compares the common key; all
// of it unless the join was asked for.
func (g *multiGraph) goesOn(j, low *join.Node, l []expr.Expr) bool {
	n := len(g.match(j, l).classes)
	if g.m.asked(j) && g.m.asked(low) {
		return n > 0 || len(j.LeftKeys)+len(low.LeftKeys) == 0
	}
	return n > 0 && n == len(g.classes)
}

// input adds an input and gives its columns.
func (g *multiGraph) input(n plan.Node, t join.Type) []expr.Expr {
	fs := n.Fields()
	out := make([]expr.Expr, len(fs))
	for i, f := range fs {
		if t == join.Left {
			f.Type = f.Type.AsNullable()
		}
		out[i] = &expr.Col{Index: g.width + i, Name: f.Name, T: f.Type}
	}
	g.inputs, g.first = append(g.inputs, n), append(g.first, g.width)
	g.steps = append(g.steps, join.Step{Type: t})
	g.width += len(fs)
	return out
}

// matched tells which classes the equations of a join continue.
type matched struct {
	classes []int // that survive
	pair    []int // of each survivor the equation
	rest    []int // equations that are not of the common key
	needs   uint64
}

func (g *multiGraph) match(j *join.Node, l []expr.Expr) matched {
	var m matched
	taken := map[int]bool{}
	for i, k := range j.LeftKeys {
		x := -1
		if c, ok := l[k].(*expr.Col); ok {
			x = g.classOf(c.Index, j.NullSafe[i])
			if x >= 0 && !taken[x] {
				in := g.inputOf(c.Index)
				if g.steps[in].Type == join.Left && j.NullSafe[i] {
					x = -1
				} else if in > 0 {
					m.needs |= 1 << in
				}
			}
		}
		if x < 0 || taken[x] {
			m.rest = append(m.rest, i)
			continue
		}
		taken[x] = true
		m.classes, m.pair = append(m.classes, x), append(m.pair, i)
	}
	return m
}

func (g *multiGraph) inputOf(col int) int {
	i := 0
	for i+1 < len(g.first) && g.first[i+1] <= col {
		i++
	}
	return i
}

// classOf gives the class of a global column, -1 if it is of none. Before the
// first join every column of the only input is one.
func (g *multiGraph) classOf(col int, safe bool) int {
	if len(g.inputs) == 1 {
		for x, cl := range g.classes {
			if cl[0] == col && g.safe[x] == safe {
				return x
			}
		}
		g.classes, g.safe = append(g.classes, []int{col}), append(g.safe, safe)
		return len(g.classes) - 1
	}
	for x, cl := range g.classes {
		for _, c := range cl {
			if c == col && g.safe[x] == safe {
				return x
			}
		}
	}
	return -1
}

// add adds the right input of j and its condition.
func (g *multiGraph) add(j *join.Node, l []expr.Expr) []expr.Expr {
	if len(g.inputs) > 62 {
		return nil
	}
	m := g.match(j, l)
	if len(g.inputs) > 1 {
		g.drop(m.classes)
	}
	r := g.input(j.R, j.Type)
	at := len(g.inputs) - 1
	s := &g.steps[at]
	s.Needs = m.needs
	both := append(append([]expr.Expr(nil), l...), r...)
	var rest []expr.Expr
	for _, i := range m.rest {
		op := "="
		if j.NullSafe[i] {
			op = "IS NOT DISTINCT FROM"
		}
		rest = append(rest, equal(op, l[j.LeftKeys[i]], plain(r[j.RightKeys[i]], j.R, j.RightKeys[i])))
	}
	for _, c := range expr.Conjuncts(j.Rest) {
		rest = append(rest, expr.Substitute(c, both))
	}
	s.Rest = conjunction(rest)
	for i, k := range j.LeftKeys {
		if c, ok := l[k].(*expr.Col); ok {
			s.Pairs = append(s.Pairs, [2]int{c.Index, j.RightKeys[i]})
		}
	}
	var classes [][]int
	var safe []bool
	for x, c := range m.classes {
		classes = append(classes, append(append([]int(nil), g.classes[c]...), g.first[at]+j.RightKeys[m.pair[x]]))
		safe = append(safe, g.safe[c])
	}
	g.classes, g.safe = classes, safe
	return both
}

// plain is column i of the right input before it is made nullable.
func plain(e expr.Expr, n plan.Node, i int) expr.Expr {
	c := *e.(*expr.Col)
	c.T = n.Fields()[i].Type
	return &c
}

// drop turns the classes that do not survive back into conditions of their joins.
func (g *multiGraph) drop(survive []int) {
	kept := map[int]bool{}
	for _, x := range survive {
		kept[x] = true
	}
	for x, cl := range g.classes {
		if kept[x] {
			continue
		}
		for i := 1; i < len(cl); i++ {
			op := "="
			if g.safe[x] {
				op = "IS NOT DISTINCT FROM"
			}
			with := cl[0]
			for _, p := range g.steps[i].Pairs {
				if p[1] == cl[i]-g.first[i] && hasCol(cl, p[0]) {
					with = p[0]
				}
			}
			g.steps[i].Rest = conjunction(append(expr.Conjuncts(g.steps[i].Rest), equal(op, g.col(with), g.col(cl[i]))))
		}
	}
}

func (g *multiGraph) col(global int) expr.Expr {
	i := g.inputOf(global)
	f := g.inputs[i].Fields()[global-g.first[i]]
	if g.steps[i].Type == join.Left && i > 0 {
		f.Type = f.Type.AsNullable()
	}
	return &expr.Col{Index: global, Name: f.Name, T: f.Type}
}

// typed reports whether equal keys have equal bytes in all inputs.
func (g *multiGraph) typed() bool {
	for _, cl := range g.classes {
		for _, c := range cl[1:] {
			if !join.SameKeys(g.col(cl[0]).Type(), g.col(c).Type()) {
				return false
			}
		}
	}
	return true
}

func (g *multiGraph) node() *join.Multi {
	n := &join.Multi{Made: g.made, Ins: append([]plan.Node(nil), g.inputs...), Steps: g.steps, NullSafe: g.safe}
	for i := range n.Steps {
		n.Steps[i].Key = nil
		for _, cl := range g.classes {
			n.Steps[i].Key = append(n.Steps[i].Key, cl[i]-g.first[i])
		}
	}
	return n
}
