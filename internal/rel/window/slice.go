package window

import (
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// slicing cuts time into slices, so that a row is folded once however many
// windows it is in: a window is a run of slices. All times are ms of local time.
type slicing struct {
	kind   plan.WindowKind
	size   int64 // of a window; CUMULATE: of the largest
	slide  int64 // between windows; TUMBLE: size; CUMULATE: step
	width  int64 // of a slice
	offset int64
}

// slicingOf cuts for a window. Without sharing a slice is a whole window, and a
// row goes into each of its windows.
func slicingOf(w plan.Window) slicing {
	s := slicing{kind: w.Kind, size: w.SizeMs, slide: w.SlideMs, offset: w.OffsetMs}
	switch w.Kind {
	case plan.Hop:
		s.width = gcd(s.size, s.slide)
	case plan.Cumulate:
		s.width = s.slide
	default:
		s.slide, s.width = s.size, s.size
	}
	return s
}

func gcd(a, b int64) int64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// floorTo gives the greatest multiple of step, moved by offset, that is <= t.
func floorTo(t, step, offset int64) int64 {
	r := (t - offset) % step
	if r < 0 {
		r += step
	}
	return t - r
}

// sliceEnd gives the end of the slice that t falls into.
func (s *slicing) sliceEnd(t int64) int64 { return floorTo(t, s.width, s.offset) + s.width }

// firstEnd gives the end of the first window that has the slice ending at end.
// Window ends are size past multiples of slide (HOP), or of step (CUMULATE).
func (s *slicing) firstEnd(end int64) int64 {
	if s.kind != plan.Hop {
		return end
	}
	return floorTo(end-s.width, s.slide, s.offset+s.size%s.slide) + s.slide
}

// lastEnd gives the end of the last window that has the slice ending at end.
func (s *slicing) lastEnd(end int64) int64 {
	switch s.kind {
	case plan.Hop:
		return floorTo(end-s.width, s.slide, s.offset) + s.size
	case plan.Cumulate:
		return floorTo(end-1, s.size, s.offset) + s.size
	}
	return end
}

// start gives the start of the window that ends at end.
func (s *slicing) start(end int64) int64 {
	if s.kind == plan.Cumulate {
		return floorTo(end-1, s.size, s.offset)
	}
	return end - s.size
}

// windows calls f with start and end of each window that t is in, earliest end
// first.
func (s *slicing) windows(t int64, f func(start, end int64)) {
	slice := s.sliceEnd(t)
	last := s.lastEnd(slice)
	for end := s.firstEnd(slice); end <= last; end += s.slide {
		f(s.start(end), end)
	}
}

// clockOf tells how a time attribute and local time go together.
type clockOf struct {
	zone *types.Zone // nil: the attribute is local time itself
}

// local gives the local time of an instant.
func (c clockOf) local(ms int64) int64 {
	if c.zone == nil {
		return ms
	}
	return c.zone.UTCToLocal(ms)
}

// due gives the watermark at which a window that ends at local time end is
// complete. Where local time passes twice (clocks go back), it is the second time.
func (c clockOf) due(end int64) int64 {
	if c.zone == nil {
		return end - 1
	}
	return c.instant(end - 1)
}

// instant gives the later instant at which it is the given local time.
func (c clockOf) instant(local int64) int64 {
	if c.zone == nil {
		return local
	}
	first := c.zone.LocalToUTC(local)
	second := local - c.zone.OffsetMs(first+types.MsPerDay)
	if second > first && c.zone.UTCToLocal(second) == local {
		return second
	}
	return first
}

// localTimes writes the local ms of rows sel (nil: all n) of a time attribute to
// out and gives it. None may be null.
func (c clockOf) localTimes(v *vec.Vector, sel []int32, n int, out []int64) []int64 {
	if cap(out) < n {
		out = make([]int64, n, n+n/4)
	}
	out = out[:n]
	switch plain := v.Type.Prec <= 3 && !v.Const; {
	case plain && sel == nil:
		copy(out, v.I64[:n])
	case plain:
		for i, r := range sel[:n] {
			out[i] = v.I64[r]
		}
	default:
		for i := range out {
			r := i
			if sel != nil {
				r = int(sel[i])
			}
			out[i] = msAt(v, v.Idx(r))
		}
	}
	if c.zone != nil {
		for i, t := range out {
			out[i] = c.zone.UTCToLocal(t)
		}
	}
	return out
}

// msAt gives a timestamp in ms.
func msAt(v *vec.Vector, i int) int64 {
	switch {
	case v.Type.Phys() == types.PTime:
		return v.TS[i].Ms
	case v.Type.Prec > 3:
		us := v.I64[i]
		ms := us / 1000
		if us%1000 < 0 {
			ms--
		}
		return ms
	}
	return v.I64[i]
}

// appendMs appends ms as a timestamp n times.
func appendMs(v *vec.Vector, ms int64, n int) {
	from := v.N
	v.Grow(n)
	switch {
	case v.Type.Phys() == types.PTime:
		for i := range n {
			v.TS[from+i] = types.TimeNs{Ms: ms}
		}
		return
	case v.Type.Prec > 3:
		ms *= 1000
	}
	for i := range n {
		v.I64[from+i] = ms
	}
}
