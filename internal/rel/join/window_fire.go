package join

import (
	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/state"
	"github.com/weir-stream/weir/internal/vec"
)

// firing is the cursor over windows that are being closed: about a batch's worth
// of them at a time, the smaller side into a hash table, the other past it.
type firing struct {
	phase firePhase
	due   []state.Timer
	keys  state.Keys // of the windows being closed
	one   state.Keys
	build int // the side in the table
	join  *hashJoin
	// joins are hash joins by whether several windows are closed together, whose
	// bounds are then part of the key, and by the side in the table.
	joins [2][2]*hashJoin
	spec  *windowSpec
	ctx   *op.Context

	probe   state.Probe
	index   []int32
	entry   []state.Entry
	at, n   int   // of the entries found
	copies  int64 // of entry at that have been taken
	entries []state.Entry
	rows    [][]byte
	in      [2]*vec.Batch
}

type firePhase uint8

const (
	fireIdle  firePhase = iota
	fireNext            // take further windows
	fireBuild           // fill the hash table
	fireProbe           // take further rows of the other side
	fireJoin            // join them
	fireRest            // emit what the table's rows are owed
)

// fireRows is about how many rows are joined together: more windows are taken
// until there are so many. fireWindows bounds the windows.
const (
	fireRows    = 4 * op.BatchRows
	fireWindows = 1024
)

func (f *firing) open(c *op.Context, s *windowSpec) error {
	f.ctx, f.spec = c, s
	f.index, f.entry = make([]int32, op.BatchRows), make([]state.Entry, op.BatchRows)
	for i := range f.in {
		f.in[i] = vec.NewBatch(s.in[i].types)
	}
	return nil
}

func (f *firing) close() error {
	for _, js := range f.joins {
		for _, j := range js {
			if j != nil {
				_ = j.Close()
			}
		}
	}
	return nil
}

// joinOf gives the hash join with an empty table over side build.
func (f *firing) joinOf(several bool, build int) (*hashJoin, error) {
	skip, x := 2, 0
	if several {
		skip, x = 0, 1
	}
	if j := f.joins[x][build]; j != nil {
		j.restart()
		return j, nil
	}
	h := hashSpec{typ: f.spec.typ, build: build, in: f.spec.in, rest: f.spec.rest, zone: f.spec.zone}
	for i := range h.in {
		h.in[i].keys, h.in[i].strict = h.in[i].keys[skip:], h.in[i].strict[skip:]
	}
	j := newHashJoin(h)
	f.joins[x][build] = j
	return j, j.Open(f.ctx)
}

// advance takes the firing one step on; it emits at most one batch.
func (j *windowJoin) advance() error {
	f := &j.fire
	switch f.phase {
	case fireNext:
		return j.nextWindows()
	case fireBuild:
		if !f.take(f.build, j.sides[f.build]) {
			j.startProbe()
			return nil
		}
		return f.join.addBuild(f.in[f.build])
	case fireProbe:
		if !f.take(1-f.build, j.sides[1-f.build]) {
			f.join.endProbe()
			f.phase = fireRest
			return nil
		}
		f.phase = fireJoin
		return f.join.takeProbe(f.in[1-f.build])
	case fireJoin, fireRest:
		done, err := f.join.advance()
		if err != nil || !done {
			return err
		}
		if f.phase == fireJoin {
			f.phase = fireProbe
			return nil
		}
		for _, s := range j.sides {
			s.list.RemoveKeys(&f.keys)
		}
		f.phase = fireNext
	}
	return nil
}

// nextWindows takes windows that are due and starts with their smaller side.
func (j *windowJoin) nextWindows() error {
	f := &j.fire
	f.keys.Reset()
	var rows [2]int
	for rows[0]+rows[1] < fireRows && f.keys.Len() < fireWindows {
		f.due = j.timers.PopDue(j.wm, 1, f.due)
		if len(f.due) == 0 {
			break
		}
		f.keys.Append(f.due[0].Key)
		f.one.Reset()
		f.one.Append(f.due[0].Key)
		for i, s := range j.sides {
			var n [1]int32
			s.list.Count(&f.one, n[:])
			rows[i] += int(n[0])
		}
	}
	if f.keys.Len() == 0 {
		f.phase = fireIdle
		return nil
	}
	f.build = 0
	if rows[1] < rows[0] {
		f.build = 1
	}
	var err error
	if f.join, err = f.joinOf(f.keys.Len() > 1, f.build); err != nil {
		return err
	}
	f.start(j.sides[f.build])
	f.phase = fireBuild
	return nil
}

func (j *windowJoin) startProbe() {
	f := &j.fire
	f.join.endBuild()
	f.start(j.sides[1-f.build])
	f.phase = fireProbe
}

// start begins reading the closing windows' rows of a side.
func (f *firing) start(s *side) {
	f.at, f.n, f.copies = 0, 0, 0
	s.list.Probe(&f.probe, &f.keys)
}

// take decodes the next rows of input in, whose side is s; false if there are none.
func (f *firing) take(in int, s *side) bool {
	f.entries = f.entries[:0]
	for len(f.entries) < op.BatchRows {
		if f.at == f.n {
			f.at, f.n = 0, f.probe.Next(f.index, f.entry)
			if f.n == 0 {
				break
			}
		}
		if !s.multi {
			n := min(f.n-f.at, op.BatchRows-len(f.entries))
			f.entries = append(f.entries, f.entry[f.at:f.at+n]...)
			f.at += n
			continue
		}
		e := f.entry[f.at]
		if f.copies >= s.list.Mult(e) {
			f.at, f.copies = f.at+1, 0
			continue
		}
		f.entries = append(f.entries, e)
		f.copies++
	}
	b := f.in[in]
	b.Reset()
	f.rows = s.list.Rows(f.entries, f.rows)
	s.list.RowCodec().Decode(f.rows, b.Cols)
	b.N = len(f.entries)
	return b.N > 0
}
