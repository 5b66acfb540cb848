package fn

import (
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// decimalScale is the scale of an exact number; integers have none.
func decimalScale(t types.Type) int {
	if t.Kind == types.Decimal {
		return t.Scale
	}
	return 0
}

// bindDecimal binds arithmetic where a DECIMAL meets an exact number. Results of
// at most 18 digits come from operands of at most 18 and cannot overflow, by
// the rules that derive their type, so those loops check nothing.
func bindDecimal(op arithOp, c *Call) (Kernel, error) {
	a, b := c.Args[0].Type, c.Args[1].Type
	sa, sb := decimalScale(a), decimalScale(b)
	small := a.Phys() != types.PI128 && b.Phys() != types.PI128
	if small {
		long := []types.Type{narrowDecimal(a), narrowDecimal(b)}
		if k := smallDecimalKernel(op, sa, sb, c.Ret); k != nil {
			return coerced(c, long, k)
		}
	}
	want := []types.Type{types.DecimalOf(types.MaxPrecision, sa), types.DecimalOf(types.MaxPrecision, sb)}
	ret := c.Ret
	if ret.Kind != types.Decimal { // MOD(DECIMAL, INT) is an INT
		ret = types.DecimalOf(types.MaxPrecision, 0)
		k := wideDecimalKernel(op, sa, sb, ret)
		return coerced(c, want, narrowed(k, ret, c.Ret))
	}
	return coerced(c, want, wideDecimalKernel(op, sa, sb, ret))
}

// narrowDecimal is the 64-bit type that an exact number of at most 64 bits is
// computed in.
func narrowDecimal(t types.Type) types.Type {
	if t.Kind == types.Decimal {
		return t.AsNullable()
	}
	return types.Of(types.BigInt)
}

// smallDecimalKernel computes over int64 operands, nil if the general way must do.
func smallDecimalKernel(op arithOp, sa, sb int, ret types.Type) Kernel {
	s := ret.Scale
	switch {
	case ret.Kind != types.Decimal:
		return nil
	case op == opMul && s == sa+sb && ret.Phys() == types.PI64:
		return integerKernel[int64](opMul)
	case op == opMul && s == sa+sb:
		return mulWide
	case (op == opAdd || op == opSub) && ret.Phys() == types.PI64 && s == max(sa, sb):
		if sa == sb {
			return integerKernel[int64](op)
		}
		return addScaled(op, types.Pow10Int64(s-sa), types.Pow10Int64(s-sb))
	case (op == opDiv || op == opMod) && ret.Phys() == types.PI64:
		return divideSmall(op, sa, sb, ret)
	}
	return nil
}

// mulWide multiplies 64-bit decimals to 128 bits, exactly.
func mulWide(_ *Ctx, args []*vec.Vector, out *vec.Vector) error {
	out.Resize(rows(args))
	a, b := operands[int64](args, out.N)
	switch {
	case len(b) < out.N:
		zipConst(out.D, a, b[0], func(x, y int64) types.Int128 { return types.MulInt64(x, y) })
	case len(a) < out.N:
		zipConst(out.D, b, a[0], func(x, y int64) types.Int128 { return types.MulInt64(x, y) })
	default:
		zip(out.D, a, b, func(x, y int64) types.Int128 { return types.MulInt64(x, y) })
	}
	return nil
}

// addScaled adds (or subtracts) after bringing both sides to one scale.
func addScaled(op arithOp, fa, fb int64) Kernel {
	if op == opSub {
		fb = -fb
	}
	return func(_ *Ctx, args []*vec.Vector, out *vec.Vector) error {
		out.Resize(rows(args))
		a, b := operands[int64](args, out.N)
		switch {
		case len(b) < out.N:
			addScaledConst(out.I64, a, b[0]*fb, fa)
		case len(a) < out.N:
			addScaledConst(out.I64, b, a[0]*fa, fb)
		default:
			a, b = a[:out.N], b[:out.N]
			for i := range out.I64 {
				out.I64[i] = a[i]*fa + b[i]*fb
			}
		}
		return nil
	}
}

func addScaledConst(out, a []int64, y, f int64) {
	a = a[:len(out)]
	for i := range out {
		out[i] = a[i]*f + y
	}
}

func divideSmall(op arithOp, sa, sb int, ret types.Type) Kernel {
	p, s := ret.Prec, ret.Scale
	return func(c *Ctx, args []*vec.Vector, out *vec.Vector) error {
		out.Resize(rows(args))
		a, b := operands[int64](args, out.N)
		for i := range out.I64 {
			x, y := a[min(i, len(a)-1)], b[min(i, len(b)-1)]
			if !c.Live.Get(i) {
				continue
			}
			if y == 0 {
				return errDivision
			}
			var ok bool
			if op == opDiv {
				out.I64[i], ok = types.DivDecimal64(x, sa, y, sb, p, s)
			} else {
				out.I64[i], ok = types.ModDecimal64(x, sa, y, sb, p, s)
			}
			if !ok {
				out.SetNull(i)
			}
		}
		return nil
	}
}

// wideDecimalKernel computes over 128-bit operands; what overflows is null.
func wideDecimalKernel(op arithOp, sa, sb int, ret types.Type) Kernel {
	p, s := ret.Prec, ret.Scale
	if ret.Phys() == types.PI64 {
		wide := wideDecimalKernel(op, sa, sb, types.DecimalOf(types.MaxPrecision, s))
		return narrowed(wide, types.DecimalOf(types.MaxPrecision, s), ret)
	}
	return func(c *Ctx, args []*vec.Vector, out *vec.Vector) error {
		out.Resize(rows(args))
		a, b := operands[types.Int128](args, out.N)
		for i := range out.D {
			x, y := a[min(i, len(a)-1)], b[min(i, len(b)-1)]
			if !c.Live.Get(i) {
				continue
			}
			if op >= opDiv && y.IsZero() {
				return errDivision
			}
			v, ok := decimalOp(op, x, sa, y, sb, p, s)
			out.D[i] = v
			if !ok {
				out.SetNull(i)
			}
		}
		return nil
	}
}

func decimalOp(op arithOp, x types.Int128, sa int, y types.Int128, sb, p, s int) (types.Int128, bool) {
	switch op {
	case opAdd:
		return types.AddDecimal(x, sa, y, sb, p, s)
	case opSub:
		return types.SubDecimal(x, sa, y, sb, p, s)
	case opMul:
		return types.MulDecimal(x, sa, y, sb, p, s)
	case opDiv:
		return types.DivDecimal(x, sa, y, sb, p, s)
	}
	return types.ModDecimal(x, sa, y, sb, p, s)
}
