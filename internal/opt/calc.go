package opt

import (
	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/rel/calc"
)

var foldConstants = Rule{
	Name: "fold constants",
	Why:  "1 + 2 is computed once, not for every row; WHERE TRUE disappears",
	Apply: func(c *Ctx, n plan.Node) (plan.Node, error) {
		n = mapExprs(n, func(e expr.Expr) expr.Expr { return expr.Fold(e, c.Zone) })
		if k, ok := n.(*calc.Node); ok && isTrue(k.Cond) {
			d := *k
			d.Cond = nil
			return &d, nil
		}
		return n, nil
	},
}

func isTrue(e expr.Expr) bool {
	l, ok := e.(*expr.Lit)
	return ok && l.Value == true
}

// Volatile expressions must be evaluated once: merging
// SELECT r, r FROM (SELECT RAND() AS r ...) would draw twice.
var mergeCalcs = Rule{
	Name:     "merge calcs",
	Required: true,
	Why:      "two projections or filters in a row are one pass over the columns",
	Apply: func(_ *Ctx, n plan.Node) (plan.Node, error) {
		top, ok := n.(*calc.Node)
		if !ok {
			return n, nil
		}
		low, ok := top.In.(*calc.Node)
		if !ok {
			return n, nil
		}
		for _, e := range low.Out {
			if expr.IsVolatile(e) {
				return n, nil
			}
		}
		return mergeCalc(top, low), nil
	},
}

func mergeCalc(top, low *calc.Node) plan.Node {
	out := &calc.Node{In: low.In, Cond: low.Cond, Out: top.Out, Cols: top.Cols}
	cond := top.Cond
	if low.Out != nil {
		if cond != nil {
			cond = expr.Substitute(cond, low.Out)
		}
		if top.Out == nil {
			out.Out, out.Cols = low.Out, low.Cols
		} else {
			out.Out = make([]expr.Expr, len(top.Out))
			for i, e := range top.Out {
				out.Out[i] = expr.Substitute(e, low.Out)
			}
		}
	}
	if cond != nil {
		if out.Cond != nil {
			cond = expr.AndAll(out.Cond, cond)
		}
		out.Cond = cond
	}
	return out
}

var pruneEmptyCalc = Rule{
	Name: "drop identity calc",
	Why:  "a projection that gives its input's columns unchanged costs a step for nothing",
	Apply: func(_ *Ctx, n plan.Node) (plan.Node, error) {
		k, ok := n.(*calc.Node)
		if !ok || k.Cond != nil {
			return n, nil
		}
		if k.Out == nil {
			return k.In, nil
		}
		in := k.In.Fields()
		if len(in) != len(k.Out) {
			return n, nil
		}
		for i, e := range k.Out {
			c, ok := e.(*expr.Col)
			if !ok || c.Index != i || c.Depth != 0 || k.Cols[i].Name != in[i].Name || !k.Cols[i].Type.Equal(in[i].Type) || k.Cols[i].Type.Attr != in[i].Type.Attr {
				return n, nil
			}
		}
		return k.In, nil
	},
}

var factorOr = Rule{
	Name: "factor common conjuncts out of OR",
	Why:  "(a = b AND x) OR (a = b AND y) hides the join key a = b (TPC-H q19)",
	Apply: func(_ *Ctx, n plan.Node) (plan.Node, error) {
		k, ok := n.(*calc.Node)
		if !ok || k.Cond == nil {
			return n, nil
		}
		var parts []expr.Expr
		changed := false
		for _, c := range expr.Conjuncts(k.Cond) {
			fs, did := factor(c)
			parts = append(parts, fs...)
			changed = changed || did
		}
		if !changed {
			return n, nil
		}
		d := *k
		d.Cond = expr.AndAll(parts...)
		return &d, nil
	},
}

func factor(e expr.Expr) ([]expr.Expr, bool) {
	branches := expr.Disjuncts(e)
	if len(branches) < 2 {
		return []expr.Expr{e}, false
	}
	var common []expr.Expr
	for _, c := range expr.Conjuncts(branches[0]) {
		everywhere := true
		for _, b := range branches[1:] {
			everywhere = everywhere && has(expr.Conjuncts(b), c)
		}
		if everywhere && !expr.IsVolatile(c) && !expr.CanFail(c) {
			common = append(common, c)
		}
	}
	if len(common) == 0 {
		return []expr.Expr{e}, false
	}
	rest := make([]expr.Expr, 0, len(branches))
	for _, b := range branches {
		var keep []expr.Expr
		for _, c := range expr.Conjuncts(b) {
			if !has(common, c) {
				keep = append(keep, c)
			}
		}
		if len(keep) == 0 {
			return common, true
		}
		rest = append(rest, expr.AndAll(keep...))
	}
	return append(common, expr.OrAll(rest...)), true
}

func has(es []expr.Expr, e expr.Expr) bool {
	for _, x := range es {
		if expr.Equal(x, e) {
			return true
		}
	}
	return false
}
