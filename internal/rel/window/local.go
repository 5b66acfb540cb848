package window

import (
	"github.com/weir-stream/weir/internal/fold"
	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// local folds rows by slice and key before they are exchanged, as far as that
// makes them fewer. The runtime flushes it before it forwards a watermark, so
// that what is folded here is never late there.
type local struct {
	spec
	timed
	c     *op.Context
	fold  *fold.Local
	cut   slicing
	clock clockOf
	times []int64
	ids   []windowID
	keys  []*vec.Vector
	late  suspects
}

// localKeys are the types of the slice and key columns.
func (s *spec) localKeys(in []types.Type) []types.Type {
	slot := types.Of(types.BigInt).NotNull()
	key := []types.Type{slot, slot}[:s.slots()]
	for _, k := range s.keys {
		key = append(key, in[k])
	}
	return key
}

// Open makes the table.
func (l *local) Open(c *op.Context) error {
	l.c = c
	l.cut = slicingOf(l.window)
	l.clock = windowClock(c, l.spec.local)
	l.late.main = shipper{out: c.Out, text: -1}
	key := l.localKeys(c.Inputs[0])
	l.keys = make([]*vec.Vector, len(key))
	for i := range l.slots() {
		l.keys[i] = vec.New(key[i], 0)
	}
	var err error
	l.fold, err = fold.NewLocal(fold.Spec{Name: "local", Calls: l.calls, In: c.Inputs[0], Retract: l.retract, Fn: c.Fn}, key)
	return err
}

// Push folds rows.
func (l *local) Push(_ int, b *vec.Batch) (op.Status, error) {
	b = l.timely(b, &l.timed)
	n := b.Len()
	if n == 0 {
		return op.Done, nil
	}
	if cap(l.ids) < n {
		l.ids = make([]windowID, n, n+n/4)
	}
	l.ids = l.ids[:n]
	if w := l.attached; w != nil {
		readIDs(b, w.End, w.Start, l.ids)
	} else {
		l.times = l.stamp(b, n, l.clock, &l.cut, 0, l.times, l.ids)
	}
	slots := l.slots()
	slotColumns(l.keys[:slots], l.ids, b.Sel, b.N)
	for i, k := range l.spec.keys {
		l.keys[slots+i] = b.Cols[k]
	}
	sel := b.Sel
	if l.late.sort(l, b, n) {
		if err := l.late.add(l, b); err != nil {
			return op.Done, err
		}
		sel, n = l.late.ok, len(l.late.ok)
	}
	if err := l.fold.Add(b, sel, n, l.keys, &l.late.main); err != nil {
		return op.Done, err
	}
	if l.fold.Ripe() || l.late.ripe() {
		return l.Resume()
	}
	if l.c.Out.Full() {
		return op.More, nil
	}
	return op.Done, nil
}

// Resume goes on emitting.
func (l *local) Resume() (op.Status, error) {
	if s, err := l.fold.Emit(&l.late.main); s == op.More || err != nil {
		return s, err
	}
	return l.late.emit()
}

// Flush ships what has been folded.
func (l *local) Flush() (op.Status, error) { return l.Resume() }

// EndInput ships the rest.
func (l *local) EndInput(int) (op.Status, error) { return l.Resume() }

// Close has nothing to free.
func (l *local) Close() error { return nil }

var (
	_ op.Operator = (*local)(nil)
	_ op.Flusher  = (*local)(nil)
	_ op.Ender    = (*local)(nil)
	_ op.Reporter = (*local)(nil)
)
