package types

import (
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
	"unsafe"
)

// trimJava drops leading and trailing characters up to U+0020, as Java's
// String.trim.
func trimJava(s string) string {
	for s != "" && s[0] <= ' ' {
		s = s[1:]
	}
	for s != "" && s[len(s)-1] <= ' ' {
		s = s[:len(s)-1]
	}
	return s
}

// AppendDouble appends f as Java's Double.toString does since JDK 19: the
// shortest digits that read back as f, but at least one after the point;
// plain from 0.001 to 10 million, else as 1.0E10.
func AppendDouble(dst []byte, f float64) []byte { return appendJavaFloat(dst, f, 64) }

// AppendFloat is AppendDouble for Java's Float.toString.
func AppendFloat(dst []byte, f float32) []byte { return appendJavaFloat(dst, float64(f), 32) }

func appendJavaFloat(dst []byte, f float64, size int) []byte {
	switch {
	case f != f:
		return append(dst, "NaN"...)
	case f > math.MaxFloat64:
		return append(dst, "Infinity"...)
	case f < -math.MaxFloat64:
		return append(dst, "-Infinity"...)
	case f == 0:
		if math.Signbit(f) {
			dst = append(dst, '-')
		}
		return append(dst, "0.0"...)
	}
	if f < 0 {
		dst = append(dst, '-')
		f = -f
	}
	var buf [32]byte
	b := strconv.AppendFloat(buf[:0], f, 'e', -1, size)
	if b[1] == 'e' {
		// Where one digit would do, Java takes the nearest value of two.
		b = strconv.AppendFloat(buf[:0], f, 'e', 1, size)
	}
	// b is d.ddde±xx
	e := len(b) - 1
	for b[e] != 'e' {
		e--
	}
	exp := 0
	for _, c := range b[e+2:] {
		exp = exp*10 + int(c-'0')
	}
	if b[e+1] == '-' {
		exp = -exp
	}
	digits := append(b[:1], b[2:e]...)
	for len(digits) > 2 && digits[len(digits)-1] == '0' {
		digits = digits[:len(digits)-1]
	}
	return appendJavaDigits(dst, digits, exp)
}

// appendJavaDigits places the point in digits, which stand for d.ddd * 10^exp.
func appendJavaDigits(dst, digits []byte, exp int) []byte {
	switch {
	case exp < -3 || exp >= 7:
		dst = append(append(dst, digits[0], '.'), digits[1:]...)
		return strconv.AppendInt(append(dst, 'E'), int64(exp), 10)
	case exp < 0:
		dst = append(dst, "0."...)
		for i := -1; i > exp; i-- {
			dst = append(dst, '0')
		}
		for len(digits) > 1 && digits[len(digits)-1] == '0' {
			digits = digits[:len(digits)-1]
		}
		return append(dst, digits...)
	}
	for len(digits) < exp+2 {
		digits = append(digits, '0') // fits the 32 bytes that back it
	}
	dst = append(append(dst, digits[:exp+1]...), '.')
	return append(dst, digits[exp+1:]...)
}

// ParseInt64 reads an integer as CAST(STRING AS BIGINT) does: blanks around it,
// a sign, digits; a fraction is checked and dropped.
func ParseInt64(s string) (int64, error) {
	return ParseInt(s, math.MinInt64, math.MaxInt64)
}

// ParseInt is ParseInt64 with a range, for the narrower types. It gives
// ErrNumberSyntax or ErrNumberRange.
func ParseInt(s string, least, most int64) (int64, error) {
	s = trimJava(s)
	neg := false
	if s != "" && (s[0] == '-' || s[0] == '+') {
		neg = s[0] == '-'
		s = s[1:]
	}
	if s == "" {
		return 0, ErrNumberSyntax
	}
	var u uint64
	i, over := 0, false
	for ; i < len(s) && s[i] != '.'; i++ {
		c := s[i] - '0'
		if c > 9 {
			return 0, ErrNumberSyntax
		}
		if u > (1<<63)/10 {
			over = true
			continue
		}
		u = u*10 + uint64(c)
	}
	for i++; i < len(s); i++ {
		if s[i]-'0' > 9 {
			return 0, ErrNumberSyntax
		}
	}
	v := int64(u)
	if neg {
		v = -v
	}
	if over || neg && u > 1<<63 || !neg && u > math.MaxInt64 || v < least || v > most {
		return 0, ErrNumberRange
	}
	return v, nil
}

// ParseFloat reads a number as Java's Double.parseDouble (size 64) or
// Float.parseFloat (size 32): blanks around it, NaN and Infinity in exactly that
// spelling, hexadecimal floats, one of the suffixes d and f. What is too large
// is infinite.
func ParseFloat(s string, size int) (float64, error) {
	s = trimJava(s)
	body := strings.TrimLeft(s, "+-")
	if len(s)-len(body) > 1 || body == "" {
		return 0, ErrNumberSyntax
	}
	if body != "NaN" && body != "Infinity" {
		if body[0]-'0' > 9 && body[0] != '.' { // Go's "inf", "nan"
			return 0, ErrNumberSyntax
		}
		hex := len(body) > 1 && body[1]|0x20 == 'x'
		switch last := s[len(s)-1] | 0x20; {
		case last == 'd' || last == 'f':
			s = s[:len(s)-1]
		}
		if strings.IndexByte(s, '_') >= 0 || hex && !strings.ContainsAny(s, "pP") {
			return 0, ErrNumberSyntax
		}
	}
	f, err := strconv.ParseFloat(s, size)
	if err != nil && !math.IsInf(f, 0) {
		return 0, ErrNumberSyntax
	}
	return f, nil
}

// ParseBool reads a boolean as CAST(STRING AS BOOLEAN) does, in any case: t,
// true, y, yes, 1 and f, false, n, no, 0. It gives ErrNumberSyntax else.
func ParseBool(s string) (bool, error) {
	s = trimJava(s)
	for _, w := range [...]string{"true", "t", "1", "yes", "y"} {
		if strings.EqualFold(s, w) {
			return true, nil
		}
	}
	for _, w := range [...]string{"false", "f", "0", "no", "n"} {
		if strings.EqualFold(s, w) {
			return false, nil
		}
	}
	return false, ErrNumberSyntax
}

// AppendBool appends TRUE or FALSE, as CAST to STRING prints a boolean.
func AppendBool(dst []byte, b bool) []byte {
	if b {
		return append(dst, "TRUE"...)
	}
	return append(dst, "FALSE"...)
}

// CharLength counts code points, as Flink's CHAR_LENGTH and SUBSTRING do.
func CharLength(s string) int { return utf8.RuneCountInString(s) }

// UTF16Length counts UTF-16 units, as Java's String.length.
func UTF16Length(s string) int {
	n := 0
	for _, r := range s {
		n++
		if r > 0xffff {
			n++
		}
	}
	return n
}

// JavaHash is Java's String.hashCode: over UTF-16 units.
func JavaHash(s string) int32 {
	var h int32
	for _, r := range s {
		if r > 0xffff {
			r -= 0x10000
			h = h*31 + (0xd800 + r>>10)
			r = 0xdc00 + r&0x3ff
		}
		h = h*31 + r
	}
	return h
}

// RoundDouble is ROUND(f, n) on DOUBLE: half up on the shortest decimal text of
// f, as Java's BigDecimal.valueOf(f).setScale(n, HALF_UP).
func RoundDouble(f float64, n int) float64 { return cutDouble(f, n, true) }

// TruncateDouble is TRUNCATE(f, n) on DOUBLE.
func TruncateDouble(f float64, n int) float64 { return cutDouble(f, n, false) }

// cutDouble keeps the digits of f's shortest text down to 10^-n.
func cutDouble(f float64, n int, round bool) float64 {
	if f != f || math.IsInf(f, 0) || f == 0 {
		return f
	}
	var buf [40]byte
	b := strconv.AppendFloat(buf[1:1], math.Abs(f), 'e', -1, 64)
	e := len(b) - 1
	for b[e] != 'e' {
		e--
	}
	exp := 0
	for _, c := range b[e+2:] {
		exp = exp*10 + int(c-'0')
	}
	if b[e+1] == '-' {
		exp = -exp
	}
	// At most 17 digits, as an integer of scale len-1-exp.
	var u uint64
	digits := 0
	for _, c := range b[:e] {
		if c != '.' {
			u = u*10 + uint64(c-'0')
			digits++
		}
	}
	scale := digits - 1 - exp
	drop := scale - n
	if drop <= 0 {
		return f
	}
	if drop > digits {
		return 0
	}
	p := pow10u64[drop]
	r := u % p
	u -= r
	if round && r >= p-r {
		u += p
	}
	t := strconv.AppendUint(buf[:0], u, 10)
	t = strconv.AppendInt(append(t, 'e'), int64(-scale), 10)
	v, _ := strconv.ParseFloat(unsafe.String(unsafe.SliceData(t), len(t)), 64)
	return math.Copysign(v, f)
}

// RoundInt64 is ROUND(v, n) on integers; it matters for negative n only.
func RoundInt64(v int64, n int) int64 {
	if n >= 0 {
		return v
	}
	if n < -MaxPrecision64 {
		return 0
	}
	p := pow10i64[-n]
	return dropDigits64(v, -n) * p
}

// TruncateInt64 is TRUNCATE(v, n) on integers.
func TruncateInt64(v int64, n int) int64 { return TruncateDecimal64(v, 0, min(n, 0)) }

// FloorModInt64 is Java's Math.floorMod: it has the sign of d, which must not be
// 0.
func FloorModInt64(v, d int64) int64 {
	r := v % d
	if r != 0 && r^d < 0 {
		r += d
	}
	return r
}

// DoubleToInt64 converts as Java's (long) cast: towards zero, NaN to 0, what is
// out of range to the nearest end.
func DoubleToInt64(f float64) int64 { return doubleToInt(f, math.MinInt64, math.MaxInt64) }

// DoubleToInt32 converts as Java's (int) cast. The narrower casts take its low
// bits.
func DoubleToInt32(f float64) int32 { return int32(doubleToInt(f, math.MinInt32, math.MaxInt32)) }

func doubleToInt(f float64, least, most int64) int64 {
	switch {
	case f != f:
		return 0
	case f <= float64(least):
		return least
	case f >= float64(most):
		return most
	}
	return int64(f)
}

// TruncateChars gives the first n code points of s, as CAST to VARCHAR(n) does.
// It does not copy.
func TruncateChars(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for i := range s {
		if n == 0 {
			return s[:i]
		}
		n--
	}
	return s
}

// AppendChar appends s as CAST to CHAR(n): n code points, padded with blanks.
func AppendChar(dst []byte, s string, n int) []byte {
	s = TruncateChars(s, n)
	dst = append(dst, s...)
	for k := CharLength(s); k < n; k++ {
		dst = append(dst, ' ')
	}
	return dst
}

// AppendBinary appends s as CAST to BINARY(n): n bytes, padded with zeros.
func AppendBinary(dst []byte, s string, n int) []byte {
	dst = append(dst, s[:min(len(s), n)]...)
	for k := len(s); k < n; k++ {
		dst = append(dst, 0)
	}
	return dst
}
