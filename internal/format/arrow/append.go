package arrow

import (
	"math"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal128"

	"github.com/weir-stream/weir/internal/format"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/variant"
	"github.com/weir-stream/weir/internal/vec"
)

// appendValue appends row i of v to the builder of its type.
func appendValue(a array.Builder, v *vec.Vector, i int) error {
	if v.IsNull(i) {
		a.AppendNull()
		return nil
	}
	i = v.Idx(i)
	switch a := a.(type) {
	case *array.NullBuilder:
		a.AppendNull()
	case *array.BooleanBuilder:
		a.Append(v.B[i])
	case *array.Int8Builder:
		a.Append(v.I8[i])
	case *array.Int16Builder:
		a.Append(v.I16[i])
	case *array.Int32Builder:
		a.Append(v.I32[i])
	case *array.Int64Builder:
		a.Append(v.I64[i])
	case *array.Float32Builder:
		a.Append(v.F32[i])
	case *array.Float64Builder:
		a.Append(v.F64[i])
	case *array.StringBuilder:
		if v.Type.Kind == types.Variant {
			a.Append(string(variant.Open(v.S[i]).AppendJSON(nil)))
			return nil
		}
		a.Append(v.S[i])
	case *array.BinaryBuilder:
		a.AppendString(v.S[i])
	case *array.Date32Builder:
		a.Append(arrow.Date32(v.I32[i]))
	case *array.Time32Builder:
		a.Append(arrow.Time32(v.I32[i]))
	case *array.MonthIntervalBuilder:
		a.Append(arrow.MonthInterval(v.I64[i]))
	case *array.DurationBuilder:
		a.Append(arrow.Duration(v.I64[i]))
	case *array.Decimal128Builder:
		if v.Type.Phys() == types.PI64 {
			a.Append(decimal128.FromI64(v.I64[i]))
		} else {
			a.Append(decimal128.New(v.D[i].Hi, v.D[i].Lo))
		}
	case *array.TimestampBuilder:
		return appendTimestamp(a, v, i)
	default:
		return appendNested(a, v, i)
	}
	return nil
}

// appendTimestamp appends in the unit of the column's precision. Nanoseconds
// reach from 1677 to 2262 only.
func appendTimestamp(a *array.TimestampBuilder, v *vec.Vector, i int) error {
	if v.Type.Prec <= 6 {
		a.Append(arrow.Timestamp(v.I64[i]))
		return nil
	}
	ms, ns := format.TimestampAt(v, i)
	const most = math.MaxInt64/1_000_000 - 1
	if ms > most || ms < -most {
		return sqlerr.New(sqlerr.Data, sqlerr.Pos{}, "a timestamp is outside of what Arrow holds in nanoseconds").
			WithHint("CAST it to TIMESTAMP(6)")
	}
	a.Append(arrow.Timestamp(ms*1e6 + int64(ns)))
	return nil
}

func appendNested(a array.Builder, v *vec.Vector, i int) error {
	switch a := a.(type) {
	case *array.ListBuilder:
		a.Append(true)
		for j := int(v.Off[i]); j < int(v.Off[i+1]); j++ {
			if err := appendValue(a.ValueBuilder(), v.Kids[0], j); err != nil {
				return err
			}
		}
	case *array.MapBuilder:
		a.Append(true)
		for j := int(v.Off[i]); j < int(v.Off[i+1]); j++ {
			kv := v.Kids[0].Kids
			if kv[0].IsNull(j) {
				return sqlerr.New(sqlerr.Data, sqlerr.Pos{}, "a key of a %s is NULL, which Arrow cannot hold", v.Type.Kind)
			}
			if err := appendValue(a.KeyBuilder(), kv[0], j); err != nil {
				return err
			}
			if err := appendValue(a.ItemBuilder(), kv[1], j); err != nil {
				return err
			}
		}
	case *array.StructBuilder:
		a.Append(true)
		for f := range v.Kids {
			if err := appendValue(a.FieldBuilder(f), v.Kids[f], i); err != nil {
				return err
			}
		}
	default:
		return sqlerr.New(sqlerr.Unsupported, sqlerr.Pos{}, "Arrow has no type for %s", v.Type)
	}
	return nil
}
