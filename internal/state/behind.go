package state

import (
	"unsafe"

	"github.com/weir-stream/weir/internal/spill"
)

// walk looks for a key in the index of a segment behind a front. Where that is in a spill
// file, and the key's row is going to move, the index is read as far as need be.
type walk struct {
	id    uint32
	s     *segment
	slab  *spill.Slab // nil: the index is looked at as memory
	off   int
	tag   uint32
	at    uint32         // next slot
	slots unsafe.Pointer // those that are at hand, from at on
	left  uint32
	buf   [windowSlots * 4]byte
}

// windowSlots is how many slots of an index are read at a time.
const windowSlots = 16

// walkTo begins a walk.
func (t *Table) walkTo(hash uint64, read bool) *walk {
	w := &t.front.walk
	w.id = t.segOf(hash)
	w.s = &t.segs[w.id]
	w.slab, w.off = nil, 0
	if read {
		w.slab, w.off = t.use.mem.slabAt(w.s.index)
	}
	w.tag, w.at, w.left = tagOf(hash), slotOf(hash)&w.s.mask, 0
	return w
}

// next gives the next row that may have the key; ok is false if there is none.
func (w *walk) next(f *front) (row uint32, ok bool) {
	for {
		if w.left == 0 {
			w.left = min(windowSlots, w.s.mask+1-w.at)
			if w.slots = unsafe.Pointer(w.s.slot(w.at)); w.slab != nil {
				w.slots = unsafe.Pointer(&w.buf)
				f.get(w.slab, w.buf[:w.left*4], w.off+int(w.at)*4)
			}
		}
		e := *(*uint32)(w.slots)
		w.slots, w.left, w.at = unsafe.Add(w.slots, 4), w.left-1, (w.at+1)&w.s.mask
		if e == 0 {
			return 0, false
		}
		if (e^w.tag)>>rowBits == 0 && !f.gone.has(w.id, e&rowMask-1) {
			return e&rowMask - 1, true
		}
	}
}

// rowAt is where a row is in the slab.
func (w *walk) rowAt(t *Table, row uint32) int {
	return w.off + int(w.s.mask+1)*4 + int(uintptr(row)*t.stride)
}

// get reads from a slab and notes whether that took the disk.
func (f *front) get(slab *spill.Slab, b []byte, off int) {
	if slab.Get(b, off) {
		f.late = lateFor
	}
}

// lateFor is for how many chunks of keys the disk is expected to be needed once it was.
const lateFor = 16

// seek looks for a row behind the front. If it is to come back it does, as far as there is
// room for it there; what of a spill file is looked at is read then. Else its page is going
// to be used, and mapped here.
func (t *Table) seek(hash uint64, key []byte, back bool) Ref {
	f, w := t.front, t.walkTo(hash, back)
	for {
		r, ok := w.next(f)
		if !ok {
			return NoRef
		}
		p := w.s.row(t.stride, r)
		if w.slab != nil {
			p = unsafe.Pointer(unsafe.SliceData(f.row))
			f.get(w.slab, f.row, w.rowAt(t, r))
		}
		if !t.hasKey(p, hash, key) || *header(p)&rowLive == 0 {
			continue
		}
		if back {
			return t.comeBack(makeRef(w.id, r), p)
		}
		return makeRef(w.id, r)
	}
}

// readAhead has the disk bring what seek is going to look at for the keys that may be
// behind the front: all of it at once, and not one piece after the other.
func (t *Table) readAhead(hashes []uint64) {
	f := t.front
	f.late--
	for _, j := range f.behind {
		if w := t.walkTo(hashes[j], true); w.slab != nil {
			w.slab.Ahead(w.off+int(w.at)*4, 4)
		}
	}
	for _, j := range f.behind {
		w := t.walkTo(hashes[j], true)
		if w.slab == nil {
			continue
		}
		if r, ok := w.next(f); ok {
			w.slab.Ahead(w.rowAt(t, r), int(t.stride))
		}
	}
}

// homesAhead is readAhead for the segments that picks move to.
func (t *Table) homesAhead(picks []uint64) {
	for len(picks) > 0 {
		home := t.dir[picks[0]>>16<<16>>(64-t.depth)]
		n := 1
		for n < len(picks) && t.dir[picks[n]>>16<<16>>(64-t.depth)] == home {
			n++
		}
		b := &t.segs[home]
		if slab, off := t.use.mem.slabAt(b.index); slab != nil {
			size := int(b.mask+1) * 4
			slab.Ahead(off, size)
			slab.Ahead(off+size+int(uintptr(b.n)*t.stride), int(uintptr(min(uint32(n), b.cap-b.n))*t.stride))
		}
		picks = picks[n:]
	}
}
