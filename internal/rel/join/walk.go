package join

import (
	"github.com/weir-stream/weir/internal/fn"
	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/vec"
)

// role is what rows of one input do in a join of some type.
type role struct {
	pairs    bool // matches are emitted
	pad      bool // own rows without a match are emitted with nulls
	padOther bool // so are the other side's: its match counts change
	semi     bool // own rows are emitted if they have a match
	anti     bool // own rows are emitted if they have none
	flips    bool // the other side's rows are emitted when they gain or lose their first match
	flipAnti bool // ... or lose and gain
}

// roleOf gives the role of input in.
func roleOf(t Type, in int) role {
	lo, ro := t.Outer()
	switch {
	case t == Semi || t == Anti:
		return role{semi: t == Semi && in == 0, anti: t == Anti && in == 0, flips: in == 1, flipAnti: t == Anti && in == 1}
	case in == 0:
		return role{pairs: true, pad: lo, padOther: ro}
	}
	return role{pairs: true, pad: ro, padOther: lo}
}

// tracks reports whether the end of a row's matches matters.
func (r role) tracks() bool { return r.pad || r.semi || r.anti }

// counts reports whether the other side's match counts are kept.
func (r role) counts() bool { return r.padOther || r.flips }

// walker joins one batch with the other side and emits what follows, at most a
// batch a time.
type walker struct {
	*pairs
	role
	out     *changes
	matches []int64 // of each row so far
	row     int     // rows before it have been finished
	pass    []int32 // candidates that satisfy the condition
	at      int     // the next of them
	pend    [2]pending
	npend   int
	compact bool // changes that cancel out may be left out
	// carry: rows keep their kind although they may be padded with nulls, since
	// the other side does not change.
	carry bool
}

// pending is an output row that is still to be emitted n times.
type pending struct {
	kind     vec.Kind
	own, ent int32
	n        int64
}

func newWalker(cond *condition, out *changes, compact bool) *walker {
	return &walker{pairs: newPairs(cond), out: out, compact: compact}
}

// begin starts joining b, whose keys are in w.keys, with the other side.
func (w *walker) begin(r role, in int, b *vec.Batch, other *side) {
	w.role = r
	w.start(in, b, other)
	w.row, w.at, w.pass, w.npend = 0, 0, nil, 0
	w.out.reset()
	if w.tracks() {
		w.matches = sized(w.matches, b.Len())
		clear(w.matches)
	}
}

// step emits until the batch is joined or the receiver is full. It emits at
// least once before it asks.
func (w *walker) step(fc *fn.Ctx, to op.Emitter) (done bool, err error) {
	for {
		done, err = w.fill(fc)
		if err != nil {
			return false, err
		}
		if w.out.len() > 0 {
			if err := to.Emit(w.out.batch(w.pairs)); err != nil {
				return false, err
			}
			w.out.reset()
		}
		if done || to.Full() {
			return done, nil
		}
	}
}

// fill collects output rows until they make a batch, refer to candidates that
// are about to be replaced, or are all there are.
func (w *walker) fill(fc *fn.Ctx) (done bool, err error) {
	n := w.b.Len()
	for {
		switch {
		case w.npend > 0:
			w.flushPending()
		case w.out.full():
		case w.at < len(w.pass):
			w.candidate()
		case !w.over && w.out.len() == 0:
			if w.pass, err = w.next(fc); err != nil {
				return false, err
			}
			w.at = 0
			w.bulk()
		case w.over && w.tracks() && w.row < n:
			w.finish(w.row)
			w.row++
		default:
			return w.over && w.at == len(w.pass), nil
		}
		if w.out.full() {
			return false, nil
		}
	}
}

// bulk takes all candidates at once where each gives exactly one row.
func (w *walker) bulk() {
	if w.role.pairs && !w.pad && !w.padOther && !w.other.multi {
		w.out.addPairs(w.pairs, w.pass)
		w.at = len(w.pass)
	}
}

func (w *walker) flushPending() {
	p := &w.pend[0]
	for p.n > 0 && !w.out.full() {
		w.out.add(p.kind, p.own, p.ent)
		p.n--
	}
	if p.n == 0 {
		w.pend[0] = w.pend[1]
		w.npend--
	}
}

func (w *walker) put(k vec.Kind, own, ent int32, n int64) {
	w.pend[w.npend] = pending{k, own, ent, n}
	w.npend++
}

// candidate handles the next pair, after the rows before its row are finished.
func (w *walker) candidate() {
	p := w.pass[w.at]
	i := w.index[p]
	if w.tracks() && w.row < int(i) {
		w.finish(w.row)
		w.row++
		return
	}
	w.at++
	copies := int64(1)
	if w.other.multi {
		if copies = w.other.list.Mult(w.entry[p]); copies <= 0 {
			return
		}
	}
	if w.tracks() {
		w.matches[i] += copies
	}
	kind := w.b.Kind(w.b.Row(int(i)))
	flip := w.counts() && w.count(p, kind.Adds())
	switch {
	case w.flips && flip:
		w.flip(kind, p, copies)
	case w.role.pairs && kind.Adds():
		if flip && !(w.compact && copies == 1 && w.out.cancels(w.pairs, p)) {
			w.put(vec.Delete, none, p, copies)
		}
		w.put(w.pairKind(kind), i, p, copies)
	case w.role.pairs:
		w.put(w.pairKind(kind), i, p, copies)
		if flip {
			w.put(vec.Insert, none, p, copies)
		}
	}
}

// count changes the match count of candidate p's entry and reports whether it
// left or reached zero.
func (w *walker) count(p int32, adds bool) bool {
	e := w.entry[p]
	c := (*int64)(w.other.list.Aux(e))
	w.other.list.MarkEntry(e)
	if adds {
		*c++
		return *c == 1
	}
	*c = max(*c-1, 0)
	return *c == 0
}

// flip emits the other side's row of a semi or anti join.
func (w *walker) flip(kind vec.Kind, p int32, copies int64) {
	if w.flipAnti {
		if kind.Adds() {
			kind = vec.Delete
		} else {
			kind = vec.Insert
		}
	}
	w.put(kind, none, p, copies)
}

// pairKind is the kind of a match: the row's own in inner joins, plain
// additions and removals where null-padded rows come and go, as Flink's.
func (w *walker) pairKind(k vec.Kind) vec.Kind {
	switch {
	case w.carry || !w.pad && !w.padOther:
		return k
	case k.Adds():
		return vec.Insert
	case w.pad:
		return vec.Delete
	}
	return k
}

// finish emits what a row gives beyond its matches.
func (w *walker) finish(i int) {
	kind := w.b.Kind(w.b.Row(i))
	matched := w.matches[i] > 0
	switch {
	case w.pad && !matched:
		w.put(w.pairKind(kind), int32(i), none, 1)
	case w.semi && matched, w.anti && !matched:
		w.put(kind, int32(i), none, 1)
	}
}
