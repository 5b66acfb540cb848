package opt

import (
	"slices"
	"strings"

	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/rel/calc"
	"github.com/weir-stream/weir/internal/rel/join"
	"github.com/weir-stream/weir/internal/rel/sink"
	"github.com/weir-stream/weir/internal/sqlerr"
)

// An inner join of two tables with an index on the key, written to a table whose
// primary key makes rows that come twice harmless, looks rows up instead of
// keeping them.
var deltaJoin = Rule{
	Name:   "delta join",
	Stream: true, Required: true,
	Why: "both tables are kept already, by those who offer the indexes",
	Apply: func(c *Ctx, n plan.Node) (plan.Node, error) {
		s, ok := n.(*sink.Node)
		strategy := strings.ToUpper(c.Option("table.optimizer.delta-join.strategy"))
		if !ok || strategy == "NONE" {
			return n, nil
		}
		joins := 0
		in := deltaBelow(c, s.In, &joins, toleratesTwice(s))
		switch {
		case in != nil:
			return s.WithInputs([]plan.Node{in}), nil
		case strategy == "FORCE" && joins > 0:
			return nil, sqlerr.New(sqlerr.Plan, s.Pos, "this join cannot be a delta join, which table.optimizer.delta-join.strategy=FORCE asks for").
				WithHint("it must be an inner join of two insert-only tables with an index on the key, written to a table with a primary key; or set the strategy to AUTO")
		}
		return n, nil
	},
}

// toleratesTwice reports whether a sink's table is the same if a row comes twice.
func toleratesTwice(s *sink.Node) bool {
	a := s.Sink.Accepts()
	return !s.Result && len(s.Key) > 0 && a.Has(connector.UpdatesAfter) && !a.Has(connector.UpdatesBefore) &&
		(s.Conflict == sink.NoConflict || s.Conflict == sink.ConflictDeduplicate)
}

// deltaBelow gives n with the join below projections and filters made a delta
// join, nil if that is not possible; joins counts those that might have been.
func deltaBelow(c *Ctx, n plan.Node, joins *int, tolerant bool) plan.Node {
	switch n := n.(type) {
	case *calc.Node:
		if in := deltaBelow(c, n.In, joins, tolerant && pure(n)); in != nil {
			return n.WithInputs([]plan.Node{in})
		}
	case *join.Node:
		if n.Strategy != join.Regular {
			return nil
		}
		if insertOnly(c, n.L) && insertOnly(c, n.R) { // others are not looked at yet
			*joins++
		}
		if tolerant && n.Type == join.Inner && !slices.Contains(n.NullSafe, true) {
			return asDelta(c, n)
		}
	}
	return nil
}

// asDelta makes the delta join, nil if a side has no fitting index.
func asDelta(c *Ctx, j *join.Node) plan.Node {
	if !insertOnly(c, j.L) || !insertOnly(c, j.R) {
		return nil
	}
	left := lookInto(j)
	right := lookInto(mirror(j))
	if left == nil || right == nil {
		return nil
	}
	return &join.Delta{L: j.L, R: j.R, Sides: [2]*join.ByKey{left, right}}
}

// lookInto gives the join of j's left rows with its right table by an index; nil
// if there is none that the key covers.
func lookInto(j *join.Node) *join.ByKey {
	if k, ok := j.R.(*calc.Node); ok && !pure(k) {
		return nil
	}
	r, err := remoteOf(j.R)
	if r == nil || err != nil {
		return nil
	}
	s, ok := r.Source.(connector.IndexedSource)
	if !ok {
		return nil
	}
	for _, index := range s.Indexes() {
		if k := byKey(j, r, index); k != nil && len(k.Keys) == len(index) {
			return k
		}
	}
	return nil
}

// mirror exchanges the sides of an inner join.
func mirror(j *join.Node) *join.Node {
	m := *j
	m.L, m.R, m.LeftKeys, m.RightKeys = j.R, j.L, j.RightKeys, j.LeftKeys
	lw, rw := len(j.L.Fields()), len(j.R.Fields())
	if j.Rest != nil {
		place := make(mapping, lw+rw)
		for i := range place {
			if place[i] = i + rw; i >= lw {
				place[i] = i - lw
			}
		}
		m.Rest = place.expr(j.Rest)
	}
	return &m
}
