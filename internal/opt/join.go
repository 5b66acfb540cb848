package opt

import (
	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/rel/join"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
)

// A join whose condition bounds the distance of two time attributes forgets
// rows once event time has passed them.
var intervalJoin = Rule{
	Name:   "recognise interval join",
	Stream: true, Required: true,
	Why: "without it both inputs would be kept for ever",
	Apply: func(c *Ctx, n plan.Node) (plan.Node, error) {
		j, ok := n.(*join.Node)
		if !ok || j.Strategy != join.Regular || j.Type > join.Full {
			return n, nil
		}
		b, rest := timeBounds(j)
		if b == nil {
			b, rest = equalTimes(j), expr.Conjuncts(j.Rest)
		}
		if b == nil {
			return n, nil
		}
		if !insertOnly(c, j.L) || !insertOnly(c, j.R) {
			return n, strictly(c, "an interval join")
		}
		d := *j
		d.Strategy, d.Bounds, d.Rest = join.Interval, b, nil
		if len(rest) > 0 {
			d.Rest = expr.AndAll(rest...)
		}
		return &d, nil
	},
}

// strictly refuses what Flink refuses over rows that are updated; elsewhere a
// regular join, which keeps both inputs, gives the same rows.
func strictly(c *Ctx, what string) error {
	if !c.Strict {
		return nil
	}
	return sqlerr.New(sqlerr.Unsupported, sqlerr.Pos{}, "%s of rows that are updated is not supported by Flink (weir.sql.strict)", what).
		WithHint("without weir.sql.strict it is run as a regular join, which keeps all rows of both sides")
}

func insertOnly(c *Ctx, n plan.Node) bool {
	a, err := plan.Annotate(c.Context, n)
	return err == nil && a.Traits[n].InsertOnly()
}

// timeBounds finds both bounds of left.time - right.time among the conjuncts;
// nil unless both are there.
func timeBounds(j *join.Node) (*join.Bounds, []expr.Expr) {
	l := len(j.L.Fields())
	b := &join.Bounds{LeftTime: -1, RightTime: -1}
	var rest []expr.Expr
	lower, upper := false, false
	for _, c := range expr.Conjuncts(j.Rest) {
		d, ok := distance(c, l)
		if !ok || b.LeftTime >= 0 && (d.left != b.LeftTime || d.right-l != b.RightTime) {
			rest = append(rest, c)
			continue
		}
		b.LeftTime, b.RightTime, b.Proctime = d.left, d.right-l, d.proctime
		if d.lower {
			b.LowerMs, lower = pickBound(b.LowerMs, d.ms, lower, true), true
		}
		if d.upper {
			b.UpperMs, upper = pickBound(b.UpperMs, d.ms, upper, false), true
		}
	}
	if !lower || !upper {
		return nil, nil
	}
	return b, rest
}

// equalTimes gives the bounds of a join whose key has time attributes on both
// sides; nil if there is none.
func equalTimes(j *join.Node) *join.Bounds {
	for i, l := range j.LeftKeys {
		r := j.RightKeys[i]
		lt, rt := j.L.Fields()[l].Type, j.R.Fields()[r].Type
		if lt.Attr == types.Rowtime && rt.Attr == types.Rowtime && !j.NullSafe[i] {
			return &join.Bounds{LeftTime: l, RightTime: r}
		}
	}
	return nil
}

func pickBound(old, ms int64, have, lower bool) int64 {
	switch {
	case !have:
		return ms
	case lower:
		return max(old, ms)
	}
	return min(old, ms)
}

// dist says left.time - right.time >= ms (lower) or <= ms (upper) or both.
type dist struct {
	left, right  int
	ms           int64
	lower, upper bool
	proctime     bool
}

// distance reads a comparison of two shifted time attributes.
func distance(e expr.Expr, l int) (dist, bool) {
	call, ok := e.(*expr.Call)
	if !ok || len(call.Args) != 2 || mirrored[call.Fn.Name] == "" {
		return dist{}, false
	}
	op := call.Fn.Name
	a, aMs, ok1 := shiftedTime(call.Args[0])
	b, bMs, ok2 := shiftedTime(call.Args[1])
	if !ok1 || !ok2 || a.T.Attr != b.T.Attr {
		return dist{}, false
	}
	if a.Index >= l && b.Index < l {
		a, b, aMs, bMs, op = b, a, bMs, aMs, mirrored[op]
	}
	if a.Index >= l || b.Index < l {
		return dist{}, false
	}
	// a + aMs op b + bMs, so a - b op bMs - aMs
	d := dist{left: a.Index, right: b.Index, ms: bMs - aMs, proctime: a.T.Attr == types.Proctime}
	switch op {
	case "=":
		d.lower, d.upper = true, true
	case ">=":
		d.lower = true
	case ">":
		d.lower, d.ms = true, d.ms+1
	case "<=":
		d.upper = true
	case "<":
		d.upper, d.ms = true, d.ms-1
	}
	return d, true
}

// shiftedTime reads "time attribute ± day-time interval".
func shiftedTime(e expr.Expr) (*expr.Col, int64, bool) {
	switch e := e.(type) {
	case *expr.Col:
		return e, 0, e.Depth == 0 && e.T.Attr != types.NoAttr
	case *expr.Cast:
		if e.T.IsTimestamp() && e.X.Type().Kind == e.T.Kind {
			return shiftedTime(e.X)
		}
	case *expr.Call:
		if len(e.Args) != 2 || e.Fn.Name != "+" && e.Fn.Name != "-" {
			return nil, 0, false
		}
		c, ms, ok := shiftedTime(e.Args[0])
		lit, isLit := e.Args[1].(*expr.Lit)
		if !ok || !isLit || lit.T.Kind != types.IntervalDT {
			return nil, 0, false
		}
		v, isInt := lit.Value.(int64)
		if e.Fn.Name == "-" {
			v = -v
		}
		return c, ms + v, isInt
	}
	return nil, 0, false
}

// A join on the start and end columns of two equal windows is done when the
// window closes.
var windowJoin = Rule{
	Name:   "recognise window join",
	Stream: true, Required: true,
	Why: "the rows of a closed window are joined once and forgotten",
	Apply: func(c *Ctx, n plan.Node) (plan.Node, error) {
		j, ok := n.(*join.Node)
		if !ok || j.Strategy != join.Regular || len(j.LeftKeys) < 2 {
			return n, nil
		}
		al, errL := plan.Annotate(c.Context, j.L)
		ar, errR := plan.Annotate(c.Context, j.R)
		if errL != nil || errR != nil {
			return n, nil
		}
		lt, rt := al.Traits[j.L], ar.Traits[j.R]
		if lt.Win == nil || rt.Win == nil || !sameWindow(lt.Win.Window, rt.Win.Window) {
			return n, nil
		}
		if !lt.InsertOnly() || !rt.InsertOnly() {
			if asWindowJoin(j, lt.Win, rt.Win) == plan.Node(j) {
				return n, nil
			}
			return n, strictly(c, "a window join")
		}
		return asWindowJoin(j, lt.Win, rt.Win), nil
	},
}

func sameWindow(a, b plan.Window) bool {
	return a.Kind == b.Kind && a.SizeMs == b.SizeMs && a.SlideMs == b.SlideMs && a.OffsetMs == b.OffsetMs && a.Proctime == b.Proctime
}

func asWindowJoin(j *join.Node, l, r *plan.WinCols) plan.Node {
	d := *j
	d.LeftKeys, d.RightKeys, d.NullSafe = nil, nil, nil
	start, end := false, false
	for i, k := range j.LeftKeys {
		switch {
		case k == l.Start && j.RightKeys[i] == r.Start:
			start = true
		case k == l.End && j.RightKeys[i] == r.End:
			end = true
		default:
			d.LeftKeys, d.RightKeys = append(d.LeftKeys, k), append(d.RightKeys, j.RightKeys[i])
			d.NullSafe = append(d.NullSafe, j.NullSafe[i])
		}
	}
	if !start || !end {
		return j
	}
	d.Strategy, d.LeftWin, d.RightWin = join.Window, [2]int{l.Start, l.End}, [2]int{r.Start, r.End}
	return &d
}

// In batch the smaller side is read first, into a hash table.
var hashJoins = Rule{
	Name:  "hash join with the smaller side built",
	Batch: true, Required: true,
	Why: "the build side is kept in memory, the other streams by",
	Apply: func(c *Ctx, n plan.Node) (plan.Node, error) {
		j, ok := n.(*join.Node)
		if !ok || j.Strategy != join.Regular {
			return n, nil
		}
		d := *j
		d.Strategy = join.HashBuildRight
		e := newEstimator(c)
		l, r := e.of(j.L).rows, e.of(j.R).rows
		d.Rows = e.of(j).rows
		if l < r && !j.NullAware && j.Type != join.Anti || j.Type == join.Anti && !j.NullAware && l*4 < r {
			d.Strategy = join.HashBuildLeft
		}
		if build, ok := j.Wished(); ok {
			d.Strategy = []join.Strategy{join.HashBuildLeft, join.HashBuildRight}[build]
		}
		return &d, nil
	},
}
