package match

import (
	"math"

	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/state"
	"github.com/weir-stream/weir/internal/vec"
)

// Partitions whose rows are read together, and how many rows of one are.
const (
	partsAtOnce = 512
	rowsAtOnce  = 16 * op.BatchRows
	// nearRows is how many rows of an attempt are read before they are asked
	// for.
	nearRows = 256
)

// work takes the partitions that are due through their rows, some at a time.
type work struct {
	t     *timed
	eng   *engine
	data  *vec.Batch
	parts []due
	cur   int
	begun bool // parts[cur] is under way
	sent  bool // output is at the receiver

	scan   state.Cursor // at the end: over all partitions
	again  []state.Ref
	timers []state.Timer
	keys   state.Keys
	refs   []state.Ref
	iter   state.Iter
	enc    [][]byte
	one    [1][]byte
	blob   []byte
	bound  []byte
	marks  []state.Ref
}

// due is a partition that is looked at in this step.
type due struct {
	g state.Ref
	partition
}

func (w *work) open(t *timed) error {
	w.t, w.data = t, vec.NewBatch(t.in)
	var err error
	w.eng, err = t.spec.open(t.c, w.data, w.read)
	return err
}

// run does a bounded part of what is due, and tells whether there is more.
func (w *work) run(t *timed) (bool, error) {
	if w.sent {
		w.eng.out.clear()
		w.sent = false
	}
	if w.cur == len(w.parts) && !w.load() {
		return false, nil
	}
	for w.cur < len(w.parts) {
		p := &w.parts[w.cur]
		if !w.begun {
			w.begin(p)
		}
		done, err := w.eng.advance()
		if err != nil {
			return false, err
		}
		if !done {
			return true, w.emit(w.eng.out.n >= op.BatchRows)
		}
		w.settle(p)
		w.cur++
		w.begun = false
	}
	t.rows.Mark(w.marks)
	w.marks = w.marks[:0]
	return true, w.emit(true) // what is not read yet lies in the data of this step
}

func (w *work) emit(enough bool) error {
	if w.eng.out.n == 0 || !enough {
		return nil
	}
	b, err := w.eng.out.flush(w.data)
	if err != nil {
		return err
	}
	w.sent = true
	return w.t.c.Out.Emit(b)
}

// load reads the next partitions that are due; false if there are none.
func (w *work) load() bool {
	t := w.t
	w.parts, w.cur, w.enc = w.parts[:0], 0, w.enc[:0]
	w.data.Reset()
	switch {
	case len(w.again) > 0:
		w.refs, w.again = append(w.refs[:0], w.again...), w.again[:0]
	case t.ended:
		if w.scan.Done() {
			return false
		}
		w.refs = t.rows.Scan(&w.scan, partsAtOnce, w.refs)
	default:
		if w.timers = t.timers.PopDue(t.wm, partsAtOnce, w.timers); len(w.timers) == 0 {
			return false
		}
		w.keys.Reset()
		for _, x := range w.timers {
			w.keys.Append(x.Key)
		}
		for len(w.refs) < len(w.timers) {
			w.refs = append(w.refs, state.NoRef)
		}
		w.refs = w.refs[:len(w.timers)]
		t.rows.Find(&w.keys, w.refs)
	}
	for _, g := range w.refs {
		if g != state.NoRef {
			w.add(g)
		}
	}
	t.rows.RowCodec().Decode(w.enc, w.data.Cols)
	w.data.N = len(w.enc)
	return len(w.parts) > 0 || !t.ended
}

// add notes the rows of a partition that are due, and those of its attempt that
// are near.
func (w *work) add(g state.Ref) {
	t := w.t
	h := t.head(g)
	if h.set != 0 && t.ended {
		t.timers.Delete(t.rows.KeyBytes(g), h.timer)
	}
	h.set = 0
	if len(w.parts) < cap(w.parts) {
		w.parts = w.parts[:len(w.parts)+1] // its buffers are used again
	} else {
		w.parts = append(w.parts, due{})
	}
	p := &w.parts[len(w.parts)-1]
	all := t.rows.Count(g)
	n := all
	if !t.ended {
		w.bound = state.AppendSortInt(w.bound[:0], (t.wm+1)*t.unit)
		n = t.rows.Rank(g, w.bound)
	}
	n = min(n, int(h.at)+rowsAtOnce)
	p.g = g
	p.partition = partition{n: n, limit: n, final: t.ended && n == all, future: t.future(), rows: p.rows[:0], times: p.times[:0],
		start: int(h.start), at: int(h.at), covered: int(h.covered), number: h.number}
	if !p.final {
		p.limit = max(n-t.ahead, 0)
	}
	near := max(0, min(int(h.at), n)-nearRows)
	for range near {
		p.rows, p.times = append(p.rows, -1), append(p.times, 0)
	}
	t.rows.Iter(&w.iter, g, near)
	for range n - near {
		p.rows, p.times = append(p.rows, int32(len(w.enc))), append(p.times, state.SortInt(w.iter.SortKey()))
		w.enc = append(w.enc, w.iter.Row())
		w.iter.Next()
	}
	if n < all {
		p.future = min(p.future, state.SortInt(w.iter.SortKey()))
	}
}

// read reads a row of the partition at hand that was not near.
func (w *work) read(pos int) int32 {
	p := &w.parts[w.cur]
	w.t.rows.Iter(&w.iter, p.g, pos)
	w.one[0] = w.iter.Row()
	p.times[pos] = state.SortInt(w.iter.SortKey())
	w.t.rows.RowCodec().Decode(w.one[:], w.data.Cols)
	p.rows[pos] = int32(w.data.N)
	w.data.N++
	return p.rows[pos]
}

func (w *work) begin(p *due) {
	w.begun = true
	e := w.eng
	e.p, e.active = &p.partition, false
	if h := w.t.head(p.g); h.ref != 0 {
		e.readAttempt(w.t.rows.Heap().Get(h.ref))
	}
}

// settle keeps what the partition needs later, drops the rows that nobody will
// look at, and says when it is to be looked at again.
func (w *work) settle(p *due) {
	t, e := w.t, w.eng
	h := t.head(p.g)
	again := int64(math.MaxInt64)
	if e.active && t.within > 0 {
		again = e.time(p.start) + t.within
	}
	all := t.rows.Count(p.g)
	drop := max(min(p.start, all)-t.back, 0)
	if e.active {
		w.blob = e.appendAttempt(w.blob[:0], drop)
		h.ref = t.rows.Heap().Put(h.ref, w.blob)
	} else if h.ref != 0 {
		t.rows.Heap().Free(h.ref)
		h.ref = 0
	}
	w.bound = t.rows.DropFirst(p.g, drop, w.bound)
	h.start, h.at, h.covered, h.number = int64(p.start-drop), int64(p.at-drop), int64(max(p.covered-drop, 0)), p.number
	if !e.active {
		h.at = h.start
	}
	switch {
	case p.final, all == drop && !e.active && (!t.numbered || p.number == 0):
		t.rows.DeleteKey(p.g)
		return
	case t.ended:
		w.again = append(w.again, p.g) // it has more rows than are read at once
	default:
		w.wait(p.g, again, p.n-drop, all-drop)
	}
	w.marks = append(w.marks, p.g)
}

// wait registers a partition for its next row that is not due yet, and for the
// end of WITHIN.
func (w *work) wait(g state.Ref, within int64, seen, all int) {
	t := w.t
	if within < math.MaxInt64 {
		ms := floorDiv(within+t.unit-1, t.unit)
		if !t.proctime || t.sorted() {
			ms--
		}
		t.register(g, t.rows.KeyBytes(g), ms)
	}
	if seen < all {
		t.rows.Iter(&w.iter, g, seen)
		t.register(g, t.rows.KeyBytes(g), floorDiv(state.SortInt(w.iter.SortKey()), t.unit))
	}
}
