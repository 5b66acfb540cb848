package opt

import (
	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/rel/calc"
)

// Alone gives a plan that has been through all rules the form that it has when nobody
// reads parts of it but itself, and of it nothing but the wanted columns: what is
// shared reads all that any of its readers wants, so that a query looks one way in one
// statement set and another way in the next. The second result tells where each column
// went, -1 for those that are gone. Neither a column's name makes a difference to the form,
// nor what is the same in other words. It is for comparing and not for running.
func Alone(c *plan.Context, n plan.Node, want []bool) (plan.Node, []int, error) {
	n, err := plan.Rewrite(n, countRows)
	if err == nil {
		n, err = plan.Rewrite(n, canonical)
	}
	if err == nil { // whose columns nobody wants then
		n, err = dropWatermarks.Whole(&Ctx{Context: c}, n)
	}
	if err != nil {
		return nil, nil, err
	}
	n, m := pruneAlone(n, want)
	for round := 0; round < maxRounds && err == nil; round++ {
		before := n
		if n, err = mergeCalcs.run(&Ctx{Context: c}, n); err != nil {
			break
		}
		if n, err = plan.Rewrite(n, dropSame); n == before {
			break
		}
	}
	if err == nil {
		n, err = plan.Rewrite(n, canonical)
	}
	if err == nil { // projections that put columns of aggregates in their places
		n, err = mergeCalcs.run(&Ctx{Context: c}, n)
	}
	if err == nil {
		n, err = plan.Rewrite(n, dropSame)
	}
	if err == nil {
		n, err = plan.Rewrite(n, canonical)
	}
	return n, m, err
}

// pruneAlone is pruneAll for a plan of which not all columns are wanted.
func pruneAlone(n plan.Node, want []bool) (plan.Node, mapping) {
	var all []*held
	n = holdPicks(n, &all)
	if len(all) > 0 {
		newPruner().prune(n, append(colset(nil), want...))
		for _, h := range all {
			h.pruned, h.m = newPruner().prune(h.Node, h.want)
		}
	}
	return newPruner().prune(n, append(colset(nil), want...))
}

// dropSame drops projections that give their input's columns, by whatever names.
func dropSame(n plan.Node) (plan.Node, error) {
	k, ok := n.(*calc.Node)
	if !ok || k.Cond != nil {
		return n, nil
	}
	in := k.In.Fields()
	for i, e := range k.Out {
		c, ok := e.(*expr.Col)
		if !ok || c.Index != i || c.Depth != 0 || len(in) != len(k.Out) || !k.Cols[i].Type.Equal(in[i].Type) || k.Cols[i].Type.Attr != in[i].Type.Attr {
			return n, nil
		}
	}
	return k.In, nil
}
