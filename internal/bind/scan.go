package bind

import (
	"sort"
	"strings"

	"github.com/weir-stream/weir/internal/catalog"
	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/format"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/rel/calc"
	"github.com/weir-stream/weir/internal/rel/scan"
	"github.com/weir-stream/weir/internal/rel/side"
	"github.com/weir-stream/weir/internal/secret"
	"github.com/weir-stream/weir/internal/sql"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
)

// scan binds the reading of a table: all physical and metadata columns, then a
// projection for computed columns and the declared order.
func (b *Binder) scan(t *catalog.Table, hints []sql.Hint, pos sqlerr.Pos) block {
	if t.Broken {
		b.silenced = true
		return broken()
	}
	ct, spec, ok := b.connectorTable(t, b.withHints(t, hints), places{at: pos})
	if !ok {
		return broken()
	}
	for _, key := range []string{side.LateOption, "weir.allowed-lateness", connector.DeadLetterOption} {
		if ct.Options.IsSet(key) {
			b.extension(pos, "the option '"+key+"'")
		}
	}
	if !b.tasksOption(ct, "scan.parallelism", pos) {
		return broken()
	}
	if !b.alignment(t, ct, pos) {
		return broken()
	}
	if err := connector.CheckDeadLetters(spec, &ct.Resolved); err != nil {
		b.failAt(err, pos)
		return broken()
	}
	ct.Name += hintText(hints) // scans with other options are other scans
	return b.read(t, ct, spec, pos)
}

// alignment checks that a source which waits for others can be compared with them.
func (b *Binder) alignment(t *catalog.Table, ct *connector.Table, pos sqlerr.Pos) bool {
	const group, drift = "scan.watermark.alignment.group", "scan.watermark.alignment.max-drift"
	switch given := ct.Options.IsSet; {
	case given(group) && !given(drift):
		b.fail(sqlerr.Option, pos, "the option '%s' of %s needs '%s'", group, ct.Name, drift).WithHint("such as '%s' = '1 min': how far its partitions may be ahead of the others", drift)
	case given(drift) && !given(group):
		b.fail(sqlerr.Option, pos, "the option '%s' of %s needs '%s'", drift, ct.Name, group).WithHint("sources of one group wait for each other; a group of one is fine, its partitions do")
	case given(group) && t.Watermark == nil:
		b.fail(sqlerr.Option, pos, "the option '%s' of %s has no effect: the table has no watermark", group, ct.Name).WithHint("declare one: WATERMARK FOR ts AS ts - INTERVAL '5' SECOND")
	default:
		return true
	}
	return false
}

// tasksOption checks a number of tasks.
func (b *Binder) tasksOption(ct *connector.Table, key string, pos sqlerr.Pos) bool {
	if !ct.Options.IsSet(key) || ct.Options.Int(key) > 0 {
		return true
	}
	b.fail(sqlerr.Option, pos, "the option '%s' of %s is %d, which is not a number of tasks", key, ct.Name, ct.Options.Int(key)).WithHint("give it 1 or more, or leave it out for the job's parallelism")
	return false
}

// read scans a table that was described to its connector.
func (b *Binder) read(t *catalog.Table, ct *connector.Table, spec *connector.Spec, pos sqlerr.Pos) block {
	if spec.Source == nil {
		b.fail(sqlerr.Plan, pos, "the connector '%s' cannot be read, so `%s` can only be written", spec.Name, t.Path.Name)
		return broken()
	}
	b.touched(t, ct, spec, false)
	src, err := spec.Source(ct)
	if err != nil {
		b.failAt(err, pos)
		return broken()
	}
	node := &scan.Node{Table: ct, Source: src, Pos: b.origin("", pos).At}
	for i, c := range ct.Columns {
		node.Want = append(node.Want, i)
		node.Output = append(node.Output, plan.Field{Name: c.Name, Type: c.Type})
	}
	for i, m := range ct.Metadata {
		node.Meta = append(node.Meta, i)
		node.Output = append(node.Output, plan.Field{Name: "$meta." + m.Key, Type: m.Type})
	}
	return b.declared(t, ct, node, pos)
}

// withHints merges the OPTIONS hints into a table's options.
func (b *Binder) withHints(t *catalog.Table, hints []sql.Hint) catalog.Options {
	opts := t.Options
	b.checkTableHints(hints)
	for i := range hints {
		h := &hints[i]
		if h.Name != "OPTIONS" {
			continue
		}
		if b.Options("table.dynamic-table-options.enabled") == "false" {
			b.fail(sqlerr.Option, h.Pos, "the hint OPTIONS is switched off").WithHint("SET 'table.dynamic-table-options.enabled' = 'true'")
			continue
		}
		for _, a := range h.Args {
			if a.Key == "connector" {
				b.fail(sqlerr.Option, a.Pos, "the hint OPTIONS cannot change the connector")
				continue
			}
			opts = opts.With(a.Key, a.Value)
		}
	}
	return opts
}

// places tell where a table and its parts were written; only at must be set.
type places struct {
	at      sqlerr.Pos
	options map[string]sqlerr.Pos
	columns map[string]sqlerr.Pos
}

func (p places) option(key string) sqlerr.Pos {
	if pos, ok := p.options[key]; ok {
		return pos
	}
	return p.at
}

func (p places) column(name string) sqlerr.Pos {
	if pos, ok := p.columns[name]; ok {
		return pos
	}
	return p.at
}

// hintText prints the OPTIONS hints as they are written, but for passwords.
func hintText(hints []sql.Hint) string {
	s := ""
	for _, h := range hints {
		if h.Name != "OPTIONS" {
			continue
		}
		for _, a := range h.Args {
			if s != "" {
				s += ", "
			}
			shown := catalog.Masked(catalog.Options{{Key: a.Key, Value: a.Value}})[0]
			s += sql.QuoteString(a.Key) + "=" + sql.QuoteString(shown.Value)
		}
	}
	if s == "" {
		return ""
	}
	return " /*+ OPTIONS(" + s + ") */"
}

// connectorTable describes a table to its connector.
func (b *Binder) connectorTable(t *catalog.Table, opts catalog.Options, where places) (*connector.Table, *connector.Spec, bool) {
	spec, ok := b.connector(opts, where)
	if !ok {
		return nil, nil, false
	}
	for _, x := range opts {
		if secret.Has(x.Value) {
			b.extension(where.option(x.Key), "a secret as ${env:NAME} or ${file:PATH}")
		}
	}
	o, err := b.Env.Resolve(t.Path.String(), spec, opts.Map(), where.option)
	if err != nil {
		b.failAt(err, where.at)
		o, ok = &connector.Resolved{}, false
	}
	b.formatExtensions(o, where)
	ct := &connector.Table{Name: t.Path.String(), Resolved: *o, Parallelism: b.Parallelism, Batch: b.Batch, Env: b.Env}
	at := map[string]int{}
	for i := range t.Columns {
		switch c := &t.Columns[i]; c.Kind {
		case catalog.Physical:
			at[c.Name] = len(ct.Columns)
			ct.Columns = append(ct.Columns, format.Column{Name: c.Name, Type: c.Type.WithAttr(types.NoAttr)})
		case catalog.Metadata:
			m := metadataOf(spec, o.Format, c.MetadataKey)
			if m == nil {
				b.noMetadata(spec, c, where.column(c.Name))
				ok = false
				continue
			}
			if c.Type.Kind != types.Null && !types.Castable(m.Type, c.Type) {
				b.fail(sqlerr.Type, where.column(c.Name), "the metadata '%s' is %s, which cannot be cast to %s", m.Key, m.Type.AsNullable(), c.Type.AsNullable())
				ok = false
			}
			ct.Metadata = append(ct.Metadata, connector.MetadataUse{Key: c.MetadataKey, Type: m.Type})
		}
	}
	ct.Estimate = estimate(t, ct)
	for _, k := range t.PrimaryKey {
		ct.PrimaryKey = append(ct.PrimaryKey, at[k])
	}
	for _, p := range t.PartitionedBy {
		ct.Partitions = append(ct.Partitions, at[p])
	}
	return ct, spec, ok
}

// estimate gives the connector's table what ANALYZE TABLE found.
func estimate(t *catalog.Table, ct *connector.Table) *connector.Estimate {
	if t.Statistics == nil || t.Statistics.Rows < 0 {
		return nil
	}
	e := &connector.Estimate{Rows: t.Statistics.Rows, Distinct: make([]int64, len(ct.Columns))}
	for i, c := range ct.Columns {
		if st, ok := t.Statistics.Columns[c.Name]; ok {
			e.Distinct[i] = max(st.Distinct, 0)
		}
	}
	return e
}

// metadataOf finds the metadata of a connector or, of a table whose records are
// messages, of its format, by key.
func metadataOf(spec *connector.Spec, f *format.Spec, key string) *connector.MetadataColumn {
	if own, ok := strings.CutPrefix(key, connector.FormatMetadata); ok && spec.Keyed && f != nil {
		for _, m := range f.Metadata {
			if m.Key == own {
				return &connector.MetadataColumn{Key: key, Type: m.Type, Doc: m.Doc}
			}
		}
	}
	for i := range spec.Metadata {
		if spec.Metadata[i].Key == key {
			return &spec.Metadata[i]
		}
	}
	return nil
}

func (b *Binder) noMetadata(spec *connector.Spec, c *catalog.Column, pos sqlerr.Pos) {
	var keys []string
	for _, m := range spec.Metadata {
		keys = append(keys, m.Key)
	}
	e := b.fail(sqlerr.Name, pos, "the connector '%s' has no metadata '%s' for column `%s`", spec.Name, c.MetadataKey, c.Name)
	near, ok := sqlerr.Nearest(c.MetadataKey, keys)
	switch {
	case len(keys) == 0:
		e.WithHint("it has no metadata columns")
	case ok:
		e.WithHint("did you mean '%s'?", near)
	default:
		e.WithHint("it has %s", join2(keys))
	}
}

// connector finds the connector that a table names.
func (b *Binder) connector(opts catalog.Options, where places) (*connector.Spec, bool) {
	name, ok := opts.Get("connector")
	if !ok {
		b.fail(sqlerr.Option, where.at, "the table has no option 'connector'").WithHint("write WITH ('connector' = '..', ..)")
		return nil, false
	}
	if spec := b.Connectors[name]; spec != nil {
		return spec, true
	}
	names := make([]string, 0, len(b.Connectors))
	for n := range b.Connectors {
		names = append(names, n)
	}
	sort.Strings(names)
	e := b.fail(sqlerr.Option, where.option("connector"), "there is no connector '%s'", name)
	if near, ok := sqlerr.Nearest(name, names); ok {
		e.WithHint("did you mean '%s'?", near)
	} else {
		e.WithHint("connectors are %s", join2(names))
	}
	return nil, false
}

func join2(names []string) string {
	s := ""
	for i, n := range names {
		if i > 0 {
			s += ", "
		}
		s += n
	}
	return s
}

// declared puts the columns of a scan into their declared order, computes the
// computed ones, and attaches the watermark.
func (b *Binder) declared(t *catalog.Table, ct *connector.Table, node *scan.Node, pos sqlerr.Pos) block {
	es := b.columnExprs(t, node.Output, len(ct.Columns), pos)
	if es == nil {
		return broken()
	}
	attr := b.watermark(t, ct, node, es, pos)
	plain := len(es) == len(node.Output)
	out := make([]plan.Field, len(es))
	for i, e := range es {
		out[i] = plan.Field{Name: t.Columns[i].Name, Type: e.Type()}
		if i == attr {
			out[i].Type = out[i].Type.WithAttr(types.Rowtime)
		}
		c, ok := e.(*expr.Col)
		plain = plain && ok && c.Index == i
		if ok && i == attr {
			node.Output[c.Index].Type = out[i].Type
			d := *c
			d.T = out[i].Type
			es[i] = &d
		}
	}
	if plain {
		for i := range out {
			node.Output[i].Name = out[i].Name
		}
		return block{node: node}
	}
	return block{node: &calc.Node{In: node, Out: es, Cols: out}}
}

// columnExprs gives the declared columns over the output of a scan; nil if one
// could not be bound.
func (b *Binder) columnExprs(t *catalog.Table, in []plan.Field, physical int, pos sqlerr.Pos) []expr.Expr {
	es := make([]expr.Expr, len(t.Columns))
	s := &scope{rels: []*relation{{name: t.Path.Name}}}
	phys, meta := 0, physical
	for i := range t.Columns {
		c := &t.Columns[i]
		at := -1
		switch c.Kind {
		case catalog.Physical:
			at = phys
			phys++
		case catalog.Metadata:
			at = meta
			meta++
		default:
			continue
		}
		col := plan.ColOf(in, at)
		col.Name = c.Name
		es[i] = col
		if c.Kind == catalog.Metadata && !c.Type.EqualKind(col.T) {
			es[i] = &expr.Cast{X: col, T: c.Type.WithNull(c.Type.Nullable || col.T.Nullable)}
		}
		s.merged = append(s.merged, mergedCol{c.Name, es[i]})
	}
	for i := range t.Columns {
		if c := &t.Columns[i]; c.Kind == catalog.Computed {
			if es[i] = b.textExpr(s, c.Expr, "computed column `"+c.Name+"`", pos); es[i] == bad {
				return nil
			}
		}
	}
	return es
}

// textExpr binds an expression that the catalog keeps as text.
func (b *Binder) textExpr(s *scope, src, what string, pos sqlerr.Pos) expr.Expr {
	e, err := sql.ParseExpr(src)
	if err != nil {
		b.failAt(err, pos)
		return bad
	}
	n := len(b.errs)
	x := b.expr(&env{scope: s, clause: what, noAgg: true, noOver: true, noSub: true}, e)
	for _, e := range b.errs[n:] {
		e.Msg, e.Pos = "in the "+what+": "+e.Msg, pos
	}
	return x
}

// watermark attaches the watermark to a scan and gives the ordinal of the
// rowtime column among the declared ones, -1 if there is none. A batch reads all
// rows whatever their order, so that none is late: it only marks the column.
func (b *Binder) watermark(t *catalog.Table, ct *connector.Table, node *scan.Node, es []expr.Expr, pos sqlerr.Pos) int {
	w := t.Watermark
	if w == nil {
		return -1
	}
	at := t.Column(w.Column)
	if at < 0 {
		return -1
	}
	if b.Batch {
		return at
	}
	s := &scope{rels: []*relation{{name: t.Path.Name}}}
	for i := range t.Columns {
		s.merged = append(s.merged, mergedCol{t.Columns[i].Name, es[i]})
	}
	x := b.textExpr(s, w.Expr, "watermark of `"+w.Column+"`", pos)
	if x == bad {
		return -1
	}
	m := &scan.Watermark{Col: -1, Expr: x, EmitMs: b.duration("pipeline.auto-watermark-interval", 200)}
	if c, ok := es[at].(*expr.Col); ok {
		m.Col = c.Index
	}
	m.IdleMs = b.duration("table.exec.source.idle-timeout", 0)
	if ct.Options.IsSet("scan.watermark.idle-timeout") {
		m.IdleMs = ct.Options.DurationMs("scan.watermark.idle-timeout")
	}
	if ct.Options.String("scan.watermark.emit.strategy") == "on-event" {
		m.EmitMs = 0
	}
	node.Mark = m
	return at
}

// duration gives a session option in ms.
func (b *Binder) duration(key string, dflt int64) int64 {
	v := b.Options(key)
	if v == "" {
		return dflt
	}
	ms, err := connector.ParseDuration(v)
	if err != nil {
		return dflt
	}
	return ms
}

// fileTable reads a file with an inferred schema.
func (b *Binder) fileTable(f *sql.FileTable) block {
	b.extension(f.Pos, "a file as a table")
	if b.InferTable == nil {
		b.unsupported(f.Pos, "a file as a table")
		return broken()
	}
	ct, err := b.InferTable(f.Path.Value)
	if err != nil {
		b.failAt(err, f.Path.Pos)
		return broken()
	}
	spec := b.Connectors["filesystem"]
	if spec == nil || spec.Source == nil {
		b.unsupported(f.Pos, "a file as a table")
		return broken()
	}
	b.touched(&catalog.Table{Path: catalog.Path{Name: ct.Name}}, ct, spec, false)
	src, err := spec.Source(ct)
	if err != nil {
		b.failAt(err, f.Path.Pos)
		return broken()
	}
	node := &scan.Node{Table: ct, Source: src}
	for i, c := range ct.Columns {
		node.Want = append(node.Want, i)
		node.Output = append(node.Output, plan.Field{Name: c.Name, Type: c.Type})
	}
	return block{node: node}
}
