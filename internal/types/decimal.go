package types

import "math/bits"

// MaxPrecision is the most digits a DECIMAL has.
const MaxPrecision = 38

// The functions of this file do DECIMAL arithmetic on unscaled 128-bit values.
// A value v of scale s stands for v * 10^-s. Rounding is half up, that is, away
// from zero on a tie, as Java's RoundingMode.HALF_UP. The boolean tells whether
// the result has at most p digits; where it is false SQL's answer is NULL for
// arithmetic and an error for CAST. Nothing allocates.

// pow10u64 is 10^0 to 10^19.
var pow10u64 = [...]uint64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19}

// pow10wide is 10^0 to 10^38.
var pow10wide = makePow10()

func makePow10() (t [MaxPrecision + 1]u128) {
	t[0] = u128{0, 1}
	for i := 1; i < len(t); i++ {
		t[i], _ = t[i-1].mul64(10)
	}
	return t
}

// Pow10 gives 10^n for n from 0 to 38.
func Pow10(n int) Int128 {
	return Int128{pow10wide[n].lo, int64(pow10wide[n].hi)}
}

// FitsPrecision reports whether v has at most p decimal digits; p is 0 to 38.
func FitsPrecision(v Int128, p int) bool { return v.abs().less(pow10wide[p]) }

// fit gives the magnitude its sign back and checks its digits.
func (u u128) fit(neg bool, p int) (Int128, bool) {
	if !u.less(pow10wide[p]) {
		return Int128{}, false
	}
	v := Int128{u.lo, int64(u.hi)}
	if neg {
		v = v.Neg()
	}
	return v, true
}

// rescale moves a magnitude between scales and tells whether it fits 128 bits.
func (u u128) rescale(from, to int) (u128, bool) {
	switch {
	case to == from || u.isZero():
		return u, true
	case to > from:
		n := to - from
		if n > MaxPrecision {
			return u128{}, false
		}
		ok := true
		for ; n > 0 && ok; n -= 19 {
			u, ok = u.mul64(pow10u64[min(n, 19)])
		}
		return u, ok
	case from-to > MaxPrecision+1: // half a unit of the new scale is more than any value
		return u128{}, true
	}
	return u256{u.lo, u.hi}.dropDigits(from - to)
}

// Rescale changes the scale of v, rounding half up; false if the result has
// more than 38 digits.
func Rescale(v Int128, from, to int) (Int128, bool) {
	return CastDecimal(v, from, MaxPrecision, to)
}

// CastDecimal converts a value of scale from to DECIMAL(p, s).
func CastDecimal(v Int128, from, p, s int) (Int128, bool) {
	u, ok := v.abs().rescale(from, s)
	if !ok {
		return Int128{}, false
	}
	return u.fit(v.Hi < 0, p)
}

// AddDecimal gives a (scale sa) + b (scale sb) as DECIMAL(p, s).
func AddDecimal(a Int128, sa int, b Int128, sb, p, s int) (Int128, bool) {
	if sa < sb {
		a, sa, b, sb = b, sb, a, sa
	}
	// Now sa >= sb: the sum is exact at scale sa, unless b is too wide for it.
	if sa != sb {
		wide, ok := b.MulOK(Pow10(sa - sb))
		if !ok {
			return addRounded(a, sa, b, sb, p, s)
		}
		b = wide
	}
	sum, ok := a.AddOK(b)
	if !ok {
		return addRounded(a, sa, b, sa, p, s)
	}
	return CastDecimal(sum, sa, p, s)
}

// addRounded adds in 256 bits: either b does not fit the finer scale, and is
// then the greater one, or the signs are equal and the sum has a 129th bit.
// Only a coarser scale of the result can make it fit again.
func addRounded(a Int128, sa int, b Int128, sb, p, s int) (Int128, bool) {
	wide := b.abs().mul(pow10wide[sa-sb])
	wide = wide.addSigned(a.abs(), a.Hi^b.Hi < 0)
	u, ok := wide.dropDigits(sa - s)
	if !ok || sa < s {
		return Int128{}, false
	}
	return u.fit(b.Hi < 0, p)
}

// SubDecimal gives a - b as DECIMAL(p, s).
func SubDecimal(a Int128, sa int, b Int128, sb, p, s int) (Int128, bool) {
	return AddDecimal(a, sa, b.Neg(), sb, p, s)
}

// MulDecimal gives a * b as DECIMAL(p, s); the product is exact before it is
// rounded.
func MulDecimal(a Int128, sa int, b Int128, sb, p, s int) (Int128, bool) {
	neg := a.Hi^b.Hi < 0
	prod := a.abs().mul(b.abs())
	if s >= sa+sb {
		if prod[2]|prod[3] != 0 {
			return Int128{}, false
		}
		u, ok := u128{prod[1], prod[0]}.rescale(sa+sb, s)
		if !ok {
			return Int128{}, false
		}
		return u.fit(neg, p)
	}
	u, ok := prod.dropDigits(sa + sb - s)
	if !ok {
		return Int128{}, false
	}
	return u.fit(neg, p)
}

// DivDecimal gives a / b as DECIMAL(p, s), rounded once. b must not be 0.
func DivDecimal(a Int128, sa int, b Int128, sb, p, s int) (Int128, bool) {
	neg := a.Hi^b.Hi < 0
	n, d := a.abs(), b.abs()
	shift := s + sb - sa // digits that the integer quotient still lacks
	if shift < 0 {
		if -shift > MaxPrecision {
			return Int128{}, true
		}
		wide := d.mul(pow10wide[-shift])
		if wide[2]|wide[3] != 0 { // more than twice any dividend
			return Int128{}, true
		}
		d, shift = u128{wide[1], wide[0]}, 0
	}
	q, r := n.quoRem(d)
	for shift > 0 && !(q.isZero() && r.isZero()) {
		k := min(shift, 18)
		var ok bool
		if q, ok = q.mul64(pow10u64[k]); !ok {
			return Int128{}, false
		}
		var digits uint64
		digits, r = divStep(r, pow10u64[k], d)
		if q, ok = q.add(u128{0, digits}); !ok {
			return Int128{}, false
		}
		shift -= k
	}
	// Round half up: r >= d - r, written so that nothing overflows.
	if !r.less(d.sub(r)) {
		q, _ = q.add(u128{0, 1})
	}
	return q.fit(neg, p)
}

// divStep gives r*m / d and the remainder, for r < d, so that the quotient is
// less than m.
func divStep(r u128, m uint64, d u128) (uint64, u128) {
	h0, l0 := bits.Mul64(r.lo, m)
	h1, l1 := bits.Mul64(r.hi, m)
	mid := u128{h1, l1}
	mid, _ = mid.add(u128{0, h0})
	if d.hi == 0 {
		// r.hi is 0 too, so the product has two words.
		q, rem := u128{mid.lo, l0}.quoRem64(d.lo)
		return q.lo, u128{0, rem}
	}
	n := uint(bits.LeadingZeros64(d.hi))
	v := d.shl(n)
	low := u128{mid.lo, l0}.shl(n)
	a := mid.hi<<n | mid.lo>>1>>(63-n)
	q, rem := div3by2(a, low.hi, low.lo, v)
	return q, rem.shr(n)
}

// ModDecimal gives the remainder of a / b, with the sign of a, as DECIMAL(p, s).
// b must not be 0.
func ModDecimal(a Int128, sa int, b Int128, sb, p, s int) (Int128, bool) {
	n, d := a.abs(), b.abs()
	fine := max(sa, sb)
	d, ok := d.rescale(sb, fine)
	if !ok { // the divisor is greater than any dividend of its scale
		return CastDecimal(a, sa, p, s)
	}
	var r u128
	if k := fine - sa; k > 0 {
		_, r = n.quoRem(d)
		for ; k > 0; k -= 18 {
			_, r = divStep(r, pow10u64[min(k, 18)], d)
		}
	} else {
		_, r = n.quoRem(d)
	}
	if r, ok = r.rescale(fine, s); !ok {
		return Int128{}, false
	}
	return r.fit(a.Hi < 0, p)
}

// RoundDecimal is SQL's ROUND(v, n) of a value of scale s: n places after the
// point, or before it where n is negative. The result has scale outScale
// (RoundType gives it) and at most p digits.
func RoundDecimal(v Int128, s, n, p, outScale int) (Int128, bool) {
	if n >= s {
		return CastDecimal(v, s, p, outScale)
	}
	if s-n > MaxPrecision+1 {
		return Int128{}, true
	}
	u, ok := v.abs().rescale(s, n)
	if ok {
		u, ok = u.rescale(n, outScale)
	}
	if !ok {
		return Int128{}, false
	}
	return u.fit(v.Hi < 0, p)
}

// TruncateDecimal is SQL's TRUNCATE(v, n) of a value of scale s: it drops
// digits without rounding and keeps the scale.
func TruncateDecimal(v Int128, s, n int) Int128 {
	switch drop := s - n; {
	case drop <= 0:
		return v
	case drop > MaxPrecision:
		return Int128{}
	default:
		_, r := v.QuoRem(Pow10(drop))
		return v.Sub(r)
	}
}

// CmpDecimal compares values of different scales: -1, 0 or 1.
func CmpDecimal(a Int128, sa int, b Int128, sb int) int {
	sign := a.Sign()
	switch {
	case sa == sb:
		return a.Cmp(b)
	case sign > b.Sign():
		return 1
	case sign < b.Sign():
		return -1
	}
	if sa < sb {
		return -CmpDecimal(b, sb, a, sa)
	}
	// b is scaled up; what does not fit 128 bits is the greater magnitude.
	w := b.abs().mul(pow10wide[sa-sb])
	m, n := u128{w[1], w[0]}, a.abs()
	switch {
	case w[2]|w[3] != 0 || n.less(m):
		return -sign
	case m.less(n):
		return sign
	}
	return 0
}

// FloorDecimal is FLOOR of a value of scale s; the result has scale 0.
func FloorDecimal(v Int128, s int) Int128 {
	q, r := v.QuoRem(Pow10(s))
	if r.Hi < 0 {
		q = q.Sub(I128(1))
	}
	return q
}

// CeilDecimal is CEIL of a value of scale s; the result has scale 0.
func CeilDecimal(v Int128, s int) Int128 {
	q, r := v.QuoRem(Pow10(s))
	if r.Sign() > 0 {
		q = q.Add(I128(1))
	}
	return q
}
