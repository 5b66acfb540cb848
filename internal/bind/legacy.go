package bind

import (
	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/rel/window"
	"github.com/weir-stream/weir/internal/sql"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
)

// legacyWindow is GROUP BY TUMBLE(ts, size), HOP(ts, slide, size) or
// SESSION(ts, gap): the form before window table functions.
type legacyWindow struct {
	window plan.Window // TimeCol is set when the aggregate is made
	time   expr.Expr
	args   []expr.Expr
	broken bool
}

// legacyArity is the number of arguments of each kind.
var legacyArity = map[string]int{"TUMBLE": 2, "HOP": 3, "SESSION": 2}

// isLegacyWindow tells a group window among the elements of GROUP BY.
func isLegacyWindow(e sql.Expr) (*sql.FuncCall, bool) {
	f, ok := e.(*sql.FuncCall)
	if !ok || f.Over != nil || len(f.Name.Parts) != 1 {
		return nil, false
	}
	_, ok = legacyArity[f.Func()]
	return f, ok
}

func (b *Binder) legacyWindow(v *env, f *sql.FuncCall) *legacyWindow {
	name := f.Func()
	l := &legacyWindow{broken: true}
	if len(f.Args) != legacyArity[name] {
		b.fail(sqlerr.Plan, f.Pos, "%s in GROUP BY takes %d arguments, not %d", name, legacyArity[name], len(f.Args)).
			WithHint("use the table function instead: FROM TABLE(%s(TABLE t, DESCRIPTOR(ts), ..))", name)
		return l
	}
	l.args = b.args(v, f)
	if anyBad(l.args...) {
		return l
	}
	l.time = l.args[0]
	attr := l.time.Type().Attr
	if attr == types.NoAttr && !(b.Batch && l.time.Type().IsTimestamp()) {
		b.notTime(f.Args[0].Value.Position(), l.time)
		return l
	}
	var ms [2]int64
	for i, a := range l.args[1:] {
		var ok bool
		if ms[i], ok = b.millis(a, f.Args[i+1].Value.Position(), "the size of a window"); !ok {
			return l
		}
	}
	l.window = plan.Window{Proctime: attr == types.Proctime}
	switch name {
	case "TUMBLE":
		l.window.Kind, l.window.SizeMs = plan.Tumble, ms[0]
	case "HOP":
		l.window.Kind, l.window.SlideMs, l.window.SizeMs = plan.Hop, ms[0], ms[1]
	case "SESSION":
		l.window.Kind, l.window.SizeMs = plan.Session, ms[0]
	}
	l.broken = false
	return l
}

// notTime reports a column that is no time attribute.
func (b *Binder) notTime(pos sqlerr.Pos, e expr.Expr) {
	b.fail(sqlerr.Plan, pos, "a window needs a time attribute, but `%s` is %s", e, e.Type().AsNullable()).
		WithHint("declare WATERMARK FOR `%s` AS `%s` - INTERVAL '5' SECOND in CREATE TABLE, or use a column AS PROCTIME()", e, e)
}

// millis gives the value of a literal day-time interval.
func (b *Binder) millis(e expr.Expr, pos sqlerr.Pos, what string) (int64, bool) {
	if e == bad {
		return 0, false
	}
	l, ok := expr.Fold(e, b.Zone).(*expr.Lit)
	if ok && l.T.Kind == types.IntervalDT {
		if n, is := l.Value.(int64); is {
			return n, true
		}
	}
	b.fail(sqlerr.Type, pos, "%s must be a literal interval of days, hours, minutes or seconds", what).WithHint("for example INTERVAL '10' SECOND")
	return 0, false
}

func (l *legacyWindow) sameArgs(args []expr.Expr) bool {
	if len(args) != len(l.args) {
		return false
	}
	for i, a := range args {
		if !expr.Equal(a, l.args[i]) {
			return false
		}
	}
	return true
}

// propType gives the type of a property; false if the window does not have it.
func (l *legacyWindow) propType(p window.Prop) (types.Type, bool) {
	switch p {
	case window.Time:
		t := l.time.Type().WithNull(false)
		return t.WithAttr(types.Rowtime), !l.window.Proctime
	case window.ProcTime:
		return types.TimestampLTZOf(3).NotNull().WithAttr(types.Proctime), l.window.Proctime
	}
	return types.TimestampOf(3).NotNull(), true
}
