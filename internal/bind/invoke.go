package bind

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/weir-stream/weir/internal/catalog"
	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/format"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/rel/invoke"
	"github.com/weir-stream/weir/internal/rel/values"
	"github.com/weir-stream/weir/internal/sql"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/udf"
)

// correlates reports whether a table function is called for each row of what
// stands before it.
func (b *Binder) correlates(t *sql.TableFunc) bool {
	return t.Call != nil && (t.Call.Func() == "VECTOR_SEARCH" || b.Lib.Table(t.Call.Name.Last().Name) != nil)
}

// correlate binds a table function over the columns before it.
func (b *Binder) correlate(l plan.Node, ls *scope, t *sql.TableFunc, j *sql.Join) (plan.Node, *scope) {
	failed := &scope{parent: ls.parent, rels: ls.rels, merged: ls.merged, open: true}
	outer := j.Kind == sql.LeftJoin
	if !outer && j.Kind != sql.CrossJoin && j.Kind != sql.InnerJoin || !b.onTrue(j) {
		b.unsupported(j.Pos, "this join with a table function").WithHint("use CROSS JOIN LATERAL TABLE(f(..)) or LEFT JOIN LATERAL TABLE(f(..)) ON TRUE, and WHERE for conditions")
		return l, failed
	}
	n := &invoke.Node{In: l, Outer: outer, Pos: t.Call.Pos}
	v := &env{scope: ls, clause: t.Call.Func(), noAgg: true, noOver: true, noSub: true}
	ok := false
	if f := b.Lib.Table(t.Call.Name.Last().Name); f != nil {
		ok = b.goTable(n, f, t.Call, v)
	} else {
		ok = b.vectorSearch(n, t.Call, v)
	}
	if !ok {
		return l, failed
	}
	if outer {
		for i := range n.Elems {
			n.Elems[i].Type = n.Elems[i].Type.AsNullable()
		}
	}
	r := &relation{}
	for i, f := range n.Elems {
		r.cols = append(r.cols, column{name: f.Name, t: f.Type, index: len(l.Fields()) + i})
	}
	if t.Alias != nil {
		r.name = t.Alias.Name.Name
		b.renameColumns(r, t.Alias, false)
		for i := range n.Elems {
			n.Elems[i].Name = r.cols[i].name
		}
	}
	return n, ls.join(&scope{rels: []*relation{r}})
}

// uncorrelated binds a table function that stands alone.
func (b *Binder) uncorrelated(t *sql.TableFunc, parent *scope) (plan.Node, *scope) {
	return b.correlate(&values.Node{Rows: [][]expr.Expr{{}}}, &scope{parent: parent}, t, &sql.Join{Kind: sql.CrossJoin})
}

// goTable binds the call of a table function in Go.
func (b *Binder) goTable(n *invoke.Node, f *udf.TableFunction, call *sql.FuncCall, v *env) bool {
	b.extension(call.Pos, "a function in Go")
	args, ok := b.goArgs(call, f.Args)
	if !ok {
		return false
	}
	for i, a := range f.Args {
		e, good := b.scalarArg(v, args[i], a, f.Name)
		ok = ok && good
		n.Args = append(n.Args, e)
	}
	n.Elems, n.Fn = b.goColumns(f.Columns), invoke.Table(f)
	return ok
}

// goArgs puts arguments, by place or by name, in the order of their declaration.
func (b *Binder) goArgs(call *sql.FuncCall, decl []udf.Arg) ([]sql.Expr, bool) {
	params := make([]string, len(decl))
	for i, a := range decl {
		params[i] = strings.ToUpper(a.Name)
	}
	args, ok := b.namedArgs(call, params, 0)
	if !ok {
		return nil, false
	}
	out := make([]sql.Expr, len(decl))
	for i, a := range decl {
		out[i] = args[params[i]]
		if is[*sql.DefaultLit](out[i]) {
			out[i] = nil
		}
		if out[i] == nil && !a.Optional {
			b.fail(sqlerr.Arguments, call.Pos, "%s needs the argument %s", call.Func(), a.Name)
			ok = false
		}
	}
	return out, ok
}

// scalarArg binds a scalar argument to its declared type.
func (b *Binder) scalarArg(v *env, e sql.Expr, a udf.Arg, name string) (expr.Expr, bool) {
	t, ok := b.typeText(a.Type)
	if !ok {
		return bad, false
	}
	if e == nil {
		return expr.Null(t), true
	}
	x := b.expr(v, e)
	if x == bad {
		return bad, false
	}
	from := x.Type().WithAttr(types.NoAttr)
	if from.Kind != types.Null && !types.ImplicitCastable(from, deepNullable(t)) {
		b.fail(sqlerr.Arguments, e.Position(), "the argument %s of %s is %s, not %s", a.Name, name, t.AsNullable(), from.AsNullable())
		return bad, false
	}
	return expr.CastTo(x, t.WithNull(from.Nullable)), true
}

// typeText reads a type that a Go program declares.
func (b *Binder) typeText(s string) (types.Type, bool) {
	n, err := sql.ParseType(s)
	if err != nil {
		b.fail(sqlerr.Type, sqlerr.Pos{}, "a function declares the type %s, which is none", s)
		return types.Type{}, false
	}
	return b.typeOf(&n)
}

func (b *Binder) goColumns(cols []udf.Column) []plan.Field {
	out := make([]plan.Field, len(cols))
	for i, c := range cols {
		t, _ := b.typeText(c.Type)
		out[i] = plan.Field{Name: c.Name, Type: t}
	}
	return out
}

// vectorSearch binds VECTOR_SEARCH(TABLE t, DESCRIPTOR(col), query, k [, config]).
func (b *Binder) vectorSearch(n *invoke.Node, call *sql.FuncCall, v *env) bool {
	args, ok := b.namedArgs(call, []string{"SEARCH_TABLE", "COLUMN_TO_SEARCH", "COLUMN_TO_QUERY", "TOP_K", "CONFIG"}, 4)
	if !ok {
		return false
	}
	s := b.searched(args["SEARCH_TABLE"], args["COLUMN_TO_SEARCH"])
	query, k := b.expr(v, args["COLUMN_TO_QUERY"]), b.expr(v, args["TOP_K"])
	if s == nil || anyBad(query, k) {
		return false
	}
	if !isVector(query.Type()) {
		b.fail(sqlerr.Type, args["COLUMN_TO_QUERY"].Position(), "VECTOR_SEARCH looks for an ARRAY<FLOAT> or ARRAY<DOUBLE>, but %s is %s", query, query.Type().AsNullable())
		return false
	}
	l, ok := expr.Fold(k, b.Zone).(*expr.Lit)
	if count, isInt := int64(0), false; ok {
		if count, isInt = l.Value.(int64); !isInt || count <= 0 {
			ok = false
		}
	}
	if !ok {
		b.fail(sqlerr.Plan, args["TOP_K"].Position(), "the number of rows that VECTOR_SEARCH gives must be a positive constant")
		return false
	}
	if e := args["CONFIG"]; e != nil {
		o, ok := b.callOptions(e, "VECTOR_SEARCH", []format.Option{{Key: "metric", Kind: format.EnumOption, Enum: []string{"cosine", "l2", "dot"}, Default: "cosine", Doc: "How vectors are compared."}})
		if !ok {
			return false
		}
		if o.IsSet("metric") {
			b.extension(e.Position(), "'metric' in VECTOR_SEARCH")
		}
		s.Metric = invoke.Metrics[o.String("metric")]
	}
	n.Args, n.Fn = []expr.Expr{query, k}, invoke.Search(s)
	for _, c := range s.Table.Columns {
		n.Elems = append(n.Elems, plan.Field{Name: c.Name, Type: c.Type})
	}
	n.Elems = append(n.Elems, plan.Field{Name: "score", Type: types.Of(types.Double)})
	return true
}

func isVector(t types.Type) bool {
	return t.Kind == types.Array && (t.Elem.Kind == types.Float || t.Elem.Kind == types.Double)
}

// searched finds the table and the column of VECTOR_SEARCH.
func (b *Binder) searched(e, col sql.Expr) *invoke.Searched {
	a, ok := e.(*sql.TableArg)
	d, isCol := col.(*sql.Descriptor)
	switch {
	case !ok || a.Table == nil:
		b.fail(sqlerr.Plan, e.Position(), "VECTOR_SEARCH searches a table").WithHint("write TABLE t")
		return nil
	case !isCol || len(d.Columns) != 1:
		b.fail(sqlerr.Plan, col.Position(), "the column of VECTOR_SEARCH is written DESCRIPTOR(c)")
		return nil
	}
	pos := a.Table.Position()
	path, _ := catalog.Resolve(a.Table.Name.Strings(), b.CurrentCatalog, b.CurrentDatabase)
	obj, ok := b.Catalog.Lookup(path)
	if !ok {
		b.noTable(a.Table.Name, path)
		return nil
	}
	t, ok := obj.(*catalog.Table)
	if !ok {
		b.unsupported(pos, "VECTOR_SEARCH in a "+obj.Kind()).WithHint("name the table itself")
		return nil
	}
	ct, spec, ok := b.connectorTable(t, b.withHints(t, a.Table.Hints), places{at: pos})
	if !ok || spec.Source == nil {
		return nil
	}
	src, err := spec.Source(ct)
	if err != nil {
		b.failAt(err, pos)
		return nil
	}
	if !src.Bounded() || src.Changes() != connector.InsertOnly {
		b.unsupported(pos, "VECTOR_SEARCH in the table `"+t.Path.Name+"`, which is not bounded and append-only,").
			WithHint("search a table of files, or one that a connector searches by itself")
		return nil
	}
	return b.searchColumn(&invoke.Searched{Table: ct, Source: src}, d.Columns[0], t)
}

func (b *Binder) searchColumn(s *invoke.Searched, name sql.Ident, t *catalog.Table) *invoke.Searched {
	var names []string
	for _, c := range s.Table.Columns {
		names = append(names, c.Name)
	}
	if s.Col = slices.Index(names, name.Name); s.Col < 0 {
		hintNear(b.fail(sqlerr.Name, name.Pos, "`%s` has no physical column `%s`", t.Path.Name, name.Name), name.Name, names)
		return nil
	}
	if c := s.Table.Columns[s.Col]; !isVector(c.Type) {
		b.fail(sqlerr.Type, name.Pos, "VECTOR_SEARCH searches an ARRAY<FLOAT> or ARRAY<DOUBLE>, but `%s` is %s", c.Name, c.Type.AsNullable())
		return nil
	}
	return s
}

// asyncOptions are the keys of calls that may run side by side.
func asyncOptions() []format.Option {
	return []format.Option{
		{Key: "async", Kind: format.BoolOption, Doc: "Whether calls run side by side; the default is what the provider can do."},
		{Key: "max-concurrent-operations", Kind: format.IntOption, Doc: "How many run at once."},
		{Key: "timeout", Kind: format.DurationOption, Doc: "How long one may take."},
		{Key: "output-mode", Kind: format.EnumOption, Enum: []string{"ORDERED", "ALLOW_UNORDERED"}, Doc: "Whether answers must keep the order of the rows."},
	}
}

// callOptions reads the MAP of a call's settings.
func (b *Binder) callOptions(e sql.Expr, name string, more []format.Option) (format.Options, bool) {
	given := map[string]string{}
	pos := sqlerr.Pos{}
	if e != nil && !isNull(e) {
		pos = e.Position()
		pairs, ok := b.textMap(e, "config")
		if !ok {
			return nil, false
		}
		for _, p := range pairs {
			given[p[0]] = p[1]
		}
	}
	o, err := connector.NewOptions(name, append(asyncOptions(), more...), nil, given, func(string) sqlerr.Pos { return pos })
	if err != nil {
		b.failAt(err, pos)
		return nil, false
	}
	return o, true
}

// predict binds ML_PREDICT(TABLE t, MODEL m, DESCRIPTOR(cols) [, config]).
func (b *Binder) predict(call *sql.FuncCall, parent *scope) block {
	args, ok := b.namedArgs(call, []string{"INPUT", "MODEL", "ARGS", "CONFIG"}, 3)
	if !ok {
		return broken()
	}
	blk, part, ok := b.setArg(args["INPUT"], "ML_PREDICT", parent)
	if !ok {
		return broken()
	}
	if len(part) > 0 {
		b.fail(sqlerr.Plan, args["INPUT"].Position(), "ML_PREDICT takes rows one by one and has no PARTITION BY")
		return broken()
	}
	m, p := b.calledModel(args["MODEL"])
	d, isCols := args["ARGS"].(*sql.Descriptor)
	if !isCols {
		b.fail(sqlerr.Plan, args["ARGS"].Position(), "the columns that a model is given are written DESCRIPTOR(a, b)")
	}
	o, ok := b.callOptions(args["CONFIG"], "ML_PREDICT", nil)
	if m == nil || !isCols || !ok {
		return broken()
	}
	async := b.async(p.Async, o, "table.exec.async-ml-predict.")
	if async.On && !p.Async {
		b.fail(sqlerr.Option, args["CONFIG"].Position(), "the provider '%s' cannot be asked side by side", p.Name).WithHint("leave out 'async'")
		return broken()
	}
	in, ok := b.modelInput(m, d, blk)
	if !ok {
		return broken()
	}
	n := &invoke.Node{In: blk.node, Fn: invoke.Predict(p, m, async), Args: in, Pos: call.Pos}
	taken := fieldNames(blk)
	for _, c := range m.Output {
		n.Elems = append(n.Elems, plan.Field{Name: freshName(c.Name, taken), Type: c.Type})
	}
	return block{node: n, bad: append(slices.Clone(blk.bad), make([]bool, len(n.Elems))...)}
}

// freshName numbers a name that is taken, as Flink does.
func freshName(name string, taken []string) string {
	fresh := name
	for i := 0; slices.Contains(taken, fresh); i++ {
		fresh = name + itoa(i)
	}
	return fresh
}

// async settles how calls run: what the call says, else the session, else what
// can be done.
func (b *Binder) async(able bool, o format.Options, prefix string) invoke.Async {
	a := invoke.Async{On: able, Most: 10, Timeout: time.Duration(b.duration(prefix+"timeout", 180_000)) * time.Millisecond}
	if n, err := strconv.Atoi(b.Options(prefix + "max-concurrent-operations")); err == nil && n > 0 {
		a.Most = n
	}
	if o.IsSet("async") {
		a.On = o.Bool("async")
	}
	if o.IsSet("max-concurrent-operations") {
		a.Most = max(int(o.Int("max-concurrent-operations")), 1)
	}
	if o.IsSet("timeout") {
		a.Timeout = time.Duration(o.DurationMs("timeout")) * time.Millisecond
	}
	return a
}

// calledModel finds a model and its provider.
func (b *Binder) calledModel(e sql.Expr) (*udf.Model, *udf.Provider) {
	a, ok := e.(*sql.ModelArg)
	if !ok {
		b.fail(sqlerr.Plan, e.Position(), "the second argument of ML_PREDICT is a model").WithHint("write MODEL m")
		return nil, nil
	}
	path, _ := catalog.Resolve(a.Name.Strings(), b.CurrentCatalog, b.CurrentDatabase)
	m, ok := b.Catalog.Model(path)
	if !ok {
		b.fail(sqlerr.Name, a.Pos, "there is no model `%s`", a.Name)
		return nil, nil
	}
	name, _ := m.Options.Get("provider")
	p := b.Lib.Provider(name)
	if p == nil {
		err := b.fail(sqlerr.Option, a.Pos, "there is no provider '%s' for the model `%s`", name, path.Name)
		if all := b.Lib.ProviderNames(); len(all) > 0 {
			err.WithHint("providers are %s", join2(all))
		} else {
			err.WithHint("providers are added by the program that embeds weir")
		}
		return nil, nil
	}
	if len(m.Input) == 0 || len(m.Output) == 0 {
		b.unsupported(a.Pos, "a model without INPUT and OUTPUT columns")
		return nil, nil
	}
	given := m.Options.Map()
	delete(given, "provider")
	given, err := b.Env.Expand("model "+path.Name, given, nil)
	if err != nil {
		b.failAt(err, a.Pos)
		return nil, nil
	}
	o, err := connector.NewOptions("provider '"+name+"'", p.Options, p.Prefixes, given, func(string) sqlerr.Pos { return a.Pos })
	if err != nil {
		b.failAt(err, a.Pos)
		return nil, nil
	}
	return &udf.Model{Name: path.Name, Input: modelFields(m.Input), Output: modelFields(m.Output), Options: o}, p
}

func modelFields(cols []catalog.Column) []format.Column {
	out := make([]format.Column, len(cols))
	for i, c := range cols {
		out[i] = format.Column{Name: c.Name, Type: c.Type}
	}
	return out
}

// modelInput gives the columns of DESCRIPTOR as the model's input.
func (b *Binder) modelInput(m *udf.Model, d *sql.Descriptor, blk block) ([]expr.Expr, bool) {
	if len(d.Columns) != len(m.Input) {
		b.fail(sqlerr.Arguments, d.Pos, "the model `%s` takes %s, but %d are given", m.Name, plural(len(m.Input), "column"), len(d.Columns))
		return nil, false
	}
	s := &scope{rels: []*relation{relationOf("", blk, 0)}}
	var out []expr.Expr
	for i, c := range d.Columns {
		x := b.columnRef(s, &sql.ColumnRef{At: sql.At{Pos: c.Pos}, Parts: []sql.Ident{c}})
		if x == bad {
			return nil, false
		}
		want := m.Input[i]
		if from := x.Type().WithAttr(types.NoAttr); !types.ImplicitCastable(from, deepNullable(want.Type)) {
			b.fail(sqlerr.Arguments, c.Pos, "the input `%s` of the model `%s` is %s, but `%s` is %s", want.Name, m.Name, want.Type.AsNullable(), c.Name, from.AsNullable())
			return nil, false
		}
		out = append(out, expr.CastTo(x, want.Type.WithNull(x.Type().Nullable)))
	}
	return out, true
}
