package sink

import "github.com/weir-stream/weir/internal/vec"

// upserts turns changes into those of a table that is written by key: the old
// row of an update is left out where the new one replaces it, and is a deletion
// where the new one has another key or is not there.
type upserts struct {
	out   vec.Batch
	kinds []vec.Kind
	sel   []int32
}

// of gives b without -U. The result is valid until the next call.
func (u *upserts) of(b *vec.Batch, key []int) *vec.Batch {
	if b.Kinds == nil {
		return b
	}
	u.sel, u.kinds = u.sel[:0], u.kinds[:0]
	found := false
	for i, n := 0, b.Len(); i < n; i++ {
		r := b.Row(i)
		if b.Kinds[r] != vec.UpdateBefore {
			u.sel = append(u.sel, int32(r))
			continue
		}
		if !found {
			found = true
			u.kinds = append(u.kinds, b.Kinds...)
		}
		if i+1 < n && b.Kinds[b.Row(i+1)] == vec.UpdateAfter && sameKey(b, key, r, b.Row(i+1)) {
			continue
		}
		u.kinds[r] = vec.Delete
		u.sel = append(u.sel, int32(r))
	}
	if !found {
		return b
	}
	u.out = *b
	u.out.Sel, u.out.Kinds = u.sel, u.kinds
	if u.out.Sel == nil {
		u.out.Sel = []int32{}
	}
	return &u.out
}

func sameKey(b *vec.Batch, key []int, x, y int) bool {
	for _, k := range key {
		v := b.Cols[k]
		if v.IsNull(x) != v.IsNull(y) || !v.IsNull(x) && vec.Compare(v, x, v, y) != 0 {
			return false
		}
	}
	return true
}
