package unnest

import (
	"github.com/weir-stream/weir/internal/dag"
	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
)

// Lower adds the vertex, chained to the input.
func (n *Node) Lower(b *dag.Builder, in []dag.Port) (dag.Port, error) {
	switch t := n.X.Type(); t.Kind {
	case types.Array, types.Map, types.Multiset:
	default:
		return dag.Port{}, sqlerr.New(sqlerr.Unsupported, sqlerr.Pos{}, "UNNEST of %s", t)
	}
	s := spec{x: n.X, elems: plan.Types(n.Elems), ordinality: n.Ordinality, outer: n.Outer, keep: n.Keep, zone: b.Ctx.Zone}
	v := b.Op(n, n.Name(), n.Attrs()[0].Value, plan.Types(n.Fields()), func() op.Operator { return newOperator(s) }, b.Chain(in[0]))
	return dag.Port{V: v, Dist: n.dist(in[0].Dist)}, nil
}
