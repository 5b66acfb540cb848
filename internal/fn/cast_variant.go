package fn

import (
	"math"

	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/variant"
	"github.com/weir-stream/weir/internal/vec"
)

// fromVariant casts what a VARIANT holds. A value is never changed to fit: a
// number out of range, with digits that the type has not, or of another kind is
// an error (null with try). Text is cut and padded as ever. A null inside is
// NULL.
func (x caster) fromVariant() (Kernel, error) {
	if x.to.IsString() {
		return x.variantText(), nil
	}
	if x.to.IsNested() {
		return x.variantNested()
	}
	put := variantPut(x.to)
	if put == nil {
		return nil, castError(x.from, x.to)
	}
	return func(c *Ctx, args []*vec.Vector, out *vec.Vector) error {
		v := args[0]
		out.Resize(v.N)
		for i := range v.N {
			if v.IsNull(i) || !c.Live.Get(i) {
				continue
			}
			val := variant.Open(v.S[v.Idx(i)])
			if null := val.Kind() == variant.Null && x.to.Nullable; null || !put(out, i, val) {
				if !null && !x.try {
					return x.variantError(val)
				}
				out.SetNull(i)
			}
		}
		return nil
	}, nil
}

func (x caster) variantError(v variant.Value) error {
	k := v.Kind()
	if k == variant.Int || k == variant.Double || k == variant.Decimal {
		if x.to.IsNumeric() {
			return failure(sqlerr.Conversion, "the VARIANT holds %s, which %s cannot hold as it is", v.AppendText(nil), plainType(x.to))
		}
	}
	return failure(sqlerr.Conversion, "the VARIANT holds %s, which is not cast to %s: cast it to its own type first", heldKind(k), plainType(x.to))
}

// variantText prints scalars as a cast of their kind does, the rest as JSON.
func (x caster) variantText() Kernel {
	n, pad := x.to.Prec, x.to.Kind == types.Char
	var b textBuilder
	return func(c *Ctx, args []*vec.Vector, out *vec.Vector) error {
		v := args[0]
		out.Resize(v.N)
		b.start(v.N)
		for i := range v.N {
			if !v.IsNull(i) && c.Live.Get(i) {
				val := variant.Open(v.S[v.Idx(i)])
				from := len(b.buf)
				if val.Kind() != variant.Null {
					b.buf = fitLength(val.AppendText(b.buf), from, n, pad)
				} else if !x.to.Nullable && !x.try {
					return x.variantError(val)
				} else {
					out.SetNull(i)
				}
			}
			b.end()
		}
		b.finish(out)
		return nil
	}
}

// variantPut gives what stores a value in row i; false if the type cannot hold
// it. Nil if no value can be cast to the type.
func variantPut(t types.Type) func(out *vec.Vector, i int, v variant.Value) bool {
	switch {
	case t.Kind == types.Boolean:
		return func(out *vec.Vector, i int, v variant.Value) bool {
			if v.Kind() != variant.Bool {
				return false
			}
			out.B[i] = v.Bool()
			return true
		}
	case t.IsInteger():
		return func(out *vec.Vector, i int, v variant.Value) bool {
			n, ok := wholeVariant(v)
			return ok && putInteger(out, i, n)
		}
	case t.Kind == types.Decimal:
		return func(out *vec.Vector, i int, v variant.Value) bool { return putVariantDecimal(out, i, v) }
	case t.IsApprox():
		return func(out *vec.Vector, i int, v variant.Value) bool { return putVariantFloat(out, i, v) }
	case t.IsBinary(), t.Kind == types.Date, t.IsTimestamp():
		// JSON has no such values.
		return func(*vec.Vector, int, variant.Value) bool { return false }
	}
	return nil
}

// wholeVariant gives a number without a fraction.
func wholeVariant(v variant.Value) (int64, bool) {
	switch v.Kind() {
	case variant.Int:
		return v.Int(), true
	case variant.Double:
		f := v.Double()
		return int64(f), math.Abs(f) < 1<<63 && f == math.Trunc(f)
	case variant.Decimal:
		d, scale := v.Decimal()
		n, ok := exactDecimal(d, scale, types.MaxPrecision, 0)
		return int64(n.Lo), ok && n.IsInt64()
	}
	return 0, false
}

// exactDecimal rescales without rounding.
func exactDecimal(d types.Int128, from, p, s int) (types.Int128, bool) {
	n, ok := types.CastDecimal(d, from, p, s)
	return n, ok && types.CmpDecimal(d, from, n, s) == 0
}

func putInteger(out *vec.Vector, i int, n int64) bool {
	switch out.Type.Phys() {
	case types.PI8:
		out.I8[i] = int8(n)
		return n == int64(int8(n))
	case types.PI16:
		out.I16[i] = int16(n)
		return n == int64(int16(n))
	case types.PI32:
		out.I32[i] = int32(n)
		return n == int64(int32(n))
	}
	out.I64[i] = n
	return true
}

func putVariantDecimal(out *vec.Vector, i int, v variant.Value) bool {
	var d types.Int128
	scale := 0
	switch v.Kind() {
	case variant.Int:
		d = types.I128(v.Int())
	case variant.Decimal:
		d, scale = v.Decimal()
	default:
		return false
	}
	n, ok := exactDecimal(d, scale, out.Type.Prec, out.Type.Scale)
	switch {
	case !ok:
		return false
	case out.Type.Phys() == types.PI64:
		out.I64[i] = int64(n.Lo)
	default:
		out.D[i] = n
	}
	return true
}

func putVariantFloat(out *vec.Vector, i int, v variant.Value) bool {
	f := 0.0
	switch v.Kind() {
	case variant.Int:
		f = float64(v.Int())
	case variant.Double:
		f = v.Double()
	case variant.Decimal:
		f = types.DecimalToFloat64(v.Decimal())
	default:
		return false
	}
	if out.Type.Kind == types.Double {
		out.F64[i] = f
		return true
	}
	out.F32[i] = float32(f)
	return !math.IsInf(float64(out.F32[i]), 0)
}
