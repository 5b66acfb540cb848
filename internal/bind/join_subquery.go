package bind

import (
	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/rel/apply"
	"github.com/weir-stream/weir/internal/rel/calc"
	"github.com/weir-stream/weir/internal/rel/join"
	"github.com/weir-stream/weir/internal/sqlerr"
)

// outerOn joins on conditions with subqueries where they cannot be asked above the
// join, since they decide which rows have a partner: each subquery becomes a column
// of the side whose values it looks at.
func (b *Binder) outerOn(k *joinKeys, typ join.Type, conds []expr.Expr, pos sqlerr.Pos) plan.Node {
	var kids [2][]expr.Expr
	place := map[int][2]int{} // of a slot, its side and number there
	oneSided := true
	for _, c := range conds {
		expr.Walk(c, func(x expr.Expr) bool {
			s, ok := x.(*subSlot)
			if _, known := place[slotID(s)]; !ok || known {
				return true
			}
			side, one := k.slotSide(s)
			if !one {
				oneSided = false
				return false
			}
			place[s.id] = [2]int{side, len(kids[side])}
			if side == 1 {
				s = s.moved(k.width)
			}
			kids[side] = append(kids[side], s)
			return false
		})
	}
	if !oneSided {
		return b.pairsOn(k, typ, conds, pos)
	}
	l, r := b.withSlots(k.l, kids[0]), b.withSlots(k.r, kids[1])
	lw, rw := len(l.Fields()), len(k.r.Fields())
	j := *k
	j.l, j.r, j.width = l, r, lw
	fs := append(append([]plan.Field(nil), l.Fields()...), r.Fields()...)
	moved := make([]expr.Expr, len(conds))
	for i, c := range conds {
		moved[i] = expr.Transform(expr.Shift(c, k.width, lw-k.width), func(x expr.Expr) expr.Expr {
			if s, ok := x.(*subSlot); ok {
				p := place[s.id]
				return plan.ColOf(fs, [2]int{k.width, lw + rw}[p[0]]+p[1])
			}
			return x
		})
	}
	n := b.makeJoin(&j, typ, moved, pos)
	out := n.Fields()
	keep := columnsOf(out, 0, k.width)
	if typ != join.Semi && typ != join.Anti {
		keep = append(keep, columnsOf(out, lw, lw+rw)...)
	}
	names := make([]string, len(keep))
	for i, e := range keep {
		names[i] = e.(*expr.Col).Name
	}
	return calc.Project(n, keep, names)
}

func slotID(s *subSlot) int {
	if s == nil {
		return -1
	}
	return s.id
}

func columnsOf(fs []plan.Field, from, to int) []expr.Expr {
	var es []expr.Expr
	for i := from; i < to; i++ {
		es = append(es, plan.ColOf(fs, i))
	}
	return es
}

// withSlots appends the values of subqueries to a node's columns.
func (b *Binder) withSlots(n plan.Node, slots []expr.Expr) plan.Node {
	if len(slots) == 0 {
		return n
	}
	width := len(n.Fields())
	planted, es := b.plant(n, slots)
	es = append(columnsOf(planted.Fields(), 0, width), es...)
	names := plan.Names(n.Fields())
	for i := range slots {
		names = append(names, "$sub"+itoa(i))
	}
	return calc.Project(planted, es, names)
}

// slotSide tells the side whose columns a subquery looks at, left if none; false
// if it looks at both.
func (k *joinKeys) slotSide(s *subSlot) (side int, one bool) {
	var sides [2]bool
	note := func(c int) {
		if c < k.width {
			sides[0] = true
		} else {
			sides[1] = true
		}
	}
	for _, kid := range s.kids {
		for _, c := range expr.ReferencedCols(kid) {
			note(c)
		}
		one = one || has[*subSlot](kid)
	}
	if one { // a subquery in what is compared with a subquery
		return 0, false
	}
	apply.MapOuter(s.r, 1, func(c *expr.Col) expr.Expr {
		note(c.Index)
		return c
	})
	if sides[1] {
		return 1, !sides[0]
	}
	return 0, true
}

// moved gives the slot over columns that are that many places further left.
func (s *subSlot) moved(by int) *subSlot {
	c := *s
	c.kids = make([]expr.Expr, len(s.kids))
	for i, kid := range s.kids {
		c.kids[i] = expr.Shift(kid, 0, -by)
	}
	c.r = apply.MapOuter(s.r, 1, func(c *expr.Col) expr.Expr {
		d := *c
		d.Index -= by
		return &d
	})
	return &c
}
