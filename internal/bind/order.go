package bind

import (
	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/rel/calc"
	"github.com/weir-stream/weir/internal/rel/order"
	"github.com/weir-stream/weir/internal/sql"
	"github.com/weir-stream/weir/internal/sqlerr"
)

// orderBy binds the ORDER BY of a SELECT: ordinals, aliases, expressions.
func (s *selection) orderBy(items []sql.OrderItem) {
	v := s.env("ORDER BY")
	s.grouped(v)
	s.scope.sorting = true
	defer func() { s.scope.sorting = false }()
	for _, o := range s.b.orderAll(items, len(s.items)) {
		e := bad
		if n, ok := ordinal(o.Expr); ok {
			if n < 1 || n > int64(len(s.items)) {
				s.b.fail(sqlerr.Plan, o.Expr.Position(), "ORDER BY %d: the select list has %s", n, plural(len(s.items), "column"))
			} else {
				e = s.items[n-1].e
			}
		} else {
			e = s.b.expr(v, o.Expr)
		}
		s.order = append(s.order, e)
		s.keys = append(s.keys, sortKey(o, -1))
	}
}

// orderAll writes ORDER BY ALL out as ORDER BY 1, 2, ..
func (b *Binder) orderAll(items []sql.OrderItem, columns int) []sql.OrderItem {
	if len(items) != 1 || !items[0].All {
		return items
	}
	b.extension(items[0].Pos, "ORDER BY ALL")
	out := make([]sql.OrderItem, columns)
	for i := range out {
		out[i] = items[0]
		out[i].All, out[i].Expr = false, &sql.NumberLit{At: items[0].At, Text: itoa(i + 1)}
	}
	return out
}

// ordinal gives the number of ORDER BY 1.
func ordinal(e sql.Expr) (int64, bool) {
	n, ok := e.(*sql.NumberLit)
	if !ok || !n.Integer() {
		return 0, false
	}
	v := int64(0)
	for _, c := range n.Text {
		if c < '0' || c > '9' || v > 1<<40 {
			return 0, false
		}
		v = v*10 + int64(c-'0')
	}
	return v, true
}

func sortKey(o sql.OrderItem, col int) plan.SortKey {
	s := sortOf(o)
	return plan.SortKey{Col: col, Desc: s.desc, NullsFirst: s.nullsFirst}
}

// sortKeys finds the columns that the keys sort by among the outputs, and adds
// hidden ones for the rest. Constants sort nothing.
func (s *selection) sortKeys(es *[]expr.Expr, names *[]string) []plan.SortKey {
	var keys []plan.SortKey
	for i, k := range s.keys {
		if _, ok := s.order[i].(*expr.Lit); ok {
			continue
		}
		k.Col = -1
		for j, e := range *es {
			if expr.Equal(e, s.order[i]) {
				k.Col = j
				break
			}
		}
		if k.Col < 0 {
			k.Col = len(*es)
			*es = append(*es, s.order[i])
			*names = append(*names, "$sort")
		}
		keys = append(keys, k)
	}
	return keys
}

// query binds a query with all its clauses.
func (b *Binder) query(q *sql.Query, parent *scope) block {
	defer b.with(q, parent)()
	blk, keys, visible := b.sortedBody(q, parent)
	limit, offset := b.limit(q)
	if len(q.OrderBy) == 0 && limit < 0 && offset == 0 || blk.open {
		return blk
	}
	if len(keys) > 0 || limit >= 0 || offset > 0 {
		blk.node = &order.Node{Made: b.sortOrigin(q), In: blk.node, Keys: keys, Offset: offset, Limit: limit}
	}
	if fs := blk.node.Fields(); len(fs) > visible {
		blk.node = firstColumns(blk.node, visible)
	}
	return blk
}

// sortOrigin names the clauses that sort and limit.
func (b *Binder) sortOrigin(q *sql.Query) plan.Made {
	if len(q.OrderBy) == 0 {
		return b.origin("LIMIT", q.Pos.Head())
	}
	return b.origin("ORDER BY with LIMIT", sqlerr.Pos{Start: q.OrderBy[0].Pos.Start, End: q.OrderBy[len(q.OrderBy)-1].Pos.End})
}

// firstColumns drops all columns but the first n.
func firstColumns(node plan.Node, n int) plan.Node {
	fs := node.Fields()
	es := make([]expr.Expr, n)
	for i := range es {
		es[i] = plan.ColOf(fs, i)
	}
	return calc.Project(node, es, plan.Names(fs[:n]))
}

// sortedBody binds the body with the keys of its ORDER BY; visible is how many
// columns the query has.
func (b *Binder) sortedBody(q *sql.Query, parent *scope) (blk block, keys []plan.SortKey, visible int) {
	if sel, ok := q.Body.(*sql.Select); ok {
		return b.sortedSelect(sel, q.OrderBy, parent)
	}
	blk = b.body(q.Body, parent)
	visible = len(blk.node.Fields())
	return blk, b.sortColumns(&blk, q.OrderBy, parent), visible
}

// sortColumns binds ORDER BY over the columns of a set operation or VALUES.
func (b *Binder) sortColumns(blk *block, items []sql.OrderItem, parent *scope) []plan.SortKey {
	if len(items) == 0 {
		return nil
	}
	sc := &scope{parent: parent, rels: []*relation{relationOf("", *blk, 0)}, open: blk.open}
	v := &env{scope: sc, clause: "ORDER BY", noAgg: true, noOver: true, noSub: true}
	fs := blk.node.Fields()
	es := make([]expr.Expr, len(fs))
	for i := range es {
		es[i] = plan.ColOf(fs, i)
	}
	var keys []plan.SortKey
	for _, o := range b.orderAll(items, len(fs)) {
		if n, ok := ordinal(o.Expr); ok {
			if n < 1 || n > int64(len(fs)) {
				b.fail(sqlerr.Plan, o.Expr.Position(), "ORDER BY %d: the query has %s", n, plural(len(fs), "column"))
				continue
			}
			keys = append(keys, sortKey(o, int(n-1)))
			continue
		}
		e := b.expr(v, o.Expr)
		if e == bad {
			continue
		}
		if c, ok := e.(*expr.Col); ok && c.Depth == 0 {
			keys = append(keys, sortKey(o, c.Index))
			continue
		}
		keys = append(keys, sortKey(o, len(es)))
		es = append(es, e)
	}
	if len(es) > len(fs) {
		names := plan.Names(fs)
		for range es[len(fs):] {
			names = append(names, "$sort")
		}
		blk.node = calc.Project(blk.node, es, names)
	}
	return keys
}

// limit gives LIMIT or FETCH (-1 = none) and OFFSET.
func (b *Binder) limit(q *sql.Query) (limit, offset int64) {
	limit = -1
	if q.Limit != nil {
		limit = b.count(q.Limit, "LIMIT")
	}
	if q.Fetch != nil {
		limit = b.count(q.Fetch, "FETCH")
	}
	if q.Offset != nil {
		offset = b.count(q.Offset, "OFFSET")
	}
	return limit, offset
}

// count gives a literal number of rows.
func (b *Binder) count(e sql.Expr, what string) int64 {
	v := &env{scope: &scope{}, clause: what, noAgg: true, noOver: true, noSub: true}
	x := b.expr(v, e)
	if x == bad {
		return 0
	}
	if l, ok := expr.Fold(x, b.Zone).(*expr.Lit); ok && l.T.IsInteger() {
		if n, ok := l.Value.(int64); ok && n >= 0 {
			return n
		}
	}
	b.fail(sqlerr.Plan, e.Position(), "%s needs a number of rows, 0 or more", what)
	return 0
}
