package bind

import (
	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/rel/apply"
	"github.com/weir-stream/weir/internal/rel/calc"
	"github.com/weir-stream/weir/internal/rel/join"
	"github.com/weir-stream/weir/internal/rel/order"
	"github.com/weir-stream/weir/internal/rel/setop"
	"github.com/weir-stream/weir/internal/sqlerr"
)

// pairsOn joins on conditions with subqueries over values of both sides, where rows
// without a partner are kept or looked for: the pairs are made first, of the right
// side and the distinct left values that decide, and the sides are joined with
// them by these values.
func (b *Binder) pairsOn(k *joinKeys, typ join.Type, conds []expr.Expr, pos sqlerr.Pos) plan.Node {
	if typ == join.Right {
		return b.mirrored(k, conds, pos)
	}
	if !readAgain(k.l) || typ == join.Full && !readAgain(k.r) {
		b.unsupported(pos, "a subquery over values of both sides in the condition of an outer join whose sides are not the same when they are read again").
			WithHint("take what is random, or LIMIT without ORDER BY, out of the joined tables")
		return k.l
	}
	left, right := usedColumns(conds, k.width, len(k.r.Fields()))
	p := b.pairs(k, left, conds, pos)
	n := joinPairs(k, k.l, left, p, identity(len(left)), typ)
	if typ == join.Semi || typ == join.Anti {
		return n
	}
	rw := len(k.r.Fields())
	fs := n.Fields()
	keep := append(columnsOf(fs, 0, k.width), columnsOf(fs, len(fs)-rw, len(fs))...)
	n = calc.Project(n, keep, colNames(keep))
	if typ != join.Full {
		return n
	}
	// What is left of the right side has no pair.
	found := make([]int, len(right))
	for i, c := range right {
		found[i] = len(left) + c
	}
	lone := joinPairs(k, k.r, right, p, found, join.Anti)
	fs = n.Fields()
	for i := k.width; i < len(fs); i++ {
		fs[i].Type = fs[i].Type.AsNullable()
	}
	es := make([]expr.Expr, 0, len(fs))
	for _, f := range fs[:k.width] {
		es = append(es, expr.Null(f.Type.AsNullable()))
	}
	es = append(es, columnsOf(lone.Fields(), 0, rw)...)
	out := make([]plan.Field, len(fs))
	for i, f := range fs {
		f.Type = f.Type.AsNullable()
		out[i] = f
	}
	return &setop.Node{Op: setop.UnionAll, All: true, Output: out, In: []plan.Node{n, calc.Project(lone, es, plan.Names(fs))}}
}

// pairs joins the distinct values of left columns with the right side.
func (b *Binder) pairs(k *joinKeys, left []int, conds []expr.Expr, pos sqlerr.Pos) plan.Node {
	es := make([]expr.Expr, len(left))
	at := make(map[int]int, len(left))
	for i, c := range left {
		es[i] = plan.ColOf(k.l.Fields(), c)
		at[c] = i
	}
	to := func(c int) int {
		if c < k.width {
			return at[c]
		}
		return c - k.width + len(left)
	}
	if len(left) == 0 {
		es = []expr.Expr{expr.True()}
		to = func(c int) int { return c - k.width + 1 }
	}
	one := newJoinKeys(distinct(calc.Project(k.l, es, colNames(es))), k.r)
	one.leftTTL, one.rightTTL = k.leftTTL, k.rightTTL
	n := b.makeJoin(one, join.Inner, replaceColumns(conds, to), pos)
	if len(left) == 0 {
		keep := columnsOf(n.Fields(), 1, len(n.Fields()))
		n = calc.Project(n, keep, colNames(keep))
	}
	return n
}

// joinPairs joins a side with the pairs by its columns cols, which are columns at
// of the pairs.
func joinPairs(k *joinKeys, side plan.Node, cols []int, p plan.Node, at []int, typ join.Type) plan.Node {
	if typ == join.Full {
		typ = join.Left
	}
	n := join.New(side, p, typ, cols, at, nil)
	n.LeftTTLMs, n.RightTTLMs = k.leftTTL, k.rightTTL
	for i, c := range cols {
		n.NullSafe[i] = side.Fields()[c].Type.Nullable
	}
	return n
}

// mirrored makes a right join of a left one.
func (b *Binder) mirrored(k *joinKeys, conds []expr.Expr, pos sqlerr.Pos) plan.Node {
	rw := len(k.r.Fields())
	m := newJoinKeys(k.r, k.l)
	m.leftTTL, m.rightTTL = k.rightTTL, k.leftTTL
	n := b.pairsOn(m, join.Left, replaceColumns(conds, func(c int) int {
		if c < k.width {
			return c + rw
		}
		return c - k.width
	}), pos)
	fs := n.Fields()
	if len(fs) != rw+k.width { // it was refused
		return n
	}
	es := append(columnsOf(fs, rw, rw+k.width), columnsOf(fs, 0, rw)...)
	return calc.Project(n, es, colNames(es))
}

// usedColumns lists the columns that conditions and their subqueries look at, of
// each side.
func usedColumns(conds []expr.Expr, width, right int) (l, r []int) {
	used := make([]bool, width+right)
	replaceColumns(conds, func(c int) int {
		used[c] = true
		return c
	})
	for i, u := range used {
		switch {
		case u && i < width:
			l = append(l, i)
		case u:
			r = append(r, i-width)
		}
	}
	return l, r
}

// replaceColumns moves the columns of conditions, and those that their subqueries
// look at.
func replaceColumns(conds []expr.Expr, to func(int) int) []expr.Expr {
	out := make([]expr.Expr, len(conds))
	for i, c := range conds {
		out[i] = mapColumns(c, func(c *expr.Col) expr.Expr {
			d := *c
			d.Index = to(c.Index)
			return &d
		})
	}
	return out
}

// inside gives a condition over a left side of width columns and the LATERAL query
// beside it as one within that query; levels is how many queries are around.
func inside(on expr.Expr, width, levels int) expr.Expr {
	on = expr.Transform(on, func(x expr.Expr) expr.Expr {
		switch x := x.(type) {
		case *expr.Col:
			if x.Depth > 0 {
				return outer(x, 1)
			}
		case *subSlot:
			s := *x
			s.r = deepen(x.r, 2, levels+1, 1)
			return &s
		}
		return x
	})
	return mapColumns(on, func(c *expr.Col) expr.Expr {
		d := *c
		if c.Index < width {
			d.Depth++
		} else {
			d.Index -= width
		}
		return &d
	})
}

// deepen moves the columns of a plan that lie from..to queries outwards by more.
func deepen(n plan.Node, from, to, by int) plan.Node {
	for depth := to; depth >= from && by > 0; depth-- {
		n = apply.MapOuter(n, depth, func(c *expr.Col) expr.Expr { return outer(c, by) })
	}
	return n
}

// mapColumns replaces the columns of a condition, which are of depth 0, and those
// that its subqueries look at.
func mapColumns(cond expr.Expr, f func(*expr.Col) expr.Expr) expr.Expr {
	return expr.Transform(cond, func(x expr.Expr) expr.Expr {
		switch x := x.(type) {
		case *expr.Col:
			if x.Depth == 0 {
				return f(x)
			}
		case *subSlot:
			s := *x
			s.r = apply.MapOuter(x.r, 1, f)
			return &s
		}
		return x
	})
}

func colNames(es []expr.Expr) []string {
	names := make([]string, len(es))
	for i, e := range es {
		names[i] = "$one"
		if c, ok := e.(*expr.Col); ok {
			names[i] = c.Name
		}
	}
	return names
}

// readAgain reports whether a plan gives the same rows each time.
func readAgain(n plan.Node) bool {
	if volatile(n) {
		return false
	}
	same := true
	plan.Walk(n, func(n plan.Node) {
		if o, ok := n.(*order.Node); ok && o.Limit >= 0 && len(o.Keys) == 0 {
			same = false
		}
	})
	return same
}
