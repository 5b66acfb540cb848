package window

import (
	"math"
	"unsafe"

	"github.com/weir-stream/weir/internal/fold"
	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/state"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// firing is the emission of complete windows, which is taken up again where it
// stopped.
type firing struct {
	upTo   int64 // watermark, or clock
	active bool  // a window is being emitted
	window windowID
	parts  []*slice // its slices
	merged *merged  // where there are several
	at     int      // next row of the only slice, or of merged

	keys state.Keys
	refs []state.Ref
	// found is the slice, foundAt the place that refs are of, while an emission
	// lasts.
	found   *slice
	foundAt int
	rows    []unsafe.Pointer
	raw     [][]byte

	batch *vec.Batch
	cols  []*vec.Vector // key columns to decode into; nil for the slot's
	codec *vec.Codec
}

func (f *firing) open(a *aggregate, key []types.Type) {
	f.batch = vec.NewBatch(a.out)
	f.codec = a.table.Codec()
	f.cols = make([]*vec.Vector, len(key))
	for i := a.slots; i < len(key); i++ {
		f.cols[i] = f.batch.Cols[i-a.slots]
	}
	f.upTo = op.MinWatermark
	if a.share && (a.window.Kind == plan.Hop || a.window.Kind == plan.Cumulate) && a.attached == nil {
		f.merged = newMerged(a)
	}
}

// Watermark emits the windows that are complete. In batch mode that is at the end
// only: no row is late there, in whatever order the input is read.
func (a *aggregate) Watermark(wm int64) (op.Status, error) {
	if (a.proctime() || a.c.Batch) && wm != op.MaxWatermark {
		return op.Done, nil
	}
	a.fire.upTo = wm
	if a.seen != nil {
		a.seen.raise(wm)
	}
	return a.Resume()
}

// Resume goes on emitting.
func (a *aggregate) Resume() (op.Status, error) {
	f := &a.fire
	if s, err := a.emitCorrections(); s == op.More || err != nil {
		return s, err
	}
	for {
		for f.active {
			if a.c.Out.Full() {
				return op.More, nil
			}
			if err := a.emitSome(); err != nil {
				return op.Done, err
			}
		}
		w, ok := a.due.first()
		if !ok || f.upTo != op.MaxWatermark && a.clock.due(w.end) > f.upTo {
			break
		}
		if err := a.begin(w); err != nil {
			return op.Done, err
		}
	}
	if a.c.Out.Full() {
		return op.More, nil
	}
	a.at.reach(f.upTo)
	a.expire(f.upTo)
	return op.Done, nil
}

// EndInput emits what processing time has not closed yet.
func (a *aggregate) EndInput(int) (op.Status, error) { return a.Watermark(op.MaxWatermark) }

// NextTimer is the earliest end of a processing time window.
func (a *aggregate) NextTimer() int64 {
	if w, ok := a.due.first(); ok && a.proctime() {
		return a.clock.due(w.end)
	}
	return math.MaxInt64
}

// Fire emits the windows that the clock has closed.
func (a *aggregate) Fire(now int64) (op.Status, error) {
	a.fire.upTo = now
	return a.Resume()
}

// begin collects the slices of a window.
func (a *aggregate) begin(w windowID) error {
	f := &a.fire
	a.due.pop()
	f.window, f.at, f.active = w, 0, true
	f.parts = f.parts[:0]
	if a.whole() {
		if s := a.slices[w]; s != nil {
			f.parts = append(f.parts, s)
		}
		return nil
	}
	more := false
	for end := a.cut.start(w.end) + a.cut.width; end <= w.end; end += a.cut.width {
		if s := a.slices[windowID{end: end}]; s != nil {
			f.parts = append(f.parts, s)
			more = more || a.cut.lastEnd(end) > w.end
		}
	}
	if more {
		a.due.add(a.nextWindow(w))
	}
	if len(f.parts) > 1 {
		return f.merged.take(a, f.parts)
	}
	return nil
}

// whole reports whether slices are windows.
func (a *aggregate) whole() bool { return a.fire.merged == nil }

// emitSome emits the next rows of the window, and drops it after the last.
func (a *aggregate) emitSome() error {
	f := &a.fire
	b := f.batch
	b.Reset()
	f.found = nil
	switch {
	case len(f.parts) > 1:
		f.raw, f.rows = f.merged.rows(f.at, op.BatchRows, f.raw[:0], f.rows[:0])
		if f.at += len(f.raw); f.at >= f.merged.n {
			f.active = false
		}
		f.raw, f.rows = a.skipEmpty(f.raw, f.rows)
	case len(f.parts) == 1:
		a.rowsOf(f.parts[0])
	default:
		f.active = false
	}
	if len(f.rows) > 0 && len(f.parts) > 0 {
		if err := a.results(b); err != nil {
			return err
		}
		if err := a.c.Out.Emit(b); err != nil {
			return err
		}
	}
	switch {
	case f.active:
	case a.lateness > 0:
		a.keep()
	default:
		a.dropSlices()
	}
	return nil
}

// rowsOf finds the next rows of a window that is one slice.
func (a *aggregate) rowsOf(s *slice) {
	f := &a.fire
	f.find(a, s, f.at)
	n := f.keys.Len()
	if f.at += n; f.at >= s.keys.Len() {
		f.active = false
	}
	f.rows = a.table.Ptrs(f.refs, f.rows)
	f.raw = f.raw[:0]
	for i := range n {
		f.raw = append(f.raw, f.keys.Bytes(i))
	}
	f.raw, f.rows = a.skipEmpty(f.raw, f.rows)
}

// skipEmpty leaves out groups that have no rows left.
func (a *aggregate) skipEmpty(raw [][]byte, rows []unsafe.Pointer) ([][]byte, []unsafe.Pointer) {
	if !a.retract {
		return raw, rows
	}
	k := 0
	for i, p := range rows {
		if p != nil && *(*int64)(p) > 0 {
			raw[k], rows[k] = raw[i], p
			k++
		}
	}
	return raw[:k], rows[:k]
}

// results makes the output rows of f.rows, whose keys are f.raw.
func (a *aggregate) results(b *vec.Batch) error {
	f := &a.fire
	n := len(f.rows)
	if len(a.spec.keys) > 0 {
		f.codec.Decode(f.raw, f.cols)
	}
	if a.base > 0 {
		for i := range f.rows {
			f.rows[i] = unsafe.Add(f.rows[i], a.base)
		}
	}
	k := len(a.spec.keys)
	if err := a.fold.Result(f.rows, b.Cols[k:k+len(a.calls)]); err != nil {
		return err
	}
	start := f.window.start
	if a.attached == nil {
		start = a.cut.start(f.window.end)
	}
	a.properties(a.clock, b.Cols[k+len(a.calls):], start, f.window.end, n)
	b.N = n
	return nil
}

// properties appends the window's columns n times.
func (s *spec) properties(clock clockOf, cols []*vec.Vector, start, end int64, n int) {
	for i, p := range s.props {
		ms := end - 1
		switch p.Prop {
		case Start:
			ms = start
		case End:
			ms = end
		}
		if p.Type.Kind == types.TimestampLTZ {
			ms = clock.instant(ms)
		}
		appendMs(cols[i], ms, n)
	}
}

// spareKeys is how many buffers of keys wait for new slices.
const spareKeys = 8

// dropSlices removes the slices that are in no later window.
func (a *aggregate) dropSlices() {
	f := &a.fire
	for _, s := range f.parts {
		if a.lastWindow(s.id).end > f.window.end {
			continue
		}
		a.dropRows(s)
		if f.merged != nil {
			f.merged.forget(a, s)
		}
		delete(a.slices, s.id)
		if len(a.spare) < spareKeys {
			s.keys.Reset()
			a.spare = append(a.spare, s.keys)
		}
		if a.recent == s {
			a.recent = nil
		}
	}
	f.parts = f.parts[:0]
}

// dropRows deletes the rows of a slice.
func (a *aggregate) dropRows(s *slice) {
	f := &a.fire
	for at := 0; at < s.keys.Len(); at += op.BatchRows {
		f.find(a, s, at)
		for _, r := range f.refs {
			if r == state.NoRef {
				continue
			}
			if a.fold.HasID() {
				a.fold.Drop(unsafe.Add(a.table.Ptr(r), a.base))
			}
			a.table.Delete(r)
		}
	}
}

// find looks up rows of a slice from place at on.
func (f *firing) find(a *aggregate, s *slice, at int) {
	if f.found == s && f.foundAt == at {
		return
	}
	f.found, f.foundAt = s, at
	fold.Chunk(&s.keys, &f.keys, at, op.BatchRows)
	n := f.keys.Len()
	if cap(f.refs) < n {
		f.refs = make([]state.Ref, n, op.BatchRows)
	}
	f.refs = f.refs[:n]
	a.table.Find(&f.keys, f.refs)
}

var (
	_ op.Operator    = (*aggregate)(nil)
	_ op.Watermarker = (*aggregate)(nil)
	_ op.Ender       = (*aggregate)(nil)
	_ op.ProcTimer   = (*aggregate)(nil)
	_ op.Reporter    = (*aggregate)(nil)
	_ op.Restorer    = (*aggregate)(nil)
)
