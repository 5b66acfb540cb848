package bind

import (
	"slices"

	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/rel/calc"
	"github.com/weir-stream/weir/internal/rel/match"
	"github.com/weir-stream/weir/internal/sql"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
)

// matching is a MATCH_RECOGNIZE that is being bound. The node stands on a
// projection of the columns, arguments and conditions that it reads.
type matching struct {
	b     *Binder
	ref   *sql.MatchRecognize
	scope *scope // of the input
	node  *match.Node
	cols  columns
	vars  map[string]int
	sets  map[string]match.Set // variables and subsets by name
	names []string             // of sets, in order

	// values is the list that the expression at hand reads from, at the places of
	// their keys.
	values *[]match.Value
	places map[string]int
	define int // the variable whose condition is bound; -1 = none
	// sense is FINAL or RUNNING before a call.
	sense string
	arg   *matchArg // columns are of the row that a call finds
}

// matchArg is the argument of FIRST, of an aggregate, and so on: all its columns
// are of one variable.
type matchArg struct {
	call   string
	vars   match.Set
	name   string
	seen   bool
	failed bool
}

// matchRecognize binds FROM .. MATCH_RECOGNIZE (..).
func (b *Binder) matchRecognize(ref *sql.MatchRecognize, parent *scope) (plan.Node, *scope) {
	in, s := b.tableRef(ref.Input, parent)
	m := &matching{b: b, ref: ref, scope: s, vars: map[string]int{}, sets: map[string]match.Set{}, define: -1,
		node: &match.Node{AllRows: ref.AllRows, Empty: ref.EmptyMatches != "OMIT", Unmatched: ref.Unmatched, Pos: ref.Pos}}
	failed := len(b.errs)
	m.clauses()
	if len(b.errs) > failed || s.open {
		return broken().node, &scope{parent: parent, open: true}
	}
	m.project(in)
	return b.named(block{node: m.node}, "", ref.Alias, parent)
}

func (m *matching) env(clause string) *env {
	return &env{scope: m.scope, clause: clause, noOver: true, noSub: true, match: m}
}

func (m *matching) clauses() {
	plain := m.env("PARTITION BY")
	plain.match, plain.noAgg = nil, true
	names := make([]string, len(m.ref.PartitionBy))
	for i, p := range m.ref.PartitionBy {
		names[i] = itemName(&sql.SelectItem{Expr: p}, i)
		if x := m.b.expr(plain, p); x != bad {
			m.node.PartitionBy = append(m.node.PartitionBy, m.cols.add(x, ""))
		}
	}
	m.order(plain)
	m.variables()
	m.node.Pattern = m.pattern(m.ref.Pattern, false)
	m.rules()
	m.within(plain)
	m.after()
	m.defines()
	m.measures(names)
}

// order binds ORDER BY: over a stream by a time attribute, ascending, and then by
// anything.
func (m *matching) order(v *env) {
	v.clause = "ORDER BY"
	for i, o := range m.ref.OrderBy {
		x := m.b.expr(v, o.Expr)
		if x == bad {
			continue
		}
		k := sortKey(o, m.cols.add(x, ""))
		if i == 0 && !m.b.Batch && (x.Type().Attr == types.NoAttr || k.Desc) {
			m.b.fail(sqlerr.Plan, o.Expr.Position(), "MATCH_RECOGNIZE over a stream needs ORDER BY a time attribute, ascending, first").
				WithHint("use the column of the table's WATERMARK, or one that is PROCTIME()")
		}
		m.node.OrderBy = append(m.node.OrderBy, k)
	}
	if len(m.ref.OrderBy) == 0 && !m.b.Batch {
		m.b.fail(sqlerr.Plan, m.ref.Pos, "MATCH_RECOGNIZE over a stream needs ORDER BY a time attribute")
	}
}

// time is the type of the first column of ORDER BY.
func (m *matching) time() (types.Type, bool) {
	if len(m.node.OrderBy) == 0 {
		return types.Type{}, false
	}
	return m.cols.es[m.node.OrderBy[0].Col].Type(), true
}

func (m *matching) within(v *env) {
	if m.ref.Within == nil {
		return
	}
	v.clause = "WITHIN"
	l, ok := m.b.expr(v, m.ref.Within).(*expr.Lit)
	ms, isInt := int64(0), false
	if ok && l.T.Kind == types.IntervalDT {
		ms, isInt = l.Value.(int64)
	}
	pos := m.ref.Within.Position()
	if t, ordered := m.time(); ordered && !t.IsTimestamp() {
		m.b.fail(sqlerr.Type, pos, "WITHIN needs ORDER BY a time, but it is by %s", t.AsNullable().WithAttr(types.NoAttr))
	}
	if !isInt || ms <= 0 {
		m.b.fail(sqlerr.Plan, pos, "WITHIN needs a positive interval of days to seconds").WithHint("for example WITHIN INTERVAL '10' MINUTE")
		return
	}
	m.node.WithinMs = ms
}

func (m *matching) after() {
	a := m.ref.After
	if a == nil {
		m.node.Skip.Kind = match.ToNextRow // as Flink does; the SQL standard says PAST LAST ROW
		return
	}
	switch a.Kind {
	case "TO NEXT ROW":
		m.node.Skip.Kind = match.ToNextRow
	case "TO FIRST":
		m.node.Skip.Kind = match.ToFirst
	case "TO LAST":
		m.node.Skip.Kind = match.ToLast
	}
	if a.Var != nil {
		m.node.Skip.Vars, m.node.Skip.Name = m.set(*a.Var), a.Var.Name
	}
}

// set gives the variables that a name stands for.
func (m *matching) set(name sql.Ident) match.Set {
	s, ok := m.sets[name.Name]
	if !ok {
		m.unknown(name)
	}
	return s
}

func (m *matching) unknown(name sql.Ident) {
	e := m.b.fail(sqlerr.Name, name.Pos, "there is no pattern variable `%s`", name.Name)
	if near, ok := sqlerr.Nearest(name.Name, m.names); ok {
		e.WithHint("did you mean `%s`?", near)
	}
}

// defines binds the conditions. Those that look at nothing but their row become
// columns of the projection, where they are computed for many rows at once.
func (m *matching) defines() {
	m.values, m.places = &m.node.Values, map[string]int{}
	seen := map[string]bool{}
	for i := range m.ref.Define {
		d := &m.ref.Define[i]
		v, ok := m.vars[d.Var.Name]
		switch {
		case !ok:
			m.unknown(d.Var)
			continue
		case seen[d.Var.Name]:
			m.b.fail(sqlerr.Plan, d.Var.Pos, "the pattern variable `%s` is defined twice", d.Var.Name)
			continue
		}
		seen[d.Var.Name] = true
		m.define = v
		cond := m.b.condition(m.env("DEFINE"), d.Cond)
		if cond == bad {
			continue
		}
		if !m.alone(v, cond) {
			m.node.Vars[v].Cond = expr.Fold(cond, m.b.Zone)
		}
	}
	m.define = -1
}

// alone makes a condition a column, if it depends on its row alone and cannot
// fail for rows that are never tested.
func (m *matching) alone(v int, cond expr.Expr) bool {
	by := make([]expr.Expr, len(m.node.Values))
	for _, i := range expr.ReferencedCols(cond) {
		x := m.node.Values[i]
		if x.Kind != match.Row {
			return false
		}
		by[i] = m.cols.es[x.Col]
	}
	over := expr.Fold(expr.Substitute(cond, by), m.b.Zone)
	if expr.CanFail(over) || !expr.IsDeterministic(over) {
		return false
	}
	if l, ok := over.(*expr.Lit); ok && l.Value == true {
		return true
	}
	m.node.Vars[v].Col = m.cols.add(over, "$"+m.node.Vars[v].Name)
	return true
}

// measures binds what is given out: the partition, the measures, and for ALL ROWS
// the other columns.
func (m *matching) measures(partition []string) {
	m.values, m.places = &m.node.Measured, map[string]int{}
	done := map[int]bool{}
	column := func(col int, name string) {
		if done[col] {
			return
		}
		done[col] = true
		t := m.cols.es[col].Type()
		m.give(m.value(match.Value{Kind: match.Row, Col: col, Type: t, Name: name}), name)
	}
	for i, p := range m.node.PartitionBy {
		column(p, partition[i])
	}
	if m.ref.AllRows {
		for i, k := range m.node.OrderBy {
			column(k.Col, itemName(&sql.SelectItem{Expr: m.ref.OrderBy[i].Expr}, i))
		}
	}
	for i := range m.ref.Measures {
		it := &m.ref.Measures[i]
		if x := m.b.expr(m.env("MEASURES"), it.Expr); x != bad {
			m.give(expr.Fold(x, m.b.Zone), itemName(it, i))
		}
	}
	if !m.ref.AllRows {
		return
	}
	for _, r := range m.scope.rels {
		for i := range r.cols {
			if !r.cols[i].hidden && !r.cols[i].bad {
				column(m.cols.add(m.scope.col(&r.cols[i], 0), ""), r.cols[i].name)
			}
		}
	}
}

func (m *matching) give(x expr.Expr, name string) {
	m.node.Out = append(m.node.Out, x)
	m.node.Output = append(m.node.Output, plan.Field{Name: name, Type: x.Type()})
}

// project puts the node on a projection of the columns that it reads in the end.
func (m *matching) project(in plan.Node) {
	n := m.node
	to := make([]int, len(m.cols.es))
	for i := range to {
		to[i] = -1
	}
	var es []expr.Expr
	var names []string
	use := func(col *int) {
		if *col < 0 {
			return
		}
		if to[*col] < 0 {
			to[*col] = len(es)
			es, names = append(es, m.cols.es[*col]), append(names, m.cols.names[*col])
		}
		*col = to[*col]
	}
	for i := range n.PartitionBy {
		use(&n.PartitionBy[i])
	}
	for i := range n.OrderBy {
		use(&n.OrderBy[i].Col)
	}
	var conds []expr.Expr
	for i := range n.Vars {
		use(&n.Vars[i].Col)
		if n.Vars[i].Cond != nil {
			conds = append(conds, n.Vars[i].Cond)
		}
	}
	n.Values = usedValues(n.Values, conds)
	k := 0
	for i := range n.Vars {
		if n.Vars[i].Cond != nil {
			n.Vars[i].Cond = conds[k]
			k++
		}
	}
	n.Measured = usedValues(n.Measured, n.Out)
	for _, vs := range [][]match.Value{n.Values, n.Measured} {
		for i := range vs {
			v := &vs[i]
			if v.Kind == match.Row || v.Kind == match.Nav {
				use(&v.Col)
			}
			v.Call.Args = slices.Clone(v.Call.Args)
			for j := range v.Call.Args {
				use(&v.Call.Args[j])
			}
			if v.Kind == match.Aggregate {
				use(&v.Call.Filter)
			}
		}
	}
	if len(es) == 0 { // rows are wanted all the same
		es, names = []expr.Expr{expr.True()}, []string{"$one"}
	}
	n.In = calc.Project(in, es, names)
}

// usedValues drops the values that no expression reads, and turns the expressions
// to the places of the others.
func usedValues(vs []match.Value, es []expr.Expr) []match.Value {
	to := make([]int, len(vs))
	for i := range to {
		to[i] = -1
	}
	var out []match.Value
	for _, i := range expr.ReferencedCols(es...) {
		to[i] = len(out)
		out = append(out, vs[i])
	}
	for i, e := range es {
		es[i], _ = expr.Remap(e, to)
	}
	return out
}
