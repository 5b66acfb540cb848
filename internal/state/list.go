package state

import (
	"time"
	"unsafe"

	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// Entry names one entry of a List; it holds until that entry is removed or has
// expired. 0 is none.
type Entry uint64

// ListSpec declares a multimap.
type ListSpec struct {
	Name string
	Key  []types.Type
	Row  []types.Type
	// Aux is the mutable bytes of each entry beside its row (match counts), a
	// multiple of 8.
	Aux int
	// TTL drops entries that were not written for that long; 0: never.
	TTL   time.Duration
	Route []int // as TableSpec.Route
	// RouteRow lists columns of the row that rows are spread by instead, where the
	// key does not tell: several subtasks may have entries of one key.
	RouteRow []int
	From     Origin // of key and row
}

// List maps keys to entries in insertion order. An entry is an encoded row, a
// multiplicity and Aux bytes.
//
// Each key has an array of references to its entries (the only entry lies in
// the array's place); removed ones leave gaps until the array is compacted. A
// key of many entries in which rows are looked for gets an index by row.
type List struct {
	store   *Store
	spec    ListSpec
	rowc    *vec.Codec
	keys    *Table // of listHead
	entries Heap   // of entryHead, expiry, Aux, row
	links   Heap   // arrays and indexes
	count   int
	ttl     int64
	auxAt   uintptr
	rowAt   uintptr
	byRow   *route // of RouteRow
	track   bool
	timers  bool   // rows are the keys of timers, and changes are addressed by them
	seq     uint64 // of the next entry
	dirty   []Entry
	gone    goneLog // of timers
	journal records // of others, see journal.go
	brief   brief
	since   uint64 // seq of the first entry since the last TakeDirty, 0: there is none

	refs    []Ref
	empties []Ref
}

// listHead is the value of a key.
type listHead struct {
	ref   uint64 // cap 0: the only entry; else the array
	n     uint32 // slots used
	live  uint32 // entries
	cap   uint32 // slots of the array
	from  uint32 // slots before are gaps
	index uint64 // see listindex.go
}

// entryHead starts an entry.
type entryHead struct {
	hash  uint64 // of the key
	seq   uint64 // arrival; ascending in each array
	pos   uint32 // slot in the array
	next  uint32 // 1 + slots of the neighbours in the ring of equal rows,
	prev  uint32 // if the key has an index
	flags uint32
	mult  int64
}

const (
	entryDirty = 1 << iota // in List.dirty
	entryBase              // known to whom the last TakeDirty told
)

// List declares a multimap.
func (s *Store) List(spec ListSpec) *List {
	l := s.newList(spec, vec.NewCodec(spec.Key), true)
	s.tables = append(s.tables, l)
	return l
}

func (s *Store) newList(spec ListSpec, codec *vec.Codec, keyed bool) *List {
	l := &List{store: s, spec: spec, rowc: vec.NewCodec(spec.Row), track: s.cfg.Track, seq: 1}
	l.keys = s.newTable(TableSpec{Fixed: int(unsafe.Sizeof(listHead{})), Route: spec.Route, Lazy: true}, codec, keyed)
	if spec.RouteRow != nil {
		l.byRow = routeOf(l.rowc, spec.RouteRow, false)
	}
	l.keys.track = false
	l.entries.use.mem, l.links.use.mem = &s.mem, &s.mem
	l.journal.pieces = s.cfg.Pieces
	l.auxAt = unsafe.Sizeof(entryHead{})
	if spec.TTL > 0 {
		l.ttl = max(spec.TTL.Milliseconds(), 1)
		l.auxAt += 8
	}
	l.rowAt = l.auxAt + uintptr((spec.Aux+7)&^7)
	return l
}

// Info tells what was declared.
func (l *List) Info() Info {
	return Info{Name: l.spec.Name, Kind: "list", Key: l.spec.Key, Row: l.spec.Row, TTL: l.spec.TTL}
}

// KeyCodec is the codec of the keys.
func (l *List) KeyCodec() *vec.Codec { return l.keys.codec }

// RowCodec is the codec of the rows.
func (l *List) RowCodec() *vec.Codec { return l.rowc }

func (l *List) headOf(r Ref) *listHead {
	return (*listHead)(unsafe.Add(l.keys.rowOf(r), l.keys.valAt))
}

// array points to the slots of a key.
func (l *List) array(h *listHead) unsafe.Pointer {
	if h.cap == 0 {
		return unsafe.Pointer(&h.ref)
	}
	return unsafe.Add(l.links.ptr(h.ref), heapHeader)
}

func slotAt(array unsafe.Pointer, i uint32) *Entry {
	return (*Entry)(unsafe.Add(array, uintptr(i)*8))
}

func (l *List) entry(e Entry) *entryHead {
	return (*entryHead)(unsafe.Add(l.entries.ptr(uint64(e)), heapHeader))
}

func (l *List) expiry(e Entry) *int64 {
	return (*int64)(unsafe.Add(l.entries.ptr(uint64(e)), heapHeader+unsafe.Sizeof(entryHead{})))
}

// expired reports that an entry has outlived its TTL. now is 0 where there is
// none.
func (l *List) expired(e Entry, now int64) bool { return l.ttl > 0 && *l.expiry(e) <= now }

func (l *List) now() int64 {
	if l.ttl == 0 {
		return 0
	}
	return l.store.Now()
}

func rowOf(rows *vec.Rows, i int) []byte {
	if rows == nil {
		return nil
	}
	return rows.Row(i)
}

func (l *List) upsert(k *Keys) []Ref {
	l.refs = sizedRefs(l.refs, k.Len())
	l.keys.Upsert(k, l.refs, nil)
	return l.refs
}

func (l *List) find(k *Keys) []Ref {
	l.refs = sizedRefs(l.refs, k.Len())
	l.keys.locate(k, l.refs)
	return l.refs
}

func sizedRefs(refs []Ref, n int) []Ref {
	if cap(refs) < n {
		refs = make([]Ref, n)
	}
	return refs[:n]
}

// Append adds rows.Row(i) behind the entries of key i, with multiplicity 1 and
// zeroed Aux. If out is not nil, out[i] is the new entry. rows may be nil where
// the row has no columns.
func (l *List) Append(k *Keys, rows *vec.Rows, out []Entry) {
	now := l.now()
	l.sweep(now, k.Len())
	for i, r := range l.upsert(k) {
		e := l.add(r, k.Bytes(i), k.hashes[i], rowOf(rows, i), 1, now)
		if out != nil {
			out[i] = e
		}
	}
}

// AppendTo adds rows from to to-1 behind the entries of key i of k, with
// multiplicity 1 and zeroed Aux, and tells whether the key is new.
func (l *List) AppendTo(k *Keys, i int, rows *vec.Rows, from, to int) (created bool) {
	now := l.now()
	l.sweep(now, to-from)
	hash, key := k.hashes[i], k.Bytes(i)
	r := l.keys.probe(hash, key)
	if created = r == NoRef; created {
		r = l.keys.insert(hash, key)
	}
	for x := from; x < to; x++ {
		l.add(r, key, hash, rows.Row(x), 1, now)
	}
	return created
}

// add makes an entry at the end of key, whose Ref is r.
func (l *List) add(r Ref, key []byte, hash uint64, row []byte, mult, now int64) Entry {
	e := l.newEntry(hash, l.seq, row)
	l.seq++
	l.entry(e).mult = mult
	if l.ttl > 0 {
		*l.expiry(e) = now + l.ttl
	}
	l.link(l.headOf(r), e)
	if l.track {
		l.keys.changed(r)
		l.writeEntry(e, key, row)
	}
	return e
}

func (l *List) newEntry(hash, seq uint64, row []byte) Entry {
	e := Entry(l.entries.alloc(int(l.rowAt) + len(row)))
	p := unsafe.Add(l.entries.ptr(uint64(e)), heapHeader)
	clear(unsafe.Slice((*byte)(p), l.rowAt))
	copy(unsafe.Slice((*byte)(unsafe.Add(p, l.rowAt)), len(row)), row)
	en := (*entryHead)(p)
	en.hash, en.seq = hash, seq
	return e
}

// link puts an entry into the last slot of a key.
func (l *List) link(h *listHead, e Entry) {
	if h.n > 0 && h.n >= h.cap {
		l.room(h)
	}
	*slotAt(l.array(h), h.n) = e
	l.entry(e).pos = h.n
	h.n++
	h.live++
	l.count++
	if h.index != 0 {
		l.enterIndex(h, e)
	}
}

// room makes room for another slot.
func (l *List) room(h *listHead) {
	if h.cap > 0 && h.live <= h.n/2 {
		l.compact(h)
		return
	}
	l.resize(h, max(4, h.cap*2))
	if h.index != 0 {
		l.buildIndex(h)
	}
}

// resize moves the slots to an array of another size, as they are.
func (l *List) resize(h *listHead, slots uint32) {
	array := l.links.alloc(int(slots) * 8)
	copy(unsafe.Slice(slotAt(unsafe.Add(l.links.ptr(array), heapHeader), 0), h.n), unsafe.Slice(slotAt(l.array(h), 0), h.n))
	if h.cap > 0 {
		l.links.Free(h.ref)
	}
	h.ref, h.cap = array, slots
}

// compact closes the gaps.
func (l *List) compact(h *listHead) {
	array := l.array(h)
	n := uint32(0)
	for i := h.from; i < h.n; i++ {
		if e := *slotAt(array, i); e != 0 {
			*slotAt(array, n) = e
			l.entry(e).pos = n
			n++
		}
	}
	h.n, h.from = n, 0
	if slots := h.cap / 4; slots >= 4 && n < slots {
		l.resize(h, slots)
	}
	if h.index != 0 {
		l.buildIndex(h)
	}
}

// Remove takes the earliest entry equal to rows.Row(i) out of key i;
// found[i] tells whether there was one. found may be nil.
func (l *List) Remove(k *Keys, rows *vec.Rows, found []bool) {
	now := l.now()
	for i, r := range l.find(k) {
		e := Entry(0)
		if r != NoRef {
			e = l.equal(l.headOf(r), rowOf(rows, i), now)
		}
		if found != nil {
			found[i] = e != 0
		}
		if e != 0 {
			l.remove(r, e, true)
		}
	}
	l.bury()
}

// Equal gives in out[i] the earliest entry of key i that equals rows.Row(i), or 0.
func (l *List) Equal(k *Keys, rows *vec.Rows, out []Entry) {
	now := l.now()
	for i, r := range l.find(k) {
		out[i] = 0
		if r != NoRef {
			out[i] = l.equal(l.headOf(r), rowOf(rows, i), now)
		}
	}
}

// Add is the multiset's way: it adds delta[i] to the multiplicity of the entry
// of key i that equals rows.Row(i), making it if there is none and removing it
// when the multiplicity comes to 0. Multiplicities may be negative (a retraction
// that overtook its row). If out is not nil, out[i] is the multiplicity after.
func (l *List) Add(k *Keys, rows *vec.Rows, delta []int64, out []int64) {
	now := l.now()
	l.sweep(now, k.Len())
	for i, r := range l.upsert(k) {
		h, row := l.headOf(r), rowOf(rows, i)
		e := l.equal(h, row, now)
		if e == 0 {
			e = l.add(r, k.Bytes(i), k.hashes[i], row, 0, now)
		}
		en := l.entry(e)
		en.mult += delta[i]
		if out != nil {
			out[i] = en.mult
		}
		if en.mult == 0 {
			l.remove(r, e, true)
			continue
		}
		if l.ttl > 0 {
			*l.expiry(e) = now + l.ttl
		}
		l.markEntry(e)
	}
	l.bury()
}

// RemoveEntry takes one entry out.
func (l *List) RemoveEntry(e Entry) {
	l.remove(l.owner(e), e, true)
	l.bury()
}

// remove takes an entry out of key r. A key without entries goes with the next
// bury, for the rest of the batch may refer to it.
func (l *List) remove(r Ref, e Entry, log bool) {
	h, en := l.headOf(r), l.entry(e)
	l.keys.changed(r)
	if l.track {
		l.writeRemoval(r, e, log)
	}
	if h.index != 0 {
		l.leaveIndex(h, e)
	}
	array := l.array(h)
	*slotAt(array, en.pos) = 0
	h.live--
	l.count--
	l.entries.Free(uint64(e))
	if h.live == 0 {
		h.n, h.from = 0, 0
		l.empties = append(l.empties, r)
		return
	}
	for *slotAt(array, h.from) == 0 {
		h.from++
	}
	for *slotAt(array, h.n-1) == 0 {
		h.n--
	}
	if h.n > 16 && h.live < h.n/4 {
		l.compact(h)
	}
}

// bury drops the keys that have no entries left.
func (l *List) bury() {
	for _, r := range l.empties {
		if *header(l.keys.rowOf(r))&rowLive == 0 {
			continue
		}
		if h := l.headOf(r); h.live == 0 {
			l.freeLinks(h)
			l.keys.drop(r)
		}
	}
	l.empties = l.empties[:0]
}

func (l *List) freeLinks(h *listHead) {
	if h.cap > 0 {
		l.links.Free(h.ref)
	}
	l.links.Free(h.index)
	*h = listHead{}
}

// RemoveKeys takes all entries of each key out.
func (l *List) RemoveKeys(k *Keys) {
	for _, r := range l.find(k) {
		if r != NoRef && *header(l.keys.rowOf(r))&rowLive != 0 {
			l.removeKey(r, true)
		}
	}
}

func (l *List) removeKey(r Ref, log bool) {
	h := l.headOf(r)
	array, base := l.array(h), false
	for i := h.from; i < h.n; i++ {
		if e := *slotAt(array, i); e != 0 {
			base = l.forget(e) || base
			l.entries.Free(uint64(e))
			l.count--
		}
	}
	if base && log {
		l.writeDelete(r)
	}
	l.freeLinks(h)
	l.keys.drop(r)
}

// sweep looks at n keys in turn and drops entries that have expired, the
// earliest first. Entries that are in the way of later ones go before them.
func (l *List) sweep(now int64, n int) {
	if l.ttl == 0 {
		return
	}
	t := l.keys
	for n = min(n+16, 4*l.count); n > 0; n-- {
		if int(t.sweepSeg) >= len(t.segs) {
			t.sweepSeg, t.sweepRow = 1, 0
		}
		if t.waiting != nil {
			t.wantSegment(t.sweepSeg)
		}
		t.blotOut(t.sweepSeg)
		if t.sweepRow >= t.segs[t.sweepSeg].n {
			t.sweepSeg, t.sweepRow = t.sweepSeg+1, 0
			continue
		}
		r := makeRef(t.sweepSeg, t.sweepRow)
		if *header(t.rowOf(r))&rowLive != 0 {
			h := l.headOf(r)
			if h.live > 0 {
				if e := *slotAt(l.array(h), h.from); l.expired(e, now) {
					l.remove(r, e, false)
					continue
				}
			}
		}
		t.sweepRow++
	}
	l.bury()
}

func (l *List) close() { l.keys.close() }
