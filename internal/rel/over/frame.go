package over

import (
	"math"
	"sort"

	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/spill"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// part is one partition's rows, in order, among the rows of dense columns.
type part struct {
	cols     []*vec.Vector // by ordinal of the input; nil where nobody asks
	from, to int           // the rows of the partition
	// lo and hi are the frame of each row: rows lo[i] to hi[i]-1, both ascending.
	lo, hi []int32
	// peer is the first row that ties with each row; nil where nobody asks.
	peer []int32
	// area is for what is kept of each row; nil: the Go heap.
	area *spill.Area
}

// numbers gives s with n elements that hold anything, in the part's area.
func numbers[T int32 | int64](p *part, s []T, n int) []T {
	if cap(s) >= n {
		return s[:n]
	}
	return spill.Grown(p.area, s[:0], n)[:n]
}

// room makes sure that the results of n rows lie in the part's area. Text and what
// is nested stay with the collector.
func (p *part) room(v *vec.Vector, n int) {
	switch v.Type.Phys() {
	case types.PI64:
		v.I64 = spill.Grown(p.area, v.I64, n)
	case types.PF64:
		v.F64 = spill.Grown(p.area, v.F64, n)
	case types.PI32:
		v.I32 = spill.Grown(p.area, v.I32, n)
	case types.PI128:
		v.D = spill.Grown(p.area, v.D, n)
	}
}

func (p *part) len() int { return p.to - p.from }

// framer finds the frames of a partition.
type framer struct {
	frame Frame
	order []plan.SortKey
	peers bool  // someone asks for peers
	unit  int64 // what an offset of RANGE is multiplied with
	div   int64 // and divided by
	keys  []int64
}

func newFramer(in []types.Type, order []plan.SortKey, f Frame, rank bool) framer {
	fr := framer{frame: f, order: order, peers: rank || !f.Rows, unit: 1, div: 1}
	if len(order) > 0 {
		switch t := in[order[0].Col]; {
		case t.IsTimestamp() && t.Prec > 3 && t.Prec <= 6:
			fr.unit = 1000
		case t.Kind == types.Date:
			fr.div = types.MsPerDay
		}
	}
	return fr
}

// find fills in the frames of p.
func (f *framer) find(p *part) {
	n := p.len()
	p.lo, p.hi = numbers(p, p.lo, n), numbers(p, p.hi, n)
	if f.peers {
		f.findPeers(p)
	}
	switch {
	case f.frame.Rows:
		for i := range n {
			p.lo[i] = clampRow(p, i, f.frame.From, p.from, 0)
			p.hi[i] = clampRow(p, i, f.frame.To, p.to, 1)
		}
	case f.byValue():
		f.byKeys(p)
	default:
		for i := range n {
			p.lo[i], p.hi[i] = int32(p.from), int32(p.to)
			if !f.frame.From.Unbounded {
				p.lo[i] = p.peer[i]
			}
		}
		if !f.frame.To.Unbounded {
			p.endsAtPeers()
		}
	}
	for i := range n {
		p.hi[i] = max(p.hi[i], p.lo[i])
	}
}

// endsAtPeers makes frames end behind the rows that tie with theirs.
func (p *part) endsAtPeers() {
	end := int32(p.to)
	for i := p.len() - 1; i >= 0; i-- {
		p.hi[i] = end
		if p.peer[i] == int32(p.from+i) {
			end = int32(p.from + i)
		}
	}
}

// clampRow is the row at an offset in rows, plus add, within the partition.
func clampRow(p *part, i int, b Bound, unbounded, add int) int32 {
	if b.Unbounded {
		return int32(unbounded)
	}
	off := min(max(b.Offset, int64(-p.len()-1)), int64(p.len()+1))
	return int32(min(max(p.from+i+int(off)+add, p.from), p.to))
}

func (f *framer) findPeers(p *part) {
	p.peer = numbers(p, p.peer, p.len())
	first := int32(p.from)
	for i := range p.peer {
		r := p.from + i
		if i > 0 && !f.tie(p, r-1, r) {
			first = int32(r)
		}
		p.peer[i] = first
	}
}

func (f *framer) tie(p *part, a, b int) bool {
	for _, k := range f.order {
		if v := p.cols[k.Col]; vec.Compare(v, a, v, b) != 0 {
			return false
		}
	}
	return true
}

// byValue reports whether a bound is at a distance in the order column.
func (f *framer) byValue() bool {
	far := func(b Bound) bool { return !b.Unbounded && b.Offset != 0 }
	return far(f.frame.From) || far(f.frame.To)
}

// byKeys finds the frames of RANGE with offsets. Rows whose order column is null
// have each other for a frame.
func (f *framer) byKeys(p *part) {
	key := f.order[0]
	v := p.cols[key.Col]
	from, to := p.from, p.to // of the rows that are not null
	for from < to && v.IsNull(from) {
		from++
	}
	for to > from && v.IsNull(to-1) {
		to--
	}
	f.keys = numbers(p, f.keys, p.len())
	for r := from; r < to; r++ {
		x := intAt(v, r)
		if key.Desc {
			x = -x
		}
		f.keys[r-p.from] = x
	}
	at := func(b Bound, r int, least int64) int32 { // first row with a key >= that of r + offset + least
		x := satAdd(satAdd(f.keys[r-p.from], b.Offset*f.unit/f.div), least)
		return int32(from + sort.Search(to-from, func(i int) bool { return f.keys[from-p.from+i] >= x }))
	}
	for i := range p.len() {
		r := p.from + i
		if r < from || r >= to {
			p.lo[i], p.hi[i] = int32(p.from), int32(from)
			if r >= to {
				p.lo[i], p.hi[i] = int32(to), int32(p.to)
			}
		} else {
			p.lo[i], p.hi[i] = at(f.frame.From, r, 0), at(f.frame.To, r, 1)
		}
		if f.frame.From.Unbounded {
			p.lo[i] = int32(p.from)
		}
		if f.frame.To.Unbounded {
			p.hi[i] = int32(p.to)
		}
	}
}

func satAdd(a, b int64) int64 {
	c := a + b
	switch {
	case b > 0 && c < a:
		return math.MaxInt64
	case b < 0 && c > a:
		return math.MinInt64
	}
	return c
}

// intAt is row r of a numeric or temporal column as an integer.
func intAt(v *vec.Vector, r int) int64 {
	switch v.Type.Phys() {
	case types.PI8:
		return int64(v.I8[r])
	case types.PI16:
		return int64(v.I16[r])
	case types.PI32:
		return int64(v.I32[r])
	case types.PTime:
		return v.TS[r].Ms
	}
	return v.I64[r]
}

func sized[T any](s []T, n int) []T {
	if cap(s) >= n {
		return s[:n]
	}
	return make([]T, n, n+n/4)
}
