package protobuf

import (
	"fmt"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/format"
	"github.com/weir-stream/weir/internal/registry"
	"github.com/weir-stream/weir/internal/registry/registrytest"
	"github.com/weir-stream/weir/internal/types"
)

func registryOptions(t testing.TB, s *registrytest.Server, given map[string]string) format.Options {
	t.Helper()
	all := map[string]string{"url": s.URL}
	for k, v := range given {
		all[k] = v
	}
	o, err := connector.NewOptions("format 'proto-registry'", Registry().Options, nil, all, nil)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// written gives a message as a serializer writes it: the schema's number, the path, the
// message at it.
func written(t *testing.T, s *registrytest.Server, id int, path []int64, parts []registry.Part, text string) []byte {
	t.Helper()
	f, err := compileSchema(&registry.Schema{Text: s.Text(id), Parts: parts})
	if err != nil {
		t.Fatal(err)
	}
	m := dynamicpb.NewMessage(at(f.Messages(), path))
	if err := prototext.Unmarshal([]byte(text), m); err != nil {
		t.Fatal(err)
	}
	b, err := proto.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	out := registry.AppendHead(nil, id)
	if len(path) == 1 && path[0] == 0 {
		return append(append(out, 0), b...)
	}
	out = append(out, byte(2*len(path)))
	for _, i := range path {
		out = append(out, byte(2*i))
	}
	return append(out, b...)
}

// TestSchemasChange: messages of several schemas, at places in them, with imports.
func TestSchemasChange(t *testing.T) {
	s := registrytest.Start(t)
	const money = `syntax = "proto3"; package m; message Money { int64 cents = 1; }`
	s.Add("money", registry.Protobuf, money)
	one := s.Add("t-value", registry.Protobuf, `syntax = "proto3"; message A { int32 id = 1; optional string note = 2; repeated string tags = 3; }`)
	two := s.Add("t-value", registry.Protobuf, `syntax = "proto3"; import "money.proto"; import "confluent/meta.proto";
		message X { map<string, int32> m = 1; message Y { } message B { string other = 9; int64 id = 1 [(confluent.field_meta).doc = "d"]; m.Money sum = 4; } }`,
		registrytest.Reference{Name: "money.proto", Subject: "money", Version: 1})
	other := s.Add("u-value", registry.Avro, `"int"`)
	cols := []format.Column{{Name: "id", Type: types.Of(types.BigInt)}, {Name: "note", Type: types.String()}, {Name: "tags", Type: types.ArrayOf(types.String())},
		{Name: "sum", Type: types.RowOf(fieldOf("cents", types.Of(types.BigInt)))}}
	d, err := Registry().NewMessageDecoder(schemaOf(cols), registryOptions(t, s, nil))
	if err != nil {
		t.Fatal(err)
	}
	out := batch(cols)
	for _, m := range [][]byte{
		written(t, s, one, []int64{0}, nil, `id: 7 tags: "a"`),
		written(t, s, two, []int64{0, 1}, []registry.Part{{Name: "money.proto", Text: money}}, `other: "x" id: 4294967296 sum { cents: 5 }`),
		written(t, s, one, []int64{0}, nil, `note: ""`),
		nil,
	} {
		if err := d.DecodeMessage(m, out); err != nil {
			t.Fatal(err)
		}
	}
	if want := "7 | <nil> | [a] | <nil>\n4294967296 | <nil> | <nil> | [5]\n0 |  | [] | <nil>"; show(out) != want || s.Asked() != 2 {
		t.Errorf("%d requests, got\n%s\nwant\n%s", s.Asked(), show(out), want)
	}
	for _, x := range []struct {
		msg  []byte
		want string
	}{
		{[]byte("{}"), "does not begin with the number of a schema"},
		{registry.AppendHead(nil, one), "which message of the schema it is"},
		{append(registry.AppendHead(nil, one), 4, 2, 2), "no message at [1 1]"},
		{append(registry.AppendHead(nil, other), 0), "of the kind AVRO, not PROTOBUF"},
		{append(registry.AppendHead(nil, 99), 0), "asking for schema 99"},
	} {
		if err := d.DecodeMessage(x.msg, out); err == nil || !strings.Contains(err.Error(), x.want) {
			t.Errorf("%q: %v, want %s", x.msg, err, x.want)
		}
	}
	names := []format.Column{{Name: "id", Type: types.String()}}
	d, _ = Registry().NewMessageDecoder(schemaOf(names), registryOptions(t, s, nil))
	if err := d.DecodeMessage(append(registry.AppendHead(nil, one), 0), batch(names)); err == nil || !strings.Contains(err.Error(), "schema 2 of the schema registry: the column `id` is STRING, but the field is int32") {
		t.Errorf("%v", err)
	}
}

const derived = `syntax = "proto3";
import "confluent/type/decimal.proto";
import "google/protobuf/timestamp.proto";
import "google/type/date.proto";
import "google/type/timeofday.proto";
message orders_value {
  int64 id = 1;
  optional string s = 2;
  message r_Row {
    optional double d = 1;
    repeated int32 a = 2;
  }
  r_Row r = 3;
  map<string, int64> m = 4;
  google.protobuf.Timestamp ts = 5;
  google.type.Date dt = 6;
  google.type.TimeOfDay tm = 7;
  confluent.type.Decimal dec = 8;
}
`

// TestDerivedSchema: what is written by the columns is read by them, and by what the
// registry knows of them.
func TestDerivedSchema(t *testing.T) {
	s := registrytest.Start(t)
	long := types.Of(types.BigInt)
	cols := []format.Column{{Name: "id", Type: long.NotNull()}, {Name: "s", Type: types.String()},
		{Name: "r", Type: types.RowOf(fieldOf("d", types.Of(types.Double)), fieldOf("a", types.ArrayOf(types.Of(types.Int))))},
		{Name: "m", Type: types.MapOf(types.String(), long)}, {Name: "ts", Type: types.TimestampLTZOf(9)}, {Name: "dt", Type: types.Of(types.Date)},
		{Name: "tm", Type: types.TimeOf(3)}, {Name: "dec", Type: types.DecimalOf(38, 3)}}
	sc := schemaOf(cols)
	sc.Subject = "orders-value"
	o := registryOptions(t, s, nil)
	e, err := Registry().NewMessageEncoder(sc, o)
	if err != nil {
		t.Fatal(err)
	}
	d, err := Registry().NewMessageDecoder(sc, o)
	if err != nil {
		t.Fatal(err)
	}
	in, out := batch(cols), batch(cols)
	rows := [][]any{
		{int64(-1), "x", []any{1.5, []any{int64(2), int64(0)}}, [][2]any{{"k", int64(3)}}, types.TimeNs{Ms: -1500, Ns: 7}, int64(-1), int64(86399999), types.I128(-12345)},
		{int64(0), nil, nil, [][2]any{}, nil, nil, nil, nil},
	}
	for r, row := range rows {
		for i, x := range row {
			in.Cols[i].AppendValue(x)
		}
		in.N++
		b, _, err := e.AppendMessage(nil, in, r)
		if err != nil {
			t.Fatal(err)
		}
		if err := d.DecodeMessage(b, out); err != nil {
			t.Fatal(err)
		}
	}
	if show(in) != show(out) {
		t.Errorf("got\n%s\nwant\n%s", show(out), show(in))
	}
	if s.Text(1) != derived {
		t.Errorf("the schema is %s", s.Text(1))
	}
	found, err := Registry().Columns(sc, o)
	if got, want := fmt.Sprint(found), strings.ReplaceAll(fmt.Sprint(cols), "BIGINT NOT NULL", "BIGINT"); err != nil || !strings.HasPrefix(got, want[:strings.Index(want, "{dec")]) {
		t.Errorf("%v\ngot  %s\nwant %s", err, got, want)
	}
	nested := []format.Column{{Name: "x", Type: types.ArrayOf(types.ArrayOf(long))}}
	if err := Registry().Check(nested); err == nil || !strings.Contains(err.Error(), "cannot hold the column `x`") {
		t.Errorf("%v", err)
	}
}
