package join

import (
	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/state"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// multiSpec is what the multi-way join is made of.
type multiSpec struct {
	in    []input
	steps []Step
	outer bool // some step is an outer join
	zone  *types.Zone
}

// multi joins each row of a batch with what the other inputs hold of its key,
// step by step: tuples of a step are extended by the rows of the next input, at
// most a batch of them at a time and the last step first, so that a fan-out never
// needs more memory than a batch a step. Then the rows are kept.
//
// Where the batch's own input is joined by an outer join, its rows also take the
// place of nulls, or leave it to nulls, so the number of other matches counts.
// Rows of one key then go one after another, in rounds.
type multi struct {
	spec   multiSpec
	ctx    *op.Context
	sides  []*side
	levels []level
	out    *vec.Batch

	own    int
	b      *vec.Batch // the batch being joined; nil when there is none
	round  *vec.Batch // its rows whose keys differ, or all
	rest   []int32    // rows of b for later rounds
	sel    []int32
	keys   state.Keys
	seen   map[string]bool
	batch  vec.Batch
	copies int64 // of the next tuple that have been emitted
	next   int   // tuple to emit
	kinds  []vec.Kind
	fetch  fetcher

	recalls *recall // nil: none is under way
}

func newMulti(s multiSpec) *multi { return &multi{spec: s, seen: map[string]bool{}} }

func (j *multi) Open(c *op.Context) error {
	j.ctx = c
	var all []types.Type
	for i, in := range j.spec.in {
		j.sides = append(j.sides, newSide(c, "input "+string(rune('0'+i%10))+suffix(i), i, in))
		all = append(all, in.types...)
		l := level{j: j, at: i, typ: j.spec.steps[i].Type, needs: j.spec.steps[i].Needs}
		if err := l.open(all, j.spec.steps[i].Rest, j.spec.zone); err != nil {
			return err
		}
		j.levels = append(j.levels, l)
	}
	for i := range j.levels {
		j.levels[i].tuples.ents = make([][]state.Entry, i+1)
	}
	j.out = vec.NewBatch(all)
	j.fetch.open(j)
	return nil
}

// suffix keeps the names of more than ten inputs apart.
func suffix(i int) string {
	if i < 10 {
		return ""
	}
	return "." + suffix(i/10-1) + string(rune('0'+i/10%10))
}

func (j *multi) Push(in int, b *vec.Batch) (op.Status, error) {
	if in > 0 || !j.spec.outer {
		b = j.sides[in].keyed(b)
	}
	if b.Len() == 0 {
		return op.Done, nil
	}
	j.own, j.b = in, b
	j.rest = j.rest[:0]
	if j.serial() {
		for i := range b.Len() {
			j.rest = append(j.rest, int32(b.Row(i)))
		}
		j.nextRound()
	} else {
		j.begin(b)
	}
	return j.Resume()
}

// serial reports whether rows of one key must go one after another.
func (j *multi) serial() bool { return j.spec.steps[j.own].Type == Left && j.own > 0 }

// nextRound takes the first of the remaining rows of each key.
func (j *multi) nextRound() {
	own := j.sides[j.own]
	j.batch = vec.Batch{Cols: j.b.Cols, Sel: j.rest, Kinds: j.b.Kinds, N: j.b.N}
	own.encode(&j.keys, own.list.KeyCodec(), &j.batch)
	clear(j.seen)
	j.sel = j.sel[:0]
	later := j.rest[:0]
	for i, r := range j.rest {
		if k := string(j.keys.Bytes(i)); !j.seen[k] {
			j.seen[k] = true
			j.sel = append(j.sel, r)
		} else {
			later = append(later, r)
		}
	}
	j.rest = later
	j.batch.Sel = j.sel
	j.begin(&j.batch)
}

// begin starts joining the rows of b.
func (j *multi) begin(b *vec.Batch) {
	own := j.sides[j.own]
	j.round = b
	own.encode(&j.keys, own.list.KeyCodec(), b)
	for i := range j.levels {
		j.levels[i].begin()
	}
	j.next, j.copies = 0, 0
}

func (j *multi) Resume() (op.Status, error) {
	if j.recalls != nil {
		return j.recall()
	}
	for j.b != nil {
		if j.ctx.Out.Full() {
			return op.More, nil
		}
		done, err := j.step()
		if err != nil {
			return op.Done, err
		}
		if !done {
			continue
		}
		j.keep()
		if len(j.rest) == 0 {
			j.b = nil
			break
		}
		j.nextRound()
	}
	if j.ctx.Out.Full() {
		return op.More, nil
	}
	return op.Done, nil
}

// step emits at most a batch, or extends tuples by one step; it tells when the
// round is joined.
func (j *multi) step() (done bool, err error) {
	last := len(j.levels) - 1
	t := &j.levels[last].tuples
	if j.next < t.len() {
		return false, j.emit(t)
	}
	t.reset()
	j.next = 0
	for l := last; l >= 0; l-- {
		if !j.levels[l].over() {
			return false, j.levels[l].extend()
		}
	}
	return true, nil
}

// emit hands on finished tuples, each as often as its rows are there.
func (j *multi) emit(t *tuples) error {
	f := &j.fetch
	f.at, j.kinds = f.at[:0], j.kinds[:0]
	j.out.Reset()
	plain := true
	for ; j.next < t.len() && len(f.at) < op.BatchRows; j.next, j.copies = j.next+1, 0 {
		for ; j.copies < t.mult[j.next] && len(f.at) < op.BatchRows; j.copies++ {
			f.at = append(f.at, int32(j.next))
			k := j.kindOf(t, j.next)
			plain = plain && k == vec.Insert
			j.kinds = append(j.kinds, k)
		}
		if j.copies < t.mult[j.next] {
			break
		}
	}
	if len(f.at) == 0 {
		return nil
	}
	from := 0
	for i, s := range j.sides {
		to := from + len(s.types)
		f.rows(t, i, j.out.Cols[from:to])
		from = to
	}
	j.out.N = len(f.at)
	if !plain {
		j.out.Kinds = j.kinds
	}
	return j.ctx.Out.Emit(j.out)
}

// kindOf is the row's own kind in inner joins, plain additions and removals where
// rows padded with nulls come and go.
func (j *multi) kindOf(t *tuples, i int) vec.Kind {
	k := j.round.Kind(j.round.Row(int(t.orig[i])))
	if !j.spec.outer {
		return k
	}
	if k.Adds() != t.inverse[i] {
		return vec.Insert
	}
	return vec.Delete
}

// keep stores the round's rows.
func (j *multi) keep() {
	own := j.sides[j.own]
	b := own.keyed(j.round)
	if b != j.round {
		own.encode(&j.keys, own.list.KeyCodec(), b)
	}
	own.keep(b, &j.keys, nil)
}

func (j *multi) Close() error { return nil }
