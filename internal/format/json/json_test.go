package json_test

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/format"
	fjson "github.com/weir-stream/weir/internal/format/json"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

func opts(tb testing.TB, given map[string]string) format.Options {
	tb.Helper()
	o, err := connector.NewOptions("format 'json'", fjson.Spec().Options, nil, given, nil)
	if err != nil {
		tb.Fatal(err)
	}
	return o
}

// decode feeds text in pieces of step bytes and asks for at most max rows a time.
func decode(tb testing.TB, text string, cols []format.Column, given map[string]string, step, max int) (*vec.Batch, format.Stats, error) {
	tb.Helper()
	var want []int
	var ts []types.Type
	for i, c := range cols {
		want, ts = append(want, i), append(ts, c.Type)
	}
	d, err := fjson.Spec().NewDecoder(format.Schema{Columns: cols, Want: want, Zone: types.UTC}, opts(tb, given), format.Where{File: "f.json", Line: 1})
	if err != nil {
		tb.Fatal(err)
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
			for _, v := range b.Cols {
				if v.N != b.N {
					tb.Fatalf("a column has %d values in %d rows", v.N, b.N)
				}
			}
			return b, d.Stats(), nil
		}
	}
}

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

var abc = []format.Column{{Name: "a", Type: types.Of(types.BigInt)}, {Name: "b", Type: types.String()},
	{Name: "c", Type: types.RowOf(types.Field{Name: "x", Type: types.Of(types.Int)}, types.Field{Name: "y", Type: types.ArrayOf(types.String())})}}

func TestDecode(t *testing.T) {
	ignore := map[string]string{"ignore-parse-errors": "true"}
	for _, c := range []struct {
		name  string
		text  string
		given map[string]string
		want  string
		errs  int64
	}{
		{"plain", `{"a":1,"b":"x","c":{"x":2,"y":["p","q"]}}` + "\n" + `{"a":2,"b":"y","c":null}`, nil, "1 x [2 [p q]]\n2 y <nil>\n", 0},
		{"order and blanks", `{ "c" : { "y" : [ ] , "x" : 3 } , "z" : [1,{"a":"}"}] , "b" : "x" , "a" : 1 }` + "\r\n", nil, "1 x [3 []]\n", 0},
		{"missing", "{}\n{\"b\":\"x\"}\n{\"a\":1}\n{\"a\":2,\"b\":\"y\"}", nil, "<nil> <nil> <nil>\n<nil> x <nil>\n1 <nil> <nil>\n2 y <nil>\n", 0},
		{"twice", `{"a":1,"b":"x","a":2,"c":{"x":1,"x":5,"y":["u"],"y":["v","w"]}}`, nil, "2 x [5 [v w]]\n", 0},
		{"array", "[\n{\"a\":1},\n{\"a\":2}\n]\n", nil, "1 <nil> <nil>\n2 <nil> <nil>\n", 0},
		{"many lines", "{\n  \"a\": 1,\n  \"b\": \"x\"\n}\n{\n  \"a\": 2\n}\n", nil, "1 x <nil>\n2 <nil> <nil>\n", 0},
		{"coercions", `{"a":"12","b":12}{"a":1.9e1,"b":true}{"a":-0,"b":{"k": [1, "a b"]}}`, nil, "12 12 <nil>\n19 true <nil>\n0 {\"k\":[1,\"a b\"]} <nil>\n", 0},
		{"escapes", `{"b":"\"\\\/\b\f\n\r\tA\u00fc\ud83d\ude00\ud83dx\udc00"}`, nil, "<nil> \"\\/\b\f\n\r\tAü😀\uFFFDx\uFFFD <nil>\n", 0},
		{"escaped key", `{"\u0061":7,"b":"x"}`, nil, "7 x <nil>\n", 0},
		{"bad value", "{\"a\":1}\n{\"b\":\"x\",\"a\":\"abc\"}\n", nil, "f.json:2:14: column a: \"abc\" is not BIGINT", 0},
		{"bad nested", "{\"c\":{\"x\":[1]}}\n", nil, "f.json:1:11: column c: column x: \"[1]\" is not INT", 0},
		{"not an object", "{\"a\":1}\nabc\n", nil, "f.json:2:1: a record is a JSON object, not \"abc\"", 0},
		{"no comma", "{\"a\":1 \"b\":2}\n", nil, "f.json:1:8: ',' or '}' must follow here, not \"\\\"\"", 0},
		{"no quote", "{\"a\":1,\"b\":\"x}\n{\"a\":2}\n", nil, "f.json:1:15: the line ends inside of a text; is a quote missing?", 0},
		{"cut", "{\"a\":1}\n{\"a\":2", nil, "f.json:2:7: the data ends inside of a record", 0},
		{"bad literal", "{\"a\":nul}\n", nil, "f.json:1:6: a value must stand here, not \"nul\"", 0},
		{"missing field", "{\"a\":1,\"b\":\"x\"}\n", map[string]string{"fail-on-missing-field": "true"}, "f.json:1:15: the field 'c' is missing", 0},
		{"ignored", "{\"a\":\"q\",\"b\":\"x\",\"c\":{\"x\":{},\"y\":[\"k\"]}}\nabc\n{\"a\":2,\"b\":\"y}\n{\"a\":3,\"c\":5}\n{\"a\":", ignore,
			"<nil> x [<nil> [k]]\n3 <nil> <nil>\n", 6},
	} {
		for step := 1; step <= len(c.text); step++ {
			b, st, err := decode(t, c.text, abc, c.given, step, 1+step%3)
			got := show(b)
			if err != nil {
				got = err.Error()
			}
			if got != c.want || st.ParseErrors != c.errs {
				t.Errorf("%s, by %d:\n got %q (%d errors: %s)\nwant %q (%d)", c.name, step, got, st.ParseErrors, st.FirstError, c.want, c.errs)
				break
			}
		}
	}
}

func TestTypes(t *testing.T) {
	d30, _ := types.ParseDecimal("12345678901234567890.12", 30, 2)
	for _, c := range []struct {
		t    types.Type
		text string
		val  any
		back string // how it is written, if not as text
	}{
		{types.Of(types.Boolean), "true", true, ""},
		{types.Of(types.Boolean), `"False"`, false, "false"},
		{types.Of(types.TinyInt), "-128", int64(-128), ""},
		{types.Of(types.SmallInt), `" 7 "`, int64(7), "7"},
		{types.Of(types.Int), "2147483647", int64(2147483647), ""},
		{types.Of(types.BigInt), "-9223372036854775808", int64(-9223372036854775808), ""},
		{types.Of(types.BigInt), "1234567890123456789", int64(1234567890123456789), ""},
		{types.Of(types.BigInt), "1e3", int64(1000), "1000"},
		{types.Of(types.Float), "1.5", float32(1.5), ""},
		{types.Of(types.Double), "1e-7", 1e-7, "1.0E-7"},
		{types.Of(types.Double), "100", 100.0, "100.0"},
		{types.DecimalOf(10, 2), "-1.5", int64(-150), "-1.50"},
		{types.DecimalOf(10, 2), `"1.25"`, int64(125), "1.25"},
		{types.DecimalOf(30, 2), "12345678901234567890.12", d30, ""},
		{types.String(), `"a\"b\\\n\u0001ü"`, "a\"b\\\n\x01ü", ""},
		{types.Bytes(), `"AP8="`, "\x00\xff", ""},
		{types.Of(types.Date), `"2026-01-02"`, int64(20455), ""},
		{types.TimeOf(3), `"01:02:03.004"`, int64(3723004), ""},
		{types.TimeOf(0), `"01:02:03"`, int64(3723000), ""},
		{types.TimestampOf(3), `"2026-01-02 03:04:05.678"`, int64(1767323045678), ""},
		{types.TimestampOf(3), `"2026-01-02T03:04:05"`, int64(1767323045000), `"2026-01-02 03:04:05"`},
		{types.TimestampOf(9), `"2026-01-02 03:04:05.000000001"`, types.TimeNs{Ms: 1767323045000, Ns: 1}, ""},
		{types.TimestampLTZOf(3), `"2026-01-02 03:04:05.678Z"`, int64(1767323045678), ""},
		{types.ArrayOf(types.ArrayOf(types.Of(types.Int))), "[[1,null],null,[]]", []any{[]any{int64(1), nil}, nil, []any{}}, ""},
		{types.MapOf(types.String(), types.Of(types.Int)), `{"k":1,"l":null}`, [][2]any{{"k", int64(1)}, {"l", nil}}, ""},
		{types.MapOf(types.String(), types.Of(types.Int)), `{"k":1,"l":2,"k":3}`, [][2]any{{"k", int64(3)}, {"l", int64(2)}}, `{"k":3,"l":2}`},
		{types.MultisetOf(types.String()), `{"k":2}`, [][2]any{{"k", int64(2)}}, ""},
		{types.ArrayOf(types.RowOf(types.Field{Name: "x", Type: types.Of(types.Int)})), `[{"x":1},{}]`, []any{[]any{int64(1)}, []any{nil}}, `[{"x":1},{"x":null}]`},
	} {
		cols := []format.Column{{Name: "a", Type: c.t}, {Name: "z", Type: types.Of(types.Int)}}
		b, _, err := decode(t, `{"a":`+c.text+`,"z":1}`, cols, nil, 1000, 10)
		if err != nil {
			t.Errorf("%s %s: %v", c.t, c.text, err)
			continue
		}
		if got := b.Cols[0].Value(0); !reflect.DeepEqual(got, c.val) {
			t.Errorf("%s %s: %#v, want %#v", c.t, c.text, got, c.val)
		}
		e, err := fjson.Spec().NewEncoder(format.Schema{Columns: cols}, opts(t, nil))
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		if err := e.Begin(&out); err == nil {
			err = e.Encode(b)
		}
		if c.back == "" {
			c.back = c.text
		}
		if want := `{"a":` + c.back + `,"z":1}` + "\n"; err != nil || out.String() != want {
			t.Errorf("%s: wrote %s, want %s (%v)", c.t, out.String(), want, err)
		}
	}
	for _, c := range []struct {
		t    types.Type
		text string
	}{{types.Of(types.TinyInt), "128"}, {types.Of(types.BigInt), "9223372036854775808"}, {types.Of(types.Boolean), "1"}, {types.Of(types.Int), "true"},
		{types.Of(types.Date), "1"}, {types.DecimalOf(3, 1), "100"}, {types.ArrayOf(types.Of(types.Int)), "{}"}, {types.Of(types.Int), "01"}, {types.Of(types.Double), "1."}} {
		if b, _, err := decode(t, `{"a":`+c.text+`}`, []format.Column{{Name: "a", Type: c.t}}, nil, 1000, 10); err == nil {
			t.Errorf("%s %s was read as %v", c.t, c.text, b.Cols[0].Value(0))
		}
	}
}

func TestEncodeOptions(t *testing.T) {
	cols := []format.Column{{Name: "t", Type: types.TimestampLTZOf(3)}, {Name: "m", Type: types.MapOf(types.String(), types.Of(types.Int))}, {Name: "n", Type: types.Of(types.Int)}}
	for _, c := range []struct {
		given map[string]string
		want  string
	}{
		{nil, "a key of a MAP is NULL, which JSON cannot hold ('json.map-null-key.mode' = 'DROP' or 'LITERAL' writes the others)"},
		{map[string]string{"map-null-key.mode": "DROP"}, `{"t":"1970-01-01 00:00:00Z","m":{"a":2},"n":null}`},
		{map[string]string{"map-null-key.mode": "LITERAL", "map-null-key.literal": "?", "encode.ignore-null-fields": "true", "timestamp-format.standard": "ISO-8601"},
			`{"t":"1970-01-01T00:00:00Z","m":{"?":1,"a":2}}`},
	} {
		b := vec.NewBatch([]types.Type{cols[0].Type, cols[1].Type, cols[2].Type})
		b.Cols[0].AppendValue(int64(0))
		b.Cols[1].AppendValue([][2]any{{nil, int64(1)}, {"a", int64(2)}})
		b.Cols[2].AppendValue(nil)
		b.N = 1
		e, err := fjson.Spec().NewEncoder(format.Schema{Columns: cols}, opts(t, c.given))
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		if err := e.Begin(&out); err != nil {
			t.Fatal(err)
		}
		got := ""
		if err := e.Encode(b); err != nil {
			got = err.Error()
		} else {
			got = strings.TrimSuffix(out.String(), "\n")
		}
		if got != c.want {
			t.Errorf("%v: %s, want %s", c.given, got, c.want)
		}
	}
}

func TestInfer(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{`{"id":1,"s":"x","f":1.5,"at":"2026-01-02T03:04:05.678","z":"2026-01-02T03:04:05Z","d":"2026-01-02","ok":true,"n":null}` + "\n" + `{"id":2.5,"d":"soon","late":1}`,
			"id DOUBLE, s STRING, f DOUBLE, at TIMESTAMP(3), z TIMESTAMP_LTZ(3), d STRING, ok BOOLEAN, n STRING, late BIGINT"},
		{`[{"o":{"x":1},"l":[1,2]},{"o":{"y":"q"},"l":[null]}]`, "o ROW<`x` BIGINT, `y` STRING>, l ARRAY<BIGINT>"},
		{`{"a":1}{"a":"x"}{"a":[`, "a STRING"},
	} {
		cols, err := fjson.Spec().Infer([]byte(c.text), nil, 0, nil)
		var got []string
		for _, x := range cols {
			got = append(got, x.Name+" "+x.Type.String())
		}
		if s := strings.Join(got, ", "); err != nil || s != c.want {
			t.Errorf("%s: %s, want %s (%v)", c.text, s, c.want, err)
		}
	}
}

// FuzzDecode compares with go-json-experiment where that takes the input, and
// reading in pieces with reading at once.
func FuzzDecode(f *testing.F) {
	f.Add(`{"a":1,"b":"x\ud83d\ude00","c":{"x":2,"y":["p"]}}`, 3)
	f.Add("{\"a\":-1.5e2,\n\"z\":[{}],\"b\":null}\n{\"b\":\"\\u00e4\"}", 1)
	f.Fuzz(func(t *testing.T, text string, step int) {
		whole, _, err := decode(t, text, abc, nil, len(text)+1, 1000)
		bits, _, err2 := decode(t, text, abc, nil, 1+step&15, 1)
		if (err == nil) != (err2 == nil) || err == nil && show(whole) != show(bits) {
			t.Fatalf("%s: %q %v in one piece, %q %v in many", hex.EncodeToString([]byte(text)), show(whole), err, show(bits), err2)
		}
		if _, _, err := decode(t, text, abc, map[string]string{"ignore-parse-errors": "true"}, 5, 3); err != nil {
			t.Fatalf("%q is not ignored: %v", text, err)
		}
		var want []string
		d := jsontext.NewDecoder(strings.NewReader(text), jsontext.AllowDuplicateNames(true))
		for d.PeekKind() != 0 {
			var o map[string]any
			if d.PeekKind() != '{' || json.UnmarshalDecode(d, &o) != nil {
				return
			}
			s := "<nil>"
			if x, ok := o["b"].(string); ok {
				s = x
			} else if o["b"] != nil {
				return
			}
			want = append(want, s)
		}
		if _, serr := d.ReadToken(); serr == nil || serr.Error() != "EOF" {
			return
		}
		onlyB, _, err := decode(t, text, abc[1:2], nil, 1000, 1000)
		if err != nil {
			t.Fatalf("%q is JSON, but: %v", text, err)
		}
		for i, w := range want {
			if got := fmt.Sprint(onlyB.Cols[0].Value(i)); got != w {
				t.Fatalf("%q: record %d is %q, want %q", text, i, got, w)
			}
		}
	})
}

var bid = []format.Column{{Name: "auction", Type: types.Of(types.BigInt)}, {Name: "bidder", Type: types.Of(types.BigInt)}, {Name: "price", Type: types.Of(types.BigInt)},
	{Name: "channel", Type: types.String()}, {Name: "url", Type: types.String()}, {Name: "dateTime", Type: types.TimestampOf(3)}, {Name: "extra", Type: types.String()}}

// BenchmarkDecode reads bids, from the folder WEIR_BENCH_JSON if that is set.
func BenchmarkDecode(b *testing.B) {
	data := []byte(strings.Repeat(`{"auction":1042,"bidder":3001,"price":51200,"channel":"channel-77","url":"https://www.nexmark.com/abc/def/gh/item.htm?query=1&channel_id=123456",`+
		`"dateTime":"2026-01-01 00:00:00.042","extra":"`+strings.Repeat("x", 66)+"\"}\n", 20000))
	if dir := os.Getenv("WEIR_BENCH_JSON"); dir != "" {
		paths, _ := filepath.Glob(filepath.Join(dir, "*.json"))
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
				d, err := fjson.Spec().NewDecoder(format.Schema{Columns: bid, Want: c.want, Zone: types.UTC}, opts(b, nil), format.Where{Line: 1})
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
