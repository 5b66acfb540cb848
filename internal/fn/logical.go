package fn

import (
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

const logicalCategory = "logical"

// Logical are NOT and the IS tests. AND and OR are nodes of expressions.
func Logical() []Func {
	is := func(name, sig, doc string, k Kernel, ex ...Example) Func {
		return Func{Name: name, Sig: sig, Doc: doc, Category: logicalCategory, Examples: ex, Hidden: true, Nulls: Custom, Kernel: k}
	}
	return []Func{
		{Name: "NOT", Sig: "(a BOOLEAN) -> BOOLEAN", Doc: "Negation; NOT NULL is NULL.", Category: logicalCategory,
			Examples: []Example{{"NOT TRUE", "FALSE"}}, Hidden: true, Kernel: not},
		is("IS NULL", "(a ANY) -> BOOLEAN NOT NULL", "Whether the value is NULL.", isNull, Example{"NULL IS NULL", "TRUE"}),
		is("IS NOT NULL", "(a ANY) -> BOOLEAN NOT NULL", "Whether the value is not NULL.", isNotNull, Example{"1 IS NOT NULL", "TRUE"}),
		is("IS TRUE", "(a BOOLEAN) -> BOOLEAN NOT NULL", "Whether the value is TRUE.", isTruth(true, false), Example{"(1 = 1) IS TRUE", "TRUE"}),
		is("IS NOT TRUE", "(a BOOLEAN) -> BOOLEAN NOT NULL", "Whether the value is FALSE or NULL.", isTruth(true, true), Example{"(1 = 1) IS NOT TRUE", "FALSE"}),
		is("IS FALSE", "(a BOOLEAN) -> BOOLEAN NOT NULL", "Whether the value is FALSE.", isTruth(false, false), Example{"(1 = 1) IS FALSE", "FALSE"}),
		is("IS NOT FALSE", "(a BOOLEAN) -> BOOLEAN NOT NULL", "Whether the value is TRUE or NULL.", isTruth(false, true), Example{"(1 = 1) IS NOT FALSE", "TRUE"}),
		is("IS UNKNOWN", "(a BOOLEAN) -> BOOLEAN NOT NULL", "Whether the value is NULL.", isNull, Example{"(1 = 1) IS UNKNOWN", "FALSE"}),
		is("IS NOT UNKNOWN", "(a BOOLEAN) -> BOOLEAN NOT NULL", "Whether the value is not NULL.", isNotNull, Example{"(1 = 1) IS NOT UNKNOWN", "TRUE"}),
	}
}

func not(_ *Ctx, args []*vec.Vector, out *vec.Vector) error {
	return convert(args, out, func(out, a []bool) { each(out, a, func(x bool) bool { return !x }) })
}

func isNull(_ *Ctx, args []*vec.Vector, out *vec.Vector) error {
	nullTest(args[0], out, true)
	return nil
}

func isNotNull(_ *Ctx, args []*vec.Vector, out *vec.Vector) error {
	nullTest(args[0], out, false)
	return nil
}

func nullTest(v, out *vec.Vector, null bool) {
	out.Resize(v.N)
	if !v.MayHaveNulls() {
		fill(out.B, !null)
		return
	}
	for i := range out.B {
		out.B[i] = v.IsNull(i) == null
	}
}

func isTruth(truth, negated bool) Kernel {
	return func(_ *Ctx, args []*vec.Vector, out *vec.Vector) error {
		v := args[0]
		out.Resize(v.N)
		if v.Type.Kind == types.Null {
			fill(out.B, negated)
			return nil
		}
		for i := range out.B {
			out.B[i] = (!v.IsNull(i) && v.B[v.Idx(i)] == truth) != negated
		}
		return nil
	}
}
