package over

import "math"

// reach tells which rows' results a change of other rows touches, and which rows
// have to be looked at to find them, in a partition of n rows.
type reach struct {
	before, after int // rows ahead of and behind the changed ones that are touched
	back, ahead   int // rows around those that their frames look at
}

const everything = math.MaxInt32

// reachOf is what the frame and the calls look at.
func reachOf(s *spec) reach {
	numbers := false // rows that come later are renumbered
	for _, c := range s.calls {
		switch c.Agg.Name {
		case "ROW_NUMBER", "RANK", "DENSE_RANK":
			numbers = true
		default:
			if c.Agg.WindowOnly {
				return reach{everything, everything, everything, everything}
			}
		}
	}
	f := s.frame
	switch {
	case !f.Rows && (f.From.Unbounded || f.From.Offset == 0) && f.To == (Bound{}):
		// Peers share results, and changed rows are told by sort key, so that
		// their peers are among them.
		return reach{0, everything, everything, everything}
	case !f.Rows:
		return reach{everything, everything, everything, everything}
	}
	r := reach{before: everything, after: everything, back: everything, ahead: everything}
	if !f.To.Unbounded {
		r.before, r.ahead = rowsFrom(f.To.Offset), rowsFrom(f.To.Offset)
	}
	if !f.From.Unbounded {
		r.after, r.back = rowsFrom(-f.From.Offset), rowsFrom(-f.From.Offset)
	}
	if numbers {
		r.back, r.after = everything, everything
	}
	return r
}

func rowsFrom(off int64) int { return int(min(max(off, 0), everything)) }

// span is the touched rows, a to b-1, and the rows around them that are read, from
// to to-1, when rows lo to hi-1 of n have changed.
func (r reach) span(lo, hi, n int) (a, b, from, to int) {
	a, b = max(lo-r.before, 0), min(hi+r.after, n)
	return a, b, max(a-r.back, 0), min(b+r.ahead, n)
}
