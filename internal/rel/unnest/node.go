// Package unnest turns a collection in each row into rows of their own.
package unnest

import (
	"slices"

	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/types"
)

// Node appends the elements of the collection X (over the input's columns) to
// each input row: one column for an ARRAY or MULTISET of scalars, the fields
// for one of rows, key and value for a MAP; then the ordinality, if asked for.
type Node struct {
	In         plan.Node
	X          expr.Expr
	Elems      []plan.Field // element columns, then ordinality
	Ordinality bool
	Outer      bool // LEFT JOIN UNNEST: a row without elements is kept
	// Keep lists the input columns that go on; nil = all. Without the collection
	// itself, which would be repeated for each of its elements, unnesting is
	// linear.
	Keep []int
}

// Inputs gives the one input.
func (n *Node) Inputs() []plan.Node { return []plan.Node{n.In} }

// WithInputs replaces it.
func (n *Node) WithInputs(in []plan.Node) plan.Node {
	c := *n
	c.In = in[0]
	return &c
}

// Fields are the input's and the element's.
func (n *Node) Fields() []plan.Field {
	in := n.In.Fields()
	if n.Keep == nil {
		return append(in[:len(in):len(in)], n.Elems...)
	}
	var out []plan.Field
	for _, i := range n.Keep {
		out = append(out, in[i])
	}
	return append(out, n.Elems...)
}

// place gives the output ordinal of input column col, -1 if it is not kept.
func (n *Node) place(col int) int {
	if n.Keep == nil {
		return col
	}
	return slices.Index(n.Keep, col)
}

// Name is Flink's.
func (n *Node) Name() string { return "Correlate" }

// Attrs prints the collection.
func (n *Node) Attrs() []plan.Attr {
	jt := "INNER"
	if n.Outer {
		jt = "LEFT"
	}
	as := []plan.Attr{{Key: "invocation", Value: "UNNEST(" + n.X.String() + ")"}, {Key: "joinType", Value: jt}}
	if n.Ordinality {
		as = append(as, plan.Attr{Key: "ordinality", Value: "true"})
	}
	if n.Keep != nil {
		as = append(as, plan.Attr{Key: "keep", Value: plan.Cols(n.In.Fields(), n.Keep)})
	}
	return as
}

// Exprs gives the collection.
func (n *Node) Exprs() []expr.Expr { return []expr.Expr{n.X} }

// WithExprs replaces it.
func (n *Node) WithExprs(es []expr.Expr) plan.Node {
	c := *n
	c.X = es[0]
	return &c
}

// Columns gives the element columns of a collection type.
func Columns(t types.Type, ordinality, outer bool) []plan.Field {
	var out []plan.Field
	switch {
	case t.Kind == types.Map:
		out = []plan.Field{{Name: "KEY", Type: *t.Key}, {Name: "VALUE", Type: *t.Elem}}
	case t.Elem.Kind == types.Row:
		for _, f := range t.Elem.Fields {
			ft := f.Type
			ft.Nullable = ft.Nullable || t.Elem.Nullable
			out = append(out, plan.Field{Name: f.Name, Type: ft})
		}
	default:
		out = []plan.Field{{Name: "f0", Type: *t.Elem}}
	}
	if ordinality {
		out = append(out, plan.Field{Name: "ORDINALITY", Type: types.Of(types.Int).NotNull()})
	}
	if outer {
		for i := range out {
			out[i].Type = out[i].Type.AsNullable()
		}
	}
	return out
}

// Derive: kinds pass; keys do not survive the repetition.
func (n *Node) Derive(_ *plan.Context, in []*plan.Traits) (*plan.Traits, error) {
	t := *in[0]
	t.EmitBefore, t.WantWatermark, t.Bound, t.Keys = false, false, plan.Bound{}, nil
	if t.Rows > 0 {
		t.Rows *= 3
	}
	t.Dist = n.dist(t.Dist)
	if w := t.Win; w != nil {
		t.Win = &plan.WinCols{Start: n.place(w.Start), End: n.place(w.End), Time: n.place(w.Time), Window: w.Window}
	}
	return &t, nil
}

// dist maps a distribution to the output columns.
func (n *Node) dist(d plan.Dist) plan.Dist {
	if d.Kind != plan.Hashed {
		return d
	}
	keys := make([]int, len(d.Keys))
	for i, k := range d.Keys {
		if keys[i] = n.place(k); keys[i] < 0 {
			return plan.Dist{}
		}
	}
	return plan.Dist{Kind: plan.Hashed, Keys: keys}
}

// Needs: an update may change the number of elements, so the old row is needed.
func (n *Node) Needs(_ *plan.Context, in []*plan.Traits, own *plan.Traits) []plan.Need {
	return []plan.Need{{Before: in[0].Updating(), Watermark: own.WantWatermark}}
}
