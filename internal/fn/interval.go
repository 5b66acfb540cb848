package fn

import (
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

const temporalCategory = "temporal"

// Intervals are the operators + - * / over temporal values and intervals.
func Intervals() []Func {
	plus := func(sig string, ex ...Example) Func {
		return Func{Name: "+", Sig: sig, Doc: "A time and an interval, or two intervals, added.", Category: arithmeticCategory,
			Examples: ex, Hidden: true, Infer: infer2("+", types.AddType), Bind: bindTimeAdd(1)}
	}
	minus := func(sig string, ex ...Example) Func {
		return Func{Name: "-", Sig: sig, Doc: "An interval taken from a time or from an interval.", Category: arithmeticCategory,
			Examples: ex, Hidden: true, Infer: infer2("-", types.SubType), Bind: bindTimeAdd(-1)}
	}
	return []Func{
		plus("(t TEMPORAL, i INTERVAL)", Example{"DATE '2020-01-31' + INTERVAL '1' MONTH", "2020-02-29"}),
		plus("(i INTERVAL, t TEMPORAL)"),
		plus("(a INTERVAL, b INTERVAL)", Example{"INTERVAL '1' HOUR + INTERVAL '30' MINUTE", "+0 01:30:00.000"}),
		minus("(t TEMPORAL, i INTERVAL)", Example{"TIMESTAMP '2020-01-01 00:00:00' - INTERVAL '4' SECOND", "2019-12-31 23:59:56"}),
		minus("(a INTERVAL, b INTERVAL)"),
		{Name: "-", Sig: "(a TEMPORAL, b TEMPORAL) -> INTERVAL_DT", Doc: "The time between two times.", Category: arithmeticCategory,
			Hidden: true, Extension: true, Bind: bindTimeDiff},
		{Name: "*", Sig: "(i INTERVAL, n NUMERIC)", Doc: "An interval several times.", Category: arithmeticCategory, Hidden: true,
			Infer: infer2("*", types.MulType), Bind: bindIntervalScale(0)},
		{Name: "*", Sig: "(n NUMERIC, i INTERVAL)", Doc: "An interval several times.", Category: arithmeticCategory, Hidden: true,
			Infer: infer2("*", types.MulType), Bind: bindIntervalScale(1)},
		{Name: "/", Sig: "(i INTERVAL, n NUMERIC)", Doc: "A part of an interval.", Category: arithmeticCategory, Hidden: true, CanFail: true,
			Infer: infer2("/", types.DivType), Bind: bindIntervalDivide},
	}
}

// bindTimeAdd binds t + i, i + t and i + j; sign is -1 for minus.
func bindTimeAdd(sign int64) func(*Call) (Kernel, error) {
	return func(c *Call) (Kernel, error) {
		a, b := c.Args[0].Type, c.Args[1].Type
		if a.IsInterval() && b.IsInterval() {
			if sign < 0 {
				return integerKernel[int64](opSub), nil
			}
			return integerKernel[int64](opAdd), nil
		}
		t, ti, ii := a, 0, 1
		if a.IsInterval() {
			t, ti, ii = b, 1, 0
		}
		months := c.Args[ii].Type.Kind == types.IntervalYM
		if !months && t.Phys() == types.PI64 && t.IsTimestamp() {
			f := sign
			if timeUnit(t) == 6 {
				f *= 1000
			}
			return func(_ *Ctx, args []*vec.Vector, out *vec.Vector) error {
				out.Resize(rows(args))
				addMillis(out.I64, args[ti], args[ii], f)
				return nil
			}, nil
		}
		add := timeAdder(t, months)
		return func(_ *Ctx, args []*vec.Vector, out *vec.Vector) error {
			v, iv := args[ti], args[ii]
			out.Resize(v.N)
			for i := range v.N {
				add(out, i, v, iv.I64[iv.Idx(i)]*sign)
			}
			return nil
		}, nil
	}
}

// addMillis adds intervals, in units of f, to timestamps.
func addMillis(out []int64, t, iv *vec.Vector, f int64) {
	switch {
	case iv.Const && !t.Const:
		zipConst(out, t.I64, iv.I64[0]*f, func(x, y int64) int64 { return x + y })
	default:
		for i := range out {
			out[i] = t.I64[t.Idx(i)] + iv.I64[iv.Idx(i)]*f
		}
	}
}

// timeAdder gives the addition of n months or milliseconds to one value.
func timeAdder(t types.Type, months bool) func(out *vec.Vector, i int, v *vec.Vector, n int64) {
	switch t.Kind {
	case types.Date:
		if months {
			return func(out *vec.Vector, i int, v *vec.Vector, n int64) {
				out.I32[i] = types.AddMonths(v.I32[v.Idx(i)], int(n))
			}
		}
		return func(out *vec.Vector, i int, v *vec.Vector, n int64) {
			out.I32[i] = v.I32[v.Idx(i)] + int32(n/types.MsPerDay)
		}
	case types.Time:
		return func(out *vec.Vector, i int, v *vec.Vector, n int64) {
			if months {
				n = 0
			}
			ms := (int64(v.I32[v.Idx(i)]) + n) % types.MsPerDay
			if ms < 0 {
				ms += types.MsPerDay
			}
			out.I32[i] = int32(ms)
		}
	}
	return func(out *vec.Vector, i int, v *vec.Vector, n int64) {
		ms, ns := timestampAt(v, i)
		if months {
			ms = types.AddMonthsMs(ms, int(n))
		} else {
			ms += n
		}
		setTimestamp(out, i, ms, ns)
	}
}

// bindTimeDiff gives the milliseconds between two times.
func bindTimeDiff(c *Call) (Kernel, error) {
	a, b := c.Args[0].Type, c.Args[1].Type
	common, ok := types.CommonType(a.AsNullable(), b.AsNullable())
	if !ok {
		return nil, noType("-", c.Args)
	}
	read := timeReader(common)
	return coerced(c, []types.Type{common, common}, func(_ *Ctx, args []*vec.Vector, out *vec.Vector) error {
		out.Resize(rows(args))
		for i := range out.I64 {
			out.I64[i] = read(args[0], i) - read(args[1], i)
		}
		return nil
	})
}

// timeReader gives a temporal value in milliseconds.
func timeReader(t types.Type) func(v *vec.Vector, i int) int64 {
	switch t.Kind {
	case types.Date:
		return func(v *vec.Vector, i int) int64 { return types.MsOfDate(v.I32[v.Idx(i)]) }
	case types.Time:
		return func(v *vec.Vector, i int) int64 { return int64(v.I32[v.Idx(i)]) }
	}
	return func(v *vec.Vector, i int) int64 {
		ms, _ := timestampAt(v, i)
		return ms
	}
}

func bindIntervalScale(at int) func(*Call) (Kernel, error) {
	return func(c *Call) (Kernel, error) {
		want := []types.Type{c.Ret.AsNullable(), c.Ret.AsNullable()}
		if c.Args[1-at].Type.IsInteger() {
			want[1-at] = types.Of(types.BigInt)
			return coerced(c, want, integerKernel[int64](opMul))
		}
		want[1-at] = types.Of(types.Double)
		return coerced(c, want, func(_ *Ctx, args []*vec.Vector, out *vec.Vector) error {
			out.Resize(rows(args))
			iv, n := args[at], args[1-at]
			for i := range out.I64 {
				out.I64[i] = types.DoubleToInt64(float64(iv.I64[iv.Idx(i)]) * n.F64[n.Idx(i)])
			}
			return nil
		})
	}
}

func bindIntervalDivide(c *Call) (Kernel, error) {
	want := []types.Type{c.Ret.AsNullable(), types.Of(types.BigInt)}
	if c.Args[1].Type.IsInteger() {
		return coerced(c, want, integerKernel[int64](opDiv))
	}
	want[1] = types.Of(types.Double)
	return coerced(c, want, func(x *Ctx, args []*vec.Vector, out *vec.Vector) error {
		out.Resize(rows(args))
		iv, n := args[0], args[1]
		for i := range out.I64 {
			y := n.F64[n.Idx(i)]
			if y == 0 && x.Live.Get(i) {
				return errDivision
			}
			out.I64[i] = types.DoubleToInt64(float64(iv.I64[iv.Idx(i)]) / y)
		}
		return nil
	})
}
