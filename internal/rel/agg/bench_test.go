package agg

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/weir-stream/weir/internal/fn"
	"github.com/weir-stream/weir/internal/fold"
	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/state"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// discard takes batches and counts their rows.
type discard struct{ rows int }

func (d *discard) Emit(b *vec.Batch) error { d.rows += b.Len(); return nil }
func (d *discard) Full() bool              { return false }

func openGroup(b testing.TB, in []types.Type, s spec) (*group, *discard) {
	b.Helper()
	g, out := newGroup(s), &discard{}
	err := g.Open(&op.Context{Ctx: context.Background(), Out: out, State: state.NewStore(state.Config{}), Fn: &fn.Ctx{}, Parallelism: 1,
		Inputs: [][]types.Type{in}, MiniBatch: true, Batch: s.bounded})
	if err != nil {
		b.Fatal(err)
	}
	return g, out
}

// feed pushes n rows out of batches, flushing every 16 batches.
func feed(b *testing.B, g *group, batches []*vec.Batch) {
	b.Helper()
	b.ReportAllocs()
	b.ResetTimer()
	for done, i := 0, 0; done < b.N; i++ {
		batch := batches[i%len(batches)]
		if _, err := g.Push(0, batch); err != nil {
			b.Fatal(err)
		}
		if i%16 == 15 {
			if _, err := g.Flush(); err != nil {
				b.Fatal(err)
			}
		}
		done += batch.N
	}
}

func BenchmarkCountSum(b *testing.B) {
	in := []types.Type{types.Of(types.BigInt).NotNull(), types.Of(types.BigInt).NotNull()}
	for _, keys := range []int{1_000, 100_000, 1_000_000} {
		for _, before := range []bool{false, true} {
			b.Run(fmt.Sprintf("keys=%d/before=%v", keys, before), func(b *testing.B) {
				s := specOf(in, []int{0}, call(b, in, "COUNT", -1, false), call(b, in, "SUM", -1, false, 1))
				s.before = before
				g, _ := openGroup(b, in, s)
				rnd := rand.New(rand.NewPCG(1, 2))
				var batches []*vec.Batch
				for range max(64, 2*keys/op.BatchRows) {
					x := vec.NewBatch(in)
					x.N = op.BatchRows
					x.Cols[0].Resize(x.N)
					x.Cols[1].Resize(x.N)
					for i := range x.N {
						x.Cols[0].I64[i], x.Cols[1].I64[i] = int64(rnd.IntN(keys)), int64(i)
					}
					batches = append(batches, x)
				}
				for _, x := range batches { // reach the steady state
					g.Push(0, x)
					g.Flush()
				}
				feed(b, g, batches)
			})
		}
	}
}

// bids gives rows as Nexmark's, reduced to what q15 to q17 aggregate: auction,
// bidder, price, three price classes, day, channel, minute.
func bids(n int) ([]types.Type, []*vec.Batch) {
	ts := []types.Type{types.Of(types.BigInt).NotNull(), types.Of(types.BigInt).NotNull(), types.Of(types.BigInt).NotNull(),
		types.Of(types.Boolean).NotNull(), types.Of(types.Boolean).NotNull(), types.Of(types.Boolean).NotNull(),
		types.String(), types.String(), types.String()}
	rnd := rand.New(rand.NewPCG(1, 2))
	hot := []string{"Google", "Facebook", "Baidu", "Apple"}
	channels := make([]string, 10_000)
	for i := range channels {
		channels[i] = fmt.Sprintf("channel-%d", i)
	}
	var batches []*vec.Batch
	for at := 0; at < n; at += op.BatchRows {
		x := vec.NewBatch(ts)
		x.N = op.BatchRows
		for _, c := range x.Cols {
			c.Resize(x.N)
		}
		for i := range x.N {
			row := at + i
			auction, bidder := int64(row/15), int64(row/46)
			auction = auction/100*100 + 0
			if rnd.IntN(2) == 0 {
				auction = max(int64(row/15)-int64(rnd.IntN(100)), 0)
			}
			if rnd.IntN(4) > 0 {
				bidder = bidder / 100 * 100
			} else {
				bidder = max(bidder-int64(rnd.IntN(1000)), 0)
			}
			price := int64(1 << rnd.IntN(27))
			x.Cols[0].I64[i], x.Cols[1].I64[i], x.Cols[2].I64[i] = auction, bidder, price
			x.Cols[3].B[i], x.Cols[4].B[i], x.Cols[5].B[i] = price < 10000, price >= 10000 && price < 1000000, price >= 1000000
			x.Cols[6].S[i] = "2026-01-02"
			x.Cols[7].S[i] = hot[rnd.IntN(4)]
			if rnd.IntN(2) == 0 {
				x.Cols[7].S[i] = channels[rnd.IntN(len(channels))]
			}
			x.Cols[8].S[i] = fmt.Sprintf("03:%02d", row*60/n)
		}
		batches = append(batches, x)
	}
	return ts, batches
}

func BenchmarkNexmark(b *testing.B) {
	in, batches := bids(4_000_000)
	count := func(args ...int) []fold.Call {
		var cs []fold.Call
		for _, f := range []int{-1, 3, 4, 5} {
			cs = append(cs, call(b, in, "COUNT", f, len(args) > 0, args...))
		}
		return cs
	}
	distincts := append(append(count(), count(1)...), count(0)...)
	q17 := append(count(), call(b, in, "MIN", -1, false, 2), call(b, in, "MAX", -1, false, 2), call(b, in, "AVG", -1, false, 2), call(b, in, "SUM", -1, false, 2))
	for _, q := range []struct {
		name string
		s    spec
	}{
		{"q15", specOf(in, []int{6}, distincts...)},
		{"q16", specOf(in, []int{7, 6}, append([]fold.Call{call(b, in, "MAX", -1, false, 8)}, distincts...)...)},
		{"q17", specOf(in, []int{0, 6}, q17...)},
	} {
		b.Run(q.name, func(b *testing.B) {
			g, _ := openGroup(b, in, q.s)
			feed(b, g, batches)
		})
	}
}
