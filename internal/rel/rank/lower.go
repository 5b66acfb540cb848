package rank

import (
	"fmt"
	"time"

	"github.com/weir-stream/weir/internal/dag"
	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/topn"
)

var _ dag.Lowerer = (*Node)(nil)

// Lower adds the operator behind an exchange by the partition.
func (n *Node) Lower(b *dag.Builder, in []dag.Port) (dag.Port, error) {
	s := n.spec(b)
	mk := func() op.Operator { return topn.New(s) }
	if n.Win != nil {
		if err := n.closing(&s); err != nil {
			return dag.Port{}, err
		}
		if s.Retract && b.Ctx.Strict {
			return dag.Port{}, sqlerr.New(sqlerr.Unsupported, sqlerr.Pos{}, "%s over rows that are updated is not supported by Flink (weir.sql.strict)", n.Name())
		}
		if !b.Ctx.Batch {
			mk = func() op.Operator { return topn.NewWindow(s) }
		}
	}
	v := b.Op(n, n.Name(), n.detail(), plan.Types(n.Fields()), mk, b.HashBy(in[0], n.PartitionBy, false))
	v.WantWatermark = n.Win != nil && !b.Ctx.Batch
	return dag.Port{V: v, Dist: n.dist(v, in[0])}, nil
}

// dist is how the output is spread: rows that stayed where they were are spread
// as before.
func (n *Node) dist(v *dag.Vertex, in dag.Port) plan.Dist {
	switch {
	case v.Inputs[0].Ship == dag.Forward && in.Dist.Kind == plan.Hashed:
		return in.Dist
	case len(n.PartitionBy) == 0:
		return plan.Dist{Kind: plan.Single}
	}
	return plan.Dist{Kind: plan.Hashed, Keys: n.PartitionBy}
}

func (n *Node) detail() string {
	s := ""
	for i, a := range n.Attrs() {
		if i > 0 {
			s += ", "
		}
		s += fmt.Sprintf("%s=[%s]", a.Key, a.Value)
	}
	return s
}

var funcs = [...]topn.Func{RowNumber: topn.RowNumber, Rank: topn.Rank, DenseRank: topn.DenseRank}

func (n *Node) spec(b *dag.Builder) topn.Spec {
	s := topn.Spec{In: plan.Types(n.In.Fields()), Partition: n.PartitionBy, Order: n.OrderBy, Func: funcs[n.Func], From: n.From, To: n.To,
		Number: n.Number, Batch: b.Ctx.Batch}
	if t := b.Traits(n.In); t != nil {
		s.Retract = !t.InsertOnly()
	}
	if t := b.Traits(n); t != nil {
		s.Before = t.EmitBefore
	}
	if !s.Batch {
		s.TTL = time.Duration(b.Ctx.StateTTLMs) * time.Millisecond
	}
	if n.Dedup && n.Proctime() && !s.Batch {
		s.Order = nil // rows come in order of processing time
	}
	s.KeepLast = n.Dedup && !n.KeepFirst() && !s.Retract
	return s
}

// closing finds the column whose time ends a window: window_time, the last
// millisecond of it, or else its end.
func (n *Node) closing(s *topn.Spec) error {
	switch {
	case n.Win.Window.Proctime:
		return sqlerr.New(sqlerr.Unsupported, sqlerr.Pos{}, "%s over windows of processing time is not supported", n.Name()).
			WithHint("use a window over an event-time attribute")
	case n.Win.Time >= 0:
		s.EndCol = n.Win.Time
	case n.Win.End >= 0:
		s.EndCol, s.EndAdd = n.Win.End, -1
	default:
		return sqlerr.New(sqlerr.Unsupported, sqlerr.Pos{}, "%s needs window_start and window_end in its PARTITION BY", n.Name())
	}
	return nil
}
