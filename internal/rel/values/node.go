// Package values gives rows that are written in the query.
package values

import (
	"fmt"
	"strings"

	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/plan"
)

// Node is VALUES: each row has one expression a field, without columns.
type Node struct {
	plan.Leaf
	Output []plan.Field
	Rows   [][]expr.Expr
}

// Fields are the declared columns.
func (n *Node) Fields() []plan.Field { return n.Output }

// WithInputs is the identity.
func (n *Node) WithInputs([]plan.Node) plan.Node { return n }

// Name is Flink's.
func (n *Node) Name() string { return "Values" }

// Attrs prints the rows.
func (n *Node) Attrs() []plan.Attr {
	rows := make([]string, len(n.Rows))
	for i, r := range n.Rows {
		parts := make([]string, len(r))
		for j, e := range r {
			parts[j] = e.String()
		}
		rows[i] = "{" + strings.Join(parts, ", ") + "}"
	}
	if len(rows) > 20 {
		rows = append(rows[:20:20], fmt.Sprintf("... %d rows", len(n.Rows)))
	}
	return []plan.Attr{{Key: "tuples", Value: strings.Join(rows, ", ")}}
}

// Exprs lists all rows' expressions.
func (n *Node) Exprs() []expr.Expr {
	var es []expr.Expr
	for _, r := range n.Rows {
		es = append(es, r...)
	}
	return es
}

// WithExprs replaces all rows' expressions.
func (n *Node) WithExprs(es []expr.Expr) plan.Node {
	c := *n
	c.Rows = make([][]expr.Expr, len(n.Rows))
	for i, r := range n.Rows {
		c.Rows[i], es = es[:len(r):len(r)], es[len(r):]
	}
	return &c
}

// Derive knows the number of rows.
func (n *Node) Derive(*plan.Context, []*plan.Traits) (*plan.Traits, error) {
	t := &plan.Traits{Changes: connector.InsertOnly, Bounded: true, Rows: float64(len(n.Rows)), Dist: plan.Dist{Kind: plan.Single}}
	if len(n.Rows) <= 1 {
		t.Keys = [][]int{{}}
	}
	return t, nil
}
