package state

import "unsafe"

// lookChunk is the number of keys that go through the phases together: enough
// for their cache misses to overlap, few enough for the arrays to stay close.
const lookChunk = 512

// lookup is what the phases hand on. One serves all tables of a store.
type lookup struct {
	seg   [lookChunk]uint32
	entry [lookChunk]uint32 // the index slot's content
	at    [lookChunk]uint32 // the slot
	hit   [lookChunk]bool
}

// Upsert finds or creates the row of each key: refs[i] for key i. created may
// be nil; created[i] tells whether key i made its row (the first of equal keys
// in the batch does). refs and created have at least k.Len() elements.
func (t *Table) Upsert(k *Keys, refs []Ref, created []bool) {
	if t.waiting != nil {
		t.settleKeys(k.hashes[:k.Len()])
	}
	n, now := k.Len(), int64(0)
	if t.ttl > 0 {
		now = t.store.Now()
		t.sweep(now, n/4+16)
	}
	if created != nil {
		clear(created[:n])
	}
	if t.front == nil && t.use.bytes >= t.store.warmBytes {
		t.warm()
	}
	if t.front != nil {
		t.ready(k.hashes)
	}
	if t.front != nil {
		t.front.begin(true)
	}
	splits := t.splits
	for from := 0; from < n; from += lookChunk {
		to := min(from+lookChunk, n)
		t.search(k, from, to)
		t.settle(k, from, to, refs, created)
	}
	if t.splits != splits { // rows of earlier keys may have moved
		t.locate(k, refs)
	}
	if t.ttl > 0 {
		t.renew(k, refs[:n], created, now)
	}
}

// Find gives the row of each key, NoRef where there is none.
func (t *Table) Find(k *Keys, refs []Ref) {
	t.locate(k, refs)
	if t.ttl > 0 {
		now := t.store.Now()
		for i, r := range refs[:k.Len()] {
			if r != NoRef && t.expired(t.rowOf(r), now) {
				refs[i] = NoRef
			}
		}
	}
}

// Restored is Find blind to expiry, for who was restored: rows with a pending change
// live until that is taken (see Touch).
func (t *Table) Restored(k *Keys, refs []Ref) { t.locate(k, refs) }

// locate is Find blind to expiry.
func (t *Table) locate(k *Keys, refs []Ref) {
	if t.waiting != nil {
		t.settleKeys(k.hashes[:k.Len()])
	}
	l := t.scratch
	if t.front != nil {
		t.front.begin(false)
	}
	for from := 0; from < k.Len(); from += lookChunk {
		to := min(from+lookChunk, k.Len())
		t.search(k, from, to)
		for i := from; i < to; i++ {
			j := i - from
			switch e := l.entry[j]; {
			case l.hit[j]:
				refs[i] = makeRef(l.seg[j], e&rowMask-1)
			case e == 0:
				refs[i] = NoRef
			default:
				refs[i] = t.probe(k.hashes[i], k.Bytes(i))
			}
		}
	}
}

// search looks keys from to to up.
func (t *Table) search(k *Keys, from, to int) {
	if t.front != nil {
		t.searchFront(k, from, to)
		return
	}
	t.searchIn(t.dir, t.depth, k, from, to)
}

// searchIn runs the phases over keys from to to: load the index entries of the segments
// that a directory leads to, walk to the first one with the right tag, compare its row
// with the key.
func (t *Table) searchIn(dir []uint32, depth uint8, k *Keys, from, to int) {
	l := t.scratch
	hashes := k.hashes[from:to]
	down, lo, shift, segs := (64-depth)&127, t.lo, t.shift&63, t.segs
	for j, h := range hashes {
		id := dir[(h-lo)<<shift>>down]
		s := &segs[id]
		at := slotOf(h) & s.mask
		l.seg[j&(lookChunk-1)], l.at[j&(lookChunk-1)] = id, at
		l.entry[j&(lookChunk-1)] = *s.slot(at)
	}
	for j, h := range hashes {
		j &= lookChunk - 1
		e := l.entry[j]
		if tag := tagOf(h); (e^tag)>>rowBits != 0 && e != 0 {
			s, at := &segs[l.seg[j]], l.at[j]
			for (e^tag)>>rowBits != 0 && e != 0 {
				at = (at + 1) & s.mask
				e = *s.slot(at)
			}
			l.entry[j], l.at[j] = e, at
		}
	}
	if t.word && k.stride == 9 {
		t.compareWords(k, from, to)
		return
	}
	t.compareKeys(k, from, to)
}

// compareWords is compareKeys for keys of 8 bytes and a null byte.
func (t *Table) compareWords(k *Keys, from, to int) {
	l, segs, stride, keyAt := t.scratch, t.segs, t.stride, t.keyAt
	p := unsafe.Pointer(unsafe.SliceData(k.rows.Data[from*9 : to*9]))
	for j := range to - from {
		j &= lookChunk - 1
		e := l.entry[j]
		if e == 0 {
			l.hit[j] = false
			continue
		}
		q := unsafe.Add(segs[l.seg[j]].rows, uintptr(e&rowMask-1)*stride+keyAt)
		key := unsafe.Add(p, j*9)
		l.hit[j] = *(*uint64)(q) == *(*uint64)(key) && *(*byte)(unsafe.Add(q, 8)) == *(*byte)(unsafe.Add(key, 8))
	}
}

func (t *Table) compareKeys(k *Keys, from, to int) {
	l, segs, stride := t.scratch, t.segs, t.stride
	for j := range to - from {
		e := l.entry[j]
		l.hit[j] = e != 0 && (*header(segs[l.seg[j]].row(stride, e&rowMask-1))^k.hashes[from+j])>>16 == 0
	}
	for j := range to - from {
		if l.hit[j] {
			row := segs[l.seg[j]].row(stride, l.entry[j]&rowMask-1)
			l.hit[j] = string(t.keyOf(row)) == string(k.Bytes(from+j))
		}
	}
}

// settle makes the rows that search did not find. Equal keys often follow each
// other (the lines of an order), so the last one is looked at first.
func (t *Table) settle(k *Keys, from, to int, refs []Ref, created []bool) {
	l, version := t.scratch, t.version
	last := version // when refs[i-1] was right
	for i := from; i < to; i++ {
		j := i - from
		e, id := l.entry[j], l.seg[j]
		if l.hit[j] && t.version == version {
			refs[i] = makeRef(id, e&rowMask-1)
			continue
		}
		h := k.hashes[i]
		if i > from && h == k.hashes[i-1] && t.version == last && string(k.Bytes(i)) == string(k.Bytes(i-1)) {
			refs[i] = refs[i-1]
			continue
		}
		if s := &t.segs[id]; e == 0 && t.version == version && !s.full() && *s.slot(l.at[j]) == 0 {
			refs[i] = t.birth(s, id, l.at[j], h, k.Bytes(i))
		} else {
			r := t.probe(h, k.Bytes(i))
			if r != NoRef {
				refs[i], last = r, t.version
				continue
			}
			refs[i] = t.insert(h, k.Bytes(i))
		}
		last = t.version
		if created != nil {
			created[i] = true
		}
	}
}

// probe looks one key up.
func (t *Table) probe(hash uint64, key []byte) Ref {
	if t.waiting != nil {
		t.settleKey(hash)
	}
	if t.front != nil {
		return t.probeFront(hash, key)
	}
	return t.probeIn(t.segOf(hash), hash, key)
}

// probeIn looks one key up in a segment.
func (t *Table) probeIn(id uint32, hash uint64, key []byte) Ref {
	s := &t.segs[id]
	tag := tagOf(hash)
	for i := slotOf(hash) & s.mask; ; i = (i + 1) & s.mask {
		e := *s.slot(i)
		if e == 0 {
			return NoRef
		}
		if (e^tag)>>rowBits == 0 && t.hasKey(s.row(t.stride, e&rowMask-1), hash, key) {
			return makeRef(id, e&rowMask-1)
		}
	}
}

// insert makes a row for a key that is not there, growing the table.
func (t *Table) insert(hash uint64, key []byte) Ref {
	id, ok := t.roomy(hash)
	s := &t.segs[id]
	if !ok {
		t.store.fail(errCrowded)
		return makeRef(id, uint32(hash)%s.n)
	}
	i := slotOf(hash) & s.mask
	for *s.slot(i) != 0 {
		i = (i + 1) & s.mask
	}
	return t.birth(s, id, i, hash, key)
}

// roomy gives the segment that a new row belongs to, with room for it; ok is false if
// none can be made.
func (t *Table) roomy(hash uint64) (id uint32, ok bool) {
	if t.front != nil {
		return t.roomyFront(hash)
	}
	return t.roomyBack(hash)
}

// roomyBack is roomy behind the front.
func (t *Table) roomyBack(hash uint64) (id uint32, ok bool) {
	id = t.segOf(hash)
	for t.segs[id].full() {
		s := &t.segs[id]
		if s.cap < t.store.segRows || s.depth >= depthMost && s.cap < crowdedRows {
			t.widen(id)
			continue
		}
		if t.front != nil && s.live < s.cap-s.cap/4 {
			t.squeeze(id)
			continue
		}
		if s.depth >= depthMost {
			return id, false
		}
		t.split(id)
		id = t.segOf(hash)
	}
	return id, true
}

// birth makes a row whose index slot at is free.
func (t *Table) birth(s *segment, id, at uint32, hash uint64, key []byte) Ref {
	r := t.take(s)
	*s.slot(at) = tagOf(hash) | (r + 1)
	p := s.row(t.stride, r)
	flags := uint64(rowLive)
	ref := makeRef(id, r)
	if t.track {
		flags |= rowDirty
		t.noted(ref, s)
	}
	*header(p) = hash&^0xFFFF | flags
	t.setKey(p, key)
	t.live++
	return ref
}
