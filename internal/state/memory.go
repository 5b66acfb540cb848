package state

import (
	"unsafe"

	"github.com/weir-stream/weir/internal/spill"
	"github.com/weir-stream/weir/internal/sqlerr"
)

// Blocks below slabMin come from the Go heap, so that a small store costs no
// system call; larger ones are cut from slabs outside it, and those above a
// quarter of the largest slab get one of their own. A small budget makes all of
// these smaller, so that it does not go in slabs of which little is used.
const (
	slabMin   = 16 << 10
	slabLeast = 1 << 20
	slabMost  = 16 << 20
	// populateStep is how much of a slab below populateAll is made real at a time:
	// it may be the last of a small store. Larger ones are made real at once, so
	// that the system may use large pages.
	populateStep = 512 << 10
	populateAll  = 8 << 20

	// A budget has room for slabParts of the largest slabs.
	slabParts     = 32
	slabLeastEver = 64 << 10
	slabMinEver   = 512
)

// memory hands out zeroed blocks without pointers and keeps count. All tables of
// a store share it.
type memory struct {
	store  *Store
	budget *spill.Budget
	slabs  []*spill.Slab
	cur    []byte // rest of the last slab
	heap   int64  // reserved of the Go heap
	real   int    // how much of that has been populated
	free   map[int][]unsafe.Pointer
	huge   map[unsafe.Pointer]*spill.Slab
	laid   []*spill.Slab // that begin with images
	// movable is the slabs that were in memory when they were made.
	movable []*spill.Slab
	// byAddress is all of them, in that order.
	byAddress []*spill.Slab

	small, least, most int // slabMin, slabLeast, slabMost for this budget
}

func newMemory(s *Store, b *spill.Budget) memory {
	m := memory{store: s, budget: b, free: map[int][]unsafe.Pointer{}, huge: map[unsafe.Pointer]*spill.Slab{},
		small: slabMin, least: slabLeast, most: slabMost}
	if n := b.Limit(); n > 0 && n < slabParts*slabMost {
		m.most = max(int(n/slabParts)&^(spill.PageSize-1), slabLeastEver)
		m.least = min(m.least, max(m.most/4, slabLeastEver))
		m.small = max(min(m.small, m.most/64), slabMinEver)
	}
	return m
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
	m.store.bytes += int64(n)
	switch {
	case n < m.small:
		m.count(int64(n))
		// One word more: a pointer to the end of the last row, which is where
		// empty accumulators start, must not be one to the collector's next object.
		return unsafe.Pointer(unsafe.SliceData(make([]uint64, n/8+1)))
	case n > m.most/4 && n >= slabMin:
		s := m.mapped(n)
		s.Populate(0, len(s.Mem))
		p := unsafe.Pointer(unsafe.SliceData(s.Mem))
		m.huge[p] = s
		return p
	}
	if l := m.free[n]; len(l) > 0 {
		p := l[len(l)-1]
		m.free[n] = l[:len(l)-1]
		clear(unsafe.Slice((*byte)(p), n))
		return p
	}
	return m.cut(n)
}

// cut takes a block from the last slab.
func (m *memory) cut(n int) unsafe.Pointer {
	if len(m.cur) < n {
		size := m.least
		if k := len(m.slabs); k > 0 {
			size = min(2*len(m.slabs[k-1].Mem), m.most)
		}
		m.slabs = append(m.slabs, m.mapped(max(size, n)))
		m.cur, m.real = m.slabs[len(m.slabs)-1].Mem, 0
	}
	if m.real < n {
		s := m.slabs[len(m.slabs)-1]
		step := min(max(n-m.real, populateStep), len(m.cur)-m.real)
		if len(s.Mem) >= populateAll {
			step = len(m.cur) - m.real
		}
		at := len(s.Mem) - len(m.cur) + m.real
		s.Populate(at, at+step)
		m.real += step
	}
	m.real -= n
	p := unsafe.Pointer(unsafe.SliceData(m.cur))
	m.cur = m.cur[n:]
	return p
}

func (m *memory) mapped(n int) *spill.Slab {
	s := m.budget.Map(n)
	if !s.Filed() && m.budget.Limit() > 0 {
		m.movable = append(m.movable, s)
	}
	m.enlist(s)
	return s
}

// release gives a block back that alloc(n) gave.
func (u *usage) release(p unsafe.Pointer, n int) {
	if p == nil {
		return
	}
	n = blockSize(n)
	u.bytes -= int64(n)
	m := u.mem
	m.store.bytes -= int64(n)
	switch {
	case n < m.small: // the collector's
		m.count(-int64(n))
	case n > m.most/4 && n >= slabMin:
		m.delist(p)
		m.budget.Unmap(m.huge[p])
		delete(m.huge, p)
	default:
		m.free[n] = append(m.free[n], p)
	}
}

// reserve asks for memory of the Go heap.
func (m *memory) reserve(delta int64) error {
	err := m.budget.Reserve(delta)
	if err == nil {
		m.heap += delta
	}
	return err
}

// count is reserve for what grows all the same; a denial ends the job.
func (m *memory) count(delta int64) {
	if err := m.reserve(delta); err != nil {
		m.store.fail(err)
	}
}

func (m *memory) close() {
	m.count(-m.heap)
	for _, s := range m.slabs {
		m.budget.Unmap(s)
	}
	for _, s := range m.huge {
		m.budget.Unmap(s)
	}
	for _, s := range m.laid {
		m.budget.Unmap(s)
	}
	m.slabs, m.cur, m.free, m.huge, m.laid, m.movable, m.byAddress = nil, nil, nil, nil, nil, nil, nil
}

// Relieve moves slabs to the spill file, the first ones first, while the budget
// asks for it. The task calls it between events.
func (s *Store) Relieve() {
	m := &s.mem
	if !m.budget.Pressed() {
		return
	}
	n := 0
	for n < len(m.movable) && m.budget.Pressed() {
		m.budget.Move(m.movable[n])
		n++
	}
	m.movable = append(m.movable[:0], m.movable[n:]...)
}

// pendingShare is the part of the budget, as a divisor, that the pages of pending
// rows may take, and pendingLeast the rows that may always wait.
const (
	pendingShare = 8
	pendingLeast = 1 << 10
)

// Pending is how many changed rows of a table may wait to be told on, of at most
// most: each holds a page that would have to be fetched again when its turn comes.
func (s *Store) Pending(most int) int {
	b := s.mem.budget
	if now, _ := b.Spilled(); now == 0 {
		return most
	}
	return min(most, max(int(b.Limit()/pendingShare/spill.PageSize), pendingLeast))
}

// Memory is the job's budget; nil is no bound.
func (s *Store) Memory() *spill.Budget { return s.mem.budget }

// Reserve asks the job's budget for memory that an operator keeps outside the
// tables (delta > 0, bytes), or gives it back. A denial is returned, counts
// nothing and is not an error of the store.
func (s *Store) Reserve(delta int64) error {
	err := s.mem.reserve(delta)
	if err == nil {
		s.bytes += delta
	}
	return err
}

// fail keeps the first error for Err.
func (s *Store) fail(err error) {
	if s.err == nil {
		s.err = err
	}
}

// errCrowded means that someone chose keys for their hashes.
var errCrowded = sqlerr.New(sqlerr.Runtime, sqlerr.Pos{}, "too many keys of a state table have the same hash")
