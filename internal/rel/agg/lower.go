package agg

import (
	"time"

	"github.com/weir-stream/weir/internal/dag"
	"github.com/weir-stream/weir/internal/fold"
	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
)

// Lower adds the aggregate behind an exchange by its keys.
func (n *Node) Lower(b *dag.Builder, in []dag.Port) (dag.Port, error) {
	if n.Sets != nil {
		return dag.Port{}, sqlerr.New(sqlerr.Unsupported, sqlerr.Pos{}, "grouping sets must be expanded before an aggregate runs")
	}
	s := n.spec(b)
	out := plan.Types(n.Fields())
	input := b.HashBy(in[0], n.Keys, false)
	dist := plan.Dist{Kind: plan.Single}
	if len(n.Keys) > 0 {
		dist = plan.Dist{Kind: plan.Hashed, Keys: outputs(n.Keys, input.Edge, in[0])}
	}
	detail := plan.Aggs(n.In.Fields(), n.Calls)
	name := n.Name()
	if local := n.local(b, in[0], input, s); local != nil {
		name = "Global" + name
		s.shipped = plan.Types(n.In.Fields())
		s.keys = identity(len(n.Keys))
		input = b.HashBy(dag.Port{V: local}, s.keys, false)
	}
	v := b.Op(n, name, detail, out, func() op.Operator { return newGroup(s) }, input)
	return dag.Port{V: v, Dist: dist}, nil
}

// local adds a phase before the exchange, where there is one and the
// accumulators can be shipped.
func (n *Node) local(b *dag.Builder, in dag.Port, exchange dag.Input, s spec) *dag.Vertex {
	// Where state may be forgotten, a row that takes back what is gone is left out,
	// and only who has the state can tell.
	forgets := s.retract && s.ttl > 0
	if exchange.Ship == dag.Forward || len(n.Calls) == 0 || !b.Ctx.MiniBatch || b.Traits(n).EveryChange || forgets {
		return nil
	}
	types := plan.Types(n.In.Fields())
	words, ok := fold.Words(s.calls, types, s.retract)
	if !ok {
		return nil
	}
	out := fold.LocalTypes(s.out[:len(s.keys)], words, s.retract)
	v := b.Op(n, "Local"+n.Name(), plan.Aggs(n.In.Fields(), n.Calls), out, func() op.Operator { return &local{spec: s} }, b.Chain(in))
	v.Names = plan.Names(n.Fields())[:len(n.Keys)]
	return v
}

func identity(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

// outputs gives the distribution of the output: rows that stayed where they were
// are still spread by their old keys.
func outputs(keys []int, e dag.Edge, in dag.Port) []int {
	if e.Ship == dag.Forward && in.Dist.Kind == plan.Hashed {
		keys2 := make([]int, 0, len(in.Dist.Keys))
		for _, d := range in.Dist.Keys {
			for i, k := range keys {
				if k == d {
					keys2 = append(keys2, i)
					break
				}
			}
		}
		return keys2
	}
	return identity(len(keys))
}

// spec is what the operator needs to know of the node.
type spec struct {
	keys     []int
	calls    []fold.Call
	out      []types.Type
	retract  bool // the input updates
	before   bool // -U rows are wanted
	bounded  bool // emit once, at the end
	ttl      time.Duration
	constant bool // no keys
	// shipped is the columns that the calls are over, where the input is what a
	// local phase has made of them.
	shipped []types.Type
}

func (n *Node) spec(b *dag.Builder) spec {
	s := spec{keys: n.Keys, out: plan.Types(n.Fields()), constant: len(n.Keys) == 0, bounded: b.Ctx.Batch}
	s.calls = foldCalls(n.Calls, n.In.Fields())
	if t := b.Traits(n.In); t != nil {
		s.retract = !t.InsertOnly()
	}
	if t := b.Traits(n); t != nil {
		s.before = t.EmitBefore
	}
	ttl := n.TTLMs
	if ttl < 0 {
		ttl = b.Ctx.StateTTLMs
	}
	if !b.Ctx.Batch {
		s.ttl = time.Duration(ttl) * time.Millisecond
	}
	return s
}

// foldCalls gives a node's calls as fold's.
func foldCalls(calls []plan.AggCall, in []plan.Field) []fold.Call {
	out := make([]fold.Call, len(calls))
	for i, c := range calls {
		out[i] = fold.CallOf(c, in)
	}
	return out
}

var _ dag.Lowerer = (*Node)(nil)
