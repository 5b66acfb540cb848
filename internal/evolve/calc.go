package evolve

import (
	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/rel/calc"
)

// calc maps columns through expressions: each was one of the old node, is a new
// column of the input as it is or a NULL, or nobody knows what it was.
func (m *Matching) calc(was, is *calc.Node) ([]int, bool) {
	c := m.comparer(m.input(was, is, 0))
	if !c.expr(was.Cond, is.Cond) {
		return nil, false
	}
	old, now := outs(was), outs(is)
	used := make([]bool, len(old))
	cols := make([]int, len(now))
	next := 0
	for i, e := range now {
		cols[i] = unknown
		for try := range old { // in order, if possible
			j := (next + try) % len(old)
			if !used[j] && c.expr(old[j], e) {
				cols[i], used[j], next = j, true, j+1
				break
			}
		}
		if cols[i] < 0 && m.fresh(was, is, e) {
			cols[i] = fresh
		}
	}
	return plainly(cols, len(old)), true
}

func outs(n *calc.Node) []expr.Expr {
	if n.Out != nil {
		return n.Out
	}
	fs := n.In.Fields()
	out := make([]expr.Expr, len(fs))
	for i, f := range fs {
		out[i] = &expr.Col{Index: i, Name: f.Name, T: f.Type}
	}
	return out
}

// fresh reports whether an expression is null for all rows before.
func (m *Matching) fresh(was, is *calc.Node, e expr.Expr) bool {
	for {
		x, ok := e.(*expr.Cast)
		if !ok {
			break
		}
		e = x.X
	}
	switch e := e.(type) {
	case *expr.Lit:
		return e.Value == nil
	case *expr.Col:
		cols := m.input(was, is, 0)
		return cols != nil && e.Depth == 0 && cols[e.Index] == fresh
	}
	return false
}
