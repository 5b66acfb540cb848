package bind

import (
	"slices"

	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/rel/agg"
	"github.com/weir-stream/weir/internal/rel/apply"
	"github.com/weir-stream/weir/internal/rel/calc"
	"github.com/weir-stream/weir/internal/rel/expand"
	"github.com/weir-stream/weir/internal/rel/window"
	"github.com/weir-stream/weir/internal/sqlerr"
)

// aggregate plans GROUP BY and the aggregates.
func (s *selection) aggregate() {
	if s.group == nil {
		if !has[*aggSlot](s.all()...) && s.having == nil {
			return
		}
		s.newGrouping()
	}
	g := s.group
	if g.all {
		for _, it := range s.items {
			if !has[*aggSlot](it.e) && !has[*overSlot](it.e) {
				g.addKey(it.e, it.name)
			}
		}
	}
	s.each(g.collect)
	if g.broken {
		return
	}
	if len(s.scope.rels) == 1 {
		g.ttlMs = s.b.stateTTL(s.sel.Hints, s.scope.rels[0].name)
	}
	g.made = s.b.origin("an aggregate over all rows", s.sel.Pos.Head())
	if by := s.sel.GroupBy; len(by) > 0 {
		g.made = s.b.origin("GROUP BY", sqlerr.Pos{Start: by[0].Pos.Start, End: by[len(by)-1].Pos.End})
	}
	g.make(s.node)
	s.each(g.rewrite)
	s.node = g.node
}

// collect notes the aggregates and window properties of an expression.
func (g *grouping) collect(e expr.Expr) expr.Expr {
	expr.Walk(e, func(x expr.Expr) bool {
		if _, ok := g.byKey[expr.Key(x)]; ok {
			return false
		}
		switch x := x.(type) {
		case *aggSlot:
			g.addSlot(x)
			return false
		case *propSlot:
			g.addProp(x)
		case *groupSlot:
			g.needID = true
		}
		return true
	})
	return e
}

func (g *grouping) addSlot(x *aggSlot) {
	k := expr.Key(x)
	if _, ok := g.slot[k]; !ok {
		g.slot[k] = len(g.slots)
		g.slots = append(g.slots, x)
	}
}

func (g *grouping) addProp(x *propSlot) int {
	for i, p := range g.props {
		if p.Prop == window.Prop(x.prop) {
			return i
		}
	}
	names := [...]string{"w$start", "w$end", "w$rowtime", "w$proctime"}
	g.props = append(g.props, window.PropCol{Prop: window.Prop(x.prop), Name: names[x.prop], Type: x.t})
	return len(g.props) - 1
}

// columns collects expressions for a projection, each once.
type columns struct {
	es    []expr.Expr
	names []string
	at    map[string]int
}

func (c *columns) add(e expr.Expr, name string) int {
	k := expr.Key(e)
	if i, ok := c.at[k]; ok {
		return i
	}
	if col, ok := e.(*expr.Col); ok && name == "" {
		name = col.Name
	}
	if name == "" {
		name = "$f" + itoa(len(c.es))
	}
	if c.at == nil {
		c.at = map[string]int{}
	}
	c.at[k] = len(c.es)
	c.es = append(c.es, e)
	c.names = append(c.names, name)
	return len(c.es) - 1
}

// make builds the aggregate over a projection of keys and arguments.
func (g *grouping) make(in plan.Node) {
	cols := &columns{}
	keys := make([]int, len(g.keys))
	for i, k := range g.keys {
		keys[i] = cols.add(k, g.names[i])
	}
	time := -1
	if g.legacy != nil {
		time = cols.add(g.legacy.time, "")
	}
	calls := make([]plan.AggCall, len(g.slots))
	for i, s := range g.slots {
		calls[i] = s.call(cols, len(g.keys)+i)
	}
	node, es := g.b.plant(in, cols.es)
	below := node
	if len(es) > 0 { // COUNT(*) needs no column
		below = calc.Project(node, es, cols.names)
	}
	if g.legacy != nil {
		w := g.legacy.window
		w.TimeCol = time
		g.node = &window.Aggregate{In: below, Keys: keys, Calls: calls, Props: g.props, Window: w, Sets: g.keySets(keys), Legacy: true}
		return
	}
	if g.sets != nil && g.needID {
		below, keys, calls = g.expand(below, keys, calls)
	}
	n := agg.New(below, keys, calls)
	n.TTLMs, n.Made = g.ttlMs, g.made
	if g.idCol < 0 {
		n.Sets = g.keySets(keys)
	}
	g.node = n
}

// call gives the call over the columns of the projection below.
func (s *aggSlot) call(cols *columns, at int) plan.AggCall {
	c := plan.AggCall{Agg: s.agg, Distinct: s.distinct, Filter: -1, Type: s.t, Name: "EXPR$" + itoa(at)}
	kids := s.kids
	for _, k := range kids[:s.args] {
		c.Args = append(c.Args, cols.add(k, ""))
	}
	for i, o := range s.order {
		c.OrderBy = append(c.OrderBy, plan.SortKey{Col: cols.add(kids[s.args+i], ""), Desc: o.desc, NullsFirst: o.nullsFirst})
	}
	if s.filter {
		c.Filter = cols.add(kids[len(kids)-1], "")
	}
	return c
}

// maybeEmpty reports whether a group may have no rows: there is a group without
// keys. The keys of GROUP BY ALL are not known yet.
func (g *grouping) maybeEmpty() bool {
	switch {
	case g.legacy != nil:
		return false
	case g.sets == nil:
		return len(g.keys) == 0
	}
	return slices.ContainsFunc(g.sets, func(s []int) bool { return len(s) == 0 })
}

func (g *grouping) keySets(keys []int) [][]int {
	if g.sets == nil {
		return nil
	}
	out := make([][]int, len(g.sets))
	for i, s := range g.sets {
		out[i] = []int{}
		for _, k := range s {
			out[i] = append(out[i], keys[k])
		}
	}
	return out
}

// expand makes the node that repeats rows for each set, since the id that it
// adds is asked for.
func (g *grouping) expand(below plan.Node, keys []int, calls []plan.AggCall) (plan.Node, []int, []plan.AggCall) {
	x := &expand.Node{In: below, Keys: keys, Sets: g.keySets(keys)}
	width := len(below.Fields())
	for i := range x.Sets {
		g.ids = append(g.ids, x.ID(x.Sets[i]))
	}
	copyOf := func(c int) int {
		if i := slices.Index(keys, c); i >= 0 {
			return width + 1 + i
		}
		return c
	}
	for i := range calls {
		for j, a := range calls[i].Args {
			calls[i].Args[j] = copyOf(a)
		}
		for j := range calls[i].OrderBy {
			calls[i].OrderBy[j].Col = copyOf(calls[i].OrderBy[j].Col)
		}
		if calls[i].Filter >= 0 {
			calls[i].Filter = copyOf(calls[i].Filter)
		}
	}
	g.idCol = len(keys)
	return x, append(append([]int(nil), keys...), width), calls
}

// rewrite makes an expression over FROM one over the aggregate's output.
func (g *grouping) rewrite(e expr.Expr) expr.Expr {
	if e == nil || e == bad {
		return e
	}
	if i, ok := g.byKey[expr.Key(e)]; ok {
		return plan.ColOf(g.node.Fields(), i)
	}
	base := len(g.keys)
	if g.idCol >= 0 {
		base++
	}
	switch x := e.(type) {
	case *aggSlot:
		return plan.ColOf(g.node.Fields(), base+g.slot[expr.Key(x)])
	case *propSlot:
		return plan.ColOf(g.node.Fields(), base+len(g.slots)+g.addProp(x))
	case *groupSlot:
		return g.groupFunc(x)
	case *expr.Col:
		if x.Depth == 0 {
			return g.notGrouped(x)
		}
		return x
	case *subSlot:
		s := *x
		s.r = g.rewriteOuter(x.r, 1)
		e = &s
	}
	kids := e.Children()
	if len(kids) == 0 {
		return e
	}
	out := make([]expr.Expr, len(kids))
	for i, k := range kids {
		out[i] = g.rewrite(k)
	}
	if anyBad(out...) {
		return bad
	}
	return e.With(out)
}

// notGrouped reports a column that is neither a key nor in an aggregate.
func (g *grouping) notGrouped(c *expr.Col) expr.Expr {
	e := g.b.fail(sqlerr.Plan, g.b.cols[c], "the column `%s` is neither in GROUP BY nor in an aggregate", c.Name)
	switch {
	case len(g.keys) == 0 && g.legacy == nil:
		e.WithHint("add GROUP BY `%s`, or use an aggregate such as MAX(`%s`)", c.Name, c.Name)
	case g.ordinals():
		e.WithHint("numbers in GROUP BY are constants, not columns of the select list; write the column's name")
	default:
		e.WithHint("add `%s` to GROUP BY, or use an aggregate such as FIRST_VALUE(`%s`)", c.Name, c.Name)
	}
	return bad
}

// ordinals reports whether all keys are numbers, as in GROUP BY 1, 2.
func (g *grouping) ordinals() bool {
	for _, k := range g.keys {
		if _, ok := k.(*expr.Lit); !ok {
			return false
		}
	}
	return true
}

// rewriteOuter rewrites the columns of a subquery that refer to the grouped
// query, which are those of a depth.
func (g *grouping) rewriteOuter(n plan.Node, depth int) plan.Node {
	return apply.MapOuter(n, depth, func(c *expr.Col) expr.Expr {
		own := *c
		own.Depth = 0
		g.b.cols[&own] = g.b.cols[c]
		e := g.rewrite(&own)
		if e == bad {
			return c
		}
		return outer(e, depth)
	})
}

// groupFunc gives GROUPING(a, ..): the grouping id is one of a few numbers, each
// of which gives one value.
func (g *grouping) groupFunc(x *groupSlot) expr.Expr {
	var places []int
	for _, k := range x.kids {
		i, ok := g.byKey[expr.Key(k)]
		if !ok {
			g.b.fail(sqlerr.Plan, x.pos, "the arguments of %s must be keys of GROUP BY, but %s is none", x.name, k)
			return bad
		}
		places = append(places, i)
	}
	if g.idCol < 0 { // one grouping set: all keys are grouped
		return &expr.Lit{Value: int64(0), T: x.Type()}
	}
	id := plan.ColOf(g.node.Fields(), g.idCol)
	out := &expr.Case{T: x.Type()}
	seen := map[int64]bool{}
	for _, v := range g.ids {
		if seen[v] {
			continue
		}
		seen[v] = true
		value := int64(0)
		for _, p := range places {
			value = value<<1 | v>>(len(g.keys)-1-p)&1
		}
		lit := &expr.Lit{Value: v, T: x.Type()}
		out.Whens = append(out.Whens, expr.When{Cond: &expr.In{X: id, Values: []*expr.Lit{lit}}, Then: &expr.Lit{Value: value, T: x.Type()}})
	}
	out.Else = &expr.Lit{Value: int64(0), T: x.Type()}
	return out
}
