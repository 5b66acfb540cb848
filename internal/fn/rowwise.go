package fn

import (
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// row is one row of a call's arguments, for functions whose work on a row is
// more than a call costs. Its accessors see through constants.
type row struct {
	args []*vec.Vector
	i    int
	err  error // set by fail
}

func (r *row) str(k int) string     { return r.args[k].S[r.args[k].Idx(r.i)] }
func (r *row) int(k int) int64      { return intAt(r.args[k], r.i) }
func (r *row) bool(k int) bool      { return r.args[k].B[r.args[k].Idx(r.i)] }
func (r *row) double(k int) float64 { return r.args[k].F64[r.args[k].Idx(r.i)] }
func (r *row) null(k int) bool      { return r.args[k].IsNull(r.i) }
func (r *row) has(k int) bool       { return k < len(r.args) }

// clampInt gives an integer argument as an int of at most 32 bits, which is
// what Flink's functions take.
func (r *row) clampInt(k int) int {
	const most = 1<<31 - 1
	return int(min(max(r.int(k), -most), most))
}

func (r *row) fail(format string, args ...any) { r.err = Err(format, args...) }

func (r *row) failAs(code sqlerr.Code, format string, args ...any) {
	r.err = failure(code, format, args...)
}

// live calls f for each row that counts and stops at the first error.
func live(c *Ctx, args []*vec.Vector, n int, f func(r *row)) error {
	r := row{args: args}
	for i := range n {
		if c.Live != nil && !c.Live.Get(i) {
			continue
		}
		r.i = i
		f(&r)
		if r.err != nil {
			return r.err
		}
	}
	return nil
}

// callRows is the number of rows of a call with or without arguments.
func callRows(c *Ctx, args []*vec.Vector) int {
	if len(args) == 0 {
		return c.N
	}
	return args[0].N
}

// textPart makes a kernel of a function whose result is a part of an argument
// (or a constant): no text is copied. False gives null.
func textPart(f func(r *row) (string, bool)) Kernel {
	return func(c *Ctx, args []*vec.Vector, out *vec.Vector) error {
		n := callRows(c, args)
		out.Resize(n)
		return live(c, args, n, func(r *row) {
			s, ok := f(r)
			out.S[r.i] = s
			if !ok {
				out.SetNull(r.i)
			}
		})
	}
}

// textOf makes the Bind of a function that appends new text; the texts of a
// batch share one buffer. False gives null.
func textOf(f func(dst []byte, r *row) ([]byte, bool)) func(*Call) (Kernel, error) {
	return func(*Call) (Kernel, error) { return textKernel(f), nil }
}

func textKernel(f func(dst []byte, r *row) ([]byte, bool)) Kernel {
	var b textBuilder
	return func(c *Ctx, args []*vec.Vector, out *vec.Vector) error {
		n := callRows(c, args)
		out.Resize(n)
		b.start(n)
		r := row{args: args}
		for i := range n {
			if c.Live.Get(i) {
				r.i = i
				from := len(b.buf)
				buf, ok := f(b.buf, &r)
				if r.err != nil {
					return r.err
				}
				b.buf = buf
				if !ok {
					b.buf = buf[:from]
					out.SetNull(i)
				}
			}
			b.end()
		}
		b.finish(out)
		return nil
	}
}

// boolOf makes a kernel of a test.
func boolOf(f func(r *row) bool) Kernel {
	return func(c *Ctx, args []*vec.Vector, out *vec.Vector) error {
		n := callRows(c, args)
		out.Resize(n)
		return live(c, args, n, func(r *row) { out.B[r.i] = f(r) })
	}
}

// intOf makes a kernel of a function to INT; false gives null.
func intOf(f func(r *row) (int, bool)) Kernel {
	return func(c *Ctx, args []*vec.Vector, out *vec.Vector) error {
		n := callRows(c, args)
		out.Resize(n)
		return live(c, args, n, func(r *row) {
			x, ok := f(r)
			out.I32[r.i] = int32(x)
			if !ok {
				out.SetNull(r.i)
			}
		})
	}
}

// longOf makes a kernel of a function to BIGINT; false gives null.
func longOf(f func(r *row) (int64, bool)) Kernel {
	return func(c *Ctx, args []*vec.Vector, out *vec.Vector) error {
		n := callRows(c, args)
		out.Resize(n)
		return live(c, args, n, func(r *row) {
			x, ok := f(r)
			out.I64[r.i] = x
			if !ok {
				out.SetNull(r.i)
			}
		})
	}
}

// appendOf makes a kernel of a function that appends one value to the output in
// order, for lists and rows. Rows that do not count become nulls.
func appendOf(f func(out *vec.Vector, r *row)) Kernel {
	return func(c *Ctx, args []*vec.Vector, out *vec.Vector) error {
		n := callRows(c, args)
		out.Resize(0)
		r := row{args: args}
		for i := range n {
			if !c.Live.Get(i) {
				out.AppendNulls(1)
				continue
			}
			r.i = i
			f(out, &r)
			if r.err != nil {
				return r.err
			}
			if out.N == i {
				out.AppendNulls(1)
			}
		}
		return nil
	}
}

// nullableResult is Infer for strict functions that may give null for values
// that are not.
func nullableResult(t types.Type) func([]Arg) (types.Type, error) {
	return func([]Arg) (types.Type, error) { return t, nil }
}
