package opt

import (
	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/plan"
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
		u := &unnester{left: a.L, exists: a.Kind == apply.Semi || a.Kind == apply.Anti || a.Kind == apply.Mark}
		u.any = u.exists && a.On == nil
		if p = u.pull(a.R); p != nil {
			if n := joined(a, p); n != nil {
				return n
			}
		}
		if p = u.spread(a.R); p == nil {
			return nil
		}
	}
	return joined(a, p)
}

// joined makes the join of an apply whose subquery was taken apart.
func joined(a *apply.Node, p *pulled) plan.Node {
	l := len(a.L.Fields())
	right := lowerDepth(p.node)
	cond := make([]expr.Expr, 0, len(p.conds)+1)
	for _, c := range p.conds {
		cond = append(cond, outerToLeft(c, l))
	}
	outs := make([]expr.Expr, len(p.out))
	for i, o := range p.out {
		outs[i] = outerToLeft(o, l)
	}
	if p.empty != nil {
		return applyAlways(a, right, cond, outs, p)
	}
	return applyJoin(a, right, cond, outs, p)
}

// onOver gives an apply's condition over the subquery's columns as outs.
func onOver(a *apply.Node, outs []expr.Expr) expr.Expr {
	l := len(a.L.Fields())
	return expr.Transform(a.On, func(e expr.Expr) expr.Expr {
		if c, ok := e.(*expr.Col); ok && c.Depth == 0 && c.Index >= l {
			return outs[c.Index-l]
		}
		return e
	})
}

func conjunction(es []expr.Expr) expr.Expr {
	if len(es) == 0 {
		return nil
	}
	return expr.AndAll(es...)
}

// applyJoin makes a join of a subquery that gives nothing where it finds
// nothing.
func applyJoin(a *apply.Node, right plan.Node, cond, outs []expr.Expr, p *pulled) plan.Node {
	if a.Kind == apply.Mark {
		return markJoin(a, right, cond, outs)
	}
	if a.Kind == apply.Anti && a.NullAware && a.On != nil {
		return nullAwareAnti(a, right, onOver(a, outs), cond)
	}
	if a.On != nil {
		cond = append(cond, onOver(a, outs))
	}
	rest := conjunction(cond)
	switch a.Kind {
	case apply.Semi:
		return joinOf(a, right, join.Semi, nil, nil, rest)
	case apply.Anti:
		return joinOf(a, right, join.Anti, nil, nil, rest)
	case apply.Cross:
		return outputs(a, joinOf(a, right, join.Inner, nil, nil, rest), outs)
	case apply.Outer, apply.Scalar:
		if a.Kind == apply.Scalar && !p.single {
			var ok bool
			if right, ok = singleValue(right, p); !ok {
				return nil
			}
		}
		if needsMark(outs, len(a.L.Fields())) {
			right = marked(right)
			outs = orEmpty(outs, nil, len(a.L.Fields()), len(a.L.Fields())+len(right.Fields())-1)
		}
		return outputs(a, joinOf(a, right, join.Left, nil, nil, rest), outs)
	}
	return nil
}

// applyAlways makes a left join of a subquery that gives one row whatever it
// finds, an aggregate without groups; conditions look at that row.
func applyAlways(a *apply.Node, right plan.Node, cond, outs []expr.Expr, p *pulled) plan.Node {
	l := len(a.L.Fields())
	right = marked(right)
	outs = orEmpty(outs, p.empty, l, l+len(right.Fields())-1)
	j := joinOf(a, right, join.Left, nil, nil, conjunction(cond))
	fs := j.Fields()
	for i, o := range outs {
		outs[i] = retype(o, fs)
	}
	on, there := expr.Expr(expr.True()), expr.Expr(expr.True())
	if a.On != nil {
		on = onOver(a, outs)
	}
	if p.having != nil {
		mark := plan.ColOf(fs, len(fs)-1)
		there = retype(&expr.Case{Whens: []expr.When{{Cond: expr.IsNull(mark), Then: outerToLeft(p.none, l)}}, Else: outerToLeft(p.having, l), T: types.Of(types.Boolean)}, fs)
	}
	both := expr.AndAll(on, there)
	switch a.Kind {
	case apply.Scalar, apply.Outer:
		return outputs(a, j, onlyIf(both, outs))
	case apply.Cross:
		out := outputs(a, j, outs)
		if !isTrue(both) {
			out.Cond = both
		}
		return out
	case apply.Mark:
		mark := &expr.Case{Whens: []expr.When{{Cond: there, Then: on}}, Else: expr.False(), T: types.Of(types.Boolean)}
		return calc.Project(j, append(cols(fs, 0, l), mark), plan.Names(a.Fields()))
	}
	out := calc.Project(j, cols(fs, 0, l), plan.Names(a.Fields()))
	switch {
	case a.Kind == apply.Semi:
		out.Cond = both
	case a.NullAware:
		out.Cond = expr.OrAll(isNotTrue(there), expr.Negate(on))
	default:
		out.Cond = isNotTrue(both)
	}
	return out
}

// onlyIf gives expressions that are null unless cond holds.
func onlyIf(cond expr.Expr, es []expr.Expr) []expr.Expr {
	if isTrue(cond) {
		return es
	}
	out := make([]expr.Expr, len(es))
	for i, e := range es {
		out[i] = &expr.Case{Whens: []expr.When{{Cond: cond, Then: e}}, Else: expr.Null(e.Type()), T: e.Type().AsNullable()}
	}
	return out
}

func isNotTrue(e expr.Expr) expr.Expr {
	return &expr.Case{Whens: []expr.When{{Cond: e, Then: expr.False()}}, Else: expr.True(), T: expr.True().T}
}

// outputs projects the join to the apply's columns.
func outputs(a *apply.Node, j *join.Node, outs []expr.Expr) *calc.Node {
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
func orEmpty(outs, empty []expr.Expr, l, mark int) []expr.Expr {
	m := &expr.Col{Index: mark, Name: "$mark", T: expr.True().T.AsNullable()}
	res := make([]expr.Expr, len(outs))
	for i, o := range outs {
		var none expr.Expr = expr.Null(o.Type())
		if empty != nil {
			none = empty[i]
		}
		lit, null := none.(*expr.Lit)
		col, right := o.(*expr.Col)
		if null && lit.IsNull() && right && col.Index >= l && col.Index < mark {
			res[i] = o // the join has made it null
			continue
		}
		res[i] = &expr.Case{Whens: []expr.When{{Cond: expr.IsNull(m), Then: expr.CastTo(none, o.Type())}}, Else: o, T: o.Type().AsNullable()}
	}
	return res
}

// nullAwareAnti is NOT IN: its comparison becomes the first key of the join,
// which the join knows to be unknown for nulls. What is no key is made
// null-aware itself: a pair whose comparison is unknown counts as a match.
func nullAwareAnti(a *apply.Node, right plan.Node, on expr.Expr, cond []expr.Expr) plan.Node {
	j := joinOf(a, right, join.Anti, nil, nil, nil)
	s := condSplit{j: j, l: len(a.L.Fields()), r: len(right.Fields())}
	if s.equality(on) && !s.safe[0] {
		j.NullAware = true
		j.Rest = expr.AndAll(append([]expr.Expr{on}, cond...)...)
		return splitCondition(j)
	}
	j.Rest = expr.AndAll(append([]expr.Expr{expr.OrAll(on, expr.IsNull(on))}, cond...)...)
	return j
}

// correlated reports whether a plan refers to an outer query.
func correlated(n plan.Node) bool {
	found := false
	apply.MapFree(n, func(c *expr.Col) expr.Expr {
		found = true
		return c
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

// lowerDepth moves outer references of a plan that is no longer under its apply one
// level down.
func lowerDepth(n plan.Node) plan.Node {
	return apply.MapFree(n, func(c *expr.Col) expr.Expr { return placed(c, c.Index, c.Depth-1) })
}

var appliedAs = [...]string{apply.Cross: "LATERAL", apply.Outer: "LEFT JOIN LATERAL", apply.Semi: "a subquery of EXISTS or IN",
	apply.Anti: "a subquery of NOT EXISTS or NOT IN", apply.Scalar: "a subquery", apply.Mark: "a subquery of EXISTS or IN"}

// joinOf makes a join of an apply.
func joinOf(a *apply.Node, right plan.Node, t join.Type, lk, rk []int, rest expr.Expr) *join.Node {
	j := join.New(a.L, right, t, lk, rk, rest)
	j.Made = madeOf(a)
	return j
}

func madeOf(a *apply.Node) plan.Made { return plan.Made{By: appliedAs[a.Kind], At: a.Pos} }
