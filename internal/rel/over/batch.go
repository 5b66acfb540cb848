package over

import (
	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/spill"
	"github.com/weir-stream/weir/internal/topn"
	"github.com/weir-stream/weir/internal/vec"
)

// batch sorts all rows by partition and order when the input has ended, and
// evaluates the calls block by block of whole partitions. Rows come from the sort
// in chunks, one chunk if they fit into memory.
type batch struct {
	spec
	c    *op.Context
	eval *evaluator
	sort *topn.Sort

	begun  bool
	ended  bool
	sorted *vec.Batch // the chunk at hand
	order  []int32
	next   int // first row of the next block
	from   int // first row of the block at hand
	at     int // next row to emit
	cols   []*vec.Vector
	bufs   []*vec.Vector
	res    []*vec.Vector
	out    *vec.Batch
}

func newBatch(s spec) *batch { return &batch{spec: s} }

// Open compiles the calls.
func (o *batch) Open(c *op.Context) error {
	o.c = c
	keys := make([]plan.SortKey, 0, len(o.partition)+len(o.spec.order))
	for _, p := range o.partition {
		keys = append(keys, plan.SortKey{Col: p})
	}
	o.sort = topn.NewSort(c.State.Memory(), o.in, append(keys, o.spec.order...), len(o.partition))
	if len(o.partition) == 0 {
		o.sort.Together()
	}
	var err error
	if o.eval, err = newEvaluator(&o.spec, c); err != nil {
		return err
	}
	o.eval.part.area = spill.NewArea(c.State.Memory())
	o.out = vec.NewBatch(o.outTypes())
	o.cols, o.bufs = make([]*vec.Vector, len(o.in)), make([]*vec.Vector, len(o.in))
	for _, col := range o.eval.need {
		o.bufs[col] = vec.New(o.in[col], 0)
	}
	for _, call := range o.calls {
		o.res = append(o.res, vec.New(call.Type, 0))
	}
	return nil
}

// Push keeps rows.
func (o *batch) Push(_ int, b *vec.Batch) (op.Status, error) { return op.Done, o.sort.Add(b) }

// EndInput sorts and emits.
func (o *batch) EndInput(int) (op.Status, error) {
	o.begun = true
	return o.Resume()
}

// Resume goes on emitting.
func (o *batch) Resume() (op.Status, error) {
	for o.begun && !o.ended {
		if o.c.Out.Full() {
			return op.More, nil
		}
		if o.at == len(o.order) {
			if err := o.chunk(); err != nil {
				return op.Done, err
			}
			continue
		}
		if o.at == o.next {
			if err := o.block(); err != nil {
				return op.Done, err
			}
		}
		to := min(o.at+op.BatchRows, o.next)
		o.out.Reset()
		o.out.N = to - o.at
		for j, v := range o.sorted.Cols {
			o.out.Cols[j].AppendSel(v, o.order[o.at:to])
		}
		for j, v := range o.res {
			o.out.Cols[len(o.in)+j].AppendRange(v, o.at-o.from, to-o.from)
		}
		o.at = to
		if o.sort.Large() {
			o.out.OwnText()
		}
		if err := o.c.Out.Emit(o.out); err != nil {
			return op.Done, err
		}
	}
	if o.c.Out.Full() { // the receiver may still be reading
		return op.More, nil
	}
	return op.Done, nil
}

// chunk turns to the next rows.
func (o *batch) chunk() error {
	var err error
	o.sorted, o.order, err = o.sort.Chunk()
	o.at, o.next, o.ended = 0, 0, o.sorted == nil
	return err
}

// block evaluates the next partitions, a batch of rows at least.
func (o *batch) block() error {
	o.from = o.next
	var ends []int
	for o.next < len(o.order) && o.next-o.from < op.BatchRows {
		o.next++
		for o.next < len(o.order) && o.together(o.order[o.next-1], o.order[o.next]) {
			o.next++
		}
		ends = append(ends, o.next-o.from)
	}
	base := o.gather()
	for _, r := range o.res {
		r.Resize(0)
		o.eval.part.room(r, o.next-o.from)
	}
	from := base
	for _, to := range ends {
		if err := o.eval.eval(o.cols, from, base+to, o.res); err != nil {
			return err
		}
		from = base + to
	}
	return nil
}

// gather puts the rows of the block side by side in the columns that are needed, and
// gives the first one's place. A large chunk lies so already.
func (o *batch) gather() int {
	for _, c := range o.eval.need {
		if o.sort.Large() {
			o.cols[c] = o.sorted.Cols[c]
			continue
		}
		o.bufs[c].Resize(0)
		o.bufs[c].AppendSel(o.sorted.Cols[c], o.order[o.from:o.next])
		o.cols[c] = o.bufs[c]
	}
	if o.sort.Large() {
		return o.from
	}
	return 0
}

// together reports whether two rows are of one partition.
func (o *batch) together(a, b int32) bool {
	for _, c := range o.partition {
		if v := o.sorted.Cols[c]; vec.Compare(v, int(a), v, int(b)) != 0 {
			return false
		}
	}
	return true
}

// Close gives the rows back.
func (o *batch) Close() error {
	if o.sort != nil {
		o.sort.Close()
	}
	if o.eval != nil {
		o.eval.part.area.Free()
	}
	return nil
}

var (
	_ op.Operator = (*batch)(nil)
	_ op.Ender    = (*batch)(nil)
)
