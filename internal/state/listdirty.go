package state

import (
	"encoding/binary"
	"unsafe"
)

// goneLog notes what was removed of what is known elsewhere.
type goneLog struct{ buf []byte }

// add notes a change of the value seq (8 bytes) and more.
func (g *goneLog) add(op Op, key []byte, seq uint64, more []byte) {
	le := binary.LittleEndian
	g.buf = le.AppendUint32(append(g.buf, byte(op)), uint32(len(key)))
	g.buf = append(le.AppendUint32(g.buf, uint32(8+len(more))), key...)
	g.buf = append(le.AppendUint64(g.buf, seq), more...)
}

// take hands over what was noted, in order.
func (g *goneLog) take(f func(Change)) {
	for b := g.buf; len(b) > 0; {
		k := 9 + binary.LittleEndian.Uint32(b[1:])
		n := k + binary.LittleEndian.Uint32(b[5:])
		f(Change{Op: Op(b[0]), Key: b[9:k], Value: b[k:n]})
		b = b[n:]
	}
	g.buf = g.buf[:0]
}

// MarkEntry notes that the entry's Aux was written: it is dirty, and lives for
// another TTL.
func (l *List) MarkEntry(e Entry) {
	if l.ttl > 0 {
		*l.expiry(e) = l.store.Now() + l.ttl
	}
	l.markEntry(e)
}

// named is what beside its seq names an entry: its row, where subtasks that count
// on their own may have entries of one key.
func (l *List) named(e Entry) []byte {
	if l.byRow == nil {
		return nil
	}
	return l.Row(e)
}

// rowIn is the row in a change to one entry.
func (l *List) rowIn(c Change) []byte {
	if c.Op == OpRemove {
		return c.Value[8:]
	}
	return c.Value[16+int(l.rowAt-unsafe.Sizeof(entryHead{})):]
}

// called finds the entry of a key that goes by a name, 0 if there is none.
func (l *List) called(h *listHead, seq uint64, row []byte) Entry {
	array := l.array(h)
	for i := l.position(h, seq); i < h.n; i++ {
		e := *slotAt(array, i)
		switch {
		case e == 0:
		case l.entry(e).seq != seq:
			return 0
		case l.byRow == nil || string(l.Row(e)) == string(row):
			return e
		}
	}
	return 0
}

// behind reports that an entry of that seq comes after all that a key has, which is
// not empty.
func (l *List) behind(h *listHead, seq uint64) bool {
	e := *slotAt(l.array(h), h.n-1)
	return e != 0 && l.entry(e).seq < seq
}

// Apply replays a change.
func (l *List) Apply(c Change) error {
	hash := hashOf(c.Key)
	return l.applyTo(hash, l.keys.probe(hash, c.Key), c)
}

func (l *List) applyTo(hash uint64, r Ref, c Change) error {
	if c.Op == OpDelete {
		if r != NoRef {
			l.applyDelete(r, c.Value)
		}
		return nil
	}
	least := 8
	if c.Op != OpRemove {
		least = 16 + int(l.rowAt-unsafe.Sizeof(entryHead{}))
	}
	if c.Op > OpRemove || len(c.Value) < least || l.keys.keyLen >= 0 && len(c.Key) != l.keys.keyLen {
		return badChange(l.spec.Name)
	}
	seq := binary.LittleEndian.Uint64(c.Value)
	if r == NoRef {
		if c.Op == OpRemove {
			return nil
		}
		r = l.keys.insert(hash, c.Key)
	}
	if h := l.headOf(r); h.live > 0 && !l.behind(h, seq) {
		if e := l.called(h, seq, l.rowIn(c)); e != 0 {
			l.remove(r, e, false)
		}
	}
	l.keys.changed(r)
	if c.Op != OpRemove {
		l.restore(r, hash, seq, c.Value)
	}
	l.bury()
	return nil
}

// applyDelete removes the entries of a key: with RouteRow those of the key groups
// of who has said so.
func (l *List) applyDelete(r Ref, value []byte) {
	if l.byRow == nil || len(value) < 8 {
		l.removeKey(r, false)
		return
	}
	x := binary.LittleEndian.Uint64(value)
	from, to := int(x>>32), int(uint32(x))
	h := l.headOf(r)
	var gone []Entry // first, since to remove one may move the others
	for _, e := range unsafe.Slice(slotAt(l.array(h), 0), h.n) {
		if e == 0 {
			continue
		}
		if g := l.byRow.group(0, l.Row(e), l.store.cfg.Groups); g >= from && g < to {
			gone = append(gone, e)
		}
	}
	for _, e := range gone {
		l.remove(r, e, false)
	}
	l.bury()
}

// restore puts an entry into its place by seq.
func (l *List) restore(r Ref, hash, seq uint64, value []byte) {
	e := l.newEntry(hash, seq, value[16+int(l.rowAt-unsafe.Sizeof(entryHead{})):])
	copy(l.entries.Get(uint64(e))[unsafe.Sizeof(entryHead{}):l.rowAt], value[16:])
	en := l.entry(e)
	en.mult = int64(binary.LittleEndian.Uint64(value[8:]))
	en.flags = entryBase
	l.seq = max(l.seq, seq+1)
	h := l.headOf(r)
	at := h.n
	if h.live > 0 && !l.behind(h, seq) {
		at = l.position(h, seq)
	}
	if at == h.n {
		l.link(h, e)
		return
	}
	// Behind the end first, then to its place: rare, for logs are in order.
	l.links.Free(h.index)
	h.index = 0
	l.link(h, e)
	l.compact(h)
	array := l.array(h)
	i := h.n - 1
	for ; i > 0 && l.entry(*slotAt(array, i-1)).seq > seq; i-- {
		*slotAt(array, i) = *slotAt(array, i-1)
		l.entry(*slotAt(array, i)).pos = i
	}
	*slotAt(array, i) = e
	l.entry(e).pos = i
}
