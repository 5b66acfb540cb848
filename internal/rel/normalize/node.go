// Package normalize turns an upsert stream into a full changelog: it keeps the
// last row of each key, fills in the missing -U and drops what changes nothing.
package normalize

import (
	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/plan"
)

// Node is Flink's ChangelogNormalize.
type Node struct {
	plan.NoExprs
	In   plan.Node
	Keys []int
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

// Name is Flink's.
func (n *Node) Name() string { return "ChangelogNormalize" }

// Attrs prints the key.
func (n *Node) Attrs() []plan.Attr {
	return []plan.Attr{{Key: "key", Value: plan.Cols(n.In.Fields(), n.Keys)}}
}

// Derive: the result has all kinds and the key; in batch only what is left.
func (n *Node) Derive(c *plan.Context, in []*plan.Traits) (*plan.Traits, error) {
	t := *in[0]
	t.EmitBefore, t.WantWatermark = false, false
	t.Changes = connector.AllChanges
	if c.Batch {
		t.Changes = connector.InsertOnly
	}
	t.Keys = [][]int{n.Keys}
	t.Dist = plan.Dist{Kind: plan.Hashed, Keys: n.Keys}
	t.Bound = plan.Bound{Kind: plan.Unbounded, Note: "the last row of each key", RowBytes: 48 + 16*len(n.Fields())}
	if t.Bounded {
		t.Bound.Kind, t.Bound.Note = plan.ByInputEnd, "input end"
	} else if c.StateTTLMs > 0 {
		t.Bound.Kind, t.Bound.Note = plan.ByTTL, "state TTL"
	}
	return &t, nil
}

// Needs asks for co-location by key.
func (n *Node) Needs(_ *plan.Context, _ []*plan.Traits, own *plan.Traits) []plan.Need {
	return []plan.Need{{Watermark: own.WantWatermark, Dist: plan.Dist{Kind: plan.Hashed, Keys: n.Keys}}}
}
