package result

import (
	"fmt"
	"strings"
	"testing"

	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/spill"
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
	var s strings.Builder
	for i := range b.Len() {
		r := b.Row(i)
		fmt.Fprint(&s, b.Cols[0].Value(r), "=", b.Cols[1].Value(r), " ")
	}
	return s.String()
}

func add(t *testing.T, tb *Table, b *vec.Batch) {
	t.Helper()
	if err := tb.Add(b); err != nil {
		t.Fatal(err)
	}
}

// rest gives the rows that are left, and closes the table.
func rest(t *testing.T, tb *Table, order []plan.SortKey) string {
	t.Helper()
	s, err := "", tb.Sort(order)
	for b := (*vec.Batch)(nil); err == nil; s += text(b) {
		if b, err = tb.Next(); b == nil {
			break
		}
	}
	if err == nil {
		err = tb.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// What does not fit into memory gives the same rows in the same order.
func TestFoldBeyondMemory(t *testing.T) {
	var want string
	for _, limit := range []int64{0, 256 << 10} {
		tb := New(spill.Config{Limit: limit, Dirs: []string{t.TempDir()}}, batch().Types())
		for at := range 200 {
			var cs []change
			for i := at * 100; i < at*100+100; i++ {
				cs = append(cs, change{vec.Insert, fmt.Sprintf("%0*d", i%50, i), int64(i % 7)})
				if i%3 == 0 && i > 5000 {
					cs = append(cs, change{vec.Delete, fmt.Sprintf("%0*d", (i-5000)%50, i-5000), int64((i - 5000) % 7)})
				}
			}
			add(t, tb, batch(cs...))
		}
		if now, _ := tb.budget.Spilled(); now == 0 && limit > 0 {
			t.Error("nothing has spilled")
		}
		got := rest(t, tb, []plan.SortKey{{Col: 1}})
		if want == "" {
			want = got
		}
		if got != want || len(got) < 100_000 {
			t.Errorf("limit %d: %d bytes of text, want %d", limit, len(got), len(want))
		}
	}
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
			whole := New(spill.Config{}, batch().Types())
			add(t, whole, batch(c.changes...))
			single := New(spill.Config{}, batch().Types())
			for _, ch := range c.changes {
				add(t, single, batch(ch))
			}
			for _, tb := range []*Table{whole, single} {
				if got := rest(t, tb, c.order); got != c.want {
					t.Errorf("got %q, want %q", got, c.want)
				}
			}
		})
	}
}
