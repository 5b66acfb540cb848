package state

import "slices"

// Cursor is a position in a scan. The zero value is the start. It survives
// changes of the table: rows that exist throughout are met exactly once, since
// the order is that of hashes, which no split disturbs.
type Cursor struct {
	at      uint64 // 48 bits: places below are done
	done    bool
	version uint64
	order   []uint64 // the segment's rows by place: 48 bits of place, 16 of row
	next    int
	seg     uint32
	valid   bool
}

// Done reports that the scan is over.
func (c *Cursor) Done() bool { return c.done }

// Scan replaces refs by at least one and about max further rows, in an order
// that depends on nothing but the keys; none when the scan is over.
func (t *Table) Scan(c *Cursor, max int, refs []Ref) []Ref {
	refs = refs[:0]
	now := int64(0)
	if t.ttl > 0 {
		now = t.store.Now()
	}
	for !c.done && len(refs) < max {
		if !c.valid || c.version != t.version {
			t.aim(c)
		}
		s := &t.segs[c.seg]
		for ; c.next < len(c.order); c.next++ {
			o := c.order[c.next]
			if len(refs) >= max && o>>16 >= c.at {
				return refs
			}
			c.at = o>>16 + 1
			r := uint32(o & 0xFFFF)
			p := s.row(t.stride, r)
			h := *header(p) // the row may be gone, and its place taken by another
			if h&rowLive != 0 && t.place(h&^0xFFFF)>>16 == o>>16 && (t.ttl == 0 || !t.expired(p, now)) {
				refs = append(refs, makeRef(c.seg, r))
			}
		}
		c.valid = false
		c.at = s.path>>16 + 1<<(48-s.depth)
		c.done = c.at >= 1<<48
	}
	return refs
}

// Walk is Scan in the order in which rows lie, which costs no sorting. Nothing
// may change the table until it is over, and it is blind to expiry.
func (t *Table) Walk(c *Cursor, max int, refs []Ref) []Ref {
	refs = refs[:0]
	t.wantRows()
	for !c.done && len(refs) < max {
		s := &t.segs[c.seg]
		for ; c.next < int(s.n) && len(refs) < max; c.next++ {
			if *header(s.row(t.stride, uint32(c.next)))&rowLive != 0 {
				refs = append(refs, makeRef(c.seg, uint32(c.next)))
			}
		}
		if c.next >= int(s.n) {
			c.seg, c.next = c.seg+1, 0
			c.done = int(c.seg) >= len(t.segs)
		}
	}
	return refs
}

// aim sorts the rest of the segment that the cursor stands in.
func (t *Table) aim(c *Cursor) {
	if t.waiting != nil {
		t.wantSegment(t.dir[c.at<<16>>(64-t.depth)])
	}
	t.bringHome(t.dir[c.at<<16>>(64-t.depth)])
	c.seg = t.dir[c.at<<16>>(64-t.depth)]
	c.version, c.valid = t.version, true
	c.order, c.next = c.order[:0], 0
	s := &t.segs[c.seg]
	for r := range s.n {
		h := *header(s.row(t.stride, r))
		if x := t.place(h&^0xFFFF) >> 16; h&rowLive != 0 && x >= c.at {
			c.order = append(c.order, x<<16|uint64(r))
		}
	}
	slices.Sort(c.order)
}
