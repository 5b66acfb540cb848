package order

import (
	"math"
	"time"

	"github.com/weir-stream/weir/internal/dag"
	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/topn"
	"github.com/weir-stream/weir/internal/types"
)

var _ dag.Lowerer = (*Node)(nil)

// Lower brings all rows to one subtask and sorts or limits them there.
func (n *Node) Lower(b *dag.Builder, in []dag.Port) (dag.Port, error) {
	mk, watermark, err := n.operator(b)
	if err != nil {
		return dag.Port{}, err
	}
	v := b.Op(n, n.Name(), n.detail(), plan.Types(n.Fields()), mk, b.Single(in[0]))
	v.WantWatermark = watermark
	return dag.Port{V: v, Dist: plan.Dist{Kind: plan.Single}}, nil
}

func (n *Node) detail() string {
	s := ""
	for i, a := range n.Attrs() {
		if i > 0 {
			s += ", "
		}
		s += a.Key + "=[" + a.Value + "]"
	}
	return s
}

func (n *Node) operator(b *dag.Builder) (mk func() op.Operator, watermark bool, err error) {
	in := b.Traits(n.In)
	retract := in != nil && !in.InsertOnly()
	limited := n.Limit >= 0 || n.Offset > 0
	switch {
	case len(n.Keys) == 0 && !retract:
		return func() op.Operator { return newLimit(n.Offset, n.Limit) }, false, nil
	case !b.Ctx.Batch && limited:
		s := n.topSpec(b, retract)
		return func() op.Operator { return topn.New(s) }, false, nil
	case !b.Ctx.Batch && n.TimeOrdered() && !retract && in != nil && (in.HasWatermark || n.proctime()):
		if !n.proctime() {
			return func() op.Operator { return newTemporal(n.Keys) }, true, nil
		}
		if len(n.Keys) > 1 {
			return func() op.Operator { return newByArrival(n.Keys[1:]) }, false, nil
		}
		return func() op.Operator { return newPass() }, false, nil
	}
	return func() op.Operator {
		return &atEnd{keys: n.Keys, offset: n.Offset, limit: n.Limit, retract: retract}
	}, false, nil
}

func (n *Node) proctime() bool {
	return n.In.Fields()[n.Keys[0].Col].Type.Attr == types.Proctime
}

// topSpec is ORDER BY ... LIMIT over a stream: the first rows of a single
// partition, without their ranks.
func (n *Node) topSpec(b *dag.Builder, retract bool) topn.Spec {
	s := topn.Spec{In: plan.Types(n.In.Fields()), Order: n.Keys, From: n.Offset + 1, To: math.MaxInt32, Retract: retract,
		TTL: time.Duration(b.Ctx.StateTTLMs) * time.Millisecond}
	if n.Limit >= 0 {
		s.To = min(n.Offset+n.Limit, math.MaxInt32)
	}
	if t := b.Traits(n); t != nil {
		s.Before = t.EmitBefore
	}
	return s
}
