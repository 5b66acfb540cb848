package evolve

import (
	"slices"

	"github.com/weir-stream/weir/internal/fn"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/rel/agg"
	"github.com/weir-stream/weir/internal/rel/join"
	"github.com/weir-stream/weir/internal/rel/rank"
	"github.com/weir-stream/weir/internal/rel/window"
	"github.com/weir-stream/weir/internal/types"
)

// join maps columns through a regular join.
func (m *Matching) join(was, is *join.Node) ([]int, bool) {
	left, right := m.columns(was.L, is.L), m.columns(was.R, is.R)
	n := len(was.L.Fields())
	both := slices.Clone(left)
	for _, c := range right {
		if c >= 0 {
			c += n
		}
		both = append(both, c)
	}
	a, b := *was, *is
	a.L, a.R, b.L, b.R = nil, nil, nil, nil
	b.LeftKeys, b.RightKeys = mapped(b.LeftKeys, left), mapped(b.RightKeys, right)
	a.Rows, b.Rows = 0, 0
	rest := m.comparer(both).expr(a.Rest, b.Rest)
	a.Rest, b.Rest = nil, nil
	if !rest || !m.comparer(nil).same(&a, &b) {
		return nil, false
	}
	if is.Type == join.Semi || is.Type == join.Anti {
		return left, true
	}
	return both, true
}

// mapped gives what ordinals were; those below 0 are none.
func mapped(ordinals, cols []int) []int {
	if ordinals == nil {
		return nil
	}
	out := make([]int, len(ordinals))
	for i, o := range ordinals {
		if out[i] = o; o >= 0 {
			out[i] = cols[o]
		}
	}
	return out
}

func mappedSets(sets [][]int, cols []int) [][]int {
	var out [][]int
	for _, s := range sets {
		out = append(out, mapped(s, cols))
	}
	return out
}

func mappedOrder(order []plan.SortKey, cols []int) []plan.SortKey {
	out := slices.Clone(order)
	for i := range out {
		out[i].Col = cols[out[i].Col]
	}
	return out
}

func mappedCalls(calls []plan.AggCall, cols []int) []plan.AggCall {
	out := slices.Clone(calls)
	for i := range out {
		c := &out[i]
		c.Args, c.OrderBy = mapped(c.Args, cols), mappedOrder(c.OrderBy, cols)
		if c.Filter >= 0 {
			c.Filter = cols[c.Filter]
		}
	}
	return out
}

// agg compares two aggregates, which keep what they use of their input only.
func (m *Matching) agg(was, is *agg.Node) ([]int, bool) {
	cols := m.columns(was.In, is.In)
	a, b := *was, *is
	a.In, b.In = nil, nil
	b.Keys, b.Sets, b.Calls = mapped(b.Keys, cols), mappedSets(b.Sets, cols), mappedCalls(b.Calls, cols)
	return nil, m.comparer(nil).same(&a, &b) && m.calls(was, is, was.Calls, is.Calls) && m.keys(was, is, was.Keys, is.Keys, is.Calls)
}

// windowAgg compares two window aggregates.
func (m *Matching) windowAgg(was, is *window.Aggregate) ([]int, bool) {
	cols := m.columns(was.In, is.In)
	a, b := *was, *is
	a.In, b.In = nil, nil
	b.Keys, b.Sets, b.Calls = mapped(b.Keys, cols), mappedSets(b.Sets, cols), mappedCalls(b.Calls, cols)
	if b.Attached != nil {
		w := *b.Attached
		at := mapped([]int{w.Start, w.End, w.Time}, cols)
		w.Start, w.End, w.Time = at[0], at[1], at[2]
		b.Attached = &w
	} else {
		b.Window.TimeCol, b.Window.PartitionBy = cols[b.Window.TimeCol], mapped(b.Window.PartitionBy, cols)
	}
	return nil, m.comparer(nil).same(&a, &b) && m.calls(was, is, was.Calls, is.Calls) && m.keys(was, is, was.Keys, is.Keys, is.Calls)
}

// rank maps columns through a Top-N.
func (m *Matching) rank(was, is *rank.Node) ([]int, bool) {
	cols := m.columns(was.In, is.In)
	a, b := *was, *is
	a.In, b.In = nil, nil
	b.PartitionBy, b.OrderBy = mapped(b.PartitionBy, cols), mappedOrder(b.OrderBy, cols)
	if is.Win != nil || !m.comparer(nil).same(&a, &b) || !sortable(was, is, is.OrderBy, is.To == 1) {
		return nil, false
	}
	cols = slices.Clone(cols)
	if is.Number {
		cols = append(cols, len(was.In.Fields()))
	}
	return cols, true
}

// sortable reports whether what Top-N keeps of the order is the same for wider
// columns: it keeps words of 64 bits of the first one, and for a single row (bare)
// perhaps the sort key and nothing else.
func sortable(was, is *rank.Node, order []plan.SortKey, bare bool) bool {
	for i, k := range order {
		a, b := was.In.Fields()[was.OrderBy[i].Col].Type, is.In.Fields()[k.Col].Type
		if !a.EqualKind(b) && (a.Kind == types.Decimal || bare && a.IsInteger()) {
			return false
		}
	}
	return true
}

// calls reports whether accumulators can become those over wider columns.
func (m *Matching) calls(before, after plan.Node, was, is []plan.AggCall) bool {
	old, in := before.Inputs()[0].Fields(), after.Inputs()[0].Fields()
	for i, c := range is {
		var a, b []fn.Arg
		var from, to []types.Type
		for j, arg := range c.Args {
			from, to = append(from, old[was[i].Args[j]].Type), append(to, in[arg].Type)
			a, b = append(a, fn.Arg{Type: from[j]}), append(b, fn.Arg{Type: to[j]})
		}
		if slices.EqualFunc(from, to, types.Type.EqualKind) {
			continue
		}
		for _, retract := range []bool{false, true} {
			x, err := c.Agg.New(&fn.AggCall{Args: a, Ret: was[i].Type, Retract: retract})
			if err != nil {
				return false
			}
			y, err := c.Agg.New(&fn.AggCall{Args: b, Ret: c.Type, Retract: retract})
			if err != nil {
				return false
			}
			if _, ok := fn.WidenAcc(x, y, from, to); !ok {
				return false
			}
		}
	}
	return true
}

// keys reports whether keys may have other bytes: what is kept of groups under their
// ids cannot move with them.
func (m *Matching) keys(was, is plan.Node, before, keys []int, calls []plan.AggCall) bool {
	old, now := was.Inputs()[0].Fields(), is.Inputs()[0].Fields()
	same := true
	for i, k := range keys {
		same = same && old[before[i]].Type.EqualKind(now[k].Type)
	}
	if same {
		return true
	}
	for _, c := range calls {
		extreme := c.Agg.Name == "MIN" || c.Agg.Name == "MAX"
		if c.Distinct && !c.Agg.NoDistinct || extreme && !m.insertOnly(is.Inputs()[0]) {
			return false
		}
	}
	return true
}
