package state

import (
	"slices"
	"unsafe"
)

// roomyFront is roomy of a table with a front.
func (t *Table) roomyFront(hash uint64) (id uint32, ok bool) {
	id = t.front.segOf(t.place(hash))
	if t.segs[id].full() {
		t.makeRoom(id)
		if t.front == nil {
			return t.roomyBack(hash)
		}
		id = t.front.segOf(t.place(hash))
	}
	return id, !t.segs[id].full()
}

// ready has rows leave the front for those that will likely be made or come back when
// keys are looked up, while nobody has references to rows.
func (t *Table) ready(hashes []uint64) {
	f := t.front
	clear(f.need)
	for _, h := range hashes {
		f.need[t.place(h)>>(64-f.depth)]++
	}
	for i, n := range f.need {
		s := &t.segs[f.dir[i]]
		if n = uint32(uint64(n) * uint64(f.entered) / uint64(max(f.asked, 1))); n+n/2 > s.cap-s.live {
			if t.makeRoom(f.dir[i]); t.front != f {
				return
			}
		}
	}
}

// makeRoom has rows leave a segment of the front that is full, or makes the front as
// large as it is to be now.
func (t *Table) makeRoom(id uint32) {
	room, has := t.store.mem.budget.Portion(0), int64(len(t.front.slab.Mem))
	if room = min(room, t.use.bytes-has); has > room+room/4 || has*2 < room {
		t.dissolve()
		t.openFront(room)
		return
	}
	t.moveOut(id, t.seldom(id))
}

// seldom picks the rows that leave a full segment: those of keys that were asked for
// least. Rows with a pending change stay if they can, for they are asked for soon.
func (t *Table) seldom(id uint32) []uint64 {
	f, s := t.front, &t.segs[id]
	var counts [16]uint32
	stays, bar := uint64(rowTouched), uint8(0)
	for pass := range 2 {
		for r := range s.n {
			if h := *header(s.row(t.stride, r)); h&rowLive != 0 && h&stays == 0 {
				counts[f.counts.often(h)]++
			}
		}
		bar = 0
		n := counts[0]
		for ; n < s.cap/leaveShare && bar < 15; bar++ {
			n += counts[bar+1]
		}
		if n >= s.cap/leaveShare || pass > 0 {
			break
		}
		stays, counts = 0, [16]uint32{}
	}
	picks := f.picks[:0]
	for r := range s.n {
		if h := *header(s.row(t.stride, r)); h&rowLive != 0 && h&stays == 0 && f.counts.often(h) <= bar {
			picks = append(picks, t.place(h&^0xFFFF)>>16<<16|uint64(r))
		}
	}
	return picks
}

// bringHome moves the rows of a segment that are in the front there. It may be split for
// it, and is the first part of that then.
func (t *Table) bringHome(id uint32) {
	f := t.front
	if f == nil {
		return
	}
	t.blotOut(id)
	path, depth := t.segs[id].path, t.segs[id].depth
	first := path >> (64 - f.depth)
	for i := range max(uint64(1)<<f.depth>>depth, 1) {
		at := f.dir[first+i]
		s := &t.segs[at]
		picks := f.picks[:0]
		for r := range s.n {
			h := *header(s.row(t.stride, r))
			if p := t.place(h &^ 0xFFFF); h&rowLive != 0 && (p^path)>>(64-depth) == 0 {
				picks = append(picks, p>>16<<16|uint64(r))
			}
		}
		t.moveOut(at, picks)
	}
}

// dissolve ends the front; the table goes on without it.
func (t *Table) dissolve() {
	f := t.front
	for _, id := range f.dir {
		t.moveOut(id, t.allOf(id))
	}
	t.settleGone()
	t.dropFront()
}

func (t *Table) allOf(id uint32) []uint64 {
	s := &t.segs[id]
	picks := t.front.picks[:0]
	for r := range s.n {
		if h := *header(s.row(t.stride, r)); h&rowLive != 0 {
			picks = append(picks, t.place(h&^0xFFFF)>>16<<16|uint64(r))
		}
	}
	return picks
}

// moveOut moves rows (48 bits of place, 16 of row) of a segment of the front to where
// they are at home.
func (t *Table) moveOut(id uint32, picks []uint64) {
	t.front.picks = picks
	if len(picks) == 0 {
		return
	}
	t.version++
	t.splits++
	slices.Sort(picks)
	if t.front.late > 0 {
		t.homesAhead(picks)
	}
	for len(picks) > 0 {
		home, ok := t.roomyBack(*header(t.segs[id].row(t.stride, uint32(picks[0]&0xFFFF))) &^ 0xFFFF)
		if !ok {
			t.store.fail(errCrowded)
			break
		}
		n := 1
		for n < len(picks) && t.dir[picks[n]>>16<<16>>(64-t.depth)] == home {
			n++
		}
		picks = picks[t.moveHome(id, home, picks[:n]):]
	}
	t.reindex(&t.segs[id])
}

// moveHome moves rows that are at home in one segment there, as many as it has room for at
// its end, or one, and gives how many those were.
func (t *Table) moveHome(id, home uint32, picks []uint64) int {
	f, s, b := t.front, &t.segs[id], &t.segs[home]
	slab, off := t.use.mem.slabAt(b.index)
	size := int(b.mask+1) * 4
	x, first, rows := *b, b.n, f.lift[1]
	if b.n == b.cap || size > len(f.lift[0]) {
		picks, slab = picks[:1], nil
	} else {
		picks = picks[:min(len(picks), int(b.cap-b.n), len(rows)/int(t.stride))]
	}
	if slab != nil {
		f.get(slab, f.lift[0][:size], off)
		x.index = unsafe.Pointer(unsafe.SliceData(f.lift[0]))
	}
	for i, pick := range picks {
		r := uint32(pick & 0xFFFF)
		p, n := s.row(t.stride, r), b.n
		var q unsafe.Pointer
		if slab != nil {
			q = unsafe.Pointer(&rows[uintptr(i)*t.stride])
			b.n, b.live = b.n+1, b.live+1
		} else {
			n = t.take(b)
			q = b.row(t.stride, n)
		}
		x.enter(*header(p), n)
		f.sieve.add(home, *header(p))
		t.carry(q, p, makeRef(home, n))
		*header(p) = 0
		*link(p) = s.free
		s.free = r + 1
		s.live--
	}
	if slab != nil {
		slab.Put(off, f.lift[0][:size])
		slab.Put(off+size+int(uintptr(first)*t.stride), rows[:uintptr(len(picks))*t.stride])
	}
	return len(picks)
}

// comeBack moves a row from behind the front, of which p is a copy or the row itself, into
// it if there is room, and gives its place. The entry in the index behind stays, and leads
// to a row that is none: to take it out would need the rows beside it.
func (t *Table) comeBack(from Ref, p unsafe.Pointer) Ref {
	f := t.front
	id := f.segOf(t.place(*header(p)))
	s := &t.segs[id]
	if s.full() {
		return from
	}
	n := t.take(s)
	s.enter(*header(p), n)
	t.carry(s.row(t.stride, n), p, makeRef(id, n))
	t.segs[from>>16].live--
	if !f.gone.note(uint32(from>>16), uint32(from&0xFFFF)) {
		copy(unsafe.Slice((*byte)(t.rowOf(from)), len(f.gone.blank)), f.gone.blank)
	}
	t.version++
	return makeRef(id, n)
}

// buffers are made with a front, for what is behind it.
func (f *front) buffers(t *Table) {
	f.row = make([]byte, t.stride)
	f.gone.open(t)
	for i := range f.lift {
		f.lift[i] = make([]byte, blockBytes(t.stride, t.store.segRows))
	}
}

// buffer is one of the two for whole blocks. A nil front has none.
func (f *front) buffer(i int) []byte {
	if f == nil {
		return nil
	}
	return f.lift[i]
}

// squeeze closes the gaps that rows have left in a segment which came back to the front.
// Its rows are renumbered.
func (t *Table) squeeze(id uint32) {
	t.version++
	t.splits++
	t.toScan(id)
	s := &t.segs[id]
	l := t.lift(id, t.front.buffer(0), false)
	t.blotOut(id)
	n := s.n
	s.n, s.live, s.free = 0, 0, 0
	for r := range n {
		p := s.row(t.stride, r)
		if *header(p)&rowLive != 0 {
			t.renumber(s, id, p)
		}
	}
	clear(unsafe.Slice((*byte)(s.row(t.stride, s.n)), uintptr(s.cap-s.n)*t.stride))
	t.reindex(s)
	t.front.sift(t, id)
	t.lower(l)
}

// carry copies a row to another place, and has all who know of it know that.
func (t *Table) carry(q, p unsafe.Pointer, to Ref) {
	copy(unsafe.Slice((*byte)(q), t.stride), unsafe.Slice((*byte)(p), t.stride))
	h := *header(q)
	if h&rowTouched != 0 {
		t.touched[*link(q)] = to
	}
	if h&rowDirty != 0 && !t.segs[to>>16].scan {
		t.dirty = append(t.dirty, to)
	}
}
