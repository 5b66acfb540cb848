package bind

import (
	"strings"

	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/rel/calc"
	"github.com/weir-stream/weir/internal/rel/unnest"
	"github.com/weir-stream/weir/internal/sql"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
)

// pivotInput is what PIVOT and UNPIVOT give the table before them as a WITH
// query's name; no name that is written has a space.
const pivotInput = "pivot input"

// pivot binds t PIVOT (aggs FOR axes IN (values)) as an aggregate: it groups by
// the columns that neither the aggregates nor the axes name, and each value
// filters the rows of each aggregate.
func (b *Binder) pivot(p *sql.Pivot, parent *scope) (plan.Node, *scope) {
	b.extension(p.Pos, "PIVOT")
	node, s := b.tableRef(p.Input, parent)
	if s.open || len(s.rels) != 1 {
		return b.noPivot(p.Input, s, parent)
	}
	rest := b.unpivoted(p, s)
	if rest == nil {
		return broken().node, &scope{parent: parent, open: true}
	}
	sel := &sql.Select{At: p.At, From: []sql.TableRef{inputRef(s.rels[0], p.At)}}
	for _, name := range rest {
		ref := &sql.ColumnRef{At: p.At, Parts: []sql.Ident{{Name: name, Pos: p.Pos}}}
		sel.Items = append(sel.Items, sql.SelectItem{At: p.At, Expr: ref})
		sel.GroupBy = append(sel.GroupBy, sql.GroupItem{At: p.At, Kind: sql.GroupExpr, Expr: ref})
	}
	for i := range p.In {
		if !b.pivotValue(p, &p.In[i], sel) {
			return broken().node, &scope{parent: parent, open: true}
		}
	}
	return b.named(b.over(s.rels[0], node, sel, parent), "", p.Alias, parent)
}

// over binds a SELECT from a relation that is bound already.
func (b *Binder) over(r *relation, node plan.Node, sel *sql.Select, parent *scope) block {
	outer := b.ctes
	b.ctes = &cteScope{next: outer, name: pivotInput, blk: block{node: renamed(node, r.names())}}
	blk := b.selectBlock(sel, parent)
	b.ctes = outer
	return blk
}

func inputRef(r *relation, at sql.At) sql.TableRef {
	t := &sql.TableName{At: at, Name: sql.ObjectName{Parts: []sql.Ident{{Name: pivotInput, Pos: at.Pos}}}}
	if r.name != "" {
		t.Alias = &sql.Alias{At: at, Name: sql.Ident{Name: r.name, Pos: at.Pos}}
	}
	return t
}

func (b *Binder) noPivot(in sql.TableRef, s *scope, parent *scope) (plan.Node, *scope) {
	if !s.open {
		b.unsupported(in.Position(), "PIVOT or UNPIVOT of a join without an alias").WithHint("put the join in parentheses and give it an alias")
	}
	return broken().node, &scope{parent: parent, open: true}
}

// unpivoted gives the columns that PIVOT groups by, nil after an error.
func (b *Binder) unpivoted(p *sql.Pivot, s *scope) []string {
	used := map[int]bool{}
	v := &env{scope: s, clause: "PIVOT", noAgg: true, noOver: true, noSub: true}
	ok := true
	use := func(e sql.Expr) {
		x := b.expr(v, e)
		ok = ok && x != bad
		if x != bad {
			for _, c := range expr.ReferencedCols(x) {
				used[c] = true
			}
		}
	}
	for i := range p.Aggs {
		f, is := p.Aggs[i].Expr.(*sql.FuncCall)
		if !is || f.Over != nil || b.Aggs.Lookup(f.Func()) == nil {
			b.fail(sqlerr.Plan, p.Aggs[i].Expr.Position(), "PIVOT needs aggregate functions before FOR, such as SUM(amount)")
			return nil
		}
		for _, a := range f.Args {
			if _, star := a.Value.(*sql.Star); !star {
				use(a.Value)
			}
		}
		if f.Filter != nil {
			use(f.Filter)
		}
	}
	for i := range p.Axes {
		use(&p.Axes[i])
	}
	if !ok {
		return nil
	}
	rest := []string{}
	for _, c := range s.rels[0].cols {
		if !used[c.index] {
			rest = append(rest, c.name)
		}
	}
	return rest
}

// pivotValue adds the aggregates of one value to the select list.
func (b *Binder) pivotValue(p *sql.Pivot, v *sql.PivotValue, sel *sql.Select) bool {
	if len(v.Exprs) != len(p.Axes) {
		b.fail(sqlerr.Plan, v.Pos, "FOR names %s, but this has %d", plural(len(p.Axes), "column"), len(v.Exprs))
		return false
	}
	var cond sql.Expr
	var words []string
	for i, x := range v.Exprs {
		var is sql.Expr = &sql.BinaryExpr{At: v.At, Op: "=", L: &p.Axes[i], R: x}
		if _, null := x.(*sql.NullLit); null {
			is = &sql.IsExpr{At: v.At, X: &p.Axes[i], What: "NULL"}
		}
		cond = andAlso(cond, is)
		words = append(words, valueName(x))
	}
	name := strings.Join(words, "_")
	if v.Alias != nil {
		name = v.Alias.Name
	}
	for i := range p.Aggs {
		f := *p.Aggs[i].Expr.(*sql.FuncCall)
		f.Filter = andAlso(f.Filter, cond)
		alias := name
		if p.Aggs[i].Alias != nil {
			alias += "_" + p.Aggs[i].Alias.Name
		}
		sel.Items = append(sel.Items, sql.SelectItem{At: v.At, Expr: &f, Alias: &sql.Ident{Name: alias, Pos: v.Pos}})
	}
	return true
}

func andAlso(a, c sql.Expr) sql.Expr {
	if a == nil {
		return c
	}
	at := sql.At{Pos: c.Position()}
	return &sql.BinaryExpr{At: at, Op: "AND", L: a, R: c}
}

// valueName is what a value of PIVOT names its columns without an alias.
func valueName(x sql.Expr) string {
	switch x := x.(type) {
	case *sql.StringLit:
		return x.Value
	case *sql.NullLit:
		return "NULL"
	}
	return sql.Print(x)
}

// unpivot binds t UNPIVOT (measures FOR axes IN (columns AS values, ..)): each
// row once for every element of the list, by UNNEST of an array of rows.
func (b *Binder) unpivot(u *sql.Unpivot, parent *scope) (plan.Node, *scope) {
	b.extension(u.Pos, "UNPIVOT")
	node, s := b.tableRef(u.Input, parent)
	if s.open || len(s.rels) != 1 {
		return b.noPivot(u.Input, s, parent)
	}
	rows, used := b.unpivotRows(u, s)
	if rows == nil {
		return broken().node, &scope{parent: parent, open: true}
	}
	if !b.levelRows(u, rows) {
		return broken().node, &scope{parent: parent, open: true}
	}
	items := make([]expr.Expr, len(rows))
	for i, r := range rows {
		items[i] = b.callAt(u.Pos, "ROW", r...)
	}
	x := b.callAt(u.Pos, "ARRAY", items...)
	if x == bad {
		return broken().node, &scope{parent: parent, open: true}
	}
	names := append(append([]sql.Ident(nil), u.Axes...), u.Measures...)
	n := &unnest.Node{In: node, X: x, Elems: unnest.Columns(x.Type(), false, false)}
	width := len(node.Fields())
	for i := range n.Elems {
		n.Elems[i].Name = names[i].Name
	}
	return b.named(block{node: b.unpivotRest(u, n, s.rels[0], used, width)}, "", u.Alias, parent)
}

// unpivotRows binds the list: for each element its values, then its columns;
// nil after an error.
func (b *Binder) unpivotRows(u *sql.Unpivot, s *scope) (rows [][]expr.Expr, used map[int]bool) {
	v := &env{scope: s, clause: "UNPIVOT", noAgg: true, noOver: true, noSub: true}
	used = map[int]bool{}
	for i := range u.In {
		in := &u.In[i]
		if len(in.Columns) != len(u.Measures) || in.Values != nil && len(in.Values) != len(u.Axes) || in.Values == nil && len(u.Axes) != 1 {
			b.fail(sqlerr.Plan, in.Pos, "UNPIVOT makes %s and %s; an element of its list needs as many columns, and AS with as many values",
				plural(len(u.Measures), "column"), plural(len(u.Axes), "name"))
			return nil, nil
		}
		var row []expr.Expr
		var words []string
		for _, c := range in.Columns {
			words = append(words, c.Name)
		}
		if in.Values == nil {
			row = append(row, text(strings.Join(words, "_")))
		}
		row = append(row, b.exprs(v, in.Values)...)
		for _, c := range in.Columns {
			x := b.columnRef(s, &sql.ColumnRef{At: sql.At{Pos: c.Pos}, Parts: []sql.Ident{c}})
			if col, ok := x.(*expr.Col); ok {
				used[col.Index] = true
			}
			row = append(row, x)
		}
		if anyBad(row...) {
			return nil, nil
		}
		rows = append(rows, row)
	}
	return rows, used
}

// levelRows casts the columns of the rows to their common types; text takes
// any length.
func (b *Binder) levelRows(u *sql.Unpivot, rows [][]expr.Expr) bool {
	for j := range rows[0] {
		ts := make([]types.Type, len(rows))
		for i, r := range rows {
			ts[i] = r[j].Type().WithAttr(types.NoAttr)
			if ts[i].Kind == types.Char {
				ts[i] = types.String().WithNull(ts[i].Nullable)
			}
		}
		t, ok := types.CommonType(ts...)
		if !ok {
			b.fail(sqlerr.Type, u.Pos, "the columns of UNPIVOT have no common type: %s", typeList(ts)).WithHint("cast them in a derived table")
			return false
		}
		for _, r := range rows {
			r[j] = expr.CastTo(r[j], t)
		}
	}
	return true
}

// unpivotRest projects the columns that were turned into rows away, and drops
// rows of nulls only.
func (b *Binder) unpivotRest(u *sql.Unpivot, n plan.Node, r *relation, used map[int]bool, width int) plan.Node {
	fs := n.Fields()
	var es []expr.Expr
	var names []string
	for _, c := range r.cols {
		if !used[c.index] {
			es, names = append(es, plan.ColOf(fs, c.index)), append(names, c.name)
		}
	}
	var some []expr.Expr
	for i := width; i < len(fs); i++ {
		es, names = append(es, plan.ColOf(fs, i)), append(names, fs[i].Name)
		if i >= width+len(u.Axes) {
			some = append(some, expr.IsNotNull(plan.ColOf(fs, i)))
		}
	}
	out := calc.Project(n, es, names)
	if !u.IncludeNulls {
		out.Cond = expr.OrAll(some...)
	}
	return out
}
