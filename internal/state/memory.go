package state

import (
	"unsafe"

	"github.com/weir-stream/weir/internal/sqlerr"
)

// Blocks below slabMin come from the Go heap, so that a small store costs no
// system call; larger ones are cut from slabs outside it, and those above
// hugeMin are mapped one by one.
const (
	slabMin   = 16 << 10
	hugeMin   = 4 << 20
	slabLeast = 1 << 20
	slabMost  = 16 << 20
	// populateStep is how much of a slab below populateAll is made real at a time:
	// it may be the last of a small store. Larger ones are made real at once, so
	// that the system may use large pages.
	populateStep = 512 << 10
	populateAll  = 8 << 20
)

// memory hands out zeroed blocks without pointers and keeps count. All tables of
// a store share it.
type memory struct {
	store *Store
	slabs [][]byte
	cur   []byte // rest of the last slab
	real  int    // how much of that has been populated
	free  map[int][]unsafe.Pointer
	huge  map[unsafe.Pointer][]byte
}

// usage counts one table's share of the memory.
type usage struct {
	mem   *memory
	bytes int64
}

// blockSize is the size that alloc rounds n up to.
func blockSize(n int) int {
	if n < slabMin {
		return (n + 63) &^ 63
	}
	return (n + 4095) &^ 4095
}

// alloc gives a zeroed block of at least n bytes, aligned to 8.
func (u *usage) alloc(n int) unsafe.Pointer {
	n = blockSize(n)
	u.bytes += int64(n)
	m := u.mem
	m.store.reserve(int64(n))
	if n < slabMin {
		// One word more: a pointer to the end of the last row, which is where
		// empty accumulators start, must not be one to the collector's next object.
		return unsafe.Pointer(unsafe.SliceData(make([]uint64, n/8+1)))
	}
	if l := m.free[n]; len(l) > 0 {
		p := l[len(l)-1]
		m.free[n] = l[:len(l)-1]
		clear(unsafe.Slice((*byte)(p), n))
		return p
	}
	if n > hugeMin {
		b := mapMemory(n)
		populate(b)
		p := unsafe.Pointer(unsafe.SliceData(b))
		m.huge[p] = b
		return p
	}
	if len(m.cur) < n {
		size := slabLeast
		if k := len(m.slabs); k > 0 {
			size = min(2*len(m.slabs[k-1]), slabMost)
		}
		for size < n {
			size *= 2
		}
		m.cur, m.real = mapMemory(size), 0
		m.slabs = append(m.slabs, m.cur)
	}
	if m.real < n {
		step := min(max(n-m.real, populateStep), len(m.cur)-m.real)
		if len(m.slabs[len(m.slabs)-1]) >= populateAll {
			step = len(m.cur) - m.real
		}
		populate(m.cur[m.real : m.real+step])
		m.real += step
	}
	m.real -= n
	p := unsafe.Pointer(unsafe.SliceData(m.cur))
	m.cur = m.cur[n:]
	return p
}

// release gives a block back that alloc(n) gave.
func (u *usage) release(p unsafe.Pointer, n int) {
	if p == nil {
		return
	}
	n = blockSize(n)
	u.bytes -= int64(n)
	m := u.mem
	m.store.reserve(-int64(n))
	switch {
	case n < slabMin: // the collector's
	case n > hugeMin:
		unmapMemory(m.huge[p])
		delete(m.huge, p)
	default:
		m.free[n] = append(m.free[n], p)
	}
}

func (m *memory) close() {
	for _, b := range m.slabs {
		unmapMemory(b)
	}
	for _, b := range m.huge {
		unmapMemory(b)
	}
	m.slabs, m.cur, m.free, m.huge = nil, nil, nil, nil
}

// Reserve asks the task's accountant for memory that an operator keeps outside
// the tables (delta > 0, bytes), or gives it back. A denial is returned, counts
// nothing and is not an error of the store: the operator may spill instead.
func (s *Store) Reserve(delta int64) error {
	if s.cfg.Reserve != nil {
		if err := s.cfg.Reserve(delta); err != nil && delta > 0 {
			return err
		}
	}
	s.bytes += delta
	return nil
}

// reserve is Reserve for the tables themselves, which grow all the same.
func (s *Store) reserve(delta int64) {
	if s.cfg.Reserve != nil {
		if err := s.cfg.Reserve(delta); err != nil && delta > 0 {
			s.fail(err)
		}
	}
	s.bytes += delta
}

// fail keeps the first error for Err.
func (s *Store) fail(err error) {
	if s.err == nil {
		s.err = err
	}
}

// errCrowded means that someone chose keys for their hashes.
var errCrowded = sqlerr.New(sqlerr.Runtime, sqlerr.Pos{}, "too many keys of a state table have the same hash")

// alignedBytes gives n bytes, a multiple of 8, of the Go heap, aligned to 8.
func alignedBytes(n int) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(make([]uint64, n/8)))), n)
}
