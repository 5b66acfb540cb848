package state

import "unsafe"

// replayBatch is how many changes of a delta are looked at before they are replayed:
// keys lie anywhere in the state, and memory that is far away is waited for at once
// and not in turn.
const replayBatch = 256

// replay is the changes that a store is about to replay. One serves all tables.
type replay struct {
	n       int
	changes [replayBatch]Change
	hashes  [replayBatch]uint64
	seg     [replayBatch]uint32
	at      [replayBatch]uint32 // the index slot
	entry   [replayBatch]uint32 // its content
	rows    [replayBatch]unsafe.Pointer
	version uint64 // of the table for which they are right
	values  []byte // of entries, which are put together
	near    uint64 // of use to nobody: that it is computed brings memory near
}

// replayed is implemented by tables whose changes are replayed some at a time.
type replayed interface {
	Owner
	rowsOf() *Table
	// bring brings near what hangs on the rows of rp.
	bring(rp *replay)
	// applyTo is Apply with the key's hash and row, NoRef if it has none.
	applyTo(hash uint64, r Ref, c Change) error
	// foresee is told of a change that waits.
	foresee(c Change) error
	linkParts() error
}

// ApplyDelta replays a delta. keep, if set, tells of which key groups changes
// count.
func (s *Store) ApplyDelta(t Owner, data []byte, keep func(group int) bool) error {
	if x, ok := t.(parted); ok {
		if err := x.linkParts(); err != nil {
			return err
		}
	}
	if x, ok := t.(replayed); ok {
		x.rowsOf().settleRows()
	}
	if x, ok := t.(replayed); ok && len(data) > 0 && data[0] != partVersion {
		return s.replay(x, data, keep)
	}
	return EachChange(t.Info().Name, data, func(c Change) error {
		if keep != nil {
			if g, err := s.GroupOf(t, c); err != nil || g != AnyGroup && !keep(g) {
				return err
			}
		}
		return t.Apply(c)
	})
}

// Changes is about the number of changes in a delta, and the bytes that they come to
// where they wait, told by the first few.
func Changes(data []byte) (n, bytes int) {
	const most = 32
	if len(data) == 0 {
		return 0, 0
	}
	r, ok := readerOf(data)
	all := len(r.rest)
	for ; ok && len(r.rest) > 0 && !r.bad && (n < most || r.within); n++ {
		c := r.next()
		bytes += 3 + len(c.Key) + len(c.Value)
	}
	if read := all - r.left(); n >= most && read > 0 {
		return int(int64(n) * int64(all) / int64(read)), int(int64(bytes) * int64(all) / int64(read))
	}
	return n, bytes
}

// replay is ApplyDelta for tables whose changes are replayed some at a time.
func (s *Store) replay(t replayed, data []byte, keep func(group int) bool) error {
	rp, name := s.replays(), t.Info().Name
	r, ok := readerOf(data)
	if !ok {
		return badChange(name)
	}
	for read := 1; len(r.rest) > 0; read++ {
		if read > replayBatch { // what was read so long ago does not stay as it is
			if err := rp.apply(t); err != nil {
				return err
			}
			read = 1
		}
		c := rp.next(&r)
		if r.bad {
			return badChange(name)
		}
		if r.void {
			continue
		}
		if keep != nil {
			g, err := s.GroupOf(t, c)
			if err != nil {
				return err
			}
			if g != AnyGroup && !keep(g) {
				continue
			}
		}
		if err := rp.add(t, c); err != nil {
			return err
		}
	}
	return rp.apply(t)
}

// replays gives what is used for replaying, empty.
func (s *Store) replays() *replay {
	if s.replaying == nil {
		s.replaying = &replay{values: make([]byte, 0, replayValues)}
	}
	s.replaying.n = 0
	return s.replaying
}

// add has a change replayed with the next apply, or now if that is due.
func (rp *replay) add(t replayed, c Change) error {
	rp.changes[rp.n] = c
	if rp.n++; rp.n < replayBatch {
		return nil
	}
	return rp.apply(t)
}

// replayValues is the size of the buffers that values of entries are put together in.
const replayValues = 64 << 10

// next is reader.next, where what was read before stays valid until it is applied.
func (rp *replay) next(r *reader) Change {
	if r.plain || r.rest[0]&recEntry == 0 {
		return r.next()
	}
	if cap(rp.values)-len(rp.values) < replayValues/64 {
		rp.values = make([]byte, 0, replayValues)
	}
	room := rp.values[len(rp.values):]
	r.value = room
	c := r.next()
	if len(r.value) <= cap(room) {
		rp.values = rp.values[:len(rp.values)+len(r.value)]
	}
	return c
}

// apply replays the changes that have come together.
func (rp *replay) apply(t replayed) error {
	changes := rp.changes[:rp.n]
	for i := range changes {
		rp.hashes[i] = hashOf(changes[i].Key)
	}
	rows := t.rowsOf()
	rows.readFor(rp.hashes[:rp.n])
	rp.look(rows)
	t.bring(rp)
	for i := range changes {
		c := &changes[i]
		if err := t.applyTo(rp.hashes[i], rp.ref(rows, i), *c); err != nil {
			return err
		}
		if c.Op != OpPut && c.Op != OpAppend { // other keys may have another place now
			rp.version = 0
		}
	}
	clear(rp.rows[:rp.n]) // memory that was given back must not be pointed to
	rp.n, rp.values = 0, rp.values[:0]
	return nil
}

// look finds the rows of the keys, and brings them near.
func (rp *replay) look(t *Table) {
	if t.front != nil { // what is near already, or one page fault a key
		clear(rp.entry[:rp.n])
		rp.version = 0
		return
	}
	rp.version = t.version
	down, segs := (64-t.depth)&127, t.segs
	hashes := rp.hashes[:rp.n]
	for j, h := range hashes {
		id := t.dir[(h-t.lo)<<(t.shift&63)>>down]
		s := &segs[id]
		at := slotOf(h) & s.mask
		rp.seg[j], rp.at[j], rp.entry[j] = id, at, *s.slot(at)
	}
	none := unsafe.Pointer(&rp.near)
	for j, h := range hashes {
		s, e, at := &segs[rp.seg[j]], rp.entry[j], rp.at[j]
		for tag := tagOf(h); (e^tag)>>rowBits != 0 && e != 0; {
			at = (at + 1) & s.mask
			e = *s.slot(at)
		}
		rp.entry[j], rp.at[j] = e, at
		switch {
		case e != 0:
			rp.rows[j] = s.row(t.stride, e&rowMask-1)
		case s.n < s.cap: // where a new one will lie
			rp.rows[j] = s.row(t.stride, s.n)
		default:
			rp.rows[j] = none
		}
	}
	near, last := uint64(0), t.stride-1
	for j, p := range rp.rows[:rp.n] {
		near += *header(p)
		if rp.entry[j] != 0 {
			near += uint64(*(*byte)(unsafe.Add(p, last)))
		}
	}
	rp.near += near
}

// ref finds the row of key i.
func (rp *replay) ref(t *Table, i int) Ref {
	h, key := rp.hashes[i], rp.changes[i].Key
	if rp.version == t.version {
		switch e := rp.entry[i]; {
		case e == 0 && *t.segs[rp.seg[i]].slot(rp.at[i]) == 0:
			return NoRef
		case e != 0 && t.hasKey(rp.rows[i], h, key):
			return makeRef(rp.seg[i], e&rowMask-1)
		}
	}
	return t.probe(h, key)
}

func (t *Table) bring(*replay) {}

func (s *Sorted) bring(*replay) {}

// bring brings near the last entry of each key: what is replayed is mostly behind it.
func (l *List) bring(rp *replay) {
	var slots [replayBatch]*Entry
	for j, e := range rp.entry[:rp.n] {
		slots[j] = nil
		if e == 0 || *header(rp.rows[j])&rowLive == 0 { // it came back to a front (see comeBack)
			continue
		}
		if h := (*listHead)(unsafe.Add(rp.rows[j], l.keys.valAt)); h.live > 0 {
			slots[j] = slotAt(l.array(h), h.n-1)
		}
	}
	near := uint64(0)
	for _, e := range slots[:rp.n] {
		if e != nil && *e != 0 {
			near += l.entry(*e).seq
		}
	}
	rp.near += near
}
