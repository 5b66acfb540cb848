package changelog

import (
	"slices"
	"sort"
	"strings"

	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/dag"
	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/vec"
)

// From gives rows of In the kind that their column Op names, and drops that
// column.
type From struct {
	plan.NoExprs
	In    plan.Node
	Op    int
	Kinds map[string]vec.Kind // by code
	// First is PARTITION BY: these columns come first.
	First []int
	// Skip drops rows whose code is null or has no kind; they fail otherwise.
	Skip bool
	Pos  sqlerr.Pos
}

var (
	_ dag.Lowerer = (*From)(nil)
	_ op.Reporter = (*from)(nil)
)

// Inputs gives the one input.
func (n *From) Inputs() []plan.Node { return []plan.Node{n.In} }

// WithInputs replaces it.
func (n *From) WithInputs(in []plan.Node) plan.Node {
	c := *n
	c.In = in[0]
	return &c
}

// WithExprs is the identity.
func (n *From) WithExprs([]expr.Expr) plan.Node { return n }

func (n *From) order() []int {
	out := slices.Clone(n.First)
	for i := range n.In.Fields() {
		if i != n.Op && !slices.Contains(n.First, i) {
			out = append(out, i)
		}
	}
	return out
}

// Fields are the input's without the code.
func (n *From) Fields() []plan.Field {
	in, out := n.In.Fields(), []plan.Field(nil)
	for _, i := range n.order() {
		out = append(out, in[i])
	}
	return out
}

// Name is Flink's.
func (n *From) Name() string { return "ProcessTableFunction" }

// Attrs prints the call.
func (n *From) Attrs() []plan.Attr {
	codes := n.codes()
	for i, c := range codes {
		codes[i] = c + "=" + KindNames[n.Kinds[c]]
	}
	as := []plan.Attr{{Key: "invocation", Value: "FROM_CHANGELOG(op => " + n.In.Fields()[n.Op].Name + ", op_mapping => " + strings.Join(codes, ", ") + ")"}}
	if n.Skip {
		as = append(as, plan.Attr{Key: "invalidOpHandling", Value: "SKIP"})
	}
	if len(n.First) > 0 {
		as = append(as, plan.Attr{Key: "partitionBy", Value: plan.Cols(n.In.Fields(), n.First)})
	}
	return as
}

func (n *From) codes() []string {
	var codes []string
	for c := range n.Kinds {
		codes = append(codes, c)
	}
	sort.Strings(codes)
	return codes
}

// Changes is what the codes may stand for.
func (n *From) Changes() connector.Changes {
	var c connector.Changes
	for _, k := range n.Kinds {
		c |= 1 << k
	}
	return c
}

// Upserts reports whether rows are replaced without being taken back first: the
// partition key then says which row is meant.
func (n *From) Upserts() bool {
	c := n.Changes()
	return c.Has(connector.UpdatesAfter) && !c.Has(connector.UpdatesBefore)
}

// Derive: the kinds are those that have a code.
func (n *From) Derive(_ *plan.Context, in []*plan.Traits) (*plan.Traits, error) {
	if !in[0].InsertOnly() {
		return nil, sqlerr.New(sqlerr.Plan, n.Pos, "FROM_CHANGELOG reads changes from the rows of an append-only table, but its input updates rows itself")
	}
	t := &plan.Traits{Changes: n.Changes(), HasWatermark: in[0].HasWatermark, Rows: in[0].Rows, Bounded: in[0].Bounded, Dist: plan.Dist{Kind: plan.SplitDist}}
	if n.Upserts() {
		t.Keys = [][]int{n.key()}
	}
	return t, nil
}

// key is PARTITION BY in the output.
func (n *From) key() []int {
	out := make([]int, len(n.First))
	for i := range out {
		out[i] = i
	}
	return out
}

// Key is the upsert key, if there is one.
func (n *From) Key() ([]int, bool) { return n.key(), len(n.First) > 0 && n.Upserts() }

// Needs nothing of its own.
func (n *From) Needs(_ *plan.Context, _ []*plan.Traits, own *plan.Traits) []plan.Need {
	return []plan.Need{{Watermark: own.WantWatermark}}
}

// Lower keeps rows where they are, in their order.
func (n *From) Lower(b *dag.Builder, in []dag.Port) (dag.Port, error) {
	v := b.Op(n, "FromChangelog", n.In.Fields()[n.Op].Name, plan.Types(n.Fields()), func() op.Operator { return &from{node: n} }, b.Chain(in[0]))
	return dag.Port{V: v, Dist: plan.Dist{Kind: plan.SplitDist}}, nil
}

// from hands columns on with the kinds that it reads.
type from struct {
	node    *From
	ctx     *op.Context
	cols    []int
	kinds   []vec.Kind
	sel     []int32
	out     vec.Batch
	skipped int64
}

func (o *from) Open(c *op.Context) error {
	o.ctx, o.cols = c, o.node.order()
	return nil
}

func (o *from) Push(_ int, b *vec.Batch) (op.Status, error) {
	if cap(o.kinds) < b.N {
		o.kinds = make([]vec.Kind, b.N)
	}
	o.kinds, o.sel = o.kinds[:b.N], o.sel[:0]
	code := b.Cols[o.node.Op]
	for i := range b.Len() {
		r := b.Row(i)
		k, ok := vec.Insert, false
		null := code.IsNull(r)
		if !null {
			k, ok = o.node.Kinds[code.S[code.Idx(r)]]
		}
		if ok {
			o.kinds[r] = k
			o.sel = append(o.sel, int32(r))
			continue
		}
		if !o.node.Skip {
			return op.Done, o.invalid(code, r, null)
		}
		o.skipped++
	}
	if len(o.sel) == 0 {
		return op.Done, nil
	}
	o.out.Cols = o.out.Cols[:0]
	for _, c := range o.cols {
		o.out.Cols = append(o.out.Cols, b.Cols[c])
	}
	o.out.N, o.out.Sel, o.out.Kinds = b.N, o.sel, o.kinds
	return op.Done, o.ctx.Out.Emit(&o.out)
}

func (o *from) invalid(code *vec.Vector, r int, null bool) error {
	what := "a row has no operation code: it is null"
	if !null {
		what = "the operation code '" + code.S[code.Idx(r)] + "' stands for no change"
	}
	return sqlerr.New(sqlerr.Data, o.node.Pos, "FROM_CHANGELOG: %s", what).
		WithHint("its codes are %s; name others in op_mapping, or drop such rows with invalid_op_handling => 'SKIP'", strings.Join(o.node.codes(), ", "))
}

func (o *from) Report(add func(string, int64)) {
	if o.skipped > 0 {
		add("rows dropped by FROM_CHANGELOG", o.skipped)
	}
}

// Resume is never asked.
func (o *from) Resume() (op.Status, error) { return op.Done, nil }

func (o *from) Close() error { return nil }

// Cause tells that the rows are changes.
func (n *From) Cause() plan.Cause {
	return plan.Cause{What: "FROM_CHANGELOG", At: n.Pos, Remedy: "write the changes as rows: leave FROM_CHANGELOG out"}
}
