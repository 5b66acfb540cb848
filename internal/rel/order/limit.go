package order

import (
	"encoding/binary"
	"math"

	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/state"
	"github.com/weir-stream/weir/internal/vec"
)

// limit lets the rows from place skip to most-1 of an input pass that only adds
// rows.
type limit struct {
	skip, most int64

	c    *op.Context
	seen int64
	kept *state.Single
	word [8]byte
	sel  []int32
	view vec.Batch
}

func newLimit(offset, n int64) *limit {
	l := &limit{skip: offset, most: math.MaxInt64}
	if n >= 0 && n < math.MaxInt64-offset {
		l.most = offset + n
	}
	return l
}

func (l *limit) Open(c *op.Context) error {
	l.c = c
	l.kept = c.State.Single("seen")
	return nil
}

// Push hands on what is in the range.
func (l *limit) Push(_ int, b *vec.Batch) (op.Status, error) {
	n := int64(b.Len())
	from, to := max(l.skip-l.seen, 0), min(l.most-l.seen, n)
	if l.seen >= l.most {
		return op.Done, nil
	}
	l.seen += n
	l.kept.Set(binary.LittleEndian.AppendUint64(l.word[:0], uint64(l.seen)))
	if from >= to {
		return op.Done, nil
	}
	l.view = vec.Batch{Cols: b.Cols, Sel: b.Sel, N: b.N}
	if from > 0 || to < n {
		l.sel = l.sel[:0]
		for i := from; i < to; i++ {
			l.sel = append(l.sel, int32(b.Row(int(i))))
		}
		l.view.Sel = l.sel
	}
	if err := l.c.Out.Emit(&l.view); err != nil {
		return op.Done, err
	}
	return l.Resume()
}

// Restored takes up how many rows there were.
func (l *limit) Restored() error {
	if k := l.kept.Get(); len(k) == 8 {
		l.seen = int64(binary.LittleEndian.Uint64(k))
	}
	return nil
}

// Resume waits for the receiver, which reads the sender's batch.
func (l *limit) Resume() (op.Status, error) {
	if l.c.Out.Full() {
		return op.More, nil
	}
	return op.Done, nil
}

// Finished tells that the range is full: nothing that comes can matter.
func (l *limit) Finished() bool { return l.seen >= l.most }

func (l *limit) Close() error { return nil }

// pass hands rows on as they are: a sort by arrival.
type pass struct{ limit }

func newPass() *pass { return &pass{limit{most: math.MaxInt64}} }
