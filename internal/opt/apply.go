package opt

import (
	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/rel/agg"
	"github.com/weir-stream/weir/internal/rel/apply"
	"github.com/weir-stream/weir/internal/rel/calc"
	"github.com/weir-stream/weir/internal/rel/join"
	"github.com/weir-stream/weir/internal/types"
)

// A subquery that runs once for each outer row becomes a join: its correlated
// conditions are pulled up to the join condition, through projections, inner
// joins and aggregates (which then also group by the inner side of each
// equality). See Neumann and Kemper, "Unnesting Arbitrary Queries", 2015, for
// the general form; this is the usual subset.
var removeApply = Rule{
	Name:     "subqueries to joins",
	Required: true,
	Why:      "a stream cannot run a query anew for every row",
	Apply: func(_ *Ctx, n plan.Node) (plan.Node, error) {
		a, ok := n.(*apply.Node)
		if !ok {
			return n, nil
		}
		if r := unnestApply(a); r != nil {
			return r, nil
		}
		return n, nil
	},
}

// unnestApply gives the join that an apply stands for, nil if it cannot tell.
func unnestApply(a *apply.Node) plan.Node {
	p := &pulled{node: a.R, out: cols(a.R.Fields(), 0, len(a.R.Fields()))}
	if correlated(a.R) {
		if p = pull(a.R, a.Kind == apply.Scalar || a.Kind == apply.Outer); p == nil {
			return nil
		}
	}
	l := len(a.L.Fields())
	right := lowerDepth(p.node)
	cond := make([]expr.Expr, 0, len(p.conds)+1)
	for _, c := range p.conds {
		cond = append(cond, outerToLeft(c, l))
	}
	var outs []expr.Expr
	for _, o := range p.out {
		outs = append(outs, outerToLeft(o, l))
	}
	if a.On != nil {
		on := expr.Transform(a.On, func(e expr.Expr) expr.Expr {
			if c, ok := e.(*expr.Col); ok && c.Depth == 0 && c.Index >= l {
				return outs[c.Index-l]
			}
			return e
		})
		cond = append(cond, on)
	}
	return applyJoin(a, right, cond, outs, p)
}

func applyJoin(a *apply.Node, right plan.Node, cond, outs []expr.Expr, p *pulled) plan.Node {
	var rest expr.Expr
	if len(cond) > 0 {
		rest = expr.AndAll(cond...)
	}
	switch a.Kind {
	case apply.Semi:
		return join.New(a.L, right, join.Semi, nil, nil, rest)
	case apply.Anti:
		j := join.New(a.L, right, join.Anti, nil, nil, rest)
		j.NullAware = a.NullAware
		if a.NullAware {
			return nullAwareAnti(j, a, rest)
		}
		return j
	case apply.Cross:
		return outputs(a, join.New(a.L, right, join.Inner, nil, nil, rest), outs)
	case apply.Outer, apply.Scalar:
		if a.Kind == apply.Scalar && !p.single {
			var ok bool
			if right, ok = singleValue(right, p); !ok {
				return nil
			}
		}
		if p.empty != nil || needsMark(outs, len(a.L.Fields())) {
			right = marked(right)
			mark := len(a.L.Fields()) + len(right.Fields()) - 1
			outs = orEmpty(outs, p.empty, mark)
		}
		return outputs(a, join.New(a.L, right, join.Left, nil, nil, rest), outs)
	case apply.Mark:
		return markJoin(a, right, cond)
	}
	return nil
}

// outputs projects the join to the apply's columns.
func outputs(a *apply.Node, j *join.Node, outs []expr.Expr) plan.Node {
	l := len(a.L.Fields())
	es := append(cols(j.Fields(), 0, l), outs...)
	for i := l; i < len(es); i++ { // columns of the right side may have become nullable
		es[i] = retype(es[i], j.Fields())
	}
	return calc.Project(j, es, plan.Names(a.Fields()))
}

func retype(e expr.Expr, fs []plan.Field) expr.Expr {
	return expr.Transform(e, func(x expr.Expr) expr.Expr {
		if c, ok := x.(*expr.Col); ok && c.Depth == 0 && c.T.Nullable != fs[c.Index].Type.Nullable {
			d := *c
			d.T.Nullable = fs[c.Index].Type.Nullable
			return &d
		}
		return x
	})
}

// needsMark reports whether an output would not be null for a missing row: any
// expression that is not a plain column may make something of nulls.
func needsMark(outs []expr.Expr, l int) bool {
	for _, o := range outs {
		if c, ok := o.(*expr.Col); !ok || c.Index < l {
			return true
		}
	}
	return false
}

// marked appends a column that is TRUE in every row, so that a left join shows
// whether there was one.
func marked(n plan.Node) plan.Node {
	fs := n.Fields()
	return calc.Project(n, append(cols(fs, 0, len(fs)), expr.True()), append(plan.Names(fs), "$mark"))
}

// orEmpty gives the outputs for rows without a match: what the subquery gives
// over no rows (COUNT is 0), else null.
func orEmpty(outs, empty []expr.Expr, mark int) []expr.Expr {
	m := &expr.Col{Index: mark, Name: "$mark", T: expr.True().T.AsNullable()}
	res := make([]expr.Expr, len(outs))
	for i, o := range outs {
		var none expr.Expr = expr.Null(o.Type())
		if empty != nil {
			none = empty[i]
		}
		res[i] = &expr.Case{Whens: []expr.When{{Cond: expr.IsNull(m), Then: expr.CastTo(none, o.Type())}}, Else: o, T: o.Type().AsNullable()}
	}
	return res
}

// nullAwareAnti keeps the comparison of NOT IN as the first key of the join.
func nullAwareAnti(j *join.Node, a *apply.Node, rest expr.Expr) plan.Node {
	split := splitCondition(j)
	if k, ok := split.(*calc.Node); ok {
		if inner, ok := k.In.(*join.Node); ok && len(inner.LeftKeys) > 0 {
			return k
		}
	}
	if inner, ok := split.(*join.Node); ok && len(inner.LeftKeys) > 0 {
		return inner
	}
	// Without a key the condition itself is made null-aware: a pair whose
	// comparison is unknown counts as a match.
	d := *j
	d.NullAware = false
	d.Rest = expr.OrAll(rest, expr.IsNull(rest))
	return &d
}

// markJoin appends whether a match exists: a left join with the distinct keys of
// the right side. The last condition is the comparison of IN, if there is one.
func markJoin(a *apply.Node, right plan.Node, cond []expr.Expr) plan.Node {
	l := len(a.L.Fields())
	s := condSplit{j: join.New(a.L, right, join.Left, nil, nil, nil), l: l, r: len(right.Fields()), left: a.L, right: right}
	compared := 0 // keys before those of the comparison
	for i, c := range cond {
		if i == len(cond)-1 {
			compared = len(s.lk)
			if a.NullAware && s.comparison(c) {
				continue
			}
		}
		if within(c, l, l+s.r) && len(expr.ReferencedCols(c)) > 0 {
			s.right = filtered(s.right, expr.Shift(c, l, -l))
			continue
		}
		if !s.equality(c) {
			return nil
		}
	}
	left, lk := withKeys(s.left, s.lx, s.lk)
	r, rk := withKeys(s.right, s.rx, s.rk)
	n := withMark(left, r, lk, rk)
	matched := plan.ColOf(n.Fields(), len(n.Fields())-1)
	mark := expr.Expr(matched)
	if a.NullAware {
		if n, mark = nullAwareMark(n, r, lk, rk, compared, matched); n == nil {
			return nil
		}
	}
	return calc.Project(n, append(cols(n.Fields(), 0, l), mark), plan.Names(a.Fields()))
}

// comparison takes that of IN as a key, also where a side is a constant.
func (s *condSplit) comparison(c expr.Expr) bool {
	call, ok := c.(*expr.Call)
	if !ok || call.Fn.Name != "=" {
		return false
	}
	x, y := call.Args[0], call.Args[1]
	if !within(x, 0, s.l) || !within(y, s.l, s.l+s.r) || x.Type().Phys() != y.Type().Phys() || x.Type().Scale != y.Type().Scale || x.Type().IsTimestamp() && x.Type().Prec != y.Type().Prec {
		return false
	}
	s.lk = append(s.lk, keyOf(x, &s.lx))
	s.rk = append(s.rk, keyOf(expr.Shift(y, s.l, -s.l), &s.rx))
	return true
}

// nullAwareMark makes the mark of IN unknown where nothing matches but a null
// could have: the value is null and there are rows, or there is a null among
// them. nil if several nullable columns are compared at once.
func nullAwareMark(n, r plan.Node, lk, rk []int, compared int, matched *expr.Col) (plan.Node, expr.Expr) {
	var whens []expr.When
	unknown := expr.Null(types.Of(types.Boolean))
	for k := compared; k < len(lk); k++ {
		x, y := plan.ColOf(n.Fields(), lk[k]), plan.ColOf(r.Fields(), rk[k])
		if !x.T.Nullable && !y.T.Nullable {
			continue
		}
		if len(lk)-compared > 1 {
			return nil, nil
		}
		if x.T.Nullable {
			n = withMark(n, r, lk[:compared], rk[:compared])
			whens = append(whens, expr.When{Cond: expr.AndAll(expr.IsNull(x), plan.ColOf(n.Fields(), len(n.Fields())-1)), Then: unknown})
		}
		if y.T.Nullable {
			n = withMark(n, filtered(r, expr.IsNull(y)), lk[:compared], rk[:compared])
			whens = append(whens, expr.When{Cond: plan.ColOf(n.Fields(), len(n.Fields())-1), Then: unknown})
		}
	}
	if len(whens) == 0 {
		return n, matched
	}
	whens = append([]expr.When{{Cond: matched, Then: expr.True()}}, whens...)
	return n, &expr.Case{Whens: whens, Else: expr.False(), T: types.Of(types.Boolean)}
}

// withMark appends to left whether right has a row with the same keys.
func withMark(left, right plan.Node, lk, rk []int) plan.Node {
	distinct := agg.New(right, rk, nil)
	if len(rk) == 0 {
		distinct = agg.New(calc.Project(right, []expr.Expr{expr.True()}, []string{"$one"}), []int{0}, nil)
	}
	keys := make([]int, len(rk))
	for i := range keys {
		keys[i] = i
	}
	j := join.New(left, marked(distinct), join.Left, lk, keys, nil)
	l, at := len(left.Fields()), len(j.Fields())-1
	es := append(cols(j.Fields(), 0, l), expr.IsNotNull(plan.ColOf(j.Fields(), at)))
	return calc.Project(j, es, append(plan.Names(left.Fields()), "$mark"))
}

// correlated reports whether a plan refers to an outer query.
func correlated(n plan.Node) bool {
	found := false
	plan.Walk(n, func(n plan.Node) {
		for _, e := range n.Exprs() {
			found = found || expr.HasOuter(e)
		}
	})
	return found
}

// outerToLeft makes depth-1 columns columns of the left side and moves own
// columns behind it.
func outerToLeft(e expr.Expr, l int) expr.Expr {
	return expr.Transform(e, func(x expr.Expr) expr.Expr {
		c, ok := x.(*expr.Col)
		if !ok {
			return x
		}
		d := *c
		if c.Depth == 0 {
			d.Index += l
		} else {
			d.Depth--
		}
		return &d
	})
}

// lowerDepth moves outer references of a plan that is no longer under its
// apply one level down.
func lowerDepth(n plan.Node) plan.Node {
	out, _ := plan.Rewrite(n, func(n plan.Node) (plan.Node, error) {
		return mapExprs(n, func(e expr.Expr) expr.Expr {
			return expr.Transform(e, func(x expr.Expr) expr.Expr {
				if c, ok := x.(*expr.Col); ok && c.Depth > 0 {
					d := *c
					d.Depth--
					return &d
				}
				return x
			})
		}), nil
	})
	return out
}
