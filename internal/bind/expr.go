package bind

import (
	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/sql"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
)

// env is where an expression stands: what it sees and what it may hold.
type env struct {
	scope  *scope
	clause string // for messages: "WHERE"
	// noAgg, noOver and noSub refuse aggregates, window functions, subqueries.
	noAgg, noOver, noSub bool
	// windows are the named windows of the SELECT.
	windows map[string]*sql.WindowSpec
	// legacy is the window of GROUP BY TUMBLE(..), which TUMBLE_START asks for.
	legacy *legacyWindow
	// grouped: GROUPING and its like make sense.
	grouped bool
	// match is the MATCH_RECOGNIZE whose DEFINE or MEASURES this is.
	match *matching
	// emptyGroups: an aggregate may see no row, since a group has no keys.
	emptyGroups bool
	// lambda is the parameters of the lambdas around.
	lambda *lambdaScope
}

// expr binds an expression; an error gives bad.
func (b *Binder) expr(v *env, e sql.Expr) expr.Expr {
	if l, ok := b.literal(e); ok {
		return l
	}
	switch e := e.(type) {
	case *sql.ColumnRef:
		if p, ok := b.param(v, e); ok {
			return p
		}
		if v.match != nil {
			return b.matchColumn(v, e)
		}
		return b.columnRef(v.scope, e)
	case *sql.UnaryExpr:
		return b.unary(v, e)
	case *sql.BinaryExpr:
		return b.binary(v, e)
	case *sql.IsExpr:
		return b.is(v, e)
	case *sql.DistinctExpr:
		name := "IS DISTINCT FROM"
		if e.Not {
			name = "IS NOT DISTINCT FROM"
		}
		return b.callAt(e.Pos, name, b.expr(v, e.L), b.expr(v, e.R))
	case *sql.BetweenExpr:
		return b.between(v, e)
	case *sql.LikeExpr:
		return b.like(v, e)
	case *sql.InExpr:
		if e.Query != nil {
			return b.inQuery(v, e)
		}
		return b.inList(v, e)
	case *sql.CaseExpr:
		return b.caseExpr(v, e)
	case *sql.CastExpr:
		return b.cast(v, e)
	case *sql.FuncCall:
		return b.funcCall(v, e)
	case *sql.IntervalExpr:
		return b.intervalExpr(v, e)
	}
	return b.nestedExpr(v, e)
}

// nestedExpr binds subqueries, constructors and access, and refuses the rest.
func (b *Binder) nestedExpr(v *env, e sql.Expr) expr.Expr {
	switch e := e.(type) {
	case *sql.QuantifiedExpr:
		return b.quantified(v, e)
	case *sql.ExistsExpr:
		return b.exists(v, e)
	case *sql.SubqueryExpr:
		return b.scalarQuery(v, e.Query, e.Pos)
	case *sql.RowExpr:
		return b.row(v, e)
	case *sql.CollectionExpr:
		return b.collection(v, e)
	case *sql.IndexExpr:
		return b.index(v, e)
	case *sql.FieldExpr:
		return b.field(b.expr(v, e.X), e.Name)
	case *sql.Star:
		b.fail(sqlerr.Plan, e.Pos, "* cannot be used here").WithHint("it stands in a select list, or as COUNT(*)")
	case *sql.LambdaExpr:
		b.fail(sqlerr.Plan, e.Pos, "a lambda cannot be used here").WithHint("it is an argument of functions such as TRANSFORM")
	case *sql.TableArg:
		b.fail(sqlerr.Plan, e.Pos, "a table cannot be used here").WithHint("it is an argument of table functions such as TUMBLE")
	case *sql.ModelArg:
		b.unsupported(e.Pos, "MODEL")
	case *sql.Descriptor:
		b.fail(sqlerr.Plan, e.Pos, "DESCRIPTOR cannot be used here").WithHint("it is an argument of table functions such as TUMBLE")
	default:
		b.unsupported(e.Position(), "this expression")
	}
	return bad
}

func (b *Binder) exprs(v *env, es []sql.Expr) []expr.Expr {
	out := make([]expr.Expr, len(es))
	for i, e := range es {
		out[i] = b.expr(v, e)
	}
	return out
}

// condition binds an expression that must be BOOLEAN.
func (b *Binder) condition(v *env, e sql.Expr) expr.Expr {
	x := b.expr(v, e)
	return b.boolean(x, e.Position(), v.clause)
}

func (b *Binder) boolean(x expr.Expr, pos sqlerr.Pos, what string) expr.Expr {
	if x == bad {
		return bad
	}
	switch x.Type().Kind {
	case types.Boolean:
		return x
	case types.Null:
		return expr.Null(types.Of(types.Boolean))
	}
	b.fail(sqlerr.Type, pos, "%s needs a condition, but %s is %s", what, x, x.Type().AsNullable().WithAttr(types.NoAttr))
	return bad
}

// callAt calls a function or operator by name; nothing is said about bad
// arguments.
func (b *Binder) callAt(pos sqlerr.Pos, name string, args ...expr.Expr) expr.Expr {
	if anyBad(args...) {
		return bad
	}
	e, err := expr.MakeCall(b.Functions, name, args...)
	if err != nil {
		b.failAt(err, pos)
		return bad
	}
	return e
}

func (b *Binder) unary(v *env, e *sql.UnaryExpr) expr.Expr {
	if v.match != nil && (e.Op == "FINAL" || e.Op == "RUNNING") {
		return b.sensed(v, e)
	}
	if n, ok := e.X.(*sql.NumberLit); ok && e.Op == "-" {
		return b.number(n, true, e.Pos)
	}
	x := b.expr(v, e.X)
	if x == bad {
		return bad
	}
	switch e.Op {
	case "NOT":
		if x = b.boolean(x, e.X.Position(), "NOT"); x == bad {
			return bad
		}
		return expr.Negate(x)
	case "-":
		return b.callAt(e.Pos, "NEGATE", x)
	case "+":
		if t := x.Type(); !t.IsNumeric() && !t.IsInterval() && t.Kind != types.Null {
			b.fail(sqlerr.Type, e.Pos, "cannot apply '+' to %s", t.AsNullable().WithAttr(types.NoAttr))
			return bad
		}
		return x
	}
	b.unsupported(e.Pos, e.Op+" outside MATCH_RECOGNIZE")
	return bad
}

func (b *Binder) binary(v *env, e *sql.BinaryExpr) expr.Expr {
	if e.Op == "AND" || e.Op == "OR" {
		return b.logic(v, e)
	}
	if sql.IsMultisetOp(e.Op) {
		return b.noMultiset(e.Pos, e.Op)
	}
	if l, ok := e.L.(*sql.RowExpr); ok && (e.Op == "=" || e.Op == "<>") {
		if r, ok := e.R.(*sql.RowExpr); ok {
			return b.compareRows(v, e.Op, l, r, e.Pos)
		}
	}
	return b.callAt(e.Pos, e.Op, b.expr(v, e.L), b.expr(v, e.R))
}

// logic binds a chain of ANDs or ORs without recursing along it, since scripts
// that programs write have long ones.
func (b *Binder) logic(v *env, e *sql.BinaryExpr) expr.Expr {
	var operands []sql.Expr
	var at sql.Expr = e
	for {
		n, ok := at.(*sql.BinaryExpr)
		if !ok || n.Op != e.Op {
			break
		}
		operands = append(operands, n.R)
		at = n.L
	}
	operands = append(operands, at)
	args := make([]expr.Expr, 0, len(operands))
	for i := len(operands) - 1; i >= 0; i-- {
		args = append(args, b.boolean(b.expr(v, operands[i]), operands[i].Position(), e.Op))
	}
	if anyBad(args...) {
		return bad
	}
	if e.Op == "AND" {
		return expr.AndAll(args...)
	}
	return expr.OrAll(args...)
}

// compareRows compares rows field by field.
func (b *Binder) compareRows(v *env, op string, l, r *sql.RowExpr, pos sqlerr.Pos) expr.Expr {
	ls, rs := b.exprs(v, l.Items), b.exprs(v, r.Items)
	return b.equalRows(ls, rs, op == "<>", pos)
}

func (b *Binder) equalRows(ls, rs []expr.Expr, not bool, pos sqlerr.Pos) expr.Expr {
	if len(ls) != len(rs) {
		b.fail(sqlerr.Type, pos, "cannot compare a row of %d with a row of %d", len(ls), len(rs))
		return bad
	}
	parts := make([]expr.Expr, len(ls))
	for i := range ls {
		parts[i] = b.callAt(pos, "=", ls[i], rs[i])
	}
	if anyBad(parts...) {
		return bad
	}
	if not {
		return expr.Negate(expr.AndAll(parts...))
	}
	return expr.AndAll(parts...)
}

func (b *Binder) is(v *env, e *sql.IsExpr) expr.Expr {
	if e.What == "A SET" || e.What == "EMPTY" {
		return b.noMultiset(e.Pos, "IS "+e.What)
	}
	x := b.expr(v, e.X)
	name := "IS "
	if e.Not {
		name += "NOT "
	}
	if e.What == "JSON" {
		return b.callAt(e.Pos, name+"JSON VALUE", x)
	}
	return b.callAt(e.Pos, name+e.What, x)
}

func (b *Binder) between(v *env, e *sql.BetweenExpr) expr.Expr {
	x, lo, hi := b.expr(v, e.X), b.expr(v, e.Lo), b.expr(v, e.Hi)
	in := func(lo, hi expr.Expr) expr.Expr {
		ge, le := b.callAt(e.Pos, ">=", x, lo), b.callAt(e.Pos, "<=", x, hi)
		if anyBad(ge, le) {
			return bad
		}
		return expr.AndAll(ge, le)
	}
	out := in(lo, hi)
	if e.Symmetric && out != bad {
		out = expr.OrAll(out, in(hi, lo))
	}
	if e.Not && out != bad {
		return expr.Negate(out)
	}
	return out
}

func (b *Binder) like(v *env, e *sql.LikeExpr) expr.Expr {
	args := []expr.Expr{b.expr(v, e.X), b.expr(v, e.Pattern)}
	if e.Escape != nil {
		args = append(args, b.expr(v, e.Escape))
	}
	op := e.Op
	switch op {
	case "RLIKE":
		op = "REGEXP"
	case "ILIKE":
		b.extension(e.Pos, "ILIKE")
		op = "LIKE"
		for i := range args[:2] {
			args[i] = b.callAt(e.Pos, "LOWER", args[i])
		}
	}
	out := b.callAt(e.Pos, op, args...)
	if e.Not && out != bad {
		return expr.Negate(out)
	}
	return out
}

func (b *Binder) caseExpr(v *env, e *sql.CaseExpr) expr.Expr {
	var operand expr.Expr
	if e.Operand != nil {
		operand = b.expr(v, e.Operand)
	}
	broken := operand == bad
	whens := make([]expr.When, len(e.Whens))
	for i, w := range e.Whens {
		cond := b.expr(v, w.Cond)
		if operand != nil {
			cond = b.callAt(w.Cond.Position(), "=", operand, cond)
		} else {
			cond = b.boolean(cond, w.Cond.Position(), "WHEN")
		}
		whens[i] = expr.When{Cond: cond, Then: b.expr(v, w.Result)}
		broken = broken || anyBad(cond, whens[i].Then)
	}
	var els expr.Expr
	if e.Else != nil {
		els = b.expr(v, e.Else)
	}
	if broken || els == bad {
		return bad
	}
	return b.made(e.Pos)(expr.CaseOf(whens, els))
}

// made notes the error of a constructor.
func (b *Binder) made(pos sqlerr.Pos) func(expr.Expr, error) expr.Expr {
	return func(e expr.Expr, err error) expr.Expr {
		if err != nil {
			b.failAt(err, pos)
			return bad
		}
		return e
	}
}

func (b *Binder) cast(v *env, e *sql.CastExpr) expr.Expr {
	x := b.expr(v, e.X)
	t, ok := b.typeOf(&e.Type)
	if !ok || x == bad {
		return bad
	}
	from := x.Type()
	if !types.Castable(from, t) {
		err := b.fail(sqlerr.Cast, e.Pos, "cannot cast %s to %s", from.AsNullable().WithAttr(types.NoAttr), t.AsNullable())
		err.Hint = types.CastHint(from, t)
		return bad
	}
	if (from.Kind == types.Variant) != (t.Kind == types.Variant) && from.Kind != types.Null {
		b.extension(e.Pos, "CAST from and to VARIANT")
	}
	t.Nullable = from.Nullable || e.Try || from.Kind == types.Variant // which may hold a null
	if l, ok := x.(*expr.Lit); ok && l.IsNull() {
		return expr.Null(t)
	}
	return &expr.Cast{X: x, T: t, Try: e.Try}
}

func (b *Binder) row(v *env, e *sql.RowExpr) expr.Expr {
	items := b.exprs(v, e.Items)
	if len(items) == 1 && !e.Explicit {
		return items[0]
	}
	return b.callAt(e.Pos, "ROW", items...)
}

func (b *Binder) collection(v *env, e *sql.CollectionExpr) expr.Expr {
	if e.Query != nil {
		b.unsupported(e.Pos, e.Kind+" of a query").WithHint("use ARRAY_AGG in a subquery")
		return bad
	}
	return b.callAt(e.Pos, e.Kind, b.exprs(v, e.Items)...)
}

func (b *Binder) index(v *env, e *sql.IndexExpr) expr.Expr {
	x, i := b.expr(v, e.X), b.expr(v, e.Index)
	if anyBad(x, i) {
		return bad
	}
	t := x.Type()
	if t.Kind != types.Row {
		return b.callAt(e.Pos, "ITEM", x, i)
	}
	l, ok := i.(*expr.Lit)
	if !ok {
		b.fail(sqlerr.Type, e.Index.Position(), "the index of a row must be a literal")
		return bad
	}
	if n, ok := l.Value.(int64); ok {
		if n < 1 || n > int64(len(t.Fields)) {
			b.fail(sqlerr.Type, e.Index.Position(), "the row has fields 1 to %d", len(t.Fields))
			return bad
		}
		return b.callAt(e.Pos, "FIELD", x, text(t.Fields[n-1].Name))
	}
	name, _ := l.Value.(string)
	return b.field(x, sql.Ident{Name: name, Pos: e.Index.Position()})
}

// intervalExpr binds INTERVAL n DAY as n times one day.
func (b *Binder) intervalExpr(v *env, e *sql.IntervalExpr) expr.Expr {
	x := b.expr(v, e.X)
	one := &expr.Lit{Value: unitMs[e.Unit.From], T: types.Of(types.IntervalDT).NotNull()}
	if e.Unit.YearMonth() {
		one = &expr.Lit{Value: unitMonths[e.Unit.From], T: types.Of(types.IntervalYM).NotNull()}
	}
	if l, ok := x.(*expr.Lit); ok && x != bad && !l.IsNull() && l.T.IsInteger() {
		return &expr.Lit{Value: l.Value.(int64) * one.Value.(int64), T: one.T}
	}
	return b.callAt(e.Pos, "*", one, x)
}
