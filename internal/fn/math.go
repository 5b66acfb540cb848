package fn

import (
	"encoding/binary"
	"math"
	"strconv"
	"strings"

	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// Math is the arithmetic family beside the operators.
func Math() []Func {
	out := []Func{
		mathSame("ABS", "(x NUMERIC)", "The absolute value.", bindAbs, Example{"ABS(-3)", "3"}, Example{"ABS(-1.5)", "1.5"}),
		mathSame("SIGN", "(x NUMERIC)", "The sign: -1, 0 or 1.", bindSign, Example{"SIGN(-3)", "-1"}),
		{Name: "ROUND", Sig: "(x NUMERIC [, n INTEGER])", Doc: "The number rounded half up to n places (0).", Category: arithmeticCategory,
			Infer: inferRound, Bind: bindRound(false), Examples: []Example{{"ROUND(2.345, 2)", "2.35"}, {"ROUND(25, -1)", "30"}}},
		{Name: "TRUNCATE", Sig: "(x NUMERIC [, n INTEGER])", Doc: "The number cut to n places (0).", Category: arithmeticCategory,
			Infer: inferOperand, Bind: bindRound(true), Examples: []Example{{"TRUNCATE(42.345, 2)", "42.340"}}},
	}
	for _, n := range []string{"CEIL", "CEILING"} {
		out = append(out, Func{Name: n, Sig: "(x NUMERIC)", Doc: "The least whole number that is not below x.", Category: arithmeticCategory,
			Infer: inferWhole, Bind: bindWhole(true), Examples: []Example{{n + "(1.2)", "2"}}})
	}
	out = append(out, Func{Name: "FLOOR", Sig: "(x NUMERIC)", Doc: "The greatest whole number that is not above x.", Category: arithmeticCategory,
		Infer: inferWhole, Bind: bindWhole(false), Examples: []Example{{"FLOOR(-1.2)", "-2"}}})
	for _, f := range doubleFuncs {
		out = append(out, Func{Name: f.name, Sig: "(x DOUBLE) -> DOUBLE", Doc: f.doc, Category: arithmeticCategory,
			Kernel: f.kernel, Examples: []Example{f.example}})
	}
	return append(out, mathRest()...)
}

func mathSame(name, sig, doc string, b func(*Call) (Kernel, error), ex ...Example) Func {
	return Func{Name: name, Sig: sig, Doc: doc, Category: arithmeticCategory, Infer: inferOperand, Bind: b, Examples: ex}
}

func mathRest() []Func {
	return []Func{
		{Name: "LOG", Sig: "(base DOUBLE, x DOUBLE) -> DOUBLE", Doc: "The logarithm of x to a base.", Category: arithmeticCategory,
			Kernel:   double2(func(b, x float64) float64 { return ln(x) / ln(b) }),
			Examples: []Example{{"LOG(2, 8)", "3.0"}}},
		{Name: "POWER", Sig: "(x DOUBLE, y DOUBLE) -> DOUBLE", Doc: "x to the power of y.", Category: arithmeticCategory,
			Kernel: double2(math.Pow), Examples: []Example{{"POWER(2, 10)", "1024.0"}}},
		{Name: "ATAN2", Sig: "(y DOUBLE, x DOUBLE) -> DOUBLE", Doc: "The angle of the point (x, y).", Category: arithmeticCategory,
			Kernel: double2(math.Atan2), Examples: []Example{{"ATAN2(0, 1)", "0.0"}}},
		{Name: "PI", Sig: "() -> DOUBLE NOT NULL", Doc: "The number pi.", Category: arithmeticCategory, Kernel: constantDouble(math.Pi),
			Examples: []Example{{"PI()", "3.141592653589793"}}},
		{Name: "E", Sig: "() -> DOUBLE NOT NULL", Doc: "The number e.", Category: arithmeticCategory, Kernel: constantDouble(math.E),
			Examples: []Example{{"E()", "2.718281828459045"}}},
		{Name: "BIN", Sig: "(n INTEGER) -> STRING", Doc: "An integer in binary digits.", Category: arithmeticCategory,
			Bind: textOf(func(dst []byte, r *row) ([]byte, bool) { return strconv.AppendUint(dst, uint64(r.int(0)), 2), true }), Examples: []Example{{"BIN(12)", "1100"}}},
		{Name: "HEX", Sig: "(n INTEGER) -> STRING", Doc: "An integer in hexadecimal digits.", Category: arithmeticCategory,
			Bind: textOf(func(dst []byte, r *row) ([]byte, bool) {
				return append(dst, strings.ToUpper(strconv.FormatUint(uint64(r.int(0)), 16))...), true
			}), Examples: []Example{{"HEX(20)", "14"}}},
		{Name: "HEX", Sig: "(s STRINGLIKE) -> STRING", Doc: "The bytes of a text in hexadecimal digits.", Category: arithmeticCategory,
			Bind: textOf(func(dst []byte, r *row) ([]byte, bool) { return appendHex(dst, r.str(0), upperHex), true }), Examples: []Example{{"HEX('hello')", "68656C6C6F"}}},
		nullable(Func{Name: "UNHEX", Sig: "(s STRINGLIKE)", Doc: "The bytes that hexadecimal digits spell; NULL if they do not.", Category: arithmeticCategory,
			Bind: textOf(unhex), Examples: []Example{{"CAST(UNHEX('466C696E6B') AS STRING)", "Flink"}}}, types.Bytes()),
		{Name: "RAND", Sig: "() -> DOUBLE NOT NULL", Doc: "A random number from 0 to 1, other for each row.", Category: arithmeticCategory,
			Volatility: Volatile, Bind: bindRand},
		{Name: "RAND", Sig: "(seed INTEGER) -> DOUBLE", Doc: "A random number from 0 to 1 from a seed, as java.util.Random's.", Category: arithmeticCategory,
			Volatility: Volatile, Bind: bindRand, Examples: []Example{{"RAND(10)", "0.7304302967434272"}}},
		{Name: "RAND_INTEGER", Sig: "(bound INTEGER) -> INT", Doc: "A random integer from 0 to bound - 1, other for each row.", Category: arithmeticCategory,
			Volatility: Volatile, CanFail: true, Bind: bindRandInteger},
		{Name: "RAND_INTEGER", Sig: "(seed INTEGER, bound INTEGER) -> INT", Doc: "A random integer from 0 to bound - 1 from a seed, as java.util.Random's.",
			Category: arithmeticCategory, Volatility: Volatile, CanFail: true, Bind: bindRandInteger, Examples: []Example{{"RAND_INTEGER(5, 10)", "7"}}},
	}
}

type doubleFunc struct {
	name, doc string
	kernel    Kernel
	example   Example
}

// doubleFuncs are the functions of one DOUBLE.
var doubleFuncs = []doubleFunc{
	{"SQRT", "The square root.", double1(math.Sqrt), Example{"SQRT(16)", "4.0"}},
	{"EXP", "e to the power of x.", double1(exp), Example{"EXP(0)", "1.0"}},
	{"LN", "The natural logarithm.", double1(ln), Example{"LN(1)", "0.0"}},
	{"LOG", "The natural logarithm.", double1(ln), Example{"LOG(1)", "0.0"}},
	{"LOG10", "The logarithm to base 10.", double1(log10), Example{"LOG10(100)", "2.0"}},
	{"LOG2", "The logarithm to base 2.", double1(func(x float64) float64 { return ln(x) / math.Ln2 }), Example{"LOG2(8)", "3.0"}},
	{"SIN", "The sine.", double1(sin), Example{"SIN(0)", "0.0"}},
	{"SINH", "The hyperbolic sine.", double1(sinh), Example{"SINH(0)", "0.0"}},
	{"COS", "The cosine.", double1(cos), Example{"COS(0)", "1.0"}},
	{"COSH", "The hyperbolic cosine.", double1(cosh), Example{"COSH(0)", "1.0"}},
	{"TAN", "The tangent.", double1(tan), Example{"TAN(0)", "0.0"}},
	{"TANH", "The hyperbolic tangent.", double1(tanh), Example{"TANH(0)", "0.0"}},
	{"COT", "The cotangent.", double1(func(x float64) float64 { return 1 / tan(x) }), Example{"ROUND(COT(1), 4)", "0.6421"}},
	{"ASIN", "The arc sine.", double1(asin), Example{"ASIN(0)", "0.0"}},
	{"ACOS", "The arc cosine.", double1(acos), Example{"ACOS(1)", "0.0"}},
	{"ATAN", "The arc tangent.", double1(atan), Example{"ATAN(0)", "0.0"}},
	{"DEGREES", "Radians as degrees.", double1(func(x float64) float64 { return x * 180 / math.Pi }), Example{"DEGREES(PI())", "180.0"}},
	{"RADIANS", "Degrees as radians.", double1(func(x float64) float64 { return x / 180 * math.Pi }), Example{"RADIANS(180)", "3.141592653589793"}},
}

// double1 makes a kernel of a function that costs more than a call of it.
func double1(f func(float64) float64) Kernel {
	return func(_ *Ctx, args []*vec.Vector, out *vec.Vector) error {
		v := args[0]
		out.Resize(v.N)
		for i := range out.F64 {
			out.F64[i] = f(v.F64[v.Idx(i)])
		}
		return nil
	}
}

func double2(f func(x, y float64) float64) Kernel {
	return func(_ *Ctx, args []*vec.Vector, out *vec.Vector) error {
		a, b := args[0], args[1]
		out.Resize(a.N)
		for i := range out.F64 {
			out.F64[i] = f(a.F64[a.Idx(i)], b.F64[b.Idx(i)])
		}
		return nil
	}
}

func constantDouble(x float64) Kernel {
	return func(c *Ctx, _ []*vec.Vector, out *vec.Vector) error {
		out.Resize(c.N)
		fill(out.F64, x)
		return nil
	}
}

// mapNumber runs one of four functions over a number, by its storage.
func mapNumber(t types.Type, i func(int64) int64, f func(float64) float64, d func(types.Int128) types.Int128) Kernel {
	return func(c *Ctx, args []*vec.Vector, out *vec.Vector) error {
		v := args[0]
		out.Resize(v.N)
		for r := range v.N {
			j := v.Idx(r)
			switch t.Phys() {
			case types.PI8:
				out.I8[r] = int8(i(int64(v.I8[j])))
			case types.PI16:
				out.I16[r] = int16(i(int64(v.I16[j])))
			case types.PI32:
				out.I32[r] = int32(i(int64(v.I32[j])))
			case types.PI64:
				out.I64[r] = i(v.I64[j])
			case types.PF32:
				out.F32[r] = float32(f(float64(v.F32[j])))
			case types.PF64:
				out.F64[r] = f(v.F64[j])
			case types.PI128:
				out.D[r] = d(v.D[j])
			}
		}
		return nil
	}
}

func bindAbs(c *Call) (Kernel, error) {
	return mapNumber(c.Ret, func(x int64) int64 {
		if x < 0 {
			return -x
		}
		return x
	}, math.Abs, func(x types.Int128) types.Int128 {
		if x.Sign() < 0 {
			return x.Neg()
		}
		return x
	}), nil
}

func bindSign(c *Call) (Kernel, error) {
	one := types.I128(1)
	if c.Ret.Kind == types.Decimal {
		one = types.Pow10(c.Ret.Scale)
	}
	return mapNumber(c.Ret, func(x int64) int64 {
		switch {
		case x > 0:
			return one.Int64()
		case x < 0:
			return -one.Int64()
		}
		return 0
	}, func(x float64) float64 {
		switch {
		case x > 0:
			return 1
		case x < 0:
			return -1
		}
		return x
	}, func(x types.Int128) types.Int128 {
		switch x.Sign() {
		case 1:
			return one
		case -1:
			return one.Neg()
		}
		return types.Int128{}
	}), nil
}

func inferRound(args []Arg) (types.Type, error) {
	t := args[0].Type.WithAttr(types.NoAttr).WithNull(anyNullable(args))
	if len(args) == 1 {
		return types.RoundType(t, 0), nil
	}
	if n, ok := args[1].Value.(int64); ok && args[1].Lit {
		return types.RoundType(t, int(n)), nil
	}
	return t, nil
}

func bindRound(truncate bool) func(*Call) (Kernel, error) {
	return func(c *Call) (Kernel, error) {
		from, to := c.Args[0].Type, c.Ret
		return func(x *Ctx, args []*vec.Vector, out *vec.Vector) error {
			v := args[0]
			out.Resize(v.N)
			return live(x, args, v.N, func(r *row) {
				n := 0
				if r.has(1) {
					n = int(min(max(r.int(1), -400), 400))
				}
				roundAt(from, to, v, out, r.i, n, truncate)
			})
		}, nil
	}
}

func roundAt(from, to types.Type, v, out *vec.Vector, i, n int, truncate bool) {
	j := v.Idx(i)
	switch from.Kind {
	case types.Float, types.Double:
		f := types.RoundDouble
		if truncate {
			f = types.TruncateDouble
		}
		if from.Kind == types.Float {
			out.F32[i] = float32(f(float64(v.F32[j]), n))
		} else {
			out.F64[i] = f(v.F64[j], n)
		}
	case types.Decimal:
		d := exactAt(v, j)
		ok := true
		if truncate {
			d = types.TruncateDecimal(d, from.Scale, n)
		} else {
			d, ok = types.RoundDecimal(d, from.Scale, n, to.Prec, to.Scale)
		}
		setExact(out, i, d, ok)
	default:
		x := intAt(v, i)
		if truncate {
			x = types.TruncateInt64(x, n)
		} else {
			x = types.RoundInt64(x, n)
		}
		setInteger(out, i, x)
	}
}

// setExact stores an unscaled decimal; null if not ok.
func setExact(out *vec.Vector, i int, d types.Int128, ok bool) {
	if !ok {
		out.SetNull(i)
	}
	if out.Type.Phys() == types.PI64 {
		out.I64[i] = int64(d.Lo)
	} else {
		out.D[i] = d
	}
}

// setInteger stores an integer of any width.
func setInteger(out *vec.Vector, i int, x int64) {
	switch out.Type.Phys() {
	case types.PI8:
		out.I8[i] = int8(x)
	case types.PI16:
		out.I16[i] = int16(x)
	case types.PI32:
		out.I32[i] = int32(x)
	default:
		out.I64[i] = x
	}
}

func inferWhole(args []Arg) (types.Type, error) {
	t := args[0].Type.WithAttr(types.NoAttr)
	if t.Kind == types.Decimal {
		t.Scale = 0
	}
	return t, nil
}

// bindWhole binds CEIL (up) and FLOOR of numbers.
func bindWhole(up bool) func(*Call) (Kernel, error) {
	return func(c *Call) (Kernel, error) {
		from := c.Args[0].Type
		round := math.Floor
		if up {
			round = math.Ceil
		}
		if from.Kind != types.Decimal {
			return mapNumber(c.Ret, func(x int64) int64 { return x }, round, nil), nil
		}
		p := types.Pow10(from.Scale)
		return func(_ *Ctx, args []*vec.Vector, out *vec.Vector) error {
			v := args[0]
			out.Resize(v.N)
			for i := range v.N {
				q, rem := exactAt(v, v.Idx(i)).QuoRem(p)
				switch {
				case up && rem.Sign() > 0:
					q = q.Add(types.I128(1))
				case !up && rem.Sign() < 0:
					q = q.Sub(types.I128(1))
				}
				setExact(out, i, q, true)
			}
			return nil
		}, nil
	}
}

// bindRand keeps one generator for the call, as Flink does; a literal seed makes
// it repeatable.
func bindRand(c *Call) (Kernel, error) {
	rnd := randomSource(c, 0, len(c.Args) > 0)
	return func(x *Ctx, args []*vec.Vector, out *vec.Vector) error {
		n := callRows(x, args)
		out.Resize(n)
		for i := range n {
			out.F64[i] = rnd.at(args, i).NextDouble()
		}
		return nil
	}, nil
}

func bindRandInteger(c *Call) (Kernel, error) {
	rnd := randomSource(c, 0, len(c.Args) > 1)
	bound := len(c.Args) - 1
	return func(x *Ctx, args []*vec.Vector, out *vec.Vector) error {
		n := callRows(x, args)
		out.Resize(n)
		return live(x, args, n, func(r *row) {
			b := r.clampInt(bound)
			if b <= 0 {
				r.fail("RAND_INTEGER needs a bound above 0, not %d", b)
				return
			}
			out.I32[r.i] = rnd.at(args, r.i).NextInt(int32(b))
		})
	}, nil
}

// random is the generator of a call: one for all rows, or one a row where the
// seed is computed.
type random struct {
	gen    types.JavaRandom
	seeded int // argument that holds the seed, -1 for none
}

func randomSource(c *Call, arg int, seeded bool) *random {
	r := &random{seeded: -1}
	if !seeded {
		r.gen = types.NewJavaRandom(int64(binary.LittleEndian.Uint64(randomBytes(8))))
		return r
	}
	if n, ok := c.Args[arg].Value.(int64); ok && c.Args[arg].Lit {
		r.gen = types.NewJavaRandom(n)
		return r
	}
	r.seeded = arg
	return r
}

func (r *random) at(args []*vec.Vector, i int) *types.JavaRandom {
	if r.seeded >= 0 {
		r.gen = types.NewJavaRandom(intAt(args[r.seeded], i))
	}
	return &r.gen
}
