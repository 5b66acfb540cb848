package state

import (
	"encoding/binary"
	"math"

	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// AppendSortKey appends row i of v in a form whose bytes compare (memcmp) as
// the values do under vec.Compare, descending if desc. A null comes first or
// last as nullsFirst says, whatever desc is. Keys of several columns are made
// by appending one after the other: no key is a prefix of another.
func AppendSortKey(dst []byte, v *vec.Vector, i int, desc, nullsFirst bool) []byte {
	if v.IsNull(i) {
		if nullsFirst {
			return append(dst, 0)
		}
		return append(dst, 2)
	}
	dst = append(dst, 1)
	n := len(dst)
	dst = appendOrdered(dst, v, v.Idx(i))
	if desc {
		for j := n; j < len(dst); j++ {
			dst[j] = ^dst[j]
		}
	}
	return dst
}

// AppendSortInt appends an integer (a time, say) as AppendSortKey does a BIGINT,
// ascending.
func AppendSortInt(dst []byte, x int64) []byte {
	return binary.BigEndian.AppendUint64(append(dst, 1), uint64(x)^1<<63)
}

// SortInt reads what AppendSortInt wrote (one ascending column of 8 bytes).
func SortInt(key []byte) int64 {
	return int64(binary.BigEndian.Uint64(key[1:]) ^ 1<<63)
}

func appendOrdered(dst []byte, v *vec.Vector, i int) []byte {
	be := binary.BigEndian
	switch v.Type.Phys() {
	case types.PBool:
		if v.B[i] {
			return append(dst, 1)
		}
		return append(dst, 0)
	case types.PI8:
		return append(dst, uint8(v.I8[i])^1<<7)
	case types.PI16:
		return be.AppendUint16(dst, uint16(v.I16[i])^1<<15)
	case types.PI32:
		return be.AppendUint32(dst, uint32(v.I32[i])^1<<31)
	case types.PI64:
		return be.AppendUint64(dst, uint64(v.I64[i])^1<<63)
	case types.PF32:
		return be.AppendUint64(dst, orderedFloat(float64(v.F32[i])))
	case types.PF64:
		return be.AppendUint64(dst, orderedFloat(v.F64[i]))
	case types.PI128:
		return be.AppendUint64(be.AppendUint64(dst, uint64(v.D[i].Hi)^1<<63), v.D[i].Lo)
	case types.PTime:
		return be.AppendUint32(be.AppendUint64(dst, uint64(v.TS[i].Ms)^1<<63), uint32(v.TS[i].Ns))
	case types.PStr:
		return appendOrderedText(dst, v.S[i])
	case types.PRow:
		for _, k := range v.Kids {
			dst = AppendSortKey(dst, k, i, false, true)
		}
		return dst
	case types.PList:
		for j := int(v.Off[i]); j < int(v.Off[i+1]); j++ {
			dst = AppendSortKey(append(dst, 1), v.Kids[0], j, false, true)
		}
		return append(dst, 0)
	}
	return dst
}

// orderedFloat orders as Java's Double.compare: -0.0 before 0.0, NaN last.
func orderedFloat(f float64) uint64 {
	if f != f {
		return math.MaxUint64
	}
	b := math.Float64bits(f)
	if b>>63 != 0 {
		return ^b
	}
	return b | 1<<63
}

// appendOrderedText writes 0x00 as 0x00 0xFF and ends with 0x00 0x00, so that
// no text's form is a prefix of another's.
func appendOrderedText(dst []byte, s string) []byte {
	for i := range len(s) {
		dst = append(dst, s[i])
		if s[i] == 0 {
			dst = append(dst, 0xFF)
		}
	}
	return append(dst, 0, 0)
}
