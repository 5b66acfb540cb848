package vec

import "github.com/weir-stream/weir/internal/types"

// Batch is a set of rows in columns. N is the number of physical rows; Sel, if
// not nil, lists those that count, ascending; Kinds, if not nil, has a row kind
// for each physical row.
//
// A -U and the +U of the same row are adjacent until an exchange or a filter
// parts them; a lone -U means delete, a lone +U insert or upsert.
type Batch struct {
	Cols  []*Vector
	Sel   []int32
	Kinds []Kind
	N     int
}

// NewBatch gives an empty batch with a column for each type.
func NewBatch(ts []types.Type) *Batch {
	b := &Batch{Cols: make([]*Vector, len(ts))}
	for i, t := range ts {
		b.Cols[i] = New(t, 0)
	}
	return b
}

// Len is the number of rows that count.
func (b *Batch) Len() int {
	if b.Sel != nil {
		return len(b.Sel)
	}
	return b.N
}

// Row maps the i-th counting row to its physical row.
func (b *Batch) Row(i int) int {
	if b.Sel != nil {
		return int(b.Sel[i])
	}
	return i
}

// Kind gives the kind of physical row r.
func (b *Batch) Kind(r int) Kind {
	if b.Kinds == nil {
		return Insert
	}
	return b.Kinds[r]
}

// Reset empties the batch, keeping its buffers.
func (b *Batch) Reset() {
	for _, c := range b.Cols {
		c.Resize(0)
	}
	b.Sel, b.N = nil, 0
	b.Kinds = b.Kinds[:0]
	if len(b.Kinds) == 0 {
		b.Kinds = nil
	}
}

// AppendBatch appends the counting rows of src (same column types), kinds
// included.
func (b *Batch) AppendBatch(src *Batch) {
	n := src.Len()
	b.appendKinds(src, n)
	for i, c := range b.Cols {
		if src.Sel != nil {
			c.AppendSel(src.Cols[i], src.Sel)
		} else {
			c.AppendRange(src.Cols[i], 0, src.N)
		}
	}
	b.N += n
}

// AppendSel appends the given physical rows of src, kinds included.
func (b *Batch) AppendSel(src *Batch, sel []int32) {
	if src.Kinds != nil || b.Kinds != nil {
		b.needKinds()
		for _, r := range sel {
			b.Kinds = append(b.Kinds, src.Kind(int(r)))
		}
	}
	for i, c := range b.Cols {
		c.AppendSel(src.Cols[i], sel)
	}
	b.N += len(sel)
}

func (b *Batch) appendKinds(src *Batch, n int) {
	if src.Kinds == nil && b.Kinds == nil {
		return
	}
	b.needKinds()
	for i := range n {
		b.Kinds = append(b.Kinds, src.Kind(src.Row(i)))
	}
}

// needKinds writes out the kinds of the rows so far.
func (b *Batch) needKinds() {
	for len(b.Kinds) < b.N {
		b.Kinds = append(b.Kinds, Insert)
	}
}

// AppendKind records the kind of the row that is being appended as row N by
// hand; call it before N grows.
func (b *Batch) AppendKind(k Kind) {
	if k == Insert && b.Kinds == nil {
		return
	}
	b.needKinds()
	b.Kinds = append(b.Kinds, k)
}

// Types lists the column types.
func (b *Batch) Types() []types.Type {
	ts := make([]types.Type, len(b.Cols))
	for i, c := range b.Cols {
		ts[i] = c.Type
	}
	return ts
}

// Clone copies the counting rows into a batch of its own.
func (b *Batch) Clone() *Batch {
	c := NewBatch(b.Types())
	c.AppendBatch(b)
	return c
}

// Bytes estimates the memory that the rows take, text included.
func (b *Batch) Bytes() int {
	n := 0
	for _, c := range b.Cols {
		n += c.Bytes()
	}
	return n + len(b.Kinds) + 4*len(b.Sel)
}
