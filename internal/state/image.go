package state

import (
	"slices"
	"unsafe"
)

// Round is what is known while all tables are imaged once.
type Round struct {
	// Number is the round's, from 1 on.
	Number uint32
	// Last is the round whose images may be kept where nothing has changed since: 0
	// is those that the store was restored from, NoRound none.
	Last uint32
}

// NoRound is the number of no round.
const NoRound = 1<<31 - 1

// ImageCursor is how far a table has come in a round. The zero value is the start.
type ImageCursor struct {
	next uint32 // segment
	done bool
	rest []Ref // keys of a segment that is too large for a part
	sub  uint64
	big  uint32
	w    *partWriter
	dump DumpCursor
	kept []uint64
}

// Progress is about the part of a table that has been met.
func (c *ImageCursor) Progress(t Owner) float64 {
	if x, ok := t.(parted); ok {
		return float64(c.next) / float64(len(x.rowsOf().segs))
	}
	return 0
}

// Imaged is what AppendImage gives.
type Imaged struct {
	// Data is dst and one image, whose number is Part; or dst alone.
	Data []byte
	Part uint64
	// Kept are parts whose images of Round.Last hold still. Valid until the next call.
	Kept []uint64
	// More tells that the table has more to give; it may give nothing all the same.
	More bool
}

// partMost is the size from which a segment is split before it is imaged, if what
// its rows refer to is large: whoever waits for an image waits for all of it.
const partMost = 4 << 20

// AppendImage appends the next image of a table to dst, or tells of images that
// hold still. All calls of a round are made at markers, after TakeDirty; between
// them the table may change. A segment that is split meanwhile comes again, in two
// parts.
func AppendImage(t Owner, c *ImageCursor, r Round, dst []byte) Imaged {
	x, ok := t.(parted)
	if !ok {
		return appendWhole(t, c, dst)
	}
	return appendNext(x, c, r, dst)
}

// appendWhole gives a table that has no segments as a delta.
func appendWhole(t Owner, c *ImageCursor, dst []byte) Imaged {
	first := true
	for t.DumpSome(&c.dump, lookChunk, func(x Change) {
		if first {
			dst = append(dst, deltaVersion)
			first = false
		}
		dst = appendChange(dst, x)
	}) {
	}
	return Imaged{Data: dst}
}

// parted is implemented by tables that are imaged in parts.
type parted interface {
	Owner
	// rowsOf is the table of the keys.
	rowsOf() *Table
	// weight is about the bytes that the rows of a segment refer to.
	weight(s *segment) int64
	// near brings near what copied rows refer to, which pack is called for next: far
	// memory is then waited for at once and not in turn. What it gives is of use to nobody.
	near(rows []unsafe.Pointer) uint64
	// pack replaces what a copied row refers to by references into the arenas of w.
	pack(w *partWriter, row unsafe.Pointer)
	// layout says how rows and what they refer to lie.
	layout() partLayout
	// arrivals is the number of the next entry or item.
	arrivals() uint64
	// dumpRows hands over what rows hold, as DumpSome.
	dumpRows(refs []Ref, buf []byte, f func(Change)) []byte
	// attach takes a part over; linkParts is called after the last one.
	attach(p *part)
	linkParts() error
}

// appendNext images the next segment.
func appendNext(x parted, c *ImageCursor, r Round, dst []byte) Imaged {
	if len(c.rest) > 0 {
		return appendRest(x, c, dst)
	}
	t := x.rowsOf()
	c.kept = c.kept[:0]
	if c.w == nil {
		c.w = &partWriter{}
	}
	id, ok := c.pending(t, r)
	for ; ok; id, ok = c.pending(t, r) {
		if t.waiting != nil {
			t.settleSegment(id)
		}
		if t.held[id] != r.Last<<1 {
			break
		}
		t.held[id] = r.Number << 1
		c.kept = append(c.kept, uint64(id))
	}
	out := Imaged{Data: dst, Kept: c.kept}
	if !ok {
		return out
	}
	out.More = true
	t.read(id)
	t.bringHome(id)
	weight := x.weight(&t.segs[id])
	for weight > partMost && t.segs[id].live > 1 && t.segs[id].depth < depthMost && t.segs[id].cap <= t.store.segRows {
		t.split(id)
		weight = x.weight(&t.segs[id])
	}
	c.next = id
	t.held[id] = r.Number << 1
	out.Part = uint64(id)
	if weight > arenaMost/4 {
		c.big, c.sub = id, 0
		c.rest = t.liveRows(id, c.rest[:0])
		t.held[id] |= 1 // its images are not kept
		out.Data = appendPart(x, c.w, id, dst, true)
		return out
	}
	out.Data = appendPart(x, c.w, id, dst, false)
	return out
}

// pending gives the next segment that the round has not met, or that was split
// since.
func (c *ImageCursor) pending(t *Table, r Round) (uint32, bool) {
	for range 2 {
		for n := uint32(len(t.segs)); c.next+1 < n; {
			c.next++
			if t.held[c.next]>>1 != r.Number && !t.front.has(c.next) && t.segs[c.next].cap > 0 {
				return c.next, true
			}
		}
		c.next = 0
	}
	return 0, false
}

// appendRest gives the keys of a segment that is too large for a part, as deltas
// beside a part without rows, all at one marker.
func appendRest(x parted, c *ImageCursor, dst []byte) Imaged {
	n := 0
	dst = append(dst, deltaVersion)
	for from := len(dst); n < len(c.rest) && len(dst) < from+partMost; n++ {
		c.dump.buf = x.dumpRows(c.rest[n:n+1], c.dump.buf, func(ch Change) { dst = appendChange(dst, ch) })
	}
	c.rest = c.rest[n:]
	c.sub++
	return Imaged{Data: dst, Part: c.sub<<32 | uint64(c.big), More: true}
}

func (t *Table) liveRows(id uint32, refs []Ref) []Ref {
	s := &t.segs[id]
	for n := range s.n {
		if *header(s.row(t.stride, n))&rowLive != 0 {
			refs = append(refs, makeRef(id, n))
		}
	}
	return refs
}

// appendPart writes the part of a segment; bare is one without its rows.
func appendPart(x parted, w *partWriter, id uint32, dst []byte, bare bool) []byte {
	t := x.rowsOf()
	s := &t.segs[id]
	w.begin(x, id)
	from := len(dst)
	dst = w.front(dst, len(t.spec.HeapRefs))
	if s.live > 0 && !bare {
		dst = packRows(x, w, s, dst)
	}
	return w.append(dst, from, t)
}

// packRows appends the block of a segment, and fills the arenas with what its rows
// refer to.
func packRows(x parted, w *partWriter, s *segment, dst []byte) []byte {
	t := x.rowsOf()
	to := segment{cap: s.cap, n: s.n, free: s.free}
	if s.live <= s.cap/8 && s.cap > segLeast { // mostly gaps
		to = segment{cap: s.cap / 4}
	}
	to.mask = slotsFor(to.cap) - 1
	at, size := len(dst), blockBytes(t.stride, to.cap)
	full := blockSize(size)
	dst = slices.Grow(dst, full)[:at+full]
	clear(dst[at+size:])
	to.index = unsafe.Pointer(&dst[at])
	to.rows = unsafe.Add(to.index, uintptr(slotsFor(to.cap))*4)
	if to.cap == s.cap {
		copy(dst[at:at+size], unsafe.Slice((*byte)(s.index), size))
	} else {
		clear(dst[at : at+size])
		t.copyLive(&to, s)
	}
	if weight := x.weight(s); weight > 0 {
		dst = w.gather(x, weight, dst)
		to.index = unsafe.Pointer(&dst[at])
		to.rows = unsafe.Add(to.index, uintptr(slotsFor(to.cap))*4)
	}
	var some [dirtyBatch]unsafe.Pointer
	for n, next := uint32(0), 0; n < to.n; n++ {
		row := to.row(t.stride, n)
		if h := header(row); *h&rowLive != 0 {
			*h = *h&^(rowDirty|rowTouched|rowStamp) | rowBase
			*link(row) = 0
			some[next] = row
			next++
		}
		if next == dirtyBatch || n+1 == to.n {
			w.near += x.near(some[:next])
			for _, row := range some[:next] {
				x.pack(w, row)
			}
			next = 0
		}
	}
	w.sizes[partRows] = uint64(size)
	w.cap, w.n, w.live, w.free = uint64(to.cap), uint64(to.n), uint64(s.live), uint64(to.free)
	return dst
}

// copyLive copies the live rows of s to an empty segment.
func (t *Table) copyLive(to, s *segment) {
	for n := range s.n {
		row := s.row(t.stride, n)
		h := *header(row)
		if h&rowLive == 0 {
			continue
		}
		copy(unsafe.Slice((*byte)(to.row(t.stride, to.n)), t.stride), unsafe.Slice((*byte)(row), t.stride))
		to.enter(h, to.n)
		to.n++
	}
}

// changed notes that an image of the segment of r no longer holds.
func (t *Table) changed(r Ref) {
	id := uint32(r >> 16)
	if t.front.has(id) {
		id = t.segOf(*header(t.rowOf(r)))
	}
	t.held[id] |= 1
}

// NotImaged says that no base has images of a table that might be kept.
func NotImaged(t Owner) {
	if x, ok := t.(parted); ok {
		held := x.rowsOf().held
		for i := range held {
			held[i] |= 1
		}
	}
}
