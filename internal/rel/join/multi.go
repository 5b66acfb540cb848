package join

import (
	"fmt"
	"strings"

	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/dag"
	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/plan"
)

// Multi joins several inputs that share a key in one operator, which keeps each
// input once and no rows that are joined in part. Input 0 is joined with input 1,
// the result with input 2, and so on.
type Multi struct {
	plan.Made
	Ins   []plan.Node
	Steps []Step // of each input; that of input 0 has the key only
	// NullSafe[i]: key i compares by IS NOT DISTINCT FROM.
	NullSafe []bool
}

// Step is how an input is joined with those before it.
type Step struct {
	Type Type  // Inner or Left
	Key  []int // the common key, ordinals within the input
	// Rest is the condition beyond the common key, over the columns of the inputs
	// so far, this one included; nil = true.
	Rest expr.Expr
	// Pairs are all equations of the step: a column of the inputs before, counted
	// over all of them, and one within this input.
	Pairs [][2]int
	// Needs has a bit for each input before that must have a row here, rather
	// than nulls for want of a match: the key is compared with its columns.
	Needs uint64
}

// Inputs gives the inputs in order.
func (n *Multi) Inputs() []plan.Node { return n.Ins }

// WithInputs replaces them.
func (n *Multi) WithInputs(in []plan.Node) plan.Node {
	c := *n
	c.Ins = in
	return &c
}

// Fields are the columns of all inputs; those that may lack a match are nullable.
func (n *Multi) Fields() []plan.Field {
	var out []plan.Field
	for i, in := range n.Ins {
		out = appendFields(out, in.Fields(), i > 0 && n.Steps[i].Type == Left)
	}
	return out
}

// Name is Flink's.
func (n *Multi) Name() string { return "MultiJoin" }

// Attrs prints the common key and the steps.
func (n *Multi) Attrs() []plan.Attr {
	var keys, types, rest []string
	for i, in := range n.Ins {
		keys = append(keys, "("+plan.Cols(in.Fields(), n.Steps[i].Key)+")")
		if i == 0 {
			continue
		}
		types = append(types, n.Steps[i].Type.String())
		if e := n.Steps[i].Rest; e != nil {
			rest = append(rest, e.String())
		}
	}
	as := []plan.Attr{{Key: "commonJoinKey", Value: strings.Join(keys, " = ")}, {Key: "joinTypes", Value: strings.Join(types, ", ")}}
	if len(rest) > 0 {
		as = append(as, plan.Attr{Key: "where", Value: strings.Join(rest, " AND ")})
	}
	return as
}

// Exprs gives the conditions of the steps that have one.
func (n *Multi) Exprs() []expr.Expr {
	var out []expr.Expr
	for i := range n.Steps {
		if e := n.Steps[i].Rest; e != nil {
			out = append(out, e)
		}
	}
	return out
}

// WithExprs replaces them.
func (n *Multi) WithExprs(es []expr.Expr) plan.Node {
	c := *n
	c.Steps = append([]Step(nil), n.Steps...)
	for i := range c.Steps {
		if c.Steps[i].Rest != nil {
			c.Steps[i].Rest, es = es[0], es[1:]
		}
	}
	return &c
}

// Outer reports whether some input may be padded with nulls.
func (n *Multi) Outer() bool {
	for _, s := range n.Steps[1:] {
		if s.Type == Left {
			return true
		}
	}
	return false
}

// Derive folds the traits of the inputs as the joins one after another would.
func (n *Multi) Derive(c *plan.Context, in []*plan.Traits) (*plan.Traits, error) {
	t := &plan.Traits{HasWatermark: true, Bounded: true, Rows: -1, Keys: in[0].Keys}
	width := len(n.Ins[0].Fields())
	for i, x := range in {
		t.HasWatermark, t.Bounded = t.HasWatermark && x.HasWatermark, t.Bounded && x.Bounded
		t.Changes |= x.Changes
		t.Rows = max(t.Rows, x.Rows)
		if i == 0 {
			continue
		}
		s := &n.Steps[i]
		var l, r []int
		for _, p := range s.Pairs {
			l, r = append(l, p[0]), append(r, p[1])
		}
		so := plan.Traits{Keys: t.Keys}
		keys := joinedKeys(s.Type, t.Keys, x.Keys, so.HasKeyWithin(l), x.HasKeyWithin(r), n.Fields()[:width], n.Ins[i].Fields())
		t.Keys = equated(s.Type, keys, l, shift(r, width))
		width += len(n.Ins[i].Fields())
	}
	if n.Outer() {
		t.Changes |= connector.AllChanges
	}
	if len(n.NullSafe) > 0 {
		t.Dist = plan.Dist{Kind: plan.Hashed, Keys: n.Steps[0].Key}
	}
	bytes := 48*len(n.Ins) + 16*width
	switch {
	case t.Bounded:
		t.Bound = plan.Bound{Kind: plan.ByInputEnd, Note: "input end", RowBytes: bytes}
	case c.StateTTLMs > 0:
		t.Bound = plan.Bound{Kind: plan.ByTTL, Note: "state TTL", RowBytes: bytes}
	default:
		t.Bound = plan.Bound{Kind: plan.Unbounded, Note: "all inputs are kept", RowBytes: bytes}
	}
	return t, nil
}

// Needs asks for old rows of all inputs and co-location by key.
func (n *Multi) Needs(_ *plan.Context, _ []*plan.Traits, own *plan.Traits) []plan.Need {
	out := make([]plan.Need, len(n.Ins))
	for i := range n.Ins {
		out[i] = plan.Need{Before: true, Watermark: own.WantWatermark, Dist: plan.Dist{Kind: plan.Hashed, Keys: n.Steps[i].Key}}
	}
	return out
}

// Lower adds the join's vertex with all inputs brought together by key.
func (n *Multi) Lower(b *dag.Builder, in []dag.Port) (dag.Port, error) {
	s := multiSpec{steps: n.Steps, outer: n.Outer(), zone: b.Ctx.Zone}
	edges := make([]dag.Input, len(in))
	for i, x := range n.Ins {
		edges[i] = b.HashBy(in[i], n.Steps[i].Key, true)
		d := input{types: plan.Types(x.Fields()), keys: n.Steps[i].Key, ttlMs: b.Ctx.StateTTLMs}
		if t := b.Traits(x); t != nil {
			d.retracts = t.Changes&(connector.UpdatesBefore|connector.UpdatesAfter|connector.Deletes) != 0
		}
		for k, c := range d.keys {
			if !n.NullSafe[k] {
				d.strict = append(d.strict, c)
			}
		}
		s.in = append(s.in, d)
	}
	detail := ""
	for i, a := range n.Attrs() {
		if i > 0 {
			detail += ", "
		}
		detail += fmt.Sprintf("%s=[%s]", a.Key, a.Value)
	}
	d := b.Traits(n).Dist
	v := b.Op(n, n.Name(), detail, plan.Types(n.Fields()), func() op.Operator { return newMulti(s) }, edges...)
	return dag.Port{V: v, Dist: d}, nil
}

// Cause tells that a row without a match is taken back when one comes.
func (n *Multi) Cause() plan.Cause { return n.Because("an outer join", outerRemedy) }
