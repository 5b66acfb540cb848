package join

import (
	"fmt"
	"strings"

	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/dag"
	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/types"
)

// Hint is what the hint LOOKUP says of a lookup join.
type Hint struct {
	Sync      bool // 'async' = 'false'
	Unordered bool // 'output-mode' = 'allow_unordered'
	Capacity  int  // lookups under way; 0 = the default
	TimeoutMs int64
	// Attempts is how often a key without rows is looked up again, DelayMs the
	// pause before.
	Attempts int
	DelayMs  int64
	Shuffle  bool // rows of a key go to one subtask
}

// Remote is a table that is read by key: what a lookup of it gives, after a
// filter and a projection.
type Remote struct {
	Table  *connector.Table
	Source connector.LookupSource
	Want   []int // ordinals of Table.Columns, then those of Table.Metadata
	Meta   []int
	Read   []plan.Field // the columns that are read
	Cond   expr.Expr    // over Read; nil = true
	Out    []expr.Expr  // over Read; nil = Read
	Fields []plan.Field
}

// KeyOf is a compared column: ordinal in Remote.Read, and the column of the
// joined row or a constant that it equals.
type KeyOf struct {
	Col  int
	From int // -1: Lit
	Lit  *expr.Lit
}

// ByKey joins each row with the rows that a table has of its key at that moment.
type ByKey struct {
	L    plan.Node
	Type Type // Inner or Left
	R    Remote
	Keys []KeyOf
	Rest expr.Expr // over the columns of L, then R; nil = true
	Hint Hint
	// Keep: what was found for a row is kept, so that the row's removal takes back
	// what it gave and not what the table holds by then.
	Keep bool
}

// Inputs gives the rows to join.
func (n *ByKey) Inputs() []plan.Node { return []plan.Node{n.L} }

// WithInputs replaces them.
func (n *ByKey) WithInputs(in []plan.Node) plan.Node {
	c := *n
	c.L = in[0]
	return &c
}

// Fields are the columns of both sides.
func (n *ByKey) Fields() []plan.Field {
	return appendFields(appendFields(nil, n.L.Fields(), false), n.R.Fields, n.Type == Left)
}

// Name is Flink's.
func (n *ByKey) Name() string { return "LookupJoin" }

// Attrs prints table, keys and conditions.
func (n *ByKey) Attrs() []plan.Attr {
	lf := n.L.Fields()
	var keys, out []string
	for _, k := range n.Keys {
		v := ""
		if k.From >= 0 {
			v = lf[k.From].Name
		} else {
			v = k.Lit.String()
		}
		keys = append(keys, n.R.Read[k.Col].Name+"="+v)
	}
	for _, f := range n.Fields() {
		out = append(out, f.Name)
	}
	as := []plan.Attr{{Key: "table", Value: n.R.Table.Name}, {Key: "joinType", Value: n.Type.String()}, {Key: "lookup", Value: strings.Join(keys, ", ")}}
	if n.R.Cond != nil {
		as = append(as, plan.Attr{Key: "where", Value: n.R.Cond.String()})
	}
	if n.Rest != nil {
		as = append(as, plan.Attr{Key: "joinCondition", Value: n.Rest.String()})
	}
	as = append(as, plan.Attr{Key: "select", Value: strings.Join(out, ", ")})
	if n.async() {
		mode := "ORDERED"
		if n.Hint.Unordered {
			mode = "UNORDERED"
		}
		as = append(as, plan.Attr{Key: "async", Value: fmt.Sprintf("%s, %d ms, %d", mode, n.timeoutMs(), n.capacity())})
	}
	if h := n.Hint; h.Attempts > 0 {
		as = append(as, plan.Attr{Key: "retry", Value: fmt.Sprintf("lookup_miss, FIXED_DELAY, %d ms, %d", h.DelayMs, h.Attempts)})
	}
	if n.Keep {
		as = append(as, plan.Attr{Key: "upsertMaterialize", Value: "true"})
	}
	return as
}

func (n *ByKey) async() bool { return n.R.Source.LookupAsync() && !n.Hint.Sync }

// Flink's defaults of table.exec.async-lookup.
func (n *ByKey) capacity() int {
	if n.Hint.Capacity > 0 {
		return n.Hint.Capacity
	}
	return 100
}

func (n *ByKey) timeoutMs() int64 {
	if n.Hint.TimeoutMs > 0 {
		return n.Hint.TimeoutMs
	}
	return 180_000
}

// Exprs gives the rest of the condition.
func (n *ByKey) Exprs() []expr.Expr {
	if n.Rest == nil {
		return nil
	}
	return []expr.Expr{n.Rest}
}

// WithExprs replaces it.
func (n *ByKey) WithExprs(es []expr.Expr) plan.Node {
	c := *n
	if len(es) > 0 {
		c.Rest = es[0]
	}
	return &c
}

// Derive keeps the row kinds; keys survive where the table has one row of each.
func (n *ByKey) Derive(_ *plan.Context, in []*plan.Traits) (*plan.Traits, error) {
	l := in[0]
	t := &plan.Traits{Changes: l.Changes, HasWatermark: l.HasWatermark, Bounded: l.Bounded, Rows: l.Rows, Dist: l.Dist}
	one := len(n.R.Table.PrimaryKey) > 0
	for _, p := range n.R.Table.PrimaryKey {
		has := false
		for _, k := range n.Keys {
			has = has || k.Col < len(n.R.Want) && n.R.Want[k.Col] == p
		}
		one = one && has
	}
	if one {
		t.Keys = l.Keys
	}
	t.Bound = plan.Bound{Kind: plan.Stateless}
	if n.Keep {
		t.Bound = plan.Bound{Kind: plan.Unbounded, Note: "what was looked up for each row", RowBytes: 48 + 16*len(n.Fields())}
	}
	return t, nil
}

// Needs asks for old rows, and for co-location where the hint does.
func (n *ByKey) Needs(_ *plan.Context, _ []*plan.Traits, own *plan.Traits) []plan.Need {
	return []plan.Need{{Before: true, Watermark: own.WantWatermark}}
}

// leftKeys are the columns of L that are compared.
func (n *ByKey) leftKeys() []int {
	var out []int
	for _, k := range n.Keys {
		if k.From >= 0 {
			out = append(out, k.From)
		}
	}
	return out
}

// Lower adds the operator behind its input.
func (n *ByKey) Lower(b *dag.Builder, in []dag.Port) (dag.Port, error) {
	for _, k := range n.Keys {
		if k.From >= 0 && !SameKeys(n.L.Fields()[k.From].Type, n.R.Read[k.Col].Type) {
			return dag.Port{}, unsupported("join keys of type %s and %s", n.L.Fields()[k.From].Type, n.R.Read[k.Col].Type).WithHint("cast one to the type of the other")
		}
	}
	edge, d := b.Chain(in[0]), in[0].Dist
	keys := n.leftKeys()
	if n.Keep && len(keys) == 0 { // what is kept of a row is kept where equal rows come
		keys = ordinals(len(n.L.Fields()))
	}
	if len(keys) > 0 && (n.Hint.Shuffle || n.Keep) {
		edge, d = b.HashBy(in[0], keys, true), plan.Dist{Kind: plan.Hashed, Keys: keys}
	}
	detail := ""
	for i, a := range n.Attrs() {
		if i > 0 {
			detail += ", "
		}
		detail += fmt.Sprintf("%s=[%s]", a.Key, a.Value)
	}
	s := byKeySpec{node: n, left: plan.Types(n.L.Fields()), cache: connector.PartialCacheOf(n.R.Table), zone: b.Ctx.Zone, ttlMs: b.Ctx.StateTTLMs}
	v := b.Op(n, n.Name(), detail, plan.Types(n.Fields()), func() op.Operator { return newByKey(s) }, edge)
	return dag.Port{V: v, Dist: d}, nil
}

func ordinals(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

// byKeySpec is what the operator is made of.
type byKeySpec struct {
	node  *ByKey
	left  []types.Type
	cache *connector.PartialCache
	zone  *types.Zone
	ttlMs int64
}
