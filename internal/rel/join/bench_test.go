package join

import (
	"context"
	"testing"

	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/fn"
	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/state"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// discard counts rows.
type discard struct{ rows int }

func (d *discard) Emit(b *vec.Batch) error {
	d.rows += b.Len()
	return nil
}
func (d *discard) Full() bool { return false }

func open(b *testing.B, o op.Operator, batch bool, in ...[]types.Type) (*discard, *state.Store) {
	d := &discard{}
	s := state.NewStore(state.Config{})
	err := o.Open(&op.Context{Ctx: context.Background(), Out: d, State: s, Fn: &fn.Ctx{}, Parallelism: 1, Inputs: in, MiniBatch: true, Batch: batch})
	if err != nil {
		b.Fatal(err)
	}
	return d, s
}

func push(b *testing.B, o op.Operator, in int, bt *vec.Batch) {
	if st, err := o.Push(in, bt); err != nil || st != op.Done {
		b.Fatal(st, err)
	}
}

var big = types.Of(types.BigInt).NotNull()

// fill sets column c of rows by f.
func fill(b *vec.Batch, c, n int, f func(i int) int64) {
	b.Cols[c].Resize(n)
	for i := range n {
		b.Cols[c].I64[i] = f(i)
	}
	b.N = n
}

// mix spreads i over the integers below n.
func mix(i, n int) int64 { return int64(mixInt(int64(i)) >> 33 % uint64(n)) }

// BenchmarkHashJoinLineitemOrders is TPC-H SF1's largest join: 6 million rows
// past a table of 1.5 million.
func BenchmarkHashJoinLineitemOrders(b *testing.B) {
	orders := []types.Type{big, types.Of(types.Date).NotNull(), types.Of(types.Int).NotNull()}
	lines := []types.Type{big, big, big}
	const nOrders, nLines = 1_500_000, 6_000_000
	ob, lb := vec.NewBatch(orders), vec.NewBatch(lines)
	b.ReportAllocs()
	for b.Loop() {
		j := newHashJoin(hashSpec{typ: Inner, build: 1, in: [2]input{{types: lines, keys: []int{0}}, {types: orders, keys: []int{0}}}})
		d, _ := open(b, j, true, lines, orders)
		for at := 0; at < nOrders; at += 4096 {
			n := min(4096, nOrders-at)
			fill(ob, 0, n, func(i int) int64 { return int64(at+i)*4 + 1 })
			ob.Cols[1].Resize(n)
			ob.Cols[2].Resize(n)
			push(b, j, 1, ob)
		}
		if _, err := j.EndInput(1); err != nil {
			b.Fatal(err)
		}
		for at := 0; at < nLines; at += 4096 {
			n := min(4096, nLines-at)
			fill(lb, 0, n, func(i int) int64 { return int64((at+i)/4)*4 + 1 })
			fill(lb, 1, n, func(i int) int64 { return int64(i) })
			fill(lb, 2, n, func(i int) int64 { return int64(i) })
			push(b, j, 0, lb)
		}
		if _, err := j.EndInput(0); err != nil {
			b.Fatal(err)
		}
		if d.rows != nLines {
			b.Fatal(d.rows)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/(nOrders+nLines), "ns/row")
}

// BenchmarkHashJoinRandomProbe probes in random order and matches a third.
func BenchmarkHashJoinRandomProbe(b *testing.B) {
	ts := []types.Type{big, big}
	const nBuild, nProbe = 1_000_000, 4_000_000
	bb := vec.NewBatch(ts)
	b.ReportAllocs()
	for b.Loop() {
		j := newHashJoin(hashSpec{typ: Inner, build: 1, in: [2]input{{types: ts, keys: []int{0}}, {types: ts, keys: []int{0}}}})
		open(b, j, true, ts, ts)
		for at := 0; at < nBuild; at += 4096 {
			fill(bb, 0, 4096, func(i int) int64 { return int64(at+i) * 3 })
			fill(bb, 1, 4096, func(i int) int64 { return int64(i) })
			push(b, j, 1, bb)
		}
		_, _ = j.EndInput(1)
		for at := 0; at < nProbe; at += 4096 {
			fill(bb, 0, 4096, func(i int) int64 { return mix(at+i, 3*nBuild) })
			push(b, j, 0, bb)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/(nBuild+nProbe), "ns/row")
}

// BenchmarkRegularJoinQ4 is the join of Nexmark's q4: 46 bids to 3 auctions,
// bids by auction, both sides kept, time between.
func BenchmarkRegularJoinQ4(b *testing.B) {
	ts := types.TimestampOf(3)
	auction := []types.Type{types.Of(types.BigInt), ts, ts, types.Of(types.BigInt)} // id, dateTime, expires, category
	bid := []types.Type{types.Of(types.BigInt), types.Of(types.BigInt), ts}         // auction, price, dateTime
	col := func(i int) expr.Expr { return &expr.Col{Index: i, Name: "c", T: ts} }
	rest := expr.AndAll(expr.Compare(fn.GE, col(6), col(1)), expr.Compare(fn.LE, col(6), col(2)))
	spec := regularSpec{typ: Inner, rest: rest, in: [2]input{{types: auction, keys: []int{0}, strict: []int{0}}, {types: bid, keys: []int{0}, strict: []int{0}}}}
	ab, bb := vec.NewBatch(auction), vec.NewBatch(bid)
	const rounds = 1024 // of 267 auctions and 4096 bids
	b.ReportAllocs()
	for b.Loop() {
		j := newRegular(spec)
		d, s := open(b, j, false, auction, bid)
		for r := range rounds {
			base := int64(r * 267)
			fill(ab, 0, 267, func(i int) int64 { return base + int64(i) })
			fill(ab, 1, 267, func(i int) int64 { return base })
			fill(ab, 2, 267, func(i int) int64 { return base + 1000 })
			fill(ab, 3, 267, func(i int) int64 { return int64(i % 5) })
			push(b, j, 0, ab)
			fill(bb, 0, 4096, func(i int) int64 {
				if i&1 == 0 {
					return (base + 200) / 100 * 100
				}
				return max(base+267-mix(r*4096+i, 110), 0)
			})
			fill(bb, 1, 4096, func(i int) int64 { return int64(i) })
			fill(bb, 2, 4096, func(i int) int64 { return base + 10 })
			push(b, j, 1, bb)
		}
		if d.rows < rounds*3000 {
			b.Fatal(d.rows)
		}
		s.Close()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/(rounds*(4096+267)), "ns/row")
}

// BenchmarkLeftJoinUpdates updates one side of a left join over and over.
func BenchmarkLeftJoinUpdates(b *testing.B) {
	ts := []types.Type{big, big}
	const keys = 100_000
	s := regularSpec{typ: Left, in: [2]input{{types: ts, keys: []int{0}, counted: true}, {types: ts, keys: []int{0}, retracts: true}}}
	j := newRegular(s)
	_, store := open(b, j, false, ts, ts)
	defer store.Close()
	bt := vec.NewBatch(ts)
	for at := 0; at < keys; at += 4000 {
		fill(bt, 0, 4000, func(i int) int64 { return int64(at + i) })
		fill(bt, 1, 4000, func(i int) int64 { return 0 })
		push(b, j, 0, bt)
		push(b, j, 1, bt)
	}
	version := int64(0)
	b.ReportAllocs()
	b.ResetTimer()
	rows := 0
	for b.Loop() {
		for at := 0; at < keys; at += 2000 {
			fill(bt, 0, 4000, func(i int) int64 { return int64(at + i/2) })
			fill(bt, 1, 4000, func(i int) int64 { return version + int64(i&1) })
			for i := range 4000 {
				bt.Kinds = append(bt.Kinds[:i], vec.UpdateBefore+vec.Kind(i&1))
			}
			push(b, j, 1, bt)
			bt.Kinds = bt.Kinds[:0]
			rows += 4000
		}
		version++
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(rows), "ns/row")
}

// BenchmarkIntervalJoin joins two streams within a second of each other.
func BenchmarkIntervalJoin(b *testing.B) {
	ts := []types.Type{big, types.TimestampOf(3)}
	s := intervalSpec{typ: Inner, bounds: Bounds{LeftTime: 1, RightTime: 1, LowerMs: -500, UpperMs: 500}, in: [2]input{{types: ts, keys: []int{0}}, {types: ts, keys: []int{0}}}}
	j := newIntervalJoin(s)
	_, store := open(b, j, false, ts, ts)
	defer store.Close()
	bt := vec.NewBatch(ts)
	now, rows := int64(0), 0
	b.ReportAllocs()
	for b.Loop() {
		for in := range 2 {
			fill(bt, 0, 4096, func(i int) int64 { return mix(rows+i, 5000) })
			fill(bt, 1, 4096, func(i int) int64 { return now + int64(i/40) })
			push(b, j, in, bt)
			rows += 4096
		}
		now += 100
		if _, err := j.Watermark(now - 50); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(rows), "ns/row")
}

// BenchmarkWindowJoin joins two streams by 10 s windows and key.
func BenchmarkWindowJoin(b *testing.B) {
	ts := []types.Type{big, types.TimestampOf(3), types.TimestampOf(3)}
	in := input{types: ts, keys: []int{1, 2, 0}, strict: []int{1, 2, 0}}
	j := newWindowJoin(windowSpec{typ: Inner, in: [2]input{in, in}})
	_, store := open(b, j, false, ts, ts)
	defer store.Close()
	bt := vec.NewBatch(ts)
	now, rows := int64(0), 0
	b.ReportAllocs()
	for b.Loop() {
		for range 8 {
			for in := range 2 {
				fill(bt, 0, 4096, func(i int) int64 { return mix(rows+i, 30000) })
				fill(bt, 1, 4096, func(i int) int64 { return now })
				fill(bt, 2, 4096, func(i int) int64 { return now + 10_000 })
				push(b, j, in, bt)
				rows += 4096
			}
		}
		now += 10_000
		if _, err := j.Watermark(now); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(rows), "ns/row")
}
