package fn

import (
	"unsafe"

	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// newSum gives the accumulator of SUM, newAvg that of AVG: a sum and the number
// of values, from which either result follows.
func newSum(c *AggCall) (Acc, error) { return sumFor(c, false) }

func newAvg(c *AggCall) (Acc, error) { return sumFor(c, true) }

func sumFor(c *AggCall, avg bool) (Acc, error) {
	t := c.Args[0].Type
	if t.Kind == types.Decimal {
		return &sumDecimal{scale: t.Scale, ret: c.Ret, avg: avg}, nil
	}
	switch t.Phys() {
	case types.PI8:
		return &sumInt[int8]{avg: avg}, nil
	case types.PI16:
		return &sumInt[int16]{avg: avg}, nil
	case types.PI32:
		return &sumInt[int32]{avg: avg}, nil
	case types.PI64:
		return &sumInt[int64]{avg: avg}, nil
	case types.PF32:
		return &sumFloat[float32]{avg: avg}, nil
	case types.PF64:
		return &sumFloat[float64]{avg: avg}, nil
	}
	name := "SUM"
	if avg {
		name = "AVG"
	}
	return nil, unsupportedAgg(name, t)
}

type aggInteger interface{ int8 | int16 | int32 | int64 }

// sumInt sums integers; they wrap as Java's do.
type sumInt[T aggInteger] struct{ avg bool }

type intSum struct{ sum, n int64 }

func (*sumInt[T]) Size() int { return 16 }

func (*sumInt[T]) Update(_ *Env, accs []unsafe.Pointer, args []*vec.Vector, signs []int8) error {
	v := args[0]
	vals := column[T](v)[:len(accs)]
	switch {
	case v.MayHaveNulls():
		for i, p := range accs {
			if v.Valid.Get(i) {
				a, s := (*intSum)(p), int64(signOf(signs, i))
				a.sum += s * int64(vals[i])
				a.n += s
			}
		}
	case signs == nil:
		for i, p := range accs {
			a := (*intSum)(p)
			a.sum += int64(vals[i])
			a.n++
		}
	default:
		signs = signs[:len(accs)]
		for i, p := range accs {
			a, s := (*intSum)(p), int64(signs[i])
			a.sum += s * int64(vals[i])
			a.n += s
		}
	}
	return nil
}

func (*sumInt[T]) Merge(_ *Env, dst, src []unsafe.Pointer) error {
	for i, p := range dst {
		d, s := (*intSum)(p), (*intSum)(src[i])
		d.sum += s.sum
		d.n += s.n
	}
	return nil
}

func (f *sumInt[T]) Result(_ *Env, accs []unsafe.Pointer, out *vec.Vector) error {
	from := out.N
	out.Grow(len(accs))
	res := column[T](out)[from:]
	for i, p := range accs {
		a := (*intSum)(p)
		switch {
		case a.n == 0:
			res[i] = 0
			out.SetNull(from + i)
		case f.avg:
			res[i] = T(a.sum / a.n)
		default:
			res[i] = T(a.sum)
		}
	}
	return nil
}

// sumFloat sums with Neumaier's compensation, so that adding and retracting in
// any order leaves an error of the last place.
type sumFloat[T float32 | float64] struct{ avg bool }

type floatSum struct {
	sum, low float64
	n        int64
}

// add is one step of Neumaier's improved Kahan-Babuska summation.
func (a *floatSum) add(x float64) {
	t := a.sum + x
	if absFloat(a.sum) >= absFloat(x) {
		a.low += (a.sum - t) + x
	} else {
		a.low += (x - t) + a.sum
	}
	a.sum = t
}

// value gives the sum; compensation is void once the sum is not finite.
func (a *floatSum) value() float64 {
	if a.low != a.low {
		return a.sum
	}
	return a.sum + a.low
}

// settle begins anew when as many values were taken back as were added and one
// was not finite, which no retraction undoes. The sum stays otherwise: in a local
// phase, which sees a part of the rows, an old and a new value are none together.
func (a *floatSum) settle() {
	if a.n == 0 && a.sum-a.sum != 0 {
		a.sum, a.low = 0, 0
	}
}

func absFloat(x float64) float64 {
	if x < 0 {
		return -x
	}
	return x
}

func (*sumFloat[T]) Size() int { return 24 }

func (*sumFloat[T]) Update(_ *Env, accs []unsafe.Pointer, args []*vec.Vector, signs []int8) error {
	v := args[0]
	vals := column[T](v)[:len(accs)]
	if !v.MayHaveNulls() && signs == nil {
		for i, p := range accs {
			a := (*floatSum)(p)
			a.add(float64(vals[i]))
			a.n++
		}
		return nil
	}
	for i, p := range accs {
		if v.IsNull(i) {
			continue
		}
		a, s := (*floatSum)(p), signOf(signs, i)
		a.add(float64(s) * float64(vals[i]))
		a.n += int64(s)
		a.settle()
	}
	return nil
}

func (*sumFloat[T]) Merge(_ *Env, dst, src []unsafe.Pointer) error {
	for i, p := range dst {
		d, s := (*floatSum)(p), (*floatSum)(src[i])
		d.add(s.sum)
		d.low += s.low
		d.n += s.n
		d.settle()
	}
	return nil
}

func (f *sumFloat[T]) Result(_ *Env, accs []unsafe.Pointer, out *vec.Vector) error {
	from := out.N
	out.Grow(len(accs))
	res := column[T](out)[from:]
	for i, p := range accs {
		a := (*floatSum)(p)
		switch {
		case a.n == 0:
			res[i] = 0
			out.SetNull(from + i)
		case f.avg:
			res[i] = T(a.value() / float64(a.n))
		default:
			res[i] = T(a.value())
		}
	}
	return nil
}

// sumDecimal sums unscaled values in 128 bits; a sum that does not fit 38 digits
// is null.
type sumDecimal struct {
	scale int
	ret   types.Type
	avg   bool
}

type decimalSum struct {
	sum  types.Int128
	n    int64
	over int64 // the 128 bits did not do
}

func (a *decimalSum) add(x types.Int128) {
	s, ok := a.sum.AddOK(x)
	a.sum = s
	if !ok {
		a.over = 1
	}
}

func (*sumDecimal) Size() int { return 32 }

func (*sumDecimal) Update(_ *Env, accs []unsafe.Pointer, args []*vec.Vector, signs []int8) error {
	v := args[0]
	short := v.Type.Phys() == types.PI64
	for i, p := range accs {
		if v.IsNull(i) {
			continue
		}
		var x types.Int128
		if short {
			x = types.I128(v.I64[i])
		} else {
			x = v.D[i]
		}
		a, s := (*decimalSum)(p), signOf(signs, i)
		if s < 0 {
			x = x.Neg()
		}
		a.add(x)
		a.n += int64(s)
	}
	return nil
}

func (*sumDecimal) Merge(_ *Env, dst, src []unsafe.Pointer) error {
	for i, p := range dst {
		d, s := (*decimalSum)(p), (*decimalSum)(src[i])
		d.add(s.sum)
		d.n += s.n
		d.over |= s.over
	}
	return nil
}

func (f *sumDecimal) Result(_ *Env, accs []unsafe.Pointer, out *vec.Vector) error {
	from := out.N
	out.Grow(len(accs))
	for i, p := range accs {
		a := (*decimalSum)(p)
		x, ok := a.sum, a.n != 0 && a.over == 0
		if ok && f.avg {
			x, ok = types.DivDecimal(x, f.scale, types.I128(a.n), 0, f.ret.Prec, f.ret.Scale)
		} else if ok {
			ok = types.FitsPrecision(x, f.ret.Prec)
		}
		if !ok {
			out.SetNull(from + i)
			x = types.Int128{}
		}
		putDecimal(out, from+i, x)
	}
	return nil
}

// putDecimal stores an unscaled value in the width of the column.
func putDecimal(out *vec.Vector, i int, x types.Int128) {
	if out.Type.Phys() == types.PI64 {
		out.I64[i] = x.Int64()
		return
	}
	out.D[i] = x
}
