// Package calc filters and projects: a condition and a list of expressions over
// one input, evaluated together.
package calc

import (
	"strings"

	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/plan"
)

// Node keeps the rows where Cond is true and computes Out of them.
type Node struct {
	In   plan.Node
	Cond expr.Expr    // nil = all rows
	Out  []expr.Expr  // nil = the input's columns
	Cols []plan.Field // names and types of Out; unused when Out is nil
}

// Filter gives a node that only filters.
func Filter(in plan.Node, cond expr.Expr) *Node { return &Node{In: in, Cond: cond} }

// Project gives a node that only computes; the types are the expressions'.
func Project(in plan.Node, out []expr.Expr, names []string) *Node {
	n := &Node{In: in, Out: out, Cols: make([]plan.Field, len(out))}
	for i, e := range out {
		n.Cols[i] = plan.Field{Name: names[i], Type: e.Type()}
	}
	return n
}

// Inputs gives the one input.
func (n *Node) Inputs() []plan.Node { return []plan.Node{n.In} }

// WithInputs replaces it.
func (n *Node) WithInputs(in []plan.Node) plan.Node {
	c := *n
	c.In = in[0]
	return &c
}

// Fields are the computed columns.
func (n *Node) Fields() []plan.Field {
	if n.Out == nil {
		return n.In.Fields()
	}
	return n.Cols
}

// Name is Flink's.
func (n *Node) Name() string { return "Calc" }

// Attrs prints select and where.
func (n *Node) Attrs() []plan.Attr {
	var as []plan.Attr
	if n.Out != nil {
		parts := make([]string, len(n.Out))
		for i, e := range n.Out {
			parts[i] = e.String()
			if col, ok := e.(*expr.Col); !ok || col.Name != n.Cols[i].Name {
				parts[i] += " AS " + n.Cols[i].Name
			}
		}
		as = append(as, plan.Attr{Key: "select", Value: strings.Join(parts, ", ")})
	}
	if n.Cond != nil {
		as = append(as, plan.Attr{Key: "where", Value: n.Cond.String()})
	}
	return as
}

// Exprs gives the condition, if any, then the outputs.
func (n *Node) Exprs() []expr.Expr {
	var es []expr.Expr
	if n.Cond != nil {
		es = append(es, n.Cond)
	}
	return append(es, n.Out...)
}

// WithExprs replaces them.
func (n *Node) WithExprs(es []expr.Expr) plan.Node {
	c := *n
	if n.Cond != nil {
		c.Cond, es = es[0], es[1:]
	}
	if n.Out != nil {
		c.Out = es
	}
	return &c
}

// Derive maps keys and window columns through the projection.
func (n *Node) Derive(c *plan.Context, in []*plan.Traits) (*plan.Traits, error) {
	t := *in[0]
	t.EmitBefore, t.WantWatermark, t.Bound = false, false, plan.Bound{}
	if n.Cond != nil && t.Rows > 0 {
		t.Rows = max(t.Rows*selectivity(n.Cond), 1)
	}
	if n.Out != nil {
		t.Keys, t.Win = n.mapKeys(in[0].Keys, c.Believe), nil
		if w := in[0].Win; w != nil {
			t.Win = &plan.WinCols{Start: n.mapCol(w.Start), End: n.mapCol(w.End), Time: n.mapCol(w.Time), Window: w.Window}
		}
		if m, ok := n.mapCols(in[0].Dist.Keys); ok {
			t.Dist.Keys = m
		} else if t.Dist.Kind == plan.Hashed {
			t.Dist = plan.Dist{}
		}
	}
	return &t, nil
}

// selectivity is the usual guess: equality keeps a tenth, anything else a third.
func selectivity(e expr.Expr) float64 {
	switch e := e.(type) {
	case *expr.Logic:
		s := 1.0
		if e.Op == expr.And {
			for _, a := range e.Args {
				s *= selectivity(a)
			}
			return s
		}
		for _, a := range e.Args {
			s *= 1 - selectivity(a)
		}
		return 1 - s
	case *expr.Call:
		if e.Fn.Name == "=" {
			return 0.1
		}
	case *expr.In:
		return min(0.1*float64(len(e.Values)), 0.5)
	}
	return 1.0 / 3
}

func (n *Node) mapCols(cols []int) ([]int, bool) {
	out := make([]int, len(cols))
	for i, c := range cols {
		if out[i] = n.mapCol(c); out[i] < 0 {
			return nil, false
		}
	}
	return out, true
}

// mapCol gives the output ordinal of input column col, -1 if it is not output.
func (n *Node) mapCol(col int) int {
	if n.Out == nil {
		return col
	}
	for i, e := range n.Out {
		if c, ok := e.(*expr.Col); ok && c.Index == col && c.Depth == 0 && col >= 0 {
			return i
		}
	}
	return -1
}

// Needs passes on what is asked; a filter over updates needs the old rows too,
// since the new one may be dropped, unless it looks at an upsert key alone: then all
// changes of a row pass or none does.
func (n *Node) Needs(_ *plan.Context, in []*plan.Traits, own *plan.Traits) []plan.Need {
	byKey := n.Cond == nil || !expr.HasOuter(n.Cond) && in[0].HasUpsertKeyOf(expr.ReferencedCols(n.Cond))
	return []plan.Need{{Before: own.EmitBefore || !byKey && in[0].Updating(), Watermark: own.WantWatermark,
		Upserts: byKey && !own.WantRows, KeyDeletes: byKey && !own.WantDeleted}}
}
