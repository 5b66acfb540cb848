package plan

import (
	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/types"
)

// Context is what inference and lowering know beyond the nodes.
type Context struct {
	Batch       bool
	Parallelism int
	// StateTTLMs is table.exec.state.ttl, 0 = never.
	StateTTLMs int64
	MiniBatch  bool // false only if the user switched it off explicitly
	Zone       *types.Zone
	// Strict refuses what Flink refuses (weir.sql.strict).
	Strict bool
	// Optimize is false in the world of tests that runs unoptimised plans.
	Optimize bool
	// Believe takes the primary keys of append-only tables for unique although
	// nobody enforces them, and counts no shuffle that depends on the plan chosen:
	// what a query promises, not what may be relied on.
	Believe bool
}

// DistKind is how rows are spread over subtasks.
type DistKind uint8

// The distributions.
const (
	AnyDist   DistKind = iota
	Single             // all rows in one subtask
	Hashed             // by key group of Keys
	Broadcast          // every subtask has every row
	// SplitDist is a source's own: by split.
	SplitDist
)

// Dist is a distribution.
type Dist struct {
	Kind DistKind
	Keys []int
}

// BoundKind says what keeps an operator's state from growing for ever.
type BoundKind uint8

// The bounds, best first.
const (
	Stateless BoundKind = iota
	ByWatermark
	ByKey // one entry a key of a finite domain declared by the query (no keys at all)
	ByLimit
	ByTTL
	ByPrimaryKey // one row a primary key of a table
	ByInputEnd   // the input is bounded
	Unbounded
)

// Bound describes what bounds a node's state, for EXPLAIN.
type Bound struct {
	Kind BoundKind
	Note string // "watermark of bid.dateTime", "TTL 1 h"
	// RowBytes estimates the state that one row or key takes.
	RowBytes int
}

// Traits is what is inferred for a node.
type Traits struct {
	// Changes is the set of row kinds that the node emits. UpdatesBefore is in
	// it when the node can give -U; EmitBefore decides whether it does.
	Changes connector.Changes
	// Cause is why Changes has more than inserts.
	Cause *Cause
	// EmitBefore: some consumer needs -U rows. Set top-down.
	EmitBefore bool
	// EveryChange: some consumer looks at each change, not only at the table that
	// they amount to. Set top-down.
	EveryChange bool
	// WantRows: some consumer takes rows one by one, so that an insertion must not
	// be told of as an update, nor a row twice; else the last change of a key is all
	// that counts. Set top-down.
	WantRows bool
	// WantDeleted: some consumer looks at more of a deleted row than its key. Set
	// top-down.
	WantDeleted bool
	// WantWatermark: some consumer looks at watermarks. Set top-down.
	WantWatermark bool
	// Keys are unique keys of the current content of the table; an empty key
	// means at most one row.
	Keys [][]int
	// Upsert are those of Keys by which changes arrive in order: all changes of a
	// row of that key went through the same subtasks, so that the last one is right
	// whatever the others did (Flink's upsert keys).
	Upsert [][]int
	// LatenessMs is how long window aggregates keep what they have emitted, for rows
	// that come late and correct it; 0 = not at all.
	LatenessMs int64
	// HasWatermark: event-time watermarks flow here.
	HasWatermark bool
	// Dist is how the output is spread.
	Dist  Dist
	Bound Bound
	// Rows and Bounded estimate and tell the size of the input; Rows is -1
	// when unknown.
	Rows    float64
	Bounded bool
	// WindowStart, WindowEnd, WindowTime are ordinals of window columns whose
	// windows close by watermark (attached windows), -1 = none. Window tells
	// what made them.
	Win *WinCols
}

// WinCols names the window columns that a node's rows carry.
type WinCols struct {
	Start, End, Time int // ordinals; -1 = projected away
	Window           Window
}

// Need is what a node asks of an input.
type Need struct {
	Before    bool // -U rows
	Every     bool // each change, even if it is undone at once
	Watermark bool
	Dist      Dist
	// Upserts: the input may be told by key, as an upsert source gives it: the last
	// change of a key counts, whatever came before it. With Before too old rows are
	// wanted from who has them.
	Upserts bool
	// KeyDeletes: of deleted rows the key is enough.
	KeyDeletes bool
}

// InsertOnly reports whether the node only ever adds rows.
func (t *Traits) InsertOnly() bool { return t.Changes == connector.InsertOnly }

// Updating reports whether rows are changed (not merely deleted).
func (t *Traits) Updating() bool { return t.Changes.Has(connector.UpdatesAfter) }

// HasKeyWithin reports whether some unique key is contained in cols.
func (t *Traits) HasKeyWithin(cols []int) bool { return anyWithin(t.Keys, cols) }

// HasUpsertKeyWithin reports whether some upsert key is contained in cols.
func (t *Traits) HasUpsertKeyWithin(cols []int) bool { return anyWithin(t.Upsert, cols) }

// HasUpsertKeyOf reports whether all of cols are in one upsert key.
func (t *Traits) HasUpsertKeyOf(cols []int) bool {
	for _, k := range t.Upsert {
		if contains(k, cols) {
			return true
		}
	}
	return false
}

func anyWithin(keys [][]int, cols []int) bool {
	for _, k := range keys {
		if contains(cols, k) {
			return true
		}
	}
	return false
}

// keysWith are the upsert keys that cols are part of. Only they still tell the
// changes of a row apart once rows have been spread by cols: a row whose cols
// change leaves one subtask and comes from another, in either order.
func (t *Traits) keysWith(cols []int) [][]int {
	var keys [][]int
	for _, k := range t.Upsert {
		if contains(k, cols) {
			keys = append(keys, k)
		}
	}
	return keys
}

func contains(set, sub []int) bool {
	for _, x := range sub {
		found := false
		for _, y := range set {
			found = found || x == y
		}
		if !found {
			return false
		}
	}
	return true
}

// Annotated is a plan with the traits of each of its nodes.
type Annotated struct {
	Root   Node
	Traits map[Node]*Traits
}

// Annotate infers the traits of a plan: kinds, keys, watermarks and bounds from
// the leaves up, then from the root down which changes and watermarks are
// wanted.
func Annotate(c *Context, root Node) (*Annotated, error) {
	a := &Annotated{Root: root, Traits: map[Node]*Traits{}}
	var order []Node
	Walk(root, func(n Node) { order = append(order, n) })
	for _, n := range order {
		ins := a.inputs(n)
		t, err := n.Derive(c, ins)
		if err != nil {
			return nil, err
		}
		if t.Upsert, err = upsertKeys(c, n, ins, t); err != nil {
			return nil, err
		}
		if t.Changes.Has(connector.UpdatesBefore) {
			t.Changes |= connector.UpdatesAfter
		}
		t.Cause = cause(n, ins, t)
		a.Traits[n] = t
	}
	a.Traits[root].WantRows, a.Traits[root].WantDeleted = true, true
	for i := len(order) - 1; i >= 0; i-- {
		n := order[i]
		ins := a.inputs(n)
		looks := LooksAtWatermark(n)
		for j, need := range n.Needs(c, ins, a.Traits[n]) {
			if need.Before && ins[j].Changes.Has(connector.UpdatesAfter) {
				ins[j].EmitBefore = true
			}
			ins[j].WantRows = ins[j].WantRows || !need.Upserts
			ins[j].WantDeleted = ins[j].WantDeleted || !need.KeyDeletes
			ins[j].EveryChange = ins[j].EveryChange || need.Every || a.Traits[n].EveryChange
			ins[j].WantWatermark = ins[j].WantWatermark || need.Watermark || looks
		}
	}
	return a, nil
}

// LooksAtWatermark reports whether an expression of n gives the watermark.
func LooksAtWatermark(n Node) bool {
	found := false
	for _, e := range n.Exprs() {
		expr.Walk(e, func(x expr.Expr) bool {
			c, ok := x.(*expr.Call)
			found = found || ok && c.Fn.Name == "CURRENT_WATERMARK"
			return !found
		})
	}
	return found
}

// upsertKeys derives the keys of a node from the upsert keys of its inputs that
// are left behind the exchange.
func upsertKeys(c *Context, n Node, in []*Traits, own *Traits) ([][]int, error) {
	if len(own.Keys) == 0 {
		return nil, nil
	}
	needs := n.Needs(c, in, own)
	ordered := make([]*Traits, len(in))
	for i := range in {
		t := *in[i]
		t.Keys = t.Upsert
		if i < len(needs) && needs[i].Dist.Kind == Hashed && !t.InsertOnly() {
			t.Keys = t.keysWith(needs[i].Dist.Keys)
		}
		ordered[i] = &t
	}
	t, err := n.Derive(c, ordered)
	if err != nil {
		return nil, err
	}
	if r, ok := n.(Replacer); ok {
		return r.Replaces(t), nil
	}
	return t.Keys, nil
}

// Replacer is a node that may tell of one row taking another's place by the new row
// alone. It picks, of the keys in t, those by which that takes the old row away.
type Replacer interface {
	Replaces(t *Traits) [][]int
}

func (a *Annotated) inputs(n Node) []*Traits {
	ins := make([]*Traits, len(n.Inputs()))
	for i, in := range n.Inputs() {
		ins[i] = a.Traits[in]
	}
	return ins
}
