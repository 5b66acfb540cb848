package state

import (
	"encoding/binary"
	"unsafe"

	"github.com/weir-stream/weir/internal/sqlerr"
)

// Dirty rows carry a flag. Beside it each is noted once in a list, so that
// TakeDirty visits what changed and not what exists; a segment that was split
// since is scanned instead, which so many new rows have paid for. Notes of rows
// that are gone or were moved are harmless: the flag decides.

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
	if !t.track {
		return
	}
	segs, stride := t.segs, t.stride
	for _, r := range refs {
		if r == NoRef {
			continue
		}
		s := &segs[r>>16]
		p := s.row(stride, uint32(r&0xFFFF))
		if h := header(p); *h&rowDirty == 0 {
			*h |= rowDirty
			if !s.scan {
				t.dirty = append(t.dirty, r)
			}
		}
	}
}

// mark is Mark for one row, its expiry left alone.
func (t *Table) mark(r Ref, p unsafe.Pointer) {
	if t.track && *header(p)&rowDirty == 0 {
		*header(p) |= rowDirty
		if !t.segs[r>>16].scan {
			t.dirty = append(t.dirty, r)
		}
	}
}

// buried notes the key of a deleted row.
func (t *Table) buried(key []byte) {
	t.gone = binary.LittleEndian.AppendUint32(t.gone, uint32(len(key)))
	t.gone = append(t.gone, key...)
}

// eachDirty visits every dirty row and forgets that it is dirty.
func (t *Table) eachDirty(f func(r Ref, p unsafe.Pointer)) {
	visit := func(r Ref) {
		p := t.rowOf(r)
		if h := header(p); *h&(rowLive|rowDirty) == rowLive|rowDirty {
			*h = *h&^rowDirty | rowBase
			f(r, p)
		}
	}
	for _, r := range t.dirty {
		if id := int(r >> 16); id < len(t.segs) && uint32(r&0xFFFF) < t.segs[id].n {
			visit(r)
		}
	}
	t.dirty = t.dirty[:0]
	for id := 1; id < len(t.segs); id++ {
		if s := &t.segs[id]; s.scan {
			s.scan = false
			for n := range s.n {
				visit(makeRef(uint32(id), n))
			}
		}
	}
}

// TakeDirty hands over the changed rows, deletions first. The Value of a put is
// the expiry (8 bytes, if there is a TTL), the Fixed bytes, and length (4 bytes)
// and bytes of each declared heap reference.
func (t *Table) TakeDirty(f func(Change)) {
	for g := t.gone; len(g) > 0; {
		n := binary.LittleEndian.Uint32(g)
		f(Change{Op: OpDelete, Key: g[4 : 4+n]})
		g = g[4+n:]
	}
	t.gone = t.gone[:0]
	var buf []byte
	t.eachDirty(func(r Ref, p unsafe.Pointer) {
		buf = t.appendValue(buf[:0], p)
		f(Change{Op: OpPut, Key: t.keyOf(p), Value: buf})
	})
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
		b := t.heap.Get(*(*uint64)(unsafe.Add(p, t.valAt+uintptr(off))))
		clear(dst[at+off : at+off+8])
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
	r := t.probe(hash, c.Key)
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
	*header(p) = *header(p)&^rowDirty | rowBase
	return nil
}

func badChange(table string) error {
	return sqlerr.New(sqlerr.Runtime, sqlerr.Pos{}, "the saved state of %s is damaged or of another version", table)
}
