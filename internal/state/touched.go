package state

import "unsafe"

// TouchMarked is Mark and Touch. What the rows live for is left alone.
func (t *Table) TouchMarked(refs []Ref) {
	segs, stride, marks := t.segs, t.stride, uint64(rowTouched)
	if t.track {
		marks |= rowDirty
	}
	// What changes with each row is in no table meanwhile: that would be written each time.
	touched, dirty, stamp := t.touched, t.dirty, t.settling.stamp()
	unsaved, again := 0, 0
	for _, r := range refs {
		if r == NoRef {
			continue
		}
		s := &segs[r>>16]
		p := s.row(stride, uint32(r&0xFFFF))
		h := *header(p)
		add := marks &^ h
		if add == 0 {
			continue
		}
		*header(p) = h | add
		if add&rowTouched != 0 {
			*link(p) = uint32(len(touched))
			touched = append(touched, r)
		}
		if add&rowDirty == 0 {
			continue
		}
		if h&rowStamp == stamp {
			again++
		}
		if unsaved++; !s.scan {
			dirty = append(dirty, r)
		}
	}
	t.touched, t.dirty = touched, dirty
	t.unsaved += unsaved
	t.settling.again += again
}

// MarkTouched is Mark of rows that are pending since TouchMarked. It need do nothing
// but where what they held meanwhile has been written down: what is done a row, far
// away in memory, costs.
func (t *Table) MarkTouched(refs []Ref) {
	if !t.touchedClean {
		return
	}
	for _, r := range refs {
		if r != NoRef {
			t.mark(r, t.rowOf(r))
		}
	}
}

// Touch adds rows to the pending set, each once, in order. NoRef is
// passed over.
func (t *Table) Touch(refs []Ref) {
	t.touchedClean = true
	for _, r := range refs {
		if r != NoRef {
			t.touch(r, t.rowOf(r))
		}
	}
}

func (t *Table) touch(r Ref, p unsafe.Pointer) {
	if *header(p)&rowTouched == 0 {
		*header(p) |= rowTouched
		*link(p) = uint32(len(t.touched))
		t.touched = append(t.touched, r)
	}
}

// Untold replaces refs by at most max pending rows that it has not told of before, in
// the order in which they were first touched. They stay pending.
func (t *Table) Untold(max int, refs []Ref) []Ref {
	refs = refs[:0]
	for ; t.told < len(t.touched) && len(refs) < max; t.told++ {
		if r := t.touched[t.told]; r != NoRef {
			refs = append(refs, r)
		}
	}
	return refs
}

// Touched is the number of pending rows, deleted ones included.
func (t *Table) Touched() int { return len(t.touched) - t.first }

// TakeTouched replaces refs by at most most pending rows in the order they were
// first touched, and takes them out of the set; all or none of them are rows that
// Untold has told of. Deleted rows are left out; an empty answer means that none is
// left.
func (t *Table) TakeTouched(most int, refs []Ref) []Ref {
	refs = refs[:0]
	for ; t.first < len(t.touched) && len(refs) < most; t.first++ {
		if t.first == t.told && len(refs) > 0 {
			break
		}
		if r := t.touched[t.first]; r != NoRef {
			*header(t.rowOf(r)) &^= rowTouched
			refs = append(refs, r)
		}
	}
	switch t.told = max(t.told, t.first); {
	case t.first == len(t.touched):
		t.touched, t.first, t.told, t.touchedClean = t.touched[:0], 0, 0, false
	case t.first >= 1<<16 && t.first > len(t.touched)/2:
		n := copy(t.touched, t.touched[t.first:])
		t.touched, t.told, t.first = t.touched[:n], t.told-t.first, 0
		for i, r := range t.touched {
			if r != NoRef {
				*link(t.rowOf(r)) = uint32(i)
			}
		}
	}
	return refs
}
