package bind

import (
	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/fn"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/rel/agg"
	"github.com/weir-stream/weir/internal/rel/apply"
	"github.com/weir-stream/weir/internal/rel/calc"
	"github.com/weir-stream/weir/internal/sql"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
)

// quantified binds x op ANY|ALL (list or query): ALL is not ANY of the opposite.
func (b *Binder) quantified(v *env, e *sql.QuantifiedExpr) expr.Expr {
	op := e.Op
	if e.All {
		op = map[string]string{"=": "<>", "<>": "=", "<": ">=", "<=": ">", ">": "<=", ">=": "<"}[op]
	}
	x := b.expr(v, e.X)
	var out expr.Expr
	if e.Query != nil {
		if extreme := extremes[op]; extreme != "" {
			out = b.compareExtreme(v, x, op, extreme, e)
		} else {
			out = b.compareQuery(v, []expr.Expr{x}, op, e.Query, e.Pos)
		}
	} else {
		var parts []expr.Expr
		for _, y := range e.List {
			parts = append(parts, b.callAt(y.Position(), op, x, b.expr(v, y)))
		}
		if anyBad(parts...) {
			return bad
		}
		out = expr.OrAll(parts...)
	}
	if out == bad {
		return bad
	}
	return negateIf(out, e.All)
}

// extremes tell which value of a subquery decides x op ANY.
var extremes = map[string]string{"<": "MAX", "<=": "MAX", ">": "MIN", ">=": "MIN"}

// compareExtreme binds x op ANY (query) for an order: it is FALSE over no rows,
// TRUE if x op holds for the extreme value, else null if there is a null among
// the rows. So aggregates decide it, which join by equality if at all.
func (b *Binder) compareExtreme(v *env, x expr.Expr, op, extreme string, e *sql.QuantifiedExpr) expr.Expr {
	r, ok := b.subquery(v, e.Query)
	if !ok || x == bad {
		return bad
	}
	fs := r.Fields()
	if len(fs) != 1 {
		b.fail(sqlerr.Plan, e.Pos, "the subquery has %s, but is compared with 1", plural(len(fs), "column"))
		return bad
	}
	n := agg.New(r, nil, nil)
	for _, c := range []struct {
		name string
		args []int
	}{{extreme, []int{0}}, {"COUNT", nil}, {"COUNT", []int{0}}} {
		args := []fn.Arg{}
		for _, a := range c.args {
			args = append(args, fn.Arg{Type: fs[a].Type})
		}
		f, _, t, err := b.Aggs.Resolve(c.name, args, false)
		if err != nil {
			b.failAt(err, e.Pos)
			return bad
		}
		n.Calls = append(n.Calls, plan.AggCall{Agg: f, Args: c.args, Filter: -1, Type: t.WithAttr(types.NoAttr), Name: "EXPR$" + itoa(len(n.Calls))})
	}
	value := func(i int) expr.Expr {
		col := plan.ColOf(n.Fields(), i)
		return b.newSub(apply.Scalar, calc.Project(n, []expr.Expr{col}, []string{col.Name}), col.T.AsNullable(), e.Pos, "")
	}
	rows, known := value(1), value(2)
	holds := b.callAt(e.Pos, op, x, value(0))
	none := b.callAt(e.Pos, "=", b.made(e.Pos)(expr.Coalesce(rows, integer(0))), integer(0))
	nulls := b.callAt(e.Pos, ">", rows, known)
	if anyBad(holds, none, nulls) {
		return bad
	}
	boolean := types.Of(types.Boolean)
	return &expr.Case{T: boolean, Else: holds, Whens: []expr.When{{Cond: none, Then: expr.False()}, {Cond: holds, Then: expr.True()}, {Cond: nulls, Then: expr.Null(boolean)}}}
}
