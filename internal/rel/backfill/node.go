// Package backfill begins a part of a job with what an operator that goes on has
// computed so far. After an edit of its script a job keeps the operators that mean
// what they meant; what is new above one of them reads its table first, from the
// operator's state, and its changes after that.
package backfill

import (
	"github.com/weir-stream/weir/internal/dag"
	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/vec"
)

// Node hands on the rows of In, whose table it is given when it begins.
type Node struct {
	plan.NoExprs
	In plan.Node
	// Below is the part of the graph (dag.Parted) that In is in.
	Below int
	// Part is the part that it began: it goes on under that number whichever of the INSERTs
	// that share it stay. 0: it is the part that it is in.
	Part int
	// Once: the table is all that is wanted, not what changes after it.
	Once bool
	// Before, Every and Watermark ask In for what it was asked for before the edit
	// (plan.Need), by which its state is what it is.
	Before, Every, Watermark bool
}

var (
	_ dag.Lowerer = (*Node)(nil)
	_ dag.Bound   = (*Node)(nil)
)

// PartBelow is Below.
func (n *Node) PartBelow() int { return n.Below }

// PartBegun is Part.
func (n *Node) PartBegun() int { return n.Part }

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

// Name is what EXPLAIN prints.
func (n *Node) Name() string { return "Backfill" }

// Attrs tells whether changes follow.
func (n *Node) Attrs() []plan.Attr {
	if n.Once {
		return []plan.Attr{{Key: "changes", Value: "false"}}
	}
	return nil
}

// Derive gives the input's traits.
func (n *Node) Derive(_ *plan.Context, in []*plan.Traits) (*plan.Traits, error) {
	t := *in[0]
	t.EmitBefore, t.WantWatermark, t.EveryChange, t.WantRows, t.WantDeleted = false, false, false, false, false
	t.Bound = plan.Bound{}
	return &t, nil
}

// Needs passes on what is asked.
func (n *Node) Needs(_ *plan.Context, _ []*plan.Traits, own *plan.Traits) []plan.Need {
	if n.Once {
		return []plan.Need{{Before: n.Before, Every: n.Every, Watermark: n.Watermark, Upserts: true, KeyDeletes: true}}
	}
	return []plan.Need{{Before: n.Before || own.EmitBefore, Every: n.Every || own.EveryChange, Watermark: n.Watermark || own.WantWatermark,
		Upserts: !own.WantRows, KeyDeletes: !own.WantDeleted}}
}

// Lower adds a vertex in the subtasks of the input's.
func (n *Node) Lower(b *dag.Builder, in []dag.Port) (dag.Port, error) {
	v := b.Op(n, n.Name(), in[0].V.Label(), plan.Types(n.Fields()), func() op.Operator { return &operator{once: n.Once} }, b.Chain(in[0]))
	v.Backfills = true
	return dag.Port{V: v, Dist: in[0].Dist}, nil
}

// operator hands batches on as they are.
type operator struct {
	out  op.Emitter
	once bool
	over bool // it has had the table
}

var (
	_ op.Operator   = (*operator)(nil)
	_ op.Backfiller = (*operator)(nil)
	_ op.Finisher   = (*operator)(nil)
)

func (o *operator) Open(c *op.Context) error {
	o.out = c.Out
	return nil
}

func (o *operator) Push(_ int, b *vec.Batch) (op.Status, error) {
	if b.Len() == 0 || o.Finished() {
		return op.Done, nil
	}
	if err := o.out.Emit(b); err != nil {
		return op.Done, err
	}
	return o.Resume()
}

// Resume waits for the receiver: the batch is the sender's.
func (o *operator) Resume() (op.Status, error) {
	if o.out.Full() {
		return op.More, nil
	}
	return op.Done, nil
}

func (o *operator) Backfilled() bool {
	o.over = true
	return o.once
}

// Finished tells that nothing more is wanted.
func (o *operator) Finished() bool { return o.once && o.over }

func (o *operator) Close() error { return nil }
