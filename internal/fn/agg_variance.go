package fn

import (
	"math"
	"unsafe"

	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// newVariance gives the accumulators of the variances: the sum, the sum of
// squares and the number of values. As in Flink, whose planner rewrites the
// functions to SUM and COUNT, the arithmetic is that of the argument's type: the
// variance of integers is computed with integer divisions.
func newVariance(root, sample bool) func(c *AggCall) (Acc, error) {
	return func(c *AggCall) (Acc, error) {
		t := c.Args[0].Type
		v := variance{root: root, sample: sample, ret: c.Ret, scale: t.Scale}
		switch {
		case t.IsInteger():
			return &varianceInt{v}, nil
		case t.IsApprox(), t.Kind == types.Decimal:
			return &varianceFloat{v}, nil
		}
		return nil, unsupportedAgg("VARIANCE", t)
	}
}

type variance struct {
	root, sample bool
	ret          types.Type
	scale        int
}

// divisor gives what the squares are divided by, 0 for a null result.
func (v *variance) divisor(n int64) int64 {
	if v.sample {
		return n - 1
	}
	return n
}

// put stores a result of the argument's type.
func (v *variance) put(out *vec.Vector, i int, x float64) {
	if v.root {
		x = math.Sqrt(x)
	}
	switch out.Type.Phys() {
	case types.PI8:
		out.I8[i] = int8(x)
	case types.PI16:
		out.I16[i] = int16(x)
	case types.PI32:
		out.I32[i] = int32(x)
	case types.PF32:
		out.F32[i] = float32(x)
	case types.PF64:
		out.F64[i] = x
	default:
		if out.Type.Kind != types.Decimal {
			out.I64[i] = int64(x)
			return
		}
		d, ok := types.DecimalFromFloat64(x, v.ret.Prec, v.ret.Scale)
		if !ok {
			out.SetNull(i)
		}
		putDecimal(out, i, d)
	}
}

type varianceInt struct{ variance }

type intMoments struct{ n, sum, squares int64 }

func (*varianceInt) Size() int { return 24 }

func (*varianceInt) Update(_ *Env, accs []unsafe.Pointer, args []*vec.Vector, signs []int8) error {
	v := args[0]
	for i, p := range accs {
		if v.IsNull(i) {
			continue
		}
		m, s, x := (*intMoments)(p), int64(signOf(signs, i)), integerAt(v, i)
		m.n += s
		m.sum += s * x
		m.squares += s * x * x
	}
	return nil
}

// integerAt gives row i of an integer column.
func integerAt(v *vec.Vector, i int) int64 {
	switch v.Type.Phys() {
	case types.PI8:
		return int64(v.I8[i])
	case types.PI16:
		return int64(v.I16[i])
	case types.PI32:
		return int64(v.I32[i])
	}
	return v.I64[i]
}

func (*varianceInt) Merge(_ *Env, dst, src []unsafe.Pointer) error {
	for i, p := range dst {
		d, s := (*intMoments)(p), (*intMoments)(src[i])
		d.n += s.n
		d.sum += s.sum
		d.squares += s.squares
	}
	return nil
}

func (f *varianceInt) Result(_ *Env, accs []unsafe.Pointer, out *vec.Vector) error {
	from := out.N
	out.Grow(len(accs))
	for i, p := range accs {
		m := (*intMoments)(p)
		by := f.divisor(m.n)
		if m.n == 0 || by == 0 {
			out.SetNull(from + i)
			f.put(out, from+i, 0)
			continue
		}
		x := (m.squares - m.sum*m.sum/m.n) / by
		if !f.root && out.Type.Phys() == types.PI64 {
			out.I64[from+i] = x
			continue
		}
		f.put(out, from+i, float64(x))
	}
	return nil
}

// settle is floatSum.settle of both sums.
func (m *floatMoments) settle() {
	m.squares.n = m.sum.n
	m.sum.settle()
	m.squares.settle()
}

type varianceFloat struct{ variance }

// floatMoments are sums of one count.
type floatMoments struct{ sum, squares floatSum }

func (*varianceFloat) Size() int { return int(unsafe.Sizeof(floatMoments{})) }

func (f *varianceFloat) Update(_ *Env, accs []unsafe.Pointer, args []*vec.Vector, signs []int8) error {
	v := args[0]
	for i, p := range accs {
		if v.IsNull(i) {
			continue
		}
		m, s, x := (*floatMoments)(p), signOf(signs, i), numberAt(v, i)
		m.sum.add(float64(s) * x)
		m.squares.add(float64(s) * x * x)
		m.sum.n += int64(s)
		m.settle()
	}
	return nil
}

// numberAt gives row i of a numeric column as a DOUBLE.
func numberAt(v *vec.Vector, i int) float64 {
	switch v.Type.Phys() {
	case types.PF32:
		return float64(v.F32[i])
	case types.PF64:
		return v.F64[i]
	case types.PI128:
		return types.DecimalToFloat64(v.D[i], v.Type.Scale)
	}
	if v.Type.Kind == types.Decimal {
		return types.Decimal64ToFloat64(v.I64[i], v.Type.Scale)
	}
	return float64(integerAt(v, i))
}

func (*varianceFloat) Merge(_ *Env, dst, src []unsafe.Pointer) error {
	for i, p := range dst {
		d, s := (*floatMoments)(p), (*floatMoments)(src[i])
		d.sum.add(s.sum.sum)
		d.sum.low += s.sum.low
		d.sum.n += s.sum.n
		d.squares.add(s.squares.sum)
		d.squares.low += s.squares.low
		d.settle()
	}
	return nil
}

func (f *varianceFloat) Result(_ *Env, accs []unsafe.Pointer, out *vec.Vector) error {
	from := out.N
	out.Grow(len(accs))
	for i, p := range accs {
		m := (*floatMoments)(p)
		n := m.sum.n
		by := f.divisor(n)
		if n == 0 || by == 0 {
			out.SetNull(from + i)
			f.put(out, from+i, 0)
			continue
		}
		sum := m.sum.value()
		f.put(out, from+i, max(m.squares.value()-sum*sum/float64(n), 0)/float64(by))
	}
	return nil
}
