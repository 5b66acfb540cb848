package state

import (
	"encoding/binary"
	"math/bits"
	"unsafe"

	"github.com/weir-stream/weir/internal/spill"
)

// What the log says of keys after a restart waits until one of them is looked for: to
// replay it at once would touch as many pages of the state as there are changes, and
// copy each of them. So the changes are only spread over buckets by the leading bits of
// their keys' places; the changes of a bucket are replayed, in their order, when a key
// of it is looked for, when its segment is used as a whole (scanned, imaged, swept), or
// when its turn comes (SettleSome).
//
// Buckets are not segments: a segment may have several, a bucket parts of several, and
// a segment may be split while changes of it wait. Whoever looks at rows by Ref has
// found them before, so that nothing waits for those.

// waiting is what there is of one table and nobody has asked for: changes that wait, and
// segments that have not been read.
type waiting struct {
	of     replayed
	unread unread
	spread bool // bits are chosen
	bits   uint8
	some   []bool // by bucket: changes wait
	left   int    // of these are true
	next   int    // the bucket whose turn it is
	runs   []waitingRun

	// What has come since the last run: records one after the other, where each ends,
	// and the upper half of the places of their keys.
	buf    []byte
	ends   []uint32
	places []uint32
}

// waitingRun is changes in order of buckets, those of each in their own order.
type waitingRun struct {
	data []byte
	slab *spill.Slab // whose memory data is; nil: it is of the Go heap
	ends []uint32    // by bucket
}

const (
	// runBytes is the size of a run, in which changes are spread at a time.
	runBytes = 16 << 20
	// runShare is the part of a budget, as a divisor, that it may be, and runLeast its
	// least size in any case.
	runShare = 128
	runLeast = 64 << 10
	// bucketBitsMost bounds the number of buckets: with more of them each run would have
	// too little of each.
	bucketBitsMost = 16
	// bucketChanges is how many changes a bucket has at least if the segments of the
	// table are few.
	bucketChanges = 256
)

// of gives the changes of a bucket, as in a delta of version 1.
func (r *waitingRun) of(bucket int) []byte {
	from := uint32(0)
	if bucket > 0 {
		from = r.ends[bucket-1]
	}
	return r.data[from:r.ends[bucket]]
}

// DeferDelta is ApplyDelta where the changes may wait until they matter. data may go
// after the call; Deferred ends the last of them.
func (s *Store) DeferDelta(t Owner, data []byte, keep func(group int) bool) error {
	if !Defers(t, data) {
		return s.ApplyDelta(t, data, keep)
	}
	x := t.(replayed)
	if err := x.linkParts(); err != nil {
		return err
	}
	r, ok := readerOf(data)
	if !ok {
		return badChange(t.Info().Name)
	}
	rows := x.rowsOf()
	if rows.waiting == nil {
		rows.waiting = &waiting{of: x}
	}
	w, most := rows.waiting, runBytes
	if n := s.mem.budget.Limit(); n > 0 {
		most = min(most, max(int(n/runShare), runLeast))
	}
	for len(r.rest) > 0 {
		c := r.next()
		if r.bad {
			return badChange(t.Info().Name)
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
		if err := x.foresee(c); err != nil {
			return err
		}
		if w.add(rows, c); len(w.buf) >= most {
			w.run(rows)
		}
	}
	return nil
}

// Defers reports whether DeferDelta of a table leaves its rows alone until Deferred.
func Defers(t Owner, data []byte) bool {
	_, ok := t.(replayed)
	return ok && len(data) > 0 && data[0] != partVersion
}

// Lazy reports whether changes of a table that are deferred wait beyond Deferred.
func Lazy(t Owner) bool {
	x, ok := t.(replayed)
	return ok && x.rowsOf().spec.Lazy
}

// Deferred ends the changes that DeferDelta was given. Those of tables that are not lazy
// are replayed now: in the order of the rows, which is quicker than in their own.
func (s *Store) Deferred() error {
	for _, t := range s.tables {
		x, ok := t.(replayed)
		if !ok || x.rowsOf().waiting == nil {
			continue
		}
		rows := x.rowsOf()
		w := rows.waiting
		w.run(rows)
		w.buf, w.ends, w.places = nil, nil, nil
		if w.ended(rows); !rows.spec.Lazy {
			rows.settleRows()
		}
	}
	return s.Err()
}

// add notes a change.
func (w *waiting) add(t *Table, c Change) {
	w.buf = appendChange(w.buf, c)
	w.ends = append(w.ends, uint32(len(w.buf)))
	w.places = append(w.places, uint32(t.place(hashOf(c.Key))>>32))
}

// run spreads what has come since the last one.
func (w *waiting) run(t *Table) {
	if len(w.buf) == 0 {
		return
	}
	if !w.spread {
		w.spread = true
		each := max(bucketChanges*int(t.store.segRows)/segRows, 1) // tests have small ones
		w.bits = uint8(min(max(int(t.depth), bits.Len(uint(len(w.ends)/each))), bucketBitsMost))
		w.some = make([]bool, 1<<w.bits)
	}
	ends := make([]uint32, len(w.some))
	down, from := 32-w.bits, uint32(0)
	for i, p := range w.places {
		ends[p>>down] += w.ends[i] - from
		from = w.ends[i]
	}
	at := uint32(0)
	for b, n := range ends {
		if n > 0 && !w.some[b] {
			w.some[b] = true
			w.left++
		}
		ends[b] = at
		at += n
	}
	r := t.newRun(len(w.buf), ends)
	from = 0
	for i, p := range w.places {
		rec := w.buf[from:w.ends[i]]
		b := p >> down
		copy(r.data[ends[b]:], rec)
		ends[b] += uint32(len(rec))
		from = w.ends[i]
	}
	w.runs = append(w.runs, r)
	w.buf, w.ends, w.places = w.buf[:0], w.ends[:0], w.places[:0]
}

// newRun gives a run with memory for n bytes.
func (t *Table) newRun(n int, ends []uint32) waitingRun {
	r, m := waitingRun{ends: ends}, &t.store.mem
	if n < slabMin {
		r.data = make([]byte, n)
	} else {
		r.slab = m.mapped(n)
		r.slab.Populate(0, n)
		r.data = r.slab.Mem[:n]
	}
	t.countRun(&r, 1)
	return r
}

// countRun counts what a run takes, or gives it back.
func (t *Table) countRun(r *waitingRun, sign int64) {
	bytes := 4 * len(r.ends)
	if r.slab == nil {
		bytes += len(r.data)
	}
	t.store.mem.count(sign * int64(bytes)) // slabs are counted by the budget
	t.use.bytes += sign * int64(len(r.data)+4*len(r.ends))
	t.store.bytes += sign * int64(len(r.data)+4*len(r.ends))
}

// ended forgets the changes when none waits any more.
func (w *waiting) ended(t *Table) {
	if w.left > 0 || len(w.buf) > 0 || t.waiting != w {
		return
	}
	if w.unread.left == 0 {
		t.waiting = nil
	}
	w.free(t)
}

// free gives the memory of the changes back.
func (w *waiting) free(t *Table) {
	for i := range w.runs {
		r := &w.runs[i]
		t.countRun(r, -1)
		if r.slab != nil {
			t.store.mem.delist(unsafe.Pointer(unsafe.SliceData(r.slab.Mem)))
			t.store.mem.budget.Unmap(r.slab)
		}
	}
	w.runs = nil
}

// waits gives what waits, spread; nil if nothing does.
func (t *Table) waits() *waiting {
	if w := t.waiting; w != nil && len(w.buf) > 0 {
		w.run(t)
	} else if w != nil {
		w.ended(t)
	}
	return t.waiting
}

// settleKeys replays what waits for the buckets of keys, and reads their segments. Rows
// may move.
func (t *Table) settleKeys(hashes []uint64) {
	w := t.waits()
	t.readFor(hashes)
	if w == nil || w.left == 0 {
		return
	}
	down := (64 - w.bits) & 127
	for _, h := range hashes {
		if b := t.place(h) >> down; w.some[b] {
			w.settle(t, int(b))
		}
	}
}

// settleKey is settleKeys of one.
func (t *Table) settleKey(hash uint64) {
	w := t.waits()
	if w == nil {
		return
	}
	if t.read(t.segOf(hash)); w.left > 0 {
		if b := t.place(hash) >> ((64 - w.bits) & 127); w.some[b] {
			w.settle(t, int(b))
		}
	}
}

// settleSegment replays what waits for a segment, which may be split by that.
func (t *Table) settleSegment(id uint32) {
	if w, s := t.waits(), &t.segs[id]; w != nil && w.left > 0 && s.cap > 0 {
		last := s.path + (uint64(1)<<(64-s.depth) - 1)
		for b := s.path >> (64 - w.bits); b <= last>>(64-w.bits); b++ {
			if w.some[b] {
				w.settle(t, int(b))
			}
		}
	}
}

// settleRows replays all that waits, and has all rows that are none be so.
func (t *Table) settleRows() {
	t.settleGone()
	for w := t.waits(); w != nil && w.turn(t); {
	}
}

// turn replays the changes of the bucket whose turn it is; it is false if none wait.
func (w *waiting) turn(t *Table) bool {
	for ; w.next < len(w.some); w.next++ {
		if w.some[w.next] {
			w.settle(t, w.next)
			return true
		}
	}
	return false
}

// settle replays the changes of a bucket.
func (w *waiting) settle(t *Table, bucket int) {
	w.some[bucket] = false // whoever replays a change looks for its key
	rp := t.store.replays()
	for i := range w.runs {
		r := reader{rest: w.runs[i].of(bucket), plain: true}
		for len(r.rest) > 0 {
			if err := rp.add(w.of, r.next()); err != nil {
				t.store.fail(err)
			}
		}
	}
	if err := rp.apply(w.of); err != nil {
		t.store.fail(err)
	}
	w.left--
	w.ended(t)
}

// SettleSome replays some of what waits since DeferDelta, and reports whether there may
// be more. Rows may move: it is called where no operator is within an event.
func (s *Store) SettleSome() (more bool) {
	for _, t := range s.tables {
		if x, ok := t.(replayed); ok {
			if rows := x.rowsOf(); rows.waits() != nil && rows.waiting.turn(rows) {
				return true
			}
		}
	}
	return s.readSome()
}

// Settle replays all that waits since DeferDelta, and reads all images.
func (s *Store) Settle() {
	for s.SettleSome() {
	}
	for _, t := range s.tables {
		if x, ok := t.(parted); ok {
			x.rowsOf().readAll()
		}
	}
}

// Waits reports whether changes wait since DeferDelta, or images have not been read.
func (s *Store) Waits() bool {
	for _, t := range s.tables {
		if x, ok := t.(replayed); ok && x.rowsOf().waiting != nil {
			return true
		}
	}
	return false
}

// foresee checks a change that is going to wait.
func (t *Table) foresee(c Change) error {
	if c.Op != OpDelete && (c.Op != OpPut || len(c.Value) < int(t.stride-t.expiryFrom())) || t.keyLen >= 0 && len(c.Key) != t.keyLen {
		return badChange(t.spec.Name)
	}
	return nil
}

// foresee checks a change that is going to wait, and has what comes after it get later
// numbers.
func (l *List) foresee(c Change) error {
	if c.Op != OpDelete && len(c.Value) < 8 || l.keys.keyLen >= 0 && len(c.Key) != l.keys.keyLen {
		return badChange(l.spec.Name)
	}
	if c.Op == OpAppend || c.Op == OpPut {
		l.seq = max(l.seq, binary.LittleEndian.Uint64(c.Value)+1)
	}
	return nil
}

func (s *Sorted) foresee(c Change) error {
	if c.Op == OpAppend && len(c.Value) < 8 || s.t.keyLen >= 0 && len(c.Key) != s.t.keyLen {
		return badChange(s.spec.Name)
	}
	if c.Op == OpAppend {
		s.seq = max(s.seq, binary.LittleEndian.Uint64(c.Value)+1)
	}
	return nil
}
