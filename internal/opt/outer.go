package opt

import (
	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/fn"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/rel/calc"
	"github.com/weir-stream/weir/internal/rel/join"
)

// A filter above an outer join that no padded row passes makes the padding
// needless: WHERE r.x > 1 over a left join never holds where r is missing.
var simplifyOuter = Rule{
	Name: "outer join to inner",
	Why:  "an inner join keeps no match counts, pushes filters to both sides and may be reordered",
	Apply: func(_ *Ctx, n plan.Node) (plan.Node, error) {
		switch n := n.(type) {
		case *calc.Node:
			j, ok := n.In.(*join.Node)
			if !ok || n.Cond == nil {
				return n, nil
			}
			l, all := len(j.L.Fields()), len(j.Fields())
			if s := withoutPadding(j, rejects(n.Cond, 0, l), rejects(n.Cond, l, all)); s != j {
				return n.WithInputs([]plan.Node{s}), nil
			}
		case *join.Node:
			return simplifyInputs(n), nil
		}
		return n, nil
	},
}

// simplifyInputs looks at outer joins directly below a join whose condition
// drops their padded rows.
func simplifyInputs(n *join.Node) plan.Node {
	if n.Strategy != join.Regular {
		return n
	}
	ins := n.Inputs()
	keys := [2][]int{n.LeftKeys, n.RightKeys}
	drops := [2]bool{n.Type == join.Inner || n.Type == join.Semi || n.Type == join.Right, n.Type == join.Inner || n.Type == join.Semi || n.Type == join.Left || n.Type == join.Anti && !n.NullAware}
	changed := false
	for i, in := range ins {
		j, ok := in.(*join.Node)
		if !ok || !drops[i] {
			continue
		}
		l := len(j.L.Fields())
		left, right := false, false
		for x, k := range keys[i] {
			left, right = left || !n.NullSafe[x] && k < l, right || !n.NullSafe[x] && k >= l
		}
		if s := withoutPadding(j, left, right); s != j {
			ins[i], changed = s, true
		}
	}
	if !changed {
		return n
	}
	return n.WithInputs(ins)
}

// withoutPadding gives the join when rows whose left (right) side is missing are
// dropped anyway.
func withoutPadding(j *join.Node, left, right bool) *join.Node {
	if j.Strategy != join.Regular || j.Type != join.Left && j.Type != join.Right && j.Type != join.Full {
		return j
	}
	padRight, padLeft := j.Type.Outer() // a left join pads the right side
	t := join.Inner
	switch padRight, padLeft = padRight && !right, padLeft && !left; {
	case padRight && padLeft:
		t = join.Full
	case padRight:
		t = join.Left
	case padLeft:
		t = join.Right
	}
	if t == j.Type {
		return j
	}
	d := *j
	d.Type = t
	return &d
}

// rejects reports whether a condition cannot hold when columns lo to hi-1 are
// all null.
func rejects(e expr.Expr, lo, hi int) bool {
	switch e := e.(type) {
	case *expr.Logic:
		for _, a := range e.Args {
			if rejects(a, lo, hi) != (e.Op == expr.Or) {
				return e.Op == expr.And
			}
		}
		return e.Op == expr.Or
	case *expr.Call:
		if e.Fn.Name == "IS NOT NULL" {
			return nullWith(e.Args[0], lo, hi)
		}
	case *expr.Lit:
		return e.Value != true
	}
	return nullWith(e, lo, hi)
}

// nullWith reports whether e is null when columns lo to hi-1 are.
func nullWith(e expr.Expr, lo, hi int) bool {
	switch e := e.(type) {
	case *expr.Col:
		return e.Depth == 0 && e.Index >= lo && e.Index < hi
	case *expr.Lit:
		return e.IsNull()
	case *expr.Cast:
		return nullWith(e.X, lo, hi)
	case *expr.In:
		return nullWith(e.X, lo, hi)
	case *expr.Call:
		if e.Fn.Nulls != fn.Strict {
			return false
		}
		for _, a := range e.Args {
			if nullWith(a, lo, hi) {
				return true
			}
		}
	}
	return false
}
