package state

import (
	"unsafe"
)

// Row gives the encoded row, valid until the next change of the list.
func (l *List) Row(e Entry) []byte {
	p := l.entries.ptr(uint64(e))
	return unsafe.Slice((*byte)(unsafe.Add(p, heapHeader+l.rowAt)), uintptr(*(*uint32)(p))-l.rowAt)
}

// Rows replaces out by the encoded rows of entries, for vec.Codec.Decode; valid
// until the next change of the list.
func (l *List) Rows(entries []Entry, out [][]byte) [][]byte {
	if cap(out) < len(entries) {
		out = make([][]byte, len(entries))
	}
	out = out[:len(entries)]
	for i, e := range entries {
		out[i] = l.Row(e)
	}
	return out
}

// Aux points to the entry's Aux bytes, 8-byte aligned, valid until the entry is
// removed. Who writes there calls MarkEntry.
func (l *List) Aux(e Entry) unsafe.Pointer {
	return unsafe.Add(l.entries.ptr(uint64(e)), heapHeader+l.auxAt)
}

// Mult is the entry's multiplicity.
func (l *List) Mult(e Entry) int64 { return l.entry(e).mult }

// Key gives the canonical bytes of the entry's key, valid until the next change
// of the list.
func (l *List) Key(e Entry) []byte { return l.keys.KeyBytes(l.owner(e)) }

// owner finds the key that an entry hangs on.
func (l *List) owner(e Entry) Ref {
	en := l.entry(e)
	return l.keys.find(en.hash, func(r Ref) bool {
		h := l.headOf(r)
		return en.pos < h.n && *slotAt(l.array(h), en.pos) == e
	})
}

// HasKey tells in out[i] whether key i has entries.
func (l *List) HasKey(k *Keys, out []bool) {
	now := l.now()
	for i, r := range l.find(k) {
		out[i] = r != NoRef && l.some(l.headOf(r), now)
	}
}

// some reports whether a key has an entry that has not expired.
func (l *List) some(h *listHead, now int64) bool {
	if l.ttl == 0 {
		return h.live > 0
	}
	array := l.array(h)
	for i := h.n; i > h.from; i-- { // the latest lives longest
		if e := *slotAt(array, i-1); e != 0 && !l.expired(e, now) {
			return true
		}
	}
	return false
}

// Count gives in out[i] the number of entries of key i.
func (l *List) Count(k *Keys, out []int32) {
	now := l.now()
	for i, r := range l.find(k) {
		out[i] = 0
		if r == NoRef {
			continue
		}
		h := l.headOf(r)
		if l.ttl == 0 {
			out[i] = int32(h.live)
			continue
		}
		array := l.array(h)
		for j := h.from; j < h.n; j++ {
			if e := *slotAt(array, j); e != 0 && !l.expired(e, now) {
				out[i]++
			}
		}
	}
}

// Probe is a resumable walk over the entries that the keys of a batch match.
// The zero value is ready for List.Probe; buffers are reused.
type Probe struct {
	l      *List
	now    int64
	arrays []unsafe.Pointer
	n      []uint32
	refs   []Ref
	i      int
	at     uint32
}

// Probe starts a walk over the entries of each key of k. The keys are looked up
// now; the list must not change before the walk is over.
func (l *List) Probe(p *Probe, k *Keys) {
	n := k.Len()
	p.l, p.now, p.i, p.at = l, l.now(), 0, 0
	p.refs = sizedRefs(p.refs, n)
	if cap(p.n) < n {
		p.n, p.arrays = make([]uint32, n), make([]unsafe.Pointer, n)
	}
	p.n, p.arrays = p.n[:n], p.arrays[:n]
	l.keys.locate(k, p.refs)
	for i, r := range p.refs {
		p.n[i] = 0
		if r != NoRef {
			h := l.headOf(r)
			p.n[i], p.arrays[i] = h.n, l.array(h)
		}
	}
}

// Next fills probe and entries (of one length) with the next pairs: entries[x]
// matches key probe[x]. Pairs come by key index, then in insertion order. It
// gives the number of pairs; 0 means that the walk is over.
func (p *Probe) Next(probe []int32, entries []Entry) int {
	out, most := 0, len(probe)
	entries = entries[:most]
	for ; p.i < len(p.n); p.i, p.at = p.i+1, 0 {
		array, n := p.arrays[p.i], p.n[p.i]
		for ; p.at < n; p.at++ {
			if out == most {
				return out
			}
			e := *slotAt(array, p.at)
			if e == 0 || p.l.ttl > 0 && *p.l.expiry(e) <= p.now {
				continue
			}
			probe[out], entries[out] = int32(p.i), e
			out++
		}
	}
	return out
}

// At fills entries with those of key i from slot on, and gives their number and
// the slot behind them; 0 means that there are no more.
func (p *Probe) At(i int, slot uint32, entries []Entry) (int, uint32) {
	out, array, n := 0, p.arrays[i], p.n[i]
	for ; slot < n && out < len(entries); slot++ {
		e := *slotAt(array, slot)
		if e == 0 || p.l.ttl > 0 && *p.l.expiry(e) <= p.now {
			continue
		}
		entries[out] = e
		out++
	}
	return out, slot
}

// ListCursor is a position in a scan of a List. The zero value is the start.
// Like Cursor it survives changes of the list.
type ListCursor struct {
	keys Cursor
	key  []byte // the key that the scan stands in, if in
	hash uint64
	in   bool
	seq  uint64 // entries of it below are done
	one  []Ref
}

// Scan replaces out by further entries, at most max, whole keys in an order that
// depends on nothing but the keys, each key's entries in insertion order; none
// when the scan is over.
func (l *List) Scan(c *ListCursor, max int, out []Entry) []Entry {
	out = out[:0]
	now := l.now()
	for len(out) < max {
		r := NoRef
		if c.in {
			r = l.keys.probe(c.hash, c.key)
			c.in = r != NoRef
		}
		if !c.in {
			c.one = l.keys.Scan(&c.keys, 1, c.one)
			if len(c.one) == 0 {
				return out
			}
			if len(c.one) > 1 { // keys with the same 48 bits of hash: take them up at once
				for _, r := range c.one {
					out = l.scanKey(r, 0, now, 1<<31-1, out, nil)
				}
				continue
			}
			r = c.one[0]
			c.in, c.seq = true, 0
			c.hash = *header(l.keys.rowOf(r))
			c.key = append(c.key[:0], l.keys.KeyBytes(r)...)
		}
		out = l.scanKey(r, c.seq, now, max, out, c)
	}
	return out
}

// EachKey visits the keys that have entries; the bytes are valid during the call.
func (l *List) EachKey(f func(key []byte)) {
	var at Cursor
	var refs []Ref
	for {
		if refs = l.keys.Scan(&at, 1024, refs); len(refs) == 0 {
			return
		}
		for _, r := range refs {
			if l.headOf(r).live > 0 {
				f(l.keys.KeyBytes(r))
			}
		}
	}
}

// scanKey appends a key's entries from seq on; c, if not nil, notes where it
// stopped.
func (l *List) scanKey(r Ref, seq uint64, now int64, max int, out []Entry, c *ListCursor) []Entry {
	h := l.headOf(r)
	array := l.array(h)
	for i := l.position(h, seq); i < h.n; i++ {
		e := *slotAt(array, i)
		if e == 0 || l.expired(e, now) {
			continue
		}
		if len(out) >= max {
			c.seq = l.entry(e).seq
			return out
		}
		out = append(out, e)
	}
	if c != nil {
		c.in = false
	}
	return out
}

// position gives the first slot whose entry has at least that seq, h.n if none.
func (l *List) position(h *listHead, seq uint64) uint32 {
	array := l.array(h)
	lo, hi := h.from, h.n
	for lo < hi {
		mid := (lo + hi) / 2
		at := mid
		for at < hi && *slotAt(array, at) == 0 {
			at++
		}
		if at == hi || l.entry(*slotAt(array, at)).seq >= seq {
			hi = mid
		} else {
			lo = at + 1
		}
	}
	for lo < h.n && *slotAt(array, lo) == 0 {
		lo++
	}
	return lo
}

// Len is the number of keys.
func (l *List) Len() int { return l.keys.Len() }

// Entries is the number of entries of all keys.
func (l *List) Entries() int {
	l.keys.settleRows()
	return l.count
}

// Bytes is the memory held.
func (l *List) Bytes() int64 { return l.keys.Bytes() + l.entries.Bytes() + l.links.Bytes() }
