package flow

import (
	"context"
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/weir-stream/weir/internal/dag"
	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/vec"
)

// paced is numbers at no more than a rate.
type paced struct {
	numbers
	perSecond float64
	begun     time.Time
}

func (s *paced) Step(budget int) (op.SourceStatus, error) {
	if s.begun.IsZero() {
		s.begun = time.Now()
	}
	if float64(s.next) > time.Since(s.begun).Seconds()*s.perSecond {
		return op.SourceIdle, nil
	}
	return s.numbers.Step(budget)
}

func (s *paced) WakeMs() int64 { return time.Now().UnixMilli() + 1 }

// sleepy is a sink that takes so long for each row.
type sleepy struct {
	worker
	each time.Duration
}

func (s *sleepy) Push(_ int, b *vec.Batch) (op.Status, error) {
	time.Sleep(s.each * time.Duration(b.Len()))
	return op.Done, nil
}

// BenchmarkCheckpointUnderPressure tells how long markers take through two exchanges
// to a sink that takes 20,000 rows a second, of which there are a tenth as many, or
// ten times as many; with markers that wait, with those that overtake where somebody is
// slow, and with those that overtake everywhere, at once or after 50 ms. In ms, of the second half of four seconds with a checkpoint every 20 ms.
func BenchmarkCheckpointUnderPressure(b *testing.B) {
	for _, c := range []struct {
		name string
		rate float64
		u    Unaligned
	}{{"unpressed", 2_000, Unaligned{On: true, Pressed: true}}, {"aligned", 200_000, Unaligned{}}, {"pressed", 200_000, Unaligned{On: true, Pressed: true}},
		{"after 50 ms", 200_000, Unaligned{On: true, After: 50 * time.Millisecond}}, {"unaligned", 200_000, Unaligned{On: true}}} {
		b.Run(c.name, func(b *testing.B) {
			var align []float64
			var overtaken int64
			for b.Loop() {
				src := &dag.Vertex{Name: "source", Address: "s", Parallelism: 2, Out: bigint, NewSource: func() op.Source {
					return &paced{numbers: numbers{n: -1, size: math.MaxInt}, perSecond: c.rate / 2}
				}}
				w := newWorld()
				g := w.graph(2, 2, 0)
				g.Vertices[0] = src
				g.Vertices[1].Inputs[0].From = src
				g = through(g, 2, dag.Hash)
				g.Vertices[2].New = func() op.Operator { return &sleepy{each: 100 * time.Microsecond} }
				j, err := New(context.Background(), g, Config{EpochEvery: 20 * time.Millisecond, CommitEvery: 20 * time.Millisecond,
					Unaligned: c.u, Durable: func(*Epoch) error { return nil }})
				if err != nil {
					b.Fatal(err)
				}
				begun := time.Now()
				time.AfterFunc(4*time.Second, j.Stop)
				if err := j.Run(); err != nil {
					b.Fatal(err)
				}
				cs := j.Checkpoints()
				for _, k := range cs[:len(cs)-1] {
					if k.Begun.Sub(begun) < 2*time.Second {
						continue
					}
					align = append(align, k.Align.Seconds()*1e3)
					overtaken += k.InFlight
				}
			}
			if len(align) == 0 {
				b.Skip("no checkpoint came to its end in time")
			}
			slices.Sort(align)
			for _, q := range []int{50, 99} {
				b.ReportMetric(align[len(align)*q/100], fmt.Sprintf("p%d-ms", q))
			}
			b.ReportMetric(float64(overtaken)/float64(len(align)), "B-overtaken")
			b.ReportMetric(0, "ns/op")
		})
	}
}
