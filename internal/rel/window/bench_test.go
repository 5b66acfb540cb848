package window

import (
	"context"
	"math/rand/v2"
	"testing"

	"github.com/weir-stream/weir/internal/fn"
	"github.com/weir-stream/weir/internal/fold"
	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/state"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

type discard struct{ rows int }

func (d *discard) Emit(b *vec.Batch) error { d.rows += b.Len(); return nil }
func (d *discard) Full() bool              { return false }

// bids gives rows as Nexmark's at 10,000 events a second of event time: auction,
// bidder, price, time.
func bids(n int) ([]types.Type, []*vec.Batch) {
	id := types.Of(types.BigInt).NotNull()
	in := []types.Type{id, id, id, ts}
	rnd := rand.New(rand.NewPCG(1, 2))
	var out []*vec.Batch
	for at := 0; at < n; at += op.BatchRows {
		b := vec.NewBatch(in)
		b.N = op.BatchRows
		for _, c := range b.Cols {
			c.Resize(b.N)
		}
		for i := range b.N {
			row := at + i
			auction, bidder := int64(row/15/100*100), int64(row/46/100*100)
			if rnd.IntN(2) == 0 {
				auction = max(int64(row/15)-int64(rnd.IntN(100)), 0)
			}
			if rnd.IntN(4) == 0 {
				bidder = max(int64(row/46)-int64(rnd.IntN(1000)), 0)
			}
			b.Cols[0].I64[i], b.Cols[1].I64[i], b.Cols[2].I64[i], b.Cols[3].I64[i] = auction, bidder, int64(rnd.IntN(1<<20)), int64(row)*10/92
		}
		out = append(out, b)
	}
	return in, out
}

func BenchmarkNexmark(b *testing.B) {
	in, batches := bids(4_000_000)
	count := []fold.Call{call(b, in, "COUNT", false)}
	for _, q := range []struct {
		name string
		s    spec
	}{
		{"q5", specOf(in, []int{0}, plan.Window{Kind: plan.Hop, TimeCol: 3, SizeMs: 10_000, SlideMs: 2_000}, count...)},
		{"q7", specOf(in, nil, plan.Window{Kind: plan.Tumble, TimeCol: 3, SizeMs: 10_000}, call(b, in, "MAX", false, 2))},
		{"q8", specOf(in, []int{0}, plan.Window{Kind: plan.Tumble, TimeCol: 3, SizeMs: 10_000})},
		{"q11", specOf(in, []int{1}, plan.Window{Kind: plan.Session, TimeCol: 3, SizeMs: 10_000}, count...)},
	} {
		b.Run(q.name, func(b *testing.B) {
			var o op.Operator = newAggregate(q.s)
			if q.s.window.Kind == plan.Session {
				o = newSessions(q.s)
			}
			out := &discard{}
			err := o.Open(&op.Context{Ctx: context.Background(), Out: out, State: state.NewStore(state.Config{}), Fn: &fn.Ctx{}, Parallelism: 1,
				Inputs: [][]types.Type{in}, MiniBatch: true})
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			b.ResetTimer()
			for done := 0; done < b.N; {
				x := batches[done/op.BatchRows%len(batches)]
				if _, err := o.Push(0, x); err != nil {
					b.Fatal(err)
				}
				if _, err := o.(op.Watermarker).Watermark(x.Cols[3].I64[x.N-1] - 4000); err != nil {
					b.Fatal(err)
				}
				done += x.N
			}
			b.ReportMetric(float64(out.rows), "rows")
		})
	}
}
