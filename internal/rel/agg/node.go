// Package agg groups rows and folds them: aggregates over unbounded input that
// update, their batch form that emits once, and the two-phase form.
package agg

import (
	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/plan"
)

// Node is GROUP BY. Its fields are the key columns, then one a call. Grouping
// sets are expanded below it (rel/expand) before it is run.
type Node struct {
	plan.NoExprs
	plan.Made
	In    plan.Node
	Keys  []int
	Calls []plan.AggCall
	// Sets, if not nil, are grouping sets as subsets of Keys; a rule turns them
	// into an expand node.
	Sets [][]int
	// TTLMs overrides table.exec.state.ttl; -1 = not set.
	TTLMs int64
}

// New gives a group aggregate.
func New(in plan.Node, keys []int, calls []plan.AggCall) *Node {
	return &Node{In: in, Keys: keys, Calls: calls, TTLMs: -1}
}

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

// Fields are the keys, then the calls.
func (n *Node) Fields() []plan.Field {
	in := n.In.Fields()
	var out []plan.Field
	for _, k := range n.Keys {
		f := in[k]
		if f.Name != "window_time" || !n.byWindow() {
			f.Type.Attr = 0
		}
		if len(n.Sets) > 0 {
			f.Type = f.Type.AsNullable()
		}
		out = append(out, f)
	}
	for _, c := range n.Calls {
		out = append(out, plan.Field{Name: c.Name, Type: c.Type})
	}
	return out
}

// byWindow reports whether the group keys are those of a window table function:
// then window_time stays a time attribute, since rules make the node a window
// aggregate.
func (n *Node) byWindow() bool {
	start, end := false, false
	for _, k := range n.Keys {
		name := n.In.Fields()[k].Name
		start, end = start || name == "window_start", end || name == "window_end"
	}
	return start && end
}

// Name is Flink's.
func (n *Node) Name() string { return "GroupAggregate" }

// Attrs prints keys and calls.
func (n *Node) Attrs() []plan.Attr {
	in := n.In.Fields()
	var as []plan.Attr
	if len(n.Keys) > 0 {
		as = append(as, plan.Attr{Key: "groupBy", Value: plan.Cols(in, n.Keys)})
	}
	for _, s := range n.Sets {
		as = append(as, plan.Attr{Key: "set", Value: plan.Cols(in, s)})
	}
	as = append(as, plan.Attr{Key: "select", Value: plan.Aggs(in, n.Calls)})
	return as
}

// Derive: streaming aggregates update; the group keys are unique.
func (n *Node) Derive(c *plan.Context, in []*plan.Traits) (*plan.Traits, error) {
	i := in[0]
	keys := make([]int, len(n.Keys))
	for j := range keys {
		keys[j] = j
	}
	t := &plan.Traits{Bounded: i.Bounded, HasWatermark: i.HasWatermark, Keys: [][]int{keys}, Rows: groups(i.Rows, len(n.Keys))}
	t.Dist = plan.Dist{Kind: plan.Hashed, Keys: keys}
	if len(keys) == 0 {
		t.Dist = plan.Dist{Kind: plan.Single}
	}
	switch {
	case c.Batch:
		t.Changes = connector.InsertOnly
	case len(n.Calls) == 0 && i.InsertOnly():
		t.Changes = connector.InsertOnly // DISTINCT
	case i.InsertOnly():
		t.Changes = connector.Inserts | connector.UpdatesBefore | connector.UpdatesAfter
	default:
		t.Changes = connector.AllChanges
	}
	t.Bound = n.bound(c, i)
	return t, nil
}

// groups guesses the number of groups.
func groups(rows float64, keys int) float64 {
	switch {
	case keys == 0:
		return 1
	case rows < 0:
		return -1
	}
	return max(rows/10, 1)
}

func (n *Node) bound(c *plan.Context, in *plan.Traits) plan.Bound {
	bytes := plan.GroupBytes(n.In.Fields(), n.Keys, n.Calls)
	switch {
	case len(n.Keys) == 0 && !n.anyDistinct():
		return plan.Bound{Kind: plan.ByKey, Note: "one group", RowBytes: bytes}
	case in.Bounded:
		return plan.Bound{Kind: plan.ByInputEnd, Note: "input end", RowBytes: bytes}
	case n.TTLMs > 0 || n.TTLMs < 0 && c.StateTTLMs > 0:
		return plan.Bound{Kind: plan.ByTTL, Note: "state TTL", RowBytes: bytes}
	}
	return plan.Bound{Kind: plan.Unbounded, Note: "one entry a distinct key", RowBytes: bytes}
}

func (n *Node) anyDistinct() bool {
	for _, c := range n.Calls {
		if c.Distinct && !c.Agg.NoDistinct {
			return true
		}
	}
	return false
}

// Needs asks for old rows and co-location by key.
func (n *Node) Needs(_ *plan.Context, _ []*plan.Traits, own *plan.Traits) []plan.Need {
	return []plan.Need{{Before: true, Watermark: own.WantWatermark, Dist: plan.Dist{Kind: plan.Hashed, Keys: n.Keys}}}
}

// Cause tells that groups change as rows come.
func (n *Node) Cause() plan.Cause {
	return n.Because("an aggregate", "group by a window, whose rows are final: GROUP BY .., window_start, window_end over TUMBLE, HOP, CUMULATE or SESSION")
}
