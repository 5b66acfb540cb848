package bind

import (
	"github.com/weir-stream/weir/internal/catalog"
	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/rel/apply"
	"github.com/weir-stream/weir/internal/rel/calc"
	"github.com/weir-stream/weir/internal/rel/join"
	"github.com/weir-stream/weir/internal/rel/values"
	"github.com/weir-stream/weir/internal/sql"
	"github.com/weir-stream/weir/internal/sqlerr"
)

// from binds the FROM clause: elements joined by commas are cross joins, which
// rules turn into better ones.
func (b *Binder) from(refs []sql.TableRef, parent *scope) (plan.Node, *scope) {
	if len(refs) == 0 {
		return &values.Node{Rows: [][]expr.Expr{{}}}, &scope{parent: parent}
	}
	node, s := b.tableRef(refs[0], parent)
	for _, r := range refs[1:] {
		node, s = b.joinRefs(node, s, r, &sql.Join{Kind: sql.CrossJoin, At: sql.At{Pos: r.Position()}})
	}
	return node, s
}

// tableRef binds an element of FROM that does not see its neighbours.
func (b *Binder) tableRef(ref sql.TableRef, parent *scope) (plan.Node, *scope) {
	switch ref := ref.(type) {
	case *sql.TableName:
		if ref.AsOf != nil {
			b.unsupported(ref.AsOf.Position(), "FOR SYSTEM_TIME AS OF outside a join").
				WithHint("it joins each row with the version of a table at its time: FROM a JOIN b FOR SYSTEM_TIME AS OF a.ts ON ..")
		}
		return b.tableName(ref, parent)
	case *rewritten:
		s, blk := b.rewrittenTable(ref, parent)
		return blk.node, s
	case *sql.FileTable:
		blk := b.fileTable(ref)
		return b.named(blk, "", ref.Alias, parent)
	case *sql.DerivedTable:
		return b.named(b.query(ref.Query, parent), "", ref.Alias, parent, soleColumn(ref.Query))
	case *sql.Join:
		return b.join(ref, parent)
	case *sql.ParenTable:
		return b.parenTable(ref, parent)
	case *sql.TableFunc:
		if b.correlates(ref) {
			return b.uncorrelated(ref, parent)
		}
		return b.named(b.tableFunc(ref, parent), "", ref.Alias, parent)
	case *sql.Unnest:
		node, s := &values.Node{Rows: [][]expr.Expr{{}}}, &scope{parent: parent}
		return b.unnest(node, s, ref, false)
	case *sql.MatchRecognize:
		return b.matchRecognize(ref, parent)
	case *sql.Pivot:
		return b.pivot(ref, parent)
	case *sql.Unpivot:
		return b.unpivot(ref, parent)
	}
	b.unsupported(ref.Position(), "this element of FROM")
	return broken().node, &scope{parent: parent, open: true}
}

func is[T any](x any) bool {
	_, ok := x.(T)
	return ok
}

// soleColumn reports whether a query is VALUES, whose only column takes the
// table's alias as its name.
func soleColumn(q *sql.Query) bool {
	_, ok := q.Body.(*sql.Values)
	return ok
}

// named makes the scope of a block with an alias.
func (b *Binder) named(blk block, name string, alias *sql.Alias, parent *scope, sole ...bool) (plan.Node, *scope) {
	if alias == nil {
		return blk.node, &scope{parent: parent, rels: []*relation{relationOf(name, blk, 0)}, open: blk.open}
	}
	r := relationOf(alias.Name.Name, blk, 0)
	if !b.renameColumns(r, alias, blk.open) {
		blk.open = true
	}
	if len(alias.Columns) == 0 && len(r.cols) == 1 && len(sole) > 0 && sole[0] {
		r.cols[0].name = alias.Name.Name
	}
	return blk.node, &scope{parent: parent, rels: []*relation{r}, open: blk.open}
}

// renameColumns gives a relation the names of its alias; false if there are too
// few or too many.
func (b *Binder) renameColumns(r *relation, alias *sql.Alias, open bool) bool {
	if len(alias.Columns) == 0 {
		return true
	}
	if len(alias.Columns) != len(r.cols) && !open {
		b.fail(sqlerr.Plan, alias.Pos, "`%s` has %s, but %s given", alias.Name.Name, plural(len(r.cols), "column"), plural(len(alias.Columns), "name"))
		return false
	}
	for i := range alias.Columns {
		if i < len(r.cols) {
			r.cols[i].name = alias.Columns[i].Name
		}
	}
	return true
}

func (b *Binder) parenTable(ref *sql.ParenTable, parent *scope) (plan.Node, *scope) {
	node, s := b.tableRef(ref.Input, parent)
	r := &relation{name: ref.Alias.Name.Name}
	for _, in := range s.rels {
		r.cols = append(r.cols, in.cols...)
	}
	ok := b.renameColumns(r, ref.Alias, s.open)
	return node, &scope{parent: parent, rels: []*relation{r}, open: s.open || !ok}
}

// tableName binds a name: a WITH query, a table, or a view.
func (b *Binder) tableName(ref *sql.TableName, parent *scope) (plan.Node, *scope) {
	blk := b.namedTable(&ref.Name, ref.Hints, parent)
	node, s := b.named(blk, ref.Name.Last().Name, ref.Alias, parent)
	if ref.Alias == nil {
		if p, ok := catalog.Resolve(ref.Name.Strings(), b.CurrentCatalog, b.CurrentDatabase); ok {
			s.rels[0].path = []string{p.Catalog, p.Database, p.Name}
		}
	}
	return node, s
}

func (b *Binder) namedTable(name *sql.ObjectName, hints []sql.Hint, parent *scope) block {
	if len(name.Parts) == 1 {
		if blk, ok := b.cte(name.Parts[0], parent); ok {
			return blk
		}
	}
	path, ok := catalog.Resolve(name.Strings(), b.CurrentCatalog, b.CurrentDatabase)
	if !ok {
		b.fail(sqlerr.Name, name.Position(), "a table's name has at most three parts: catalog.database.table")
		return broken()
	}
	obj, ok := b.Catalog.Lookup(path)
	if !ok {
		b.noTable(*name, path)
		return broken()
	}
	b.expand(name, path)
	switch obj := obj.(type) {
	case *catalog.Table:
		return b.scan(obj, hints, name.Position())
	case *catalog.View:
		return b.view(obj, hints, name.Position())
	}
	b.unsupported(name.Position(), "reading a "+obj.Kind())
	return broken()
}

func (b *Binder) noTable(name sql.ObjectName, path catalog.Path) {
	err := b.Catalog.Missing(path, "table")
	if len(name.Parts) == 1 {
		if near, ok := sqlerr.Nearest(path.Name, b.ctes.names()); ok {
			err = sqlerr.New(sqlerr.Name, name.Position(), "there is no table `%s`", path.Name).WithHint("did you mean `%s`?", near)
		}
	}
	b.failAt(err, name.Position())
}

// view binds a view's text in the scope that it was made in. Errors inside name
// the view, at the place where it is used.
func (b *Binder) view(v *catalog.View, hints []sql.Hint, pos sqlerr.Pos) block {
	b.checkTableHints(hints)
	for i := range hints {
		if hints[i].Name == "OPTIONS" {
			b.fail(sqlerr.Plan, hints[i].Pos, "OPTIONS cannot be given for the view `%s`", v.Path.Name).WithHint("give them where the view reads its table")
		}
	}
	for _, p := range b.views {
		if p == v.Path {
			b.fail(sqlerr.Plan, pos, "the view `%s` refers to itself", v.Path.Name)
			return broken()
		}
	}
	if v.Query == "" { // its definition was refused
		b.silenced = true
		return broken()
	}
	q, err := sql.ParseQuery(v.Query)
	if err != nil {
		b.errs = append(b.errs, inView(v, err, pos)...)
		return broken()
	}
	var blk block
	b.within(func() { blk = b.query(q, nil) }, v.Catalog, v.Database, v.Path, pos, func(err error) {
		b.errs = append(b.errs, inView(v, err, pos)...)
		blk = broken()
	})
	if blk.open || len(v.Columns) != len(blk.node.Fields()) {
		return blk
	}
	names := make([]string, len(v.Columns))
	for i := range names {
		names[i] = v.Columns[i].Name
	}
	blk.node = renamed(blk.node, names)
	return blk
}

// within runs f with other current names and no WITH queries; errors that f
// notes go to failed.
func (b *Binder) within(f func(), cat, db string, path catalog.Path, pos sqlerr.Pos, failed func(error)) {
	errs, ctes, c, d, cols := b.errs, b.ctes, b.CurrentCatalog, b.CurrentDatabase, b.cols
	b.errs, b.ctes, b.CurrentCatalog, b.CurrentDatabase, b.cols = nil, nil, cat, db, map[*expr.Col]sqlerr.Pos{}
	if len(b.views) == 0 {
		b.usedAt = pos
	}
	b.views = append(b.views, path)
	f()
	b.views = b.views[:len(b.views)-1]
	err := b.errs.Err()
	b.errs, b.ctes, b.CurrentCatalog, b.CurrentDatabase, b.cols = errs, ctes, c, d, cols
	if err != nil {
		failed(err)
	}
}

// origin tells what part of the query a node is made of. What a view says is the
// view's, at the place where the query uses it.
func (b *Binder) origin(by string, pos sqlerr.Pos) plan.Made {
	if n := len(b.views); n > 0 {
		return plan.Made{By: by + " in `" + b.views[n-1].Name + "`", At: b.usedAt}
	}
	return plan.Made{By: by, At: pos}
}

func inView(v *catalog.View, err error, pos sqlerr.Pos) sqlerr.List {
	var l, out sqlerr.List
	l.Add(err)
	for _, e := range l {
		c := *e
		c.Msg, c.Pos = "in the view `"+v.Path.Name+"`: "+e.Msg, pos
		out = append(out, &c)
	}
	return out
}

// renamed gives a node with other column names; none if they are equal.
func renamed(n plan.Node, names []string) plan.Node {
	fs := n.Fields()
	same := true
	es := make([]expr.Expr, len(fs))
	for i := range fs {
		same = same && fs[i].Name == names[i]
		es[i] = plan.ColOf(fs, i)
	}
	if same {
		return n
	}
	return calc.Project(n, es, names)
}

// joinRefs joins what is bound so far with another element of FROM, which sees
// the columns before it if it is LATERAL, an UNNEST or a temporal table.
func (b *Binder) joinRefs(l plan.Node, ls *scope, ref sql.TableRef, j *sql.Join) (plan.Node, *scope) {
	switch r := ref.(type) {
	case *sql.Unnest:
		if j.Kind == sql.CrossJoin || j.Kind == sql.InnerJoin || j.Kind == sql.LeftJoin {
			if b.onTrue(j) {
				return b.unnest(l, ls, r, j.Kind == sql.LeftJoin)
			}
		}
		b.unsupported(j.Pos, "this join with UNNEST").WithHint("use CROSS JOIN UNNEST(..) or LEFT JOIN UNNEST(..) ON TRUE, and WHERE for conditions")
		return l, ls
	case *sql.DerivedTable:
		if r.Lateral {
			return b.lateral(l, ls, b.query(r.Query, ls), r.Alias, r.Pos, j)
		}
	case *sql.TableFunc:
		if b.correlates(r) {
			return b.correlate(l, ls, r, j)
		}
		if r.Call != nil {
			if f, ok := b.userFunction(r.Call.Name); ok {
				b.expand(&r.Call.Name, f.Path)
				return b.lateral(l, ls, b.userTable(r.Call, f, ls), r.Alias, r.Pos, j)
			}
		}
	case *sql.TableName:
		if r.AsOf != nil {
			return b.temporalJoin(l, ls, r, j)
		}
	}
	r, rs := b.tableRef(ref, ls.parent)
	return b.joinNodes(l, ls, r, rs, j, hintName(ref))
}

// onTrue reports whether a join has no condition, or ON TRUE.
func (b *Binder) onTrue(j *sql.Join) bool {
	lit, ok := j.On.(*sql.BoolLit)
	return len(j.Using) == 0 && !j.Natural && (j.On == nil || ok && lit.Value && !lit.Unknown)
}

// lateral joins with a block that sees the columns before it.
func (b *Binder) lateral(l plan.Node, ls *scope, blk block, alias *sql.Alias, pos sqlerr.Pos, j *sql.Join) (plan.Node, *scope) {
	_, rs := b.named(blk, "", alias, ls.parent)
	kind := apply.Cross
	switch j.Kind {
	case sql.CrossJoin, sql.InnerJoin:
	case sql.LeftJoin:
		kind = apply.Outer
		rs.setNullable()
	default:
		b.unsupported(j.Pos, j.Kind.String()+" JOIN LATERAL").WithHint("use CROSS JOIN LATERAL or LEFT JOIN LATERAL")
		return l, ls
	}
	rs.shift(len(l.Fields()))
	s := ls.join(rs)
	if s.open {
		return l, s
	}
	n := &apply.Node{L: l, R: blk.node, Kind: kind, Pos: pos}
	if len(j.Using) > 0 || j.Natural {
		b.unsupported(j.Pos, "USING with LATERAL").WithHint("write ON")
	}
	if j.On != nil {
		v := &env{scope: s, clause: "ON", noAgg: true, noOver: true}
		on := b.condition(v, j.On)
		switch {
		case on == bad || b.onTrue(j):
		case has[*subSlot](on):
			n.R = b.filterSlots(n.R, inside(on, len(l.Fields()), s.parent.levels()))
		default:
			n.On = on
		}
	}
	return n, s
}

// hintName is the name by which hints refer to an element of FROM.
func hintName(ref sql.TableRef) string {
	switch r := ref.(type) {
	case *sql.TableName:
		if r.Alias != nil {
			return r.Alias.Name.Name
		}
		return r.Name.Last().Name
	case *sql.DerivedTable:
		if r.Alias != nil {
			return r.Alias.Name.Name
		}
	}
	return ""
}

var joinTypes = map[sql.JoinKind]join.Type{sql.InnerJoin: join.Inner, sql.CrossJoin: join.Inner, sql.LeftJoin: join.Left,
	sql.RightJoin: join.Right, sql.FullJoin: join.Full, sql.SemiJoin: join.Semi, sql.AntiJoin: join.Anti}
