package join

import (
	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// none stands for the missing side of an output row, whose columns are null.
const none = -1

// changes collects output rows by reference, to a row of the batch being
// joined and to a candidate entry of the other side, and then fetches their
// columns all at once.
type changes struct {
	own  []int32 // positions among the batch's counting rows, or none
	ent  []int32 // positions among the candidates, or none
	kind []vec.Kind
	// kinds tells that some row is no insert, holes that a side is missing.
	kinds, ownHoles, entHoles bool

	width [2]int // columns of each input in the output
	bufs  []*vec.Vector
	out   vec.Batch
	phys  []int32
	at    []int32  // of each row: position in rows, or none
	rows  [][]byte // encoded rows of the entries, neighbours that are equal once
	tmp   []*vec.Vector
	zero  []int32
}

// newChanges makes an empty collection whose output is the columns l, then r
// (none for semi and anti joins).
func newChanges(l, r []types.Type) *changes {
	c := &changes{width: [2]int{len(l), len(r)}}
	for _, t := range append(append([]types.Type(nil), l...), r...) {
		c.bufs = append(c.bufs, vec.New(t, 0))
		c.tmp = append(c.tmp, vec.New(t, 0))
	}
	c.out.Cols = make([]*vec.Vector, len(c.bufs))
	return c
}

func (c *changes) len() int { return len(c.own) }

func (c *changes) reset() {
	c.own, c.ent, c.kind = c.own[:0], c.ent[:0], c.kind[:0]
	c.kinds, c.ownHoles, c.entHoles = false, false, false
}

func (c *changes) add(k vec.Kind, own, ent int32) {
	c.own, c.ent, c.kind = append(c.own, own), append(c.ent, ent), append(c.kind, k)
	c.kinds = c.kinds || k != vec.Insert
	c.ownHoles = c.ownHoles || own < 0
	c.entHoles = c.entHoles || ent < 0
}

// addPairs adds each candidate of pass with its row, kinds carried over.
func (c *changes) addPairs(p *pairs, pass []int32) {
	c.ent = append(c.ent, pass...)
	n := len(c.own)
	c.own = sized(c.own, n+len(pass))
	for i, x := range pass {
		c.own[n+i] = p.index[x]
	}
	if p.b.Kinds == nil && !c.kinds {
		c.kind = sized(c.kind, n+len(pass))
		clear(c.kind[n:])
		return
	}
	for _, i := range c.own[n:] {
		k := p.b.Kind(p.b.Row(int(i)))
		c.kind = append(c.kind, k)
		c.kinds = c.kinds || k != vec.Insert
	}
}

// batch gives the collected rows with their columns; it is valid until the next
// call, and as long as p's batch.
func (c *changes) batch(p *pairs) *vec.Batch {
	n := c.len()
	c.out.N, c.out.Sel, c.out.Kinds = n, nil, nil
	if c.kinds {
		c.out.Kinds = c.kind
	}
	c.fetchOwn(p)
	if c.width[1-p.in] > 0 {
		c.fetchOther(p)
	}
	return &c.out
}

// span gives the output columns of input in.
func (c *changes) span(in int) (from, to int) {
	if in == 0 {
		return 0, c.width[0]
	}
	return c.width[0], c.width[0] + c.width[1]
}

func (c *changes) fetchOwn(p *pairs) {
	from, to := c.span(p.in)
	whole := !c.ownHoles && p.b.Sel == nil && isAll(c.own, p.b.N)
	if !whole {
		c.phys = physical(c.phys, p.b, c.own)
	}
	for j := from; j < to; j++ {
		src := p.b.Cols[j-from]
		if whole {
			c.out.Cols[j] = src
			continue
		}
		c.gather(c.bufs[j], src, c.phys, c.ownHoles)
		c.out.Cols[j] = c.bufs[j]
	}
}

// isAll reports whether at is 0 to n-1.
func isAll(at []int32, n int) bool {
	if len(at) != n {
		return false
	}
	for i, x := range at {
		if int(x) != i {
			return false
		}
	}
	return true
}

func (c *changes) fetchOther(p *pairs) {
	from, to := c.span(1 - p.in)
	c.rows, c.at = c.rows[:0], c.at[:0]
	last, straight := int32(none), !c.entHoles
	for _, e := range c.ent {
		if e < 0 {
			c.at = append(c.at, none)
			continue
		}
		if e == last {
			straight = false
		} else {
			c.rows = append(c.rows, p.rows[e])
			last = e
		}
		c.at = append(c.at, int32(len(c.rows)-1))
	}
	dst := c.bufs[from:to]
	if !straight {
		dst = c.tmp[from:to]
	}
	for _, v := range dst {
		v.Resize(0)
	}
	p.codec.Decode(c.rows, dst)
	for j := from; j < to; j++ {
		if !straight {
			c.gather(c.bufs[j], c.tmp[j], c.at, c.entHoles)
		}
		c.out.Cols[j] = c.bufs[j]
	}
}

// gather replaces dst by the rows at of src, null where at is none.
func (c *changes) gather(dst, src *vec.Vector, at []int32, holes bool) {
	dst.Resize(0)
	if !holes {
		dst.AppendSel(src, at)
		return
	}
	gatherHoles(dst, src, at, &c.zero)
}

// gatherHoles appends rows at of src to dst, null where at is negative; buf is
// scratch.
func gatherHoles(dst, src *vec.Vector, at []int32, buf *[]int32) {
	if src.N == 0 {
		dst.AppendNulls(len(at))
		return
	}
	z := sized(*buf, len(at))
	*buf = z
	base := dst.N
	for i, x := range at {
		z[i] = max(x, 0)
	}
	dst.AppendSel(src, z)
	for i, x := range at {
		if x < 0 {
			dst.SetNull(base + i)
		}
	}
}

// full reports that the rows make a batch.
func (c *changes) full() bool { return c.len() >= op.BatchRows }

// cancels takes the last row out if it added the null-padded entry e, which is
// now to be removed: an update of the only match, which comes as removal and
// addition, then leaves no trace of the moment between.
func (c *changes) cancels(p *pairs, e int32) bool {
	i := c.len() - 1
	if i < 0 || c.own[i] >= 0 || c.kind[i] != vec.Insert || p.entry[c.ent[i]] != p.entry[e] {
		return false
	}
	c.own, c.ent, c.kind = c.own[:i], c.ent[:i], c.kind[:i]
	return true
}

// padded gives rows phys of b, which came from input in, with nulls beside them.
func (c *changes) padded(in int, b *vec.Batch, phys []int32) *vec.Batch {
	from, to := c.span(in)
	for j, v := range c.bufs {
		v.Resize(0)
		if j >= from && j < to {
			v.AppendSel(b.Cols[j-from], phys)
		} else {
			v.AppendNulls(len(phys))
		}
		c.out.Cols[j] = v
	}
	c.out.N, c.out.Sel, c.out.Kinds = len(phys), nil, nil
	return &c.out
}

// paddedRows gives encoded rows of input in with nulls beside them.
func (c *changes) paddedRows(in int, codec *vec.Codec, rows [][]byte) *vec.Batch {
	from, to := c.span(in)
	for j, v := range c.bufs {
		v.Resize(0)
		if j < from || j >= to {
			v.AppendNulls(len(rows))
		}
		c.out.Cols[j] = v
	}
	codec.Decode(rows, c.bufs[from:to])
	c.out.N, c.out.Sel, c.out.Kinds = len(rows), nil, nil
	return &c.out
}
