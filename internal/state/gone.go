package state

import (
	"math/bits"
	"unsafe"
)

// gone tells of rows behind a front that have come back to it and are not blotted out
// where they were: that waits until their segment is at hand, or somebody needs it whole.
type gone struct {
	each  uint32   // words of a segment
	words []uint64 // a bit for each row, by segment
	some  []bool   // segments that have some
	segs  []uint32 // those and perhaps others
	blank []byte   // how a row begins that is none
}

// take gives the bits of a segment, for who clears them; none if it has none.
func (g *gone) take(id uint32) []uint64 {
	if int(id) >= len(g.some) || !g.some[id] {
		return nil
	}
	g.some[id] = false
	return g.words[id*g.each:][:g.each]
}

func (g *gone) has(id, row uint32) bool {
	at := id*g.each + row/64
	return row/64 < g.each && int(at) < len(g.words) && g.words[at]>>(row&63)&1 != 0
}

// note adds a row, but not one that only a crowded segment has.
func (g *gone) note(id, row uint32) bool {
	if row/64 >= g.each {
		return false
	}
	for int(id)*int(g.each) >= len(g.words) {
		g.words = append(g.words, make([]uint64, max(int(g.each), len(g.words)))...)
		g.some = append(g.some, make([]bool, len(g.words)/int(g.each)-len(g.some))...)
	}
	g.words[id*g.each+row/64] |= 1 << (row & 63)
	if !g.some[id] {
		g.some[id] = true
		g.segs = append(g.segs, id)
	}
	return true
}

// isGone reports that a row has come back to the front. A nil front has none.
func (f *front) isGone(r Ref) bool { return f != nil && f.gone.has(uint32(r>>16), uint32(r&0xFFFF)) }

// settleGone blots out all rows that are gone.
func (t *Table) settleGone() {
	if f := t.front; f != nil {
		for _, id := range f.gone.segs {
			t.blotOut(id)
		}
		f.gone.segs = f.gone.segs[:0]
	}
}

// blotOut blots out the rows of a segment that are gone.
func (t *Table) blotOut(id uint32) {
	if t.front == nil {
		return
	}
	words := t.front.gone.take(id)
	if words == nil {
		return
	}
	s, blank := &t.segs[id], t.front.gone.blank
	slab, off := t.use.mem.slabAt(s.index)
	for i, w := range words {
		for ; w != 0; w &= w - 1 {
			p := s.row(t.stride, uint32(i*64+bits.TrailingZeros64(w)))
			if slab != nil {
				slab.Put(off+int(uintptr(p)-uintptr(s.index)), blank)
			} else {
				copy(unsafe.Slice((*byte)(p), len(blank)), blank)
			}
		}
		words[i] = 0
	}
}

// open makes an empty set for the rows of a table.
func (g *gone) open(t *Table) {
	g.each = max(t.store.segRows/64, 1)
	g.blank = make([]byte, t.keyAt+uintptr(max(t.keyLen, 4)))
	if t.keyLen > 0 { // nothing but the key is compared where keys are words: none ends so
		g.blank[len(g.blank)-1] = 0xFF
	}
}
