package join

import (
	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/state"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// tuples are rows joined in part: of each the batch's row and an entry of every
// input so far.
type tuples struct {
	orig []int32         // position among the round's rows
	ents [][]state.Entry // by input; padding, ownRow or an entry
	mult []int64         // copies
	// inverse: the tuple goes when the row comes, and comes when it goes.
	inverse []bool
}

const (
	padding = state.Entry(0)  // nulls for want of a match
	ownRow  = ^state.Entry(0) // the batch's row
	ahead   = op.BatchRows    // candidates of a step at a time
)

func (t *tuples) len() int { return len(t.orig) }

func (t *tuples) reset() {
	t.orig, t.mult, t.inverse = t.orig[:0], t.mult[:0], t.inverse[:0]
	for i := range t.ents {
		t.ents[i] = t.ents[i][:0]
	}
}

// level extends the tuples of the step before by the rows of one input.
type level struct {
	j      *multi
	at     int // the input
	typ    Type
	needs  uint64
	filter *expr.Filter
	cand   vec.Batch // columns that the condition reads; nil elsewhere
	pass   []int32
	all    []int32

	tuples tuples // what it has made
	// the walk over the tuples of the step before, for input 0 over the rows
	from    int
	entered bool // tuple from has been begun
	slot    uint32
	probe   state.Probe
	// of tuple from:
	matched bool
	self    bool  // own step: the batch's row matches
	others  int64 // own step: copies of other matches

	of   []int32 // candidates: the tuple before
	ent  []state.Entry
	ends []end
}

// end tells where the candidates of a tuple of the step before end.
type end struct {
	tuple, upTo int32
	more        bool // further ones follow with the next candidates
}

// glance is how many entries are looked at before it is decided whether a tuple
// needs more of them.
const glance = 64

func (l *level) open(all []types.Type, rest expr.Expr, zone *types.Zone) error {
	if rest == nil {
		return nil
	}
	f, err := expr.CompileFilter(rest, all, zone)
	if err != nil {
		return err
	}
	l.filter = f
	l.cand.Cols = make([]*vec.Vector, len(all))
	for _, c := range expr.ReferencedCols(rest) {
		l.cand.Cols[c] = vec.New(all[c], 0)
	}
	return nil
}

// add appends tuple i of before with a row of the next input.
func (t *tuples) add(before *tuples, i int32, e state.Entry, copies int64, inverse bool) {
	t.orig = append(t.orig, before.orig[i])
	last := len(t.ents) - 1
	for k, es := range before.ents {
		t.ents[k] = append(t.ents[k], es[i])
	}
	t.ents[last] = append(t.ents[last], e)
	t.mult = append(t.mult, before.mult[i]*copies)
	t.inverse = append(t.inverse, before.inverse[i] != inverse)
}

// begin starts a round.
func (l *level) begin() {
	l.tuples.reset()
	l.restart()
	if l.at != l.j.own || l.j.serial() {
		l.j.sides[l.at].list.Probe(&l.probe, &l.j.keys)
	}
}

// restart goes to the first tuple of the step before.
func (l *level) restart() {
	l.from, l.slot, l.entered = 0, 0, false
	l.matched, l.self, l.others = false, false, 0
}

func (l *level) before() *tuples { return &l.j.levels[l.at-1].tuples }

// over reports that all tuples of the step before are extended.
func (l *level) over() bool {
	if l.at == 0 {
		return l.from >= l.j.keys.Len()
	}
	return l.from >= l.before().len()
}

// extend makes further tuples in place of those it has made.
func (l *level) extend() error {
	l.tuples.reset()
	if l.at+1 < len(l.j.levels) {
		l.j.levels[l.at+1].restart()
	}
	if l.at == 0 {
		l.first()
		return nil
	}
	l.collect()
	pass, err := l.test()
	if err != nil {
		return err
	}
	l.settle(pass)
	return nil
}

// first makes tuples of input 0.
func (l *level) first() {
	t, side := &l.tuples, l.j.sides[0]
	for l.from < l.j.keys.Len() && t.len() < ahead {
		if l.j.own == 0 {
			t.one(l.from, ownRow, 1)
			l.from++
			continue
		}
		l.ent = sized(l.ent, ahead-t.len())
		n, slot := l.probe.At(l.from, l.slot, l.ent)
		for _, e := range l.ent[:n] {
			t.one(l.from, e, copiesOf(side, e))
		}
		if l.slot = slot; n < len(l.ent) {
			l.from, l.slot = l.from+1, 0
		}
	}
}

func (t *tuples) one(orig int, e state.Entry, copies int64) {
	t.orig, t.ents[0] = append(t.orig, int32(orig)), append(t.ents[0], e)
	t.mult, t.inverse = append(t.mult, copies), append(t.inverse, false)
}

// copiesOf gives how often a kept row is there; entries of negative multiplicity
// are owed, not there.
func copiesOf(s *side, e state.Entry) int64 {
	if !s.multi {
		return 1
	}
	return max(s.list.Mult(e), 0)
}

// collect lists candidates of the next tuples.
func (l *level) collect() {
	before, own := l.before(), l.at == l.j.own
	l.of, l.ent, l.ends = l.of[:0], l.ent[:0], l.ends[:0]
	for l.from < before.len() && len(l.of) < ahead {
		i := int32(l.from)
		room := ahead - len(l.of)
		if !l.entered {
			l.entered, l.slot = true, 0
			if own && l.present(before, i) {
				l.of, l.ent = append(l.of, i), append(l.ent, ownRow)
			}
		}
		n := 0
		if own {
			room = glance
		}
		if l.present(before, i) && (!own || l.j.serial()) {
			at := len(l.ent)
			l.ent = append(l.ent, make([]state.Entry, room)...)
			n, l.slot = l.probe.At(int(before.orig[i]), l.slot, l.ent[at:])
			l.ent = l.ent[:at+n]
			for range n {
				l.of = append(l.of, i)
			}
		} else {
			room = 1
		}
		more := n == room
		l.ends = append(l.ends, end{i, int32(len(l.of)), more})
		if more {
			return
		}
		l.from, l.entered = l.from+1, false
	}
}

// present reports that the inputs whose columns the key is compared with have a
// row in tuple i.
func (l *level) present(before *tuples, i int32) bool {
	for k, needs := 0, l.needs; needs != 0; k, needs = k+1, needs>>1 {
		if needs&1 != 0 && before.ents[k][i] == padding {
			return false
		}
	}
	return true
}

// test gives the candidates that satisfy the rest of the condition.
func (l *level) test() ([]int32, error) {
	n := len(l.of)
	if l.filter == nil || n == 0 {
		for len(l.all) < n {
			l.all = append(l.all, int32(len(l.all)))
		}
		return l.all[:n], nil
	}
	f, before, from := &l.j.fetch, l.before(), 0
	for k, s := range l.j.sides[:l.at+1] {
		to := from + len(s.types)
		cols := l.cand.Cols[from:to]
		from = to
		if !wanted(cols) {
			continue
		}
		f.orig, f.ents = f.orig[:0], f.ents[:0]
		for x, i := range l.of {
			f.orig = append(f.orig, before.orig[i])
			if k < l.at {
				f.ents = append(f.ents, before.ents[k][i])
			} else {
				f.ents = append(f.ents, l.ent[x])
			}
		}
		f.load(k, cols)
	}
	l.cand.N = n
	var err error
	l.pass, err = l.filter.Select(l.j.ctx.Fn, &l.cand, l.pass)
	return l.pass, err
}

func wanted(cols []*vec.Vector) bool {
	for _, c := range cols {
		if c != nil {
			return true
		}
	}
	return false
}

// settle makes tuples of the candidates that passed, and of tuples without one
// where the join is outer.
func (l *level) settle(pass []int32) {
	own, serial, side := l.at == l.j.own, l.j.serial(), l.j.sides[l.at]
	before, at := l.before(), 0
	for _, e := range l.ends {
		for ; at < len(pass) && pass[at] < e.upTo; at++ {
			entry := l.ent[pass[at]]
			switch {
			case own && serial && entry == ownRow:
				l.self = true
			case own && serial:
				l.others += copiesOf(side, entry)
			case own:
				l.tuples.add(before, e.tuple, ownRow, 1, false)
			default:
				if c := copiesOf(side, entry); c > 0 {
					l.matched = true
					l.tuples.add(before, e.tuple, entry, c, false)
				}
			}
		}
		switch {
		case e.more && !(own && l.decided()):
			return
		case e.more:
			l.from, l.entered = l.from+1, false
		}
		if own && serial {
			l.swap(before, e.tuple)
		} else if !own && l.typ == Left && !l.matched {
			l.tuples.add(before, e.tuple, padding, 1, false)
		}
		l.matched, l.self, l.others = false, false, 0
	}
}

// decided reports that further matches of the tuple change nothing.
func (l *level) decided() bool { return !l.self || l.others > 1 }

// swap lets the batch's row come, in place of nulls if it is the tuple's first
// match, or go.
func (l *level) swap(before *tuples, i int32) {
	if !l.self {
		return
	}
	b := l.j.round
	adds := b.Kind(b.Row(int(before.orig[i]))).Adds()
	if !adds {
		l.others--
	}
	if adds && l.others <= 0 {
		l.tuples.add(before, i, padding, 1, true)
	}
	l.tuples.add(before, i, ownRow, 1, false)
	if !adds && l.others <= 0 {
		l.tuples.add(before, i, padding, 1, true)
	}
}
