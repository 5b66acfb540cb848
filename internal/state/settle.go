package state

// Settle says that rows were marked and stay as they are until they are marked again:
// an operator that has emitted what they came to may say so. They are written down
// now, while they are near, and not at the marker, when to find them again is a
// random access into all of the state and the checkpoint waits for it. NoRef is
// passed over.
//
// A row that is settled twice in an epoch is in its delta twice. Where many are,
// settling is left alone for some epochs: it is a hint.
func (t *Table) Settle(refs []Ref) {
	s := &t.settling
	if !t.track || s.idle > 0 || len(t.records.full) >= settledMost {
		return
	}
	if s.again > s.rows/settledAgain+settledLeast {
		s.idle = settledIdle
		return
	}
	for len(refs) > 0 {
		some := refs[:min(len(refs), dirtyBatch)]
		refs = refs[len(some):]
		var d dirtyRows
		t.settled(some, &d)
		if s.rows += d.n; d.n > 0 {
			t.writeRows(&d)
		}
	}
	if t.unsaved == 0 {
		t.forgetNotes()
	}
}

// settled is dirtyRows.taken of rows that are near.
func (t *Table) settled(refs []Ref, d *dirtyRows) {
	segs, held, stride, stamp, fronted := t.segs, t.held, t.stride, t.settling.stamp(), t.front != nil
	all, n := uint64(0), 0
	for _, r := range refs[:min(len(refs), dirtyBatch)] {
		if r == NoRef {
			continue
		}
		p := segs[r>>16].row(stride, uint32(r&0xFFFF))
		h := *header(p)
		if h&(rowLive|rowDirty) != rowLive|rowDirty {
			continue
		}
		*header(p) = h&^(rowDirty|rowStamp) | rowBase | stamp
		if held[r>>16] |= 1; fronted {
			t.changed(r)
		}
		all |= h
		d.rows[n] = p
		n++
	}
	if all&rowTouched != 0 {
		t.touchedClean = true
	}
	d.n = n
	t.unsaved -= n
}

const (
	settledMost = 64 // pieces
	settledIdle = 32 // epochs
	// settledAgain and settledLeast say how many rows may be settled again: a part in
	// so many, and so many in any case.
	settledAgain = 4
	settledLeast = 256
)

// settling is what is known of the rows that were settled in an epoch.
type settling struct {
	epoch uint64
	rows  int
	again int // of them were marked again
	idle  int // epochs in which nothing is settled
}

// stamp marks the rows that are settled in this epoch; the 4,095th after has the
// same.
func (s *settling) stamp() uint64 { return (s.epoch%0xFFF + 1) << 4 }

// note looks whether a row that is marked was settled in this epoch.
func (s *settling) note(h uint64) {
	if h&rowStamp != 0 && h&rowStamp == s.stamp() {
		s.again++
	}
}

// next begins another epoch.
func (s *settling) next() {
	s.epoch++
	s.rows, s.again, s.idle = 0, 0, max(s.idle-1, 0)
}
