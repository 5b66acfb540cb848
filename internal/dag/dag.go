// Package dag is the physical graph: vertices that run an operator in some
// number of subtasks, and edges that ship rows between them. Plan nodes lower
// themselves into it; flow runs it.
package dag

import (
	"fmt"

	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/types"
)

// Ship is how an edge spreads rows over the receiving subtasks.
type Ship uint8

// The ways of shipping.
const (
	Forward   Ship = iota // subtask i to subtask i, same parallelism
	Hash                  // by key group of Keys
	Gather                // all to subtask 0
	Broadcast             // every row to every subtask
	Rebalance             // round robin by batch
)

var shipNames = [...]string{"forward", "hash", "single", "broadcast", "rebalance"}

// String gives the name that EXPLAIN prints.
func (s Ship) String() string { return shipNames[s] }

// Edge is an input of a vertex.
type Edge struct {
	From *Vertex
	Ship Ship
	Keys []int // ordinals in From's output, for Hash
	// Spread are the ordinals that the rows are spread over the receiving subtasks
	// by, here or further up; nil if not by key.
	Spread []int
	// Blocking edges buffer (and spill) all rows before the receiver starts;
	// the planner puts one where inputs read by priority share an ancestor.
	Blocking bool
	// Side edges carry what leaves the sender beside its output, as Side.Types say;
	// control messages are the same.
	Side Side
}

// Vertex runs one operator or source in Parallelism subtasks.
type Vertex struct {
	ID int
	// Address names the vertex by what it computes, so that its state is found
	// again by another plan that computes the same (Addresses).
	Address     string
	Name        string
	Detail      string
	Parallelism int
	New         func() op.Operator // nil for sources
	NewSource   func() op.Source
	Inputs      []Edge
	Out         []types.Type
	// Names are those of the columns of Out; nil: those of Node's fields, if it has as
	// many.
	Names []string
	Node  plan.Node
	// WantWatermark: this operator looks at watermarks, so pending changes are
	// flushed to it before one.
	WantWatermark bool
	// EveryChange: changes are not consolidated, since someone downstream looks
	// at the versions of a row and not only at the last.
	EveryChange bool
	// Backfills: when the vertex is new, the operator before it, which is not, gives it
	// its table (op.Recaller).
	Backfills bool
	// WantCaughtUp: the operator is an op.Catcher.
	WantCaughtUp bool
}

// KeepVersions asks for every change of this vertex and all before it.
func (v *Vertex) KeepVersions() {
	if v.EveryChange {
		return
	}
	v.EveryChange = true
	for _, e := range v.Inputs {
		e.From.KeepVersions()
	}
}

// Graph is a job's vertices in topological order, inputs first.
type Graph struct {
	Vertices []*Vertex
}

// Port is a vertex's output while a plan is lowered.
type Port struct {
	V    *Vertex
	Dist plan.Dist
}

// Lowerer is implemented by every plan node that can run.
type Lowerer interface {
	plan.Node
	// Lower adds the node's vertices; in are the lowered inputs.
	Lower(b *Builder, in []Port) (Port, error)
}

// Encloser is implemented by nodes that run their inputs themselves, as jobs
// within the job: they are not lowered with it.
type Encloser interface {
	Encloses()
}

// Builder lowers a plan.
type Builder struct {
	Plan   *plan.Annotated
	Ctx    *plan.Context
	graph  Graph
	done   map[plan.Node]Port
	shared map[string]any
}

// Build lowers the plans of one job; shared nodes become shared vertices.
func Build(c *plan.Context, a *plan.Annotated, roots ...plan.Node) (*Graph, error) {
	b := &Builder{Plan: a, Ctx: c, done: map[plan.Node]Port{}}
	for _, r := range roots {
		if _, err := b.lower(r); err != nil {
			return nil, err
		}
	}
	b.graph.address()
	return &b.graph, nil
}

func (b *Builder) lower(n plan.Node) (Port, error) {
	if p, ok := b.done[n]; ok {
		return p, nil
	}
	ins := make([]Port, len(n.Inputs()))
	_, encloses := n.(Encloser)
	for i, in := range n.Inputs() {
		if encloses {
			break
		}
		p, err := b.lower(in)
		if err != nil {
			return Port{}, err
		}
		ins[i] = p
	}
	l, ok := n.(Lowerer)
	if !ok {
		return Port{}, fmt.Errorf("plan node %s (%T) has no lowering", n.Name(), n)
	}
	p, err := l.Lower(b, ins)
	if err != nil {
		return Port{}, err
	}
	if p.V != nil && plan.LooksAtWatermark(n) {
		p.V.WantWatermark = true
	}
	b.done[n] = p
	return p, nil
}

// Shared gives what several nodes of the job have together, by name.
func (b *Builder) Shared(name string, make func() any) any {
	x, ok := b.shared[name]
	if !ok {
		if b.shared == nil {
			b.shared = map[string]any{}
		}
		x = make()
		b.shared[name] = x
	}
	return x
}

// Traits gives the inferred traits of a node.
func (b *Builder) Traits(n plan.Node) *plan.Traits { return b.Plan.Traits[n] }

// Source adds a vertex without inputs.
func (b *Builder) Source(n plan.Node, parallelism int, detail string, mk func() op.Source) Port {
	v := b.add(&Vertex{Name: n.Name(), Detail: detail, Parallelism: max(parallelism, 1), NewSource: mk, Out: plan.Types(n.Fields()), Node: n})
	return Port{v, plan.Dist{Kind: plan.SplitDist}}
}

// Op adds a vertex over edges that Input made; all edges must agree on its
// parallelism.
func (b *Builder) Op(n plan.Node, name, detail string, out []types.Type, mk func() op.Operator, in ...Input) *Vertex {
	v := &Vertex{Name: name, Detail: detail, New: mk, Out: out, Node: n}
	for _, i := range in {
		v.Inputs = append(v.Inputs, i.Edge)
		v.Parallelism = max(v.Parallelism, i.parallelism)
	}
	return b.add(v)
}

func (b *Builder) add(v *Vertex) *Vertex {
	v.ID = len(b.graph.Vertices)
	b.graph.Vertices = append(b.graph.Vertices, v)
	return v
}

// Input is an edge being made and the parallelism that it brings to the
// receiver.
type Input struct {
	Edge
	parallelism int
}

// Chain keeps the distribution: subtask i to subtask i.
func (b *Builder) Chain(p Port) Input {
	in := Input{Edge{From: p.V, Ship: Forward}, p.V.Parallelism}
	if p.Dist.Kind == plan.Hashed {
		in.Spread = p.Dist.Keys
	}
	return in
}

// HashBy spreads rows by key; where the port is spread by a prefix-equal key
// already and exact is not asked for, rows stay where they are. No keys means
// one subtask.
func (b *Builder) HashBy(p Port, keys []int, exact bool) Input {
	if len(keys) == 0 {
		return b.Single(p)
	}
	stay := p.Dist.Kind == plan.Hashed && satisfies(p.Dist.Keys, keys, exact)
	spread := keys
	if stay {
		spread = p.Dist.Keys
	}
	if b.Ctx.Parallelism == 1 && p.V.Parallelism == 1 || stay && p.V.Parallelism == b.Ctx.Parallelism {
		in := b.Chain(p)
		in.Spread = spread // also of one subtask: there may be more after a restart
		return in
	}
	return Input{Edge{From: p.V, Ship: Hash, Keys: keys, Spread: keys}, b.Ctx.Parallelism}
}

// satisfies reports whether rows hashed by have are also together by want.
func satisfies(have, want []int, exact bool) bool {
	if exact {
		if len(have) != len(want) {
			return false
		}
		for i := range have {
			if have[i] != want[i] {
				return false
			}
		}
		return true
	}
	for _, h := range have {
		found := false
		for _, w := range want {
			found = found || h == w
		}
		if !found {
			return false
		}
	}
	return len(have) > 0
}

// Single brings all rows to one subtask.
func (b *Builder) Single(p Port) Input {
	if p.V.Parallelism == 1 {
		return b.Chain(p)
	}
	return Input{Edge{From: p.V, Ship: Gather}, 1}
}

// BroadcastTo gives every row to each of parallelism subtasks.
func (b *Builder) BroadcastTo(p Port, parallelism int) Input {
	if parallelism == 1 && p.V.Parallelism == 1 {
		return b.Chain(p)
	}
	return Input{Edge{From: p.V, Ship: Broadcast}, parallelism}
}

// RebalanceTo spreads batches evenly over parallelism subtasks.
func (b *Builder) RebalanceTo(p Port, parallelism int) Input {
	if p.V.Parallelism == parallelism {
		return b.Chain(p)
	}
	if parallelism == 1 {
		return b.Single(p)
	}
	return Input{Edge{From: p.V, Ship: Rebalance}, parallelism}
}

// SharesAncestor reports whether two inputs of v descend from one vertex: if v
// reads one input before the other, the second must be able to wait in full.
func (v *Vertex) SharesAncestor() bool {
	if len(v.Inputs) < 2 {
		return false
	}
	seen := map[*Vertex]int{}
	shared := false
	var visit func(u *Vertex, in int)
	visit = func(u *Vertex, in int) {
		if by, ok := seen[u]; ok {
			shared = shared || by != in
			return
		}
		seen[u] = in
		for _, e := range u.Inputs {
			visit(e.From, in)
		}
	}
	for in, e := range v.Inputs {
		visit(e.From, in+1)
	}
	return shared
}
