package state

import (
	"unsafe"

	"github.com/zeebo/xxh3"
)

// The index of a long key finds entries by row: open addressing over 8-byte
// slots of 32 bits of the row's hash above 1+position of the earliest entry with
// that row. Equal rows form a ring by their positions, so that a key of a
// hundred thousand equal rows has one slot, and each is reached in order.

// indexLeast is the number of entries up to which a key is searched through.
const indexLeast = 24

// equal gives the earliest entry of a key that has not expired and holds row.
func (l *List) equal(h *listHead, row []byte, now int64) Entry {
	if h.live > indexLeast {
		if h.index == 0 {
			l.buildIndex(h)
		}
		return l.equalIndexed(h, row, now)
	}
	array := l.array(h)
	for i := h.from; i < h.n; i++ {
		if e := *slotAt(array, i); e != 0 && string(l.Row(e)) == string(row) && !l.expired(e, now) {
			return e
		}
	}
	return 0
}

func (l *List) equalIndexed(h *listHead, row []byte, now int64) Entry {
	slots := l.indexSlots(h)
	at, ok := l.seekIndex(h, slots, row)
	if !ok {
		return 0
	}
	array := l.array(h)
	first := uint32(slots[at]) - 1
	for i := first; ; {
		e := *slotAt(array, i)
		if !l.expired(e, now) {
			return e
		}
		if i = l.entry(e).next - 1; i == first {
			return 0
		}
	}
}

func (l *List) indexSlots(h *listHead) []uint64 {
	b := l.links.Get(h.index)
	return unsafe.Slice((*uint64)(unsafe.Pointer(unsafe.SliceData(b))), len(b)/8)
}

// seekIndex gives the slot of row, or the free slot where it would go.
func (l *List) seekIndex(h *listHead, slots []uint64, row []byte) (uint64, bool) {
	hash := xxh3.Hash(row)
	mask := uint64(len(slots) - 1)
	array := l.array(h)
	for i := hash & mask; ; i = (i + 1) & mask {
		s := slots[i]
		if s == 0 {
			return i, false
		}
		if (s^hash)>>32 == 0 && string(l.Row(*slotAt(array, uint32(s)-1))) == string(row) {
			return i, true
		}
	}
}

// buildIndex makes the index anew, with room for as many entries as the array.
func (l *List) buildIndex(h *listHead) {
	l.links.Free(h.index)
	n := 64
	for n < 2*int(h.cap) {
		n *= 2
	}
	h.index = l.links.alloc(n * 8)
	clear(l.links.Get(h.index))
	array := l.array(h)
	for i := h.from; i < h.n; i++ {
		if e := *slotAt(array, i); e != 0 {
			l.enterIndex(h, e)
		}
	}
}

// enterIndex adds the last entry of a key, or while the index is built each in
// turn.
func (l *List) enterIndex(h *listHead, e Entry) {
	slots, en := l.indexSlots(h), l.entry(e)
	row := l.Row(e)
	at, ok := l.seekIndex(h, slots, row)
	self := en.pos + 1
	if !ok {
		slots[at] = xxh3.Hash(row)>>32<<32 | uint64(self)
		en.next, en.prev = self, self
		return
	}
	array := l.array(h)
	first := uint32(slots[at])
	fe := l.entry(*slotAt(array, first-1))
	last := fe.prev
	l.entry(*slotAt(array, last-1)).next = self
	en.prev, en.next = last, first
	fe.prev = self
}

// leaveIndex takes an entry out; its slot in the array is still set.
func (l *List) leaveIndex(h *listHead, e Entry) {
	slots, en := l.indexSlots(h), l.entry(e)
	at, _ := l.seekIndex(h, slots, l.Row(e))
	self := en.pos + 1
	array := l.array(h)
	if en.next != self {
		l.entry(*slotAt(array, en.prev-1)).next = en.next
		l.entry(*slotAt(array, en.next-1)).prev = en.prev
		if uint32(slots[at]) == self {
			slots[at] = slots[at]>>32<<32 | uint64(en.next)
		}
		return
	}
	mask := uint64(len(slots) - 1)
	i := at
	for j := (i + 1) & mask; slots[j] != 0; j = (j + 1) & mask {
		home := xxh3.Hash(l.Row(*slotAt(array, uint32(slots[j])-1))) & mask
		if (j-home)&mask >= (j-i)&mask {
			slots[i] = slots[j]
			i = j
		}
	}
	slots[i] = 0
}
