package join

import (
	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/state"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// windowSpec is what the window join is made of. The keys of both inputs begin
// with window start and end.
type windowSpec struct {
	typ  Type
	in   [2]input
	rest expr.Expr
	zone *types.Zone
	// shift, if not nil, is the zone whose local time window bounds are in.
	shift *types.Zone
}

// windowJoin keeps the rows of both inputs by window and key until the
// watermark closes the window; then it joins them once and forgets them.
type windowJoin struct {
	spec   windowSpec
	ctx    *op.Context
	sides  [2]*side
	timers *state.Timers
	walk   *walker
	wm     int64
	late   int64

	live, padded []int32
	keys         state.Keys
	known        []bool
	batch        vec.Batch
	fire         firing
}

// firing is the cursor over windows that are being closed.
type firing struct {
	phase   firePhase
	due     []state.Timer
	keys    state.Keys
	probe   state.Probe
	index   []int32
	entry   []state.Entry
	rows    [][]byte
	left    *vec.Batch
	entries []state.Entry
}

type firePhase uint8

const (
	fireIdle  firePhase = iota
	fireNext            // take further keys
	fireLeft            // take further left rows
	fireWalk            // join them
	fireRight           // emit right rows that found no match
)

// fireKeys is how many keys are closed together.
const fireKeys = 1024

func newWindowJoin(s windowSpec) *windowJoin {
	return &windowJoin{spec: s, wm: op.MinWatermark, live: []int32{}, padded: []int32{}}
}

func (j *windowJoin) Open(c *op.Context) error {
	j.ctx = c
	s := &j.spec
	cond, err := newCondition(s.rest, s.in[0].types, s.in[1].types, s.zone)
	if err != nil {
		return err
	}
	for i, name := range []string{"left", "right"} {
		j.sides[i] = newSide(c, name, s.in[i])
	}
	j.timers = c.State.Timers("windows")
	j.walk = newWalker(cond, newChanges(outTypes(s.typ, s.in)), true)
	j.walk.once = true
	f := &j.fire
	f.index, f.entry = make([]int32, op.BatchRows), make([]state.Entry, op.BatchRows)
	f.left = vec.NewBatch(s.in[0].types)
	return nil
}

func (j *windowJoin) Push(in int, b *vec.Batch) (op.Status, error) {
	own := j.sides[in]
	j.sort(in, b)
	if len(j.live) > 0 {
		j.batch = vec.Batch{Cols: b.Cols, Sel: j.live, N: b.N}
		own.encode(&j.keys, own.list.KeyCodec(), &j.batch)
		j.register(own, b)
		own.keep(&j.batch, &j.keys, sizedZero(&j.walk.matches, len(j.live), own.counted))
	}
	r := roleOf(j.spec.typ, in)
	if len(j.padded) == 0 || !r.pad && !r.anti {
		return op.Done, nil
	}
	if err := j.ctx.Out.Emit(j.walk.out.padded(in, b, j.padded)); err != nil {
		return op.Done, err
	}
	return j.Resume()
}

// sizedZero gives n zero counts for a counted side.
func sizedZero(buf *[]int64, n int, counted bool) []int64 {
	if !counted {
		return nil
	}
	*buf = sized(*buf, n)
	clear(*buf)
	return *buf
}

// sort splits b's rows into those that are kept and those that can have no
// match because a key is null, and counts those whose window is closed.
func (j *windowJoin) sort(in int, b *vec.Batch) {
	own := j.sides[in]
	j.live, j.padded = j.live[:0], j.padded[:0]
	nulls := own.mayBeNull(b)
	for i := range b.Len() {
		r := b.Row(i)
		if j.closes(own, b, r) <= j.wm {
			j.late++
			continue
		}
		if nulls && own.nullKey(b, r) {
			j.padded = append(j.padded, int32(r))
			continue
		}
		j.live = append(j.live, int32(r))
	}
}

// closes gives the watermark, ms, at which the window of row r is complete.
func (j *windowJoin) closes(s *side, b *vec.Batch, r int) int64 {
	v := b.Cols[s.keys[1]]
	if v.IsNull(r) {
		return op.MaxWatermark
	}
	end := v.I64[v.Idx(r)]
	if j.spec.shift != nil {
		end = j.spec.shift.LocalToUTC(end)
	}
	return end - 1
}

// register sets a timer for each window and key that the list does not know.
func (j *windowJoin) register(own *side, b *vec.Batch) {
	j.known = sized(j.known, len(j.live))
	own.list.HasKey(&j.keys, j.known)
	for i, known := range j.known {
		if !known {
			j.timers.Register(j.keys.Bytes(i), j.closes(own, b, int(j.live[i])))
		}
	}
}

// Watermark closes the windows that it has passed.
func (j *windowJoin) Watermark(wm int64) (op.Status, error) {
	j.wm = wm
	if j.timers.Next() > wm {
		return op.Done, nil
	}
	j.fire.phase = fireNext
	return j.Resume()
}

func (j *windowJoin) Resume() (op.Status, error) {
	for j.fire.phase != fireIdle && !j.ctx.Out.Full() {
		if err := j.advance(); err != nil {
			return op.Done, err
		}
	}
	if j.ctx.Out.Full() {
		return op.More, nil
	}
	return op.Done, nil
}

// advance takes the firing one step on.
func (j *windowJoin) advance() error {
	f := &j.fire
	switch f.phase {
	case fireNext:
		j.nextKeys()
	case fireLeft:
		j.nextLeft()
	case fireWalk:
		done, err := j.walk.step(j.ctx.Fn, j.ctx.Out)
		if err != nil {
			return err
		}
		if done {
			f.phase = fireLeft
		}
	case fireRight:
		return j.unmatchedRight()
	}
	return nil
}

func (j *windowJoin) nextKeys() {
	f := &j.fire
	f.due = j.timers.PopDue(j.wm, fireKeys, f.due)
	if len(f.due) == 0 {
		f.phase = fireIdle
		return
	}
	f.keys.Reset()
	for _, t := range f.due {
		f.keys.Append(t.Key)
	}
	j.sides[0].list.Probe(&f.probe, &f.keys)
	f.phase = fireLeft
}

// nextLeft decodes further left rows of the closing windows and starts joining
// them.
func (j *windowJoin) nextLeft() {
	f, left := &j.fire, j.sides[0]
	n := f.probe.Next(f.index, f.entry)
	if n == 0 {
		j.sides[1].list.Probe(&f.probe, &f.keys)
		f.phase = fireRight
		return
	}
	f.left.Reset()
	f.rows = left.list.Rows(f.entry[:n], f.rows)
	left.list.RowCodec().Decode(f.rows, f.left.Cols)
	f.left.N = n
	j.walk.keys.Reset()
	for _, i := range f.index[:n] {
		j.walk.keys.AppendRaw(f.keys.Hash(int(i)), f.keys.Bytes(int(i)))
	}
	j.walk.begin(j.spec.typ, 0, f.left, j.sides[1])
	f.phase = fireWalk
}

// unmatchedRight emits the right rows of the closing windows that are owed, a
// batch at a time, and then forgets the windows.
func (j *windowJoin) unmatchedRight() error {
	f, right := &j.fire, j.sides[1]
	n := 0
	if right.counted {
		n = f.probe.Next(f.index, f.entry)
	}
	if n == 0 {
		j.sides[0].list.RemoveKeys(&f.keys)
		right.list.RemoveKeys(&f.keys)
		f.phase = fireNext
		return nil
	}
	f.entries = f.entries[:0]
	for _, e := range f.entry[:n] {
		if *(*int64)(right.list.Aux(e)) == 0 {
			f.entries = append(f.entries, e)
		}
	}
	if len(f.entries) == 0 {
		return nil
	}
	f.rows = right.list.Rows(f.entries, f.rows)
	return j.ctx.Out.Emit(j.walk.out.paddedRows(1, right.list.RowCodec(), f.rows))
}

// Report tells how many rows came after their window had closed.
func (j *windowJoin) Report(add func(name string, n int64)) { add(op.Late, j.late) }

func (j *windowJoin) Close() error { return nil }
