package flow

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/weir-stream/weir/internal/clock"
	"github.com/weir-stream/weir/internal/dag"
	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/vec"
)

// stamps is a source of rows that hold the time at which they were made.
type stamps struct {
	clk  *clock.Fake
	cost time.Duration // a row
	end  func() bool
	out  op.SourceOut
	b    *vec.Batch
}

func (s *stamps) Open(_ *op.Context, out op.SourceOut) error {
	s.out, s.b = out, vec.NewBatch(bigint)
	return nil
}

func (s *stamps) Step(budget int) (op.SourceStatus, error) {
	if s.end() {
		return op.SourceEnd, nil
	}
	s.b.Reset()
	for s.b.N < budget {
		s.b.Cols[0].AppendValue(s.clk.Now().UnixNano())
		s.b.N++
		s.clk.Advance(s.cost)
	}
	return op.SourceMore, s.out.Emit(s.b)
}

func (s *stamps) Ready() <-chan struct{} { return nil }
func (s *stamps) WakeMs() int64          { return math.MaxInt64 }
func (s *stamps) Position() []byte       { return nil }
func (s *stamps) Close() error           { return nil }

// worker takes the time that cost says for each row and tells took how old it was.
type worker struct {
	c    *op.Context
	clk  *clock.Fake
	cost func() time.Duration
	took func(age time.Duration)
}

func (w *worker) Open(c *op.Context) error { w.c = c; return nil }
func (w *worker) Push(_ int, b *vec.Batch) (op.Status, error) {
	for i := range b.Len() {
		if w.took != nil {
			w.took(time.Duration(w.clk.Now().UnixNano() - b.Cols[0].I64[b.Row(i)]))
		}
		w.clk.Advance(w.cost())
	}
	return op.Done, w.c.Out.Emit(b)
}
func (w *worker) Resume() (op.Status, error) { return op.Done, nil }
func (w *worker) Close() error               { return nil }

// rowsOfPhase is how many rows a phase takes, for one subtask.
const rowsOfPhase = 200_000

// speeds runs source → worker → sink with the sink's cost a row changing from
// phase to phase, each of 200,000 times that cost (a second at least), and gives for
// each the mean age of rows in its second half, when those that were made before it
// are through, and what waits before each vertex at its end.
func speeds(t testing.TB, subtasks int, phases []time.Duration) (age []time.Duration, edge [][]EdgeStats) {
	clk := clock.NewFake(time.UnixMilli(0))
	begin := func(p int) time.Time {
		at := time.UnixMilli(0)
		for _, c := range phases[:p] {
			at = at.Add(max(c*rowsOfPhase, time.Second))
		}
		return at
	}
	phase := func() int {
		p := len(phases) - 1
		for p > 0 && clk.Now().Before(begin(p)) {
			p--
		}
		return p
	}
	sum, count := make([]time.Duration, len(phases)), make([]int, len(phases))
	src := &dag.Vertex{Name: "stamps", Parallelism: 1, Out: bigint, NewSource: func() op.Source {
		return &stamps{clk: clk, cost: 500 * time.Nanosecond, end: func() bool { return !clk.Now().Before(begin(len(phases))) }}
	}}
	mid := &dag.Vertex{ID: 1, Name: "worker", Parallelism: subtasks, Out: bigint, Inputs: []dag.Edge{{From: src, Ship: dag.Hash, Keys: []int{0}}},
		New: func() op.Operator {
			return &worker{clk: clk, cost: func() time.Duration { return 500 * time.Nanosecond }}
		}}
	dst := &dag.Vertex{ID: 2, Name: "sink", Parallelism: subtasks, Out: bigint, Inputs: []dag.Edge{{From: mid, Ship: dag.Hash, Keys: []int{0}}},
		New: func() op.Operator {
			return &worker{clk: clk, cost: func() time.Duration { return phases[phase()] }, took: func(a time.Duration) {
				if p := phase(); clk.Now().Sub(begin(p)) > begin(p+1).Sub(begin(p))/2 {
					sum[p] += a
					count[p]++
				}
			}}
		}}
	j, err := New(context.Background(), &dag.Graph{Vertices: []*dag.Vertex{src, mid, dst}}, Config{Clock: clk})
	if err != nil {
		t.Fatal(err)
	}
	edge = make([][]EdgeStats, len(phases))
	rnd := rand.New(rand.NewPCG(1, 1))
	last := 0
	if err := j.Drive(func(n int) int {
		if p := phase(); p != last || rnd.IntN(1000) == 0 {
			last, edge[p] = p, nil
			for _, v := range j.Stats() {
				edge[p] = append(edge[p], v.Inputs...)
			}
		}
		return rnd.IntN(n)
	}); err != nil {
		t.Fatal(err)
	}
	for i := range sum {
		age = append(age, sum[i]/time.Duration(max(count[i], 1)))
	}
	return age, edge
}

// TestQueuesFollowTheSlowest changes the speed of a sink by 1,000 to 1 and back:
// rows are on their way for about the target of each edge, also on the edge before
// a task that is quick itself but held up.
func TestQueuesFollowTheSlowest(t *testing.T) {
	for _, subtasks := range []int{1, 3} {
		ages, edges := speeds(t, subtasks, []time.Duration{time.Microsecond, time.Millisecond, time.Microsecond})
		for i, a := range ages {
			t.Logf("%d subtasks, phase %d: rows take %v over two edges", subtasks, i, a)
			// Two edges of 20 ms, and a batch at either end.
			if a > 3*2*20*time.Millisecond {
				t.Errorf("%d subtasks, phase %d: rows take %v over two edges of 20 ms", subtasks, i, a)
			}
			for _, e := range edges[i] {
				t.Logf("  before it: %d of %d rows, %d bytes, %v of %v", e.Rows, e.Limit, e.Bytes, e.InFlight, e.Target)
			}
		}
	}
}

// BenchmarkInFlight prints the in-flight time of two edges behind a sink of several
// speeds.
func BenchmarkInFlight(b *testing.B) {
	phases := []time.Duration{time.Microsecond, 10 * time.Microsecond, time.Millisecond, time.Microsecond}
	for b.Loop() {
		ages, _ := speeds(b, 1, phases)
		for i, a := range ages {
			b.ReportMetric(float64(a)/1e6, fmt.Sprintf("ms@%v/row#%d", phases[i], i))
		}
	}
}
