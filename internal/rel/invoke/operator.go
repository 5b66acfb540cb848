package invoke

import (
	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/vec"
)

// operator answers the calls of a batch some at a time and emits the answers in
// slices, so that neither a slow call nor one with many rows holds anything up
// for long.
type operator struct {
	node   *Node
	ctx    *op.Context
	callee Callee
	prog   *expr.Program
	width  int

	b     *vec.Batch // the batch being handled, nil when there is none
	args  []*vec.Vector
	part  []*vec.Vector
	next  int // the first counting row that is not called yet
	first int // the counting row of counts[0]

	answer []*vec.Vector
	counts []int32
	call   int // of counts, being emitted
	given  int // rows of it that are out
	row    int // the next row of answer

	from, at []int32
	out      *vec.Batch
}

func (o *operator) Open(c *op.Context) error {
	o.ctx, o.width = c, len(c.Inputs[0])
	var err error
	if o.prog, err = expr.Compile(o.node.Args, c.Inputs[0], c.Fn.Zone); err != nil {
		return err
	}
	elems := plan.Types(o.node.Elems)
	o.out = vec.NewBatch(append(c.Inputs[0][:o.width:o.width], elems...))
	for _, t := range elems {
		o.answer = append(o.answer, vec.New(t, 0))
	}
	o.callee, err = o.node.Fn.Open(c.Ctx, c)
	return err
}

func (o *operator) Push(_ int, b *vec.Batch) (op.Status, error) {
	args, err := o.prog.Eval(o.ctx.Fn, b)
	if err != nil {
		return op.Done, err
	}
	o.b, o.args, o.next = b, args, 0
	return o.Resume()
}

func (o *operator) Resume() (op.Status, error) {
	for o.b != nil {
		if o.call == len(o.counts) {
			if o.next == o.b.Len() {
				o.b = nil
				return op.Done, nil
			}
			if err := o.ask(); err != nil {
				return op.Done, err
			}
		}
		if err := o.emit(); err != nil {
			return op.Done, err
		}
		if o.ctx.Out.Full() || o.next < o.b.Len() {
			return op.More, nil
		}
	}
	return op.Done, nil
}

// ask calls for the next rows.
func (o *operator) ask() error {
	n := min(o.b.Len()-o.next, max(o.node.Fn.AtOnce, 1))
	o.part = o.part[:0]
	for _, a := range o.args {
		p := vec.New(a.Type, 0)
		p.AppendRange(a.Flat(), o.next, o.next+n)
		o.part = append(o.part, p)
	}
	for _, v := range o.answer {
		v.Resize(0)
	}
	o.first, o.call, o.given, o.row = o.next, 0, 0, 0
	var err error
	o.counts, err = o.callee.Call(o.ctx.Ctx, o.part, n, o.answer, o.counts[:0])
	o.next += n
	if err != nil {
		return sqlerr.At(err, o.node.Pos)
	}
	return nil
}

// emit gives up to a batch of answers.
func (o *operator) emit() error {
	o.from, o.at = o.from[:0], o.at[:0]
	for o.call < len(o.counts) && len(o.from) < op.BatchRows {
		r := int32(o.b.Row(o.first + o.call))
		switch n := int(o.counts[o.call]); {
		case o.given < n:
			o.from, o.at = append(o.from, r), append(o.at, int32(o.row))
			o.given++
			o.row++
			continue
		case n == 0 && o.node.Outer:
			o.from, o.at = append(o.from, r), append(o.at, -1)
		}
		o.call, o.given = o.call+1, 0
	}
	if len(o.from) == 0 {
		return nil
	}
	o.out.Reset()
	for i, c := range o.b.Cols {
		o.out.Cols[i].AppendSel(c, o.from)
	}
	for i, v := range o.answer {
		o.fill(o.out.Cols[o.width+i], v)
	}
	if o.b.Kinds != nil {
		for _, r := range o.from {
			o.out.Kinds = append(o.out.Kinds, o.b.Kinds[r])
		}
	}
	o.out.N = len(o.from)
	return o.ctx.Out.Emit(o.out)
}

func (o *operator) fill(dst, src *vec.Vector) {
	for _, r := range o.at {
		if r < 0 {
			dst.AppendNulls(1)
		} else {
			dst.Append(src, int(r))
		}
	}
}

func (o *operator) Close() error {
	if o.callee == nil {
		return nil
	}
	return o.callee.Close()
}
