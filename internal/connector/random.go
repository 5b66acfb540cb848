package connector

import "math/bits"

// Gamma is splitmix64's increment, 2^64 over the golden ratio.
const Gamma = 0x9e3779b97f4a7c15

// Mix is the finaliser of splitmix64 (Steele, Lea, Flood, 2014).
func Mix(z uint64) uint64 {
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// Random is randomness that is read at a place instead of as a stream, so that
// what is generated does not depend on who generates what, or in which order.
type Random uint64

// NewRandom keys the randomness of a seed.
func NewRandom(seed uint64) Random { return Random(Mix(seed)) }

// At gives the word of a row and a draw. Rows lie far apart in splitmix64's
// sequence (an odd multiplier that is no small multiple of Gamma), so that the
// draws of one never meet those of another.
func (r Random) At(row int64, draw uint64) uint64 {
	return Mix(uint64(r) + uint64(row)*0xd1342543de82ef95 + draw*Gamma)
}

// Below maps a random word to 0 … n-1.
func Below(x uint64, n int64) int64 {
	hi, _ := bits.Mul64(x, uint64(n))
	return int64(hi)
}
