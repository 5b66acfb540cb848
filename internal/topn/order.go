package topn

import (
	"math"
	"unsafe"

	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/state"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// Order compares rows by a word of the first column, and by all sort keys where
// words tie. Words alone decide for one column of at most 8 bytes (Exact), but
// for the least and the greatest word, which nulls share with values.
type Order struct {
	Keys  []plan.SortKey
	Exact bool
}

// NewOrder gives the order of rows of types in.
func NewOrder(in []types.Type, keys []plan.SortKey) Order {
	o := Order{Keys: keys, Exact: len(keys) == 0}
	if len(keys) == 1 {
		switch in[keys[0].Col].Phys() {
		case types.PBool, types.PI8, types.PI16, types.PI32, types.PI64, types.PF32, types.PF64:
			o.Exact = true
		}
	}
	return o
}

// Ties reports whether rows whose words are both w need their keys compared.
func (o *Order) Ties(w uint64) bool {
	if o.Exact {
		return len(o.Keys) > 0 && (w == 0 || w == math.MaxUint64)
	}
	return true
}

// AppendKey appends the sort key of physical row r.
func (o *Order) AppendKey(dst []byte, b *vec.Batch, r int) []byte {
	for _, k := range o.Keys {
		dst = state.AppendSortKey(dst, b.Cols[k.Col], r, k.Desc, k.NullsFirst)
	}
	return dst
}

// Words replaces out by the words of physical rows sel (nil: all b.N).
func (o *Order) Words(b *vec.Batch, sel []int32, out []uint64) []uint64 {
	n := b.N
	if sel != nil {
		n = len(sel)
	}
	if cap(out) < n {
		out = make([]uint64, n, n+n/4)
	}
	out = out[:n]
	if len(o.Keys) == 0 {
		clear(out)
		return out
	}
	k := o.Keys[0]
	v := b.Cols[k.Col]
	wordsOf(out, v, sel)
	if k.Desc {
		for i := range out {
			out[i] = ^out[i]
		}
	}
	if v.MayHaveNulls() {
		null := uint64(math.MaxUint64)
		if k.NullsFirst {
			null = 0
		}
		for i := range out {
			r := i
			if sel != nil {
				r = int(sel[i])
			}
			if v.IsNull(r) {
				out[i] = null
			}
		}
	}
	return out
}

func wordsOf(out []uint64, v *vec.Vector, sel []int32) {
	switch v.Type.Phys() {
	case types.PBool:
		spread(out, v, v.B, sel, func(x bool) uint64 {
			if x {
				return 2
			}
			return 1
		})
	case types.PI8:
		spread(out, v, v.I8, sel, func(x int8) uint64 { return uint64(int64(x)) ^ 1<<63 })
	case types.PI16:
		spread(out, v, v.I16, sel, func(x int16) uint64 { return uint64(int64(x)) ^ 1<<63 })
	case types.PI32:
		spread(out, v, v.I32, sel, func(x int32) uint64 { return uint64(int64(x)) ^ 1<<63 })
	case types.PI64:
		spread(out, v, v.I64, sel, func(x int64) uint64 { return uint64(x) ^ 1<<63 })
	case types.PF32:
		spread(out, v, v.F32, sel, func(x float32) uint64 { return floatWord(float64(x)) })
	case types.PF64:
		spread(out, v, v.F64, sel, floatWord)
	case types.PI128:
		spread(out, v, v.D, sel, func(x types.Int128) uint64 { return uint64(x.Hi) ^ 1<<63 })
	case types.PTime:
		spread(out, v, v.TS, sel, func(x types.TimeNs) uint64 { return uint64(x.Ms) ^ 1<<63 })
	case types.PStr:
		spread(out, v, v.S, sel, textWord)
	default:
		clear(out)
	}
}

// spread is inlined with the function.
func spread[T any](out []uint64, v *vec.Vector, vals []T, sel []int32, f func(T) uint64) {
	switch {
	case v.Const:
		for i := range out {
			out[i] = f(vals[0])
		}
	case sel != nil:
		for i, r := range sel {
			out[i] = f(vals[r])
		}
	default:
		for i, x := range vals[:len(out)] {
			out[i] = f(x)
		}
	}
}

// floatWord orders as Java's Double.compare: -0.0 before 0.0, NaN last.
func floatWord(f float64) uint64 {
	if f != f {
		return math.MaxUint64
	}
	b := math.Float64bits(f)
	if b>>63 != 0 {
		return ^b
	}
	return b | 1<<63
}

// textWord is the first 8 bytes.
func textWord(s string) uint64 {
	w := uint64(0)
	for i, c := range unsafe.Slice(unsafe.StringData(s), min(len(s), 8)) {
		w |= uint64(c) << (56 - 8*i)
	}
	return w
}
