package types

import "math/bits"

// u128 is an unsigned 128-bit magnitude and u256 (little-endian words) the
// product of two. Decimal arithmetic works on magnitudes and puts the sign back
// last: rounding half up is symmetric, so the sign never matters in between.
type u128 struct{ hi, lo uint64 }

type u256 [4]uint64

// signed gives the magnitude as a signed value and whether it fits.
func (u u128) signed(neg bool) (Int128, bool) {
	v := Int128{u.lo, int64(u.hi)}
	if neg {
		return v.Neg(), u.hi < 1<<63 || u.hi == 1<<63 && u.lo == 0
	}
	return v, u.hi < 1<<63
}

func (u u128) isZero() bool { return u.hi|u.lo == 0 }

func (u u128) less(v u128) bool { return u.hi < v.hi || u.hi == v.hi && u.lo < v.lo }

func (u u128) add(v u128) (u128, bool) {
	lo, c := bits.Add64(u.lo, v.lo, 0)
	hi, c := bits.Add64(u.hi, v.hi, c)
	return u128{hi, lo}, c == 0
}

func (u u128) sub(v u128) u128 {
	lo, b := bits.Sub64(u.lo, v.lo, 0)
	hi, _ := bits.Sub64(u.hi, v.hi, b)
	return u128{hi, lo}
}

// mul64 multiplies by a word and tells whether the product fits 128 bits.
func (u u128) mul64(m uint64) (u128, bool) {
	h0, l0 := bits.Mul64(u.lo, m)
	h1, l1 := bits.Mul64(u.hi, m)
	hi, c := bits.Add64(l1, h0, 0)
	return u128{hi, l0}, h1|c == 0
}

func (u u128) mul(v u128) u256 {
	h00, l00 := bits.Mul64(u.lo, v.lo)
	if u.hi|v.hi == 0 {
		return u256{l00, h00}
	}
	h01, l01 := bits.Mul64(u.lo, v.hi)
	h10, l10 := bits.Mul64(u.hi, v.lo)
	h11, l11 := bits.Mul64(u.hi, v.hi)
	w1, c := bits.Add64(h00, l01, 0)
	w2, c := bits.Add64(h01, l11, c)
	w3 := h11 + c
	w1, c = bits.Add64(w1, l10, 0)
	w2, c = bits.Add64(w2, h10, c)
	return u256{l00, w1, w2, w3 + c}
}

// quoRem64 divides by a word, which must not be 0.
func (u u128) quoRem64(d uint64) (q u128, r uint64) {
	if u.hi == 0 {
		return u128{0, u.lo / d}, u.lo % d
	}
	q.hi, r = u.hi/d, u.hi%d
	q.lo, r = bits.Div64(r, u.lo, d)
	return q, r
}

// quoRem divides by v, which must not be 0.
func (u u128) quoRem(v u128) (q, r u128) {
	if v.hi == 0 {
		q, r.lo = u.quoRem64(v.lo)
		return q, r
	}
	if u.less(v) {
		return u128{}, u
	}
	n := uint(bits.LeadingZeros64(v.hi))
	v = v.shl(n)
	top := u.hi >> 1 >> (63 - n)
	u = u.shl(n)
	qw, r := div3by2(top, u.hi, u.lo, v)
	return u128{0, qw}, r.shr(n)
}

func (u u128) shl(n uint) u128 { return u128{u.hi<<n | u.lo>>1>>(63-n), u.lo << n} }
func (u u128) shr(n uint) u128 { return u128{u.hi >> n, u.lo>>n | u.hi<<1<<(63-n)} }

// div3by2 divides the three words a, b, c by v, whose top bit is set and which
// is greater than the words a, b (Knuth, The Art of Computer Programming, 4.3.1,
// algorithm D, one step with two-word divisors).
func div3by2(a, b, c uint64, v u128) (uint64, u128) {
	var q, r uint64
	over := false // the running remainder r exceeds one word
	if a >= v.hi {
		q = 1<<64 - 1
		r = b + v.hi
		over = r < b
	} else {
		q, r = bits.Div64(a, b, v.hi)
	}
	for !over {
		ph, pl := bits.Mul64(q, v.lo)
		if ph < r || ph == r && pl <= c {
			break
		}
		q--
		r += v.hi
		over = r < v.hi
	}
	ph, pl := bits.Mul64(q, v.lo)
	lo, br := bits.Sub64(c, pl, 0)
	hi, _ := bits.Sub64(r, ph, br)
	return q, u128{hi, lo}
}

// quoRem64 divides by a word, which must not be 0.
func (u u256) quoRem64(d uint64) (q u256, r uint64) {
	i := 3
	for i > 0 && u[i] == 0 {
		i--
	}
	for ; i >= 0; i-- {
		q[i], r = bits.Div64(r, u[i], d)
	}
	return q, r
}

// addSigned adds v, or subtracts it from a greater value.
func (u u256) addSigned(v u128, sub bool) u256 {
	var c uint64
	if sub {
		u[0], c = bits.Sub64(u[0], v.lo, 0)
		u[1], c = bits.Sub64(u[1], v.hi, c)
		u[2], c = bits.Sub64(u[2], 0, c)
		u[3] -= c
		return u
	}
	u[0], c = bits.Add64(u[0], v.lo, 0)
	u[1], c = bits.Add64(u[1], v.hi, c)
	u[2], c = bits.Add64(u[2], 0, c)
	u[3] += c
	return u
}

// dropDigits divides by 10^n, rounding half up, and tells whether the quotient
// fits 128 bits. n is at most 76.
func (u u256) dropDigits(n int) (u128, bool) {
	if n <= 0 {
		return u128{u[1], u[0]}, u[2]|u[3] == 0
	}
	// Truncating divisions compose; only the last digit dropped decides.
	for n--; n > 0; {
		k := min(n, 19)
		u, _ = u.quoRem64(pow10u64[k])
		n -= k
	}
	q, last := u.quoRem64(10)
	v := u128{q[1], q[0]}
	ok := q[2]|q[3] == 0
	if last >= 5 {
		var fits bool
		v, fits = v.add(u128{0, 1})
		ok = ok && fits
	}
	return v, ok
}
