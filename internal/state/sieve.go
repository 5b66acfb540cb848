package state

import "unsafe"

// sieve tells of segments behind a front which keys they may have: 8 bits a row, in
// memory, so that a new key takes no page of an index. It is a Bloom filter each segment,
// cut into words of 64 bits of which a key has four bits in one.
type sieve struct {
	words []uint64
	each  uint32 // words of a segment, a power of two
	rows  uint32 // that a segment may have
	count uint32 // segments that have one: the first ones
}

// open takes memory, zeroed, for as many segments of so many rows as it has room for.
func (v *sieve) open(mem []byte, rows uint32) {
	v.each, v.rows = max(rows/8, 1), rows
	v.words = unsafe.Slice((*uint64)(unsafe.Pointer(unsafe.SliceData(mem))), len(mem)/8)
	v.count = uint32(len(v.words)) / v.each
}

func (v *sieve) word(id uint32, hash uint64) *uint64 {
	return &v.words[id*v.each+slotOf(hash)&(v.each-1)]
}

// sieveBits are four bits of those of a hash that neither lead to the segment nor to the
// word.
func sieveBits(hash uint64) uint64 {
	return 1<<(hash>>26&63) | 1<<(hash>>32&63) | 1<<(hash>>38&63) | 1<<(hash>>44&63)
}

// passes is false if the segment does not have the key.
func (v *sieve) passes(id uint32, hash uint64) bool {
	if id >= v.count {
		return true
	}
	b := sieveBits(hash)
	return *v.word(id, hash)&b == b
}

func (v *sieve) add(id uint32, hash uint64) {
	if id < v.count {
		*v.word(id, hash) |= sieveBits(hash)
	}
}

// sift makes the sieve of a segment anew. A nil front has none.
func (f *front) sift(t *Table, id uint32) {
	if f == nil || id >= f.sieve.count || f.has(id) {
		return
	}
	v, s := &f.sieve, &t.segs[id]
	words := v.words[id*v.each:][:v.each]
	if s.cap > v.rows { // crowded: it would let all pass
		for i := range words {
			words[i] = ^uint64(0)
		}
		return
	}
	clear(words)
	for r := range s.n {
		if h := *header(s.row(t.stride, r)); h&rowLive != 0 {
			v.add(id, h)
		}
	}
}
