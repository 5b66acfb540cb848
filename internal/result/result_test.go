package result

import (
	"fmt"
	"testing"

	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

type change struct {
	kind vec.Kind
	k    any
	n    any
}

func batch(changes ...change) *vec.Batch {
	b := vec.NewBatch([]types.Type{types.String(), types.Of(types.BigInt)})
	for _, c := range changes {
		b.AppendKind(c.kind)
		b.Cols[0].AppendValue(c.k)
		b.Cols[1].AppendValue(c.n)
		b.N++
	}
	return b
}

func text(b *vec.Batch) string {
	s := ""
	for i := range b.Len() {
		r := b.Row(i)
		s += fmt.Sprint(b.Cols[0].Value(r), "=", b.Cols[1].Value(r), " ")
	}
	return s
}

func TestFold(t *testing.T) {
	const i, ub, ua, d = vec.Insert, vec.UpdateBefore, vec.UpdateAfter, vec.Delete
	byN := []plan.SortKey{{Col: 1, Desc: true}}
	for _, c := range []struct {
		name    string
		changes []change
		order   []plan.SortKey
		want    string
	}{
		{"inserts keep their order", []change{{i, "b", int64(1)}, {i, "a", int64(2)}}, nil, "b=1 a=2 "},
		{"an update replaces", []change{{i, "a", int64(1)}, {ub, "a", int64(1)}, {ua, "a", int64(2)}}, nil, "a=2 "},
		{"a delete removes one of two", []change{{i, "a", int64(1)}, {i, "a", int64(1)}, {d, "a", int64(1)}}, nil, "a=1 "},
		{"a delete may come first", []change{{d, "a", int64(1)}, {i, "a", int64(1)}}, nil, ""},
		{"nulls last when descending", []change{{i, "x", nil}, {i, "a", int64(1)}, {i, "b", int64(2)}}, byN, "b=2 a=1 x=<nil> "},
		{"nulls first when asked", []change{{i, "b", int64(2)}, {i, "x", nil}}, []plan.SortKey{{Col: 1, NullsFirst: true}}, "x=<nil> b=2 "},
	} {
		t.Run(c.name, func(t *testing.T) {
			whole := New(batch().Types())
			whole.Add(batch(c.changes...))
			single := New(batch().Types())
			for _, ch := range c.changes {
				single.Add(batch(ch))
			}
			for _, tb := range []*Table{whole, single} {
				if got := text(tb.Rows(c.order)); got != c.want {
					t.Errorf("got %q, want %q", got, c.want)
				}
			}
			if whole.Len() != whole.Rows(nil).Len() {
				t.Errorf("Len is %d", whole.Len())
			}
		})
	}
}
