package state

import (
	"bytes"
	"encoding/binary"
)

func (s *Sorted) markItem(r uint64) {
	if !s.track {
		return
	}
	if it := s.item(r); it.flags&entryDirty == 0 {
		it.flags |= entryDirty
		s.dirty = append(s.dirty, r)
	}
}

// TakeDirty hands over, in this order: removed keys (OpDelete), removed items
// (OpRemove with seq and sort key, OpTrim with 8 bytes and the bound), changed
// keys (OpPut with expiry, if there is a TTL, and the Fixed bytes, as
// Table.TakeDirty), and new or changed items (OpAppend with seq (8 bytes), the
// sort key's length (4), Aux, sort key and row).
func (s *Sorted) TakeDirty(f func(Change)) {
	t := s.t
	gone := t.records.take(nil, 0)
	gone.each(s.spec.Name, f)
	s.gone.take(f)
	var buf []byte
	t.eachDirty(func(d *dirtyRows) {
		for _, p := range d.rows[:d.n] {
			buf = s.appendFixed(buf[:0], p)
			f(Change{Op: OpPut, Key: t.keyOf(p), Value: buf})
		}
	})
	for _, r := range s.dirty {
		if !s.items.alive(r) {
			continue
		}
		it := s.item(r)
		if it.flags&entryDirty == 0 {
			continue
		}
		it.flags = it.flags&^entryDirty | entryBase
		buf = s.appendItem(buf[:0], r)
		g := s.owner(r)
		t.changed(g)
		f(Change{Op: OpAppend, Key: t.KeyBytes(g), Value: buf})
	}
	s.dirty = s.dirty[:0]
}

// owner finds the map that an item is in.
func (s *Sorted) owner(r uint64) Ref {
	it := s.item(r)
	return s.t.find(it.hash, func(g Ref) bool {
		at, ok := s.named(s.headOf(g), s.sortKey(r), it.seq)
		return ok && s.at(s.headOf(g), at) == r
	})
}

// named finds an item by sort key and seq, or the place where it belongs.
func (s *Sorted) named(h *sortHead, sortKey []byte, seq uint64) (spot, bool) {
	at := s.seek(h, sortKey, seq)
	if on, ok := s.step(h, at); ok {
		r := s.at(h, on)
		if s.item(r).seq == seq && bytes.Equal(s.sortKey(r), sortKey) {
			return on, true
		}
	}
	return at, false
}

// Apply replays a change.
func (s *Sorted) Apply(c Change) error {
	hash := hashOf(c.Key)
	return s.applyTo(hash, s.t.probe(hash, c.Key), c)
}

func (s *Sorted) applyTo(hash uint64, g Ref, c Change) error {
	t := s.t
	switch c.Op {
	case OpDelete:
		if g != NoRef {
			s.clear(s.headOf(g))
			t.drop(g)
		}
		return nil
	case OpPut:
		return s.applyPut(c, g)
	}
	if len(c.Value) < 8 || t.keyLen >= 0 && len(c.Key) != t.keyLen {
		return badChange(s.spec.Name)
	}
	seq := binary.LittleEndian.Uint64(c.Value)
	if c.Op == OpAppend {
		return s.applyItem(c, g, hash, seq)
	}
	if g == NoRef {
		return nil
	}
	t.changed(g)
	h := s.headOf(g)
	if c.Op == OpTrim {
		s.dropFirst(h, s.rank(h, s.seek(h, c.Value[8:], 0)))
		return nil
	}
	if at, ok := s.named(h, c.Value[8:], seq); ok {
		r := s.at(h, at)
		s.cut(h, at)
		s.freeItem(h, r)
	}
	return nil
}

// applyPut restores a key's Fixed bytes; its items stay.
func (s *Sorted) applyPut(c Change, g Ref) error {
	var keep sortHead
	if g != NoRef {
		keep = *s.headOf(g)
	}
	if err := s.t.Apply(c); err != nil {
		return err
	}
	if g == NoRef {
		g = s.t.probe(hashOf(c.Key), c.Key)
	}
	*s.headOf(g) = keep
	return nil
}

func (s *Sorted) applyItem(c Change, g Ref, hash, seq uint64) error {
	aux := int(s.keyAt - s.auxAt)
	if len(c.Value) < 12+aux {
		return badChange(s.spec.Name)
	}
	n := uint64(binary.LittleEndian.Uint32(c.Value[8:]))
	rest := c.Value[12+aux:]
	if uint64(len(rest)) < n {
		return badChange(s.spec.Name)
	}
	if g == NoRef {
		g = s.t.insert(hash, c.Key)
		p := s.t.rowOf(g)
		s.t.unnote(p)
		*header(p) |= rowBase
	}
	s.t.changed(g)
	h := s.headOf(g)
	r := s.newItem(hash&^0xFFFF, seq, rest[:n], rest[n:])
	copy(s.items.Get(r)[s.auxAt:s.keyAt], c.Value[12:])
	s.item(r).flags = entryBase
	s.seq = max(s.seq, seq+1)
	at, ok := s.named(h, rest[:n], seq)
	if ok {
		old := s.at(h, at)
		s.cut(h, at)
		s.freeItem(h, old)
		at, _ = s.named(h, rest[:n], seq)
	}
	s.put(h, at, r)
	if h.tied != 0 {
		s.tie(r)
	}
	return nil
}
