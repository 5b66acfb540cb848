package print

import (
	"bytes"
	"context"
	"testing"

	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

func TestPrint(t *testing.T) {
	cols := []struct {
		t types.Type
		v any
		s string
	}{
		{types.Of(types.Int), int64(1), "1"},
		{types.String(), "a", "a"},
		{types.Of(types.Double), 1e10, "1.0E10"},
		{types.Of(types.Double), 100.0, "100.0"},
		{types.Of(types.Float), float32(0.0001), "1.0E-4"},
		{types.DecimalOf(10, 2), int64(-5), "-0.05"},
		{types.TimestampOf(3), int64(0), "1970-01-01T00:00"},
		{types.TimestampLTZOf(3), int64(1500), "1970-01-01T00:00:01.500Z"},
		{types.TimestampLTZOf(3), int64(0), "1970-01-01T00:00:00Z"},
		{types.Of(types.Date), int64(0), "1970-01-01"},
		{types.Bytes(), "\x01\xff", "[1, -1]"},
		{types.ArrayOf(types.Of(types.Int)), []any{int64(1), nil}, "[1, null]"},
		{types.MapOf(types.String(), types.Of(types.Int)), [][2]any{{"k", int64(2)}}, "{k=2}"},
		{types.RowOf(types.Field{Name: "x", Type: types.Of(types.Int)}), []any{int64(7)}, "+I[7]"},
		{types.String(), nil, "null"},
	}
	var ts []types.Type
	want := ""
	for i, c := range cols {
		ts = append(ts, c.t)
		if i > 0 {
			want += ", "
		}
		want += c.s
	}
	b := vec.NewBatch(ts)
	for i, c := range cols {
		b.Cols[i].AppendValue(c.v)
	}
	b.N, b.Kinds = 1, []vec.Kind{vec.UpdateAfter}
	for _, c := range []struct {
		given  map[string]string
		par    int
		prefix string
	}{
		{map[string]string{}, 1, ""},
		{map[string]string{}, 4, "3> "},
		{map[string]string{"print-identifier": "x"}, 1, "x> "},
		{map[string]string{"print-identifier": "x", "standard-error": "true"}, 4, "x:3> "},
	} {
		var out, errs bytes.Buffer
		c.given["connector"] = "print"
		o, err := connector.Resolve(Spec(), nil, c.given, nil)
		if err != nil {
			t.Fatal(err)
		}
		s, err := Spec().Sink(&connector.Table{Resolved: *o, Env: &connector.Env{Stdout: &out, Stderr: &errs}})
		if err != nil {
			t.Fatal(err)
		}
		w, _ := s.Open(context.Background(), 2, c.par)
		if err := w.Write(context.Background(), b); err != nil {
			t.Fatal(err)
		}
		if got := out.String() + errs.String(); got != c.prefix+"+U["+want+"]\n" || (c.given["standard-error"] != "") != (out.Len() == 0) {
			t.Errorf("%v:\n got %s\nwant %s", c.given, got, c.prefix+"+U["+want+"]")
		}
	}
}
