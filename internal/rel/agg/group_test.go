package agg

import (
	"strings"
	"testing"
	"time"

	"github.com/weir-stream/weir/internal/fn"
	"github.com/weir-stream/weir/internal/fold"
	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/optest"
	"github.com/weir-stream/weir/internal/types"
)

var aggs = fn.NewAggTable(fn.Aggs())

var (
	big  = types.Of(types.BigInt)
	text = types.String()
	flag = types.Of(types.Boolean)
	dbl  = types.Of(types.Double)
)

// call binds NAME(args) over columns; filter < 0 is none.
func call(t testing.TB, in []types.Type, name string, filter int, distinct bool, args ...int) fold.Call {
	t.Helper()
	as := make([]fn.Arg, len(args))
	for i, a := range args {
		as[i].Type = in[a]
	}
	a, _, ret, err := aggs.Resolve(name, as, true)
	if err != nil {
		t.Fatal(err)
	}
	return fold.Call{Agg: a, Args: args, Distinct: distinct, Filter: filter, Type: ret}
}

func specOf(in []types.Type, keys []int, calls ...fold.Call) spec {
	s := spec{keys: keys, calls: calls, constant: len(keys) == 0}
	for _, k := range keys {
		s.out = append(s.out, in[k])
	}
	for _, c := range calls {
		s.out = append(s.out, c.Type)
	}
	return s
}

func testSpec(in []types.Type, s spec) optest.Spec {
	return optest.Spec{New: func() op.Operator { return newGroup(s) }, In: [][]types.Type{in}, Out: s.out, Batch: s.bounded, Hash: optest.By(s.keys)}
}

func check(t *testing.T, got []optest.Row, want ...string) {
	t.Helper()
	if g, w := strings.Join(optest.Lines(got), "\n"), strings.Join(want, "\n"); g != w {
		t.Errorf("got\n%s\nwant\n%s", g, w)
	}
}

var rows = []optest.Row{
	optest.R("+I", "a", 1), optest.R("+I", "b", 5), optest.R("+I", "a", 3), optest.R("+I", nil, nil), optest.R("+I", "a", nil),
}

func TestChangelog(t *testing.T) {
	in := []types.Type{text, big}
	calls := []fold.Call{call(t, in, "COUNT", -1, false), call(t, in, "SUM", -1, false, 1), call(t, in, "MAX", -1, false, 1), call(t, in, "AVG", -1, false, 1)}
	s := specOf(in, []int{0}, calls...)
	s.before = true
	more := optest.Rows(0, optest.R("+I", "b", 1), optest.R("+I", "c", 1))
	check(t, optest.Run(t, testSpec(in, s), optest.Rows(0, rows...), optest.Flush(), more, optest.End(0)),
		"+I[a, 3, 4, 3, 2]", "+I[b, 1, 5, 5, 5]", "+I[null, 1, null, null, null]",
		"-U[b, 1, 5, 5, 5]", "+U[b, 2, 6, 5, 3]", "+I[c, 1, 1, 1, 1]")
	s.before = false
	check(t, optest.RunIn(t, optest.Worlds[0], testSpec(in, s), optest.Rows(0, rows...), optest.Flush(), more, optest.End(0)),
		"+I[a, 3, 4, 3, 2]", "+I[b, 1, 5, 5, 5]", "+I[null, 1, null, null, null]", "+U[b, 2, 6, 5, 3]", "+I[c, 1, 1, 1, 1]")
}

func TestRowByRow(t *testing.T) {
	in := []types.Type{text, big}
	s := specOf(in, []int{0}, call(t, in, "MAX", -1, false, 1))
	s.before = true
	ts := testSpec(in, s)
	ts.RowByRow = true
	check(t, optest.Run(t, ts, optest.Rows(0, optest.R("+I", "a", 1), optest.R("+I", "a", 1), optest.R("+I", "b", 1), optest.R("+I", "a", 2)), optest.End(0)),
		"+I[a, 1]", "+I[b, 1]", "-U[a, 1]", "+U[a, 2]")
}

func TestUnchangedIsSilent(t *testing.T) {
	in := []types.Type{text, big}
	s := specOf(in, []int{0}, call(t, in, "MAX", -1, false, 1))
	check(t, optest.RunIn(t, optest.Worlds[0], testSpec(in, s), optest.Rows(0, optest.R("+I", "a", 7)), optest.Flush(),
		optest.Rows(0, optest.R("+I", "a", 3)), optest.Flush(), optest.End(0)), "+I[a, 7]")
}

func TestRetraction(t *testing.T) {
	in := []types.Type{text, big, dbl}
	calls := []fold.Call{call(t, in, "COUNT", -1, false, 1), call(t, in, "MIN", -1, false, 1), call(t, in, "MAX", -1, false, 1),
		call(t, in, "SUM", -1, false, 2), call(t, in, "COUNT", -1, true, 1), call(t, in, "LISTAGG", -1, false, 0), call(t, in, "FIRST_VALUE", -1, false, 1)}
	s := specOf(in, []int{0}, calls...)
	s.before, s.retract = true, true
	check(t, optest.Run(t, testSpec(in, s),
		optest.Rows(0, optest.R("+I", "a", 1, 0.125), optest.R("+I", "a", 5, 0.25), optest.R("+I", "a", 5, 1e17), optest.R("+I", "b", 2, 1.0)), optest.Flush(),
		optest.Rows(0, optest.R("-U", "a", 5, 1e17), optest.R("+U", "a", 9, 0.5), optest.R("-D", "b", 2, 1.0)), optest.Flush(),
		optest.Rows(0, optest.R("-D", "a", 1, 0.125), optest.R("-D", "a", 9, 0.5), optest.R("+I", "c", nil, nil)), optest.Flush(),
		optest.Rows(0, optest.R("-D", "c", nil, nil), optest.R("+I", "d", 1, 1.0), optest.R("-D", "d", 1, 1.0)), optest.End(0)),
		"+I[a, 3, 1, 5, 1e+17, 2, a,a,a, 1]", "+I[b, 1, 2, 2, 1, 1, b, 2]",
		"-U[a, 3, 1, 5, 1e+17, 2, a,a,a, 1]", "+U[a, 3, 1, 9, 0.875, 3, a,a,a, 1]", "-D[b, 1, 2, 2, 1, 1, b, 2]",
		"-U[a, 3, 1, 9, 0.875, 3, a,a,a, 1]", "+U[a, 1, 5, 5, 0.25, 1, a, 5]", "+I[c, 0, null, null, null, 0, c, null]",
		"-D[c, 0, null, null, null, 0, c, null]")
}

func TestGlobal(t *testing.T) {
	in := []types.Type{big}
	s := specOf(in, nil, call(t, in, "COUNT", -1, false), call(t, in, "SUM", -1, false, 0))
	s.before = true
	check(t, optest.Run(t, testSpec(in, s), optest.End(0)), "+I[0, null]")
	check(t, optest.Run(t, testSpec(in, s), optest.Rows(0, optest.R("+I", 1), optest.R("+I", 2)), optest.End(0)), "+I[2, 3]")
	s.bounded = true
	check(t, optest.Run(t, testSpec(in, s), optest.End(0)), "+I[0, null]")
	check(t, optest.Run(t, testSpec(in, s), optest.Rows(0, optest.R("+I", 1), optest.R("+I", 2)), optest.End(0)), "+I[2, 3]")
}

func TestSelectDistinct(t *testing.T) {
	in := []types.Type{text, big}
	s := specOf(in, []int{0})
	check(t, optest.Run(t, testSpec(in, s), optest.Rows(0, rows...), optest.Flush(), optest.Rows(0, rows[0]), optest.End(0)), "+I[a]", "+I[b]", "+I[null]")
	s.retract = true
	check(t, optest.RunIn(t, optest.Worlds[0], testSpec(in, s), optest.Rows(0, rows...), optest.Flush(),
		optest.Rows(0, optest.R("-D", "b", 5), optest.R("-D", "a", 1)), optest.End(0)), "+I[a]", "+I[b]", "+I[null]", "-D[b]")
}

// The shape of Nexmark's q15: filters and DISTINCT over two arguments.
func TestDistinctFilters(t *testing.T) {
	in := []types.Type{text, big, big, flag, flag}
	var calls []fold.Call
	for _, arg := range []int{1, 2} {
		for _, filter := range []int{-1, 3, 4} {
			calls = append(calls, call(t, in, "COUNT", filter, true, arg))
		}
	}
	calls = append(calls, call(t, in, "COUNT", 3, false), call(t, in, "SUM", 4, true, 1), call(t, in, "MAX", -1, false, 0))
	for _, retract := range []bool{false, true} {
		s := specOf(in, []int{0}, calls...)
		s.before, s.retract = true, retract
		check(t, optest.Run(t, testSpec(in, s),
			optest.Rows(0, optest.R("+I", "d", 1, 10, true, false), optest.R("+I", "d", 1, 11, false, true), optest.R("+I", "d", 2, 10, true, nil),
				optest.R("+I", "d", 1, 10, true, false), optest.R("+I", "e", nil, 10, true, true)), optest.End(0)),
			"+I[d, 2, 2, 1, 2, 1, 1, 3, 1, d]", "+I[e, 0, 0, 0, 1, 1, 1, 1, null, e]")
	}
}

func TestTTL(t *testing.T) {
	in := []types.Type{text, big}
	s := specOf(in, []int{0}, call(t, in, "COUNT", -1, false), call(t, in, "COUNT", -1, true, 1))
	s.before, s.ttl = true, 100*time.Millisecond
	a := optest.Rows(0, optest.R("+I", "a", 1))
	for _, w := range optest.Stops {
		check(t, optest.RunIn(t, w, testSpec(in, s), optest.ProcTime(1), a, optest.Flush(), optest.ProcTime(90), a, optest.Flush(),
			optest.ProcTime(180), a, optest.Flush(), optest.ProcTime(5000), a, optest.Flush(), optest.End(0)),
			"+I[a, 1, 1]", "-U[a, 1, 1]", "+U[a, 2, 1]", "-U[a, 2, 1]", "+U[a, 3, 1]", "+I[a, 1, 1]")
	}
}
