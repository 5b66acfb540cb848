package spill

// window is what of the spill files is resident. The kernel counts the file pages
// that a process has mapped, but only for all files together; what was mapped
// before anything spilled (the program itself) is taken off.
type window struct {
	slabs []*Slab
	hand  int // slab that is dropped from next
	off   int // from here
	base  int64
}

// dropStep is the bytes that are unmapped at a time; tellSteps is how many times
// between two looks at what that came to.
const (
	dropStep  = 256 << 10
	tellSteps = 8
)

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
// resident. Pages in use come back by themselves, for a microsecond each.
func (w *window) shrink(now, goal int64) {
	left := 0
	for _, s := range w.slabs {
		left += len(s.Mem)
	}
	for steps := 0; left > 0; {
		if w.hand >= len(w.slabs) {
			w.hand, w.off = 0, 0
		}
		mem := w.slabs[w.hand].Mem
		if w.off >= len(mem) {
			w.hand++
			w.off = 0
			continue
		}
		n := min(dropStep, len(mem)-w.off)
		drop(mem[w.off : w.off+n])
		w.off += n
		left -= n
		if steps++; steps%tellSteps == 0 {
			if now, _ = resident(); now <= goal {
				return
			}
		}
	}
	w.base, _ = resident() // nothing of ours is left: the rest is the program's
}
