package bind

import (
	"strings"

	"github.com/weir-stream/weir/internal/catalog"
	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/fn"
	"github.com/weir-stream/weir/internal/rel/window"
	"github.com/weir-stream/weir/internal/sql"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
)

// funcCall binds a call: of an aggregate, a window function, a form that is
// written as CASE, or a row of the function table.
func (b *Binder) funcCall(v *env, f *sql.FuncCall) expr.Expr {
	name := f.Func()
	if v.match != nil {
		if e, ok := b.matchCall(v, f); ok {
			return e
		}
	}
	if fun, ok := b.userFunction(f.Name); ok {
		b.expand(&f.Name, fun.Path)
		return b.userCall(v, f, fun)
	}
	if len(f.Name.Parts) > 1 {
		b.noFunction(f)
		return bad
	}
	if e, ok := b.lambdas(v, f); ok {
		return e
	}
	switch {
	case f.Over != nil:
		return b.overCall(v, f)
	case b.Aggs.Lookup(name) != nil && !b.Functions.Has(name):
		return b.aggCall(v, f)
	case groupFuncs[name]:
		return b.groupFunc(v, f)
	}
	if e, ok := b.windowProp(v, f); ok {
		return e
	}
	if !b.plainCall(f) {
		return bad
	}
	args := b.args(v, f)
	if anyBad(args...) {
		return bad
	}
	if form, ok := forms[name]; ok && len(args) >= form.least && len(args) <= form.most {
		return b.made(f.Pos)(form.make(args))
	}
	if f.JSON != nil {
		args = b.jsonArgs(v, f, args)
	}
	if !b.callable(name) {
		b.noFunction(f)
		return bad
	}
	return b.resolved(f, name, args)
}

// callable reports whether users may call a function by its name: not if all its
// rows are the implementation of an operator.
func (b *Binder) callable(name string) bool {
	for _, f := range b.Functions.Lookup(name) {
		if !f.Hidden {
			return true
		}
	}
	return false
}

func (b *Binder) resolved(f *sql.FuncCall, name string, args []expr.Expr) expr.Expr {
	e := b.callAt(f.Pos, name, args...)
	c, ok := e.(*expr.Call)
	if !ok {
		return e
	}
	if c.Fn.Extension {
		b.extension(f.Pos, name)
	}
	if c.Fn.Name == "JSON" && !b.jsonItems[f] {
		b.fail(sqlerr.Clause, f.Pos, "JSON(..) stands only for a value of JSON_OBJECT or JSON_ARRAY").
			WithHint("text that is JSON needs no mark elsewhere; PARSE_JSON gives a VARIANT")
		return bad
	}
	if c.Fn.Name == "PROCTIME" {
		d := *c
		d.T = types.TimestampLTZOf(3).NotNull().WithAttr(types.Proctime)
		return &d
	}
	return e
}

// forms are the functions that are written as CASE. Their row in the table of
// functions, if any, is for the reference.
var forms = map[string]struct {
	least, most int
	make        func(args []expr.Expr) (expr.Expr, error)
}{
	"COALESCE": {1, 1 << 30, func(a []expr.Expr) (expr.Expr, error) { return expr.Coalesce(a...) }},
	"IFNULL":   {2, 2, func(a []expr.Expr) (expr.Expr, error) { return expr.Coalesce(a...) }},
	"NULLIF":   {2, 2, func(a []expr.Expr) (expr.Expr, error) { return expr.NullIf(a[0], a[1]) }},
	"IF":       {3, 3, makeIf},
}

func makeIf(a []expr.Expr) (expr.Expr, error) {
	if k := a[0].Type().Kind; k != types.Boolean && k != types.Null {
		return nil, sqlerr.New(sqlerr.Arguments, sqlerr.Pos{}, "the first argument of IF must be a condition, but %s is %s", a[0], a[0].Type().AsNullable())
	}
	return expr.If(a[0], a[1], a[2])
}

// args binds the arguments of a scalar call.
func (b *Binder) args(v *env, f *sql.FuncCall) []expr.Expr {
	out := make([]expr.Expr, len(f.Args))
	for i, a := range f.Args {
		if a.Name != nil {
			b.unsupported(a.Name.Pos, "a named argument of "+f.Func())
			out[i] = bad
			continue
		}
		b.jsonItem(f, i)
		out[i] = b.expr(v, a.Value)
	}
	return out
}

// jsonItem notes that argument i of a call may be JSON(..).
func (b *Binder) jsonItem(f *sql.FuncCall, i int) {
	item, ok := f.Args[i].Value.(*sql.FuncCall)
	if name := f.Func(); ok && item.Func() == "JSON" && (name == "JSON_ARRAY" || name == "JSON_OBJECT" && i%2 == 1) {
		if b.jsonItems == nil {
			b.jsonItems = map[*sql.FuncCall]bool{}
		}
		b.jsonItems[item] = true
	}
}

// plainCall refuses clauses that only aggregates have.
func (b *Binder) plainCall(f *sql.FuncCall) bool {
	for _, a := range f.Args {
		if _, star := a.Value.(*sql.Star); star && !b.callable(f.Func()) {
			b.noFunction(f) // CONUT(*)
			return false
		}
	}
	what := ""
	switch {
	case f.Distinct:
		what = "DISTINCT"
	case len(f.OrderBy) > 0:
		what = "ORDER BY"
	case len(f.WithinGroup) > 0:
		what = "WITHIN GROUP"
	case f.Filter != nil:
		what = "FILTER"
	case f.Nulls != "":
		what = f.Nulls + " NULLS"
	default:
		return true
	}
	if b.Functions.Has(f.Func()) {
		b.fail(sqlerr.Plan, f.Pos, "%s is not an aggregate, so it cannot have %s", f.Func(), what)
	} else {
		b.noFunction(f)
	}
	return false
}

func (b *Binder) noFunction(f *sql.FuncCall) {
	if b.refused(f) {
		return
	}
	name := f.Func()
	e := b.fail(sqlerr.Name, f.Name.Position(), "there is no function %s", f.Name)
	if len(f.Name.Parts) > 1 && b.callable(name) {
		e.WithHint("built-in functions have no qualifier: %s", name)
		return
	}
	names := append(append([]string(nil), b.Functions.Names()...), b.Aggs.Names()...)
	names = append(names, b.Catalog.Names(catalog.Functions, b.CurrentCatalog, b.CurrentDatabase)...)
	if near, ok := sqlerr.Nearest(name, names); ok {
		e.WithHint("did you mean %s?", near)
	}
}

// jsonArgs appends the clauses of a JSON function as keyword arguments.
func (b *Binder) jsonArgs(v *env, f *sql.FuncCall, args []expr.Expr) []expr.Expr {
	symbol := func(s string) { args = append(args, &expr.Lit{Value: s, T: types.Of(types.Symbol).NotNull()}) }
	j := f.JSON
	if j.Returning != nil {
		if t, ok := b.typeOf(j.Returning); ok {
			symbol("RETURNING")
			args = append(args, expr.Null(t))
		}
	}
	if j.Wrapper != "" {
		symbol(j.Wrapper + " WRAPPER")
	}
	if j.OnNull != "" {
		symbol(j.OnNull + " ON NULL")
	}
	for _, on := range []struct {
		b    *sql.JSONBehavior
		when string
	}{{j.OnEmpty, " ON EMPTY"}, {j.OnError, " ON ERROR"}} {
		if on.b == nil {
			continue
		}
		symbol(on.b.Kind + on.when)
		if on.b.Default != nil {
			args = append(args, b.expr(v, on.b.Default))
		}
	}
	return args
}

// infos tells the resolver about arguments.
func infos(args []expr.Expr) []fn.Arg {
	out := make([]fn.Arg, len(args))
	for i, a := range args {
		out[i] = fn.Arg{Type: a.Type()}
		if l, ok := a.(*expr.Lit); ok {
			out[i].Lit, out[i].Value = true, l.Value
		}
	}
	return out
}

// aggCall binds an aggregate call outside OVER to a slot.
func (b *Binder) aggCall(v *env, f *sql.FuncCall) expr.Expr {
	name := f.Func()
	agg := b.Aggs.Lookup(name)
	switch {
	case agg.WindowOnly:
		b.fail(sqlerr.Plan, f.Pos, "%s needs an OVER clause", name).WithHint("for example %s(..) OVER (PARTITION BY .. ORDER BY ..)", name)
		return bad
	case v.noAgg:
		e := b.fail(sqlerr.Plan, f.Pos, "the aggregate %s cannot be used in %s", name, v.clause)
		if v.clause == "WHERE" {
			e.WithHint("conditions on aggregates go into HAVING")
		}
		return bad
	case f.Nulls != "":
		b.fail(sqlerr.Plan, f.Pos, "%s NULLS is for window functions", f.Nulls)
		return bad
	}
	inner := *v
	inner.noAgg, inner.noOver, inner.clause = true, true, "the arguments of "+name
	args, ok := b.aggArgs(&inner, f)
	if !ok {
		return bad
	}
	order := append(append([]sql.OrderItem(nil), f.OrderBy...), f.WithinGroup...)
	if len(order) > 0 && (name == "ARRAY_AGG" || name == "LISTAGG") {
		return b.orderedAgg(&inner, f, args, order)
	}
	slot := &aggSlot{distinct: f.Distinct, filter: f.Filter != nil, args: len(args), pos: f.Pos}
	if slot.agg, args, slot.t, ok = b.resolveAgg(name, args, f.Filter != nil || v.emptyGroups, f.Pos); !ok {
		return bad
	}
	slot.kids = args
	for _, o := range order {
		slot.kids = append(slot.kids, b.expr(&inner, o.Expr))
		slot.order = append(slot.order, sortOf(o))
	}
	if f.Filter != nil {
		inner.clause = "FILTER"
		slot.kids = append(slot.kids, b.condition(&inner, f.Filter))
	}
	if anyBad(slot.kids...) {
		return bad
	}
	slot.distinct = slot.distinct && !slot.agg.NoDistinct && slot.args > 0
	return slot
}

// aggArgs binds the arguments of an aggregate; COUNT(*) has none.
func (b *Binder) aggArgs(v *env, f *sql.FuncCall) ([]expr.Expr, bool) {
	if len(f.Args) == 1 {
		if s, ok := f.Args[0].Value.(*sql.Star); ok {
			if f.Func() != "COUNT" || len(s.Qualifier) > 0 || f.Distinct {
				b.fail(sqlerr.Plan, s.Pos, "* cannot be used here").WithHint("only COUNT(*) takes it")
				return nil, false
			}
			return nil, true
		}
	}
	args := b.args(v, f)
	if f.JSON != nil {
		args = b.jsonArgs(v, f, args)
	}
	return args, !anyBad(args...)
}

// resolveAgg picks the overload and writes the implicit casts out. maybeNone
// says that no row at all may reach the aggregate, so that it gives null unless
// its row says NOT NULL.
func (b *Binder) resolveAgg(name string, args []expr.Expr, maybeNone bool, pos sqlerr.Pos) (*fn.Agg, []expr.Expr, types.Type, bool) {
	if (name == "LAG" || name == "LEAD") && len(args) == 3 {
		args = commonDefault(args)
	}
	agg, ts, ret, err := b.Aggs.Resolve(name, infos(args), !maybeNone)
	if err != nil {
		b.failAt(err, pos)
		return nil, nil, types.Type{}, false
	}
	if agg.Extension {
		b.extension(pos, name)
	}
	out := make([]expr.Expr, len(args))
	for i, a := range args {
		out[i] = expr.CastTo(a, ts[i])
	}
	return agg, out, ret.WithAttr(types.NoAttr), true
}

// commonDefault casts the value and the default of LAG to one type.
func commonDefault(args []expr.Expr) []expr.Expr {
	t, ok := types.CommonType(args[0].Type().WithAttr(types.NoAttr), args[2].Type())
	if !ok {
		return args
	}
	return []expr.Expr{expr.CastTo(args[0], t), args[1], expr.CastTo(args[2], t)}
}

func sortOf(o sql.OrderItem) sortArg {
	s := sortArg{desc: o.Desc, nullsFirst: !o.Desc}
	if o.Nulls != "" {
		s.nullsFirst = o.Nulls == "FIRST"
	}
	return s
}

// groupFuncs ask which grouping set a row belongs to.
var groupFuncs = map[string]bool{"GROUPING": true, "GROUPING_ID": true, "GROUP_ID": true}

func (b *Binder) groupFunc(v *env, f *sql.FuncCall) expr.Expr {
	if !v.grouped {
		b.fail(sqlerr.Plan, f.Pos, "%s needs a GROUP BY clause and cannot be used in %s", f.Func(), v.clause)
		return bad
	}
	inner := *v
	inner.noAgg, inner.noOver = true, true
	args := b.args(&inner, f)
	if anyBad(args...) {
		return bad
	}
	return &groupSlot{name: f.Func(), kids: args, pos: f.Pos}
}

// windowProps are the functions that ask for a property of a group window, by
// what follows the window's name.
var windowProps = map[string]window.Prop{"_START": window.Start, "_END": window.End, "_ROWTIME": window.Time, "_PROCTIME": window.ProcTime}

// windowProp binds TUMBLE_START(ts, size) and the like; false if it is not one.
func (b *Binder) windowProp(v *env, f *sql.FuncCall) (expr.Expr, bool) {
	name := f.Func()
	for _, kind := range []string{"TUMBLE", "HOP", "SESSION"} {
		rest, ok := strings.CutPrefix(name, kind)
		if !ok {
			continue
		}
		if rest == "" {
			b.fail(sqlerr.Plan, f.Pos, "%s can only be used in GROUP BY, or as a table function in FROM", name)
			return bad, true
		}
		prop, ok := windowProps[rest]
		if !ok {
			continue
		}
		return b.windowPropOf(v, f, kind, prop), true
	}
	return nil, false
}

func (b *Binder) windowPropOf(v *env, f *sql.FuncCall, kind string, prop window.Prop) expr.Expr {
	l := v.legacy
	if l == nil {
		b.fail(sqlerr.Plan, f.Pos, "%s needs GROUP BY %s(..)", f.Func(), kind)
		return bad
	}
	if l.broken {
		return bad
	}
	inner := *v
	inner.noAgg, inner.noOver, inner.legacy = true, true, nil
	args := b.args(&inner, f)
	if anyBad(args...) {
		return bad
	}
	if kind != l.window.Kind.String() || !l.sameArgs(args) {
		b.fail(sqlerr.Plan, f.Pos, "%s is not of the window in GROUP BY", f.Func()).WithHint("its arguments must be those of %s(..) in GROUP BY", l.window.Kind)
		return bad
	}
	t, ok := l.propType(prop)
	if !ok {
		b.fail(sqlerr.Plan, f.Pos, "%s needs a window over the other kind of time attribute", f.Func())
		return bad
	}
	return &propSlot{prop: uint8(prop), t: t, pos: f.Pos}
}
