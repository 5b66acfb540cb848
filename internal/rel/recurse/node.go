// Package recurse runs WITH RECURSIVE: a seed, and a step that reads the rows of
// the round before, until a round gives nothing new.
//
// Dataflow graphs here have no cycles, so each round is a job of its own that the
// operator runs; semi-naive evaluation (Bancilhon and Ramakrishnan, "An Amateur's
// Introduction to Recursive Query Processing Strategies", SIGMOD 1986) keeps a
// round's input to the rows that are new.
package recurse

import (
	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/sqlerr"
)

// Node is the union of Seed and of all rounds of Step, which reads Work. Its
// inputs are not lowered with the job: it runs them itself.
type Node struct {
	plan.NoExprs
	Seed, Step plan.Node
	// All keeps equal rows (UNION ALL); else a row counts once in all rounds.
	All    bool
	Output []plan.Field
	Pos    sqlerr.Pos
}

// Work is the table that the step reads: the new rows of the last round.
type Work struct {
	plan.Leaf
	plan.NoExprs
	Table  string // its name in the query
	Output []plan.Field
	rows   *rows // while it runs
}

// Inputs are seed and step.
func (n *Node) Inputs() []plan.Node { return []plan.Node{n.Seed, n.Step} }

// WithInputs replaces them.
func (n *Node) WithInputs(in []plan.Node) plan.Node {
	c := *n
	c.Seed, c.Step = in[0], in[1]
	return &c
}

// WithExprs is the identity.
func (n *Node) WithExprs([]expr.Expr) plan.Node { return n }

// Encloses says that the inputs are run by the node.
func (n *Node) Encloses() {}

// Fields are the seed's.
func (n *Node) Fields() []plan.Field { return n.Output }

// Name is in the form of Flink's names.
func (n *Node) Name() string { return "RecursiveUnion" }

// Attrs prints whether equal rows count.
func (n *Node) Attrs() []plan.Attr {
	all := "false"
	if n.All {
		all = "true"
	}
	return []plan.Attr{{Key: "all", Value: all}}
}

// Derive refuses what has no end.
func (n *Node) Derive(c *plan.Context, in []*plan.Traits) (*plan.Traits, error) {
	if !c.Batch {
		return nil, sqlerr.New(sqlerr.Unsupported, n.Pos, "WITH RECURSIVE is not supported in streaming mode").
			WithHint("run it with --mode batch, or SET 'execution.runtime-mode' = 'batch'")
	}
	t := &plan.Traits{Changes: connector.InsertOnly, Bounded: true, Rows: -1, Dist: plan.Dist{Kind: plan.Single}}
	if in[0].Rows > 0 {
		t.Rows = in[0].Rows * guessedRounds
	}
	if !n.All {
		key := make([]int, len(n.Output))
		for i := range key {
			key[i] = i
		}
		t.Keys = [][]int{key}
	}
	return t, nil
}

// guessedRounds is how many rounds as large as the seed are assumed.
const guessedRounds = 10

// Needs asks for nothing.
func (n *Node) Needs(*plan.Context, []*plan.Traits, *plan.Traits) []plan.Need {
	return make([]plan.Need, 2)
}

// WithInputs is the identity.
func (w *Work) WithInputs([]plan.Node) plan.Node { return w }

// WithExprs is the identity.
func (w *Work) WithExprs([]expr.Expr) plan.Node { return w }

// Exprs gives none.
func (w *Work) Exprs() []expr.Expr { return nil }

// Fields are the columns of the recursive query.
func (w *Work) Fields() []plan.Field { return w.Output }

// Name is in the form of Flink's names.
func (w *Work) Name() string { return "WorkingTable" }

// Attrs prints the table's name.
func (w *Work) Attrs() []plan.Attr { return []plan.Attr{{Key: "table", Value: w.Table}} }

// Derive knows nothing but the end.
func (w *Work) Derive(*plan.Context, []*plan.Traits) (*plan.Traits, error) {
	return &plan.Traits{Changes: connector.InsertOnly, Bounded: true, Rows: -1, Dist: plan.Dist{Kind: plan.Single}}, nil
}
