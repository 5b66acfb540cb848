package fn

import (
	"cmp"

	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

const comparisonCategory = "comparison"

// Comparisons are the operators = <> < <= > >= and IS [NOT] DISTINCT FROM.
func Comparisons() []Func {
	ops := []struct {
		name, doc string
		op        CompareOp
		examples  []Example
	}{
		{"=", "Equality.", EQ, []Example{{"1 = 1", "TRUE"}, {"'a' = 'b'", "FALSE"}}},
		{"<>", "Inequality.", NE, []Example{{"1 <> 2", "TRUE"}}},
		{"<", "Less than.", LT, []Example{{"1 < 2.5", "TRUE"}}},
		{"<=", "Less than or equal.", LE, []Example{{"DATE '2020-01-01' <= DATE '2020-01-01'", "TRUE"}}},
		{">", "Greater than.", GT, []Example{{"'b' > 'a'", "TRUE"}}},
		{">=", "Greater than or equal.", GE, []Example{{"1 >= 2", "FALSE"}}},
	}
	var out []Func
	for _, o := range ops {
		out = append(out,
			Func{Name: o.name, Sig: "(a T, b T) -> BOOLEAN", Doc: o.doc, Category: comparisonCategory, Examples: o.examples,
				Hidden: true, Bind: bindCompare(o.op)},
		)
	}
	return append(out,
		Func{Name: "IS DISTINCT FROM", Sig: "(a T, b T) -> BOOLEAN NOT NULL", Doc: "Inequality that treats NULL as a value.",
			Category: comparisonCategory, Examples: []Example{{"1 IS DISTINCT FROM NULL", "TRUE"}},
			Hidden: true, Nulls: Custom, Bind: bindDistinct(true)},
		Func{Name: "IS NOT DISTINCT FROM", Sig: "(a T, b T) -> BOOLEAN NOT NULL", Doc: "Equality that treats NULL as a value.",
			Category: comparisonCategory, Examples: []Example{{"1 IS NOT DISTINCT FROM 1", "TRUE"}},
			Hidden: true, Nulls: Custom, Bind: bindDistinct(false)},
	)
}

// CompareOp is one of the six comparisons.
type CompareOp uint8

// The comparisons.
const (
	EQ CompareOp = iota
	NE
	LT
	LE
	GT
	GE
)

// compareNames are the names of the operators' rows.
var compareNames = [...]string{EQ: "=", NE: "<>", LT: "<", LE: "<=", GT: ">", GE: ">="}

// String gives the operator as SQL.
func (op CompareOp) String() string { return compareNames[op] }

// CompareOpOf gives the comparison that a row of the table is.
func CompareOpOf(f *Func) (CompareOp, bool) {
	for op, n := range compareNames {
		if n == f.Name {
			return CompareOp(op), true
		}
	}
	return 0, false
}

// Flip gives the operator with its sides exchanged.
func (op CompareOp) Flip() CompareOp {
	return [...]CompareOp{EQ: EQ, NE: NE, LT: GT, LE: GE, GT: LT, GE: LE}[op]
}

// Negate gives the operator that holds where op does not (nulls aside).
func (op CompareOp) Negate() CompareOp {
	return [...]CompareOp{EQ: NE, NE: EQ, LT: GE, LE: GT, GT: LE, GE: LT}[op]
}

// Holds reports whether the operator holds for a three-way comparison.
func (op CompareOp) Holds(c int) bool {
	switch op {
	case EQ:
		return c == 0
	case NE:
		return c != 0
	case LT:
		return c < 0
	case LE:
		return c <= 0
	case GT:
		return c > 0
	}
	return c >= 0
}

func bindCompare(op CompareOp) func(*Call) (Kernel, error) {
	return func(c *Call) (Kernel, error) {
		t := c.Args[0].Type
		if t.Kind == types.Null {
			t = c.Args[1].Type
		}
		return CompareKernel(op, t), nil
	}
}

// CompareKernel gives the kernel that compares two vectors of the type.
func CompareKernel(op CompareOp, t types.Type) Kernel {
	switch t.Phys() {
	case types.PI8:
		return ordered[int8](op)
	case types.PI16:
		return ordered[int16](op)
	case types.PI32:
		return ordered[int32](op)
	case types.PI64:
		return ordered[int64](op)
	case types.PF32:
		return ordered[float32](op)
	case types.PF64:
		return ordered[float64](op)
	case types.PStr:
		return ordered[string](op)
	case types.PBool:
		return func(_ *Ctx, args []*vec.Vector, out *vec.Vector) error {
			out.Resize(rows(args))
			compareBools(op, args[0], args[1], out.B)
			return nil
		}
	}
	return func(_ *Ctx, args []*vec.Vector, out *vec.Vector) error {
		out.Resize(rows(args))
		a, b := args[0], args[1]
		for i := range out.B {
			out.B[i] = op.Holds(vec.Compare(a, i, b, i))
		}
		return nil
	}
}

func compareBools(op CompareOp, a, b *vec.Vector, out []bool) {
	for i := range out {
		x, y := a.B[a.Idx(i)], b.B[b.Idx(i)]
		c := 0
		switch {
		case x && !y:
			c = 1
		case y && !x:
			c = -1
		}
		out[i] = op.Holds(c)
	}
}

func ordered[T cmp.Ordered](op CompareOp) Kernel {
	return func(_ *Ctx, args []*vec.Vector, out *vec.Vector) error {
		out.Resize(rows(args))
		a, b := column[T](args[0]), column[T](args[1])
		switch {
		case args[1].Const && args[0].Const:
			compareConst(op, out.B[:1], a, b[0])
			fill(out.B, out.B[0])
		case args[1].Const:
			compareConst(op, out.B, a, b[0])
		case args[0].Const:
			compareConst(op.Flip(), out.B, b, a[0])
		default:
			compareBoth(op, out.B, a, b)
		}
		return nil
	}
}

func fill[T any](out []T, x T) {
	for i := range out {
		out[i] = x
	}
}

func compareConst[T cmp.Ordered](op CompareOp, out []bool, a []T, y T) {
	if len(out) == 0 {
		return
	}
	switch op {
	case EQ:
		zipConst(out, a, y, func(x, y T) bool { return x == y })
	case NE:
		zipConst(out, a, y, func(x, y T) bool { return x != y })
	case LT:
		zipConst(out, a, y, func(x, y T) bool { return x < y })
	case LE:
		zipConst(out, a, y, func(x, y T) bool { return x <= y })
	case GT:
		zipConst(out, a, y, func(x, y T) bool { return x > y })
	case GE:
		zipConst(out, a, y, func(x, y T) bool { return x >= y })
	}
}

func compareBoth[T cmp.Ordered](op CompareOp, out []bool, a, b []T) {
	switch op {
	case EQ:
		zip(out, a, b, func(x, y T) bool { return x == y })
	case NE:
		zip(out, a, b, func(x, y T) bool { return x != y })
	case LT:
		zip(out, a, b, func(x, y T) bool { return x < y })
	case LE:
		zip(out, a, b, func(x, y T) bool { return x <= y })
	case GT:
		zip(out, b, a, func(x, y T) bool { return x < y })
	case GE:
		zip(out, b, a, func(x, y T) bool { return x <= y })
	}
}

func bindDistinct(distinct bool) func(*Call) (Kernel, error) {
	return func(c *Call) (Kernel, error) {
		op := EQ
		if distinct {
			op = NE
		}
		t := c.Args[0].Type
		if t.Kind == types.Null {
			t = c.Args[1].Type
		}
		equal := CompareKernel(op, t)
		if t.Kind == types.Null {
			equal = func(_ *Ctx, args []*vec.Vector, out *vec.Vector) error { out.Resize(rows(args)); return nil }
		}
		return func(x *Ctx, args []*vec.Vector, out *vec.Vector) error {
			if err := equal(x, args, out); err != nil {
				return err
			}
			a, b := args[0], args[1]
			if !a.MayHaveNulls() && !b.MayHaveNulls() {
				return nil
			}
			for i := range out.B {
				if an, bn := a.IsNull(i), b.IsNull(i); an || bn {
					out.B[i] = (an != bn) == distinct
				}
			}
			return nil
		}, nil
	}
}
