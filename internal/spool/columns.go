package spool

import (
	"slices"
	"unsafe"

	"github.com/weir-stream/weir/internal/spill"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// Columns is a table of rows that are read in any order although they may not fit
// into memory: its columns lie in slabs, which spill page by page. Its text lies
// there too, so who hands that on copies it (vec.Batch.OwnText).
type Columns struct {
	area *spill.Area
	b    *vec.Batch
	text []byte // rest of the last slab of text
}

// InColumns reports whether rows of these types can be kept so: what is nested has
// pointers of its own.
func InColumns(ts []types.Type) bool {
	return !slices.ContainsFunc(ts, func(t types.Type) bool { return t.IsNested() })
}

// NewColumns gives an empty table.
func NewColumns(b *spill.Budget, ts []types.Type) *Columns {
	return &Columns{area: spill.NewArea(b), b: vec.NewBatch(ts)}
}

// Rows gives all rows. They are the table's, and valid until more are added.
func (c *Columns) Rows() *vec.Batch { return c.b }

// Add appends the counting rows of b, whose kinds do not count.
func (c *Columns) Add(b *vec.Batch) error {
	base := c.b.N
	for _, v := range c.b.Cols {
		c.room(v, b.Len())
	}
	c.b.AppendBatch(&vec.Batch{Cols: b.Cols, Sel: b.Sel, N: b.N})
	for _, v := range c.b.Cols {
		for i := base; i < len(v.S); i++ {
			v.S[i] = c.keep(v.S[i])
		}
	}
	return c.area.Tend()
}

// room makes sure that n more values of v lie in a slab.
func (c *Columns) room(v *vec.Vector, n int) {
	n += v.N
	switch v.Type.Phys() {
	case types.PBool:
		v.B = spill.Grown(c.area, v.B, n)
	case types.PI8:
		v.I8 = spill.Grown(c.area, v.I8, n)
	case types.PI16:
		v.I16 = spill.Grown(c.area, v.I16, n)
	case types.PI32:
		v.I32 = spill.Grown(c.area, v.I32, n)
	case types.PI64:
		v.I64 = spill.Grown(c.area, v.I64, n)
	case types.PF32:
		v.F32 = spill.Grown(c.area, v.F32, n)
	case types.PF64:
		v.F64 = spill.Grown(c.area, v.F64, n)
	case types.PI128:
		v.D = spill.Grown(c.area, v.D, n)
	case types.PTime:
		v.TS = spill.Grown(c.area, v.TS, n)
	case types.PStr:
		v.S = spill.Grown(c.area, v.S, n)
	}
}

// textSlab is the size of slabs of text; longer ones have one of their own.
const textSlab = 256 << 10

// keep copies a text to a slab.
func (c *Columns) keep(s string) string {
	if s == "" {
		return ""
	}
	if len(s) > len(c.text) {
		c.text = c.area.Bytes(max(textSlab, len(s)))
	}
	n := copy(c.text, s)
	s = unsafe.String(&c.text[0], n)
	c.text = c.text[n:]
	return s
}

// Free gives everything back; nothing of it may be used any more.
func (c *Columns) Free() {
	c.area.Free()
	c.b, c.text = nil, nil
}
