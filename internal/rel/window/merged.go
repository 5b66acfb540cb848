package window

import (
	"unsafe"

	"github.com/zeebo/xxh3"

	"github.com/weir-stream/weir/internal/fold"
	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/state"
)

// merged is a window put together of its slices: a hash table from key to a row
// of accumulators, in order of the keys' first slice and birth. CUMULATE windows
// of one start keep what earlier ones have merged, as long as no slice of it has
// changed since.
type merged struct {
	index  []int32 // 1 + place; open addressing
	hashes []uint64
	from   []place // where the key's bytes are
	accs   []uint64
	words  int // of a row
	n      int

	parts    []*slice
	versions []int

	keys   state.Keys
	refs   []state.Ref
	src    []unsafe.Pointer
	dst    []unsafe.Pointer
	merge  []unsafe.Pointer
	places []int32
	bytes  int // of the slot columns before the key
}

// place is a key in the list of a slice.
type place struct {
	s *slice
	i int32
}

func newMerged(a *aggregate) *merged {
	return &merged{words: (int(a.base) + a.fold.Size()) / 8, bytes: 8 * a.slots}
}

// take merges the slices of a window.
func (m *merged) take(a *aggregate, parts []*slice) error {
	done := m.prefix(parts)
	if done == 0 {
		m.reset(a)
	}
	total := m.n
	for _, s := range parts[done:] {
		total += s.keys.Len()
	}
	m.reserve(total)
	for _, s := range parts[done:] {
		if err := m.add(a, s); err != nil {
			return err
		}
		m.parts = append(m.parts, s)
		m.versions = append(m.versions, s.version)
	}
	return nil
}

// prefix gives how many of parts are merged already: all that is merged, or
// nothing.
func (m *merged) prefix(parts []*slice) int {
	if len(m.parts) > len(parts) {
		return 0
	}
	for i, s := range m.parts {
		if s != parts[i] || m.versions[i] != s.version {
			return 0
		}
	}
	return len(m.parts)
}

// reset empties the table.
func (m *merged) reset(a *aggregate) {
	if !a.fold.Flat() {
		for i := range m.n {
			a.fold.Release(unsafe.Add(m.row(i), a.base))
		}
	}
	clear(m.index)
	m.hashes, m.from, m.accs, m.n = m.hashes[:0], m.from[:0], m.accs[:0], 0
	m.parts, m.versions = m.parts[:0], m.versions[:0]
}

// forget drops what was merged of a slice that goes.
func (m *merged) forget(a *aggregate, s *slice) {
	for _, x := range m.parts {
		if x == s {
			m.reset(a)
			return
		}
	}
}

// reserve makes room for total rows, so that rows do not move while they are
// merged.
func (m *merged) reserve(total int) {
	if need := total * m.words; cap(m.accs) < need {
		accs := make([]uint64, len(m.accs), need+need/2)
		copy(accs, m.accs)
		m.accs = accs
	}
	if 2*total <= len(m.index) {
		return
	}
	size := 1024
	for size < 3*total {
		size *= 2
	}
	m.index = make([]int32, size)
	for i, h := range m.hashes {
		at := h & uint64(size-1)
		for m.index[at] != 0 {
			at = (at + 1) & uint64(size-1)
		}
		m.index[at] = int32(i) + 1
	}
}

func (m *merged) row(i int) unsafe.Pointer {
	if m.words == 0 { // no accumulators: only the keys matter
		return nil
	}
	return unsafe.Pointer(&m.accs[i*m.words])
}

func (p place) key(skip int) []byte { return p.s.keys.Bytes(int(p.i))[skip:] }

// add merges one slice.
func (m *merged) add(a *aggregate, s *slice) error {
	flat := a.fold.Flat()
	for at := 0; at < s.keys.Len(); at += op.BatchRows {
		fold.Chunk(&s.keys, &m.keys, at, op.BatchRows)
		n := m.keys.Len()
		if cap(m.refs) < n {
			m.refs = make([]state.Ref, op.BatchRows)
		}
		m.refs = m.refs[:n]
		a.table.Find(&m.keys, m.refs)
		m.src = a.table.Ptrs(m.refs, m.src)
		m.dst, m.merge = m.dst[:0], m.merge[:0]
		for i, src := range m.src {
			if a.retract && *(*int64)(src) == 0 {
				continue
			}
			dst, born := m.find(place{s, int32(at + i)})
			if born && flat {
				copy(unsafe.Slice((*uint64)(dst), m.words), unsafe.Slice((*uint64)(src), m.words))
				continue
			}
			if a.retract {
				*(*int64)(dst) += *(*int64)(src)
			}
			m.dst = append(m.dst, unsafe.Add(dst, a.base))
			m.merge = append(m.merge, unsafe.Add(src, a.base))
		}
		if err := a.fold.Merge(m.dst, m.merge); err != nil {
			return err
		}
	}
	return nil
}

// find gives the row of a key, and whether it was made.
func (m *merged) find(p place) (unsafe.Pointer, bool) {
	key := p.key(m.bytes)
	h := xxh3.Hash(key)
	mask := uint64(len(m.index) - 1)
	at := h & mask
	for m.index[at] != 0 {
		i := int(m.index[at]) - 1
		if m.hashes[i] == h && string(m.from[i].key(m.bytes)) == string(key) {
			return m.row(i), false
		}
		at = (at + 1) & mask
	}
	m.n++
	m.index[at] = int32(m.n)
	m.hashes = append(m.hashes, h)
	m.from = append(m.from, p)
	k := len(m.accs)
	m.accs = m.accs[:k+m.words]
	clear(m.accs[k:])
	return m.row(m.n - 1), true
}

// rows appends keys and rows from place at on, at most max.
func (m *merged) rows(at, max int, raw [][]byte, rows []unsafe.Pointer) ([][]byte, []unsafe.Pointer) {
	for i := at; i < min(at+max, m.n); i++ {
		raw = append(raw, m.from[i].s.keys.Bytes(int(m.from[i].i)))
		rows = append(rows, m.row(i))
	}
	return raw, rows
}
