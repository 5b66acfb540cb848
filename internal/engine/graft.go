package engine

import (
	"slices"

	"github.com/weir-stream/weir/internal/dag"
	"github.com/weir-stream/weir/internal/evolve"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/rel/backfill"
	"github.com/weir-stream/weir/internal/rel/calc"
	"github.com/weir-stream/weir/internal/state"
)

// grafting is the INSERTs of a part being put on what they stood on: those that began
// with the state of another part go on behind it, in its new columns.
type grafting struct {
	ctx     *plan.Context
	e       *evolution
	m       *evolve.Matching
	next    int         // part
	anew    bool        // nothing can go on as it is
	below   map[int]int // parts of the record, copied
	done    map[plan.Node]plan.Node
	foreign map[plan.Node]bool // nodes that others see to
	grown   map[plan.Node]bool // nodes of parts that were copied

	sp    *subplans
	stood map[plan.Node]plan.Node
}

// grown is a node that goes on with the state of one of the record.
type grown struct {
	node    plan.Node
	part    int
	columns []int
}

func newGrafting(sp *subplans, e *evolution, m *evolve.Matching, next int) *grafting {
	return &grafting{ctx: sp.ctx, sp: sp, e: e, m: m, next: next, below: map[int]int{}, done: map[plan.Node]plan.Node{}, stood: map[plan.Node]plan.Node{},
		foreign: map[plan.Node]bool{}, grown: map[plan.Node]bool{}}
}

// node gives a node of the new plan, standing as the one did that it was.
func (g *grafting) node(n plan.Node) plan.Node {
	if d, ok := g.done[n]; ok {
		return d
	}
	if was := g.m.Begins[n]; was != nil {
		g.done[n] = g.begin(was, n, g.node(g.m.Own[n]))
		return g.done[n]
	}
	out, changed := n, false
	ins := make([]plan.Node, len(n.Inputs()))
	for i, in := range n.Inputs() {
		ins[i] = g.node(in)
		changed = changed || ins[i] != in
	}
	if changed {
		out = n.WithInputs(ins)
		g.m.Become(n, out)
	}
	g.done[n] = out
	return out
}

// begin puts what stood on a part of the record on that part: as it is, if nothing in
// it has changed, as what it has become, or, where its INSERT is gone or another, as a
// part of its own.
func (g *grafting) begin(was *backfill.Node, n, own plan.Node) plan.Node {
	b := *was
	b.Part = 0 // what it was is told by what it is paired with
	cols := g.m.Pair(was, n)
	now, grew := g.e.now[was.In]
	switch {
	case cols == nil && !g.anew && subplanKey(g.ctx, was.In) == subplanKey(g.ctx, own):
		b.In = was.In
	case grew && slices.Equal(now.columns, cols) && sameTypes(now.node, own):
		b.In, b.Below = now.node, now.part
	default:
		if g.below[was.Below] == 0 {
			g.below[was.Below] = g.next
			g.next++
		}
		b.In, b.Below = own, g.below[was.Below]
	}
	of := g.grown
	if b.In != own {
		of = g.foreign
	}
	plan.Walk(b.In, func(n plan.Node) { of[n] = true })
	g.m.Begin(was, &b, n)
	return &b
}

func sameTypes(a, b plan.Node) bool {
	return slices.EqualFunc(a.Fields(), b.Fields(), func(x, y plan.Field) bool { return x.Type.Equal(y.Type) })
}

// columns tells of the inputs of a vertex of a node which column was which.
func (g *grafting) columns(n plan.Node, v *dag.Vertex) state.ColumnMap {
	out := make(state.ColumnMap, len(v.Inputs))
	ins := n.Inputs()
	for i, e := range v.Inputs {
		at := i
		if i >= len(ins) || ins[i] != e.From.Node {
			at = slices.Index(ins, e.From.Node)
		}
		if at >= 0 {
			out[i] = g.m.Columns(n, at)
		} else if o := g.m.Old[e.From.Node]; o != nil && e.From.Node != n {
			out[i] = g.m.Pair(o, e.From.Node)
		}
	}
	return out
}

// apart is the part for which evolve.Matching.Copy copies what is above that goes on.
const apart = -1

// anew is the part for which it copies what goes on as it was under other addresses.
const anew = -2

// stands gives a query that is another than it was, standing on what is in the record
// of it but for names and types of columns. What is there as it is, it leaves. All but
// that is a copy, since sources that go on are not to be read by what is new.
func (g *grafting) stands(n plan.Node) plan.Node {
	if d, ok := g.stood[n]; ok {
		return d
	}
	var out plan.Node
	old, like := g.sp.like(n)
	if like = like && g.sp.refused[old.node] == ""; !like {
		out = g.cut(n)
	}
	switch ins := n.Inputs(); {
	case out != nil:
	case like || !settled(n) || len(ins) == 0:
		out = g.m.Copy(apart, n)
	default:
		fresh := make([]plan.Node, len(ins))
		for i, in := range ins {
			fresh[i] = g.stands(in)
		}
		out = n.WithInputs(fresh)
	}
	g.stood[n] = out
	return out
}

// begins reports whether a plan begins with the state of another part.
func begins(n plan.Node) bool {
	found := false
	plan.Walk(n, func(n plan.Node) {
		if _, ok := n.(*backfill.Node); ok {
			found = true
		}
	})
	return found
}

// cut begins with what an operator of the record has become, nil if there is none that
// a node is.
func (g *grafting) cut(n plan.Node) plan.Node {
	if !noted(n) {
		return nil
	}
	for _, old := range g.sp.all {
		if g.sp.refused[old.node] != "" || old.node.Name() != n.Name() {
			continue
		}
		was := g.sp.on(old)
		if own, ok := g.m.Stands(was, n); ok {
			return g.begin(was, n, g.node(own))
		}
	}
	return nil
}

// note tells later parts what the nodes of the record have become.
func (g *grafting) note(sinks []plan.Node, goes func(plan.Node) bool) {
	parts := dag.Parts(sinks)
	for _, k := range sinks {
		plan.Walk(k, func(n plan.Node) {
			if _, free := n.(*calc.Node); free || !goes(n) {
				return
			}
			if o := g.m.Old[n]; o != nil {
				g.e.now[o] = grown{n, parts[n], g.m.Pair(o, n)}
			}
		})
	}
}
