package vec

import (
	"encoding/binary"
	"math"
	"sort"

	"github.com/weir-stream/weir/internal/types"
)

// AppendCanonical appends row i of v in a self-delimiting canonical form: equal
// values give equal bytes. It serves nested values in keys and rows; the
// entries of a MAP or MULTISET are sorted, since their order means nothing.
func AppendCanonical(dst []byte, v *Vector, i int) []byte {
	if v.IsNull(i) {
		return append(dst, 0)
	}
	dst = append(dst, 1)
	i = v.Idx(i)
	le := binary.LittleEndian
	switch v.Type.Phys() {
	case types.PBool:
		if v.B[i] {
			return append(dst, 1)
		}
		return append(dst, 0)
	case types.PI8:
		return append(dst, byte(v.I8[i]))
	case types.PI16:
		return le.AppendUint16(dst, uint16(v.I16[i]))
	case types.PI32:
		return le.AppendUint32(dst, uint32(v.I32[i]))
	case types.PI64:
		return le.AppendUint64(dst, uint64(v.I64[i]))
	case types.PF32:
		return le.AppendUint32(dst, math.Float32bits(v.F32[i]))
	case types.PF64:
		return le.AppendUint64(dst, math.Float64bits(v.F64[i]))
	case types.PI128:
		return le.AppendUint64(le.AppendUint64(dst, v.D[i].Lo), uint64(v.D[i].Hi))
	case types.PTime:
		return le.AppendUint32(le.AppendUint64(dst, uint64(v.TS[i].Ms)), uint32(v.TS[i].Ns))
	case types.PStr:
		return append(le.AppendUint32(dst, uint32(len(v.S[i]))), v.S[i]...)
	case types.PRow:
		for _, k := range v.Kids {
			dst = AppendCanonical(dst, k, i)
		}
		return dst
	case types.PList:
		return appendCanonicalList(dst, v, i)
	}
	return dst
}

func appendCanonicalList(dst []byte, v *Vector, i int) []byte {
	from, to := int(v.Off[i]), int(v.Off[i+1])
	dst = binary.LittleEndian.AppendUint32(dst, uint32(to-from))
	if v.Type.Kind == types.Array {
		for j := from; j < to; j++ {
			dst = AppendCanonical(dst, v.Kids[0], j)
		}
		return dst
	}
	parts := make([]string, 0, to-from)
	for j := from; j < to; j++ {
		parts = append(parts, string(AppendCanonical(nil, v.Kids[0], j)))
	}
	sort.Strings(parts)
	for _, p := range parts {
		dst = append(dst, p...)
	}
	return dst
}

// DecodeCanonical appends the value at the start of src to v and gives the rest.
func DecodeCanonical(src []byte, v *Vector) []byte {
	tag := src[0]
	src = src[1:]
	if tag == 0 {
		v.AppendNulls(1)
		return src
	}
	le := binary.LittleEndian
	v.appendValidOnes(1)
	v.N++
	switch v.Type.Phys() {
	case types.PBool:
		v.B = append(v.B, src[0] != 0)
		return src[1:]
	case types.PI8:
		v.I8 = append(v.I8, int8(src[0]))
		return src[1:]
	case types.PI16:
		v.I16 = append(v.I16, int16(le.Uint16(src)))
		return src[2:]
	case types.PI32:
		v.I32 = append(v.I32, int32(le.Uint32(src)))
		return src[4:]
	case types.PI64:
		v.I64 = append(v.I64, int64(le.Uint64(src)))
		return src[8:]
	case types.PF32:
		v.F32 = append(v.F32, math.Float32frombits(le.Uint32(src)))
		return src[4:]
	case types.PF64:
		v.F64 = append(v.F64, math.Float64frombits(le.Uint64(src)))
		return src[8:]
	case types.PI128:
		v.D = append(v.D, types.Int128{Lo: le.Uint64(src), Hi: int64(le.Uint64(src[8:]))})
		return src[16:]
	case types.PTime:
		v.TS = append(v.TS, types.TimeNs{Ms: int64(le.Uint64(src)), Ns: int32(le.Uint32(src[8:]))})
		return src[12:]
	case types.PStr:
		n := int(le.Uint32(src))
		v.S = append(v.S, string(src[4:4+n]))
		return src[4+n:]
	case types.PRow:
		for _, k := range v.Kids {
			src = DecodeCanonical(src, k)
		}
		return src
	case types.PList:
		n := int(le.Uint32(src))
		src = src[4:]
		for range n {
			src = DecodeCanonical(src, v.Kids[0])
		}
		v.Off = append(v.Off, int32(v.Kids[0].N))
	}
	return src
}
