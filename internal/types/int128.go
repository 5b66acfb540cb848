package types

import "math/bits"

// Int128 is a two's complement 128-bit integer, laid out as Arrow's decimal128
// (little-endian words).
type Int128 struct {
	Lo uint64
	Hi int64
}

// I128 widens an int64.
func I128(v int64) Int128 { return Int128{uint64(v), v >> 63} }

// Add gives a+b modulo 2^128.
func (a Int128) Add(b Int128) Int128 {
	lo, c := bits.Add64(a.Lo, b.Lo, 0)
	return Int128{lo, a.Hi + b.Hi + int64(c)}
}

// Sub gives a-b modulo 2^128.
func (a Int128) Sub(b Int128) Int128 {
	lo, c := bits.Sub64(a.Lo, b.Lo, 0)
	return Int128{lo, a.Hi - b.Hi - int64(c)}
}

// Neg gives -a.
func (a Int128) Neg() Int128 { return Int128{}.Sub(a) }

// Cmp gives -1, 0 or 1.
func (a Int128) Cmp(b Int128) int {
	switch {
	case a.Hi < b.Hi:
		return -1
	case a.Hi > b.Hi:
		return 1
	case a.Lo < b.Lo:
		return -1
	case a.Lo > b.Lo:
		return 1
	}
	return 0
}

// Sign gives -1, 0 or 1.
func (a Int128) Sign() int {
	if a.Hi < 0 {
		return -1
	}
	if a.Hi == 0 && a.Lo == 0 {
		return 0
	}
	return 1
}

// IsInt64 reports whether the value fits an int64.
func (a Int128) IsInt64() bool { return a.Hi == int64(a.Lo)>>63 }

// IsZero reports whether the value is 0.
func (a Int128) IsZero() bool { return a.Hi == 0 && a.Lo == 0 }

// Int64 gives the low 64 bits; it is the value if IsInt64.
func (a Int128) Int64() int64 { return int64(a.Lo) }

// AddOK gives a+b and whether the sum fits 128 bits.
func (a Int128) AddOK(b Int128) (Int128, bool) {
	s := a.Add(b)
	return s, (a.Hi^s.Hi)&(b.Hi^s.Hi) >= 0
}

// SubOK gives a-b and whether the difference fits 128 bits.
func (a Int128) SubOK(b Int128) (Int128, bool) {
	d := a.Sub(b)
	return d, (a.Hi^b.Hi)&(a.Hi^d.Hi) >= 0
}

// MulOK gives a*b and whether the product fits 128 bits.
func (a Int128) MulOK(b Int128) (Int128, bool) {
	if a.IsInt64() && b.IsInt64() {
		return MulInt64(int64(a.Lo), int64(b.Lo)), true
	}
	p := a.abs().mul(b.abs())
	if p[2]|p[3] != 0 {
		return Int128{}, false
	}
	return u128{p[1], p[0]}.signed(a.Hi^b.Hi < 0)
}

// MulInt64 gives the whole product of two int64.
func MulInt64(a, b int64) Int128 {
	hi, lo := bits.Mul64(uint64(a), uint64(b))
	// Mul64 is unsigned: a negative factor x counts as x+2^64, which adds the
	// other factor to the high word.
	h := int64(hi) - a>>63&b - b>>63&a
	return Int128{lo, h}
}

// QuoRem divides, truncating towards zero as Java and SQL do; the remainder has
// the sign of a. b must not be 0; the quotient of the least value by -1 wraps.
func (a Int128) QuoRem(b Int128) (q, r Int128) {
	uq, ur := a.abs().quoRem(b.abs())
	q, _ = uq.signed(a.Hi^b.Hi < 0)
	r, _ = ur.signed(a.Hi < 0)
	return q, r
}

// abs gives the magnitude, which for the least value needs the 128th bit.
func (a Int128) abs() u128 {
	if a.Hi < 0 {
		a = a.Neg()
	}
	return u128{uint64(a.Hi), a.Lo}
}
