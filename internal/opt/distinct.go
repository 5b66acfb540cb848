package opt

import (
	"strconv"
	"strings"

	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/fn"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/rel/agg"
	"github.com/weir-stream/weir/internal/rel/calc"
	"github.com/weir-stream/weir/internal/rel/expand"
	"github.com/weir-stream/weir/internal/types"
)

// Distinct values of few groups are counted in buckets first, so that all cores
// take part: the groups of the first aggregate are those of the second and a
// bucket of the distinct values; a row with several distinct arguments is
// repeated for each (Flink's table.optimizer.distinct-agg.split, FLINK-9294).
var splitDistinct = Rule{
	Name: "split distinct aggregates of few groups",
	Why:  "COUNT(DISTINCT user) by day keeps one core busy and the others waiting (Nexmark q15)",
	Apply: func(c *Ctx, n plan.Node) (plan.Node, error) {
		a, ok := n.(*agg.Node)
		if !ok || len(a.Sets) > 0 || !c.Batch && !c.MiniBatch || c.Parallelism < 2 {
			return n, nil
		}
		forced := strings.EqualFold(c.Option("table.optimizer.distinct-agg.split.enabled"), "true")
		if !forced && (c.Parallelism < splitParallelism || !fewGroups(a, c.Parallelism)) {
			return n, nil
		}
		if d := distinctColumns(a); d != nil {
			return splitBuckets(c, a, d), nil
		}
		return n, nil
	},
}

// splitParallelism is from how many subtasks on a split pays. On Nexmark q15 it
// takes three quarters more CPU in all, but of that a fourth part only lies in
// one subtask's way: with four subtasks both ways take about the same time, with
// eight the split one less than half.
const splitParallelism = 8

// distinctColumns gives the columns of which distinct values are aggregated; nil
// if there are none, or if some call cannot be put together from parts.
func distinctColumns(a *agg.Node) []int {
	var out []int
	for _, c := range a.Calls {
		switch c.Agg.Name {
		case "COUNT", "SUM", "MIN", "MAX":
		default:
			return nil
		}
		if !c.Distinct || c.Agg.NoDistinct {
			continue
		}
		if len(c.Args) != 1 {
			return nil
		}
		if indexOf(out, c.Args[0]) < 0 {
			out = append(out, c.Args[0])
		}
	}
	return out
}

// splitBuckets builds both aggregates.
func splitBuckets(c *Ctx, a *agg.Node, distinct []int) plan.Node {
	in, calls := a.In, a.Calls
	first := -1 // the column that tells the repetition in which other calls are made
	var id int64
	if len(distinct) > 1 {
		e := &expand.Node{In: a.In, Keys: distinct}
		for _, d := range distinct {
			e.Sets = append(e.Sets, []int{d})
		}
		in, first, id = e, len(a.In.Fields()), e.ID(e.Sets[0])
		calls = ungroupPlain(e, calls)
	}
	fs := in.Fields()
	es, names := cols(fs, 0, len(fs)), plan.Names(fs)
	add := func(e expr.Expr, name string) int {
		es, names = append(es, e), append(names, name)
		return len(es) - 1
	}
	if first >= 0 {
		calls = onlyIn(calls, fs, plan.ColOf(fs, first), id, add)
	}
	args := []expr.Expr{&expr.Lit{Value: bucketNum(c), T: types.Of(types.BigInt).NotNull()}}
	for _, d := range distinct {
		args = append(args, plan.ColOf(fs, d))
	}
	bucket, err := expr.MakeCall(fn.Core(), fn.BucketName, args...)
	if err != nil {
		return a
	}
	keys := append(append([]int(nil), a.Keys...), add(bucket, "$b"))
	part := agg.New(calc.Project(in, es, names), keys, calls)
	part.TTLMs, part.Made = a.TTLMs, a.Made
	return combine(a, part)
}

// combine adds up the parts. A count of no parts is 0.
func combine(a, part *agg.Node) plan.Node {
	sum, _ := aggregateNamed("SUM")
	calls := make([]plan.AggCall, len(a.Calls))
	for i, call := range a.Calls {
		calls[i] = plan.AggCall{Agg: call.Agg, Args: []int{len(part.Keys) + i}, Filter: -1, Type: call.Type.AsNullable(), Name: call.Name}
		if call.Agg.Name == "COUNT" {
			calls[i].Agg = sum
		}
	}
	whole := agg.New(part, identity(len(a.Keys)), calls)
	whole.TTLMs, whole.Made = a.TTLMs, a.Made
	fs, want := whole.Fields(), a.Fields()
	es := cols(fs, 0, len(fs))
	for i, call := range a.Calls {
		at := len(a.Keys) + i
		if call.Agg.Name != "COUNT" {
			continue
		}
		zero := &expr.Lit{Value: int64(0), T: types.Of(types.BigInt).NotNull()}
		es[at] = &expr.Case{Whens: []expr.When{{Cond: expr.IsNotNull(es[at]), Then: es[at]}}, Else: zero, T: want[at].Type}
	}
	out := calc.Project(whole, es, plan.Names(want))
	for i := range out.Cols {
		out.Cols[i].Type = want[i].Type
	}
	return out
}

// ungroupPlain lets the calls that are not distinct read the copies of the
// columns that the expansion nulls.
func ungroupPlain(e *expand.Node, calls []plan.AggCall) []plan.AggCall {
	plain := ungroupArgs(e, calls)
	out := append([]plan.AggCall(nil), calls...)
	for i, c := range calls {
		filter := plain[i].Filter // a BOOLEAN may be a distinct argument too
		if !c.Distinct || c.Agg.NoDistinct {
			out[i] = plain[i]
		}
		out[i].Filter = filter
	}
	return out
}

// onlyIn restricts the calls that are not distinct to the rows with an id.
func onlyIn(calls []plan.AggCall, fs []plan.Field, column expr.Expr, id int64, add func(expr.Expr, string) int) []plan.AggCall {
	out := append([]plan.AggCall(nil), calls...)
	is := expr.Compare(fn.EQ, column, &expr.Lit{Value: id, T: types.Of(types.BigInt).NotNull()})
	at := map[int]int{}
	for i, c := range calls {
		if c.Distinct && !c.Agg.NoDistinct {
			continue
		}
		if _, ok := at[c.Filter]; !ok {
			cond := is
			if c.Filter >= 0 {
				cond = expr.AndAll(is, plan.ColOf(fs, c.Filter))
			}
			at[c.Filter] = add(cond, "$f"+strconv.Itoa(len(at)))
		}
		out[i].Filter = at[c.Filter]
	}
	return out
}

func bucketNum(c *Ctx) int64 {
	n, err := strconv.ParseInt(c.Option("table.optimizer.distinct-agg.split.bucket-num"), 10, 32)
	if err != nil || n < 1 {
		return 1024
	}
	return n
}

// fewGroups reports whether fewer groups than subtasks get rows at a time.
func fewGroups(a *agg.Node, parallelism int) bool {
	groups := 1
	for _, k := range a.Keys {
		n := activeValues(a.In, k)
		if n == 0 || groups*n >= parallelism {
			return false
		}
		groups *= n
	}
	return true
}

// activeValues bounds how many values of a column come at about the same time;
// 0 = unknown.
func activeValues(n plan.Node, col int) int {
	if d := typeDomain(n.Fields()[col].Type); d > 0 {
		return int(d)
	}
	k, ok := n.(*calc.Node)
	switch {
	case !ok:
		return 0
	case k.Out == nil:
		return activeValues(k.In, col)
	}
	switch e := k.Out[col].(type) {
	case *expr.Lit:
		return 1
	case *expr.Col:
		return activeValues(k.In, e.Index)
	case *expr.Case:
		return caseValues(e)
	case *expr.Cast:
		if e.T.Kind == types.Date && e.X.Type().IsTemporal() {
			return 1
		}
	case *expr.Call:
		if coarseTime(e) {
			return 1
		}
	}
	return 0
}

func caseValues(e *expr.Case) int {
	n := 1
	for _, w := range e.Whens {
		if _, ok := w.Then.(*expr.Lit); !ok {
			return 0
		}
		n++
	}
	if _, ok := e.Else.(*expr.Lit); e.Else != nil && !ok {
		return 0
	}
	return n
}

// coarseTime reports whether a call cuts a time to a minute or more: rows come
// about in the order of time, so one value at a time is busy.
func coarseTime(e *expr.Call) bool {
	temporal, unit := false, ""
	for _, a := range e.Args {
		temporal = temporal || a.Type().IsTemporal()
		if l, ok := a.(*expr.Lit); ok {
			unit, _ = l.Value.(string)
		}
	}
	if !temporal {
		return false
	}
	switch e.Fn.Name {
	case "DATE_FORMAT":
		return unit != "" && !strings.ContainsAny(unit, "sSnNA")
	case "EXTRACT", "FLOOR", "CEIL":
		switch unit {
		case "MINUTE", "HOUR", "DAY", "WEEK", "MONTH", "QUARTER", "YEAR", "DOW", "DOY":
			return true
		}
	}
	return false
}
