package state

import (
	"cmp"
	"slices"
	"unsafe"

	"github.com/weir-stream/weir/internal/spill"
)

// Blocks in spill files are mapped, so that all that has a Ref can use them as memory. A
// page that is mapped for a row or two, though, costs several times as much as to read or
// write them by a call: the page table, the fault, and the interrupt of the other
// processors when it goes. So what a front takes from behind and gives there, it reads
// and writes; both see the same page cache.

// slabAt finds the slab that p lies in, and where, if it is in a spill file.
func (m *memory) slabAt(p unsafe.Pointer) (slab *spill.Slab, off int) {
	i, found := m.find(p)
	if !found {
		i--
	}
	if i < 0 {
		return nil, 0
	}
	slab = m.byAddress[i]
	off = int(uintptr(p) - addressOf(slab))
	if off >= len(slab.Mem) || !slab.Filed() {
		return nil, 0
	}
	return slab, off
}

func addressOf(s *spill.Slab) uintptr { return uintptr(unsafe.Pointer(unsafe.SliceData(s.Mem))) }

// find gives the place of the slab that begins at p in byAddress, or where it would be.
func (m *memory) find(p unsafe.Pointer) (int, bool) {
	return slices.BinarySearchFunc(m.byAddress, uintptr(p), func(s *spill.Slab, p uintptr) int { return cmp.Compare(addressOf(s), p) })
}

// enlist has slabAt find a slab, delist has it forgotten before it is given back.
func (m *memory) enlist(s *spill.Slab) {
	i, _ := m.find(unsafe.Pointer(unsafe.SliceData(s.Mem)))
	m.byAddress = slices.Insert(m.byAddress, i, s)
}

func (m *memory) delist(p unsafe.Pointer) {
	if i, found := m.find(p); found {
		m.byAddress = slices.Delete(m.byAddress, i, i+1)
	}
}

// lifted is a segment whose block is a copy in a buffer while all of it is worked on.
type lifted struct {
	id          uint32
	slab        *spill.Slab // nil: it is where it was
	off         int
	index, rows unsafe.Pointer
}

// lift brings the block of a segment to a buffer, if it is in a spill file. A fresh one is
// known to be zeros.
func (t *Table) lift(id uint32, buf []byte, fresh bool) lifted {
	s := &t.segs[id]
	n := blockBytes(t.stride, s.cap)
	if t.front == nil || n > len(buf) {
		return lifted{}
	}
	slab, off := t.use.mem.slabAt(s.index)
	if slab == nil {
		return lifted{}
	}
	if fresh {
		clear(buf[:n])
	} else {
		slab.Get(buf[:n], off)
	}
	l := lifted{id, slab, off, s.index, s.rows}
	s.index = unsafe.Pointer(unsafe.SliceData(buf))
	s.rows = unsafe.Add(s.index, uintptr(s.mask+1)*4)
	return l
}

// lower puts a lifted segment back.
func (t *Table) lower(l lifted) {
	if l.slab == nil {
		return
	}
	s := &t.segs[l.id]
	l.slab.Put(l.off, unsafe.Slice((*byte)(s.index), blockBytes(t.stride, s.cap)))
	s.index, s.rows = l.index, l.rows
}
