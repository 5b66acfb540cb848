package bind

import (
	"fmt"

	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/rel/calc"
	"github.com/weir-stream/weir/internal/rel/over"
	"github.com/weir-stream/weir/internal/sql"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
)

// namedWindows notes the WINDOW clause.
func (s *selection) namedWindows() {
	s.windows = map[string]*sql.WindowSpec{}
	for i := range s.sel.Windows {
		w := &s.sel.Windows[i]
		if s.windows[w.Name.Name] != nil {
			s.b.fail(sqlerr.Name, w.Name.Pos, "there are two windows `%s`", w.Name.Name)
		}
		s.windows[w.Name.Name] = w.Spec
	}
}

// ranking are the window functions that no frame changes.
var ranking = map[string]bool{"ROW_NUMBER": true, "RANK": true, "DENSE_RANK": true, "NTILE": true, "CUME_DIST": true,
	"PERCENT_RANK": true, "LAG": true, "LEAD": true}

// overCall binds a call with OVER to a slot.
func (b *Binder) overCall(v *env, f *sql.FuncCall) expr.Expr {
	name := f.Func()
	switch {
	case v.noOver:
		e := b.fail(sqlerr.Plan, f.Pos, "the window function %s cannot be used in %s", name, v.clause)
		if v.clause == "WHERE" || v.clause == "HAVING" {
			e.WithHint("compute it in a subquery and filter outside")
		}
		return bad
	case b.Aggs.Lookup(name) == nil:
		if b.Functions.Has(name) {
			b.fail(sqlerr.Plan, f.Pos, "%s is not an aggregate or window function, so it cannot have OVER", name)
		} else {
			b.noFunction(f)
		}
		return bad
	case b.Aggs.Lookup(name).Ordered && len(f.OrderBy)+len(f.WithinGroup) > 0:
		b.unsupported(f.Pos, "ORDER BY in "+name+" with OVER").WithHint("the rows come in the order of OVER (.. ORDER BY ..)")
		return bad
	}
	spec, ok := b.windowSpec(v, f.Over)
	if !ok {
		return bad
	}
	inner := *v
	inner.noOver, inner.clause = true, "OVER"
	slot := &overSlot{pos: f.Pos, made: b.origin(name+"() OVER", f.Pos), distinct: f.Distinct, filter: f.Filter != nil, ignoreNulls: f.Nulls == "IGNORE"}
	args, ok := b.aggArgs(&inner, f)
	if !ok {
		return bad
	}
	slot.kids, slot.args = args, len(args)
	for _, p := range spec.PartitionBy {
		slot.kids = append(slot.kids, b.expr(&inner, p))
		slot.parts++
	}
	for _, o := range spec.OrderBy {
		slot.kids = append(slot.kids, b.expr(&inner, o.Expr))
		slot.order = append(slot.order, sortOf(o))
	}
	if f.Filter != nil {
		slot.kids = append(slot.kids, b.condition(&inner, f.Filter))
	}
	if anyBad(slot.kids...) {
		return bad
	}
	if slot.frame, ok = b.frame(v, spec, slot, name); !ok {
		return bad
	}
	if len(spec.OrderBy) == 0 && ranking[name] && name != "ROW_NUMBER" {
		b.fail(sqlerr.Plan, f.Over.Pos, "%s needs ORDER BY in its OVER clause", name)
		return bad
	}
	maybeNone := slot.filter || slot.frame.To.Offset < 0 || slot.frame.From.Offset > 0
	agg, cast, t, ok := b.resolveAgg(name, args, maybeNone, f.Pos)
	if !ok {
		return bad
	}
	copy(slot.kids, cast)
	slot.agg, slot.t = agg, t
	slot.distinct = slot.distinct && !agg.NoDistinct && slot.args > 0
	return slot
}

// windowSpec resolves a reference to a named window.
func (b *Binder) windowSpec(v *env, w *sql.WindowSpec) (*sql.WindowSpec, bool) {
	for depth := 0; w.Ref != nil; depth++ {
		named := v.windows[w.Ref.Name]
		if named == nil || depth > 16 {
			var names []string
			for n := range v.windows {
				names = append(names, n)
			}
			e := b.fail(sqlerr.Name, w.Ref.Pos, "there is no window `%s`", w.Ref.Name)
			if near, ok := sqlerr.Nearest(w.Ref.Name, names); ok {
				e.WithHint("did you mean `%s`?", near)
			}
			return nil, false
		}
		if w.Bare {
			w = named
			continue
		}
		m := *named
		m.At = w.At
		if len(w.PartitionBy) > 0 {
			m.PartitionBy = w.PartitionBy
		}
		if len(w.OrderBy) > 0 {
			m.OrderBy = w.OrderBy
		}
		if w.Frame != nil {
			m.Frame = w.Frame
		}
		w = &m
	}
	return w, true
}

// frame gives the frame of a window; without one, all rows up to the current
// and its peers, or the whole partition where nothing orders it.
func (b *Binder) frame(v *env, spec *sql.WindowSpec, slot *overSlot, name string) (over.Frame, bool) {
	switch {
	case ranking[name]:
		return over.Frame{Rows: true, From: over.Bound{Unbounded: true}}, true
	case spec.Frame == nil && len(spec.OrderBy) == 0:
		return over.Frame{From: over.Bound{Unbounded: true}, To: over.Bound{Unbounded: true}}, true
	case spec.Frame == nil:
		return over.Frame{From: over.Bound{Unbounded: true}}, true
	}
	f := spec.Frame
	out := over.Frame{Rows: f.Units == "ROWS"}
	if f.Exclude != "" && f.Exclude != "NO OTHERS" {
		b.unsupported(f.Pos, "EXCLUDE "+f.Exclude)
		return out, false
	}
	var sortBy expr.Expr
	if len(slot.order) > 0 {
		sortBy = slot.kids[slot.args+slot.parts]
	}
	ok1, ok2 := true, true
	out.From, ok1 = b.bound(v, &f.Start, out.Rows, sortBy)
	if f.End != nil {
		out.To, ok2 = b.bound(v, f.End, out.Rows, sortBy)
	}
	if !ok1 || !ok2 {
		return out, false
	}
	end := sql.CurrentRow
	if f.End != nil {
		end = f.End.Kind
	}
	if f.Start.Kind == sql.UnboundedFollowing || end == sql.UnboundedPreceding ||
		!out.From.Unbounded && !out.To.Unbounded && out.From.Offset > out.To.Offset {
		b.fail(sqlerr.Plan, f.Pos, "the frame ends before it starts")
		return out, false
	}
	return out, true
}

func (b *Binder) bound(v *env, f *sql.FrameBound, rows bool, sortBy expr.Expr) (over.Bound, bool) {
	switch f.Kind {
	case sql.UnboundedPreceding, sql.UnboundedFollowing:
		return over.Bound{Unbounded: true}, true
	case sql.CurrentRow:
		return over.Bound{}, true
	}
	if !rows && sortBy == nil {
		b.fail(sqlerr.Plan, f.Pos, "RANGE with an offset needs ORDER BY")
		return over.Bound{}, false
	}
	e := b.expr(v, f.Offset)
	if e == bad {
		return over.Bound{}, false
	}
	l, ok := expr.Fold(e, b.Zone).(*expr.Lit)
	n, isInt := int64(0), false
	if ok {
		n, isInt = l.Value.(int64)
	}
	want := "a whole number of rows"
	switch {
	case rows:
		ok = isInt && l.T.IsInteger()
	case sortBy.Type().IsTemporal():
		want = "an interval such as INTERVAL '1' HOUR"
		ok = isInt && l.T.Kind == types.IntervalDT
	default:
		want = "a whole number"
		ok = isInt && l.T.IsInteger() && sortBy.Type().IsInteger()
	}
	if !ok || n < 0 {
		b.fail(sqlerr.Type, f.Pos, "the offset of this frame must be %s, 0 or more", want)
		return over.Bound{}, false
	}
	if f.Kind == sql.Preceding {
		n = -n
	}
	return over.Bound{Offset: n}, true
}

// overs plans the window functions: one node for each distinct window.
func (s *selection) overs() {
	all := s.all()
	if !has[*overSlot](all...) {
		return
	}
	p := overPlan{cols: &columns{}, windows: map[string]*overWindow{}, place: map[string]*expr.Col{}}
	width := len(s.node.Fields())
	for i := range width {
		p.cols.keep(plan.ColOf(s.node.Fields(), i))
	}
	for _, e := range all {
		expr.Walk(e, func(x expr.Expr) bool {
			o, ok := x.(*overSlot)
			if ok {
				p.add(o)
			}
			return !ok
		})
	}
	node, es := s.b.plant(s.node, p.cols.es)
	if len(es) > width {
		node = calc.Project(node, es, p.cols.names)
	}
	s.node = p.make(node)
	s.each(p.replace)
}

// keep adds a column at its own place, even if it is there already.
func (c *columns) keep(col *expr.Col) {
	if c.at == nil {
		c.at = map[string]int{}
	}
	if k := expr.Key(col); c.at[k] == 0 {
		c.at[k] = len(c.es)
	}
	c.es = append(c.es, col)
	c.names = append(c.names, col.Name)
}

// overPlan collects the window functions of a SELECT by window.
type overPlan struct {
	cols    *columns
	windows map[string]*overWindow
	order   []*overWindow
	place   map[string]*expr.Col // by expr.Key of the slot
}

// overWindow is a node to be, with the keys of the slots that are its calls.
type overWindow struct {
	node  *over.Node
	slots []string
}

func (p *overPlan) add(o *overSlot) {
	key := expr.Key(o)
	if _, ok := p.place[key]; ok {
		return
	}
	p.place[key] = nil
	n := &over.Node{Made: o.made, Frame: o.frame}
	call := over.Call{IgnoreNulls: o.ignoreNulls, AggCall: plan.AggCall{Agg: o.agg, Distinct: o.distinct, Filter: -1, Type: o.t}}
	kids := o.kids
	for _, k := range kids[:o.args] {
		call.Args = append(call.Args, p.cols.add(k, ""))
	}
	kids = kids[o.args:]
	for _, k := range kids[:o.parts] {
		n.PartitionBy = append(n.PartitionBy, p.cols.add(k, ""))
	}
	kids = kids[o.parts:]
	for i, s := range o.order {
		n.OrderBy = append(n.OrderBy, plan.SortKey{Col: p.cols.add(kids[i], ""), Desc: s.desc, NullsFirst: s.nullsFirst})
	}
	if o.filter {
		call.Filter = p.cols.add(kids[len(kids)-1], "")
	}
	id := fmt.Sprint(n.PartitionBy, n.OrderBy, n.Frame)
	w := p.windows[id]
	if w == nil {
		w = &overWindow{node: n}
		p.windows[id] = w
		p.order = append(p.order, w)
	}
	w.node.Calls = append(w.node.Calls, call)
	w.slots = append(w.slots, key)
}

// make chains the nodes over their input.
func (p *overPlan) make(node plan.Node) plan.Node {
	for i, w := range p.order {
		base := len(node.Fields())
		w.node.In = node
		for j := range w.node.Calls {
			w.node.Calls[j].Name = fmt.Sprintf("w%d$o%d", i, j)
		}
		node = w.node
		for j, key := range w.slots {
			p.place[key] = plan.ColOf(node.Fields(), base+j)
		}
	}
	return node
}

// replace puts the nodes' columns in the place of slots.
func (p *overPlan) replace(e expr.Expr) expr.Expr {
	if e == nil || e == bad {
		return e
	}
	if o, ok := e.(*overSlot); ok {
		return p.place[expr.Key(o)]
	}
	kids := e.Children()
	if len(kids) == 0 {
		return e
	}
	out := make([]expr.Expr, len(kids))
	for i, k := range kids {
		out[i] = p.replace(k)
	}
	return e.With(out)
}
