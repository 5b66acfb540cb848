package setop

import (
	"time"

	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/dag"
	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/plan"
)

// Lower adds one vertex over all inputs.
func (n *Node) Lower(b *dag.Builder, in []dag.Port) (dag.Port, error) {
	detail := n.Op.String()
	if n.All || n.Op == UnionAll {
		detail += " ALL"
	}
	out := plan.Types(n.Output)
	if n.Op == UnionAll {
		v := b.Op(n, n.Name(), detail, out, func() op.Operator { return &union{} }, n.unionInputs(b, in)...)
		return dag.Port{V: v, Dist: b.Traits(n).Dist}, nil
	}
	edges := make([]dag.Input, len(in))
	for i, p := range in {
		edges[i] = b.HashBy(p, seq(len(n.Output)), true)
	}
	spec := countSpec{op: n.Op, all: n.All, ttl: time.Duration(b.Ctx.StateTTLMs) * time.Millisecond}
	v := b.Op(n, n.Name(), detail, out, func() op.Operator { return newCounting(spec) }, edges...)
	return dag.Port{V: v, Dist: b.Traits(n).Dist}, nil
}

// unionInputs brings all inputs to the largest parallelism among them. An input
// with updates is spread by its key, so that the changes of a row stay in
// order; plain rows go round.
func (n *Node) unionInputs(b *dag.Builder, in []dag.Port) []dag.Input {
	par := 0
	for _, p := range in {
		par = max(par, p.V.Parallelism)
	}
	edges := make([]dag.Input, len(in))
	for i, p := range in {
		t := b.Traits(n.In[i])
		switch {
		case p.V.Parallelism == par:
			edges[i] = b.Chain(p)
		case t == nil || t.Changes == connector.InsertOnly || par != b.Ctx.Parallelism:
			edges[i] = b.RebalanceTo(p, par)
		case len(t.Keys) > 0 && len(t.Keys[0]) > 0:
			edges[i] = b.HashBy(p, t.Keys[0], true)
		default:
			edges[i] = b.HashBy(p, seq(len(n.Output)), true)
		}
	}
	return edges
}

// String gives the SQL keyword.
func (o Op) String() string { return [...]string{"UNION", "INTERSECT", "EXCEPT"}[o] }
