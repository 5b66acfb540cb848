package flow

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"
	"unsafe"

	"github.com/weir-stream/weir/internal/clock"
	"github.com/weir-stream/weir/internal/dag"
	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/state"
	"github.com/weir-stream/weir/internal/vec"
)

// world is what outlives a crash: the log of durable epochs and the ledger of
// what sinks committed.
type world struct {
	log     []*Epoch
	blocks  []entry
	base    []Image // made and not named yet
	named   []Image // the base that the last epoch names
	began   uint64  // the last epoch when the base was begun
	least   uint64  // of the named base: later epochs are needed beside it
	rounds  uint32
	pending []*Part        // handles that may not be committed
	ledger  map[string]int // committed rows, by handle once
	done    map[string]bool
	final   bool

	unaligned Unaligned
	narrow    bool   // queues hold a few rows
	overtaken uint64 // the last epoch with something on its way
	refilled  int    // runs that went on from such a one
	parked    int    // parts with something parked
}

// entry is a block of an epoch.
type entry struct {
	Block
	epoch uint64
}

// durable copies what an epoch holds, and names the base that is made.
func (w *world) durable(e *Epoch) error {
	if n := len(w.log); n > 0 && e.Number <= w.log[n-1].Number {
		return errors.New("epochs went back")
	}
	w.log = append(w.log, e)
	for _, p := range e.Parts {
		for _, d := range p.Deltas {
			w.blocks = append(w.blocks, entry{Block{p.Vertex, d.Table, p.Subtask, p.Parallelism, bytes.Clone(d.Data)}, e.Number})
		}
		if p.InFlight != nil {
			b, err := BlockOf(p.Vertex, InFlightTable, p.Subtask, bytes.Clone(p.InFlight))
			if err != nil {
				return err
			}
			w.blocks, w.overtaken = append(w.blocks, entry{b, e.Number}), e.Number
		}
		if p.Parked {
			w.overtaken = e.Number
			w.parked++
		}
		if p.Handle != nil {
			w.pending = append(w.pending, p)
		}
	}
	w.final = e.Final
	if w.base != nil && !slices.ContainsFunc(w.base, func(i Image) bool { return i.Epoch > e.Number }) {
		w.named, w.base, w.least = w.base, nil, w.began
		for _, i := range w.named {
			w.least = min(w.least, i.Epoch)
		}
	}
	return nil
}

// images begins a base of a job, unless one is being made.
func (w *world) images(j *Job) {
	if w.base != nil || j.round.Load() != nil || len(w.log) == 0 {
		return
	}
	w.began = w.log[len(w.log)-1].Number
	var made []Image
	var mu sync.Mutex
	w.rounds++
	j.Images(&Round{
		Round:  state.Round{Number: w.rounds, Last: state.NoRound},
		Buffer: func() []byte { return make([]byte, 0, 64) },
		Take: func(i Image) {
			mu.Lock()
			defer mu.Unlock()
			made = slices.DeleteFunc(made, func(o Image) bool {
				return o.Vertex == i.Vertex && o.Table == i.Table && o.Subtask == i.Subtask && o.Part == i.Part
			})
			if len(i.Data) > 0 {
				made = append(made, i)
			}
		},
		Done: func() { w.base = append([]Image{}, made...) },
	})
}

func (w *world) restore() *Restore {
	if len(w.log) == 0 {
		return nil
	}
	e := w.log[len(w.log)-1]
	type source struct {
		vertex, table string
		subtask       int
	}
	r := &Restore{Epoch: e.Number, Handles: w.pending, Blocks: func(f func(Block) error) error {
		passed := map[source]uint64{}
		for _, i := range w.named {
			at := source{i.Vertex, i.Table, i.Subtask}
			if passed[at] == 0 || passed[at] > i.Epoch {
				passed[at] = i.Epoch
			}
			if err := f(i.Block); err != nil {
				return err
			}
		}
		for _, b := range w.blocks {
			if b.epoch <= max(w.least, passed[source{b.Vertex, b.Table, b.Subtask}]) {
				continue
			}
			if err := f(b.Block); err != nil {
				return err
			}
		}
		return nil
	}}
	for _, p := range e.Parts {
		r.Parts = append(r.Parts, p.standing())
	}
	return r
}

// series is a source of two splits of n numbers each, dealt to its subtasks.
type series struct {
	n     int64
	short int64 // the second split ends after so many, if not 0
	c     *op.Context
	out   op.SourceOut
	at    map[int]int64 // by split
	batch *vec.Batch
}

func (s *series) Open(c *op.Context, out op.SourceOut) error {
	s.c, s.out, s.batch = c, out, vec.NewBatch(bigint)
	s.at = map[int]int64{}
	for i := c.Subtask; i < 2; i += c.Parallelism {
		s.at[i] = 0
	}
	return nil
}

func (s *series) Step(int) (op.SourceStatus, error) {
	for i := range 2 {
		at, mine := s.at[i]
		end := s.n
		if i == 1 && s.short > 0 {
			end = s.short
		}
		if !mine || at == end {
			continue
		}
		s.batch.Reset()
		for ; s.batch.N < 7 && at < end; at++ {
			s.batch.Cols[0].AppendValue(int64(i)*s.n + at)
			s.batch.N++
		}
		s.at[i] = at
		return op.SourceMore, s.out.Emit(s.batch)
	}
	return op.SourceEnd, nil
}

func (s *series) AtCut() bool            { return true }
func (s *series) Ready() <-chan struct{} { return nil }
func (s *series) WakeMs() int64          { return 0 }
func (s *series) Close() error           { return nil }
func (s *series) Position() []byte {
	b, _ := json.Marshal(s.at)
	return b
}

func (s *series) Restore(ps [][]byte) error {
	for _, p := range ps {
		at := map[int]int64{}
		if err := json.Unmarshal(p, &at); err != nil {
			return err
		}
		for i := range at {
			if _, mine := s.at[i]; mine {
				s.at[i] = at[i]
			}
		}
	}
	return nil
}

// counter numbers the rows of each key (the number modulo 10, in a table keyed by
// it) and is a sink that writes number and count.
type counter struct {
	w       *world
	c       *op.Context
	table   *state.Table
	keys    state.Keys
	refs    []state.Ref
	rows    []string
	handles int
}

func (k *counter) Open(c *op.Context) error {
	k.c = c
	k.table = c.State.Table(state.TableSpec{Name: "counts", Key: bigint, Fixed: 8})
	return nil
}

func (k *counter) Push(_ int, b *vec.Batch) (op.Status, error) {
	key := vec.NewBatch(bigint)
	for i := range b.Len() {
		key.Cols[0].AppendValue(b.Cols[0].I64[b.Row(i)])
		key.N++
	}
	k.keys.Encode(k.table.Codec(), key, nil)
	k.refs = make([]state.Ref, key.N)
	k.table.Upsert(&k.keys, k.refs, nil)
	k.table.Mark(k.refs)
	for i, r := range k.refs {
		n := (*int64)(unsafe.Pointer(k.table.Ptr(r)))
		*n++
		k.rows = append(k.rows, fmt.Sprintf("%d:%d", key.Cols[0].I64[i], *n))
	}
	return op.Done, nil
}

func (k *counter) Resume() (op.Status, error) { return op.Done, nil }
func (k *counter) Close() error               { return nil }

func (k *counter) Prepare(epoch uint64) ([]byte, error) {
	if len(k.rows) == 0 {
		return nil, nil
	}
	h := binary.LittleEndian.AppendUint64(nil, epoch)
	b, err := json.Marshal(k.rows)
	k.rows = nil
	return append(append(h, byte(k.c.Subtask), byte(k.c.Parallelism)), b...), err
}

func (k *counter) Commit(h []byte) error {
	if k.w.done[string(h)] {
		return nil
	}
	k.w.done[string(h)] = true
	var rows []string
	if err := json.Unmarshal(h[10:], &rows); err != nil {
		return err
	}
	for _, r := range rows {
		k.w.ledger[r]++
	}
	return nil
}

func (w *world) graph(sources, sinks int, n int64) *dag.Graph {
	src := &dag.Vertex{Name: "series", Address: "src", Parallelism: sources, Out: bigint, NewSource: func() op.Source { return &series{n: n} }}
	dst := &dag.Vertex{ID: 1, Name: "counter", Address: "dst", Parallelism: sinks, Out: bigint,
		New: func() op.Operator { return &counter{w: w} }, Inputs: []dag.Edge{{From: src, Ship: dag.Hash, Keys: []int{0}}}}
	return &dag.Graph{Vertices: []*dag.Vertex{src, dst}}
}

// lives runs a job and crashes it at random moments, until it has ended. It gives
// how often a run went on from an epoch.
func (w *world) lives(t *testing.T, rnd *rand.Rand, graph func() *dag.Graph) (resumed int) {
	clk := clock.NewFake(time.UnixMilli(0))
	var named *Image
	for run := 0; !w.final; run++ {
		if run > 1000 {
			t.Fatal("no end")
		}
		ctx, cancel := context.WithCancel(context.Background())
		r := w.restore()
		if r != nil {
			resumed++
		}
		w.base = nil // nothing has named it
		j, err := New(ctx, graph(), Config{Clock: clk, EpochEvery: time.Millisecond / 4, CommitEvery: time.Millisecond / 4,
			Checked: true, Durable: w.durable, Restore: r, Unaligned: w.unaligned, Debloat: Debloat{Off: w.narrow}})
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range j.tasks {
			for _, c := range x.chans {
				if w.narrow {
					c.limit.Store(1 + rnd.Int64N(4))
				}
			}
		}
		life := rnd.IntN(400)
		err = j.Drive(func(n int) int {
			clk.Advance(time.Duration(rnd.IntN(300)) * time.Microsecond)
			if rnd.IntN(5) == 0 {
				w.images(j)
			}
			fresh := len(w.named) > 0 && &w.named[0] != named
			if fresh {
				named = &w.named[0]
			}
			if life--; life == 0 || fresh && rnd.IntN(3) == 0 {
				cancel()
			}
			return rnd.IntN(n)
		})
		cancel()
		if err != nil && !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
	}
	// What the last epoch prepared may not have been committed before a crash.
	j, err := New(context.Background(), graph(), Config{Clock: clk, Durable: w.durable, Restore: w.restore()})
	if err != nil {
		t.Fatal(err)
	}
	if err := j.close(); err != nil {
		t.Fatal(err)
	}
	return resumed
}

func newWorld() *world { return &world{ledger: map[string]int{}, done: map[string]bool{}} }

// counted checks that every row was counted and committed once.
func (w *world) counted(rows int64) error {
	if len(w.ledger) != int(rows) {
		return fmt.Errorf("%d rows were committed, not %d", len(w.ledger), rows)
	}
	for row, times := range w.ledger {
		if times != 1 || row[len(row)-2:] != ":1" {
			return fmt.Errorf("row %s was committed %d times", row, times)
		}
	}
	return nil
}

// TestJobGoesOnFromItsLastDurableEpoch crashes jobs at random moments, above all
// when a base has just been named, until one ends: also with another parallelism
// after each crash, and with tasks that end long before others do. An image of such
// a task must not tell of more than the epoch that it is of.
func TestJobGoesOnFromItsLastDurableEpoch(t *testing.T) {
	resumed, based := 0, 0
	for seed := range uint64(300) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		w := newWorld()
		n, all := int64(40), int64(80)
		graph := func() *dag.Graph { return w.graph(1+rnd.IntN(3), 1+rnd.IntN(3), n) }
		if seed%2 == 1 {
			short := int64(7 + rnd.IntN(30))
			all = n + short
			graph = func() *dag.Graph {
				g := w.graph(2, 2, n)
				g.Vertices[0].NewSource = func() op.Source { return &series{n: n, short: short} }
				g.Vertices[1].Inputs[0].Ship = dag.Forward
				return g
			}
		}
		resumed += w.lives(t, rnd, graph)
		if w.named != nil {
			based++
		}
		if err := w.counted(all); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
	}
	if resumed < 200 || based < 200 {
		t.Fatalf("only %d runs went on from an epoch, %d jobs from a base", resumed, based)
	}
}

// TestEpochAfterTheLastTask cuts an epoch, or stops, when all tasks have ended but
// the job has not: what they left must be saved.
func TestEpochAfterTheLastTask(t *testing.T) {
	for name, cut := range map[string]func(*coordinator){"cut": (*coordinator).cutDue, "stop": (*coordinator).stop} {
		clk := clock.NewFake(time.UnixMilli(0))
		j := &Job{cfg: Config{Clock: clk, Durable: func(*Epoch) error { return nil }}.withDefaults(), tasks: []*task{{signal: make(chan struct{}, 1)}}}
		c := newCoordinator(j)
		c.end(0, []*Part{{Vertex: "sink", Handle: []byte("rows")}})
		clk.Advance(time.Hour)
		cut(c)
		if len(c.saving) != 1 || len(c.saving[0].Parts) != 1 || string(c.saving[0].Parts[0].Handle) != "rows" {
			t.Errorf("%s: %d epochs are to be saved", name, len(c.saving))
		}
	}
}

// TestBatchStopsWithoutAnEpoch: operators save nothing in batch mode, so a position
// alone must not be durable.
func TestBatchStopsWithoutAnEpoch(t *testing.T) {
	w := &world{ledger: map[string]int{}, done: map[string]bool{}}
	j, err := New(context.Background(), w.graph(2, 2, 1<<20), Config{Batch: true, Durable: w.durable, BatchRows: 8})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := j.CheckpointNow(context.Background()); !errors.Is(err, ErrBatch) {
		t.Errorf("a checkpoint: %v", err)
	}
	if _, err := j.Settle(100); err != nil {
		t.Fatal(err)
	}
	j.Stop()
	s, err := j.Settle(math.MaxInt)
	if err != nil || !s.Done || len(w.log) > 0 || len(w.ledger) > 0 {
		t.Errorf("%v %+v: %d epochs, %d rows are committed", err, s, len(w.log), len(w.ledger))
	}
}
