package topn

import (
	"unsafe"

	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/state"
	"github.com/weir-stream/weir/internal/types"
)

// SortCols gives an order as state tables know it.
func SortCols(keys []plan.SortKey) []state.SortCol {
	out := make([]state.SortCol, len(keys))
	for i, k := range keys {
		out[i] = state.SortCol{Col: k.Col, Desc: k.Desc, NullsFirst: k.NullsFirst}
	}
	return out
}

// origin tells that keys and rows are of the only input.
func (s *Spec) origin() state.Origin { return state.Origin{Input: 1, Key: s.Partition} }

// word is a word of the order at some place of a value.
func (s *Spec) word(at int) state.Field {
	f := state.Field{Kind: state.FieldWord, At: at, Size: 8}
	if len(s.Order) > 0 {
		f.Kind, f.Row = state.FieldKey, state.Columns([]types.Type{s.In[s.Order[0].Col]})
		f.From.Row = []int{s.Order[0].Col}
	}
	return f
}

// stored is a reference to what is stored of a row, bare of all but its order or not.
func (s *Spec) stored(at int, bare bool) state.Field {
	f := state.Field{Kind: state.FieldKey, At: at, Size: 8, Keyed: true}
	if bare {
		for _, k := range s.Order {
			f.Row = append(f.Row, state.Columns([]types.Type{s.In[k.Col]})...)
		}
		return f
	}
	f.Name, f.Kind, f.Row, f.From = "row", state.FieldRow, state.Columns(s.In), state.Origin{Input: 1}
	if o := NewOrder(s.In, s.Order); o.Exact {
		f.Keyed = false
	} else {
		f.Order = SortCols(s.Order)
	}
	return f
}

// fields describes a partition's row.
func (f *first) fields() []state.Field {
	return []state.Field{f.word(0), {Kind: state.FieldWord, At: 8, Size: 8}, f.stored(int(unsafe.Offsetof(best{}.ref)), f.bare)}
}

// fields describes a partition's row.
func (f *few) fields() []state.Field {
	n, at := int(f.n), int(groupBytes)
	out := []state.Field{{Kind: state.FieldWord, Size: 8}, {Kind: state.FieldWord, At: 8, Size: 8}, f.word(16)}
	for i := range n {
		out = append(out, f.word(at+8*i))
	}
	for i := range n {
		out = append(out, f.stored(at+8*(n+i), false))
	}
	return out
}
