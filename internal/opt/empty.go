package opt

import (
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/rel/agg"
	"github.com/weir-stream/weir/internal/rel/calc"
	"github.com/weir-stream/weir/internal/rel/join"
	"github.com/weir-stream/weir/internal/rel/values"
	"github.com/weir-stream/weir/internal/types"
)

// A filter that never holds, and what can give no rows because of it, is a table
// without rows. Plans with time attributes stay: watermarks flow through them.
var emptyPlans = Rule{
	Name: "nothing of nothing",
	Why:  "WHERE 1 = 0 should not read its input",
	Apply: func(_ *Ctx, n plan.Node) (plan.Node, error) {
		if !givesNothing(n) {
			return n, nil
		}
		for _, f := range n.Fields() {
			if f.Type.Attr != types.NoAttr {
				return n, nil
			}
		}
		return &values.Node{Output: n.Fields()}, nil
	},
}

func givesNothing(n plan.Node) bool {
	switch n := n.(type) {
	case *calc.Node:
		return n.Cond != nil && rejects(n.Cond, 0, 0) || isEmpty(n.In)
	case *join.Node:
		if n.Strategy != join.Regular {
			return false
		}
		switch n.Type {
		case join.Inner, join.Semi:
			return isEmpty(n.L) || isEmpty(n.R)
		case join.Left, join.Anti:
			return isEmpty(n.L)
		case join.Right:
			return isEmpty(n.R)
		}
		return isEmpty(n.L) && isEmpty(n.R)
	case *agg.Node:
		return len(n.Keys) > 0 && len(n.Sets) == 0 && isEmpty(n.In)
	}
	return false
}

func isEmpty(n plan.Node) bool {
	v, ok := n.(*values.Node)
	return ok && len(v.Rows) == 0
}
