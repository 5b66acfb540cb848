package window

import (
	"cmp"
	"math"
	"slices"

	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/state"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// assignSessions is SESSION as a table function: rows wait, by partition in order
// of time, until the watermark completes their session. A timer stands for the
// end that each row gives its session. Rows that are taken back before that were
// never there.
type assignSessions struct {
	assignSpec
	timed
	c      *op.Context
	gap    int64
	clock  clockOf
	rows   *state.Sorted
	timers *state.Timers
	at     progress
	upTo   int64
	late   int64

	times []int64
	keys  state.Keys
	refs  []state.Ref
	enc   vec.Rows
	sort  []byte
	iter  state.Iter

	due  []state.Timer
	next int // of due
	out  *vec.Batch
	in   []*vec.Vector // out's input columns
}

func newAssignSessions(s assignSpec) *assignSessions {
	return &assignSessions{assignSpec: s, gap: s.window.SizeMs, upTo: op.MinWatermark}
}

// Open declares the state.
func (a *assignSessions) Open(c *op.Context) error {
	a.c = c
	a.clock = windowClock(c, a.local)
	var key []types.Type
	for _, k := range a.window.PartitionBy {
		key = append(key, c.Inputs[0][k])
	}
	a.rows = c.State.Sorted(state.SortedSpec{Name: "session rows", Key: key, Row: c.Inputs[0], Route: c.Route(0, a.window.PartitionBy, 0),
		From: state.Origin{Input: 1, Key: a.window.PartitionBy}, Order: []state.SortCol{}})
	a.timers = c.State.TimersOf(a.rows, "session ends")
	a.at = newProgress(c.State, "sessions emitted")
	a.out = vec.NewBatch(a.assignSpec.out)
	a.in = a.out.Cols[:len(c.Inputs[0])]
	return nil
}

// Push keeps rows.
func (a *assignSessions) Push(_ int, b *vec.Batch) (op.Status, error) {
	b = a.keep(b, a.window.TimeCol)
	n := b.Len()
	if n == 0 {
		return op.Done, nil
	}
	a.times = a.clock.localTimes(b.Cols[a.window.TimeCol], b.Sel, n, a.times)
	part := make([]int, 0, len(a.window.PartitionBy))
	part = append(part, a.window.PartitionBy...)
	a.keys.Encode(a.rows.KeyCodec(), b, part)
	if cap(a.refs) < n {
		a.refs = make([]state.Ref, n+n/4)
	}
	a.refs = a.refs[:n]
	a.rows.Upsert(&a.keys, a.refs, nil)
	a.rows.RowCodec().Encode(&a.enc, b, nil)
	for i, t := range a.times {
		if !b.Kind(b.Row(i)).Adds() {
			a.remove(i, t)
			continue
		}
		if a.clock.due(t+a.gap) <= a.at.done && !a.meets(a.refs[i], t) {
			a.late++
			r, v := b.Row(i), b.Cols[a.window.TimeCol]
			a.c.DropLate(0, b, r, msAt(v, v.Idx(r)))
			continue
		}
		a.sort = state.AppendSortInt(a.sort[:0], t)
		a.rows.Insert(a.refs[i], a.sort, a.enc.Row(i))
		a.timers.Register(a.keys.Bytes(i), a.clock.due(t+a.gap))
	}
	return op.Done, nil
}

// remove takes row i at t back, if its session still waits. What is left of the
// session may have ended before it: then the timer of that is gone, and set again.
func (a *assignSessions) remove(i int, t int64) {
	g := a.refs[i]
	a.sort = state.AppendSortInt(a.sort[:0], t)
	at := a.rows.DeleteEqual(g, a.sort, a.enc.Row(i))
	if at < 0 {
		a.late++
		return
	}
	if at > 0 {
		a.rows.Iter(&a.iter, g, at-1)
		a.timers.Register(a.keys.Bytes(i), a.clock.due(state.SortInt(a.iter.SortKey())+a.gap))
	}
}

// meets reports whether a row at t belongs to a session that still waits.
func (a *assignSessions) meets(g state.Ref, t int64) bool {
	a.sort = state.AppendSortInt(a.sort[:0], t-a.gap)
	a.rows.Seek(&a.iter, g, a.sort)
	return a.iter.Valid() && state.SortInt(a.iter.SortKey()) <= t+a.gap
}

// Watermark emits the rows of complete sessions.
func (a *assignSessions) Watermark(wm int64) (op.Status, error) {
	if a.c.Batch && wm != op.MaxWatermark || wm <= a.at.done {
		return op.Done, nil
	}
	a.upTo = wm
	return a.Resume()
}

// Resume goes on emitting.
func (a *assignSessions) Resume() (op.Status, error) {
	for {
		if a.c.Out.Full() {
			return op.More, nil
		}
		if a.next >= len(a.due) {
			if a.timers.Len() == 0 || a.timers.Next() > a.upTo {
				break
			}
			a.due, a.next = a.timers.PopDue(a.upTo, op.BatchRows, a.due), 0
		}
		a.out.Reset()
		for a.next < len(a.due) && a.out.N < op.BatchRows {
			a.complete(a.due[a.next])
			a.next++
		}
		if a.out.N > 0 {
			if err := a.c.Out.Emit(a.out); err != nil {
				return op.Done, err
			}
		}
	}
	a.at.reach(a.upTo)
	return op.Done, nil
}

// waiting is a row of a session and when it came.
type waiting struct {
	at  uint64
	row []byte
}

// inOrder gives rows in the order in which they came: what counts or keeps the
// first of them downstream sees them as if there were no window.
func inOrder(ws []waiting) [][]byte {
	slices.SortFunc(ws, func(x, y waiting) int { return cmp.Compare(x.at, y.at) })
	out := make([][]byte, len(ws))
	for i, w := range ws {
		out[i] = w.row
	}
	return out
}

// complete moves the first session of a key to out, if this timer is its end.
func (a *assignSessions) complete(t state.Timer) {
	a.keys.Reset()
	a.keys.Append(t.Key)
	ref := make([]state.Ref, 1)
	a.rows.Find(&a.keys, ref)
	if ref[0] == state.NoRef {
		return
	}
	var rows []waiting
	first, last := int64(0), int64(math.MinInt64)
	for a.rows.Iter(&a.iter, ref[0], 0); a.iter.Valid(); a.iter.Next() {
		at := state.SortInt(a.iter.SortKey())
		if len(rows) > 0 && at > last+a.gap {
			break
		}
		if len(rows) == 0 {
			first = at
		}
		last = at
		rows = append(rows, waiting{a.iter.Arrival(), a.iter.Row()})
	}
	if len(rows) > 0 && a.clock.due(last+a.gap) == t.TS {
		a.rows.RowCodec().Decode(inOrder(rows), a.in)
		w := a.out.Cols[len(a.in):]
		end := last + a.gap
		appendMs(w[0], first, len(rows))
		appendMs(w[1], end, len(rows))
		rowtime := end - 1
		if w[2].Type.Kind == types.TimestampLTZ {
			rowtime = a.clock.instant(rowtime)
		}
		appendMs(w[2], rowtime, len(rows))
		a.out.N += len(rows)
		a.sort = state.AppendSortInt(a.sort[:0], last+1)
		a.rows.DropBelow(ref[0], a.sort)
	}
	if a.rows.Count(ref[0]) == 0 {
		a.rows.DeleteKey(ref[0])
	}
}

// Restored takes up how far sessions were emitted.
func (a *assignSessions) Restored() error {
	a.at.load()
	return nil
}

// Report tells how many rows were dropped, and why.
func (a *assignSessions) Report(add func(name string, n int64)) {
	add(op.Late, a.late)
	a.timed.Report(add)
}

// Close has nothing to free: the state is the task's.
func (a *assignSessions) Close() error { return nil }

var (
	_ op.Operator    = (*assignSessions)(nil)
	_ op.Watermarker = (*assignSessions)(nil)
	_ op.Reporter    = (*assignSessions)(nil)
	_ op.Restorer    = (*assignSessions)(nil)
)
