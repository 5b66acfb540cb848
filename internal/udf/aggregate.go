package udf

import (
	"fmt"
	"strings"
	"unsafe"

	"github.com/weir-stream/weir/internal/fn"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// AggregateFunction folds the rows of a group into a state and gives one value.
type AggregateFunction struct {
	Name string
	// Sig is as in ScalarFunction, with the aggregated arguments.
	Sig string
	Doc string
	// State are the types of what is kept for a group; it begins as nils.
	State []string
	// Add folds a row into the state, in place.
	Add func(state, args []any) error
	// Retract takes a row back; without it the function needs rows that only come.
	Retract func(state, args []any) error
	// Merge folds another state into the first; without it a group is folded by one
	// task alone.
	Merge func(state, other []any) error
	// Result gives the value.
	Result func(state []any) (any, error)
}

// Agg gives the row for the table of aggregates; typeOf reads a type as SQL
// spells it.
func (a *AggregateFunction) Agg(typeOf func(string) (types.Type, error)) (fn.Agg, error) {
	var ts []types.Type
	for _, s := range a.State {
		t, err := typeOf(s)
		if err != nil {
			return fn.Agg{}, err
		}
		ts = append(ts, t)
	}
	infer, err := result(a.Sig, typeOf)
	if err != nil {
		return fn.Agg{}, err
	}
	return fn.Agg{Name: strings.ToUpper(a.Name), Sig: a.Sig, Doc: a.Doc, Extension: true, Infer: infer, New: func(c *fn.AggCall) (fn.Acc, error) {
		if c.Retract && a.Retract == nil {
			return nil, sqlerr.New(sqlerr.Unsupported, sqlerr.Pos{}, "%s cannot take rows back, but its input updates rows", a.Name).
				WithHint("give it a Retract, or aggregate rows that only come")
		}
		return &acc{f: a, codec: vec.NewCodec(ts), buf: vec.NewBatch(ts)}, nil
	}}, nil
}

// acc keeps a group's state as an encoded row in the heap.
type acc struct {
	f     *AggregateFunction
	codec *vec.Codec
	buf   *vec.Batch
	rows  vec.Rows
}

func (a *acc) Size() int { return 8 }

// Refs says that the accumulator is a reference.
func (a *acc) Refs() []int { return []int{0} }

func (a *acc) load(env *fn.Env, p unsafe.Pointer) []any {
	vals := make([]any, len(a.buf.Cols))
	r := *(*fn.Ref)(p)
	if r == 0 {
		return vals
	}
	a.buf.Reset()
	a.codec.Decode([][]byte{env.Heap.Get(r)}, a.buf.Cols)
	for i, c := range a.buf.Cols {
		vals[i] = Value(c, 0, types.UTC)
	}
	return vals
}

func (a *acc) store(env *fn.Env, p unsafe.Pointer, vals []any) error {
	a.buf.Reset()
	for i, x := range vals {
		if err := Append(a.buf.Cols[i], x); err != nil {
			return err
		}
	}
	a.buf.N = 1
	a.codec.Encode(&a.rows, a.buf, nil)
	*(*fn.Ref)(p) = env.Heap.Put(*(*fn.Ref)(p), a.rows.Row(0))
	return nil
}

func (a *acc) Update(env *fn.Env, accs []unsafe.Pointer, args []*vec.Vector, signs []int8) error {
	row := make([]any, len(args))
	for i, p := range accs {
		for k, v := range args {
			row[k] = Value(v, i, zoneOf(env.Ctx))
		}
		fold := a.f.Add
		if signs != nil && signs[i] < 0 {
			fold = a.f.Retract
		}
		err := guard(a.f.Name, func() error {
			state := a.load(env, p)
			if err := fold(state, row); err != nil {
				return err
			}
			return a.store(env, p, state)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (a *acc) Merge(env *fn.Env, dst, src []unsafe.Pointer) error {
	for i, p := range dst {
		if *(*fn.Ref)(src[i]) == 0 {
			continue
		}
		err := guard(a.f.Name, func() error {
			if a.f.Merge == nil {
				return fmt.Errorf("states of a group must be merged, but it has no Merge")
			}
			state := a.load(env, p)
			if err := a.f.Merge(state, a.load(env, src[i])); err != nil {
				return err
			}
			return a.store(env, p, state)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (a *acc) Result(env *fn.Env, accs []unsafe.Pointer, out *vec.Vector) error {
	for _, p := range accs {
		err := guard(a.f.Name, func() error {
			x, err := a.f.Result(a.load(env, p))
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
