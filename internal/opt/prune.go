package opt

import (
	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/rel/agg"
	"github.com/weir-stream/weir/internal/rel/calc"
	"github.com/weir-stream/weir/internal/rel/expand"
	"github.com/weir-stream/weir/internal/rel/join"
	"github.com/weir-stream/weir/internal/rel/normalize"
	"github.com/weir-stream/weir/internal/rel/order"
	"github.com/weir-stream/weir/internal/rel/over"
	"github.com/weir-stream/weir/internal/rel/rank"
	"github.com/weir-stream/weir/internal/rel/scan"
	"github.com/weir-stream/weir/internal/rel/setop"
	"github.com/weir-stream/weir/internal/rel/unnest"
	"github.com/weir-stream/weir/internal/rel/values"
	"github.com/weir-stream/weir/internal/rel/window"
)

// Columns that nobody reads are not decoded, shipped or kept. A node is rebuilt
// for the columns that are wanted of it; the mapping tells where each old column
// went.
var pruneColumns = Rule{
	Name: "prune columns",
	Why:  "decoding and keeping columns that nobody reads is most of the cost of a wide table",
	Whole: func(_ *Ctx, root plan.Node) (plan.Node, error) {
		return pruneAll(root), nil
	},
}

// colset is a set of ordinals.
type colset []bool

func allOf(n int) colset {
	s := make(colset, n)
	for i := range s {
		s[i] = true
	}
	return s
}

func (s colset) add(cols ...int) {
	for _, c := range cols {
		s[c] = true
	}
}

func (s colset) addExpr(es ...expr.Expr) {
	for _, e := range es {
		if e != nil {
			s.add(expr.ReferencedCols(e)...)
		}
	}
}

func (s colset) count() int {
	n := 0
	for _, x := range s {
		if x {
			n++
		}
	}
	return n
}

// mapping gives for each old ordinal the new one, -1 where the column is gone.
type mapping []int

func identity(n int) mapping {
	m := make(mapping, n)
	for i := range m {
		m[i] = i
	}
	return m
}

func (m mapping) cols(cols []int) []int {
	if cols == nil {
		return nil
	}
	out := make([]int, len(cols))
	for i, c := range cols {
		out[i] = m[c]
	}
	return out
}

func (m mapping) keys(keys []plan.SortKey) []plan.SortKey {
	out := append([]plan.SortKey(nil), keys...)
	for i := range out {
		out[i].Col = m[out[i].Col]
	}
	return out
}

func (m mapping) expr(e expr.Expr) expr.Expr {
	if e == nil {
		return nil
	}
	out, _ := expr.Remap(e, m)
	return out
}

func (m mapping) calls(calls []plan.AggCall) []plan.AggCall {
	out := append([]plan.AggCall(nil), calls...)
	for i := range out {
		out[i].Args = m.cols(out[i].Args)
		if out[i].Filter >= 0 {
			out[i].Filter = m[out[i].Filter]
		}
		out[i].OrderBy = m.keys(out[i].OrderBy)
	}
	return out
}

func addCalls(s colset, calls []plan.AggCall) {
	for _, c := range calls {
		s.add(c.Args...)
		if c.Filter >= 0 {
			s.add(c.Filter)
		}
		addKeys(s, c.OrderBy)
	}
}

func addKeys(s colset, keys []plan.SortKey) {
	for _, k := range keys {
		s.add(k.Col)
	}
}

// pruner rebuilds a plan. What readers of one node want alike is rebuilt once, so
// that shared parts stay shared: subqueries within subqueries read theirs often.
type pruner struct {
	done map[pruneKey]pruned
}

type pruneKey struct {
	n    plan.Node
	want string
}

type pruned struct {
	n plan.Node
	m mapping
}

func newPruner() *pruner { return &pruner{done: map[pruneKey]pruned{}} }

// prune rebuilds n for the wanted columns. The new node may keep more than was
// asked for, never less.
func (pn *pruner) prune(n plan.Node, want colset) (plan.Node, mapping) {
	if len(want) != len(n.Fields()) {
		return pn.rebuild(n, want)
	}
	bits := make([]byte, len(want))
	for i, w := range want {
		if w {
			bits[i] = 1
		}
	}
	key := pruneKey{n, string(bits)}
	if d, ok := pn.done[key]; ok {
		return d.n, d.m
	}
	out, m := pn.rebuild(n, want)
	pn.done[key] = pruned{out, m}
	return out, m
}

func (pn *pruner) rebuild(n plan.Node, want colset) (plan.Node, mapping) {
	switch n := n.(type) {
	case *scan.Node:
		return pruneScan(n, want)
	case *values.Node:
		return n, identity(len(n.Output))
	case *calc.Node:
		return pn.pruneCalc(n, want)
	case *join.Node:
		return pn.pruneJoin(n, want)
	case *agg.Node:
		return pn.pruneAgg(n, want)
	case *window.Aggregate:
		return pn.pruneWindowAgg(n, want)
	case *window.Assign:
		return pn.pruneAssign(n, want)
	case *over.Node:
		return pn.pruneOver(n, want)
	case *rank.Node:
		return pn.pruneRank(n, want)
	case *held:
		return pruneHeld(n, want)
	case *order.Node:
		need := append(colset(nil), want...)
		addKeys(need, n.Keys)
		in, m := pn.prune(n.In, need)
		d := *n
		d.In, d.Keys = in, m.keys(n.Keys)
		return &d, m
	case *setop.Node:
		return pn.pruneSetop(n, want)
	case *unnest.Node:
		return pn.pruneUnnest(n, want)
	case *normalize.Node:
		need := append(colset(nil), want...)
		need.add(n.Keys...)
		need.addExpr(n.Cond)
		in, m := pn.prune(n.In, need)
		d := *n
		d.In, d.Keys, d.Cond = in, m.cols(n.Keys), m.expr(n.Cond)
		return &d, m
	case *expand.Node:
		in, _ := pn.prune(n.In, allOf(len(n.In.Fields())))
		return n.WithInputs([]plan.Node{in}), identity(len(n.Fields()))
	}
	ins := n.Inputs()
	fresh := make([]plan.Node, len(ins))
	for i, in := range ins {
		p, m := pn.prune(in, allOf(len(in.Fields())))
		fresh[i] = restore(p, m, in.Fields())
	}
	if len(ins) > 0 {
		n = n.WithInputs(fresh)
	}
	return n, identity(len(n.Fields()))
}

// restore puts a projection on n that gives exactly the columns fs again.
func restore(n plan.Node, m mapping, fs []plan.Field) plan.Node {
	same := len(n.Fields()) == len(fs)
	for i, at := range m {
		same = same && at == i
	}
	if same {
		return n
	}
	es := make([]expr.Expr, len(fs))
	for i := range fs {
		es[i] = &expr.Col{Index: m[i], Name: fs[i].Name, T: n.Fields()[m[i]].Type}
	}
	return calc.Project(n, es, plan.Names(fs))
}

func pruneScan(n *scan.Node, want colset) (plan.Node, mapping) {
	if n.Mark != nil {
		want.addExpr(n.Mark.Expr)
		if n.Mark.Col >= 0 {
			want.add(n.Mark.Col)
		}
	}
	if n.Table.Buries() { // what cannot be read must not depend on who reads
		for i := range n.Want {
			want.add(i)
		}
	}
	m := make(mapping, len(n.Output))
	d := *n
	d.Want, d.Meta, d.Output = nil, nil, nil
	for i := range n.Output {
		if !want[i] {
			m[i] = -1
			continue
		}
		m[i] = len(d.Output)
		d.Output = append(d.Output, n.Output[i])
		if i < len(n.Want) {
			d.Want = append(d.Want, n.Want[i])
		} else {
			d.Meta = append(d.Meta, n.Meta[i-len(n.Want)])
		}
	}
	if n.Mark != nil {
		w := *n.Mark
		w.Expr = m.expr(w.Expr)
		if w.Col >= 0 {
			w.Col = m[w.Col]
		}
		d.Mark = &w
	}
	if len(d.Output) == 0 && len(n.Output) > 0 {
		// COUNT(*) wants rows, not columns: keep the narrowest.
		best := 0
		for i, f := range n.Output {
			if width(f) < width(n.Output[best]) {
				best = i
			}
		}
		return pruneScan(n, func() colset { s := make(colset, len(n.Output)); s[best] = true; return s }())
	}
	return &d, m
}

func width(f plan.Field) int {
	if w := f.Type.Phys().Width(); w > 0 && w < 16 {
		return w
	}
	return 64
}

func (pn *pruner) pruneCalc(n *calc.Node, want colset) (plan.Node, mapping) {
	need := make(colset, len(n.In.Fields()))
	need.addExpr(n.Cond)
	if n.Out == nil {
		for i, w := range want {
			need[i] = need[i] || w
		}
		in, m := pn.prune(n.In, need)
		d := *n
		d.In, d.Cond = in, m.expr(n.Cond)
		return &d, m
	}
	m := make(mapping, len(n.Out))
	d := calc.Node{}
	var out []expr.Expr
	for i, e := range n.Out {
		m[i] = -1
		if want[i] {
			m[i] = len(out)
			out = append(out, e)
			d.Cols = append(d.Cols, n.Cols[i])
			need.addExpr(e)
		}
	}
	if len(out) == 0 { // a row count is still wanted
		out, d.Cols = []expr.Expr{expr.True()}, []plan.Field{{Name: "$one", Type: expr.True().T}}
	}
	in, im := pn.prune(n.In, need)
	d.In, d.Cond = in, im.expr(n.Cond)
	d.Out = make([]expr.Expr, len(out))
	for i, e := range out {
		d.Out[i] = im.expr(e)
	}
	return &d, m
}

func (pn *pruner) pruneJoin(n *join.Node, want colset) (plan.Node, mapping) {
	lw, rw := len(n.L.Fields()), len(n.R.Fields())
	ln, rn := make(colset, lw), make(colset, rw)
	take := func(c int) {
		if c < lw {
			ln[c] = true
		} else {
			rn[c-lw] = true
		}
	}
	for c, w := range want {
		if w {
			take(c)
		}
	}
	if n.Rest != nil {
		for _, c := range expr.ReferencedCols(n.Rest) {
			take(c)
		}
	}
	ln.add(n.LeftKeys...)
	rn.add(n.RightKeys...)
	if b := n.Bounds; b != nil {
		ln.add(b.LeftTime)
		rn.add(b.RightTime)
	}
	if n.Strategy == join.Window {
		ln.add(n.LeftWin[:]...)
		rn.add(n.RightWin[:]...)
	}
	l, lm := pn.prune(n.L, ln)
	r, rm := pn.prune(n.R, rn)
	d := *n
	d.L, d.R = l, r
	d.LeftKeys, d.RightKeys = lm.cols(n.LeftKeys), rm.cols(n.RightKeys)
	both := append(mapping(nil), lm...)
	for _, c := range rm {
		if c >= 0 {
			c += len(l.Fields())
		}
		both = append(both, c)
	}
	d.Rest = both.expr(n.Rest)
	if b := n.Bounds; b != nil {
		nb := *b
		nb.LeftTime, nb.RightTime = lm[b.LeftTime], rm[b.RightTime]
		d.Bounds = &nb
	}
	if n.Strategy == join.Window {
		d.LeftWin = [2]int(lm.cols(n.LeftWin[:]))
		d.RightWin = [2]int(rm.cols(n.RightWin[:]))
	}
	if n.Type == join.Semi || n.Type == join.Anti {
		return &d, lm
	}
	return &d, both
}

// keepCalls gives the wanted calls; calls start at ordinal first.
func keepCalls(calls []plan.AggCall, want colset, first int, m mapping, next int) ([]plan.AggCall, int) {
	var keep []plan.AggCall
	for i, c := range calls {
		if !want[first+i] {
			m[first+i] = -1
			continue
		}
		m[first+i] = next
		next++
		keep = append(keep, c)
	}
	return keep, next
}

func (pn *pruner) pruneAgg(n *agg.Node, want colset) (plan.Node, mapping) {
	m := identity(len(n.Fields()))
	d := *n
	d.Calls, _ = keepCalls(n.Calls, want, len(n.Keys), m, len(n.Keys))
	need := make(colset, len(n.In.Fields()))
	need.add(n.Keys...)
	addCalls(need, d.Calls)
	in, im := pn.prune(n.In, need)
	d.In, d.Keys, d.Calls = in, im.cols(n.Keys), im.calls(d.Calls)
	d.Sets = mapSets(n.Sets, im)
	return &d, m
}

func mapSets(sets [][]int, m mapping) [][]int {
	if sets == nil {
		return nil
	}
	out := make([][]int, len(sets))
	for i, s := range sets {
		out[i] = m.cols(s)
	}
	return out
}

func (pn *pruner) pruneWindowAgg(n *window.Aggregate, want colset) (plan.Node, mapping) {
	m := identity(len(n.Fields()))
	d := *n
	var next int
	d.Calls, next = keepCalls(n.Calls, want, len(n.Keys), m, len(n.Keys))
	for i := range n.Props {
		m[len(n.Keys)+len(n.Calls)+i] = next + i
	}
	need := make(colset, len(n.In.Fields()))
	need.add(n.Keys...)
	addCalls(need, d.Calls)
	if a := n.Attached; a != nil {
		need.add(a.Start, a.End)
	} else {
		need.add(n.Window.TimeCol)
		need.add(n.Window.PartitionBy...)
	}
	in, im := pn.prune(n.In, need)
	d.In, d.Keys, d.Calls, d.Sets = in, im.cols(n.Keys), im.calls(d.Calls), mapSets(n.Sets, im)
	if a := n.Attached; a != nil {
		w := *a
		w.Start, w.End = im[a.Start], im[a.End]
		if a.Time >= 0 {
			w.Time = im[a.Time]
		}
		d.Attached = &w
	} else {
		d.Window.TimeCol = im[n.Window.TimeCol]
		d.Window.PartitionBy = im.cols(n.Window.PartitionBy)
	}
	return &d, m
}

func (pn *pruner) pruneAssign(n *window.Assign, want colset) (plan.Node, mapping) {
	w := len(n.In.Fields())
	need := append(colset(nil), want[:w]...)
	need.add(n.Window.TimeCol)
	need.add(n.Window.PartitionBy...)
	in, im := pn.prune(n.In, need)
	d := *n
	d.In = in
	d.Window.TimeCol, d.Window.PartitionBy = im[n.Window.TimeCol], im.cols(n.Window.PartitionBy)
	at := len(in.Fields())
	return &d, append(append(mapping(nil), im...), at, at+1, at+2)
}

func (pn *pruner) pruneOver(n *over.Node, want colset) (plan.Node, mapping) {
	w := len(n.In.Fields())
	need := append(colset(nil), want[:w]...)
	need.add(n.PartitionBy...)
	addKeys(need, n.OrderBy)
	for _, c := range n.Calls {
		addCalls(need, []plan.AggCall{c.AggCall})
	}
	in, im := pn.prune(n.In, need)
	d := *n
	d.In, d.PartitionBy, d.OrderBy = in, im.cols(n.PartitionBy), im.keys(n.OrderBy)
	d.Calls = append([]over.Call(nil), n.Calls...)
	m := append(mapping(nil), im...)
	for i := range d.Calls {
		d.Calls[i].AggCall = im.calls([]plan.AggCall{d.Calls[i].AggCall})[0]
		m = append(m, len(in.Fields())+i)
	}
	return &d, m
}

func (pn *pruner) pruneRank(n *rank.Node, want colset) (plan.Node, mapping) {
	w := len(n.In.Fields())
	need := append(colset(nil), want[:w]...)
	need.add(n.PartitionBy...)
	addKeys(need, n.OrderBy)
	if n.Win != nil {
		need.add(n.Win.Start, n.Win.End)
	}
	in, im := pn.prune(n.In, need)
	d := *n
	d.In, d.PartitionBy, d.OrderBy = in, im.cols(n.PartitionBy), im.keys(n.OrderBy)
	if n.Win != nil {
		x := *n.Win
		x.Start, x.End = im[x.Start], im[x.End]
		if x.Time >= 0 {
			x.Time = im[x.Time]
		}
		d.Win = &x
	}
	m := append(mapping(nil), im...)
	if n.Number {
		if want[w] {
			m = append(m, len(in.Fields()))
		} else {
			d.Number = false
			m = append(m, -1)
		}
	}
	return &d, m
}

func (pn *pruner) pruneSetop(n *setop.Node, want colset) (plan.Node, mapping) {
	if n.Op != setop.UnionAll || want.count() == 0 {
		want = allOf(len(n.Output))
	}
	d := *n
	d.In, d.Output = make([]plan.Node, len(n.In)), nil
	m := make(mapping, len(n.Output))
	for i, f := range n.Output {
		m[i] = -1
		if want[i] {
			m[i] = len(d.Output)
			d.Output = append(d.Output, f)
		}
	}
	for i, in := range n.In {
		p, im := pn.prune(in, append(colset(nil), want...))
		es := make([]expr.Expr, 0, len(d.Output))
		for c := range n.Output {
			if want[c] {
				es = append(es, plan.ColOf(p.Fields(), im[c]))
			}
		}
		exact := len(p.Fields()) == len(es)
		for k, e := range es {
			exact = exact && e.(*expr.Col).Index == k
		}
		if !exact {
			p = calc.Project(p, es, plan.Names(d.Output))
		}
		d.In[i] = p
	}
	return &d, m
}

func (pn *pruner) pruneUnnest(n *unnest.Node, want colset) (plan.Node, mapping) {
	w := len(n.In.Fields())
	need := append(colset(nil), want[:w]...)
	need.addExpr(n.X)
	in, im := pn.prune(n.In, need)
	d := *n
	d.In, d.X, d.Keep = in, im.expr(n.X), []int{}
	m := make(mapping, w)
	for i := range m {
		m[i] = -1
		if want[i] {
			m[i] = len(d.Keep)
			d.Keep = append(d.Keep, im[i])
		}
	}
	for i := range n.Elems {
		m = append(m, len(d.Keep)+i)
	}
	return &d, m
}
