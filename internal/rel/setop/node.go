// Package setop combines tables of equal types: UNION ALL by interleaving,
// INTERSECT and EXCEPT (ALL or not) by counting equal rows. UNION is UNION ALL
// under a DISTINCT.
package setop

import (
	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/plan"
)

// Op is the operation.
type Op uint8

// The operations.
const (
	UnionAll Op = iota
	Intersect
	Except
)

var opNames = [...]string{"Union", "Intersect", "Except"}

// Node is a set operation; Intersect and Except have two inputs. The binder
// casts all inputs to Output's types.
type Node struct {
	plan.NoExprs
	plan.Made
	In     []plan.Node
	Op     Op
	All    bool
	Output []plan.Field
}

// Inputs gives all inputs.
func (n *Node) Inputs() []plan.Node { return n.In }

// WithInputs replaces them.
func (n *Node) WithInputs(in []plan.Node) plan.Node {
	c := *n
	c.In = in
	return &c
}

// WithExprs is the identity.
func (n *Node) WithExprs([]expr.Expr) plan.Node { return n }

// Fields are the common columns.
func (n *Node) Fields() []plan.Field { return n.Output }

// Name is Flink's for unions.
func (n *Node) Name() string { return opNames[n.Op] }

// Attrs prints whether duplicates count.
func (n *Node) Attrs() []plan.Attr {
	all := "false"
	if n.All || n.Op == UnionAll {
		all = "true"
	}
	return []plan.Attr{{Key: "all", Value: all}, {Key: "union", Value: plan.Cols(n.Output, seq(len(n.Output)))}}
}

func seq(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

// Derive: a union gives what its inputs give; counting updates.
func (n *Node) Derive(c *plan.Context, in []*plan.Traits) (*plan.Traits, error) {
	t := &plan.Traits{HasWatermark: true, Bounded: true}
	for _, i := range in {
		t.Changes |= i.Changes
		t.HasWatermark = t.HasWatermark && i.HasWatermark
		t.Bounded = t.Bounded && i.Bounded
		if i.Rows < 0 || t.Rows < 0 {
			t.Rows = -1
		} else {
			t.Rows += i.Rows
		}
	}
	if n.Op == UnionAll {
		return t, nil
	}
	t.Changes = connector.InsertOnly
	if !c.Batch {
		t.Changes = connector.Inserts | connector.Deletes
	}
	keys := seq(len(n.Output))
	if !n.All {
		t.Keys = [][]int{keys}
	}
	t.Dist = plan.Dist{Kind: plan.Hashed, Keys: keys}
	t.Bound = plan.Bound{Kind: plan.Unbounded, Note: "one count a distinct row", RowBytes: plan.EntryBytes + 16 + plan.RowWidth(n.Output)}
	if t.Bounded {
		t.Bound.Kind, t.Bound.Note = plan.ByInputEnd, "input end"
	} else if c.StateTTLMs > 0 {
		t.Bound.Kind, t.Bound.Note = plan.ByTTL, "state TTL"
	}
	return t, nil
}

// Needs passes on what is asked; counting needs old rows and co-location.
func (n *Node) Needs(_ *plan.Context, in []*plan.Traits, own *plan.Traits) []plan.Need {
	out := make([]plan.Need, len(in))
	for i := range out {
		out[i] = plan.Need{Before: own.EmitBefore, Watermark: own.WantWatermark, Upserts: !own.WantRows, KeyDeletes: !own.WantDeleted}
		if n.Op != UnionAll {
			out[i] = plan.Need{Before: true, Watermark: own.WantWatermark, Dist: plan.Dist{Kind: plan.Hashed, Keys: seq(len(n.Output))}}
		}
	}
	return out
}

// Cause tells that a row of one side may undo another.
func (n *Node) Cause() plan.Cause {
	return n.Because(opNames[n.Op], "keep rows of one side by a window join (with or without a match): its rows are final when the window closes")
}
