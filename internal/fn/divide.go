package fn

import "math/bits"

// reciprocal divides by one constant without the division instruction, after
// Granlund and Montgomery, "Division by Invariant Integers using
// Multiplication" (PLDI 1994): with 2^(s-1) < d <= 2^s and m = ⌊2^(63+s)/d⌋+1,
// the quotient of n <= 2^63 is the high word of n·m, shifted right by s-1.
type reciprocal struct {
	d, m  uint64
	shift uint
}

// reciprocalOf is for divisors whose absolute value is above 1 and no power of
// two; the machine is quick enough at the others, or they are rare.
func reciprocalOf(d int64) (reciprocal, bool) {
	abs := magnitude(d)
	if abs&(abs-1) == 0 {
		return reciprocal{}, false
	}
	s := uint(bits.Len64(abs - 1))
	m, _ := bits.Div64(1<<(s-1), 0, abs)
	return reciprocal{d: abs, m: m + 1, shift: s - 1}, true
}

func magnitude(x int64) uint64 {
	sign := uint64(x >> 63)
	return (uint64(x) ^ sign) - sign
}

// divConst is x / d for each x of a; the quotient is cut towards zero, as Java's.
func divConst[T integer](out, a []T, d T) {
	r, ok := reciprocalOf(int64(d))
	if !ok {
		zipConst(out, a, d, func(x, y T) T { return x / y })
		return
	}
	a, turn := a[:len(out)], uint64(int64(d)>>63)
	for i := range out {
		x := int64(a[i])
		hi, _ := bits.Mul64(magnitude(x), r.m)
		sign := uint64(x>>63) ^ turn
		out[i] = T(((hi >> r.shift) ^ sign) - sign)
	}
}

// modConst is x % d for each x of a; the remainder has the sign of x, as Java's.
func modConst[T integer](out, a []T, d T) {
	r, ok := reciprocalOf(int64(d))
	if !ok {
		zipConst(out, a, d, func(x, y T) T { return x % y })
		return
	}
	a = a[:len(out)]
	for i := range out {
		x := int64(a[i])
		n := magnitude(x)
		hi, _ := bits.Mul64(n, r.m)
		sign := uint64(x >> 63)
		out[i] = T(((n - (hi>>r.shift)*r.d) ^ sign) - sign)
	}
}
