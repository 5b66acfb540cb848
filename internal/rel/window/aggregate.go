package window

import (
	"slices"
	"unsafe"

	"github.com/weir-stream/weir/internal/fold"
	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/state"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// spec is what the operators need to know of an Aggregate node.
type spec struct {
	keys     []int
	calls    []fold.Call
	props    []PropCol
	out      []types.Type
	window   plan.Window
	attached *plan.WinCols
	retract  bool
	local    bool // the time attribute is an instant, windows are of local time
	// shipped is the columns that the calls are over, where the input is what a
	// local phase has made of them: slice, keys, accumulators, suspect row.
	shipped []types.Type
	// lateness is how long, ms, emitted windows are kept for rows that correct them;
	// before: their old results are wanted as well.
	lateness int64
	before   bool
}

// slots is the number of columns that name a slice: its end, and the start where
// rows carry it.
func (s *spec) slots() int {
	if s.attached != nil && s.attached.Start >= 0 {
		return 2
	}
	return 1
}

// windowID names a window or a slice by its local end and start. Where slices are
// shared start is that of the slice.
type windowID struct{ end, start int64 }

func (a windowID) less(b windowID) bool {
	return a.end < b.end || a.end == b.end && a.start < b.start
}

// slice is the rows of one slice: where they are in the table.
type slice struct {
	id      windowID
	keys    state.Keys // of its rows, in order of birth
	late    bool       // all its windows are complete
	dead    bool       // in no window at all
	fired   bool       // its window was emitted and is kept
	version int        // moves when rows are folded
}

// aggregate folds rows by key and slice and emits windows when the watermark (or
// the clock) completes them, earliest end first.
//
// The table maps (slice end, [slice start], keys) to
//
//	0  number of rows, where the input retracts
//	   the calls (see fold)
//
// Each live slice lists the keys of its rows, so that completing a window costs
// what is in it. The lists are not state: after a restart they are made anew from
// the table.
type aggregate struct {
	spec
	timed
	seen  *reached // of what is behind local phases; else nil
	c     *op.Context
	cut   slicing
	share bool // rows are folded into slices, not into each window
	clock clockOf
	fold  *fold.Fold
	table *state.Table
	slots int // spec.slots()
	base  uintptr
	// loading: rows are listed that were restored.
	loading bool

	slices map[windowID]*slice
	due    dueWindows
	at     progress
	recent *slice
	spare  []state.Keys // of slices that are gone

	times []int64
	ids   []windowID
	of    []*slice
	sel   []int32
	each  struct { // scratch of addToEach
		times []int64
		sel   []int32
	}
	keyCols []*vec.Vector
	keys    state.Keys
	refs    []state.Ref
	created []bool
	ptrs    []unsafe.Pointer
	signs   []int8
	words   []uint64 // of a local phase
	src     []unsafe.Pointer
	late    int64

	fire firing
	fix  corrections
}

func newAggregate(s spec) *aggregate { return &aggregate{spec: s} }

// Open declares the state.
func (a *aggregate) Open(c *op.Context) error {
	a.c = c
	in := c.Inputs[0]
	if a.local || a.window.Proctime && a.attached == nil {
		a.clock.zone = c.Fn.Zone
		if a.clock.zone == nil {
			a.clock.zone = types.UTC
		}
	}
	a.slices = map[windowID]*slice{}
	slot := types.Of(types.BigInt).NotNull()
	key := []types.Type{slot, slot}[:a.spec.slots()]
	a.slots = len(key)
	for _, k := range a.spec.keys {
		key = append(key, in[k])
	}
	if a.shipped != nil {
		in = a.shipped
	}
	var err error
	a.fold, err = fold.New(fold.Spec{Name: "windows", Calls: a.calls, In: in, Retract: a.retract, Store: c.State, Fn: c.Fn})
	if err != nil {
		return err
	}
	a.fold.Track()
	a.cut = slicingOf(a.window)
	a.share = a.attached != nil || a.window.Kind == plan.Tumble || a.lateness == 0 && a.fold.Mergeable()
	if a.retract {
		a.base = 8
	}
	a.table = c.State.Table(state.TableSpec{Name: "windows", Key: key, Fixed: int(a.base) + a.fold.Size(), HeapRefs: a.fold.HeapRefs(int(a.base)), Route: c.Route(0, a.spec.keys, a.slots),
		From: a.origin(), KeyNames: []string{"slice_end", "slice_start"}[:a.slots], Fields: a.fields()})
	a.at = newProgress(c.State, "windows emitted")
	a.fold.Bind(a.table.Heap())
	a.keyCols = make([]*vec.Vector, len(key))
	for i := range a.slots {
		a.keyCols[i] = vec.New(slot, 0)
	}
	a.fire.open(a, key)
	return nil
}

// Push folds rows into their slices.
func (a *aggregate) Push(_ int, b *vec.Batch) (op.Status, error) {
	if a.shipped == nil {
		b = a.timely(b, &a.timed)
	}
	n := b.Len()
	if n == 0 {
		return op.Done, nil
	}
	a.stamp(b, n)
	if a.share {
		if err := a.add(b, n); err != nil {
			return op.Done, err
		}
		return a.emitCorrections()
	}
	a.dropLost(b)
	if err := a.addToEach(b); err != nil {
		return op.Done, err
	}
	return a.emitCorrections()
}

// stamp computes the slice of each row as ids, and makes room for as many in of.
func (a *aggregate) stamp(b *vec.Batch, n int) {
	a.ids, a.of = slices.Grow(a.ids[:0], n)[:n], slices.Grow(a.of[:0], n)[:n]
	switch w := a.attached; {
	case a.shipped != nil && a.slots == 2:
		readIDs(b, 0, 1, a.ids)
	case a.shipped != nil:
		readIDs(b, 0, -1, a.ids)
	case w != nil:
		readIDs(b, w.End, w.Start, a.ids)
	default:
		a.times = a.spec.stamp(b, n, a.clock, &a.cut, a.c.Fn.NowMs, a.times, a.ids)
	}
}

// readIDs reads slices from columns; start may be -1.
func readIDs(b *vec.Batch, end, start int, ids []windowID) {
	for i := range ids {
		r := b.Row(i)
		ids[i] = windowID{end: msAt(b.Cols[end], b.Cols[end].Idx(r))}
		if start >= 0 {
			ids[i].start = msAt(b.Cols[start], b.Cols[start].Idx(r))
		}
	}
}

// timely leaves out rows without a time, where rows have their own.
func (s *spec) timely(b *vec.Batch, t *timed) *vec.Batch {
	if s.window.Proctime || s.attached != nil {
		return b
	}
	return t.keep(b, s.window.TimeCol)
}

// stamp computes local times and slices of rows by their time attribute.
func (s *spec) stamp(b *vec.Batch, n int, clock clockOf, cut *slicing, now int64, times []int64, ids []windowID) []int64 {
	if s.window.Proctime {
		times = times[:0]
		local := clock.local(now)
		for range n {
			times = append(times, local)
		}
	} else {
		times = clock.localTimes(b.Cols[s.window.TimeCol], b.Sel, n, times)
	}
	end := cut.sliceEnd(times[0])
	for i, t := range times {
		if t >= end || t < end-cut.width {
			end = cut.sliceEnd(t)
		}
		ids[i] = windowID{end: end}
	}
	return times
}

// sliceOf gives the live slice of an id, making it if need be.
func (a *aggregate) sliceOf(id windowID) *slice {
	if s := a.recent; s != nil && s.id == id {
		return s
	}
	s := a.slices[id]
	if s == nil {
		s = &slice{id: id}
		a.slices[id] = s
		first, last := a.firstWindow(id), a.lastWindow(id)
		s.dead = last.end < first.end
		s.late = a.expired(last.end)
		s.fired = a.lateness > 0 && a.complete(last.end)
		for !s.dead && !s.late && !s.fired && (a.complete(first.end) || a.loading && a.past(first.end) && first.end < last.end) {
			first = a.nextWindow(first)
		}
		switch {
		case s.dead || s.late:
			delete(a.slices, id)
		case s.fired:
			a.fix.kept.add(id)
		default:
			a.due.add(first)
			if n := len(a.spare) - 1; n >= 0 {
				s.keys, a.spare = a.spare[n], a.spare[:n]
			}
		}
	}
	a.recent = s
	return s
}

// complete reports whether a window was emitted already.
func (a *aggregate) complete(end int64) bool {
	return !a.proctime() && a.past(end)
}

// past reports whether windows with that end were emitted. By processing time rows
// may come in the millisecond after which theirs is: only of rows that are restored
// it tells what has become of them.
func (a *aggregate) past(end int64) bool { return a.clock.due(end) <= a.at.done }

func (a *aggregate) proctime() bool { return a.window.Proctime }

// firstWindow and lastWindow give the windows that have a slice, nextWindow the
// one after a window.
func (a *aggregate) firstWindow(id windowID) windowID {
	if a.attached != nil || !a.share {
		return id
	}
	return windowID{end: a.cut.firstEnd(id.end)}
}

func (a *aggregate) lastWindow(id windowID) windowID {
	if a.attached != nil || !a.share {
		return id
	}
	return windowID{end: a.cut.lastEnd(id.end)}
}

func (a *aggregate) nextWindow(w windowID) windowID { return windowID{end: w.end + a.cut.slide} }

// add folds the rows of b, each into the slice that ids names.
func (a *aggregate) add(b *vec.Batch, n int) error {
	lost, fired := false, false
	for i, id := range a.ids {
		s := a.sliceOf(id)
		a.of[i] = s
		lost = lost || s.late || s.dead
		fired = fired || s.fired && !s.late
		s.version++
	}
	sel := b.Sel
	if lost {
		sel, n = a.keepLive(b)
	}
	if fired {
		live := vec.Batch{Cols: b.Cols, Sel: sel, Kinds: b.Kinds, N: b.N}
		var err error
		if sel, n, err = a.correct(&live); err != nil {
			return err
		}
	}
	if n == 0 {
		return nil
	}
	return a.addRows(b, sel, n)
}

// keepLive leaves out rows that came too late, counting them, and those between
// windows.
func (a *aggregate) keepLive(b *vec.Batch) ([]int32, int) {
	a.sel = a.sel[:0]
	k := 0
	for i, s := range a.of {
		switch {
		case s.late:
			if a.share { // else dropLost has counted it
				a.drop(b, i)
			}
		case !s.dead:
			a.sel = append(a.sel, int32(b.Row(i)))
			a.of[k], a.ids[k] = s, a.ids[i]
			k++
		}
	}
	a.of, a.ids = a.of[:k], a.ids[:k]
	return a.sel, k
}

// addRows folds the rows sel (nil: all n), whose slices are in of.
func (a *aggregate) addRows(b *vec.Batch, sel []int32, n int) error {
	a.upsert(b, sel, n)
	if err := a.update(b, sel); err != nil {
		return err
	}
	a.table.Mark(a.refs)
	return nil
}

// upsert finds or makes the groups of the rows.
func (a *aggregate) upsert(b *vec.Batch, sel []int32, n int) {
	a.encode(b, sel, n)
	if cap(a.refs) < n {
		a.refs, a.created = make([]state.Ref, n+n/4), make([]bool, n+n/4)
	}
	a.refs, a.created = a.refs[:n], a.created[:n]
	a.table.Upsert(&a.keys, a.refs, a.created)
	a.ptrs = a.table.Ptrs(a.refs, a.ptrs)
	a.births()
}

// update folds the rows, or the accumulators that a local phase made of them.
func (a *aggregate) update(b *vec.Batch, sel []int32) error {
	if a.shipped != nil {
		return a.merge(b, sel)
	}
	signs := a.countRows(b, sel)
	if a.base > 0 {
		for i := range a.ptrs {
			a.ptrs[i] = unsafe.Add(a.ptrs[i], a.base)
		}
	}
	return a.fold.Update(b, sel, a.ptrs, signs)
}

// merge folds the groups of a local phase into a.ptrs.
func (a *aggregate) merge(b *vec.Batch, sel []int32) error {
	part := vec.Batch{Cols: b.Cols[:len(b.Cols)-1], Sel: sel, N: b.N}
	a.words, a.src = fold.Shipped(&part, a.slots+len(a.spec.keys), a.words, a.src)
	for i, p := range a.ptrs {
		if a.retract {
			*(*int64)(p) += *(*int64)(a.src[i])
			a.src[i] = unsafe.Add(a.src[i], 8)
		}
		a.ptrs[i] = unsafe.Add(p, a.base)
	}
	return a.fold.Merge(a.ptrs, a.src)
}

// births lists new rows with their slices.
func (a *aggregate) births() {
	some := false
	for i, c := range a.created {
		if !c {
			continue
		}
		some = true
		a.of[i].keys.AppendRaw(a.keys.Hash(i), a.keys.Bytes(i))
		if a.fold.HasID() {
			a.fold.Birth(unsafe.Add(a.ptrs[i], a.base), a.table.Group(&a.keys, i))
		}
	}
	if some && a.fold.HasID() {
		a.fold.Born()
	}
}

// encode makes the keys of the rows.
func (a *aggregate) encode(b *vec.Batch, sel []int32, n int) {
	slotColumns(a.keyCols[:a.slots], a.ids[:n], sel, b.N)
	for i, k := range a.spec.keys {
		a.keyCols[a.slots+i] = b.Cols[k]
	}
	a.keys.EncodeVectors(a.table.Codec(), a.keyCols, sel, n)
}

// slotColumns writes slices as columns, by physical row as the keys are.
func slotColumns(cols []*vec.Vector, ids []windowID, sel []int32, rows int) {
	for _, c := range cols {
		c.Resize(rows)
	}
	for i, id := range ids {
		r := i
		if sel != nil {
			r = int(sel[i])
		}
		cols[0].I64[r] = id.end
		if len(cols) > 1 {
			cols[1].I64[r] = id.start
		}
	}
}

// countRows keeps the number of rows of each group and gives the signs.
func (a *aggregate) countRows(b *vec.Batch, sel []int32) []int8 {
	if !a.retract {
		return nil
	}
	a.signs = a.signs[:0]
	for i, p := range a.ptrs {
		r := i
		if sel != nil {
			r = int(sel[i])
		}
		s := b.Kind(r).Sign()
		a.signs = append(a.signs, s)
		*(*int64)(p) += int64(s)
	}
	return a.signs
}

// addToEach folds rows into each of their windows, the k-th window of every row at
// a time: for calls whose accumulators cannot be merged, such as DISTINCT in a HOP
// window.
func (a *aggregate) addToEach(b *vec.Batch) error {
	times := append(a.each.times[:0], a.times...)
	a.each.times = times
	for k := 0; ; k++ {
		sel, ids := a.each.sel[:0], a.ids[:0]
		for i, t := range times {
			j := 0
			a.cut.windows(t, func(_, end int64) {
				if j == k {
					sel = append(sel, int32(b.Row(i)))
					ids = append(ids, windowID{end: end})
				}
				j++
			})
		}
		if len(sel) == 0 {
			return nil
		}
		part := vec.Batch{Cols: b.Cols, Sel: sel, Kinds: b.Kinds, N: b.N}
		a.each.sel, a.ids, a.of = sel, ids, slices.Grow(a.of[:0], len(ids))[:len(ids)]
		if err := a.add(&part, len(sel)); err != nil {
			return err
		}
	}
}

// Restored lists the rows of a table that was restored.
func (a *aggregate) Restored() error {
	a.loading = true
	defer func() { a.loading = false }()
	a.at.load()
	a.fold.Restored()
	cols := make([]*vec.Vector, len(a.keyCols))
	for i := range a.slots {
		cols[i] = vec.New(a.keyCols[i].Type, 0)
	}
	var at state.Cursor
	var refs []state.Ref
	for {
		refs = a.table.Scan(&at, op.BatchRows, refs)
		if len(refs) == 0 {
			break
		}
		for i := range a.slots {
			cols[i].Resize(0)
		}
		a.table.DecodeKeys(refs, cols)
		for i, r := range refs {
			id := windowID{end: cols[0].I64[i]}
			if a.slots > 1 {
				id.start = cols[1].I64[i]
			}
			a.sliceOf(id).keys.Append(a.table.KeyBytes(r))
		}
	}
	return nil
}

// Report tells how many rows were dropped, and why.
func (a *aggregate) Report(add func(name string, n int64)) {
	add(op.Late, a.late)
	a.timed.Report(add)
}

// Close has nothing to free: the state is the task's.
func (a *aggregate) Close() error { return nil }
