package order

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/optest"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// The columns of the tests: two numbers, a float, a text, the arrival.
var cols = []types.Type{types.Of(types.BigInt), types.Of(types.Int), types.Of(types.Double), types.String(), types.Of(types.BigInt)}

func randomRow(r *rand.Rand, i int) []any {
	pick := func(vs ...any) any { return vs[r.IntN(len(vs))] }
	return []any{pick(nil, int64(math.MinInt64), int64(math.MaxInt64), int64(0), int64(r.IntN(300)-150)), pick(nil, int64(r.IntN(5))),
		pick(nil, math.NaN(), math.Inf(-1), math.Copysign(0, -1), 0.0, r.Float64()), pick(nil, "", "prefix of eight a", "prefix of eight b", "a\x00b"), int64(i)}
}

func compareRows(keys []plan.SortKey, a, b []any) int {
	for _, k := range keys {
		x, y := a[k.Col], b[k.Col]
		c := 0
		switch {
		case x == nil && y == nil:
			continue
		case (x == nil || y == nil) && (x == nil) == k.NullsFirst:
			return -1
		case x == nil || y == nil:
			return 1
		}
		switch x := x.(type) {
		case string:
			c = strings.Compare(x, y.(string))
		case float64:
			c = vec.CompareFloat(x, y.(float64))
		case int64:
			c = cmp.Compare(x, y.(int64))
		}
		if k.Desc {
			c = -c
		}
		if c != 0 {
			return c
		}
	}
	return 0
}

func randomKeys(r *rand.Rand) []plan.SortKey {
	keys := make([]plan.SortKey, 1+r.IntN(3))
	for i := range keys {
		keys[i] = plan.SortKey{Col: r.IntN(4), Desc: r.IntN(2) == 0, NullsFirst: r.IntN(2) == 0}
	}
	return keys
}

func lines(rows [][]any) string {
	var b strings.Builder
	for _, r := range rows {
		fmt.Fprintln(&b, r...)
	}
	return b.String()
}

func emitted(rows []optest.Row) [][]any {
	out := make([][]any, len(rows))
	for i, r := range rows {
		out[i] = r.Values
	}
	return out
}

func TestSortIsStableAndCompletes(t *testing.T) {
	for seed := range uint64(80) {
		r := rand.New(rand.NewPCG(seed, 3))
		keys, n := randomKeys(r), r.IntN(300)
		var rows [][]any
		var in []optest.Row
		for i := range n {
			rows = append(rows, randomRow(r, i))
			in = append(in, optest.R("+I", rows[i]...))
		}
		offset, limit := int64(0), int64(-1)
		if r.IntN(2) == 0 {
			offset, limit = int64(r.IntN(4)), int64(r.IntN(40))
		}
		want := slices.Clone(rows)
		slices.SortStableFunc(want, func(a, b []any) int { return compareRows(keys, a, b) })
		if limit >= 0 {
			want = want[min(int(offset), len(want)):min(int(offset+limit), len(want))]
		}
		spec := optest.Spec{New: func() op.Operator { return &atEnd{keys: keys, offset: offset, limit: limit} }, In: [][]types.Type{cols}, Out: cols,
			Batch: seed%2 == 0}
		for _, w := range optest.Worlds {
			got := emitted(optest.RunIn(t, w, spec, optest.Rows(0, in...), optest.End(0)))
			if lines(got) != lines(want) {
				t.Fatalf("seed %d, %s, keys %+v, offset %d, limit %d\ngot\n%swant\n%s", seed, w.Name, keys, offset, limit, lines(got), lines(want))
			}
		}
	}
}

func TestLongSortWithLimitLetsGo(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	s := newSorter(nil, cols[:1], []plan.SortKey{{Col: 0, Desc: true}}, 1, 5)
	var all []int64
	for range 40 {
		b := vec.NewBatch(cols[:1])
		for range op.BatchRows {
			x := int64(r.IntN(1 << 20))
			all = append(all, x)
			b.Cols[0].AppendValue(x)
			b.N++
		}
		if err := s.add(b); err != nil {
			t.Fatal(err)
		}
	}
	if s.all.Rows() > limitRows+op.BatchRows+10 {
		t.Errorf("%d rows are kept for a limit of 5", s.all.Rows())
	}
	sorted, order, err := s.all.Chunk()
	if err != nil || len(order) != 6 {
		t.Fatalf("%d rows, error %v", len(order), err)
	}
	slices.Sort(all)
	slices.Reverse(all)
	for i, row := range order {
		if got := sorted.Cols[0].I64[row]; got != all[i] {
			t.Fatalf("row %d is %d, want %d", i, got, all[i])
		}
	}
}

func TestSortFoldsAChangelog(t *testing.T) {
	spec := optest.Spec{New: func() op.Operator {
		return &atEnd{keys: []plan.SortKey{{Col: 0, Desc: true}}, limit: -1, retract: true}
	},
		In: [][]types.Type{cols[:1]}, Out: cols[:1]}
	out := optest.Run(t, spec, optest.Rows(0, optest.R("+I", 1), optest.R("+I", 2), optest.R("-U", 1), optest.R("+U", 3), optest.R("+I", 3), optest.R("-D", 2)), optest.End(0))
	if got := strings.Join(optest.Lines(out), " "); got != "+I[3] +I[3]" {
		t.Fatal(got)
	}
}

func TestTemporalSortFollowsTheWatermark(t *testing.T) {
	ts := []types.Type{types.TimestampOf(3).WithAttr(types.Rowtime), types.Of(types.BigInt)}
	spec := optest.Spec{New: func() op.Operator {
		return newTemporal([]plan.SortKey{{Col: 0, NullsFirst: true}, {Col: 1, Desc: true}})
	},
		In: [][]types.Type{ts}, Out: ts}
	row := func(ts, x int) optest.Row { return optest.R("+I", ts, x) }
	for _, w := range optest.Worlds {
		d := optest.Drive(t, w, spec)
		d.Do(optest.Rows(0, row(5, 1), row(3, 2), row(5, 3), row(9, 4)))
		d.Do(optest.Watermark(5))
		d.Do(optest.Rows(0, row(5, 9), row(4, 9), row(6, 5)))
		d.Do(optest.End(0))
		if got, want := strings.Join(optest.Lines(d.Out()), " "), "+I[3, 2] +I[5, 3] +I[5, 1] +I[6, 5] +I[9, 4]"; got != want {
			t.Errorf("%s: %s, want %s", w.Name, got, want)
		}
		if n := d.Reported(op.Late); n != 2 {
			t.Errorf("%d late rows", n)
		}
		d.Close()
	}
}

func TestLimitSkipsAndStops(t *testing.T) {
	for _, c := range []struct {
		offset, limit int64
		want          string
	}{{0, 2, "+I[0] +I[1]"}, {3, 2, "+I[3] +I[4]"}, {8, -1, "+I[8] +I[9]"}, {0, 0, ""}, {20, 5, ""}, {0, math.MaxInt64, ""}} {
		spec := optest.Spec{New: func() op.Operator { return newLimit(c.offset, c.limit) }, In: [][]types.Type{cols[:1]}, Out: cols[:1]}
		var evs []optest.Event
		for i := range 10 {
			evs = append(evs, optest.Rows(0, optest.R("+I", i)))
		}
		got := strings.Join(optest.Lines(optest.Run(t, spec, evs...)), " ")
		if got != c.want && c.limit != math.MaxInt64 {
			t.Errorf("OFFSET %d LIMIT %d: %s", c.offset, c.limit, got)
		}
	}
}

// source is a leaf with given traits.
type source struct {
	plan.Node
	fields []plan.Field
}

func (s *source) Inputs() []plan.Node  { return nil }
func (s *source) Fields() []plan.Field { return s.fields }

func TestUnboundedSortIsRefused(t *testing.T) {
	in := &source{fields: []plan.Field{{Name: "ts", Type: types.TimestampOf(3).WithAttr(types.Rowtime)}, {Name: "x", Type: types.Of(types.Int)}}}
	for _, c := range []struct {
		name    string
		n       Node
		bounded bool
		refused bool
	}{
		{"by a column", Node{Keys: []plan.SortKey{{Col: 1}}, Limit: -1}, false, true},
		{"by time, descending", Node{Keys: []plan.SortKey{{Col: 0, Desc: true}}, Limit: -1}, false, true},
		{"by time", Node{Keys: []plan.SortKey{{Col: 0}, {Col: 1}}, Limit: -1}, false, false},
		{"with a limit", Node{Keys: []plan.SortKey{{Col: 1}}, Limit: 3}, false, false},
		{"bounded", Node{Keys: []plan.SortKey{{Col: 1}}, Limit: -1}, true, false},
	} {
		c.n.In = in
		_, err := c.n.Derive(&plan.Context{}, []*plan.Traits{{Bounded: c.bounded, Changes: 1}})
		if (err != nil) != c.refused || err != nil && err.(*sqlerr.Error).Code != sqlerr.Unsupported {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func BenchmarkSort(b *testing.B) {
	ts := []types.Type{types.Of(types.BigInt), types.Of(types.BigInt), types.String()}
	r := rand.New(rand.NewPCG(1, 2))
	var batches []*vec.Batch
	for range 250 {
		x := vec.NewBatch(ts)
		x.N = op.BatchRows
		for _, c := range x.Cols {
			c.Resize(x.N)
		}
		for i := range x.N {
			x.Cols[0].I64[i], x.Cols[1].I64[i], x.Cols[2].S[i] = int64(r.IntN(1<<30)), int64(r.IntN(1000)), fmt.Sprint("text ", r.IntN(1<<20))
		}
		batches = append(batches, x)
	}
	for _, c := range []struct {
		name  string
		keys  []plan.SortKey
		limit int64
	}{{"number", []plan.SortKey{{Col: 0}}, -1}, {"two numbers", []plan.SortKey{{Col: 1}, {Col: 0, Desc: true}}, -1}, {"text", []plan.SortKey{{Col: 2}}, -1},
		{"limit 100", []plan.SortKey{{Col: 0}}, 100}} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for range b.N {
				s := newSorter(nil, ts, c.keys, 0, c.limit)
				for _, x := range batches {
					if err := s.add(x); err != nil {
						b.Fatal(err)
					}
				}
				if _, err := s.emit(nowhere{}); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(250*op.BatchRows), "ns/row")
		})
	}
}

type nowhere struct{}

func (nowhere) Emit(*vec.Batch) error { return nil }
func (nowhere) Full() bool            { return false }
