package over

import (
	"slices"

	"github.com/weir-stream/weir/internal/vec"
)

// ranking is ROW_NUMBER, RANK and DENSE_RANK.
type ranking struct{ f func(p *part, out []int64) }

func (r ranking) eval(p *part, out *vec.Vector) error {
	at := out.N
	out.Grow(p.len())
	r.f(p, out.I64[at:])
	return nil
}

func rowNumbers(_ *part, out []int64) {
	for i := range out {
		out[i] = int64(i) + 1
	}
}

func ranks(p *part, out []int64) {
	for i := range out {
		out[i] = int64(p.peer[i]) - int64(p.from) + 1
	}
}

func denseRanks(p *part, out []int64) {
	n := int64(0)
	for i := range out {
		if p.peer[i] == int32(p.from+i) {
			n++
		}
		out[i] = n
	}
}

// ntile cuts the partition in as many buckets as its argument says.
type ntile struct{ arg int }

func (t ntile) eval(p *part, out *vec.Vector) error {
	v := p.cols[t.arg]
	n := int64(p.len())
	for i := range n {
		r := p.from + int(i)
		if v.IsNull(r) || intAt(v, r) <= 0 {
			out.AppendNulls(1)
			continue
		}
		// The first n%k buckets have one row more than the others.
		k := intAt(v, r)
		size, more := n/k, n%k
		b := i/(size+1) + 1
		if i >= more*(size+1) {
			b = more + (i-more*(size+1))/max(size, 1) + 1
		}
		out.I64 = append(out.I64, b)
		out.Extend(1)
	}
	return nil
}

// ratio is CUME_DIST and PERCENT_RANK.
type ratio struct{ percent bool }

func (t ratio) eval(p *part, out *vec.Vector) error {
	at, n := out.N, p.len()
	out.Grow(n)
	res := out.F64[at:]
	end := n
	for i := n - 1; i >= 0; i-- {
		if t.percent {
			res[i] = float64(int(p.peer[i])-p.from) / float64(max(n-1, 1))
		} else {
			res[i] = float64(end) / float64(n)
		}
		if p.peer[i] == int32(p.from+i) {
			end = i
		}
	}
	return nil
}

// shift is LAG (back) and LEAD.
type shift struct {
	call Call
	back bool
	at   []int32
	some []int32 // rows whose value is not null, for IGNORE NULLS
}

func (s *shift) eval(p *part, out *vec.Vector) error {
	v := p.cols[s.call.Args[0]]
	s.at = numbers(p, s.at, p.len())
	s.some = s.some[:0]
	if s.call.IgnoreNulls {
		for r := p.from; r < p.to; r++ {
			if !v.IsNull(r) {
				s.some = append(s.some, int32(r))
			}
		}
	}
	for i := range s.at {
		s.at[i] = s.find(p, p.from+i)
	}
	if len(s.call.Args) < 3 {
		pick(out, v, s.at)
		return nil
	}
	other := p.cols[s.call.Args[2]]
	for i, r := range s.at {
		if r < 0 {
			out.Append(other, p.from+i)
		} else {
			out.Append(v, int(r))
		}
	}
	return nil
}

// find is the row that row r looks at, -1 if there is none.
func (s *shift) find(p *part, r int) int32 {
	n := int64(1)
	if len(s.call.Args) > 1 {
		off := p.cols[s.call.Args[1]]
		if off.IsNull(r) {
			return -1
		}
		n = intAt(off, r)
	}
	if s.back {
		n = -n
	}
	if s.call.IgnoreNulls && n != 0 {
		k, here := slices.BinarySearch(s.some, int32(r))
		if n > 0 && !here {
			k--
		}
		if n += int64(k); n < 0 || n >= int64(len(s.some)) {
			return -1
		}
		return s.some[n]
	}
	if n += int64(r); n < int64(p.from) || n >= int64(p.to) {
		return -1
	}
	return int32(n)
}

// pick appends rows at of v, null where at is negative.
func pick(out, v *vec.Vector, at []int32) {
	for len(at) > 0 {
		n := 0
		for n < len(at) && at[n] >= 0 {
			n++
		}
		out.AppendSel(v, at[:n])
		at = at[n:]
		for n = 0; n < len(at) && at[n] < 0; {
			n++
		}
		out.AppendNulls(n)
		at = at[n:]
	}
}
