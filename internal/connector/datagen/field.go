package datagen

import (
	"hash/fnv"
	"math"
	"math/bits"
	"strconv"

	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/format"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// field makes the values of a column, or of a place inside of one.
type field struct {
	typ      types.Type
	draw     uint64 // keeps the field's randomness apart
	sequence bool
	start    int64
	end      int64
	min, max int64 // integers, unscaled DECIMAL(p <= 18), times in ms
	lo, hi   float64
	length   int64
	varLen   bool
	nullRate float64
	pastMs   int64
	kids     []*field // ROW fields; the element; key and value
	arena    *format.Arena
	deep     []int64 // rows of elements
}

// rows is how many values a sequence has.
func (f *field) rows() int64 {
	if f.sequence {
		return max(f.end-f.start+1, 0)
	}
	n := int64(math.MaxInt64)
	if f.typ.Kind == types.Row {
		for _, k := range f.kids {
			n = min(n, k.rows())
		}
	}
	return n
}

// clone gives a field with buffers of its own, for another reader.
func (f *field) clone() *field {
	c := *f
	c.arena, c.deep, c.kids = new(format.Arena), nil, nil
	for _, k := range f.kids {
		c.kids = append(c.kids, k.clone())
	}
	return &c
}

// drawOf gives a number to the name of a field.
func drawOf(name string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(name))
	return h.Sum64() | 1
}

// fill appends the values of the given rows.
func (f *field) fill(v *vec.Vector, r connector.Random, rows []int64, now int64) {
	at := v.N
	switch f.typ.Kind {
	case types.Array, types.Map, types.Multiset:
		f.fillList(v, r, rows, now)
	case types.Row:
		for i, k := range f.kids {
			k.fill(v.Kids[i], r, rows, now)
		}
		v.Extend(len(rows))
	default:
		v.Grow(len(rows))
		for i, n := range rows {
			f.put(v, at+i, r, n, now)
		}
	}
	if f.nullRate <= 0 {
		return
	}
	for i, n := range rows {
		if unit(r.At(n, f.draw+1)) < f.nullRate {
			v.SetNull(at + i)
		}
	}
}

// unit maps a random word to [0, 1).
func unit(x uint64) float64 { return float64(x>>11) / (1 << 53) }

// between maps a random word to min … max; the range may be all of int64.
func between(x uint64, min, max int64) int64 {
	span := uint64(max) - uint64(min) + 1
	if span == 0 {
		return int64(x)
	}
	hi, _ := bits.Mul64(x, span)
	return int64(uint64(min) + hi)
}

// put stores the scalar of row n in slot i.
func (f *field) put(v *vec.Vector, i int, r connector.Random, n int64, now int64) {
	x := r.At(n, f.draw)
	num := f.start + n
	if !f.sequence {
		num = between(x, f.min, f.max)
	}
	switch f.typ.Phys() {
	case types.PBool:
		v.B[i] = x>>63 == 0
	case types.PI8:
		v.I8[i] = int8(num)
	case types.PI16:
		v.I16[i] = int16(num)
	case types.PI32:
		v.I32[i] = int32(f.ofDay(num, now))
	case types.PI64:
		v.I64[i] = f.long(num, x, now)
	case types.PF32:
		v.F32[i] = float32(f.real(num, x))
	case types.PF64:
		v.F64[i] = f.real(num, x)
	case types.PI128:
		v.D[i] = f.wide(num, x, r.At(n, f.draw+2))
	case types.PTime:
		v.TS[i] = types.TimeNs{Ms: f.past(now, x)}
	case types.PStr:
		v.S[i] = f.text(num, x, r, n)
	}
}

// ofDay gives INT as it is, DATE and TIME as those of the clock, as Flink does.
func (f *field) ofDay(num, now int64) int64 {
	if f.sequence {
		return num
	}
	days, of := types.SplitMs(now)
	switch f.typ.Kind {
	case types.Date:
		return int64(days)
	case types.Time:
		return int64(of)
	}
	return num
}

func (f *field) long(num int64, x uint64, now int64) int64 {
	if f.sequence && f.typ.Kind == types.Decimal {
		return num * types.Pow10Int64(f.typ.Scale)
	}
	if f.typ.IsTimestamp() && !f.sequence {
		ms := f.past(now, x)
		if f.typ.Prec > 3 {
			return types.MicrosOf(ms, 0)
		}
		return ms
	}
	return num
}

// past is a time up to max-past before now.
func (f *field) past(now int64, x uint64) int64 {
	return now - connector.Below(x, f.pastMs+1)
}

func (f *field) real(num int64, x uint64) float64 {
	if f.sequence {
		return float64(num)
	}
	u := unit(x)
	return f.lo*(1-u) + f.hi*u
}

// wide makes a DECIMAL of more than 18 digits: its bounds are doubles, as in
// Flink, or all of its digits.
func (f *field) wide(num int64, x, y uint64) types.Int128 {
	if f.sequence {
		d, _ := types.CastDecimal(types.I128(num), 0, f.typ.Prec, f.typ.Scale)
		return d
	}
	if f.lo < f.hi {
		d, _ := types.DecimalFromFloat64(f.real(0, x), f.typ.Prec, f.typ.Scale)
		return d
	}
	_, d := types.Int128{Lo: x, Hi: int64(y >> 1)}.QuoRem(types.Pow10(f.typ.Prec))
	if y&1 == 1 {
		d = d.Neg()
	}
	return d
}

// text makes hexadecimal digits, as Flink does, or random bytes.
func (f *field) text(num int64, x uint64, r connector.Random, n int64) string {
	if f.sequence {
		b := f.arena.Take(20)
		return format.Made(strconv.AppendInt(b, num, 10))
	}
	size := f.size(x)
	b := f.arena.Take(int(size))[:size]
	hexadecimal := f.typ.IsString()
	var w uint64
	for i := range b {
		if i&7 == 0 {
			w = r.At(n, f.draw+3+uint64(i>>3)<<8)
		}
		c := byte(w)
		w >>= 8
		if hexadecimal {
			c = "0123456789abcdef"[c&15]
		}
		b[i] = c
	}
	return format.Made(b)
}

// size is the length of a text or collection.
func (f *field) size(x uint64) int64 {
	if f.varLen && f.length > 0 {
		return 1 + connector.Below(x, f.length)
	}
	return f.length
}

// fillList makes collections. An element's number is made from its row's and
// its place, so that it does not depend on other rows either.
func (f *field) fillList(v *vec.Vector, r connector.Random, rows []int64, now int64) {
	kid := v.Kids[0]
	f.deep = f.deep[:0]
	end := int32(kid.N)
	for _, n := range rows {
		size := f.size(r.At(n, f.draw))
		for i := range size {
			f.deep = append(f.deep, n*1021+i)
		}
		end += int32(size)
		v.Off = append(v.Off, end)
	}
	if f.typ.Kind == types.Array {
		f.kids[0].fill(kid, r, f.deep, now)
	} else {
		f.kids[0].fill(kid.Kids[0], r, f.deep, now)
		f.kids[1].fill(kid.Kids[1], r, f.deep, now)
		kid.Extend(len(f.deep))
	}
	v.Extend(len(rows))
}
