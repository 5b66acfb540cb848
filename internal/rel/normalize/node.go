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
	In   plan.Node
	Keys []int
	// Cond, if not nil, tells which rows are there at all: a key whose row ceases
	// to fulfil it is deleted, and takes no state.
	Cond expr.Expr
	// Versions: each change counts, also in batch: the rows are versions in time.
	Versions bool
	// Dups: changes may come twice (table.exec.source.cdc-events-duplicate).
	Dups bool
}

// Inputs gives the one input.
func (n *Node) Inputs() []plan.Node { return []plan.Node{n.In} }

// WithInputs replaces it.
func (n *Node) WithInputs(in []plan.Node) plan.Node {
	c := *n
	c.In = in[0]
	return &c
}

// Exprs gives the condition.
func (n *Node) Exprs() []expr.Expr {
	if n.Cond == nil {
		return nil
	}
	return []expr.Expr{n.Cond}
}

// WithExprs replaces it.
func (n *Node) WithExprs(es []expr.Expr) plan.Node {
	if len(es) == 0 {
		return n
	}
	c := *n
	c.Cond = es[0]
	return &c
}

// Fields are the input's.
func (n *Node) Fields() []plan.Field { return n.In.Fields() }

// Name is Flink's.
func (n *Node) Name() string { return "ChangelogNormalize" }

// Attrs prints the key and the condition.
func (n *Node) Attrs() []plan.Attr {
	as := []plan.Attr{{Key: "key", Value: plan.Cols(n.In.Fields(), n.Keys)}}
	if n.Cond != nil {
		as = append(as, plan.Attr{Key: "condition", Value: n.Cond.String()})
	}
	if n.Versions {
		as = append(as, plan.Attr{Key: "versions", Value: "true"})
	}
	return as
}

// Derive: the result has all kinds and the key; in batch only what is left,
// unless its versions are asked for.
func (n *Node) Derive(c *plan.Context, in []*plan.Traits) (*plan.Traits, error) {
	t := *in[0]
	t.EmitBefore, t.WantWatermark = false, false
	t.Changes = connector.AllChanges
	if c.Batch && !n.Versions {
		t.Changes = connector.InsertOnly
	}
	t.Keys = [][]int{n.Keys}
	t.Dist = plan.Dist{Kind: plan.Hashed, Keys: n.Keys}
	t.Bound = plan.Bound{Kind: plan.ByPrimaryKey, Note: "the last row of each key", RowBytes: plan.EntryBytes + plan.RowWidth(n.Fields())}
	if t.Bounded {
		t.Bound.Kind, t.Bound.Note = plan.ByInputEnd, "input end"
	} else if c.StateTTLMs > 0 {
		t.Bound.Kind, t.Bound.Note = plan.ByTTL, "state TTL"
	}
	return &t, nil
}

// Needs asks for co-location by key, and for old rows where they come: an update
// that comes in halves leaves as one. Where changes may come twice an old row may be
// older than the row that is kept, so only new rows and deletions count.
func (n *Node) Needs(_ *plan.Context, _ []*plan.Traits, own *plan.Traits) []plan.Need {
	return []plan.Need{{Before: !n.Dups, Watermark: own.WantWatermark, Dist: plan.Dist{Kind: plan.Hashed, Keys: n.Keys}}}
}
