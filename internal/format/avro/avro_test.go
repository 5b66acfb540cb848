package avro_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	tavro "github.com/twmb/avro"

	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/format"
	"github.com/weir-stream/weir/internal/format/avro"
	"github.com/weir-stream/weir/internal/registry"
	"github.com/weir-stream/weir/internal/registry/registrytest"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

func start(t testing.TB) (*registrytest.Server, string) {
	t.Helper()
	s := registrytest.Start(t)
	return s, s.URL
}

func options(t testing.TB, s *format.Spec, given map[string]string) format.Options {
	t.Helper()
	o, err := connector.NewOptions("format '"+s.Name+"'", s.Options, nil, given, nil)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func show(b *vec.Batch) string {
	var rows []string
	for i := range b.N {
		row := b.Kind(i).String()
		for _, c := range b.Cols {
			row += " " + fmt.Sprint(c.Value(i))
		}
		rows = append(rows, row)
	}
	return strings.Join(rows, "\n")
}

func allOf(cols []format.Column) []int {
	out := make([]int, len(cols))
	for i := range out {
		out[i] = i
	}
	return out
}

func typesOf(cols []format.Column) []types.Type {
	var ts []types.Type
	for _, c := range cols {
		ts = append(ts, c.Type)
	}
	return ts
}

// everything has a column of each type.
func everything() []format.Column {
	text := types.String()
	return []format.Column{
		{Name: "b", Type: types.Of(types.Boolean)}, {Name: "ti", Type: types.Of(types.TinyInt)}, {Name: "si", Type: types.Of(types.SmallInt).NotNull()},
		{Name: "i", Type: types.Of(types.Int)}, {Name: "l", Type: types.Of(types.BigInt)}, {Name: "f", Type: types.Of(types.Float)}, {Name: "d", Type: types.Of(types.Double)},
		{Name: "s", Type: text}, {Name: "by", Type: types.Bytes()}, {Name: "dec", Type: types.DecimalOf(10, 2)}, {Name: "wide", Type: types.DecimalOf(38, 0)},
		{Name: "dt", Type: types.Of(types.Date)}, {Name: "tm", Type: types.TimeOf(3)}, {Name: "ts", Type: types.TimestampOf(3)}, {Name: "us", Type: types.TimestampLTZOf(6)},
		{Name: "arr", Type: types.ArrayOf(types.Of(types.Int))}, {Name: "m", Type: types.MapOf(text.NotNull(), types.Of(types.BigInt))},
		{Name: "r", Type: types.RowOf(types.Field{Name: "x", Type: types.Of(types.Int)}, types.Field{Name: "y", Type: text})},
	}
}

func everyValue() *vec.Batch {
	b := vec.NewBatch(typesOf(everything()))
	big := types.Int128{Hi: -1 << 60, Lo: 77}
	rows := [][]any{
		{true, int64(-3), int64(300), int64(-70000), int64(math.MinInt64), float32(1.5), 2.25, "é", "\x00\xff", int64(-12345), big, int64(-1), int64(3_600_000), int64(-1), int64(1_700_000_000_123_456),
			[]any{int64(1), nil, int64(3)}, [][2]any{{"k", int64(9)}, {"n", nil}}, []any{int64(5), nil}},
		{nil, nil, int64(0), nil, nil, nil, nil, nil, nil, nil, nil, nil, nil, nil, nil, nil, nil, nil},
		{false, int64(127), int64(-1), int64(0), int64(128), float32(0), math.Inf(1), "", "", int64(127), types.I128(-128), int64(20000), int64(0), int64(0), int64(-1), []any{}, [][2]any{}, []any{nil, ""}},
	}
	for _, r := range rows {
		for i, x := range r {
			b.Cols[i].AppendValue(x)
		}
		b.N++
	}
	return b
}

func TestRoundTrip(t *testing.T) {
	s := avro.Spec()
	sc := format.Schema{Columns: everything(), Want: allOf(everything()), Zone: types.UTC}
	e, err := s.NewMessageEncoder(sc, options(t, s, nil))
	if err != nil {
		t.Fatal(err)
	}
	d, err := s.NewMessageDecoder(sc, options(t, s, nil))
	if err != nil {
		t.Fatal(err)
	}
	in, out := everyValue(), vec.NewBatch(typesOf(everything()))
	var msgs [][]byte
	for i := range in.N {
		msg, _, err := e.AppendMessage(nil, in, i)
		if err != nil {
			t.Fatal(err)
		}
		msgs = append(msgs, msg)
		if err := d.DecodeMessage(msg, out); err != nil {
			t.Fatal(err)
		}
	}
	if show(in) != show(out) {
		t.Errorf("got\n%s\nwant\n%s", show(out), show(in))
	}
	for _, msg := range msgs { // a message that is cut is an error and leaves nothing
		for n := range msg {
			if err := d.DecodeMessage(msg[:n], out); err == nil || out.N != in.N {
				t.Fatalf("cut at %d of %d: %v, %d rows", n, len(msg), err, out.N)
			}
		}
	}
}

// TestForeignSchemas: what another library wrote with another schema is matched by name.
func TestForeignSchemas(t *testing.T) {
	reg, url := start(t)
	s := avro.Confluent()
	cols := []format.Column{{Name: "id", Type: types.Of(types.BigInt)}, {Name: "v", Type: types.Of(types.Double)}, {Name: "c", Type: types.String()}, {Name: "gone", Type: types.String()}}
	d, err := s.NewMessageDecoder(format.Schema{Columns: cols, Want: allOf(cols), Zone: types.UTC}, options(t, s, map[string]string{"url": url}))
	if err != nil {
		t.Fatal(err)
	}
	out := vec.NewBatch(typesOf(cols))
	for _, x := range []struct {
		schema string
		value  any
	}{
		{`{"type":"record","name":"a","fields":[{"name":"id","type":"int"},{"name":"v","type":"float"},{"name":"c","type":{"type":"enum","name":"e","symbols":["R","G"]}}]}`,
			map[string]any{"id": 7, "v": float32(0.5), "c": "G"}},
		{`{"type":"record","name":"list","fields":[{"name":"next","type":["null","list"]},{"name":"more","type":{"type":"map","values":{"type":"array","items":"bytes"}}},{"name":"c","type":["string","null"]},{"name":"id","type":["null","int","long"]},{"name":"v","type":"long"}]}`,
			map[string]any{"next": map[string]any{"next": nil, "more": map[string]any{}, "c": "inner", "id": nil, "v": 1}, "more": map[string]any{"k": []any{[]byte("x"), []byte("y")}}, "c": "outer", "id": int64(1) << 40, "v": 3}},
	} {
		body, err := tavro.MustParse(x.schema).Encode(x.value)
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if err := d.DecodeMessage(append(registry.AppendHead(nil, reg.Add("t-value", registry.Avro, x.schema)), body...), out); err != nil {
				t.Fatal(err)
			}
		}
	}
	want := "+I 7 0.5 G <nil>\n+I 7 0.5 G <nil>\n+I 1099511627776 3 outer <nil>\n+I 1099511627776 3 outer <nil>"
	if got := show(out); got != want || reg.Asked() != 2 {
		t.Errorf("%d requests\n%s\nwant\n%s", reg.Asked(), got, want)
	}
	for msg, want := range map[string]string{"{}": "does not begin with the number of a schema", "\x00\x00\x00\x00\x63x": "asking for schema 99"} {
		if err := d.DecodeMessage([]byte(msg), out); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", msg, err)
		}
	}
}

func TestChanges(t *testing.T) {
	_, url := start(t)
	s := avro.Debezium()
	cols := []format.Column{{Name: "id", Type: types.Of(types.Int)}, {Name: "name", Type: types.String()}}
	o := options(t, s, map[string]string{"url": url})
	sc := format.Schema{Columns: cols, Want: []int{0, 1}, Zone: types.UTC, Subject: "t-value"}
	e, err := s.NewMessageEncoder(sc, o)
	if err != nil {
		t.Fatal(err)
	}
	d, err := s.NewMessageDecoder(sc, o)
	if err != nil {
		t.Fatal(err)
	}
	in, out := vec.NewBatch(typesOf(cols)), vec.NewBatch(typesOf(cols))
	for i, k := range []vec.Kind{vec.Insert, vec.UpdateBefore, vec.UpdateAfter, vec.Delete} {
		in.Cols[0].AppendValue(int64(i))
		in.Cols[1].AppendNulls(1)
		in.Kinds = append(in.Kinds, k)
		in.N++
	}
	for i := range in.N {
		msg, _, err := e.AppendMessage(nil, in, i)
		if err != nil {
			t.Fatal(err)
		}
		if err := d.DecodeMessage(msg, out); err != nil {
			t.Fatal(err)
		}
	}
	if want := "+I 0 <nil>\n-D 1 <nil>\n+I 2 <nil>\n-D 3 <nil>"; show(out) != want {
		t.Errorf("%s\nwant\n%s", show(out), want)
	}
}

// TestDebeziumSchema: an envelope as Debezium has it, whose rows share a schema.
func TestDebeziumSchema(t *testing.T) {
	reg, url := start(t)
	s := avro.Debezium()
	cols := []format.Column{{Name: "name", Type: types.String()}}
	d, err := s.NewMessageDecoder(format.Schema{Columns: cols, Want: []int{0}, Zone: types.UTC}, options(t, s, map[string]string{"url": url}))
	if err != nil {
		t.Fatal(err)
	}
	const schema = `{"type":"record","name":"Envelope","namespace":"shop.people","fields":[
		{"name":"before","type":["null",{"type":"record","name":"Value","fields":[{"name":"id","type":"int"},{"name":"name","type":["null","string"]}]}]},
		{"name":"after","type":["null","Value"]},
		{"name":"source","type":{"type":"record","name":"Source","fields":[{"name":"db","type":"string"},{"name":"ts_ms","type":"long"}]}},
		{"name":"op","type":"string"},{"name":"ts_ms","type":["null","long"]}]}`
	row := func(name string) any { return map[string]any{"id": 1, "name": name} }
	out := vec.NewBatch(typesOf(cols))
	for _, x := range []map[string]any{
		{"before": nil, "after": row("a"), "op": "r"}, {"before": row("a"), "after": row("b"), "op": "u"}, {"before": row("b"), "after": nil, "op": "d"},
	} {
		x["source"], x["ts_ms"] = map[string]any{"db": "shop", "ts_ms": 5}, 6
		body, err := tavro.MustParse(schema).Encode(x)
		if err != nil {
			t.Fatal(err)
		}
		if err := d.DecodeMessage(append(registry.AppendHead(nil, reg.Add("t-value", registry.Avro, schema)), body...), out); err != nil {
			t.Fatal(err)
		}
	}
	if want := "+I a\n-U a\n+U b\n-D b"; show(out) != want {
		t.Errorf("%s\nwant\n%s", show(out), want)
	}
}
