package state

import (
	"bytes"
	"encoding/binary"
	"unsafe"
)

// A chunk is a sorted array of slots; a slot holds the first 8 bytes of the sort
// key beside the item, so that most comparisons stay inside the chunk. A
// directory is an array of the chunks with their first slots' prefixes and their
// sizes. Chunks are cut in two when full, joined with a neighbour when small.

type chunk struct {
	n, cap uint32
}

type chunkSlot struct {
	prefix uint64
	item   uint64
}

// dirSlot is a directory's entry.
type dirSlot struct {
	prefix uint64 // of the first item
	chunk  uint64
	n      uint64
}

// spot is a place in a map: slot i of a chunk. i may be the chunk's size: behind
// its last item.
type spot struct {
	chunk, i int
}

const (
	chunkSlots = 512
	joinSlots  = chunkSlots / 4
)

func (c *chunk) slot(i int) *chunkSlot {
	return (*chunkSlot)(unsafe.Add(unsafe.Pointer(c), 8+uintptr(i)*16))
}

func (c *chunk) slots() []chunkSlot { return unsafe.Slice(c.slot(0), c.cap) }

func (s *Sorted) chunkOf(ref uint64) *chunk {
	return (*chunk)(unsafe.Add(s.links.ptr(ref), heapHeader))
}

func (s *Sorted) newChunk(slots int) (uint64, *chunk) {
	ref := s.links.alloc(8 + slots*16)
	c := s.chunkOf(ref)
	c.n, c.cap = 0, uint32(slots)
	return ref, c
}

// directory gives the entries; the block may have room for more.
func (s *Sorted) directory(h *sortHead) []dirSlot {
	p := (*dirSlot)(unsafe.Add(s.links.ptr(h.ref), heapHeader))
	return unsafe.Slice(p, s.links.room(h.ref)/24)
}

// chunkAt gives chunk i of a map, nil if it is empty.
func (s *Sorted) chunkAt(h *sortHead, i int) *chunk {
	switch {
	case h.count == 0:
		return nil
	case h.chunks == 0:
		return s.chunkOf(h.ref)
	}
	return s.chunkOf(s.directory(h)[i].chunk)
}

func (s *Sorted) at(h *sortHead, at spot) uint64 { return s.chunkAt(h, at.chunk).slot(at.i).item }

// prefixOf is the first 8 bytes of a sort key as a number.
func prefixOf(sortKey []byte) uint64 {
	if len(sortKey) >= 8 {
		return binary.BigEndian.Uint64(sortKey)
	}
	var b [8]byte
	copy(b[:], sortKey)
	return binary.BigEndian.Uint64(b[:])
}

// seek gives the place of the first item that is not before (key, seq): seq 0 is
// before all items of equal sort key, lastSeq behind them. It may lie behind the
// last item of a chunk.
func (s *Sorted) seek(h *sortHead, key []byte, seq uint64) spot {
	prefix := prefixOf(key)
	at := spot{}
	if h.count == 0 {
		return at
	}
	if h.chunks > 0 {
		dir := s.directory(h)
		lo, hi := 1, int(h.chunks) // the last chunk whose first item comes before
		for lo < hi {
			mid := (lo + hi) / 2
			if s.before(dir[mid].prefix, s.chunkOf(dir[mid].chunk).slot(0), prefix, key, seq) {
				lo = mid + 1
			} else {
				hi = mid
			}
		}
		at.chunk = lo - 1
	}
	c := s.chunkAt(h, at.chunk)
	lo, hi := 0, int(c.n)
	for lo < hi {
		mid := (lo + hi) / 2
		if sl := c.slot(mid); s.before(sl.prefix, sl, prefix, key, seq) {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	at.i = lo
	return at
}

const lastSeq = 1<<64 - 1

// before reports whether an item, whose prefix is at hand, comes before (key, seq).
func (s *Sorted) before(prefix uint64, sl *chunkSlot, wantPrefix uint64, key []byte, seq uint64) bool {
	if prefix != wantPrefix {
		return prefix < wantPrefix
	}
	if c := bytes.Compare(s.sortKey(sl.item), key); c != 0 {
		return c < 0
	}
	return seq != 0 && s.item(sl.item).seq < seq
}

// step moves a place behind the end of a chunk to the next chunk's start, and
// tells whether there is an item.
func (s *Sorted) step(h *sortHead, at spot) (spot, bool) {
	c := s.chunkAt(h, at.chunk)
	if c == nil {
		return at, false
	}
	if at.i >= int(c.n) {
		if at.chunk+1 >= int(h.chunks) {
			return at, false
		}
		at = spot{at.chunk + 1, 0}
	}
	return at, true
}

// rank is the position of a place, counted from the nearer end.
func (s *Sorted) rank(h *sortHead, at spot) int {
	if h.chunks == 0 {
		return at.i
	}
	dir := s.directory(h)
	if at.chunk < int(h.chunks)/2 {
		n := at.i
		for _, d := range dir[:at.chunk] {
			n += int(d.n)
		}
		return n
	}
	n := int(h.count) + at.i
	for _, d := range dir[at.chunk:h.chunks] {
		n -= int(d.n)
	}
	return n
}

// locate is the place of a position; positions out of range give places out of
// range.
func (s *Sorted) locate(h *sortHead, n int) spot {
	if h.chunks == 0 {
		return spot{0, n}
	}
	dir := s.directory(h)
	for i := range int(h.chunks) - 1 {
		if n < int(dir[i].n) {
			return spot{i, n}
		}
		n -= int(dir[i].n)
	}
	return spot{int(h.chunks) - 1, n}
}

// put inserts an item at a place.
func (s *Sorted) put(h *sortHead, at spot, item uint64) {
	if h.count == 0 && h.ref == 0 {
		h.ref, _ = s.newChunk(4)
	}
	var c *chunk
	if h.chunks == 0 {
		c = s.chunkOf(h.ref)
	} else {
		c = s.chunkOf(s.directory(h)[at.chunk].chunk)
	}
	if c.n == c.cap {
		c, at = s.widenChunk(h, at)
	}
	slots := c.slots()
	copy(slots[at.i+1:c.n+1], slots[at.i:c.n])
	slots[at.i] = chunkSlot{prefixOf(s.sortKey(item)), item}
	c.n++
	h.count++
	s.count++
	s.noteChunk(h, at.chunk)
}

// noteChunk brings a chunk's directory entry up to date.
func (s *Sorted) noteChunk(h *sortHead, i int) {
	if h.chunks > 0 {
		d := &s.directory(h)[i]
		c := s.chunkOf(d.chunk)
		d.prefix, d.n = c.slot(0).prefix, uint64(c.n)
	}
}

// widenChunk makes room in a full chunk and says where the place is now.
func (s *Sorted) widenChunk(h *sortHead, at spot) (*chunk, spot) {
	c := s.chunkAt(h, at.chunk)
	if int(c.cap) < chunkSlots {
		ref, d := s.newChunk(int(c.cap) * 2)
		d.n = c.n
		copy(d.slots(), c.slots()[:c.n])
		if h.chunks == 0 {
			s.links.Free(h.ref)
			h.ref = ref
		} else {
			e := &s.directory(h)[at.chunk]
			s.links.Free(e.chunk)
			e.chunk = ref
		}
		return d, at
	}
	keep := int(c.n) / 2
	if at.chunk+1 >= int(h.chunks) && at.i == int(c.n) {
		keep = int(c.n) // arrival in order: leave full chunks behind
	}
	ref, d := s.newChunk(chunkSlots)
	d.n = uint32(copy(d.slots(), c.slots()[keep:c.n]))
	c.n = uint32(keep)
	s.addChunk(h, at.chunk+1, ref)
	s.noteChunk(h, at.chunk)
	if at.i < keep || at.i == keep && d.n > 0 {
		return c, at
	}
	return d, spot{at.chunk + 1, at.i - keep}
}

// addChunk enters a chunk as entry i of the directory, which is made if need be.
func (s *Sorted) addChunk(h *sortHead, i int, ref uint64) {
	if h.chunks == 0 {
		dir := s.links.alloc(4 * 24)
		first := h.ref
		h.ref, h.chunks = dir, 1
		s.directory(h)[0] = dirSlot{chunk: first}
		s.noteChunk(h, 0)
	}
	dir, n := s.directory(h), int(h.chunks)
	if n == len(dir) {
		r := s.links.alloc(2 * n * 24)
		old := h.ref
		h.ref = r
		wide := s.directory(h)
		copy(wide, dir)
		s.links.Free(old)
		dir = wide
	}
	copy(dir[i+1:n+1], dir[i:n])
	dir[i] = dirSlot{chunk: ref}
	h.chunks++
	if c := s.chunkOf(ref); c.n > 0 {
		s.noteChunk(h, i)
	}
}

// cut takes the slot at a place out.
func (s *Sorted) cut(h *sortHead, at spot) {
	c := s.chunkAt(h, at.chunk)
	slots := c.slots()
	copy(slots[at.i:c.n-1], slots[at.i+1:c.n])
	c.n--
	h.count--
	s.count--
	s.settle(h, at.chunk)
}

// settle tidies chunk i after it has shrunk: empty ones go, small ones are
// joined with the next.
func (s *Sorted) settle(h *sortHead, i int) {
	if h.count == 0 {
		s.freeChunks(h)
		return
	}
	if h.chunks == 0 {
		return
	}
	dir := s.directory(h)
	c := s.chunkOf(dir[i].chunk)
	if c.n == 0 {
		s.dropChunks(h, i, 1)
		return
	}
	s.noteChunk(h, i)
	if c.n > joinSlots || i+1 >= int(h.chunks) || dir[i+1].n > joinSlots {
		return
	}
	next := s.chunkOf(dir[i+1].chunk)
	if int(c.cap) < int(c.n+next.n) {
		return
	}
	copy(c.slots()[c.n:], next.slots()[:next.n])
	c.n += next.n
	s.dropChunks(h, i+1, 1)
	s.noteChunk(h, i)
}

// dropChunks takes chunks i to i+n-1 out of the directory.
func (s *Sorted) dropChunks(h *sortHead, i, n int) {
	dir := s.directory(h)
	for _, d := range dir[i : i+n] {
		s.links.Free(d.chunk)
	}
	copy(dir[i:], dir[i+n:h.chunks])
	h.chunks -= uint32(n)
}

// freeChunks frees what an empty map still holds.
func (s *Sorted) freeChunks(h *sortHead) {
	if h.chunks > 0 {
		s.dropChunks(h, 0, int(h.chunks))
	}
	s.links.Free(h.ref)
	h.ref, h.chunks, h.tied = 0, 0, 0
}

// dropFirst removes the first n items.
func (s *Sorted) dropFirst(h *sortHead, n int) {
	if n >= int(h.count) {
		s.clear(h)
		return
	}
	gone := 0
	for left := n; left > 0; {
		c := s.chunkAt(h, gone)
		k := min(left, int(c.n))
		slots := c.slots()
		for _, sl := range slots[:k] {
			s.freeItem(h, sl.item)
		}
		left -= k
		if k == int(c.n) {
			gone++
			continue
		}
		copy(slots, slots[k:c.n])
		c.n -= uint32(k)
		s.noteChunk(h, gone)
	}
	h.count -= uint32(n)
	s.count -= n
	if gone > 0 {
		s.dropChunks(h, 0, gone)
	}
}

// clear removes all items without a word to the change log.
func (s *Sorted) clear(h *sortHead) {
	for i := range max(1, int(h.chunks)) {
		c := s.chunkAt(h, i)
		if c == nil {
			break
		}
		for _, sl := range c.slots()[:c.n] {
			s.freeItem(h, sl.item)
		}
	}
	s.count -= int(h.count)
	h.count = 0
	s.freeChunks(h)
}
