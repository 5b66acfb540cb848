package state

import (
	"slices"
	"unsafe"
)

// adopt takes a block in for a table that lies in memory of the store already.
func (u *usage) adopt(b []byte) unsafe.Pointer {
	u.bytes += int64(len(b))
	u.mem.store.bytes += int64(len(b))
	if len(b) < u.mem.small {
		u.mem.count(int64(len(b))) // since release gives it back
	}
	return unsafe.Pointer(unsafe.SliceData(b))
}

// Fits reports whether LoadImage would take data, of which the head is enough.
func (s *Store) Fits(t Owner, data []byte) bool {
	x, ok := t.(parted)
	if !ok {
		return false
	}
	p, _, ok := parseHead(data)
	return ok && x.rowsOf().takes(p, x.layout())
}

// LoadImage takes an image over: an empty table goes on in a copy of it. taken is
// false where data is no part, or one of a table that lies otherwise in memory
// (other key groups, another release): it is to be replayed as any delta. Link ends
// the loading.
func (s *Store) LoadImage(t Owner, data []byte) (taken bool, err error) {
	x, ok := t.(parted)
	if !ok || !isPart(data) {
		return false, nil
	}
	p, ok := parsePart(data)
	if !ok {
		return false, badChange(t.Info().Name)
	}
	rows := x.rowsOf()
	if !rows.takes(p, x.layout()) {
		return false, nil
	}
	if rows.begin(p) {
		if rows.has(uint32(p.seg)) {
			return false, badChange(t.Info().Name)
		}
		x.attach(p)
	}
	return true, nil
}

// Link makes whole tables of the images that were loaded.
func (s *Store) Link() error {
	for _, t := range s.tables {
		if x, ok := t.(parted); ok {
			if err := x.linkParts(); err != nil {
				return err
			}
		}
	}
	return nil
}

// takes reports whether a part is of a table like this, and this can begin with it.
func (t *Table) takes(p *part, layout partLayout) bool {
	return p.partLayout == layout && p.lo == t.lo && p.shift == uint64(t.shift) && slices.Equal(p.heapRefs, t.spec.HeapRefs) &&
		(t.loading || t.waiting == nil && t.live == 0 && len(t.segs) == 2)
}

// begin readies the table for a part; it is false if the part is of what the table
// was before it was cleared.
func (t *Table) begin(p *part) bool {
	if t.loading && uint32(p.life) < t.life {
		return false
	}
	if !t.loading || uint32(p.life) > t.life {
		t.dropFront()
		t.forgetNotes()
		t.forgetUnread()
		for id := range t.segs[1:] {
			t.shut(&t.segs[id+1])
		}
		t.heap.reset()
		t.segs, t.held, t.live = t.segs[:1], t.held[:1], 0
		t.loading, t.life = true, uint32(p.life)
	}
	return true
}

func (t *Table) has(id uint32) bool { return int(id) < len(t.segs) && t.segs[id].cap > 0 }

func (t *Table) attach(p *part) {
	id := uint32(p.seg)
	for len(t.segs) <= int(id) {
		t.segs, t.held = append(t.segs, segment{}), append(t.held, 1)
	}
	s := &t.segs[id]
	*s = segment{depth: uint8(p.depth), path: p.path}
	t.held[id] = 0
	if p.cap == 0 {
		t.open(s, segLeast)
		return
	}
	s.cap, s.n, s.live, s.free = uint32(p.cap), uint32(p.n), uint32(p.live), uint32(p.free)
	s.index = p.take(&t.use, partRows)
	s.rows = unsafe.Add(s.index, uintptr(slotsFor(s.cap))*4)
	s.mask = slotsFor(s.cap) - 1
	t.live += int(s.live)
	t.heap.attach(id, p, partHeap)
}

// linkParts makes the directory. The segments must be all that there are.
func (t *Table) linkParts() error {
	if !t.loading {
		return nil
	}
	t.loading = false
	t.depth = 0
	for _, s := range t.segs[1:] {
		t.depth = max(t.depth, s.depth)
	}
	t.dir = make([]uint32, 1<<t.depth)
	for id := range t.segs[1:] {
		s := &t.segs[id+1]
		if s.cap == 0 { // was of a front
			continue
		}
		first := s.path >> (64 - t.depth)
		for i := first; i < first+1<<(t.depth-s.depth); i++ {
			if i >= uint64(len(t.dir)) || t.dir[i] != 0 {
				return badChange(t.spec.Name)
			}
			t.dir[i] = uint32(id + 1)
		}
	}
	if slices.Contains(t.dir, 0) {
		return badChange(t.spec.Name)
	}
	t.version++
	return nil
}

func (l *List) attach(p *part) {
	l.keys.attach(p)
	l.entries.attach(uint32(p.seg), p, partItems)
	l.links.attach(uint32(p.seg), p, partLinks)
	l.count += int(p.count)
	l.seq = max(l.seq, p.seq)
}

func (l *List) linkParts() error { return l.keys.linkParts() }

func (s *Sorted) attach(p *part) {
	s.t.attach(p)
	s.items.attach(uint32(p.seg), p, partItems)
	s.links.attach(uint32(p.seg), p, partLinks)
	s.count += int(p.count)
	s.seq = max(s.seq, p.seq)
}

func (s *Sorted) linkParts() error { return s.t.linkParts() }

func (t *Timers) attach(p *part) { t.list.attach(p) }

func (t *Timers) linkParts() error {
	loaded := t.list.keys.loading
	if err := t.list.linkParts(); err != nil || !loaded {
		return err
	}
	t.list.keys.readAll()
	t.retime()
	return nil
}
