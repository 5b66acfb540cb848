package arrow

import (
	"bytes"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/ipc"

	"github.com/weir-stream/weir/internal/format"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// TestRoundTrip writes one row of every type and a row of nulls, and reads
// Arrow's own text of them.
func TestRoundTrip(t *testing.T) {
	cols := []struct {
		typ   types.Type
		value any
		want  string
	}{
		{types.Of(types.Boolean), true, "[true (null)]"},
		{types.Of(types.TinyInt), int64(-1), "[-1 (null)]"},
		{types.Of(types.BigInt), int64(1) << 40, "[1099511627776 (null)]"},
		{types.Of(types.Double), 1.5, "[1.5 (null)]"},
		{types.DecimalOf(10, 2), int64(150), "[1.5 (null)]"},
		{types.DecimalOf(30, 2), types.I128(-150), ""},
		{types.String(), "日本", `["日本" (null)]`},
		{types.Of(types.Date), int64(1), ""},
		{types.TimestampOf(3), int64(1500), "[1500 (null)]"},
		{types.TimestampLTZOf(9), types.TimeNs{Ms: 1500, Ns: 7}, ""},
		{types.ArrayOf(types.Of(types.Int)), []any{int64(1), nil}, "[[1 (null)] (null)]"},
		{types.MapOf(types.String().NotNull(), types.Of(types.Int)), [][2]any{{"a", int64(1)}}, `[{["a"] [1]} (null)]`},
		{types.RowOf(types.Field{Name: "x", Type: types.Of(types.Int)}), []any{int64(7)}, "{[7 (null)]}"},
	}
	var fc []format.Column
	var ts []types.Type
	for i, c := range cols {
		fc = append(fc, format.Column{Name: string(rune('a' + i)), Type: c.typ})
		ts = append(ts, c.typ)
	}
	b := vec.NewBatch(ts)
	for i, c := range cols {
		b.Cols[i].AppendValue(c.value)
		b.Cols[i].AppendNulls(1)
	}
	b.N = 2
	enc, err := Spec().NewEncoder(format.Schema{Columns: fc}, nil)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	for _, f := range []func() error{func() error { return enc.Begin(&out) }, func() error { return enc.Encode(b) }, enc.End} {
		if err := f(); err != nil {
			t.Fatal(err)
		}
	}
	r, err := ipc.NewReader(&out)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Release()
	if !r.Next() || r.RecordBatch().NumRows() != 2 {
		t.Fatal("no record of two rows")
	}
	for i, c := range cols {
		got := r.RecordBatch().Column(i)
		if got.IsValid(0) != true || got.IsNull(1) != true {
			t.Errorf("%s: validity of %s", c.typ, got)
		}
		if c.want != "" && got.String() != c.want {
			t.Errorf("%s: %s, want %s", c.typ, got, c.want)
		}
	}
}
