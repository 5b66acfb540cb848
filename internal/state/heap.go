package state

// Heap keeps byte strings of any length under stable references; 0 is none. It
// has the methods of fn.Heap over plain uint64.
type Heap struct {
	m    map[uint64][]byte
	next uint64
}

// Put stores a copy of b in place of old (which may be 0) and gives its
// reference; it is old where the bytes fit into old's place.
func (h *Heap) Put(old uint64, b []byte) uint64 {
	if h.m == nil {
		h.m = map[uint64][]byte{}
	}
	if old == 0 {
		h.next++
		old = h.next
	}
	h.m[old] = append([]byte(nil), b...)
	return old
}

// Get gives the bytes, which may be changed in place; valid until the next Put
// or Free.
func (h *Heap) Get(r uint64) []byte { return h.m[r] }

// Free gives the space back; 0 is allowed.
func (h *Heap) Free(r uint64) { delete(h.m, r) }
