package engine

import (
	"maps"

	"github.com/weir-stream/weir/internal/dag"
	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/rel/agg"
	"github.com/weir-stream/weir/internal/rel/backfill"
	"github.com/weir-stream/weir/internal/rel/calc"
	"github.com/weir-stream/weir/internal/rel/expand"
	"github.com/weir-stream/weir/internal/rel/join"
	"github.com/weir-stream/weir/internal/rel/normalize"
	"github.com/weir-stream/weir/internal/rel/rank"
	"github.com/weir-stream/weir/internal/rel/scan"
	"github.com/weir-stream/weir/internal/rel/setop"
	"github.com/weir-stream/weir/internal/rel/sink"
	"github.com/weir-stream/weir/internal/rel/unnest"
)

// subplans are the parts of a plan that was recorded, by what they mean. An INSERT
// that has changed goes on with those that are in it still, where it stands on their
// tables only: the operator at the top of such a part gives its table from its state
// (op.Recaller), and what is new above it begins with that.
type subplans struct {
	ctx     *plan.Context
	known   map[string]subplan
	all     []subplan            // in the order of the plan
	refused map[plan.Node]string // nodes of the record that cannot, and why
	traits  map[plan.Node]*plan.Traits
	fresh   map[plan.Node]*plan.Traits   // of the new plan
	parts   map[plan.Node]int            // of the nodes that hold their results
	part    int                          // that the new plan begins
	cuts    map[plan.Node]*backfill.Node // by the node of the record
	once    map[plan.Node]*backfill.Node // those that give it only once
	done    map[plan.Node]plan.Node
	keys    map[plan.Node]string // of the new plan
	// callKeys are those of calls of aggregates, of both plans.
	callKeys map[*agg.Node][]string
	// why tells of nodes of the new plan why they are rebuilt although their like is
	// in the record.
	why map[plan.Node]string
}

type subplan struct {
	node plan.Node
	part int
}

// subplansOf finds the parts of a recorded plan, whose roots are kept, that a new
// one may stand on: none if other settings shaped it.
func (s *Session) subplansOf(c *continuation, old *record, kept []plan.Node) (*subplans, error) {
	sp := &subplans{ctx: c.p.ctx, keys: map[plan.Node]string{}, callKeys: map[*agg.Node][]string{}, known: map[string]subplan{}, refused: map[plan.Node]string{}, parts: map[plan.Node]int{},
		cuts: map[plan.Node]*backfill.Node{}, once: map[plan.Node]*backfill.Node{}}
	if !maps.Equal(old.Settings, c.rec.Settings) {
		return sp, nil
	}
	root := setOf(kept)
	ann, err := plan.Annotate(c.p.ctx, root)
	if err != nil {
		return nil, err
	}
	g, err := s.graph(&planned{root: root, ann: ann, ctx: c.p.ctx})
	if err != nil {
		return nil, err
	}
	sp.traits = ann.Traits
	last := map[plan.Node]*dag.Vertex{}
	for _, v := range g.Vertices {
		last[v.Node] = v
	}
	parts := dag.Parts(kept)
	plan.Walk(root, func(n plan.Node) {
		v := last[n]
		if v == nil || v.New == nil {
			return
		}
		r, ok := v.New().(op.Recaller)
		if !ok && !noted(n) {
			return
		}
		sp.parts[n] = parts[n]
		if !ok {
			sp.refused[n] = "it does not hold its result"
		} else if why := r.Recallable(); why != "" {
			sp.refused[n] = why
		}
		key := subplanKey(sp.ctx, n)
		if _, has := sp.known[key]; !has && key != "" {
			sp.known[key] = subplan{n, parts[n]}
			sp.all = append(sp.all, subplan{n, parts[n]})
		}
	})
	return sp, nil
}

// noted reports whether it is worth telling that a node is rebuilt although it has
// not changed: those that have nothing to lose are not.
func noted(n plan.Node) bool {
	switch n := n.(type) {
	case *calc.Node, *sink.Node, *sink.Set, *scan.Node, *backfill.Node, *expand.Node, *unnest.Node:
		return false
	case *setop.Node:
		return n.Op != setop.UnionAll
	}
	return true
}

// stand gives new plans that stand on what is in the record.
func (sp *subplans) stand(fresh []plan.Node) []plan.Node {
	sp.done, sp.why = map[plan.Node]plan.Node{}, map[plan.Node]string{}
	out := make([]plan.Node, len(fresh))
	for i, n := range fresh {
		out[i] = sp.node(n)
	}
	return out
}

func (sp *subplans) node(n plan.Node) plan.Node {
	if d, ok := sp.done[n]; ok {
		return d
	}
	if _, stands := n.(*backfill.Node); stands { // already, in other columns
		return n
	}
	out, why := n, ""
	if old, ok := sp.like(n); ok {
		if why = sp.refused[old.node]; why == "" {
			return sp.cut(old)
		}
	}
	wider, lacks := sp.wider(n)
	if wider != nil {
		sp.done[n] = wider
		return wider
	}
	if why == "" {
		why = lacks
	}
	if settled(n) {
		ins := make([]plan.Node, len(n.Inputs()))
		changed := false
		for i, in := range n.Inputs() {
			ins[i] = sp.node(in)
			changed = changed || ins[i] != in
		}
		if changed {
			out = n.WithInputs(ins)
		}
	} else if why == "" && sp.holds(n) {
		why = "it looks at the history of its input, not only at its result"
	}
	if why != "" {
		sp.why[out] = why
	}
	sp.done[n] = out
	return out
}

// like finds what means the same in the record.
func (sp *subplans) like(n plan.Node) (subplan, bool) {
	key, has := sp.keys[n]
	if !has {
		key = subplanKey(sp.ctx, n)
		sp.keys[n] = key
	}
	old, ok := sp.known[key]
	return old, ok
}

// holds reports whether a plan has a part that goes on.
func (sp *subplans) holds(n plan.Node) bool {
	found := false
	plan.Walk(n, func(n plan.Node) {
		if old, ok := sp.like(n); ok && sp.refused[old.node] == "" {
			found = true
		}
	})
	return found
}

func (sp *subplans) cut(old subplan) plan.Node {
	b := sp.cuts[old.node]
	if b == nil {
		b = sp.on(old)
		sp.cuts[old.node] = b
	}
	return b
}

// on begins with the result of a part of the record, which is asked for what it was.
func (sp *subplans) on(old subplan) *backfill.Node {
	b := &backfill.Node{In: old.node, Below: old.part, Part: sp.part}
	if t := sp.traits[old.node]; t != nil {
		b.Before, b.Every, b.Watermark = t.EmitBefore, t.EveryChange, t.WantWatermark
	}
	return b
}

// settled reports whether what a node gives in the end follows from the tables that
// its inputs are in the end, however these came about.
func settled(n plan.Node) bool {
	for _, e := range n.Exprs() {
		if !expr.IsDeterministic(e) {
			return false
		}
	}
	switch n := n.(type) {
	case *calc.Node, *setop.Node, *expand.Node, *unnest.Node, *join.Multi, *sink.Set:
		return true
	case *sink.Node:
		return n.Conflict == sink.NoConflict
	case *normalize.Node:
		return !n.Versions
	case *join.Node:
		return n.Strategy == join.Regular
	case *rank.Node:
		return n.Win == nil && !n.Proctime()
	case *agg.Node:
		for _, c := range n.Calls {
			if c.Agg.Ordered {
				return false
			}
		}
		return true
	}
	return false
}

// check looks whether the parts of the record that a plan stands on run in it as they
// did, and refuses those that do not.
func (sp *subplans) check(old *record, ann *plan.Annotated, g *dag.Graph) (ok bool) {
	was := map[string]bool{}
	for _, o := range old.Operators {
		was[o.Address] = true
	}
	ok = true
	for _, v := range g.Vertices {
		b, is := v.Node.(*backfill.Node)
		if !is || sp.cuts[b.In] != b && sp.once[b.In] != b {
			continue
		}
		why := ""
		plan.Walk(b.In, func(n plan.Node) {
			if !sameWork(n, sp.traits[n], ann.Traits[n]) {
				why = "more is asked of it than was"
			}
		})
		if !was[v.Inputs[0].From.Address] {
			why = "its plan is another"
		}
		if why != "" {
			sp.refused[b.In], ok = why, false
		}
	}
	return ok
}

// sameWork reports whether a node that is asked for now keeps the state that it kept
// when it was asked for was. Aggregates and the like keep the same for all.
func sameWork(n plan.Node, was, now *plan.Traits) bool {
	if was == nil || now == nil || was.EveryChange != now.EveryChange || was.WantWatermark != now.WantWatermark {
		return false
	}
	switch n.(type) {
	case *agg.Node, *normalize.Node, *calc.Node, *scan.Node, *setop.Node, *expand.Node, *unnest.Node, *backfill.Node,
		*join.Node, *join.Multi:
		return true
	}
	return was.EmitBefore == now.EmitBefore
}
