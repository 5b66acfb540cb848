package render

import (
	"encoding/base64"
	"encoding/hex"
	"strings"

	"github.com/weir-stream/weir/internal/connector/print"
	"github.com/weir-stream/weir/internal/format"
	"github.com/weir-stream/weir/internal/format/json"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// appendRow appends a row and its kind as Flink prints them, and a newline.
func appendRow(dst []byte, b *vec.Batch, r int) []byte {
	dst = append(append(dst, b.Kind(r).String()...), '[')
	for i, c := range b.Cols {
		if i > 0 {
			dst = append(dst, ", "...)
		}
		dst = print.AppendValue(dst, c, r)
	}
	return append(dst, "]\n"...)
}

// AppendText appends row i of v as CAST(.. AS STRING) gives it, instants in the
// zone; NULL as the word.
func AppendText(dst []byte, v *vec.Vector, i int, zone *types.Zone) []byte {
	if v.IsNull(i) {
		return append(dst, "NULL"...)
	}
	i = v.Idx(i)
	switch t := v.Type; t.Kind {
	case types.Null:
		return append(dst, "NULL"...)
	case types.Boolean:
		return types.AppendBool(dst, v.B[i])
	case types.Binary, types.Varbinary:
		return append(hex.AppendEncode(append(dst, "x'"...), []byte(v.S[i])), '\'')
	case types.Time:
		return types.AppendTime(dst, v.I32[i], t.Prec)
	case types.Timestamp:
		ms, ns := format.TimestampAt(v, i)
		return types.AppendTimestamp(dst, ms, ns, t.Prec)
	case types.TimestampLTZ:
		ms, ns := format.TimestampAt(v, i)
		return types.AppendTimestampLTZ(dst, ms, ns, t.Prec, zone)
	case types.IntervalYM:
		return types.AppendIntervalYM(dst, v.I64[i])
	case types.IntervalDT:
		return types.AppendIntervalDT(dst, v.I64[i])
	case types.Array, types.Map, types.Multiset:
		return appendListText(dst, v, i, zone)
	case types.Row:
		dst = append(dst, '(')
		for k, kid := range v.Kids {
			if k > 0 {
				dst = append(dst, ", "...)
			}
			dst = AppendText(dst, kid, i, zone)
		}
		return append(dst, ')')
	}
	return format.AppendScalar(dst, v, i)
}

func appendListText(dst []byte, v *vec.Vector, i int, zone *types.Zone) []byte {
	array := v.Type.Kind == types.Array
	open, end := byte('{'), byte('}')
	if array {
		open, end = '[', ']'
	}
	dst = append(dst, open)
	for j := int(v.Off[i]); j < int(v.Off[i+1]); j++ {
		if j > int(v.Off[i]) {
			dst = append(dst, ", "...)
		}
		if array {
			dst = AppendText(dst, v.Kids[0], j, zone)
			continue
		}
		dst = append(AppendText(dst, v.Kids[0].Kids[0], j, zone), '=')
		dst = AppendText(dst, v.Kids[0].Kids[1], j, zone)
	}
	return append(dst, end)
}

// AppendJSON appends row i of v as Flink's json format writes it.
func AppendJSON(dst []byte, v *vec.Vector, i int) []byte {
	if v.IsNull(i) {
		return append(dst, "null"...)
	}
	i = v.Idx(i)
	switch t := v.Type; t.Kind {
	case types.Null:
		return append(dst, "null"...)
	case types.Boolean, types.TinyInt, types.SmallInt, types.Int, types.BigInt, types.Decimal:
		return format.AppendScalar(dst, v, i)
	case types.Float, types.Double:
		at := len(dst)
		dst = format.AppendScalar(dst, v, i)
		if s := string(dst[at:]); strings.ContainsAny(s, "NIn") { // NaN and Infinity are no JSON numbers
			return json.AppendString(dst[:at], s)
		}
		return dst
	case types.Char, types.Varchar:
		return json.AppendString(dst, v.S[i])
	case types.Binary, types.Varbinary:
		dst = append(dst, '"')
		return append(base64.StdEncoding.AppendEncode(dst, []byte(v.S[i])), '"')
	case types.Array, types.Map, types.Multiset:
		return appendListJSON(dst, v, i)
	case types.Row:
		dst = append(dst, '{')
		for k, kid := range v.Kids {
			if k > 0 {
				dst = append(dst, ',')
			}
			dst = append(json.AppendString(dst, t.Fields[k].Name), ':')
			dst = AppendJSON(dst, kid, i)
		}
		return append(dst, '}')
	case types.Variant:
		return format.AppendScalar(dst, v, i)
	case types.IntervalYM, types.IntervalDT:
		dst = append(dst, '"')
		return append(AppendText(dst, v, i, types.UTC), '"')
	}
	dst = append(dst, '"')
	return append(format.AppendScalar(dst, v, i), '"')
}

// appendListJSON writes arrays as such, maps and multisets as objects whose keys
// are texts.
func appendListJSON(dst []byte, v *vec.Vector, i int) []byte {
	array := v.Type.Kind == types.Array
	open, end := byte('{'), byte('}')
	if array {
		open, end = '[', ']'
	}
	dst = append(dst, open)
	for j := int(v.Off[i]); j < int(v.Off[i+1]); j++ {
		if j > int(v.Off[i]) {
			dst = append(dst, ',')
		}
		if array {
			dst = AppendJSON(dst, v.Kids[0], j)
			continue
		}
		entry := v.Kids[0].Kids
		dst = append(json.AppendString(dst, string(AppendText(nil, entry[0], j, types.UTC))), ':')
		dst = AppendJSON(dst, entry[1], j)
	}
	return append(dst, end)
}
