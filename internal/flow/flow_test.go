package flow

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/weir-stream/weir/internal/dag"
	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var bigint = []types.Type{types.Of(types.BigInt).NotNull()}

// numbers emits 0 to n-1 in batches of size, with a watermark equal to the last
// number after each batch; n < 0 never ends.
type numbers struct {
	n, next int64
	size    int
	out     op.SourceOut
	b       *vec.Batch
}

func (s *numbers) Open(_ *op.Context, out op.SourceOut) error {
	s.out, s.b = out, vec.NewBatch(bigint)
	return nil
}

func (s *numbers) Step(budget int) (op.SourceStatus, error) {
	if s.n >= 0 && s.next >= s.n {
		return op.SourceEnd, nil
	}
	s.b.Reset()
	for s.b.N < min(s.size, budget) && (s.n < 0 || s.next < s.n) {
		s.b.Cols[0].AppendValue(s.next)
		s.b.N++
		s.next++
	}
	if err := s.out.Emit(s.b); err != nil {
		return op.SourceEnd, err
	}
	return op.SourceMore, s.out.Watermark(s.next - 1)
}

func (s *numbers) Ready() <-chan struct{} { return nil }
func (s *numbers) WakeMs() int64          { return math.MaxInt64 }
func (s *numbers) Position() []byte       { return nil }
func (s *numbers) Close() error           { return nil }

// total adds up what it is pushed, checks that no row is below a watermark that
// it was told before, and counts epochs.
type total struct {
	c        *op.Context
	sum      *atomic.Int64
	rows     *atomic.Int64
	prepared *atomic.Int64
	fail     func(row int64) error
	wm       int64
	late     bool
}

func (t *total) Open(c *op.Context) error {
	t.c, t.wm = c, math.MinInt64
	return nil
}

func (t *total) Push(_ int, b *vec.Batch) (op.Status, error) {
	for i := range b.Len() {
		v := b.Cols[0].I64[b.Row(i)]
		t.late = t.late || v < t.wm
		t.sum.Add(v)
		t.rows.Add(1)
		if t.fail != nil {
			if err := t.fail(v); err != nil {
				return op.Done, err
			}
		}
	}
	if t.late {
		return op.Done, errors.New("a watermark overtook rows")
	}
	return op.Done, nil
}

func (t *total) Watermark(wm int64) (op.Status, error) {
	if wm < t.wm {
		return op.Done, errors.New("the watermark went back")
	}
	t.wm = wm
	return op.Done, nil
}

func (t *total) Resume() (op.Status, error) { return op.Done, nil }
func (t *total) Close() error               { return nil }
func (t *total) Prepare(uint64) ([]byte, error) {
	t.prepared.Add(1)
	return nil, nil
}
func (t *total) Commit([]byte) error { return nil }

type figures struct{ sum, rows, prepared atomic.Int64 }

// pipe is sources → hash edge → total.
func pipe(sources, sinks int, n int64, f *figures, fail func(int64) error) *dag.Graph {
	src := &dag.Vertex{Name: "numbers", Parallelism: sources, Out: bigint, NewSource: func() op.Source { return &numbers{n: n, size: 100} }}
	dst := &dag.Vertex{ID: 1, Name: "total", Parallelism: sinks, Out: bigint, WantWatermark: true,
		New:    func() op.Operator { return &total{sum: &f.sum, rows: &f.rows, prepared: &f.prepared, fail: fail} },
		Inputs: []dag.Edge{{From: src, Ship: dag.Hash, Keys: []int{0}}}}
	return &dag.Graph{Vertices: []*dag.Vertex{src, dst}}
}

func run(t *testing.T, ctx context.Context, g *dag.Graph, c Config) error {
	t.Helper()
	c.Checked = true
	j, err := New(ctx, g, c)
	if err != nil {
		t.Fatal(err)
	}
	return j.Run()
}

func TestAllRowsArriveOnceAtAnyParallelism(t *testing.T) {
	for _, p := range [][2]int{{1, 1}, {1, 3}, {3, 1}, {2, 4}} {
		var f figures
		if err := run(t, context.Background(), pipe(p[0], p[1], 10_000, &f, nil), Config{EpochEvery: time.Millisecond}); err != nil {
			t.Fatal(err)
		}
		if want := int64(p[0]) * 10_000; f.rows.Load() != want || f.sum.Load() != want/10_000*(9_999*10_000/2) {
			t.Errorf("%v: %d rows, sum %d", p, f.rows.Load(), f.sum.Load())
		}
		if f.prepared.Load() < int64(p[1]) {
			t.Errorf("%v: sinks prepared %d times, want at least the last epoch each", p, f.prepared.Load())
		}
	}
}

func TestOneLoopCanDriveAllTasks(t *testing.T) {
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 1))
		var f figures
		j, err := New(context.Background(), pipe(2, 3, 2_000, &f, nil), Config{Checked: true, EpochEvery: time.Microsecond})
		if err != nil {
			t.Fatal(err)
		}
		if err := j.Drive(r.IntN); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		if f.rows.Load() != 4_000 {
			t.Errorf("seed %d: %d rows", seed, f.rows.Load())
		}
	}
}

func TestCancellationIsPrompt(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	var f figures
	var at time.Time
	g := pipe(2, 2, -1, &f, nil)
	j, err := New(ctx, g, Config{})
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		for f.rows.Load() < 10_000 { // rows are flowing
			select {
			case <-j.tasks[0].done:
				return
			default:
			}
		}
		at = time.Now()
		cancel()
	}()
	if err := j.Run(); !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v", err)
	}
	if d := time.Since(at); d > 100*time.Millisecond {
		t.Errorf("cancelled after %v", d)
	}
}

func TestStopEndsAfterALastEpoch(t *testing.T) {
	var f figures
	j, err := New(context.Background(), pipe(2, 2, -1, &f, nil), Config{CommitEvery: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		for f.rows.Load() < 10_000 {
			select {
			case <-j.tasks[0].done:
				return
			default:
			}
		}
		j.Stop()
	}()
	if err := j.Run(); err != nil {
		t.Fatal(err)
	}
	if f.prepared.Load() != 2 {
		t.Errorf("prepared %d times, want once a sink", f.prepared.Load())
	}
}

func TestErrorsAndPanicsFailTheJob(t *testing.T) {
	var f figures
	boom := errors.New("boom")
	err := run(t, context.Background(), pipe(2, 2, -1, &f, func(v int64) error {
		if v == 5_000 {
			return boom
		}
		return nil
	}), Config{})
	if !errors.Is(err, boom) {
		t.Errorf("got %v", err)
	}
	err = run(t, context.Background(), pipe(1, 2, -1, &f, func(v int64) error {
		if v == 5_000 {
			panic("bug")
		}
		return nil
	}), Config{})
	var p *Panic
	if !errors.As(err, &p) || !strings.Contains(err.Error(), "total") {
		t.Errorf("got %v", err)
	}
}

func TestQueuesAreBounded(t *testing.T) {
	var f figures
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	j, err := New(ctx, pipe(1, 1, -1, &f, nil), Config{})
	if err != nil {
		t.Fatal(err)
	}
	// Only the source is driven: it must stop for lack of credit.
	src := j.tasks[0]
	for range 100_000 {
		if j.step(src) == stepIdle {
			break
		}
	}
	queued := j.tasks[1].chans[0].rows.Load()
	if queued == 0 || queued > 3*16384 {
		t.Errorf("%d rows are queued", queued)
	}
	cancel()
	j.finish()
}

func TestKeyGroupsCoverAllSubtasks(t *testing.T) {
	for _, groups := range []int{1, 7, 128} {
		for n := 1; n <= min(groups, 9); n++ {
			for i := range n {
				from, to := groupRange(i, n, groups)
				for g := range groups {
					if in := g >= from && g < to; in != (subtaskOf(g, groups, n) == i) {
						t.Fatalf("groups %d, %d subtasks: group %d, subtask %d has [%d,%d)", groups, n, g, i, from, to)
					}
				}
			}
		}
	}
}

// enough wants 50 rows.
type enough struct{ total }

func (e *enough) Finished() bool { return e.rows.Load() >= 50 }

func TestJobEndsWhenNobodyWantsMore(t *testing.T) {
	for _, sources := range []int{1, 3} {
		var f figures
		g := pipe(sources, 1, -1, &f, nil)
		g.Vertices[1].New = func() op.Operator { return &enough{total{sum: &f.sum, rows: &f.rows, prepared: &f.prepared}} }
		if err := run(t, context.Background(), g, Config{}); err != nil {
			t.Fatal(err)
		}
		if f.prepared.Load() == 0 {
			t.Error("the last epoch was not prepared")
		}
	}
}
