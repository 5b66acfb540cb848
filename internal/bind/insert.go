package bind

import (
	"strings"

	"github.com/weir-stream/weir/internal/catalog"
	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/rel/calc"
	"github.com/weir-stream/weir/internal/rel/sink"
	"github.com/weir-stream/weir/internal/sql"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
)

// target is a column that INSERT writes, with its place in the table.
type target struct {
	col   *catalog.Column
	at    int       // among the persisted columns
	value expr.Expr // over the query; nil = not given
	from  int       // 1-based position in the query, 0 for static values
}

// insertion is one INSERT while it is bound.
type insertion struct {
	b       *Binder
	stmt    *sql.Insert
	table   *catalog.Table
	targets []target  // all persisted columns, in order
	mark    *expr.Col // of UPDATE and DELETE: the row changes; nil otherwise
}

var conflicts = map[string]sink.Conflict{"": sink.NoConflict, "ERROR": sink.ConflictError, "NOTHING": sink.ConflictNothing, "DEDUPLICATE": sink.ConflictDeduplicate}

// BindInsert binds INSERT INTO and INSERT OVERWRITE. The error is as that of
// BindQuery.
func (b *Binder) BindInsert(st *sql.Insert) (*sink.Node, error) {
	b.begin()
	n := b.insert(st)
	if err := b.err(); err != nil {
		return nil, err
	}
	return n, nil
}

func (b *Binder) insert(st *sql.Insert) *sink.Node {
	blk := b.query(st.Query, nil)
	t := b.insertTable(st)
	if t == nil {
		return nil
	}
	return b.insertion(st, t, blk)
}

// insertion binds the writing of a query's rows into a table.
func (b *Binder) insertion(st *sql.Insert, t *catalog.Table, blk block) *sink.Node {
	in := &insertion{b: b, stmt: st, table: t}
	for i := range t.Columns {
		if c := &t.Columns[i]; c.Persisted() {
			in.targets = append(in.targets, target{col: c, at: len(in.targets)})
		}
	}
	ct, spec, ok := b.connectorTable(t, b.withHints(t, st.Hints), places{at: st.Table.Position()})
	static, known := in.staticValues()
	open := !known || in.place(blk)
	if !ok || open || spec == nil || !in.overwrites(spec) {
		return nil
	}
	if !b.tasksOption(ct, "sink.parallelism", st.Table.Position()) {
		return nil
	}
	ct.Overwrite, ct.Static = st.Overwrite, in.staticMap(ct, static)
	if spec.Sink == nil {
		b.fail(sqlerr.Plan, st.Table.Position(), "the connector '%s' cannot be written, so `%s` can only be read", spec.Name, t.Path.Name)
		return nil
	}
	ct.Metadata = in.writable(ct, spec)
	b.touched(t, ct, spec, true)
	s, err := spec.Sink(ct)
	if err != nil {
		b.failAt(err, st.Table.Position())
		return nil
	}
	return in.node(blk.node, ct, spec, s)
}

// insertTable finds the table that is written.
func (b *Binder) insertTable(st *sql.Insert) *catalog.Table {
	pos := st.Table.Position()
	path, ok := catalog.Resolve(st.Table.Strings(), b.CurrentCatalog, b.CurrentDatabase)
	if !ok {
		b.fail(sqlerr.Name, pos, "a table's name has at most three parts: catalog.database.table")
		return nil
	}
	obj, ok := b.Catalog.Lookup(path)
	if !ok {
		b.failAt(b.Catalog.Missing(path, "table"), pos)
		return nil
	}
	t, ok := obj.(*catalog.Table)
	if !ok {
		b.fail(sqlerr.Plan, pos, "`%s` is a %s and cannot be written", path.Name, obj.Kind())
		return nil
	}
	if t.Materialized != nil && !st.Materialize {
		b.fail(sqlerr.Plan, pos, "`%s` is a materialized table: its query fills it, and nothing else changes it", path.Name).
			WithHint("ALTER MATERIALIZED TABLE %s AS .. gives it another query", path.Name)
		return nil
	}
	if t.Broken {
		b.silenced = true
		return nil
	}
	return t
}

// overwrites refuses INSERT OVERWRITE where rows come for ever, or where the
// connector cannot remove those that are there.
func (in *insertion) overwrites(spec *connector.Spec) bool {
	b, pos := in.b, in.stmt.Pos
	switch {
	case !in.stmt.Overwrite:
		return true
	case !spec.Overwrites:
		b.fail(sqlerr.Unsupported, pos, "the connector '%s' cannot overwrite the rows of `%s`", spec.Name, in.table.Path.Name).WithHint("write INSERT INTO")
	case !b.Batch:
		b.fail(sqlerr.Unsupported, pos, "INSERT OVERWRITE works in batch mode only").WithHint("SET 'execution.runtime-mode' = 'batch'")
	default:
		return true
	}
	return false
}

// staticValues binds PARTITION (k = v, ..); false if something is wrong with it.
func (in *insertion) staticValues() (map[string]expr.Expr, bool) {
	out, given, errs := map[string]expr.Expr{}, map[string]bool{}, len(in.b.errs)
	v := &env{scope: &scope{}, clause: "PARTITION", noAgg: true, noOver: true, noSub: true}
	for _, p := range in.stmt.Partition {
		if !contains(in.table.PartitionedBy, p.Key.Name) {
			hintNear(in.b.fail(sqlerr.Name, p.Key.Pos, "`%s` is not partitioned by `%s`", in.table.Path.Name, p.Key.Name), p.Key.Name, in.table.PartitionedBy)
			continue
		}
		if given[p.Key.Name] {
			in.b.fail(sqlerr.Plan, p.Key.Pos, "the partition column `%s` is given twice", p.Key.Name)
			continue
		}
		if given[p.Key.Name] = true; p.Value == nil {
			continue
		}
		e := in.b.expr(v, p.Value)
		if e == bad {
			continue
		}
		t := in.target(p.Key.Name)
		if c, ok := in.convert(e, t.col, p.Value.Position(), "the value of partition `"+t.col.Name+"`"); ok {
			if _, is := expr.Fold(c, in.b.Zone).(*expr.Lit); !is {
				in.b.fail(sqlerr.Plan, p.Value.Position(), "the value of partition `%s` is not a constant", t.col.Name).
					WithHint("let the query compute it: PARTITION (%s)", t.col.Name)
			}
			out[p.Key.Name] = c
			t.value = c
		}
	}
	return out, len(in.b.errs) == errs
}

func (in *insertion) staticMap(ct *connector.Table, static map[string]expr.Expr) map[int]any {
	if len(static) == 0 {
		return nil
	}
	out := map[int]any{}
	for i, c := range ct.Columns {
		if e, ok := static[c.Name]; ok {
			if l, ok := expr.Fold(e, in.b.Zone).(*expr.Lit); ok {
				out[i] = l.Value
			}
		}
	}
	return out
}

func (in *insertion) target(name string) *target {
	for i := range in.targets {
		if in.targets[i].col.Name == name {
			return &in.targets[i]
		}
	}
	return nil
}

// place assigns the query's columns to the table's. True if something could not
// be.
func (in *insertion) place(blk block) bool {
	b := in.b
	into, ok := in.columnList()
	if blk.open || !ok {
		return true
	}
	fs := blk.node.Fields()
	if len(fs) != len(into) {
		e := b.fail(sqlerr.Plan, in.stmt.Query.Position(), "the query has %s, but `%s` takes %d", plural(len(fs), "column"), in.table.Path.Name, len(into))
		if in.stmt.Columns == nil {
			e.WithHint("its columns are %s", join2(in.names(into)))
		}
		return true
	}
	failed := false
	for i, t := range into {
		if blk.isBad(i) {
			failed = true
			continue
		}
		col := plan.ColOf(fs, i)
		what := "column " + itoa(i+1) + " `" + t.col.Name + "`"
		e, ok := in.convert(col, t.col, in.itemPos(i), what)
		if !ok {
			failed = true
			continue
		}
		t.value, t.from = e, i+1
	}
	return failed || in.fill()
}

// itemPos is the place of a column of the query, for messages.
func (in *insertion) itemPos(i int) sqlerr.Pos {
	if s, ok := in.stmt.Query.Body.(*sql.Select); ok && i < len(s.Items) && !hasStar(s) {
		return s.Items[i].Expr.Position()
	}
	return in.stmt.Query.Position()
}

func (in *insertion) names(ts []*target) []string {
	var out []string
	for _, t := range ts {
		out = append(out, t.col.Name)
	}
	return out
}

// columnList gives the columns that the query writes: those that are listed, or
// all that have no static value.
func (in *insertion) columnList() ([]*target, bool) {
	var out []*target
	if in.stmt.Columns == nil {
		for i := range in.targets {
			if in.targets[i].value == nil {
				out = append(out, &in.targets[i])
			}
		}
		return out, true
	}
	ok := true
	seen := map[string]bool{}
	for _, name := range in.stmt.Columns {
		pos := name.Position()
		if len(name.Parts) > 1 {
			in.b.unsupported(pos, "inserting into a field of a row")
			return nil, false
		}
		n := name.Last().Name
		t := in.target(n)
		switch {
		case t == nil && in.table.Column(n) >= 0:
			in.b.fail(sqlerr.Plan, pos, "`%s` is computed and cannot be written", n)
			ok = false
		case t == nil:
			hintNear(in.b.fail(sqlerr.Name, pos, "`%s` has no column `%s`", in.table.Path.Name, n), n, in.table.ColumnNames())
			ok = false
		case seen[n]:
			in.b.fail(sqlerr.Plan, pos, "the column `%s` is given twice", n)
			ok = false
		case t.value != nil:
			in.b.fail(sqlerr.Plan, pos, "the column `%s` is given twice: PARTITION has its value", n)
			ok = false
		default:
			out = append(out, t)
		}
		seen[n] = true
	}
	return out, ok
}

// fill gives null to columns that were not given. True if one must not be null.
func (in *insertion) fill() bool {
	failed := false
	for i := range in.targets {
		t := &in.targets[i]
		if t.value != nil {
			continue
		}
		if !t.col.Type.Nullable {
			in.b.fail(sqlerr.Plan, in.stmt.Table.Position(), "the column `%s` of `%s` is NOT NULL and is not given a value", t.col.Name, in.table.Path.Name)
			failed = true
		}
		t.value = expr.Null(t.col.Type)
	}
	return failed
}

// convert casts a value to a column's type; nulls are checked when rows are
// written.
func (in *insertion) convert(e expr.Expr, c *catalog.Column, pos sqlerr.Pos, what string) (expr.Expr, bool) {
	from, to := e.Type().WithAttr(types.NoAttr), c.Type.WithAttr(types.NoAttr)
	if from.Kind != types.Null && !types.ImplicitCastable(from, deepNullable(to)) {
		in.b.fail(sqlerr.Type, pos, "%s: query gives %s, table wants %s", what, from.AsNullable(), to.AsNullable()).
			WithHint("write CAST(.. AS %s)", to.AsNullable())
		return nil, false
	}
	rows := in.nested() >= sink.NestedRows
	switch in.enforcer("type-length-enforcer") {
	case "ERROR":
		// A value is not cut on its way to the column that refuses it.
		if from.IsString() && to.Kind == types.Varchar || from.IsBinary() && to.Kind == types.Varbinary {
			return e, true
		}
	case "TRIM_PAD":
		// By way of types without a length, so that values that are longer or
		// shorter than their type says are cut and padded too.
		if free := withoutLength(to, rows); !free.EqualKind(to) {
			e = &expr.Cast{X: expr.CastTo(e, to), T: free.WithNull(from.Nullable)}
			return &expr.Cast{X: e, T: to.WithNull(from.Nullable)}, true
		}
	}
	return expr.CastTo(e, to), true
}

// enforcer gives the value of one of the options of a sink's constraints.
func (in *insertion) enforcer(name string) string {
	return strings.ToUpper(in.b.Options("table.exec.sink." + name))
}

// nested tells how deep constraints are enforced.
func (in *insertion) nested() sink.Nested {
	switch in.enforcer("nested-constraint-enforcer") {
	case "ROWS":
		return sink.NestedRows
	case "ROWS_AND_COLLECTIONS":
		return sink.NestedAll
	}
	return sink.NestedIgnore
}

// withoutLength makes text and bytes of any length of a type's own and, with
// rows, of those in ROWs.
func withoutLength(t types.Type, rows bool) types.Type {
	switch {
	case t.IsString():
		return types.String().WithNull(t.Nullable)
	case t.IsBinary():
		return types.Bytes().WithNull(t.Nullable)
	case t.Kind == types.Row && rows:
		fs := make([]types.Field, len(t.Fields))
		for i, f := range t.Fields {
			fs[i] = types.Field{Name: f.Name, Type: withoutLength(f.Type, rows)}
		}
		t.Fields = fs
	}
	return t
}

// deepNullable ignores NOT NULL inside a type.
func deepNullable(t types.Type) types.Type {
	t.Nullable = true
	if t.Elem != nil {
		e := deepNullable(*t.Elem)
		t.Elem = &e
	}
	if t.Key != nil {
		k := deepNullable(*t.Key)
		t.Key = &k
	}
	if len(t.Fields) > 0 {
		fs := make([]types.Field, len(t.Fields))
		for i, f := range t.Fields {
			fs[i] = types.Field{Name: f.Name, Type: deepNullable(f.Type)}
		}
		t.Fields = fs
	}
	return t
}

// writable lists the metadata that is written.
func (in *insertion) writable(ct *connector.Table, spec *connector.Spec) []connector.MetadataUse {
	var out []connector.MetadataUse
	for i := range in.targets {
		c := in.targets[i].col
		if c.Kind != catalog.Metadata {
			continue
		}
		m := metadataOf(spec, ct.Format, c.MetadataKey)
		if m == nil || !m.Writable {
			in.b.fail(sqlerr.Plan, in.stmt.Table.Position(), "the connector '%s' cannot write the metadata '%s' of column `%s`", spec.Name, c.MetadataKey, c.Name).
				WithHint("declare the column VIRTUAL, so that it is only read")
			continue
		}
		out = append(out, connector.MetadataUse{Key: c.MetadataKey, Type: m.Type})
	}
	return out
}

// node makes the projection to the table's columns, physical ones first, and
// the sink.
func (in *insertion) node(query plan.Node, ct *connector.Table, spec *connector.Spec, s connector.Sink) *sink.Node {
	n := &sink.Node{Table: ct, Sink: s, Conflict: conflicts[in.stmt.OnConflict], Pos: in.stmt.Pos,
		DropNulls: in.enforcer("not-null-enforcer") == "DROP"}
	nested, length := in.nested(), in.enforcer("type-length-enforcer")
	if nested == sink.NestedAll && length == "TRIM_PAD" {
		in.b.fail(sqlerr.Option, in.stmt.Pos, "values in ARRAYs and MAPs are not cut or padded: 'table.exec.sink.type-length-enforcer' = 'TRIM_PAD' does not go with 'table.exec.sink.nested-constraint-enforcer' = 'ROWS_AND_COLLECTIONS'").
			WithHint("use ROWS or ERROR")
	}
	var es []expr.Expr
	var out []plan.Field
	place := map[string]int{}
	for _, kind := range []catalog.ColumnKind{catalog.Physical, catalog.Metadata} {
		for i := range in.targets {
			t := &in.targets[i]
			if t.col.Kind != kind {
				continue
			}
			e, typ := t.value, t.col.Type
			if kind == catalog.Metadata {
				if m := metadataOf(spec, ct.Format, t.col.MetadataKey); m != nil {
					typ = m.Type
					e = expr.CastTo(e, typ)
				}
			}
			c := sink.ConstraintOf(t.col.Name, typ, !t.col.Type.Nullable && e.Type().Nullable, length == "ERROR", nested)
			if c.Column = len(es); !c.Free() {
				n.Constraints = append(n.Constraints, c)
			}
			place[t.col.Name] = len(es)
			es = append(es, e)
			out = append(out, plan.Field{Name: t.col.Name, Type: typ.WithAttr(e.Type().Attr).WithNull(e.Type().Nullable)})
		}
	}
	if in.mark != nil {
		es, out = append(es, in.mark), append(out, plan.Field{Name: markColumn, Type: in.mark.T})
	}
	for _, k := range in.table.PrimaryKey {
		n.Key = append(n.Key, place[k])
	}
	n.In = project(query, es, out)
	in.conflict(n)
	return n
}

// project computes columns with given names, or gives the node itself if they
// are its own.
func project(in plan.Node, es []expr.Expr, out []plan.Field) plan.Node {
	fs := in.Fields()
	same := len(es) == len(fs)
	for i, e := range es {
		c, ok := e.(*expr.Col)
		same = same && ok && c.Index == i && fs[i].Name == out[i].Name
	}
	if same {
		return in
	}
	return &calc.Node{In: in, Out: es, Cols: out}
}
