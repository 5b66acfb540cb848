package topn

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/weir-stream/weir/internal/fn"
	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/state"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// discard takes batches and counts their rows.
type discard struct{ rows int }

func (d *discard) Emit(b *vec.Batch) error { d.rows += b.Len(); return nil }
func (d *discard) Full() bool              { return false }

// bids gives rows as Nexmark's: auction, bidder, price, channel, url, dateTime,
// extra.
func bids(n int) ([]types.Type, []*vec.Batch) {
	big, str := types.Of(types.BigInt), types.String()
	ts := []types.Type{big, big, big, str, str, types.TimestampOf(3), str}
	rnd := rand.New(rand.NewPCG(1, 2))
	extras := make([]string, 1000)
	for i := range extras {
		extras[i] = fmt.Sprintf("%040d", i)
	}
	var batches []*vec.Batch
	for at := 0; at < n; at += op.BatchRows {
		x := vec.NewBatch(ts)
		x.N = op.BatchRows
		for _, c := range x.Cols {
			c.Resize(x.N)
		}
		for i := range x.N {
			row := int64(at + i)
			auction, bidder := row/15, row/46
			if rnd.IntN(2) == 0 {
				auction = auction / 100 * 100
			} else {
				auction = max(auction-int64(rnd.IntN(100)), 0)
			}
			if rnd.IntN(4) > 0 {
				bidder = bidder / 100 * 100
			} else {
				bidder = max(bidder-int64(rnd.IntN(1000)), 0)
			}
			x.Cols[0].I64[i], x.Cols[1].I64[i] = auction, bidder
			x.Cols[2].I64[i] = int64(math.Pow(10, 6*rnd.Float64()) * 100)
			x.Cols[3].S[i], x.Cols[4].S[i], x.Cols[6].S[i] = "Google", "https://www.nexmark.com/abc_def_ghi/item.htm?query=1", extras[rnd.IntN(1000)]
			x.Cols[5].I64[i] = row / 10
		}
		batches = append(batches, x)
	}
	return ts, batches
}

func BenchmarkNexmark(b *testing.B) {
	in, batches := bids(2_000_000)
	price := []plan.SortKey{{Col: 2, Desc: true}}
	late := []plan.SortKey{{Col: 5, Desc: true}}
	for _, q := range []struct {
		name string
		s    Spec
	}{
		{"q18", Spec{Partition: []int{1, 0}, Order: late, From: 1, To: 1, KeepLast: true}},
		{"q18 with old rows", Spec{Partition: []int{1, 0}, Order: late, From: 1, To: 1, KeepLast: true, Before: true}},
		{"q18 batch", Spec{Partition: []int{1, 0}, Order: late, From: 1, To: 1, KeepLast: true, Batch: true}},
		{"q19", Spec{Partition: []int{0}, Order: price, From: 1, To: 10, Number: true}},
		{"q19 with old rows", Spec{Partition: []int{0}, Order: price, From: 1, To: 10, Number: true, Before: true}},
		{"q9", Spec{Partition: []int{0}, Order: append(price, plan.SortKey{Col: 5}), From: 1, To: 1}},
		{"ordered", Spec{Partition: []int{0}, Order: price, From: 1, To: 10, Number: true, Retract: true}},
	} {
		b.Run(q.name, func(b *testing.B) {
			q.s.In = in
			b.ReportAllocs()
			rows, out := 0, 0
			for range b.N {
				o, d := New(q.s), &discard{}
				store := state.NewStore(state.Config{})
				if err := o.Open(&op.Context{Ctx: context.Background(), Out: d, State: store, Fn: &fn.Ctx{}, Parallelism: 1,
					Inputs: [][]types.Type{in}, MiniBatch: true, Batch: q.s.Batch}); err != nil {
					b.Fatal(err)
				}
				for _, x := range batches {
					if _, err := o.Push(0, x); err != nil {
						b.Fatal(err)
					}
					rows += x.N
				}
				if _, err := o.(op.Ender).EndInput(0); err != nil {
					b.Fatal(err)
				}
				out = d.rows
				store.Close()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(rows), "ns/row")
			b.ReportMetric(float64(out), "out")
		})
	}
}
