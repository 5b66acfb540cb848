package fn

import (
	"unsafe"

	"github.com/weir-stream/weir/internal/vec"
)

// countAcc counts rows in which no argument is null: one int64.
type countAcc struct{}

func newCount(*AggCall) (Acc, error) { return countAcc{}, nil }

func (countAcc) Size() int { return 8 }

func (countAcc) Update(_ *Env, accs []unsafe.Pointer, args []*vec.Vector, signs []int8) error {
	var nulls *vec.Vector
	several := false
	for _, a := range args {
		if a.MayHaveNulls() {
			several = several || nulls != nil
			nulls = a
		}
	}
	switch {
	case several:
		countNotNull(accs, args, signs)
	case nulls == nil && signs == nil:
		for _, p := range accs {
			*(*int64)(p)++
		}
	case nulls == nil:
		signs = signs[:len(accs)]
		for i, p := range accs {
			*(*int64)(p) += int64(signs[i])
		}
	case signs == nil:
		valid := nulls.Valid
		for i, p := range accs {
			*(*int64)(p) += int64(valid[i>>6] >> (uint(i) & 63) & 1)
		}
	default:
		valid := nulls.Valid
		for i, p := range accs {
			*(*int64)(p) += int64(valid[i>>6]>>(uint(i)&63)&1) * int64(signs[i])
		}
	}
	return nil
}

func countNotNull(accs []unsafe.Pointer, args []*vec.Vector, signs []int8) {
rows:
	for i, p := range accs {
		for _, a := range args {
			if a.IsNull(i) {
				continue rows
			}
		}
		*(*int64)(p) += int64(signOf(signs, i))
	}
}

func signOf(signs []int8, i int) int8 {
	if signs == nil {
		return 1
	}
	return signs[i]
}

func (countAcc) Merge(_ *Env, dst, src []unsafe.Pointer) error {
	for i, p := range dst {
		*(*int64)(p) += *(*int64)(src[i])
	}
	return nil
}

func (countAcc) Result(_ *Env, accs []unsafe.Pointer, out *vec.Vector) error {
	n := out.N
	out.Grow(len(accs))
	res := out.I64[n:]
	for i, p := range accs {
		res[i] = *(*int64)(p)
	}
	return nil
}
