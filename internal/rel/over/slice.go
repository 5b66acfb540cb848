package over

import (
	"math"
	"unsafe"

	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/state"
	"github.com/weir-stream/weir/internal/vec"
)

// slice is the partitions that advance side by side in one step of timed, and
// their rows in columns.
type slice struct {
	more  bool // other partitions are due
	parts []advance
	rows  *vec.Batch // rows that leave the frame and rows that are due
	at    []int64    // their times

	timers []state.Timer
	key    state.Keys
	ref    [1]state.Ref
	refs   []state.Ref
	iter   state.Iter
	enc    [][]byte
	bound  []byte

	res    []*vec.Vector // a call each, in order of rounds
	fold   []*vec.Vector // those that fold computes
	resOf  []int32       // by row: its result
	adds   rowsOf
	drops  rowsOf
	ones   rowsOf // results of the round
	done   int    // results of earlier rounds
	signs  []int8
	emits  []int32
	picked []int32
	out    *vec.Batch
	plain  int // columns of the input
}

// advance is a partition's way through a step. Its rows in the slice are the
// positions 0 to old-1 of its map, then kept to kept+n-1, which are due.
type advance struct {
	g     state.Ref
	first int // row of the slice
	old   int
	kept  int
	n     int
	pos   int // due rows that are done
	gone  int // positions that have left the frame
	bound int64
}

// rowsOf is rows and the accumulators that they go to.
type rowsOf struct {
	sel  []int32
	ptrs []unsafe.Pointer
}

func (r *rowsOf) reset() { r.sel, r.ptrs = r.sel[:0], r.ptrs[:0] }

func (r *rowsOf) add(row int, p unsafe.Pointer) {
	r.sel, r.ptrs = append(r.sel, int32(row)), append(r.ptrs, p)
}

func (s *slice) open(t *timed) {
	s.rows, s.out, s.plain = vec.NewBatch(t.in), vec.NewBatch(t.outTypes()), len(t.in)
	for _, c := range t.calls {
		s.res = append(s.res, vec.New(c.Type, 0))
	}
	for _, i := range t.folded {
		s.fold = append(s.fold, s.res[i])
	}
}

// run takes partitions that are due, a batch of rows altogether, through their
// due rows.
func (s *slice) run(t *timed) error {
	s.parts, s.enc, s.at = s.parts[:0], s.enc[:0], s.at[:0]
	for len(s.enc) < op.BatchRows && len(s.parts) < 1024 {
		if s.timers = t.timers.PopDue(t.wm, 1, s.timers); len(s.timers) == 0 {
			break
		}
		s.key.Reset()
		s.key.Append(s.timers[0].Key)
		t.rows.Find(&s.key, s.ref[:])
		if s.ref[0] != state.NoRef {
			t.head(s.ref[0]).set = 0
			s.load(t, s.ref[0])
		}
	}
	s.rows.Reset()
	t.rows.RowCodec().Decode(s.enc, s.rows.Cols)
	s.rows.N = len(s.enc)
	s.resOf = sized(s.resOf, s.rows.N)
	for _, r := range s.res {
		r.Resize(0)
	}
	s.done = 0
	for again := true; again; {
		var err error
		if again, err = s.round(t); err != nil {
			return err
		}
	}
	s.emits, s.refs = s.emits[:0], s.refs[:0]
	for i := range s.parts {
		a := &s.parts[i]
		for k := range a.n {
			s.emits = append(s.emits, int32(a.first+a.old+k))
		}
		s.refs = append(s.refs, a.g)
	}
	t.rows.Mark(s.refs)
	for i := range s.parts {
		s.settle(t, &s.parts[i])
	}
	s.more = t.timers.Len() > 0 && t.timers.Next() <= t.wm
	return nil
}

// load reads a partition's rows: those that leave the frame in this step and those
// that are due, but no more than a batch; rows of one time stay together.
func (s *slice) load(t *timed, g state.Ref) {
	h := t.head(g)
	a := advance{g: g, first: len(s.enc), kept: int(h.kept)}
	s.bound = state.AppendSortInt(s.bound[:0], t.due())
	end := t.rows.Rank(g, s.bound)
	if t.due() == math.MaxInt64 {
		end = t.rows.Count(g)
	}
	if a.n = end - a.kept; a.n > op.BatchRows {
		t.rows.Iter(&s.iter, g, a.kept+op.BatchRows-1)
		s.bound = append(append(s.bound[:0], s.iter.SortKey()...), 0) // no key is a prefix of another
		a.n = op.BatchRows
		if t.byTime {
			a.n = t.rows.Rank(g, s.bound) - a.kept
		}
	}
	gone := s.leaving(t, &a)
	if a.old = min(gone, a.kept); t.lag {
		a.old = a.kept
	}
	s.read(t, g, 0, a.old)
	s.read(t, g, a.kept, a.n)
	s.parts = append(s.parts, a)
}

// leaving is the number of positions that leave the frame in this step.
func (s *slice) leaving(t *timed, a *advance) int {
	switch {
	case t.width < 0:
		return 0
	case !t.byTime:
		return max(0, a.kept+a.n-1-int(min(t.width, math.MaxInt32)))
	case a.n > 0:
		t.rows.Iter(&s.iter, a.g, a.kept+a.n-1)
		a.bound = satAdd(state.SortInt(s.iter.SortKey()), -t.width)
	default:
		a.bound = satAdd(t.due(), -t.width)
	}
	s.bound = state.AppendSortInt(s.bound[:0], a.bound)
	return min(t.rows.Rank(a.g, s.bound), a.kept+a.n)
}

func (s *slice) read(t *timed, g state.Ref, from, n int) {
	if n == 0 {
		return
	}
	for t.rows.Iter(&s.iter, g, from); n > 0; n-- {
		s.enc = append(s.enc, s.iter.Row())
		s.at = append(s.at, state.SortInt(s.iter.SortKey()))
		s.iter.Next()
	}
}

// row is the slice's row at a position of the partition.
func (a *advance) row(pos int) int {
	if pos < a.old {
		return a.first + pos
	}
	return a.first + a.old + pos - a.kept
}

// round advances each partition by one row, or by the rows of one time, and tells
// whether there is more to do.
func (s *slice) round(t *timed) (again bool, err error) {
	s.adds.reset()
	s.drops.reset()
	s.ones.reset()
	for i := range s.parts {
		a := &s.parts[i]
		if a.pos == a.n && a.n > 0 {
			continue
		}
		again = s.next(t, a) || again
	}
	if len(s.drops.sel) > 0 {
		for len(s.signs) < len(s.drops.sel) {
			s.signs = append(s.signs, -1)
		}
		if err := t.fold.Update(s.rows, s.drops.sel, s.drops.ptrs, s.signs[:len(s.drops.sel)]); err != nil {
			return false, err
		}
	}
	if err := t.fold.Update(s.rows, s.adds.sel, s.adds.ptrs, nil); err != nil {
		return false, err
	}
	s.done += len(s.ones.ptrs)
	return again, t.fold.Result(s.ones.ptrs, s.fold)
}

// next notes what a partition adds and drops in this round, and tells whether it
// has further rows.
func (s *slice) next(t *timed, a *advance) bool {
	p := t.accs(a.g)
	h := t.head(a.g)
	if a.n == 0 { // only rows that leave
		for ; a.gone < a.kept && s.at[a.row(a.gone)] < a.bound && a.gone < a.old; a.gone++ {
			s.drops.add(a.row(a.gone), p)
		}
		return false
	}
	from := a.row(a.kept + a.pos)
	to, end := from+1, a.first+a.old+a.n
	for t.byTime && to < end && s.at[to] == s.at[from] {
		to++
	}
	switch {
	case t.width < 0:
	case t.byTime:
		for first := satAdd(s.at[from], -t.width); a.gone < a.kept+a.pos && (a.gone < a.old || a.gone >= a.kept) && s.at[a.row(a.gone)] < first; a.gone++ {
			s.drops.add(a.row(a.gone), p)
		}
	default:
		for ; int64(a.gone) < int64(a.kept+a.pos)-t.width; a.gone++ {
			s.drops.add(a.row(a.gone), p)
		}
	}
	for r := from; r < to; r++ {
		s.adds.add(r, p)
		s.resOf[r] = int32(s.results())
	}
	s.rankings(t, a, h, from)
	s.ones.ptrs = append(s.ones.ptrs, p)
	s.ones.sel = append(s.ones.sel, int32(from))
	a.pos += to - from
	return a.pos < a.n
}
