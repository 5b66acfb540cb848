package vec

import (
	"fmt"

	"github.com/weir-stream/weir/internal/types"
)

// Value gives row i as a Go value, for cold code: nil, bool, int64 (every
// integer, DATE, TIME, TIMESTAMP(p<=6), INTERVAL and DECIMAL(p<=18) unscaled),
// float32, float64, types.Int128, types.TimeNs, string (text and bytes), []any
// for ARRAY and ROW, [][2]any for MAP and MULTISET.
func (v *Vector) Value(i int) any {
	if v.IsNull(i) {
		return nil
	}
	i = v.Idx(i)
	switch v.Type.Phys() {
	case types.PBool:
		return v.B[i]
	case types.PI8:
		return int64(v.I8[i])
	case types.PI16:
		return int64(v.I16[i])
	case types.PI32:
		return int64(v.I32[i])
	case types.PI64:
		return v.I64[i]
	case types.PF32:
		return v.F32[i]
	case types.PF64:
		return v.F64[i]
	case types.PI128:
		return v.D[i]
	case types.PTime:
		return v.TS[i]
	case types.PStr:
		return v.S[i]
	case types.PList:
		return v.listValue(i)
	case types.PRow:
		row := make([]any, len(v.Kids))
		for j, k := range v.Kids {
			row[j] = k.Value(i)
		}
		return row
	}
	return nil
}

func (v *Vector) listValue(i int) any {
	from, to := int(v.Off[i]), int(v.Off[i+1])
	kid := v.Kids[0]
	if v.Type.Kind == types.Array {
		out := make([]any, 0, to-from)
		for j := from; j < to; j++ {
			out = append(out, kid.Value(j))
		}
		return out
	}
	out := make([][2]any, 0, to-from)
	for j := from; j < to; j++ {
		out = append(out, [2]any{kid.Kids[0].Value(j), kid.Kids[1].Value(j)})
	}
	return out
}

// AppendValue appends a value in the form that Value gives. A value of another
// Go type is a programming error and panics.
func (v *Vector) AppendValue(x any) {
	if x == nil {
		v.AppendNulls(1)
		return
	}
	v.appendValidOnes(1)
	switch v.Type.Phys() {
	case types.PBool:
		v.B = append(v.B, x.(bool))
	case types.PI8:
		v.I8 = append(v.I8, int8(x.(int64)))
	case types.PI16:
		v.I16 = append(v.I16, int16(x.(int64)))
	case types.PI32:
		v.I32 = append(v.I32, int32(x.(int64)))
	case types.PI64:
		v.I64 = append(v.I64, x.(int64))
	case types.PF32:
		v.F32 = append(v.F32, x.(float32))
	case types.PF64:
		v.F64 = append(v.F64, x.(float64))
	case types.PI128:
		v.D = append(v.D, x.(types.Int128))
	case types.PTime:
		v.TS = append(v.TS, x.(types.TimeNs))
	case types.PStr:
		v.S = append(v.S, x.(string))
	case types.PList:
		v.appendList(x)
	case types.PRow:
		for j, f := range x.([]any) {
			v.Kids[j].AppendValue(f)
		}
	default:
		panic(fmt.Sprintf("vec: value %T for a column of type %s", x, v.Type))
	}
	v.N++
}

func (v *Vector) appendList(x any) {
	kid := v.Kids[0]
	switch x := x.(type) {
	case []any:
		for _, e := range x {
			kid.AppendValue(e)
		}
	case [][2]any:
		for _, e := range x {
			kid.AppendValue([]any{e[0], e[1]})
		}
	}
	v.Off = append(v.Off, int32(kid.N))
}

// Literal gives a constant vector of n rows of the value.
func Literal(t types.Type, x any, n int) *Vector {
	v := New(t, 0)
	v.AppendValue(x)
	v.Const, v.N = true, n
	return v
}
