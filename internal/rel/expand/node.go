// Package expand repeats each row once for every grouping set, with the columns
// that are not in the set nulled and the set's number appended.
package expand

import (
	"fmt"
	"slices"

	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/types"
)

// Node emits, for each input row and each set, the input columns with those of
// Nullable that are not in the set nulled, then a BIGINT column with the set's
// GROUPING_ID over Keys (bit set = column not grouped), then copies of the
// columns of Keys as they were (for aggregates over a grouping column).
type Node struct {
	plan.NoExprs
	In   plan.Node
	Keys []int
	Sets [][]int // subsets of Keys
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

// IDName is the name of the grouping id column.
const IDName = "$e"

// Fields are the input's (keys nullable), the id, then the keys' copies.
func (n *Node) Fields() []plan.Field {
	in := n.In.Fields()
	out := append([]plan.Field(nil), in...)
	for _, k := range n.Keys {
		out[k].Type = out[k].Type.AsNullable()
		out[k].Type.Attr = 0
	}
	out = append(out, plan.Field{Name: IDName, Type: types.Of(types.BigInt).NotNull()})
	for _, k := range n.Keys {
		out = append(out, plan.Field{Name: in[k].Name + "_0", Type: in[k].Type})
	}
	return out
}

// ID is the GROUPING_ID of a set.
func (n *Node) ID(set []int) int64 {
	id := int64(0)
	for _, k := range n.Keys {
		id <<= 1
		in := false
		for _, s := range set {
			in = in || s == k
		}
		if !in {
			id |= 1
		}
	}
	return id
}

// nulls reports whether a set leaves a column out.
func (n *Node) nulls(set []int, col int) bool {
	return slices.Contains(n.Keys, col) && !slices.Contains(set, col)
}

// Name is Flink's.
func (n *Node) Name() string { return "Expand" }

// Attrs prints the sets.
func (n *Node) Attrs() []plan.Attr {
	var as []plan.Attr
	for _, s := range n.Sets {
		as = append(as, plan.Attr{Key: "set", Value: fmt.Sprintf("%s: %d", plan.Cols(n.In.Fields(), s), n.ID(s))})
	}
	return as
}

// Derive: kinds pass; keys hold within a set.
func (n *Node) Derive(_ *plan.Context, in []*plan.Traits) (*plan.Traits, error) {
	t := *in[0]
	t.EmitBefore, t.WantWatermark, t.Bound, t.Keys, t.Dist = false, false, plan.Bound{}, nil, plan.Dist{}
	if t.Rows > 0 {
		t.Rows *= float64(len(n.Sets))
	}
	if w := t.Win; w != nil {
		for _, s := range n.Sets {
			if n.nulls(s, w.Start) || n.nulls(s, w.End) || n.nulls(s, w.Time) {
				t.Win = nil // rows without a window never close with one
			}
		}
	}
	return &t, nil
}

// Needs passes on what is asked.
func (n *Node) Needs(_ *plan.Context, _ []*plan.Traits, own *plan.Traits) []plan.Need {
	return []plan.Need{{Before: own.EmitBefore, Watermark: own.WantWatermark}}
}
