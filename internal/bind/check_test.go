package bind

import (
	"testing"

	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/rel/apply"
)

// checkColumns fails if an expression of a plan holds a slot, or a column that
// its input does not have in that place with that type. NOT NULL may be forgotten, not invented.
func checkColumns(t *testing.T, src string, root plan.Node) {
	t.Helper()
	checkNode(t, src, root, nil)
}

// outers are the fields of the left sides of the applies around, innermost
// last.
func checkNode(t *testing.T, src string, n plan.Node, outers [][]plan.Field) {
	t.Helper()
	var in []plan.Field
	for i, c := range n.Inputs() {
		o := outers
		if a, ok := n.(*apply.Node); ok && i == 1 {
			o = append(append([][]plan.Field(nil), outers...), a.L.Fields())
		}
		checkNode(t, src, c, o)
		in = append(in, c.Fields()...)
	}
	if len(n.Inputs()) == 0 {
		in = n.Fields()
	}
	for _, e := range n.Exprs() {
		expr.Walk(e, func(x expr.Expr) bool {
			switch x := x.(type) {
			case *aggSlot, *overSlot, *subSlot, *groupSlot, *propSlot:
				t.Errorf("%s: %s holds the slot %s", src, n.Name(), x)
			case *expr.Col:
				fs := in
				if x.Depth > 0 {
					if x.Depth > len(outers) {
						t.Errorf("%s: %s: column %s of depth %d", src, n.Name(), x, x.Depth)
						return false
					}
					fs = outers[len(outers)-x.Depth]
				}
				if x.Index >= len(fs) || !fs[x.Index].Type.EqualKind(x.T) || fs[x.Index].Type.Nullable && !x.T.Nullable {
					t.Errorf("%s: %s: no column %d `%s` %s in %v", src, n.Name(), x.Index, x, x.T, fs)
				}
			}
			return true
		})
	}
}
