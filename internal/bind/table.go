package bind

import (
	"maps"
	"slices"

	"github.com/weir-stream/weir/internal/catalog"
	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/sql"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
)

// tableDef is a CREATE TABLE while it is bound.
type tableDef struct {
	b    *Binder
	stmt *sql.CreateTable
	t    *catalog.Table
	pos  map[string]sqlerr.Pos // of the options
	// how is what LIKE does with each feature, inherited the columns it brought.
	how       map[string]string
	inherited map[string]bool
}

// BindCreateTable checks a definition: types, expressions, keys, and by asking
// the connector, options. A table comes with an error too: put into the
// overlay, it keeps its uses from being reported again.
func (b *Binder) BindCreateTable(st *sql.CreateTable) (*catalog.Table, error) {
	b.begin()
	d := &tableDef{b: b, stmt: st, t: &catalog.Table{Temporary: st.Temporary}, pos: map[string]sqlerr.Pos{}}
	path, ok := catalog.Resolve(st.Name.Strings(), b.CurrentCatalog, b.CurrentDatabase)
	if !ok {
		b.fail(sqlerr.Name, st.Name.Position(), "a table's name has at most three parts: catalog.database.table")
	}
	d.t.Path = path
	if st.Comment != nil {
		d.t.Comment = st.Comment.Value
	}
	d.define()
	if err := b.err(); err != nil {
		d.t.Broken = true
		return d.t, err
	}
	return d.t, nil
}

func (d *tableDef) define() {
	st := d.stmt
	if st.As != nil && !d.fromQuery() { // what is wrong with its columns is not theirs
		d.options()
		return
	}
	if st.Like != nil && !d.like(st.Like) {
		return
	}
	d.columns()
	d.options()
	d.expressions()
	d.key()
	d.partitions()
	d.distribution()
	d.checkConnector()
}

// columns adds the columns that are written; those beside a query's come before
// them, as in Flink.
func (d *tableDef) columns() {
	fromQuery := d.t.Columns
	if d.stmt.As != nil {
		defer func() {
			n := len(fromQuery)
			d.t.Columns = append(append([]catalog.Column(nil), d.t.Columns[n:]...), d.t.Columns[:n]...)
		}()
	}
	if d.undeclared() {
		d.inferred()
	}
	for i := range d.stmt.Columns {
		c := &d.stmt.Columns[i]
		if at := d.t.Column(c.Name.Name); at >= 0 {
			if d.stmt.As != nil && c.Kind == sql.PhysicalColumn {
				d.t.Columns[at].Type, _ = d.b.typeOf(c.Type)
				continue
			}
			if d.inherited[c.Name.Name] {
				d.overwrite(c, at)
				continue
			}
			d.b.fail(sqlerr.Name, c.Name.Pos, "there are two columns `%s`", c.Name.Name)
			continue
		}
		d.t.Columns = append(d.t.Columns, d.column(c))
	}
}

// undeclared reports whether there are no columns, or none but computed ones over those
// that the connector knows.
func (d *tableDef) undeclared() bool {
	for i := range d.stmt.Columns {
		if d.stmt.Columns[i].Kind != sql.ComputedColumn {
			return false
		}
	}
	name, _ := d.given().Get("connector")
	spec := d.b.Connectors[name]
	return len(d.t.Columns) == 0 && (len(d.stmt.Columns) == 0 || spec != nil && spec.Columns != nil)
}

func (d *tableDef) column(c *sql.ColumnDef) catalog.Column {
	out := catalog.Column{Name: c.Name.Name, Virtual: c.Virtual}
	if c.Comment != nil {
		out.Comment = c.Comment.Value
	}
	switch c.Kind {
	case sql.PhysicalColumn:
		out.Type, _ = d.b.typeOf(c.Type)
	case sql.MetadataColumn:
		out.Kind, out.MetadataKey = catalog.Metadata, c.Name.Name
		out.Type, _ = d.b.typeOf(c.Type)
		if c.MetadataKey != nil {
			out.MetadataKey = c.MetadataKey.Value
		}
	case sql.ComputedColumn:
		out.Kind, out.Expr = catalog.Computed, sql.Print(c.Expr)
	}
	return out
}

// inferred asks the connector for the columns of a table that declares none.
func (d *tableDef) inferred() {
	if d.stmt.As != nil || d.stmt.Like != nil {
		return
	}
	opts := d.given()
	name, _ := opts.Get("connector")
	spec := d.b.Connectors[name]
	if spec == nil {
		return // reported with the options
	}
	if spec.Columns == nil {
		d.b.fail(sqlerr.Plan, d.stmt.Name.Position(), "the table `%s` has no columns", d.t.Path.Name)
		return
	}
	d.t.Options = opts
	ct, _, ok := d.b.connectorTable(d.t, opts, d.places())
	if !ok {
		return
	}
	found, err := spec.Columns(contextOf(d.b), ct)
	if err != nil {
		d.b.failAt(err, d.stmt.Name.Position())
		return
	}
	d.take(found)
}

// take puts what was found out of the table into its definition.
func (d *tableDef) take(found *connector.Inferred) {
	for _, c := range found.Columns {
		d.t.Columns = append(d.t.Columns, catalog.Column{Name: c.Name, Type: c.Type})
	}
	if d.t.Inferred = found.How; found.How != "" {
		d.b.extension(d.stmt.Name.Position(), "a table without columns")
	}
	for _, k := range slices.Sorted(maps.Keys(found.Options)) {
		d.t.Options = d.t.Options.With(k, found.Options[k])
	}
	if len(d.stmt.Constraints) == 0 {
		for _, k := range found.PrimaryKey {
			if at := d.t.Column(k); at >= 0 {
				d.t.Columns[at].Type.Nullable = false
				d.t.PrimaryKey = append(d.t.PrimaryKey, k)
			}
		}
	}
}

func (d *tableDef) places() places {
	cols := map[string]sqlerr.Pos{}
	for i := range d.stmt.Columns {
		cols[d.stmt.Columns[i].Name.Name] = d.stmt.Columns[i].Pos
	}
	return places{at: d.stmt.Name.Position(), options: d.pos, columns: cols}
}

// given gives the options as written over those of LIKE.
func (d *tableDef) given() catalog.Options {
	opts := d.t.Options
	for _, o := range d.stmt.Options {
		opts = opts.With(o.Key.Value, o.Value.Value)
		d.pos[o.Key.Value] = sqlerr.Pos{Start: o.Key.Pos.Start, End: o.Value.Pos.End}
	}
	return opts
}

func (d *tableDef) options() {
	seen := map[string]bool{}
	for _, o := range d.stmt.Options {
		if seen[o.Key.Value] {
			d.b.fail(sqlerr.Option, o.Key.Pos, "the option '%s' is given twice", o.Key.Value)
		}
		seen[o.Key.Value] = true
	}
	d.t.Options = d.given()
}

// expressions binds computed columns, which see physical and metadata columns,
// and the watermark, which sees all.
func (d *tableDef) expressions() {
	b := d.b
	s := &scope{rels: []*relation{{name: d.t.Path.Name}}}
	add := func(c *catalog.Column, broken bool) {
		r := s.rels[0]
		r.cols = append(r.cols, column{name: c.Name, t: c.Type, index: len(r.cols), bad: broken})
	}
	for i := range d.t.Columns {
		if c := &d.t.Columns[i]; c.Kind != catalog.Computed {
			add(c, c.Type.Kind == types.Null)
		}
	}
	inner := &scope{rels: []*relation{{name: d.t.Path.Name, cols: s.rels[0].cols}}}
	for i := range d.t.Columns {
		c := &d.t.Columns[i]
		if c.Kind != catalog.Computed {
			continue
		}
		e := d.computed(inner, c)
		if e != bad {
			c.Type = e.Type()
		}
		add(c, e == bad)
	}
	if len(d.stmt.Watermarks) > 1 {
		b.fail(sqlerr.Plan, d.stmt.Watermarks[1].Pos, "a table has at most one WATERMARK")
	}
	if len(d.stmt.Watermarks) > 0 {
		d.watermark(s, &d.stmt.Watermarks[0])
	} else if d.t.Watermark != nil {
		d.keepWatermark(s)
	}
}

// keepWatermark checks a watermark that the table has from another one.
func (d *tableDef) keepWatermark(s *scope) {
	w := d.t.Watermark
	x, err := sql.ParseExpr(w.Expr)
	if err != nil {
		d.b.failAt(err, d.stmt.Name.Position())
		return
	}
	n := len(d.b.errs)
	d.watermark(s, &sql.WatermarkDef{At: sql.At{Pos: d.stmt.Name.Position()}, Column: sql.ObjectName{Parts: []sql.Ident{{Name: w.Column}}}, Expr: x})
	for _, e := range d.b.errs[n:] {
		e.Msg, e.Pos = "in the WATERMARK of `"+w.Column+"`: "+e.Msg, d.stmt.Name.Position()
	}
}

func (d *tableDef) computed(s *scope, c *catalog.Column) expr.Expr {
	for i := range d.stmt.Columns {
		def := &d.stmt.Columns[i]
		if def.Name.Name != c.Name || def.Kind != sql.ComputedColumn {
			continue
		}
		e := bad
		d.b.expanded(0, func() {
			e = d.b.expr(&env{scope: s, clause: "a computed column", noAgg: true, noOver: true, noSub: true}, def.Expr)
		})
		c.Expr = sql.Print(def.Expr)
		return e
	}
	return d.b.textExpr(s, c.Expr, "computed column `"+c.Name+"`", d.stmt.Name.Position()) // from LIKE
}

func (d *tableDef) watermark(s *scope, w *sql.WatermarkDef) {
	b := d.b
	pos := w.Column.Position()
	if len(w.Column.Parts) > 1 {
		b.unsupported(pos, "WATERMARK for a field of a row").WithHint("add a computed column: ts AS %s", w.Column)
		return
	}
	name := w.Column.Last().Name
	at := d.t.Column(name)
	if at < 0 {
		hintNear(b.fail(sqlerr.Name, pos, "`%s` has no column `%s`", d.t.Path.Name, name), name, d.t.ColumnNames())
		b.expr(&env{scope: s, clause: "WATERMARK", noAgg: true, noOver: true, noSub: true}, w.Expr)
		return
	}
	e := bad
	b.expanded(0, func() {
		e = b.expr(&env{scope: s, clause: "WATERMARK", noAgg: true, noOver: true, noSub: true}, w.Expr)
	})
	t := d.t.Columns[at].Type
	if s.rels[0].badColumn(name) {
		return
	}
	if !t.IsTimestamp() || t.Prec > 3 {
		b.fail(sqlerr.Type, pos, "the rowtime column `%s` must be TIMESTAMP(3) or TIMESTAMP_LTZ(3) or coarser, but it is %s", name, t.AsNullable().WithAttr(types.NoAttr)).
			WithHint("declare it as TIMESTAMP(3), or add a computed column: ts AS CAST(`%s` AS TIMESTAMP(3))", name)
		return
	}
	if e != bad && (!e.Type().IsTimestamp() || e.Type().Prec > 3) {
		b.fail(sqlerr.Type, w.Expr.Position(), "the watermark must be TIMESTAMP(3) or TIMESTAMP_LTZ(3), but it is %s", e.Type().AsNullable().WithAttr(types.NoAttr))
		return
	}
	d.t.Watermark = &catalog.Watermark{Column: name, Expr: sql.Print(w.Expr)}
}

func (r *relation) badColumn(name string) bool {
	for _, c := range r.cols {
		if c.name == name && c.bad {
			return true
		}
	}
	return false
}

// key checks PRIMARY KEY, at the table or at a column.
func (d *tableDef) key() {
	b := d.b
	constraints := append([]sql.ConstraintDef(nil), d.stmt.Constraints...)
	for i := range d.stmt.Columns {
		if c := &d.stmt.Columns[i]; c.Constraint != nil {
			k := *c.Constraint
			k.Columns = []sql.Ident{c.Name}
			constraints = append(constraints, k)
		}
	}
	for i := range constraints {
		k := &constraints[i]
		switch {
		case k.Kind != "PRIMARY KEY":
			b.unsupported(k.Pos, k.Kind)
		case k.Enforced != "NOT ENFORCED":
			b.unsupported(k.Pos, "PRIMARY KEY ENFORCED").WithHint("write PRIMARY KEY (..) NOT ENFORCED: the data is in another system's hands")
		case i > 0 || len(d.t.PrimaryKey) > 0:
			d.secondKey(k)
		default:
			d.primaryKey(k)
		}
	}
}

func (d *tableDef) secondKey(k *sql.ConstraintDef) {
	if l := d.stmt.Like; l != nil && len(d.t.PrimaryKey) > 0 {
		d.b.fail(sqlerr.Plan, k.Pos, "`%s` has a PRIMARY KEY already", l.Table.Last().Name).WithHint("write LIKE %s (EXCLUDING CONSTRAINTS)", l.Table)
		return
	}
	d.b.fail(sqlerr.Plan, k.Pos, "a table has at most one PRIMARY KEY")
}

func (d *tableDef) primaryKey(k *sql.ConstraintDef) {
	if k.Name != nil {
		d.t.KeyName = k.Name.Name
	}
	for _, id := range k.Columns {
		at := d.t.Column(id.Name)
		switch {
		case at < 0:
			hintNear(d.b.fail(sqlerr.Name, id.Pos, "`%s` has no column `%s`", d.t.Path.Name, id.Name), id.Name, d.t.ColumnNames())
			continue
		case d.t.Columns[at].Kind != catalog.Physical:
			d.b.fail(sqlerr.Plan, id.Pos, "the primary key column `%s` must be a physical column", id.Name)
			continue
		case slices.Contains(d.t.PrimaryKey, id.Name):
			d.b.fail(sqlerr.Plan, id.Pos, "the column `%s` is twice in the primary key", id.Name)
			continue
		}
		d.t.Columns[at].Type.Nullable = false
		d.t.PrimaryKey = append(d.t.PrimaryKey, id.Name)
	}
}

func (d *tableDef) partitions() {
	if l := d.stmt.Like; l != nil && len(d.stmt.PartitionedBy) > 0 && len(d.t.PartitionedBy) > 0 {
		d.b.fail(sqlerr.Plan, d.stmt.PartitionedBy[0].Pos, "`%s` is partitioned already", l.Table.Last().Name).WithHint("write LIKE %s (EXCLUDING PARTITIONS)", l.Table)
		return
	}
	for _, id := range d.stmt.PartitionedBy {
		at := d.t.Column(id.Name)
		if at < 0 {
			hintNear(d.b.fail(sqlerr.Name, id.Pos, "`%s` has no column `%s`", d.t.Path.Name, id.Name), id.Name, d.t.ColumnNames())
			continue
		}
		if d.t.Columns[at].Kind != catalog.Physical {
			d.b.fail(sqlerr.Plan, id.Pos, "the partition column `%s` must be a physical column", id.Name)
			continue
		}
		d.t.PartitionedBy = append(d.t.PartitionedBy, id.Name)
	}
}

// checkConnector lets the connector look at the table, as it would be read and
// as it would be written: the table is refused if neither works.
func (d *tableDef) checkConnector() {
	if d.b.trusting {
		return
	}
	pos := d.stmt.Name.Position()
	ct, spec, ok := d.b.connectorTable(d.t, d.t.Options, d.places())
	if !ok || len(d.b.errs) > 0 {
		return
	}
	var err error
	tried := false
	for _, end := range []func(*connector.Table) error{
		func(t *connector.Table) error {
			if spec.Source == nil {
				return errNone
			}
			_, err := spec.Source(t)
			return err
		},
		func(t *connector.Table) error {
			if spec.Sink == nil {
				return errNone
			}
			_, err := spec.Sink(t)
			return err
		},
	} {
		switch e := end(ct); {
		case e == errNone:
		case e == nil:
			return
		case !tried:
			tried, err = true, e
		}
	}
	if tried {
		d.b.failAt(err, pos)
	}
}
