package udf

import (
	"fmt"
	"strings"

	"github.com/weir-stream/weir/internal/fn"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// ScalarFunction gives one value a row.
type ScalarFunction struct {
	Name string
	// Sig is the signature as DESCRIBE FUNCTION shows it: "(s STRING, n INT) -> STRING".
	// A name may be declared with several signatures.
	Sig string
	Doc string
	// Volatile functions do not always give the same value for the same arguments.
	Volatile bool
	// Eval gives the value for a row; it is called with nils too. Or
	Eval func(args []any) (any, error)
	// Vector gives the values of many rows: it appends or writes out.N = n values to
	// out, which has been resized to n. A row with a null argument becomes null.
	Vector func(args []*vec.Vector, n int, out *vec.Vector) error
}

// Func gives the row for the table of functions; typeOf reads a type as SQL
// spells it. The result may always be null: Go has no types that are not.
func (s *ScalarFunction) Func(typeOf func(string) (types.Type, error)) (fn.Func, error) {
	infer, err := result(s.Sig, typeOf)
	if err != nil {
		return fn.Func{}, err
	}
	f := fn.Func{Name: s.Name, Sig: s.Sig, Doc: s.Doc, Category: "user", CanFail: true, Extension: true, Infer: infer}
	if s.Volatile {
		f.Volatility = fn.Volatile
	}
	if s.Vector != nil {
		f.Kernel = func(c *fn.Ctx, args []*vec.Vector, out *vec.Vector) error {
			n := rows(c, args)
			out.Resize(n)
			flat := make([]*vec.Vector, len(args))
			for i, a := range args {
				flat[i] = a.Flat()
			}
			return guard(s.Name, func() error { return s.Vector(flat, n, out) })
		}
		return f, nil
	}
	f.Nulls = fn.Custom
	f.Kernel = func(c *fn.Ctx, args []*vec.Vector, out *vec.Vector) error {
		out.Resize(0)
		row := make([]any, len(args))
		for i := range rows(c, args) {
			for k, a := range args {
				row[k] = Value(a, i, zoneOf(c))
			}
			err := guard(s.Name, func() error {
				x, err := s.Eval(row)
				if err != nil {
					return err
				}
				return Append(out, x)
			})
			if err != nil {
				return err
			}
		}
		return nil
	}
	return f, nil
}

// result reads the type behind the arrow of a signature.
func result(sig string, typeOf func(string) (types.Type, error)) (func([]fn.Arg) (types.Type, error), error) {
	_, text, ok := strings.Cut(sig, "->")
	if !ok {
		return nil, fmt.Errorf("the signature %s has no result: write (a INT) -> INT", sig)
	}
	t, err := typeOf(strings.TrimSpace(text))
	return func([]fn.Arg) (types.Type, error) { return t.AsNullable(), nil }, err
}

func zoneOf(c *fn.Ctx) *types.Zone {
	if c.Zone == nil {
		return types.UTC
	}
	return c.Zone
}

func rows(c *fn.Ctx, args []*vec.Vector) int {
	if len(args) == 0 {
		return c.N
	}
	return args[0].N
}

func guard(name string, f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = sqlerr.New(sqlerr.Runtime, sqlerr.Pos{}, "%s panicked: %v", name, p)
		}
	}()
	if err = f(); err != nil {
		if _, ok := err.(*sqlerr.Error); !ok {
			err = &sqlerr.Error{Code: sqlerr.Runtime, Msg: fmt.Sprintf("%s: %s", name, err), Err: err}
		}
	}
	return err
}
