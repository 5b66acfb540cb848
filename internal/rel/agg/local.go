package agg

import (
	"github.com/weir-stream/weir/internal/fold"
	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// local folds rows before they are exchanged, as far as that makes them fewer.
type local struct {
	spec
	c    *op.Context
	fold *fold.Local
	keys []*vec.Vector
}

// Open makes the table.
func (l *local) Open(c *op.Context) error {
	l.c = c
	in := c.Inputs[0]
	key := make([]types.Type, len(l.spec.keys))
	for i, k := range l.spec.keys {
		key[i] = in[k]
	}
	l.keys = make([]*vec.Vector, len(key))
	var err error
	l.fold, err = fold.NewLocal(fold.Spec{Name: "local", Calls: l.calls, In: in, Retract: l.retract, Fn: c.Fn}, key)
	if err == nil {
		l.fold.Ordered(c.Parallelism)
	}
	return err
}

// Push folds rows.
func (l *local) Push(_ int, b *vec.Batch) (op.Status, error) {
	for i, k := range l.spec.keys {
		l.keys[i] = b.Cols[k]
	}
	if err := l.fold.Add(b, b.Sel, b.Len(), l.keys, l.c.Out); err != nil {
		return op.Done, err
	}
	if l.fold.Ripe() {
		return l.Resume()
	}
	if l.c.Out.Full() {
		return op.More, nil
	}
	return op.Done, nil
}

// Resume goes on emitting.
func (l *local) Resume() (op.Status, error) { return l.fold.Emit(l.c.Out) }

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
)
