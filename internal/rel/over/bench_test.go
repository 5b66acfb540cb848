package over

import (
	"context"
	"math/rand/v2"
	"testing"

	"github.com/weir-stream/weir/internal/fn"
	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/state"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

type nowhere struct{}

func (nowhere) Emit(*vec.Batch) error { return nil }
func (nowhere) Full() bool            { return false }

// BenchmarkAverage is the average of eleven rows by seller, as in Nexmark's q6.
func BenchmarkAverage(b *testing.B) {
	in := []types.Type{big, types.TimestampOf(3), big}
	r := rand.New(rand.NewPCG(1, 2))
	var batches []*vec.Batch
	for at := range 100 {
		x := vec.NewBatch(in)
		x.N = op.BatchRows
		for _, c := range x.Cols {
			c.Resize(x.N)
		}
		for i := range x.N {
			x.Cols[0].I64[i], x.Cols[1].I64[i], x.Cols[2].I64[i] = int64(r.IntN(10_000)), int64(at*op.BatchRows+i), int64(r.IntN(1<<20))
		}
		batches = append(batches, x)
	}
	s := spec{in: in, partition: []int{0}, order: []plan.SortKey{{Col: 1}}, frame: Frame{Rows: true, From: Bound{Offset: -10}},
		calls: []Call{callOf("AVG", -1, false, 2)}}
	for name, mk := range map[string]func() op.Operator{"batch": func() op.Operator { return newBatch(s) },
		"timed": func() op.Operator { return newTimed(s, false) }, "updating": func() op.Operator { return newUpdating(s) }} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for range b.N {
				o := mk()
				store := state.NewStore(state.Config{})
				if err := o.Open(&op.Context{Ctx: context.Background(), Out: nowhere{}, State: store, Fn: &fn.Ctx{}, Parallelism: 1,
					Inputs: [][]types.Type{in}, MiniBatch: true, Batch: name == "batch"}); err != nil {
					b.Fatal(err)
				}
				for _, x := range batches {
					if _, err := o.Push(0, x); err != nil {
						b.Fatal(err)
					}
					if w, ok := o.(op.Watermarker); ok {
						if _, err := w.Watermark(x.Cols[1].I64[x.N-1]); err != nil {
							b.Fatal(err)
						}
					}
				}
				if e, ok := o.(op.Ender); ok {
					if _, err := e.EndInput(0); err != nil {
						b.Fatal(err)
					}
				}
				store.Close()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(100*op.BatchRows), "ns/row")
		})
	}
}
