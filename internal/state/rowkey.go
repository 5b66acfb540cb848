package state

import "unsafe"

// inlineKey is the longest key of varying length that lies in the row itself;
// longer ones lie in the heap. The field is 4 bytes of length, then the bytes
// or the heap reference.
const inlineKey = 24

// keyOf gives the canonical key bytes of a row.
func (t *Table) keyOf(row unsafe.Pointer) []byte {
	p := unsafe.Add(row, t.keyAt)
	if t.keyLen >= 0 {
		return unsafe.Slice((*byte)(p), t.keyLen)
	}
	n := *(*uint32)(p)
	p = unsafe.Add(p, 4)
	if n <= inlineKey {
		return unsafe.Slice((*byte)(p), n)
	}
	return t.heap.Get(*(*uint64)(p))
}

// setKey stores the key of a new row.
func (t *Table) setKey(row unsafe.Pointer, key []byte) {
	p := unsafe.Add(row, t.keyAt)
	if t.keyLen >= 0 {
		copy(unsafe.Slice((*byte)(p), t.keyLen), key)
		return
	}
	*(*uint32)(p) = uint32(len(key))
	p = unsafe.Add(p, 4)
	if len(key) <= inlineKey {
		copy(unsafe.Slice((*byte)(p), len(key)), key)
		return
	}
	*(*uint64)(p) = t.heap.Put(0, key)
}

func (t *Table) freeKey(row unsafe.Pointer) {
	if t.keyLen >= 0 {
		return
	}
	p := unsafe.Add(row, t.keyAt)
	if *(*uint32)(p) > inlineKey {
		t.heap.Free(*(*uint64)(unsafe.Add(p, 4)))
	}
}

// hasKey compares a row's key, hash first.
func (t *Table) hasKey(row unsafe.Pointer, hash uint64, key []byte) bool {
	return (*header(row)^hash)>>16 == 0 && string(t.keyOf(row)) == string(key)
}
