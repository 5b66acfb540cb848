package opt

import (
	"math"

	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/rel/calc"
	"github.com/weir-stream/weir/internal/rel/over"
	"github.com/weir-stream/weir/internal/rel/rank"
	"github.com/weir-stream/weir/internal/types"
)

// ROW_NUMBER() OVER (PARTITION BY k ORDER BY x) with a filter on the number is
// Top-N: only the first rows of each partition need be kept. By a time attribute
// and for the first row it is deduplication.
var recogniseRank = Rule{
	Name:     "recognise Top-N and deduplication",
	Required: true,
	Why:      "numbering all rows to keep ten of them would keep and renumber all of them",
	Apply: func(c *Ctx, n plan.Node) (plan.Node, error) {
		k, ok := n.(*calc.Node)
		if !ok || k.Cond == nil {
			return n, nil
		}
		o, ok := k.In.(*over.Node)
		if !ok || len(o.Calls) != 1 || len(o.OrderBy) == 0 {
			return n, nil
		}
		f, ok := rankFuncs[o.Calls[0].Agg.Name]
		if !ok {
			return n, nil
		}
		num := len(o.In.Fields())
		from, to, rest := rankRange(k.Cond, num)
		if to == noBound {
			return n, nil
		}
		if to < from {
			d := *k
			d.Cond = expr.False()
			return &d, nil
		}
		r := &rank.Node{Made: o.Made, In: o.In, PartitionBy: o.PartitionBy, OrderBy: o.OrderBy, Func: f, From: from, To: to, Number: true, NumberName: o.Calls[0].Name}
		r.Dedup = f == rank.RowNumber && from == 1 && to == 1 && len(o.OrderBy) == 1 && o.In.Fields()[o.OrderBy[0].Col].Type.Attr != types.NoAttr
		if t, err := plan.Annotate(c.Context, o.In); err == nil && !c.Batch {
			if w := t.Traits[o.In].Win; w != nil && hasCol(o.PartitionBy, w.Start) && hasCol(o.PartitionBy, w.End) {
				r.Win = w
			}
		}
		d := *k
		d.In, d.Cond = r, nil
		if len(rest) > 0 {
			d.Cond = expr.AndAll(rest...)
		}
		if d.Out == nil && d.Cond == nil {
			return r, nil
		}
		return &d, nil
	},
}

var rankFuncs = map[string]rank.Func{"ROW_NUMBER": rank.RowNumber, "RANK": rank.Rank, "DENSE_RANK": rank.DenseRank}

func hasCol(cols []int, c int) bool {
	for _, x := range cols {
		if x == c {
			return true
		}
	}
	return false
}

// noBound is an upper bound that is not there.
const noBound = math.MaxInt64

// rankRange takes bounds on the number out of a condition; to is noBound if
// there is no upper bound.
func rankRange(cond expr.Expr, num int) (from, to int64, rest []expr.Expr) {
	from, to = 1, noBound
	for _, c := range expr.Conjuncts(cond) {
		op, v, ok := boundOf(c, num)
		if !ok {
			rest = append(rest, c)
			continue
		}
		lo, hi := int64(1), int64(noBound)
		switch op {
		case "=":
			lo, hi = v, v
		case "<=":
			hi = v
		case "<":
			hi = max(v, 0) - 1
		case ">=":
			lo = v
		case ">":
			lo = min(v, noBound-1) + 1
		}
		from, to = max(from, lo), min(to, hi)
	}
	return from, to, rest
}

var mirrored = map[string]string{"=": "=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}

// boundOf reads "column num op integer literal", either way round and through
// casts between integer types.
func boundOf(e expr.Expr, num int) (op string, v int64, ok bool) {
	c, isCall := e.(*expr.Call)
	if !isCall || len(c.Args) != 2 || mirrored[c.Fn.Name] == "" {
		return "", 0, false
	}
	op = c.Fn.Name
	a, b := uncast(c.Args[0]), uncast(c.Args[1])
	if _, lit := a.(*expr.Lit); lit {
		a, b, op = b, a, mirrored[op]
	}
	col, isCol := a.(*expr.Col)
	lit, isLit := b.(*expr.Lit)
	if !isCol || !isLit || col.Index != num || col.Depth != 0 {
		return "", 0, false
	}
	v, ok = lit.Value.(int64)
	return op, v, ok && lit.T.IsInteger()
}

func uncast(e expr.Expr) expr.Expr {
	if c, ok := e.(*expr.Cast); ok && c.T.IsInteger() && c.X.Type().IsInteger() {
		return uncast(c.X)
	}
	return e
}
