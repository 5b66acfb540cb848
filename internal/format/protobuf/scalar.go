package protobuf

import (
	"math"
	"unicode/utf8"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// wireOf gives the wire type of a kind of field.
func wireOf(k protoreflect.Kind) byte {
	switch k {
	case protoreflect.Fixed32Kind, protoreflect.Sfixed32Kind, protoreflect.FloatKind:
		return wire32
	case protoreflect.Fixed64Kind, protoreflect.Sfixed64Kind, protoreflect.DoubleKind:
		return wire64
	case protoreflect.StringKind, protoreflect.BytesKind, protoreflect.MessageKind:
		return wireBytes
	}
	return wireVarint
}

// scalar makes the reader of a value that is no message; nil if the column cannot
// take it.
func scalar(fd protoreflect.FieldDescriptor, t types.Type, column string) read {
	switch k := fd.Kind(); k {
	case protoreflect.BoolKind:
		if t.Kind == types.Boolean {
			return func(in *input, v *vec.Vector) { v.B = append(v.B, in.uvarint() != 0); v.Extend(1) }
		}
	case protoreflect.FloatKind, protoreflect.DoubleKind:
		return floats(k, t)
	case protoreflect.StringKind:
		if t.IsString() {
			return texts(fd.ParentFile().Syntax() != protoreflect.Proto2, column)
		}
	case protoreflect.BytesKind:
		if t.IsBinary() {
			return texts(false, column)
		}
	case protoreflect.EnumKind:
		if t.IsString() {
			return symbols(fd.Enum())
		}
		return integers(protoreflect.Int32Kind, t, column)
	default:
		return integers(k, t, column)
	}
	return nil
}

func texts(utf bool, column string) read {
	return func(in *input, v *vec.Vector) {
		b := in.bytes()
		if utf && !utf8.Valid(b) {
			in.fail("the text of '" + column + "' is not UTF-8")
		}
		v.S = append(v.S, in.arena.Copy(b))
		v.Extend(1)
	}
}

func floats(k protoreflect.Kind, t types.Type) read {
	switch {
	case k == protoreflect.FloatKind && t.Kind == types.Float:
		return func(in *input, v *vec.Vector) {
			v.F32 = append(v.F32, math.Float32frombits(in.fixed32()))
			v.Extend(1)
		}
	case k == protoreflect.FloatKind && t.Kind == types.Double:
		return func(in *input, v *vec.Vector) {
			v.F64 = append(v.F64, float64(math.Float32frombits(in.fixed32())))
			v.Extend(1)
		}
	case t.Kind == types.Double:
		return func(in *input, v *vec.Vector) {
			v.F64 = append(v.F64, math.Float64frombits(in.fixed64()))
			v.Extend(1)
		}
	}
	return nil
}

// symbols reads the names of an enum's numbers. Those that it does not have are
// UNRECOGNIZED, as in Java.
func symbols(e protoreflect.EnumDescriptor) read {
	names := map[int32]string{}
	for i := range e.Values().Len() {
		x := e.Values().Get(i)
		if _, taken := names[int32(x.Number())]; !taken { // of aliases the first
			names[int32(x.Number())] = string(x.Name())
		}
	}
	return func(in *input, v *vec.Vector) {
		s, ok := names[int32(in.uvarint())]
		if !ok {
			s = unrecognized
		}
		v.S = append(v.S, s)
		v.Extend(1)
	}
}

const unrecognized = "UNRECOGNIZED"

// number reads a whole number of some kind. Numbers without a sign that a column of
// their width cannot hold are negative there, as in Java.
func number(k protoreflect.Kind, t types.Type) func(in *input) int64 {
	switch k {
	case protoreflect.Int32Kind:
		return func(in *input) int64 { return int64(int32(in.uvarint())) }
	case protoreflect.Sint32Kind:
		return func(in *input) int64 { return int64(int32(zigzag(uint64(uint32(in.uvarint()))))) }
	case protoreflect.Sfixed32Kind:
		return func(in *input) int64 { return int64(int32(in.fixed32())) }
	case protoreflect.Uint32Kind:
		if t.Kind == types.Int {
			return func(in *input) int64 { return int64(int32(in.uvarint())) }
		}
		return func(in *input) int64 { return int64(uint32(in.uvarint())) }
	case protoreflect.Fixed32Kind:
		if t.Kind == types.Int {
			return func(in *input) int64 { return int64(int32(in.fixed32())) }
		}
		return func(in *input) int64 { return int64(in.fixed32()) }
	case protoreflect.Sint64Kind:
		return func(in *input) int64 { return zigzag(in.uvarint()) }
	case protoreflect.Fixed64Kind, protoreflect.Sfixed64Kind:
		return func(in *input) int64 { return int64(in.fixed64()) }
	}
	return func(in *input) int64 { return int64(in.uvarint()) }
}

// unsigned64 tells kinds whose numbers do not fit into a BIGINT.
func unsigned64(k protoreflect.Kind) bool {
	return k == protoreflect.Uint64Kind || k == protoreflect.Fixed64Kind
}

func integers(k protoreflect.Kind, t types.Type, column string) read {
	get := number(k, t)
	lo, hi := int64(math.MinInt64), int64(math.MaxInt64)
	switch t.Kind {
	case types.TinyInt:
		lo, hi = math.MinInt8, math.MaxInt8
	case types.SmallInt:
		lo, hi = math.MinInt16, math.MaxInt16
	case types.Int:
		lo, hi = math.MinInt32, math.MaxInt32
	case types.BigInt:
		return func(in *input, v *vec.Vector) { v.I64 = append(v.I64, get(in)); v.Extend(1) }
	case types.Decimal:
		if unsigned64(k) && t.Scale == 0 {
			return wide(get, t, column)
		}
		return nil
	default:
		return nil
	}
	out := "the number in '" + column + "' is out of the range of " + t.AsNullable().String()
	return func(in *input, v *vec.Vector) {
		x := get(in)
		if x < lo || x > hi || unsigned64(k) && x < 0 {
			in.fail(out)
		}
		switch t.Kind {
		case types.TinyInt:
			v.I8 = append(v.I8, int8(x))
		case types.SmallInt:
			v.I16 = append(v.I16, int16(x))
		default:
			v.I32 = append(v.I32, int32(x))
		}
		v.Extend(1)
	}
}

// wide reads numbers of 64 bits without a sign.
func wide(get func(in *input) int64, t types.Type, column string) read {
	return func(in *input, v *vec.Vector) {
		x, ok := types.CastDecimal(types.Int128{Lo: uint64(get(in))}, 0, t.Prec, 0)
		if !ok {
			in.fail("the number in '" + column + "' does not fit into " + t.AsNullable().String())
		}
		appendDecimal(v, x)
	}
}

func appendDecimal(v *vec.Vector, x types.Int128) {
	if v.Type.Phys() == types.PI64 {
		v.I64 = append(v.I64, x.Int64())
	} else {
		v.D = append(v.D, x)
	}
	v.Extend(1)
}

// defaultOf gives the default value of a field as a value of its column; see
// vec.Vector.Value.
func defaultOf(fd protoreflect.FieldDescriptor, t types.Type) any {
	d := fd.Default()
	switch k := fd.Kind(); k {
	case protoreflect.BoolKind:
		return d.Bool()
	case protoreflect.FloatKind, protoreflect.DoubleKind:
		if t.Kind == types.Float {
			return float32(d.Float())
		}
		return d.Float()
	case protoreflect.StringKind:
		return d.String()
	case protoreflect.BytesKind:
		return string(d.Bytes())
	case protoreflect.EnumKind:
		e := fd.DefaultEnumValue()
		if e == nil { // the first one, which is not written down
			e = fd.Enum().Values().Get(0)
		}
		if t.IsString() {
			return string(e.Name())
		}
		return int64(e.Number())
	case protoreflect.Uint32Kind, protoreflect.Fixed32Kind:
		if t.Kind == types.Int {
			return int64(int32(d.Uint()))
		}
		return int64(d.Uint())
	case protoreflect.Uint64Kind, protoreflect.Fixed64Kind:
		if t.Kind == types.Decimal && t.Phys() == types.PI128 {
			return types.Int128{Lo: d.Uint()}
		}
		return int64(d.Uint())
	}
	return d.Int()
}
