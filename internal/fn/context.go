package fn

import (
	"crypto/rand"
	"encoding/hex"

	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// Context are the functions about the session and the expression, and those
// that make identifiers.
func Context() []Func {
	return []Func{
		{Name: "TYPEOF", Sig: "(x ANY)", Doc: "The type of the expression.", Category: "conversion", Nulls: Custom, Infer: nullableResult(types.String()),
			Bind: bindTypeof, Examples: []Example{{"TYPEOF(1)", "INT NOT NULL"}}},
		{Name: "TYPEOF", Sig: "(x ANY, force BOOLEAN)", Doc: "The type of the expression; if force is TRUE as it can be read back, so VARCHAR(2147483647) and not STRING.", Category: "conversion", Nulls: Custom, Infer: inferTypeof,
			Hidden: true, Bind: bindTypeof},
		{Name: "CURRENT_DATABASE", Sig: "() -> STRING NOT NULL", Doc: "The current database.", Category: "context", Volatility: Stable, Examples: []Example{{"CURRENT_DATABASE()", "default_database"}},
			Kernel: func(c *Ctx, _ []*vec.Vector, out *vec.Vector) error {
				out.Resize(c.N)
				fill(out.S, c.Database)
				return nil
			}},
		{Name: "UUID", Sig: "()", Doc: "A random UUID (version 4), other for each row.", Category: arithmeticCategory, Volatility: Volatile, Examples: []Example{{"CHAR_LENGTH(UUID())", "36"}},
			Infer: nullableResult(types.CharOf(36).NotNull()),
			Bind: textOf(func(dst []byte, _ *row) ([]byte, bool) {
				var u [16]byte
				_, _ = rand.Read(u[:]) // never fails
				u[6], u[8] = u[6]&0x0f|0x40, u[8]&0x3f|0x80
				for _, part := range [...][]byte{u[:4], u[4:6], u[6:8], u[8:10]} {
					dst = append(hex.AppendEncode(dst, part), '-')
				}
				return hex.AppendEncode(dst, u[10:]), true
			})},
	}
}

// inferTypeof takes a literal only for what says how to spell the type.
func inferTypeof(args []Arg) (types.Type, error) {
	if !args[1].Lit || args[1].Value == nil {
		return types.Type{}, sqlerr.New(sqlerr.Arguments, sqlerr.Pos{}, "the second argument of TYPEOF must be TRUE or FALSE, written out")
	}
	return types.String(), nil
}

func bindTypeof(c *Call) (Kernel, error) {
	t := c.Args[0].Type.WithAttr(types.NoAttr)
	name := t.String()
	if len(c.Args) > 1 && c.Args[1].Value == true {
		if t.Kind == types.Null { // which no DDL can name
			return func(_ *Ctx, args []*vec.Vector, out *vec.Vector) error {
				out.AppendNulls(rows(args))
				return nil
			}, nil
		}
		name = t.Full()
	}
	return func(_ *Ctx, args []*vec.Vector, out *vec.Vector) error {
		out.Resize(rows(args))
		fill(out.S, name)
		return nil
	}, nil
}

// Conditionals are GREATEST and LEAST, and the rows of the functions that the
// binder writes as CASE, which have kernels for whoever calls them by name.
func Conditionals() []Func {
	const category = "conditional"
	return []Func{
		{Name: "GREATEST", Sig: "(x T, y T...) -> T", Doc: "The greatest of the values; NULL if one is.", Category: category, Bind: bindExtreme(1), Examples: []Example{{"GREATEST(1, 3, 2)", "3"}}},
		{Name: "LEAST", Sig: "(x T, y T...) -> T", Doc: "The least of the values; NULL if one is.", Category: category, Bind: bindExtreme(-1), Examples: []Example{{"LEAST(1, 3, 2)", "1"}}},
		{Name: "COALESCE", Sig: "(x T, y T...) -> T", Doc: "The first value that is not NULL.", Category: category, Nulls: Custom, Bind: bindFirst, Examples: []Example{{"COALESCE(NULL, 5)", "5"}}},
		{Name: "IFNULL", Sig: "(x T, y T) -> T", Doc: "x, or y if x is NULL.", Category: category, Nulls: Custom, Bind: bindFirst, Examples: []Example{{"IFNULL(NULL, 5)", "5"}}},
		{Name: "NULLIF", Sig: "(x T, y T)", Doc: "NULL if x equals y, else x.", Category: category, Nulls: Custom,
			Infer: func(a []Arg) (types.Type, error) { return a[0].Type.AsNullable(), nil },
			Kernel: appendOf(func(out *vec.Vector, r *row) {
				if !r.null(0) && !r.null(1) && vec.Compare(r.args[0], r.i, r.args[1], r.i) == 0 {
					return
				}
				out.Append(r.args[0], r.i)
			}), Examples: []Example{{"NULLIF(5, 5)", "NULL"}, {"NULLIF(5, 0)", "5"}}},
		{Name: "IF", Sig: "(condition BOOLEAN, x T, y T) -> T", Doc: "x if the condition is TRUE, else y.", Category: category, Nulls: Custom,
			Kernel: appendOf(func(out *vec.Vector, r *row) {
				k := 2
				if !r.null(0) && r.bool(0) {
					k = 1
				}
				out.Append(r.args[k], r.i)
			}), Examples: []Example{{"IF(5 > 3, 'a', 'b')", "a"}}},
	}
}

// bindFirst takes the first argument that is not null.
func bindFirst(*Call) (Kernel, error) {
	return appendOf(func(out *vec.Vector, r *row) {
		for k, v := range r.args {
			if !r.null(k) {
				out.Append(v, r.i)
				return
			}
		}
	}), nil
}

// bindExtreme takes the argument that compares greatest (sign 1) or least (-1).
func bindExtreme(sign int) func(*Call) (Kernel, error) {
	return func(*Call) (Kernel, error) {
		return appendOf(func(out *vec.Vector, r *row) {
			best := r.args[0]
			for _, v := range r.args[1:] {
				if vec.Compare(v, r.i, best, r.i)*sign > 0 {
					best = v
				}
			}
			out.Append(best, r.i)
		}), nil
	}
}
