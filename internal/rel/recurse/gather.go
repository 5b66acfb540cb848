package recurse

import (
	"github.com/weir-stream/weir/internal/dag"
	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/spool"
	"github.com/weir-stream/weir/internal/vec"
)

// gather keeps the rows of a round.
type gather struct {
	plan.NoExprs
	In    plan.Node
	fresh func(*vec.Batch) *vec.Batch // those that were not there before
	got   *spool.Batches
}

func (n *gather) Inputs() []plan.Node { return []plan.Node{n.In} }

func (n *gather) WithInputs(in []plan.Node) plan.Node {
	return &gather{In: in[0], fresh: n.fresh, got: n.got}
}

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
	v := b.Op(n, n.Name(), "", plan.Types(n.Fields()), func() op.Operator { return &gatherer{n} }, b.Single(in[0]))
	return dag.Port{V: v, Dist: plan.Dist{Kind: plan.Single}}, nil
}

type gatherer struct{ *gather }

func (g *gatherer) Open(*op.Context) error { return nil }

// Push keeps the rows: they outlive the job of the round.
func (g *gatherer) Push(_ int, b *vec.Batch) (op.Status, error) {
	return op.Done, g.got.Add(g.fresh(b))
}

func (g *gatherer) Resume() (op.Status, error) { return op.Done, nil }

func (g *gatherer) Close() error { return nil }
