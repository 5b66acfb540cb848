package state

import "unsafe"

func (t *Table) rowsOf() *Table { return t }

func (t *Table) weight(s *segment) int64 {
	if t.live == 0 {
		return 0
	}
	return t.heap.used * int64(s.live) / int64(t.live)
}

// packKey copies a long key.
func (t *Table) packKey(w *partWriter, row unsafe.Pointer) {
	if t.keyLen < 0 {
		if p := unsafe.Add(row, t.keyAt); *(*uint32)(p) > inlineKey {
			ref := (*uint64)(unsafe.Add(p, 4))
			*ref = w.heap.add(t.heap.Get(*ref))
		}
	}
}

func (t *Table) near(rows []unsafe.Pointer) (x uint64) {
	for _, off := range t.spec.HeapRefs {
		for _, row := range rows {
			x += t.heap.touch(*(*uint64)(unsafe.Add(row, t.valAt+uintptr(off))))
		}
	}
	return x
}

func (t *Table) pack(w *partWriter, row unsafe.Pointer) {
	t.packKey(w, row)
	for _, off := range t.spec.HeapRefs {
		ref := (*uint64)(unsafe.Add(row, t.valAt+uintptr(off)))
		*ref = w.heap.add(t.heap.Get(*ref))
	}
}

func (l *List) rowsOf() *Table { return l.keys }

func (l *List) weight(s *segment) int64 {
	if l.count == 0 || l.entries.used < partMost {
		return 0
	}
	n := int64(0)
	for i := range s.n {
		if row := s.row(l.keys.stride, i); *header(row)&rowLive != 0 {
			n += int64((*listHead)(unsafe.Add(row, l.keys.valAt)).live)
		}
	}
	return l.entries.used / int64(l.count) * n
}

// nearEntries is how many entries of a key are brought near.
const nearEntries = 8

func (l *List) near(rows []unsafe.Pointer) (x uint64) {
	for _, row := range rows {
		if h := (*listHead)(unsafe.Add(row, l.keys.valAt)); h.cap > 0 {
			x += l.links.touch(h.ref)
		}
	}
	for _, row := range rows {
		h := (*listHead)(unsafe.Add(row, l.keys.valAt))
		array := l.array(h)
		for i := h.from; i < min(h.n, h.from+nearEntries); i++ {
			x += l.entries.touch(uint64(*slotAt(array, i)))
		}
	}
	return x
}

// pack copies the entries of a key, without gaps.
func (l *List) pack(w *partWriter, row unsafe.Pointer) {
	l.keys.packKey(w, row)
	h := (*listHead)(unsafe.Add(row, l.keys.valAt))
	from := unsafe.Slice(slotAt(l.array(h), 0), h.n)
	to := listHead{n: h.live, live: h.live}
	var slots []uint64
	if h.live > 1 {
		ref, b := w.links.block(int(h.live) * 8)
		to.ref, to.cap = ref, h.live
		slots = words(b)
	}
	pos := uint32(0)
	for _, e := range from[h.from:] {
		if e == 0 {
			continue
		}
		ref := w.items.add(l.entries.Get(uint64(e)))
		en := (*entryHead)(unsafe.Pointer(&w.items.buf[uint32(ref)+heapHeader]))
		en.pos, en.next, en.prev, en.flags = pos, 0, 0, entryBase
		if slots == nil {
			to.ref = ref
		} else {
			slots[pos] = ref
		}
		pos++
	}
	w.count += uint64(pos)
	*h = to
}

func words(b []byte) []uint64 {
	return unsafe.Slice((*uint64)(unsafe.Pointer(unsafe.SliceData(b))), len(b)/8)
}

func (l *List) arrivals() uint64 { return l.seq }

func (s *Sorted) rowsOf() *Table { return s.t }

func (s *Sorted) weight(seg *segment) int64 {
	own := s.t.weight(seg)
	if s.count == 0 || s.items.used < partMost {
		return own
	}
	n := int64(0)
	for i := range seg.n {
		if row := seg.row(s.t.stride, i); *header(row)&rowLive != 0 {
			n += int64((*sortHead)(unsafe.Add(row, s.t.valAt)).count)
		}
	}
	return own + s.items.used/int64(s.count)*n
}

func (s *Sorted) near(rows []unsafe.Pointer) (x uint64) {
	for _, row := range rows {
		if h := (*sortHead)(unsafe.Add(row, s.t.valAt)); h.count > 0 {
			x += s.links.touch(h.ref)
		}
	}
	return x + s.t.near(rows)
}

// pack copies the items of a map. That it is tied is found out again.
func (s *Sorted) pack(w *partWriter, row unsafe.Pointer) {
	s.t.pack(w, row)
	h := (*sortHead)(unsafe.Add(row, s.t.valAt))
	to := sortHead{count: h.count, chunks: h.chunks}
	switch {
	case h.count == 0:
		to.chunks = 0
	case h.chunks == 0:
		to.ref = s.packChunk(w, s.chunkOf(h.ref))
	default:
		var b []byte
		to.ref, b = w.links.block(int(h.chunks) * 24)
		at := uint32(to.ref) + heapHeader
		clear(b)
		for i, d := range s.directory(h)[:h.chunks] {
			d.chunk = s.packChunk(w, s.chunkOf(d.chunk))
			*(*dirSlot)(unsafe.Pointer(&w.links.buf[int(at)+24*i])) = d
		}
	}
	w.count += uint64(to.count)
	*h = to
}

func (s *Sorted) packChunk(w *partWriter, c *chunk) uint64 {
	slots := max(4, int(c.n))
	ref, b := w.links.block(8 + slots*16)
	clear(b)
	to := (*chunk)(unsafe.Pointer(unsafe.SliceData(b)))
	to.n, to.cap = c.n, uint32(slots)
	for i, sl := range c.slots()[:c.n] {
		sl.item = w.items.add(s.items.Get(sl.item))
		it := (*itemHead)(unsafe.Pointer(&w.items.buf[uint32(sl.item)+heapHeader]))
		it.flags = entryBase
		*to.slot(i) = sl
	}
	return ref
}

func (s *Sorted) arrivals() uint64 { return s.seq }

func (t *Timers) rowsOf() *Table                         { return t.list.keys }
func (t *Timers) near(rows []unsafe.Pointer) uint64      { return t.list.near(rows) }
func (t *Timers) weight(s *segment) int64                { return t.list.weight(s) }
func (t *Timers) pack(w *partWriter, row unsafe.Pointer) { t.list.pack(w, row) }
func (t *Timers) arrivals() uint64                       { return t.list.seq }
