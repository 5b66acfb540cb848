package over

import (
	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/topn"
	"github.com/weir-stream/weir/internal/vec"
)

// batch sorts all rows by partition and order when the input has ended, and
// evaluates the calls block by block of whole partitions.
type batch struct {
	spec
	c    *op.Context
	eval *evaluator
	rows topn.Rows
	held int64

	begun  bool
	sorted *vec.Batch
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
	o.rows.Types = o.in
	var err error
	if o.eval, err = newEvaluator(&o.spec, c); err != nil {
		return err
	}
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
func (o *batch) Push(_ int, b *vec.Batch) (op.Status, error) {
	o.rows.Add(b)
	delta := o.rows.Bytes - o.held
	o.held = o.rows.Bytes
	if err := o.c.State.Reserve(delta); err != nil && delta > 0 {
		return op.Done, sqlerr.New(sqlerr.Runtime, sqlerr.Pos{}, "OVER does not fit into memory: %v", err).WithHint("give the job more memory")
	}
	return op.Done, nil
}

// EndInput sorts and emits.
func (o *batch) EndInput(int) (op.Status, error) {
	keys := make([]plan.SortKey, 0, len(o.partition)+len(o.spec.order))
	for _, p := range o.partition {
		keys = append(keys, plan.SortKey{Col: p})
	}
	o.sorted = o.rows.Join()
	o.order = topn.SortRows(o.sorted, append(keys, o.spec.order...))
	o.begun = true
	return o.Resume()
}

// Resume goes on emitting.
func (o *batch) Resume() (op.Status, error) {
	for o.begun && (o.at < o.next || o.next < len(o.order)) {
		if o.c.Out.Full() {
			return op.More, nil
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
		if err := o.c.Out.Emit(o.out); err != nil {
			return op.Done, err
		}
	}
	if o.c.Out.Full() { // the receiver may still be reading
		return op.More, nil
	}
	if o.begun && o.held > 0 {
		o.sorted = nil
		_ = o.c.State.Reserve(-o.held) // giving back is never denied
		o.held = 0
	}
	return op.Done, nil
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
	for _, c := range o.eval.need {
		o.bufs[c].Resize(0)
		o.bufs[c].AppendSel(o.sorted.Cols[c], o.order[o.from:o.next])
		o.cols[c] = o.bufs[c]
	}
	for _, r := range o.res {
		r.Resize(0)
	}
	from := 0
	for _, to := range ends {
		if err := o.eval.eval(o.cols, from, to, o.res); err != nil {
			return err
		}
		from = to
	}
	return nil
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

// Close has nothing to free.
func (o *batch) Close() error { return nil }

var (
	_ op.Operator = (*batch)(nil)
	_ op.Ender    = (*batch)(nil)
)
