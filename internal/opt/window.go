package opt

import (
	"slices"

	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/rel/agg"
	"github.com/weir-stream/weir/internal/rel/calc"
	"github.com/weir-stream/weir/internal/rel/expand"
	"github.com/weir-stream/weir/internal/rel/window"
	"github.com/weir-stream/weir/internal/types"
)

// GROUP BY window_start, window_end over a window table function folds rows into
// panes instead of repeating each row for every window that it is in.
var windowAggregate = Rule{
	Name:     "aggregate over a window function by panes",
	Required: true,
	Why:      "a 10 s window that hops by 2 s would process every row five times",
	Apply: func(_ *Ctx, n plan.Node) (plan.Node, error) {
		a, ok := n.(*agg.Node)
		if !ok {
			return n, nil
		}
		k, _ := a.In.(*calc.Node)
		in := a.In
		if k != nil {
			in = k.In
		}
		w, ok := in.(*window.Assign)
		if !ok {
			return n, nil
		}
		if r := paneAggregate(a, k, w); r != nil {
			return r, nil
		}
		return n, nil
	},
}

// paneAggregate builds the aggregate below which the window function is gone;
// nil if window columns are used for anything but grouping.
func paneAggregate(a *agg.Node, k *calc.Node, w *window.Assign) plan.Node {
	base := len(w.In.Fields())
	if k != nil && k.Cond != nil && !within(k.Cond, 0, base) {
		return nil
	}
	source := func(col int) expr.Expr { return plan.ColOf(a.In.Fields(), col) }
	if k != nil && k.Out != nil {
		source = func(col int) expr.Expr { return k.Out[col] }
	}
	prop := func(col int) int {
		if c, ok := source(col).(*expr.Col); ok && c.Index >= base {
			return c.Index - base
		}
		return -1
	}
	used := make(colset, len(a.In.Fields()))
	addCalls(used, a.Calls)
	p := splitWindowKeys(a, prop)
	if p == nil {
		return nil
	}
	for col := range used {
		if prop(col) >= 0 && used[col] || used[col] && !within(source(col), 0, base) {
			return nil
		}
	}
	for _, key := range p.keys {
		if !within(source(key), 0, base) {
			return nil
		}
	}
	// The input without the window columns, and the time column after it.
	var es []expr.Expr
	var names []string
	m := make(mapping, len(a.In.Fields()))
	for col, f := range a.In.Fields() {
		m[col] = -1
		if e := source(col); within(e, 0, base) {
			m[col] = len(es)
			es, names = append(es, e), append(names, f.Name)
		}
	}
	timeCol := len(es)
	es, names = append(es, plan.ColOf(w.In.Fields(), w.Window.TimeCol)), append(names, w.In.Fields()[w.Window.TimeCol].Name)
	win := w.Window
	win.TimeCol = timeCol
	if w.Window.Kind == plan.Session && !samePartition(w, p.keys, source) {
		return nil
	}
	win.PartitionBy = nil
	low := calc.Project(w.In, es, names)
	if k != nil {
		low.Cond = k.Cond
	}
	out := &window.Aggregate{In: low, Keys: m.cols(p.keys), Calls: m.calls(a.Calls), Props: p.props, Window: win, Sets: mapSets(p.sets, m)}
	return p.reorder(out, a)
}

// samePartition reports whether a session window's partition columns are the
// grouping keys: only then are its sessions those of the groups.
func samePartition(w *window.Assign, keys []int, source func(int) expr.Expr) bool {
	if len(w.Window.PartitionBy) != len(keys) {
		return false
	}
	for _, k := range keys {
		c, ok := source(k).(*expr.Col)
		if !ok || !hasCol(w.Window.PartitionBy, c.Index) {
			return false
		}
	}
	return true
}

// windowKeys are the grouping keys taken apart.
type windowKeys struct {
	keys  []int // not window columns
	props []window.PropCol
	sets  [][]int
	at    []int // for each output key of the old aggregate its place: >= 0 key, < 0 -1-property
}

// splitWindowKeys takes the window columns out of the keys; prop tells which of
// the window columns (0 start, 1 end, 2 time) an input column is, or -1. It
// gives nil unless start and end are both there, in every grouping set.
func splitWindowKeys(a *agg.Node, prop func(int) int) *windowKeys {
	p := &windowKeys{}
	seen := [3]bool{}
	fs := a.Fields()
	for i, key := range a.Keys {
		x := prop(key)
		if x < 0 {
			p.at = append(p.at, len(p.keys))
			p.keys = append(p.keys, key)
			continue
		}
		seen[x] = true
		p.at = append(p.at, -1-len(p.props))
		t := fs[i].Type
		if x == 2 {
			t.Attr = a.In.Fields()[key].Type.Attr
			if t.Attr == types.NoAttr {
				t.Attr = types.Rowtime
			}
		}
		p.props = append(p.props, window.PropCol{Prop: window.Prop(x), Name: fs[i].Name, Type: t.WithNull(fs[i].Type.Nullable && len(a.Sets) == 0)})
	}
	if !seen[0] || !seen[1] {
		return nil
	}
	for _, s := range a.Sets {
		var set []int
		in := [3]bool{}
		for _, key := range s {
			if x := prop(key); x >= 0 {
				in[x] = true
			} else {
				set = append(set, key)
			}
		}
		if !in[0] || !in[1] {
			return nil
		}
		p.sets = append(p.sets, set)
	}
	return p
}

// reorder gives the old aggregate's columns over the new one.
func (p *windowKeys) reorder(out *window.Aggregate, a *agg.Node) plan.Node {
	fs := out.Fields()
	es := make([]expr.Expr, 0, len(fs))
	for _, at := range p.at {
		if at < 0 {
			at = len(p.keys) + len(a.Calls) - 1 - at
		}
		es = append(es, plan.ColOf(fs, at))
	}
	es = append(es, cols(fs, len(p.keys), len(p.keys)+len(a.Calls))...)
	return calc.Project(out, es, plan.Names(a.Fields()))
}

// An aggregate over rows that carry the columns of a window below (the maximum
// per window of counts per window, Nexmark q5) is final when that window closes.
var attachedWindowAggregate = Rule{
	Name:   "aggregate by attached window",
	Stream: true, Required: true,
	Why: "the rows of a closed window never change, so the group emits once and is forgotten",
	Apply: func(c *Ctx, n plan.Node) (plan.Node, error) {
		a, ok := n.(*agg.Node)
		if !ok {
			return n, nil
		}
		t, err := plan.Annotate(c.Context, a.In)
		if err != nil {
			return n, nil
		}
		in := t.Traits[a.In]
		if in.Win == nil || in.Win.Start < 0 || in.Win.End < 0 {
			return n, nil
		}
		p := splitWindowKeys(a, func(col int) int {
			switch col {
			case in.Win.Start:
				return 0
			case in.Win.End:
				return 1
			case in.Win.Time:
				return 2
			}
			return -1
		})
		if p == nil {
			return n, nil
		}
		if !c.MiniBatch && overSessions(a.In) && !hasTime(p.props) {
			return n, nil
		}
		out := &window.Aggregate{In: a.In, Keys: p.keys, Calls: a.Calls, Props: p.props, Window: in.Win.Window, Attached: in.Win, Sets: p.sets}
		return p.reorder(out, a), nil
	},
}

// overSessions reports whether rows come from SESSION as a table function. Groups
// over them that are not its partitions change row by row in Flink, once their
// session has closed, and do so here where changes for each row were asked for.
func overSessions(n plan.Node) bool {
	if k, ok := n.(*calc.Node); ok {
		n = k.In
	}
	w, ok := n.(*window.Assign)
	return ok && w.Window.Kind == plan.Session
}

// hasTime reports whether groups carry the time attribute of their window, which
// only an aggregate that ends with the window can give on.
func hasTime(ps []window.PropCol) bool {
	return slices.ContainsFunc(ps, func(p window.PropCol) bool { return p.Prop == window.Time || p.Prop == window.ProcTime })
}

// Grouping sets repeat each row once a set, with the other keys nulled and a
// grouping id that keeps the sets apart.
var expandSets = Rule{
	Name:     "expand grouping sets",
	Required: true,
	Why:      "one aggregate over repeated rows serves all sets",
	Apply: func(_ *Ctx, n plan.Node) (plan.Node, error) {
		switch n := n.(type) {
		case *agg.Node:
			if len(n.Sets) == 0 {
				return n, nil
			}
			e := &expand.Node{In: n.In, Keys: n.Keys, Sets: n.Sets}
			id := len(n.In.Fields())
			low := agg.New(e, append(append([]int(nil), n.Keys...), id), ungroupArgs(e, n.Calls))
			low.TTLMs, low.Made = n.TTLMs, n.Made
			return dropID(low, len(n.Keys), n.Fields()), nil
		case *window.Aggregate:
			if len(n.Sets) == 0 {
				return n, nil
			}
			e := &expand.Node{In: n.In, Keys: n.Keys, Sets: n.Sets}
			d := *n
			d.In, d.Sets = e, nil
			d.Keys = append(append([]int(nil), n.Keys...), len(n.In.Fields()))
			d.Calls = ungroupArgs(e, n.Calls)
			return dropID(&d, len(n.Keys), n.Fields()), nil
		}
		return n, nil
	},
}

// ungroupArgs lets aggregates over a grouping column read its copy, which is not
// nulled.
func ungroupArgs(e *expand.Node, calls []plan.AggCall) []plan.AggCall {
	m := identity(len(e.In.Fields()))
	for i, k := range e.Keys {
		m[k] = len(e.In.Fields()) + 1 + i
	}
	return m.calls(calls)
}

// dropID projects the grouping id away, which stands at ordinal id.
func dropID(n plan.Node, id int, want []plan.Field) plan.Node {
	fs := n.Fields()
	es := append(cols(fs, 0, id), cols(fs, id+1, len(fs))...)
	return calc.Project(n, es, plan.Names(want))
}
