package join

import (
	"math"

	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/state"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// temporalSpec is what the event-time temporal join is made of.
type temporalSpec struct {
	typ   Type // Inner or Left
	in    [2]input
	times [2]int // the time columns
	rest  expr.Expr
	zone  *types.Zone
}

// temporalJoin joins each left row with the right row of its key that was valid
// at the left row's time. Left rows wait until the watermark has passed them,
// since an earlier version may still come; of the right side's versions that the
// watermark has passed only the last is kept.
type temporalJoin struct {
	spec   temporalSpec
	ctx    *op.Context
	sides  [2]*versions
	timers *state.Timers
	cond   *condition
	out    *changes
	perMs  int64
	mark   int64 // the watermark in the unit of the times

	keys   state.Keys
	rows   vec.Rows
	refs   []state.Ref
	live   []int32
	padded []int32
	batch  vec.Batch
	key    []byte
	due    dueKeys
	emitB  *vec.Batch
	right  *vec.Batch // decoded versions
}

// versions keeps rows in order of time by key, with their kind behind the row.
type versions struct {
	input
	items *state.Sorted
	time  int
	scale int64
	kinds *vec.Vector
	cols  []*vec.Vector
}

// dueKeys is the cursor over keys that the watermark has reached.
type dueKeys struct {
	active      bool
	timers      []state.Timer
	keys        state.Keys
	refs        [2][]state.Ref
	key         int
	pos         int // in the left rows of key
	left, right [][]byte
	at          []int32 // of each left row: its version among right, or none
	pass        []int32
}

var kindType = types.Of(types.TinyInt).NotNull()

func newTemporalJoin(s temporalSpec) *temporalJoin {
	j := &temporalJoin{spec: s, mark: math.MinInt64, live: []int32{}}
	j.due.pass = []int32{}
	return j
}

func (j *temporalJoin) Open(c *op.Context) error {
	j.ctx = c
	s := &j.spec
	cond, err := newCondition(s.rest, s.in[0].types, s.in[1].types, s.zone)
	if err != nil {
		return err
	}
	j.cond, j.perMs = cond, 1
	for i := range s.in {
		if s.in[i].types[s.times[i]].Prec > 3 {
			j.perMs = 1000
		}
	}
	for i, name := range []string{"left", "versions"} {
		in := s.in[i]
		in.keys = append([]int{}, in.keys...)
		row := append(append([]types.Type(nil), in.types...), kindType)
		v := &versions{input: in, time: s.times[i], scale: j.perMs, kinds: vec.New(kindType, 0)}
		if in.types[v.time].Prec > 3 {
			v.scale = 1
		}
		v.items = c.State.Sorted(state.SortedSpec{Name: name, Key: pick(in.types, in.keys), Row: row, Order: []state.SortCol{},
			From: state.Origin{Input: i + 1, Key: in.keys, Row: append(ordinals(len(in.types)), -1)}})
		j.sides[i] = v
	}
	j.timers = c.State.TimersOf(j.sides[0].items, "times")
	j.out = newChanges(s.in[0].types, s.in[1].types)
	all := append(append([]types.Type(nil), s.in[0].types...), s.in[1].types...)
	j.emitB = vec.NewBatch(append(all, kindType))
	j.right = vec.NewBatch(append(append([]types.Type(nil), s.in[1].types...), kindType))
	return nil
}

func (j *temporalJoin) Push(in int, b *vec.Batch) (op.Status, error) {
	j.sort(in, b)
	if len(j.live) > 0 {
		j.store(in, b)
	}
	if in == 1 || j.spec.typ != Left || len(j.padded) == 0 {
		return op.Done, nil
	}
	out := j.out.padded(0, b, j.padded)
	if b.Kinds != nil {
		j.out.kind = j.out.kind[:0]
		for _, r := range j.padded {
			j.out.kind = append(j.out.kind, b.Kinds[r])
		}
		out.Kinds = j.out.kind
	}
	if err := j.ctx.Out.Emit(out); err != nil {
		return op.Done, err
	}
	return j.Resume()
}

// sort splits b's rows into those that may match and those whose key or time is
// null. Old rows of updated versions say nothing new.
func (j *temporalJoin) sort(in int, b *vec.Batch) {
	s := j.sides[in]
	j.live, j.padded = j.live[:0], j.padded[:0]
	time := b.Cols[s.time]
	for i := range b.Len() {
		r := b.Row(i)
		switch {
		case time.IsNull(r) || s.nullKey(b, r):
			j.padded = append(j.padded, int32(r))
		case in == 0 || b.Kind(r) != vec.UpdateBefore:
			j.live = append(j.live, int32(r))
		}
	}
}

// store puts the live rows of b into the order of their times.
func (j *temporalJoin) store(in int, b *vec.Batch) {
	s := j.sides[in]
	j.batch = vec.Batch{Cols: b.Cols, Sel: j.live, N: b.N}
	s.encode(&j.keys, s.items.KeyCodec(), &j.batch)
	s.kinds.Resize(b.N)
	for r := range s.kinds.I8 {
		s.kinds.I8[r] = int8(b.Kind(r))
	}
	s.cols = append(append(s.cols[:0], b.Cols...), s.kinds)
	s.items.RowCodec().EncodeVectors(&j.rows, s.cols, j.live, b.N)
	j.refs = sized(j.refs, len(j.live))
	s.items.Upsert(&j.keys, j.refs, nil)
	time := b.Cols[s.time]
	for i, r := range j.live {
		t := time.I64[time.Idx(int(r))] * s.scale
		j.key = timeKey(j.key[:0], t)
		// Left rows wait for their first; versions for a second, that ends the
		// one before.
		if pos := s.items.Insert(j.refs[i], j.key, j.rows.Row(i)); pos == 0 || in == 1 {
			j.timers.Register(j.keys.Bytes(i), t)
		}
	}
}

// Watermark joins the left rows that it has passed. In batch only the end of
// event time counts: operators below may hold their rows until their input ends.
func (j *temporalJoin) Watermark(wm int64) (op.Status, error) {
	if j.ctx.Batch && wm != op.MaxWatermark {
		return op.Done, nil
	}
	j.mark = wm
	if wm != op.MaxWatermark && wm > math.MinInt64/j.perMs {
		j.mark = wm*j.perMs + j.perMs - 1
	}
	if j.timers.Next() > j.mark {
		return op.Done, nil
	}
	d := &j.due
	d.active, d.timers, d.key = true, d.timers[:0], 0
	return j.Resume()
}

func (j *temporalJoin) Resume() (op.Status, error) {
	for !j.ctx.Out.Full() {
		if !j.due.active {
			return op.Done, nil
		}
		if err := j.fire(); err != nil {
			return op.Done, err
		}
	}
	return op.More, nil
}

// fire joins about a batch of left rows; when those of the keys taken out are
// all joined it forgets what is passed and takes further keys.
func (j *temporalJoin) fire() error {
	d := &j.due
	if d.key == len(d.timers) {
		j.forget()
		d.timers = j.timers.PopDue(j.mark, fireKeys, d.timers)
		d.key, d.pos = 0, 0
		if d.active = len(d.timers) > 0; !d.active {
			return nil
		}
		d.keys.Reset()
		for _, t := range d.timers {
			d.keys.Append(t.Key)
		}
		for i, s := range j.sides {
			d.refs[i] = sized(d.refs[i], len(d.timers))
			s.items.Find(&d.keys, d.refs[i])
		}
		j.distinct()
	}
	j.collect()
	if len(d.left) == 0 {
		return nil
	}
	return j.emit()
}

// distinct leaves each left map in the due keys once.
func (j *temporalJoin) distinct() {
	seen := make(map[state.Ref]bool, len(j.due.timers))
	for i, g := range j.due.refs[0] {
		if seen[g] {
			j.due.refs[0][i] = state.NoRef
		}
		seen[g] = true
	}
}

// collect takes left rows up to a batch, each with its version.
func (j *temporalJoin) collect() {
	d := &j.due
	d.left, d.right, d.at = d.left[:0], d.right[:0], d.at[:0]
	var l state.Iter
	for ; d.key < len(d.timers); d.key++ {
		g := d.refs[0][d.key]
		if g == state.NoRef {
			continue
		}
		j.key = timeKey(j.key[:0], j.next())
		n := j.sides[0].items.Rank(g, j.key)
		for j.sides[0].items.Iter(&l, g, d.pos); d.pos < n; d.pos++ {
			if len(d.left) == op.BatchRows {
				return
			}
			d.left = append(d.left, l.Row())
			d.at = append(d.at, j.version(d.refs[1][d.key], state.SortInt(l.SortKey())))
			l.Next()
		}
		d.pos = 0
	}
}

// next is the first time that the watermark has not passed.
func (j *temporalJoin) next() int64 {
	if j.mark == math.MaxInt64 {
		return j.mark
	}
	return j.mark + 1
}

// version adds the last version of map g at time t to those to decode and gives
// its position there; none if there is none.
func (j *temporalJoin) version(g state.Ref, t int64) int32 {
	if g == state.NoRef {
		return none
	}
	d, items := &j.due, j.sides[1].items
	j.key = timeKey(j.key[:0], t+1)
	pos := items.Rank(g, j.key)
	if pos == 0 {
		return none
	}
	var it state.Iter
	items.Iter(&it, g, pos-1)
	d.right = append(d.right, it.Row())
	return int32(len(d.right) - 1)
}

// emit joins the collected left rows with their versions.
func (j *temporalJoin) emit() error {
	d, out := &j.due, j.emitB
	lw, rw := len(j.spec.in[0].types), len(j.spec.in[1].types)
	out.Reset()
	kinds := out.Cols[lw+rw]
	j.sides[0].items.RowCodec().Decode(d.left, append(append(j.sides[0].cols[:0], out.Cols[:lw]...), kinds))
	j.right.Reset()
	j.sides[1].items.RowCodec().Decode(d.right, j.right.Cols)
	for i, x := range d.at {
		if x >= 0 && !vec.Kind(j.right.Cols[rw].I8[x]).Adds() {
			d.at[i] = none // deleted at that time
		}
	}
	for i := range rw {
		j.out.gather(out.Cols[lw+i], j.right.Cols[i], d.at, true)
	}
	out.N = len(d.left)
	sel, err := j.restrict()
	if err != nil {
		return err
	}
	plain := true
	for _, k := range kinds.I8[:out.N] {
		out.Kinds = append(out.Kinds, vec.Kind(k))
		plain = plain && vec.Kind(k) == vec.Insert
	}
	j.batch = vec.Batch{Cols: out.Cols[:lw+rw], Sel: sel, Kinds: out.Kinds, N: out.N}
	if plain {
		j.batch.Kinds = nil
	}
	if j.batch.Len() == 0 {
		return nil
	}
	return j.ctx.Out.Emit(&j.batch)
}

// restrict applies the rest of the condition: rows that fail it are padded or
// left out. It gives the rows to emit, nil for all.
func (j *temporalJoin) restrict() ([]int32, error) {
	d, out := &j.due, j.emitB
	lw, rw := len(j.spec.in[0].types), len(j.spec.in[1].types)
	d.pass = d.pass[:0]
	for i, x := range d.at {
		if x >= 0 {
			d.pass = append(d.pass, int32(i))
		}
	}
	if j.cond.filter != nil && len(d.pass) > 0 {
		in := vec.Batch{Cols: out.Cols[:lw+rw], Sel: d.pass, N: out.N}
		pass, err := j.cond.filter.Select(j.ctx.Fn, &in, j.cond.pass)
		if err != nil {
			return nil, err
		}
		j.cond.pass = pass
		d.pass = append(d.pass[:0], pass...)
	}
	if j.spec.typ == Inner || len(d.pass) == out.N {
		if len(d.pass) == out.N {
			return nil, nil
		}
		return d.pass, nil
	}
	next := 0
	for i := range out.N {
		if next < len(d.pass) && int(d.pass[next]) == i {
			next++
			continue
		}
		for _, c := range out.Cols[lw : lw+rw] {
			c.SetNull(i)
		}
	}
	return nil, nil
}

// forget drops the left rows that have been joined and the versions that ended
// before the watermark.
func (j *temporalJoin) forget() {
	d := &j.due
	var it state.Iter
	for i := range d.timers {
		d.keys.Reset()
		d.keys.Append(d.timers[i].Key)
		for x, s := range j.sides {
			s.items.Find(&d.keys, d.refs[x][:1])
			g := d.refs[x][0]
			if g == state.NoRef {
				continue
			}
			j.key = timeKey(j.key[:0], j.next())
			if x == 1 {
				pos := s.items.Rank(g, j.key)
				if pos == 0 {
					continue
				}
				s.items.Iter(&it, g, pos-1)
				j.key = append(j.key[:0], it.SortKey()...)
			}
			s.items.DropBelow(g, j.key)
			if s.items.Count(g) == 0 {
				s.items.DeleteKey(g)
			} else if x == 0 {
				s.items.Iter(&it, g, 0)
				j.timers.Register(d.timers[i].Key, state.SortInt(it.SortKey()))
			}
		}
	}
	d.timers, d.key = d.timers[:0], 0
}

func (j *temporalJoin) Close() error { return nil }
