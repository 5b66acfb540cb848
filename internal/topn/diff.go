package topn

import (
	"bytes"

	"github.com/weir-stream/weir/internal/state"
	"github.com/weir-stream/weir/internal/vec"
)

// ranker numbers rows that come in order.
type ranker struct {
	fn   Func
	n    int64 // rows so far
	rank int64
	key  []byte
}

// next is the rank of a row with that sort key.
func (r *ranker) next(key []byte) int64 {
	r.n++
	switch {
	case r.fn == RowNumber:
		return r.n
	case r.n > 1 && bytes.Equal(r.key, key):
		return r.rank
	case r.fn == Rank:
		r.rank = r.n
	default:
		r.rank++
	}
	r.key = append(r.key[:0], key...)
	return r.rank
}

// note keeps what the range of a partition was from position pos on, before it
// changes there. For RANK and DENSE_RANK it is the whole range.
func (o *ordered) note(g state.Ref, pos int) {
	if o.Spec.Batch {
		return
	}
	i, ok := o.at[g]
	if !ok {
		i = int32(len(o.groups))
		o.at[g] = i
		if len(o.groups) < cap(o.groups) {
			o.groups = o.groups[:i+1]
		} else {
			o.groups = append(o.groups, changed{})
		}
		c := &o.groups[i]
		c.g, c.was = g, c.was[:0]
		if o.Func != RowNumber {
			o.visible(c)
			return
		}
		c.base = int(o.From - 1)
		c.low = max(min(o.state.Count(g), int(o.To)), c.base)
		for range c.low - c.base {
			c.was = append(c.was, span{})
		}
	}
	if o.Func != RowNumber {
		return
	}
	c := &o.groups[i]
	pos = max(pos, c.base)
	if pos >= c.low {
		return
	}
	o.state.Iter(&o.iter, g, pos)
	for p := pos; p < c.low; p++ {
		c.was[p-c.base] = o.save(o.iter.Row(), int64(p)+1)
		o.iter.Next()
	}
	c.low = pos
}

func (o *ordered) save(row []byte, rank int64) span {
	from := len(o.log.data)
	o.log.data = append(o.log.data, row...)
	return span{from, len(o.log.data), rank}
}

// visible saves the whole range.
func (o *ordered) visible(c *changed) {
	o.walk(c.g, func(row []byte, rank int64) { c.was = append(c.was, o.save(row, rank)) })
}

// walk visits the range of a partition.
func (o *ordered) walk(g state.Ref, f func(row []byte, rank int64)) {
	r := ranker{fn: o.Func}
	if o.state.Count(g) == 0 {
		return
	}
	for o.state.Iter(&o.iter, g, 0); o.iter.Valid(); o.iter.Next() {
		rank := r.next(o.iter.SortKey())
		if rank > o.To {
			return
		}
		if rank >= o.From {
			f(o.iter.Row(), rank)
		}
	}
}

// diff emits what is different in a partition's range.
func (o *ordered) diff(c *changed) {
	if o.Func != RowNumber {
		o.diffRanks(c)
		return
	}
	n := min(o.state.Count(c.g), int(o.To))
	had := c.base + len(c.was)
	if c.low < n {
		o.state.Iter(&o.iter, c.g, c.low)
	}
	for p := c.low; p < max(n, had); p++ {
		var old []byte
		if p < had {
			s := c.was[p-c.base]
			old = o.log.data[s.from:s.to]
		}
		rank := int64(p) + 1
		switch {
		case p >= n:
			o.feed.out.bytes(vec.Delete, old, rank)
		case p >= had:
			o.feed.out.bytes(vec.Insert, o.iter.Row(), rank)
		case !bytes.Equal(old, o.iter.Row()):
			if o.Before {
				o.feed.out.bytes(vec.UpdateBefore, old, rank)
			}
			o.feed.out.bytes(vec.UpdateAfter, o.iter.Row(), rank)
		}
		if p < n {
			o.iter.Next()
		}
	}
}

// diffRanks compares ranges whose ranks may repeat or be missing: what is at the
// same place before and after is left alone, all else goes and comes.
func (o *ordered) diffRanks(c *changed) {
	now := changed{g: c.g}
	o.visible(&now)
	same := func(a, b span) bool {
		return (a.rank == b.rank || !o.Number) && bytes.Equal(o.log.data[a.from:a.to], o.log.data[b.from:b.to])
	}
	was, is := c.was, now.was
	for len(was) > 0 && len(is) > 0 && same(was[0], is[0]) {
		was, is = was[1:], is[1:]
	}
	for len(was) > 0 && len(is) > 0 && same(was[len(was)-1], is[len(is)-1]) {
		was, is = was[:len(was)-1], is[:len(is)-1]
	}
	for _, s := range was {
		o.feed.out.bytes(vec.Delete, o.log.data[s.from:s.to], s.rank)
	}
	for _, s := range is {
		o.feed.out.bytes(vec.Insert, o.log.data[s.from:s.to], s.rank)
	}
}
