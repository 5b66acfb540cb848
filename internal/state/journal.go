package state

import (
	"encoding/binary"
	"unsafe"
)

// A list writes its delta while it changes, when what it writes is in the cache and
// the key is known: to find an entry's key later is a random access into all of the
// state. A new entry notes in its flags where its record is, so that it can be taken
// back if the entry goes before the delta is taken, and so that what changes of the
// entry can be written over it then. Timers, which come and go, are written when
// the delta is taken.

const (
	entryFlags  = 2   // the bits above are the place of the record, 0: none
	journalMost = 512 // pieces; new entries are not written beyond. Their places must fit
)

// fresh reports that an entry was made since the last delta was taken.
func (l *List) fresh(en *entryHead) bool { return l.since != 0 && en.seq >= l.since }

// known reports that an entry is in an earlier delta, or in an image.
func (l *List) known(en *entryHead) bool {
	return en.flags&entryBase != 0 || !l.timers && !l.fresh(en)
}

// record is the place of a fresh entry's record, 0 if it has none.
func (l *List) record(en *entryHead) int {
	if !l.fresh(en) {
		return 0
	}
	return int(en.flags >> entryFlags)
}

// fixedOf is what changes of an entry: its multiplicity, expiry and Aux.
func (l *List) fixedOf(e Entry) []byte {
	p := unsafe.Add(unsafe.Pointer(l.entry(e)), unsafe.Offsetof(entryHead{}.mult))
	return unsafe.Slice((*byte)(p), l.fixed())
}

func (l *List) fixed() int { return int(l.rowAt - unsafe.Offsetof(entryHead{}.mult)) }

// writeEntry records a new entry.
func (l *List) writeEntry(e Entry, key, row []byte) {
	en := l.entry(e)
	if l.timers {
		l.markEntry(e)
		return
	}
	if l.since == 0 {
		l.since = en.seq
	}
	if l.brief.written++; l.brief.late || len(l.journal.full) >= journalMost {
		l.markEntry(e)
		return
	}
	if l.brief.written%briefAsk == 0 {
		l.brief.late = l.brief.gone > l.brief.written/2
	}
	fixed := l.fixedOf(e)
	if len(fixed) == 8 && en.mult == 1 {
		fixed = nil
	}
	en.flags |= uint32(l.journal.entry(OpAppend, fixed, en.seq, key, row)) << entryFlags
}

// brief is how long new entries stay: where more than half of them are gone when the
// delta is taken they are written late, when that happens.
type brief struct {
	late    bool
	written int // new entries since the last delta
	gone    int // of them have gone again; if late, how many is known when it is taken
}

// briefAsk is after how many new entries it is looked at whether they stay.
const briefAsk = 4096

// next begins another delta, when all entries of the one before have been written.
func (b *brief) next(stayed int) {
	if b.late {
		b.gone = b.written - stayed
	}
	*b = brief{late: b.gone > b.written/2 || b.late && b.written == 0}
}

// markEntry notes that an entry has changed.
func (l *List) markEntry(e Entry) {
	if !l.track {
		return
	}
	if en := l.entry(e); en.flags&entryDirty == 0 {
		if len(l.dirty) == cap(l.dirty) && len(l.dirty) > 2*l.count+briefAsk {
			l.dropNotes()
		}
		en.flags |= entryDirty
		l.dirty = append(l.dirty, e)
	}
}

// dropNotes drops the notes of entries that are gone.
func (l *List) dropNotes() {
	kept := l.dirty[:0]
	for _, e := range l.dirty {
		if !l.entries.alive(uint64(e)) {
			continue
		}
		if en := l.entry(e); en.flags&entryDirty != 0 {
			en.flags &^= entryDirty // an entry in the place of another has two notes
			kept = append(kept, e)
		}
	}
	for _, e := range kept {
		l.entry(e).flags |= entryDirty
	}
	l.dirty = kept
}

// forget takes the record of an entry back, and reports whether there are others.
func (l *List) forget(e Entry) (known bool) {
	en := l.entry(e)
	if at := l.record(en); at != 0 && l.track {
		l.journal.void(at)
		l.brief.gone++
	}
	return l.track && l.known(en)
}

// writeRemoval records that an entry goes, if log is set and it is known.
func (l *List) writeRemoval(r Ref, e Entry, log bool) {
	switch known := l.forget(e); {
	case !known || !log:
	case l.timers:
		l.gone.add(OpRemove, l.Row(e), binary.LittleEndian.Uint64(l.keys.KeyBytes(r)), nil)
	default:
		name := l.named(e)
		l.journal.change(OpRemove, l.keys.KeyBytes(r), 8+len(name))
		l.journal.buf = append(binary.LittleEndian.AppendUint64(l.journal.buf, l.entry(e).seq), name...)
	}
}

// writeDelete records that all entries of a key of the task's groups go.
func (l *List) writeDelete(r Ref) {
	l.journal.change(OpDelete, l.keys.KeyBytes(r), 8)
	l.journal.buf = binary.LittleEndian.AppendUint64(l.journal.buf, uint64(l.store.cfg.From)<<32|uint64(l.store.cfg.To))
}

// takeRecords ends the delta: what has changed of entries is written over their
// records, or behind all others.
func (l *List) takeRecords(head []byte) Delta {
	w, stayed := &l.journal, 0
	for _, e := range l.dirty {
		if !l.entries.alive(uint64(e)) {
			continue
		}
		en := l.entry(e)
		if en.flags&entryDirty == 0 {
			continue
		}
		en.flags &^= entryDirty
		at := l.record(en)
		if at != 0 && !w.plain(at) {
			copy(w.fixed(at), l.fixedOf(e))
			continue
		}
		if at != 0 {
			w.void(at)
		}
		op := OpAppend
		if l.known(en) {
			op = OpPut
		} else {
			stayed++
		}
		r := l.owner(e)
		l.keys.changed(r)
		w.entry(op, l.fixedOf(e), en.seq, l.keys.KeyBytes(r), l.Row(e))
	}
	l.dirty, l.since = l.dirty[:0], 0
	l.brief.next(stayed)
	return w.take(head, l.fixed())
}

// TakeDirty hands over what was removed (OpRemove; OpDelete for a whole key) and what
// is new (OpAppend) in the order in which that was done, then changed entries
// (OpPut). The Value of entries is seq, multiplicity (8 bytes each), expiry (8, if
// there is a TTL), Aux and row; seq is the entry's name and order within its key.
// That of OpRemove is seq, with RouteRow the row too; that of OpDelete the task's key
// groups.
func (l *List) TakeDirty(f func(Change)) { tellRecords(l, l.spec.Name, f) }
