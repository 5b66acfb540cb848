package types

// JavaRandom is java.util.Random: a linear congruential generator of 48 bits
// (Knuth, volume 2, 3.2.1). RAND and RAND_INTEGER with a seed promise its
// numbers. Not safe for concurrent use.
type JavaRandom struct{ seed int64 }

const (
	javaMultiplier = 0x5DEECE66D
	javaMask       = 1<<48 - 1
)

// NewJavaRandom makes the generator that new Random(seed) is.
func NewJavaRandom(seed int64) JavaRandom { return JavaRandom{(seed ^ javaMultiplier) & javaMask} }

func (r *JavaRandom) next(bits uint) int32 {
	r.seed = (r.seed*javaMultiplier + 0xB) & javaMask
	return int32(r.seed >> (48 - bits))
}

// NextInt32 gives any int32.
func (r *JavaRandom) NextInt32() int32 { return r.next(32) }

// NextInt64 gives any int64.
func (r *JavaRandom) NextInt64() int64 {
	hi := int64(r.next(32)) << 32
	return hi + int64(r.next(32))
}

// NextInt gives 0 to bound-1; 0 for a bound below 1, where Java throws.
func (r *JavaRandom) NextInt(bound int32) int32 {
	if bound <= 0 {
		return 0
	}
	if bound&(bound-1) == 0 {
		return int32(int64(bound) * int64(r.next(31)) >> 31)
	}
	for {
		bits := r.next(31)
		v := bits % bound
		if bits-v+(bound-1) >= 0 { // else the last, incomplete span
			return v
		}
	}
}

// NextDouble gives 0 <= f < 1.
func (r *JavaRandom) NextDouble() float64 {
	hi := int64(r.next(26)) << 27
	return float64(hi+int64(r.next(27))) * (1.0 / (1 << 53))
}

// NextBoolean gives true or false.
func (r *JavaRandom) NextBoolean() bool { return r.next(1) != 0 }
