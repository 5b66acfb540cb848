package join

import (
	"math"

	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/state"
)

// expiry is the cursor over keys whose oldest rows have met all their matches.
type expiry struct {
	active bool
	side   int
	due    []state.Timer
	keys   state.Keys
	refs   []state.Ref
	key    int // of due: the key being handled
	pos    int // in its map: the next row to look at
	bound  []byte
	rows   [][]byte
	seen   map[state.Ref]bool
}

// fireKeys is how many keys are looked at together.
const fireKeys = 1024

// distinct leaves each map in refs once: a key may have several timers.
func (e *expiry) distinct() {
	if e.seen == nil {
		e.seen = make(map[state.Ref]bool, fireKeys)
	}
	clear(e.seen)
	for i, g := range e.refs {
		if e.seen[g] {
			e.refs[i] = state.NoRef
		}
		e.seen[g] = true
	}
}

// Watermark lets go of the rows that it has passed.
func (j *intervalJoin) Watermark(wm int64) (op.Status, error) {
	if j.spec.bounds.Proctime && wm != op.MaxWatermark {
		return op.Done, nil
	}
	return j.advanceTo(j.units(wm))
}

// units gives the last time, in the join's unit, that a watermark in ms covers.
func (j *intervalJoin) units(wm int64) int64 {
	switch {
	case wm == op.MaxWatermark:
		return math.MaxInt64
	case wm < math.MinInt64/j.perMs:
		return math.MinInt64
	}
	return wm*j.perMs + j.perMs - 1
}

func (j *intervalJoin) advanceTo(mark int64) (op.Status, error) {
	j.mark = mark
	if j.sides[0].timers.Next() > mark && j.sides[1].timers.Next() > mark {
		return op.Done, nil
	}
	e := &j.expiry
	e.active, e.side, e.due, e.key, e.pos = true, 0, e.due[:0], 0, 0
	return j.Resume()
}

// NextTimer is the processing time at which rows are done with.
func (j *intervalJoin) NextTimer() int64 {
	if !j.spec.bounds.Proctime {
		return math.MaxInt64
	}
	next := min(j.sides[0].timers.Next(), j.sides[1].timers.Next())
	if next == math.MaxInt64 {
		return next
	}
	return next + 1
}

// Fire lets go of the rows that processing time has passed.
func (j *intervalJoin) Fire(nowMs int64) (op.Status, error) { return j.advanceTo(nowMs - 1) }

// MapWatermark delays the watermark by the longest time that a row may wait for
// its match, as the rows that come out are that much older.
func (j *intervalJoin) MapWatermark(wm int64) int64 {
	if wm == op.MaxWatermark || wm == op.MinWatermark || j.spec.bounds.Proctime {
		return wm
	}
	delay := max(-j.spec.bounds.LowerMs, j.spec.bounds.UpperMs, 0)
	if wm < op.MinWatermark+delay {
		return op.MinWatermark
	}
	return wm - delay
}

// expire handles keys until a batch of padded rows is out or all are done.
func (j *intervalJoin) expire() error {
	e := &j.expiry
	side := j.sides[e.side]
	if e.key == len(e.due) {
		e.due = side.timers.PopDue(j.mark, fireKeys, e.due)
		e.key, e.pos = 0, 0
		if len(e.due) == 0 {
			e.side++
			e.active = e.side < 2
			return nil
		}
		e.keys.Reset()
		for _, t := range e.due {
			e.keys.Append(t.Key)
		}
		e.refs = sized(e.refs, len(e.due))
	}
	if e.key == 0 && e.pos == 0 {
		side.items.Find(&e.keys, e.refs)
		e.distinct()
		e.bound = timeKey(e.bound[:0], j.passed(side))
	}
	e.rows = e.rows[:0]
	if side.pad && !j.unmatched(side) {
		return j.ctx.Out.Emit(j.out.paddedRows(e.side, side.items.RowCodec(), e.rows))
	}
	if len(e.rows) > 0 {
		if err := j.ctx.Out.Emit(j.out.paddedRows(e.side, side.items.RowCodec(), e.rows)); err != nil {
			return err
		}
	}
	j.drop(side)
	return nil
}

// passed is the first time whose rows are not done with.
func (j *intervalJoin) passed(s *timedSide) int64 {
	if j.mark == math.MaxInt64 {
		return math.MaxInt64
	}
	return j.mark - s.to + 1
}

// unmatched collects the rows without a match among those that are done with;
// false means that there are more than a batch.
func (j *intervalJoin) unmatched(side *timedSide) bool {
	e := &j.expiry
	var it state.Iter
	for ; e.key < len(e.due); e.key++ {
		g := e.refs[e.key]
		if g == state.NoRef {
			e.pos = 0
			continue
		}
		n := side.items.Rank(g, e.bound)
		for side.items.Iter(&it, g, e.pos); e.pos < n; e.pos++ {
			if len(e.rows) == op.BatchRows {
				return false
			}
			if *(*int64)(it.Aux()) == 0 {
				e.rows = append(e.rows, it.Row())
			}
			it.Next()
		}
		e.pos = 0
	}
	return true
}

// drop removes the rows that are done with and the keys that have none left.
func (j *intervalJoin) drop(side *timedSide) {
	e := &j.expiry
	e.key = len(e.due)
	var it state.Iter
	for _, g := range e.refs {
		if g != state.NoRef {
			side.items.DropBelow(g, e.bound)
		}
	}
	for i := range e.due {
		// One by one, since deleting a key ends the others' references.
		e.keys.Reset()
		e.keys.Append(e.due[i].Key)
		side.items.Find(&e.keys, e.refs[:1])
		g := e.refs[0]
		if g == state.NoRef {
			continue
		}
		if side.items.Count(g) == 0 {
			side.items.DeleteKey(g)
			continue
		}
		side.items.Iter(&it, g, 0)
		side.timers.Register(e.due[i].Key, side.when(state.SortInt(it.SortKey())))
	}
}
