package match

import (
	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/spill"
	"github.com/weir-stream/weir/internal/topn"
	"github.com/weir-stream/weir/internal/vec"
)

// batch sorts all rows by partition and order when the input has ended, and
// matches one partition after the other.
type batch struct {
	spec
	c    *op.Context
	sort *topn.Sort
	late int64
	keep []int32
	area *spill.Area

	eng    *engine
	data   *vec.Batch
	order  []int32
	next   int // first row of the next partition, in order
	part   partition
	begun  bool
	within bool // a partition is under way
	sent   bool // the output is at the receiver
}

// Open compiles the expressions.
func (o *batch) Open(c *op.Context) error {
	o.c, o.data, o.area = c, vec.NewBatch(o.in), spill.NewArea(c.State.Memory())
	keys := make([]plan.SortKey, 0, len(o.partition)+len(o.spec.order))
	for _, p := range o.partition {
		keys = append(keys, plan.SortKey{Col: p})
	}
	rest := o.spec.order
	if o.proctime {
		rest = rest[1:] // rows lie in order of arrival
	}
	o.sort = topn.NewSort(c.State.Memory(), o.in, append(keys, rest...), len(o.partition))
	if len(o.partition) == 0 {
		o.sort.Together()
	}
	var err error
	o.eng, err = o.spec.open(c, o.data, func(pos int) int32 { return o.part.rows[pos] })
	o.eng.p = &o.part
	return err
}

// Push keeps rows; those without a time are in no order.
func (o *batch) Push(_ int, b *vec.Batch) (op.Status, error) {
	if o.rowtime {
		if v := b.Cols[o.order0()]; v.MayHaveNulls() {
			o.keep = append(o.keep[:0], 0)[:0] // without a row it must not be nil, which is all rows
			for i := range b.Len() {
				if r := b.Row(i); v.IsNull(r) {
					o.late++
					o.c.DropLate(0, b, r, op.NoTime)
				} else {
					o.keep = append(o.keep, int32(r))
				}
			}
			b = &vec.Batch{Cols: b.Cols, Sel: o.keep, N: b.N}
		}
	}
	return op.Done, o.sort.Add(b)
}

func (o *batch) order0() int { return o.spec.order[0].Col }

// EndInput sorts and matches.
func (o *batch) EndInput(int) (op.Status, error) {
	o.begun = true
	return o.Resume()
}

// Resume goes on with the partitions.
func (o *batch) Resume() (op.Status, error) {
	for o.begun {
		if o.c.Out.Full() {
			return op.More, nil
		}
		if o.sent {
			o.eng.out.clear()
			o.sent = false
		}
		if !o.within {
			if more, err := o.load(); err != nil || !more {
				if err != nil {
					return op.Done, err
				}
				break
			}
		}
		done, err := o.eng.advance()
		if err != nil {
			return op.Done, err
		}
		o.within = !done
		if err := o.emit(done && o.next == len(o.order)); err != nil {
			return op.Done, err
		}
		if !done && !o.sent {
			return op.More, nil // let cancellation through
		}
	}
	if o.c.Out.Full() { // the receiver may still be reading
		return op.More, nil
	}
	return op.Done, nil
}

// emit hands the output on when there is enough of it.
func (o *batch) emit(last bool) error {
	if n := o.eng.out.n; n == 0 || n < op.BatchRows && !last {
		return nil
	}
	b, err := o.eng.out.flush(o.data)
	if err != nil {
		return err
	}
	o.sent = true
	if o.sort.Large() {
		b.OwnText()
	}
	return o.c.Out.Emit(b)
}

// load turns to the next partition; false if there is none.
func (o *batch) load() (bool, error) {
	if o.next == len(o.order) {
		b, order, err := o.sort.Chunk()
		if b == nil || err != nil {
			o.order, o.next = nil, 0
			return false, err
		}
		*o.data, o.order, o.next = *b, order, 0
		if len(order) == 0 {
			return false, nil
		}
	}
	from := o.next
	for o.next++; o.next < len(o.order) && o.together(o.order[o.next-1], o.order[o.next]); o.next++ {
	}
	o.part = partition{n: o.next - from, limit: o.next - from, final: true, rows: o.order[from:o.next], times: o.part.times[:0]}
	if o.eng.within > 0 {
		o.part.times = spill.Grown(o.area, o.part.times, o.part.n)
		v := o.data.Cols[o.order0()]
		for _, r := range o.part.rows {
			t := int64(0)
			if o.rowtime {
				t = v.I64[v.Idx(int(r))]
			}
			o.part.times = append(o.part.times, t)
		}
	}
	return true, nil
}

// together reports whether two rows are of one partition.
func (o *batch) together(a, b int32) bool {
	for _, c := range o.partition {
		if v := o.data.Cols[c]; vec.Compare(v, int(a), v, int(b)) != 0 {
			return false
		}
	}
	return true
}

// Report counts the rows without a time.
func (o *batch) Report(add func(name string, n int64)) { add(op.Late, o.late) }

// Close gives the rows back.
func (o *batch) Close() error {
	if o.sort != nil {
		o.sort.Close()
	}
	o.area.Free()
	return nil
}

var (
	_ op.Operator = (*batch)(nil)
	_ op.Ender    = (*batch)(nil)
	_ op.Reporter = (*batch)(nil)
)
