package fn

import (
	"unsafe"

	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

func newFirst(c *AggCall) (Acc, error) { return firstFor("FIRST_VALUE", c, false) }

func newLast(c *AggCall) (Acc, error) { return firstFor("LAST_VALUE", c, true) }

// firstFor gives the accumulator of FIRST_VALUE and LAST_VALUE. Where rows are
// retracted the whole list is kept, since any of them may become the first.
func firstFor(name string, c *AggCall, last bool) (Acc, error) {
	t := c.Args[0].Type
	if c.Retract || t.IsNested() {
		return &edge{items: items{t: t}, last: last, all: c.Retract}, nil
	}
	switch t.Phys() {
	case types.PBool:
		return &first[bool]{last}, nil
	case types.PI8:
		return &first[int8]{last}, nil
	case types.PI16:
		return &first[int16]{last}, nil
	case types.PI32:
		return &first[int32]{last}, nil
	case types.PI64:
		return &first[int64]{last}, nil
	case types.PF32:
		return &first[float32]{last}, nil
	case types.PF64:
		return &first[float64]{last}, nil
	case types.PI128:
		return &first[types.Int128]{last}, nil
	case types.PTime:
		return &first[types.TimeNs]{last}, nil
	case types.PStr:
		return &firstText{last}, nil
	}
	return nil, unsupportedAgg(name, t)
}

// first keeps the first or the last fixed-width value.
type first[T any] struct{ last bool }

func (*first[T]) Size() int { return heldSize[T]() }

func (f *first[T]) Update(_ *Env, accs []unsafe.Pointer, args []*vec.Vector, _ []int8) error {
	vals := column[T](args[0])
	for i, p := range accs {
		if args[0].IsNull(i) {
			continue
		}
		if a := (*held[T])(p); a.has == 0 || f.last {
			a.has, a.val = 1, vals[i]
		}
	}
	return nil
}

func (f *first[T]) Merge(_ *Env, dst, src []unsafe.Pointer) error {
	for i, p := range dst {
		d, s := (*held[T])(p), (*held[T])(src[i])
		if s.has != 0 && (d.has == 0 || f.last) {
			*d = *s
		}
	}
	return nil
}

func (*first[T]) Result(_ *Env, accs []unsafe.Pointer, out *vec.Vector) error {
	heldResult[T](accs, out)
	return nil
}

// firstText keeps the first or the last text.
type firstText struct{ last bool }

func (*firstText) Size() int { return heldTextSize }

func (*firstText) Refs() []int { return []int{8} }

func (f *firstText) Update(env *Env, accs []unsafe.Pointer, args []*vec.Vector, _ []int8) error {
	v := args[0]
	for i, p := range accs {
		if h := (*heldText)(p); !v.IsNull(i) && (h.n == 0 || f.last) {
			h.set(env.Heap, v.S[i])
		}
	}
	return nil
}

func (f *firstText) Merge(env *Env, dst, src []unsafe.Pointer) error {
	for i, p := range dst {
		d, s := (*heldText)(p), (*heldText)(src[i])
		if s.n != 0 && (d.n == 0 || f.last) {
			d.set(env.Heap, string(s.bytes(env.Heap)))
		}
	}
	return nil
}

func (*firstText) Result(env *Env, accs []unsafe.Pointer, out *vec.Vector) error {
	textResult(env.Heap, accs, out)
	return nil
}

// edge is FIRST_VALUE and LAST_VALUE over a list of values: of nested types, and
// over rows that are retracted (all).
type edge struct {
	items
	last, all bool
}

func (f *edge) Update(env *Env, accs []unsafe.Pointer, args []*vec.Vector, signs []int8) error {
	for i, p := range accs {
		l := (*itemList)(p)
		switch {
		case args[0].IsNull(i):
		case f.all:
			f.change(env.Heap, l, args[0], i, signOf(signs, i))
		case l.n == 0 || f.last:
			l.n, l.used = 0, 0
			f.change(env.Heap, l, args[0], i, 1)
		}
	}
	return nil
}

func (f *edge) Merge(env *Env, dst, src []unsafe.Pointer) error {
	for i, p := range dst {
		d, s := (*itemList)(p), (*itemList)(src[i])
		switch {
		case s.n == 0 || !f.all && !f.last && d.n > 0:
			continue
		case !f.all:
			d.n, d.used = 0, 0
		}
		f.join(env.Heap, d, s)
	}
	return nil
}

func (f *edge) Result(env *Env, accs []unsafe.Pointer, out *vec.Vector) error {
	for _, p := range accs {
		l := (*itemList)(p)
		if l.n == 0 {
			out.AppendNulls(1)
			continue
		}
		var pick []byte
		f.each(env.Heap, l, func(item []byte) bool {
			pick = item
			return f.last
		})
		vec.DecodeCanonical(pick, out)
	}
	return nil
}

// newSingle gives SINGLE_VALUE: the value of a scalar subquery.
func newSingle(c *AggCall) (Acc, error) { return &single{items{t: c.Args[0].Type}}, nil }

type single struct{ items }

func (f *single) Update(env *Env, accs []unsafe.Pointer, args []*vec.Vector, signs []int8) error {
	for i, p := range accs {
		l := (*itemList)(p)
		f.change(env.Heap, l, args[0], i, signOf(signs, i))
		if l.n > 1 {
			return sqlerr.New(sqlerr.Cardinality, sqlerr.Pos{}, "a scalar subquery gave more than one row").WithHint("add LIMIT 1, or aggregate it")
		}
	}
	return nil
}

func (f *single) Merge(env *Env, dst, src []unsafe.Pointer) error {
	for i, p := range dst {
		f.join(env.Heap, (*itemList)(p), (*itemList)(src[i]))
	}
	return nil
}

func (f *single) Result(env *Env, accs []unsafe.Pointer, out *vec.Vector) error {
	for _, p := range accs {
		l := (*itemList)(p)
		if l.n == 0 {
			out.AppendNulls(1)
			continue
		}
		f.each(env.Heap, l, func(item []byte) bool {
			vec.DecodeCanonical(item, out)
			return false
		})
	}
	return nil
}
