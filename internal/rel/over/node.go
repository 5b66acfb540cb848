// Package over computes aggregates and rankings over a window of rows around
// each row (OVER clauses).
package over

import (
	"fmt"

	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/types"
)

// Bound is an end of a frame.
type Bound struct {
	Unbounded bool
	// Offset is rows (ROWS) or ms (RANGE over time) relative to the current
	// row: negative = preceding, 0 = current row, positive = following. For
	// RANGE over numbers it is a number in the order column's unit.
	Offset int64
}

// Frame is ROWS or RANGE BETWEEN.
type Frame struct {
	Rows     bool
	From, To Bound
}

// Call is a window function: an aggregate, or one of the functions that only
// exist over windows (ROW_NUMBER, LAG, ...).
type Call struct {
	plan.AggCall
	IgnoreNulls bool
}

// Node appends one column a call to its input's. All calls share the
// partitioning, the order and the frame; the binder makes a node for each
// distinct window.
type Node struct {
	plan.NoExprs
	plan.Made
	In          plan.Node
	PartitionBy []int
	OrderBy     []plan.SortKey
	Frame       Frame
	Calls       []Call
}

// Inputs gives the one input.
func (n *Node) Inputs() []plan.Node { return []plan.Node{n.In} }

// WithInputs replaces it.
func (n *Node) WithInputs(in []plan.Node) plan.Node {
	c := *n
	c.In = in[0]
	return &c
}

// WithExprs is the identity.
func (n *Node) WithExprs([]expr.Expr) plan.Node { return n }

// Fields are the input's, then one a call.
func (n *Node) Fields() []plan.Field {
	in := n.In.Fields()
	out := in[:len(in):len(in)]
	for _, c := range n.Calls {
		out = append(out, plan.Field{Name: c.Name, Type: c.Type})
	}
	return out
}

// Name is Flink's.
func (n *Node) Name() string { return "OverAggregate" }

// Attrs prints partitioning, order, frame and calls.
func (n *Node) Attrs() []plan.Attr {
	in := n.In.Fields()
	var as []plan.Attr
	if len(n.PartitionBy) > 0 {
		as = append(as, plan.Attr{Key: "partitionBy", Value: plan.Cols(in, n.PartitionBy)})
	}
	if len(n.OrderBy) > 0 {
		as = append(as, plan.Attr{Key: "orderBy", Value: plan.SortKeys(in, n.OrderBy)})
	}
	as = append(as, plan.Attr{Key: "window", Value: n.Frame.String()})
	parts := make([]plan.AggCall, len(n.Calls))
	for i, c := range n.Calls {
		parts[i] = c.AggCall
	}
	return append(as, plan.Attr{Key: "select", Value: plan.Aggs(in, parts)})
}

// String prints the frame as SQL.
func (f Frame) String() string {
	unit := "RANGE"
	if f.Rows {
		unit = "ROWS"
	}
	return fmt.Sprintf("%s BETWEEN %s AND %s", unit, f.From.text("PRECEDING"), f.To.text("FOLLOWING"))
}

func (b Bound) text(unbounded string) string {
	switch {
	case b.Unbounded:
		return "UNBOUNDED " + unbounded
	case b.Offset == 0:
		return "CURRENT ROW"
	case b.Offset < 0:
		return fmt.Sprintf("%d PRECEDING", -b.Offset)
	}
	return fmt.Sprintf("%d FOLLOWING", b.Offset)
}

// TimeOrdered reports whether rows are ordered by a time attribute: then each
// row's result is final when the watermark passes it.
func (n *Node) TimeOrdered() bool {
	return len(n.OrderBy) > 0 && !n.OrderBy[0].Desc && n.In.Fields()[n.OrderBy[0].Col].Type.Attr != types.NoAttr
}

// Derive: time order gives inserts only; any other order updates earlier
// results when rows arrive between them.
func (n *Node) Derive(c *plan.Context, in []*plan.Traits) (*plan.Traits, error) {
	t := *in[0]
	t.EmitBefore, t.WantWatermark = false, false
	if !c.Batch && !(n.timed() && t.InsertOnly()) {
		t.Changes = connector.AllChanges
	}
	t.Dist = plan.Dist{Kind: plan.Hashed, Keys: n.PartitionBy}
	if len(n.PartitionBy) == 0 {
		t.Dist = plan.Dist{Kind: plan.Single}
	}
	t.Bound = plan.Bound{Kind: plan.Unbounded, Note: "all rows of a partition may be needed again", RowBytes: plan.EntryBytes + plan.SortedBytes + plan.RowWidth(n.In.Fields())}
	switch {
	case t.Bounded:
		t.Bound.Kind, t.Bound.Note = plan.ByInputEnd, "input end"
	case n.timed() && in[0].InsertOnly():
		t.Bound.Kind, t.Bound.Note = plan.ByWatermark, "watermark, then the frame of each partition"
	case c.StateTTLMs > 0:
		t.Bound.Kind, t.Bound.Note = plan.ByTTL, "state TTL"
	}
	return &t, nil
}

// Needs asks for old rows, watermarks where time orders, and co-location.
func (n *Node) Needs(_ *plan.Context, _ []*plan.Traits, own *plan.Traits) []plan.Need {
	return []plan.Need{{Before: true, Watermark: own.WantWatermark || n.timed(), Dist: plan.Dist{Kind: plan.Hashed, Keys: n.PartitionBy}}}
}

// Cause tells that rows before a new one change.
func (n *Node) Cause() plan.Cause {
	return n.Because("OVER", "order by a time attribute, ascending: then rows are final when the watermark passes them")
}
