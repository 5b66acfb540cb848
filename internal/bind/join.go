package bind

import (
	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/fn"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/rel/calc"
	"github.com/weir-stream/weir/internal/rel/join"
	"github.com/weir-stream/weir/internal/rel/scan"
	"github.com/weir-stream/weir/internal/sql"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
)

// join binds a join of two table references.
func (b *Binder) join(j *sql.Join, parent *scope) (plan.Node, *scope) {
	l, ls := b.tableRef(j.Left, parent)
	return b.joinRefs(l, ls, j.Right, j)
}

// joinNodes joins two bound sides. rs counts columns from 0 and is moved.
func (b *Binder) joinNodes(l plan.Node, ls *scope, r plan.Node, rs *scope, j *sql.Join, rightName string) (plan.Node, *scope) {
	if j.Asof {
		b.extension(j.Pos, "ASOF JOIN")
	}
	if j.Kind == sql.SemiJoin || j.Kind == sql.AntiJoin {
		b.extension(j.Pos, j.Kind.String()+" JOIN")
	}
	width := len(l.Fields())
	rs.shift(width)
	both := ls.join(rs)
	conds := b.joinConditions(both, ls, rs, j)
	typ := joinTypes[j.Kind]
	lo, ro := typ.Outer()
	out := both
	if typ == join.Semi || typ == join.Anti {
		out = ls
	}
	if lo {
		rs.setNullable()
	}
	if ro {
		ls.setNullable()
	}
	if lo || ro {
		out = ls.join(rs)
	}
	b.mergeColumns(out, ls, rs, j)
	if both.open || anyBad(conds...) {
		return l, out
	}
	k := newJoinKeys(l, r)
	k.rightTTL, k.leftTTL = b.stateTTL(b.hints, rightName), -1
	if len(ls.rels) == 1 {
		k.leftTTL = b.stateTTL(b.hints, ls.rels[0].name)
	}
	k.multi = multiJoined(b.hints, ls, rightName)
	k.wish, k.wishLeft = b.joinWish(ls, rs, typ)
	k.made = b.origin(j.Kind.String()+" JOIN", j.Pos)
	if j.Right != nil { // not of a comma
		k.made = b.origin(j.Kind.String()+" JOIN", j.Right.Position())
	}
	if j.Asof {
		return b.asofJoin(k, typ, conds, j), out
	}
	return b.makeJoin(k, typ, conds, j.Pos), out
}

// joinConditions binds ON, or the equations of USING and NATURAL.
func (b *Binder) joinConditions(both, ls, rs *scope, j *sql.Join) []expr.Expr {
	var out []expr.Expr
	for _, name := range b.sharedColumns(ls, rs, j) {
		x, y := b.usingColumn(ls, name), b.usingColumn(rs, name)
		out = append(out, b.callAt(name.Pos, "=", x, y))
	}
	if j.Match != nil {
		v := &env{scope: both, clause: "MATCH_CONDITION", noAgg: true, noOver: true, noSub: true}
		out = append(out, b.condition(v, j.Match))
	}
	if j.On != nil {
		v := &env{scope: both, clause: "ON", noAgg: true, noOver: true}
		for _, c := range conjuncts(j.On) {
			out = append(out, b.condition(v, c))
		}
	}
	return out
}

// sharedColumns lists the columns of USING, or for NATURAL those of both sides.
func (b *Binder) sharedColumns(ls, rs *scope, j *sql.Join) []sql.Ident {
	if !j.Natural {
		return j.Using
	}
	var out []sql.Ident
	for _, name := range ls.visible() {
		if _, n := rs.find(name, 0); n == 1 {
			out = append(out, sql.Ident{Name: name, Pos: j.Pos})
		}
	}
	return out
}

// visible lists the unqualified names of a scope, each once.
func (s *scope) visible() []string {
	var out []string
	seen := map[string]bool{}
	add := func(n string) {
		if !seen[n] {
			seen[n] = true
			out = append(out, n)
		}
	}
	for _, m := range s.merged {
		add(m.name)
	}
	for _, r := range s.rels {
		for _, c := range r.cols {
			if !c.hidden {
				add(c.name)
			}
		}
	}
	return out
}

// usingColumn looks a column of USING up in one side.
func (b *Binder) usingColumn(s *scope, name sql.Ident) expr.Expr {
	one := &scope{rels: s.rels, merged: s.merged, open: s.open}
	return b.columnRef(one, &sql.ColumnRef{At: sql.At{Pos: name.Pos}, Parts: []sql.Ident{name}})
}

// mergeColumns makes one column of each pair of USING and NATURAL: the one that
// is not null in outer joins.
func (b *Binder) mergeColumns(out, ls, rs *scope, j *sql.Join) {
	names := b.sharedColumns(ls, rs, j)
	if len(names) == 0 || j.Kind == sql.SemiJoin || j.Kind == sql.AntiJoin {
		return
	}
	var merged []mergedCol
	shared := map[string]bool{}
	for _, n := range names {
		shared[n.Name] = true
		x, nx := ls.find(n.Name, 0)
		y, ny := rs.find(n.Name, 0)
		if nx != 1 || ny != 1 {
			continue
		}
		e := x
		switch {
		case anyBad(x, y):
			e = bad
		case j.Kind == sql.RightJoin:
			e = y
		case j.Kind == sql.FullJoin:
			e = b.made(n.Pos)(expr.Coalesce(x, y))
		}
		merged = append(merged, mergedCol{n.Name, e})
	}
	for _, m := range out.merged {
		if !shared[m.name] {
			merged = append(merged, m)
		}
	}
	out.merged = merged
	for _, r := range out.rels {
		for i := range r.cols {
			r.cols[i].hidden = r.cols[i].hidden || shared[r.cols[i].name]
		}
	}
}

// makeJoin builds the join: equations between the sides become keys, computed
// below where they are not plain columns; subqueries in the condition of an
// inner join are planned above it, those of an outer join below.
func (b *Binder) makeJoin(k *joinKeys, typ join.Type, conds []expr.Expr, pos sqlerr.Pos) plan.Node {
	if typ != join.Inner && has[*subSlot](conds...) {
		return b.outerOn(k, typ, conds, pos)
	}
	var rest, late []expr.Expr
	for _, c := range conds {
		switch {
		case has[*subSlot](c):
			late = append(late, c)
		case !k.add(c):
			rest = append(rest, c)
		}
	}
	node := k.join(typ, rest)
	for _, c := range late {
		node = b.filterSlots(node, c)
	}
	return node
}

// joinKeys collects the equations of a join.
type joinKeys struct {
	l, r   plan.Node
	width  int // of the left side
	extras [2][]expr.Expr
	lk, rk []int
	safe   []bool

	leftTTL, rightTTL int64 // of STATE_TTL, -1 = none
	multi             bool  // MULTI_JOIN names both
	made              plan.Made
	wish              join.Wish
	wishLeft          bool
}

func newJoinKeys(l, r plan.Node) *joinKeys { return &joinKeys{l: l, r: r, width: len(l.Fields())} }

// add takes an equation of the left side with the right one; false if e is no
// such thing.
func (k *joinKeys) add(e expr.Expr) bool {
	c, ok := e.(*expr.Call)
	if !ok || c.Fn.Name != "=" && c.Fn.Name != "IS NOT DISTINCT FROM" || len(c.Args) != 2 {
		return false
	}
	x, y := c.Args[0], c.Args[1]
	if k.side(x) == 1 && k.side(y) == 0 {
		x, y = y, x
	}
	if k.side(x) != 0 || k.side(y) != 1 || !fn.SameStorage(x.Type(), y.Type()) {
		return false
	}
	k.lk = append(k.lk, k.column(0, k.l, x))
	k.rk = append(k.rk, k.column(1, k.r, expr.Shift(y, 0, -k.width)))
	k.safe = append(k.safe, c.Fn.Name != "=")
	return true
}

// side tells which side all columns of e are of: 0, 1, or -1 for both or none.
func (k *joinKeys) side(e expr.Expr) int {
	if expr.HasOuter(e) || !expr.IsDeterministic(e) {
		return -1
	}
	side := -1
	for _, c := range expr.ReferencedCols(e) {
		s := 0
		if c >= k.width {
			s = 1
		}
		if side >= 0 && side != s {
			return -1
		}
		side = s
	}
	return side
}

// column gives the ordinal of an expression in its side, which may be one that
// is computed below the join.
func (k *joinKeys) column(side int, n plan.Node, e expr.Expr) int {
	if c, ok := e.(*expr.Col); ok {
		return c.Index
	}
	width := len(n.Fields())
	for i, x := range k.extras[side] {
		if expr.Equal(x, e) {
			return width + i
		}
	}
	k.extras[side] = append(k.extras[side], e)
	return width + len(k.extras[side]) - 1
}

// join builds the node and drops the computed keys above it.
func (k *joinKeys) join(typ join.Type, rest []expr.Expr) plan.Node {
	l, r := withColumns(k.l, k.extras[0], "$l"), withColumns(k.r, k.extras[1], "$r")
	var cond expr.Expr
	if len(rest) > 0 {
		cond = expr.Shift(expr.AndAll(rest...), k.width, len(k.extras[0]))
	}
	n := join.New(l, r, typ, k.lk, k.rk, cond)
	n.NullSafe = append([]bool{}, k.safe...)
	n.LeftTTLMs, n.RightTTLMs, n.Multi = k.leftTTL, k.rightTTL, k.multi
	n.Wish, n.WishLeft, n.Made = k.wish, k.wishLeft, k.made
	if len(k.extras[0])+len(k.extras[1]) == 0 {
		return n
	}
	fs := n.Fields()
	var es []expr.Expr
	var names []string
	keep := func(from, to int) {
		for i := from; i < to; i++ {
			es = append(es, plan.ColOf(fs, i))
			names = append(names, fs[i].Name)
		}
	}
	keep(0, k.width)
	if typ != join.Semi && typ != join.Anti {
		from := k.width + len(k.extras[0])
		keep(from, from+len(k.r.Fields()))
	}
	return calc.Project(n, es, names)
}

// withColumns appends computed columns to a node's.
func withColumns(n plan.Node, extras []expr.Expr, prefix string) plan.Node {
	if len(extras) == 0 {
		return n
	}
	fs := n.Fields()
	es := make([]expr.Expr, 0, len(fs)+len(extras))
	for i := range fs {
		es = append(es, plan.ColOf(fs, i))
	}
	names := plan.Names(fs)
	for i, x := range extras {
		es = append(es, x)
		names = append(names, prefix+itoa(i))
	}
	return calc.Project(n, es, names)
}

// temporalJoin joins each left row with the version of the right table at the
// row's time: by processing time a lookup, by event time a versioned join.
func (b *Binder) temporalJoin(l plan.Node, ls *scope, t *sql.TableName, j *sql.Join) (plan.Node, *scope) {
	r, rs := b.tableName(t, ls.parent)
	v := &env{scope: ls, clause: "FOR SYSTEM_TIME AS OF", noAgg: true, noOver: true, noSub: true}
	at := b.expr(v, t.AsOf)
	node, s := b.joinNodes(l, ls, r, rs, j, hintName(t))
	if at == bad || s.open {
		return node, s
	}
	if j.Kind != sql.InnerJoin && j.Kind != sql.LeftJoin {
		b.unsupported(j.Pos, j.Kind.String()+" JOIN with FOR SYSTEM_TIME AS OF").WithHint("use JOIN or LEFT JOIN")
		return node, s
	}
	switch at.Type().Attr {
	case types.Proctime:
		return withLookupHint(setStrategy(node, join.Lookup, nil), b.lookupHint(b.hints, hintName(t), t)), s
	case types.Rowtime:
		return b.versioned(node, r, at, t), s
	}
	b.fail(sqlerr.Plan, t.AsOf.Position(), "FOR SYSTEM_TIME AS OF needs a time attribute of the left table, but %s is %s", at, at.Type().AsNullable()).
		WithHint("use a column with a WATERMARK, or a column AS PROCTIME()")
	return node, s
}

// versioned makes a join an event-time temporal join.
func (b *Binder) versioned(node, right plan.Node, at expr.Expr, t *sql.TableName) plan.Node {
	left, ok := at.(*expr.Col)
	rowtime := -1
	for i, f := range right.Fields() {
		if f.Type.Attr == types.Rowtime {
			rowtime = i
		}
	}
	switch {
	case !ok || left.Depth > 0:
		b.fail(sqlerr.Plan, t.AsOf.Position(), "FOR SYSTEM_TIME AS OF needs a column of the left table")
	case rowtime < 0:
		b.fail(sqlerr.Plan, t.Pos, "`%s` has no versions: it has no WATERMARK", t.Name).
			WithHint("a versioned table has a PRIMARY KEY and a WATERMARK; to look rows up as they are now, use a column AS PROCTIME()")
	case !b.comparesKey(node, right, t):
	default:
		return setStrategy(node, join.Temporal, &join.Bounds{LeftTime: left.Index, RightTime: rowtime})
	}
	return node
}

// comparesKey reports whether a temporal join compares the primary key of the
// table whose versions it asks for; only then is a version one row. Views are not
// looked at here.
func (b *Binder) comparesKey(node, right plan.Node, t *sql.TableName) bool {
	s, at := scanBelow(right)
	j := joinBelow(node)
	if s == nil || j == nil {
		return true
	}
	if len(s.Table.PrimaryKey) == 0 {
		b.fail(sqlerr.Plan, t.Pos, "`%s` has no versions: it has no primary key", t.Name).
			WithHint("declare PRIMARY KEY (..) NOT ENFORCED, or use a view that keeps the last row of each key: ROW_NUMBER() OVER (PARTITION BY key ORDER BY ts DESC) = 1")
		return false
	}
	for _, p := range s.Table.PrimaryKey {
		compared := false
		for _, k := range j.RightKeys {
			compared = compared || k < len(at) && at[k] >= 0 && at[k] < len(s.Want) && s.Want[at[k]] == p
		}
		if !compared {
			b.fail(sqlerr.Plan, t.Pos, "the join with the versions of `%s` does not compare `%s` of its primary key", t.Name, s.Table.Columns[p].Name).
				WithHint("a version is a row of a primary key: add `%s` = .. to ON", s.Table.Columns[p].Name)
			return false
		}
	}
	return true
}

// scanBelow gives the scan below projections and filters, and for each column of n
// that of the scan, -1 if it is computed; nil if there is something else.
func scanBelow(n plan.Node) (*scan.Node, []int) {
	switch n := n.(type) {
	case *scan.Node:
		return n, identity(len(n.Fields()))
	case *calc.Node:
		s, at := scanBelow(n.In)
		if s == nil || n.Out == nil {
			return s, at
		}
		out := make([]int, len(n.Out))
		for i, e := range n.Out {
			out[i] = -1
			if c, ok := e.(*expr.Col); ok && c.Depth == 0 {
				out[i] = at[c.Index]
			}
		}
		return s, out
	}
	return nil, nil
}

// joinBelow gives the join at or right below a node.
func joinBelow(n plan.Node) *join.Node {
	if k, ok := n.(*calc.Node); ok {
		n = k.In
	}
	j, _ := n.(*join.Node)
	return j
}

func identity(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

// setStrategy changes the join at or right below a node.
func setStrategy(n plan.Node, s join.Strategy, bounds *join.Bounds) plan.Node {
	switch n := n.(type) {
	case *join.Node:
		c := *n
		c.Strategy, c.Bounds = s, bounds
		return &c
	case *calc.Node:
		return n.WithInputs([]plan.Node{setStrategy(n.In, s, bounds)})
	}
	return n
}
