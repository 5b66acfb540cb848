package fn

import (
	"cmp"

	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// fewValues is up to how many values a scan of a list beats a hash.
const fewValues = 6

// Membership gives a test of each row of a vector (null rows may get anything)
// for being among values, none of which is null.
func Membership(values *vec.Vector) func(v *vec.Vector, out []bool) {
	switch values.Type.Phys() {
	case types.PI8:
		return memberOrdered(values.I8)
	case types.PI16:
		return memberOrdered(values.I16)
	case types.PI32:
		return memberOrdered(values.I32)
	case types.PI64:
		return memberOrdered(values.I64)
	case types.PF32:
		return memberOrdered(values.F32)
	case types.PF64:
		return memberOrdered(values.F64)
	case types.PStr:
		return memberOrdered(values.S)
	case types.PI128:
		return memberHashed(values.D)
	case types.PTime:
		return memberHashed(values.TS)
	}
	return func(v *vec.Vector, out []bool) {
		for i := range out {
			out[i] = false
			for j := range values.N {
				if vec.Compare(v, i, values, j) == 0 {
					out[i] = true
					break
				}
			}
		}
	}
}

func memberOrdered[T cmp.Ordered](values []T) func(v *vec.Vector, out []bool) {
	if len(values) > fewValues {
		return memberHashed(values)
	}
	return func(v *vec.Vector, out []bool) {
		a := column[T](v)
		clear(out)
		if len(out) > 0 {
			memberScan(out, a[:len(out)], values)
		}
	}
}

func memberScan[T cmp.Ordered](out []bool, a, values []T) {
	for i, x := range a {
		for _, y := range values {
			if x == y {
				out[i] = true
				break
			}
		}
	}
}

func memberHashed[T comparable](values []T) func(v *vec.Vector, out []bool) {
	set := make(map[T]struct{}, len(values))
	for _, x := range values {
		set[x] = struct{}{}
	}
	return func(v *vec.Vector, out []bool) {
		a := column[T](v)
		for i := range out {
			_, out[i] = set[a[i]]
		}
	}
}
