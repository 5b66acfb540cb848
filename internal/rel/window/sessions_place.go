package window

import (
	"unsafe"

	"github.com/weir-stream/weir/internal/state"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// oneRow is the buffers of what is done row by row.
type oneRow struct {
	key   []byte
	keys  state.Keys
	ref   []state.Ref
	made  []bool
	list  state.Keys
	lref  []state.Ref
	span  []*vec.Vector // start, end, slot
	rows  vec.Rows
	sort  []byte
	iter  state.Iter
	sel   []int32
	rowPt []unsafe.Pointer
	sign  []int8
	cols  []*vec.Vector // keys, decoded, after a nil for the slot
}

func (o *oneRow) open(key []types.Type, slot types.Type) {
	o.ref, o.made, o.lref = make([]state.Ref, 1), make([]bool, 1), make([]state.Ref, 1)
	o.span = []*vec.Vector{vec.New(slot, 1), vec.New(slot, 1), vec.New(slot, 1)}
	o.sel, o.rowPt, o.sign = make([]int32, 1), make([]unsafe.Pointer, 1), make([]int8, 1)
	o.cols = make([]*vec.Vector, len(key))
	for i := 1; i < len(key); i++ {
		o.cols[i] = vec.New(key[i], 0)
	}
}

// span is an earlier session as closed lists it.
type span struct{ start, end, slot int64 }

// upsert finds or makes the row of the key in one.key, in the given slot.
func (w *sessions) upsert(slot int64) (*session, state.Ref) {
	o := &w.one
	setSlot(o.key, slot)
	o.keys.Reset()
	o.keys.Append(o.key)
	w.table.Upsert(&o.keys, o.ref, o.made)
	w.table.Mark(o.ref)
	return (*session)(w.table.Ptr(o.ref[0])), o.ref[0]
}

// place puts one row where it belongs: it starts a session after the current
// one, or reaches back to or before earlier ones.
func (w *sessions) place(b *vec.Batch, i int) error {
	o, t := &w.one, w.times[i]
	w.sel = append(w.sel[:0], w.rowOf[i])
	w.keys.EncodeVectors(w.table.Codec(), w.keyCols, w.sel, 1)
	o.key = append(o.key[:0], w.keys.Bytes(0)...)
	o.list.EncodeVectors(w.closed.KeyCodec(), w.keyCols[1:], w.sel, 1)
	cur, _ := w.upsert(current)
	if t > cur.end {
		w.retire(cur)
		cur, _ = w.upsert(current)
		w.start(cur, t)
		return w.foldOne(b, i, cur)
	}
	met := w.overlapping(t)
	if t+w.gap >= cur.start {
		for _, m := range met {
			if err := w.unite(current, m); err != nil {
				return err
			}
		}
		cur, _ = w.upsert(current)
		cur.start = min(cur.start, t)
		cur.end = max(cur.end, t+w.gap)
		return w.foldOne(b, i, cur)
	}
	if len(met) > 0 {
		return w.join(b, i, met)
	}
	if w.tooLate(t) {
		w.drop(b, int32(i))
		return nil
	}
	cur.closed++
	s, _ := w.upsert(t)
	w.start(s, t)
	w.list(span{t, t + w.gap, t})
	return w.foldOne(b, i, s)
}

// start begins a session in the row of one.key.
func (w *sessions) start(s *session, t int64) {
	w.begin(s, t, w.one.key)
	if w.fold.HasID() {
		w.fold.Birth(unsafe.Add(unsafe.Pointer(s), w.base), w.table.Group(&w.one.keys, 0))
		w.fold.Born()
	}
}

// foldOne folds the row at place i into a session.
func (w *sessions) foldOne(b *vec.Batch, i int, s *session) error {
	o := &w.one
	r := w.rowOf[i]
	o.sel[0], o.rowPt[0], o.sign[0] = r, unsafe.Add(unsafe.Pointer(s), w.base), b.Kind(int(r)).Sign()
	s.rows += int64(o.sign[0])
	signs := o.sign
	if !w.retract {
		signs = nil
	}
	return w.fold.Update(b, o.sel, o.rowPt, signs)
}

// retire moves the current session to a slot of its own. Its accumulators move as
// they are: their heap is the same.
func (w *sessions) retire(cur *session) {
	o := &w.one
	slot := cur.start
	to, _ := w.upsert(slot) // rows may move
	cur, _ = w.upsert(current)
	setSlot(o.key, slot)
	size := int(w.base) + w.fold.Size()
	from := unsafe.Slice((*byte)(unsafe.Pointer(cur)), size)
	copy(unsafe.Slice((*byte)(unsafe.Pointer(to)), size), from)
	closed, round := cur.closed, cur.round
	clear(from)
	cur.closed, cur.round = closed+1, round
	to.closed, to.round = 0, 0
	w.list(span{to.start, to.end, slot})
	w.timers.Register(o.key, w.clock.due(to.end))
}

// group gives the list of earlier sessions of one.list.
func (w *sessions) group() state.Ref {
	w.closed.Upsert(&w.one.list, w.one.lref, nil)
	return w.one.lref[0]
}

// list adds an earlier session to the list.
func (w *sessions) list(s span) {
	o := &w.one
	g := w.group()
	o.span[0].I64[0], o.span[1].I64[0], o.span[2].I64[0] = s.start, s.end, s.slot
	w.closed.RowCodec().EncodeVectors(&o.rows, o.span, nil, 1)
	o.sort = state.AppendSortInt(o.sort[:0], s.start)
	w.closed.Insert(g, o.sort, o.rows.Row(0))
}

// unlist takes an earlier session out of the list.
func (w *sessions) unlist(s span) {
	g := w.group()
	w.each(g, func(at int, x span) bool {
		if x.slot != s.slot {
			return true
		}
		w.closed.DeleteAt(g, at)
		return false
	})
	if w.closed.Count(g) == 0 {
		w.closed.DeleteKey(g)
	}
}

// each goes over the earlier sessions of a key in order of start.
func (w *sessions) each(g state.Ref, f func(at int, s span) bool) {
	it := &w.one.iter
	for w.closed.Iter(it, g, 0); it.Valid(); it.Next() {
		row := it.Row()
		if !f(it.Pos(), span{int64(le64(row)), int64(le64(row[8:])), int64(le64(row[16:]))}) {
			return
		}
	}
}

// overlapping gives the earlier sessions that a row at t belongs to.
func (w *sessions) overlapping(t int64) []span {
	var met []span
	w.each(w.group(), func(_ int, s span) bool {
		if s.start <= t+w.gap && s.end >= t {
			met = append(met, s)
		}
		return s.start <= t+w.gap
	})
	return met
}

// unite folds an earlier session into the one in slot and removes it.
func (w *sessions) unite(slot int64, from span) error {
	src, ref := w.upsert(from.slot)
	dst, _ := w.upsert(slot)
	if err := w.fold.Absorb(unsafe.Add(unsafe.Pointer(dst), w.base), unsafe.Add(unsafe.Pointer(src), w.base)); err != nil {
		return err
	}
	dst.start, dst.end = min(dst.start, src.start), max(dst.end, src.end)
	dst.rows += src.rows
	w.fold.Drop(unsafe.Add(unsafe.Pointer(src), w.base))
	w.table.Delete(ref)
	w.unlist(from)
	cur, _ := w.upsert(current)
	cur.closed--
	return nil
}

// join adds a row to earlier sessions, which it may make one.
func (w *sessions) join(b *vec.Batch, i int, met []span) error {
	keep := met[0]
	for _, m := range met[1:] {
		if err := w.unite(keep.slot, m); err != nil {
			return err
		}
	}
	w.unlist(keep)
	s, _ := w.upsert(keep.slot)
	s.start, s.end = min(s.start, w.times[i]), max(s.end, w.times[i]+w.gap)
	w.list(span{s.start, s.end, keep.slot})
	return w.foldOne(b, i, s)
}
