// Package order sorts and limits a whole table: the batch sort, the sort by
// time of a stream, Top-N without partitions (ORDER BY with LIMIT), and plain
// LIMIT.
package order

import (
	"fmt"

	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
)

// Node is ORDER BY ... OFFSET ... LIMIT. Keys may be empty (plain limit);
// Limit -1 means none.
type Node struct {
	plan.NoExprs
	plan.Made
	In     plan.Node
	Keys   []plan.SortKey
	Offset int64
	Limit  int64
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

// Fields are the input's.
func (n *Node) Fields() []plan.Field { return n.In.Fields() }

// TimeOrdered reports whether the first key is a time attribute, ascending.
func (n *Node) TimeOrdered() bool {
	return len(n.Keys) > 0 && !n.Keys[0].Desc && n.In.Fields()[n.Keys[0].Col].Type.Attr != types.NoAttr
}

// Name is Flink's.
func (n *Node) Name() string {
	switch {
	case len(n.Keys) == 0:
		return "Limit"
	case n.Limit >= 0 || n.Offset > 0:
		return "SortLimit"
	case n.TimeOrdered():
		return "TemporalSort"
	}
	return "Sort"
}

// Attrs prints order and limits.
func (n *Node) Attrs() []plan.Attr {
	var as []plan.Attr
	if len(n.Keys) > 0 {
		as = append(as, plan.Attr{Key: "orderBy", Value: plan.SortKeys(n.In.Fields(), n.Keys)})
	}
	if n.Offset > 0 {
		as = append(as, plan.Attr{Key: "offset", Value: fmt.Sprint(n.Offset)})
	}
	if n.Limit >= 0 {
		as = append(as, plan.Attr{Key: "fetch", Value: fmt.Sprint(n.Limit)})
	}
	return as
}

// Derive: a limit over a stream changes its mind, a sort by time or at the end
// does not.
func (n *Node) Derive(c *plan.Context, in []*plan.Traits) (*plan.Traits, error) {
	t := *in[0]
	t.EmitBefore, t.WantWatermark = false, false
	t.Dist = plan.Dist{Kind: plan.Single}
	switch {
	case len(n.Keys) == 0:
		if !in[0].InsertOnly() && !c.Batch {
			t.Changes = connector.AllChanges
		}
		t.Bound = plan.Bound{Kind: plan.ByLimit, Note: "the limit", RowBytes: plan.ListBytes + plan.RowWidth(n.Fields())}
	case n.Limit >= 0 || n.Offset > 0:
		if !c.Batch {
			t.Changes = connector.AllChanges
		}
		t.Bound = plan.Bound{Kind: plan.ByLimit, Note: "the limit", RowBytes: plan.ListBytes + plan.RowWidth(n.Fields())}
		if (!in[0].InsertOnly() || n.Limit < 0) && !t.Bounded {
			t.Bound = plan.Bound{Kind: plan.Unbounded, Note: "deleted rows bring back others", RowBytes: plan.ListBytes + plan.RowWidth(n.Fields())}
		}
	default:
		if !c.Batch && !t.Bounded && !(n.TimeOrdered() && in[0].InsertOnly()) {
			return nil, sqlerr.New(sqlerr.Unsupported, sqlerr.Pos{}, "Sort on a non-time-attribute field is not supported for an unbounded input").
				WithHint("sort by a time attribute first, ascending, or add a LIMIT")
		}
		t.Changes = connector.InsertOnly
		t.Bound = plan.Bound{Kind: plan.ByWatermark, Note: "watermark", RowBytes: plan.ListBytes + plan.RowWidth(n.Fields())}
		if t.Bounded {
			t.Bound = plan.Bound{Kind: plan.ByInputEnd, Note: "input end", RowBytes: plan.ListBytes + plan.RowWidth(n.Fields())}
		}
	}
	if n.Limit >= 0 && (t.Rows < 0 || t.Rows > float64(n.Limit)) {
		t.Rows = float64(n.Limit)
	}
	if n.Limit >= 0 && n.Limit <= 1 {
		t.Keys = [][]int{{}}
	}
	return &t, nil
}

// Needs asks for old rows, watermarks where time orders, and one subtask.
func (n *Node) Needs(_ *plan.Context, _ []*plan.Traits, own *plan.Traits) []plan.Need {
	return []plan.Need{{Before: true, Watermark: own.WantWatermark || n.TimeOrdered(), Dist: plan.Dist{Kind: plan.Single}}}
}

// Cause tells that the first rows are replaced by later ones.
func (n *Node) Cause() plan.Cause {
	return n.Because("ORDER BY with LIMIT", "take the first rows of a window, which are final: ROW_NUMBER() OVER (PARTITION BY window_start, window_end ORDER BY ..)")
}
