package fn

import (
	"strconv"

	"github.com/weir-stream/weir/internal/roaring"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/variant"
	"github.com/weir-stream/weir/internal/vec"
)

// Appender appends the text of one row of a vector, which is not null there.
type Appender func(dst []byte, v *vec.Vector, i int) []byte

// NewAppender gives the appender of CAST(x AS STRING) for a type: what Flink
// prints. Bytes are appended as they are.
func NewAppender(t types.Type, zone *types.Zone) Appender {
	switch t.Kind {
	case types.Boolean:
		return appendBool
	case types.TinyInt, types.SmallInt, types.Int, types.BigInt:
		return appendInteger
	case types.Float:
		return func(dst []byte, v *vec.Vector, i int) []byte { return types.AppendFloat(dst, v.F32[v.Idx(i)]) }
	case types.Double:
		return func(dst []byte, v *vec.Vector, i int) []byte { return types.AppendDouble(dst, v.F64[v.Idx(i)]) }
	case types.Decimal:
		return decimalAppender(t)
	case types.Date:
		return func(dst []byte, v *vec.Vector, i int) []byte { return types.AppendDate(dst, v.I32[v.Idx(i)]) }
	case types.Time:
		return func(dst []byte, v *vec.Vector, i int) []byte { return types.AppendTime(dst, v.I32[v.Idx(i)], t.Prec) }
	case types.Timestamp:
		return func(dst []byte, v *vec.Vector, i int) []byte {
			ms, ns := timestampAt(v, i)
			return types.AppendTimestamp(dst, ms, ns, t.Prec)
		}
	case types.TimestampLTZ:
		return func(dst []byte, v *vec.Vector, i int) []byte {
			ms, ns := timestampAt(v, i)
			return types.AppendTimestampLTZ(dst, ms, ns, t.Prec, zone)
		}
	case types.IntervalYM:
		return func(dst []byte, v *vec.Vector, i int) []byte { return types.AppendIntervalYM(dst, v.I64[v.Idx(i)]) }
	case types.IntervalDT:
		return func(dst []byte, v *vec.Vector, i int) []byte { return types.AppendIntervalDT(dst, v.I64[v.Idx(i)]) }
	case types.Bitmap:
		return func(dst []byte, v *vec.Vector, i int) []byte { return roaring.AppendText(dst, v.S[v.Idx(i)]) }
	case types.Variant:
		return func(dst []byte, v *vec.Vector, i int) []byte { return variant.Open(v.S[v.Idx(i)]).AppendText(dst) }
	case types.Array, types.Multiset, types.Map:
		return listAppender(t, zone)
	case types.Row:
		return rowAppender(t, zone)
	case types.Null:
		return func(dst []byte, _ *vec.Vector, _ int) []byte { return append(dst, "NULL"...) }
	}
	return func(dst []byte, v *vec.Vector, i int) []byte { return append(dst, v.S[v.Idx(i)]...) }
}

func appendBool(dst []byte, v *vec.Vector, i int) []byte {
	if v.B[v.Idx(i)] {
		return append(dst, "TRUE"...)
	}
	return append(dst, "FALSE"...)
}

// intAt gives an integer of any width.
func intAt(v *vec.Vector, i int) int64 {
	i = v.Idx(i)
	switch v.Type.Phys() {
	case types.PI8:
		return int64(v.I8[i])
	case types.PI16:
		return int64(v.I16[i])
	case types.PI32:
		return int64(v.I32[i])
	}
	return v.I64[i]
}

func appendInteger(dst []byte, v *vec.Vector, i int) []byte {
	return strconv.AppendInt(dst, intAt(v, i), 10)
}

func decimalAppender(t types.Type) Appender {
	if t.Phys() == types.PI64 {
		return func(dst []byte, v *vec.Vector, i int) []byte {
			return types.AppendDecimal64(dst, v.I64[v.Idx(i)], t.Scale)
		}
	}
	return func(dst []byte, v *vec.Vector, i int) []byte { return types.AppendDecimal(dst, v.D[v.Idx(i)], t.Scale) }
}

// timestampAt gives a timestamp as milliseconds and the nanoseconds within,
// whatever form its precision is stored in.
func timestampAt(v *vec.Vector, i int) (ms int64, ns int32) {
	i = v.Idx(i)
	switch timeUnit(v.Type) {
	case 3:
		return v.I64[i], 0
	case 6:
		return types.SplitMicros(v.I64[i])
	}
	return v.TS[i].Ms, v.TS[i].Ns
}

// setTimestamp stores a timestamp in the form of out's precision; digits beyond
// it are dropped.
func setTimestamp(out *vec.Vector, i int, ms int64, ns int32) {
	switch timeUnit(out.Type) {
	case 3:
		out.I64[i] = ms
	case 6:
		out.I64[i] = types.MicrosOf(ms, ns)
	default:
		out.TS[i] = types.TimeNs{Ms: ms, Ns: ns}
	}
}

// appendNullable appends a child's text, or NULL.
func appendNullable(dst []byte, a Appender, v *vec.Vector, i int) []byte {
	if v.IsNull(i) {
		return append(dst, "NULL"...)
	}
	return a(dst, v, i)
}

// listAppender prints [a, b] for arrays and {k=v, l=w} for maps and multisets.
func listAppender(t types.Type, zone *types.Zone) Appender {
	elem := NewAppender(*t.Elem, zone)
	if t.Kind == types.Array {
		return func(dst []byte, v *vec.Vector, i int) []byte {
			i = v.Idx(i)
			dst = append(dst, '[')
			for j := int(v.Off[i]); j < int(v.Off[i+1]); j++ {
				if j > int(v.Off[i]) {
					dst = append(dst, ", "...)
				}
				dst = appendNullable(dst, elem, v.Kids[0], j)
			}
			return append(dst, ']')
		}
	}
	key, val := elem, NewAppender(types.Of(types.Int), zone)
	if t.Kind == types.Map {
		key, val = NewAppender(*t.Key, zone), elem
	}
	return func(dst []byte, v *vec.Vector, i int) []byte {
		i = v.Idx(i)
		kid := v.Kids[0]
		dst = append(dst, '{')
		for j := int(v.Off[i]); j < int(v.Off[i+1]); j++ {
			if j > int(v.Off[i]) {
				dst = append(dst, ", "...)
			}
			dst = appendNullable(dst, key, kid.Kids[0], j)
			dst = append(dst, '=')
			dst = appendNullable(dst, val, kid.Kids[1], j)
		}
		return append(dst, '}')
	}
}

// rowAppender prints (a, b).
func rowAppender(t types.Type, zone *types.Zone) Appender {
	fields := make([]Appender, len(t.Fields))
	for i, f := range t.Fields {
		fields[i] = NewAppender(f.Type, zone)
	}
	return func(dst []byte, v *vec.Vector, i int) []byte {
		i = v.Idx(i)
		dst = append(dst, '(')
		for k, f := range fields {
			if k > 0 {
				dst = append(dst, ", "...)
			}
			dst = appendNullable(dst, f, v.Kids[k], i)
		}
		return append(dst, ')')
	}
}

// ValueText gives the text of a value (as vec.Vector.Value gives it) as CAST to
// STRING prints it in UTC, for messages and plans.
func ValueText(t types.Type, x any) string {
	if x == nil {
		return "NULL"
	}
	return string(NewAppender(t, types.UTC)(nil, vec.Literal(t, x, 1), 0))
}
