package opt

import (
	"math"

	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/rel/agg"
	"github.com/weir-stream/weir/internal/rel/calc"
	"github.com/weir-stream/weir/internal/rel/join"
	"github.com/weir-stream/weir/internal/rel/order"
	"github.com/weir-stream/weir/internal/rel/scan"
	"github.com/weir-stream/weir/internal/types"
)

// stats is an estimate of a plan's output. Base is the number of rows there
// would be without filters. Domains gives for each column how many values it
// can take before any filter, 0 = unknown: only a column that is a table's
// primary key, or narrow by its type, is known. Keys are unique keys, declared
// ones included.
type stats struct {
	rows, base float64
	domains    []float64
	keys       []uniqueKey
}

// uniqueKey is a set of columns without repetition in a table of base rows.
type uniqueKey struct {
	cols []int
	base float64
}

const unknownRows = 1e6

// estimator keeps the estimates of the nodes of one rule's run.
type estimator struct {
	c    *Ctx
	seen map[plan.Node]*stats
}

func newEstimator(c *Ctx) *estimator { return &estimator{c: c, seen: map[plan.Node]*stats{}} }

func (e *estimator) of(n plan.Node) *stats {
	s := e.seen[n]
	if s == nil {
		s = e.estimate(n)
		s.rows, s.base = max(s.rows, 1), max(s.base, 1)
		e.seen[n] = s
	}
	return s
}

func (e *estimator) estimate(n plan.Node) *stats {
	switch n := n.(type) {
	case *scan.Node:
		return scanStats(n)
	case *calc.Node:
		return e.calc(n)
	case *agg.Node:
		return e.agg(n)
	case *join.Node:
		return e.join(n)
	case *order.Node:
		s := *e.of(n.In)
		if n.Limit >= 0 {
			s.rows = min(s.rows, float64(n.Limit))
		}
		return &s
	}
	rows := unknownRows
	if a, err := plan.Annotate(e.c.Context, n); err == nil && a.Traits[n].Rows >= 0 {
		rows = a.Traits[n].Rows
	}
	return &stats{rows: rows, base: rows, domains: make([]float64, len(n.Fields()))}
}

func scanStats(n *scan.Node) *stats {
	rows := float64(connector.RowsOf(n.Table, n.Source))
	if rows < 0 {
		rows = unknownRows
	}
	s := &stats{rows: rows, base: rows, domains: make([]float64, len(n.Output))}
	var key []int
	for i := range n.Output {
		if i >= len(n.Want) {
			continue
		}
		s.domains[i] = typeDomain(n.Output[i].Type)
		if e := n.Table.Estimate; e != nil && s.domains[i] == 0 {
			s.domains[i] = float64(e.Distinct[n.Want[i]])
		}
		for _, k := range n.Table.PrimaryKey {
			if n.Want[i] != k {
				continue
			}
			key = append(key, i)
			if len(n.Table.PrimaryKey) == 1 {
				s.domains[i] = max(rows, 1)
			}
		}
	}
	if len(key) > 0 && len(key) == len(n.Table.PrimaryKey) {
		s.keys = []uniqueKey{{key, max(rows, 1)}}
	}
	if n.Limit > 0 {
		s.rows = min(s.rows, float64(n.Limit))
	}
	return s
}

// typeDomain is known where a type has few values.
func typeDomain(t types.Type) float64 {
	switch {
	case t.Kind == types.Boolean:
		return 2
	case t.Kind == types.Char && t.Prec == 1:
		return 4
	}
	return 0
}

func (e *estimator) calc(n *calc.Node) *stats {
	in := e.of(n.In)
	s := &stats{rows: in.rows, base: in.base, domains: in.domains, keys: in.keys}
	if n.Cond != nil {
		s.rows = max(in.rows*selectivity(n.Cond, in), 1)
	}
	if n.Out == nil {
		return s
	}
	s.domains, s.keys = make([]float64, len(n.Out)), nil
	at := map[int]int{}
	for i, x := range n.Out {
		if c, ok := x.(*expr.Col); ok && c.Depth == 0 {
			s.domains[i] = in.domains[c.Index]
			at[c.Index] = i
		}
	}
	for _, k := range in.keys {
		if cols, ok := moved(k.cols, at); ok {
			s.keys = append(s.keys, uniqueKey{cols, k.base})
		}
	}
	return s
}

func moved(cols []int, at map[int]int) ([]int, bool) {
	out := make([]int, len(cols))
	for i, c := range cols {
		to, ok := at[c]
		if !ok {
			return nil, false
		}
		out[i] = to
	}
	return out, true
}

func (e *estimator) agg(n *agg.Node) *stats {
	in := e.of(n.In)
	s := &stats{rows: 1, base: 1, domains: make([]float64, len(n.Fields()))}
	if len(n.Keys) == 0 {
		return s
	}
	groups, known := 1.0, true
	key := make([]int, len(n.Keys))
	for i, k := range n.Keys {
		s.domains[i], key[i] = in.domains[k], i
		known = known && in.domains[k] > 0
		groups *= in.domains[k]
	}
	if !known {
		groups = in.base / 10
	}
	s.base = min(groups, in.base)
	// Rows spread over groups: most groups have one as long as there are many.
	s.rows = max(min(s.base*(1-math.Exp(-in.rows/max(s.base, 1))), in.rows), 1)
	s.keys = []uniqueKey{{key, s.base}}
	if len(key) == 1 && s.domains[0] == 0 {
		s.domains[0] = s.base
	}
	return s
}

func (e *estimator) join(n *join.Node) *stats {
	l, r := e.of(n.L), e.of(n.R)
	sel := keySelectivity(n, l, r)
	if n.Type == join.Semi || n.Type == join.Anti {
		s := *l
		hit := min(sel*r.rows, 1)
		if n.Rest != nil || len(n.LeftKeys) == 0 {
			hit = 0.5
		}
		if n.Type == join.Anti {
			hit = max(1-hit, 0.1)
		}
		s.rows = max(l.rows*hit, 1)
		return &s
	}
	s := &stats{rows: max(l.rows*r.rows*sel, 1), base: max(l.base*r.base*sel, 1)}
	if n.Rest != nil {
		s.rows = max(s.rows*selectivity(n.Rest, nil), 1)
	}
	if n.Rows > 0 { // the choice of the order knew more
		s.rows = n.Rows
	}
	switch n.Type {
	case join.Left:
		s.rows = max(s.rows, l.rows)
	case join.Right:
		s.rows = max(s.rows, r.rows)
	case join.Full:
		s.rows = max(s.rows, l.rows, r.rows)
	}
	s.domains = append(append([]float64(nil), l.domains...), r.domains...)
	if covered(r.keys, n.RightKeys) > 0 {
		s.keys = append(s.keys, l.keys...)
	}
	if covered(l.keys, n.LeftKeys) > 0 {
		for _, k := range r.keys {
			s.keys = append(s.keys, uniqueKey{shifted(k.cols, len(l.domains)), k.base})
		}
	}
	return s
}

func shifted(cols []int, by int) []int {
	out := make([]int, len(cols))
	for i, c := range cols {
		out[i] = c + by
	}
	return out
}

// keySelectivity is the part of all pairs that the keys of a join leave: foreign
// keys are assumed, so it is one in as many as there are keys.
func keySelectivity(n *join.Node, l, r *stats) float64 {
	if len(n.LeftKeys) == 0 {
		return 1
	}
	if b := max(covered(l.keys, n.LeftKeys), covered(r.keys, n.RightKeys)); b > 0 {
		return 1 / b
	}
	sel := 1.0
	for i, k := range n.LeftKeys {
		if d := max(l.domains[k], r.domains[n.RightKeys[i]]); d > 0 {
			sel /= d
		} else if i == 0 {
			sel /= max(l.base, r.base, 1)
		}
	}
	return max(sel, 1/max(l.base*r.base, 1))
}

// covered gives the rows of the table of a unique key within cols, 0 if there is
// none.
func covered(keys []uniqueKey, cols []int) float64 {
	best := 0.0
	for _, k := range keys {
		all := len(k.cols) > 0
		for _, c := range k.cols {
			all = all && indexOf(cols, c) >= 0
		}
		if all {
			best = max(best, k.base)
		}
	}
	return best
}

// selectivity guesses what part of the rows a condition keeps; in may be nil.
func selectivity(e expr.Expr, in *stats) float64 {
	switch e := e.(type) {
	case *expr.Logic:
		s := 1.0
		if e.Op == expr.And {
			for _, a := range e.Args {
				s *= selectivity(a, in)
			}
			return s
		}
		for _, a := range e.Args {
			s *= 1 - selectivity(a, in)
		}
		return 1 - s
	case *expr.Call:
		return callSelectivity(e, in)
	case *expr.In:
		s := min(float64(len(e.Values))*equalTo(e.X, in), 0.9)
		if e.Not {
			return 1 - s
		}
		return s
	case *expr.Lit:
		if b, ok := e.Value.(bool); ok && b {
			return 1
		}
		return 0
	}
	return 1.0 / 3
}

func callSelectivity(e *expr.Call, in *stats) float64 {
	switch e.Fn.Name {
	case "=":
		if expr.IsConstant(e.Args[1]) {
			return equalTo(e.Args[0], in)
		}
		if expr.IsConstant(e.Args[0]) {
			return equalTo(e.Args[1], in)
		}
		return 0.1
	case "<>":
		return 0.9
	case "LIKE":
		return 0.1
	case "NOT LIKE", "IS NOT NULL":
		return 0.9
	case "NOT":
		return 1 - selectivity(e.Args[0], in)
	case "<", "<=", ">", ">=":
		if expr.IsConstant(e.Args[0]) || expr.IsConstant(e.Args[1]) {
			return 0.4
		}
		return 0.5
	}
	return 1.0 / 3
}

// equalTo is the part of the rows in which x has a certain value.
func equalTo(x expr.Expr, in *stats) float64 {
	if c, ok := x.(*expr.Col); ok && in != nil && c.Depth == 0 && c.Index < len(in.domains) && in.domains[c.Index] > 0 {
		return 1 / in.domains[c.Index]
	}
	if x.Type().IsString() && in != nil && in.base > 1000 {
		return 0.05
	}
	return 0.1
}
