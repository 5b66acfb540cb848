// Package invoke appends to each row the rows that a call with its values gives:
// table functions in Go, models (ML_PREDICT) and searches (VECTOR_SEARCH).
package invoke

import (
	"context"
	"strings"

	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/dag"
	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/vec"
)

// Callee answers calls. Each task has its own.
type Callee interface {
	// Call answers n calls, whose arguments are dense vectors, and appends the
	// rows to out and how many each call gave to counts.
	Call(ctx context.Context, args []*vec.Vector, n int, out []*vec.Vector, counts []int32) ([]int32, error)
	Close() error
}

// Function is what is called.
type Function struct {
	Name string // as EXPLAIN prints the node
	Call string // as EXPLAIN prints the call, without its arguments
	// Stable: equal arguments always give equal rows. What is not cannot take back
	// what it gave, so that it needs append-only input.
	Stable bool
	// AtOnce is the number of calls that are answered between two looks at what
	// else there is to do.
	AtOnce int
	Open   func(ctx context.Context, c *op.Context) (Callee, error)
}

// Node is Flink's Correlate with a table function, MLPredictTableFunction or
// VectorSearchTableFunction.
type Node struct {
	In    plan.Node
	Fn    *Function
	Args  []expr.Expr  // over In
	Elems []plan.Field // what the function gives
	Outer bool         // a row whose call gives nothing is kept
	Pos   sqlerr.Pos
}

var _ dag.Lowerer = (*Node)(nil)

// Inputs gives the one input.
func (n *Node) Inputs() []plan.Node { return []plan.Node{n.In} }

// WithInputs replaces it.
func (n *Node) WithInputs(in []plan.Node) plan.Node {
	c := *n
	c.In = in[0]
	return &c
}

// Fields are the input's and the function's.
func (n *Node) Fields() []plan.Field {
	in := n.In.Fields()
	return append(in[:len(in):len(in)], n.Elems...)
}

// Name is Flink's.
func (n *Node) Name() string { return n.Fn.Name }

// Attrs prints the call.
func (n *Node) Attrs() []plan.Attr {
	args := make([]string, len(n.Args))
	for i, a := range n.Args {
		args[i] = a.String()
	}
	jt := "INNER"
	if n.Outer {
		jt = "LEFT"
	}
	return []plan.Attr{{Key: "invocation", Value: n.Fn.Call + "(" + strings.Join(args, ", ") + ")"}, {Key: "joinType", Value: jt}}
}

// Exprs gives the arguments.
func (n *Node) Exprs() []expr.Expr { return n.Args }

// WithExprs replaces them.
func (n *Node) WithExprs(es []expr.Expr) plan.Node {
	c := *n
	c.Args = es
	return &c
}

// Derive: kinds pass where a call can be repeated; keys do not survive.
func (n *Node) Derive(_ *plan.Context, in []*plan.Traits) (*plan.Traits, error) {
	if !n.Fn.Stable && !in[0].InsertOnly() {
		return nil, sqlerr.New(sqlerr.Plan, n.Pos, "%s may answer differently when it is asked again, so its input must be append-only, but it updates rows", n.Fn.Call).
			WithHint("call it before rows are grouped or joined, or turn the changes into rows with TO_CHANGELOG")
	}
	t := *in[0]
	t.Bound, t.Keys, t.Win = plan.Bound{}, nil, nil
	t.Changes = in[0].Changes
	if t.Changes != connector.InsertOnly {
		t.Changes |= connector.Deletes
	}
	return &t, nil
}

// Needs: an update may change what the call gives, so the old row is needed.
func (n *Node) Needs(_ *plan.Context, in []*plan.Traits, own *plan.Traits) []plan.Need {
	return []plan.Need{{Before: in[0].Updating(), Watermark: own.WantWatermark}}
}

// Lower chains the call to its input.
func (n *Node) Lower(b *dag.Builder, in []dag.Port) (dag.Port, error) {
	v := b.Op(n, n.Name(), n.Attrs()[0].Value, plan.Types(n.Fields()), func() op.Operator { return &operator{node: n} }, b.Chain(in[0]))
	return dag.Port{V: v, Dist: in[0].Dist}, nil
}
