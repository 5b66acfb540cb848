package fold

import (
	"bytes"
	"unsafe"

	"github.com/weir-stream/weir/internal/state"
	"github.com/weir-stream/weir/internal/vec"
)

// Absorb folds row src into row dst, with all that is kept beside it; src is then
// deleted by the caller, after Drop. With DISTINCT it needs Track. It is the way
// of sessions that grow together, one pair at a time.
func (f *Fold) Absorb(dst, src unsafe.Pointer) error {
	for i := range f.calls {
		c := &f.calls[i]
		if c.extreme != nil || c.Distinct && !c.Agg.NoDistinct {
			continue
		}
		to, from := []unsafe.Pointer{unsafe.Add(dst, c.off)}, []unsafe.Pointer{unsafe.Add(src, c.off)}
		if err := c.acc.Merge(&f.env, to, from); err != nil {
			return err
		}
	}
	for _, x := range f.extremes {
		x.absorb(dst, src)
	}
	for _, d := range f.distincts {
		if err := d.absorb(f, dst, src); err != nil {
			return err
		}
	}
	return nil
}

// absorb gives the values of src to dst.
func (d *distinct) absorb(f *Fold, dst, src unsafe.Pointer) error {
	list := d.seen[*(*int64)(src)]
	if list == nil {
		return nil
	}
	refs := make([]state.Ref, list.Len())
	d.table.Find(list, refs)
	for i, r := range refs {
		if r == state.NoRef {
			continue
		}
		had := bytes.Clone(unsafe.Slice((*byte)(d.table.Ptr(r)), d.fixed()))
		vals := make([]*vec.Vector, len(d.keyCols))
		for j, c := range d.keyCols {
			vals[j] = vec.New(c.Type, 0)
		}
		d.table.Codec().Decode([][]byte{list.Bytes(i)}, vals)
		vals[0].I64[0] = *(*int64)(dst)
		if err := d.absorbValue(f, dst, vals, had); err != nil {
			return err
		}
	}
	return nil
}

func (d *distinct) fixed() int {
	if d.retract {
		return 8 * len(d.variants)
	}
	return 8
}

// absorbValue adds one value that another row has seen, as had tells.
func (d *distinct) absorbValue(f *Fold, dst unsafe.Pointer, vals []*vec.Vector, had []byte) error {
	d.keys.EncodeVectors(d.table.Codec(), vals, nil, 1)
	refs, created := make([]state.Ref, 1), make([]bool, 1)
	d.table.Upsert(&d.keys, refs, created)
	if created[0] {
		d.listOf(vals[0].I64[0]).AppendRaw(d.keys.Hash(0), d.keys.Bytes(0))
	}
	here, there := d.table.Ptr(refs[0]), unsafe.Pointer(&had[0])
	d.table.Mark(refs)
	for v, calls := range d.calls {
		before, after := false, false
		if d.retract {
			a, b := (*int64)(unsafe.Add(here, 8*v)), (*int64)(unsafe.Add(there, 8*v))
			before = *a > 0
			*a += *b
			after = *a > 0
		} else {
			a, b := (*uint64)(here), *(*uint64)(there)
			before = *a>>v&1 != 0
			*a |= b & (1 << v)
			after = *a>>v&1 != 0
		}
		if before == after {
			continue
		}
		var signs []int8
		if d.retract {
			signs = []int8{1}
			if !after {
				signs[0] = -1
			}
		}
		for _, call := range calls {
			c := &f.calls[call]
			if err := c.acc.Update(&f.env, []unsafe.Pointer{unsafe.Add(dst, c.off)}, vals[1:], signs); err != nil {
				return err
			}
		}
	}
	return nil
}

// absorb gives the values of src to dst.
func (x *extreme) absorb(dst, src unsafe.Pointer) {
	type item struct {
		sort, row []byte
		count     int64
	}
	var items []item
	x.lookup([]unsafe.Pointer{src}, nil, false)
	if g := x.refs[0]; g != state.NoRef {
		for x.table.Iter(&x.iter, g, 0); x.iter.Valid(); x.iter.Next() {
			items = append(items, item{bytes.Clone(x.iter.SortKey()), bytes.Clone(x.iter.Row()), *(*int64)(x.iter.Aux())})
		}
	}
	x.lookup([]unsafe.Pointer{dst}, nil, true)
	for _, it := range items {
		x.change(x.refs[0], it.sort, it.row, it.count)
	}
}

// change adds to the count of a value.
func (x *extreme) change(g state.Ref, sort, row []byte, by int64) {
	x.table.Seek(&x.iter, g, sort)
	if !x.iter.Valid() || !bytes.Equal(x.iter.SortKey(), sort) {
		at := x.table.Insert(g, sort, row)
		x.table.Iter(&x.iter, g, at)
	}
	count := (*int64)(x.iter.Aux())
	if *count += by; *count == 0 {
		x.table.DeleteAt(g, x.iter.Pos())
	} else {
		x.table.MarkAux(&x.iter)
	}
}
