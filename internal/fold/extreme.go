package fold

import (
	"unsafe"

	"github.com/weir-stream/weir/internal/state"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// extreme is the ordered multiset behind MIN and MAX over rows that may be
// retracted: group id to values in order, each with its count. Calls over the
// same argument and filter share it.
type extreme struct {
	arg     int
	variant *variant
	table   *state.Sorted

	ids  *vec.Vector
	key  []*vec.Vector
	keys state.Keys
	refs []state.Ref
	sort []byte
	rows vec.Rows
	val  []*vec.Vector
	iter state.Iter
}

func (f *Fold) extremeOf(c Call) *extreme {
	v := f.variantOf(c.Filter)
	for _, x := range f.extremes {
		if x.arg == c.Args[0] && x.variant == v {
			return x
		}
	}
	x := &extreme{arg: c.Args[0], variant: v}
	f.extremes = append(f.extremes, x)
	return x
}

func (x *extreme) declare(f *Fold, i int) {
	id := types.Of(types.BigInt).NotNull()
	x.table = f.spec.Store.Sorted(state.SortedSpec{Name: f.tableName("values", i), Lazy: true, Key: []types.Type{id},
		Row: []types.Type{f.spec.In[x.arg]}, Aux: 8, TTL: f.spec.TTL, ByID: true,
		From: state.Origin{Input: 1, Key: []int{-1}, Row: []int{x.arg}}, Order: []state.SortCol{{NullsFirst: true}}})
	x.ids = vec.New(id, 0)
	x.key = []*vec.Vector{x.ids}
	x.val = []*vec.Vector{nil}
}

// lookup finds or makes the maps of rows.
func (x *extreme) lookup(rows []unsafe.Pointer, pos []int32, upsert bool) {
	n := len(rows)
	if pos != nil {
		n = len(pos)
	}
	x.ids.Resize(n)
	for i := range n {
		p := i
		if pos != nil {
			p = int(pos[i])
		}
		x.ids.I64[i] = *(*int64)(rows[p])
	}
	x.keys.EncodeVectors(x.table.KeyCodec(), x.key, nil, n)
	if cap(x.refs) < n {
		x.refs = make([]state.Ref, n+n/4)
	}
	x.refs = x.refs[:n]
	if upsert {
		x.table.Upsert(&x.keys, x.refs, nil)
	} else {
		x.table.Find(&x.keys, x.refs)
	}
}

func (x *extreme) update(b *vec.Batch, rows []unsafe.Pointer) {
	v := x.variant
	if v.n == 0 {
		return
	}
	col := v.column(b, x.arg)
	x.lookup(rows, v.pos, true)
	x.val[0] = col
	x.table.RowCodec().EncodeVectors(&x.rows, x.val, nil, v.n)
	for i, g := range x.refs {
		if col.IsNull(i) {
			continue
		}
		sign := int64(1)
		if v.signs != nil {
			sign = int64(v.signs[i])
		}
		x.sort = state.AppendSortKey(x.sort[:0], col, i, false, true)
		x.change(g, x.sort, x.rows.Row(i), sign)
	}
}

// result appends the least or greatest value of each row; counts below zero are
// retractions that overtook their rows.
func (x *extreme) result(rows []unsafe.Pointer, last bool, out *vec.Vector) {
	x.lookup(rows, nil, false)
	found := make([][]byte, 1)
	for _, g := range x.refs {
		if g == state.NoRef {
			out.AppendNulls(1)
			continue
		}
		if last {
			x.table.Iter(&x.iter, g, x.table.Count(g)-1)
		} else {
			x.table.Iter(&x.iter, g, 0)
		}
		for x.iter.Valid() && *(*int64)(x.iter.Aux()) < 0 {
			if last {
				x.iter.Prev()
			} else {
				x.iter.Next()
			}
		}
		if !x.iter.Valid() {
			out.AppendNulls(1)
			continue
		}
		found[0] = x.iter.Row()
		x.val[0] = out
		x.table.RowCodec().Decode(found, x.val)
	}
}

// drop removes the map of a row.
func (x *extreme) drop(row unsafe.Pointer) {
	x.lookup([]unsafe.Pointer{row}, nil, false)
	if g := x.refs[0]; g != state.NoRef {
		x.table.DeleteKey(g)
	}
}
