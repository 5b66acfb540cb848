package over

import (
	"math"
	"time"
	"unsafe"

	"github.com/weir-stream/weir/internal/fold"
	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/state"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// progress is the state of a partition in timed; the accumulators follow it.
type progress struct {
	timer int64 // the time it is registered for; noTimer: none
	kept  int64 // rows that were emitted and are still in the frame; they come first
	n     int64 // rows that were emitted
	rank  int64
	dense int64
	last  int64 // time of the last row emitted
	set   int64 // not 0: timer is valid
}

const progressBytes = int(unsafe.Sizeof(progress{}))

// timed evaluates calls over rows in order of a time attribute that only come in:
// rows wait until the watermark passes them (by processing time they need not) and
// then go through one accumulator a partition, which gives back what has left the
// frame. Partitions that are due advance side by side, a row (or the rows of one
// time) each in a round, so that accumulators are updated many at a time.
type timed struct {
	spec
	c      *op.Context
	byTime bool // RANGE: rows of one time share a result
	proc   bool
	unit   int64 // of the time column in a ms
	width  int64 // of a bounded frame: rows before, or distance in the unit; -1 = unbounded
	lag    bool

	fold   *fold.Fold
	folded []int // the calls that fold computes
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
	wm     int64
	late   int64
	work   slice
	busy   bool
}

func newTimed(s spec, proc bool) *timed {
	t := &timed{spec: s, proc: proc, byTime: !s.frame.Rows, wm: op.MinWatermark, width: -1, unit: 1}
	if !s.frame.From.Unbounded {
		t.width = -s.frame.From.Offset
	} else if proc {
		t.byTime = false // each row is later than the one before
	}
	if ty := s.in[s.order[0].Col]; ty.IsTimestamp() && ty.Prec > 3 && !proc {
		t.unit = 1000
		if t.byTime && t.width > 0 {
			t.width *= t.unit
		}
	}
	return t
}

// Open declares the state.
func (t *timed) Open(c *op.Context) error {
	t.c = c
	var calls []fold.Call
	for i, call := range t.calls {
		if !call.Agg.WindowOnly {
			t.folded = append(t.folded, i)
			calls = append(calls, fold.Call{Agg: call.Agg, Args: call.Args, Distinct: call.Distinct, Filter: call.Filter, Type: call.Type})
		}
		t.lag = t.lag || call.Agg.Name == "LAG"
	}
	ttl := time.Duration(t.ttlMs) * time.Millisecond
	var err error
	t.fold, err = fold.New(fold.Spec{Name: "over", Calls: calls, In: t.in, Retract: t.width >= 0, TTL: ttl, Store: c.State, Fn: c.Fn})
	if err != nil {
		return err
	}
	key := make([]types.Type, len(t.partition))
	for i, p := range t.partition {
		key[i] = t.in[p]
	}
	t.rows = c.State.Sorted(state.SortedSpec{Name: "over", Key: key, Row: t.in, Fixed: progressBytes + t.fold.Size(),
		HeapRefs: t.fold.HeapRefs(progressBytes), TTL: ttl, Route: c.Route(0, t.partition, 0),
		From: state.Origin{Input: 1, Key: t.partition}, Order: []state.SortCol{}})
	t.fold.Bind(t.rows.Heap())
	t.timers = c.State.TimersOf(t.rows, "over due")
	t.work.open(t)
	return nil
}

func (t *timed) head(g state.Ref) *progress { return (*progress)(t.rows.Ptr(g)) }

func (t *timed) accs(g state.Ref) unsafe.Pointer {
	return unsafe.Add(t.rows.Ptr(g), progressBytes)
}

// Push keeps rows until they are due.
func (t *timed) Push(_ int, b *vec.Batch) (op.Status, error) {
	if t.stamp(b); len(t.sel) == 0 {
		return op.Done, nil
	}
	t.vs = t.vs[:0]
	for _, p := range t.partition {
		t.vs = append(t.vs, b.Cols[p])
	}
	t.keys.EncodeVectors(t.rows.KeyCodec(), t.vs, t.sel, b.N)
	t.refs, t.born = sized(t.refs, len(t.sel)), sized(t.born, len(t.sel))
	t.rows.Upsert(&t.keys, t.refs, t.born)
	t.rows.RowCodec().EncodeVectors(&t.enc, b.Cols, t.sel, b.N)
	births := false
	for i, g := range t.refs {
		if t.born[i] && t.fold.HasID() {
			t.fold.Birth(t.accs(g), t.rows.Group(&t.keys, i))
			births = true
		}
		t.sort = state.AppendSortInt(t.sort[:0], t.at[i])
		t.rows.Insert(g, t.sort, t.enc.Row(i))
		t.register(g, t.keys.Bytes(i), floorDiv(t.at[i], t.unit))
	}
	if births {
		t.fold.Born()
	}
	t.rows.Mark(t.refs)
	if t.proc {
		t.wm, t.busy = t.c.Fn.NowMs, true
	}
	return t.Resume()
}

// stamp lists the rows that are not late, with their times. A row without a time
// comes before all others, as nulls do in the order of a batch, so any watermark
// has passed it.
func (t *timed) stamp(b *vec.Batch) {
	t.sel, t.at = t.sel[:0], t.at[:0]
	v := b.Cols[t.order[0].Col]
	for i := range b.Len() {
		r := b.Row(i)
		ts := t.c.Fn.NowMs
		if !t.proc {
			ms := op.NoTime
			if ts = math.MinInt64; !v.IsNull(r) {
				ts = v.I64[v.Idx(r)]
				ms = floorDiv(ts, t.unit)
			}
			if t.wm != op.MinWatermark && ms <= t.wm {
				t.late++
				t.c.DropLate(0, b, r, ms)
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

// Watermark emits the rows that it has passed.
func (t *timed) Watermark(wm int64) (op.Status, error) {
	if t.proc {
		return op.Done, nil
	}
	t.wm, t.busy = wm, true
	return t.Resume()
}

// Resume goes on with what is due.
func (t *timed) Resume() (op.Status, error) {
	for t.busy {
		if t.c.Out.Full() {
			return op.More, nil
		}
		if err := t.work.run(t); err != nil {
			return op.Done, err
		}
		t.busy = t.work.more
		if err := t.work.emit(t.c.Out); err != nil {
			return op.Done, err
		}
	}
	if t.c.Out.Full() { // the receiver may still be reading
		return op.More, nil
	}
	return op.Done, nil
}

// due is the least time that is not due, in the column's unit.
func (t *timed) due() int64 {
	if t.wm >= math.MaxInt64/t.unit-1 {
		return math.MaxInt64
	}
	return (t.wm + 1) * t.unit
}

// Restored goes on from saved state.
func (t *timed) Restored() error {
	t.fold.Restored()
	return nil
}

// Report counts late rows.
func (t *timed) Report(add func(name string, n int64)) { add(op.Late, t.late) }

// Close has nothing to free.
func (t *timed) Close() error { return nil }

var (
	_ op.Watermarker = (*timed)(nil)
	_ op.Reporter    = (*timed)(nil)
	_ op.Restorer    = (*timed)(nil)
)
