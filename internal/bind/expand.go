package bind

import (
	"github.com/weir-stream/weir/internal/catalog"
	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/sql"
	"github.com/weir-stream/weir/internal/sqlerr"
)

// expanded runs what binds a tree and writes the full names of the tables and
// functions that it uses into the tree, so that its text means the same in every
// database. The bodies of views and functions that it uses are their own.
func (b *Binder) expanded(depth int, do func()) {
	was, at := b.expanding, b.expandAt
	b.expanding, b.expandAt = true, len(b.views)+depth
	do()
	b.expanding, b.expandAt = was, at
}

// expand writes the full name of what a name stands for.
func (b *Binder) expand(n *sql.ObjectName, p catalog.Path) {
	if !b.expanding || len(b.views) != b.expandAt || p.Catalog == "" {
		return
	}
	pos := n.Position()
	n.Parts = []sql.Ident{{Name: p.Catalog, Pos: pos}, {Name: p.Database, Pos: pos}, {Name: p.Name, Pos: pos}}
}

// ExpandView gives a view's query with full names, as Flink shows it. A query
// that cannot be bound is given as it is.
func (b *Binder) ExpandView(v *catalog.View) string {
	q, err := sql.ParseQuery(v.Query)
	if err != nil {
		return v.Query
	}
	b.begin()
	failed := false
	b.expanded(1, func() {
		b.within(func() { b.query(q, nil) }, v.Catalog, v.Database, v.Path, sqlerr.Pos{}, func(error) { failed = true })
	})
	if failed {
		return v.Query
	}
	return sql.Print(q)
}

// ExpandFunction gives the body of a function with full names; one that cannot
// be bound is given as it is.
func (b *Binder) ExpandFunction(f *catalog.Function) string {
	b.begin()
	args := make([]expr.Expr, len(f.Params))
	for i, p := range f.Params {
		args[i] = &expr.Col{Index: i, Name: p.Name, T: p.Type}
	}
	var tree any
	b.expanded(1, func() {
		if f.Table {
			if q, err := sql.ParseQuery(f.Body); err == nil {
				tree = q
				b.inBody(f, q.Position(), func() { b.query(q, bodyScope(f, args)) })
			}
			return
		}
		if x, err := sql.ParseExpr(f.Body); err == nil {
			tree = x
			b.inBody(f, x.Position(), func() {
				b.expr(&env{scope: bodyScope(f, args), noAgg: true, noOver: true, noSub: true}, x)
			})
		}
	})
	if tree == nil || len(b.errs) > 0 {
		return f.Body
	}
	return sql.Print(tree)
}
