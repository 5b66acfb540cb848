package state

import (
	"slices"
	"sync/atomic"
	"unsafe"

	"github.com/weir-stream/weir/internal/spill"
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

// ready has rows come back to the front, and others leave it for those that keys will
// likely make, while nobody has references to rows.
func (t *Table) ready(hashes []uint64) {
	f := t.front
	for _, r := range f.back {
		t.comeBack(r)
	}
	f.back = f.back[:0]
	clear(f.need)
	for _, h := range hashes {
		f.need[t.place(h)>>(64-f.depth)]++
	}
	for i, n := range f.need {
		s := &t.segs[f.dir[i]]
		if n = uint32(uint64(n) * uint64(f.born) / uint64(max(f.asked, 1))); n > s.cap-s.live {
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
	stays := uint64(rowTouched)
	for pass := range 2 {
		for r := range s.n {
			if h := *header(s.row(t.stride, r)); h&rowLive != 0 && h&stays == 0 {
				counts[f.counts.often(h)]++
			}
		}
		bar, n := uint8(0), counts[0]
		for ; n < s.cap/2 && bar < 15; bar++ {
			n += counts[bar+1]
		}
		if f.bars[id-f.first] = bar; n >= s.cap/2 || pass > 0 {
			break
		}
		stays, counts = 0, [16]uint32{}
	}
	bar, picks := f.bars[id-f.first], f.picks[:0]
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
	t.fetchHomes(id, picks)
	for _, x := range picks {
		r := uint32(x & 0xFFFF)
		h := *header(t.segs[id].row(t.stride, r))
		home, ok := t.roomyBack(h &^ 0xFFFF)
		if !ok {
			t.store.fail(errCrowded)
			break
		}
		b := &t.segs[home]
		n := t.take(b)
		b.enterFar(h, n)
		t.front.sieve.add(home, h)
		t.moveRow(makeRef(id, r), makeRef(home, n))
		s := &t.segs[id]
		p := s.row(t.stride, r)
		*header(p) = 0
		*link(p) = s.free
		s.free = r + 1
		s.live--
	}
	t.reindex(&t.segs[id])
}

// fetchHomes brings in the pages of indexes and rows that picks will be written to.
func (t *Table) fetchHomes(id uint32, picks []uint64) {
	f := t.front
	for len(picks) > 0 {
		home := t.dir[picks[0]>>16<<16>>(64-t.depth)]
		b, n := &t.segs[home], 1
		for n < len(picks) && t.dir[picks[n]>>16<<16>>(64-t.depth)] == home {
			n++
		}
		if size := uintptr(b.mask+1) * 4; n >= int(size/spill.PageSize) {
			f.fetch.Add(b.index, size)
		}
		if b.free == 0 && b.n < b.cap {
			f.fetch.Add(b.row(t.stride, b.n), uintptr(min(uint32(n), b.cap-b.n))*t.stride)
		}
		picks = picks[n:]
	}
	f.fetch.Do(true)
}

// comeBack moves a row from behind the front into it if there is room. What was known of
// it may hold no longer. The entry in the index behind stays, and leads to a row that is
// none: to take it out would need the rows beside it.
func (t *Table) comeBack(from Ref) {
	if !t.exists(from) || t.front.has(uint32(from>>16)) {
		return
	}
	p := t.rowOf(from)
	h := *header(p)
	id := t.front.segOf(t.place(h))
	s := &t.segs[id]
	if h&rowLive == 0 || s.full() {
		return
	}
	n := t.take(s)
	s.enter(h, n)
	t.moveRow(from, makeRef(id, n))
	*header(p) = 0
	*(*uint32)(unsafe.Add(p, t.keyAt)) = 0
	if t.keyLen > 0 { // no key ends so: nothing but the key is compared where keys are words
		*(*byte)(unsafe.Add(p, t.keyAt+uintptr(t.keyLen)-1)) = 0xFF
	}
	t.segs[from>>16].live--
	t.version++
}

// squeeze closes the gaps that rows have left in a segment which came back to the front.
// Its rows are renumbered.
func (t *Table) squeeze(id uint32) {
	t.version++
	t.splits++
	t.toScan(id)
	s := &t.segs[id]
	t.fetchAll(s)
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
}

// fetchAll brings in all of a segment.
func (t *Table) fetchAll(s *segment) {
	if f := t.front; f != nil {
		f.fetch.Add(s.index, uintptr(blockBytes(t.stride, s.cap)))
		f.fetch.Do(true)
	}
}

// moveRow copies a row to another place, and has all who know of it know that.
func (t *Table) moveRow(from, to Ref) {
	q := t.rowOf(to)
	copy(unsafe.Slice((*byte)(q), t.stride), unsafe.Slice((*byte)(t.rowOf(from)), t.stride))
	h := *header(q)
	if h&rowTouched != 0 {
		t.touched[*link(q)] = to
	}
	if h&rowDirty != 0 && !t.segs[to>>16].scan {
		t.dirty = append(t.dirty, to)
	}
}

// enterFar is enter for an index whose pages may have to be fetched: they are asked for
// to write at once.
func (s *segment) enterFar(hash uint64, r uint32) {
	i := slotOf(hash) & s.mask
	for atomic.AddUint32(s.slot(i), 0) != 0 {
		i = (i + 1) & s.mask
	}
	*s.slot(i) = tagOf(hash) | (r + 1)
}
