// Package join joins two inputs: regular joins whose both sides are kept,
// interval and window joins whose state event time clears, lookups against a
// bounded side, and the batch hash join.
package join

import (
	"fmt"

	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/plan"
)

// Type is the type of a join.
type Type uint8

// The types of joins.
const (
	Inner Type = iota
	Left
	Right
	Full
	Semi
	Anti
)

var typeNames = [...]string{"InnerJoin", "LeftOuterJoin", "RightOuterJoin", "FullOuterJoin", "LeftSemiJoin", "LeftAntiJoin"}

// String gives Flink's name.
func (t Type) String() string { return typeNames[t] }

// Outer reports whether rows of a side are kept without a match.
func (t Type) Outer() (left, right bool) {
	return t == Left || t == Full, t == Right || t == Full
}

// Strategy is how the join is run; rules choose it.
type Strategy uint8

// The strategies.
const (
	Regular Strategy = iota
	Interval
	Window
	Lookup         // the right side is bounded and read once (FOR SYSTEM_TIME AS OF proctime)
	HashBuildLeft  // batch
	HashBuildRight // batch
	Temporal       // versioned right side (FOR SYSTEM_TIME AS OF rowtime)
)

var strategyNames = [...]string{"Join", "IntervalJoin", "WindowJoin", "LookupJoin", "HashJoin", "HashJoin", "TemporalJoin"}

// Bounds of an interval join: left.time - right.time in [LowerMs, UpperMs].
type Bounds struct {
	LeftTime, RightTime int // ordinals within each side
	LowerMs, UpperMs    int64
	Proctime            bool
}

// Node is a join. LeftKeys and RightKeys are the equi-join columns, ordinals
// within each side; Rest is what remains of the condition, over left columns
// then right columns; nil = true.
type Node struct {
	plan.Made
	L, R      plan.Node
	Type      Type
	LeftKeys  []int
	RightKeys []int
	// NullSafe[i]: key i compares by IS NOT DISTINCT FROM.
	NullSafe []bool
	Rest     expr.Expr
	// NullAware marks the anti join of NOT IN: a null on either side of the
	// first key makes the comparison unknown.
	NullAware bool
	Strategy  Strategy
	Bounds    *Bounds
	// LeftWin and RightWin are the window start and end columns of a window
	// join, ordinals within each side.
	LeftWin, RightWin [2]int
	// LeftTTLMs and RightTTLMs override table.exec.state.ttl; -1 = not set.
	LeftTTLMs, RightTTLMs int64
	// Multi: the hint MULTI_JOIN asks for this join to be one with its neighbours.
	Multi bool
	// Wish is what a hint asks of a batch join, and WishLeft that it names the left
	// side.
	Wish     Wish
	WishLeft bool
	// Hint is what LOOKUP says; nil if there is none.
	Hint *Hint
	// Rows is the optimiser's estimate of the output; 0 = none.
	Rows float64

	was *Node // the node in the plan, where lowering has rewritten it
}

// New gives a regular join.
func New(l, r plan.Node, t Type, lk, rk []int, rest expr.Expr) *Node {
	return &Node{L: l, R: r, Type: t, LeftKeys: lk, RightKeys: rk, NullSafe: make([]bool, len(lk)), Rest: rest, LeftTTLMs: -1, RightTTLMs: -1}
}

// Inputs gives left and right.
func (n *Node) Inputs() []plan.Node { return []plan.Node{n.L, n.R} }

// WithInputs replaces them.
func (n *Node) WithInputs(in []plan.Node) plan.Node {
	c := *n
	c.L, c.R = in[0], in[1]
	return &c
}

// Fields are the left columns, then the right ones (not for semi and anti);
// columns of a side that may be missing are nullable.
func (n *Node) Fields() []plan.Field {
	lo, ro := n.Type.Outer()
	out := appendFields(nil, n.L.Fields(), ro)
	if n.Type == Semi || n.Type == Anti {
		return out
	}
	return appendFields(out, n.R.Fields(), lo)
}

func appendFields(dst, fs []plan.Field, nullable bool) []plan.Field {
	for _, f := range fs {
		if nullable {
			f.Type = f.Type.AsNullable()
		}
		dst = append(dst, f)
	}
	return dst
}

// Name depends on the strategy.
func (n *Node) Name() string { return strategyNames[n.Strategy] }

// Attrs prints type, condition and strategy.
func (n *Node) Attrs() []plan.Attr {
	lf, rf := n.L.Fields(), n.R.Fields()
	on := ""
	for i, k := range n.LeftKeys {
		eq := "="
		if n.NullSafe[i] {
			eq = "IS NOT DISTINCT FROM"
		}
		on += fmt.Sprintf("%s %s %s, ", lf[k].Name, eq, rf[n.RightKeys[i]].Name)
	}
	as := []plan.Attr{{Key: "joinType", Value: n.Type.String()}, {Key: "on", Value: trim(on)}}
	if n.Rest != nil {
		as = append(as, plan.Attr{Key: "where", Value: n.Rest.String()})
	}
	if n.NullAware {
		as = append(as, plan.Attr{Key: "nullAware", Value: "true"})
	}
	if b := n.Bounds; b != nil {
		as = append(as, plan.Attr{Key: "windowBounds", Value: fmt.Sprintf("leftLowerBound=%d, leftUpperBound=%d, leftTime=%s, rightTime=%s",
			b.LowerMs, b.UpperMs, lf[b.LeftTime].Name, rf[b.RightTime].Name)})
	}
	switch n.Strategy {
	case Window:
		as = append(as, plan.Attr{Key: "window", Value: plan.Cols(lf, n.LeftWin[:]) + " = " + plan.Cols(rf, n.RightWin[:])})
	case HashBuildLeft:
		as = append(as, plan.Attr{Key: "build", Value: "left"})
	case HashBuildRight:
		as = append(as, plan.Attr{Key: "build", Value: "right"})
	}
	if n.Wish != NoWish {
		as = append(as, plan.Attr{Key: "joinHints", Value: n.wishText()})
	}
	if n.LeftTTLMs >= 0 || n.RightTTLMs >= 0 {
		as = append(as, plan.Attr{Key: "stateTtl", Value: fmt.Sprintf("left %d ms, right %d ms", n.LeftTTLMs, n.RightTTLMs)})
	}
	return as
}

func trim(s string) string {
	if len(s) > 2 {
		return s[:len(s)-2]
	}
	return "true"
}

// Exprs gives the rest of the condition.
func (n *Node) Exprs() []expr.Expr {
	if n.Rest == nil {
		return nil
	}
	return []expr.Expr{n.Rest}
}

// WithExprs replaces it.
func (n *Node) WithExprs(es []expr.Expr) plan.Node {
	c := *n
	if len(es) > 0 {
		c.Rest = es[0]
	}
	return &c
}

// Derive gives the kinds by join type and strategy and the keys by which side's
// keys survive.
func (n *Node) Derive(c *plan.Context, in []*plan.Traits) (*plan.Traits, error) {
	l, r := in[0], in[1]
	t := &plan.Traits{HasWatermark: l.HasWatermark && r.HasWatermark, Bounded: l.Bounded && r.Bounded}
	t.Rows = max(l.Rows, r.Rows)
	if n.Rows > 0 {
		t.Rows = n.Rows
	}
	t.Changes = l.Changes | r.Changes
	if upserts(l) || upserts(r) { // what is kept makes them whole
		t.Changes = t.Changes&^connector.KeyDeletes | connector.Inserts | connector.UpdatesBefore
	}
	outer := n.Type != Inner && n.Type != Semi
	if outer && n.Strategy == Regular && !c.Batch {
		t.Changes |= connector.AllChanges
	}
	if n.Strategy == Lookup || n.Strategy == Temporal {
		t.HasWatermark = l.HasWatermark
		t.Changes = l.Changes
	}
	t.Keys = n.keys(l, r)
	if n.Strategy != Lookup && n.Strategy != HashBuildLeft && n.Strategy != HashBuildRight && n.Type != Full && n.Type != Right && len(n.LeftKeys) > 0 {
		t.Dist = plan.Dist{Kind: plan.Hashed, Keys: n.LeftKeys}
	}
	t.Bound = n.bound(c, t)
	if n.Strategy == Window {
		if w := l.Win; w != nil {
			t.Win = &plan.WinCols{Start: n.LeftWin[0], End: n.LeftWin[1], Time: w.Time, Window: w.Window}
		}
	}
	return t, nil
}

func (n *Node) keys(l, r *plan.Traits) [][]int {
	if n.Type == Semi || n.Type == Anti {
		return l.Keys
	}
	lw := len(n.L.Fields())
	keys := joinedKeys(n.Type, l.Keys, r.Keys, l.HasKeyWithin(n.LeftKeys), r.HasKeyWithin(n.RightKeys), n.L.Fields(), n.R.Fields())
	return equated(n.Type, keys, n.LeftKeys, shift(n.RightKeys, lw))
}

func shift(cols []int, by int) []int {
	out := make([]int, len(cols))
	for i, c := range cols {
		out[i] = c + by
	}
	return out
}

func (n *Node) bound(c *plan.Context, t *plan.Traits) plan.Bound {
	// A row of either side, whichever is wider: entry, place in its key's list, row.
	bytes := plan.EntryBytes + plan.ListBytes + max(plan.RowWidth(n.L.Fields()), plan.RowWidth(n.R.Fields()))
	if n.Strategy == Interval || n.Strategy == Temporal {
		bytes += plan.SortedBytes - plan.ListBytes
	}
	switch {
	case n.Strategy == Interval || n.Strategy == Window || n.Strategy == Temporal:
		return plan.Bound{Kind: plan.ByWatermark, Note: "watermark", RowBytes: bytes}
	case n.Strategy == Lookup:
		return plan.Bound{Kind: plan.ByInputEnd, Note: "the bounded side", RowBytes: bytes}
	case t.Bounded:
		return plan.Bound{Kind: plan.ByInputEnd, Note: "input end", RowBytes: bytes}
	case c.StateTTLMs > 0 || n.LeftTTLMs > 0 && n.RightTTLMs > 0:
		return plan.Bound{Kind: plan.ByTTL, Note: "state TTL", RowBytes: bytes}
	}
	return plan.Bound{Kind: plan.Unbounded, Note: "both inputs are kept", RowBytes: bytes}
}

// Needs asks for old rows of both sides, where they come, and co-location by key.
func (n *Node) Needs(c *plan.Context, in []*plan.Traits, own *plan.Traits) []plan.Need {
	if n.Strategy == Lookup && c.Believe { // whether a lookup is spread by key is the plan's choice
		return []plan.Need{{Before: true, Watermark: own.WantWatermark}, {Before: true}}
	}
	wm := own.WantWatermark || n.Strategy == Interval || n.Strategy == Window || n.Strategy == Temporal
	l, r := n.ofKey(c, in[0], n.LeftKeys), n.ofKey(c, in[1], n.RightKeys)
	return []plan.Need{{Before: true, Watermark: wm, Upserts: l, KeyDeletes: l, Dist: plan.Dist{Kind: plan.Hashed, Keys: n.LeftKeys}},
		{Before: true, Watermark: wm, Upserts: r, KeyDeletes: r, Dist: plan.Dist{Kind: plan.Hashed, Keys: n.RightKeys}}}
}

// outerRemedy says how outer joins are written so that rows are final.
const outerRemedy = "join within a time interval (a.ts BETWEEN b.ts - INTERVAL .. AND b.ts) or within equal windows, so that a row without a match is final, or make it an inner join"

// Cause tells that a row without a match is taken back when one comes.
func (n *Node) Cause() plan.Cause { return n.Because("an outer join", outerRemedy) }
