package bind

import (
	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/rel/apply"
	"github.com/weir-stream/weir/internal/rel/calc"
	"github.com/weir-stream/weir/internal/sql"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
)

// subquery binds a query inside an expression; false if it could not be bound.
func (b *Binder) subquery(v *env, q *sql.Query) (plan.Node, bool) {
	if v.noSub {
		b.fail(sqlerr.Plan, q.Pos, "a subquery cannot be used in %s", v.clause)
		return nil, false
	}
	key := subKey{scope: v.scope, text: sql.Print(q)}
	if r, ok := b.subs[key]; ok {
		return r, true
	}
	n := len(b.errs)
	blk := b.query(q, v.scope)
	if len(b.errs) > n || blk.open {
		return blk.node, false
	}
	if !volatile(blk.node) {
		if b.subs == nil {
			b.subs = map[subKey]plan.Node{}
		}
		b.subs[key] = blk.node
	}
	return blk.node, true
}

// subKey is a subquery's text and where it stands: repeated there, as GROUP BY
// makes one do, it is the same one.
type subKey struct {
	scope *scope
	text  string
}

func volatile(n plan.Node) bool {
	found := false
	plan.Walk(n, func(n plan.Node) {
		for _, e := range n.Exprs() {
			found = found || expr.IsVolatile(e)
		}
	})
	return found
}

// newSub makes a slot over a subquery; op is what kids are compared with its
// columns by. Slots that compute the same have one id.
func (b *Binder) newSub(kind apply.Kind, r plan.Node, t types.Type, pos sqlerr.Pos, op string, kids ...expr.Expr) *subSlot {
	key := slotKey{r: r, kind: kind, op: op}
	for _, k := range kids {
		key.op += " " + expr.Key(k)
	}
	if b.slots == nil {
		b.slots = map[slotKey]int{}
	}
	id, ok := b.slots[key]
	if !ok {
		id = len(b.slots) + 1
		b.slots[key] = id
	}
	return &subSlot{id: id, kind: kind, r: r, t: t, pos: pos, kids: kids}
}

type slotKey struct {
	r    plan.Node
	kind apply.Kind
	op   string
}

// scalarQuery binds a subquery that gives one value.
func (b *Binder) scalarQuery(v *env, q *sql.Query, pos sqlerr.Pos) expr.Expr {
	r, ok := b.subquery(v, q)
	if !ok {
		return bad
	}
	fs := r.Fields()
	if len(fs) != 1 {
		b.fail(sqlerr.Plan, pos, "a subquery that is used as a value must have one column, not %d", len(fs))
		return bad
	}
	return b.newSub(apply.Scalar, r, fs[0].Type.AsNullable().WithAttr(types.NoAttr), pos, "")
}

// exists binds EXISTS as a mark, which is never null.
func (b *Binder) exists(v *env, e *sql.ExistsExpr) expr.Expr {
	r, ok := b.subquery(v, e.Query)
	if !ok {
		return bad
	}
	return b.newSub(apply.Mark, r, types.Of(types.Boolean).NotNull(), e.Pos, "")
}

// inQuery binds x IN (query) as a mark; a row compares with several columns.
func (b *Binder) inQuery(v *env, e *sql.InExpr) expr.Expr {
	xs := []expr.Expr{}
	if row, ok := e.X.(*sql.RowExpr); ok {
		xs = b.exprs(v, row.Items)
	} else {
		xs = append(xs, b.expr(v, e.X))
	}
	mark := b.compareQuery(v, xs, "=", e.Query, e.Pos)
	if mark == bad {
		return bad
	}
	return negateIf(mark, e.Not)
}

// compareQuery gives the mark of xs op (query) for some row.
func (b *Binder) compareQuery(v *env, xs []expr.Expr, op string, q *sql.Query, pos sqlerr.Pos) expr.Expr {
	r, ok := b.subquery(v, q)
	if !ok || anyBad(xs...) {
		return bad
	}
	fs := r.Fields()
	if len(fs) != len(xs) {
		b.fail(sqlerr.Plan, pos, "the subquery has %s, but is compared with %d", plural(len(fs), "column"), len(xs))
		return bad
	}
	for i, x := range xs { // find type errors now
		if b.callAt(pos, op, x, plan.ColOf(fs, i)) == bad {
			return bad
		}
	}
	s := b.newSub(apply.Mark, r, types.Of(types.Boolean), pos, op, xs...)
	s.nullAware = true
	s.on = func(kids []expr.Expr, right func(int) expr.Expr) expr.Expr {
		parts := make([]expr.Expr, len(kids))
		for i, k := range kids {
			parts[i] = b.callAt(pos, op, k, right(i))
		}
		return expr.AndAll(parts...)
	}
	return s
}

// whereConjunct binds one condition of WHERE. EXISTS and IN become semi and
// anti joins there, which direct tells: the expression is then a *subSlot that
// filters by itself.
func (b *Binder) whereConjunct(v *env, e sql.Expr) (x expr.Expr, direct bool) {
	not := false
	for {
		u, ok := e.(*sql.UnaryExpr)
		if !ok || u.Op != "NOT" {
			break
		}
		e, not = u.X, !not
	}
	switch n := e.(type) {
	case *sql.ExistsExpr:
		x = b.exists(v, n)
	case *sql.InExpr:
		if n.Query == nil {
			break
		}
		not = not != n.Not
		in := *n
		in.Not = false
		x = b.inQuery(v, &in)
	}
	if x == nil {
		x = b.condition(v, e)
		if not && x != bad {
			x = expr.Negate(x)
		}
		return x, false
	}
	s, ok := x.(*subSlot)
	if !ok {
		return bad, false
	}
	c := *s
	c.kind = apply.Semi
	if not {
		c.kind = apply.Anti
	}
	return &c, true
}

// filterSlots filters by a condition that may hold subqueries.
func (b *Binder) filterSlots(node plan.Node, cond expr.Expr) plan.Node {
	if s, ok := cond.(*subSlot); ok && (s.kind == apply.Semi || s.kind == apply.Anti) {
		node, kids := b.plant(node, s.kids)
		return s.applyTo(node, kids)
	}
	width := len(node.Fields())
	planted, es := b.plant(node, []expr.Expr{cond})
	out := plan.Node(calc.Filter(planted, es[0]))
	if len(planted.Fields()) > width {
		out = firstColumns(out, width)
	}
	return out
}

// applyTo makes the slot's apply over a node; kids are planted already.
func (s *subSlot) applyTo(node plan.Node, kids []expr.Expr) *apply.Node {
	a := &apply.Node{L: node, R: s.r, Kind: s.kind, NullAware: s.nullAware, Pos: s.pos}
	if s.kind == apply.Mark {
		a.MarkCol = plan.Field{Name: "$mark", Type: s.t}
	}
	if s.on != nil {
		width, fs := len(node.Fields()), s.r.Fields()
		a.On = s.on(kids, func(i int) expr.Expr {
			return &expr.Col{Index: width + i, Name: fs[i].Name, T: fs[i].Type}
		})
	}
	return a
}

// plant replaces the subqueries in expressions by columns that applies append
// to a node; the columns of the node stay where they are.
func (b *Binder) plant(node plan.Node, es []expr.Expr) (plan.Node, []expr.Expr) {
	if !has[*subSlot](es...) {
		return node, es
	}
	done := map[int]expr.Expr{}
	out := make([]expr.Expr, len(es))
	for i, e := range es {
		out[i] = expr.Transform(e, func(x expr.Expr) expr.Expr {
			s, ok := x.(*subSlot)
			if !ok {
				return x
			}
			if c, ok := done[s.id]; ok {
				return c
			}
			width := len(node.Fields())
			node = s.applyTo(node, s.kids)
			col := plan.ColOf(node.Fields(), width)
			done[s.id] = col
			return col
		})
	}
	return node, out
}
