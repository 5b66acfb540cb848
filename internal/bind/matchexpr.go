package bind

import (
	"fmt"
	"strings"

	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/rel/match"
	"github.com/weir-stream/weir/internal/sql"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
)

// value gives a value as an expression, each once.
func (m *matching) value(v match.Value) expr.Expr {
	key := fmt.Sprint(v.Kind, v.Vars, v.First, v.Offset, v.Shift, v.Final, v.Col, v.Name, v.Call.Args, v.Call.Filter, v.Call.Distinct)
	i, ok := m.places[key]
	if !ok {
		i = len(*m.values)
		m.places[key] = i
		*m.values = append(*m.values, v)
	}
	return &expr.Col{Index: i, Name: v.Name, T: v.Type}
}

// final reports whether a call looks at the whole match.
func (m *matching) final() bool {
	return m.sense == "FINAL" || m.sense == "" && m.define < 0 && !m.ref.AllRows
}

// matchColumn binds a column: of the row that a call around it finds, else of the
// last row of its variable. Without a variable it is of the last row so far.
func (b *Binder) matchColumn(v *env, ref *sql.ColumnRef) expr.Expr {
	m := v.match
	set, name, rest := match.All, "", ref
	if first := ref.Parts[0]; len(ref.Parts) > 1 {
		if s, ok := m.sets[first.Name]; ok {
			r := *ref
			r.Parts, set, name = ref.Parts[1:], s, first.Name
			rest = &r
		} else if _, n := m.scope.find(first.Name, 0); n == 0 && len(m.scope.relation(ref.Parts[:len(ref.Parts)-1])) == 0 && !m.scope.open {
			m.unknown(first)
			return bad
		}
	}
	x := b.columnRef(m.scope, rest)
	if x == bad {
		return bad
	}
	if a := m.arg; a != nil {
		if a.seen && a.vars != set && !a.failed {
			a.failed = true
			b.fail(sqlerr.Plan, ref.Pos, "the argument of %s mixes rows of %s and %s", a.call, rowsOf(a.name), rowsOf(name)).
				WithHint("an argument looks at one row after the other, each of one variable")
		}
		a.seen, a.vars, a.name = true, set, name
		return x
	}
	return m.navigate(match.Value{Kind: match.Nav, Vars: set, Col: m.cols.add(x, ""), Final: m.final()}, x, qualify(name, rest))
}

func rowsOf(variable string) string {
	if variable == "" {
		return "all variables"
	}
	return "`" + variable + "`"
}

func qualify(variable string, ref *sql.ColumnRef) string {
	name := ref.Parts[len(ref.Parts)-1].Name
	if variable != "" {
		return variable + "." + name
	}
	return name
}

// navigate gives a column of a row of the match.
func (m *matching) navigate(v match.Value, x expr.Expr, name string) expr.Expr {
	v.Name = name
	v.Type = x.Type().WithAttr(types.NoAttr).AsNullable()
	if m.define >= 0 && v.Vars.Has(m.define) && !v.First && v.Offset == 0 && v.Shift == 0 {
		v = match.Value{Kind: match.Row, Col: v.Col, Type: v.Type, Name: name}
	}
	return m.value(v)
}

// matchCall binds the functions of MATCH_RECOGNIZE and aggregates; false for
// other functions.
func (b *Binder) matchCall(v *env, f *sql.FuncCall) (expr.Expr, bool) {
	m, name := v.match, f.Func()
	own := map[string]func(*env, *sql.FuncCall) expr.Expr{"FIRST": b.matchNav, "LAST": b.matchNav, "PREV": b.matchShift, "NEXT": b.matchShift,
		"CLASSIFIER": b.classifier, "MATCH_NUMBER": b.matchNumber, "MATCH_ROWTIME": b.matchRowtime, "MATCH_PROCTIME": b.matchProctime}[name]
	if own == nil && b.Aggs.Lookup(name) != nil && !b.Functions.Has(name) && f.Over == nil {
		own = b.matchAgg
	}
	if own == nil || len(f.Name.Parts) > 1 {
		return nil, false
	}
	if m.arg != nil {
		b.fail(sqlerr.Plan, f.Pos, "%s cannot be used in the argument of %s", name, m.arg.call)
		return bad, true
	}
	if m.sense == "FINAL" && m.define >= 0 {
		b.fail(sqlerr.Plan, f.Pos, "FINAL cannot be used in DEFINE").WithHint("a condition only knows the rows up to its own")
		return bad, true
	}
	return own(v, f), true
}

// sensed binds FINAL or RUNNING before a call.
func (b *Binder) sensed(v *env, e *sql.UnaryExpr) expr.Expr {
	f, ok := e.X.(*sql.FuncCall)
	if !ok || f.Func() != "FIRST" && f.Func() != "LAST" && b.Aggs.Lookup(f.Func()) == nil {
		b.fail(sqlerr.Plan, e.Pos, "%s stands before FIRST, LAST or an aggregate", e.Op)
		return bad
	}
	m := v.match
	m.sense = e.Op
	defer func() { m.sense = "" }()
	return b.expr(v, f)
}

// argument binds what a call computes of the rows that it finds.
func (m *matching) argument(call string, bind func()) *matchArg {
	a := &matchArg{call: call, vars: match.All}
	m.arg = a
	bind()
	m.arg = nil
	return a
}

// offset gives the second argument of FIRST, PREV and so on.
func (b *Binder) offset(f *sql.FuncCall, none int) (int, bool) {
	if len(f.Args) < 1 || len(f.Args) > 2 || !b.plainNav(f) {
		if len(f.Args) < 1 || len(f.Args) > 2 {
			b.fail(sqlerr.Plan, f.Pos, "%s takes a value and a number of rows", f.Func()).WithHint("for example %s(A.price, 1)", f.Func())
		}
		return 0, false
	}
	if len(f.Args) == 1 {
		return none, true
	}
	if n, ok := ordinal(f.Args[1].Value); ok && n < 1<<24 {
		return int(n), true
	}
	b.fail(sqlerr.Plan, f.Args[1].Value.Position(), "the number of rows in %s must be a whole number, written out", f.Func())
	return 0, false
}

func (b *Binder) plainNav(f *sql.FuncCall) bool {
	if f.Distinct || len(f.OrderBy)+len(f.WithinGroup) > 0 || f.Filter != nil || f.Nulls != "" || f.Over != nil {
		b.fail(sqlerr.Plan, f.Pos, "%s is not an aggregate: it takes no DISTINCT, FILTER, ORDER BY, OVER or NULLS", f.Func())
		return false
	}
	return true
}

// matchNav binds FIRST and LAST.
func (b *Binder) matchNav(v *env, f *sql.FuncCall) expr.Expr {
	off, ok := b.offset(f, 0)
	if !ok {
		return bad
	}
	return b.nav(v, f.Func(), f.Args[0].Value, match.Value{First: f.Func() == "FIRST", Offset: off, Final: v.match.final()})
}

// nav binds the argument of a navigation.
func (b *Binder) nav(v *env, call string, arg sql.Expr, to match.Value) expr.Expr {
	m := v.match
	if c, ok := arg.(*sql.FuncCall); ok && c.Func() == "CLASSIFIER" && len(c.Args) == 0 {
		to.Kind, to.Vars, to.Type = match.Classifier, match.All, types.String()
		to.Name = navName(call, "CLASSIFIER()", to)
		return m.value(to)
	}
	var x expr.Expr
	a := m.argument(call, func() { x = b.expr(v, arg) })
	if x == bad {
		return bad
	}
	to.Kind, to.Vars = match.Nav, a.vars
	to.Col = m.cols.add(x, "")
	name := x.String()
	if a.name != "" {
		name = a.name + "." + name
	}
	return m.navigate(to, x, navName(call, name, to))
}

func navName(call, arg string, v match.Value) string {
	n := v.Offset
	if v.Shift != 0 {
		n = max(v.Shift, -v.Shift)
	}
	if n == 0 {
		return call + "(" + arg + ")"
	}
	return fmt.Sprintf("%s(%s, %d)", call, arg, n)
}

// matchShift binds PREV and NEXT, of a column or of FIRST or LAST.
func (b *Binder) matchShift(v *env, f *sql.FuncCall) expr.Expr {
	b.extension(f.Pos, f.Func()+" in MATCH_RECOGNIZE")
	n, ok := b.offset(f, 1)
	if !ok {
		return bad
	}
	to := match.Value{Shift: n, Final: v.match.final()}
	if f.Func() == "PREV" {
		to.Shift = -n
	}
	arg, call := f.Args[0].Value, f.Func()
	if u, ok := arg.(*sql.UnaryExpr); ok && (u.Op == "FINAL" || u.Op == "RUNNING") {
		if to.Final = u.Op == "FINAL"; to.Final && v.match.define >= 0 {
			b.fail(sqlerr.Plan, u.Pos, "FINAL cannot be used in DEFINE").WithHint("a condition only knows the rows up to its own")
			return bad
		}
		arg = u.X
	}
	if in, ok := arg.(*sql.FuncCall); ok && (in.Func() == "FIRST" || in.Func() == "LAST") {
		if to.Offset, ok = b.offset(in, 0); !ok {
			return bad
		}
		to.First, arg, call = in.Func() == "FIRST", in.Args[0].Value, fmt.Sprintf("%s %s[%d] ", call, in.Func(), to.Offset)
	}
	return b.nav(v, call, arg, to)
}

func (b *Binder) noArgs(f *sql.FuncCall) bool {
	if len(f.Args) > 0 {
		b.fail(sqlerr.Plan, f.Pos, "%s takes no arguments", f.Func())
		return false
	}
	return true
}

func (b *Binder) classifier(v *env, f *sql.FuncCall) expr.Expr {
	b.extension(f.Pos, "CLASSIFIER")
	if !b.noArgs(f) {
		return bad
	}
	return v.match.value(match.Value{Kind: match.Classifier, Vars: match.All, Type: types.String(), Name: "CLASSIFIER()"})
}

func (b *Binder) matchNumber(v *env, f *sql.FuncCall) expr.Expr {
	b.extension(f.Pos, "MATCH_NUMBER")
	if !b.noArgs(f) {
		return bad
	}
	t := types.Of(types.BigInt)
	if !v.match.ref.Unmatched {
		t = t.NotNull()
	}
	return v.match.value(match.Value{Kind: match.Number, Type: t, Name: "MATCH_NUMBER()"})
}

// matchRowtime binds MATCH_ROWTIME() or MATCH_ROWTIME(time): the time of the
// match's last row, which is a time attribute.
func (b *Binder) matchRowtime(v *env, f *sql.FuncCall) expr.Expr {
	m := v.match
	t, ok := m.time()
	if !ok || t.Attr == types.Proctime || !t.IsTimestamp() {
		b.fail(sqlerr.Plan, f.Pos, "MATCH_ROWTIME needs ORDER BY a rowtime attribute").WithHint("use MATCH_PROCTIME() by processing time")
		return bad
	}
	col := m.node.OrderBy[0].Col
	if len(f.Args) > 0 {
		var x expr.Expr
		m.argument(f.Func(), func() { x = b.expr(v, f.Args[0].Value) })
		if x == bad {
			return bad
		}
		if len(f.Args) > 1 || !expr.Equal(x, m.cols.es[col]) {
			b.fail(sqlerr.Plan, f.Pos, "the argument of MATCH_ROWTIME must be the column of ORDER BY, %s", m.cols.es[col])
			return bad
		}
	}
	return m.value(match.Value{Kind: match.Row, Col: col, Type: t, Name: "MATCH_ROWTIME()"})
}

func (b *Binder) matchProctime(v *env, f *sql.FuncCall) expr.Expr {
	if !b.noArgs(f) {
		return bad
	}
	return b.resolved(f, "PROCTIME", nil)
}

// matchAgg binds an aggregate over the rows of a variable.
func (b *Binder) matchAgg(v *env, f *sql.FuncCall) expr.Expr {
	m := v.match
	final, name := m.final(), f.Func()
	if len(f.OrderBy)+len(f.WithinGroup) > 0 {
		b.unsupported(f.Pos, "ORDER BY in an aggregate of MATCH_RECOGNIZE").WithHint("rows are aggregated in the order of the match")
		return bad
	}
	if f.Distinct {
		b.extension(f.Pos, "DISTINCT in an aggregate of MATCH_RECOGNIZE")
	}
	inner := *v
	inner.noAgg, inner.emptyGroups = false, true
	counted, set := f, match.All
	if len(f.Args) == 1 && name == "COUNT" && !f.Distinct {
		if s, ok := f.Args[0].Value.(*sql.Star); ok && len(s.Qualifier) == 1 {
			c := *f
			c.Args, set = []sql.Arg{{Value: &sql.Star{At: s.At}}}, m.set(s.Qualifier[0])
			counted = &c
			b.extension(s.Pos, "COUNT of a variable's rows")
		}
	}
	var x expr.Expr
	a := m.argument(name, func() { x = b.aggCall(&inner, counted) })
	slot, ok := x.(*aggSlot)
	if !ok {
		return bad
	}
	val := match.Value{Kind: match.Aggregate, Vars: a.vars & set, Final: final, Type: slot.t}
	if m.ref.Unmatched {
		val.Type = val.Type.AsNullable()
	}
	var args []string
	for _, k := range slot.kids[:slot.args] {
		args = append(args, k.String())
	}
	val.Call = slot.call(&m.cols, 0)
	val.Name = fmt.Sprintf("%s(%s)", name, strings.Join(args, ", "))
	if who := a.name; who != "" || set != match.All {
		val.Name = fmt.Sprintf("%s(%s of %s)", name, strings.Join(args, ", "), who)
	}
	val.Call.Type = val.Type
	return m.value(val)
}
