package setop

import (
	"time"
	"unsafe"

	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/state"
	"github.com/weir-stream/weir/internal/vec"
)

// countSpec tells what the counting operator computes.
type countSpec struct {
	op  Op
	all bool
	ttl time.Duration
}

// counts is what is kept of each distinct row.
type counts struct {
	in      [2]int64 // how often each input holds the row
	emitted int64    // how often the result does
}

// countFields describes counts.
var countFields = []state.Field{{Name: "left", Kind: state.FieldInt, Size: 8}, {Name: "right", Kind: state.FieldInt, At: 8, Size: 8},
	{Name: "emitted", Kind: state.FieldInt, At: 16, Size: 8}}

func ordinals(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

// counting computes INTERSECT and EXCEPT: it counts equal rows by input and
// emits the difference between what the counts ask for and what was emitted
// before. Changes wait until the operator is flushed, in batch mode until the
// end, so that what cancels out is never sent.
type counting struct {
	spec  countSpec
	ctx   *op.Context
	table *state.Table
	keys  state.Keys
	one   state.Keys
	refs  []state.Ref
	ptrs  []unsafe.Pointer
	ended int

	// The row-by-row event being handled.
	in   int
	b    *vec.Batch
	next int

	due  []state.Ref // taken out of the pending set
	pos  int
	dead []state.Ref
	emit []state.Ref
	out  *vec.Batch
	kind []vec.Kind

	recalls *recall // nil: none is under way

	holds bool          // changes may wait for room
	late  bool          // some do
	saved *state.Single // whether some did at the last marker
}

// pendingMax is how many changed rows may wait for a flush, heldMost how many for room.
const (
	pendingMax = 1 << 16
	heldMost   = 1 << 22
)

func newCounting(s countSpec) *counting { return &counting{spec: s} }

func (c *counting) Open(ctx *op.Context) error {
	c.ctx = ctx
	ts := ctx.Inputs[0]
	c.table = ctx.State.Table(state.TableSpec{Name: "counts", Lazy: true, Key: ts, Fixed: int(unsafe.Sizeof(counts{})), TTL: c.spec.ttl,
		From: state.Origin{Input: 1, Key: ordinals(len(ts))}, Fields: countFields})
	c.out = vec.NewBatch(ts)
	if c.holds = ctx.State.Tracks() && ctx.MiniBatch && !ctx.Batch; c.holds {
		c.saved = ctx.State.Single("held")
	}
	return nil
}

func (c *counting) Push(in int, b *vec.Batch) (op.Status, error) {
	c.keys.Encode(c.table.Codec(), b, nil)
	if !c.ctx.MiniBatch && !c.ctx.Batch {
		c.in, c.b, c.next = in, b, 0
		return c.Resume()
	}
	c.apply(&c.keys, in, b, 0)
	if c.late {
		return c.wait(), nil
	}
	if !c.ctx.Batch && c.table.Touched() >= c.ctx.State.Pending(pendingMax) {
		return c.Resume()
	}
	return op.Done, nil
}

// apply counts the rows of k, the first of which is counting row from of b.
func (c *counting) apply(k *state.Keys, in int, b *vec.Batch, from int) {
	n := k.Len()
	if cap(c.refs) < n {
		c.refs = make([]state.Ref, n)
	}
	refs := c.refs[:n]
	c.table.Upsert(k, refs, nil)
	c.ptrs = c.table.Ptrs(refs, c.ptrs)
	for i, p := range c.ptrs {
		n := &(*counts)(p).in[in]
		if *n += int64(b.Kind(b.Row(from + i)).Sign()); *n < 0 && c.spec.ttl > 0 {
			*n = 0 // what it takes back has been forgotten
		}
	}
	c.table.Mark(refs)
	c.table.Touch(refs)
}

// wanted is how often the result holds a row.
func (s countSpec) wanted(in [2]int64) int64 {
	l, r := max(in[0], 0), max(in[1], 0)
	n := min(l, r)
	if s.op == Except {
		n = l - r
		if !s.all && r > 0 {
			n = 0
		}
	}
	if !s.all {
		n = min(n, 1)
	}
	return max(n, 0)
}

// Resume emits pending changes and, row by row, goes on with the batch.
func (c *counting) Resume() (op.Status, error) {
	if c.recalls != nil {
		return c.recall()
	}
	if c.holds && c.ctx.Out.Full() {
		return c.wait(), nil
	}
	for {
		more, err := c.emitPending()
		if err != nil {
			return op.Done, err
		}
		if c.ctx.Out.Full() {
			return c.wait(), nil
		}
		if more {
			continue
		}
		if c.late = false; c.b == nil || c.next == c.keys.Len() {
			c.b = nil
			return op.Done, nil
		}
		c.one.Reset()
		c.one.AppendRaw(c.keys.Hash(c.next), c.keys.Bytes(c.next))
		c.apply(&c.one, c.in, c.b, c.next)
		c.next++
	}
}

// Flush emits what has changed; in batch mode only the end counts.
func (c *counting) Flush() (op.Status, error) {
	if c.ctx.Batch {
		return op.Done, nil
	}
	return c.Resume()
}

// EndInput emits the result of batch mode after the last input.
func (c *counting) EndInput(int) (op.Status, error) {
	if c.ended++; c.ended < len(c.ctx.Inputs) {
		return op.Done, nil
	}
	return c.Resume()
}

// emitPending emits at most one batch of pending changes and tells whether
// there may be more.
func (c *counting) emitPending() (more bool, err error) {
	if c.pos == len(c.due) {
		c.due, c.pos = c.table.TakeTouched(op.Room(c.ctx.Out), c.due), 0
		if len(c.due) == 0 {
			return false, nil
		}
	}
	c.emit, c.kind, c.dead = c.emit[:0], c.kind[:0], c.dead[:0]
	removes := false
	start := c.pos
	for c.pos < len(c.due) && len(c.emit) < op.BatchRows {
		r := c.due[c.pos]
		row := (*counts)(c.table.Ptr(r))
		diff := c.spec.wanted(row.in) - row.emitted
		kind, n := vec.Insert, diff
		if diff < 0 {
			kind, n, removes = vec.Delete, -diff, true
		}
		n = min(n, int64(op.BatchRows-len(c.emit)))
		for range n {
			c.emit, c.kind = append(c.emit, r), append(c.kind, kind)
		}
		row.emitted += n * int64(kind.Sign())
		if row.emitted != c.spec.wanted(row.in) {
			break // the batch is full
		}
		if *row == (counts{}) {
			c.dead = append(c.dead, r)
		}
		c.pos++
	}
	c.table.Mark(c.due[start:min(c.pos+1, len(c.due))])
	c.out.Reset()
	c.table.DecodeKeys(c.emit, c.out.Cols)
	for _, r := range c.dead {
		c.table.Delete(r)
	}
	if c.out.N = len(c.emit); c.out.N == 0 {
		return true, nil
	}
	if removes {
		c.out.Kinds = c.kind
	}
	err = c.ctx.Out.Emit(c.out)
	c.out.Kinds = nil
	return true, err
}

func (c *counting) Close() error { return nil }
