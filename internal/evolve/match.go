// Package evolve tells whether a plan is another one but for the names and types of
// columns: what an operator has kept under the old plan then goes on under the new
// one, converted. Columns may have other names, wider types (types.Widens), and may be
// new where they were new in the source as well, so that they are truly null in all
// rows before.
package evolve

import (
	"fmt"
	"slices"
	"strings"

	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/fn"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/rel/agg"
	"github.com/weir-stream/weir/internal/rel/calc"
	"github.com/weir-stream/weir/internal/rel/expand"
	"github.com/weir-stream/weir/internal/rel/join"
	"github.com/weir-stream/weir/internal/rel/normalize"
	"github.com/weir-stream/weir/internal/rel/over"
	"github.com/weir-stream/weir/internal/rel/rank"
	"github.com/weir-stream/weir/internal/rel/scan"
	"github.com/weir-stream/weir/internal/rel/setop"
	"github.com/weir-stream/weir/internal/rel/sink"
	"github.com/weir-stream/weir/internal/rel/unnest"
	"github.com/weir-stream/weir/internal/rel/values"
	"github.com/weir-stream/weir/internal/rel/window"
	"github.com/weir-stream/weir/internal/types"
)

// Config says what may differ.
type Config struct {
	// Operational options of tables may.
	Operational func(key string) bool
	// InsertOnly reports whether the rows of a node of the new plan are only added.
	InsertOnly func(plan.Node) bool
}

// Matching pairs the nodes of a new plan with those of an old one.
type Matching struct {
	// Old is the node that each was.
	Old map[plan.Node]plan.Node
	// Columns tells which column of its old node each column of a node was, -1 if it is
	// new; nil: they are the same.
	Columns map[plan.Node][]int

	cfg    Config
	failed map[[2]plan.Node]bool
}

// New gives an empty matching.
func New(c Config) *Matching {
	return &Matching{Old: map[plan.Node]plan.Node{}, Columns: map[plan.Node][]int{}, cfg: c, failed: map[[2]plan.Node]bool{}}
}

// Match adds the nodes of a new plan, if it is the old one. A false answer leaves
// pairs behind of what is below.
func (m *Matching) Match(was, is plan.Node) bool {
	if o, done := m.Old[is]; done {
		return o == was
	}
	key := [2]plan.Node{was, is}
	if m.failed[key] || len(was.Inputs()) != len(is.Inputs()) || fmt.Sprintf("%T", was) != fmt.Sprintf("%T", is) {
		return false
	}
	for i, in := range is.Inputs() {
		if !m.Match(was.Inputs()[i], in) {
			m.failed[key] = true
			return false
		}
	}
	cols, ok := m.node(was, is)
	if !ok || !m.fits(was, is, cols) {
		m.failed[key] = true
		return false
	}
	m.Old[is], m.Columns[is] = was, cols
	return true
}

// node compares two nodes of a kind whose inputs match.
func (m *Matching) node(was, is plan.Node) (cols []int, ok bool) {
	switch is := is.(type) {
	case *scan.Node:
		return m.scan(was.(*scan.Node), is)
	case *calc.Node:
		return m.calc(was.(*calc.Node), is)
	case *sink.Node:
		return m.sink(was.(*sink.Node), is)
	}
	plain := true
	for _, in := range is.Inputs() {
		plain = plain && m.Columns[in] == nil
	}
	c := m.comparer(nil)
	switch is := is.(type) {
	case *join.Node:
		if is.Strategy == join.Regular && !plain {
			return m.join(was.(*join.Node), is)
		}
	case *agg.Node:
		return nil, plain && c.same(was, is) && m.calls(is, was.(*agg.Node).Calls, is.Calls) && m.keys(was, is, is.Keys, is.Calls)
	case *window.Aggregate:
		return nil, plain && c.same(was, is) && m.calls(is, was.(*window.Aggregate).Calls, is.Calls) && m.keys(was, is, is.Keys, is.Calls)
	case *rank.Node:
		if !plain {
			return m.rank(was.(*rank.Node), is)
		}
		return nil, c.same(was, is) && sortable(was.(*rank.Node), is, is.OrderBy, is.To == 1)
	case *normalize.Node, *setop.Node, *sink.Set, *values.Node, *expand.Node, *unnest.Node, *window.Assign, *join.Multi:
	case *over.Node:
		c.typed = true
	default: // nobody has seen to it that names and types do not matter
		c.typed, c.named = true, true
	}
	return nil, plain && c.same(was, is)
}

// fits checks that columns have become no narrower.
func (m *Matching) fits(was, is plan.Node, cols []int) bool {
	old := was.Fields()
	now := is.Fields()
	if cols == nil && len(old) != len(now) {
		return false
	}
	for i, f := range now {
		at := i
		if cols != nil {
			at = cols[i]
		}
		if at < 0 {
			if !f.Type.Nullable {
				return false
			}
			continue
		}
		if !widens(old[at].Type, f.Type) {
			return false
		}
	}
	return true
}

// widens is types.Widens but for nullability, which follows from expressions too.
func widens(was, is types.Type) bool {
	return was.Attr == is.Attr && types.Widens(was.AsNullable(), is.AsNullable())
}

// input gives the columns of an input of a node.
func (m *Matching) input(is plan.Node, i int) []int { return m.Columns[is.Inputs()[i]] }

// join maps columns through a regular join.
func (m *Matching) join(was, is *join.Node) ([]int, bool) {
	left, right := m.columns(is.L), m.columns(is.R)
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

// columns are those of an input of the new plan, spelled out.
func (m *Matching) columns(in plan.Node) []int {
	if c := m.Columns[in]; c != nil {
		return c
	}
	out := make([]int, len(in.Fields()))
	for i := range out {
		out[i] = i
	}
	return out
}

func mapped(ordinals, cols []int) []int {
	out := make([]int, len(ordinals))
	for i, o := range ordinals {
		out[i] = cols[o]
	}
	return out
}

// rank maps columns through a Top-N.
func (m *Matching) rank(was, is *rank.Node) ([]int, bool) {
	cols := m.columns(is.In)
	a, b := *was, *is
	a.In, b.In = nil, nil
	b.PartitionBy = mapped(b.PartitionBy, cols)
	b.OrderBy = slices.Clone(b.OrderBy)
	for i := range b.OrderBy {
		b.OrderBy[i].Col = cols[b.OrderBy[i].Col]
	}
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
func (m *Matching) calls(is plan.Node, was, now []plan.AggCall) bool {
	old := m.Old[is.Inputs()[0]].Fields()
	in := is.Inputs()[0].Fields()
	for i, c := range now {
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
func (m *Matching) keys(was, is plan.Node, keys []int, calls []plan.AggCall) bool {
	old, now := was.Inputs()[0].Fields(), is.Inputs()[0].Fields()
	same := true
	for _, k := range keys {
		same = same && old[k].Type.EqualKind(now[k].Type)
	}
	if same {
		return true
	}
	for _, c := range calls {
		extreme := c.Agg.Name == "MIN" || c.Agg.Name == "MAX"
		if c.Distinct && !c.Agg.NoDistinct || extreme && !m.cfg.InsertOnly(is.Inputs()[0]) {
			return false
		}
	}
	return true
}

// calc maps columns through expressions: each was one of the old node, or is a new
// column of the input as it is, or a NULL.
func (m *Matching) calc(was, is *calc.Node) ([]int, bool) {
	c := m.comparer(m.input(is, 0))
	if !c.expr(was.Cond, is.Cond) {
		return nil, false
	}
	old, now := outs(was), outs(is)
	used := make([]bool, len(old))
	cols := make([]int, len(now))
	next, plain := 0, len(old) == len(now)
	for i, e := range now {
		cols[i] = -1
		for try := range old { // in order, if possible
			j := (next + try) % len(old)
			if !used[j] && c.expr(old[j], e) {
				cols[i], used[j], next = j, true, j+1
				break
			}
		}
		plain = plain && cols[i] == i
		if cols[i] < 0 && !m.fresh(is, e) {
			return nil, false
		}
	}
	if slices.Contains(used, false) {
		return nil, false
	}
	if plain {
		return nil, true
	}
	return cols, true
}

func outs(n *calc.Node) []expr.Expr {
	if n.Out != nil {
		return n.Out
	}
	fs := n.In.Fields()
	out := make([]expr.Expr, len(fs))
	for i, f := range fs {
		out[i] = &expr.Col{Index: i, Name: f.Name, T: f.Type}
	}
	return out
}

// fresh reports whether an expression is null for all rows before.
func (m *Matching) fresh(is *calc.Node, e expr.Expr) bool {
	for {
		x, ok := e.(*expr.Cast)
		if !ok {
			break
		}
		e = x.X
	}
	switch e := e.(type) {
	case *expr.Lit:
		return e.Value == nil
	case *expr.Col:
		cols := m.input(is, 0)
		return cols != nil && e.Depth == 0 && cols[e.Index] < 0
	}
	return false
}

// Changes says in words what has happened to the columns that a node is given, or, if
// it has no inputs, gives.
func (m *Matching) Changes(is plan.Node) []string {
	if _, ok := is.(*calc.Node); ok { // it keeps nothing
		return nil
	}
	of := is.Inputs()
	if len(of) == 0 {
		of = []plan.Node{is}
	}
	var out []string
	for _, in := range of {
		was := m.Old[in]
		if was == nil {
			continue
		}
		for i, at := range m.columns(in) {
			for _, text := range changed(was.Fields(), at, in.Fields()[i]) {
				if !slices.Contains(out, text) {
					out = append(out, text)
				}
			}
		}
	}
	return out
}

func changed(old []plan.Field, at int, now plan.Field) []string {
	if at < 0 {
		return []string{fmt.Sprintf("column %s is new, NULL in rows before", now.Name)}
	}
	var out []string
	was := old[at]
	if was.Name != now.Name && !made(was.Name) && !made(now.Name) {
		out = append(out, fmt.Sprintf("column %s is named %s", was.Name, now.Name))
	}
	if !was.Type.EqualKind(now.Type) {
		out = append(out, fmt.Sprintf("column %s widened from %s to %s", now.Name, bare(was.Type), bare(now.Type)))
	}
	return out
}

func bare(t types.Type) string { return t.AsNullable().WithAttr(types.NoAttr).String() }

// made reports that nobody has given a name.
func made(name string) bool {
	return strings.HasPrefix(name, "EXPR$") || strings.HasPrefix(name, "$")
}
