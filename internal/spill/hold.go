package spill

// Hold gives n zeroed bytes of memory, rounded up to pages, that stay there: for what is
// used so much that it must not be spilled. Nil is that there is no room. Release gives
// them back.
func (b *Budget) Hold(n int) *Slab {
	n = int(paged(int64(n)))
	if m := b.managed(); b.cfg.Limit > 0 && b.heap.Load()+int64(n) > m-m/keepOut {
		return nil
	}
	b.holders.Add(1)
	b.addMemory(int64(n))
	b.short.Store(true) // others make room
	s := &Slab{Mem: mapMemory(n)}
	s.Populate(0, n)
	return s
}

// Release gives a slab of Hold back.
func (b *Budget) Release(s *Slab) {
	b.holders.Add(-1)
	b.Unmap(s)
}

// Portion is the bytes that each owner may Hold, more of them than there are now: what
// hot pages of files may take as well is shared by all.
func (b *Budget) Portion(more int) int64 {
	return max(b.managed()-b.managed()/keepOut-b.heap.Load(), 0) / max(b.holders.Load()+int64(more), 1)
}
