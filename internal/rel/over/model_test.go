package over

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"sort"
	"strings"
	"testing"

	"github.com/weir-stream/weir/internal/fn"
	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/optest"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/types"
)

// The columns of the tests: partition, order, value, text, filter, arrival.
var (
	big  = types.Of(types.BigInt)
	cols = []types.Type{big, big, big, types.String(), types.Of(types.Boolean), big}
)

var aggs = fn.NewAggTable(fn.Aggs())

func callOf(name string, filter int, distinct bool, args ...int) Call {
	as := make([]fn.Arg, len(args))
	for i, a := range args {
		as[i].Type = cols[a]
	}
	agg, _, ret, err := aggs.Resolve(name, as, false)
	if err != nil {
		panic(err)
	}
	return Call{AggCall: plan.AggCall{Agg: agg, Args: args, Filter: filter, Distinct: distinct, Type: ret}}
}

// less orders values, nulls apart.
func compareValues(a, b any, k plan.SortKey) int {
	switch {
	case a == nil && b == nil:
		return 0
	case a == nil || b == nil:
		if (a == nil) == k.NullsFirst {
			return -1
		}
		return 1
	}
	c := cmp.Compare(a.(int64), b.(int64))
	if k.Desc {
		return -c
	}
	return c
}

// inFrame is the definition of frames: is row j in the frame of row i?
func inFrame(s *spec, rows [][]any, i, j int) bool {
	f := s.frame
	if f.Rows {
		return (f.From.Unbounded || int64(j) >= int64(i)+f.From.Offset) && (f.To.Unbounded || int64(j) <= int64(i)+f.To.Offset)
	}
	if len(s.order) == 0 {
		return true
	}
	k := s.order[0]
	a, b := rows[i][k.Col], rows[j][k.Col]
	side := func(bound Bound, sign int) bool {
		switch {
		case bound.Unbounded:
			return true
		case a == nil || b == nil || bound.Offset == 0:
			return compareValues(b, a, k)*sign >= 0
		}
		x, y := a.(int64), b.(int64)
		if k.Desc {
			x, y = -x, -y
		}
		return cmp.Compare(y, x+bound.Offset)*sign >= 0
	}
	return side(f.From, 1) && side(f.To, -1)
}

// value is the definition of the calls.
func value(s *spec, c Call, rows [][]any, i int) any {
	name := c.Agg.Name
	tie := func(a, b int) bool {
		for _, k := range s.order {
			if compareValues(rows[a][k.Col], rows[b][k.Col], k) != 0 {
				return false
			}
		}
		return true
	}
	before, through, dense := 0, 0, 1
	for j := range rows {
		t := tie(i, j)
		if j < i && !t {
			before++
			if !tie(j, j+1) {
				dense++
			}
		}
		if j <= i || t {
			through++
		}
	}
	n := len(rows)
	switch name {
	case "ROW_NUMBER":
		return int64(i + 1)
	case "RANK":
		return int64(before + 1)
	case "DENSE_RANK":
		return int64(dense)
	case "CUME_DIST":
		return float64(through) / float64(n)
	case "PERCENT_RANK":
		return float64(before) / float64(max(n-1, 1))
	case "LAG", "LEAD":
		step := 1
		if name == "LAG" {
			step = -1
		}
		j := i + step
		for c.IgnoreNulls && j >= 0 && j < n && rows[j][c.Args[0]] == nil {
			j += step
		}
		if j < 0 || j >= n {
			return nil
		}
		return rows[j][c.Args[0]]
	}
	var vals []any
	seen := map[any]bool{}
	for j := range rows {
		if !inFrame(s, rows, i, j) || c.Filter >= 0 && rows[j][c.Filter] != true {
			continue
		}
		v := any(int64(1))
		if len(c.Args) > 0 {
			v = rows[j][c.Args[0]]
		}
		if v == nil || c.Distinct && seen[v] {
			continue
		}
		seen[v] = true
		vals = append(vals, v)
	}
	if name == "COUNT" {
		return int64(len(vals))
	}
	if len(vals) == 0 {
		return nil
	}
	switch name {
	case "FIRST_VALUE":
		return vals[0]
	case "LAST_VALUE":
		return vals[len(vals)-1]
	case "LISTAGG":
		parts := make([]string, len(vals))
		for i, v := range vals {
			parts[i] = v.(string)
		}
		return strings.Join(parts, ",")
	}
	sum, lo, hi := int64(0), vals[0].(int64), vals[0].(int64)
	for _, v := range vals {
		x := v.(int64)
		sum, lo, hi = sum+x, min(lo, x), max(hi, x)
	}
	switch name {
	case "SUM":
		return sum
	case "AVG":
		return sum / int64(len(vals))
	case "MIN":
		return lo
	}
	return hi
}

// model gives the table over the rows that are left, in order of arrival.
func model(s *spec, rows [][]any) []string {
	parts := map[string][][]any{}
	for _, r := range rows {
		k := ""
		for _, c := range s.partition {
			k += fmt.Sprint(r[c], "|")
		}
		parts[k] = append(parts[k], r)
	}
	var out []string
	for _, p := range parts {
		slices.SortStableFunc(p, func(a, b []any) int {
			for _, k := range s.order {
				if c := compareValues(a[k.Col], b[k.Col], k); c != 0 {
					return c
				}
			}
			return 0
		})
		for i, r := range p {
			r = slices.Clone(r)
			for _, c := range s.calls {
				r = append(r, value(s, c, p, i))
			}
			out = append(out, line(r))
		}
	}
	sort.Strings(out)
	return out
}

func line(r []any) string {
	parts := make([]string, len(r))
	for i, v := range r {
		parts[i] = fmt.Sprint(v)
		if v == nil {
			parts[i] = "null"
		}
	}
	return "[" + strings.Join(parts, ", ") + "]"
}

func randomRow(r *rand.Rand, i int) []any {
	pick := func(vs ...any) any { return vs[r.IntN(len(vs))] }
	return []any{pick(int64(1), int64(2), nil), pick(nil, int64(r.IntN(8)), int64(r.IntN(8))), pick(nil, int64(r.IntN(9)-4)),
		pick(nil, "a", "b", "cc"), pick(nil, true, false), int64(i)}
}

func randomFrame(r *rand.Rand) Frame {
	f := Frame{Rows: r.IntN(2) == 0}
	bound := func() Bound { return Bound{Unbounded: r.IntN(3) == 0, Offset: int64(r.IntN(5) - 2)} }
	f.From, f.To = bound(), bound()
	if !f.From.Unbounded && !f.To.Unbounded && f.From.Offset > f.To.Offset {
		f.From, f.To = f.To, f.From
	}
	return f
}

func everyCall() []Call {
	lag := callOf("LAG", -1, false, 2)
	lag.IgnoreNulls = true
	return []Call{callOf("COUNT", -1, false), callOf("COUNT", 4, true, 2), callOf("SUM", -1, false, 2), callOf("SUM", 4, true, 2), callOf("AVG", 4, false, 2),
		callOf("MIN", -1, false, 2), callOf("MAX", 4, false, 2), callOf("FIRST_VALUE", -1, false, 3), callOf("LAST_VALUE", 4, false, 3),
		callOf("LISTAGG", -1, false, 3), callOf("ROW_NUMBER", -1, false), callOf("RANK", -1, false), callOf("DENSE_RANK", -1, false),
		callOf("CUME_DIST", -1, false), callOf("PERCENT_RANK", -1, false), callOf("LAG", -1, false, 3), callOf("LEAD", -1, false, 2), lag}
}

func randomSpec(r *rand.Rand) spec {
	s := spec{in: cols, partition: []int{0}, frame: randomFrame(r)}
	if r.IntN(4) == 0 {
		s.partition = nil
	}
	s.order = []plan.SortKey{{Col: 1, Desc: r.IntN(2) == 0, NullsFirst: r.IntN(2) == 0}}
	calls := everyCall()
	for range 4 {
		s.calls = append(s.calls, calls[r.IntN(len(calls))])
	}
	return s
}

func check(t *testing.T, seed uint64, s *spec, out []optest.Row, want []string) {
	t.Helper()
	if got := optest.Fold(t, out); strings.Join(got, "\n") != strings.Join(want, "\n") || t.Failed() {
		names := ""
		for _, c := range s.calls {
			names += fmt.Sprint(c.Agg.Name, c.Args, " filter ", c.Filter, " distinct ", c.Distinct, "; ")
		}
		t.Fatalf("seed %d: %s %+v %s\ngot\n%s\nwant\n%s", seed, s.frame, s.order, names, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestBatchFramesAreThoseOfTheDefinition(t *testing.T) {
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 11))
		s := randomSpec(r)
		var rows [][]any
		var in []optest.Row
		for i := range r.IntN(40) {
			rows = append(rows, randomRow(r, i))
			in = append(in, optest.R("+I", rows[i]...))
		}
		spec := optest.Spec{New: func() op.Operator { return newBatch(s) }, In: [][]types.Type{cols}, Out: s.outTypes(), Batch: true}
		check(t, seed, &s, optest.Run(t, spec, optest.Rows(0, in...), optest.End(0)), model(&s, rows))
	}
}
