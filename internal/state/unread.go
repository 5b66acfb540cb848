package state

import (
	"math/bits"
	"slices"
	"unsafe"

	"github.com/weir-stream/weir/internal/spill"
)

// What a restart takes over of images is not read before somebody asks for it: the head
// of an image says all that is needed to open its segment, and lies in the index of the
// base. A segment that has not been read has memory, which holds nothing, and neither
// index nor rows: whoever looked at it without asking would fault rather than find no
// keys. It is read, and its checksum computed, when a key of its range is looked for, or
// when it is used as a whole (scanned, swept, imaged). What its rows refer to comes with
// it, and nobody else refers to that.

// Later is an image that is read when somebody asks for it.
type Later struct {
	// Read brings the bytes to the memory that LoadLater was given, and checks them.
	Read func() error
	// Ahead has the system begin to read what Read is soon going to wait for.
	Ahead func()
}

// Unreadable is what a table panics with where an image that it needs cannot be read or
// is damaged: none of its calls has an error, and nothing may be computed without it.
type Unreadable struct{ Err error }

func (u *Unreadable) Error() string { return u.Err.Error() }

// unread is the segments of a table that have not been read.
type unread struct {
	bits   []uint64 // by segment
	left   int
	pieces []piece // by segment
}

type piece struct {
	Later
	mem   []byte
	index unsafe.Pointer // of the segment, when it has been read
}

func (u *unread) has(id uint32) bool {
	return u.left > 0 && int(id>>6) < len(u.bits) && u.bits[id>>6]>>(id&63)&1 != 0
}

// Room gives memory of the store for images; it is false where the budget has none.
func (s *Store) Room(n int) ([]byte, bool) {
	m := &s.mem
	if !m.budget.Fits(int64(n)) {
		return nil, false
	}
	slab := m.budget.Map(n)
	m.laid = append(m.laid, slab)
	m.enlist(slab)
	if m.budget.Limit() > 0 {
		m.movable = append(m.movable, slab)
	}
	return slab.Mem[:n:n], true
}

// LoadLater is LoadImage of an image that is read when it is needed: head is what it
// begins with, mem memory of Room for all of it, of which the place is a multiple of
// partAlign where that of the image is. The table must not be used after the store was
// closed, nor may Read then.
func (s *Store) LoadLater(t Owner, head, mem []byte, l Later) (taken bool, err error) {
	x, ok := t.(parted)
	if !ok {
		return false, nil
	}
	p, _, ok := parseHead(head)
	if !ok || !x.rowsOf().takes(p, x.layout()) {
		return false, nil
	}
	if from := 2 + int(head[1]); from > len(mem) || !p.lie(mem[from:]) {
		return false, badChange(t.Info().Name)
	}
	p.mapped = true
	rows := x.rowsOf()
	if !rows.begin(p) {
		return true, nil
	}
	if rows.has(uint32(p.seg)) {
		return false, badChange(t.Info().Name)
	}
	x.attach(p)
	if p.cap > 0 {
		rows.postpone(x, uint32(p.seg), mem, l)
	}
	return true, nil
}

// postpone has a segment that was attached read when it is needed.
func (t *Table) postpone(x parted, id uint32, mem []byte, l Later) {
	if t.waiting == nil {
		t.waiting = &waiting{}
		t.waiting.of, _ = x.(replayed)
	}
	u := &t.waiting.unread
	for len(u.pieces) <= int(id) {
		u.pieces = append(u.pieces, piece{})
	}
	for len(u.bits) <= int(id>>6) {
		u.bits = append(u.bits, 0)
	}
	s := &t.segs[id]
	u.pieces[id] = piece{l, mem, s.index}
	u.bits[id>>6] |= 1 << (id & 63)
	u.left++
	s.index, s.rows = nil, nil
}

// show lets the rows of a segment be seen, of which the memory is.
func (u *unread) show(t *Table, id uint32) {
	s := &t.segs[id]
	s.index = u.pieces[id].index
	s.rows = unsafe.Add(s.index, uintptr(slotsFor(s.cap))*4)
	u.pieces[id] = piece{}
	u.bits[id>>6] &^= 1 << (id & 63)
	u.left--
}

// read reads a segment if it has not been read. Rows do not move.
func (t *Table) read(id uint32) {
	w := t.waiting
	if w == nil || !w.unread.has(id) {
		return
	}
	p := &w.unread.pieces[id]
	if len(p.mem) >= spill.PageSize {
		spill.Touch(p.mem) // in one call, and not page by page
	}
	if err := p.Read(); err != nil {
		panic(&Unreadable{err})
	}
	w.unread.show(t, id)
	w.ended(t)
}

// readFor reads the segments of keys.
func (t *Table) readFor(hashes []uint64) {
	w := t.waiting
	if w == nil || w.unread.left == 0 {
		return
	}
	u, down, asked := &w.unread, (64-t.depth)&127, 0
	for i, h := range hashes {
		id := t.dir[t.place(h)>>down]
		if !u.has(id) {
			continue
		}
		for asked = max(asked, i); asked < min(i+aheadMost, len(hashes)); asked++ {
			u.ahead(t.dir[t.place(hashes[asked])>>down])
		}
		t.read(id)
	}
}

// aheadMost is how many images the system is asked for before the first of them is
// waited for.
const aheadMost = 64

// ahead asks the system for an image that is going to be read.
func (u *unread) ahead(id uint32) {
	if u.has(id) && u.pieces[id].Ahead != nil {
		u.pieces[id].Ahead()
		u.pieces[id].Ahead = nil
	}
}

// readAll reads all segments.
func (t *Table) readAll() {
	w := t.waiting
	if w == nil {
		return
	}
	ids := make([]uint32, 0, w.unread.left)
	for id := range t.segs {
		if w.unread.has(uint32(id)) {
			ids = append(ids, uint32(id))
		}
	}
	asked := 0
	for i, id := range ids {
		for ; asked < min(i+aheadMost, len(ids)); asked++ {
			w.unread.ahead(ids[asked])
		}
		t.read(id)
	}
}

// readSome reads a segment of a store that spills, where tables are worth a front that
// they cannot have before all of them has been read. It is false if there is none.
func (s *Store) readSome() bool {
	if now, _ := s.mem.budget.Spilled(); now == 0 {
		return false
	}
	for _, t := range s.tables {
		if x, ok := t.(parted); ok && x.rowsOf().waiting != nil {
			if u := &x.rowsOf().waiting.unread; u.left > 0 {
				word := slices.IndexFunc(u.bits, func(b uint64) bool { return b != 0 })
				x.rowsOf().read(uint32(64*word + bits.TrailingZeros64(u.bits[word])))
				return true
			}
		}
	}
	return false
}

// wantSegment has a segment whole: what waits for it is replayed, and it is read. It may
// be split by that.
func (t *Table) wantSegment(id uint32) {
	t.settleSegment(id)
	t.read(id)
}

// wantRows has all segments whole.
func (t *Table) wantRows() {
	t.readAll()
	t.settleRows()
}

// forgetUnread has the memory of segments that were not read go with them.
func (t *Table) forgetUnread() {
	if w := t.waiting; w != nil {
		for id := range t.segs {
			if w.unread.has(uint32(id)) {
				w.unread.show(t, uint32(id))
			}
		}
		w.ended(t)
	}
}

// lie gives the blocks of a part their places in mem, which begins with its head; it is
// false if that is too short.
func (p *part) lie(mem []byte) bool {
	at := padded((headWords + int(p.refs)) * 8)
	for i, n := range p.sizes {
		if n == 0 {
			continue
		}
		size := blockSize(int(n))
		if size > len(mem) || at > len(mem)-size {
			return false
		}
		p.blocks[i] = mem[at : at+size : at+size]
		at += size
	}
	return true
}

// HeadOf is how many bytes of an image that AppendImage gave are its head; 0: it is to be
// read as a whole.
func HeadOf(data []byte) int {
	p, b, ok := parseHead(data)
	if !ok {
		return 0
	}
	return len(data) - len(b) + (headWords+int(p.refs))*8
}
