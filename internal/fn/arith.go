package fn

import (
	"math"

	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

const arithmeticCategory = "arithmetic"

// Operators are + - * / %, MOD and the unary minus, over numbers, intervals and
// temporal values.
func Operators() []Func {
	num := "(a NUMERIC, b NUMERIC)"
	return []Func{
		{Name: "+", Sig: num, Doc: "Addition. Integers wrap around; a DECIMAL that overflows is NULL.", Category: arithmeticCategory,
			Examples: []Example{{"1 + 2", "3"}, {"1.5 + 2", "3.5"}}, Hidden: true, Infer: infer2("+", types.AddType), Bind: bindArith(opAdd)},
		{Name: "-", Sig: num, Doc: "Subtraction.", Category: arithmeticCategory,
			Examples: []Example{{"5 - 7", "-2"}}, Hidden: true, Infer: infer2("-", types.SubType), Bind: bindArith(opSub)},
		{Name: "*", Sig: num, Doc: "Multiplication.", Category: arithmeticCategory,
			Examples: []Example{{"6 * 7", "42"}, {"0.5 * 3", "1.5"}}, Hidden: true, Infer: infer2("*", types.MulType), Bind: bindArith(opMul)},
		{Name: "/", Sig: num, Doc: "Division. Integers divide as integers; by zero is an error, except for FLOAT and DOUBLE.", Category: arithmeticCategory,
			Examples: []Example{{"7 / 2", "3"}, {"-7 / 2", "-3"}, {"7e0 / 2", "3.5"}}, Hidden: true, CanFail: true,
			Infer: infer2("/", types.DivType), Bind: bindArith(opDiv)},
		{Name: "%", Sig: num, Doc: "The remainder of a division, with the sign of the dividend.", Category: arithmeticCategory,
			Examples: []Example{{"7 % 3", "1"}}, Hidden: true, CanFail: true, Infer: infer2("%", types.ModType), Bind: bindArith(opMod)},
		{Name: "MOD", Sig: num, Doc: "The remainder of a division, with the sign of the dividend.", Category: arithmeticCategory,
			Examples: []Example{{"MOD(7, 3)", "1"}, {"MOD(-7, 3)", "-1"}}, CanFail: true, Infer: infer2("MOD", types.ModType), Bind: bindArith(opMod)},
		{Name: "NEGATE", Sig: "(a NUMERIC)", Doc: "The unary minus.", Category: arithmeticCategory,
			Examples: []Example{{"-(3)", "-3"}}, Hidden: true, Infer: inferOperand, Bind: bindNegate},
		{Name: "NEGATE", Sig: "(a INTERVAL)", Doc: "The interval the other way.", Category: arithmeticCategory,
			Hidden: true, Infer: inferOperand, Bind: bindNegate},
	}
}

type arithOp uint8

const (
	opAdd arithOp = iota
	opSub
	opMul
	opDiv
	opMod
)

// infer2 makes an Infer of a rule over two types.
func infer2(name string, rule func(a, b types.Type) (types.Type, bool)) func([]Arg) (types.Type, error) {
	return func(args []Arg) (types.Type, error) {
		t, ok := rule(args[0].Type, args[1].Type)
		if !ok {
			return t, noType(name, args)
		}
		return t, nil
	}
}

func inferOperand(args []Arg) (types.Type, error) { return args[0].Type.WithAttr(types.NoAttr), nil }

func bindArith(op arithOp) func(*Call) (Kernel, error) {
	return func(c *Call) (Kernel, error) {
		a, b := c.Args[0].Type, c.Args[1].Type
		if c.Ret.Kind == types.Decimal || op == opMod && (a.Kind == types.Decimal || b.Kind == types.Decimal) && a.IsExact() && b.IsExact() {
			return bindDecimal(op, c)
		}
		t := c.Ret.AsNullable()
		if op == opMod {
			t, _ = types.CommonType(a.AsNullable(), b.AsNullable())
		}
		k := numberKernel(op, t)
		if !SameStorage(t, c.Ret) {
			k = narrowed(k, t, c.Ret)
		}
		return coerced(c, []types.Type{t, t}, k)
	}
}

// narrowed computes in t and casts the result: MOD of a BIGINT by an INT is an INT.
func narrowed(k Kernel, t, ret types.Type) Kernel {
	wide := vec.New(t, 0)
	arg := []*vec.Vector{wide}
	cast, err := CastKernel(t, ret, false, types.UTC)
	return func(c *Ctx, args []*vec.Vector, out *vec.Vector) error {
		if err != nil {
			return err
		}
		if err := k(c, args, wide); err != nil {
			return err
		}
		if err := cast(c, arg, out); err != nil {
			return err
		}
		out.AndValid(wide)
		return nil
	}
}

type integer interface{ int8 | int16 | int32 | int64 }
type float interface{ float32 | float64 }
type number interface{ integer | float }

// numberKernel computes op in an integer or floating type.
func numberKernel(op arithOp, t types.Type) Kernel {
	switch t.Phys() {
	case types.PI8:
		return integerKernel[int8](op)
	case types.PI16:
		return integerKernel[int16](op)
	case types.PI32:
		return integerKernel[int32](op)
	case types.PF32:
		return floatKernel[float32](op)
	case types.PF64:
		return floatKernel[float64](op)
	}
	return integerKernel[int64](op)
}

func integerKernel[T integer](op arithOp) Kernel {
	return func(c *Ctx, args []*vec.Vector, out *vec.Vector) error {
		out.Resize(rows(args))
		dst := column[T](out)
		a, b := operands[T](args, len(dst))
		switch op {
		case opAdd:
			addLoop(dst, a, b)
		case opSub:
			subLoop(dst, a, b)
		case opMul:
			mulLoop(dst, a, b)
		case opDiv:
			return divLoop(c, dst, a, b)
		case opMod:
			return modLoop(c, dst, a, b)
		}
		return nil
	}
}

func floatKernel[T float](op arithOp) Kernel {
	return func(_ *Ctx, args []*vec.Vector, out *vec.Vector) error {
		out.Resize(rows(args))
		dst := column[T](out)
		a, b := operands[T](args, len(dst))
		switch op {
		case opAdd:
			addLoop(dst, a, b)
		case opSub:
			subLoop(dst, a, b)
		case opMul:
			mulLoop(dst, a, b)
		case opDiv:
			quotLoop(dst, a, b)
		case opMod:
			for i := range dst {
				dst[i] = T(math.Mod(float64(a[i%len(a)]), float64(b[i%len(b)])))
			}
		}
		return nil
	}
}

// operands gives the values of two arguments: one value for a constant beside n
// rows. Both constant means n is 1.
func operands[T any](args []*vec.Vector, n int) (a, b []T) {
	a, b = column[T](args[0]), column[T](args[1])
	if args[0].Const {
		a = a[:1]
	} else {
		a = a[:n]
	}
	if args[1].Const {
		return a, b[:1]
	}
	return a, b[:n]
}

func addLoop[T number](out, a, b []T) {
	switch {
	case len(b) < len(out):
		zipConst(out, a, b[0], func(x, y T) T { return x + y })
	case len(a) < len(out):
		zipConst(out, b, a[0], func(x, y T) T { return x + y })
	default:
		zip(out, a, b, func(x, y T) T { return x + y })
	}
}

func subLoop[T number](out, a, b []T) {
	switch {
	case len(b) < len(out):
		zipConst(out, a, b[0], func(x, y T) T { return x - y })
	case len(a) < len(out):
		zipConst(out, b, a[0], func(x, y T) T { return y - x })
	default:
		zip(out, a, b, func(x, y T) T { return x - y })
	}
}

func mulLoop[T number](out, a, b []T) {
	switch {
	case len(b) < len(out):
		zipConst(out, a, b[0], func(x, y T) T { return x * y })
	case len(a) < len(out):
		zipConst(out, b, a[0], func(x, y T) T { return x * y })
	default:
		zip(out, a, b, func(x, y T) T { return x * y })
	}
}

func quotLoop[T float](out, a, b []T) {
	switch {
	case len(b) < len(out):
		zipConst(out, a, b[0], func(x, y T) T { return x / y })
	case len(a) < len(out):
		zipConst(out, b, a[0], func(x, y T) T { return y / x })
	default:
		zip(out, a, b, func(x, y T) T { return x / y })
	}
}

var errDivision = failure(sqlerr.Division, "Division by zero")

func divLoop[T integer](c *Ctx, out, a, b []T) error {
	if len(b) < len(out) && b[0] != 0 {
		divConst(out, a, b[0])
		return nil
	}
	for i := range out {
		y := b[min(i, len(b)-1)]
		if y == 0 {
			if c.Live.Get(i) {
				return errDivision
			}
			continue
		}
		out[i] = a[min(i, len(a)-1)] / y
	}
	return nil
}

func modLoop[T integer](c *Ctx, out, a, b []T) error {
	if len(b) < len(out) && b[0] != 0 {
		modConst(out, a, b[0])
		return nil
	}
	for i := range out {
		y := b[min(i, len(b)-1)]
		if y == 0 {
			if c.Live.Get(i) {
				return errDivision
			}
			continue
		}
		out[i] = a[min(i, len(a)-1)] % y
	}
	return nil
}

func bindNegate(c *Call) (Kernel, error) {
	switch c.Ret.Phys() {
	case types.PI8:
		return negate[int8], nil
	case types.PI16:
		return negate[int16], nil
	case types.PI32:
		return negate[int32], nil
	case types.PF32:
		return negate[float32], nil
	case types.PF64:
		return negate[float64], nil
	case types.PI128:
		return func(_ *Ctx, args []*vec.Vector, out *vec.Vector) error {
			v := args[0]
			out.Resize(v.N)
			for i := range out.D {
				out.D[i] = v.D[v.Idx(i)].Neg()
			}
			return nil
		}, nil
	}
	return negate[int64], nil
}

func negate[T number](_ *Ctx, args []*vec.Vector, out *vec.Vector) error {
	out.Resize(args[0].N)
	a := column[T](args[0])
	if args[0].Const {
		fill(column[T](out), -a[0])
		return nil
	}
	each(column[T](out), a, func(x T) T { return -x })
	return nil
}
