package live

import (
	"fmt"
	"testing"
	"time"

	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

func change(m *model, kinds string, values ...int64) {
	b := vec.NewBatch([]types.Type{types.Of(types.BigInt)})
	for i, v := range values {
		k, _ := vec.ParseKind(kinds[3*i : 3*i+2])
		b.AppendKind(k)
		b.Cols[0].AppendValue(v)
		b.N++
	}
	m.add(b)
}

func shown(b *vec.Batch) string {
	s := ""
	for i := range b.Len() {
		s += fmt.Sprint(b.Cols[0].Value(b.Row(i)), " ")
	}
	return s
}

func TestModel(t *testing.T) {
	ts := []types.Type{types.Of(types.BigInt)}
	m := newModel(ts, 0)
	change(m, "+I +I +I ", 1, 2, 3)
	change(m, "-U +U ", 2, 20)
	if got := shown(m.view(10, nil)); got != "1 20 3 " {
		t.Errorf("an update moved its row: %s", got)
	}
	change(m, "-D +I ", 1, 4)
	if got := shown(m.view(10, nil)); got != "20 3 4 " {
		t.Errorf("a new row took the place of a deleted one: %s", got)
	}
	if got := shown(m.view(2, nil)); got != "3 4 " {
		t.Errorf("the last two rows are %s", got)
	}
	if got := shown(m.view(2, []plan.SortKey{{Col: 0, Desc: true}})); got != "20 4 " {
		t.Errorf("the first two by order are %s", got)
	}
	for i := range int64(5000) {
		change(m, "+I -D ", i+100, i+100)
	}
	if got := shown(m.view(10, nil)); got != "20 3 4 " || len(m.slots) > 2048 {
		t.Errorf("after many rows that went: %s in %d places", got, len(m.slots))
	}
	last := newModel(ts, 10)
	for i := range int64(100) {
		change(last, "+I ", i)
	}
	if got := shown(last.view(3, nil)); got != "97 98 99 " || len(last.slots) > 20 || last.rowsTotal() != 100 {
		t.Errorf("of an append-only query: %s, %d kept of %d", got, len(last.slots), last.rowsTotal())
	}
}

func TestTexts(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{Count(0), "0"}, {Count(999), "999"}, {Count(1234567), "1,234,567"}, {Count(-1000), "-1,000"},
		{Size(12), "12 B"}, {Size(1500), "1.5 kB"}, {Size(250_000_000), "250 MB"},
		{Span(40 * time.Millisecond), "40 ms"}, {Span(90 * time.Second), "1 min 30 s"}, {Span(50 * time.Hour), "2 d"},
	} {
		if c.got != c.want {
			t.Errorf("%q, want %q", c.got, c.want)
		}
	}
}
