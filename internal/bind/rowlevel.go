package bind

import (
	"context"
	"sort"

	"github.com/weir-stream/weir/internal/catalog"
	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/rel/sink"
	"github.com/weir-stream/weir/internal/sql"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
)

// markColumn is the name of the column that says whether a row is changed.
const markColumn = "$changed"

// rowChange is UPDATE or DELETE while it is bound: a query of all rows that may
// change, each with what becomes of it, into a sink that replaces what was read.
type rowChange struct {
	b       *Binder
	at      sqlerr.Pos
	name    sql.ObjectName
	alias   *sql.Ident
	set     []sql.Assignment // nil: DELETE
	where   sql.Expr
	change  sink.Change
	table   *catalog.Table
	rewrite *connector.Rewrite
	into    *insertion
}

// BindUpdate binds UPDATE. It asks the connector what is there now, so that the
// plan is to be run at once. The error is as that of BindQuery.
func (b *Binder) BindUpdate(st *sql.Update) (*sink.Node, error) {
	return b.rowChange(&rowChange{b: b, at: st.Pos, name: st.Table, alias: st.Alias, set: st.Set, where: st.Where, change: sink.ChangeUpdate})
}

// BindDelete binds DELETE as BindUpdate does UPDATE.
func (b *Binder) BindDelete(st *sql.Delete) (*sink.Node, error) {
	return b.rowChange(&rowChange{b: b, at: st.Pos, name: st.Table, alias: st.Alias, where: st.Where, change: sink.ChangeDelete})
}

// BindTruncate gives what truncates the table.
func (b *Binder) BindTruncate(st *sql.Truncate) (connector.RowLevel, error) {
	b.begin()
	_, _, _, rows := b.rowLevel(st.Table)
	return rows, b.err()
}

func (b *Binder) rowChange(c *rowChange) (*sink.Node, error) {
	b.begin()
	n := c.bind()
	if err := b.err(); err != nil {
		return nil, err
	}
	return n, nil
}

// rowLevel finds a table whose rows can be changed; nil if an error was noted.
func (b *Binder) rowLevel(name sql.ObjectName) (*catalog.Table, *connector.Table, *connector.Spec, connector.RowLevel) {
	t := b.insertTable(&sql.Insert{At: sql.At{Pos: name.Position()}, Table: name})
	if t == nil {
		return nil, nil, nil, nil
	}
	ct, spec, ok := b.connectorTable(t, t.Options, places{at: name.Position()})
	if !ok {
		return nil, nil, nil, nil
	}
	if spec.RowLevel == nil {
		var can []string
		for n, s := range b.Connectors {
			if s.RowLevel != nil {
				can = append(can, n)
			}
		}
		sort.Strings(can)
		b.fail(sqlerr.Unsupported, name.Position(), "the connector '%s' cannot change rows of `%s`", spec.Name, t.Path.Name).
			WithHint("UPDATE, DELETE and TRUNCATE work on tables of %s", join2(can))
		return nil, nil, nil, nil
	}
	rows, err := spec.RowLevel(ct)
	if err != nil {
		b.failAt(err, name.Position())
		return nil, nil, nil, nil
	}
	return t, ct, spec, rows
}

func (c *rowChange) bind() *sink.Node {
	b := c.b
	t, ct, spec, rows := b.rowLevel(c.name)
	if t == nil {
		return nil
	}
	c.table = t
	var err error
	if c.rewrite, err = rows.Snapshot(context.Background(), c.touched(ct)); err != nil {
		b.failAt(err, c.name.Position())
		return nil
	}
	c.into = &insertion{b: b, stmt: &sql.Insert{At: sql.At{Pos: c.at}, Table: c.name}, table: t}
	for i := range t.Columns {
		if col := &t.Columns[i]; col.Persisted() {
			c.into.targets = append(c.into.targets, target{col: col, at: len(c.into.targets)})
		}
	}
	assigned := c.assigned()
	blk := b.query(c.query(assigned), nil)
	if blk.open || len(blk.bad) > 0 || !c.values(blk, assigned) {
		return nil
	}
	ct.Rewrite = c.rewrite
	ct.Metadata = c.into.writable(ct, spec)
	s, err := spec.Sink(ct)
	if err != nil {
		b.failAt(err, c.name.Position())
		return nil
	}
	c.into.mark = plan.ColOf(blk.node.Fields(), len(t.Columns))
	n := c.into.node(blk.node, ct, spec, s)
	n.Change, n.DropNulls = c.change, false // a row is not lost because it is changed
	return n
}

// assigned gives the assignment of each column of the table, nil for those that
// keep their value.
func (c *rowChange) assigned() []*sql.Assignment {
	out := make([]*sql.Assignment, len(c.table.Columns))
	for i := range c.set {
		a := &c.set[i]
		pos, name := a.Column.Position(), a.Column.Last().Name
		at := c.table.Column(name)
		switch {
		case len(a.Column.Parts) > 1 && (len(a.Column.Parts) > 2 || a.Column.Parts[0].Name != c.tableName()):
			c.b.unsupported(pos, "setting a field of a row").WithHint("set the whole column with ROW(..)")
		case at < 0:
			hintNear(c.b.fail(sqlerr.Name, pos, "`%s` has no column `%s`", c.table.Path.Name, name), name, c.table.ColumnNames())
		case !c.table.Columns[at].Persisted():
			c.b.fail(sqlerr.Plan, pos, "`%s` is computed and cannot be written", name)
		case out[at] != nil:
			c.b.fail(sqlerr.Plan, pos, "the column `%s` is given twice", name)
		default:
			out[at] = a
		}
	}
	return out
}

// tableName is what the statement's expressions call the table.
func (c *rowChange) tableName() string {
	if c.alias != nil {
		return c.alias.Name
	}
	return c.name.Last().Name
}

// query selects the columns of the table, whether the row changes, and the new
// values, which are computed for such rows only:
//
//	SELECT *, CASE WHEN $changed THEN v END, .. FROM (SELECT *, (where) IS TRUE AS $changed FROM t) AS t
func (c *rowChange) query(assigned []*sql.Assignment) *sql.Query {
	at := sql.At{Pos: c.name.Position()}
	name := sql.Ident{Name: c.tableName(), Quoted: true, Pos: at.Pos}
	column := func(s string) sql.Expr {
		return &sql.ColumnRef{At: at, Parts: []sql.Ident{{Name: s, Quoted: true, Pos: at.Pos}}}
	}
	item := func(e sql.Expr, as string) sql.SelectItem {
		return sql.SelectItem{At: at, Expr: e, Alias: &sql.Ident{Name: as, Quoted: true, Pos: at.Pos}}
	}
	inner, outer := &sql.Select{At: at}, &sql.Select{At: at}
	for _, n := range c.table.ColumnNames() {
		inner.Items = append(inner.Items, item(column(n), n))
		outer.Items = append(outer.Items, item(column(n), n))
	}
	var mark sql.Expr = &sql.BoolLit{At: at, Value: true}
	if c.where != nil {
		mark = &sql.IsExpr{At: sql.At{Pos: c.where.Position()}, X: c.where, What: "TRUE"}
	}
	inner.Items = append(inner.Items, item(mark, markColumn))
	outer.Items = append(outer.Items, item(column(markColumn), markColumn))
	inner.From = []sql.TableRef{&rewritten{&sql.TableName{At: at, Name: c.name, Alias: &sql.Alias{At: at, Name: name}}, c}}
	if c.set == nil {
		return &sql.Query{At: at, Body: inner}
	}
	for _, a := range assigned {
		if a != nil {
			v := sql.At{Pos: a.Value.Position()}
			outer.Items = append(outer.Items, item(&sql.CaseExpr{At: v, Whens: []sql.When{{Cond: column(markColumn), Result: a.Value}}}, "$"+a.Column.Last().Name))
		}
	}
	outer.From = []sql.TableRef{&sql.DerivedTable{At: at, Query: &sql.Query{At: at, Body: inner}, Alias: &sql.Alias{At: at, Name: name}}}
	return &sql.Query{At: at, Body: outer}
}

// rewritten is the table in FROM, of which only what is replaced is read.
type rewritten struct {
	*sql.TableName
	change *rowChange
}

// rewrittenTable binds the table whose rows are changed.
func (b *Binder) rewrittenTable(ref *rewritten, parent *scope) (*scope, block) {
	pos, t := ref.Name.Position(), ref.change.table
	ct, spec, ok := b.connectorTable(t, t.Options, places{at: pos})
	if !ok {
		return &scope{parent: parent, open: true}, broken()
	}
	ct.Rewrite = ref.change.rewrite
	ct.Name += " /*+ REWRITE */" // other scans of the table read all of it
	blk := b.read(t, ct, spec, pos)
	node, s := b.named(blk, ref.Name.Last().Name, ref.Alias, parent)
	blk.node = node
	return s, blk
}

// values puts the values of the query's columns into the table's.
func (c *rowChange) values(blk block, assigned []*sql.Assignment) bool {
	fs := blk.node.Fields()
	mark := plan.ColOf(fs, len(c.table.Columns))
	next, ok := len(c.table.Columns)+1, true
	for i, a := range assigned {
		t := c.into.target(c.table.Columns[i].Name)
		if t == nil {
			continue
		}
		old := plan.ColOf(fs, i)
		t.value = old
		if a == nil {
			continue
		}
		v, fits := c.into.convert(plan.ColOf(fs, next), t.col, a.Value.Position(), "SET `"+t.col.Name+"`")
		next++
		if !fits {
			ok = false
			continue
		}
		was := expr.CastTo(old, v.Type().WithAttr(types.NoAttr))
		t.value = &expr.Case{Whens: []expr.When{{Cond: mark, Then: v}}, Else: was, T: v.Type().WithAttr(types.NoAttr).AsNullable()}
	}
	return ok
}

// touched tells of each partition whether the parts of the condition that speak
// of partition columns alone let a row of it change. nil: all are touched.
func (c *rowChange) touched(ct *connector.Table) func([]*string) bool {
	if len(ct.Partitions) == 0 || c.where == nil {
		return nil
	}
	r := &relation{name: c.tableName()}
	for i, p := range ct.Partitions {
		r.cols = append(r.cols, column{name: ct.Columns[p].Name, t: ct.Columns[p].Type.AsNullable(), index: i})
	}
	v := &env{scope: &scope{rels: []*relation{r}}, clause: "WHERE", noAgg: true, noOver: true, noSub: true}
	var conds []expr.Expr
	for _, e := range andTerms(nil, c.where) {
		n := len(c.b.errs)
		x := c.b.expr(v, e)
		if len(c.b.errs) > n || x == bad {
			c.b.errs = c.b.errs[:n] // it speaks of more, or is wrong and told of later
			continue
		}
		if x.Type().Kind == types.Boolean && expr.IsDeterministic(x) {
			conds = append(conds, x)
		}
	}
	if len(conds) == 0 {
		return nil
	}
	cond := expr.AndAll(conds...)
	return func(values []*string) bool {
		by := make([]expr.Expr, len(values))
		for i, s := range values {
			by[i] = expr.Null(r.cols[i].t)
			if s != nil {
				by[i] = &expr.Cast{X: &expr.Lit{Value: *s, T: types.String().NotNull()}, T: r.cols[i].t}
			}
		}
		l, ok := expr.Fold(expr.Substitute(cond, by), c.b.Zone).(*expr.Lit)
		return !ok || l.Value == true
	}
}

// andTerms lists what AND joins.
func andTerms(dst []sql.Expr, e sql.Expr) []sql.Expr {
	if x, ok := e.(*sql.BinaryExpr); ok && x.Op == "AND" {
		return andTerms(andTerms(dst, x.L), x.R)
	}
	return append(dst, e)
}
