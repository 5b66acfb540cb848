package types

import (
	"errors"
	"math"
	"math/bits"
	"strconv"
	"unsafe"
)

// Errors of number texts. They carry no input, so that a failing row costs
// nothing; callers add what they know.
var (
	ErrNumberSyntax = errors.New("not a number")
	ErrNumberRange  = errors.New("number out of range")
)

// ParseDecimal reads a decimal number such as "-12.5e3" as DECIMAL(p, s):
// optional blanks around it, a sign, digits with at most one point, an exponent.
// Digits past the scale are rounded half up. It gives ErrNumberSyntax, or
// ErrNumberRange if the number needs more than p digits.
func ParseDecimal(s string, p, scale int) (Int128, error) {
	s = trimJava(s)
	neg := false
	if s != "" && (s[0] == '-' || s[0] == '+') {
		neg = s[0] == '-'
		s = s[1:]
	}
	m, exp, rest, ok := scanMantissa(s, scale)
	if !ok {
		return Int128{}, ErrNumberSyntax
	}
	e, ok := scanExponent(rest)
	if !ok {
		return Int128{}, ErrNumberSyntax
	}
	if m.tooWide {
		// Long texts lose nothing: digits are dropped only past what any
		// DECIMAL keeps, so the rare case can take the slow way.
		return parseLongDecimal(s, exp+e, neg, p, scale)
	}
	u, ok := m.digits.rescale(-(exp + e), scale)
	if !ok {
		return Int128{}, ErrNumberRange
	}
	v, ok := u.fit(neg, p)
	if !ok {
		return Int128{}, ErrNumberRange
	}
	return v, nil
}

// ParseDecimal64 is ParseDecimal for DECIMAL(p <= 18, s).
func ParseDecimal64(s string, p, scale int) (int64, error) {
	v, err := ParseDecimal(s, p, scale)
	return int64(v.Lo), err
}

// mantissa is the digits of a number text as an integer.
type mantissa struct {
	digits  u128
	tooWide bool
}

// scanMantissa reads "123.45" as 12345 with exponent -2 and gives what follows.
func scanMantissa(s string, scale int) (m mantissa, exp int, rest string, ok bool) {
	point, n, i := -1, 0, 0
	var w uint64 // up to 19 digits are gathered in a word
	for ; i < len(s); i++ {
		c := s[i] - '0'
		if c > 9 {
			if s[i] != '.' || point >= 0 {
				break
			}
			point = i
			continue
		}
		n++
		if w < 1e18 && m.digits.isZero() {
			w = w*10 + uint64(c)
			continue
		}
		if m.digits.isZero() {
			m.digits = u128{0, w}
		}
		var fits, fits2 bool
		m.digits, fits = m.digits.mul64(10)
		m.digits, fits2 = m.digits.add(u128{0, uint64(c)})
		m.tooWide = m.tooWide || !fits || !fits2
	}
	if m.digits.isZero() {
		m.digits = u128{0, w}
	}
	if point >= 0 {
		exp = point + 1 - i
	}
	return m, exp, s[i:], n > 0
}

// scanExponent reads "e-12" or nothing. Absurd exponents are capped: any beyond
// the cap gives 0 or an overflow alike.
func scanExponent(s string) (int, bool) {
	if s == "" {
		return 0, true
	}
	if s[0] != 'e' && s[0] != 'E' {
		return 0, false
	}
	s = s[1:]
	neg := false
	if s != "" && (s[0] == '-' || s[0] == '+') {
		neg = s[0] == '-'
		s = s[1:]
	}
	if s == "" {
		return 0, false
	}
	e := 0
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
		if e < 1e6 {
			e = e*10 + int(s[i]-'0')
		}
	}
	if neg {
		e = -e
	}
	return e, true
}

// parseLongDecimal handles more digits than 128 bits hold: it walks the digits
// again and stops at the last one that the scale keeps. exp is the exponent of
// the last digit of the text.
func parseLongDecimal(s string, exp int, neg bool, p, scale int) (Int128, error) {
	n := 0
	for i := 0; i < len(s) && (s[i] == '.' || s[i]-'0' <= 9); i++ {
		if s[i] != '.' {
			n++
		}
	}
	keep := n + exp + scale // digits before the one that decides the rounding
	var u u128
	k := 0
	for i := 0; k <= keep && k < n; i++ {
		if s[i] == '.' {
			continue
		}
		c := uint64(s[i] - '0')
		if k == keep {
			if c >= 5 {
				u, _ = u.add(u128{0, 1})
			}
			break
		}
		var ok bool
		if u, ok = u.mul64(10); !ok || !u.less(pow10wide[MaxPrecision]) {
			return Int128{}, ErrNumberRange
		}
		u, _ = u.add(u128{0, c})
		k++
	}
	if keep > n {
		var ok bool
		if u, ok = u.rescale(0, min(keep-n, MaxPrecision+1)); !ok {
			return Int128{}, ErrNumberRange
		}
	}
	v, ok := u.fit(neg, p)
	if !ok {
		return Int128{}, ErrNumberRange
	}
	return v, nil
}

// AppendDecimal appends v of the given scale in plain notation with exactly
// scale digits after the point, as Java's BigDecimal.toPlainString.
func AppendDecimal(dst []byte, v Int128, scale int) []byte {
	if v.IsInt64() {
		return AppendDecimal64(dst, int64(v.Lo), scale)
	}
	var buf [40]byte
	i := len(buf)
	u := v.abs()
	for !u.isZero() {
		var w uint64
		u, w = u.quoRem64(1e19)
		for k := 0; k < 19 && (w != 0 || !u.isZero()); k++ {
			i--
			buf[i] = byte('0' + w%10)
			w /= 10
		}
	}
	return appendScaled(dst, buf[i:], v.Hi < 0, scale)
}

// AppendDecimal64 is AppendDecimal for an int64.
func AppendDecimal64(dst []byte, v int64, scale int) []byte {
	if scale == 0 {
		return strconv.AppendInt(dst, v, 10)
	}
	var buf [20]byte
	i := len(buf)
	for u := absInt64(v); u != 0 || i == len(buf); u /= 10 {
		i--
		buf[i] = byte('0' + u%10)
	}
	return appendScaled(dst, buf[i:], v < 0, scale)
}

// appendScaled puts sign, point and leading zeros around digits.
func appendScaled(dst, digits []byte, neg bool, scale int) []byte {
	if neg {
		dst = append(dst, '-')
	}
	whole := len(digits) - scale
	if whole <= 0 {
		dst = append(dst, '0')
		if scale == 0 {
			return dst
		}
		dst = append(dst, '.')
		for ; whole < 0; whole++ {
			dst = append(dst, '0')
		}
		return append(dst, digits...)
	}
	dst = append(dst, digits[:whole]...)
	if scale > 0 {
		dst = append(dst, '.')
		dst = append(dst, digits[whole:]...)
	}
	return dst
}

// DecimalToFloat64 gives the double nearest to v of the given scale.
func DecimalToFloat64(v Int128, scale int) float64 {
	if v.IsInt64() {
		return Decimal64ToFloat64(int64(v.Lo), scale)
	}
	return decimalToFloat(v, scale, 64)
}

// Decimal64ToFloat64 is DecimalToFloat64 for an int64.
func Decimal64ToFloat64(v int64, scale int) float64 {
	if scale == 0 {
		return float64(v)
	}
	// Both operands are exact, so the quotient is rounded once (Clinger's fast
	// path).
	if scale < len(exactPow10) && bits.Len64(absInt64(v)) <= 53 {
		return float64(v) / exactPow10[scale]
	}
	return decimalToFloat(I128(v), scale, 64)
}

// DecimalToFloat32 gives the float nearest to v of the given scale.
func DecimalToFloat32(v Int128, scale int) float32 { return float32(decimalToFloat(v, scale, 32)) }

var exactPow10 = [...]float64{1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22}

func decimalToFloat(v Int128, scale, size int) float64 {
	var buf [48]byte
	b := AppendDecimal(buf[:0], v, scale)
	f, _ := strconv.ParseFloat(unsafe.String(unsafe.SliceData(b), len(b)), size)
	return f
}

// DecimalFromFloat64 converts f by way of its shortest text, as Java's
// BigDecimal.valueOf, to DECIMAL(p, s). False for NaN, infinities and values of
// more digits.
func DecimalFromFloat64(f float64, p, s int) (Int128, bool) {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return Int128{}, false
	}
	var buf [32]byte
	b := strconv.AppendFloat(buf[:0], f, 'e', -1, 64)
	v, err := ParseDecimal(unsafe.String(unsafe.SliceData(b), len(b)), p, s)
	return v, err == nil
}

// DecimalFromInt64 converts an integer to DECIMAL(p, s).
func DecimalFromInt64(v int64, p, s int) (Int128, bool) { return CastDecimal(I128(v), 0, p, s) }

// DecimalToInt64 drops the fraction and keeps the low 64 bits, as Java's
// BigDecimal.longValue.
func DecimalToInt64(v Int128, scale int) int64 {
	if scale > 0 {
		v, _ = v.QuoRem(Pow10(min(scale, MaxPrecision)))
	}
	return int64(v.Lo)
}
