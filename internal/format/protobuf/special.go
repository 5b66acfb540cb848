package protobuf

import (
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/weir-stream/weir/internal/format"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// Messages that stand for a value of SQL, by their full names.
const (
	timestampMessage = "google.protobuf.Timestamp"
	dateMessage      = "google.type.Date"
	timeMessage      = "google.type.TimeOfDay"
	decimalMessage   = "confluent.type.Decimal"
)

// wrappers are the messages around one value.
var wrappers = map[protoreflect.FullName]bool{
	"google.protobuf.DoubleValue": true, "google.protobuf.FloatValue": true, "google.protobuf.Int64Value": true, "google.protobuf.UInt64Value": true,
	"google.protobuf.Int32Value": true, "google.protobuf.UInt32Value": true, "google.protobuf.BoolValue": true, "google.protobuf.StringValue": true, "google.protobuf.BytesValue": true,
}

// special makes the reader of a message that is no row; nil if the column cannot take
// it.
func special(md protoreflect.MessageDescriptor, t types.Type, column string) read {
	switch name := md.FullName(); {
	case name == timestampMessage && t.IsTimestamp():
		return func(in *input, v *vec.Vector) {
			p := in.parts()
			ms, ns := p[1]*1000+p[2]/1_000_000, int32(p[2]%1_000_000)
			if p[1] < -62135596800 || p[1] > 253402300799 || p[2] < 0 || p[2] >= 1_000_000_000 {
				in.fail("the time in '" + column + "' is none of the years 1 to 9999")
			}
			format.AppendTimestamp(v, ms, ns)
		}
	case name == dateMessage && t.Kind == types.Date:
		return func(in *input, v *vec.Vector) {
			p := in.parts()
			day := int32(0)
			if p[1] >= 1 && p[1] <= 9999 && p[2] >= 1 && p[2] <= 12 && p[3] >= 1 && p[3] <= int64(types.DaysInMonth(int(p[1]), int(p[2]))) {
				day = types.DaysFromCivil(int(p[1]), int(p[2]), int(p[3]))
			} else {
				in.fail("'" + column + "' is no date")
			}
			v.I32 = append(v.I32, day)
			v.Extend(1)
		}
	case name == timeMessage && t.Kind == types.Time:
		return func(in *input, v *vec.Vector) {
			p := in.parts()
			if p[1] < 0 || p[1] > 23 || p[2] < 0 || p[2] > 59 || p[3] < 0 || p[3] > 59 || p[4] < 0 || p[4] >= 1_000_000_000 {
				in.fail("'" + column + "' is no time of a day")
			}
			v.I32 = append(v.I32, int32(p[1]*types.MsPerHour+p[2]*types.MsPerMinute+p[3]*types.MsPerSecond+p[4]/1_000_000))
			v.Extend(1)
		}
	case name == decimalMessage && t.Kind == types.Decimal:
		return decimals(t, column)
	case wrappers[name]:
		return wrapped(md.Fields().ByNumber(1), t, column)
	}
	return nil
}

// parts reads the numbers of a message, by the numbers of their fields.
func (in *input) parts() (out [5]int64) {
	for in.p < in.end && in.fault == "" {
		num, wire := in.tag()
		if wire == wireVarint && num < uint32(len(out)) {
			out[num] = int64(in.uvarint())
			continue
		}
		in.skip(num, wire)
	}
	return out
}

// wrapped reads the value in a message; one that is not there is the default.
func wrapped(fd protoreflect.FieldDescriptor, t types.Type, column string) read {
	inner := scalar(fd, t, column)
	if inner == nil {
		return nil
	}
	def, wire := vec.New(t, 0), wireOf(fd.Kind())
	def.AppendValue(defaultOf(fd, t))
	return func(in *input, v *vec.Vector) {
		at, found := v.N, false
		for in.p < in.end && in.fault == "" {
			num, w := in.tag()
			if num != 1 || w != wire {
				in.skip(num, w)
				continue
			}
			if found {
				v.Truncate(at)
			}
			inner(in, v)
			found = true
		}
		if !found {
			v.AppendRepeat(def, 0, 1)
		}
	}
}

// decimals reads the unscaled bytes, big-endian, two's complement, and their scale.
func decimals(t types.Type, column string) read {
	const value, scale = 1, 3
	return func(in *input, v *vec.Vector) {
		var b []byte
		var s int64
		for in.p < in.end && in.fault == "" {
			switch num, wire := in.tag(); {
			case num == value && wire == wireBytes:
				b = in.bytes()
			case num == scale && wire == wireVarint:
				s = int64(int32(in.uvarint()))
			default:
				in.skip(num, wire)
			}
		}
		x, ok := types.Unscaled(b)
		if ok = ok && s >= 0 && s <= types.MaxPrecision; ok {
			x, ok = types.CastDecimal(x, int(s), t.Prec, t.Scale)
		}
		if !ok {
			in.fail("the number in '" + column + "' does not fit into " + t.AsNullable().String())
			x = types.Int128{}
		}
		appendDecimal(v, x)
	}
}
