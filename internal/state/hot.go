package state

import (
	"sync/atomic"
	"unsafe"
)

// hotKeys leads from hashes to rows without the index, for tables that have
// spilled. An index is spread over as many pages as it has: each lookup of a key
// that is used all the time would keep one of them in memory for 4 of its bytes.
// What is remembered here is checked against the row, so nothing has to be
// forgotten when rows move or go.
type hotKeys struct {
	mask  uint64
	slots []hotKey
	// write: the rows that are looked for will be written to.
	write bool
	// births: most of the keys that were last looked for in the index were new.
	births bool
}

type hotKey struct {
	hash uint64
	ref  Ref
	used bool // since another key wanted the slot
}

// hotShare is the part of the budget, as a divisor, that the slots of a table may
// take, and hotLeast the number that is worth having.
const (
	hotShare = 16
	hotLeast = 1 << 10
)

// warmBytes is the size from which a table is worth it, if nothing else says more.
const warmBytes = 1 << 20

// warm makes room for hot keys in a table that has grown large in a store that
// spills, once.
func (t *Table) warm() {
	m := &t.store.mem
	if now, _ := m.budget.Spilled(); now == 0 {
		return
	}
	room, size := m.budget.Limit()/hotShare, int64(unsafe.Sizeof(hotKey{}))
	n := int64(hotLeast)
	for n*2*size <= room {
		n *= 2
	}
	if t.use.bytes < 4*n*size {
		return
	}
	if t.warmed = true; n*size <= room && m.reserve(n*size) == nil {
		t.hot = &hotKeys{mask: uint64(n - 1), slots: make([]hotKey, n)}
	}
}

// slot of a hash: other bits than lead to the segment.
func (h *hotKeys) slot(hash uint64) *hotKey { return &h.slots[hash>>16&h.mask] }

// searchHot is search by way of the hot keys, one key after the other: where a
// page may have to be fetched for each there is nothing to overlap.
func (t *Table) searchHot(k *Keys, from, to int) {
	l := t.scratch
	cold, absent := 0, 0
	for j, h := range k.hashes[from:to] {
		c := t.hot.slot(h)
		if c.hash == h && t.holds(c.ref, h, k.Bytes(from+j)) {
			c.used = true
			l.seg[j], l.entry[j], l.hit[j] = uint32(c.ref>>16), tagOf(h)|(uint32(c.ref&0xFFFF)+1), true
			continue
		}
		id := t.segOf(h)
		s := &t.segs[id]
		tag, at := tagOf(h), slotOf(h)&s.mask
		e := t.hot.entry(s.slot(at))
		for (e^tag)>>rowBits != 0 && e != 0 {
			at = (at + 1) & s.mask
			e = *s.slot(at)
		}
		l.seg[j], l.at[j], l.entry[j] = id, at, e
		cold++
		if l.hit[j] = false; e == 0 {
			absent++
		} else {
			p := s.row(t.stride, e&rowMask-1)
			t.hot.touch(p)
			l.hit[j] = t.hasKey(p, h, k.Bytes(from+j))
		}
		if c.used {
			c.used = false
		} else if l.hit[j] {
			*c = hotKey{hash: h, ref: makeRef(id, e&rowMask-1)}
		}
	}
	t.hot.births = 2*absent > cold
}

// touch brings a row's page in for writing where it is going to be written: a page
// that is read first has to be asked for twice.
func (h *hotKeys) touch(row unsafe.Pointer) {
	if h.write {
		atomic.AddUint32(link(row), 0)
	}
}

// entry reads an index slot as touch does where it is likely that a key will be
// entered there.
func (h *hotKeys) entry(slot *uint32) uint32 {
	if h.write && h.births {
		return atomic.AddUint32(slot, 0)
	}
	return *slot
}

// holds reports whether r, which was once the row of a key, is that now.
func (t *Table) holds(r Ref, hash uint64, key []byte) bool {
	id, n := int(r>>16), uint32(r&0xFFFF)
	if id >= len(t.segs) || n >= t.segs[id].n {
		return false
	}
	p := t.segs[id].row(t.stride, n)
	t.hot.touch(p)
	return *header(p)&rowLive != 0 && t.hasKey(p, hash, key)
}
