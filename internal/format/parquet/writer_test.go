package parquet

import (
	"bytes"
	"reflect"
	"testing"

	"github.com/weir-stream/weir/internal/format"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// given is the options that the tests set.
type given map[string]string

func (g given) String(k string) string {
	if v, ok := g[k]; ok {
		return v
	}
	return map[string]string{"compression": "SNAPPY"}[k]
}
func (g given) Int(string) int64                { return 0 }
func (g given) Bool(k string) bool              { return k == "write.int64.timestamp" }
func (g given) Double(string) float64           { return 0 }
func (g given) DurationMs(string) int64         { return 0 }
func (g given) Bytes(string) int64              { return 1000 }
func (g given) IsSet(k string) bool             { _, ok := g[k]; return ok }
func (g given) Prefix(string) map[string]string { return nil }

func TestRoundTrip(t *testing.T) {
	var cols []format.Column
	var ts []types.Type
	kinds := map[string]types.Type{
		"TINYINT": types.Of(types.TinyInt), "SMALLINT": types.Of(types.SmallInt), "INT": types.Of(types.Int), "BIGINT": types.Of(types.BigInt),
		"DECIMAL(20, 0)": types.DecimalOf(20, 0), "FLOAT": types.Of(types.Float), "DOUBLE": types.Of(types.Double), "BOOLEAN": types.Of(types.Boolean),
		"STRING": types.String(), "BYTES": types.Bytes(), "BINARY(4)": types.Bytes(), "DECIMAL(9, 2)": types.DecimalOf(9, 2), "DECIMAL(30, 1)": types.DecimalOf(30, 1),
		"DATE": types.Of(types.Date), "TIME(3)": types.TimeOf(3), "TIMESTAMP(3)": types.TimestampOf(3), "TIMESTAMP(6)": types.TimestampOf(6), "TIMESTAMP(9)": types.TimestampOf(9),
		"TIMESTAMP_LTZ(6)": types.TimestampLTZOf(6), "ARRAY<BIGINT>": types.ArrayOf(types.Of(types.BigInt)), "ARRAY<ARRAY<STRING>>": types.ArrayOf(types.ArrayOf(types.String())),
		"MAP<STRING NOT NULL, INT>": types.MapOf(types.String().NotNull(), types.Of(types.Int)),
		"ROW<`x` INT, `y` STRING>":  types.RowOf(types.Field{Name: "x", Type: types.Of(types.Int)}, types.Field{Name: "y", Type: types.String()}),
		"ARRAY<ROW<`k` INT, `v` ARRAY<STRING>>>": types.ArrayOf(types.RowOf(types.Field{Name: "k", Type: types.Of(types.Int)},
			types.Field{Name: "v", Type: types.ArrayOf(types.String())})),
	}
	for _, f := range fixture {
		ty, ok := kinds[f.typ]
		if !ok {
			t.Fatalf("no type %s", f.typ)
		}
		cols, ts = append(cols, format.Column{Name: f.name, Type: ty}), append(ts, ty)
	}
	cols, ts = append(cols, format.Column{Name: "a_last", Type: types.Of(types.Int).NotNull()}), append(ts, types.Of(types.Int).NotNull())
	b := vec.NewBatch(ts)
	const rows = 30
	for r := range rows {
		for c, f := range fixture {
			b.Cols[c].AppendValue(f.vals[r%3])
		}
		b.Cols[len(fixture)].AppendValue(int64(r))
		b.N++
	}
	for _, codec := range []string{"UNCOMPRESSED", "SNAPPY", "GZIP", "ZSTD", "LZ4_RAW"} {
		e, err := Spec().NewEncoder(format.Schema{Columns: cols}, given{"compression": codec})
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		if err := e.Begin(&out); err != nil {
			t.Fatal(err)
		}
		for range 3 {
			if err := e.Encode(b); err != nil {
				t.Fatal(err)
			}
		}
		if err := e.End(); err != nil {
			t.Fatal(err)
		}
		var want []int
		for c := range cols {
			want = append(want, c)
		}
		back, got := readAll(t, out.Bytes(), want, 7, 0)
		if got.N != 3*rows {
			t.Fatalf("%s: %d rows", codec, got.N)
		}
		for c := range cols {
			if !back[c].Type.Equal(cols[c].Type) || back[c].Name != cols[c].Name {
				t.Errorf("%s: column %s %s came back as %s %s", codec, cols[c].Name, cols[c].Type, back[c].Name, back[c].Type)
				continue
			}
			for r := range got.N {
				if g, w := got.Cols[c].Value(r), b.Cols[c].Value(r%rows); !reflect.DeepEqual(g, w) {
					t.Fatalf("%s: %s row %d: %#v, want %#v", codec, cols[c].Name, r, g, w)
				}
			}
		}
	}
}
