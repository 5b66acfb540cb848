package bind

import (
	"fmt"

	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/rel/agg"
	"github.com/weir-stream/weir/internal/rel/calc"
	"github.com/weir-stream/weir/internal/rel/values"
	"github.com/weir-stream/weir/internal/sql"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
)

// item is an element of the select list after * is expanded.
type item struct {
	name string
	e    expr.Expr
	pos  sqlerr.Pos
}

// selection is one SELECT while it is bound. The expressions refer to node's
// columns; each step that replaces node rewrites them.
type selection struct {
	b     *Binder
	sel   *sql.Select
	scope *scope
	node  plan.Node

	items   []item
	having  expr.Expr
	qualify expr.Expr
	order   []expr.Expr // ORDER BY, parallel to keys
	keys    []plan.SortKey

	windows map[string]*sql.WindowSpec
	group   *grouping // nil without GROUP BY or aggregates
}

// selectBlock binds a SELECT without ORDER BY.
func (b *Binder) selectBlock(sel *sql.Select, parent *scope) block {
	blk, _, _ := b.sortedSelect(sel, nil, parent)
	return blk
}

// sortedSelect binds a SELECT with the ORDER BY of its query. The block's
// columns are the visible ones of the select list, then hidden ones that only
// the keys use.
func (b *Binder) sortedSelect(sel *sql.Select, order []sql.OrderItem, parent *scope) (blk block, keys []plan.SortKey, visible int) {
	s := &selection{b: b, sel: sel}
	hints := b.hints
	b.hints = sel.Hints
	s.node, s.scope = b.from(sel.From, parent)
	b.hints = hints
	s.checkHints()
	s.namedWindows()
	s.where()
	s.groupBy()
	s.selectList()
	s.conditions()
	s.orderBy(order)
	if s.broken() {
		return s.placeholder(), nil, len(s.items)
	}
	s.aggregate()
	s.filter(&s.having)
	s.overs()
	s.filter(&s.qualify)
	if s.broken() {
		return s.placeholder(), nil, len(s.items)
	}
	blk, keys = s.project()
	return blk, keys, len(s.items)
}

// env is where an expression of a clause stands.
func (s *selection) env(clause string) *env {
	return &env{scope: s.scope, clause: clause, windows: s.windows}
}

// broken reports whether an expression could not be bound, so that nothing can
// be planned.
func (s *selection) broken() bool {
	for _, it := range s.items {
		if it.e == bad {
			return true
		}
	}
	return s.scope.open || s.having == bad || s.qualify == bad || anyBad(s.order...) || s.group != nil && s.group.broken
}

// placeholder gives a block with the names of the select list, so that what is
// built on it can be checked.
func (s *selection) placeholder() block {
	n := &values.Node{}
	blk := block{node: n, open: s.scope.open && hasStar(s.sel)}
	for i, it := range s.items {
		n.Output = append(n.Output, plan.Field{Name: it.name, Type: it.e.Type()})
		blk.bad = append(blk.bad, false)
		blk.bad[i] = it.e == bad || s.scope.open
	}
	return blk
}

func hasStar(sel *sql.Select) bool {
	for _, it := range sel.Items {
		if _, ok := it.Expr.(*sql.Star); ok {
			return true
		}
	}
	return false
}

// where plans the WHERE clause: plain conditions first, so that subqueries see
// fewer rows.
func (s *selection) where() {
	if s.sel.Where == nil {
		return
	}
	v := s.env("WHERE")
	v.noAgg, v.noOver = true, true
	s.node = s.b.filterBy(v, s.node, s.sel.Where)
}

// filterBy adds a condition to a node.
func (b *Binder) filterBy(v *env, node plan.Node, where sql.Expr) plan.Node {
	var plain, rest []expr.Expr
	for _, c := range conjuncts(where) {
		e, direct := b.whereConjunct(v, c)
		switch {
		case e == bad:
		case direct || has[*subSlot](e):
			rest = append(rest, e)
		default:
			plain = append(plain, e)
		}
	}
	if len(plain) > 0 {
		node = calc.Filter(node, expr.AndAll(plain...))
	}
	for _, e := range rest {
		node = b.filterSlots(node, e)
	}
	return node
}

// conjuncts splits a condition at its ANDs.
func conjuncts(e sql.Expr) []sql.Expr {
	var out []sql.Expr
	for {
		n, ok := e.(*sql.BinaryExpr)
		if !ok || n.Op != "AND" {
			break
		}
		out = append(conjuncts(n.R), out...)
		e = n.L
	}
	return append([]sql.Expr{e}, out...)
}

// selectList binds the select list.
func (s *selection) selectList() {
	s.scope.aliases = map[string]expr.Expr{}
	v := s.env("the select list")
	s.grouped(v)
	for i := range s.sel.Items {
		it := &s.sel.Items[i]
		if star, ok := it.Expr.(*sql.Star); ok {
			s.star(v, star)
			continue
		}
		e := s.b.expr(v, it.Expr)
		s.items = append(s.items, item{name: itemName(it, len(s.items)), e: e, pos: it.Expr.Position()})
	}
	for i := range s.items {
		s.scope.aliases[s.items[i].name] = s.items[i].e
	}
}

// itemName gives the alias, the last part of a name, or EXPR$i.
func itemName(it *sql.SelectItem, i int) string {
	if it.Alias != nil {
		return it.Alias.Name
	}
	switch e := it.Expr.(type) {
	case *sql.ColumnRef:
		return e.Parts[len(e.Parts)-1].Name
	case *sql.FieldExpr:
		return e.Name.Name
	}
	return "EXPR$" + itoa(i)
}

// star expands * and t.*, with EXCEPT and REPLACE.
func (s *selection) star(v *env, star *sql.Star) {
	b := s.b
	if len(star.Except) > 0 || len(star.Replace) > 0 {
		b.extension(star.Pos, "* EXCEPT and * REPLACE")
	}
	if len(s.sel.From) == 0 {
		b.fail(sqlerr.Plan, star.Pos, "* needs a FROM clause")
		s.items = append(s.items, item{name: "*", e: bad})
		return
	}
	cols, ok := s.starColumns(star)
	if !ok {
		s.items = append(s.items, item{name: "*", e: bad})
		return
	}
	replaced := map[string]*sql.SelectItem{}
	for i := range star.Replace {
		if r := &star.Replace[i]; r.Alias != nil {
			replaced[r.Alias.Name] = r
		}
	}
	dropped := map[string]bool{}
	for _, x := range star.Except {
		dropped[x.Name] = true
	}
	var names []string
	seen := map[string]bool{}
	for _, c := range cols {
		names = append(names, c.name)
		seen[c.name] = true
		if dropped[c.name] {
			continue
		}
		if r := replaced[c.name]; r != nil {
			c.e = b.expr(v, r.Expr)
		}
		s.items = append(s.items, item{name: c.name, e: b.located(c.e, star.Pos), pos: star.Pos})
	}
	for _, x := range star.Except {
		if !seen[x.Name] {
			hintNear(b.fail(sqlerr.Name, x.Pos, "there is no column `%s` to leave out", x.Name), x.Name, names)
		}
	}
	for n, r := range replaced {
		if !seen[n] {
			hintNear(b.fail(sqlerr.Name, r.Alias.Pos, "there is no column `%s` to replace", n), n, names)
		}
	}
}

// starColumns lists what a star stands for: merged columns first.
func (s *selection) starColumns(star *sql.Star) ([]mergedCol, bool) {
	rels := s.scope.rels
	var out []mergedCol
	if len(star.Qualifier) > 0 {
		rels = s.scope.relation(star.Qualifier)
		if len(rels) == 0 {
			if fields, found := s.rowFields(star.Qualifier); found {
				return fields, fields != nil
			}
			if !s.scope.open {
				name := sql.ObjectName{Parts: star.Qualifier}
				var tables []string
				for _, r := range s.scope.rels {
					tables = append(tables, r.name)
				}
				e := s.b.fail(sqlerr.Name, name.Position(), "there is no table `%s` in this query", name)
				if near, ok := sqlerr.Nearest(name.String(), tables); ok {
					e.WithHint("did you mean `%s`?", near)
				}
			}
			return nil, false
		}
	} else {
		out = append(out, s.scope.merged...)
	}
	for _, r := range rels {
		for i := range r.cols {
			c := &r.cols[i]
			if c.hidden && len(star.Qualifier) == 0 {
				continue
			}
			e := expr.Expr(s.scope.col(c, 0))
			if c.bad {
				e = bad
			}
			out = append(out, mergedCol{c.name, e})
		}
	}
	return out, true
}

// rowFields lists the fields of the row that a qualifier of * names; found is
// false if it names no column.
func (s *selection) rowFields(name []sql.Ident) (fields []mergedCol, found bool) {
	n := len(s.b.errs)
	row := s.b.columnRef(s.scope, &sql.ColumnRef{At: sql.At{Pos: name[0].Pos}, Parts: name})
	if len(s.b.errs) > n {
		s.b.errs = s.b.errs[:n] // no such table, rather than no such column
		return nil, false
	}
	if row == bad {
		return nil, true
	}
	t := row.Type()
	if t.Kind != types.Row {
		s.b.fail(sqlerr.Type, name[0].Pos, "%s is %s, but .* takes the columns of a table or the fields of a ROW", row, t.AsNullable().WithAttr(types.NoAttr))
		return nil, true
	}
	for _, f := range t.Fields {
		fields = append(fields, mergedCol{f.Name, s.b.field(row, sql.Ident{Name: f.Name, Pos: name[0].Pos})})
	}
	return fields, true
}

// grouped lets the functions of grouping into a clause.
func (s *selection) grouped(v *env) {
	v.emptyGroups = s.group == nil || s.group.maybeEmpty()
	if s.group != nil {
		v.grouped = true
		v.legacy = s.group.legacy
	}
}

// conditions binds HAVING and QUALIFY.
func (s *selection) conditions() {
	if s.sel.Having != nil {
		v := s.env("HAVING")
		v.noOver = true
		s.grouped(v)
		s.having = s.b.condition(v, s.sel.Having)
	}
	if s.sel.Qualify != nil {
		s.b.extension(s.sel.Qualify.Position(), "QUALIFY")
		v := s.env("QUALIFY")
		s.grouped(v)
		s.scope.fallback = true
		s.qualify = s.b.condition(v, s.sel.Qualify)
		s.scope.fallback = false
	}
}

// each calls f for every expression that is still to be planned.
func (s *selection) each(f func(expr.Expr) expr.Expr) {
	for i := range s.items {
		s.items[i].e = f(s.items[i].e)
	}
	for i := range s.order {
		s.order[i] = f(s.order[i])
	}
	if s.having != nil {
		s.having = f(s.having)
	}
	if s.qualify != nil {
		s.qualify = f(s.qualify)
	}
}

// all lists the expressions that are still to be planned.
func (s *selection) all() []expr.Expr {
	var out []expr.Expr
	s.each(func(e expr.Expr) expr.Expr {
		out = append(out, e)
		return e
	})
	return out
}

// filter plans HAVING or QUALIFY.
func (s *selection) filter(cond *expr.Expr) {
	if *cond == nil || *cond == bad {
		return
	}
	s.node = s.b.filterSlots(s.node, *cond)
	*cond = nil
}

// project makes the output columns and, for DISTINCT, drops equal rows.
func (s *selection) project() (block, []plan.SortKey) {
	var es []expr.Expr
	var names []string
	for _, it := range s.items {
		es = append(es, it.e)
		names = append(names, it.name)
	}
	names = unique(names)
	visible := len(es)
	keys := s.sortKeys(&es, &names)
	node, es := s.b.plant(s.node, es)
	out := plan.Node(calc.Project(node, es, names))
	if !s.sel.Distinct {
		return block{node: out}, keys
	}
	if len(es) > visible {
		s.b.fail(sqlerr.Plan, s.sel.Pos, "ORDER BY after SELECT DISTINCT can only use columns of the select list")
		return block{node: out}, nil
	}
	return block{node: distinct(out)}, keys
}

// distinct drops equal rows.
func distinct(n plan.Node) plan.Node {
	keys := make([]int, len(n.Fields()))
	for i := range keys {
		keys[i] = i
	}
	return agg.New(n, keys, nil)
}

// unique renames later columns of a name that is taken: a, a0, a1.
func unique(names []string) []string {
	out := make([]string, len(names))
	taken := map[string]bool{}
	for _, n := range names {
		taken[n] = true
	}
	used := map[string]bool{}
	for i, n := range names {
		name := n
		for j := 0; used[name]; j++ {
			if c := fmt.Sprintf("%s%d", n, j); !taken[c] && !used[c] {
				name = c
			}
		}
		used[name] = true
		out[i] = name
	}
	return out
}
