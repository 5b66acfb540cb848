package spill

import "unsafe"

// Slab is memory outside the Go heap. It has one owner, who may write to it; its
// address stays.
type Slab struct {
	Mem  []byte
	file *spillFile // nil: in memory
	off  int64
	at   int // place in the window
}

// PageSize is what slabs are rounded up to.
const PageSize = 4096

// Filed reports whether the slab is part of a spill file.
func (s *Slab) Filed() bool { return s.file != nil }

// Map gives n zeroed bytes, rounded up to pages: of memory, if the budget has
// room, else of a spill file. Where neither can be had it gives memory all the
// same and Err tells.
func (b *Budget) Map(n int) *Slab {
	n = (n + PageSize - 1) &^ (PageSize - 1)
	if b == nil {
		return &Slab{Mem: mapMemory(n)}
	}
	if !b.fits(int64(n)) {
		if s := b.mapFile(n); s != nil {
			return s
		}
	}
	b.addMemory(int64(n))
	return &Slab{Mem: mapMemory(n)}
}

// Touch has the pages of a part of a slab be there, in one call: it is going to be written
// to.
func Touch(b []byte) {
	at := uintptr(unsafe.Pointer(unsafe.SliceData(b))) % PageSize
	touchPages(unsafe.Slice((*byte)(unsafe.Add(unsafe.Pointer(unsafe.SliceData(b)), -int(at))), len(b)+int(at)))
}

func (b *Budget) mapFile(n int) *Slab {
	f, off, err := b.space(n, nil, mapStep)
	if err != nil {
		b.Fail(err)
		return nil
	}
	mem, err := mapFile(f.File, off, n)
	if err != nil {
		b.yield(f, off, n)
		b.Fail(err)
		return nil
	}
	s := &Slab{Mem: mem, file: f, off: off}
	b.admit(s)
	return s
}

// Move brings a slab to a spill file; its address stays. Only the owner may call
// it: nobody else may write to the slab meanwhile. A slab that was given back is
// left alone.
func (b *Budget) Move(s *Slab) {
	if s.file != nil || s.Mem == nil {
		return
	}
	f, off, err := b.space(len(s.Mem), s.Mem, mapStep)
	if err == nil {
		if err = mapOver(s.Mem, f.File, off); err != nil {
			b.yield(f, off, len(s.Mem))
		}
	}
	if err != nil {
		b.Fail(err)
		return
	}
	b.addMemory(-int64(len(s.Mem)))
	s.file, s.off = f, off
	b.admit(s)
}

// Get copies what lies at off to b. Of a slab in a spill file it is read by a call, and no
// page is mapped for it; where that fails it is copied all the same. It reports, as far as
// the system can tell, whether the disk was waited for.
func (s *Slab) Get(b []byte, off int) (late bool) {
	if s.file != nil {
		late, err := s.file.get(b, s.off+int64(off))
		if err == nil {
			return late
		}
	}
	copy(b, s.Mem[off:])
	return false
}

// Ahead has the system begin to read what will be asked for with Get.
func (s *Slab) Ahead(off, n int) {
	if s.file != nil {
		s.file.ahead(s.off+int64(off), int64(n))
	}
}

// Put is the contrary of Get.
func (s *Slab) Put(off int, b []byte) {
	if s.file != nil {
		if _, err := s.file.WriteAt(b, s.off+int64(off)); err == nil {
			return
		}
	}
	copy(s.Mem[off:], b)
}

// Unmap gives a slab back.
func (b *Budget) Unmap(s *Slab) {
	if s == nil || s.Mem == nil {
		return
	}
	n := len(s.Mem)
	if s.file == nil {
		unmapMemory(s.Mem)
		s.Mem = nil
		if b != nil {
			b.addMemory(-int64(n))
		}
		return
	}
	b.dismiss(s)
	unmapMemory(s.Mem)
	s.Mem = nil
	b.yield(s.file, s.off, n)
}

// addMemory counts slabs in memory.
func (b *Budget) addMemory(n int64) {
	b.anon.Add(n)
	if b.cfg.Limit > 0 {
		heap.adapt()
	}
}
