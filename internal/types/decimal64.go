package types

import "math/bits"

// The functions of this file are those of decimal.go for unscaled values of at
// most 18 digits, DECIMAL(p <= 18) on both sides.

// MaxPrecision64 is the most digits of a DECIMAL that an int64 holds.
const MaxPrecision64 = 18

// pow10i64 is 10^0 to 10^18.
var pow10i64 = [...]int64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18}

// Pow10Int64 gives 10^n for n from 0 to 18.
func Pow10Int64(n int) int64 { return pow10i64[n] }

// FitsPrecision64 reports whether v has at most p decimal digits; p is 0 to 18.
func FitsPrecision64(v int64, p int) bool { return v < pow10i64[p] && v > -pow10i64[p] }

// Rescale64 changes the scale of v, rounding half up; false if the result has
// more than 18 digits.
func Rescale64(v int64, from, to int) (int64, bool) {
	return CastDecimal64(v, from, MaxPrecision64, to)
}

// CastDecimal64 converts a value of scale from to DECIMAL(p <= 18, s).
func CastDecimal64(v int64, from, p, s int) (int64, bool) {
	switch {
	case s > from:
		if s-from > MaxPrecision64 {
			return 0, v == 0
		}
		hi, lo := bits.Mul64(absInt64(v), uint64(pow10i64[s-from]))
		if hi != 0 || lo >= uint64(pow10i64[p]) {
			return 0, false
		}
		if v < 0 {
			return -int64(lo), true
		}
		return int64(lo), true
	case s < from:
		v = dropDigits64(v, from-s)
	}
	return v, FitsPrecision64(v, p)
}

// dropDigits64 divides by 10^n, rounding half up.
func dropDigits64(v int64, n int) int64 {
	if n > MaxPrecision64 {
		if n == 19 && absInt64(v) >= 5e18 {
			return v>>63 | 1
		}
		return 0
	}
	d := pow10i64[n]
	q, r := v/d, v%d
	if r >= d-r {
		return q + 1
	}
	if -r >= d+r {
		return q - 1
	}
	return q
}

func absInt64(v int64) uint64 {
	if v < 0 {
		return -uint64(v)
	}
	return uint64(v)
}

// NarrowDecimal gives v as an int64 if it has at most p <= 18 digits.
func NarrowDecimal(v Int128, p int) (int64, bool) {
	return int64(v.Lo), v.IsInt64() && FitsPrecision64(int64(v.Lo), p)
}

// AddDecimal64 gives a (scale sa) + b (scale sb) as DECIMAL(p <= 18, s), for the
// type that the addition derives: s is at least sa and sb.
func AddDecimal64(a int64, sa int, b int64, sb, p, s int) (int64, bool) {
	a, oka := CastDecimal64(a, sa, MaxPrecision64, s)
	b, okb := CastDecimal64(b, sb, MaxPrecision64, s)
	sum := a + b // two values of 18 digits cannot overflow
	return sum, oka && okb && FitsPrecision64(sum, p)
}

// SubDecimal64 gives a - b as AddDecimal64 does.
func SubDecimal64(a int64, sa int, b int64, sb, p, s int) (int64, bool) {
	return AddDecimal64(a, sa, -b, sb, p, s)
}

// MulDecimal64 gives a * b as DECIMAL(p <= 18, s).
func MulDecimal64(a int64, sa int, b int64, sb, p, s int) (int64, bool) {
	hi, lo := bits.Mul64(absInt64(a), absInt64(b))
	if s == sa+sb && hi == 0 && lo < uint64(pow10i64[p]) {
		if a^b < 0 {
			return -int64(lo), true
		}
		return int64(lo), true
	}
	v, ok := MulDecimal(I128(a), sa, I128(b), sb, p, s)
	return int64(v.Lo), ok
}

// DivDecimal64 gives a / b as DECIMAL(p <= 18, s). b must not be 0.
func DivDecimal64(a int64, sa int, b int64, sb, p, s int) (int64, bool) {
	shift := s + sb - sa
	if shift >= 0 && shift <= MaxPrecision64 {
		hi, lo := bits.Mul64(absInt64(a), uint64(pow10i64[shift]))
		d := absInt64(b)
		if hi >= d {
			return 0, false // the quotient has more than 64 bits
		}
		q, r := bits.Div64(hi, lo, d)
		if r >= d-r {
			q++
		}
		if q >= uint64(pow10i64[p]) {
			return 0, false
		}
		if a^b < 0 {
			return -int64(q), true
		}
		return int64(q), true
	}
	v, ok := DivDecimal(I128(a), sa, I128(b), sb, p, s)
	return int64(v.Lo), ok
}

// ModDecimal64 gives the remainder of a / b, with the sign of a, as
// DECIMAL(p <= 18, s). b must not be 0.
func ModDecimal64(a int64, sa int, b int64, sb, p, s int) (int64, bool) {
	if sa == sb && s == sa {
		r := a % b
		return r, FitsPrecision64(r, p)
	}
	v, ok := ModDecimal(I128(a), sa, I128(b), sb, p, s)
	return int64(v.Lo), ok
}

// RoundDecimal64 is RoundDecimal for results of at most 18 digits.
func RoundDecimal64(v int64, s, n, p, outScale int) (int64, bool) {
	r, ok := RoundDecimal(I128(v), s, n, p, outScale)
	return int64(r.Lo), ok
}

// TruncateDecimal64 is TruncateDecimal for values of at most 18 digits.
func TruncateDecimal64(v int64, s, n int) int64 {
	switch drop := s - n; {
	case drop <= 0:
		return v
	case drop > MaxPrecision64:
		return 0
	default:
		return v - v%pow10i64[drop]
	}
}

// CmpDecimal64 is CmpDecimal for int64.
func CmpDecimal64(a int64, sa int, b int64, sb int) int {
	if sa == sb {
		return I128(a).Cmp(I128(b))
	}
	return CmpDecimal(I128(a), sa, I128(b), sb)
}

// FloorDecimal64 is FloorDecimal for int64.
func FloorDecimal64(v int64, s int) int64 { return floorDiv(v, pow10i64[s]) }

// CeilDecimal64 is CeilDecimal for int64.
func CeilDecimal64(v int64, s int) int64 { return -floorDiv(-v, pow10i64[s]) }
