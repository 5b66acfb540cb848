package window

import (
	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// assignSpec is what the operators need to know of an Assign node.
type assignSpec struct {
	window plan.Window
	out    []types.Type
	local  bool // the time attribute is an instant, windows are of local time
}

// assign is TUMBLE, HOP and CUMULATE as table functions: it keeps nothing.
type assign struct {
	assignSpec
	timed
	c     *op.Context
	cut   slicing
	clock clockOf
	times []int64

	in    *vec.Batch // being expanded
	next  int        // its next row
	out   *vec.Batch
	cols  []*vec.Vector // start, end, time by physical row (TUMBLE)
	from  []int32
	start []int64
	end   []int64
	kinds []vec.Kind
}

func newAssign(s assignSpec) *assign { return &assign{assignSpec: s, cut: slicingOf(s.window)} }

// windowClock gives the clock of a window over a time attribute.
func windowClock(c *op.Context, local bool) clockOf {
	switch {
	case !local:
		return clockOf{}
	case c.Fn.Zone == nil:
		return clockOf{types.UTC}
	}
	return clockOf{c.Fn.Zone}
}

// Open prepares the buffers.
func (a *assign) Open(c *op.Context) error {
	a.c = c
	a.clock = windowClock(c, a.local || a.window.Proctime)
	for _, t := range a.assignSpec.out[len(a.assignSpec.out)-3:] {
		a.cols = append(a.cols, vec.New(t, 0))
	}
	a.out = vec.NewBatch(a.assignSpec.out)
	return nil
}

// Push appends the windows to rows.
func (a *assign) Push(_ int, b *vec.Batch) (op.Status, error) {
	if !a.window.Proctime {
		b = a.keep(b, a.window.TimeCol)
	}
	n := b.Len()
	if n == 0 {
		return op.Done, nil
	}
	if a.window.Proctime {
		a.times = a.times[:0]
		now := a.clock.local(a.c.Fn.NowMs)
		for range n {
			a.times = append(a.times, now)
		}
	} else {
		a.times = a.clock.localTimes(b.Cols[a.window.TimeCol], b.Sel, n, a.times)
	}
	if a.window.Kind == plan.Tumble {
		return a.tumble(b)
	}
	a.in, a.next = b, 0
	return a.Resume()
}

// tumble emits the batch itself with three more columns.
func (a *assign) tumble(b *vec.Batch) (op.Status, error) {
	out := vec.Batch{Cols: append(b.Cols[:len(b.Cols):len(b.Cols)], a.cols...), Sel: b.Sel, Kinds: b.Kinds, N: b.N}
	for _, c := range a.cols {
		c.Resize(b.N)
	}
	start := a.cut.start(a.cut.sliceEnd(a.times[0]))
	for i, t := range a.times {
		if t < start || t >= start+a.cut.size {
			start = a.cut.sliceEnd(t) - a.cut.size
		}
		a.put(b.Row(i), start, start+a.cut.size)
	}
	if err := a.c.Out.Emit(&out); err != nil {
		return op.Done, err
	}
	return a.settled()
}

// put writes the window of a row.
func (a *assign) put(r int, start, end int64) {
	a.cols[0].I64[r], a.cols[1].I64[r] = start, end
	last := end - 1
	if a.cols[2].Type.Kind == types.TimestampLTZ {
		last = a.clock.instant(last)
	}
	a.cols[2].I64[r] = last
}

// settled answers Done once the receiver is done with what was emitted.
func (a *assign) settled() (op.Status, error) {
	if a.c.Out.Full() {
		return op.More, nil
	}
	return op.Done, nil
}

// Resume goes on repeating rows for each of their windows.
func (a *assign) Resume() (op.Status, error) {
	for a.in != nil && a.next < len(a.times) {
		if a.c.Out.Full() {
			return op.More, nil
		}
		if err := a.expand(); err != nil {
			return op.Done, err
		}
	}
	a.in = nil
	return a.settled()
}

// expand emits about a batch of rows.
func (a *assign) expand() error {
	a.from, a.start, a.end = a.from[:0], a.start[:0], a.end[:0]
	for a.next < len(a.times) && len(a.from) < op.BatchRows {
		i := a.next
		a.next++
		a.cut.windows(a.times[i], func(start, end int64) {
			a.from = append(a.from, int32(a.in.Row(i)))
			a.start, a.end = append(a.start, start), append(a.end, end)
		})
	}
	if len(a.from) == 0 {
		return nil
	}
	o := a.out
	o.Reset()
	for i, c := range a.in.Cols {
		o.Cols[i].AppendSel(c, a.from)
	}
	for _, c := range a.cols {
		c.Resize(len(a.from))
	}
	for i := range a.from {
		a.put(i, a.start[i], a.end[i])
	}
	for i, c := range a.cols {
		o.Cols[len(a.in.Cols)+i] = c
	}
	o.N = len(a.from)
	if a.in.Kinds != nil {
		// The two halves of an update are no longer neighbours.
		a.kinds = a.kinds[:0]
		for _, r := range a.from {
			k := vec.Insert
			if !a.in.Kinds[r].Adds() {
				k = vec.Delete
			}
			a.kinds = append(a.kinds, k)
		}
		o.Kinds = a.kinds
	}
	return a.c.Out.Emit(o)
}

// Close has nothing to free.
func (a *assign) Close() error { return nil }

var (
	_ op.Operator = (*assign)(nil)
	_ op.Reporter = (*assign)(nil)
)
