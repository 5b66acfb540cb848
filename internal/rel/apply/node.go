// Package apply is a join whose right side refers to columns of the left: the
// form of correlated subqueries and LATERAL between binding and decorrelation.
// It never runs: the decorrelation rules turn it into joins or refuse it.
package apply

import (
	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/sqlerr"
)

// Kind is what becomes of the right side's rows.
type Kind uint8

// The kinds of apply.
const (
	Cross  Kind = iota // left columns, then right columns, for each right row
	Outer              // the same; a left row without right rows is kept
	Semi               // left rows with a right row for which On is true
	Anti               // left rows without one
	Scalar             // at most one right row of one column, else an error; null if none
	// Mark appends a nullable BOOLEAN: whether On is true for some right row
	// (IN and EXISTS anywhere in an expression), in three-valued logic.
	Mark
)

var kindNames = [...]string{"CROSS", "OUTER", "SEMI", "ANTI", "SCALAR", "MARK"}

// Node evaluates R for each row of L. In R, columns of Depth 1 are columns of L
// (deeper levels are counted outwards). On is over left columns, then right
// columns; nil = true.
type Node struct {
	L, R plan.Node
	Kind Kind
	On   expr.Expr
	// NullAware: On came from IN, so that a null comparison is unknown rather
	// than false; matters for Anti and Mark.
	NullAware bool
	MarkCol   plan.Field // the appended column of Mark
	Pos       sqlerr.Pos
}

// Inputs gives left and right.
func (n *Node) Inputs() []plan.Node { return []plan.Node{n.L, n.R} }

// WithInputs replaces them.
func (n *Node) WithInputs(in []plan.Node) plan.Node {
	c := *n
	c.L, c.R = in[0], in[1]
	return &c
}

// Fields depend on the kind.
func (n *Node) Fields() []plan.Field {
	l := n.L.Fields()
	l = l[:len(l):len(l)]
	switch n.Kind {
	case Semi, Anti:
		return l
	case Mark:
		return append(l, n.MarkCol)
	case Cross:
		return append(l, n.R.Fields()...)
	}
	for _, f := range n.R.Fields() {
		f.Type = f.Type.AsNullable()
		l = append(l, f)
	}
	return l
}

// Name is the logical name.
func (n *Node) Name() string { return "Apply" }

// Attrs prints kind and condition.
func (n *Node) Attrs() []plan.Attr {
	as := []plan.Attr{{Key: "kind", Value: kindNames[n.Kind]}}
	if n.On != nil {
		as = append(as, plan.Attr{Key: "on", Value: n.On.String()})
	}
	return as
}

// Exprs gives the condition.
func (n *Node) Exprs() []expr.Expr {
	if n.On == nil {
		return nil
	}
	return []expr.Expr{n.On}
}

// WithExprs replaces it.
func (n *Node) WithExprs(es []expr.Expr) plan.Node {
	c := *n
	if len(es) > 0 {
		c.On = es[0]
	}
	return &c
}

// Derive refuses: an apply that is left over could not be decorrelated.
func (n *Node) Derive(*plan.Context, []*plan.Traits) (*plan.Traits, error) {
	return nil, sqlerr.New(sqlerr.Unsupported, n.Pos, "this correlated subquery is not supported").
		WithHint("write it as a join")
}

// Needs is never asked.
func (n *Node) Needs(*plan.Context, []*plan.Traits, *plan.Traits) []plan.Need { return nil }
