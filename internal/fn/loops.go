package fn

import (
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// The loops below are what kernels are made of. Each is small enough to be
// inlined, and so is the literal function that it is called with: the named
// generic kernel around them becomes a plain loop (1.2 ns a row against 1.1 by
// hand; a stored closure costs 3 to 5). Never store the function in a variable.

// each sets out[i] to f(a[i]).
func each[A, R any](out []R, a []A, f func(A) R) {
	a = a[:len(out)]
	for i := range out {
		out[i] = f(a[i])
	}
}

// zip sets out[i] to f(a[i], b[i]).
func zip[A, B, R any](out []R, a []A, b []B, f func(A, B) R) {
	a, b = a[:len(out)], b[:len(out)]
	for i := range out {
		out[i] = f(a[i], b[i])
	}
}

// zipConst sets out[i] to f(a[i], y).
func zipConst[A, B, R any](out []R, a []A, y B, f func(A, B) R) {
	a = a[:len(out)]
	for i := range out {
		out[i] = f(a[i], y)
	}
}

// column gives the slice of a vector that holds values of T.
func column[T any](v *vec.Vector) []T {
	var p any
	switch any((*T)(nil)).(type) {
	case *bool:
		p = &v.B
	case *int8:
		p = &v.I8
	case *int16:
		p = &v.I16
	case *int32:
		p = &v.I32
	case *int64:
		p = &v.I64
	case *float32:
		p = &v.F32
	case *float64:
		p = &v.F64
	case *types.Int128:
		p = &v.D
	case *types.TimeNs:
		p = &v.TS
	case *string:
		p = &v.S
	}
	return *p.(*[]T)
}

// flatten writes a constant argument out as n rows into buf; others are given
// back as they are. Kernels without a variant for constants use it.
func flatten(v *vec.Vector, buf **vec.Vector, n int) *vec.Vector {
	if !v.Const {
		return v
	}
	if *buf == nil {
		*buf = vec.New(v.Type, 0)
	}
	b := *buf
	b.Resize(0)
	b.AppendRepeat(v, 0, n)
	return b
}

// rows gives the number of rows of a call with arguments.
func rows(args []*vec.Vector) int { return args[0].N }
