// Package match finds row patterns: MATCH_RECOGNIZE.
//
// A pattern is compiled into an automaton whose positions are the variables of
// the pattern. An attempt to match begins at a row and keeps a list of threads in
// order of preference, one a way in which the rows so far can be mapped (Pike's
// simulation: the list replaces backtracking). Rows of a match are consecutive, so
// a thread's mapping is a chain of runs (variable, first row) that threads share,
// as the shared buffer of SASE (Agrawal et al., Efficient Pattern Matching over
// Event Streams, 2008) does with single events; a row that goes on with a run
// costs no memory. One attempt a partition is alive: the rows of a failed one are
// still there, and the next one begins a row later.
//
// Two of Flink's choices differ from the SQL standard, and hold here too: a row
// that a greedy quantifier of one variable would take is not offered to what
// follows it, and X? is left out where that finishes the match sooner.
package match

import (
	"fmt"
	"strings"

	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
)

// Set is a set of pattern variables by their number, of which there are at most
// MaxVars.
type Set uint64

// MaxVars is the most variables that a pattern may have.
const MaxVars = 64

// All is every variable: the rows of the match whatever they are mapped to.
const All = ^Set(0)

// Has reports whether a variable is in the set.
func (s Set) Has(v int) bool { return s>>v&1 != 0 }

// Kind is what a Value reads.
type Kind uint8

// The kinds of values.
const (
	Row        Kind = iota // a column of the row that is tested, or that the output row is of
	Nav                    // a column of a row that FIRST, LAST, PREV or NEXT finds
	Aggregate              // an aggregate over rows of the match
	Classifier             // the variable of the row that is found as by Nav
	Number                 // MATCH_NUMBER()
)

// Value is something that conditions and measures read of a match. Expressions
// over values use their places as ordinals.
type Value struct {
	Kind Kind
	// Vars are the variables whose rows count.
	Vars Set
	// First counts Offset rows from the first one, else back from the last.
	First  bool
	Offset int
	// Shift is the distance from there in rows of the partition: PREV is
	// negative.
	Shift int
	// Final looks at the whole match, else at the rows up to the current one.
	Final bool
	Col   int // ordinal of the input
	Call  plan.AggCall
	Type  types.Type
	Name  string // as SQL
}

// Var is a pattern variable. Without Cond every row satisfies it.
type Var struct {
	Name string
	Cond expr.Expr // over Node.Values; nil = TRUE
	// Col is the ordinal of a BOOLEAN column of the input that holds the
	// condition, where it depends on the row alone; -1 = none.
	Col int
}

// SkipKind is where the next match may begin.
type SkipKind uint8

// The ways to go on after a match.
const (
	PastLastRow SkipKind = iota
	ToNextRow
	ToFirst
	ToLast
)

// Skip is AFTER MATCH SKIP.
type Skip struct {
	Kind SkipKind
	Vars Set
	Name string // of the variable
}

// Node is MATCH_RECOGNIZE over an input that only adds rows.
type Node struct {
	plan.NoExprs
	In          plan.Node
	PartitionBy []int
	OrderBy     []plan.SortKey
	Vars        []Var
	Pattern     Pattern
	Values      []Value // what the conditions read
	Skip        Skip
	WithinMs    int64 // 0 = none
	Measured    []Value
	Out         []expr.Expr // over Measured
	Output      []plan.Field
	// AllRows gives a row for each row of a match; Empty also for empty
	// matches, Unmatched also for rows that are in no match.
	AllRows, Empty, Unmatched bool
	Pos                       sqlerr.Pos
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

// Fields are the output's.
func (n *Node) Fields() []plan.Field { return n.Output }

// Name is Flink's.
func (n *Node) Name() string { return "Match" }

// Attrs prints the clauses.
func (n *Node) Attrs() []plan.Attr {
	in := n.In.Fields()
	var as []plan.Attr
	add := func(key, value string) {
		if value != "" {
			as = append(as, plan.Attr{Key: key, Value: value})
		}
	}
	if len(n.PartitionBy) > 0 {
		add("partitionBy", plan.Cols(in, n.PartitionBy))
	}
	add("orderBy", plan.SortKeys(in, n.OrderBy))
	outs := make([]string, len(n.Out))
	for i, e := range n.Out {
		if outs[i] = e.String(); outs[i] != n.Output[i].Name {
			outs[i] += " AS " + n.Output[i].Name
		}
	}
	add("measures", strings.Join(outs, ", "))
	add("rowsPerMatch", n.rowsPerMatch())
	add("after", n.Skip.String())
	add("pattern", n.Pattern.text(n.Vars))
	if n.WithinMs > 0 {
		add("within", fmt.Sprintf("%d ms", n.WithinMs))
	}
	var defs []string
	for _, v := range n.Vars {
		switch {
		case v.Cond != nil:
			defs = append(defs, v.Name+" AS "+v.Cond.String())
		case v.Col >= 0:
			defs = append(defs, v.Name+" AS "+in[v.Col].Name)
		}
	}
	add("define", strings.Join(defs, ", "))
	return as
}

func (n *Node) rowsPerMatch() string {
	switch {
	case !n.AllRows:
		return "ONE ROW PER MATCH"
	case n.Unmatched:
		return "ALL ROWS PER MATCH WITH UNMATCHED ROWS"
	case !n.Empty:
		return "ALL ROWS PER MATCH OMIT EMPTY MATCHES"
	}
	return "ALL ROWS PER MATCH"
}

// String gives the clause as SQL.
func (s Skip) String() string {
	switch s.Kind {
	case ToNextRow:
		return "SKIP TO NEXT ROW"
	case ToFirst:
		return "SKIP TO FIRST " + s.Name
	case ToLast:
		return "SKIP TO LAST " + s.Name
	}
	return "SKIP PAST LAST ROW"
}

// Derive: matches are only ever added.
func (n *Node) Derive(_ *plan.Context, in []*plan.Traits) (*plan.Traits, error) {
	if !in[0].InsertOnly() {
		return nil, sqlerr.New(sqlerr.Plan, n.Pos, "MATCH_RECOGNIZE needs rows that are only added, but its input changes and deletes rows").
			WithHint("a match cannot be taken back; match over the table itself, before it is aggregated or joined")
	}
	t := &plan.Traits{Changes: connector.InsertOnly, HasWatermark: in[0].HasWatermark, Rows: in[0].Rows, Bounded: in[0].Bounded}
	t.Dist = plan.Dist{Kind: plan.Single}
	if len(n.PartitionBy) > 0 {
		t.Dist = plan.Dist{}
	}
	t.Bound = plan.Bound{Kind: plan.Unbounded, Note: "rows of a match that has begun; WITHIN bounds them", RowBytes: 64 + 16*len(n.In.Fields())}
	switch {
	case t.Bounded:
		t.Bound.Kind, t.Bound.Note = plan.ByInputEnd, "input end"
	case n.WithinMs > 0:
		t.Bound.Kind, t.Bound.Note = plan.ByWatermark, "WITHIN and the watermark"
	}
	return t, nil
}

// Needs asks for watermarks where time orders, and co-location.
func (n *Node) Needs(_ *plan.Context, _ []*plan.Traits, own *plan.Traits) []plan.Need {
	return []plan.Need{{Watermark: own.WantWatermark || n.byRowtime(), Dist: plan.Dist{Kind: plan.Hashed, Keys: n.PartitionBy}}}
}

func (n *Node) timeAttr() types.Attr { return n.In.Fields()[n.OrderBy[0].Col].Type.Attr }

func (n *Node) byRowtime() bool { return len(n.OrderBy) > 0 && n.timeAttr() == types.Rowtime }

func (n *Node) byProctime() bool { return len(n.OrderBy) > 0 && n.timeAttr() == types.Proctime }
