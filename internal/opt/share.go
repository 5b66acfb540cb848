package opt

import (
	"fmt"
	"strings"

	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/rel/agg"
	"github.com/weir-stream/weir/internal/rel/calc"
	"github.com/weir-stream/weir/internal/rel/changelog"
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

// Sub-plans that compute the same are one: within a query (Nexmark q5 counts
// bids per window twice) and between the inserts of a statement set. In batch a
// shared scan would have to wait for its slowest reader, so only sub-plans that
// do more than scan and filter are shared there.
var shareSubPlans = Rule{
	Name: "share equal sub-plans",
	Why:  "the same rows should be read and folded once",
	Whole: func(c *Ctx, root plan.Node) (plan.Node, error) {
		s := sharer{c: c, byKey: map[string]plan.Node{}, ids: map[plan.Node]int{}}
		return plan.Rewrite(root, s.share)
	},
}

type sharer struct {
	c     *Ctx
	byKey map[string]plan.Node
	ids   map[plan.Node]int
}

func (s *sharer) share(n plan.Node) (plan.Node, error) {
	key, ok := s.key(n)
	if ok {
		if same := s.byKey[key]; same != nil {
			if s.c.Batch && simple(n) { // read again, but what is above may be one
				s.ids[n] = s.ids[same]
				return n, nil
			}
			return same, nil
		}
		s.byKey[key] = n
	}
	s.ids[n] = len(s.ids) + 1
	return n, nil
}

// key identifies what n computes over its (already shared) inputs; ok is false
// for what must not be shared.
func (s *sharer) key(n plan.Node) (string, bool) {
	var b strings.Builder
	b.WriteString(n.Name())
	for _, e := range n.Exprs() {
		if expr.IsVolatile(e) {
			return "", false
		}
		fmt.Fprintf(&b, "|%x", expr.Key(e))
	}
	for _, in := range n.Inputs() {
		fmt.Fprintf(&b, "#%d", s.ids[in])
	}
	d, ok := detail(n)
	if !ok {
		return "", false
	}
	b.WriteString(d)
	for _, f := range n.Fields() {
		fmt.Fprintf(&b, ",%q %s", f.Name, f.Type)
	}
	return b.String(), true
}

// simple reports whether a plan only reads and filters.
func simple(n plan.Node) bool {
	switch n := n.(type) {
	case *scan.Node, *values.Node:
		return true
	case *calc.Node:
		return simple(n.In)
	}
	return false
}

// detail prints the ordinals and settings of a node; names alone would mix up
// columns of equal name.
func detail(n plan.Node) (string, bool) {
	switch n := n.(type) {
	case *scan.Node:
		return fmt.Sprintf("%q %v %v %d %v", n.Table.Name, n.Want, n.Meta, n.Limit, n.Mark != nil), true
	case *values.Node:
		return fmt.Sprint(len(n.Rows)), true
	case *calc.Node:
		return fmt.Sprint(n.Cond != nil, n.Out != nil), true
	case *join.Node:
		b := ""
		if n.Bounds != nil {
			b = fmt.Sprint(*n.Bounds)
		}
		return fmt.Sprint(n.Type, n.Strategy, n.LeftKeys, n.RightKeys, n.NullSafe, n.NullAware, b, n.LeftWin, n.RightWin, n.LeftTTLMs, n.RightTTLMs, n.Multi, n.Wish, n.WishLeft), true
	case *agg.Node:
		return fmt.Sprint(n.Keys, n.Sets, n.TTLMs) + calls(n.Calls), true
	case *window.Aggregate:
		a := ""
		if n.Attached != nil {
			a = fmt.Sprint(*n.Attached)
		}
		return fmt.Sprint(n.Keys, n.Sets, n.Props, n.Window, a, n.Legacy) + calls(n.Calls), true
	case *window.Assign:
		return fmt.Sprint(n.Window), true
	case *over.Node:
		cs := ""
		for _, c := range n.Calls {
			cs += calls([]plan.AggCall{c.AggCall}) + fmt.Sprint(c.IgnoreNulls)
		}
		return fmt.Sprint(n.PartitionBy, n.OrderBy, n.Frame) + cs, true
	case *rank.Node:
		return fmt.Sprint(n.PartitionBy, n.OrderBy, n.Func, n.From, n.To, n.Number, n.Dedup, n.Win != nil), true
	case *order.Node:
		return fmt.Sprint(n.Keys, n.Offset, n.Limit), true
	case *setop.Node:
		return fmt.Sprint(n.Op, n.All), true
	case *unnest.Node:
		return fmt.Sprint(n.Ordinality, n.Outer, n.Keep), true
	case *expand.Node:
		return fmt.Sprint(n.Keys, n.Sets), true
	case *normalize.Node:
		return fmt.Sprint(n.Keys, n.Versions), true
	case *changelog.To:
		return fmt.Sprint(n.First, n.Attrs()), true
	case *changelog.From:
		return fmt.Sprint(n.First, n.Op, n.Skip, n.Attrs()), true
	}
	return "", false
}

func calls(cs []plan.AggCall) string {
	s := ""
	for _, c := range cs {
		s += fmt.Sprintf(";%s %v %v %d %v %s", c.Agg.Name, c.Args, c.Distinct, c.Filter, c.OrderBy, c.Type)
	}
	return s
}
