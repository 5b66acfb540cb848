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

// windowJoin keeps the rows of both inputs by window until the watermark closes
// the window; then it joins them once, with a hash table over the smaller side,
// and forgets them. Rows lie in order of arrival: a table by key for each window
// would be built to be read a single time.
type windowJoin struct {
	spec   windowSpec
	ctx    *op.Context
	sides  [2]*side // by window
	timers *state.Timers
	pads   *changes
	wm     int64
	late   int64

	live, padded []int32
	runs         []int32 // first of each run of live rows of one window, and the end
	heads        []int32
	keys         state.Keys
	batch        vec.Batch
	fire         firing
}

func newWindowJoin(s windowSpec) *windowJoin {
	return &windowJoin{spec: s, wm: op.MinWatermark, live: []int32{}, padded: []int32{}}
}

func (j *windowJoin) Open(c *op.Context) error {
	j.ctx = c
	s := &j.spec
	for i, name := range []string{"left", "right"} {
		j.sides[i] = newSide(c, name, i, input{types: s.in[i].types, keys: s.in[i].keys[:2], strict: s.in[i].strict, retracts: s.in[i].retracts,
			route: append([]int{}, s.in[i].keys[2:]...)})
	}
	j.timers = c.State.SharedTimers("windows")
	j.pads = newChanges(outTypes(s.typ, s.in))
	return j.fire.open(c, s)
}

func (j *windowJoin) Push(in int, b *vec.Batch) (op.Status, error) {
	j.sort(in, b)
	if len(j.live) > 0 {
		j.keep(j.sides[in], b)
	}
	r := roleOf(j.spec.typ, in)
	if len(j.padded) == 0 || !r.pad && !r.anti {
		return op.Done, nil
	}
	if err := j.ctx.Out.Emit(j.pads.padded(in, b, j.padded)); err != nil {
		return op.Done, err
	}
	return j.Resume()
}

// sort splits b's rows into those that are kept, in runs of one window, and those
// that can have no match because a key is null, and counts those whose window is
// closed.
func (j *windowJoin) sort(in int, b *vec.Batch) {
	own := j.sides[in]
	j.live, j.padded, j.runs = j.live[:0], j.padded[:0], j.runs[:0]
	nulls := own.mayBeNull(b)
	start, end := b.Cols[own.keys[0]], b.Cols[own.keys[1]]
	last, closed := [2]int64{}, false
	for i := range b.Len() {
		r := b.Row(i)
		if nulls && own.nullKey(b, r) {
			if end.IsNull(r) || j.closes(end.I64[end.Idx(r)]) > j.wm {
				j.padded = append(j.padded, int32(r))
			} else {
				j.drop(in, b, r, end)
			}
			continue
		}
		win := [2]int64{start.I64[start.Idx(r)], end.I64[end.Idx(r)]}
		if i == 0 || win != last {
			closed = j.closes(win[1]) <= j.wm
		}
		if closed {
			j.drop(in, b, r, end)
		} else {
			if len(j.live) == 0 || win != last {
				j.runs = append(j.runs, int32(len(j.live)))
			}
			j.live = append(j.live, int32(r))
		}
		last = win
	}
	j.runs = append(j.runs, int32(len(j.live)))
}

// drop counts a row whose window, with its end in a column, is closed.
func (j *windowJoin) drop(in int, b *vec.Batch, r int, end *vec.Vector) {
	j.late++
	j.ctx.DropLate(in, b, r, j.closes(end.I64[end.Idx(r)]))
}

// closes gives the watermark, ms, at which the window that ends then is complete.
func (j *windowJoin) closes(end int64) int64 {
	if j.spec.shift != nil {
		end = j.spec.shift.LocalToUTC(end)
	}
	return end - 1
}

// keep stores the live rows of b, and sets a timer for each new window.
func (j *windowJoin) keep(own *side, b *vec.Batch) {
	j.batch = vec.Batch{Cols: b.Cols, Sel: j.live, Kinds: b.Kinds, N: b.N}
	end := b.Cols[own.keys[1]]
	if own.multi {
		own.encode(&j.keys, own.list.KeyCodec(), &j.batch)
		for _, at := range j.runs[:len(j.runs)-1] {
			j.timers.Register(j.keys.Bytes(int(at)), j.closes(end.I64[end.Idx(int(j.live[at]))]))
		}
		own.keep(&j.batch, &j.keys, nil)
		return
	}
	own.list.RowCodec().EncodeVectors(&own.rows, b.Cols, j.live, b.N)
	j.heads = j.heads[:0]
	for _, at := range j.runs[:len(j.runs)-1] {
		j.heads = append(j.heads, j.live[at])
	}
	j.batch.Sel = j.heads
	own.encode(&j.keys, own.list.KeyCodec(), &j.batch)
	for i, r := range j.heads {
		if own.list.AppendTo(&j.keys, i, &own.rows, int(j.runs[i]), int(j.runs[i+1])) {
			j.timers.Register(j.keys.Bytes(i), j.closes(end.I64[end.Idx(int(r))]))
		}
	}
}

// Restored sets the timers of the windows that there are rows of: where there were
// fewer subtasks once another one may have set them, and said so as one of as many as
// there are now again.
func (j *windowJoin) Restored() error {
	for _, s := range j.sides {
		codec := s.list.KeyCodec()
		bounds, key := vec.NewBatch(codec.Types), make([][]byte, 1)
		s.list.EachKey(func(k []byte) {
			key[0] = k
			bounds.Reset()
			codec.Decode(key, bounds.Cols)
			j.timers.Register(k, j.closes(bounds.Cols[1].I64[0]))
		})
	}
	return nil
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

// Report tells how many rows came after their window had closed.
func (j *windowJoin) Report(add func(name string, n int64)) { add(op.Late, j.late) }

// Close gives the memory of the hash tables back.
func (j *windowJoin) Close() error { return j.fire.close() }
