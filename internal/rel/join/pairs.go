package join

import (
	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/fn"
	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/state"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// condition is the part of the join condition that the keys do not cover,
// evaluated over candidate pairs. Only the columns that it reads are fetched.
type condition struct {
	filter *expr.Filter // nil: always true
	cand   vec.Batch    // left columns, then right ones; nil where not read
	use    [2][]int     // the columns read, ordinals in each input
	width  [2]int
	pass   []int32
	get    []*vec.Vector // a decode target: nil where a column is not wanted
}

func newCondition(e expr.Expr, l, r []types.Type, zone *types.Zone) (*condition, error) {
	c := &condition{width: [2]int{len(l), len(r)}}
	if e == nil {
		return c, nil
	}
	ts := append(append([]types.Type(nil), l...), r...)
	f, err := expr.CompileFilter(e, ts, zone)
	if err != nil {
		return nil, err
	}
	c.filter = f
	c.cand.Cols = make([]*vec.Vector, len(ts))
	for _, i := range expr.ReferencedCols(e) {
		c.cand.Cols[i] = vec.New(ts[i], 0)
		if i < len(l) {
			c.use[0] = append(c.use[0], i)
		} else {
			c.use[1] = append(c.use[1], i-len(l))
		}
	}
	return c, nil
}

// col is the candidates' column i of input in.
func (c *condition) col(in, i int) *vec.Vector { return c.cand.Cols[in*c.width[0]+i] }

// all gives the positions 0 to n-1.
func (c *condition) all(n int) []int32 {
	if len(c.pass) < n || !isRange(c.pass[:n]) {
		c.pass = sized(c.pass, n)
		for i := range c.pass {
			c.pass[i] = int32(i)
		}
	}
	return c.pass[:n]
}

// isRange looks at the last element only: positions ascend.
func isRange(p []int32) bool { return len(p) == 0 || p[len(p)-1] == int32(len(p)-1) }

// test gives the positions among n candidate pairs that satisfy the condition.
// Input in's rows are rows phys of b, the other input's are encoded in rows.
func (c *condition) test(fc *fn.Ctx, in int, b *vec.Batch, phys []int32, codec *vec.Codec, rows [][]byte) ([]int32, error) {
	n := len(phys)
	for _, i := range c.use[in] {
		b.Cols[i].Gather(c.col(in, i), phys)
	}
	c.get = sized(c.get, c.width[1-in])
	clear(c.get)
	for _, i := range c.use[1-in] {
		v := c.col(1-in, i)
		v.Resize(0)
		c.get[i] = v
	}
	codec.Decode(rows, c.get)
	c.cand.N = n
	var err error
	c.pass, err = c.filter.Select(fc, &c.cand, c.pass)
	return c.pass, err
}

// pairs walks the matches of a batch's rows among the other side's entries, a
// bounded number of candidates at a time.
type pairs struct {
	cond  *condition
	other *side
	in    int // the input that the batch came from
	b     *vec.Batch

	keys  state.Keys
	walk  state.Probe
	index []int32       // of the candidates: position of the row among b's counting rows
	entry []state.Entry // and the other side's entry
	rows  [][]byte      // its encoded row
	codec *vec.Codec
	phys  []int32
	over  bool // no more candidates
}

func newPairs(cond *condition) *pairs {
	return &pairs{cond: cond, index: make([]int32, op.BatchRows), entry: make([]state.Entry, op.BatchRows)}
}

// start begins the walk for b, whose keys are in p.keys.
func (p *pairs) start(in int, b *vec.Batch, other *side) {
	p.in, p.b, p.other, p.codec, p.over = in, b, other, other.list.RowCodec(), false
	other.list.Probe(&p.walk, &p.keys)
}

// next fills index and entry with further candidates and gives the positions of
// those that satisfy the condition.
func (p *pairs) next(fc *fn.Ctx) ([]int32, error) {
	n := 0
	for n < op.BatchRows {
		m := p.walk.Next(p.index[n:op.BatchRows], p.entry[n:op.BatchRows])
		if m == 0 {
			p.over = true
			break
		}
		n += m
	}
	p.rows = p.other.list.Rows(p.entry[:n], p.rows)
	return p.test(fc, n)
}

// test gives the positions among the n candidates that satisfy the condition.
func (p *pairs) test(fc *fn.Ctx, n int) ([]int32, error) {
	if n == 0 || p.cond.filter == nil {
		return p.cond.all(n), nil
	}
	p.phys = physical(p.phys, p.b, p.index[:n])
	return p.cond.test(fc, p.in, p.b, p.phys, p.codec, p.rows[:n])
}

// physical maps positions among b's counting rows to physical rows, in dst's
// memory. Negative positions stay.
func physical(dst []int32, b *vec.Batch, at []int32) []int32 {
	dst = sized(dst, len(at))
	if b.Sel == nil {
		copy(dst, at)
		return dst
	}
	for i, x := range at {
		if x >= 0 {
			x = b.Sel[x]
		}
		dst[i] = x
	}
	return dst
}
