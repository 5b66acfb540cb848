// Package process runs process table functions in Go: functions over tables with
// state and timers per partition.
package process

import (
	"strings"

	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/dag"
	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/udf"
)

// Input is a table argument.
type Input struct {
	Arg    *udf.Arg
	Keys   []int // PARTITION BY
	OnTime int   // the column of on_time; -1 = none
}

// Node is Flink's ProcessTableFunction.
type Node struct {
	plan.NoExprs
	In      []plan.Node
	Fn      *udf.ProcessFunction
	Tables  []Input
	Scalars map[string]any // in Go's types
	UID     string
	States  []State
	Output  []plan.Field
	// Lead is the number of columns in front of the function's own: partition
	// columns, or a table that is passed through.
	Lead int
	// Passes: the columns in front are all those of the one table.
	Passes bool
	// Rowtime: the last column is the event time of the row or timer.
	Rowtime bool
	Pos     sqlerr.Pos
}

// State is a declared state with its types bound.
type State struct {
	*udf.State
	Key types.Type // of a map
	Row []types.Type
}

var _ dag.Lowerer = (*Node)(nil)

// Inputs gives the tables.
func (n *Node) Inputs() []plan.Node { return n.In }

// WithInputs replaces them.
func (n *Node) WithInputs(in []plan.Node) plan.Node {
	c := *n
	c.In = in
	return &c
}

// WithExprs is the identity.
func (n *Node) WithExprs([]expr.Expr) plan.Node { return n }

// Fields are what leads, the function's, and event time.
func (n *Node) Fields() []plan.Field { return n.Output }

// Name is Flink's.
func (n *Node) Name() string { return "ProcessTableFunction" }

// Attrs prints the call.
func (n *Node) Attrs() []plan.Attr {
	var parts []string
	for i, in := range n.Tables {
		s := in.Arg.Name + " => TABLE"
		if len(in.Keys) > 0 {
			s += " PARTITION BY " + plan.Cols(n.In[i].Fields(), in.Keys)
		}
		parts = append(parts, s)
	}
	as := []plan.Attr{{Key: "invocation", Value: n.Fn.Name + "(" + strings.Join(parts, ", ") + ")"}}
	if n.UID != "" {
		as = append(as, plan.Attr{Key: "uid", Value: n.UID})
	}
	return as
}

// keyed reports whether rows must be together by partition.
func (n *Node) keyed() bool {
	for _, in := range n.Tables {
		if in.Arg.Table == udf.SetSemantics {
			return true
		}
	}
	return false
}

// Derive checks that tables change only where the function can take it.
func (n *Node) Derive(c *plan.Context, in []*plan.Traits) (*plan.Traits, error) {
	if c.Batch {
		return nil, sqlerr.New(sqlerr.Unsupported, n.Pos, "the process table function %s is not supported in batch mode", n.Fn.Name).
			WithHint("SET 'execution.runtime-mode' = 'streaming'; bounded input ends there too")
	}
	t := &plan.Traits{Changes: connector.InsertOnly, HasWatermark: true, Bounded: true, Rows: -1}
	for i, x := range in {
		if !x.InsertOnly() && !n.Tables[i].Arg.Updates {
			return nil, sqlerr.New(sqlerr.Plan, n.Pos, "the argument %s of %s takes only new rows, but its table updates rows", n.Tables[i].Arg.Name, n.Fn.Name).
				WithHint("declare the argument with Updates, or turn the changes into rows with TO_CHANGELOG")
		}
		t.HasWatermark, t.Bounded = t.HasWatermark && x.HasWatermark, t.Bounded && x.Bounded
	}
	if n.Fn.Updates {
		t.Changes = connector.AllChanges
	}
	if len(n.States) > 0 {
		t.Bound = plan.Bound{Kind: plan.ByTTL, Note: "what the function keeps", RowBytes: plan.ListBytes + 64}
		for _, s := range n.States {
			if s.TTL == 0 {
				t.Bound.Kind = plan.Unbounded
			}
		}
		if t.Bounded {
			t.Bound.Kind, t.Bound.Note = plan.ByInputEnd, "input end"
		}
	}
	return t, nil
}

// Needs asks for every change of tables that may change, and for event time.
func (n *Node) Needs(_ *plan.Context, in []*plan.Traits, own *plan.Traits) []plan.Need {
	out := make([]plan.Need, len(in))
	for i, x := range in {
		out[i] = plan.Need{Before: !x.InsertOnly(), Every: !x.InsertOnly(), Watermark: own.WantWatermark || n.Fn.Timer != nil}
		if n.keyed() {
			out[i].Dist = plan.Dist{Kind: plan.Hashed, Keys: n.Tables[i].Keys}
		}
	}
	return out
}

// Lower brings rows of a partition together.
func (n *Node) Lower(b *dag.Builder, in []dag.Port) (dag.Port, error) {
	edges := make([]dag.Input, len(in))
	for i, p := range in {
		if t := b.Traits(n.In[i]); !t.InsertOnly() {
			p.V.KeepVersions()
		}
		if n.keyed() {
			edges[i] = b.HashBy(p, n.Tables[i].Keys, true)
		} else {
			edges[i] = b.Chain(p)
		}
	}
	v := b.Op(n, n.Name(), n.Attrs()[0].Value, plan.Types(n.Output), func() op.Operator { return &operator{node: n} }, edges...)
	v.WantWatermark = n.Fn.Timer != nil
	return dag.Port{V: v}, nil
}

// Cause tells that the function changes rows.
func (n *Node) Cause() plan.Cause {
	return plan.Cause{What: "the function " + n.Fn.Name, At: n.Pos, Remedy: "turn its changes into rows with TO_CHANGELOG"}
}
