package over

import (
	"math"

	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/state"
)

// results is the place of the next result.
func (s *slice) results() int { return s.done + len(s.ones.ptrs) }

// rankings appends the results of the calls that fold does not compute, for the
// partition's next row.
func (s *slice) rankings(t *timed, a *advance, h *progress, row int) {
	h.n++
	if h.n == 1 || s.at[row] != h.last {
		h.rank, h.last = h.n, s.at[row]
		h.dense++
	}
	for i, c := range t.calls {
		if !c.Agg.WindowOnly {
			continue
		}
		v := s.res[i]
		switch c.Agg.Name {
		case "LAG":
			if pos := a.kept + a.pos; pos > 0 {
				v.Append(s.rows.Cols[c.Args[0]], a.row(pos-1))
			} else {
				v.AppendNulls(1)
			}
			continue
		case "RANK":
			v.I64 = append(v.I64, h.rank)
		case "DENSE_RANK":
			v.I64 = append(v.I64, h.dense)
		default:
			v.I64 = append(v.I64, h.n)
		}
		v.Extend(1)
	}
}

// settle drops the rows that no later row will look at and says when the
// partition is to be looked at again.
func (s *slice) settle(t *timed, a *advance) {
	drop := a.gone
	if t.width < 0 {
		drop = a.kept + a.n
		if t.lag {
			drop = max(drop-1, 0)
		}
	}
	s.bound = t.rows.DropFirst(a.g, drop, s.bound)
	h := t.head(a.g)
	h.kept = int64(a.kept + a.n - drop)
	n := t.rows.Count(a.g)
	switch {
	case n > int(h.kept):
		t.rows.Iter(&s.iter, a.g, int(h.kept))
		t.register(a.g, t.rows.KeyBytes(a.g), floorDiv(state.SortInt(s.iter.SortKey()), t.unit))
	case t.width < 0 || !t.byTime:
	case n == 0:
		t.fold.Drop(t.accs(a.g))
		t.rows.DeleteKey(a.g)
	default:
		t.rows.Iter(&s.iter, a.g, n-1)
		if end := satAdd(state.SortInt(s.iter.SortKey()), t.width); end < math.MaxInt64 {
			t.register(a.g, t.rows.KeyBytes(a.g), floorDiv(end, t.unit))
		}
	}
}

// emit hands on the rows that were due.
func (s *slice) emit(to op.Emitter) error {
	if len(s.emits) == 0 {
		return nil
	}
	s.out.Reset()
	s.out.N = len(s.emits)
	for j, v := range s.rows.Cols {
		s.out.Cols[j].AppendSel(v, s.emits)
	}
	s.picked = s.picked[:0]
	for _, r := range s.emits {
		s.picked = append(s.picked, s.resOf[r])
	}
	for j, v := range s.res {
		s.out.Cols[s.plain+j].AppendSel(v, s.picked)
	}
	return to.Emit(s.out)
}
