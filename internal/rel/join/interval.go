package join

import (
	"math"

	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/state"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// intervalSpec is what the interval join is made of.
type intervalSpec struct {
	typ    Type
	in     [2]input
	bounds Bounds
	rest   expr.Expr
	zone   *types.Zone
}

// intervalJoin joins rows whose times are within bounds of each other. Each
// side's rows are kept in order of time by key until no row of the other side
// that is not late can match them; rows that may be padded with nulls then go
// out so, if they found no match.
//
// Times are counted in the finer unit of both columns. By processing time, the
// time of a row is that of its arrival, and now-1 plays the watermark.
type intervalJoin struct {
	spec  intervalSpec
	ctx   *op.Context
	sides [2]*timedSide
	pairs *pairs
	out   *changes
	perMs int64 // units of time in a millisecond
	mark  int64 // the watermark in units: rows up to it are late
	late  int64

	in      int
	b       *vec.Batch // the live rows of the batch being joined; nil when there is none
	batch   vec.Batch
	live    []int32
	padded  []int32
	times   []int64
	matched []bool
	refs    []state.Ref
	rows    vec.Rows
	cursor  intervalCursor
	expiry  expiry
}

// timedSide keeps one input's rows in order of time.
type timedSide struct {
	input
	items  *state.Sorted
	timers *state.Timers
	time   int   // the time column
	scale  int64 // units of the join in a unit of the column
	pad    bool
	// A row of this side at time t matches rows of the other at t+from to t+to,
	// so it is done with when rows up to t+to are late.
	from, to int64
	slack    int64 // how much longer rows may stay, so that keys wake up less often
}

// intervalCursor is where the walk over the other side's items stands.
type intervalCursor struct {
	row  int // counting row of b
	iter state.Iter
	open bool         // iter is placed for row
	last []byte       // the sort key of the last item that matches row
	at   []state.Iter // of the candidates, where the other side may be padded
}

func newIntervalJoin(s intervalSpec) *intervalJoin {
	return &intervalJoin{spec: s, mark: math.MinInt64, live: []int32{}, padded: []int32{}}
}

func (j *intervalJoin) Open(c *op.Context) error {
	j.ctx = c
	s := &j.spec
	cond, err := newCondition(s.rest, s.in[0].types, s.in[1].types, s.zone)
	if err != nil {
		return err
	}
	j.perMs = 1
	cols := [2]int{s.bounds.LeftTime, s.bounds.RightTime}
	for i, c := range cols {
		if t := s.in[i].types[c]; !s.bounds.Proctime && t.Prec > 3 {
			j.perMs = 1000
		}
	}
	lower, upper := s.bounds.LowerMs*j.perMs, s.bounds.UpperMs*j.perMs
	lo, ro := s.typ.Outer()
	j.sides[0] = newTimedSide(c, "left", 0, s.in[0], cols[0], lo, -upper, -lower)
	j.sides[1] = newTimedSide(c, "right", 1, s.in[1], cols[1], ro, lower, upper)
	for _, x := range j.sides {
		x.scale = j.perMs
		if x.types[x.time].Prec > 3 {
			x.scale = 1
		}
	}
	j.pairs = newPairs(cond)
	j.out = newChanges(outTypes(s.typ, s.in))
	return nil
}

func newTimedSide(c *op.Context, name string, at int, in input, time int, pad bool, from, to int64) *timedSide {
	in.keys = append([]int{}, in.keys...)
	spec := state.SortedSpec{Name: name, Key: pick(in.types, in.keys), Row: in.types, Order: []state.SortCol{}, From: state.Origin{Input: at + 1, Key: in.keys}}
	s := &timedSide{input: in, time: time, pad: pad, from: from, to: to}
	if pad {
		spec.Aux = matchBytes
	} else {
		s.slack = max(to-from, 0) / 2
	}
	s.items = c.State.Sorted(spec)
	s.timers = c.State.TimersOf(s.items, name+" expiry")
	return s
}

// done is the watermark at which a row of time t has met all its matches.
func (s *timedSide) done(t int64) int64 { return t + s.to }

// when is the time of the timer that looks after a row of time t.
func (s *timedSide) when(t int64) int64 { return s.done(t) + s.slack }

// timeKey appends the sort key of a time.
func timeKey(dst []byte, t int64) []byte { return state.AppendSortInt(dst, t) }

func (j *intervalJoin) Push(in int, b *vec.Batch) (op.Status, error) {
	own, other := j.sides[in], j.sides[1-in]
	if j.spec.bounds.Proctime {
		j.mark = j.ctx.Fn.NowMs - 1
	}
	j.in = in
	j.sort(own, b)
	if len(j.padded) > 0 && own.pad {
		if err := j.ctx.Out.Emit(j.out.padded(in, b, j.padded)); err != nil {
			return op.Done, err
		}
	}
	if len(j.live) == 0 {
		return j.Resume()
	}
	j.batch = vec.Batch{Cols: b.Cols, Sel: j.live, N: b.N}
	j.b = &j.batch
	p := j.pairs
	p.in, p.b, p.codec = in, j.b, other.items.RowCodec()
	own.encode(&p.keys, own.items.KeyCodec(), j.b)
	n := len(j.live)
	j.refs, j.matched = sized(j.refs, n), sized(j.matched, n)
	clear(j.matched)
	other.items.Find(&p.keys, j.refs)
	j.cursor.row, j.cursor.open = 0, false
	j.out.reset()
	return j.Resume()
}

// sort splits b's rows into those that may match and those whose key or time is
// null, and reads the times of the former.
func (j *intervalJoin) sort(own *timedSide, b *vec.Batch) {
	j.live, j.padded, j.times = j.live[:0], j.padded[:0], j.times[:0]
	nulls := own.mayBeNull(b)
	time := b.Cols[own.time]
	for i := range b.Len() {
		r := b.Row(i)
		t := j.ctx.Fn.NowMs
		if !j.spec.bounds.Proctime {
			if time.IsNull(r) || nulls && own.nullKey(b, r) {
				j.padded = append(j.padded, int32(r))
				continue
			}
			t = time.I64[time.Idx(r)] * own.scale
		} else if nulls && own.nullKey(b, r) {
			j.padded = append(j.padded, int32(r))
			continue
		}
		j.live, j.times = append(j.live, int32(r)), append(j.times, t)
	}
}

func (j *intervalJoin) Resume() (op.Status, error) {
	for !j.ctx.Out.Full() {
		var err error
		switch {
		case j.b != nil:
			err = j.walk()
		case j.expiry.active:
			err = j.expire()
		default:
			return op.Done, nil
		}
		if err != nil {
			return op.Done, err
		}
	}
	return op.More, nil
}

// walk joins about a batch of candidates; after the last it keeps the rows.
func (j *intervalJoin) walk() error {
	n := j.candidates()
	if n == 0 {
		return j.keep()
	}
	pass, err := j.pairs.test(j.ctx.Fn, n)
	if err != nil || len(pass) == 0 {
		return err
	}
	for _, x := range pass {
		j.matched[j.pairs.index[x]] = true
	}
	if other := j.sides[1-j.in]; other.pad {
		for _, x := range pass {
			it := &j.cursor.at[x]
			if a := (*int64)(it.Aux()); *a == 0 {
				*a = 1
				other.items.MarkAux(it)
			}
		}
	}
	j.out.addPairs(j.pairs, pass)
	err = j.ctx.Out.Emit(j.out.batch(j.pairs))
	j.out.reset()
	return err
}

// candidates collects further pairs whose times are within bounds.
func (j *intervalJoin) candidates() int {
	c, p, own, other := &j.cursor, j.pairs, j.sides[j.in], j.sides[1-j.in]
	p.rows, c.at = p.rows[:0], c.at[:0]
	n := 0
	for ; c.row < len(j.live); c.row++ {
		g := j.refs[c.row]
		if g == state.NoRef {
			continue
		}
		if !c.open {
			t := j.times[c.row]
			c.last = timeKey(c.last[:0], t+own.from)
			other.items.Seek(&c.iter, g, c.last)
			c.last = timeKey(c.last[:0], t+own.to)
			c.open = true
		}
		for ; c.iter.Valid() && string(c.iter.SortKey()) <= string(c.last); c.iter.Next() {
			if n == op.BatchRows {
				return n
			}
			p.index[n] = int32(c.row)
			p.rows = append(p.rows, c.iter.Row())
			if other.pad {
				c.at = append(c.at, c.iter)
			}
			n++
		}
		c.open = false
	}
	return n
}

// keep stores the rows that may still meet matches; the others, which came
// late, are padded or dropped.
func (j *intervalJoin) keep() error {
	own := j.sides[j.in]
	own.items.RowCodec().Encode(&j.rows, j.b, nil)
	own.items.Upsert(&j.pairs.keys, j.refs, nil)
	j.padded = j.padded[:0]
	var it state.Iter
	for i, g := range j.refs {
		t := j.times[i]
		if own.done(t) <= j.mark {
			j.lateRow(own, i, g, t)
			continue
		}
		j.cursor.last = timeKey(j.cursor.last[:0], t)
		pos := own.items.Insert(g, j.cursor.last, j.rows.Row(i))
		if pos == 0 {
			own.timers.Register(j.pairs.keys.Bytes(i), own.when(t))
		}
		if own.pad && j.matched[i] {
			own.items.Iter(&it, g, pos)
			*(*int64)(it.Aux()) = 1
			own.items.MarkAux(&it)
		}
	}
	b := j.b
	j.b = nil
	if len(j.padded) == 0 {
		return nil
	}
	return j.ctx.Out.Emit(j.out.padded(j.in, b, j.padded))
}

// lateRow handles row i of time t, which is not kept; g is the map of its key.
func (j *intervalJoin) lateRow(own *timedSide, i int, g state.Ref, t int64) {
	switch {
	case j.matched[i]:
	case own.pad:
		j.padded = append(j.padded, j.live[i])
	default:
		j.late++
		j.ctx.DropLate(j.in, j.b, int(j.live[i]), t/j.perMs)
	}
	if own.items.Count(g) == 0 {
		own.timers.Register(j.pairs.keys.Bytes(i), j.mark) // to drop the empty map
	}
}

// Report tells how many rows came too late to match anything.
func (j *intervalJoin) Report(add func(name string, n int64)) { add(op.Late, j.late) }

func (j *intervalJoin) Close() error { return nil }
