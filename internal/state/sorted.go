package state

import (
	"bytes"
	"sort"
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
	// Aux is the mutable bytes of each item beside its row, a multiple of 8.
	Aux int
	// TTL drops keys that were not written for that long; 0: never.
	TTL     time.Duration
	Columns []Column // names of the row, may be nil
}

// Sorted maps each key to items in order of a sort key (bytes that compare as
// memcmp, see AppendSortKey); items of equal sort keys are in order of arrival.
type Sorted struct {
	t     *Table
	spec  SortedSpec
	rowc  *vec.Codec
	items map[Ref][]*simpleItem
}

type simpleItem struct {
	sk, row []byte
	aux     []uint64
}

// Sorted declares a table of ordered maps.
func (s *Store) Sorted(spec SortedSpec) *Sorted {
	t := s.Table(TableSpec{Name: spec.Name, Key: spec.Key, Fixed: spec.Fixed, TTL: spec.TTL})
	so := &Sorted{t: t, spec: spec, rowc: vec.NewCodec(spec.Row), items: map[Ref][]*simpleItem{}}
	s.tables[len(s.tables)-1] = so
	return so
}

// Info tells what was declared.
func (s *Sorted) Info() Info {
	return Info{Name: s.spec.Name, Kind: "sorted", Key: s.spec.Key, Row: s.spec.Row, Columns: s.spec.Columns, TTL: s.spec.TTL}
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

// Ptr points to the Fixed bytes of a map.
func (s *Sorted) Ptr(g Ref) unsafe.Pointer { return s.t.Ptr(g) }

// KeyBytes gives the map's canonical key bytes.
func (s *Sorted) KeyBytes(g Ref) []byte { return s.t.KeyBytes(g) }

// DecodeKeys appends the keys of maps to out.
func (s *Sorted) DecodeKeys(refs []Ref, out []*vec.Vector) { s.t.DecodeKeys(refs, out) }

// Mark notes that the Fixed bytes of maps were written.
func (s *Sorted) Mark(refs []Ref) { s.t.Mark(refs) }

// Touch and TakeTouched keep a pending set of maps, as Table does.
func (s *Sorted) Touch(refs []Ref) { s.t.Touch(refs) }

// TakeTouched is as Table.TakeTouched.
func (s *Sorted) TakeTouched(max int, refs []Ref) []Ref { return s.t.TakeTouched(max, refs) }

// Touched is the number of pending maps.
func (s *Sorted) Touched() int { return s.t.Touched() }

// DeleteKey removes a map and its items.
func (s *Sorted) DeleteKey(g Ref) {
	delete(s.items, g)
	s.t.Delete(g)
}

// Scan goes over the maps, as Table.Scan.
func (s *Sorted) Scan(c *Cursor, max int, refs []Ref) []Ref { return s.t.Scan(c, max, refs) }

// Insert adds an item behind those of equal sort key. It gives the item's
// position (0 is the first).
func (s *Sorted) Insert(g Ref, sortKey, row []byte) int {
	its := s.items[g]
	i := sort.Search(len(its), func(i int) bool { return bytes.Compare(its[i].sk, sortKey) > 0 })
	its = append(its, nil)
	copy(its[i+1:], its[i:])
	its[i] = &simpleItem{bytes.Clone(sortKey), bytes.Clone(row), make([]uint64, s.spec.Aux/8+1)}
	s.items[g] = its
	return i
}

// DeleteEqual removes the earliest item with that sort key and row and gives
// the position that it had, -1 if there is none.
func (s *Sorted) DeleteEqual(g Ref, sortKey, row []byte) int {
	for i, it := range s.items[g] {
		if bytes.Equal(it.sk, sortKey) && bytes.Equal(it.row, row) {
			s.DeleteAt(g, i)
			return i
		}
	}
	return -1
}

// DeleteAt removes the item at position i.
func (s *Sorted) DeleteAt(g Ref, i int) {
	its := s.items[g]
	s.items[g] = append(its[:i:i], its[i+1:]...)
}

// DropBelow removes all items with a sort key < bound and gives their number.
func (s *Sorted) DropBelow(g Ref, bound []byte) int {
	n := s.Rank(g, bound)
	s.items[g] = s.items[g][n:]
	return n
}

// Count is the number of items of a map.
func (s *Sorted) Count(g Ref) int { return len(s.items[g]) }

// Rank is the number of items with a sort key < bound: the position of the
// first one that is not.
func (s *Sorted) Rank(g Ref, bound []byte) int {
	its := s.items[g]
	return sort.Search(len(its), func(i int) bool { return bytes.Compare(its[i].sk, bound) >= 0 })
}

// Iter walks the items of one map in order. It is valid until the next change
// of the table; the zero value is ready for Sorted.Iter.
type Iter struct {
	s *Sorted
	g Ref
	i int
}

// Iter places it at position i of map g (0 is the first, Count the end; below
// 0 and beyond the end are not valid).
func (s *Sorted) Iter(it *Iter, g Ref, i int) { *it = Iter{s, g, i} }

// Seek places it at the first item with a sort key >= bound.
func (s *Sorted) Seek(it *Iter, g Ref, bound []byte) { *it = Iter{s, g, s.Rank(g, bound)} }

// Valid reports whether the iterator is at an item.
func (it *Iter) Valid() bool { return it.i >= 0 && it.i < len(it.s.items[it.g]) }

// Next moves to the following item, Prev to the one before.
func (it *Iter) Next() { it.i++ }

// Prev moves to the item before.
func (it *Iter) Prev() { it.i-- }

// Pos is the position in the map.
func (it *Iter) Pos() int { return it.i }

// SortKey gives the item's sort key, valid until the next change.
func (it *Iter) SortKey() []byte { return it.s.items[it.g][it.i].sk }

// Row gives the item's row, valid until the next change.
func (it *Iter) Row() []byte { return it.s.items[it.g][it.i].row }

// Aux points to the item's Aux bytes. Who writes there calls Sorted.MarkAux.
func (it *Iter) Aux() unsafe.Pointer { return unsafe.Pointer(&it.s.items[it.g][it.i].aux[0]) }

// MarkAux notes that the Aux bytes of the item at it were written.
func (s *Sorted) MarkAux(it *Iter) {}

// Len is the number of maps.
func (s *Sorted) Len() int { return s.t.Len() }

// Bytes is the memory held.
func (s *Sorted) Bytes() int64 { return 0 }

// TakeDirty hands over changed items by key.
func (s *Sorted) TakeDirty(f func(Change)) {}

// Apply replays a change.
func (s *Sorted) Apply(c Change) error { return nil }

func (s *Sorted) close() {}
