package sink

import (
	"github.com/weir-stream/weir/internal/dag"
	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/plan"
)

// Set holds the sinks of one job together, so that they are optimised as one
// plan and share what they have in common.
type Set struct {
	plan.NoExprs
	In []plan.Node
}

var _ dag.Lowerer = (*Set)(nil)

// Inputs gives the sinks.
func (n *Set) Inputs() []plan.Node { return n.In }

// WithInputs replaces them.
func (n *Set) WithInputs(in []plan.Node) plan.Node { return &Set{In: in} }

// WithExprs is the identity.
func (n *Set) WithExprs([]expr.Expr) plan.Node { return n }

// Fields are none.
func (n *Set) Fields() []plan.Field { return nil }

// Name is the statement's.
func (n *Set) Name() string { return "StatementSet" }

// Attrs are none.
func (n *Set) Attrs() []plan.Attr { return nil }

// Derive has nothing to tell.
func (n *Set) Derive(*plan.Context, []*plan.Traits) (*plan.Traits, error) { return &plan.Traits{}, nil }

// Needs asks for nothing.
func (n *Set) Needs(_ *plan.Context, in []*plan.Traits, _ *plan.Traits) []plan.Need {
	return make([]plan.Need, len(in))
}

// Lower adds nothing: the sinks are vertices already.
func (n *Set) Lower(_ *dag.Builder, _ []dag.Port) (dag.Port, error) { return dag.Port{}, nil }
