package json_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/format"
	"github.com/weir-stream/weir/internal/format/json"
	"github.com/weir-stream/weir/internal/registry"
	"github.com/weir-stream/weir/internal/registry/registrytest"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// TestRegistry: messages with the number of their schema, and the columns that a schema
// has.
func TestRegistry(t *testing.T) {
	s := registrytest.Start(t)
	s.User = "me:secret"
	opts := func(user string) format.Options {
		o, err := connector.NewOptions("format 'json-registry'", json.Registry().Options, nil, map[string]string{"url": s.URL, "basic-auth.user-info": user}, nil)
		if err != nil {
			t.Fatal(err)
		}
		return o
	}
	text := types.String()
	cols := []format.Column{{Name: "z", Type: types.Of(types.Int).NotNull()}, {Name: "b", Type: text}, {Name: "a", Type: types.ArrayOf(types.Of(types.Double))},
		{Name: "m", Type: types.MapOf(text, types.Of(types.BigInt))}, {Name: "r", Type: types.RowOf(types.Field{Name: "d", Type: types.Of(types.Date)})}}
	sc := format.Schema{Columns: cols, Want: []int{0, 1, 2, 3, 4}, Zone: types.UTC, Subject: "t-value"}
	row := []any{int64(5), "x", []any{1.5}, [][2]any{{"k", int64(1)}}, []any{int64(1)}}
	var ts []types.Type
	for _, c := range cols {
		ts = append(ts, c.Type)
	}
	in, out := vec.NewBatch(ts), vec.NewBatch(ts)
	for i, x := range row {
		in.Cols[i].AppendValue(x)
	}
	in.N++
	wrong, err := json.Registry().NewMessageEncoder(sc, opts("me:wrong"))
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := wrong.AppendMessage(nil, in, 0); err == nil || !strings.Contains(fmt.Sprint(err), "basic-auth") {
		t.Errorf("a wrong password: %v", err)
	}
	e, err := json.Registry().NewMessageEncoder(sc, opts("me:secret"))
	if err != nil {
		t.Fatal(err)
	}
	msg, _, err := e.AppendMessage(nil, in, 0)
	if err != nil {
		t.Fatal(err)
	}
	if want := "\x00\x00\x00\x00\x01" + `{"z":5,"b":"x","a":[1.5],"m":{"k":1},"r":{"d":"1970-01-02"}}`; string(msg) != want {
		t.Errorf("got %q, want %q", msg, want)
	}
	d, err := json.Registry().NewMessageDecoder(sc, opts("me:secret"))
	if err != nil {
		t.Fatal(err)
	}
	if err := d.DecodeMessage(msg, out); err != nil || fmt.Sprint(out.Cols[4].Value(0)) != "[1]" || out.N != 1 {
		t.Errorf("%v", err)
	}
	if err := d.DecodeMessage(msg[5:], out); err == nil || !strings.Contains(err.Error(), "does not begin with the number of a schema") {
		t.Errorf("%v", err)
	}
	found, err := json.Registry().Columns(sc, opts("me:secret"))
	if got, want := fmt.Sprint(found), strings.ReplaceAll(fmt.Sprint(cols), "INT NOT NULL", "INT"); err != nil || got != want {
		t.Errorf("%v\ngot  %s\nwant %s", err, got, want)
	}
	for schema, want := range map[string]string{
		`{"$defs":{"p":{"properties":{"x":{"type":["null","integer"]}}}},"type":"object","properties":{"p":{"$ref":"#/$defs/p"},"c":{"enum":["a"]},"t":{"type":"string","format":"date-time"},"o":{"type":"object"}}}`: "[{p ROW<`x` BIGINT>} {c STRING} {t TIMESTAMP_LTZ(3)} {o MAP<STRING, STRING>}]",
		`{"type":"object","properties":{"q":{"$ref":"#"}}}`: "holds itself",
		`{"type":"string"}`: "not that of an object",
		`{"properties":{"q":{"$ref":"other.json#/definitions/k"}}}`: "[{q BOOLEAN}]",
	} {
		s.Add("other", registry.JSON, `{"definitions":{"k":{"type":"boolean"}}}`)
		s.Add("t-value", registry.JSON, schema, registrytest.Reference{Name: "other.json", Subject: "other", Version: 1})
		found, err := json.Registry().Columns(sc, opts("me:secret"))
		if got := fmt.Sprint(found, err); !strings.Contains(got, want) {
			t.Errorf("%s: %s", schema, got)
		}
	}
}
