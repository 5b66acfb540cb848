package opt

import (
	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/fn"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/rel/agg"
	"github.com/weir-stream/weir/internal/rel/apply"
	"github.com/weir-stream/weir/internal/rel/calc"
	"github.com/weir-stream/weir/internal/rel/join"
	"github.com/weir-stream/weir/internal/types"
)

// markJoin appends whether a match exists: a left join with the distinct keys of
// the right side where equalities decide it and none of their sides is null, in
// general with what is found for each of the outer values that matter.
func markJoin(a *apply.Node, right plan.Node, cond, outs []expr.Expr) plan.Node {
	all := cond
	if a.On != nil {
		all = append(cond[:len(cond):len(cond)], onOver(a, outs))
	}
	both := join.New(a.L, right, join.Inner, nil, nil, nil).Fields()
	if !a.NullAware || a.On == nil || !mayBeNull(onOver(a, outs), both) {
		if n := keyedMark(a, right, all); n != nil {
			return n
		}
	}
	if a.On != nil {
		if n := nullableMark(a, right, cond, onOver(a, outs)); n != nil {
			return n
		}
	}
	return generalMark(a, right, cond, outs)
}

func mayBeNull(e expr.Expr, fs []plan.Field) bool {
	null := e.Type().Nullable
	for _, c := range expr.ReferencedCols(e) {
		null = null || fs[c].Type.Nullable
	}
	return null
}

func keyedMark(a *apply.Node, right plan.Node, cond []expr.Expr) plan.Node {
	l := len(a.L.Fields())
	s := condSplit{j: join.New(a.L, right, join.Left, nil, nil, nil), l: l, r: len(right.Fields()), left: a.L, right: right}
	for _, all := range cond {
		for _, c := range expr.Conjuncts(all) {
			if within(c, l, l+s.r) && len(expr.ReferencedCols(c)) > 0 && !expr.IsVolatile(c) {
				s.right = filtered(s.right, expr.Shift(c, l, -l))
				continue
			}
			if !s.equality(c) {
				return nil
			}
		}
	}
	left, lk := withKeys(s.left, s.lx, s.lk)
	r, rk := withKeys(s.right, s.rx, s.rk)
	distinct := agg.New(r, rk, nil)
	if len(rk) == 0 {
		distinct = agg.New(calc.Project(r, []expr.Expr{expr.True()}, []string{"$one"}), []int{0}, nil)
	}
	m := marked(distinct)
	j := join.New(left, m, join.Left, lk, identity(len(rk)), nil)
	j.Made = madeOf(a)
	j.NullSafe = s.safe
	if len(rk) == 0 {
		j.LeftKeys, j.RightKeys, j.NullSafe = nil, nil, nil
	}
	at := len(j.Fields()) - 1
	es := append(cols(j.Fields(), 0, l), expr.IsNotNull(plan.ColOf(j.Fields(), at)))
	return calc.Project(j, es, plan.Names(a.Fields()))
}

// nullableMark decides x IN (rows) by one equality where nulls may be on both
// sides, with equalities as correlation: beside the distinct keys it joins the
// number of rows and of values among them, which tell a miss from an unknown.
func nullableMark(a *apply.Node, right plan.Node, cond []expr.Expr, on expr.Expr) plan.Node {
	l := len(a.L.Fields())
	s := condSplit{j: join.New(a.L, right, join.Left, nil, nil, nil), l: l, r: len(right.Fields())}
	for _, c := range append(cond[:len(cond):len(cond)], on) {
		if !s.equality(c) || s.safe[len(s.safe)-1] {
			return nil
		}
	}
	left, lk := withKeys(a.L, s.lx, s.lk)
	r, rk := withKeys(right, s.rx, s.rk)
	last := len(lk) - 1 // the key of IN
	count, ok := aggregateNamed("COUNT")
	if !ok {
		return nil
	}
	found := join.New(left, marked(agg.New(r, rk, nil)), join.Left, lk, identity(len(rk)), nil)
	big := types.Of(types.BigInt).NotNull()
	totals := agg.New(r, rk[:last], []plan.AggCall{{Agg: count, Filter: -1, Type: big, Name: "$rows"},
		{Agg: count, Args: []int{rk[last]}, Filter: -1, Type: big, Name: "$values"}})
	found.Made = madeOf(a)
	j := join.New(found, totals, join.Left, lk[:last], identity(last), nil)
	j.Made = found.Made
	fs := j.Fields()
	match, rows, values := plan.ColOf(fs, len(found.Fields())-1), plan.ColOf(fs, len(fs)-2), plan.ColOf(fs, len(fs)-1)
	boolean := types.Of(types.Boolean)
	none := expr.OrAll(expr.IsNull(rows), expr.Compare(fn.EQ, rows, &expr.Lit{Value: int64(0), T: big}))
	unknown := expr.OrAll(expr.IsNull(plan.ColOf(fs, lk[last])), expr.Compare(fn.GT, rows, values))
	mark := &expr.Case{T: boolean, Else: expr.False(), Whens: []expr.When{{Cond: expr.IsNotNull(match), Then: expr.True()},
		{Cond: none, Then: expr.False()}, {Cond: unknown, Then: expr.Null(boolean)}}}
	return calc.Project(j, append(cols(fs, 0, l), mark), plan.Names(a.Fields()))
}

// generalMark decides a condition of any form in three-valued logic: the outer
// values that it looks at are joined, each once, with the right side's rows, the
// best that the condition gives for them (2 true, 1 unknown) is kept, and joined
// back.
func generalMark(a *apply.Node, right plan.Node, cond, outs []expr.Expr) plan.Node {
	l := len(a.L.Fields())
	all, on := cond, expr.Expr(expr.True())
	if a.On != nil {
		on = onOver(a, outs)
		if !a.NullAware {
			all, on = append(cond[:len(cond):len(cond)], on), expr.True()
		}
	}
	dom, m := domainOf(a.L, append([]expr.Expr{on}, all...))
	if dom == nil {
		return nil
	}
	width := len(dom.Fields())
	toDomain := make(mapping, l+len(right.Fields()))
	copy(toDomain, m)
	for i := range right.Fields() {
		toDomain[l+i] = width + i
	}
	moved := make([]expr.Expr, len(all))
	for i, c := range all {
		moved[i] = toDomain.expr(c)
	}
	j := join.New(dom, right, join.Inner, nil, nil, conjunction(moved))
	on = toDomain.expr(on)
	tiny := func(x int64) expr.Expr { return &expr.Lit{Value: x, T: types.Of(types.BigInt).NotNull()} }
	score := &expr.Case{Whens: []expr.When{{Cond: on, Then: tiny(2)}, {Cond: expr.IsNull(on), Then: tiny(1)}}, Else: tiny(0), T: types.Of(types.BigInt).NotNull()}
	in := calc.Project(j, append(cols(j.Fields(), 0, width), score), append(plan.Names(dom.Fields()), "$score"))
	best, ok := aggregateNamed("MAX")
	if !ok {
		return nil
	}
	g := agg.New(in, identity(width), []plan.AggCall{{Agg: best, Args: []int{width}, Filter: -1, Type: types.Of(types.BigInt), Name: "$best"}})
	back := join.New(a.L, g, join.Left, nil, identity(width), nil)
	back.Made = madeOf(a)
	for i, at := range m {
		if at >= 0 {
			back.LeftKeys = append(back.LeftKeys, i)
		}
	}
	back.RightKeys, back.NullSafe = back.RightKeys[:len(back.LeftKeys)], make([]bool, len(back.LeftKeys))
	for i, k := range back.LeftKeys {
		back.NullSafe[i] = a.L.Fields()[k].Type.Nullable
		back.RightKeys[i] = m[k]
	}
	v := plan.ColOf(back.Fields(), len(back.Fields())-1)
	mark := &expr.Case{Whens: []expr.When{{Cond: expr.Compare(fn.EQ, v, tiny(2)), Then: expr.True()}, {Cond: expr.Compare(fn.EQ, v, tiny(1)), Then: expr.Null(types.Of(types.Boolean))}},
		Else: expr.False(), T: types.Of(types.Boolean)}
	return calc.Project(back, append(cols(back.Fields(), 0, l), mark), plan.Names(a.Fields()))
}
