package parquet

import (
	"fmt"
	"math"
	"math/bits"
	"unsafe"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/deprecated"
	"github.com/parquet-go/parquet-go/encoding"
	pf "github.com/parquet-go/parquet-go/format"

	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// run is the plain values of a page or dictionary: exactly one slice is set, by
// the physical type.
type run struct {
	bits []byte
	i32  []int32
	i64  []int64
	i96  []deprecated.Int96
	f32  []float32
	f64  []float64
	data []byte
	offs []uint32 // ByteArray
	size int      // FixedLenByteArray
}

func (r *run) load(t parquet.Type, v encoding.Values) {
	switch t.Kind() {
	case parquet.Boolean:
		r.bits = v.Boolean()
	case parquet.Int32:
		r.i32 = v.Int32()
	case parquet.Int64:
		r.i64 = v.Int64()
	case parquet.Int96:
		r.i96 = v.Int96()
	case parquet.Float:
		r.f32 = v.Float()
	case parquet.Double:
		r.f64 = v.Double()
	case parquet.ByteArray:
		r.data, r.offs = v.ByteArray()
	case parquet.FixedLenByteArray:
		r.data, r.size = v.FixedLenByteArray()
	}
}

// conv writes n values of r, from the given one on, to slots at and up of v.
type conv func(v *vec.Vector, at int, r *run, from, n int) error

// zoneRule says how instants become local timestamps: nil zone means UTC.
type zoneRule struct {
	zone *types.Zone
	utc  bool
}

// converter picks the loop for a physical and a wanted type.
func converter(pt parquet.Type, t types.Type, zone *zoneRule) (conv, error) {
	var c conv
	switch pt.Kind() {
	case parquet.Boolean:
		if t.Kind == types.Boolean {
			c = convBool
		}
	case parquet.Int32:
		c = fromInt(pt, t, zone, func(r *run) []int32 { return r.i32 })
	case parquet.Int64:
		c = fromInt(pt, t, zone, func(r *run) []int64 { return r.i64 })
	case parquet.Int96:
		c = fromInt96(t, zone)
	case parquet.Float:
		c = fromFloat(t, func(r *run) []float32 { return r.f32 })
	case parquet.Double:
		c = fromFloat(t, func(r *run) []float64 { return r.f64 })
	case parquet.ByteArray:
		c = fromBytes(pt, t, bytesAt)
	case parquet.FixedLenByteArray:
		c = fromBytes(pt, t, fixedAt)
	}
	if c == nil {
		have, err := leafType(pt)
		if err != nil {
			return nil, err
		}
		return nil, fmt.Errorf("declared %s, but the file has %s", t.AsNullable(), have)
	}
	return c, nil
}

func convBool(v *vec.Vector, at int, r *run, from, n int) error {
	dst := v.B[at : at+n]
	for i := range dst {
		k := from + i
		dst[i] = r.bits[k>>3]>>(uint(k)&7)&1 != 0
	}
	return nil
}

// fromInt covers INT32 and INT64 with their logical types.
func fromInt[S int32 | int64](pt parquet.Type, t types.Type, zone *zoneRule, src func(*run) []S) conv {
	var logical any
	if lt := pt.LogicalType(); lt != nil {
		logical = lt.Value
	}
	switch l := logical.(type) {
	case *pf.TimestampType:
		return fromTimestamp(l, t, zone, src)
	case *pf.TimeType:
		if t.Kind == types.Time {
			return scaled32(src, unitDigits(l.Unit), 3)
		}
		return nil
	case *pf.DateType:
		if t.Kind != types.Date {
			return nil
		}
	case *pf.DecimalType:
		return fromDecimalInt(int(l.Precision), int(l.Scale), t, src)
	case *pf.IntType:
		if !l.IsSigned && l.BitWidth >= 32 {
			return fromUnsigned(t, l.BitWidth, src)
		}
	}
	switch t.Kind {
	case types.TinyInt:
		return moved(func(v *vec.Vector) []int8 { return v.I8 }, src)
	case types.SmallInt:
		return moved(func(v *vec.Vector) []int16 { return v.I16 }, src)
	case types.Int:
		return moved(func(v *vec.Vector) []int32 { return v.I32 }, src)
	case types.Date, types.Time:
		if unsafe.Sizeof(S(0)) == 4 {
			return moved(func(v *vec.Vector) []int32 { return v.I32 }, src)
		}
	case types.BigInt:
		return moved(func(v *vec.Vector) []int64 { return v.I64 }, src)
	case types.Float:
		return moved(func(v *vec.Vector) []float32 { return v.F32 }, src)
	case types.Double:
		return moved(func(v *vec.Vector) []float64 { return v.F64 }, src)
	case types.Decimal:
		return fromDecimalInt(19, 0, t, src)
	}
	return nil
}

// moved converts numbers element by element; narrowing checks that the value
// survives.
func moved[D, S int8 | int16 | int32 | int64 | float32 | float64](dst func(*vec.Vector) []D, src func(*run) []S) conv {
	narrow := unsafe.Sizeof(D(0)) < unsafe.Sizeof(S(0)) && D(3)/2 == 1 // integer to smaller integer
	return func(v *vec.Vector, at int, r *run, from, n int) error {
		d, s := dst(v)[at:at+n], src(r)[from:from+n]
		if same, ok := any(s).([]D); ok {
			copy(d, same)
			return nil
		}
		for i, x := range s {
			d[i] = D(x)
		}
		if narrow {
			for i, x := range s {
				if S(d[i]) != x {
					return fmt.Errorf("the value %v does not fit %s", x, v.Type)
				}
			}
		}
		return nil
	}
}

func fromFloat[S float32 | float64](t types.Type, src func(*run) []S) conv {
	switch t.Kind {
	case types.Float:
		return moved(func(v *vec.Vector) []float32 { return v.F32 }, src)
	case types.Double:
		return moved(func(v *vec.Vector) []float64 { return v.F64 }, src)
	}
	return nil
}

// fromUnsigned reads UINT_32 and UINT_64 without their sign.
func fromUnsigned[S int32 | int64](t types.Type, width int8, src func(*run) []S) conv {
	word := func(x S) uint64 {
		if width == 32 {
			return uint64(uint32(x))
		}
		return uint64(x)
	}
	switch {
	case t.Kind == types.BigInt:
		return func(v *vec.Vector, at int, r *run, from, n int) error {
			for i, x := range src(r)[from : from+n] {
				w := word(x)
				if w > math.MaxInt64 {
					return fmt.Errorf("the value %d does not fit BIGINT", w)
				}
				v.I64[at+i] = int64(w)
			}
			return nil
		}
	case t.Phys() == types.PI128 && t.Scale == 0 && t.Prec >= 20:
		return func(v *vec.Vector, at int, r *run, from, n int) error {
			for i, x := range src(r)[from : from+n] {
				v.D[at+i] = types.Int128{Lo: word(x)}
			}
			return nil
		}
	}
	return nil
}

// fromDecimalInt reads unscaled integers of a scale into a DECIMAL.
func fromDecimalInt[S int32 | int64](prec, scale int, t types.Type, src func(*run) []S) conv {
	if t.Kind != types.Decimal {
		return nil
	}
	exact := scale == t.Scale && prec <= t.Prec
	if exact && t.Phys() == types.PI64 {
		return moved(func(v *vec.Vector) []int64 { return v.I64 }, src)
	}
	return func(v *vec.Vector, at int, r *run, from, n int) error {
		for i, x := range src(r)[from : from+n] {
			if err := putDecimal(v, at+i, types.I128(int64(x)), scale); err != nil {
				return err
			}
		}
		return nil
	}
}

// putDecimal stores an unscaled value of the given scale in a DECIMAL column.
func putDecimal(v *vec.Vector, at int, x types.Int128, scale int) error {
	y, ok := types.CastDecimal(x, scale, v.Type.Prec, v.Type.Scale)
	if !ok {
		return fmt.Errorf("the value %s does not fit %s", types.AppendDecimal(nil, x, scale), v.Type)
	}
	if v.Type.Phys() == types.PI64 {
		v.I64[at] = int64(y.Lo)
	} else {
		v.D[at] = y
	}
	return nil
}

// fromBytes covers BYTE_ARRAY and FIXED_LEN_BYTE_ARRAY.
func fromBytes(pt parquet.Type, t types.Type, at func(r *run, i int) []byte) conv {
	if lt := pt.LogicalType(); lt != nil {
		if d, ok := lt.Value.(*pf.DecimalType); ok {
			return fromDecimalBytes(int(d.Scale), t, at)
		}
	}
	if t.Kind == types.Decimal {
		return nil
	}
	if t.Phys() != types.PStr {
		return nil
	}
	switch t.Kind {
	case types.Variant:
		return fromJSON(at)
	case types.Bitmap:
		return fromBitmap(at)
	}
	if pt.Kind() == parquet.ByteArray {
		return convText
	}
	return func(v *vec.Vector, to int, r *run, from, n int) error {
		for i := range n {
			v.S[to+i] = viewOf(at(r, from+i))
		}
		return nil
	}
}

// convText makes string headers into the page's bytes, which the leaf leaves to
// the collector.
func convText(v *vec.Vector, at int, r *run, from, n int) error {
	dst := v.S[at : at+n]
	if n == 0 {
		return nil
	}
	offs := r.offs[from : from+n+1]
	text := viewOf(r.data)
	o := offs[0]
	for i := range dst {
		e := offs[i+1]
		dst[i] = text[o:e]
		o = e
	}
	return nil
}

func viewOf(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

func bytesAt(r *run, i int) []byte { return r.data[r.offs[i]:r.offs[i+1]] }
func fixedAt(r *run, i int) []byte { return r.data[i*r.size : (i+1)*r.size] }

// fromDecimalBytes reads big-endian two's complement unscaled values.
func fromDecimalBytes(scale int, t types.Type, bytes func(r *run, i int) []byte) conv {
	if t.Kind != types.Decimal {
		return nil
	}
	return func(v *vec.Vector, at int, r *run, from, n int) error {
		for i := range n {
			x, ok := bigEndian(bytes(r, from+i))
			if !ok {
				return fmt.Errorf("a decimal of more than 38 digits does not fit %s", t)
			}
			if err := putDecimal(v, at+i, x, scale); err != nil {
				return err
			}
		}
		return nil
	}
}

// bigEndian reads a two's complement number; false if it needs more than 128 bits.
func bigEndian(b []byte) (types.Int128, bool) {
	var x types.Int128
	if len(b) == 0 {
		return x, true
	}
	sign := int64(int8(b[0])) >> 7
	for len(b) > 16 {
		if b[0] != byte(sign) || int8(b[1])>>7 != int8(sign) {
			return x, false
		}
		b = b[1:]
	}
	x = types.Int128{Lo: uint64(sign), Hi: sign}
	for _, c := range b {
		x.Hi = x.Hi<<8 | int64(x.Lo>>56)
		x.Lo = x.Lo<<8 | uint64(c)
	}
	return x, true
}

// scaled32 reads TIME values of some unit into milliseconds.
func scaled32[S int32 | int64](src func(*run) []S, digits, want int) conv {
	if digits == want && unsafe.Sizeof(S(0)) == 4 {
		return moved(func(v *vec.Vector) []int32 { return v.I32 }, src)
	}
	div := types.Pow10Int64(digits - want)
	return func(v *vec.Vector, at int, r *run, from, n int) error {
		for i, x := range src(r)[from : from+n] {
			v.I32[at+i] = int32(int64(x) / div)
		}
		return nil
	}
}

// mulOK multiplies by a power of ten and checks the range.
func mulOK(x, m int64) (int64, bool) {
	hi, lo := bits.Mul64(uint64(absInt(x)), uint64(m))
	if hi != 0 || lo > math.MaxInt64 {
		return 0, false
	}
	return x * m, true
}

func absInt(x int64) int64 {
	if x < 0 {
		return -x
	}
	return x
}
