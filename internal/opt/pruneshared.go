package opt

import (
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/rel/order"
	"github.com/weir-stream/weir/internal/rel/over"
	"github.com/weir-stream/weir/internal/rel/rank"
)

// What picks some of equal rows (the first of those that tie, any n of them) and
// is read by a query and by its subquery has to pick the same for both.
var sharePicks = Rule{
	Name:     "pick among equal rows once",
	Required: true,
	Why:      "of rows that tie, two Top-N of the same rows may keep different ones",
	Whole: func(c *Ctx, root plan.Node) (plan.Node, error) {
		if !picks(root) {
			return root, nil
		}
		s := sharer{c: c, byKey: map[string]plan.Node{}, ids: map[plan.Node]int{}}
		return plan.Rewrite(root, func(n plan.Node) (plan.Node, error) {
			same, err := s.share(n)
			if err != nil || same == n || picks(n) {
				return same, err
			}
			s.ids[n] = s.ids[same]
			return n, nil
		})
	},
}

// held is a part of a plan that is read more than once and has to stay one when
// columns are pruned: its readers are asked first, and get what all of them want.
type held struct {
	plan.Node
	want   colset
	pruned plan.Node // nil while readers are asked
	m      mapping
}

// pruneHeld notes what a reader wants, or gives what all want.
func pruneHeld(h *held, want colset) (plan.Node, mapping) {
	if h.pruned != nil {
		return h.pruned, h.m
	}
	for i, w := range want {
		h.want[i] = h.want[i] || w
	}
	return h, identity(len(h.want))
}

// pruneAll prunes a plan. What picks some of equal rows and is read more than once
// stays one: pruned for each reader it would be two.
func pruneAll(root plan.Node) plan.Node {
	var all []*held
	root = holdPicks(root, &all)
	if len(all) > 0 {
		newPruner().prune(root, allOf(len(root.Fields())))
		for _, h := range all {
			h.pruned, h.m = newPruner().prune(h.Node, h.want)
		}
	}
	n, _ := newPruner().prune(root, allOf(len(root.Fields())))
	return n
}

// holdPicks puts the parts that have to stay one into all, and gives the plan over
// them.
func holdPicks(root plan.Node, all *[]*held) plan.Node {
	readers := map[plan.Node]int{}
	plan.Walk(root, func(n plan.Node) {
		for _, in := range n.Inputs() {
			readers[in]++
		}
	})
	done := map[plan.Node]plan.Node{}
	var hold func(n plan.Node) plan.Node
	hold = func(n plan.Node) plan.Node {
		if d, ok := done[n]; ok {
			return d
		}
		out := n
		if readers[n] > 1 && picks(n) {
			h := &held{Node: n, want: make(colset, len(n.Fields()))}
			*all, out = append(*all, h), h
		} else if ins := n.Inputs(); len(ins) > 0 {
			changed := false
			fresh := make([]plan.Node, len(ins))
			for i, in := range ins {
				fresh[i] = hold(in)
				changed = changed || fresh[i] != in
			}
			if changed {
				out = n.WithInputs(fresh)
			}
		}
		done[n] = out
		return out
	}
	return hold(root)
}

// picks reports whether order among equal rows decides about what n, or something
// below it, gives.
func picks(n plan.Node) bool {
	found := false
	plan.Walk(n, func(n plan.Node) {
		switch n := n.(type) {
		case *rank.Node:
			found = found || n.Func == rank.RowNumber
		case *over.Node:
			found = found || n.Frame.Rows
		case *order.Node:
			found = found || n.Limit >= 0 || n.Offset > 0
		}
	})
	return found
}
