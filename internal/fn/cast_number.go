package fn

import (
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// numeric casts between numbers.
func (x caster) numeric() Kernel {
	f, t := x.from, x.to
	switch {
	case t.Kind == types.Decimal:
		return x.toDecimal()
	case f.Kind == types.Decimal:
		return x.fromDecimal()
	}
	switch f.Phys() {
	case types.PI8:
		return fromInteger[int8](t.Phys())
	case types.PI16:
		return fromInteger[int16](t.Phys())
	case types.PI32:
		return fromInteger[int32](t.Phys())
	case types.PI64:
		return fromInteger[int64](t.Phys())
	case types.PF32:
		return fromFloat[float32](t.Phys())
	}
	return fromFloat[float64](t.Phys())
}

// convert runs a loop over an argument, once for a constant.
func convert[A, B any](args []*vec.Vector, out *vec.Vector, loop func(out []B, a []A)) error {
	v := args[0]
	out.Resize(v.N)
	a, dst := column[A](v), column[B](out)
	if !v.Const {
		loop(dst, a)
		return nil
	}
	if v.N > 0 {
		loop(dst[:1], a)
		fill(dst, dst[0])
	}
	return nil
}

func convertInt[A integer, B number](_ *Ctx, args []*vec.Vector, out *vec.Vector) error {
	return convert(args, out, convertIntLoop[A, B])
}

func convertIntLoop[A integer, B number](out []B, a []A) { each(out, a, func(x A) B { return B(x) }) }

func fromInteger[A integer](to types.Phys) Kernel {
	switch to {
	case types.PI8:
		return convertInt[A, int8]
	case types.PI16:
		return convertInt[A, int16]
	case types.PI32:
		return convertInt[A, int32]
	case types.PI64:
		return convertInt[A, int64]
	case types.PF32:
		return convertInt[A, float32]
	}
	return convertInt[A, float64]
}

func fromFloat[A float](to types.Phys) Kernel {
	switch to {
	case types.PI8:
		return convertFloat[A, int8]
	case types.PI16:
		return convertFloat[A, int16]
	case types.PI32:
		return convertFloat[A, int32]
	case types.PI64:
		return func(_ *Ctx, args []*vec.Vector, out *vec.Vector) error {
			return convert(args, out, func(out []int64, a []A) { each(out, a, func(x A) int64 { return types.DoubleToInt64(float64(x)) }) })
		}
	case types.PF32:
		return func(_ *Ctx, args []*vec.Vector, out *vec.Vector) error {
			return convert(args, out, func(out []float32, a []A) { each(out, a, func(x A) float32 { return float32(x) }) })
		}
	}
	return func(_ *Ctx, args []*vec.Vector, out *vec.Vector) error {
		return convert(args, out, func(out []float64, a []A) { each(out, a, func(x A) float64 { return float64(x) }) })
	}
}

// convertFloat goes by way of int, as Java does for byte and short.
func convertFloat[A float, B int8 | int16 | int32](_ *Ctx, args []*vec.Vector, out *vec.Vector) error {
	return convert(args, out, func(out []B, a []A) { each(out, a, func(x A) B { return B(types.DoubleToInt32(float64(x))) }) })
}

// toDecimal casts a number to DECIMAL(p, s); what does not fit is null.
func (x caster) toDecimal() Kernel {
	from, p, s := x.from, x.to.Prec, x.to.Scale
	small := x.to.Phys() == types.PI64
	scale := decimalScale(from)
	if from.IsExact() && from.Phys() != types.PI128 && s >= scale && s-scale <= types.MaxPrecision64 && exactFits(from, x.to) {
		return x.scaleUp(types.Pow10Int64(s-scale), small)
	}
	return func(_ *Ctx, args []*vec.Vector, out *vec.Vector) error {
		v := args[0]
		out.Resize(v.N)
		for i := range v.N {
			j := v.Idx(i)
			var d types.Int128
			var ok bool
			switch {
			case from.Kind == types.Float:
				// Java widens the float and goes by the text of the double.
				d, ok = types.DecimalFromFloat64(float64(v.F32[j]), p, s)
			case from.Kind == types.Double:
				d, ok = types.DecimalFromFloat64(v.F64[j], p, s)
			default:
				d, ok = types.CastDecimal(exactAt(v, j), scale, p, s)
			}
			if !ok {
				out.SetNull(i)
			}
			if small {
				out.I64[i] = int64(d.Lo)
			} else {
				out.D[i] = d
			}
		}
		return nil
	}
}

// exactFits reports whether every value of an exact type fits to.
func exactFits(from, to types.Type) bool {
	p := map[types.Kind]int{types.TinyInt: 3, types.SmallInt: 5, types.Int: 10, types.BigInt: 19}[from.Kind]
	if from.Kind == types.Decimal {
		p = from.Prec
	}
	return p-decimalScale(from) <= to.Prec-to.Scale
}

// scaleUp multiplies by a power of ten that is known to fit.
func (x caster) scaleUp(f int64, small bool) Kernel {
	widen := Kernel(nil)
	long := types.Of(types.BigInt)
	tmp := vec.New(long, 0)
	arg := []*vec.Vector{tmp}
	if x.from.Phys() != types.PI64 {
		widen = caster{from: x.from, to: long, zone: x.zone}.numeric()
	}
	return func(c *Ctx, args []*vec.Vector, out *vec.Vector) error {
		if widen != nil {
			if err := widen(c, args, tmp); err != nil {
				return err
			}
			args = arg
		}
		if !small {
			return convert(args, out, func(out []types.Int128, a []int64) {
				zipConst(out, a, f, func(x, y int64) types.Int128 { return types.MulInt64(x, y) })
			})
		}
		return convert(args, out, func(out, a []int64) { zipConst(out, a, f, func(x, y int64) int64 { return x * y }) })
	}
}

// exactAt gives an exact number, unscaled.
func exactAt(v *vec.Vector, j int) types.Int128 {
	switch v.Type.Phys() {
	case types.PI8:
		return types.I128(int64(v.I8[j]))
	case types.PI16:
		return types.I128(int64(v.I16[j]))
	case types.PI32:
		return types.I128(int64(v.I32[j]))
	case types.PI64:
		return types.I128(v.I64[j])
	}
	return v.D[j]
}

// fromDecimal casts a DECIMAL to an integer (cut, then wrapped as Java's
// longValue) or to a floating type.
func (x caster) fromDecimal() Kernel {
	s, to := x.from.Scale, x.to
	wide := x.from.Phys() == types.PI128
	return func(_ *Ctx, args []*vec.Vector, out *vec.Vector) error {
		v := args[0]
		out.Resize(v.N)
		for i := range v.N {
			j := v.Idx(i)
			switch to.Kind {
			case types.Float:
				out.F32[i] = types.DecimalToFloat32(exactAt(v, j), s)
				continue
			case types.Double:
				if wide {
					out.F64[i] = types.DecimalToFloat64(v.D[j], s)
				} else {
					out.F64[i] = types.Decimal64ToFloat64(v.I64[j], s)
				}
				continue
			}
			n := types.DecimalToInt64(exactAt(v, j), s)
			switch to.Kind {
			case types.TinyInt:
				out.I8[i] = int8(n)
			case types.SmallInt:
				out.I16[i] = int16(n)
			case types.Int:
				out.I32[i] = int32(n)
			default:
				out.I64[i] = n
			}
		}
		return nil
	}
}
