package state

import "unsafe"

// Heir is a table that takes over what tables of another store hold, as far as it is
// of its key groups. It is as if it had been restored from all that those have told of
// so far, and they have no changes that they have not told of.
type Heir struct {
	store   *Store
	to      Owner
	lo, hi  int // groups
	changes []byte
	err     error
}

// HeirCursor is how far an heir has read a table. The zero value is the start.
type HeirCursor struct{ dump DumpCursor }

// heirKeys is about how many keys are read at a time.
const heirKeys = 1024

// NewHeir gives an heir that owns the groups from lo to hi-1.
func NewHeir(s *Store, to Owner, lo, hi int) *Heir { return &Heir{store: s, to: to, lo: lo, hi: hi} }

// Read reads some of a table, and tells whether there is more. Nobody may use the
// table's store meanwhile; Take may be called while others do.
func (h *Heir) Read(from Owner, c *HeirCursor) (more bool) {
	if a, b := arrivalOf(h.to), arrivalOf(from); a != nil && b != nil {
		*a = max(*a, *b)
	}
	h.changes = append(h.changes[:0], deltaVersion)
	return from.DumpSome(&c.dump, heirKeys, func(x Change) {
		g, err := h.store.GroupOf(h.to, x)
		if err != nil {
			h.err = err
		} else if g == AnyGroup || h.lo <= g && g < h.hi {
			h.changes = appendChange(h.changes, x)
		}
	})
}

// Copy takes over rows of a table of values as they lie; it is false of others, which are
// to be read. Several heirs may copy from a table at a time.
func (h *Heir) Copy(from Owner) bool {
	dst, ok := h.to.(*Table)
	src, is := from.(*Table)
	if !ok || !is || dst.stride != src.stride || dst.valAt != src.valAt || dst.route != nil && dst.route.any {
		return false // the last: several tables may have a key
	}
	src.wantRows()
	last := uint32(0)
	for _, id := range src.dir { // in order of hashes: what is filled stays near
		if id == last {
			continue
		}
		last = id
		h.copySegment(dst, src, id)
	}
	if f := src.front; f != nil {
		for _, id := range f.dir {
			h.copySegment(dst, src, id)
		}
	}
	dst.forgetNotes() // all is told of
	return true
}

func (h *Heir) copySegment(dst, src *Table, id uint32) {
	s := &src.segs[id]
	for n := range s.n {
		row := s.row(src.stride, n)
		if hash := *header(row); hash&rowLive != 0 && h.owns(dst, src, hash&^0xFFFF, row) {
			dst.adopt(src, hash&^0xFFFF, row)
		}
	}
}

// owns reports whether a row of src is of the heir's key groups.
func (h *Heir) owns(dst, src *Table, hash uint64, row unsafe.Pointer) bool {
	g := dst.route.group(hash, src.keyOf(row), h.store.cfg.Groups)
	return g == AnyGroup || h.lo <= g && g < h.hi
}

// adopt copies a row of another table, whose key t does not have.
func (t *Table) adopt(src *Table, hash uint64, row unsafe.Pointer) {
	p := t.rowOf(t.insert(hash, src.keyOf(row)))
	from := t.expiryFrom()
	copy(unsafe.Slice((*byte)(unsafe.Add(p, from)), t.stride-from), unsafe.Slice((*byte)(unsafe.Add(row, from)), t.stride-from))
	for _, off := range t.spec.HeapRefs {
		at := t.valAt + uintptr(off)
		if r := *(*uint64)(unsafe.Add(row, at)); r != 0 {
			*(*uint64)(unsafe.Add(p, at)) = t.heap.Put(0, src.heap.Get(r))
		}
	}
	t.unnote(p)
	*header(p) |= rowBase
}

// Take puts what was read into the table.
func (h *Heir) Take() error {
	if h.err != nil {
		return h.err
	}
	return EachChange(h.to.Info().Name, h.changes, h.to.Apply)
}

// arrivalOf is the counter that names entries and items; nil if the table has none.
func arrivalOf(t Owner) *uint64 {
	switch x := t.(type) {
	case *List:
		return &x.seq
	case *Sorted:
		return &x.seq
	case *Timers:
		return &x.list.seq
	}
	return nil
}
