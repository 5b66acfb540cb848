package vfs

import (
	"maps"
	"slices"
)

// Cut says what a power cut leaves of what was not synced.
type Cut int

// LoseUnsynced leaves nothing of it. TearUnsynced draws for every file and
// directory: nothing, all, the first writes and a part of the next, or any of
// the sectors of any of the writes. KeepUnsynced loses nothing.
const (
	LoseUnsynced Cut = iota
	TearUnsynced
	KeepUnsynced
)

// sector is how many bytes a disk writes at once.
const sector = 512

// Crash cuts the power: all processes die, and what was not durable is lost. The
// disk is then as the machine finds it when it starts again.
func (m *Mem) Crash(cut Cut) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.boot++
	m.keepNames(cut)
	m.root.settle(m, cut)
}

// keepNames decides which changes of names a power cut leaves: of every directory
// the first ones, in order.
func (m *Mem) keepNames(cut Cut) {
	lost := map[*naming]bool{}
	for _, d := range m.named {
		n := 0
		switch cut {
		case KeepUnsynced:
			n = len(d.pending)
		case TearUnsynced:
			n = m.rnd.IntN(len(d.pending) + 1)
		}
		for _, c := range d.pending[n:] {
			lost[c] = true
		}
	}
	for again := true; again; { // until no rename is half lost
		again = false
		for _, d := range m.named {
			for i, c := range d.pending {
				if c.pair != nil && lost[c.pair] && !lost[c] {
					again = true
					for _, later := range d.pending[i:] {
						lost[later] = true
					}
				}
			}
		}
	}
	for _, d := range m.named {
		for _, c := range d.pending {
			if !lost[c] {
				c.apply(d.kept)
			}
		}
		d.pending = nil
	}
	m.named = nil
}

func (c *naming) apply(names map[string]*node) {
	if c.gone != "" {
		delete(names, c.gone)
	}
	if c.name != "" {
		names[c.name] = c.to
	}
}

// settle makes what is durable all there is, in a fixed order.
func (n *node) settle(m *Mem, cut Cut) {
	n.lock = nil
	if !n.dir {
		n.durable = apply(n.durable, m.left(n.writes, cut)...)
		n.writes, n.data = nil, slices.Clone(n.durable)
		return
	}
	n.names = maps.Clone(n.kept)
	for _, name := range slices.Sorted(maps.Keys(n.names)) {
		n.names[name].settle(m, cut)
	}
}

// left gives the writes, or parts of them, that a power cut leaves.
func (m *Mem) left(ws []write, cut Cut) []write {
	if cut == KeepUnsynced {
		return ws
	}
	if cut == LoseUnsynced || len(ws) == 0 {
		return nil
	}
	switch m.rnd.IntN(4) {
	case 0:
		return nil
	case 1:
		return ws
	case 2:
		n := m.rnd.IntN(len(ws))
		torn := ws[n]
		torn.data = torn.data[:m.rnd.IntN(len(torn.data)+1)]
		return append(slices.Clone(ws[:n]), torn)
	}
	return m.sectors(ws)
}

// sectors draws which sectors of which writes reached the disk.
func (m *Mem) sectors(ws []write) []write {
	var out []write
	for _, w := range ws {
		if w.cut {
			if m.rnd.IntN(2) == 0 {
				out = append(out, w)
			}
			continue
		}
		for len(w.data) > 0 {
			n := min(int64(len(w.data)), sector-w.at%sector)
			if m.rnd.IntN(2) == 0 {
				out = append(out, write{at: w.at, data: w.data[:n]})
			}
			w.at, w.data = w.at+n, w.data[n:]
		}
	}
	return out
}

// mostSpare bounds the bytes that are kept free behind a file that grows.
const mostSpare = 16 << 20

// apply makes changes to bytes; b may be changed in place.
func apply(b []byte, ws ...write) []byte {
	end := 0
	for _, w := range ws {
		end = max(end, int(w.at)+len(w.data))
	}
	if end > cap(b) { // at once, and as files grow by doubling
		b = slices.Grow(b, max(end, min(2*len(b), len(b)+mostSpare))-len(b))
	}
	for _, w := range ws {
		switch {
		case w.cut:
			b = resize(b, w.at)
		case len(w.data) > 0:
			if w.at > int64(len(b)) {
				b = resize(b, w.at)
			}
			n := copy(b[w.at:], w.data)
			b = append(b, w.data[n:]...)
		}
	}
	return b
}

func resize(b []byte, n int64) []byte {
	if n <= int64(len(b)) {
		return b[:n]
	}
	old := len(b)
	b = slices.Grow(b, int(n)-old)[:n]
	clear(b[old:])
	return b
}

// Flip changes the bits of mask in one byte of a file, durably and unseen.
func (m *Mem) Flip(path string, at int64, mask byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	_, _, n, err := m.find(path)
	if err != nil {
		return err
	}
	for _, b := range [][]byte{n.data, n.durable} {
		if at < int64(len(b)) {
			b[at] ^= mask
		}
	}
	return nil
}

// Clone gives a copy of the disk, without processes and rules, whose draws come
// from a seed of its own: one state can be crashed and recovered in many ways.
func (m *Mem) Clone(seed uint64) *Mem {
	m.mu.Lock()
	defer m.mu.Unlock()
	c := NewMem(MemConfig{Seed: seed, Clock: m.clock, Capacity: m.capacity})
	seen := map[*node]*node{}
	namings := map[*naming]*naming{}
	c.root = m.root.clone(seen, namings)
	for _, d := range m.named {
		c.named = append(c.named, d.clone(seen, namings))
	}
	return c
}

func (n *node) clone(seen map[*node]*node, namings map[*naming]*naming) *node {
	if n == nil {
		return nil
	}
	if c, ok := seen[n]; ok {
		return c
	}
	c := &node{mod: n.mod, dir: n.dir, data: slices.Clone(n.data), durable: slices.Clone(n.durable), writes: slices.Clone(n.writes)}
	seen[n] = c
	names := func(of map[string]*node) map[string]*node {
		if of == nil {
			return nil
		}
		out := make(map[string]*node, len(of))
		for name, x := range of {
			out[name] = x.clone(seen, namings)
		}
		return out
	}
	c.names, c.kept = names(n.names), names(n.kept)
	for _, x := range n.pending {
		c.pending = append(c.pending, x.clone(seen, namings))
	}
	return c
}

func (c *naming) clone(seen map[*node]*node, namings map[*naming]*naming) *naming {
	if c == nil {
		return nil
	}
	if d, ok := namings[c]; ok {
		return d
	}
	d := &naming{gone: c.gone, name: c.name}
	namings[c] = d
	d.to, d.in, d.pair = c.to.clone(seen, namings), c.in.clone(seen, namings), c.pair.clone(seen, namings)
	return d
}
