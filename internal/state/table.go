package state

import (
	"time"
	"unsafe"

	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// TableSpec declares a value table.
type TableSpec struct {
	Name string
	Key  []types.Type // none: one row (global aggregate)
	// Fixed is the bytes of one value, a multiple of 8; 0 makes a set of keys.
	Fixed int
	// HeapRefs lists the offsets in the value of 8-byte heap references. Only
	// declared references are freed with their row and travel with TakeDirty.
	HeapRefs []int
	// TTL drops rows that were not written (Upsert, Mark) for that long; 0: never.
	TTL time.Duration
	// Columns names what the value holds, for inspection; may be nil.
	Columns []Column
}

// Table maps keys to fixed-width values that the owner changes in place.
type Table struct {
	store   *Store
	spec    TableSpec
	codec   *vec.Codec
	heap    Heap
	m       map[string]Ref
	rows    []simpleRow
	touched []Ref
	live    int
}

type simpleRow struct {
	key           string
	val           []uint64
	live, touched bool
}

// Table declares a value table.
func (s *Store) Table(spec TableSpec) *Table {
	t := &Table{store: s, spec: spec, codec: vec.NewCodec(spec.Key), m: map[string]Ref{}}
	s.tables = append(s.tables, t)
	return t
}

// Info tells what was declared.
func (t *Table) Info() Info {
	return Info{Name: t.spec.Name, Kind: "value", Key: t.spec.Key, Columns: t.spec.Columns, TTL: t.spec.TTL}
}

// Codec is the codec of the table's keys.
func (t *Table) Codec() *vec.Codec { return t.codec }

// Heap keeps the variable parts of values. Its references are stable: rows may
// move, what they refer to does not.
func (t *Table) Heap() *Heap { return &t.heap }

// Upsert finds or creates the row of each key: refs[i] for key i. created may
// be nil; created[i] tells whether key i made its row (the first of equal keys
// in the batch does). refs and created have at least k.Len() elements.
func (t *Table) Upsert(k *Keys, refs []Ref, created []bool) {
	for i := range k.Len() {
		r, ok := t.m[string(k.Bytes(i))]
		if !ok {
			t.rows = append(t.rows, simpleRow{key: string(k.Bytes(i)), val: make([]uint64, t.spec.Fixed/8+1), live: true})
			r = Ref(len(t.rows))
			t.m[string(k.Bytes(i))] = r
			t.live++
		}
		refs[i] = r
		if created != nil {
			created[i] = !ok
		}
	}
}

// Find gives the row of each key, NoRef where there is none.
func (t *Table) Find(k *Keys, refs []Ref) {
	for i := range k.Len() {
		refs[i] = t.m[string(k.Bytes(i))]
	}
}

// Ptr points to the value's Fixed bytes: 8-byte aligned, zeroed at birth, valid
// as long as the Ref. NoRef gives nil.
func (t *Table) Ptr(r Ref) unsafe.Pointer {
	if r == NoRef {
		return nil
	}
	return unsafe.Pointer(&t.rows[r-1].val[0])
}

// Ptrs replaces out by the pointers of refs (nil for NoRef).
func (t *Table) Ptrs(refs []Ref, out []unsafe.Pointer) []unsafe.Pointer {
	out = out[:0]
	for _, r := range refs {
		out = append(out, t.Ptr(r))
	}
	return out
}

// KeyBytes gives the row's canonical key bytes, valid as long as the Ref.
func (t *Table) KeyBytes(r Ref) []byte { return []byte(t.rows[r-1].key) }

// DecodeKeys appends the keys of refs to out, one vector a key column (nil
// entries are skipped).
func (t *Table) DecodeKeys(refs []Ref, out []*vec.Vector) {
	var rows [][]byte
	for _, r := range refs {
		rows = append(rows, t.KeyBytes(r))
	}
	t.codec.Decode(rows, out)
}

// Delete removes a row and frees its declared heap references. All other Refs
// stay valid.
func (t *Table) Delete(r Ref) {
	row := &t.rows[r-1]
	if !row.live {
		return
	}
	delete(t.m, row.key)
	row.live, row.touched = false, false
	t.live--
}

// Mark notes that rows were written: they are dirty, and live for another TTL.
// Rows that Upsert created are marked already.
func (t *Table) Mark(refs []Ref) {}

// Touch adds rows to the pending set, each once, in order.
func (t *Table) Touch(refs []Ref) {
	for _, r := range refs {
		if !t.rows[r-1].touched {
			t.rows[r-1].touched = true
			t.touched = append(t.touched, r)
		}
	}
}

// Touched is the number of pending rows.
func (t *Table) Touched() int { return len(t.touched) }

// TakeTouched appends at most max pending rows to refs[:0] in the order they were
// first touched, and takes them out of the set. Deleted rows are left out.
func (t *Table) TakeTouched(max int, refs []Ref) []Ref {
	refs = refs[:0]
	for len(t.touched) > 0 && len(refs) < max {
		r := t.touched[0]
		t.touched = t.touched[1:]
		if t.rows[r-1].live && t.rows[r-1].touched {
			t.rows[r-1].touched = false
			refs = append(refs, r)
		}
	}
	return refs
}

// Cursor is a position in a scan. The zero value is the start. It survives
// changes of the table: rows that exist throughout are met exactly once.
type Cursor struct {
	at   int
	done bool
}

// Done reports that the scan is over.
func (c *Cursor) Done() bool { return c.done }

// Scan replaces refs by at least one and about max further rows, in an order
// that depends on nothing but the keys; none when the scan is over.
func (t *Table) Scan(c *Cursor, max int, refs []Ref) []Ref {
	refs = refs[:0]
	for c.at < len(t.rows) && len(refs) < max {
		if t.rows[c.at].live {
			refs = append(refs, Ref(c.at+1))
		}
		c.at++
	}
	c.done = len(refs) == 0
	return refs
}

// Len is the number of rows.
func (t *Table) Len() int { return t.live }

// Bytes is the memory held.
func (t *Table) Bytes() int64 { return 0 }

// TakeDirty hands over the changed rows: Value is the Fixed bytes, followed by
// length (4 bytes) and bytes of each declared heap reference.
func (t *Table) TakeDirty(f func(Change)) {}

// Apply replays a change.
func (t *Table) Apply(c Change) error { return nil }

func (t *Table) close() {}
