package protobuf

import (
	"encoding/binary"
	"math"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// scalar writes values of fields that are no messages, without their length; nil if
// the column does not go with the field.
func (c compiler) scalar(fd protoreflect.FieldDescriptor, t types.Type, column string) write {
	switch k := fd.Kind(); k {
	case protoreflect.BoolKind:
		if t.Kind == types.Boolean {
			return func(dst []byte, v *vec.Vector, i int) ([]byte, error) {
				if v.B[i] {
					return append(dst, 1), nil
				}
				return append(dst, 0), nil
			}
		}
	case protoreflect.FloatKind:
		if t.Kind == types.Float {
			return func(dst []byte, v *vec.Vector, i int) ([]byte, error) {
				return binary.LittleEndian.AppendUint32(dst, math.Float32bits(v.F32[i])), nil
			}
		}
	case protoreflect.DoubleKind:
		if get := doubleOf(t); get != nil {
			return func(dst []byte, v *vec.Vector, i int) ([]byte, error) {
				return binary.LittleEndian.AppendUint64(dst, math.Float64bits(get(v, i))), nil
			}
		}
	case protoreflect.StringKind, protoreflect.BytesKind:
		if k == protoreflect.StringKind && t.IsString() || k == protoreflect.BytesKind && t.IsBinary() {
			return func(dst []byte, v *vec.Vector, i int) ([]byte, error) { return append(dst, v.S[i]...), nil }
		}
	case protoreflect.EnumKind:
		return writeEnum(fd.Enum(), t)
	default:
		return writeInteger(k, t, column)
	}
	return nil
}

func doubleOf(t types.Type) func(v *vec.Vector, i int) float64 {
	switch t.Kind {
	case types.Double:
		return func(v *vec.Vector, i int) float64 { return v.F64[i] }
	case types.Float:
		return func(v *vec.Vector, i int) float64 { return float64(v.F32[i]) }
	}
	return nil
}

// integerOf gives whole numbers of a type; nil for others.
func integerOf(t types.Type) func(v *vec.Vector, i int) int64 {
	switch t.Kind {
	case types.TinyInt:
		return func(v *vec.Vector, i int) int64 { return int64(v.I8[i]) }
	case types.SmallInt:
		return func(v *vec.Vector, i int) int64 { return int64(v.I16[i]) }
	case types.Int:
		return func(v *vec.Vector, i int) int64 { return int64(v.I32[i]) }
	case types.BigInt:
		return func(v *vec.Vector, i int) int64 { return v.I64[i] }
	}
	return nil
}

// writeEnum writes a number or the number of a name. What the enum does not have
// becomes its first value, as in Flink.
func writeEnum(e protoreflect.EnumDescriptor, t types.Type) write {
	names, numbers := map[string]int64{}, map[int64]bool{}
	for i := range e.Values().Len() {
		x := e.Values().Get(i)
		names[string(x.Name())], numbers[int64(x.Number())] = int64(x.Number()), true
	}
	first := int64(e.Values().Get(0).Number())
	if t.IsString() {
		return func(dst []byte, v *vec.Vector, i int) ([]byte, error) {
			n, ok := names[v.S[i]]
			if !ok {
				n = first
			}
			return binary.AppendUvarint(dst, uint64(n)), nil
		}
	}
	get := integerOf(t)
	if get == nil {
		return nil
	}
	return func(dst []byte, v *vec.Vector, i int) ([]byte, error) {
		n := get(v, i)
		if !numbers[n] {
			n = first
		}
		return binary.AppendUvarint(dst, uint64(n)), nil
	}
}

// rangeOf is the numbers that a kind holds, of columns of a type. Negative numbers in
// a column of the width of a kind without a sign are large ones, as in Java.
func rangeOf(k protoreflect.Kind, t types.Type) (lo, hi int64) {
	switch k {
	case protoreflect.Int32Kind, protoreflect.Sint32Kind, protoreflect.Sfixed32Kind:
		return math.MinInt32, math.MaxInt32
	case protoreflect.Uint32Kind, protoreflect.Fixed32Kind:
		if t.Kind == types.Int {
			return math.MinInt32, math.MaxInt32
		}
		return 0, math.MaxUint32
	}
	return math.MinInt64, math.MaxInt64
}

func writeInteger(k protoreflect.Kind, t types.Type, column string) write {
	out := func() error {
		return sqlerr.New(sqlerr.Data, sqlerr.Pos{}, "the number in '%s' does not fit into a field of type %s", column, k)
	}
	if t.Kind == types.Decimal && t.Scale == 0 && unsigned64(k) {
		return func(dst []byte, v *vec.Vector, i int) ([]byte, error) {
			x := types.Int128{}
			if t.Phys() == types.PI64 {
				x = types.I128(v.I64[i])
			} else {
				x = v.D[i]
			}
			if x.Hi != 0 {
				return dst, out()
			}
			return appendInteger(dst, k, int64(x.Lo)), nil
		}
	}
	get := integerOf(t)
	if get == nil {
		return nil
	}
	lo, hi := rangeOf(k, t)
	return func(dst []byte, v *vec.Vector, i int) ([]byte, error) {
		x := get(v, i)
		if x < lo || x > hi {
			return dst, out()
		}
		return appendInteger(dst, k, x), nil
	}
}

func appendInteger(dst []byte, k protoreflect.Kind, x int64) []byte {
	switch k {
	case protoreflect.Sint32Kind, protoreflect.Sint64Kind:
		return binary.AppendUvarint(dst, protowire.EncodeZigZag(x))
	case protoreflect.Fixed32Kind, protoreflect.Sfixed32Kind:
		return binary.LittleEndian.AppendUint32(dst, uint32(x))
	case protoreflect.Fixed64Kind, protoreflect.Sfixed64Kind:
		return binary.LittleEndian.AppendUint64(dst, uint64(x))
	case protoreflect.Uint32Kind:
		return binary.AppendUvarint(dst, uint64(uint32(x)))
	}
	return binary.AppendUvarint(dst, uint64(x))
}

// zeroOf tells values that a field whose presence is not told leaves out.
func zeroOf(fd protoreflect.FieldDescriptor, t types.Type) func(v *vec.Vector, i int) bool {
	switch {
	case t.Kind == types.Boolean:
		return func(v *vec.Vector, i int) bool { return !v.B[i] }
	case t.Kind == types.Float:
		return func(v *vec.Vector, i int) bool { return math.Float32bits(v.F32[i]) == 0 }
	case t.Kind == types.Double:
		return func(v *vec.Vector, i int) bool { return math.Float64bits(v.F64[i]) == 0 }
	case t.Kind == types.Decimal && t.Phys() == types.PI64:
		return func(v *vec.Vector, i int) bool { return v.I64[i] == 0 }
	case t.Kind == types.Decimal:
		return func(v *vec.Vector, i int) bool { return v.D[i].IsZero() }
	}
	if fd.Enum() != nil { // an unknown one is the first too
		w := writeEnum(fd.Enum(), t)
		return func(v *vec.Vector, i int) bool {
			var b [10]byte
			out, _ := w(b[:0], v, i)
			return len(out) == 1 && out[0] == 0
		}
	}
	get := integerOf(t)
	return func(v *vec.Vector, i int) bool { return get(v, i) == 0 }
}

// special writes values that stand for messages; nil if the column does not go with
// the message.
func (c compiler) special(md protoreflect.MessageDescriptor, t types.Type, column string) write {
	switch name := md.FullName(); {
	case name == timestampMessage && t.IsTimestamp():
		return func(dst []byte, v *vec.Vector, i int) ([]byte, error) {
			sec, ns := seconds(v, i)
			return appendParts(dst, sec, ns), nil
		}
	case name == dateMessage && t.Kind == types.Date:
		return func(dst []byte, v *vec.Vector, i int) ([]byte, error) {
			y, m, d := types.CivilFromDays(v.I32[i])
			return appendParts(dst, int64(y), int64(m), int64(d)), nil
		}
	case name == timeMessage && t.Kind == types.Time:
		return func(dst []byte, v *vec.Vector, i int) ([]byte, error) {
			ms := int64(v.I32[i])
			return appendParts(dst, ms/types.MsPerHour, ms/types.MsPerMinute%60, ms/types.MsPerSecond%60, ms%1000*1_000_000), nil
		}
	case name == decimalMessage && t.Kind == types.Decimal:
		return func(dst []byte, v *vec.Vector, i int) ([]byte, error) {
			x := types.Int128{}
			if t.Phys() == types.PI64 {
				x = types.I128(v.I64[i])
			} else {
				x = v.D[i]
			}
			var b [16]byte
			dst = protowire.AppendBytes(protowire.AppendTag(dst, 1, protowire.BytesType), types.UnscaledBytes(&b, x))
			dst = protowire.AppendVarint(protowire.AppendTag(dst, 2, protowire.VarintType), uint64(t.Prec))
			if t.Scale != 0 {
				dst = protowire.AppendVarint(protowire.AppendTag(dst, 3, protowire.VarintType), uint64(t.Scale))
			}
			return dst, nil
		}
	case wrappers[name]:
		w := writer{}
		fd := md.Fields().ByNumber(1)
		if w.write = c.scalar(fd, t, column); w.write == nil {
			return nil
		}
		w.bytes = wireOf(fd.Kind()) == wireBytes
		w.tag = protowire.AppendTag(nil, 1, protowire.Type(wireOf(fd.Kind())))
		return func(dst []byte, v *vec.Vector, i int) ([]byte, error) { return w.append(dst, v, i) }
	}
	return nil
}

// appendParts writes numbers as the fields 1, 2 and so on, but for zeros.
func appendParts(dst []byte, parts ...int64) []byte {
	for i, p := range parts {
		if p != 0 {
			dst = binary.AppendUvarint(append(dst, byte(i+1)<<3), uint64(p))
		}
	}
	return dst
}

// seconds splits a timestamp into seconds and the nanoseconds within.
func seconds(v *vec.Vector, i int) (sec, ns int64) {
	var ms, rest int64
	switch {
	case v.Type.Prec <= 3:
		ms = v.I64[i]
	case v.Type.Prec <= 6:
		us := v.I64[i]
		if ms, rest = us/1000, us%1000*1000; rest < 0 {
			ms, rest = ms-1, rest+1_000_000
		}
	default:
		ms, rest = v.TS[i].Ms, int64(v.TS[i].Ns)
	}
	if sec, ns = ms/1000, ms%1000; ns < 0 {
		sec, ns = sec-1, ns+1000
	}
	return sec, ns*1_000_000 + rest
}
