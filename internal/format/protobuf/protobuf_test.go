package protobuf

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/format"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

func options(t testing.TB, given map[string]string) format.Options {
	t.Helper()
	all := map[string]string{"message-class-name": "shop.Order", "proto-file": "testdata/order.proto"}
	for k, v := range given {
		if all[k] = v; v == "" {
			delete(all, k)
		}
	}
	s := Spec()
	o, err := connector.NewOptions("format 'protobuf'", s.Options, nil, all, nil)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func fieldOf(name string, t types.Type) types.Field { return types.Field{Name: name, Type: t} }

func orderColumns() []format.Column {
	text, long := types.String(), types.Of(types.BigInt)
	return []format.Column{
		{Name: "id", Type: types.DecimalOf(20, 0)}, {Name: "state", Type: text}, {Name: "code", Type: types.Of(types.TinyInt)},
		{Name: "lines", Type: types.ArrayOf(types.RowOf(fieldOf("item", text), fieldOf("count", types.Of(types.Int))))},
		{Name: "counts", Type: types.MapOf(text, long)}, {Name: "total", Type: types.RowOf(fieldOf("currency", text), fieldOf("cents", long))},
		{Name: "at", Type: types.TimestampLTZOf(3)}, {Name: "at_row", Type: types.RowOf(fieldOf("seconds", long), fieldOf("nanos", types.Of(types.Int)))},
		{Name: "note", Type: text}, {Name: "day", Type: types.Of(types.Date)}, {Name: "time", Type: types.TimeOf(3)}, {Name: "price", Type: types.DecimalOf(10, 2)},
		{Name: "points", Type: types.Of(types.Int)}, {Name: "mail", Type: text}, {Name: "pickup", Type: types.Of(types.Int)}, {Name: "tags", Type: types.ArrayOf(text)},
		{Name: "small", Type: long},
	}
}

func schemaOf(cols []format.Column) format.Schema {
	s := format.Schema{Columns: cols, Zone: types.UTC}
	for i := range cols {
		s.Want = append(s.Want, i)
	}
	return s
}

func batch(cols []format.Column) *vec.Batch { return vec.NewBatch(typesOf(allOf(cols))) }

func show(b *vec.Batch) string {
	var rows []string
	for i := range b.N {
		var vs []string
		for _, c := range b.Cols {
			vs = append(vs, fmt.Sprint(c.Value(i)))
		}
		rows = append(rows, strings.Join(vs, " | "))
	}
	return strings.Join(rows, "\n")
}

func message(t testing.TB, text string) []byte {
	t.Helper()
	md, err := loadMessage(options(t, nil))
	if err != nil {
		t.Fatal(err)
	}
	m := dynamicpb.NewMessage(md)
	if err := prototext.Unmarshal([]byte(text), m); err != nil {
		t.Fatal(err)
	}
	b, err := proto.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

const full = `id: 18446744073709551615 state: PAID code: SENT lines { item: "tea" count: 2 } lines { } counts { key: "a" value: 1 } total { currency: "USD" cents: 7 Old { x: 3 } }
	at { seconds: -1 nanos: 500000000 } at_row { seconds: 3 nanos: 4 } note { value: "n" } day { year: 2024 month: 2 day: 29 } time { hours: 23 minutes: 59 seconds: 58 nanos: 7000000 }
	price { value: "\xff\x85" precision: 10 scale: 1 } points: 0 pickup: 4 tags: "x" tags: "" small: 4294967295`

func TestFlinksRules(t *testing.T) {
	cols := orderColumns()
	for _, x := range []struct{ options, message, want string }{
		{"", full, "{18446744073709551615 0} | PAID | 7 | [[tea 2] [ 0]] | [[a 1]] | [USD 7] | -500 | [3 4] | n | 19782 | 86398007 | -1230 | 0 |  | 4 | [x ] | 4294967295"},
		{"", "", "{0 0} | NEW | 0 | <nil> | <nil> | <nil> | <nil> | <nil> | <nil> | <nil> | <nil> | <nil> | 0 |  | 0 | <nil> | 0"},
		{"", `state: 99 code: 99 total { currency: "" } note { }`, "{0 0} | UNRECOGNIZED | 99 | <nil> | <nil> | [ 5] | <nil> | <nil> |  | <nil> | <nil> | <nil> | 0 |  | 0 | <nil> | 0"},
	} {
		d, err := Spec().NewMessageDecoder(schemaOf(cols), options(t, nil))
		if err != nil {
			t.Fatal(err)
		}
		out := batch(cols)
		if err := d.DecodeMessage(message(t, x.message), out); err != nil {
			t.Fatal(err)
		}
		if got := show(out); got != x.want {
			t.Errorf("%s\ngot  %s\nwant %s", x.message, got, x.want)
		}
		if err := d.DecodeMessage(nil, out); err != nil || out.N != 1 {
			t.Errorf("a null message: %v", err)
		}
	}
	d, _ := Spec().NewMessageDecoder(schemaOf(cols[3:8]), options(t, map[string]string{"read-default-values": "true"}))
	out := batch(cols[3:8])
	if err := d.DecodeMessage([]byte{}, out); err == nil || !strings.Contains(err.Error(), "required field 'total.currency'") {
		t.Errorf("a required field of a default message: %v", err)
	}
}

// TestWrites: what is written is what the library reads, and what stood for NULL.
func TestWrites(t *testing.T) {
	cols := orderColumns()
	o := options(t, map[string]string{"write-null-string-literal": "-"})
	d, err := Spec().NewMessageDecoder(schemaOf(cols), o)
	if err != nil {
		t.Fatal(err)
	}
	e, err := Spec().NewMessageEncoder(schemaOf(cols), o)
	if err != nil {
		t.Fatal(err)
	}
	in := batch(cols)
	if err := d.DecodeMessage(message(t, full), in); err != nil {
		t.Fatal(err)
	}
	nulls := make([]any, len(cols))
	nulls[1], nulls[3], nulls[4], nulls[15] = "what", []any{nil, []any{nil, int64(3)}}, [][2]any{{"k", nil}}, []any{nil, "x"}
	for i, x := range nulls {
		in.Cols[i].AppendValue(x)
	}
	in.N++
	want := []string{strings.ReplaceAll(full, "Old { x: 3 }", ""), `lines { } lines { count: 3 } counts { key: "k" value: 0 } tags: "-" tags: "x"`}
	md, _ := loadMessage(o)
	for i := range in.N {
		b, _, err := e.AppendMessage(nil, in, i)
		if err != nil {
			t.Fatal(err)
		}
		got, exp := dynamicpb.NewMessage(md), dynamicpb.NewMessage(md)
		if err := proto.Unmarshal(b, got); err != nil {
			t.Fatal(err)
		}
		_ = prototext.Unmarshal([]byte(want[i]), exp)
		if text := strings.Replace(prototext.Format(got), "scale:2", "scale:1", 1); i == 1 && !proto.Equal(got, exp) || i == 0 && !strings.Contains(text, "pickup") {
			t.Errorf("%d: got %s\nwant %s", i, got, exp)
		}
		out := batch(cols)
		if err := d.DecodeMessage(b, out); err != nil || i == 0 && show(out) != strings.Split(show(in), "\n")[0] {
			t.Errorf("%d: %v %s", i, err, show(out))
		}
	}
	in.Cols[13].Truncate(0) // both members of a oneof: the later column counts
	in.Cols[13].AppendValue("mail")
	b, _, _ := e.AppendMessage(nil, in, 0)
	out := batch(cols)
	if _ = d.DecodeMessage(b, out); out.Cols[13].Value(0) != "" || out.Cols[14].Value(0) != int64(4) {
		t.Errorf("a oneof with two: %s", show(out))
	}
}

func TestNamesAndRefusals(t *testing.T) {
	text := types.String()
	one := func(name string, ty types.Type) []format.Column { return []format.Column{{Name: name, Type: ty}} }
	for _, x := range []struct {
		given map[string]string
		cols  []format.Column
		want  string // of the error; empty for none
	}{
		{nil, one("state", text), ""},
		{map[string]string{"message-class-name": "com.example.OrderOuterClass$Order$Line"}, one("item", text), ""},
		{map[string]string{"message-class-name": "com.example.Order.Line"}, one("item", text), ""},
		{map[string]string{"proto-file": "testdata/prices/money.proto", "proto-path": "testdata", "message-class-name": "prices.Money"}, one("cents", types.Of(types.BigInt)), ""},
		{map[string]string{"message-class-name": "shop.Ordr"}, nil, "did you mean 'shop.Order'?"},
		{map[string]string{"proto-file": ""}, nil, "needs the option 'protobuf.descriptor-file' or 'protobuf.proto-file'"},
		{map[string]string{"proto-file": "testdata/none.proto"}, nil, "testdata/none.proto cannot be read"},
		{map[string]string{"descriptor-file": "x"}, nil, "exclude each other"},
		{map[string]string{"proto-file": "", "descriptor-file": "testdata/order.proto"}, nil, "descriptor_set_out"},
		{nil, one("stat", text), "did you mean `state`?"},
		{nil, one("points", text), "is int32"},
		{nil, one("lines", text), "is repeated shop.Order.Line"},
		{nil, one("parent", types.RowOf(fieldOf("parent", types.RowOf(fieldOf("x", text))))), "no field for the column `parent.parent.x`"},
		{map[string]string{"message-class-name": "prices.Money", "proto-file": "testdata/prices/money.proto"}, one("old", types.RowOf(fieldOf("x", text))), "is a group"},
	} {
		err := Spec().CheckMessages(x.cols, options(t, x.given))
		if x.want == "" && err != nil || x.want != "" && (err == nil || !strings.Contains(hinted(err), x.want)) {
			t.Errorf("%v %v: %v", x.given, x.cols, err)
		}
	}
}

// TestDescriptorFile: a set as protoc writes it, and one that lacks its imports.
func TestDescriptorFile(t *testing.T) {
	md, err := loadMessage(options(t, nil))
	if err != nil {
		t.Fatal(err)
	}
	set := &descriptorpb.FileDescriptorSet{}
	var add func(f protoreflect.FileDescriptor)
	seen := map[string]bool{}
	add = func(f protoreflect.FileDescriptor) {
		for i := range f.Imports().Len() {
			add(f.Imports().Get(i).FileDescriptor)
		}
		if !seen[f.Path()] {
			seen[f.Path()] = true
			set.File = append(set.File, protodesc.ToFileDescriptorProto(f))
		}
	}
	add(md.ParentFile())
	for _, whole := range []bool{true, false} {
		if !whole {
			set.File = set.File[len(set.File)-1:]
		}
		b, _ := proto.Marshal(set)
		path := filepath.Join(t.TempDir(), "order.desc")
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		err := Spec().CheckMessages(orderColumns(), options(t, map[string]string{"proto-file": "", "descriptor-file": path}))
		if whole != (err == nil) || !whole && !strings.Contains(hinted(err), "--include_imports") {
			t.Errorf("whole %v: %v", whole, err)
		}
	}
}

func TestColumnsOfAMessage(t *testing.T) {
	md, err := loadMessage(options(t, nil))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := columnsOf(md); err == nil || !strings.Contains(err.Error(), "holds itself") {
		t.Errorf("%v", err)
	}
	cols, err := columnsOf(md.Messages().ByName("Line"))
	if got := fmt.Sprint(cols); err != nil || got != "[{item STRING} {count INT}]" {
		t.Errorf("%s %v", got, err)
	}
}

// FuzzDecode: no bytes make it panic, and what the library reads it reads the same.
func FuzzDecode(f *testing.F) {
	o := options(f, nil)
	md, err := loadMessage(o)
	if err != nil {
		f.Fatal(err)
	}
	b := message(f, full)
	for n := 0; n <= len(b); n += 5 {
		f.Add(b[:n])
		f.Add(append(append([]byte{}, b[n:]...), b...))
	}
	for _, s := range []string{"\x00", "\x0b", "\x0c", "\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", "\x22\xff\xff\xff\xff\x7f", "\x23\x1b\x24\x1c", strings.Repeat("\x23", 300), "\x72\x01\xff", "\x08", "\x07", "\x22\x04\x0a\x05ab"} {
		f.Add([]byte(s))
	}
	cols := orderColumns()
	cols = append(append([]format.Column{}, cols[:6]...), cols[12:]...) // the others are checked for their values too
	rule := rules{plain: true}
	f.Fuzz(func(t *testing.T, b []byte) {
		d, err := Spec().NewMessageDecoder(schemaOf(cols), o)
		if err != nil {
			t.Fatal(err)
		}
		out := batch(cols)
		good := append([]byte{}, b...)
		for range 2 {
			err = d.DecodeMessage(good, out)
		}
		m := dynamicpb.NewMessage(md)
		bad := proto.Unmarshal(b, m)
		switch {
		case err != nil:
			for _, c := range out.Cols {
				if c.N != 0 {
					t.Fatalf("rows are left behind: %v", err)
				}
			}
			if bad == nil && !strings.Contains(err.Error(), "out of the range") && !strings.Contains(err.Error(), "groups") {
				t.Fatalf("the library reads it: %v", err)
			}
		case bad == nil:
			if got, want := out.Cols[4].Value(1), expectedField(rule, m, md.Fields().ByName("counts")); fmt.Sprint(mapOf(got)) != fmt.Sprint(mapOf(want)) {
				t.Fatalf("got %v, want %v", got, want)
			}
			if got, want := out.Cols[3].Value(1), expectedField(rule, m, md.Fields().ByName("lines")); fmt.Sprint(got) != fmt.Sprint(want) {
				t.Fatalf("got %v, want %v", got, want)
			}
		}
	})
}

// hinted is an error with what to do.
func hinted(err error) string {
	if e, ok := err.(*sqlerr.Error); ok {
		return e.Error() + " " + e.Hint
	}
	return fmt.Sprint(err)
}

func mapOf(x any) map[any]any {
	out := map[any]any{}
	if es, ok := x.([][2]any); ok {
		for _, e := range es {
			out[e[0]] = e[1]
		}
	}
	return out
}

func BenchmarkDecode(b *testing.B) {
	msg := message(b, full)
	for _, n := range []int{3, 17} {
		b.Run(fmt.Sprint(n, " columns"), func(b *testing.B) {
			cols := orderColumns()[:n]
			d, err := Spec().NewMessageDecoder(schemaOf(cols), options(b, nil))
			if err != nil {
				b.Fatal(err)
			}
			out := batch(cols)
			b.SetBytes(int64(len(msg)))
			b.ReportAllocs()
			for i := range b.N {
				if i%1024 == 0 {
					out.Reset()
				}
				if err := d.DecodeMessage(msg, out); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
