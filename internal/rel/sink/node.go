// Package sink writes a query's changelog to a table, reconciled to what the
// table can take: inserts only, upserts by key, or all kinds.
package sink

import (
	"slices"
	"strings"

	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/sqlerr"
)

// Conflict is what INSERT ... ON CONFLICT says.
type Conflict uint8

// The conflict strategies.
const (
	NoConflict Conflict = iota
	ConflictError
	ConflictNothing
	ConflictDeduplicate
)

// Change is what happens to the rows whose last column, a BOOLEAN beyond the
// table's, is true.
type Change uint8

// The changes.
const (
	NoChange     Change = iota // there is no such column
	ChangeUpdate               // they are counted
	ChangeDelete               // they are counted and left out
)

// RowsAffected is the name under which a job reports them.
const RowsAffected = "rows affected"

// Node writes In, whose columns are the table's persisted columns in order.
type Node struct {
	plan.NoExprs
	In    plan.Node
	Table *connector.Table
	Sink  connector.Sink
	// Key is the table's primary key in columns of In.
	Key      []int
	Conflict Conflict
	// Materialize: rows that collide on Key are kept so that a deletion brings
	// back the one before; set by Prepare where In's unique key is not Key.
	Materialize bool
	// Trust: table.exec.sink.upsert-materialize=NONE, no rows are kept whatever
	// their key; Ask: table.exec.sink.require-on-conflict, where rows of several
	// query keys may collide on Key, ON CONFLICT must say what happens
	// (CheckConflict).
	Trust, Ask bool
	// Settle says how the statement can tell what happens to such rows; empty for
	// INSERT.
	Settle string
	// Result marks the sink of a SELECT that a client reads: it takes all kinds.
	Result bool
	Pos    sqlerr.Pos
	// Constraints are enforced on the rows. With DropNulls
	// (table.exec.sink.not-null-enforcer=DROP) rows that break NOT NULL are left
	// out.
	Constraints []Constraint
	DropNulls   bool
	// Change marks the writing of UPDATE and DELETE.
	Change Change
	// Corrects: rows that the table has from before an edit go when the query does not
	// give them. Old gives them, in the run in which the edit is new; nil after that.
	Corrects bool
	Old      plan.Node
	// Part is that of the graph which the sink reads (dag.Parted).
	Part int
	// Draw tells INSERTs of a part apart that draw random values (dag.Drawn).
	Draw int
}

// GraphDraw is Draw.
func (n *Node) GraphDraw() int { return n.Draw }

// GraphPart is Part.
func (n *Node) GraphPart() int { return n.Part }

// Inputs gives the query, and the old rows if there are some.
func (n *Node) Inputs() []plan.Node {
	if n.Old != nil {
		return []plan.Node{n.In, n.Old}
	}
	return []plan.Node{n.In}
}

// LastingInputs is the query.
func (n *Node) LastingInputs() []plan.Node { return []plan.Node{n.In} }

// WithInputs replaces them.
func (n *Node) WithInputs(in []plan.Node) plan.Node {
	c := *n
	c.In = in[0]
	if len(in) > 1 {
		c.Old = in[1]
	}
	return &c
}

// WithExprs is the identity.
func (n *Node) WithExprs([]expr.Expr) plan.Node { return n }

// Fields are the input's.
func (n *Node) Fields() []plan.Field { return n.In.Fields() }

// Name is Flink's.
func (n *Node) Name() string { return "Sink" }

// Attrs prints table, fields and reconciliation.
func (n *Node) Attrs() []plan.Attr {
	as := []plan.Attr{{Key: "table", Value: n.Table.Name}, {Key: "fields", Value: strings.Join(plan.Names(n.In.Fields()), ", ")}}
	switch n.Change {
	case ChangeUpdate:
		as = append(as, plan.Attr{Key: "rowLevel", Value: "UPDATE"})
	case ChangeDelete:
		as = append(as, plan.Attr{Key: "rowLevel", Value: "DELETE"})
	}
	if n.Materialize {
		as = append(as, plan.Attr{Key: "upsertMaterialize", Value: "true"})
	}
	switch n.Conflict {
	case ConflictError:
		as = append(as, plan.Attr{Key: "conflictStrategy", Value: "ERROR"})
	case ConflictNothing:
		as = append(as, plan.Attr{Key: "conflictStrategy", Value: "NOTHING"})
	case ConflictDeduplicate:
		as = append(as, plan.Attr{Key: "conflictStrategy", Value: "DEDUPLICATE"})
	}
	return as
}

// Derive checks that the table can take the kinds that the query gives.
func (n *Node) Derive(c *plan.Context, in []*plan.Traits) (*plan.Traits, error) {
	t := *in[0]
	t.EmitBefore, t.WantWatermark = false, false
	t.Bound = plan.Bound{}
	if settles := n.settles(in[0]); settles || n.reconciles(in[0]) {
		note := "all rows of each primary key"
		if settles {
			note = "one row of each primary key"
		}
		t.Bound = plan.Bound{Kind: plan.Unbounded, Note: note, RowBytes: plan.EntryBytes + plan.ListBytes + plan.RowWidth(n.Fields())}
		if in[0].Bounded {
			t.Bound.Kind, t.Bound.Note = plan.ByInputEnd, "input end"
		} else if c.StateTTLMs > 0 {
			t.Bound.Kind, t.Bound.Note = plan.ByTTL, "state TTL"
		}
	}
	accepts := n.Sink.Accepts()
	if in[0].InsertOnly() || accepts.Has(connector.AllChanges) || n.Result {
		return &t, nil
	}
	what, at, remedy := "the query", n.Pos, "make the query append-only, for example by grouping in a window"
	if c := in[0].Cause; c != nil {
		what, remedy = c.What, c.Remedy
		if c.At.Valid() {
			at = c.At
		}
	}
	if !accepts.Has(connector.UpdatesAfter) {
		return nil, sqlerr.New(sqlerr.Plan, at, "table %s takes only inserts, but %s gives %s", n.Table.Name, what, kinds(in[0].Changes)).
			WithHint("%s; or write to a table that takes changes, such as one of an upsert connector with a PRIMARY KEY", remedy)
	}
	if len(n.Key) == 0 {
		return nil, sqlerr.New(sqlerr.Plan, at, "%s updates rows that were given before, so table %s needs a primary key", what, n.Table.Name).
			WithHint("declare PRIMARY KEY (...) NOT ENFORCED on it; or %s", remedy)
	}
	return &t, nil
}

func kinds(c connector.Changes) string {
	var parts []string
	if c.Has(connector.UpdatesAfter) {
		parts = append(parts, "updates")
	}
	if c.Has(connector.Deletes) {
		parts = append(parts, "deletes")
	}
	return strings.Join(parts, " and ")
}

// hasKey reports whether key is an upsert key.
func hasKey(t *plan.Traits, key []int) bool {
	return slices.ContainsFunc(t.Upsert, func(k []int) bool {
		return len(k) == len(key) && !slices.ContainsFunc(k, func(c int) bool { return !slices.Contains(key, c) })
	})
}

// Needs asks for old rows where the table shows them or must be materialised,
// and for event time where partitions are committed by it or a person watches.
func (n *Node) Needs(_ *plan.Context, in []*plan.Traits, _ *plan.Traits) []plan.Need {
	need := plan.Need{Before: n.Sink.Accepts().Has(connector.AllChanges) || n.Materialize || n.Result, Watermark: n.settles(in[0]) || in[0].HasWatermark && (len(n.Table.Partitions) > 0 || n.Result && !in[0].Bounded)}
	if n.settles(in[0]) {
		need.Before = true
	}
	if n.Materialize {
		need.Dist = plan.Dist{Kind: plan.Hashed, Keys: n.Key}
	}
	// Where the table's key is not exactly the query's, an update may move a row
	// from one key to another.
	if !need.Before && len(n.Key) > 0 && !hasKey(in[0], n.Key) {
		need.Before = true
	}
	accepts := n.Sink.Accepts()
	need.Upserts = !need.Before && accepts.Has(connector.UpdatesAfter) && len(n.Key) > 0
	need.KeyDeletes = need.Upserts && accepts.Has(connector.KeyDeletes)
	if n.Old != nil {
		return []plan.Need{need, {Before: true}}
	}
	return []plan.Need{need}
}
