// Package scan reads a source: it turns splits into batches, keeps a watermark
// for each split and merges splits so that event time advances together.
package scan

import (
	"fmt"

	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
)

// Watermark is how event time follows from rows.
type Watermark struct {
	Col  int       // ordinal of the rowtime column in the scan's output; -1 when it is computed above
	Expr expr.Expr // over the scan's output columns
	// IdleMs is the processing time without rows after which a split counts as
	// idle; 0 = never.
	IdleMs int64
	// EmitMs is pipeline.auto-watermark-interval, in event time.
	EmitMs int64
}

// Node is a table scan.
type Node struct {
	plan.Leaf
	Table  *connector.Table
	Source connector.Source
	Want   []int // ordinals of Table.Columns that are produced, ascending
	Meta   []int // ordinals of Table.Metadata, after those
	Output []plan.Field
	Mark   *Watermark // nil = no event time
	Limit  int64      // rows that are enough; 0 = all
	Pos    sqlerr.Pos // of the table's name in the query
}

// Fields are the wanted columns, then metadata.
func (n *Node) Fields() []plan.Field { return n.Output }

// WithInputs is the identity.
func (n *Node) WithInputs([]plan.Node) plan.Node { return n }

// Name is Flink's.
func (n *Node) Name() string { return "TableSourceScan" }

// Attrs prints table, columns, watermark and limit.
func (n *Node) Attrs() []plan.Attr {
	as := []plan.Attr{{Key: "table", Value: n.Table.Name}, {Key: "fields", Value: plan.Cols(n.Output, all(len(n.Output)))}}
	if n.Mark != nil {
		as = append(as, plan.Attr{Key: "watermark", Value: n.Mark.Expr.String()})
	}
	if n.Limit > 0 {
		as = append(as, plan.Attr{Key: "limit", Value: fmt.Sprint(n.Limit)})
	}
	return as
}

func all(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

// Exprs gives the watermark expression.
func (n *Node) Exprs() []expr.Expr {
	if n.Mark == nil {
		return nil
	}
	return []expr.Expr{n.Mark.Expr}
}

// WithExprs replaces the watermark expression.
func (n *Node) WithExprs(es []expr.Expr) plan.Node {
	if len(es) == 0 {
		return n
	}
	c, m := *n, *n.Mark
	m.Expr, c.Mark = es[0], &m
	return &c
}

// Derive takes kinds and keys from the table.
func (n *Node) Derive(c *plan.Context, _ []*plan.Traits) (*plan.Traits, error) {
	t := &plan.Traits{Changes: n.Source.Changes(), HasWatermark: n.Mark != nil, Bounded: n.Source.Bounded(),
		Rows: float64(connector.RowsOf(n.Table, n.Source)), Dist: plan.Dist{Kind: plan.SplitDist}}
	if n.Mark != nil && n.Table.Options != nil {
		t.LatenessMs = n.Table.Options.DurationMs("weir.allowed-lateness")
	}
	if n.Limit > 0 && (t.Rows < 0 || t.Rows > float64(n.Limit)) {
		t.Rows = float64(n.Limit)
	}
	if key, ok := n.Key(); ok && (t.Changes != connector.InsertOnly || c.Believe) {
		t.Keys = [][]int{key}
	}
	return t, nil
}

// Key is the primary key in output ordinals, if all of it is read. A key on an
// insert-only stream is a promise that nobody enforces, so it is used only where
// promises are asked for.
func (n *Node) Key() ([]int, bool) {
	if len(n.Table.PrimaryKey) == 0 {
		return nil, false
	}
	var key []int
	for _, k := range n.Table.PrimaryKey {
		at := -1
		for i, w := range n.Want {
			if w == k {
				at = i
			}
		}
		if at < 0 {
			return nil, false
		}
		key = append(key, at)
	}
	return key, true
}

// Cause tells that the table itself changes rows.
func (n *Node) Cause() plan.Cause {
	return plan.Cause{What: "reading table " + n.Table.Name, At: n.Pos, Remedy: "its rows are changes; TO_CHANGELOG makes them rows of an append-only table"}
}

// EventZone gives the zone in which watermarks at n are written: that of the session
// for TIMESTAMP_LTZ, UTC where all event time below n is TIMESTAMP, which is no
// instant.
func EventZone(n plan.Node, session *types.Zone) *types.Zone {
	zone := session
	if n == nil {
		return zone
	}
	plan.Walk(n, func(x plan.Node) {
		if s, ok := x.(*Node); ok && s.Mark != nil && s.Mark.Expr.Type().Kind == types.Timestamp {
			zone = types.UTC
		}
	})
	plan.Walk(n, func(x plan.Node) {
		if s, ok := x.(*Node); ok && s.Mark != nil && s.Mark.Expr.Type().Kind != types.Timestamp {
			zone = session
		}
	})
	return zone
}
