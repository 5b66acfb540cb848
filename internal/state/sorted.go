package state

import (
	"time"
	"unsafe"

	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// SortedSpec declares a table of ordered maps.
type SortedSpec struct {
	Name string
	Key  []types.Type
	Row  []types.Type
	// Fixed is the bytes of a value beside each key's map (running
	// accumulators), a multiple of 8.
	Fixed int
	// HeapRefs are the heap references in the Fixed bytes, as in TableSpec.
	HeapRefs []int
	// Aux is the mutable bytes of each item beside its row, a multiple of 8.
	Aux int
	// TTL drops keys that were not written for that long; 0: never.
	TTL   time.Duration
	Route []int  // as TableSpec.Route
	ByID  bool   // as TableSpec.ByID
	From  Origin // of key and row
	// Order tells which columns of the row the sort key is made of by AppendSortKey:
	// none where it is made of others than may change their type. nil: nobody but the
	// owner knows.
	Order []SortCol
	Lazy  bool // as TableSpec.Lazy
}

// Sorted maps each key to items in order of a sort key (bytes that compare as
// memcmp, see AppendSortKey); items of equal sort keys are in order of arrival.
//
// A map is one sorted chunk while it is small, and a directory of chunks (a
// B+-tree of two levels) when it is not.
type Sorted struct {
	t     *Table // of sortHead, then the Fixed bytes
	spec  SortedSpec
	rowc  *vec.Codec
	items Heap // of itemHead, Aux, sort key, row
	links Heap // chunks and directories
	auxAt uintptr
	keyAt uintptr // of the sort key
	track bool
	count int
	seq   uint64
	dirty []uint64
	gone  goneLog
	ties  *List // see sortedties.go
}

// sortHead is the value of a key.
type sortHead struct {
	ref    uint64 // chunks 0: the only chunk (0: empty); else the directory
	count  uint32 // items
	chunks uint32 // entries of the directory
	tied   uint64 // 1: the items are in Sorted.ties
}

// itemHead starts an item.
type itemHead struct {
	hash  uint64 // of the key
	seq   uint64 // arrival
	skLen uint32
	flags uint32 // entryDirty, entryBase
}

const headBytes = int(unsafe.Sizeof(sortHead{}))

// Sorted declares a table of ordered maps.
func (s *Store) Sorted(spec SortedSpec) *Sorted {
	refs := make([]int, len(spec.HeapRefs))
	for i, off := range spec.HeapRefs {
		refs[i] = off + headBytes
	}
	so := &Sorted{spec: spec, rowc: vec.NewCodec(spec.Row), track: s.cfg.Track, seq: 1}
	so.t = s.newTable(TableSpec{
		Name: spec.Name, Key: spec.Key, Fixed: headBytes + spec.Fixed, HeapRefs: refs, TTL: spec.TTL,
		Route: spec.Route, ByID: spec.ByID, Lazy: spec.Lazy,
	}, vec.NewCodec(spec.Key), true)
	so.t.onExpire = func(row unsafe.Pointer) {
		so.clear((*sortHead)(unsafe.Add(row, so.t.valAt)))
		if so.track && *header(row)&rowBase != 0 { // or its items would be back when the key is born again
			so.t.buried(so.t.keyOf(row))
		}
	}
	so.items.use.mem, so.links.use.mem = &s.mem, &s.mem
	so.auxAt = unsafe.Sizeof(itemHead{})
	so.keyAt = so.auxAt + uintptr((spec.Aux+7)&^7)
	s.tables = append(s.tables, so)
	return so
}

// Info tells what was declared.
func (s *Sorted) Info() Info {
	return Info{Name: s.spec.Name, Kind: "sorted", Key: s.spec.Key, Row: s.spec.Row, TTL: s.spec.TTL}
}

// KeyCodec is the codec of the keys.
func (s *Sorted) KeyCodec() *vec.Codec { return s.t.codec }

// RowCodec is the codec of the rows.
func (s *Sorted) RowCodec() *vec.Codec { return s.rowc }

// Upsert finds or creates the map of each key, as Table.Upsert does. Refs of
// maps hold until the next Upsert or DeleteKey.
func (s *Sorted) Upsert(k *Keys, refs []Ref, created []bool) { s.t.Upsert(k, refs, created) }

// Find gives the map of each key, NoRef where there is none.
func (s *Sorted) Find(k *Keys, refs []Ref) { s.t.Find(k, refs) }

// Heap keeps the variable parts of the Fixed bytes.
func (s *Sorted) Heap() *Heap { return &s.t.heap }

// Ptr points to the Fixed bytes of a map.
func (s *Sorted) Ptr(g Ref) unsafe.Pointer {
	return unsafe.Add(s.t.rowOf(g), s.t.valAt+uintptr(headBytes))
}

// KeyBytes gives the map's canonical key bytes.
func (s *Sorted) KeyBytes(g Ref) []byte { return s.t.KeyBytes(g) }

// DecodeKeys appends the keys of maps to out.
func (s *Sorted) DecodeKeys(refs []Ref, out []*vec.Vector) { s.t.DecodeKeys(refs, out) }

// Mark notes that the Fixed bytes of maps were written.
func (s *Sorted) Mark(refs []Ref) { s.t.Mark(refs) }

// Touch adds maps to the pending set, as Table.Touch.
func (s *Sorted) Touch(refs []Ref) { s.t.Touch(refs) }

// TakeTouched is as Table.TakeTouched.
func (s *Sorted) TakeTouched(max int, refs []Ref) []Ref { return s.t.TakeTouched(max, refs) }

// Touched is the number of pending maps.
func (s *Sorted) Touched() int { return s.t.Touched() }

// DeleteKey removes a map and its items.
func (s *Sorted) DeleteKey(g Ref) {
	if *header(s.t.rowOf(g))&rowLive != 0 {
		s.clear(s.headOf(g))
		s.t.Delete(g)
	}
}

// Scan goes over the maps, as Table.Scan.
func (s *Sorted) Scan(c *Cursor, max int, refs []Ref) []Ref { return s.t.Scan(c, max, refs) }

// Len is the number of maps.
func (s *Sorted) Len() int { return s.t.Len() }

// Items is the number of items of all maps.
func (s *Sorted) Items() int {
	s.t.settleRows()
	return s.count
}

// Bytes is the memory held.
func (s *Sorted) Bytes() int64 {
	n := s.t.Bytes() + s.items.Bytes() + s.links.Bytes()
	if s.ties != nil {
		n += s.ties.Bytes()
	}
	return n
}

func (s *Sorted) close() { s.t.close() }

func (s *Sorted) headOf(g Ref) *sortHead {
	return (*sortHead)(unsafe.Add(s.t.rowOf(g), s.t.valAt))
}

func (s *Sorted) item(r uint64) *itemHead {
	return (*itemHead)(unsafe.Add(s.items.ptr(r), heapHeader))
}

func (s *Sorted) sortKey(r uint64) []byte {
	p := unsafe.Add(s.items.ptr(r), heapHeader)
	return unsafe.Slice((*byte)(unsafe.Add(p, s.keyAt)), (*itemHead)(p).skLen)
}

func (s *Sorted) row(r uint64) []byte {
	b := s.items.Get(r)
	return b[s.keyAt+uintptr(s.item(r).skLen):]
}

func (s *Sorted) newItem(hash, seq uint64, sortKey, row []byte) uint64 {
	r := s.items.alloc(int(s.keyAt) + len(sortKey) + len(row))
	b := s.items.Get(r)
	clear(b[:s.keyAt])
	copy(b[s.keyAt:], sortKey)
	copy(b[int(s.keyAt)+len(sortKey):], row)
	it := s.item(r)
	it.hash, it.seq, it.skLen = hash, seq, uint32(len(sortKey))
	return r
}

// Insert adds an item behind those of equal sort key. It gives the item's
// position (0 is the first).
func (s *Sorted) Insert(g Ref, sortKey, row []byte) int {
	h, p := s.headOf(g), s.t.rowOf(g)
	r := s.newItem(*header(p)&^0xFFFF, s.seq, sortKey, row)
	s.seq++
	at := s.seek(h, sortKey, lastSeq)
	s.put(h, at, r)
	if h.tied != 0 {
		s.tie(r)
	}
	s.markItem(r)
	if s.t.ttl > 0 {
		*s.t.expiry(p) = s.t.store.Now() + s.t.ttl
		s.t.mark(g, p)
	}
	return s.rank(h, at)
}

// DeleteEqual removes the earliest item with that sort key and row and gives
// the position that it had, -1 if there is none.
func (s *Sorted) DeleteEqual(g Ref, sortKey, row []byte) int {
	h := s.headOf(g)
	at, ok := spot{}, false
	if h.tied == 0 {
		at, ok = s.untied(h, sortKey, row)
	}
	if h.tied != 0 {
		at, ok = s.tied(*header(s.t.rowOf(g))&^0xFFFF, h, sortKey, row)
	}
	if !ok {
		return -1
	}
	n := s.rank(h, at)
	s.deleteAt(g, at)
	return n
}

// untied looks through the items of a sort key; if they are many it ties the
// map instead.
func (s *Sorted) untied(h *sortHead, sortKey, row []byte) (spot, bool) {
	at := s.seek(h, sortKey, 0)
	for range tiesLeast {
		on, ok := s.step(h, at)
		if !ok {
			return at, false
		}
		r := s.at(h, on)
		if string(s.sortKey(r)) != string(sortKey) {
			return at, false
		}
		if string(s.row(r)) == string(row) {
			return on, true
		}
		at = spot{on.chunk, on.i + 1}
	}
	s.tieUp(h)
	return at, false
}

// DeleteAt removes the item at position i.
func (s *Sorted) DeleteAt(g Ref, i int) { s.deleteAt(g, s.locate(s.headOf(g), i)) }

func (s *Sorted) deleteAt(g Ref, at spot) {
	s.t.changed(g)
	h := s.headOf(g)
	r := s.at(h, at)
	if it := s.item(r); it.flags&entryBase != 0 {
		s.gone.add(OpRemove, s.t.KeyBytes(g), it.seq, s.sortKey(r))
	}
	s.cut(h, at)
	s.freeItem(h, r)
}

// DropBelow removes all items with a sort key < bound and gives their number.
func (s *Sorted) DropBelow(g Ref, bound []byte) int {
	h := s.headOf(g)
	n := s.Rank(g, bound)
	if n == 0 {
		return 0
	}
	if s.track && *header(s.t.rowOf(g))&rowBase != 0 {
		s.gone.add(OpTrim, s.t.KeyBytes(g), 0, bound)
	}
	s.t.changed(g)
	s.dropFirst(h, n)
	return n
}

// Count is the number of items of a map.
func (s *Sorted) Count(g Ref) int { return int(s.headOf(g).count) }

// Rank is the number of items with a sort key < bound: the position of the
// first one that is not.
func (s *Sorted) Rank(g Ref, bound []byte) int {
	h := s.headOf(g)
	return s.rank(h, s.seek(h, bound, 0))
}

// Iter walks the items of one map in order. It is valid until the next change
// of the table; the zero value is ready for Sorted.Iter and Sorted.Seek.
type Iter struct {
	s     *Sorted
	h     *sortHead
	at    spot
	chunk *chunk
}

// Iter places it at position i of map g (0 is the first, Count the end; below
// 0 and beyond the end are not valid).
func (s *Sorted) Iter(it *Iter, g Ref, i int) {
	h := s.headOf(g)
	*it = Iter{s: s, h: h, at: s.locate(h, i)}
	it.load()
}

// Seek places it at the first item with a sort key >= bound.
func (s *Sorted) Seek(it *Iter, g Ref, bound []byte) {
	h := s.headOf(g)
	*it = Iter{s: s, h: h, at: s.seek(h, bound, 0)}
	it.load()
}

// load finds the chunk that at lies in, stepping over a chunk's end.
func (it *Iter) load() {
	it.chunk = it.s.chunkAt(it.h, it.at.chunk)
	if it.chunk != nil && it.at.i >= int(it.chunk.n) && it.at.chunk+1 < int(it.h.chunks) {
		it.at = spot{it.at.chunk + 1, 0}
		it.chunk = it.s.chunkAt(it.h, it.at.chunk)
	}
}

// Valid reports whether the iterator is at an item.
func (it *Iter) Valid() bool {
	return it.chunk != nil && uint(it.at.i) < uint(it.chunk.n)
}

// Next moves to the following item.
func (it *Iter) Next() {
	it.at.i++
	if it.chunk == nil || it.at.i >= int(it.chunk.n) {
		it.load()
	}
}

// Prev moves to the item before.
func (it *Iter) Prev() {
	it.at.i--
	if it.at.i < 0 && it.at.chunk > 0 {
		it.at.chunk--
		it.chunk = it.s.chunkAt(it.h, it.at.chunk)
		it.at.i = int(it.chunk.n) - 1
	}
}

// Pos is the position in the map.
func (it *Iter) Pos() int { return it.s.rank(it.h, it.at) }

func (it *Iter) ref() uint64 { return it.chunk.slot(it.at.i).item }

// SortKey gives the item's sort key, valid until the next change.
func (it *Iter) SortKey() []byte { return it.s.sortKey(it.ref()) }

// Row gives the item's row, valid until the next change.
func (it *Iter) Row() []byte { return it.s.row(it.ref()) }

// Arrival orders the items of a table by when they were inserted.
func (it *Iter) Arrival() uint64 { return it.s.item(it.ref()).seq }

// Aux points to the item's Aux bytes. Who writes there calls Sorted.MarkAux.
func (it *Iter) Aux() unsafe.Pointer {
	return unsafe.Add(it.s.items.ptr(it.ref()), heapHeader+it.s.auxAt)
}

// MarkAux notes that the Aux bytes of the item at it were written.
func (s *Sorted) MarkAux(it *Iter) { s.markItem(it.ref()) }
