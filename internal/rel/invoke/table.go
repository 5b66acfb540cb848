package invoke

import (
	"context"
	"fmt"

	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/udf"
	"github.com/weir-stream/weir/internal/vec"
)

// Table is a table function in Go.
func Table(f *udf.TableFunction) *Function {
	return &Function{Name: "Correlate", Call: f.Name, Stable: !f.Volatile, AtOnce: 256,
		Open: func(_ context.Context, c *op.Context) (Callee, error) { return &table{f: f, zone: c.Fn.Zone}, nil }}
}

type table struct {
	f    *udf.TableFunction
	zone *types.Zone
}

// Call calls the function row by row.
func (t *table) Call(ctx context.Context, args []*vec.Vector, n int, out []*vec.Vector, counts []int32) ([]int32, error) {
	row := make([]any, len(args))
	for i := range n {
		for k, a := range args {
			row[k] = udf.Value(a, i, t.zone)
		}
		given := int32(0)
		err := guard(t.f.Name, func() error {
			return t.f.Eval(ctx, row, func(vals ...any) error {
				given++
				return appendRow(t.f.Name, out, vals)
			})
		})
		if err != nil {
			return counts, err
		}
		counts = append(counts, given)
	}
	return counts, nil
}

func (t *table) Close() error { return nil }

// appendRow checks what a function gives and appends it.
func appendRow(name string, out []*vec.Vector, vals []any) error {
	if len(vals) != len(out) {
		return sqlerr.New(sqlerr.Data, sqlerr.Pos{}, "%s gave %d values for %d columns", name, len(vals), len(out))
	}
	for i, x := range vals {
		if err := udf.Append(out[i], x); err != nil {
			return sqlerr.New(sqlerr.Data, sqlerr.Pos{}, "%s, column %d: %s", name, i+1, err)
		}
	}
	return nil
}

// guard turns panics and errors of a user's code into errors that name it.
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
