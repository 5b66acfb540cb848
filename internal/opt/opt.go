// Package opt rewrites plans: an ordered table of rules, one file each, in
// phases that run until nothing changes.
//
//	bound plan → subqueries to joins → filters down, keys out → operators
//	recognised (window aggregate, Top-N, interval and window join) → join order
//	→ columns pruned → strategies chosen → equal sub-plans shared
//
// A rule marked Required makes the plan runnable; the others make it fast, and
// the test world "noopt" runs without them.
package opt

import (
	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/plan"
)

// Ctx is what rules know beyond the plan.
type Ctx struct {
	*plan.Context
	// Option reads a session option by Flink's key.
	Option func(key string) string
	// Without names a rule that is left out, to show what it does (tests).
	Without string
}

// Rule rewrites one node, whose inputs were rewritten before. It gives the node
// itself when it does not apply.
type Rule struct {
	Name     string
	Required bool
	// Batch and Stream say in which modes the rule runs; neither set = both.
	Batch, Stream bool
	Why           string
	Apply         func(c *Ctx, n plan.Node) (plan.Node, error)
	// Whole rewrites a whole plan at once instead of node by node.
	Whole func(c *Ctx, root plan.Node) (plan.Node, error)
}

// Phase is a list of rules that are repeated until none applies.
type Phase struct {
	Name  string
	Rules []Rule
	Once  bool
}

// Phases is the table of all rules in their order.
func Phases() []Phase {
	return []Phase{
		{Name: "sources", Once: true, Rules: []Rule{normalizeUpserts}},
		{Name: "subqueries", Rules: []Rule{foldConstants, mergeCalcs, removeApply}},
		{Name: "filters", Rules: []Rule{foldConstants, mergeCalcs, factorOr, simplifyOuter, pushFilter, joinCondition, pruneEmptyCalc, emptyPlans}},
		{Name: "recognise", Rules: []Rule{mergeCalcs, recogniseRank, readVersions, pushFilter, windowAggregate, attachedWindowAggregate, expandSets, pruneEmptyCalc}},
		{Name: "aggregates", Once: true, Rules: []Rule{splitDistinct}},
		{Name: "joins", Once: true, Rules: []Rule{reduceGroups, semiToInner, orderJoins}},
		{Name: "filters again", Rules: []Rule{mergeCalcs, pushFilter, joinCondition, intervalJoin, windowJoin, pruneEmptyCalc}},
		{Name: "versions", Once: true, Rules: []Rule{checkVersions}},
		{Name: "columns", Once: true, Rules: []Rule{sharePicks, dropWatermarks, pruneColumns}},
		{Name: "merge", Rules: []Rule{foldConstants, mergeCalcs, pruneEmptyCalc}},
		{Name: "share", Once: true, Rules: []Rule{mergeScans, mergeCalcs, shareSubPlans}},
		{Name: "strategies", Once: true, Rules: []Rule{lookupByKey, deltaJoin, multiJoin, hashJoins}},
		{Name: "changes", Once: true, Rules: []Rule{dropNormalize, mergeCalcs}},
	}
}

// maxRounds bounds the repetition of a phase; a plan that is not stable by then
// is a rule's mistake and is used as it is.
const maxRounds = 30

// Optimize runs all phases over a plan. Several roots of one job are optimised
// as inputs of one node so that they share sub-plans.
func Optimize(c *Ctx, root plan.Node) (plan.Node, error) {
	for _, p := range Phases() {
		for range maxRounds {
			before := root
			for _, r := range p.Rules {
				if !r.runs(c) {
					continue
				}
				var err error
				if root, err = r.run(c, root); err != nil {
					return nil, err
				}
			}
			if root == before || p.Once {
				break
			}
		}
	}
	return root, nil
}

func (r *Rule) runs(c *Ctx) bool {
	if r.Name == c.Without {
		return false
	}
	if !r.Required && !c.Optimize {
		return false
	}
	if !r.Batch && !r.Stream {
		return true
	}
	return r.Batch && c.Batch || r.Stream && !c.Batch
}

func (r *Rule) run(c *Ctx, root plan.Node) (plan.Node, error) {
	if r.Whole != nil {
		return r.Whole(c, root)
	}
	return plan.Rewrite(root, func(n plan.Node) (plan.Node, error) { return r.Apply(c, n) })
}

// mapExprs rebuilds a node's expressions.
func mapExprs(n plan.Node, f func(expr.Expr) expr.Expr) plan.Node {
	es := n.Exprs()
	var fresh []expr.Expr
	for i, e := range es {
		x := f(e)
		if x != e && fresh == nil {
			fresh = append([]expr.Expr(nil), es...)
		}
		if fresh != nil {
			fresh[i] = x
		}
	}
	if fresh == nil {
		return n
	}
	return n.WithExprs(fresh)
}

// cols gives fields lo to hi-1 as expressions.
func cols(fs []plan.Field, lo, hi int) []expr.Expr {
	out := make([]expr.Expr, 0, hi-lo)
	for i := lo; i < hi; i++ {
		out = append(out, plan.ColOf(fs, i))
	}
	return out
}

// within reports whether all own columns of e lie in [lo, hi) and none is outer.
func within(e expr.Expr, lo, hi int) bool {
	if expr.HasOuter(e) {
		return false
	}
	for _, c := range expr.ReferencedCols(e) {
		if c < lo || c >= hi {
			return false
		}
	}
	return true
}
