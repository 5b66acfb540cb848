package format

import (
	"encoding/base64"
	"strconv"

	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/variant"
	"github.com/weir-stream/weir/internal/vec"
)

// AppendScalar appends the text of the scalar in row i of v, which is not null,
// as csv and raw write it and a Parser reads it: bytes in base64, timestamps as
// '2026-01-02 03:04:05.678', instants in UTC with a Z.
func AppendScalar(dst []byte, v *vec.Vector, i int) []byte {
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
	case types.BigInt, types.IntervalYM, types.IntervalDT:
		return strconv.AppendInt(dst, v.I64[i], 10)
	case types.Float:
		return types.AppendFloat(dst, v.F32[i])
	case types.Double:
		return types.AppendDouble(dst, v.F64[i])
	case types.Decimal:
		return AppendDecimal(dst, v, i)
	case types.Binary, types.Varbinary, types.Bitmap:
		return base64.StdEncoding.AppendEncode(dst, []byte(v.S[i]))
	case types.Variant:
		return variant.Open(v.S[i]).AppendJSON(dst)
	case types.Date:
		return types.AppendDate(dst, v.I32[i])
	case types.Time:
		return AppendClock(dst, v.I32[i])
	case types.Timestamp, types.TimestampLTZ:
		ms, ns := TimestampAt(v, i)
		dst = types.AppendTimestamp(dst, ms, ns, 0)
		if t.Kind == types.TimestampLTZ {
			dst = append(dst, 'Z')
		}
		return dst
	}
	return append(dst, v.S[i]...)
}

// AppendDecimal appends a DECIMAL plainly, with all digits of its scale.
func AppendDecimal(dst []byte, v *vec.Vector, i int) []byte {
	if v.Type.Phys() == types.PI64 {
		return types.AppendDecimal64(dst, v.I64[i], v.Type.Scale)
	}
	return types.AppendDecimal(dst, v.D[i], v.Type.Scale)
}

// AppendClock appends a time of day with the fraction that it has.
func AppendClock(dst []byte, ofDay int32) []byte {
	if ofDay%1000 == 0 {
		return types.AppendTime(dst, ofDay, 0)
	}
	return types.AppendTime(dst, ofDay, 3)
}

// TimestampAt gives a timestamp as milliseconds and the nanoseconds within.
func TimestampAt(v *vec.Vector, i int) (ms int64, ns int32) {
	switch {
	case v.Type.Prec <= 3:
		return v.I64[i], 0
	case v.Type.Prec <= 6:
		return types.SplitMicros(v.I64[i])
	}
	return v.TS[i].Ms, v.TS[i].Ns
}
