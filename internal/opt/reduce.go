package opt

import (
	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/rel/agg"
	"github.com/weir-stream/weir/internal/rel/calc"
	"github.com/weir-stream/weir/internal/rel/join"
)

// A correlated aggregate was made one over all groups, of which the join with
// the outer query may want few. Where a small input of the outer query bounds
// the wanted keys, the aggregate's input is cut down to them first by a semi
// join (a "magic set"; TPC-H q2, q17, q20). The small input is read twice.
var reduceGroups = Rule{
	Name:  "aggregate only the groups that are wanted",
	Batch: true,
	Why:   "grouping all rows of the largest table to look up a few groups is most of the work",
	Whole: func(c *Ctx, root plan.Node) (plan.Node, error) {
		e := newEstimator(c)
		return plan.Rewrite(root, func(n plan.Node) (plan.Node, error) {
			if j, ok := n.(*join.Node); ok && j.Strategy == join.Regular {
				return e.reduceSides(j), nil
			}
			return n, nil
		})
	},
}

const (
	worthwhile = 8 // as many times more rows are grouped than keys are wanted
	selective  = 4 // as many times fewer keys are wanted than there are
)

func (e *estimator) reduceSides(j *join.Node) plan.Node {
	if j.Type == join.Inner || j.Type == join.Left || j.Type == join.Semi {
		if r := e.reduce(j, j.R, j.RightKeys, j.L, j.LeftKeys); r != nil {
			return j.WithInputs([]plan.Node{j.L, r})
		}
	}
	if j.Type == join.Inner || j.Type == join.Right || j.Type == join.Semi {
		if l := e.reduce(j, j.L, j.LeftKeys, j.R, j.RightKeys); l != nil {
			return j.WithInputs([]plan.Node{l, j.R})
		}
	}
	return j
}

// reduce cuts the input of an aggregate below the side n of j down to the keys of
// other; nil if that does not pay. A key that compares by IS NOT DISTINCT FROM is
// left alone: the semi join would lose its null group.
func (e *estimator) reduce(j *join.Node, n plan.Node, keys []int, other plan.Node, otherKeys []int) plan.Node {
	var best *keySource
	at := -1
	for i, k := range keys {
		groups := e.groupsBelow(n, k)
		if groups == 0 || j.NullSafe[i] {
			continue
		}
		s := e.keySource(other, otherKeys[i])
		if s != nil && s.rows*worthwhile < groups && (best == nil || s.rows < best.rows) {
			best, at = s, k
		}
	}
	if best == nil {
		return nil
	}
	return semiBelow(n, at, best)
}

// groupsBelow gives the rows that go into the aggregate below n that groups by
// column col; 0 if there is none.
func (e *estimator) groupsBelow(n plan.Node, col int) float64 {
	switch n := n.(type) {
	case *calc.Node:
		if c := passed(n, col); c >= 0 {
			return e.groupsBelow(n.In, c)
		}
	case *agg.Node:
		if col < len(n.Keys) && len(n.Sets) == 0 {
			return e.of(n.In).rows
		}
	}
	return 0
}

// passed gives the input column that a calc passes on as col, -1 if it is
// computed.
func passed(n *calc.Node, col int) int {
	if n.Out == nil {
		return col
	}
	if c, ok := n.Out[col].(*expr.Col); ok && c.Depth == 0 {
		return c.Index
	}
	return -1
}

// keySource is an input that holds all values which a column can have.
type keySource struct {
	node plan.Node
	col  int
	rows float64
}

// keySource finds the smallest input that bounds the values of a column, by the
// column itself or by what it is joined with.
func (e *estimator) keySource(n plan.Node, col int) *keySource {
	if simple(n) {
		s := e.of(n)
		if s.domains[col] > 0 && s.rows*selective > s.base {
			return nil // the keys of a whole table: nothing would be cut
		}
		return &keySource{n, col, s.rows}
	}
	switch n := n.(type) {
	case *calc.Node:
		if c := passed(n, col); c >= 0 {
			return e.keySource(n.In, c)
		}
	case *join.Node:
		return e.joinedSource(n, col)
	}
	return nil
}

func (e *estimator) joinedSource(n *join.Node, col int) *keySource {
	if n.Type != join.Inner && n.Type != join.Semi && n.Type != join.Left {
		return nil
	}
	l := len(n.L.Fields())
	var best *keySource
	try := func(side plan.Node, c int) {
		if s := e.keySource(side, c); s != nil && (best == nil || s.rows < best.rows) {
			best = s
		}
	}
	if col < l {
		try(n.L, col)
	} else if n.Type == join.Inner {
		try(n.R, col-l)
	}
	for i, k := range n.LeftKeys {
		switch {
		case n.NullSafe[i] || n.Type == join.Left:
		case k == col:
			try(n.R, n.RightKeys[i])
		case n.RightKeys[i]+l == col:
			try(n.L, k)
		}
	}
	return best
}

// semiBelow puts the semi join with s on the input that column col of n comes
// from.
func semiBelow(n plan.Node, col int, s *keySource) plan.Node {
	switch n := n.(type) {
	case *calc.Node:
		if c := passed(n, col); c >= 0 && !simple(n) {
			return n.WithInputs([]plan.Node{semiBelow(n.In, c, s)})
		}
	case *agg.Node:
		if len(n.Sets) == 0 && col < len(n.Keys) {
			return n.WithInputs([]plan.Node{semiBelow(n.In, n.Keys[col], s)})
		}
	case *join.Node:
		l := len(n.L.Fields())
		switch {
		case n.Strategy != join.Regular:
		case col < l && (n.Type == join.Inner || n.Type == join.Left || n.Type == join.Semi || n.Type == join.Anti):
			return n.WithInputs([]plan.Node{semiBelow(n.L, col, s), n.R})
		case col >= l && n.Type == join.Inner:
			return n.WithInputs([]plan.Node{n.L, semiBelow(n.R, col-l, s)})
		}
	}
	keys := calc.Project(s.node, []expr.Expr{plan.ColOf(s.node.Fields(), s.col)}, []string{s.node.Fields()[s.col].Name})
	return join.New(n, keys, join.Semi, []int{col}, []int{0}, nil)
}

// A semi join with groups, of which each row finds one at most, is an inner
// join, which can take part in the choice of the join order (TPC-H q18).
var semiToInner = Rule{
	Name:  "semi join with groups as inner join",
	Batch: true,
	Why:   "a selective IN should be applied before the large joins, not after them",
	Apply: func(_ *Ctx, n plan.Node) (plan.Node, error) {
		j, ok := n.(*join.Node)
		if !ok || j.Type != join.Semi || j.Strategy != join.Regular || j.Rest != nil || !isInnerTree(j.L) || !groupedBy(j.R, j.RightKeys) {
			return n, nil
		}
		d := *j
		d.Type = join.Inner
		fs := d.Fields()
		l := len(j.L.Fields())
		return calc.Project(&d, cols(fs, 0, l), plan.Names(fs[:l])), nil
	},
}

func isInnerTree(n plan.Node) bool {
	if k, ok := n.(*calc.Node); ok {
		n = k.In
	}
	j, ok := n.(*join.Node)
	return ok && reorderable(j)
}

// groupedBy reports whether n is an aggregate by no more than the given columns.
func groupedBy(n plan.Node, by []int) bool {
	switch n := n.(type) {
	case *calc.Node:
		in := make([]int, 0, len(by))
		for _, c := range by {
			if p := passed(n, c); p >= 0 {
				in = append(in, p)
			}
		}
		return groupedBy(n.In, in)
	case *agg.Node:
		if len(n.Sets) > 0 {
			return false
		}
		for k := range n.Keys {
			if indexOf(by, k) < 0 {
				return false
			}
		}
		return true
	}
	return false
}
