package calc

import (
	"github.com/weir-stream/weir/internal/dag"
	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/vec"
)

var (
	_ dag.Lowerer = (*Node)(nil)
	_ op.Operator = (*operator)(nil)
)

// Lower keeps rows where they are.
func (n *Node) Lower(b *dag.Builder, in []dag.Port) (dag.Port, error) {
	detail := ""
	for _, a := range n.Attrs() {
		detail = a.Value
	}
	v := b.Op(n, n.Name(), detail, plan.Types(n.Fields()), func() op.Operator { return &operator{node: n} }, b.Chain(in[0]))
	dist := in[0].Dist
	if keys, ok := n.mapCols(dist.Keys); ok {
		dist.Keys = keys
	} else {
		dist = plan.Dist{}
	}
	return dag.Port{V: v, Dist: dist}, nil
}

// operator evaluates condition and outputs. When the outputs are plain columns
// it hands them on with the selection; otherwise it computes dense columns.
type operator struct {
	node   *Node
	ctx    *op.Context
	filter *expr.Filter
	prog   *expr.Program
	plain  []int // input ordinals when all outputs are columns
	sel    []int32
	in     vec.Batch
	out    vec.Batch
	dense  []vec.Kind // of the rows that count
}

func (o *operator) Open(c *op.Context) error {
	o.ctx = c
	n := o.node
	var err error
	if n.Cond != nil {
		if o.filter, err = expr.CompileFilter(n.Cond, c.Inputs[0], c.Fn.Zone); err != nil {
			return err
		}
	}
	if n.Out == nil {
		for i := range c.Inputs[0] {
			o.plain = append(o.plain, i)
		}
		return nil
	}
	for _, e := range n.Out {
		col, ok := e.(*expr.Col)
		if !ok {
			o.plain = nil
			o.prog, err = expr.Compile(n.Out, c.Inputs[0], c.Fn.Zone)
			return err
		}
		o.plain = append(o.plain, col.Index)
	}
	return nil
}

func (o *operator) Push(_ int, b *vec.Batch) (op.Status, error) {
	if o.filter != nil {
		sel, err := o.filter.Select(o.ctx.Fn, b, o.sel[:0])
		if err != nil {
			return op.Done, err
		}
		o.sel = sel
		if len(sel) == 0 {
			return op.Done, nil
		}
		if len(sel) < b.N {
			o.in = *b
			o.in.Sel = sel
			b = &o.in
		}
	}
	if o.prog == nil {
		return op.Done, o.emitPlain(b)
	}
	cols, err := o.prog.Eval(o.ctx.Fn, b)
	if err != nil {
		return op.Done, err
	}
	o.out.Cols, o.out.N = cols, b.Len()
	o.out.Kinds = o.kinds(b)
	return op.Done, o.ctx.Out.Emit(&o.out)
}

// kinds gives the kinds of the counting rows, dense. They are the input's or lie in
// a buffer of the operator's own: the input's are not to be written to.
func (o *operator) kinds(b *vec.Batch) []vec.Kind {
	if b.Kinds == nil || b.Sel == nil {
		return b.Kinds
	}
	o.dense = o.dense[:0]
	for _, r := range b.Sel {
		o.dense = append(o.dense, b.Kinds[r])
	}
	return o.dense
}

func (o *operator) emitPlain(b *vec.Batch) error {
	o.out.Cols = o.out.Cols[:0]
	for _, c := range o.plain {
		o.out.Cols = append(o.out.Cols, b.Cols[c])
	}
	o.out.N, o.out.Sel, o.out.Kinds = b.N, b.Sel, b.Kinds
	return o.ctx.Out.Emit(&o.out)
}

// Resume is never asked: a calc answers Done at once.
func (o *operator) Resume() (op.Status, error) { return op.Done, nil }

func (o *operator) Close() error { return nil }
