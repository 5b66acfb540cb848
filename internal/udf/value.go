package udf

import (
	"fmt"
	"reflect"
	"time"

	"github.com/weir-stream/weir/internal/format"
	"github.com/weir-stream/weir/internal/roaring"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/variant"
	"github.com/weir-stream/weir/internal/vec"
)

// Value gives row i of v in Go's types.
func Value(v *vec.Vector, i int, zone *types.Zone) any {
	if v.IsNull(i) {
		return nil
	}
	i = v.Idx(i)
	switch v.Type.Kind {
	case types.Float:
		return float64(v.F32[i])
	case types.Decimal:
		return string(format.AppendDecimal(nil, v, i))
	case types.Binary, types.Varbinary, types.Bitmap:
		return []byte(v.S[i])
	case types.Variant:
		return string(format.AppendScalar(nil, v, i))
	case types.Date:
		return time.Unix(int64(v.I32[i])*86400, 0).UTC()
	case types.Time:
		return time.Duration(v.I32[i]) * time.Millisecond
	case types.IntervalDT:
		return time.Duration(v.I64[i]) * time.Millisecond
	case types.Timestamp, types.TimestampLTZ:
		ms, ns := format.TimestampAt(v, i)
		t := time.UnixMilli(ms).Add(time.Duration(ns)).UTC()
		if v.Type.Kind == types.TimestampLTZ {
			t = t.In(zone.Location())
		}
		return t
	case types.Array:
		out := []any{}
		for j := int(v.Off[i]); j < int(v.Off[i+1]); j++ {
			out = append(out, Value(v.Kids[0], j, zone))
		}
		return out
	case types.Map, types.Multiset:
		out := map[string]any{}
		kv := v.Kids[0].Kids
		for j := int(v.Off[i]); j < int(v.Off[i+1]); j++ {
			out[fmt.Sprint(Value(kv[0], j, zone))] = Value(kv[1], j, zone)
		}
		return out
	case types.Row:
		out := make([]any, len(v.Kids))
		for k, kid := range v.Kids {
			out[k] = Value(kid, i, zone)
		}
		return out
	}
	return v.Value(i) // bool, int64, float64, string
}

// Append appends a Go value to a vector. The error says what does not fit.
func Append(v *vec.Vector, x any) error {
	native, err := nativeOf(v.Type, x)
	if err != nil {
		return err
	}
	v.AppendValue(native)
	return nil
}

// nativeOf gives a Go value in the form of vec.Vector.Value.
func nativeOf(t types.Type, x any) (any, error) {
	r := reflect.ValueOf(x)
	for r.Kind() == reflect.Pointer {
		r = r.Elem()
	}
	if !r.IsValid() {
		return nil, nil
	}
	x = r.Interface()
	switch t.Kind {
	case types.Boolean:
		if r.Kind() == reflect.Bool {
			return r.Bool(), nil
		}
	case types.TinyInt, types.SmallInt, types.Int, types.BigInt, types.IntervalYM:
		return integer(t, r)
	case types.Float, types.Double:
		return float(t, r)
	case types.Decimal:
		return decimal(t, x)
	case types.Char, types.Varchar:
		if r.Kind() == reflect.String {
			return r.String(), nil
		}
	case types.Bitmap, types.Variant:
		return encoded(t, x)
	case types.Binary, types.Varbinary:
		if b, ok := x.([]byte); ok {
			return string(b), nil
		}
		if r.Kind() == reflect.String {
			return r.String(), nil
		}
	case types.Date, types.Time, types.IntervalDT, types.Timestamp, types.TimestampLTZ:
		return temporal(t, x)
	case types.Array, types.Row, types.Map, types.Multiset:
		return nested(t, r)
	}
	return nil, misfit(t, x)
}

// encoded reads a BITMAP from its portable bytes and a VARIANT from JSON; both
// are checked, since what columns hold of them must be sound.
func encoded(t types.Type, x any) (any, error) {
	s, ok := x.(string)
	if b, is := x.([]byte); is {
		s, ok = string(b), true
	}
	if !ok {
		return nil, misfit(t, x)
	}
	var out []byte
	var err error
	if t.Kind == types.Bitmap {
		out, err = new(roaring.Maker).Read(nil, s)
	} else {
		out, err = new(variant.Maker).Parse(nil, s, false)
	}
	if err != nil {
		return nil, fmt.Errorf("a Go value does not fit %s: %w", t.AsNullable(), err)
	}
	return string(out), nil
}

func misfit(t types.Type, x any) error {
	return fmt.Errorf("the Go value %v (%T) does not fit %s", x, x, t.AsNullable())
}

func integer(t types.Type, r reflect.Value) (any, error) {
	var n int64
	switch {
	case r.CanInt():
		n = r.Int()
	case r.CanUint() && r.Uint() <= 1<<63-1:
		n = int64(r.Uint())
	default:
		return nil, misfit(t, r.Interface())
	}
	bits := map[types.Kind]int{types.TinyInt: 8, types.SmallInt: 16, types.Int: 32, types.IntervalYM: 32, types.BigInt: 64}[t.Kind]
	if n>>(bits-1) != 0 && n>>(bits-1) != -1 {
		return nil, misfit(t, n)
	}
	return n, nil
}

func float(t types.Type, r reflect.Value) (any, error) {
	var f float64
	switch {
	case r.CanFloat():
		f = r.Float()
	case r.CanInt():
		f = float64(r.Int())
	default:
		return nil, misfit(t, r.Interface())
	}
	if t.Kind == types.Float {
		return float32(f), nil
	}
	return f, nil
}

func decimal(t types.Type, x any) (any, error) {
	text := fmt.Sprint(x)
	if t.Phys() == types.PI64 {
		if n, err := types.ParseDecimal64(text, t.Prec, t.Scale); err == nil {
			return n, nil
		}
	} else if n, err := types.ParseDecimal(text, t.Prec, t.Scale); err == nil {
		return n, nil
	}
	return nil, misfit(t, x)
}

func temporal(t types.Type, x any) (any, error) {
	switch x := x.(type) {
	case time.Duration:
		if t.Kind == types.Time || t.Kind == types.IntervalDT {
			return x.Milliseconds(), nil
		}
	case time.Time:
		switch t.Kind {
		case types.Date:
			y, m, d := x.Date()
			return time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / 86400, nil
		case types.Timestamp, types.TimestampLTZ:
			ms, ns := x.UnixMilli(), int32(x.Nanosecond()%1e6)
			if t.Phys() == types.PTime {
				return types.TimeNs{Ms: ms, Ns: ns}, nil
			}
			if t.Prec <= 3 {
				return ms, nil
			}
			return types.MicrosOf(ms, ns), nil
		}
	}
	return nil, misfit(t, x)
}

func nested(t types.Type, r reflect.Value) (any, error) {
	switch {
	case t.Kind == types.Array && r.Kind() == reflect.Slice:
		return items(r, func(int) types.Type { return *t.Elem })
	case t.Kind == types.Row && r.Kind() == reflect.Slice && r.Len() == len(t.Fields):
		return items(r, func(i int) types.Type { return t.Fields[i].Type })
	case (t.Kind == types.Map || t.Kind == types.Multiset) && r.Kind() == reflect.Map:
		key := types.String()
		count := types.Of(types.Int)
		elem := &count
		if t.Kind == types.Map {
			key, elem = *t.Key, t.Elem
		} else if t.Elem != nil {
			key = *t.Elem
		}
		out := make([][2]any, 0, r.Len())
		for it := r.MapRange(); it.Next(); {
			k, err := nativeOf(key, it.Key().Interface())
			if err != nil {
				return nil, err
			}
			v, err := nativeOf(*elem, it.Value().Interface())
			if err != nil {
				return nil, err
			}
			out = append(out, [2]any{k, v})
		}
		return out, nil
	}
	return nil, misfit(t, r.Interface())
}

func items(r reflect.Value, of func(int) types.Type) (any, error) {
	out := make([]any, r.Len())
	for i := range out {
		x, err := nativeOf(of(i), r.Index(i).Interface())
		if err != nil {
			return nil, err
		}
		out[i] = x
	}
	return out, nil
}
