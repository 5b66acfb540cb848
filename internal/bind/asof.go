package bind

import (
	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/fn"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/rel/calc"
	"github.com/weir-stream/weir/internal/rel/join"
	"github.com/weir-stream/weir/internal/rel/over"
	"github.com/weir-stream/weir/internal/rel/setop"
	"github.com/weir-stream/weir/internal/sql"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
)

// asof is an ASOF JOIN while it is planned: each left row with the nearest right
// row of its keys. Both sides are put in one order, in which the last right row
// before each left row is remembered, so it costs a sort and not a join.
type asof struct {
	b     *Binder
	k     *joinKeys
	outer bool
	op    fn.CompareOp // left op right
	pos   sqlerr.Pos

	l, r   plan.Node // with the computed keys and times
	lt, rt int       // the compared columns
	row    types.Type
	fields []plan.Field // of the union
	timed  bool         // both compared columns are event time and the nearest is the latest
	split  bool         // left rows without a time go another way
}

// asofJoin plans the join from its bound conditions: equations, and one
// comparison.
func (b *Binder) asofJoin(k *joinKeys, typ join.Type, conds []expr.Expr, j *sql.Join) plan.Node {
	a := &asof{b: b, k: k, outer: typ == join.Left, pos: j.Pos, lt: -1}
	if typ != join.Inner && typ != join.Left {
		b.unsupported(j.Pos, j.Kind.String()+" ASOF JOIN").WithHint("use ASOF JOIN or LEFT ASOF JOIN")
		return k.l
	}
	for _, c := range conds {
		if !k.add(c) && !a.compare(c) {
			b.fail(sqlerr.Plan, j.Pos, "ASOF JOIN takes equations of both sides and one comparison with <, <=, > or >=, but not %s", c).
				WithHint("put other conditions into WHERE")
			return k.l
		}
	}
	if a.lt < 0 {
		b.fail(sqlerr.Plan, j.Pos, "ASOF JOIN needs a comparison that says which row is the nearest").
			WithHint("write MATCH_CONDITION (l.ts >= r.ts)")
		return k.l
	}
	return a.plan()
}

// compare takes the comparison; false if c is none, or the second.
func (a *asof) compare(c expr.Expr) bool {
	call, ok := c.(*expr.Call)
	if !ok || a.lt >= 0 {
		return false
	}
	op, ok := fn.CompareOpOf(call.Fn)
	if !ok || op == fn.EQ || op == fn.NE {
		return false
	}
	x, y := call.Args[0], call.Args[1]
	if a.k.side(x) == 1 && a.k.side(y) == 0 {
		x, y, op = y, x, op.Flip()
	}
	if a.k.side(x) != 0 || a.k.side(y) != 1 || !fn.SameStorage(x.Type(), y.Type()) {
		return false
	}
	a.op = op
	a.lt = a.k.column(0, a.k.l, x)
	a.rt = a.k.column(1, a.k.r, expr.Shift(y, 0, -a.k.width))
	return true
}

func (a *asof) plan() plan.Node {
	k := a.k
	a.l, a.r = withColumns(k.l, k.extras[0], "$l"), withColumns(k.r, k.extras[1], "$r")
	lf, rf := a.l.Fields(), a.r.Fields()
	time := lf[a.lt].Type
	a.timed = a.op == fn.GE && time.Attr == types.Rowtime && rf[a.rt].Type.Attr == types.Rowtime
	if !a.timed {
		time = time.WithAttr(types.NoAttr)
	}
	// Rows without a time are in no order of it, and have no partner.
	a.split = a.timed && a.outer && time.Nullable
	row := a.b.callAt(a.pos, "ROW", asColumns(k.r.Fields())...)
	if row == bad {
		return k.l
	}
	a.row = row.Type().AsNullable()
	for i, lk := range k.lk {
		a.fields = append(a.fields, plan.Field{Name: "$k" + itoa(i), Type: lf[lk].Type.AsNullable().WithAttr(types.NoAttr)})
	}
	a.fields = append(a.fields, plan.Field{Name: "$t", Type: time.AsNullable()}, plan.Field{Name: "$side", Type: types.Of(types.BigInt).NotNull()})
	for _, f := range k.l.Fields() {
		a.fields = append(a.fields, plan.Field{Name: f.Name, Type: f.Type.AsNullable()})
	}
	a.fields = append(a.fields, plan.Field{Name: "$row", Type: a.row})
	u := &setop.Node{In: []plan.Node{a.left(), a.right(row)}, Op: setop.UnionAll, All: true, Output: a.fields}
	out := a.result(a.nearest(u))
	if !a.split {
		return out
	}
	return &setop.Node{In: []plan.Node{out, a.timeless(out.Fields())}, Op: setop.UnionAll, All: true, Output: out.Fields()}
}

// timeless gives the left rows whose time is null.
func (a *asof) timeless(out []plan.Field) plan.Node {
	es := asColumns(a.k.l.Fields())
	for _, f := range out[len(es):] {
		es = append(es, expr.Null(f.Type))
	}
	n := calc.Project(a.l, es, plan.Names(out))
	n.Cond = expr.IsNull(plan.ColOf(a.l.Fields(), a.lt))
	for i := range n.Cols {
		n.Cols[i].Type = out[i].Type
	}
	return n
}

func asColumns(fs []plan.Field) []expr.Expr {
	out := make([]expr.Expr, len(fs))
	for i := range fs {
		out[i] = plan.ColOf(fs, i)
	}
	return out
}

// Right rows come before left rows that they match at the same time, else after
// them.
const leftSide, matchingSide, laterSide = 1, 0, 2

func (a *asof) left() plan.Node {
	fs := a.l.Fields()
	var es []expr.Expr
	for _, k := range a.k.lk {
		es = append(es, plan.ColOf(fs, k))
	}
	es = append(es, plan.ColOf(fs, a.lt), a.side(leftSide))
	es = append(es, asColumns(a.k.l.Fields())...)
	in := a.l
	if a.split {
		in = calc.Filter(in, expr.IsNotNull(plan.ColOf(fs, a.lt)))
	}
	return a.branch(in, append(es, expr.Null(a.row)))
}

func (a *asof) right(row expr.Expr) plan.Node {
	fs := a.r.Fields()
	known := []expr.Expr{expr.IsNotNull(plan.ColOf(fs, a.rt))}
	var es []expr.Expr
	for i, k := range a.k.rk {
		es = append(es, plan.ColOf(fs, k))
		if !a.k.safe[i] {
			known = append(known, expr.IsNotNull(plan.ColOf(fs, k)))
		}
	}
	side := laterSide
	if a.op == fn.GE || a.op == fn.LE {
		side = matchingSide
	}
	es = append(es, plan.ColOf(fs, a.rt), a.side(side))
	for _, f := range a.k.l.Fields() {
		es = append(es, expr.Null(f.Type.WithAttr(types.NoAttr)))
	}
	return a.branch(calc.Filter(a.r, expr.AndAll(known...)), append(es, row))
}

func (a *asof) side(n int) expr.Expr {
	return &expr.Lit{Value: int64(n), T: types.Of(types.BigInt).NotNull()}
}

// branch projects one side to the columns of the union.
func (a *asof) branch(in plan.Node, es []expr.Expr) plan.Node {
	for i, e := range es {
		if !e.Type().EqualKind(a.fields[i].Type) {
			es[i] = expr.CastTo(e, a.fields[i].Type)
		}
	}
	n := calc.Project(in, es, plan.Names(a.fields))
	for i := range n.Cols {
		n.Cols[i].Type = a.fields[i].Type
	}
	return n
}

// nearest appends the last right row of the keys so far.
func (a *asof) nearest(u plan.Node) plan.Node {
	n := &over.Node{In: u, PartitionBy: make([]int, len(a.k.lk)), Frame: over.Frame{Rows: true, From: over.Bound{Unbounded: true}}}
	for i := range n.PartitionBy {
		n.PartitionBy[i] = i
	}
	t := len(a.k.lk)
	if a.timed { // rows of the same time are peers
		n.OrderBy, n.Frame.Rows = []plan.SortKey{{Col: t, NullsFirst: true}}, false
	} else {
		desc := a.op == fn.LT || a.op == fn.LE
		n.OrderBy = []plan.SortKey{{Col: t, Desc: desc, NullsFirst: true}, {Col: t + 1, NullsFirst: true}}
	}
	last := a.b.Aggs.Lookup("LAST_VALUE")
	n.Calls = []over.Call{{AggCall: plan.AggCall{Agg: last, Args: []int{len(a.fields) - 1}, Filter: -1, Type: a.row, Name: "$nearest"}, IgnoreNulls: true}}
	return n
}

// result keeps the left rows and takes the right row apart.
func (a *asof) result(n plan.Node) plan.Node {
	fs := n.Fields()
	t := len(a.k.lk)
	found := expr.Expr(plan.ColOf(fs, len(fs)-1))
	cond := expr.Compare(fn.EQ, plan.ColOf(fs, t+1), a.side(leftSide))
	if !a.outer {
		cond = expr.AndAll(cond, expr.IsNotNull(found))
	}
	low := calc.Filter(n, cond)
	var out []plan.Field
	var es []expr.Expr
	for i, f := range a.k.l.Fields() {
		if !a.timed {
			f.Type = f.Type.WithAttr(types.NoAttr)
		}
		es, out = append(es, plan.ColOf(fs, t+2+i)), append(out, f)
	}
	for i, f := range a.k.r.Fields() {
		x := a.b.callAt(a.pos, "FIELD", found, text(a.row.Fields[i].Name))
		f.Type = f.Type.WithAttr(types.NoAttr)
		if a.outer {
			f.Type = f.Type.AsNullable()
		}
		es, out = append(es, x), append(out, f)
	}
	p := calc.Project(low, es, plan.Names(out))
	for i := range p.Cols {
		p.Cols[i].Type = out[i].Type
	}
	return p
}
