package join

import (
	"unsafe"

	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// arena keeps byte strings end to end in chunks that never move, so that text
// can be handed out without copying. A reference packs chunk, offset and length.
type arena struct {
	chunks [][]byte
	bytes  int64
}

const (
	chunkBits = 22
	chunkSize = 1 << chunkBits
	lenMask   = chunkSize - 1 // a length of lenMask stands for the whole chunk
)

func (a *arena) put(s string) int64 {
	n := len(s)
	if n == 0 {
		return 0
	}
	if n >= lenMask {
		a.chunks = append(a.chunks, []byte(s))
		a.bytes += int64(n)
		return int64(uint64(len(a.chunks)-1)<<(2*chunkBits) | lenMask)
	}
	k := len(a.chunks) - 1
	if k < 0 || cap(a.chunks[k])-len(a.chunks[k]) < n {
		a.chunks = append(a.chunks, make([]byte, 0, a.chunkFor(n)))
		k++
		a.bytes += int64(cap(a.chunks[k]))
	}
	off := len(a.chunks[k])
	a.chunks[k] = append(a.chunks[k], s...)
	return int64(uint64(k)<<(2*chunkBits) | uint64(off)<<chunkBits | uint64(n))
}

// chunkFor gives small tables small chunks.
func (a *arena) chunkFor(n int) int {
	return max(n, min(chunkSize, 1<<12<<min(len(a.chunks), 10)))
}

func (a *arena) get(ref int64) string {
	n := int(uint64(ref) & lenMask)
	if n == 0 {
		return ""
	}
	c := a.chunks[uint64(ref)>>(2*chunkBits)]
	if n == lenMask {
		return unsafe.String(unsafe.SliceData(c), len(c))
	}
	off := uint64(ref) >> chunkBits & lenMask
	return unsafe.String(&c[off], n)
}

// column is one column of the build side's rows. Text lies in an arena, and v
// holds references to it, so that neither text nor rows have pointers.
type column struct {
	t    types.Type
	v    *vec.Vector
	text *arena
}

func newColumn(t types.Type) *column {
	if t.Phys() == types.PStr {
		return &column{t: t, v: vec.New(types.Of(types.BigInt), 0), text: &arena{}}
	}
	return &column{t: t, v: vec.New(t, 0)}
}

// append adds the rows sel (all n if nil) of src.
func (c *column) append(src *vec.Vector, sel []int32, n int) {
	if sel != nil {
		n = len(sel)
	}
	c.double(n)
	switch {
	case c.text != nil:
		c.appendText(src, sel, n)
	case sel != nil:
		c.v.AppendSel(src, sel)
	default:
		c.v.AppendRange(src, 0, n)
	}
}

func (c *column) appendText(src *vec.Vector, sel []int32, n int) {
	base := c.v.N
	c.v.Grow(n)
	refs := c.v.I64[base:]
	for i := range refs {
		r := i
		if sel != nil {
			r = int(sel[i])
		}
		if src.IsNull(r) {
			refs[i] = 0
			c.v.SetNull(base + i)
			continue
		}
		refs[i] = c.text.put(src.S[src.Idx(r)])
	}
}

// double makes room for n rows, doubling, since a table that grows by quarters
// is copied too often.
func (c *column) double(n int) {
	switch c.v.Type.Phys() {
	case types.PI32:
		c.v.I32 = doubled(c.v.I32, n)
	case types.PI64:
		c.v.I64 = doubled(c.v.I64, n)
	case types.PF64:
		c.v.F64 = doubled(c.v.F64, n)
	case types.PI128:
		c.v.D = doubled(c.v.D, n)
	}
}

func doubled[T any](s []T, n int) []T {
	if cap(s)-len(s) >= n {
		return s
	}
	out := make([]T, len(s), max(2*len(s), len(s)+n))
	copy(out, s)
	return out
}

// arrange brings the rows into another order.
func (c *column) arrange(order []int32) {
	v := vec.New(c.v.Type, 0)
	v.AppendSel(c.v, order)
	c.v = v
}

// reset empties the column; text that was handed out stays.
func (c *column) reset() {
	c.v.Resize(0)
	if c.text != nil {
		c.text = &arena{}
	}
}

// bytes estimates the memory held.
func (c *column) bytes() int64 {
	n := int64(c.v.N*c.v.Type.Phys().Width() + 8*len(c.v.Valid))
	if c.text != nil {
		n += c.text.bytes
	}
	for _, k := range c.v.Kids {
		n += int64(k.Bytes())
	}
	return n
}

// gather replaces dst by the rows at, null where at is negative if holes is
// set; zero is scratch.
func (c *column) gather(dst *vec.Vector, at []int32, holes bool, zero *[]int32) {
	dst.Resize(0)
	c.appendTo(dst, at, holes, zero)
}

func (c *column) appendTo(dst *vec.Vector, at []int32, holes bool, zero *[]int32) {
	switch {
	case c.text != nil:
		base := dst.N
		dst.Grow(len(at))
		scatterText(c, dst, base, nil, at)
	case holes:
		gatherHoles(dst, c.v, at, zero)
	default:
		dst.AppendSel(c.v, at)
	}
}

// scatterText sets slot base+i (or to[i], if to is not nil) of dst to row at[i]
// of c, null where that is negative.
func scatterText(c *column, dst *vec.Vector, base int, to, at []int32) {
	nulls := c.v.MayHaveNulls()
	for i, r := range at {
		d := base + i
		if to != nil {
			d = int(to[i])
		}
		if r < 0 || nulls && c.v.IsNull(int(r)) {
			dst.S[d] = ""
			dst.SetNull(d)
			continue
		}
		dst.S[d] = c.text.get(c.v.I64[r])
	}
}

// canScatter reports whether scatter knows the column's class.
func (c *column) canScatter() bool {
	switch c.t.Phys() {
	case types.PList, types.PRow, types.PNull:
		return false
	}
	return true
}

// scatter makes dst n rows long and sets rows to[i] to row at[i] of c; the rows
// between are undefined, or null if pad is set.
func (c *column) scatter(dst *vec.Vector, n int, to, at []int32, pad bool) {
	dst.Resize(n)
	if pad && len(to) < n {
		dst.SetAllNull()
		for _, i := range to {
			dst.Valid.Set(int(i))
		}
	}
	switch c.t.Phys() {
	case types.PBool:
		spread(dst.B, c.v.B, to, at)
	case types.PI8:
		spread(dst.I8, c.v.I8, to, at)
	case types.PI16:
		spread(dst.I16, c.v.I16, to, at)
	case types.PI32:
		spread(dst.I32, c.v.I32, to, at)
	case types.PI64:
		spread(dst.I64, c.v.I64, to, at)
	case types.PF32:
		spread(dst.F32, c.v.F32, to, at)
	case types.PF64:
		spread(dst.F64, c.v.F64, to, at)
	case types.PI128:
		spread(dst.D, c.v.D, to, at)
	case types.PTime:
		spread(dst.TS, c.v.TS, to, at)
	case types.PStr:
		scatterText(c, dst, 0, to, at)
		return
	}
	if c.v.MayHaveNulls() {
		for i, r := range at {
			if c.v.IsNull(int(r)) {
				dst.SetNull(int(to[i]))
			}
		}
	}
}

func spread[T any](dst, src []T, to, at []int32) {
	to = to[:len(at)]
	for i, r := range at {
		dst[to[i]] = src[r]
	}
}
