package raw_test

import (
	"bytes"
	"reflect"
	"testing"

	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/format"
	"github.com/weir-stream/weir/internal/format/raw"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

func TestRoundTrip(t *testing.T) {
	for _, c := range []struct {
		t     types.Type
		text  string
		given map[string]string
		vals  []any
	}{
		{types.String(), "a b\n\nü\n", nil, []any{"a b", "", "ü"}},
		{types.String(), "\xfc\n", map[string]string{"charset": "ISO-8859-1"}, []any{"ü"}},
		{types.Bytes(), "\x00\xff\n", nil, []any{"\x00\xff"}},
		{types.Of(types.Int), "\x00\x00\x00\x01\xff\xff\xff\xff", nil, []any{int64(1), int64(-1)}},
		{types.Of(types.BigInt), "\x01\x00\x00\x00\x00\x00\x00\x00", map[string]string{"endianness": "little-endian"}, []any{int64(1)}},
		{types.Of(types.Double), "\x3f\xf8\x00\x00\x00\x00\x00\x00", nil, []any{1.5}},
		{types.Of(types.Boolean), "\x01\x00", nil, []any{true, false}},
	} {
		cols := []format.Column{{Name: "v", Type: c.t}}
		o, err := connector.NewOptions("format 'raw'", raw.Spec().Options, nil, c.given, nil)
		if err != nil {
			t.Fatal(err)
		}
		d, err := raw.Spec().NewDecoder(format.Schema{Columns: cols, Want: []int{0}}, o, format.Where{})
		if err != nil {
			t.Fatal(err)
		}
		b := vec.NewBatch([]types.Type{c.t})
		var src []byte
		for i := range len(c.text) { // a byte at a time
			src = append(src, c.text[i])
			n, err := d.Decode(src, i == len(c.text)-1, b, 100)
			if err != nil {
				t.Fatal(err)
			}
			src = src[n:]
		}
		var got []any
		for i := range b.N {
			got = append(got, b.Cols[0].Value(i))
		}
		if !reflect.DeepEqual(got, c.vals) {
			t.Errorf("%s: %v, want %v", c.t, got, c.vals)
		}
		e, err := raw.Spec().NewEncoder(format.Schema{Columns: cols}, o)
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		if err := e.Begin(&out); err == nil {
			err = e.Encode(b)
		}
		if out.String() != c.text {
			t.Errorf("%s: wrote %q, want %q (%v)", c.t, out.String(), c.text, err)
		}
	}
}
