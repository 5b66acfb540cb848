package fold

import (
	"unsafe"

	"github.com/weir-stream/weir/internal/vec"
)

// variant is the rows of a batch that pass one filter. Calls with the same
// filter share it, and with it the columns gathered for those rows.
type variant struct {
	filter int
	pos    []int32 // places among the rows of the batch; nil = all
	rows   []int32 // physical rows; nil = as pos
	n      int
	signs  []int8
	cols   []*vec.Vector // dense columns by ordinal, nil until asked for
	bufs   []*vec.Vector
	posBuf []int32
	rowBuf []int32
	sgnBuf []int8
}

func (f *Fold) variantOf(filter int) *variant {
	for _, v := range f.variants {
		if v.filter == filter {
			return v
		}
	}
	v := &variant{filter: filter, cols: make([]*vec.Vector, len(f.spec.In)), bufs: make([]*vec.Vector, len(f.spec.In))}
	f.variants = append(f.variants, v)
	return v
}

// Update folds physical rows sel of b (nil: all) into rows: rows[i] is the state
// row of the i-th. signs is nil where all rows add.
func (f *Fold) Update(b *vec.Batch, sel []int32, rows []unsafe.Pointer, signs []int8) error {
	if len(rows) == 0 {
		return nil
	}
	for _, v := range f.variants {
		v.start(b, sel, len(rows), signs)
	}
	for i := range f.calls {
		c := &f.calls[i]
		if c.Distinct && !c.Agg.NoDistinct || c.extreme != nil || c.variant.n == 0 {
			continue
		}
		f.ptrs = offset(rows, c.variant.pos, c.off, f.ptrs)
		f.args = f.args[:0]
		for _, a := range c.Args {
			f.args = append(f.args, c.variant.column(b, a))
		}
		if err := c.acc.Update(&f.env, f.ptrs, f.args, c.variant.signs); err != nil {
			return err
		}
	}
	for _, x := range f.extremes {
		x.update(b, rows)
	}
	for _, d := range f.distincts {
		if err := d.update(f, b, rows, signs); err != nil {
			return err
		}
	}
	if !f.knows {
		f.learn()
	}
	return nil
}

// start computes which rows pass.
func (v *variant) start(b *vec.Batch, sel []int32, n int, signs []int8) {
	clear(v.cols)
	v.pos, v.rows, v.n, v.signs = nil, sel, n, signs
	if v.filter < 0 {
		return
	}
	if cap(v.posBuf) < n {
		v.posBuf, v.rowBuf, v.sgnBuf = make([]int32, n+n/4), make([]int32, n+n/4), make([]int8, n+n/4)
	}
	v.n = passing(b.Cols[v.filter], sel, v.posBuf[:n])
	v.pos = v.posBuf[:v.n]
	v.rows = v.pos
	if sel != nil {
		v.rows = v.rowBuf[:v.n]
		for i, p := range v.pos {
			v.rows[i] = sel[p]
		}
	}
	if signs != nil {
		v.signs = v.sgnBuf[:v.n]
		for i, p := range v.pos {
			v.signs[i] = signs[p]
		}
	}
}

// passing writes the places among sel (all of pos if nil) where a BOOLEAN column
// is TRUE and gives their number.
func passing(c *vec.Vector, sel, pos []int32) int {
	k := 0
	switch {
	case c.Const:
		if c.IsNull(0) || !c.B[0] {
			return 0
		}
		for i := range pos {
			pos[i] = int32(i)
		}
		return len(pos)
	case sel == nil && !c.MayHaveNulls():
		for i, x := range c.B[:len(pos)] {
			pos[k] = int32(i)
			k += one(x)
		}
	case sel == nil:
		for i, x := range c.B[:len(pos)] {
			pos[k] = int32(i)
			k += one(x && c.Valid.Get(i))
		}
	default:
		for i, r := range sel {
			pos[k] = int32(i)
			k += one(c.B[r] && c.Valid.Get(int(r)))
		}
	}
	return k
}

// one is compiled to an instruction, not a branch.
func one(b bool) int {
	if b {
		return 1
	}
	return 0
}

// column gives column a of the variant's rows, dense and not constant.
func (v *variant) column(b *vec.Batch, a int) *vec.Vector {
	if v.cols[a] != nil {
		return v.cols[a]
	}
	src := b.Cols[a]
	if v.rows == nil && !src.Const {
		v.cols[a] = src
		return src
	}
	buf := v.bufs[a]
	if buf == nil {
		buf = vec.New(src.Type, 0)
		v.bufs[a] = buf
	}
	buf.Resize(0)
	if v.rows == nil {
		buf.AppendRepeat(src, 0, v.n)
	} else {
		buf.AppendSel(src, v.rows)
	}
	v.cols[a] = buf
	return buf
}
