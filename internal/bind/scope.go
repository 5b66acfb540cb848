package bind

import (
	"fmt"
	"strings"

	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/sql"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
)

// scope is the names that a query's expressions see: the relations of its FROM
// clause, and outwards those of the queries that it is a subquery of. Crossing
// to parent is always crossing one apply node, so that the number of crossings
// is the Depth of a column.
type scope struct {
	parent *scope
	rels   []*relation
	// merged are the columns of USING and NATURAL, in front of all others.
	merged []mergedCol
	open   bool // a relation could not be bound
	// aliases are the names of the select list, for ORDER BY and for hints.
	aliases map[string]expr.Expr
	// sorting lets aliases be used before columns (ORDER BY), fallback after
	// them (QUALIFY).
	sorting, fallback bool
	// nullable are columns that grouping sets null.
	nullable map[int]bool
}

// relation is an element of FROM.
type relation struct {
	name string   // the alias, or the table's own name; "" for none
	path []string // catalog, database and name of a table without alias
	cols []column
}

type column struct {
	name   string
	t      types.Type
	index  int  // ordinal in the input of the scope's expressions
	bad    bool // a placeholder
	hidden bool // merged by USING: only seen with a qualifier
}

type mergedCol struct {
	name string
	e    expr.Expr
}

// relationOf makes a relation of a block whose columns start at ordinal base.
func relationOf(name string, blk block, base int) *relation {
	r := &relation{name: name}
	for i, f := range blk.node.Fields() {
		r.cols = append(r.cols, column{name: f.Name, t: f.Type, index: base + i, bad: blk.isBad(i)})
	}
	return r
}

// shift moves all ordinals of the scope's own columns by n.
func (s *scope) shift(n int) {
	for _, r := range s.rels {
		for i := range r.cols {
			r.cols[i].index += n
		}
	}
	for i := range s.merged {
		s.merged[i].e = expr.Shift(s.merged[i].e, 0, n)
	}
}

// join gives the scope of two joined relations; right's columns are shifted
// already.
func (s *scope) join(right *scope) *scope {
	return &scope{parent: s.parent, rels: append(append([]*relation(nil), s.rels...), right.rels...),
		merged: append(append([]mergedCol(nil), s.merged...), right.merged...), open: s.open || right.open}
}

// setNullable makes all columns nullable: the side of an outer join that may be
// missing.
func (s *scope) setNullable() {
	for _, r := range s.rels {
		for i := range r.cols {
			r.cols[i].t = r.cols[i].t.AsNullable()
		}
	}
	for i, m := range s.merged {
		s.merged[i].e = expr.Transform(m.e, func(e expr.Expr) expr.Expr {
			if c, ok := e.(*expr.Col); ok {
				d := *c
				d.T = d.T.AsNullable()
				return &d
			}
			return e
		})
	}
}

// levels counts the scope and those around it.
func (s *scope) levels() int {
	n := 0
	for ; s != nil; s = s.parent {
		n++
	}
	return n
}

// col gives a column of the scope as an expression.
func (s *scope) col(c *column, depth int) *expr.Col {
	t := c.t
	if s.nullable[c.index] {
		t = t.AsNullable()
	}
	return &expr.Col{Index: c.index, Depth: depth, Name: c.name, T: t}
}

// find looks an unqualified name up in this scope alone. n is how many there
// are; e is the only one.
func (s *scope) find(name string, depth int) (e expr.Expr, n int) {
	if s.sorting {
		if a, ok := s.aliases[name]; ok && depth == 0 {
			return a, 1
		}
	}
	for _, m := range s.merged {
		if m.name == name {
			e, n = outer(m.e, depth), n+1
		}
	}
	for _, r := range s.rels {
		for i := range r.cols {
			c := &r.cols[i]
			if c.hidden || c.name != name {
				continue
			}
			n++
			if c.bad {
				e = bad
			} else {
				e = s.col(c, depth)
			}
		}
	}
	return e, n
}

// outer makes an expression over a scope's columns one that is seen from depth
// queries further in.
func outer(e expr.Expr, depth int) expr.Expr {
	if depth == 0 {
		return e
	}
	return expr.Transform(e, func(x expr.Expr) expr.Expr {
		if c, ok := x.(*expr.Col); ok {
			d := *c
			d.Depth += depth
			return &d
		}
		return x
	})
}

// relation looks a qualifier up in this scope alone.
func (s *scope) relation(parts []sql.Ident) []*relation {
	var out []*relation
	for _, r := range s.rels {
		if len(parts) == 1 && r.name == parts[0].Name || len(parts) > 1 && r.hasPath(parts) {
			out = append(out, r)
		}
	}
	return out
}

// hasPath reports whether the parts are the end of the table's full name.
func (r *relation) hasPath(parts []sql.Ident) bool {
	if len(r.path) < len(parts) {
		return false
	}
	tail := r.path[len(r.path)-len(parts):]
	for i, p := range parts {
		if tail[i] != p.Name {
			return false
		}
	}
	return true
}

func (r *relation) names() []string {
	out := make([]string, len(r.cols))
	for i, c := range r.cols {
		out[i] = c.name
	}
	return out
}

// columnRef binds a name of one to several parts: a table with a column, or a
// column, and then fields of rows.
func (b *Binder) columnRef(s *scope, ref *sql.ColumnRef) expr.Expr {
	depth, open := 0, false
	for q := s; q != nil; q, depth = q.parent, depth+1 {
		open = open || q.open
		// The longest qualifier first, as in Flink.
		for n := len(ref.Parts) - 1; n > 0; n-- {
			rels := q.relation(ref.Parts[:n])
			if len(rels) == 0 {
				continue
			}
			if e, ok := b.qualified(q, rels, ref, n, depth); ok {
				return e
			}
			if len(rels) == 1 && !open {
				return b.noColumnIn(rels[0], ref, n)
			}
		}
		e, n := q.find(ref.Parts[0].Name, depth)
		switch {
		case n == 1:
			return b.fields(b.located(e, ref.Pos), ref.Parts[1:])
		case n > 1:
			b.fail(sqlerr.Name, ref.Parts[0].Pos, "`%s` is ambiguous: %s have a column of that name", ref.Parts[0].Name, q.owners(ref.Parts[0].Name)).
				WithHint("put the table's name before it, as in %s", q.qualifiedExample(ref.Parts[0].Name))
			return bad
		}
	}
	if a, ok := s.aliases[ref.Parts[0].Name]; ok && s.fallback {
		return b.fields(a, ref.Parts[1:])
	}
	if !open {
		b.noColumn(s, ref)
	}
	return bad
}

// located remembers where a column was written.
func (b *Binder) located(e expr.Expr, pos sqlerr.Pos) expr.Expr {
	expr.Walk(e, func(x expr.Expr) bool {
		if c, ok := x.(*expr.Col); ok {
			b.cols[c] = pos
		}
		return true
	})
	return e
}

// qualified looks part n up in relations found by the parts before it.
func (b *Binder) qualified(s *scope, rels []*relation, ref *sql.ColumnRef, n, depth int) (expr.Expr, bool) {
	var found *column
	count := 0
	for _, r := range rels {
		for i := range r.cols {
			if r.cols[i].name == ref.Parts[n].Name {
				found = &r.cols[i]
				count++
			}
		}
	}
	switch {
	case count == 0:
		return nil, false
	case count > 1:
		b.fail(sqlerr.Name, ref.Pos, "`%s` is ambiguous: there are several columns of that name", sql.ObjectName{Parts: ref.Parts[:n+1]})
		return bad, true
	case found.bad:
		return bad, true
	}
	return b.fields(b.located(s.col(found, depth), ref.Pos), ref.Parts[n+1:]), true
}

func (b *Binder) noColumnIn(r *relation, ref *sql.ColumnRef, n int) expr.Expr {
	name := ref.Parts[n]
	e := b.fail(sqlerr.Name, name.Pos, "`%s` has no column `%s`", sql.ObjectName{Parts: ref.Parts[:n]}, name.Name)
	hintNear(e, name.Name, r.names())
	return bad
}

// noColumn reports a name that is nowhere.
func (b *Binder) noColumn(s *scope, ref *sql.ColumnRef) {
	first := ref.Parts[0]
	var names, tables []string
	for q := s; q != nil; q = q.parent {
		for _, m := range q.merged {
			names = append(names, m.name)
		}
		for _, r := range q.rels {
			for _, c := range r.cols {
				if !c.hidden {
					names = append(names, c.name)
				}
			}
			if r.name != "" {
				tables = append(tables, r.name)
			}
		}
	}
	if len(ref.Parts) > 1 {
		e := b.fail(sqlerr.Name, first.Pos, "there is no table or column `%s` in this query", first.Name)
		if near, ok := sqlerr.Nearest(first.Name, names); ok {
			e.WithHint("did you mean `%s`?", near)
			return
		}
		hintNearest(e, "tables", first.Name, tables)
		return
	}
	e := b.fail(sqlerr.Name, first.Pos, "there is no column `%s`", first.Name)
	if _, ok := s.aliases[first.Name]; ok {
		e.WithHint("`%s` is an alias of the select list, which cannot be used here; repeat its expression or use a subquery", first.Name)
		return
	}
	if len(names) == 0 {
		e.WithHint("there is no FROM clause; text is written in single quotes: '%s'", first.Name)
		return
	}
	hintNear(e, first.Name, names)
}

// hintNear proposes the nearest column, or lists the columns if they are few.
func hintNear(e *sqlerr.Error, name string, names []string) { hintNearest(e, "columns", name, names) }

func hintNearest(e *sqlerr.Error, what, name string, names []string) {
	if near, ok := sqlerr.Nearest(name, names); ok {
		e.WithHint("did you mean `%s`?", near)
		return
	}
	if len(names) > 0 && len(names) <= 16 {
		e.WithHint("%s are %s", what, strings.Join(names, ", "))
	}
}

// owners names the relations that have a column of a name.
func (s *scope) owners(name string) string {
	var out []string
	for _, r := range s.rels {
		for _, c := range r.cols {
			if c.name == name && !c.hidden {
				if r.name == "" {
					out = append(out, "an unnamed table")
				} else {
					out = append(out, fmt.Sprintf("`%s`", r.name))
				}
			}
		}
	}
	return strings.Join(out, " and ")
}

func (s *scope) qualifiedExample(name string) string {
	for _, r := range s.rels {
		for _, c := range r.cols {
			if c.name == name && r.name != "" {
				return fmt.Sprintf("`%s`.`%s`", r.name, name)
			}
		}
	}
	return fmt.Sprintf("t.`%s`, with an alias t", name)
}

// fields reaches into rows.
func (b *Binder) fields(e expr.Expr, path []sql.Ident) expr.Expr {
	for _, p := range path {
		e = b.field(e, p)
	}
	return e
}

// field gives a field of a row.
func (b *Binder) field(e expr.Expr, name sql.Ident) expr.Expr {
	if e == bad {
		return bad
	}
	t := e.Type()
	if t.Kind != types.Row {
		b.fail(sqlerr.Type, name.Pos, "%s is %s, which has no field `%s`", e, t.AsNullable().WithAttr(types.NoAttr), name.Name)
		return bad
	}
	var names []string
	for _, f := range t.Fields {
		names = append(names, f.Name)
		if f.Name == name.Name {
			return b.callAt(name.Pos, "FIELD", e, text(name.Name))
		}
	}
	hintNearest(b.fail(sqlerr.Name, name.Pos, "%s has no field `%s`", e, name.Name), "fields", name.Name, names)
	return bad
}
