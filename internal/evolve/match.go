// Package evolve tells whether a plan is another one but for the names and types of
// columns: what an operator has kept under the old plan then goes on under the new
// one, converted. Columns may have other names, wider types (types.Widens), and may be
// new where they were new in the source as well, so that they are truly null in all
// rows before.
package evolve

import (
	"fmt"
	"maps"
	"reflect"
	"slices"

	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/rel/agg"
	"github.com/weir-stream/weir/internal/rel/backfill"
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
	// Old is the node that each was. A projection that the old plan lacks, since what
	// it reads was as narrow already, was what it reads.
	Old map[plan.Node]plan.Node
	// Begins tells of nodes that stood on the state of another part of the job. What the
	// old plan has there has been matched with a copy, Own, which shares nothing with
	// what is above.
	Begins map[plan.Node]*backfill.Node
	Own    map[plan.Node]plan.Node

	cols   map[pair][]int
	cfg    Config
	failed map[pair]bool
	copies map[int]map[plan.Node]plan.Node // by the part of the old plan
	of     map[plan.Node]plan.Node         // of copies
}

// pair is a node of the old plan and one of the new.
type pair struct{ was, is plan.Node }

// The columns of a node that are none of the old node's.
const (
	fresh   = -1 // new in the source as well, so null in all rows before
	unknown = -2 // nobody looked at it before
)

// New gives an empty matching.
func New(c Config) *Matching {
	return &Matching{Old: map[plan.Node]plan.Node{}, Begins: map[plan.Node]*backfill.Node{}, Own: map[plan.Node]plan.Node{}, cfg: c,
		cols: map[pair][]int{}, failed: map[pair]bool{}, copies: map[int]map[plan.Node]plan.Node{}, of: map[plan.Node]plan.Node{}}
}

// Match adds the nodes of a new plan, if it is the old one. A false answer leaves
// pairs behind of what is below.
func (m *Matching) Match(was, is plan.Node) bool {
	key := pair{was, is}
	if _, done := m.cols[key]; done {
		return true
	}
	if m.failed[key] {
		return false
	}
	cols, ok := m.match(was, is)
	if !ok {
		m.failed[key] = true
		return false
	}
	m.cols[key] = cols
	return true
}

func (m *Matching) match(was, is plan.Node) ([]int, bool) {
	if b, ok := was.(*backfill.Node); ok {
		return m.begins(b, is)
	}
	cols, ok := m.alike(was, is)
	if ok {
		if o, has := m.Old[is]; (has && o != was || m.Begins[is] != nil) && !stateless(is) {
			return nil, false
		}
		m.Old[is] = was
		return cols, true
	}
	if cols, ok := m.wider(was, is); ok {
		return cols, true
	}
	return m.narrower(was, is)
}

// stateless reports whether a node keeps nothing, so that it may have been several.
func stateless(n plan.Node) bool {
	_, ok := n.(*calc.Node)
	return ok
}

// begins matches what stood on the state of another part.
func (m *Matching) begins(was *backfill.Node, is plan.Node) ([]int, bool) {
	if b := m.Begins[is]; was.Once || m.Old[is] != nil || b != nil && b != was {
		return nil, false
	}
	own := m.Copy(was.Below, is)
	if !m.Match(was.In, own) || m.Old[own] != was.In {
		return nil, false
	}
	m.Begins[is], m.Own[is] = was, own
	return m.cols[pair{was.In, own}], true
}

// Stands matches a copy of a node with one of the old plan, and gives it: what is above
// it is another than it was, and may begin with its state as was says.
func (m *Matching) Stands(was *backfill.Node, is plan.Node) (own plan.Node, ok bool) {
	own = m.Copy(was.Below, is)
	if !m.Match(was.In, own) || m.Old[own] != was.In {
		return nil, false
	}
	m.cols[pair{was, is}] = m.cols[pair{was.In, own}]
	return own, true
}

// Copy copies a plan for a part of the old one, or, by numbers below 0, for others: what
// is shared within a part stays so.
func (m *Matching) Copy(part int, n plan.Node) plan.Node {
	done := m.copies[part]
	if done == nil {
		done = map[plan.Node]plan.Node{}
		m.copies[part] = done
	}
	if c, ok := done[n]; ok {
		return c
	}
	v := reflect.New(reflect.TypeOf(n).Elem())
	v.Elem().Set(reflect.ValueOf(n).Elem())
	c := v.Interface().(plan.Node)
	if ins := n.Inputs(); len(ins) > 0 {
		fresh := make([]plan.Node, len(ins))
		for i, in := range ins {
			fresh[i] = m.Copy(part, in)
		}
		c = c.WithInputs(fresh)
	}
	done[n], m.of[c] = c, n
	return c
}

// insertOnly is Config.InsertOnly, of copies too.
func (m *Matching) insertOnly(n plan.Node) bool {
	for m.of[n] != nil {
		n = m.of[n]
	}
	return m.cfg.InsertOnly(n)
}

// alike matches nodes of one kind on inputs that match.
func (m *Matching) alike(was, is plan.Node) ([]int, bool) {
	if len(was.Inputs()) != len(is.Inputs()) || fmt.Sprintf("%T", was) != fmt.Sprintf("%T", is) {
		return nil, false
	}
	for i, in := range is.Inputs() {
		if !m.Match(was.Inputs()[i], in) {
			return nil, false
		}
	}
	cols, ok := m.node(was, is)
	return cols, ok && m.fits(was, is, cols)
}

// wider matches a projection of what others read as well with what gives its columns
// alone, as it is planned where nobody else reads it.
func (m *Matching) wider(was, is plan.Node) ([]int, bool) {
	k, ok := was.(*calc.Node)
	if !ok || !picks(k) || !m.Match(k.In, is) {
		return nil, false
	}
	var out []int
	for _, at := range m.columns(k.In, is) {
		to := at
		if at >= 0 {
			to = slices.IndexFunc(k.Out, func(e expr.Expr) bool { return e.(*expr.Col).Index == at })
		}
		if to < 0 && at >= 0 {
			to = unknown
		}
		out = append(out, to)
	}
	return plainly(out, len(k.Out)), true
}

// narrower is wider the other way round.
func (m *Matching) narrower(was, is plan.Node) ([]int, bool) {
	k, ok := is.(*calc.Node)
	if !ok || !picks(k) || !m.Match(was, k.In) {
		return nil, false
	}
	in := m.columns(was, k.In)
	var out []int
	for _, e := range k.Out {
		out = append(out, in[e.(*expr.Col).Index])
	}
	if _, has := m.Old[is]; !has {
		m.Old[is] = was
	}
	return plainly(out, len(was.Fields())), true
}

// picks reports whether a node only picks columns.
func picks(k *calc.Node) bool {
	if k.Cond != nil || k.Out == nil {
		return false
	}
	for _, e := range k.Out {
		if c, ok := e.(*expr.Col); !ok || c.Depth != 0 {
			return false
		}
	}
	return true
}

// plainly gives nil for columns that are the same as those of a node of so many.
func plainly(cols []int, of int) []int {
	plain := len(cols) == of
	for i, c := range cols {
		plain = plain && c == i
	}
	if plain {
		return nil
	}
	return cols
}

// whole reports whether columns are those of a node of so many, and perhaps new ones:
// rows of them can be kept in place of its rows.
func whole(cols []int, of int) bool {
	used := 0
	for _, c := range cols {
		if c == unknown {
			return false
		}
		if c >= 0 {
			used++
		}
	}
	return cols == nil || used == of
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
	case *agg.Node:
		return m.agg(was.(*agg.Node), is)
	case *window.Aggregate:
		return m.windowAgg(was.(*window.Aggregate), is)
	}
	plain := true
	for i := range is.Inputs() {
		in := m.input(was, is, i)
		if !whole(in, len(was.Inputs()[i].Fields())) {
			return nil, false
		}
		plain = plain && in == nil
	}
	c := m.comparer(nil)
	switch is := is.(type) {
	case *join.Node:
		if is.Strategy == join.Regular && !plain {
			return m.join(was.(*join.Node), is)
		}
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
		if at == unknown {
			continue
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

// input gives the columns of an input of a node, nil if they are the same.
func (m *Matching) input(was, is plan.Node, i int) []int {
	return m.cols[pair{was.Inputs()[i], is.Inputs()[i]}]
}

// Columns tells which column of the i-th input of the node that a node was each column
// of its input was, less than 0 if it is new; nil: they are the same.
func (m *Matching) Columns(is plan.Node, i int) []int {
	if was := m.Old[is]; was != nil && i < len(was.Inputs()) && i < len(is.Inputs()) {
		return m.input(was, is, i)
	}
	return nil
}

// Pair tells which column of a node of the old plan each column of one of the new was;
// nil: they are the same.
func (m *Matching) Pair(was, is plan.Node) []int { return m.cols[pair{was, is}] }

// Become has a node stand for one that was matched, and is the same on other inputs.
func (m *Matching) Become(is, now plan.Node) {
	m.Old[now] = m.Old[is]
	for p, cols := range maps.Clone(m.cols) {
		if p.is == is {
			m.cols[pair{p.was, now}] = cols
		}
	}
}

// Begin has a node that begins with the state of another part stand for one that was
// matched with such a node.
func (m *Matching) Begin(was, now *backfill.Node, is plan.Node) {
	m.Old[now] = was
	cols := m.cols[pair{was, is}]
	m.cols[pair{was, now}], m.cols[pair{was.In, now.In}] = cols, cols
}

// columns are those of a node of the new plan, spelled out.
func (m *Matching) columns(was, is plan.Node) []int {
	if c := m.cols[pair{was, is}]; c != nil {
		return c
	}
	out := make([]int, len(is.Fields()))
	for i := range out {
		out[i] = i
	}
	return out
}
