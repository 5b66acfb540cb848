package vec

import "math/bits"

// Bitmap is Arrow's validity bitmap: bit i set means row i is valid. The nil
// bitmap means that all rows are.
type Bitmap []uint64

// NewBitmap gives a bitmap of n bits, all set.
func NewBitmap(n int) Bitmap {
	b := make(Bitmap, (n+63)/64)
	b.SetAll(n)
	return b
}

// Get reports bit i; a nil bitmap has all bits set.
func (b Bitmap) Get(i int) bool { return b == nil || b[i>>6]>>(uint(i)&63)&1 != 0 }

// Set sets bit i.
func (b Bitmap) Set(i int) { b[i>>6] |= 1 << (uint(i) & 63) }

// Clear clears bit i.
func (b Bitmap) Clear(i int) { b[i>>6] &^= 1 << (uint(i) & 63) }

// Put sets bit i to v without a branch.
func (b Bitmap) Put(i int, v bool) {
	var x uint64
	if v {
		x = 1
	}
	w := &b[i>>6]
	s := uint(i) & 63
	*w = *w&^(1<<s) | x<<s
}

// SetAll sets the first n bits and clears the rest of the last word.
func (b Bitmap) SetAll(n int) {
	w := n >> 6
	for i := range b[:w] {
		b[i] = ^uint64(0)
	}
	if r := uint(n) & 63; r != 0 {
		b[w] = 1<<r - 1
	}
}

// Count gives the number of set bits among the first n; a nil bitmap has n.
func (b Bitmap) Count(n int) int {
	if b == nil {
		return n
	}
	c := 0
	w := n >> 6
	for _, x := range b[:w] {
		c += bits.OnesCount64(x)
	}
	if r := uint(n) & 63; r != 0 {
		c += bits.OnesCount64(b[w] & (1<<r - 1))
	}
	return c
}

// full reports whether the first n bits are set: a bitmap may be there although
// no row is null.
func (b Bitmap) full(n int) bool {
	w := n >> 6
	for _, x := range b[:w] {
		if x != ^uint64(0) {
			return false
		}
	}
	r := uint(n) & 63
	return r == 0 || ^b[w]&(1<<r-1) == 0
}

// grow gives a bitmap of n bits that shares b's memory where that is enough;
// its bits are undefined.
func (b Bitmap) grow(n int) Bitmap {
	w := (n + 63) / 64
	if cap(b) >= w {
		return b[:w]
	}
	return make(Bitmap, w, w+w/2)
}
