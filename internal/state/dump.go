package state

import (
	"encoding/binary"
	"unsafe"
)

// DumpCursor is a position in a dump. The zero value is the start. It survives
// changes of the table: what exists throughout is met once, the rest once or not
// at all.
type DumpCursor struct {
	keys Cursor
	refs []Ref
	buf  []byte
	done bool
}

// Dump hands over a whole table as changes to an empty one.
func Dump(t Owner, f func(Change)) {
	for c := (DumpCursor{}); t.DumpSome(&c, lookChunk, f); {
	}
}

// AppendDump appends further keys of a table, until dst has more than limit bytes or
// there are no more, as a delta that makes them in an empty table. more tells that
// there are others; the delta may be empty.
func AppendDump(t Owner, c *DumpCursor, dst []byte, limit int) (_ []byte, more bool) {
	first := true
	add := func(x Change) {
		if first {
			dst = append(dst, deltaVersion)
			first = false
		}
		dst = appendChange(dst, x)
	}
	for len(dst) < limit {
		if !t.DumpSome(c, lookChunk, add) {
			return dst, false
		}
	}
	return dst, true
}

// DumpSome hands over what further keys, about most of them, hold; it is false
// when there are no more. A dump counts as taken: what was handed over is known,
// and its removal will be told.
func (t *Table) DumpSome(c *DumpCursor, most int, f func(Change)) bool {
	c.refs = t.Scan(&c.keys, most, c.refs)
	c.buf = t.dumpRows(c.refs, c.buf, f)
	return len(c.refs) > 0
}

func (t *Table) dumpRows(refs []Ref, buf []byte, f func(Change)) []byte {
	for _, r := range refs {
		p := t.rowOf(r)
		*header(p) |= rowBase
		buf = t.appendValue(buf[:0], p)
		f(Change{Op: OpPut, Key: t.keyOf(p), Value: buf})
	}
	return buf
}

// DumpSome is as Table.DumpSome.
func (l *List) DumpSome(c *DumpCursor, most int, f func(Change)) bool {
	c.refs = l.keys.Scan(&c.keys, most, c.refs)
	c.buf = l.dumpRows(c.refs, c.buf, f)
	return len(c.refs) > 0
}

func (l *List) dumpRows(refs []Ref, buf []byte, f func(Change)) []byte {
	l.eachEntry(refs, func(r Ref, e Entry) {
		buf = l.appendEntry(buf[:0], e)
		f(Change{Op: OpAppend, Key: l.keys.KeyBytes(r), Value: buf})
	})
	return buf
}

// eachEntry visits the entries of keys, which are known from now on.
func (l *List) eachEntry(refs []Ref, f func(Ref, Entry)) {
	now := l.now()
	for _, r := range refs {
		h := l.headOf(r)
		array := l.array(h)
		for i := h.from; i < h.n; i++ {
			if e := *slotAt(array, i); e != 0 && !l.expired(e, now) {
				l.entry(e).flags |= entryBase
				f(r, e)
			}
		}
	}
}

// DumpSome is as Table.DumpSome.
func (s *Sorted) DumpSome(c *DumpCursor, most int, f func(Change)) bool {
	c.refs = s.t.Scan(&c.keys, most, c.refs)
	c.buf = s.dumpRows(c.refs, c.buf, f)
	return len(c.refs) > 0
}

func (s *Sorted) dumpRows(refs []Ref, buf []byte, f func(Change)) []byte {
	for _, g := range refs {
		p := s.t.rowOf(g)
		*header(p) |= rowBase
		buf = s.appendFixed(buf[:0], p)
		f(Change{Op: OpPut, Key: s.t.keyOf(p), Value: buf})
		h := s.headOf(g)
		for i := range max(1, int(h.chunks)) {
			ch := s.chunkAt(h, i)
			if ch == nil {
				break
			}
			for _, sl := range ch.slots()[:ch.n] {
				s.item(sl.item).flags |= entryBase
				buf = s.appendItem(buf[:0], sl.item)
				f(Change{Op: OpAppend, Key: s.t.keyOf(p), Value: buf})
			}
		}
	}
	return buf
}

// DumpSome is as Table.DumpSome, the keys being times.
func (t *Timers) DumpSome(c *DumpCursor, most int, f func(Change)) bool {
	c.refs = t.list.keys.Scan(&c.keys, most, c.refs)
	c.buf = t.dumpRows(c.refs, c.buf, f)
	return len(c.refs) > 0
}

func (t *Timers) dumpRows(refs []Ref, buf []byte, f func(Change)) []byte {
	t.list.eachEntry(refs, func(r Ref, e Entry) {
		buf = t.appendTimer(buf[:0], r, e)
		f(Change{Op: OpAppend, Key: t.list.Row(e), Value: buf})
	})
	return buf
}

// DumpSome hands over all values at once.
func (s *Single) DumpSome(c *DumpCursor, _ int, f func(Change)) bool {
	if c.done {
		return false
	}
	c.done = true
	s.settle()
	s.tell(0, true, f)
	s.whole = s.whole || len(s.vals) > s.told // more is known now than was told
	return true
}

// appendFixed appends what is saved of a map beside its items.
func (s *Sorted) appendFixed(dst []byte, p unsafe.Pointer) []byte {
	at := len(dst) + int(s.t.valAt-s.t.expiryFrom())
	dst = s.t.appendValue(dst, p)
	clear(dst[at:][:headBytes])
	return dst
}

func (s *Sorted) appendItem(dst []byte, r uint64) []byte {
	it := s.item(r)
	dst = binary.LittleEndian.AppendUint64(dst, it.seq)
	dst = binary.LittleEndian.AppendUint32(dst, it.skLen)
	return append(dst, s.items.Get(r)[s.auxAt:]...)
}

func (l *List) appendEntry(dst []byte, e Entry) []byte {
	en := l.entry(e)
	dst = binary.LittleEndian.AppendUint64(dst, en.seq)
	dst = binary.LittleEndian.AppendUint64(dst, uint64(en.mult))
	return append(dst, l.entries.Get(uint64(e))[unsafe.Sizeof(entryHead{}):]...)
}

func (t *Timers) appendTimer(dst []byte, r Ref, e Entry) []byte {
	l := t.list
	dst = append(dst, l.keys.KeyBytes(r)[:8]...)
	return binary.LittleEndian.AppendUint64(dst, l.entry(e).seq)
}
