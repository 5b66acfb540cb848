package spill

import (
	"math"
	"runtime/debug"
	"sync"
)

// goHeap is what the Go heap of the process may come to: what its budgets leave.
type goHeap struct {
	mu      sync.Mutex
	on      bool
	budgets map[*Budget]bool
	limit   int64 // in force
}

var heap goHeap

// heapLeast is what is always left to the Go heap: programs, plans and batches
// under way are not worth a collector that never rests.
const heapLeast = 48 << 20

// BoundHeap makes the budgets of this process set the Go runtime's memory limit
// (GOMEMLIMIT) to what slabs leave of them. It is for programs that are about
// nothing else: an embedding one has a heap of its own.
func BoundHeap() {
	heap.mu.Lock()
	defer heap.mu.Unlock()
	heap.on, heap.limit = true, math.MaxInt64
}

func (h *goHeap) enter(b *Budget) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.budgets == nil {
		h.budgets = map[*Budget]bool{}
	}
	h.budgets[b] = true
	h.set()
}

func (h *goHeap) leave(b *Budget) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.budgets, b)
	h.set()
}

// adapt follows what slabs take.
func (h *goHeap) adapt() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.set()
}

// set changes the limit if that makes a difference: the runtime stops the
// program for it.
func (h *goHeap) set() {
	if !h.on {
		return
	}
	want := int64(math.MaxInt64)
	for b := range h.budgets {
		if b.cfg.Limit > 0 {
			if want == math.MaxInt64 {
				want = 0
			}
			want += b.leaves()
		}
	}
	if want < math.MaxInt64 {
		want = max(want, heapLeast)
	}
	if far := h.limit / 16; want < h.limit-far || want > h.limit && want-h.limit > far {
		h.limit = want
		debug.SetMemoryLimit(want)
	}
}

// leaves is the part of the budget that slabs and window leave.
func (b *Budget) leaves() int64 {
	n := b.cfg.Limit - b.anon.Load()
	if b.filed.Load() > 0 {
		n -= b.room()
	}
	return n
}
