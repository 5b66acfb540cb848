// Package changelog turns tables into streams of their changes and back:
// TO_CHANGELOG shows the kind of each change in a column, FROM_CHANGELOG reads
// it from one.
package changelog

import (
	"slices"
	"strings"

	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/dag"
	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// KindNames are the names of the kinds of changes in SQL, by vec.Kind.
var KindNames = [...]string{vec.Insert: "INSERT", vec.UpdateBefore: "UPDATE_BEFORE", vec.UpdateAfter: "UPDATE_AFTER", vec.Delete: "DELETE"}

// ParseKind reads the name of a kind.
func ParseKind(name string) (vec.Kind, bool) {
	k := slices.Index(KindNames[:], name)
	return vec.Kind(max(k, 0)), k >= 0
}

// To gives each change of In as a new row: the columns First of In, the code of
// the change's kind in a column Op, and the others. Kinds without a code are
// left out.
type To struct {
	plan.NoExprs
	In    plan.Node
	First []int // PARTITION BY, in front of the code
	Op    string
	Codes [len(KindNames)]*string
	Pos   sqlerr.Pos
}

var _ dag.Lowerer = (*To)(nil)

// Inputs gives the one input.
func (n *To) Inputs() []plan.Node { return []plan.Node{n.In} }

// WithInputs replaces it.
func (n *To) WithInputs(in []plan.Node) plan.Node {
	c := *n
	c.In = in[0]
	return &c
}

// WithExprs is the identity.
func (n *To) WithExprs([]expr.Expr) plan.Node { return n }

// order lists the input columns as they come out; the code comes after the
// first len(n.First).
func (n *To) order() []int {
	out := slices.Clone(n.First)
	for i := range n.In.Fields() {
		if !slices.Contains(n.First, i) {
			out = append(out, i)
		}
	}
	return out
}

// Fields are the input's with the code among them.
func (n *To) Fields() []plan.Field {
	in := n.In.Fields()
	out := make([]plan.Field, 0, len(in)+1)
	for _, i := range n.order() {
		out = append(out, in[i])
	}
	return slices.Insert(out, len(n.First), plan.Field{Name: n.Op, Type: types.String()})
}

// Name is Flink's.
func (n *To) Name() string { return "ProcessTableFunction" }

// Attrs prints the call.
func (n *To) Attrs() []plan.Attr {
	var codes []string
	for k, c := range n.Codes {
		if c != nil {
			codes = append(codes, KindNames[k]+"="+*c)
		}
	}
	as := []plan.Attr{{Key: "invocation", Value: "TO_CHANGELOG(op => " + n.Op + ", op_mapping => " + strings.Join(codes, ", ") + ")"}}
	if len(n.First) > 0 {
		as = append(as, plan.Attr{Key: "partitionBy", Value: plan.Cols(n.In.Fields(), n.First)})
	}
	return as
}

// Derive: the result only grows.
func (n *To) Derive(c *plan.Context, in []*plan.Traits) (*plan.Traits, error) {
	if c.Batch {
		return nil, sqlerr.New(sqlerr.Unsupported, n.Pos, "TO_CHANGELOG is not supported in batch mode, where a table has no changes").
			WithHint("SET 'execution.runtime-mode' = 'streaming'")
	}
	return &plan.Traits{Changes: connector.InsertOnly, HasWatermark: in[0].HasWatermark, Rows: in[0].Rows, Bounded: in[0].Bounded}, nil
}

// Needs asks for old rows where they are shown.
func (n *To) Needs(_ *plan.Context, _ []*plan.Traits, own *plan.Traits) []plan.Need {
	return []plan.Need{{Before: n.Codes[vec.UpdateBefore] != nil, Every: true, Watermark: own.WantWatermark}}
}

// Lower asks for every change, since each is shown.
func (n *To) Lower(b *dag.Builder, in []dag.Port) (dag.Port, error) {
	in[0].V.KeepVersions()
	input := b.Chain(in[0])
	if len(n.First) > 0 {
		input = b.HashBy(in[0], n.First, false)
	}
	v := b.Op(n, "ToChangelog", n.Op, plan.Types(n.Fields()), func() op.Operator { return &to{node: n} }, input)
	return dag.Port{V: v}, nil
}

// to hands columns on and fills in the code.
type to struct {
	node *To
	ctx  *op.Context
	from []int
	code *vec.Vector
	sel  []int32
	out  vec.Batch
}

func (o *to) Open(c *op.Context) error {
	o.ctx, o.from = c, o.node.order()
	o.code = vec.New(types.String(), 0)
	return nil
}

func (o *to) Push(_ int, b *vec.Batch) (op.Status, error) {
	o.code.Resize(b.N)
	o.sel = o.sel[:0]
	for i := range b.Len() {
		r := b.Row(i)
		if c := o.node.Codes[b.Kind(r)]; c != nil {
			o.code.S[r] = *c
			o.sel = append(o.sel, int32(r))
		}
	}
	if len(o.sel) == 0 {
		return op.Done, nil
	}
	at := len(o.node.First)
	o.out.Cols = o.out.Cols[:0]
	for i, c := range o.from {
		if i == at {
			o.out.Cols = append(o.out.Cols, o.code)
		}
		o.out.Cols = append(o.out.Cols, b.Cols[c])
	}
	if at == len(o.from) {
		o.out.Cols = append(o.out.Cols, o.code)
	}
	o.out.N, o.out.Sel = b.N, o.sel
	return op.Done, o.ctx.Out.Emit(&o.out)
}

// Resume is never asked.
func (o *to) Resume() (op.Status, error) { return op.Done, nil }

func (o *to) Close() error { return nil }
