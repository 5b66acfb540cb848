package recurse

import (
	"github.com/weir-stream/weir/internal/dag"
	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/vec"
)

// gather keeps the rows of a round.
type gather struct {
	plan.NoExprs
	In  plan.Node
	got *rows
}

func (n *gather) Inputs() []plan.Node { return []plan.Node{n.In} }

func (n *gather) WithInputs(in []plan.Node) plan.Node { return &gather{In: in[0], got: n.got} }

func (n *gather) WithExprs([]expr.Expr) plan.Node { return n }

func (n *gather) Fields() []plan.Field { return n.In.Fields() }

func (n *gather) Name() string { return "Gather" }

func (n *gather) Attrs() []plan.Attr { return nil }

func (n *gather) Derive(_ *plan.Context, in []*plan.Traits) (*plan.Traits, error) {
	return &plan.Traits{Changes: in[0].Changes, Bounded: true, Rows: in[0].Rows}, nil
}

func (n *gather) Needs(*plan.Context, []*plan.Traits, *plan.Traits) []plan.Need {
	return []plan.Need{{Dist: plan.Dist{Kind: plan.Single}}}
}

func (n *gather) Lower(b *dag.Builder, in []dag.Port) (dag.Port, error) {
	v := b.Op(n, n.Name(), "", plan.Types(n.Fields()), func() op.Operator { return &gatherer{rows: n.got} }, b.Single(in[0]))
	return dag.Port{V: v, Dist: plan.Dist{Kind: plan.Single}}, nil
}

type gatherer struct {
	rows *rows
	c    *op.Context
}

func (g *gatherer) Open(c *op.Context) error {
	g.c = c
	return nil
}

// Push copies the rows: they outlive the job of the round.
func (g *gatherer) Push(_ int, b *vec.Batch) (op.Status, error) {
	c := b.Clone()
	n := int64(c.Bytes())
	if err := g.c.State.Reserve(n); err != nil {
		return op.Done, err
	}
	g.rows.batches, g.rows.bytes = append(g.rows.batches, c), g.rows.bytes+n
	return op.Done, nil
}

func (g *gatherer) Resume() (op.Status, error) { return op.Done, nil }

func (g *gatherer) Close() error { return nil }
