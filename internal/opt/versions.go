package opt

import (
	"slices"

	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/rel/calc"
	"github.com/weir-stream/weir/internal/rel/changelog"
	"github.com/weir-stream/weir/internal/rel/join"
	"github.com/weir-stream/weir/internal/rel/normalize"
	"github.com/weir-stream/weir/internal/rel/rank"
	"github.com/weir-stream/weir/internal/rel/scan"
	"github.com/weir-stream/weir/internal/rel/setop"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
)

// A view that keeps the last row of each key by time has each row of its input
// as a version: a temporal join of it puts them in order of time itself.
var readVersions = Rule{
	Name:     "read versions of views",
	Required: true,
	Why:      "in batch, the view has only the last version; in a stream, rows out of order would be no versions, though not late",
	Apply: func(c *Ctx, n plan.Node) (plan.Node, error) {
		j, ok := n.(*join.Node)
		if !ok || j.Strategy != join.Temporal || j.Bounds == nil {
			return n, nil
		}
		r, err := versionsOf(c, j.R, j.RightKeys, j.Bounds.RightTime)
		if err != nil || r == j.R {
			return n, err
		}
		return j.WithInputs([]plan.Node{j.L, r}), nil
	},
}

// versionsOf replaces the deduplication below projections and filters of n, whose
// join compares the columns keys; n itself if there is none.
func versionsOf(c *Ctx, n plan.Node, keys []int, time int) (plan.Node, error) {
	switch n := n.(type) {
	case *calc.Node:
		in, err := versionsOf(c, n.In, below(n, keys), below(n, []int{time})[0])
		if err != nil || in == n.In {
			return n, err
		}
		return n.WithInputs([]plan.Node{in}), nil
	case *rank.Node:
		if !n.Dedup || n.Win != nil || n.KeepFirst() || n.Proctime() || n.OrderBy[0].Col != time || !growing(c, n.In) {
			return n, nil
		}
		for _, k := range n.PartitionBy {
			if !slices.Contains(keys, k) {
				return nil, sqlerr.New(sqlerr.Plan, sqlerr.Pos{}, "the join with the versions of a view does not compare `%s` of its key", n.In.Fields()[k].Name).
					WithHint("a version is a row of the PARTITION BY of its view: compare all of that in ON")
			}
		}
		if !n.Number {
			return n.In, nil
		}
		fs := n.In.Fields()
		one := &expr.Lit{T: types.Of(types.BigInt).NotNull(), Value: int64(1)}
		return calc.Project(n.In, append(cols(fs, 0, len(fs)), one), append(plan.Names(fs), n.NumberName)), nil
	}
	return n, nil
}

// below gives the input columns that a projection hands on as the given ones, -1
// for those that it computes.
func below(n *calc.Node, at []int) []int {
	if n.Out == nil {
		return at
	}
	out := make([]int, len(at))
	for i, x := range at {
		out[i] = -1
		if x < 0 {
			continue
		}
		if c, ok := n.Out[x].(*expr.Col); ok && c.Depth == 0 {
			out[i] = c.Index
		}
	}
	return out
}

// growing reports whether a plan only ever adds rows when it runs as a stream.
func growing(c *Ctx, n plan.Node) bool {
	a, err := plan.Annotate(streaming(c), n)
	return err == nil && a.Traits[n].InsertOnly()
}

func streaming(c *Ctx) *plan.Context {
	s := *c.Context
	s.Batch = false
	return &s
}

// checkVersions refuses temporal joins in batch mode with what would lose its
// versions there.
var checkVersions = Rule{
	Name:     "check versions",
	Required: true,
	Batch:    true,
	Why:      "operators of batch mode give the table at the end, not its versions",
	Apply: func(c *Ctx, n plan.Node) (plan.Node, error) {
		j, ok := n.(*join.Node)
		if !ok || j.Strategy != join.Temporal {
			return n, nil
		}
		a, err := plan.Annotate(streaming(c), j.R)
		if err != nil {
			return nil, err
		}
		plan.Walk(j.R, func(n plan.Node) {
			plain := a.Traits[n].InsertOnly()
			for _, in := range n.Inputs() {
				plain = plain && a.Traits[in].InsertOnly()
			}
			if err == nil && !plain && !handsOn(n) {
				err = sqlerr.New(sqlerr.Unsupported, sqlerr.Pos{}, "the versions of %s in batch mode", n.Name()).
					WithHint("FOR SYSTEM_TIME AS OF in batch mode reads tables, and views that keep the last row of each key of an append-only table; SET 'execution.runtime-mode' = 'streaming'")
			}
		})
		return n, err
	},
}

// handsOn reports whether a node gives each change of its input in batch too.
func handsOn(n plan.Node) bool {
	switch n := n.(type) {
	case *scan.Node, *changelog.From, *calc.Node:
		return true
	case *normalize.Node:
		return n.Versions
	case *setop.Node:
		return n.Op == setop.UnionAll
	}
	return false
}
