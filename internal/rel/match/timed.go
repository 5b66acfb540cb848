package match

import (
	"encoding/binary"
	"math"
	"unsafe"

	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/state"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// progress is the state of a partition beside its rows. Positions count from the
// first row that is kept; what an attempt has found lies in the heap.
type progress struct {
	timer   int64 // the time it is registered for
	set     int64 // not 0: timer is valid
	start   int64
	at      int64
	covered int64
	number  int64
	ref     uint64 // of the attempt; 0 = none is under way
}

const (
	progressBytes = int(unsafe.Sizeof(progress{}))
	refOffset     = int(unsafe.Offsetof(progress{}.ref))
)

// timed matches rows in order of a time attribute: they wait in their partition
// until the watermark passes them (by processing time until they arrive, or, if
// further columns order them, until the clock moves on), and are kept as long as
// an attempt to match may need them.
type timed struct {
	spec
	c      *op.Context
	rows   *state.Sorted
	timers *state.Timers
	keys   state.Keys
	refs   []state.Ref
	born   []bool
	enc    vec.Rows
	vs     []*vec.Vector
	sel    []int32
	at     []int64
	sort   []byte
	wm     int64 // rows up to this time (ms) are due
	now    int64 // by processing time
	late   int64
	ended  bool // no further row will come
	busy   bool
	work   work
}

// Open declares the state.
func (t *timed) Open(c *op.Context) error {
	t.c, t.wm, t.now = c, op.MinWatermark, op.MinWatermark
	key := make([]types.Type, len(t.partition))
	for i, p := range t.partition {
		key[i] = t.in[p]
	}
	t.rows = c.State.Sorted(state.SortedSpec{Name: "match", Key: key, Row: t.in, Fixed: progressBytes, HeapRefs: []int{refOffset}, Route: c.Route(0, t.partition, 0),
		From: state.Origin{Input: 1, Key: t.partition}})
	t.timers = c.State.TimersOf(t.rows, "match due")
	return t.work.open(t)
}

func (t *timed) head(g state.Ref) *progress { return (*progress)(t.rows.Ptr(g)) }

// Push keeps rows until they are due.
func (t *timed) Push(_ int, b *vec.Batch) (op.Status, error) {
	if t.proctime {
		t.now = max(t.now, t.c.Fn.NowMs)
	}
	if t.stamp(b); len(t.sel) > 0 {
		t.insert(b)
	}
	if t.proctime {
		t.clock(t.now)
		t.busy = true
	}
	return t.Resume()
}

func (t *timed) insert(b *vec.Batch) {
	t.vs = t.vs[:0]
	for _, p := range t.partition {
		t.vs = append(t.vs, b.Cols[p])
	}
	t.keys.EncodeVectors(t.rows.KeyCodec(), t.vs, t.sel, b.N)
	for len(t.refs) < len(t.sel) {
		t.refs, t.born = append(t.refs, state.NoRef), append(t.born, false)
	}
	refs := t.refs[:len(t.sel)]
	t.rows.Upsert(&t.keys, refs, t.born)
	t.rows.RowCodec().EncodeVectors(&t.enc, b.Cols, t.sel, b.N)
	for i, g := range refs {
		t.sort = state.AppendSortInt(t.sort[:0], t.at[i])
		for _, k := range t.order[1:] {
			t.sort = state.AppendSortKey(t.sort, b.Cols[k.Col], int(t.sel[i]), k.Desc, k.NullsFirst)
		}
		t.rows.Insert(g, t.sort, t.enc.Row(i))
		t.register(g, t.keys.Bytes(i), floorDiv(t.at[i], t.unit))
	}
	t.rows.Mark(refs)
}

// stamp lists the rows that are not late, with their times.
func (t *timed) stamp(b *vec.Batch) {
	t.sel, t.at = t.sel[:0], t.at[:0]
	v := b.Cols[t.order[0].Col]
	for i := range b.Len() {
		r := b.Row(i)
		ts := t.now
		if !t.proctime {
			if v.IsNull(r) {
				t.late++
				t.c.DropLate(0, b, r, op.NoTime)
				continue
			}
			if ts = v.I64[v.Idx(r)]; t.wm != op.MinWatermark && floorDiv(ts, t.unit) <= t.wm {
				t.late++
				t.c.DropLate(0, b, r, floorDiv(ts, t.unit))
				continue
			}
		}
		t.sel, t.at = append(t.sel, int32(r)), append(t.at, ts)
	}
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// register makes sure that a partition is looked at when ms is due.
func (t *timed) register(g state.Ref, key []byte, ms int64) {
	h := t.head(g)
	if h.set != 0 {
		if h.timer <= ms {
			return
		}
		t.timers.Delete(key, h.timer)
	}
	h.timer, h.set = ms, 1
	t.timers.Register(key, ms)
}

// sorted reports whether rows that arrive at one time are to be put in order.
func (t *timed) sorted() bool { return t.proctime && len(t.order) > 1 }

// clock sets what is due at a processing time.
func (t *timed) clock(now int64) {
	t.now = max(t.now, now)
	t.wm = t.now
	if t.sorted() {
		t.wm--
	}
}

// future is the least time, in the column's unit, that a row may still have.
func (t *timed) future() int64 {
	switch {
	case t.wm >= math.MaxInt64/t.unit-1:
		return math.MaxInt64
	case t.proctime:
		return t.now
	}
	return (t.wm + 1) * t.unit
}

// Watermark matches the rows that it has passed.
func (t *timed) Watermark(wm int64) (op.Status, error) {
	if t.proctime {
		return op.Done, nil
	}
	if t.wm, t.busy = wm, true; wm == op.MaxWatermark {
		t.end()
	}
	return t.Resume()
}

// MapWatermark holds the watermark back where the time of matches is given out:
// a match may be found as late as another one, which began before it, fails.
func (t *timed) MapWatermark(wm int64) int64 {
	if !t.stamped || wm == op.MaxWatermark || wm < op.MinWatermark+t.withinMs {
		return wm
	}
	return wm - t.withinMs
}

// NextTimer is the next processing time at which something is due.
func (t *timed) NextTimer() int64 {
	if !t.proctime || t.timers.Len() == 0 {
		return math.MaxInt64
	}
	if n := t.timers.Next(); t.sorted() && n < math.MaxInt64 {
		return n + 1
	} else {
		return n
	}
}

// Fire matches what the clock has passed.
func (t *timed) Fire(now int64) (op.Status, error) {
	if !t.proctime {
		return op.Done, nil
	}
	t.clock(now)
	t.busy = true
	return t.Resume()
}

// EndInput ends what is under way.
func (t *timed) EndInput(int) (op.Status, error) {
	if t.ended {
		return op.Done, nil
	}
	t.end()
	return t.Resume()
}

func (t *timed) end() {
	t.wm, t.ended, t.busy = op.MaxWatermark, true, true
}

// Resume goes on with what is due.
func (t *timed) Resume() (op.Status, error) {
	for t.busy {
		if t.c.Out.Full() {
			return op.More, nil
		}
		more, err := t.work.run(t)
		if err != nil {
			return op.Done, err
		}
		t.busy = more
		if more && !t.work.sent {
			return op.More, nil // let cancellation through
		}
	}
	if t.c.Out.Full() { // the receiver may still be reading
		return op.More, nil
	}
	return op.Done, nil
}

// Report counts late rows.
func (t *timed) Report(add func(name string, n int64)) { add(op.Late, t.late) }

// Close has nothing to free.
func (t *timed) Close() error { return nil }

var (
	_ op.Watermarker     = (*timed)(nil)
	_ op.WatermarkMapper = (*timed)(nil)
	_ op.ProcTimer       = (*timed)(nil)
	_ op.Ender           = (*timed)(nil)
	_ op.Reporter        = (*timed)(nil)
)

// appendAttempt writes the attempt under way; positions count from drop.
func (e *engine) appendAttempt(b []byte, drop int) []byte {
	e.compact()
	put := func(x int) { b = binary.LittleEndian.AppendUint32(b, uint32(int32(x))) }
	put(len(e.threads))
	put(len(e.runs))
	end := -1
	if e.best.ok {
		end = e.best.end - drop
	}
	put(end)
	put(int(e.best.tail))
	for _, t := range e.threads {
		put(int(t.pos))
		put(int(t.tail))
	}
	for _, r := range e.runs {
		put(int(r.prev))
		put(int(r.from) - drop)
		put(int(r.l))
	}
	for _, w := range e.accs[:len(e.threads)*e.conds.words] {
		b = binary.LittleEndian.AppendUint64(b, w)
	}
	return b
}

// readAttempt takes up what appendAttempt wrote.
func (e *engine) readAttempt(b []byte) {
	get := func() int32 {
		x := int32(binary.LittleEndian.Uint32(b))
		b = b[4:]
		return x
	}
	threads, runs := int(get()), int(get())
	end, tail := get(), get()
	e.best = found{ok: end >= 0, end: int(end), tail: tail}
	e.threads, e.runs, e.accs = e.threads[:0], e.runs[:0], e.accs[:0]
	for range threads {
		pos := get()
		e.threads = append(e.threads, thread{pos, get()})
	}
	for range runs {
		prev, from := get(), get()
		e.runs = append(e.runs, run{prev, from, label(get())})
	}
	for range threads * e.conds.words {
		e.accs = append(e.accs, binary.LittleEndian.Uint64(b))
		b = b[8:]
	}
	e.active, e.compactAt = true, 2*runs
}
