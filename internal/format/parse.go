package format

import (
	"bytes"
	"encoding/base64"
	"errors"
	"math"
	"strconv"
	"unsafe"

	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// ErrValue is what a Parser gives for a text that is no value of its type; the
// caller knows the text, the column and the place.
var ErrValue = errors.New("not a value of the column's type")

// Parser appends the value of a text to a vector of its type. On an error
// nothing was appended. It keeps no reference to s.
type Parser func(v *vec.Vector, s []byte) error

// ParserOf gives the parser of a scalar type, nil for nested types. Blanks
// around numbers and times are ignored. Text goes into the arena.
func ParserOf(t types.Type, zone *types.Zone, a *Arena) Parser {
	switch t.Kind {
	case types.Boolean:
		return parseBool
	case types.TinyInt:
		return func(v *vec.Vector, s []byte) error {
			x, ok := ParseInt(s)
			if !ok || x != int64(int8(x)) {
				return ErrValue
			}
			v.I8 = append(v.I8, int8(x))
			return one(v)
		}
	case types.SmallInt:
		return func(v *vec.Vector, s []byte) error {
			x, ok := ParseInt(s)
			if !ok || x != int64(int16(x)) {
				return ErrValue
			}
			v.I16 = append(v.I16, int16(x))
			return one(v)
		}
	case types.Int:
		return func(v *vec.Vector, s []byte) error {
			x, ok := ParseInt(s)
			if !ok || x != int64(int32(x)) {
				return ErrValue
			}
			v.I32 = append(v.I32, int32(x))
			return one(v)
		}
	case types.BigInt, types.IntervalYM, types.IntervalDT:
		return func(v *vec.Vector, s []byte) error {
			x, ok := ParseInt(s)
			if !ok {
				return ErrValue
			}
			v.I64 = append(v.I64, x)
			return one(v)
		}
	case types.Float:
		return func(v *vec.Vector, s []byte) error {
			x, err := strconv.ParseFloat(View(trim(s)), 32)
			if err != nil && !math.IsInf(x, 0) {
				return ErrValue
			}
			v.F32 = append(v.F32, float32(x))
			return one(v)
		}
	case types.Double:
		return func(v *vec.Vector, s []byte) error {
			x, err := strconv.ParseFloat(View(trim(s)), 64)
			if err != nil && !math.IsInf(x, 0) {
				return ErrValue
			}
			v.F64 = append(v.F64, x)
			return one(v)
		}
	case types.Decimal:
		return parseDecimal
	case types.Char, types.Varchar:
		return func(v *vec.Vector, s []byte) error {
			v.S = append(v.S, a.Copy(s))
			return one(v)
		}
	case types.Binary, types.Varbinary:
		return func(v *vec.Vector, s []byte) error { return parseBytes(v, s, a) }
	case types.Variant:
		return variantParser(a)
	case types.Bitmap:
		return bitmapParser(a)
	case types.Date:
		return parseDate
	case types.Time:
		return func(v *vec.Vector, s []byte) error {
			x, ok := types.ParseTime(View(trim(s)))
			if !ok {
				return ErrValue
			}
			v.I32 = append(v.I32, x)
			return one(v)
		}
	case types.Timestamp, types.TimestampLTZ:
		return timestampParser(t, zone)
	}
	return nil
}

// one counts the value that was appended.
func one(v *vec.Vector) error {
	if v.Valid == nil {
		v.N++
		return nil
	}
	v.Extend(1)
	return nil
}

// View gives a string that shares b's memory, for calls that do not keep it.
func View(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

func trim(s []byte) []byte {
	for len(s) > 0 && s[0] <= ' ' {
		s = s[1:]
	}
	for len(s) > 0 && s[len(s)-1] <= ' ' {
		s = s[:len(s)-1]
	}
	return s
}

// ParseInt reads a decimal integer with an optional sign and blanks around it.
func ParseInt(s []byte) (int64, bool) {
	if len(s) > 0 && (s[0] <= ' ' || s[len(s)-1] <= ' ') {
		s = trim(s)
	}
	neg := false
	if len(s) > 1 && (s[0] == '-' || s[0] == '+') {
		neg = s[0] == '-'
		s = s[1:]
	}
	if len(s) == 0 {
		return 0, false
	}
	var n uint64
	if len(s) < 19 { // cannot overflow
		for _, c := range s {
			d := c - '0'
			if d > 9 {
				return 0, false
			}
			n = n*10 + uint64(d)
		}
	} else {
		var err error
		if n, err = strconv.ParseUint(View(s), 10, 64); err != nil {
			return 0, false
		}
		if n > math.MaxInt64 && (!neg || n > 1<<63) {
			return 0, false
		}
	}
	if neg {
		return -int64(n), true
	}
	return int64(n), true
}

func parseBool(v *vec.Vector, s []byte) error {
	s = trim(s)
	var x bool
	switch {
	case equalFold(s, "true"):
		x = true
	case !equalFold(s, "false"):
		return ErrValue
	}
	v.B = append(v.B, x)
	return one(v)
}

// equalFold compares with a lower-case ASCII word.
func equalFold(s []byte, word string) bool {
	if len(s) != len(word) {
		return false
	}
	for i, c := range s {
		if c|0x20 != word[i] {
			return false
		}
	}
	return true
}

// parseDecimal takes short plain numbers by itself and leaves the rest to
// types.ParseDecimal.
func parseDecimal(v *vec.Vector, s []byte) error {
	t := &v.Type
	if t.Phys() != types.PI64 {
		x, err := types.ParseDecimal(View(s), t.Prec, t.Scale)
		if err != nil {
			return ErrValue
		}
		v.D = append(v.D, x)
		return one(v)
	}
	x, ok := plainDecimal(s, t.Scale)
	if !ok || !types.FitsPrecision64(x, t.Prec) {
		var err error
		if x, err = types.ParseDecimal64(View(s), t.Prec, t.Scale); err != nil {
			return ErrValue
		}
	}
	v.I64 = append(v.I64, x)
	return one(v)
}

// plainDecimal reads [-]ddd[.ddd] of at most 18 digits whose fraction is no
// longer than the scale.
func plainDecimal(s []byte, scale int) (int64, bool) {
	neg := len(s) > 0 && s[0] == '-'
	if neg {
		s = s[1:]
	}
	if len(s) == 0 || len(s) > 18 {
		return 0, false
	}
	n, frac := int64(0), -1
	for _, c := range s {
		if c == '.' && frac < 0 {
			frac = 0
			continue
		}
		d := c - '0'
		if d > 9 {
			return 0, false
		}
		n = n*10 + int64(d)
		if frac >= 0 {
			frac++
		}
	}
	frac = max(frac, 0)
	if frac > scale || len(s)+scale-frac > 18 {
		return 0, false
	}
	n *= types.Pow10Int64(scale - frac)
	if neg {
		n = -n
	}
	return n, true
}

func parseBytes(v *vec.Vector, s []byte, a *Arena) error {
	dst := a.Take(base64.StdEncoding.DecodedLen(len(s)))
	n, err := base64.StdEncoding.Decode(dst[:cap(dst)], s)
	if err != nil {
		return ErrValue
	}
	v.S = append(v.S, Made(dst[:n]))
	return one(v)
}

func parseDate(v *vec.Vector, s []byte) error {
	s = trim(s)
	x, ok := isoDate(s)
	if !ok || len(s) != 10 {
		// CAST takes less than a whole date; data that is only a number is
		// more likely a mistake.
		if x, ok = types.ParseDate(View(s)); !ok || len(s) > 10 || bytes.Count(s, []byte{'-'}) != 2 {
			return ErrValue
		}
	}
	v.I32 = append(v.I32, x)
	return one(v)
}

// isoDate reads yyyy-mm-dd at the start of s.
func isoDate(s []byte) (days int32, ok bool) {
	if len(s) < 10 || s[4] != '-' || s[7] != '-' {
		return 0, false
	}
	y1, ok1 := two(s[0:])
	y2, ok2 := two(s[2:])
	m, ok3 := two(s[5:])
	d, ok4 := two(s[8:])
	y := y1*100 + y2
	if !ok1 || !ok2 || !ok3 || !ok4 || y == 0 || m < 1 || m > 12 || d < 1 || d > types.DaysInMonth(y, m) {
		return 0, false
	}
	return types.DaysFromCivil(y, m, d), true
}

func two(s []byte) (int, bool) {
	a, b := s[0]-'0', s[1]-'0'
	return int(a)*10 + int(b), a <= 9 && b <= 9
}
