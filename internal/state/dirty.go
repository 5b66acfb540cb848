package state

import (
	"encoding/binary"
	"unsafe"

	"github.com/weir-stream/weir/internal/sqlerr"
)

// Dirty rows carry a flag, and are counted. Beside it each is noted once in a list, so
// that TakeDirty visits what changed and not what exists; a segment that was split
// since is scanned instead, which so many new rows have paid for. Notes of rows
// that are gone, were moved or are settled are harmless: the flag decides. When no row
// is dirty any more there are no notes and nothing to scan.

// Mark notes that rows were written: they are dirty, and live for another TTL.
// Rows that Upsert created are marked already. NoRef is passed over.
func (t *Table) Mark(refs []Ref) {
	if t.ttl > 0 {
		until := t.store.Now() + t.ttl
		for _, r := range refs {
			if r != NoRef {
				*t.expiry(t.rowOf(r)) = until
			}
		}
	}
	t.Note(refs)
}

// Note is Mark of rows that live no longer for it.
func (t *Table) Note(refs []Ref) {
	if !t.track {
		return
	}
	segs, stride := t.segs, t.stride
	for _, r := range refs {
		if r == NoRef {
			continue
		}
		s := &segs[r>>16]
		if h := header(s.row(stride, uint32(r&0xFFFF))); *h&rowDirty == 0 {
			t.settling.note(*h)
			*h |= rowDirty
			t.noted(r, s)
		}
	}
}

// mark is Mark for one row, its expiry left alone.
func (t *Table) mark(r Ref, p unsafe.Pointer) {
	if h := header(p); t.track && *h&rowDirty == 0 {
		t.settling.note(*h)
		*h |= rowDirty
		t.noted(r, &t.segs[r>>16])
	}
}

// noted is called for a row of s that has become dirty.
func (t *Table) noted(r Ref, s *segment) {
	t.unsaved++
	if !s.scan {
		t.dirty = append(t.dirty, r)
	}
}

// unnote is called for a row that goes, or is no longer what was changed.
func (t *Table) unnote(p unsafe.Pointer) {
	if h := header(p); *h&rowDirty != 0 {
		*h &^= rowDirty
		t.unsaved--
	}
}

// toScan has the dirty rows of a segment looked for by scanning it.
func (t *Table) toScan(id uint32) {
	if s := &t.segs[id]; t.track && !s.scan {
		s.scan = true
		t.scans = append(t.scans, id)
	}
}

// forgetNotes forgets the notes of dirty rows, of which there are none any more.
func (t *Table) forgetNotes() {
	t.dirty, t.unsaved = t.dirty[:0], 0
	for _, id := range t.scans {
		t.segs[id].scan = false
	}
	t.scans = t.scans[:0]
}

// buried notes the key of a deleted row.
func (t *Table) buried(key []byte) { t.records.change(OpDelete, key, 0) }

// dirtyBatch is how many rows are looked at before what they hold is used: far
// memory is then waited for at once and not in turn.
const dirtyBatch = 64

// dirtyRows is some rows that were dirty.
type dirtyRows struct {
	n    int
	rows [dirtyBatch]unsafe.Pointer
	ends byte // of use to nobody: that it is computed brings the rows' ends near
}

// taken adds a row if it is dirty, which it is no longer. All that is written of
// rows passes here, or in settled.
func (d *dirtyRows) taken(t *Table, r Ref) {
	p := t.rowOf(r)
	if h := header(p); *h&(rowLive|rowDirty) == rowLive|rowDirty {
		if *h&rowTouched != 0 {
			t.touchedClean = true
		}
		*h = *h&^(rowDirty|rowStamp) | rowBase
		t.unsaved--
		t.changed(r)
		d.ends += *(*byte)(unsafe.Add(p, t.stride-1))
		d.rows[d.n] = p
		d.n++
	}
}

// exists reports that a note has a place still, whichever row that is now of.
func (t *Table) exists(r Ref) bool {
	id := int(r >> 16)
	return id < len(t.segs) && uint32(r&0xFFFF) < t.segs[id].n
}

// eachDirty visits all dirty rows, some at a time, and forgets that they are dirty.
func (t *Table) eachDirty(f func(*dirtyRows)) {
	var d dirtyRows
	flush := func() {
		if d.n > 0 {
			f(&d)
		}
		d.n = 0
	}
	if t.unsaved == 0 {
		t.forgetNotes()
		return
	}
	t.settleGone()
	for left := t.dirty; len(left) > 0; {
		some := left[:min(len(left), dirtyBatch)]
		left = left[len(some):]
		for _, r := range some {
			if t.exists(r) {
				d.taken(t, r)
			}
		}
		flush()
	}
	for _, id := range t.scans {
		for n := range t.segs[id].n {
			if d.taken(t, makeRef(id, n)); d.n == dirtyBatch {
				flush()
			}
		}
		flush()
	}
	t.forgetNotes()
}

// TakeDirty hands over deletions and settled rows in the order in which that was
// done, then all other changed rows. The Value of a put is
// the expiry (8 bytes, if there is a TTL), the Fixed bytes, and length (4 bytes)
// and bytes of each declared heap reference.
func (t *Table) TakeDirty(f func(Change)) { tellRecords(t, t.spec.Name, f) }

func (t *Table) takeRecords(head []byte) Delta {
	t.settling.next()
	t.eachDirty(t.writeRows)
	return t.records.take(head, 0)
}

// writeRows records what rows hold.
func (t *Table) writeRows(d *dirtyRows) {
	w := &t.records
	if t.packed == nil && t.keyLen >= 0 && t.stride <= packedMost {
		from := t.expiryFrom()
		t.packed = packedRows(t.keyAt, t.keyLen, from, int(t.stride-from), t.valAt, t.spec.HeapRefs)
	}
	if t.packed != nil && t.packed.refs == 0 {
		w.rows(t.packed, d.rows[:d.n], nil)
		return
	}
	var more [dirtyBatch]int // bytes in the heap
	for _, off := range t.spec.HeapRefs {
		for i, p := range d.rows[:d.n] {
			more[i] += 4 + len(t.heap.Get(*(*uint64)(unsafe.Add(p, t.valAt+uintptr(off)))))
		}
	}
	if t.packed != nil {
		w.rows(t.packed, d.rows[:d.n], more[:d.n])
		for _, p := range d.rows[:d.n] {
			w.buf = t.appendReferred(w.buf, p)
		}
		return
	}
	fixed := int(t.stride - t.expiryFrom())
	for i, p := range d.rows[:d.n] {
		w.change(OpPut, t.keyOf(p), fixed+more[i])
		w.buf = t.appendValue(w.buf, p)
	}
}

// expiryFrom is where what is saved of a row begins.
func (t *Table) expiryFrom() uintptr {
	if t.ttl > 0 {
		return t.expAt
	}
	return t.valAt
}

func (t *Table) appendValue(dst []byte, p unsafe.Pointer) []byte {
	from := t.expiryFrom()
	at := len(dst) + int(t.valAt-from)
	dst = append(dst, unsafe.Slice((*byte)(unsafe.Add(p, from)), t.stride-from)...)
	for _, off := range t.spec.HeapRefs {
		clear(dst[at+off : at+off+8])
	}
	return t.appendReferred(dst, p)
}

// appendReferred appends what a row has in the heap.
func (t *Table) appendReferred(dst []byte, p unsafe.Pointer) []byte {
	for _, off := range t.spec.HeapRefs {
		b := t.heap.Get(*(*uint64)(unsafe.Add(p, t.valAt+uintptr(off))))
		n := uint32(len(b)) + 1
		if b == nil {
			n = 0
		}
		dst = binary.LittleEndian.AppendUint32(dst, n)
		dst = append(dst, b...)
	}
	return dst
}

// Apply replays a change.
func (t *Table) Apply(c Change) error {
	hash := hashOf(c.Key)
	return t.applyTo(hash, t.probe(hash, c.Key), c)
}

func (t *Table) applyTo(hash uint64, r Ref, c Change) error {
	if c.Op == OpDelete {
		if r != NoRef {
			t.drop(r)
		}
		return nil
	}
	from := t.expiryFrom()
	size := int(t.stride - from)
	if c.Op != OpPut || len(c.Value) < size || t.keyLen >= 0 && len(c.Key) != t.keyLen {
		return badChange(t.spec.Name)
	}
	if r == NoRef {
		r = t.insert(hash, c.Key)
	} else {
		t.freeValue(t.rowOf(r))
	}
	t.changed(r)
	p := t.rowOf(r)
	copy(unsafe.Slice((*byte)(unsafe.Add(p, from)), size), c.Value)
	rest := c.Value[size:]
	for _, off := range t.spec.HeapRefs {
		if len(rest) < 4 {
			return badChange(t.spec.Name)
		}
		n := binary.LittleEndian.Uint32(rest)
		rest = rest[4:]
		if n == 0 {
			continue
		}
		if uint64(len(rest)) < uint64(n-1) {
			return badChange(t.spec.Name)
		}
		*(*uint64)(unsafe.Add(p, t.valAt+uintptr(off))) = t.heap.Put(0, rest[:n-1])
		rest = rest[n-1:]
	}
	t.unnote(p)
	*header(p) |= rowBase
	return nil
}

func badChange(table string) error {
	return sqlerr.New(sqlerr.Data, sqlerr.Pos{}, "the saved state of %s is damaged or of another version", table)
}
