package normalize

import (
	"time"

	"github.com/weir-stream/weir/internal/dag"
	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/plan"
)

// Lower adds the vertex over rows that are together by key.
func (n *Node) Lower(b *dag.Builder, in []dag.Port) (dag.Port, error) {
	t := b.Traits(n)
	s := spec{keys: n.Keys, cond: n.Cond, before: t.EmitBefore, versions: n.Versions, ttl: time.Duration(b.Ctx.StateTTLMs) * time.Millisecond}
	v := b.Op(n, n.Name(), "key=["+plan.Cols(n.In.Fields(), n.Keys)+"]", plan.Types(n.Fields()),
		func() op.Operator { return newOperator(s) }, b.HashBy(in[0], n.Keys, true))
	return dag.Port{V: v, Dist: t.Dist}, nil
}
