package state

// Touch adds rows to the pending set, each once, in order. NoRef is
// passed over.
func (t *Table) Touch(refs []Ref) {
	for _, r := range refs {
		if r == NoRef {
			continue
		}
		p := t.rowOf(r)
		if *header(p)&rowTouched != 0 {
			continue
		}
		*header(p) |= rowTouched
		*link(p) = uint32(len(t.touched))
		t.touched = append(t.touched, r)
	}
}

// Touched is the number of pending rows, deleted ones included.
func (t *Table) Touched() int { return len(t.touched) - t.first }

// TakeTouched replaces refs by at most max pending rows in the order they were
// first touched, and takes them out of the set. Deleted rows are left out; an
// empty answer means that none is left.
func (t *Table) TakeTouched(max int, refs []Ref) []Ref {
	refs = refs[:0]
	for ; t.first < len(t.touched) && len(refs) < max; t.first++ {
		if r := t.touched[t.first]; r != NoRef {
			*header(t.rowOf(r)) &^= rowTouched
			refs = append(refs, r)
		}
	}
	switch {
	case t.first == len(t.touched):
		t.touched, t.first = t.touched[:0], 0
	case t.first >= 1<<16 && t.first > len(t.touched)/2:
		n := copy(t.touched, t.touched[t.first:])
		t.touched, t.first = t.touched[:n], 0
		for i, r := range t.touched {
			if r != NoRef {
				*link(t.rowOf(r)) = uint32(i)
			}
		}
	}
	return refs
}
