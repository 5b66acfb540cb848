package order

import (
	"math"

	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/state"
	"github.com/weir-stream/weir/internal/vec"
)

// byArrival sorts an input that only adds rows by processing time and then other
// columns: the rows of one millisecond leave together, in order, when it is over.
type byArrival struct {
	temporal
	held int64 // no row came before, ms; MaxInt64 without rows
}

// newByArrival takes the keys after the processing time.
func newByArrival(keys []plan.SortKey) *byArrival {
	return &byArrival{temporal: *newTemporal(keys), held: math.MaxInt64}
}

func (a *byArrival) Open(c *op.Context) error {
	if err := a.temporal.Open(c); err != nil {
		return err
	}
	a.unit = 1
	return nil
}

func (a *byArrival) Push(_ int, b *vec.Batch) (op.Status, error) {
	g := a.find()
	a.sel = a.sel[:0]
	for i := range b.Len() {
		a.sel = append(a.sel, int32(b.Row(i)))
	}
	if len(a.sel) == 0 {
		return op.Done, nil
	}
	now := max(a.c.Fn.NowMs, a.wm+1) // the clock may go back
	a.held = min(a.held, now)
	a.rows.RowCodec().EncodeVectors(&a.enc, b.Cols, a.sel, b.N)
	for i, r := range a.sel {
		a.sort = a.ord.AppendKey(state.AppendSortInt(a.sort[:0], now), b, int(r))
		a.rows.Insert(g, a.sort, a.enc.Row(i))
	}
	return op.Done, nil
}

// Watermark lets event time pass: it says nothing of the order here.
func (a *byArrival) Watermark(int64) (op.Status, error) { return op.Done, nil }

// NextTimer is when the first millisecond with rows is over.
func (a *byArrival) NextTimer() int64 {
	if a.held == math.MaxInt64 {
		return math.MaxInt64
	}
	return a.held + 1
}

// Fire emits the rows of the milliseconds that are over.
func (a *byArrival) Fire(now int64) (op.Status, error) {
	a.wm, a.held = max(a.wm, now-1), math.MaxInt64
	if g := a.find(); a.rows.Rank(g, state.AppendSortInt(nil, a.wm+1)) < a.rows.Count(g) {
		a.held = a.wm + 1
	}
	return a.Resume()
}

// EndInput emits what is left.
func (a *byArrival) EndInput(int) (op.Status, error) {
	a.wm, a.held = math.MaxInt64-1, math.MaxInt64
	return a.Resume()
}

// Restored looks at once whether the restored rows are due.
func (a *byArrival) Restored() error {
	if a.rows.Items() > 0 {
		a.held = 0
	}
	return nil
}

var (
	_ op.Watermarker = (*byArrival)(nil)
	_ op.ProcTimer   = (*byArrival)(nil)
	_ op.Ender       = (*byArrival)(nil)
	_ op.Restorer    = (*byArrival)(nil)
)
