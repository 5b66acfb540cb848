package topn

import (
	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/vec"
)

// changes collects rows to be emitted: rows of the input batch by number, and
// encoded rows, which are copied.
type changes struct {
	codec  *vec.Codec
	number bool
	batch  *vec.Batch
	kinds  []vec.Kind
	src    []int32 // >= 0: physical row of the input; < 0: ^place among old
	ranks  []int64
	old    []byte
	ends   []int // of the rows in old

	rows  [][]byte
	picks []int32
	order []int32
	mixed []*vec.Vector
}

func (c *changes) open(s *Spec) {
	c.codec, c.number = vec.NewCodec(s.In), s.Number
	c.batch = vec.NewBatch(s.outTypes())
	for _, t := range s.In {
		c.mixed = append(c.mixed, vec.New(t, 0))
	}
}

func (c *changes) len() int { return len(c.src) }

// row adds physical row r of the input.
func (c *changes) row(k vec.Kind, r int32, rank int64) {
	c.kinds, c.src = append(c.kinds, k), append(c.src, r)
	if c.number {
		c.ranks = append(c.ranks, rank)
	}
}

// bytes adds a copy of an encoded row.
func (c *changes) bytes(k vec.Kind, row []byte, rank int64) {
	c.old = append(c.old, row...)
	c.row(k, ^int32(len(c.ends)), rank)
	c.ends = append(c.ends, len(c.old))
}

// emit hands on what was collected; b is the input batch of the rows.
func (c *changes) emit(to op.Emitter, b *vec.Batch) error {
	o := c.batch
	o.Reset()
	o.N = len(c.src)
	cols := o.Cols
	if c.number {
		v := o.Cols[len(cols)-1]
		cols = cols[:len(cols)-1]
		v.Resize(o.N)
		copy(v.I64, c.ranks)
	}
	switch len(c.ends) {
	case 0:
		for j, v := range cols {
			v.AppendSel(b.Cols[j], c.src)
		}
	case o.N:
		c.codec.Decode(c.oldRows(), cols)
	default:
		c.mix(b, cols)
	}
	o.Kinds = nil
	for _, k := range c.kinds {
		if k != vec.Insert {
			o.Kinds = c.kinds
			break
		}
	}
	err := to.Emit(o)
	c.kinds, c.src, c.ranks, c.old, c.ends = c.kinds[:0], c.src[:0], c.ranks[:0], c.old[:0], c.ends[:0]
	return err
}

func (c *changes) oldRows() [][]byte {
	c.rows = c.rows[:0]
	at := 0
	for _, e := range c.ends {
		c.rows = append(c.rows, c.old[at:e])
		at = e
	}
	return c.rows
}

// mix brings both kinds of rows into order.
func (c *changes) mix(b *vec.Batch, cols []*vec.Vector) {
	old := int32(len(c.ends))
	c.picks, c.order = c.picks[:0], c.order[:0]
	for _, s := range c.src {
		if s < 0 {
			c.order = append(c.order, ^s)
			continue
		}
		c.order = append(c.order, old+int32(len(c.picks)))
		c.picks = append(c.picks, s)
	}
	for _, v := range c.mixed {
		v.Resize(0)
	}
	c.codec.Decode(c.oldRows(), c.mixed)
	for j, v := range cols {
		c.mixed[j].AppendSel(b.Cols[j], c.picks)
		v.AppendSel(c.mixed[j], c.order)
	}
}

// feed drives an operator over its input in steps: a batch, or a row where Flink
// emits row by row.
type feed struct {
	c    *op.Context
	out  changes
	take func(b *vec.Batch, sel []int32) // sel: physical rows, nil = all of b

	b    *vec.Batch
	next int
	sel  []int32
	// ending, if not nil, collects more rows at the end of the input until it
	// has none.
	ending func() bool
}

// stepRows bounds the rows that are consolidated at once.
const stepRows = 2 * op.BatchRows

// Push takes a batch in.
func (f *feed) Push(_ int, b *vec.Batch) (op.Status, error) {
	f.b, f.next = b, 0
	return f.Resume()
}

// Resume goes on with the batch at hand.
func (f *feed) Resume() (op.Status, error) {
	for f.b != nil {
		if f.c.Out.Full() {
			return op.More, nil
		}
		for f.next < f.b.Len() && f.out.len() < op.BatchRows {
			f.step()
		}
		if f.out.len() > 0 {
			if err := f.out.emit(f.c.Out, f.b); err != nil {
				return op.Done, err
			}
		}
		if f.next >= f.b.Len() {
			f.b = nil
		}
	}
	for f.ending != nil {
		if f.c.Out.Full() {
			return op.More, nil
		}
		if !f.ending() {
			f.ending = nil
		}
		if f.out.len() > 0 {
			if err := f.out.emit(f.c.Out, nil); err != nil {
				return op.Done, err
			}
		}
	}
	if f.c.Out.Full() { // the receiver may still be reading
		return op.More, nil
	}
	return op.Done, nil
}

func (f *feed) step() {
	b, n := f.b, f.b.Len()
	k := min(n-f.next, stepRows)
	if !f.c.MiniBatch && !f.c.Batch {
		k = 1
	}
	from := f.next
	f.next += k
	switch {
	case b.Sel != nil:
		f.take(b, b.Sel[from:from+k])
	case k == b.N:
		f.take(b, nil)
	default:
		f.sel = f.sel[:0]
		for i := range k {
			f.sel = append(f.sel, int32(from+i))
		}
		f.take(b, f.sel)
	}
}

// rowAt is the physical row of place i of a selection.
func rowAt(sel []int32, i int) int32 {
	if sel == nil {
		return int32(i)
	}
	return sel[i]
}

func sized[T any](s []T, n int) []T {
	if cap(s) >= n {
		return s[:n]
	}
	return make([]T, n, n+n/4)
}
