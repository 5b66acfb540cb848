package format

import (
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// timestampParser reads TIMESTAMP and TIMESTAMP_LTZ. Rows of one file mostly
// share a date, so the last one is remembered.
func timestampParser(t types.Type, zone *types.Zone) Parser {
	var last [10]byte
	var lastMs int64
	return func(v *vec.Vector, s []byte) error {
		s = trim(s)
		ms, ns, ok := int64(0), int32(0), false
		if len(s) >= 19 && len(s) <= 29 && (s[10] == ' ' || s[10] == 'T') {
			if string(s[:10]) != string(last[:]) {
				if days, good := isoDate(s); good {
					copy(last[:], s)
					lastMs = types.MsOfDate(days)
				}
			}
			if string(s[:10]) == string(last[:]) {
				ms, ns, ok = clockOf(s[11:], v.Type.Prec)
				ms += lastMs
				if ok && t.Kind == types.TimestampLTZ {
					ms = zone.LocalToUTC(ms)
				}
			}
		}
		if !ok {
			if ms, ns, ok = slowTimestamp(View(s), t, zone); !ok {
				return ErrValue
			}
		}
		AppendTimestamp(v, ms, ns)
		return nil
	}
}

// slowTimestamp takes every form that CAST takes. A zone given with a TIMESTAMP
// is refused only if it is not Z, which Flink's ISO form has.
func slowTimestamp(s string, t types.Type, zone *types.Zone) (ms int64, ns int32, ok bool) {
	if t.Kind == types.TimestampLTZ {
		return types.ParseTimestampLTZ(s, t.Prec, zone)
	}
	if n := len(s); n > 11 && s[n-1] == 'Z' {
		s = s[:n-1]
	}
	return types.ParseTimestamp(s, t.Prec)
}

// AppendTimestamp appends milliseconds and the nanoseconds within to a
// timestamp column.
func AppendTimestamp(v *vec.Vector, ms int64, ns int32) {
	switch {
	case v.Type.Prec <= 3:
		v.I64 = append(v.I64, ms)
	case v.Type.Prec <= 6:
		v.I64 = append(v.I64, types.MicrosOf(ms, ns))
	default:
		v.TS = append(v.TS, types.TimeNs{Ms: ms, Ns: ns})
	}
	_ = one(v)
}

// clockOf reads hh:mm:ss[.fffffffff], cut to p digits.
func clockOf(s []byte, p int) (ms int64, ns int32, ok bool) {
	if s[2] != ':' || s[5] != ':' {
		return 0, 0, false
	}
	h, ok1 := two(s[0:])
	m, ok2 := two(s[3:])
	sec, ok3 := two(s[6:])
	if !ok1 || !ok2 || !ok3 || h > 23 || m > 59 || sec > 59 {
		return 0, 0, false
	}
	ms = int64(h)*types.MsPerHour + int64(m)*types.MsPerMinute + int64(sec)*types.MsPerSecond
	if len(s) == 8 {
		return ms, 0, true
	}
	if s[8] != '.' || len(s) == 9 || len(s) > 18 {
		return 0, 0, false
	}
	nano, unit := int32(0), int32(100_000_000)
	for i, c := range s[9:] {
		d := c - '0'
		if d > 9 {
			return 0, 0, false
		}
		if i < p {
			nano += int32(d) * unit
		}
		unit /= 10
	}
	return ms + int64(nano/1e6), nano % 1e6, true
}
