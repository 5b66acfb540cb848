// Package side gives what leaves a job's operators beside their output to another
// table of the job, with the same markers, so that it is written with the same commits:
// rows that came too late, and records that cannot be read.
package side

import (
	"math"

	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/dag"
	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/vec"
)

// LateOption is the option of a table that names the table for late rows.
const LateOption = "weir.late-rows"

// Node is the late rows of all operators downstream of the scans that Of names, or the
// dead letters of those scans. It is lowered after all other nodes of the job.
type Node struct {
	plan.Leaf
	plan.NoExprs
	Side  dag.Side
	Table string
	// Of tells the scans by a name for what they read, "" for all others.
	Of func(plan.Node) string
}

// Fields are those of the side.
func (n *Node) Fields() []plan.Field { return n.Side.Fields() }

// WithInputs is the identity.
func (n *Node) WithInputs([]plan.Node) plan.Node { return n }

// WithExprs is the identity.
func (n *Node) WithExprs([]expr.Expr) plan.Node { return n }

// Name is what EXPLAIN prints.
func (n *Node) Name() string {
	if n.Side == dag.LateRows {
		return "LateRows"
	}
	return "DeadLetters"
}

// Attrs prints the table.
func (n *Node) Attrs() []plan.Attr { return []plan.Attr{{Key: "table", Value: n.Table}} }

// Derive: rows are only added; nobody knows how many.
func (n *Node) Derive(*plan.Context, []*plan.Traits) (*plan.Traits, error) {
	return &plan.Traits{Changes: connector.InsertOnly, Rows: -1, Dist: plan.Dist{Kind: plan.Single}}, nil
}

// Needs asks for nothing.
func (n *Node) Needs(*plan.Context, []*plan.Traits, *plan.Traits) []plan.Need { return nil }

// Lower gathers the rows in one subtask. In batch mode none is late.
func (n *Node) Lower(b *dag.Builder, _ []dag.Port) (dag.Port, error) {
	var from []dag.Input
	switch {
	case n.Side == dag.DeadLetters:
		from = b.DeadOf(n.Of)
	case !b.Ctx.Batch:
		from = b.LateOf(func(x plan.Node) bool { return n.Of(x) != "" })
	}
	if len(from) == 0 {
		return b.Source(n, 1, n.Table, func() op.Source { return none{} }), nil
	}
	return dag.Port{V: b.Op(n, n.Name(), n.Table, n.Side.Types(), func() op.Operator { return &pass{} }, from...)}, nil
}

// pass hands its input on.
type pass struct{ out op.Emitter }

func (p *pass) Open(c *op.Context) error {
	p.out = c.Out
	return nil
}

func (p *pass) Push(_ int, b *vec.Batch) (op.Status, error) {
	if err := p.out.Emit(b); err != nil {
		return op.Done, err
	}
	return p.Resume()
}

func (p *pass) Resume() (op.Status, error) {
	if p.out.Full() { // the receiver may still be reading
		return op.More, nil
	}
	return op.Done, nil
}

func (p *pass) Close() error { return nil }

// none is a source without rows.
type none struct{}

func (none) Open(*op.Context, op.SourceOut) error { return nil }
func (none) Step(int) (op.SourceStatus, error)    { return op.SourceEnd, nil }
func (none) Ready() <-chan struct{}               { return nil }
func (none) WakeMs() int64                        { return math.MaxInt64 }
func (none) Position() []byte                     { return nil }
func (none) Close() error                         { return nil }

var _ dag.Lowerer = (*Node)(nil)
