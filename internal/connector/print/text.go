package print

import (
	"strconv"

	"github.com/weir-stream/weir/internal/roaring"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/variant"
	"github.com/weir-stream/weir/internal/vec"
)

// AppendValue appends row i of v as the toString of the Java object that
// Flink's print sink has at that place: LocalDateTime, Instant, BigDecimal, Row.
func AppendValue(dst []byte, v *vec.Vector, i int) []byte {
	if v.IsNull(i) {
		return append(dst, "null"...)
	}
	i = v.Idx(i)
	t := v.Type
	switch t.Kind {
	case types.Boolean:
		return strconv.AppendBool(dst, v.B[i])
	case types.TinyInt:
		return strconv.AppendInt(dst, int64(v.I8[i]), 10)
	case types.SmallInt:
		return strconv.AppendInt(dst, int64(v.I16[i]), 10)
	case types.Int:
		return strconv.AppendInt(dst, int64(v.I32[i]), 10)
	case types.BigInt:
		return strconv.AppendInt(dst, v.I64[i], 10)
	case types.Float:
		return types.AppendFloat(dst, v.F32[i])
	case types.Double:
		return types.AppendDouble(dst, v.F64[i])
	case types.Decimal:
		if t.Phys() == types.PI64 {
			return types.AppendDecimal64(dst, v.I64[i], t.Scale)
		}
		return types.AppendDecimal(dst, v.D[i], t.Scale)
	case types.Binary, types.Varbinary:
		return appendBytes(dst, v.S[i])
	case types.Variant:
		return variant.Open(v.S[i]).AppendJSON(dst)
	case types.Bitmap:
		return roaring.AppendText(dst, v.S[i])
	case types.Date:
		return types.AppendDate(dst, v.I32[i])
	case types.Time:
		return types.AppendTimeISO(dst, v.I32[i], 0)
	case types.Timestamp, types.TimestampLTZ:
		return appendTimestamp(dst, v, i)
	case types.IntervalYM:
		return types.AppendIntervalYM(dst, v.I64[i])
	case types.IntervalDT:
		return types.AppendIntervalDT(dst, v.I64[i])
	case types.Array, types.Map, types.Multiset:
		return appendList(dst, v, i)
	case types.Row:
		dst = append(dst, "+I["...)
		for c, k := range v.Kids {
			if c > 0 {
				dst = append(dst, ", "...)
			}
			dst = AppendValue(dst, k, i)
		}
		return append(dst, ']')
	}
	return append(dst, v.S[i]...)
}

// appendBytes prints bytes as Java's signed numbers.
func appendBytes(dst []byte, s string) []byte {
	dst = append(dst, '[')
	for i := 0; i < len(s); i++ {
		if i > 0 {
			dst = append(dst, ", "...)
		}
		dst = strconv.AppendInt(dst, int64(int8(s[i])), 10)
	}
	return append(dst, ']')
}

// appendTimestamp prints LocalDateTime, or Instant with its seconds and Z.
func appendTimestamp(dst []byte, v *vec.Vector, i int) []byte {
	ms, ns := int64(0), int32(0)
	switch {
	case v.Type.Prec <= 3:
		ms = v.I64[i]
	case v.Type.Prec <= 6:
		ms, ns = types.SplitMicros(v.I64[i])
	default:
		ms, ns = v.TS[i].Ms, v.TS[i].Ns
	}
	at := len(dst)
	dst = types.AppendTimestampISO(dst, ms, ns)
	if v.Type.Kind == types.TimestampLTZ {
		const toMinute = len("2006-01-02T15:04")
		if len(dst)-at == toMinute {
			dst = append(dst, ":00"...)
		}
		dst = append(dst, 'Z')
	}
	return dst
}

func appendList(dst []byte, v *vec.Vector, i int) []byte {
	open, end := byte('{'), byte('}')
	if v.Type.Kind == types.Array {
		open, end = '[', ']'
	}
	dst = append(dst, open)
	kid := v.Kids[0]
	for j := int(v.Off[i]); j < int(v.Off[i+1]); j++ {
		if j > int(v.Off[i]) {
			dst = append(dst, ", "...)
		}
		if v.Type.Kind == types.Array {
			dst = AppendValue(dst, kid, j)
			continue
		}
		dst = append(AppendValue(dst, kid.Kids[0], j), '=')
		dst = AppendValue(dst, kid.Kids[1], j)
	}
	return append(dst, end)
}
