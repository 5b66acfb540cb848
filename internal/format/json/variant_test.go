package json_test

import (
	"bytes"
	"testing"

	"github.com/weir-stream/weir/internal/format"
	fjson "github.com/weir-stream/weir/internal/format/json"
	"github.com/weir-stream/weir/internal/types"
)

// TestVariant reads any value into a VARIANT, in pieces of any size, and writes
// it again: fields in order of their names, without blanks.
func TestVariant(t *testing.T) {
	cols := []format.Column{{Name: "v", Type: types.Of(types.Variant)}, {Name: "a", Type: types.ArrayOf(types.Of(types.Variant))}}
	text := `{"v": {"b": [1, 2.50, "é"], "a": null}, "a": [1, "x", {}]}
{"v": "t", "a": null}
{"v": null}
{"v": -1e3, "a": [null]}
`
	want := `{"v":{"a":null,"b":[1,2.50,"é"]},"a":[1,"x",{}]}
{"v":"t","a":null}
{"v":null,"a":null}
{"v":-1000.0,"a":[null]}
`
	for _, step := range []int{1, 7, 1000} {
		b, _, err := decode(t, text, cols, nil, step, 2)
		if err != nil {
			t.Fatal(err)
		}
		e, err := fjson.Spec().NewEncoder(format.Schema{Columns: cols, Zone: types.UTC}, opts(t, nil))
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
		if err := e.End(); err != nil || out.String() != want {
			t.Errorf("in steps of %d: %v\n%s", step, err, out.String())
		}
	}
	if _, _, err := decode(t, `{"v": {"a": 1, "a": 2}}`, cols, nil, 100, 1); err == nil {
		t.Error("a name twice is read")
	}
}
