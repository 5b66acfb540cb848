package over

import (
	"github.com/weir-stream/weir/internal/dag"
	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
)

var _ dag.Lowerer = (*Node)(nil)

// Lower adds the operator behind an exchange by the partition.
func (n *Node) Lower(b *dag.Builder, in []dag.Port) (dag.Port, error) {
	s := spec{in: plan.Types(n.In.Fields()), partition: n.PartitionBy, order: n.OrderBy, frame: n.Frame, calls: n.Calls}
	for _, c := range n.Calls {
		if len(c.OrderBy) > 0 {
			return dag.Port{}, sqlerr.New(sqlerr.Unsupported, sqlerr.Pos{}, "ORDER BY in %s is not supported", c.Agg.Name)
		}
	}
	if t := b.Traits(n.In); t != nil {
		s.retract = !t.InsertOnly()
	}
	if t := b.Traits(n); t != nil {
		s.before = t.EmitBefore
	}
	mk, watermark := func() op.Operator { return newBatch(s) }, false
	if !b.Ctx.Batch {
		if err := n.strict(b.Ctx); err != nil {
			return dag.Port{}, err
		}
		s.ttlMs = b.Ctx.StateTTLMs
		if n.timed() && !s.retract {
			proc := n.proctime()
			mk, watermark = func() op.Operator { return newTimed(s, proc) }, !proc
		} else {
			if s.retract && b.Ctx.Strict && n.TimeOrdered() {
				return dag.Port{}, sqlerr.New(sqlerr.Unsupported, sqlerr.Pos{}, "OVER in order of time, over rows that are updated, is not supported by Flink (weir.sql.strict)").
					WithHint("order by a column that is not a time attribute: CAST(ts AS TIMESTAMP(3))")
			}
			mk = func() op.Operator { return newUpdating(s) }
		}
	} else if s.retract {
		return dag.Port{}, sqlerr.New(sqlerr.Unsupported, sqlerr.Pos{}, "OVER does not support consuming update and delete changes in batch mode")
	}
	v := b.Op(n, n.Name(), n.detail(), plan.Types(n.Fields()), mk, b.HashBy(in[0], n.PartitionBy, false))
	v.WantWatermark = watermark
	return dag.Port{V: v, Dist: n.dist(v, in[0])}, nil
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

func (n *Node) proctime() bool {
	return n.In.Fields()[n.OrderBy[0].Col].Type.Attr == types.Proctime
}

// timed reports whether each row's results are final when time has passed it:
// rows are in order of a time attribute and nothing looks at later rows. Where rows
// without a time come last, they are never final.
func (n *Node) timed() bool {
	if !n.TimeOrdered() || !n.OrderBy[0].NullsFirst && n.In.Fields()[n.OrderBy[0].Col].Type.Nullable || len(n.OrderBy) != 1 || n.Frame.To != (Bound{}) || !n.Frame.From.Unbounded && n.Frame.From.Offset > 0 {
		return false
	}
	for _, c := range n.Calls {
		switch c.Agg.Name {
		case "ROW_NUMBER", "RANK", "DENSE_RANK":
		case "LAG":
			if len(c.Args) > 1 || c.IgnoreNulls {
				return false
			}
		default:
			if c.Agg.WindowOnly {
				return false
			}
			continue
		}
		if !n.Frame.Rows || !n.Frame.From.Unbounded {
			return false
		}
	}
	return true
}

// strict refuses what Flink refuses over streams.
func (n *Node) strict(c *plan.Context) error {
	if !c.Strict {
		return nil
	}
	for _, call := range n.Calls {
		switch call.Agg.Name {
		case "NTILE", "CUME_DIST", "PERCENT_RANK", "LEAD":
			return sqlerr.New(sqlerr.Unsupported, sqlerr.Pos{}, "%s over a stream is not supported by Flink (weir.sql.strict)", call.Agg.Name).
				WithHint("run in batch mode, or without weir.sql.strict")
		}
	}
	if n.Frame.To != (Bound{}) {
		return sqlerr.New(sqlerr.Unsupported, sqlerr.Pos{}, "a frame that does not end at the current row is not supported by Flink over a stream (weir.sql.strict)").
			WithHint("run in batch mode, or without weir.sql.strict")
	}
	return nil
}
