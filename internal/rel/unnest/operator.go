package unnest

import (
	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

type spec struct {
	x          expr.Expr
	elems      []types.Type // element columns, then ordinality
	ordinality bool
	outer      bool
	keep       []int // input columns that go on; nil = all
	zone       *types.Zone
}

// operator repeats each input row for the elements of its collection: it
// collects pairs of input row and element up to a batch and gathers them column
// by column.
type operator struct {
	spec spec
	ctx  *op.Context
	prog *expr.Program
	out  *vec.Batch
	kind types.Kind

	b    *vec.Batch  // the batch being handled, nil when there is none
	coll *vec.Vector // its collections
	row  int         // the next counting row,
	elem int         // the next element of it
	copy int64       // and of that, for multisets, how many copies are out
	nth  int32       // the ordinality given last

	from []int32 // physical rows
	at   []int32 // elements, -1 = none
	ord  []int32
	zero []int32
}

func newOperator(s spec) *operator { return &operator{spec: s, kind: s.x.Type().Kind} }

func (o *operator) Open(c *op.Context) error {
	p, err := expr.Compile([]expr.Expr{o.spec.x}, c.Inputs[0], o.spec.zone)
	if err != nil {
		return err
	}
	o.ctx, o.prog = c, p
	if o.spec.keep == nil {
		o.spec.keep = make([]int, len(c.Inputs[0]))
		for i := range o.spec.keep {
			o.spec.keep[i] = i
		}
	}
	var out []types.Type
	for _, i := range o.spec.keep {
		out = append(out, c.Inputs[0][i])
	}
	o.out = vec.NewBatch(append(out, o.spec.elems...))
	return nil
}

func (o *operator) Push(_ int, b *vec.Batch) (op.Status, error) {
	vs, err := o.prog.Eval(o.ctx.Fn, b)
	if err != nil {
		return op.Done, err
	}
	o.b, o.coll = b, vs[0]
	o.row, o.elem, o.copy, o.nth = 0, 0, 0, 0
	return o.Resume()
}

func (o *operator) Resume() (op.Status, error) {
	for o.b != nil {
		done := o.collect()
		if err := o.emit(); err != nil {
			return op.Done, err
		}
		if done {
			o.b = nil
		}
		if o.ctx.Out.Full() {
			return op.More, nil
		}
	}
	return op.Done, nil
}

// collect takes pairs up to a batch and reports whether the input is used up.
func (o *operator) collect() (done bool) {
	o.from, o.at, o.ord = o.from[:0], o.at[:0], o.ord[:0]
	for n := o.b.Len(); o.row < n; {
		if len(o.from) >= op.BatchRows {
			return false
		}
		if !o.element() {
			o.row++
			o.elem, o.copy, o.nth = 0, 0, 0
		}
	}
	return true
}

// element takes the next element of the current row and reports whether there
// was one. A row without any is kept by the outer form.
func (o *operator) element() bool {
	from, to := 0, 0
	if !o.coll.IsNull(o.row) {
		i := o.coll.Idx(o.row)
		from, to = int(o.coll.Off[i]), int(o.coll.Off[i+1])
	}
	phys := int32(o.b.Row(o.row))
	if from+o.elem >= to {
		if o.spec.outer && o.nth == 0 {
			o.from, o.at, o.ord = append(o.from, phys), append(o.at, -1), append(o.ord, 0)
		}
		return false
	}
	e := from + o.elem
	copies := int64(1)
	if o.kind == types.Multiset {
		copies = int64(o.coll.Kids[0].Kids[1].I32[e])
	}
	if o.copy++; o.copy >= copies {
		o.elem, o.copy = o.elem+1, 0
	}
	if copies <= 0 {
		return true
	}
	o.nth++
	o.from, o.at, o.ord = append(o.from, phys), append(o.at, int32(e)), append(o.ord, o.nth)
	return true
}

func (o *operator) emit() error {
	n := len(o.from)
	if n == 0 {
		return nil
	}
	out := o.out
	out.Reset()
	width := len(o.spec.keep)
	for i, c := range o.spec.keep {
		out.Cols[i].AppendSel(o.b.Cols[c], o.from)
	}
	for i := range o.spec.elems {
		o.fill(out.Cols[width+i], i)
	}
	if o.b.Kinds != nil {
		for _, r := range o.from {
			out.Kinds = append(out.Kinds, o.b.Kinds[r])
		}
	}
	out.N = n
	return o.ctx.Out.Emit(out)
}

// fill writes element column i.
func (o *operator) fill(dst *vec.Vector, i int) {
	if o.spec.ordinality && i == len(o.spec.elems)-1 {
		dst.Grow(len(o.ord))
		copy(dst.I32, o.ord)
		o.punch(dst, nil)
		return
	}
	kid := o.coll.Kids[0]
	src, rows := kid, (*vec.Vector)(nil)
	switch {
	case o.kind == types.Map:
		src = kid.Kids[i]
	case o.kind == types.Multiset:
		if src = kid.Kids[0]; src.Type.Kind == types.Row {
			src, rows = src.Kids[i], src
		}
	case kid.Type.Kind == types.Row:
		src, rows = kid.Kids[i], kid
	}
	if src.N == 0 {
		dst.AppendNulls(len(o.at))
		return
	}
	o.zero = o.zero[:0]
	for _, e := range o.at {
		o.zero = append(o.zero, max(e, 0))
	}
	dst.AppendSel(src, o.zero)
	o.punch(dst, rows)
}

// punch makes null what has no element, and the fields of null rows.
func (o *operator) punch(dst, rows *vec.Vector) {
	nullRows := rows != nil && rows.MayHaveNulls()
	if !o.spec.outer && !nullRows {
		return
	}
	for i, e := range o.at {
		if e < 0 || nullRows && rows.IsNull(int(e)) {
			dst.SetNull(i)
		}
	}
}

func (o *operator) Close() error { return nil }
