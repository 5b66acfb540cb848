package over

import "github.com/weir-stream/weir/internal/vec"

// counts reports whether a call sees row r: it passes the filter.
func counts(p *part, filter, r int) bool {
	if filter < 0 {
		return true
	}
	f := p.cols[filter]
	return !f.IsNull(r) && f.B[f.Idx(r)]
}

// edge is FIRST_VALUE and LAST_VALUE, which look at values that are not null.
type edge struct {
	call Call
	last bool
	next []int32 // nearest row from here on (last: back from here) that has a value
	at   []int32
}

func (e *edge) eval(p *part, out *vec.Vector) error {
	v := p.cols[e.call.Args[0]]
	n := p.len()
	e.next, e.at = numbers(p, e.next, n), numbers(p, e.at, n)
	near := int32(-1)
	for k := range n {
		i := k
		if !e.last {
			i = n - 1 - k
		}
		if r := p.from + i; !v.IsNull(r) && counts(p, e.call.Filter, r) {
			near = int32(r)
		}
		e.next[i] = near
	}
	for i := range n {
		e.at[i] = -1
		if p.lo[i] >= p.hi[i] {
			continue
		}
		r := e.next[int(p.lo[i])-p.from]
		if e.last {
			r = e.next[int(p.hi[i])-1-p.from]
		}
		if r >= p.lo[i] && r < p.hi[i] {
			e.at[i] = r
		}
	}
	pick(out, v, e.at)
	return nil
}

// extreme is MIN and MAX: the rows that may yet be the best of a frame lie in a
// queue, each better than the next (the monotonic queue for sliding windows).
type extreme struct {
	call     Call
	greatest bool
	queue    []int32
	at       []int32
}

func (e *extreme) eval(p *part, out *vec.Vector) error {
	v := p.cols[e.call.Args[0]]
	e.at = numbers(p, e.at, p.len())
	q, head, end := e.queue[:0], 0, int32(p.from)
	for i := range e.at {
		for ; end < p.hi[i]; end++ {
			r := int(end)
			if v.IsNull(r) || !counts(p, e.call.Filter, r) {
				continue
			}
			for len(q) > head && e.better(v, r, int(q[len(q)-1])) {
				q = q[:len(q)-1]
			}
			q = append(q, end)
		}
		for head < len(q) && q[head] < p.lo[i] {
			head++
		}
		e.at[i] = -1
		if head < len(q) && p.lo[i] < p.hi[i] {
			e.at[i] = q[head]
		}
	}
	e.queue = q
	pick(out, v, e.at)
	return nil
}

// better reports whether a new row makes an older one useless.
func (e *extreme) better(v *vec.Vector, r, old int) bool {
	c := vec.Compare(v, r, v, old)
	return c == 0 || c > 0 == e.greatest
}
