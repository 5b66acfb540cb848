package state

import (
	"bytes"
	"time"
	"unsafe"

	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// Entry names one entry of a List; it holds until that entry is removed. 0 is
// none.
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
	TTL     time.Duration
	Columns []Column // names of the row, may be nil
}

// List maps keys to entries in insertion order. An entry is an encoded row, a
// multiplicity and Aux bytes.
type List struct {
	store   *Store
	spec    ListSpec
	codec   *vec.Codec
	rowc    *vec.Codec
	m       map[string][]Entry
	entries []simpleEntry
}

type simpleEntry struct {
	key  string
	row  []byte
	mult int64
	aux  []uint64
	live bool
}

// List declares a multimap.
func (s *Store) List(spec ListSpec) *List {
	l := &List{store: s, spec: spec, codec: vec.NewCodec(spec.Key), rowc: vec.NewCodec(spec.Row), m: map[string][]Entry{}}
	s.tables = append(s.tables, l)
	return l
}

// Info tells what was declared.
func (l *List) Info() Info {
	return Info{Name: l.spec.Name, Kind: "list", Key: l.spec.Key, Row: l.spec.Row, Columns: l.spec.Columns, TTL: l.spec.TTL}
}

// KeyCodec is the codec of the keys, RowCodec that of the rows.
func (l *List) KeyCodec() *vec.Codec { return l.codec }

// RowCodec is the codec of the rows.
func (l *List) RowCodec() *vec.Codec { return l.rowc }

// Append adds rows.Row(i) behind the entries of key i, with multiplicity 1 and
// zeroed Aux. If out is not nil, out[i] is the new entry.
func (l *List) Append(k *Keys, rows *vec.Rows, out []Entry) {
	for i := range k.Len() {
		e := l.add(string(k.Bytes(i)), rows.Row(i), 1)
		if out != nil {
			out[i] = e
		}
	}
}

func (l *List) add(key string, row []byte, mult int64) Entry {
	l.entries = append(l.entries, simpleEntry{key: key, row: bytes.Clone(row), mult: mult, aux: make([]uint64, l.spec.Aux/8+1), live: true})
	e := Entry(len(l.entries))
	l.m[key] = append(l.m[key], e)
	return e
}

func (l *List) find(key string, row []byte) Entry {
	for _, e := range l.m[key] {
		if bytes.Equal(l.entries[e-1].row, row) {
			return e
		}
	}
	return 0
}

// Remove takes the earliest entry equal to rows.Row(i) out of key i;
// found[i] tells whether there was one. found may be nil.
func (l *List) Remove(k *Keys, rows *vec.Rows, found []bool) {
	for i := range k.Len() {
		e := l.find(string(k.Bytes(i)), rows.Row(i))
		if found != nil {
			found[i] = e != 0
		}
		if e != 0 {
			l.RemoveEntry(e)
		}
	}
}

// Equal gives in out[i] the earliest entry of key i that equals rows.Row(i), or 0.
func (l *List) Equal(k *Keys, rows *vec.Rows, out []Entry) {
	for i := range k.Len() {
		out[i] = l.find(string(k.Bytes(i)), rows.Row(i))
	}
}

// Add is the multiset's way: it adds delta[i] to the multiplicity of the entry
// of key i that equals rows.Row(i), making it if there is none and removing it
// when the multiplicity comes to 0. Multiplicities may be negative (a retraction
// that overtook its row). If out is not nil, out[i] is the multiplicity after.
func (l *List) Add(k *Keys, rows *vec.Rows, delta []int64, out []int64) {
	for i := range k.Len() {
		e := l.find(string(k.Bytes(i)), rows.Row(i))
		if e == 0 {
			e = l.add(string(k.Bytes(i)), rows.Row(i), 0)
		}
		l.entries[e-1].mult += delta[i]
		m := l.entries[e-1].mult
		if m == 0 {
			l.RemoveEntry(e)
		}
		if out != nil {
			out[i] = m
		}
	}
}

// RemoveEntry takes one entry out.
func (l *List) RemoveEntry(e Entry) {
	en := &l.entries[e-1]
	es := l.m[en.key]
	for i, x := range es {
		if x == e {
			l.m[en.key] = append(es[:i:i], es[i+1:]...)
			break
		}
	}
	if len(l.m[en.key]) == 0 {
		delete(l.m, en.key)
	}
	en.live = false
}

// RemoveKeys takes all entries of each key out.
func (l *List) RemoveKeys(k *Keys) {
	for i := range k.Len() {
		delete(l.m, string(k.Bytes(i)))
	}
}

// Row gives the encoded row, valid until the next change of the list.
func (l *List) Row(e Entry) []byte { return l.entries[e-1].row }

// Rows replaces out by the encoded rows of entries, for vec.Codec.Decode; valid
// until the next change of the list.
func (l *List) Rows(entries []Entry, out [][]byte) [][]byte {
	out = out[:0]
	for _, e := range entries {
		out = append(out, l.Row(e))
	}
	return out
}

// Aux points to the entry's Aux bytes, 8-byte aligned, valid until the next
// change of the list. Who writes there calls MarkEntry.
func (l *List) Aux(e Entry) unsafe.Pointer { return unsafe.Pointer(&l.entries[e-1].aux[0]) }

// MarkEntry notes that the entry's Aux was written.
func (l *List) MarkEntry(e Entry) {}

// Mult is the entry's multiplicity.
func (l *List) Mult(e Entry) int64 { return l.entries[e-1].mult }

// Key gives the canonical bytes of the entry's key, valid until the next change
// of the list.
func (l *List) Key(e Entry) []byte { return []byte(l.entries[e-1].key) }

// HasKey tells in out[i] whether key i has entries.
func (l *List) HasKey(k *Keys, out []bool) {
	for i := range k.Len() {
		out[i] = len(l.m[string(k.Bytes(i))]) > 0
	}
}

// Count gives in out[i] the number of entries of key i.
func (l *List) Count(k *Keys, out []int32) {
	for i := range k.Len() {
		out[i] = int32(len(l.m[string(k.Bytes(i))]))
	}
}

// Probe is a resumable walk over the entries that the keys of a batch match.
// The zero value is ready for List.Probe; buffers are reused.
type Probe struct {
	l     *List
	heads [][]Entry
	i, j  int
}

// Probe starts a walk over the entries of each key of k. The keys are looked up
// now; the list must not change before the walk is over.
func (l *List) Probe(p *Probe, k *Keys) {
	p.l, p.i, p.j = l, 0, 0
	p.heads = p.heads[:0]
	for i := range k.Len() {
		p.heads = append(p.heads, l.m[string(k.Bytes(i))])
	}
}

// Next fills probe and entries (of one length) with the next pairs: entries[x]
// matches key probe[x]. Pairs come by key index, then in insertion order. It
// gives the number of pairs; 0 means that the walk is over.
func (p *Probe) Next(probe []int32, entries []Entry) int {
	n := 0
	for p.i < len(p.heads) && n < len(probe) {
		if p.j >= len(p.heads[p.i]) {
			p.i, p.j = p.i+1, 0
			continue
		}
		probe[n], entries[n] = int32(p.i), p.heads[p.i][p.j]
		n++
		p.j++
	}
	return n
}

// Scan replaces out by at least one and about max further entries, whole keys
// in an order that depends on nothing but the keys, each key's entries in
// insertion order; none when the scan is over.
func (l *List) Scan(c *Cursor, max int, out []Entry) []Entry {
	out = out[:0]
	for int(c.at) < len(l.entries) && len(out) < max {
		if l.entries[c.at].live {
			out = append(out, Entry(c.at+1))
		}
		c.at++
	}
	c.done = len(out) == 0
	return out
}

// Len is the number of keys.
func (l *List) Len() int { return len(l.m) }

// Entries is the number of entries of all keys.
func (l *List) Entries() int {
	n := 0
	for _, es := range l.m {
		n += len(es)
	}
	return n
}

// Bytes is the memory held.
func (l *List) Bytes() int64 { return 0 }

// TakeDirty hands over changed keys: OpAppend where entries were only added.
func (l *List) TakeDirty(f func(Change)) {}

// Apply replays a change.
func (l *List) Apply(c Change) error { return nil }

func (l *List) close() {}
