package state

import "unsafe"

// A segment holds the rows of one range of hashes, in one block: the index (4
// bytes a slot), then the rows. A row is
//
//	0   48 bits of the key's hash, 16 of flags
//	8   place in the touched list (live rows), next free row (free rows)
//	12  key: the canonical bytes, or length, text and reference (see keyAt)
//	    expiry in ms, if the table has a TTL
//	    the value
//
// An index slot is 0 or 16 bits of hash above 1+row. Slots are probed linearly
// from bits 16 up of the hash, tags are the bits above those, and the segment is
// found by the top bits: the three say different things about a key.
type segment struct {
	index unsafe.Pointer // block: mask+1 slots
	rows  unsafe.Pointer
	mask  uint32
	n     uint32 // rows ever used
	cap   uint32
	live  uint32
	free  uint32 // 1+row of the first free row below n
	depth uint8  // leading bits of path that count
	scan  bool   // look for dirty rows by scanning
	path  uint64 // leading bits of the places of its rows
}

const (
	segRows  = 4096
	segLeast = 8 // rows of a new table

	rowBits = 16
	rowMask = 1<<rowBits - 1

	// Past depthMost a segment grows instead of being split: so many equal hash
	// bits are no accident, and the directory must not explode.
	depthMost   = 24
	crowdedRows = 32768
)

// Row flags.
const (
	rowLive    = 1 << iota
	rowDirty            // changed since the last TakeDirty
	rowBase             // known to whom the last TakeDirty told
	rowTouched          // in the touched list
	rowStamp   = 0xFFF0 // the epoch in which it was settled last, see settling
)

func slotOf(hash uint64) uint32 { return uint32(hash >> 16) }
func tagOf(hash uint64) uint32  { return uint32(hash>>28) << rowBits }

func (s *segment) slot(i uint32) *uint32 {
	return (*uint32)(unsafe.Add(s.index, uintptr(i)*4))
}

func (s *segment) row(stride uintptr, r uint32) unsafe.Pointer {
	return unsafe.Add(s.rows, uintptr(r)*stride)
}

func header(row unsafe.Pointer) *uint64 { return (*uint64)(row) }
func link(row unsafe.Pointer) *uint32   { return (*uint32)(unsafe.Add(row, 8)) }

// blockBytes is the size of a segment's block of so many rows.
func blockBytes(stride uintptr, rows uint32) int {
	return int(slotsFor(rows))*4 + int(rows)*int(stride)
}

// slotsFor is the size of the index: sparser while the table is small and a
// mispredicted step costs more than a cache line.
func slotsFor(rows uint32) uint32 {
	if rows < segRows {
		return rows * 4
	}
	return rows * 2
}

// open gives s an empty block.
func (t *Table) open(s *segment, rows uint32) {
	s.index = t.use.alloc(blockBytes(t.stride, rows))
	s.rows = unsafe.Add(s.index, uintptr(slotsFor(rows))*4)
	s.mask, s.cap = slotsFor(rows)-1, rows
}

// shut gives the block back.
func (t *Table) shut(s *segment) {
	t.use.release(s.index, blockBytes(t.stride, s.cap))
	s.index, s.rows = nil, nil
}

// widen doubles the block; rows keep their numbers.
func (t *Table) widen(id uint32) {
	t.blotOut(id)
	s := &t.segs[id]
	old := *s
	t.open(s, s.cap*2)
	copy(unsafe.Slice((*byte)(s.rows), uintptr(s.n)*t.stride), unsafe.Slice((*byte)(old.rows), uintptr(s.n)*t.stride))
	t.shut(&old)
	t.reindex(s)
	t.version++
	t.front.sift(t, id)
}

// reindex fills the index anew.
func (t *Table) reindex(s *segment) {
	clear(unsafe.Slice((*uint32)(s.index), s.mask+1))
	for r := range s.n {
		if h := *header(s.row(t.stride, r)); h&rowLive != 0 {
			s.enter(h, r)
		}
	}
}

// enter adds row r to the index.
func (s *segment) enter(hash uint64, r uint32) {
	i := slotOf(hash) & s.mask
	for *s.slot(i) != 0 {
		i = (i + 1) & s.mask
	}
	*s.slot(i) = tagOf(hash) | (r + 1)
}

// leave takes row r out of the index, moving later entries back so that no
// probe meets a gap.
func (t *Table) leave(s *segment, hash uint64, r uint32) {
	i := slotOf(hash) & s.mask
	for *s.slot(i)&rowMask != r+1 {
		i = (i + 1) & s.mask
	}
	for j := (i + 1) & s.mask; ; j = (j + 1) & s.mask {
		e := *s.slot(j)
		if e == 0 {
			break
		}
		home := slotOf(*header(s.row(t.stride, e&rowMask-1))) & s.mask
		if (j-home)&s.mask >= (j-i)&s.mask {
			*s.slot(i) = e
			i = j
		}
	}
	*s.slot(i) = 0
}

// take gives a free row of s, zeroed; there must be room (see roomy).
func (t *Table) take(s *segment) uint32 {
	s.live++
	if s.free != 0 {
		r := s.free - 1
		p := s.row(t.stride, r)
		s.free = *link(p)
		clear(unsafe.Slice((*byte)(p), t.stride))
		return r
	}
	s.n++
	return s.n - 1
}

// full reports that take would find no row.
func (s *segment) full() bool { return s.free == 0 && s.n == s.cap }

// split parts the rows of segment id by the next bit of their places. Rows of
// both halves are renumbered.
func (t *Table) split(id uint32) {
	t.version++
	t.splits++
	t.segs = append(t.segs, segment{})
	t.held = append(t.held, 1)
	t.held[id] = 1
	newID := uint32(len(t.segs) - 1)
	a, b := &t.segs[id], &t.segs[newID]
	if a.depth == t.depth {
		t.deepen()
	}
	a.depth++
	bit := uint64(1) << (64 - a.depth)
	*b = segment{depth: a.depth, path: a.path | bit}
	t.toScan(id)
	t.toScan(newID)
	t.open(b, t.store.segRows)
	la, lb := t.lift(id, t.front.buffer(0), false), t.lift(newID, t.front.buffer(1), true)
	t.blotOut(id)
	n := a.n
	a.n, a.live, a.free = 0, 0, 0
	for r := range n {
		p := a.row(t.stride, r)
		h := *header(p)
		if h&rowLive == 0 {
			continue
		}
		to, toID := a, id
		if t.place(h)&bit != 0 {
			to, toID = b, newID
		}
		t.renumber(to, toID, p)
	}
	clear(unsafe.Slice((*byte)(a.row(t.stride, a.n)), uintptr(a.cap-a.n)*t.stride))
	t.reindex(a)
	t.reindex(b)
	t.front.sift(t, id)
	t.front.sift(t, newID)
	t.lower(la)
	t.lower(lb)
	first := b.path >> (64 - t.depth)
	for i := first; i < first+1<<(t.depth-b.depth); i++ {
		t.dir[i] = newID
	}
}

// renumber makes row p the last one of a segment whose rows are renumbered.
func (t *Table) renumber(s *segment, id uint32, p unsafe.Pointer) {
	q := s.row(t.stride, s.n)
	if p != q {
		copy(unsafe.Slice((*byte)(q), t.stride), unsafe.Slice((*byte)(p), t.stride))
	}
	if *header(q)&rowTouched != 0 {
		t.touched[*link(q)] = makeRef(id, s.n)
	}
	s.n++
	s.live++
}

// deepen doubles the directory.
func (t *Table) deepen() {
	dir := make([]uint32, 2*len(t.dir))
	for i, id := range t.dir {
		dir[2*i], dir[2*i+1] = id, id
	}
	t.dir = dir
	t.depth++
}
