package roaring

import (
	"encoding/binary"
	"math/bits"
)

// Counts is a count for each of the 2^32 integers, as bit slices (O'Neil and
// Quass, 1997): slice j is the set of the integers whose count has bit j, and
// the last slice is the sign of two's complement. Adding a set to all counts is
// then a few operations on sets, whatever its size, and the sets of the integers
// with a count above zero or of exactly n fall out of it. The zero value has all
// counts zero.
type Counts struct {
	slices []string
	m      Maker
}

// Open reads counts that Append wrote; the slices share the memory of b.
func (c *Counts) Open(b string) {
	c.slices = c.slices[:0]
	for len(b) > 0 {
		n := int(u32(b, 0))
		c.slices = append(c.slices, b[4:4+n])
		b = b[4+n:]
	}
}

// Append appends the counts to dst.
func (c *Counts) Append(dst []byte) []byte {
	for _, s := range c.slices {
		dst = append(binary.LittleEndian.AppendUint32(dst, uint32(len(s))), s...)
	}
	return dst
}

func (c *Counts) op(op Op, x, y string) string {
	switch { // what needs no work
	case IsEmpty(y) && op != And:
		return x
	case IsEmpty(x) && (op == Or || op == Xor):
		return y
	}
	return string(c.m.Apply(nil, op, x, y))
}

// slice gives slice j; those past the last equal the sign.
func (c *Counts) slice(j int) string {
	if len(c.slices) == 0 {
		return Empty
	}
	return c.slices[min(j, len(c.slices)-1)]
}

// grow makes room for one more bit below the sign.
func (c *Counts) grow() {
	if len(c.slices) == 0 {
		c.slices = append(c.slices, Empty)
	}
	c.slices = append(c.slices, c.slice(len(c.slices)))
}

// trim drops slices that repeat the sign.
func (c *Counts) trim() {
	n := len(c.slices)
	for n > 1 && c.slices[n-1] == c.slices[n-2] {
		n--
	}
	if n == 1 && IsEmpty(c.slices[0]) {
		n = 0
	}
	c.slices = c.slices[:n]
}

// Add adds one to the counts of the elements of x, or takes one away.
func (c *Counts) Add(x string, sign int8) { c.AddPower(x, sign, 0) }

// AddPower adds or takes away 2 to the power of bit.
func (c *Counts) AddPower(x string, sign int8, bit int) {
	if IsEmpty(x) {
		return
	}
	c.grow()
	for len(c.slices) < bit+2 {
		c.grow()
	}
	for j := bit; j < len(c.slices) && !IsEmpty(x); j++ {
		s := c.slices[j]
		c.slices[j] = c.op(Xor, s, x)
		if sign > 0 {
			x = c.op(And, s, x)
		} else {
			x = c.op(AndNot, x, s)
		}
	}
	c.trim()
}

// Merge adds the counts of o.
func (c *Counts) Merge(o *Counts) {
	carry := Empty
	n := max(len(c.slices), len(o.slices)) + 1
	out := make([]string, n)
	for j := range out {
		a, b := c.slice(j), o.slice(j)
		half := c.op(Xor, a, b)
		out[j] = c.op(Xor, half, carry)
		carry = c.op(Or, c.op(And, a, b), c.op(And, half, carry))
	}
	c.slices = out
	c.trim()
}

// Positive gives the integers with a count above zero.
func (c *Counts) Positive() string {
	out := Empty
	for j := range max(len(c.slices)-1, 0) {
		out = c.op(Or, out, c.slices[j])
	}
	return c.op(AndNot, out, c.slice(len(c.slices)))
}

// Exactly gives the integers with the count n, which is above zero.
func (c *Counts) Exactly(n int64) string {
	bit := bits.TrailingZeros64(uint64(n))
	out := c.slice(bit)
	for j := range max(len(c.slices), bits.Len64(uint64(n))+1) {
		switch {
		case j == bit:
		case n>>j&1 != 0:
			out = c.op(And, out, c.slice(j))
		default:
			out = c.op(AndNot, out, c.slice(j))
		}
	}
	return out
}
