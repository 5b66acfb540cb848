package csv_test

import (
	"bytes"
	stdcsv "encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/format"
	"github.com/weir-stream/weir/internal/format/csv"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

func opts(tb testing.TB, given map[string]string) format.Options {
	tb.Helper()
	o, err := connector.NewOptions("format 'csv'", csv.Spec().Options, nil, given, nil)
	if err != nil {
		tb.Fatal(err)
	}
	return o
}

// decode feeds text in pieces of step bytes and asks for at most max rows a time.
func decode(tb testing.TB, text string, cols []format.Column, want []int, given map[string]string, step, max int) (*vec.Batch, format.Stats, error) {
	tb.Helper()
	d, err := csv.Spec().NewDecoder(format.Schema{Columns: cols, Want: want, Zone: types.UTC}, opts(tb, given), format.Where{File: "f.csv", Line: 1})
	if err != nil {
		tb.Fatal(err)
	}
	var ts []types.Type
	for _, w := range want {
		ts = append(ts, cols[w].Type)
	}
	b := vec.NewBatch(ts)
	src := []byte{}
	for at := 0; ; {
		n := min(step, len(text)-at)
		src = append(src, text[at:at+n]...)
		at += n
		for {
			before := b.N
			used, err := d.Decode(src, at == len(text), b, max)
			if err != nil {
				return b, d.Stats(), err
			}
			src = append([]byte{}, src[used:]...)
			if b.N == before {
				break
			}
		}
		if at == len(text) {
			if len(src) != 0 {
				tb.Fatalf("%d bytes were left: %q", len(src), src)
			}
			return b, d.Stats(), nil
		}
	}
}

// show gives the rows as text.
func show(b *vec.Batch) string {
	var s strings.Builder
	for i := range b.N {
		for c, v := range b.Cols {
			if c > 0 {
				s.WriteByte(' ')
			}
			fmt.Fprintf(&s, "%v", v.Value(i))
		}
		s.WriteByte('\n')
	}
	return s.String()
}

var abc = []format.Column{{Name: "a", Type: types.Of(types.BigInt)}, {Name: "b", Type: types.String()}, {Name: "c", Type: types.Of(types.Double)}}

func TestDecode(t *testing.T) {
	for _, c := range []struct {
		name  string
		text  string
		given map[string]string
		want  string // all columns, or the error
		errs  int64
	}{
		{"plain", "1,x,2.5\n2,yy,3\n", nil, "1 x 2.5\n2 yy 3\n", 0},
		{"no newline at the end", "1,x,2.5\n2,yy,3", nil, "1 x 2.5\n2 yy 3\n", 0},
		{"returns", "1,x,2.5\r\n2,\"y,y\",3\r\n3,z,4", nil, "1 x 2.5\n2 y,y 3\n3 z 4\n", 0},
		{"empty", ",,\n", nil, "<nil>  <nil>\n", 0},
		{"blank lines", "1,x,2\n\n\r\n2,y,3\n", nil, "1 x 2\n2 y 3\n", 0},
		{"quotes", "1,\"a \"\"b\"\"\",\"2\"\n\"2\",\"line\nbreak\",3\n3,it\"s,4\n", nil, "1 a \"b\" 2\n2 line\nbreak 3\n3 it\"s 4\n", 0},
		{"no quotes", "1,\"x,2\n", map[string]string{"disable-quote-character": "true"}, "1 \"x 2\n", 0},
		{"escapes", "1,a\\,b\\n,2\n2,\"q\\\"\\\\\",3\n", map[string]string{"escape-character": "\\"}, "1 a,b\n 2\n2 q\"\\ 3\n", 0},
		{"delimiter", "1\tx\t2\n", map[string]string{"field-delimiter": "\\t"}, "1 x 2\n", 0},
		{"null literal", "n/a,n/a,n/a\n1,\"n/a\",2\n", map[string]string{"null-literal": "n/a"}, "<nil> <nil> <nil>\n1 <nil> 2\n", 0},
		{"comments", "#1,x,2\n2,y,3\n", map[string]string{"allow-comments": "true"}, "2 y 3\n", 0},
		{"header", "a,b,c\n2,y,3\n", map[string]string{"header": "true"}, "2 y 3\n", 0},
		{"byte order mark", "\xef\xbb\xbf1,x,2\n", nil, "1 x 2\n", 0},
		{"blanks", " 1 , x , 2 \n", nil, "1  x  2\n", 0},
		{"bad value", "1,x,2\n2,yy,abc\n", nil, "f.csv:2:6: column c: \"abc\" is not DOUBLE", 0},
		{"bad value, quoted line", "1,\"x\n\",2\n\"2\",yy,abc\n", nil, "f.csv:3:8: column c: \"abc\" is not DOUBLE", 0},
		{"too few", "1,x\n", nil, "f.csv:1:4: 2 fields where the table has 3 columns", 0},
		{"too many", "1,x,2,3\n", nil, "f.csv:1:7: 4 fields where the table has 3 columns", 0},
		{"never closed", "1,x,2\n2,\"x,2\n", nil, "f.csv:2:3: the quote is never closed", 0},
		{"after quote", "1,\"x\"y,2\n", nil, "f.csv:1:6: a delimiter or the end of the line must follow the closing quote", 0},
		{"ignored", "x,y,z\n1,x\n1,x,2,3\n1,\"x\"y,2\n4,y,5\n", map[string]string{"ignore-parse-errors": "true"},
			"<nil> y <nil>\n1 x <nil>\n4 y 5\n", 5},
	} {
		for step := 1; step <= len(c.text); step++ {
			b, st, err := decode(t, c.text, abc, []int{0, 1, 2}, c.given, step, 1+step%3)
			got := show(b)
			if err != nil {
				got = err.Error()
			}
			if got != c.want || st.ParseErrors != c.errs {
				t.Errorf("%s, by %d:\n got %q (%d errors: %s)\nwant %q (%d)", c.name, step, got, st.ParseErrors, st.FirstError, c.want, c.errs)
				break
			}
		}
		for _, want := range [][]int{{1}, {0, 2}, {}} { // fewer columns see the same rows
			if strings.HasPrefix(c.want, "f.csv") || c.errs > 0 {
				continue
			}
			b, _, err := decode(t, c.text, abc, want, c.given, 7, 100)
			if err != nil {
				t.Errorf("%s %v: %v", c.name, want, err)
				continue
			}
			full, _, _ := decode(t, c.text, abc, []int{0, 1, 2}, c.given, 1000, 100)
			full.Cols = pickCols(full.Cols, want)
			if show(b) != show(full) {
				t.Errorf("%s %v: %q, want %q", c.name, want, show(b), show(full))
			}
		}
	}
}

func pickCols(cols []*vec.Vector, want []int) []*vec.Vector {
	var out []*vec.Vector
	for _, w := range want {
		out = append(out, cols[w])
	}
	return out
}

var every = []struct {
	t    types.Type
	text string
	val  any
}{
	{types.Of(types.Boolean), "TRUE", true},
	{types.Of(types.TinyInt), "-128", int64(-128)},
	{types.Of(types.SmallInt), "+7", int64(7)},
	{types.Of(types.Int), "-2147483648", int64(-2147483648)},
	{types.Of(types.BigInt), "-9223372036854775808", int64(-9223372036854775808)},
	{types.Of(types.Float), "1.5", float32(1.5)},
	{types.Of(types.Double), "1.0E-7", 1e-7},
	{types.DecimalOf(10, 2), "-1.5", int64(-150)},
	{types.DecimalOf(10, 2), "1e3", int64(100000)},
	{types.DecimalOf(30, 2), "12345678901234567890.12", func() any { d, _ := types.ParseDecimal("12345678901234567890.12", 30, 2); return d }()},
	{types.Bytes(), "AP8=", "\x00\xff"},
	{types.Of(types.Date), "2026-01-02", int64(20455)},
	{types.TimeOf(3), "01:02:03.004", int64(3723004)},
	{types.TimestampOf(3), "2026-01-02 03:04:05.678", int64(1767323045678)},
	{types.TimestampOf(3), "2026-01-02T03:04:05Z", int64(1767323045000)},
	{types.TimestampOf(6), "2026-01-02 03:04:05.678901", int64(1767323045678901)},
	{types.TimestampOf(9), "2026-01-02 03:04:05.678901234", types.TimeNs{Ms: 1767323045678, Ns: 901234}},
	{types.TimestampLTZOf(3), "2026-01-02 03:04:05.678Z", int64(1767323045678)},
	{types.TimestampLTZOf(3), "2026-01-02 03:04:05.678+08:00", int64(1767294245678)},
	{types.ArrayOf(types.Of(types.Int)), "1;;3", []any{int64(1), nil, int64(3)}},
	{types.ArrayOf(types.String()), "a;b;", []any{"a", "b", ""}},
	{types.ArrayOf(types.String()), "", []any{}},
	{types.RowOf(types.Field{Name: "x", Type: types.Of(types.Int)}, types.Field{Name: "y", Type: types.String()}), "1;b", []any{int64(1), "b"}},
}

func TestTypes(t *testing.T) {
	for _, c := range every {
		cols := []format.Column{{Name: "a", Type: c.t}, {Name: "z", Type: types.Of(types.Int)}}
		b, _, err := decode(t, c.text+",1\n", cols, []int{0, 1}, nil, 100, 10)
		if err != nil {
			t.Errorf("%s %q: %v", c.t, c.text, err)
			continue
		}
		if got := b.Cols[0].Value(0); !reflect.DeepEqual(got, c.val) {
			t.Errorf("%s %q: %#v, want %#v", c.t, c.text, got, c.val)
		}
		// What is written reads back the same.
		e, err := csv.Spec().NewEncoder(format.Schema{Columns: cols, Want: []int{0, 1}, Zone: types.UTC}, opts(t, nil))
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		if err := e.Begin(&out); err != nil {
			t.Fatal(err)
		}
		if err := e.Encode(b); err != nil {
			t.Fatal(err)
		}
		if err := e.End(); err != nil {
			t.Fatal(err)
		}
		again, _, err := decode(t, out.String(), cols, []int{0, 1}, nil, 100, 10)
		if err != nil || !reflect.DeepEqual(again.Cols[0].Value(0), c.val) {
			t.Errorf("%s: wrote %q, read back %v, %v", c.t, out.String(), again.Cols[0], err)
		}
	}
	for _, c := range []struct {
		t    types.Type
		text string
	}{{types.Of(types.TinyInt), "128"}, {types.Of(types.Int), "1.5"}, {types.Of(types.BigInt), "9223372036854775808"}, {types.Of(types.Boolean), "yes"},
		{types.Of(types.Date), "2026-02-30"}, {types.DecimalOf(3, 1), "100"}, {types.Bytes(), "?"}, {types.TimestampOf(3), "2026-01-02 25:00:00"}, {types.Of(types.Int), "-"}} {
		cols := []format.Column{{Name: "a", Type: c.t}}
		if b, _, err := decode(t, c.text+"\n", cols, []int{0}, nil, 100, 10); err == nil {
			t.Errorf("%s %q was read as %v", c.t, c.text, b.Cols[0].Value(0))
		}
	}
}

func TestInfer(t *testing.T) {
	for _, c := range []struct{ text, opts, cols string }{
		{"id,name,price,day,at,ok\n1,a,1.5,2026-01-02,2026-01-02 03:04:05,true\n2,,2,,,false\n", "map[header:true]",
			"id BIGINT, name STRING, price DOUBLE, day DATE, at TIMESTAMP(3), ok BOOLEAN"},
		{"1|x\n2|y\n", "map[field-delimiter:|]", "f0 BIGINT, f1 STRING"},
		{"name;city\nann;rome\nbob;oslo\n", "map[field-delimiter:; header:true]", "name STRING, city STRING"},
		{"ann,rome\nann,oslo\n", "map[]", "f0 STRING, f1 STRING"},
		{"zip\n01234\n", "map[header:true]", "zip STRING"},
		{"\"a,b\",\"c\"\"d\"\n1,2\n", "map[header:true]", "a,b BIGINT, c\"d BIGINT"},
	} {
		o := csv.Spec().InferOptions([]byte(c.text))
		cols, err := csv.Spec().Infer([]byte(c.text), nil, 0, opts(t, o))
		if err != nil {
			t.Errorf("%q: %v", c.text, err)
			continue
		}
		var got []string
		for _, x := range cols {
			got = append(got, x.Name+" "+x.Type.String())
		}
		if s := strings.Join(got, ", "); s != c.cols || fmt.Sprint(o) != c.opts {
			t.Errorf("%q: %s %v, want %s %s", c.text, s, o, c.cols, c.opts)
		}
	}
}

// FuzzDecode compares with encoding/csv where both take the input, and reading
// in pieces with reading at once.
func FuzzDecode(f *testing.F) {
	f.Add("a,b\n\"x\"\"y\",\"z\n\"\r\n,\n")
	f.Fuzz(func(t *testing.T, text string) {
		cols := []format.Column{{Name: "a", Type: types.String()}, {Name: "b", Type: types.String()}}
		whole, _, err := decode(t, text, cols, []int{0, 1}, nil, len(text)+1, 1000)
		bits, _, err2 := decode(t, text, cols, []int{0, 1}, nil, 3, 1)
		if fmt.Sprint(err) != fmt.Sprint(err2) || show(whole) != show(bits) {
			t.Fatalf("%q: %q %v in one piece, %q %v in many", text, show(whole), err, show(bits), err2)
		}
		r := stdcsv.NewReader(strings.NewReader(text))
		r.FieldsPerRecord = 2
		rows, serr := r.ReadAll()
		if err != nil || serr != nil || strings.Contains(text, "\r") {
			return
		}
		if len(rows) != whole.N {
			t.Fatalf("%q: %d rows, encoding/csv has %d", text, whole.N, len(rows))
		}
		for i, row := range rows {
			for c, s := range row {
				if whole.Cols[c].S[i] != s {
					t.Fatalf("%q: row %d field %d is %q, encoding/csv has %q", text, i, c, whole.Cols[c].S[i], s)
				}
			}
		}
	})
}

var bid = []format.Column{{Name: "auction", Type: types.Of(types.BigInt)}, {Name: "bidder", Type: types.Of(types.BigInt)}, {Name: "price", Type: types.Of(types.BigInt)},
	{Name: "channel", Type: types.String()}, {Name: "url", Type: types.String()}, {Name: "dateTime", Type: types.TimestampOf(3)}, {Name: "extra", Type: types.String()}}

// BenchmarkDecode reads bids, from the folder WEIR_BENCH_CSV if that is set.
func BenchmarkDecode(b *testing.B) {
	data := []byte(strings.Repeat("1042|3001|51200|channel-77|https://www.nexmark.com/abc/def/gh/item.htm?query=1&channel_id=123456|2026-01-01 00:00:00.042|"+
		strings.Repeat("x", 66)+"\n", 20000))
	if dir := os.Getenv("WEIR_BENCH_CSV"); dir != "" {
		paths, _ := filepath.Glob(filepath.Join(dir, "*.csv"))
		all, err := os.ReadFile(paths[0])
		if err != nil {
			b.Fatal(err)
		}
		data = all[:min(len(all), 64<<20)]
	}
	for _, c := range []struct {
		name string
		want []int
	}{{"all", []int{0, 1, 2, 3, 4, 5, 6}}, {"three", []int{0, 2, 5}}} {
		b.Run(c.name, func(b *testing.B) {
			var ts []types.Type
			for _, w := range c.want {
				ts = append(ts, bid[w].Type)
			}
			out := vec.NewBatch(ts)
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				d, err := csv.Spec().NewDecoder(format.Schema{Columns: bid, Want: c.want, Zone: types.UTC},
					opts(b, map[string]string{"field-delimiter": "|"}), format.Where{Line: 1})
				if err != nil {
					b.Fatal(err)
				}
				for src := data; ; {
					out.Reset()
					n, err := d.Decode(src[:min(len(src), 512<<10)], false, out, 4096)
					if err != nil {
						b.Fatal(err)
					}
					if src = src[n:]; n == 0 {
						break
					}
				}
			}
		})
	}
}
