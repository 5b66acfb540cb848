package state

import "unsafe"

// eachOfPart visits what a part holds as changes to an empty table.
func eachOfPart(table string, data []byte, f func(Change) error) error {
	p, ok := parsePart(data)
	if !ok {
		return badChange(table)
	}
	x := p.view(table)
	var err error
	for _, r := range x.rowsOf().liveRows(1, nil) {
		x.dumpRows([]Ref{r}, nil, func(c Change) {
			if err == nil {
				err = f(c)
			}
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// view gives a table of the one segment, for reading only.
func (p *part) view(name string) parted {
	p.mapped = true
	s := NewStore(Config{})
	t := &Table{store: s, spec: TableSpec{Name: name, HeapRefs: p.heapRefs}, keyLen: int(p.keyLen),
		stride: uintptr(p.stride), keyAt: uintptr(p.keyAt), expAt: uintptr(p.expAt), valAt: uintptr(p.valAt)}
	if p.expAt > 0 {
		t.ttl = 1
	}
	t.use.mem, t.heap.use.mem = &s.mem, &s.mem
	t.segs = make([]segment, 2)
	if p.cap > 0 {
		seg := &t.segs[1]
		seg.n, seg.cap = uint32(p.n), uint32(p.cap)
		seg.index = p.take(&t.use, partRows)
		seg.rows = unsafe.Add(seg.index, uintptr(slotsFor(seg.cap))*4)
	}
	id := uint32(p.seg)
	t.heap.attach(id, p, partHeap)
	if p.kind == partValue {
		return t
	}
	if p.kind == partSorted {
		so := &Sorted{t: t, auxAt: uintptr(p.auxAt), keyAt: uintptr(p.bodyAt)}
		so.items.use.mem, so.links.use.mem = &s.mem, &s.mem
		so.items.attach(id, p, partItems)
		so.links.attach(id, p, partLinks)
		return so
	}
	l := &List{store: s, keys: t, auxAt: uintptr(p.auxAt), rowAt: uintptr(p.bodyAt), timers: p.kind == partTimers}
	l.entries.use.mem, l.links.use.mem = &s.mem, &s.mem
	l.entries.attach(id, p, partItems)
	l.links.attach(id, p, partLinks)
	if l.timers {
		return &Timers{store: s, name: name, list: l}
	}
	return l
}
