package spill

// window is what of the spill files is resident. The kernel counts the file pages
// that a process has mapped, but only for all files together; what was mapped
// before anything spilled (the program itself) is taken off.
type window struct {
	slabs []*Slab
	hand  int // slab that is dropped from next
	off   int // from here
	base  int64
	// pieces are what is dropped at a time.
	pieces [][]byte
}

// mostPieces bounds what is dropped in one call.
const mostPieces = 512

func (b *Budget) admit(s *Slab) {
	b.mu.Lock()
	defer b.mu.Unlock()
	w := &b.window
	if len(w.slabs) == 0 {
		w.base, _ = resident()
	}
	s.at = len(w.slabs)
	w.slabs = append(w.slabs, s)
}

func (b *Budget) dismiss(s *Slab) {
	b.mu.Lock()
	defer b.mu.Unlock()
	w := &b.window
	last := w.slabs[len(w.slabs)-1]
	w.slabs[s.at], last.at = last, s.at
	w.slabs[len(w.slabs)-1] = nil
	w.slabs = w.slabs[:len(w.slabs)-1]
}

// Tend keeps the window within what the budget leaves it. Tasks call it between
// two pieces of work; it costs one read of a few bytes while nothing is to be
// done, and nothing at all before anything has spilled.
func (b *Budget) Tend() {
	if b == nil || b.filed.Load() == 0 || !b.mu.TryLock() {
		return
	}
	defer b.mu.Unlock()
	now, ok := resident()
	if !ok {
		return
	}
	w := &b.window
	w.base = min(w.base, now)
	if room := b.room(); now-w.base > room {
		w.shrink(now, w.base+room-room/16)
	}
}

// room is the bytes that the window may have.
func (b *Budget) room() int64 {
	m := b.managed()
	return max(m-b.Memory(), m/keepOut)
}

// shrink drops pages, one slab after the other, until no more than goal is
// resident. Pages in use come back by themselves, for a microsecond each. What is
// resident is taken to be spread evenly, so that few calls do: each interrupts all
// processors.
func (w *window) shrink(now, goal int64) {
	all := 0
	for _, s := range w.slabs {
		all += len(s.Mem)
	}
	for left := all; left > 0; {
		want := float64(all) * float64(now-goal) / float64(max(now-w.base, 1))
		n := w.take(int(min(want, float64(left))))
		drop(w.pieces)
		left -= n
		if now, _ = resident(); now <= goal {
			return
		}
	}
	w.base, _ = resident() // nothing of ours is left: the rest is the program's
}

// take lists the next pieces of slabs, of about n bytes, and gives how many they have.
func (w *window) take(n int) (taken int) {
	w.pieces = w.pieces[:0]
	for len(w.pieces) < mostPieces && (taken < n || taken == 0) {
		if w.hand >= len(w.slabs) {
			w.hand, w.off = 0, 0
		}
		mem := w.slabs[w.hand].Mem
		if w.off >= len(mem) {
			w.hand++
			w.off = 0
			continue
		}
		some := min(int(paged(int64(max(n-taken, PageSize)))), len(mem)-w.off)
		w.pieces = append(w.pieces, mem[w.off:w.off+some])
		w.off += some
		taken += some
	}
	return taken
}
