package window

import (
	"encoding/binary"
	"math"
	"unsafe"

	"github.com/weir-stream/weir/internal/fold"
	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/state"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// sessions is the aggregate over session windows: rows of a key belong together
// while the next is no further than the gap from the last.
//
// The table maps (slot, keys) to a session. A key's latest session is in the slot
// current; nearly all rows go there, a whole batch at a time. Earlier sessions,
// which wait for the watermark, are in slots named by their start and listed in
// closed, by key in order of start. Rows that start a new session or reach back
// to earlier ones are dealt with one at a time.
//
// A timer stands for every session, at the end that it had when it was set; when
// it is due and the session has grown, it is set again.
type sessions struct {
	spec
	timed
	c      *op.Context
	gap    int64
	clock  clockOf
	fold   *fold.Fold
	table  *state.Table
	closed *state.Sorted
	timers *state.Timers
	base   uintptr
	at     progress
	late   int64
	round  uint64

	times   []int64
	rowOf   []int32 // physical row of each place
	todo    []int32 // places
	later   []int32
	breaks  []int32 // places that end the run of their key
	sel     []int32
	keyCols []*vec.Vector
	keys    state.Keys
	refs    []state.Ref
	created []bool
	ptrs    []unsafe.Pointer
	take    []unsafe.Pointer
	marks   []state.Ref
	signs   []int8

	one  oneRow
	out  sessionsOut
	upTo int64
}

// session is the head of a state row.
type session struct {
	start, end int64 // end: last row plus gap
	live       uint32
	closed     uint32 // earlier sessions of the key; in the current slot only
	round      uint64 // the last round in which the key's run ended
	rows       int64
}

// What session.live says.
const (
	none uint32 = iota
	alive
	emitted // and about to be removed
)

const (
	current     = int64(math.MinInt64)
	sessionSize = unsafe.Sizeof(session{})
)

func newSessions(s spec) *sessions {
	return &sessions{spec: s, gap: s.window.SizeMs, upTo: op.MinWatermark}
}

// Open declares the state.
func (w *sessions) Open(c *op.Context) error {
	w.c = c
	in := c.Inputs[0]
	w.clock = windowClock(c, w.local || w.window.Proctime)
	slot := types.Of(types.BigInt).NotNull()
	key := []types.Type{slot}
	for _, k := range w.spec.keys {
		key = append(key, in[k])
	}
	var err error
	w.fold, err = fold.New(fold.Spec{Name: "sessions", Calls: w.calls, In: in, Retract: w.retract, Store: c.State, Fn: c.Fn})
	if err != nil {
		return err
	}
	w.base = sessionSize
	w.table = c.State.Table(state.TableSpec{Name: "sessions", Key: key, Fixed: int(w.base) + w.fold.Size(), HeapRefs: w.fold.HeapRefs(int(w.base)), Route: c.Route(0, w.spec.keys, 1),
		From: keysFrom(1, w.spec.keys), KeyNames: []string{"session"}, Fields: w.fold.Fields(int(w.base), sessionFields()...)})
	w.closed = c.State.Sorted(state.SortedSpec{Name: "earlier sessions", Key: key[1:], Row: []types.Type{slot, slot, slot}, Route: c.Route(0, w.spec.keys, 0), Order: []state.SortCol{}})
	w.timers = c.State.TimersOf(w.table, "session ends")
	w.at = newProgress(c.State, "sessions emitted")
	w.fold.Bind(w.table.Heap())
	w.fold.Track()
	w.keyCols = make([]*vec.Vector, len(key))
	w.keyCols[0] = vec.NewConst(slot, 1)
	w.keyCols[0].I64[0] = current
	w.one.open(w.table.Codec().Types, slot)
	w.out.open(w)
	return nil
}

// Push folds rows into their sessions.
func (w *sessions) Push(_ int, b *vec.Batch) (op.Status, error) {
	if !w.window.Proctime {
		b = w.keep(b, w.window.TimeCol)
	}
	n := b.Len()
	if n == 0 {
		return op.Done, nil
	}
	w.stamp(b, n)
	w.todo = w.todo[:0]
	for i := range n {
		w.todo = append(w.todo, int32(i))
	}
	for len(w.todo) > 0 {
		w.lookup(b)
		if err := w.extend(b); err != nil {
			return op.Done, err
		}
		for _, i := range w.breaks {
			if err := w.place(b, int(i)); err != nil {
				return op.Done, err
			}
		}
		w.todo, w.later = w.later, w.todo
	}
	return op.Done, nil
}

// Restored takes up what a restored store holds. Rounds are of this run: that of a
// row which has another one's number merely waits for the next.
func (w *sessions) Restored() error {
	w.at.load()
	w.fold.Restored()
	return nil
}

// stamp computes the local time of each row.
func (w *sessions) stamp(b *vec.Batch, n int) {
	w.rowOf = w.rowOf[:0]
	for i := range n {
		w.rowOf = append(w.rowOf, int32(b.Row(i)))
	}
	if w.window.Proctime {
		now := w.clock.local(w.c.Fn.NowMs)
		w.times = w.times[:0]
		for range n {
			w.times = append(w.times, now)
		}
		return
	}
	w.times = w.clock.localTimes(b.Cols[w.window.TimeCol], b.Sel, n, w.times)
}

// lookup finds the current session of each place in todo.
func (w *sessions) lookup(b *vec.Batch) {
	w.sel = w.sel[:0]
	for _, i := range w.todo {
		w.sel = append(w.sel, w.rowOf[i])
	}
	w.keyCols[0].N = b.N
	for i, k := range w.spec.keys {
		w.keyCols[1+i] = b.Cols[k]
	}
	n := len(w.todo)
	w.keys.EncodeVectors(w.table.Codec(), w.keyCols, w.sel, n)
	if cap(w.refs) < n {
		w.refs, w.created = make([]state.Ref, n+n/4), make([]bool, n+n/4)
	}
	w.refs, w.created = w.refs[:n], w.created[:n]
	w.table.Upsert(&w.keys, w.refs, w.created)
	w.ptrs = w.table.Ptrs(w.refs, w.ptrs)
}

// extend folds the rows that start, or fit, the current session of their key. The
// first row of a key that does not goes to breaks, all after it to later.
func (w *sessions) extend(b *vec.Batch) error {
	w.round++
	w.later, w.breaks, w.take, w.marks, w.signs = w.later[:0], w.breaks[:0], w.take[:0], w.marks[:0], w.signs[:0]
	sel := w.sel[:0]
	born := false
	for k, i := range w.todo {
		s, t := (*session)(w.ptrs[k]), w.times[i]
		switch {
		case s.round == w.round:
			w.later = append(w.later, i)
			continue
		case s.live == none:
			if w.tooLate(t) {
				w.drop(b, i)
				continue
			}
			w.begin(s, t, w.keys.Bytes(k))
			if w.fold.HasID() {
				w.fold.Birth(unsafe.Add(w.ptrs[k], w.base), w.table.Group(&w.keys, k))
				born = true
			}
		case t >= s.start && t <= s.end:
			s.end = max(s.end, t+w.gap)
		case t < s.start && t+w.gap >= s.start && s.closed == 0:
			s.start = t
		default:
			s.round = w.round
			w.breaks = append(w.breaks, i)
			continue
		}
		r := w.rowOf[i]
		sign := b.Kind(int(r)).Sign()
		s.rows += int64(sign)
		sel = append(sel, r)
		w.signs = append(w.signs, sign)
		w.marks = append(w.marks, w.refs[k])
		w.take = append(w.take, unsafe.Add(w.ptrs[k], w.base))
	}
	if born {
		w.fold.Born()
	}
	w.dropUnused()
	signs := w.signs
	if !w.retract {
		signs = nil
	}
	if err := w.fold.Update(b, sel, w.take, signs); err != nil {
		return err
	}
	w.table.Mark(w.marks)
	return nil
}

// dropUnused deletes rows that were made for late rows.
func (w *sessions) dropUnused() {
	if len(w.take)+len(w.later)+len(w.breaks) == len(w.todo) {
		return
	}
	for k, c := range w.created {
		if c && (*session)(w.ptrs[k]).live == none {
			w.table.Delete(w.refs[k])
		}
	}
}

// drop counts the row at a place, which is late.
func (w *sessions) drop(b *vec.Batch, place int32) {
	w.late++
	r := int(w.rowOf[place])
	v := b.Cols[w.window.TimeCol]
	w.c.DropLate(0, b, r, msAt(v, v.Idx(r)))
}

// tooLate reports whether the session of a lone row at t was emitted already.
func (w *sessions) tooLate(t int64) bool {
	return !w.window.Proctime && w.clock.due(t+w.gap) <= w.at.done
}

// begin starts a session at t and sets its timer.
func (w *sessions) begin(s *session, t int64, key []byte) {
	s.start, s.end, s.live, s.rows = t, t+w.gap, alive, 0
	w.timers.Register(key, w.clock.due(s.end))
}

// setSlot changes the slot in an encoded key.
func setSlot(key []byte, slot int64) { binary.LittleEndian.PutUint64(key, uint64(slot)) }

// Report tells how many rows were dropped, and why.
func (w *sessions) Report(add func(name string, n int64)) {
	add(op.Late, w.late)
	w.timed.Report(add)
}

// Close has nothing to free: the state is the task's.
func (w *sessions) Close() error { return nil }

var (
	_ op.Operator    = (*sessions)(nil)
	_ op.Watermarker = (*sessions)(nil)
	_ op.Ender       = (*sessions)(nil)
	_ op.ProcTimer   = (*sessions)(nil)
	_ op.Reporter    = (*sessions)(nil)
	_ op.Restorer    = (*sessions)(nil)
)
