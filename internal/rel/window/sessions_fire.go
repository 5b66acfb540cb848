package window

import (
	"encoding/binary"
	"math"
	"unsafe"

	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/state"
	"github.com/weir-stream/weir/internal/vec"
)

func le64(b []byte) uint64 { return binary.LittleEndian.Uint64(b) }

// sessionsOut is the buffers of emission.
type sessionsOut struct {
	batch  *vec.Batch
	cols   []*vec.Vector // key columns to decode into; nil for the slot
	timers []state.Timer
	keys   state.Keys
	refs   []state.Ref
	raw    [][]byte
	rows   []unsafe.Pointer
	gone   []state.Ref
	slots  []int64 // of gone
}

func (o *sessionsOut) open(w *sessions) {
	o.batch = vec.NewBatch(w.spec.out)
	o.cols = append([]*vec.Vector{nil}, o.batch.Cols[:len(w.spec.keys)]...)
}

// Watermark emits the sessions that are complete.
func (w *sessions) Watermark(wm int64) (op.Status, error) {
	if (w.window.Proctime || w.c.Batch) && wm != op.MaxWatermark {
		return op.Done, nil
	}
	w.upTo = wm
	return w.Resume()
}

// EndInput emits what processing time has not closed yet.
func (w *sessions) EndInput(int) (op.Status, error) { return w.Watermark(op.MaxWatermark) }

// NextTimer is the earliest end of a processing time session.
func (w *sessions) NextTimer() int64 {
	if !w.window.Proctime {
		return math.MaxInt64
	}
	return w.timers.Next()
}

// Fire emits the sessions that the clock has closed.
func (w *sessions) Fire(now int64) (op.Status, error) {
	w.upTo = now
	return w.Resume()
}

// Resume goes on emitting.
func (w *sessions) Resume() (op.Status, error) {
	o := &w.out
	for w.timers.Len() > 0 && w.timers.Next() <= w.upTo {
		if w.c.Out.Full() {
			return op.More, nil
		}
		o.timers = w.timers.PopDue(w.upTo, op.BatchRows, o.timers)
		if err := w.emit(); err != nil {
			return op.Done, err
		}
	}
	if w.c.Out.Full() {
		return op.More, nil
	}
	w.at.reach(w.upTo)
	return op.Done, nil
}

// emit emits the sessions of the timers that are due; those that have grown get
// another timer.
func (w *sessions) emit() error {
	o := &w.out
	o.keys.Reset()
	for _, t := range o.timers {
		o.keys.Append(t.Key)
	}
	n := o.keys.Len()
	if cap(o.refs) < n {
		o.refs = make([]state.Ref, n, op.BatchRows)
	}
	o.refs = o.refs[:n]
	w.table.Find(&o.keys, o.refs)
	o.raw, o.rows, o.gone, o.slots = o.raw[:0], o.rows[:0], o.gone[:0], o.slots[:0]
	b := o.batch
	b.Reset()
	props := b.Cols[len(w.spec.keys)+len(w.calls):]
	for i, r := range o.refs {
		if r == state.NoRef {
			continue
		}
		s := (*session)(w.table.Ptr(r))
		due := w.clock.due(s.end)
		switch {
		case s.live != alive:
			continue
		case due > o.timers[i].TS:
			w.timers.Register(o.keys.Bytes(i), due)
			continue
		}
		s.live = emitted // a second timer of the same session finds nothing
		o.gone, o.slots = append(o.gone, r), append(o.slots, int64(le64(o.keys.Bytes(i))))
		if s.rows <= 0 {
			continue
		}
		o.raw = append(o.raw, o.keys.Bytes(i))
		o.rows = append(o.rows, unsafe.Add(unsafe.Pointer(s), w.base))
		w.properties(w.clock, props, s.start, s.end, 1)
	}
	if len(o.rows) > 0 {
		if len(w.spec.keys) > 0 {
			w.table.Codec().Decode(o.raw, o.cols)
		}
		k := len(w.spec.keys)
		if err := w.fold.Result(o.rows, b.Cols[k:k+len(w.calls)]); err != nil {
			return err
		}
		b.N = len(o.rows)
	}
	w.remove()
	if b.N == 0 {
		return nil
	}
	return w.c.Out.Emit(b)
}

// remove deletes the sessions in gone, earlier ones before current ones.
func (w *sessions) remove() {
	o, one := &w.out, &w.one
	for _, last := range []bool{false, true} {
		for i, r := range o.gone {
			slot := o.slots[i]
			if (slot == current) != last {
				continue
			}
			p := w.table.Ptr(r)
			s := (*session)(p)
			if w.fold.HasID() {
				w.fold.Drop(unsafe.Add(p, w.base))
			}
			if slot == current && s.closed > 0 {
				// Earlier sessions go first, but for clocks that go back: keep their count.
				clear(unsafe.Slice((*byte)(unsafe.Add(p, w.base)), w.fold.Size()))
				s.live = none
				continue
			}
			one.key = append(one.key[:0], w.table.KeyBytes(r)...)
			gone := span{s.start, s.end, slot}
			w.table.Delete(r)
			if slot != current {
				w.forget(gone)
			}
		}
	}
}

// forget takes an earlier session, whose key is in one.key, out of the books.
func (w *sessions) forget(s span) {
	one := &w.one
	for _, c := range one.cols[1:] {
		c.Resize(0)
	}
	if len(one.cols) > 1 {
		w.table.Codec().Decode([][]byte{one.key}, one.cols)
	}
	one.list.EncodeVectors(w.closed.KeyCodec(), one.cols[1:], nil, 1)
	w.unlist(s)
	setSlot(one.key, current)
	one.keys.Reset()
	one.keys.Append(one.key)
	w.table.Find(&one.keys, one.ref)
	if r := one.ref[0]; r != state.NoRef {
		cur := (*session)(w.table.Ptr(r))
		cur.closed--
		w.table.Mark(one.ref)
		if cur.live == none && cur.closed == 0 {
			w.table.Delete(r)
		}
	}
}
