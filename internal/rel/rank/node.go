// Package rank keeps the first rows of each partition: Top-N, deduplication
// (the first or last row by time) and their window forms. Rules recognise them
// in ROW_NUMBER() OVER (...) with a filter on the number.
package rank

import (
	"fmt"

	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/types"
)

// Func is the ranking function.
type Func uint8

// The ranking functions.
const (
	RowNumber Func = iota
	Rank
	DenseRank
)

var funcNames = [...]string{"ROW_NUMBER", "RANK", "DENSE_RANK"}

// String gives the SQL name.
func (f Func) String() string { return funcNames[f] }

// Node keeps rows whose rank lies in [From, To]; with Number the rank is
// appended as a BIGINT column.
type Node struct {
	plan.NoExprs
	plan.Made
	In          plan.Node
	PartitionBy []int
	OrderBy     []plan.SortKey
	Func        Func
	From, To    int64
	Number      bool
	NumberName  string
	// Dedup: From = To = 1 by ROW_NUMBER over one time attribute: keep the
	// first (ascending) or last (descending) row.
	Dedup bool
	// Win, if not nil, are window columns in the partition key: results are
	// final when the watermark closes the window.
	Win *plan.WinCols
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

// Fields are the input's and the rank.
func (n *Node) Fields() []plan.Field {
	in := n.In.Fields()
	if !n.Number {
		return in
	}
	return append(in[:len(in):len(in)], plan.Field{Name: n.NumberName, Type: types.Of(types.BigInt).NotNull()})
}

// Name is Flink's.
func (n *Node) Name() string {
	switch {
	case n.Win != nil && n.Dedup:
		return "WindowDeduplicate"
	case n.Win != nil:
		return "WindowRank"
	case n.Dedup:
		return "Deduplicate"
	}
	return "Rank"
}

// Attrs prints function, range, partition and order.
func (n *Node) Attrs() []plan.Attr {
	in := n.In.Fields()
	as := []plan.Attr{{Key: "rankType", Value: n.Func.String()}, {Key: "rankRange", Value: fmt.Sprintf("rankStart=%d, rankEnd=%d", n.From, n.To)}}
	if len(n.PartitionBy) > 0 {
		as = append(as, plan.Attr{Key: "partitionBy", Value: plan.Cols(in, n.PartitionBy)})
	}
	as = append(as, plan.Attr{Key: "orderBy", Value: plan.SortKeys(in, n.OrderBy)})
	if n.Number {
		as = append(as, plan.Attr{Key: "rank", Value: n.NumberName})
	}
	return as
}

// KeepFirst reports whether deduplication keeps the earliest row.
func (n *Node) KeepFirst() bool { return !n.OrderBy[0].Desc }

// Proctime reports whether the order is processing time (arrival).
func (n *Node) Proctime() bool { return n.In.Fields()[n.OrderBy[0].Col].Type.Attr == types.Proctime }

// Derive: partition and rank are unique; window forms and the first row by
// arrival are final, all else updates.
func (n *Node) Derive(c *plan.Context, in []*plan.Traits) (*plan.Traits, error) {
	t := *in[0]
	t.EmitBefore, t.WantWatermark = false, false
	t.Dist = plan.Dist{Kind: plan.Hashed, Keys: n.PartitionBy}
	if len(n.PartitionBy) == 0 {
		t.Dist = plan.Dist{Kind: plan.Single}
	}
	if n.Func == RowNumber && n.From == n.To {
		t.Keys = append([][]int{n.PartitionBy}, t.Keys...)
	} else if n.Func == RowNumber && n.Number {
		t.Keys = append([][]int{append(append([]int(nil), n.PartitionBy...), len(n.In.Fields()))}, t.Keys...)
	}
	rowBytes := plan.EntryBytes + plan.ListBytes + plan.RowWidth(n.In.Fields())
	final := n.Win != nil || n.Dedup && n.KeepFirst() && n.Proctime() && in[0].InsertOnly()
	switch {
	case c.Batch || final:
		t.Changes = connector.InsertOnly
	default:
		t.Changes = connector.AllChanges
	}
	switch {
	case n.Win != nil:
		t.Bound = plan.Bound{Kind: plan.ByWatermark, Note: "watermark", RowBytes: rowBytes}
		if !in[0].InsertOnly() {
			t.Bound.Note = "all rows of open windows"
		}
	case in[0].Bounded:
		t.Bound = plan.Bound{Kind: plan.ByInputEnd, Note: "input end", RowBytes: rowBytes}
	case c.StateTTLMs > 0:
		t.Bound = plan.Bound{Kind: plan.ByTTL, Note: "state TTL", RowBytes: rowBytes}
	case len(n.PartitionBy) == 0 && in[0].InsertOnly():
		t.Bound = plan.Bound{Kind: plan.ByLimit, Note: "the rank range", RowBytes: rowBytes}
	default:
		t.Bound = plan.Bound{Kind: plan.Unbounded, Note: "one entry a distinct partition key", RowBytes: rowBytes}
	}
	return &t, nil
}

// Replaces: with numbers a row takes the place of the one that had its number, and
// the only row of a partition that of the one before. Any other key of the row that
// is gone would be left behind.
func (n *Node) Replaces(t *plan.Traits) [][]int {
	if t.InsertOnly() || n.Func != RowNumber || !n.Number {
		return t.Keys
	}
	return t.Keys[:1]
}

// Needs asks for old rows, watermarks for windows, and co-location.
func (n *Node) Needs(_ *plan.Context, _ []*plan.Traits, own *plan.Traits) []plan.Need {
	return []plan.Need{{Before: true, Watermark: own.WantWatermark || n.Win != nil, Dist: plan.Dist{Kind: plan.Hashed, Keys: n.PartitionBy}}}
}

// Cause tells that the first rows are replaced by later ones.
func (n *Node) Cause() plan.Cause {
	if n.Dedup {
		return n.Because("the deduplication by ROW_NUMBER", "partition by window_start and window_end of a window, or keep the first row by processing time: such rows are final")
	}
	return n.Because("the Top-N by "+n.Func.String(), "partition by window_start and window_end of a window, whose first rows are final")
}
