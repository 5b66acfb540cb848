package bind

import (
	"strconv"

	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/rel/calc"
	"github.com/weir-stream/weir/internal/rel/setop"
	"github.com/weir-stream/weir/internal/rel/values"
	"github.com/weir-stream/weir/internal/sql"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
)

func itoa(n int) string { return strconv.Itoa(n) }

// plural gives "1 column", "2 columns".
func plural(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return itoa(n) + " " + what
}

// body binds what stands between WITH and ORDER BY.
func (b *Binder) body(e sql.SetExpr, parent *scope) block {
	switch e := e.(type) {
	case *sql.Select:
		return b.selectBlock(e, parent)
	case *sql.Query:
		return b.query(e, parent)
	case *sql.SetOp:
		return b.setOp(e, parent)
	case *sql.Values:
		return b.values(e, parent)
	case *sql.TableQuery:
		return b.namedTable(&e.Name, nil, parent)
	}
	b.unsupported(e.Position(), "this query")
	return broken()
}

// cteScope is a list of WITH queries, innermost first.
type cteScope struct {
	next *cteScope
	name string
	blk  block
	at   *scope // what its query sees around it
	used int    // how often it was read
}

func (c *cteScope) names() []string {
	var out []string
	for ; c != nil; c = c.next {
		out = append(out, c.name)
	}
	return out
}

// with binds the WITH queries of a query, each once: all who use one share its
// node. The function that it gives ends their scope.
func (b *Binder) with(q *sql.Query, parent *scope) func() {
	outer := b.ctes
	for i := range q.With {
		c := &q.With[i]
		blk, recursive := block{}, false
		if q.Recursive {
			blk, recursive = b.recursive(c)
		}
		if !recursive {
			blk = b.query(c.Query, parent)
		}
		if len(c.Columns) > 0 {
			blk = b.columnNames(blk, c.Columns, c.Pos, c.Name.Name)
		}
		b.ctes = &cteScope{next: b.ctes, name: c.Name.Name, blk: blk, at: parent}
	}
	return func() { b.ctes = outer }
}

// cte gives a WITH query, which may be read in subqueries of the query that it
// belongs to: what its own query sees lies further out there.
func (b *Binder) cte(name sql.Ident, parent *scope) (block, bool) {
	for c := b.ctes; c != nil; c = c.next {
		if c.name != name.Name {
			continue
		}
		c.used++
		blk := c.blk
		if c.at != nil && !blk.open {
			blk.node = deepen(blk.node, 1, c.at.levels(), parent.levels()-c.at.levels())
		}
		return blk, true
	}
	return block{}, false
}

// columnNames renames the columns of a block.
func (b *Binder) columnNames(blk block, names []sql.Ident, pos sqlerr.Pos, what string) block {
	if blk.open {
		return blk
	}
	if len(names) != len(blk.node.Fields()) {
		b.fail(sqlerr.Plan, pos, "`%s` names %s, but its query has %d", what, plural(len(names), "column"), len(blk.node.Fields()))
		return broken()
	}
	out := make([]string, len(names))
	for i := range names {
		out[i] = names[i].Name
	}
	blk.node = renamed(blk.node, out)
	return blk
}

// values binds VALUES; its columns have the common types of the rows.
func (b *Binder) values(e *sql.Values, parent *scope) block {
	v := &env{scope: &scope{parent: parent}, clause: "VALUES", noAgg: true, noOver: true}
	n := &values.Node{}
	ok := true
	for _, row := range e.Rows {
		es := b.exprs(v, row)
		if len(row) != len(e.Rows[0]) {
			b.fail(sqlerr.Plan, rowPos(row, e.Pos), "the rows of VALUES differ in length: %d and %d", len(e.Rows[0]), len(row))
			ok = false
		}
		ok = ok && !anyBad(es...)
		n.Rows = append(n.Rows, es)
	}
	if !ok {
		return broken()
	}
	for i := range e.Rows[0] {
		ts := make([]types.Type, len(n.Rows))
		for j, r := range n.Rows {
			ts[j] = r[i].Type().WithAttr(types.NoAttr)
		}
		t, common := types.CommonType(ts...)
		if !common && !allNull(ts) {
			b.fail(sqlerr.Type, e.Pos, "column %d of VALUES has values without a common type: %s", i+1, typeList(ts))
			return broken()
		}
		if !common {
			t = types.Of(types.Null)
		}
		n.Output = append(n.Output, plan.Field{Name: "EXPR$" + itoa(i), Type: t})
	}
	return block{node: b.valuesNode(n)}
}

// valuesNode casts the rows to the common types; rows with subqueries become
// projections of one row each.
func (b *Binder) valuesNode(n *values.Node) plan.Node {
	subqueries := false
	for _, r := range n.Rows {
		for i := range r {
			r[i] = expr.CastTo(r[i], n.Output[i].Type)
		}
		subqueries = subqueries || has[*subSlot](r...)
	}
	if !subqueries {
		return n
	}
	u := &setop.Node{Op: setop.UnionAll, All: true, Output: n.Output}
	for _, r := range n.Rows {
		one, es := b.plant(&values.Node{Rows: [][]expr.Expr{{}}}, r)
		p := calc.Project(one, es, plan.Names(n.Output))
		p.Cols = n.Output
		u.In = append(u.In, p)
	}
	if len(u.In) == 1 {
		return u.In[0]
	}
	return u
}

// rowPos is the place of a row of VALUES; an empty one has none of its own.
func rowPos(row []sql.Expr, all sqlerr.Pos) sqlerr.Pos {
	if len(row) == 0 {
		return all
	}
	return sqlerr.Pos{Start: row[0].Position().Start, End: row[len(row)-1].Position().End}
}

func allNull(ts []types.Type) bool {
	for _, t := range ts {
		if t.Kind != types.Null {
			return false
		}
	}
	return true
}

func typeList(ts []types.Type) string {
	s := ""
	seen := map[string]bool{}
	for _, t := range ts {
		name := t.AsNullable().WithAttr(types.NoAttr).String()
		if seen[name] {
			continue
		}
		seen[name] = true
		if s != "" {
			s += ", "
		}
		s += name
	}
	return s
}

var setOps = map[string]setop.Op{"UNION": setop.UnionAll, "INTERSECT": setop.Intersect, "EXCEPT": setop.Except}

// setOp binds UNION, INTERSECT and EXCEPT. A chain of UNION ALL is one node.
func (b *Binder) setOp(e *sql.SetOp, parent *scope) block {
	op, ok := setOps[e.Op]
	if !ok {
		b.unsupported(e.Pos, e.Op)
		return broken()
	}
	blocks := b.setInputs(e, parent)
	for _, blk := range blocks {
		if blk.open {
			return broken()
		}
	}
	n := &setop.Node{Made: b.origin(e.Op, e.Right.Position().Head()), Op: op, All: e.All}
	types, ok := b.commonColumns(blocks, e)
	if !ok {
		return broken()
	}
	names := plan.Names(blocks[0].node.Fields())
	badCols := make([]bool, len(types))
	for i, t := range types {
		n.Output = append(n.Output, plan.Field{Name: names[i], Type: t})
		for _, blk := range blocks {
			badCols[i] = badCols[i] || blk.isBad(i)
		}
	}
	for _, blk := range blocks {
		n.In = append(n.In, castColumns(blk.node, n.Output))
	}
	if op == setop.UnionAll && !e.All {
		n.All = true
		return block{node: distinct(n), bad: badCols}
	}
	return block{node: n, bad: badCols}
}

// setInputs lists the inputs of a set operation: those of a chain of UNION ALL,
// or two.
func (b *Binder) setInputs(e *sql.SetOp, parent *scope) []block {
	var sides []sql.SetExpr
	var at sql.SetExpr = e
	for {
		s, ok := at.(*sql.SetOp)
		if !ok || s.Op != e.Op || s.All != e.All || e.Op != "UNION" && s != e {
			break
		}
		sides = append(sides, s.Right)
		at = s.Left
	}
	sides = append(sides, at)
	blocks := make([]block, 0, len(sides))
	for i := len(sides) - 1; i >= 0; i-- {
		blocks = append(blocks, b.body(sides[i], parent))
	}
	return blocks
}

// commonColumns gives the types that the columns of all inputs convert to.
func (b *Binder) commonColumns(blocks []block, e *sql.SetOp) ([]types.Type, bool) {
	first := blocks[0].node.Fields()
	out := make([]types.Type, len(first))
	for _, blk := range blocks {
		if n := len(blk.node.Fields()); n != len(first) {
			b.fail(sqlerr.Plan, e.Right.Position(), "the inputs of %s differ in their number of columns: %d and %d", e.Op, len(first), n)
			return nil, false
		}
	}
	ok := true
	for i := range first {
		ts := make([]types.Type, len(blocks))
		for j, blk := range blocks {
			ts[j] = blk.node.Fields()[i].Type
		}
		t, common := types.CommonType(ts...)
		switch {
		case allNull(ts):
			t = types.Of(types.Null)
		case !common:
			b.fail(sqlerr.Type, e.Right.Position(), "column %d `%s` of %s has no common type: %s", i+1, first[i].Name, e.Op, typeList(ts)).
				WithHint("cast one side, for example CAST(`%s` AS %s)", first[i].Name, ts[0].AsNullable().WithAttr(types.NoAttr))
			ok = false
		}
		out[i] = t
	}
	return out, ok
}

// castColumns casts a node's columns to other types; the node itself if nothing
// changes.
func castColumns(n plan.Node, to []plan.Field) plan.Node {
	fs := n.Fields()
	es := make([]expr.Expr, len(fs))
	same := true
	for i := range fs {
		col := plan.ColOf(fs, i)
		es[i] = expr.CastTo(col, to[i].Type)
		same = same && es[i] == expr.Expr(col)
	}
	if same {
		return n
	}
	return calc.Project(n, es, plan.Names(to))
}
