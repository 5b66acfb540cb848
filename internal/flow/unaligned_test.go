package flow

import (
	"encoding/binary"
	"fmt"
	"maps"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/weir-stream/weir/internal/dag"
	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/vec"
)

// trickle hands on one row at a time, and only while there is room.
type trickle struct {
	c    *op.Context
	rows []int64
	b    *vec.Batch
}

func (r *trickle) Open(c *op.Context) error {
	r.c, r.b = c, vec.NewBatch(bigint)
	return nil
}

func (r *trickle) Push(_ int, b *vec.Batch) (op.Status, error) {
	for i := range b.Len() {
		r.rows = append(r.rows, b.Cols[0].I64[b.Row(i)])
	}
	return r.Resume()
}

func (r *trickle) Resume() (op.Status, error) {
	for len(r.rows) > 0 {
		if r.c.Out.Full() {
			return op.More, nil
		}
		r.b.Reset()
		r.b.Cols[0].AppendValue(r.rows[0])
		r.b.N++
		r.rows = r.rows[1:]
		if err := r.c.Out.Emit(r.b); err != nil {
			return op.Done, err
		}
	}
	return op.Done, nil
}

func (r *trickle) Close() error { return nil }

// marked is a sink that writes what event time it was when each row came.
type marked struct {
	counter
	wm int64
}

func (m *marked) Push(_ int, b *vec.Batch) (op.Status, error) {
	for i := range b.Len() {
		m.rows = append(m.rows, fmt.Sprintf("%d at %d", b.Cols[0].I64[b.Row(i)], m.wm))
	}
	return op.Done, nil
}

func (m *marked) Watermark(wm int64) (op.Status, error) { m.wm = wm; return op.Done, nil }

// timed is a series of one split with a watermark after each batch.
type timed struct{ series }

func (s *timed) Open(c *op.Context, out op.SourceOut) error {
	err := s.series.Open(c, out)
	delete(s.at, 1)
	return err
}

func (s *timed) Step(n int) (op.SourceStatus, error) {
	st, err := s.series.Step(n)
	if err == nil && st == op.SourceMore {
		err = s.out.Watermark(s.at[0] - 1)
	}
	return st, err
}

func (s *timed) Position() []byte { return binary.AppendVarint(nil, s.at[0]) }
func (s *timed) Restore(ps [][]byte) error {
	s.at[0], _ = binary.Varint(ps[0])
	return nil
}

// through puts a trickle before the last vertex of a graph.
func through(g *dag.Graph, subtasks int, ship dag.Ship) *dag.Graph {
	src, dst := g.Vertices[0], g.Vertices[1]
	mid := &dag.Vertex{ID: 2, Name: "trickle", Address: "mid", Parallelism: subtasks, Out: bigint, New: func() op.Operator { return &trickle{} },
		Inputs: []dag.Edge{{From: src, Ship: ship, Keys: []int{0}}}}
	dst.Inputs[0].From = mid
	g.Vertices = []*dag.Vertex{src, mid, dst}
	return g
}

// TestMarkersOvertakeRows kills jobs at random moments whose markers overtake what is
// queued, and also where only some of the edges let them: every row must have been
// counted and committed once. Another number of subtasks follows an aligned epoch.
func TestMarkersOvertakeRows(t *testing.T) {
	refilled := 0
	for seed := range uint64(120) {
		rnd := rand.New(rand.NewPCG(seed, 7))
		w := newWorld()
		w.unaligned = Unaligned{On: true, After: time.Duration(seed%4) * time.Millisecond}
		n := int64(60)
		sizes := [3]int{}
		graph := func() *dag.Graph {
			if len(w.log) == 0 || w.overtaken != w.log[len(w.log)-1].Number {
				sizes = [3]int{1 + rnd.IntN(3), 1 + rnd.IntN(3), 1 + rnd.IntN(3)}
			} else {
				w.refilled++
			}
			ship := []dag.Ship{dag.Hash, dag.Rebalance, dag.Broadcast}[seed%3]
			if ship == dag.Broadcast {
				sizes[1] = 1
			}
			return through(w.graph(sizes[0], sizes[2], n), sizes[1], ship)
		}
		w.lives(t, rnd, graph)
		if err := w.counted(2 * n); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		refilled += w.refilled
	}
	if refilled < 40 {
		t.Fatalf("only %d runs began with rows on their way", refilled)
	}
}

// TestWatermarksStayWhereTheyWere kills jobs of one subtask each: a row comes at the
// event time at which it comes in a run that is left alone.
func TestWatermarksStayWhereTheyWere(t *testing.T) {
	var want map[string]int
	refilled := 0
	for seed := range uint64(60) {
		rnd := rand.New(rand.NewPCG(seed, 8))
		w := newWorld()
		w.unaligned, w.narrow = Unaligned{On: seed > 0}, seed%2 == 1
		graph := func() *dag.Graph {
			if len(w.log) > 0 && w.overtaken == w.log[len(w.log)-1].Number {
				refilled++
			}
			g := through(w.graph(1, 1, 90), 1, dag.Hash)
			g.Vertices[0].NewSource = func() op.Source { return &timed{series{n: 90}} }
			g.Vertices[2].New = func() op.Operator { return &marked{counter: counter{w: w}, wm: minWatermark} }
			g.Vertices[2].WantWatermark = true
			return g
		}
		w.lives(t, rnd, graph)
		if want == nil {
			want = w.ledger
		}
		if !maps.Equal(w.ledger, want) {
			t.Fatalf("seed %d: %d rows, not %d, or at other times", seed, len(w.ledger), len(want))
		}
	}
	if refilled < 30 {
		t.Fatalf("only %d runs began with rows on their way", refilled)
	}
}

// later is a counter that reads its second input first.
type later struct {
	counter
	ready bool
}

func (l *later) WantInput() int {
	if l.ready {
		return -1
	}
	return 1
}

func (l *later) Push(in int, b *vec.Batch) (op.Status, error) {
	if in == 1 {
		return op.Done, nil
	}
	return l.counter.Push(in, b)
}

func (l *later) EndInput(in int) (op.Status, error) {
	l.ready = l.ready || in == 1
	return op.Done, nil
}

// TestMarkersPassUnreadInputs kills jobs in which rows wait without bound until another
// input of the same source has been read: they are saved with the epochs until then.
func TestMarkersPassUnreadInputs(t *testing.T) {
	refilled := 0
	for seed := range uint64(40) {
		rnd := rand.New(rand.NewPCG(seed, 9))
		w := newWorld()
		n := int64(60)
		w.lives(t, rnd, func() *dag.Graph {
			if len(w.log) > 0 && w.overtaken == w.log[len(w.log)-1].Number {
				refilled++
			}
			g := w.graph(2, 2, n)
			dst := g.Vertices[1]
			dst.Inputs = append(dst.Inputs, dst.Inputs[0])
			dst.Inputs[0].Blocking = true
			dst.New = func() op.Operator { return &later{counter: counter{w: w}} }
			return g
		})
		if err := w.counted(2 * n); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
	}
	if refilled < 20 {
		t.Fatalf("only %d runs began with rows on their way", refilled)
	}
}
