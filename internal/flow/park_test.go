package flow

import (
	"context"
	"encoding/binary"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/weir-stream/weir/internal/clock"
	"github.com/weir-stream/weir/internal/dag"
	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/state"
	"github.com/weir-stream/weir/internal/vec"
)

// hoarder keeps rows and gives all of them, one at a time, when it has so many, or when
// event time has come to their end. Of what it is giving nothing is in its state.
type hoarder struct {
	trickle
	most int
	kept *state.Single
}

func (h *hoarder) Open(c *op.Context) error {
	h.kept = c.State.Single("kept")
	return h.trickle.Open(c)
}

func (h *hoarder) Push(_ int, b *vec.Batch) (op.Status, error) {
	for i := range b.Len() {
		h.kept.Append(binary.AppendVarint(nil, b.Cols[0].I64[b.Row(i)]))
	}
	if h.kept.Len() < h.most {
		return op.Done, nil
	}
	return h.give()
}

func (h *hoarder) give() (op.Status, error) {
	for i := range h.kept.Len() {
		x, _ := binary.Varint(h.kept.At(i))
		h.rows = append(h.rows, x)
	}
	h.kept.Clear()
	return h.Resume()
}

func (h *hoarder) Watermark(wm int64) (op.Status, error) {
	if wm == maxWatermark {
		return h.give()
	}
	return op.Done, nil
}

// TestMarkersPassWhatIsLeft kills jobs at random moments in which operators have much
// more to give than there is room for: markers pass them, and every row must have been
// counted and committed once.
func TestMarkersPassWhatIsLeft(t *testing.T) {
	parked, refilled := 0, 0
	for seed := range uint64(60) {
		rnd := rand.New(rand.NewPCG(seed, 9))
		w := newWorld()
		w.narrow = true
		w.unaligned = Unaligned{On: true, After: time.Duration(seed%3) * time.Millisecond}
		n := int64(30)
		sizes := [3]int{}
		graph := func() *dag.Graph {
			if len(w.log) == 0 || w.overtaken != w.log[len(w.log)-1].Number {
				sizes = [3]int{1 + rnd.IntN(3), 1 + rnd.IntN(3), 1 + rnd.IntN(3)}
			} else {
				w.refilled++
			}
			if seed%2 == 0 { // a chain
				sizes[1] = sizes[0]
			}
			g := through(w.graph(sizes[0], sizes[2], n), sizes[1], []dag.Ship{dag.Forward, dag.Hash}[seed%2])
			g.Vertices[1].New = func() op.Operator { return &hoarder{most: 1 + rnd.IntN(40)} }
			return g
		}
		w.lives(t, rnd, graph)
		if err := w.counted(2 * n); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		parked, refilled = parked+w.parked, refilled+w.refilled
	}
	if parked < 300 || refilled < 100 {
		t.Fatalf("only %d parts held parked rows, %d runs began with something on its way", parked, refilled)
	}
}

// stuck is a sink that takes nothing after the first rows.
type stuck struct {
	worker
	took bool
}

func (s *stuck) Push(int, *vec.Batch) (op.Status, error) {
	s.took = true
	return op.Done, nil
}

func (s *stuck) Queues() bool    { return true }
func (s *stuck) QueueFull() bool { return s.took }
func (s *stuck) Leave() error    { return nil }

// TestMarkersPassWhereNothingIsTaken: a marker passes an operator with a hundred thousand
// rows to give to one that takes none, and an epoch after the first that saves them costs
// next to nothing.
func TestMarkersPassWhereNothingIsTaken(t *testing.T) {
	w, clk := newWorld(), clock.NewFake(time.UnixMilli(0))
	const n = 50_000
	g := through(w.graph(1, 1, n), 1, dag.Forward)
	g.Vertices[1].New = func() op.Operator { return &hoarder{most: 2 * n} }
	g.Vertices[2].New = func() op.Operator { return &stuck{} }
	g.Vertices[2].Inputs[0].Ship = dag.Forward
	var epochs []int64
	j, err := New(context.Background(), g, Config{Clock: clk, EpochEvery: time.Second, CommitEvery: time.Second, Unaligned: Unaligned{On: true},
		Durable: func(e *Epoch) error {
			bytes := int64(0)
			for _, p := range e.Parts {
				for _, d := range p.Deltas {
					bytes += d.Len()
				}
			}
			epochs = append(epochs, bytes)
			return nil
		}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = j.Close() }()
	for range 5 {
		if _, err := j.Settle(1 << 20); err != nil {
			t.Fatal(err)
		}
		clk.Advance(time.Second)
	}
	if len(epochs) < 4 || epochs[0] < 2*n || epochs[2] > 100 || epochs[3] > 100 {
		t.Errorf("epochs of %d bytes", epochs)
	}
}
