package parquet

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/weir-stream/weir/internal/format"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// fixture is the rows that testdata/make.py writes, a column a line.
var fixture = []struct {
	name, typ string
	vals      [3]any
}{
	{"i8", "TINYINT", [3]any{int64(1), nil, int64(-3)}},
	{"i16", "SMALLINT", [3]any{int64(1), nil, int64(-300)}},
	{"i32", "INT", [3]any{int64(1), nil, int64(-70000)}},
	{"i64", "BIGINT", [3]any{int64(1), nil, -(int64(1) << 40)}},
	{"u32", "BIGINT", [3]any{int64(1), nil, int64(1)<<32 - 1}},
	{"u64", "DECIMAL(20, 0)", [3]any{types.I128(1), nil, types.Int128{Lo: 1<<64 - 1}}},
	{"f32", "FLOAT", [3]any{float32(1.5), nil, float32(-2.5)}},
	{"f64", "DOUBLE", [3]any{1.5, nil, 1e300}},
	{"b", "BOOLEAN", [3]any{true, nil, false}},
	{"s", "STRING", [3]any{"a", nil, "grün"}},
	{"bin", "BYTES", [3]any{"\x00\xff", nil, ""}},
	{"fix", "BINARY(4)", [3]any{"abcd", nil, "wxyz"}},
	{"d9", "DECIMAL(9, 2)", [3]any{int64(123), nil, int64(-999)}},
	{"d30", "DECIMAL(30, 1)", [3]any{mustDec("12345678901234567890.5", 1), nil, types.I128(-5)}},
	{"date", "DATE", [3]any{int64(20455), nil, int64(-1)}},
	{"t32", "TIME(3)", [3]any{int64(3723004), nil, int64(0)}},
	{"t64", "TIME(3)", [3]any{int64(3723004), nil, int64(0)}},
	{"ts_ms", "TIMESTAMP(3)", [3]any{int64(1767323045678), nil, int64(-1)}},
	{"ts_us", "TIMESTAMP(6)", [3]any{int64(1767323045678901), nil, int64(-1)}},
	{"ts_ns", "TIMESTAMP(9)", [3]any{types.TimeNs{Ms: 1767323045678, Ns: 901000}, nil, types.TimeNs{Ms: -1, Ns: 999000}}},
	{"ltz", "TIMESTAMP_LTZ(6)", [3]any{int64(1767323045678901), nil, int64(1767323045678901)}},
	{"arr", "ARRAY<BIGINT>", [3]any{[]any{int64(1), nil, int64(3)}, nil, []any{}}},
	{"arr2", "ARRAY<ARRAY<STRING>>", [3]any{[]any{[]any{"x"}, []any{}, nil}, nil, []any{[]any{"y", nil}}}},
	{"map", "MAP<STRING NOT NULL, INT>", [3]any{[][2]any{{"a", int64(1)}, {"b", nil}}, nil, [][2]any{}}},
	{"row", "ROW<`x` INT, `y` STRING>", [3]any{[]any{int64(1), "p"}, nil, []any{nil, "q"}}},
	{"deep", "ARRAY<ROW<`k` INT, `v` ARRAY<STRING>>>", [3]any{
		[]any{[]any{int64(1), []any{"m", "n"}}, []any{nil, []any{}}}, nil, []any{nil}}},
}

func mustDec(s string, scale int) types.Int128 {
	d, err := types.ParseDecimal(s, 38, scale)
	if err != nil {
		panic(err)
	}
	return d
}

// readAll reads a file in batches of size, from row on.
func readAll(t *testing.T, data []byte, want []int, size int, row int64) ([]format.Column, *vec.Batch) {
	t.Helper()
	src := bytes.NewReader(data)
	cols, err := infer(nil, src, int64(len(data)), nil)
	if err != nil {
		t.Fatal(err)
	}
	var ts []types.Type
	for _, w := range want {
		ts = append(ts, cols[w].Type)
	}
	ps, err := parts(src, int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	r, err := openFile(format.Schema{Columns: cols, Want: want, Zone: types.UTC}, nil, src, int64(len(data)), format.Part{To: len(ps)}, format.Where{File: "f"})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if row > 0 {
		if err := r.SeekRow(row); err != nil {
			t.Fatal(err)
		}
	}
	all, b := vec.NewBatch(ts), vec.NewBatch(ts)
	for {
		b.Reset()
		err := r.Read(b, size)
		if errors.Is(err, io.EOF) {
			return cols, all
		}
		if err != nil {
			t.Fatal(err)
		}
		all.AppendBatch(b)
	}
}

func TestRead(t *testing.T) {
	for _, file := range []string{"all", "plain"} {
		data, err := os.ReadFile("testdata/" + file + ".parquet")
		if err != nil {
			t.Fatal(err)
		}
		for _, size := range []int{1, 2, 1000} {
			for row := range int64(9) {
				for c, f := range fixture {
					cols, got := readAll(t, data, []int{c}, size, row)
					if cols[c].Name != f.name || cols[c].Type.String() != f.typ {
						t.Fatalf("%s: column %d is %s %s, want %s %s", file, c, cols[c].Name, cols[c].Type, f.name, f.typ)
					}
					if got.N != 9-int(row) {
						t.Fatalf("%s %s from %d by %d: %d rows", file, f.name, row, size, got.N)
					}
					for i := range got.N {
						if v := got.Cols[0].Value(i); !reflect.DeepEqual(v, f.vals[(i+int(row))%3]) {
							t.Fatalf("%s %s from %d by %d: row %d is %#v, want %#v", file, f.name, row, size, i, v, f.vals[(i+int(row))%3])
						}
					}
				}
			}
		}
	}
}

func TestReadInt96(t *testing.T) {
	data, err := os.ReadFile("testdata/int96.parquet")
	if err != nil {
		t.Fatal(err)
	}
	_, got := readAll(t, data, []int{0, 1}, 10, 0)
	want := []any{types.TimeNs{Ms: 1767323045678, Ns: 901000}, nil, types.TimeNs{Ms: -1, Ns: 999000}}
	for i, w := range want {
		if v := got.Cols[1].Value(i); !reflect.DeepEqual(v, w) {
			t.Errorf("row %d: %v, want %v", i, v, w)
		}
	}
}

func TestDeclaredTypes(t *testing.T) {
	data, err := os.ReadFile("testdata/all.parquet")
	if err != nil {
		t.Fatal(err)
	}
	shanghai, err := types.LoadZone("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		col  string
		typ  types.Type
		zone *types.Zone
		want string
	}{
		{"i8", types.Of(types.BigInt), types.UTC, "1"},
		{"i64", types.Of(types.Double), types.UTC, "1"},
		{"f32", types.Of(types.Double), types.UTC, "1.5"},
		{"d9", types.DecimalOf(38, 4), types.UTC, "{12300 0}"},
		{"ts_us", types.TimestampOf(3), shanghai, "1767323045678"},
		{"ltz", types.TimestampOf(3), shanghai, "1767351845678"},
		{"ts_ms", types.TimestampLTZOf(3), shanghai, "1767294245678"},
		{"I32", types.Of(types.Int), types.UTC, "1"},
		{"absent", types.Of(types.Int), types.UTC, "<nil>"},
		{"s", types.Of(types.Int), types.UTC, "f: column s: declared INT, but the file has STRING"},
		{"row", types.ArrayOf(types.Of(types.Int)), types.UTC, "f: column row: declared ARRAY<INT>, but the file has ROW<`x` INT, `y` STRING>"},
	} {
		r, err := openFile(format.Schema{Columns: []format.Column{{Name: c.col, Type: c.typ}}, Want: []int{0}, Zone: c.zone}, nil,
			bytes.NewReader(data), int64(len(data)), format.Part{To: 3}, format.Where{File: "f"})
		if err != nil {
			if err.Error() != c.want {
				t.Errorf("%s: %v, want %s", c.col, err, c.want)
			}
			continue
		}
		b := vec.NewBatch([]types.Type{c.typ})
		if err := r.Read(b, 1); err != nil {
			t.Errorf("%s: %v", c.col, err)
			continue
		}
		if got := fmt.Sprint(b.Cols[0].Value(0)); got != c.want {
			t.Errorf("%s as %s: %s, want %s", c.col, c.typ, got, c.want)
		}
	}
}

func TestDamaged(t *testing.T) {
	data, err := os.ReadFile("testdata/all.parquet")
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range [][]byte{nil, []byte("PAR1"), data[:len(data)/2], []byte(strings.Repeat("x", 100))} {
		if _, err := parts(bytes.NewReader(d), int64(len(d))); err == nil {
			t.Errorf("%d bytes were read", len(d))
		}
	}
}

func FuzzRead(f *testing.F) {
	data, err := os.ReadFile("testdata/all.parquet")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(uint(500), byte(0xff))
	f.Fuzz(func(t *testing.T, pos uint, x byte) {
		d := bytes.Clone(data)
		d[pos%uint(len(d))] ^= x
		src := bytes.NewReader(d)
		cols, err := infer(nil, src, int64(len(d)), nil)
		if err != nil {
			return
		}
		var want []int
		var ts []types.Type
		for i, c := range cols {
			want, ts = append(want, i), append(ts, c.Type)
		}
		ps, err := parts(src, int64(len(d)))
		if err != nil {
			return
		}
		r, err := openFile(format.Schema{Columns: cols, Want: want, Zone: types.UTC}, nil, src, int64(len(d)), format.Part{To: len(ps)}, format.Where{})
		if err != nil {
			return
		}
		defer r.Close()
		b := vec.NewBatch(ts)
		for range 100 {
			b.Reset()
			if err := r.Read(b, 5); err != nil {
				return
			}
		}
	})
}
