package vec

import (
	"encoding/binary"
	"unsafe"

	"github.com/weir-stream/weir/internal/types"
)

// Codec encodes rows of fixed column types to bytes, canonically: equal rows
// have equal bytes, so that hashing and comparing keys or whole rows is hashing
// and comparing bytes. A row is
//
//	slots in column order, each as wide as its physical class (text, bytes and
//	nested values: 4 bytes of offset from the row's start, 4 of length)
//	null bits, one byte for every eight columns, set = null
//	the variable parts in column order
//
// Null slots are zero. All integers are little-endian.
type Codec struct {
	Types []types.Type
	slot  []int32
	fixed int
	varc  []int // columns with a variable part
}

// NewCodec gives the codec for rows of the given types.
func NewCodec(ts []types.Type) *Codec {
	c := &Codec{Types: ts, slot: make([]int32, len(ts))}
	off := 0
	for i, t := range ts {
		c.slot[i] = int32(off)
		switch p := t.Phys(); p {
		case types.PStr, types.PList, types.PRow:
			off += 8
			c.varc = append(c.varc, i)
		default:
			off += p.Width()
		}
	}
	c.fixed = off + (len(ts)+7)/8
	return c
}

// FixedLen is the length of a row without variable parts; every row is at least
// that long.
func (c *Codec) FixedLen() int { return c.fixed }

// Variable reports whether rows differ in length.
func (c *Codec) Variable() bool { return len(c.varc) > 0 }

// Rows holds encoded rows end to end; row i is Data[Off[i]:Off[i+1]].
type Rows struct {
	Data []byte
	Off  []int32
}

// Len is the number of rows.
func (r *Rows) Len() int { return max(len(r.Off)-1, 0) }

// Row gives row i; it is valid until the next Encode into r.
func (r *Rows) Row(i int) []byte { return r.Data[r.Off[i]:r.Off[i+1]] }

// Encode replaces dst by the encoded counting rows of b's columns cols (all
// columns if cols is nil), whose types must be the codec's.
func (c *Codec) Encode(dst *Rows, b *Batch, cols []int) {
	vs := b.Cols
	if cols != nil {
		vs = make([]*Vector, len(cols))
		for i, j := range cols {
			vs[i] = b.Cols[j]
		}
	}
	c.EncodeVectors(dst, vs, b.Sel, b.N)
}

// EncodeVectors replaces dst by the encoded rows sel (all n if nil) of vs.
func (c *Codec) EncodeVectors(dst *Rows, vs []*Vector, sel []int32, n int) {
	if sel != nil {
		n = len(sel)
	}
	dst.Off = sized(dst.Off, n+1)
	nested := c.encodeNested(vs, sel, n)
	c.layout(dst, vs, nested, sel, n)
	nulls := c.fixed - (len(c.Types)+7)/8
	var pos []int32
	if c.Variable() {
		pos = make([]int32, n)
		for i := range pos {
			pos[i] = dst.Off[i] + int32(c.fixed)
		}
	}
	for j, v := range vs {
		c.putColumn(dst, v, int(c.slot[j]), nested[j], sel, n, pos)
		if v.Valid != nil {
			c.putNulls(dst, v, j, nulls, sel, n)
		}
	}
}

// encodeNested encodes the values of nested columns to byte strings of their own.
func (c *Codec) encodeNested(vs []*Vector, sel []int32, n int) map[int][][]byte {
	var out map[int][][]byte
	for _, j := range c.varc {
		if p := c.Types[j].Phys(); p == types.PStr {
			continue
		}
		if out == nil {
			out = map[int][][]byte{}
		}
		col := make([][]byte, n)
		for i := range n {
			r := i
			if sel != nil {
				r = int(sel[i])
			}
			if !vs[j].IsNull(r) {
				col[i] = AppendCanonical(nil, vs[j], r)
			}
		}
		out[j] = col
	}
	return out
}

// layout sets dst.Off and zeroes dst.Data.
func (c *Codec) layout(dst *Rows, vs []*Vector, nested map[int][][]byte, sel []int32, n int) {
	dst.Off[0] = 0
	for i := range n {
		dst.Off[i+1] = int32(c.fixed)
	}
	for _, j := range c.varc {
		v := vs[j]
		if col := nested[j]; col != nil {
			for i := range n {
				dst.Off[i+1] += int32(len(col[i]))
			}
			continue
		}
		for i := range n {
			r := i
			if sel != nil {
				r = int(sel[i])
			}
			if !v.IsNull(r) {
				dst.Off[i+1] += int32(len(v.S[v.Idx(r)]))
			}
		}
	}
	for i := range n {
		dst.Off[i+1] += dst.Off[i]
	}
	dst.Data = sized(dst.Data, int(dst.Off[n]))
	clear(dst.Data)
}

func (c *Codec) putNulls(dst *Rows, v *Vector, j, nulls int, sel []int32, n int) {
	bit, at := byte(1)<<(j&7), nulls+j/8
	w := v.Type.Phys().Width()
	slot := int(c.slot[j])
	if c.isVar(j) {
		w = 8
	}
	for i := range n {
		r := i
		if sel != nil {
			r = int(sel[i])
		}
		if v.IsNull(r) {
			off := int(dst.Off[i])
			dst.Data[off+at] |= bit
			clear(dst.Data[off+slot : off+slot+w])
		}
	}
}

func (c *Codec) isVar(j int) bool {
	p := c.Types[j].Phys()
	return p == types.PStr || p == types.PList || p == types.PRow
}

func (c *Codec) putColumn(dst *Rows, v *Vector, slot int, nested [][]byte, sel []int32, n int, pos []int32) {
	d, off := dst.Data, dst.Off
	switch v.Type.Phys() {
	case types.PBool:
		put(d, off, slot, v.Const, v.B, sel, n)
	case types.PI8:
		put(d, off, slot, v.Const, v.I8, sel, n)
	case types.PI16:
		put(d, off, slot, v.Const, v.I16, sel, n)
	case types.PI32:
		put(d, off, slot, v.Const, v.I32, sel, n)
	case types.PI64:
		put(d, off, slot, v.Const, v.I64, sel, n)
	case types.PF32:
		put(d, off, slot, v.Const, v.F32, sel, n)
	case types.PF64:
		put(d, off, slot, v.Const, v.F64, sel, n)
	case types.PI128:
		put(d, off, slot, v.Const, v.D, sel, n)
	case types.PTime:
		for i := range n {
			x := v.TS[v.Idx(rowOf(sel, i))]
			binary.LittleEndian.PutUint64(d[int(off[i])+slot:], uint64(x.Ms))
			binary.LittleEndian.PutUint32(d[int(off[i])+slot+8:], uint32(x.Ns))
		}
	case types.PStr:
		for i := range n {
			r := rowOf(sel, i)
			if !v.IsNull(r) {
				pos[i] += putVar(d, int(off[i]), slot, int(pos[i]), v.S[v.Idx(r)])
			}
		}
	case types.PList, types.PRow:
		for i := range n {
			if nested[i] != nil {
				pos[i] += putVar(d, int(off[i]), slot, int(pos[i]), unsafe.String(unsafe.SliceData(nested[i]), len(nested[i])))
			}
		}
	}
}

func rowOf(sel []int32, i int) int {
	if sel != nil {
		return int(sel[i])
	}
	return i
}

func putVar(d []byte, row, slot, pos int, s string) int32 {
	binary.LittleEndian.PutUint32(d[row+slot:], uint32(pos-row))
	binary.LittleEndian.PutUint32(d[row+slot+4:], uint32(len(s)))
	copy(d[pos:], s)
	return int32(len(s))
}

// put writes a column of plain values into its slots. Values are stored as the
// machine has them, little-endian on all supported ones; T has no padding.
func put[T any](d []byte, off []int32, slot int, constant bool, vals []T, sel []int32, n int) {
	base := unsafe.Add(unsafe.Pointer(unsafe.SliceData(d)), slot)
	off = off[:n]
	switch {
	case constant:
		x := vals[0]
		for _, o := range off {
			*(*T)(unsafe.Add(base, int(o))) = x
		}
	case sel != nil:
		sel = sel[:n]
		for i, o := range off {
			*(*T)(unsafe.Add(base, int(o))) = vals[sel[i]]
		}
	default:
		vals = vals[:n]
		for i, o := range off {
			*(*T)(unsafe.Add(base, int(o))) = vals[i]
		}
	}
}

// Decode appends the encoded rows to out, one vector a column (nil entries are
// skipped). The text of all rows shares one new buffer a column.
func (c *Codec) Decode(rows [][]byte, out []*Vector) {
	nulls := c.fixed - (len(c.Types)+7)/8
	for j, v := range out {
		if v == nil {
			continue
		}
		c.decodeColumn(rows, v, j)
		at, bit := nulls+j/8, byte(1)<<(j&7)
		base := v.N - len(rows)
		for i, row := range rows {
			if row[at]&bit != 0 {
				v.SetNull(base + i)
			}
		}
	}
}

func (c *Codec) decodeColumn(rows [][]byte, v *Vector, j int) {
	slot, n := int(c.slot[j]), len(rows)
	switch p := v.Type.Phys(); p {
	case types.PStr:
		c.decodeText(rows, v, slot)
	case types.PList, types.PRow:
		nulls, bit := c.fixed-(len(c.Types)+7)/8+j/8, byte(1)<<(j&7)
		for _, row := range rows {
			if row[nulls]&bit != 0 {
				v.AppendNulls(1)
				continue
			}
			o, l := binary.LittleEndian.Uint32(row[slot:]), binary.LittleEndian.Uint32(row[slot+4:])
			DecodeCanonical(row[o:o+l], v)
		}
	default:
		v.appendValidOnes(n)
		v.N += n
		switch p {
		case types.PBool:
			v.B = get(v.B, rows, slot)
		case types.PI8:
			v.I8 = get(v.I8, rows, slot)
		case types.PI16:
			v.I16 = get(v.I16, rows, slot)
		case types.PI32:
			v.I32 = get(v.I32, rows, slot)
		case types.PI64:
			v.I64 = get(v.I64, rows, slot)
		case types.PF32:
			v.F32 = get(v.F32, rows, slot)
		case types.PF64:
			v.F64 = get(v.F64, rows, slot)
		case types.PI128:
			v.D = get(v.D, rows, slot)
		case types.PTime:
			for _, r := range rows {
				v.TS = append(v.TS, types.TimeNs{Ms: int64(binary.LittleEndian.Uint64(r[slot:])), Ns: int32(binary.LittleEndian.Uint32(r[slot+8:]))})
			}
		}
	}
}

// get reads a column of plain values from its slots.
func get[T any](dst []T, rows [][]byte, slot int) []T {
	n := len(dst)
	dst = grown(dst, len(rows))
	out := dst[n:]
	for i, r := range rows {
		out[i] = *(*T)(unsafe.Add(unsafe.Pointer(unsafe.SliceData(r)), slot))
	}
	return dst
}

func (c *Codec) decodeText(rows [][]byte, v *Vector, slot int) {
	total := 0
	for _, r := range rows {
		total += int(binary.LittleEndian.Uint32(r[slot+4:]))
	}
	buf := make([]byte, 0, total)
	v.appendValidOnes(len(rows))
	n := len(v.S)
	v.S = grown(v.S, len(rows))
	for i, r := range rows {
		o, l := int(binary.LittleEndian.Uint32(r[slot:])), int(binary.LittleEndian.Uint32(r[slot+4:]))
		if l == 0 {
			v.S[n+i] = ""
			continue
		}
		buf = append(buf, r[o:o+l]...)
		v.S[n+i] = unsafe.String(&buf[len(buf)-l], l)
	}
	v.N += len(rows)
}

// Holds reports whether a row that was read from elsewhere is long enough for what it
// says of its columns, so that Decode and AppendPicked can take it apart. What nested
// columns hold is not looked at.
func (c *Codec) Holds(row []byte) bool {
	if len(row) < c.fixed {
		return false
	}
	for j := range c.Types {
		if !c.isVar(j) {
			continue
		}
		slot := row[c.slot[j]:]
		if uint64(binary.LittleEndian.Uint32(slot))+uint64(binary.LittleEndian.Uint32(slot[4:])) > uint64(len(row)) {
			return false
		}
	}
	return true
}

// AppendPicked appends the row of c that consists of columns cols of a row of
// codec from, which have the types of c.
func (c *Codec) AppendPicked(dst []byte, from *Codec, row []byte, cols []int) []byte {
	base := len(dst)
	dst = append(dst, make([]byte, c.fixed)...)
	nulls, fromNulls := c.fixed-(len(c.Types)+7)/8, from.fixed-(len(from.Types)+7)/8
	for i, j := range cols {
		if row[fromNulls+j/8]&(1<<(j&7)) != 0 {
			dst[base+nulls+i/8] |= 1 << (i & 7)
			continue
		}
		slot, to := row[from.slot[j]:], base+int(c.slot[i])
		if !c.isVar(i) {
			copy(dst[to:to+c.Types[i].Phys().Width()], slot)
			continue
		}
		o, n := binary.LittleEndian.Uint32(slot), binary.LittleEndian.Uint32(slot[4:])
		binary.LittleEndian.PutUint32(dst[to:], uint32(len(dst)-base))
		binary.LittleEndian.PutUint32(dst[to+4:], n)
		dst = append(dst, row[o:o+n]...)
	}
	return dst
}
