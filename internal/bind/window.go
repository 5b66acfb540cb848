package bind

import (
	"strings"

	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/rel/window"
	"github.com/weir-stream/weir/internal/sql"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
)

// windowArgs are the parameters of the window table functions, in order; those
// after the bar are optional.
var windowArgs = map[string]struct {
	kind   plan.WindowKind
	params []string
	least  int
}{
	"TUMBLE":   {plan.Tumble, []string{"DATA", "TIMECOL", "SIZE", "OFFSET"}, 3},
	"HOP":      {plan.Hop, []string{"DATA", "TIMECOL", "SLIDE", "SIZE", "OFFSET"}, 4},
	"CUMULATE": {plan.Cumulate, []string{"DATA", "TIMECOL", "STEP", "SIZE", "OFFSET"}, 4},
	"SESSION":  {plan.Session, []string{"DATA", "TIMECOL", "GAP"}, 3},
}

// refusedFuncs are table functions that parse and have no operator.
var refusedFuncs = map[string]bool{"ML_EVALUATE": true}

// tableFunc binds TABLE(f(..)).
func (b *Binder) tableFunc(t *sql.TableFunc, parent *scope) block {
	if t.Call == nil {
		return broken()
	}
	name := t.Call.Func()
	if f, ok := b.userFunction(t.Call.Name); ok {
		b.expand(&t.Call.Name, f.Path)
		return b.userTable(t.Call, f, &scope{})
	}
	if _, ok := windowArgs[name]; ok {
		return b.windowFunc(t.Call, parent)
	}
	if name == "TO_CHANGELOG" || name == "FROM_CHANGELOG" {
		return b.changelogFunc(t.Call, parent)
	}
	if f := b.Lib.Process(t.Call.Name.Last().Name); f != nil {
		return b.processFunc(f, t.Call, parent)
	}
	if name == "ML_PREDICT" {
		return b.predict(t.Call, parent)
	}
	if name == "LATE_ROWS" {
		return b.lateRows(t.Call)
	}
	if name == "STATE" {
		return b.stateTable(t.Call)
	}
	if refusedFuncs[name] {
		b.unsupported(t.Call.Name.Position(), "the table function "+name)
		return broken()
	}
	e := b.fail(sqlerr.Name, t.Call.Name.Position(), "there is no table function %s", t.Call.Name)
	if near, ok := sqlerr.Nearest(name, []string{"TUMBLE", "HOP", "CUMULATE", "SESSION", "UNNEST", "TO_CHANGELOG", "FROM_CHANGELOG", "ML_PREDICT", "VECTOR_SEARCH", "LATE_ROWS", "STATE"}); ok {
		e.WithHint("did you mean %s?", near)
	}
	return broken()
}

// windowFunc binds a window table function.
func (b *Binder) windowFunc(f *sql.FuncCall, parent *scope) block {
	name := f.Func()
	args, ok := b.namedArgs(f, windowArgs[name].params, windowArgs[name].least)
	if !ok {
		return broken()
	}
	blk, part, ok := b.tableArg(args["DATA"], name, parent)
	if !ok {
		return broken()
	}
	w := plan.Window{Kind: windowArgs[name].kind, PartitionBy: part}
	w.TimeCol, ok = b.timeColumn(args["TIMECOL"], blk, name)
	if !ok {
		return broken()
	}
	w.Proctime = blk.node.Fields()[w.TimeCol].Type.Attr == types.Proctime
	v := &env{scope: &scope{}, clause: name, noAgg: true, noOver: true, noSub: true}
	for _, p := range []struct {
		name string
		to   *int64
	}{{"SIZE", &w.SizeMs}, {"GAP", &w.SizeMs}, {"SLIDE", &w.SlideMs}, {"STEP", &w.SlideMs}, {"OFFSET", &w.OffsetMs}} {
		e := args[p.name]
		if e == nil {
			continue
		}
		ms, good := b.millis(b.expr(v, e), e.Position(), p.name+" of "+name)
		*p.to, ok = ms, ok && good
	}
	if !ok || !b.windowSizes(w, f.Pos) {
		return broken()
	}
	return block{node: &window.Assign{In: blk.node, Window: w}}
}

// windowSizes checks sizes as Flink does.
func (b *Binder) windowSizes(w plan.Window, pos sqlerr.Pos) bool {
	switch {
	case w.SizeMs <= 0 || (w.Kind == plan.Hop || w.Kind == plan.Cumulate) && w.SlideMs <= 0:
		b.fail(sqlerr.Plan, pos, "the sizes of %s must be greater than zero", w.Kind)
	case w.Kind == plan.Cumulate && w.SizeMs%w.SlideMs != 0:
		b.fail(sqlerr.Plan, pos, "the size of CUMULATE must be a multiple of its step")
	default:
		return true
	}
	return false
}

// namedArgs puts the arguments of a table function, by place or by name, under
// their parameters.
func (b *Binder) namedArgs(f *sql.FuncCall, params []string, least int) (map[string]sql.Expr, bool) {
	out := map[string]sql.Expr{}
	for i, a := range f.Args {
		switch {
		case a.Name == nil && i < len(params):
			out[params[i]] = a.Value
		case a.Name == nil:
			b.fail(sqlerr.Plan, a.Value.Position(), "%s takes at most %d arguments", f.Func(), len(params)).WithHint("they are %s", strings.Join(params, ", "))
			return nil, false
		default:
			p := strings.ToUpper(a.Name.Name)
			if !contains(params, p) {
				e := b.fail(sqlerr.Name, a.Name.Pos, "%s has no parameter %s", f.Func(), a.Name.Name)
				if near, ok := sqlerr.Nearest(p, params); ok {
					e.WithHint("did you mean %s?", near)
				} else {
					e.WithHint("its parameters are %s", strings.Join(params, ", "))
				}
				return nil, false
			}
			out[p] = a.Value
		}
	}
	for _, p := range params[:least] {
		if out[p] == nil {
			e := b.fail(sqlerr.Plan, f.Pos, "%s needs the argument %s", f.Func(), p)
			if form := windowForm(f.Func()); form != "" {
				e.WithHint("%s(%s)", f.Func(), form)
			}
			return nil, false
		}
	}
	return out, true
}

func windowForm(name string) string {
	return map[string]string{
		"ML_PREDICT":     "TABLE t, MODEL m, DESCRIPTOR(a)",
		"VECTOR_SEARCH":  "TABLE t, DESCRIPTOR(v), query, 10",
		"TO_CHANGELOG":   "input => TABLE t",
		"FROM_CHANGELOG": "input => TABLE t",
		"TUMBLE":         "TABLE t, DESCRIPTOR(ts), INTERVAL '10' SECOND",
		"HOP":            "TABLE t, DESCRIPTOR(ts), INTERVAL '5' SECOND, INTERVAL '10' SECOND",
		"CUMULATE":       "TABLE t, DESCRIPTOR(ts), INTERVAL '5' SECOND, INTERVAL '10' SECOND",
		"SESSION":        "TABLE t PARTITION BY k, DESCRIPTOR(ts), INTERVAL '10' SECOND",
	}[name]
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

// tableArg binds the table of a window function; only SESSION has a PARTITION BY.
func (b *Binder) tableArg(e sql.Expr, fun string, parent *scope) (block, []int, bool) {
	if t, ok := e.(*sql.TableArg); ok {
		if len(t.PartitionBy) > 0 && fun != "SESSION" {
			b.fail(sqlerr.Plan, t.PartitionBy[0].Position(), "PARTITION BY is only for SESSION windows").WithHint("group by the column instead")
		}
		if len(t.OrderBy) > 0 {
			b.unsupported(t.OrderBy[0].Pos, "ORDER BY in the table of "+fun)
		}
	}
	return b.setArg(e, fun, parent)
}

// setArg binds the table of a table function with its PARTITION BY.
func (b *Binder) setArg(e sql.Expr, fun string, parent *scope) (block, []int, bool) {
	var blk block
	var part []sql.Expr
	switch e := e.(type) {
	case *sql.TableArg:
		part = e.PartitionBy
		if e.Query != nil {
			blk = b.query(e.Query, parent)
		} else {
			blk = b.namedTable(&e.Table.Name, e.Table.Hints, parent)
		}
	case *sql.SubqueryExpr:
		blk = b.query(e.Query, parent)
	case *sql.ColumnRef:
		b.fail(sqlerr.Plan, e.Pos, "the first argument of %s is a table", fun).WithHint("write TABLE %s", sql.ObjectName{Parts: e.Parts})
		return blk, nil, false
	default:
		b.fail(sqlerr.Plan, e.Position(), "the first argument of %s is a table", fun).WithHint("write TABLE t")
		return blk, nil, false
	}
	if blk.open {
		return blk, nil, false
	}
	cols, ok := b.partitionBy(part, blk)
	return blk, cols, ok
}

func (b *Binder) partitionBy(part []sql.Expr, blk block) ([]int, bool) {
	var out []int
	v := &env{scope: &scope{rels: []*relation{relationOf("", blk, 0)}}, clause: "PARTITION BY", noAgg: true, noOver: true, noSub: true}
	ok := true
	for _, p := range part {
		e := b.expr(v, p)
		c, is := e.(*expr.Col)
		switch {
		case e == bad:
			ok = false
		case !is:
			b.fail(sqlerr.Plan, p.Position(), "PARTITION BY of a table takes columns")
			ok = false
		default:
			out = append(out, c.Index)
		}
	}
	return out, ok
}

// timeColumn finds the column of DESCRIPTOR(ts), which must be a time attribute.
func (b *Binder) timeColumn(e sql.Expr, blk block, fun string) (int, bool) {
	d, ok := e.(*sql.Descriptor)
	if !ok || len(d.Columns) != 1 {
		b.fail(sqlerr.Plan, e.Position(), "the time column of %s is written DESCRIPTOR(ts)", fun)
		return 0, false
	}
	s := &scope{rels: []*relation{relationOf("", blk, 0)}}
	x := b.columnRef(s, &sql.ColumnRef{At: sql.At{Pos: d.Columns[0].Pos}, Parts: d.Columns})
	c, ok := x.(*expr.Col)
	if !ok {
		return 0, false
	}
	if c.T.Attr == types.NoAttr && !(b.Batch && c.T.IsTimestamp()) {
		b.notTime(d.Columns[0].Pos, c)
		return 0, false
	}
	return c.Index, true
}
