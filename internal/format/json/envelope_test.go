package json_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/format"
	fjson "github.com/weir-stream/weir/internal/format/json"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

func envelopeSpecs() map[string]*format.Spec {
	out := map[string]*format.Spec{}
	for _, s := range []*format.Spec{fjson.Debezium(), fjson.Canal(), fjson.Maxwell(), fjson.Ogg()} {
		out[s.Name] = s
	}
	return out
}

func dialectOpts(tb testing.TB, s *format.Spec, given map[string]string) format.Options {
	tb.Helper()
	o, err := connector.NewOptions("format '"+s.Name+"'", s.Options, nil, given, nil)
	if err != nil {
		tb.Fatal(err)
	}
	return o
}

// product is the columns of the tests: those of a table of MySQL.
func product() []format.Column {
	return []format.Column{{Name: "id", Type: types.Of(types.Int)}, {Name: "name", Type: types.String()}, {Name: "weight", Type: types.DecimalOf(10, 2)}}
}

// changes decodes messages, one a line, with all metadata, and shows rows.
func changes(t testing.TB, name, messages string, given map[string]string, meta ...int) (string, error) {
	t.Helper()
	s := envelopeSpecs()[name]
	o := dialectOpts(t, s, given)
	want := []int{0, 1, 2}
	d, err := s.NewMessageDecoder(format.Schema{Columns: product(), Want: want, Metadata: meta, Zone: types.UTC}, o)
	if err != nil {
		return "", err
	}
	var ts []types.Type
	for _, c := range product() {
		ts = append(ts, c.Type)
	}
	for _, m := range meta {
		ts = append(ts, s.Metadata[m].Type)
	}
	out := vec.NewBatch(ts)
	for _, line := range strings.Split(messages, "\n") {
		if err = d.DecodeMessage([]byte(strings.TrimSpace(line)), out); err != nil {
			break
		}
	}
	var rows []string
	for i := range out.N {
		row := out.Kind(i).String()
		for _, c := range out.Cols {
			row += " " + fmt.Sprint(c.Value(i))
		}
		rows = append(rows, row)
	}
	return strings.Join(rows, "\n"), err
}

func TestEnvelopes(t *testing.T) {
	for _, c := range []struct {
		name, format, in, want string
		given                  map[string]string
		meta                   []int
	}{
		{"debezium", "debezium-json", `{"before":null,"after":{"id":1,"name":"a","weight":1.5},"op":"r"}
			{"after":{"id":2,"name":null,"weight":2},"before":null,"op":"c"}
			{"op":"u","before":{"id":2,"name":null,"weight":2},"after":{"id":2,"name":"b","weight":3}}

			{"before":{"id":1,"name":"a","weight":1.5},"after":null,"op":"d"}
			{"op":"m","before":null,"after":null}`,
			"+I 1 a 150\n+I 2 <nil> 200\n-U 2 <nil> 200\n+U 2 b 300\n-D 1 a 150", nil, nil},
		{"debezium with schema", "debezium-json", `{"schema":{"x":1},"payload":{"before":null,"after":{"id":1},"op":"c","ts_ms":5}}`, "+I 1 <nil> <nil>", map[string]string{"schema-include": "true"}, nil},
		{"debezium metadata", "debezium-json", `{"before":{"id":1},"after":{"id":2},"op":"u","ts_ms":1700000000001,"source":{"db":"shop","schema":"public","table":"p","ts_ms":1600000000000}}`,
			"-U 1 <nil> <nil> 1700000000001 1600000000000 shop p [[db shop] [schema public] [table p] [ts_ms 1600000000000]]\n+U 2 <nil> <nil> 1700000000001 1600000000000 shop p [[db shop] [schema public] [table p] [ts_ms 1600000000000]]", nil, []int{1, 2, 3, 5, 6}},
		{"canal", "canal-json", `{"data":[{"id":"1","name":"a","weight":"1.5"},{"id":"2","name":"b","weight":"2"}],"old":null,"type":"INSERT","database":"d","table":"t","isDdl":false}
			{"data":[{"id":"1","name":"A","weight":"1.5"},{"id":"2","name":"b","weight":"9"}],"old":[{"name":null},{"weight":"2"}],"type":"UPDATE"}
			{"data":null,"type":"ALTER","isDdl":true,"sql":"ALTER TABLE t ADD c INT"}
			{"data":[{"id":"2","name":"b","weight":"9"}],"type":"DELETE"}`,
			"+I 1 a 150\n+I 2 b 200\n-U 1 <nil> 150\n+U 1 A 150\n-U 2 b 200\n+U 2 b 900\n-D 2 b 900", nil, nil},
		{"canal of some tables", "canal-json", `{"data":[{"id":"1"}],"type":"INSERT","database":"d","table":"t1"}
			{"data":[{"id":"2"}],"type":"INSERT","database":"d","table":"u"}`, "+I 1 <nil> <nil>", map[string]string{"table.include": "t.*", "database.include": "d"}, nil},
		{"canal metadata", "canal-json", `{"data":[{"id":"1"}],"type":"INSERT","database":"d","table":"t","sqlType":{"id":4},"pkNames":["id"],"ts":1589373560798,"es":1589373560000}`,
			"+I 1 <nil> <nil> d t [[id 4]] [id] 1589373560798 1589373560000", nil, []int{0, 1, 2, 3, 4, 5}},
		{"maxwell", "maxwell-json", `{"database":"d","table":"t","type":"insert","ts":1596684904,"data":{"id":1,"name":"a","weight":1.5}}
			{"type":"update","ts":1596684905,"data":{"id":1,"name":"b","weight":1.5},"old":{"name":"a"}}
			{"type":"update","data":{"id":1,"name":"b","weight":2},"old":{"weight":null}}
			{"type":"table-alter","old":{},"def":{}}
			{"type":"delete","data":{"id":1,"name":"b","weight":2}}`,
			"+I 1 a 150 1596684904000\n-U 1 a 150 1596684905000\n+U 1 b 150 1596684905000\n-U 1 b <nil> <nil>\n+U 1 b 200 <nil>\n-D 1 b 200 <nil>", nil, []int{3}},
		{"ogg", "ogg-json", `{"table":"OGG.T","op_type":"I","op_ts":"2020-05-13 15:40:06.000000","current_ts":"2020-05-13 15:40:07.000","primary_keys":["id"],"after":{"id":1,"name":"a"}}
			{"op_type":"U","before":{"id":1,"name":"a"},"after":{"id":1,"name":"b"}}
			{"op_type":"D","before":{"id":1,"name":"b"}}`,
			"+I 1 a <nil> OGG.T [id] 1589384406000\n-U 1 a <nil> <nil> <nil> <nil>\n+U 1 b <nil> <nil> <nil> <nil>\n-D 1 b <nil> <nil> <nil> <nil>", nil, []int{0, 1, 3}},
		{"ignored", "debezium-json", "{\"op\":\"x\"}\nnonsense\n{\"before\":null,\"after\":{\"id\":1},\"op\":\"c\"}", "+I 1 <nil> <nil>", map[string]string{"ignore-parse-errors": "true"}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := changes(t, c.format, c.in, c.given, c.meta...)
			if err != nil || got != c.want {
				t.Errorf("%v\n%s\nwant\n%s", err, got, c.want)
			}
		})
	}
}

func TestEnvelopeErrors(t *testing.T) {
	for _, c := range []struct{ format, in, want string }{
		{"debezium-json", `{"before":null,"after":{"id":1},"op":"u"}`, "an update has no 'before' (the database does not tell the row as it was"},
		{"debezium-json", `{"schema":{},"payload":{}}`, "the message has no 'op' (if it holds its schema, set 'debezium-json.schema-include'"},
		{"debezium-json", `{"op":"z"}`, `byte 6: 'op' is "z", which is no kind of change`},
		{"debezium-json", `{"op":"c","after":{"id":"x"}}`, `column id: "x" is not INT`},
		{"debezium-json", `{"op":"c","after":{"id":1`, "the message ends inside of a value"},
		{"debezium-json", `[1]`, `byte 0: an object must stand here, not "[1]"`},
		{"debezium-json", `{"op":"t","before":null,"after":null}`, "the table was truncated"},
		{"ogg-json", `{"op_type":"T"}`, "the table was truncated"},
		{"canal-json", `{"type":"UPDATE","data":[{"name":"x"}],"old":[{}],"pkNames":null}`, "binlog_row_image"},
		{"maxwell-json", `{"type":"update","data":{"id":1,"name":"x"}}`, "binlog_row_image"},
		{"canal-json", `{"type":"TRUNCATE","isDdl":true,"data":null}`, "the table was truncated or dropped"},
		{"canal-json", `{"type":"UPDATE","data":[{"id":1}]}`, "an updated row has no counterpart in 'old'"},
		{"maxwell-json", `{"type":"insert"}`, "the message has no 'data'"},
		{"ogg-json", `{"op_type":"U","after":{"id":1}}`, "GETUPDATEBEFORES"},
	} {
		got, err := changes(t, c.format, c.in, nil)
		if err == nil || !strings.Contains(err.Error(), c.want) || got != "" {
			t.Errorf("%s: %q, %v, want %s", c.in, got, err, c.want)
		}
	}
}

// TestEnvelopesWritten: what is written is read again as the same rows, an update as
// a row that goes and one that comes.
func TestEnvelopesWritten(t *testing.T) {
	b := vec.NewBatch([]types.Type{types.Of(types.Int), types.String(), types.DecimalOf(10, 2)})
	b.Cols[0].AppendValue(int64(7))
	b.Cols[0].AppendValue(int64(7))
	b.Cols[1].AppendValue("é\"")
	b.Cols[1].AppendNulls(1)
	b.Cols[2].AppendValue(int64(125))
	b.Cols[2].AppendNulls(1)
	b.N, b.Kinds = 2, []vec.Kind{vec.UpdateBefore, vec.UpdateAfter}
	for name, s := range envelopeSpecs() {
		e, err := s.NewMessageEncoder(format.Schema{Columns: product(), Want: []int{0, 1, 2}, Zone: types.UTC}, dialectOpts(t, s, nil))
		if err != nil {
			t.Fatal(err)
		}
		var lines []string
		for i := range b.N {
			msg, _, err := e.AppendMessage(nil, b, i)
			if err != nil {
				t.Fatal(err)
			}
			lines = append(lines, string(msg))
		}
		got, err := changes(t, name, strings.Join(lines, "\n"), nil)
		if want := "-D 7 é\" 125\n+I 7 <nil> <nil>"; err != nil || got != want {
			t.Errorf("%s: %v\n%s\nwant\n%s", name, err, got, want)
		}
	}
}

func FuzzEnvelope(f *testing.F) {
	f.Add(`{"before":null,"after":{"id":1,"name":"a","weight":1.5},"op":"r","source":{"db":1}}`)
	f.Add(`{"data":[{"id":"1"}],"old":[{"name":null}],"type":"UPDATE","pkNames":["x"]}`)
	f.Fuzz(func(t *testing.T, msg string) {
		for name, s := range envelopeSpecs() {
			var meta []int
			for i := range s.Metadata {
				meta = append(meta, i)
			}
			_, _ = changes(t, name, msg, nil, meta...)
		}
	})
}

// TestEnvelopeLines: in a file each line is a message, and errors name it.
func TestEnvelopeLines(t *testing.T) {
	s := fjson.Debezium()
	sc := format.Schema{Columns: product(), Want: []int{0}, Zone: types.UTC}
	d, err := s.NewDecoder(sc, dialectOpts(t, s, nil), format.Where{File: "f", Line: 1})
	if err != nil {
		t.Fatal(err)
	}
	text := "{\"op\":\"c\",\"after\":{\"id\":1}}\r\n\n{\"op\":\"u\",\"before\":{\"id\":1},\"after\":{\"id\":2}}\n{\"op\":\"c\""
	out := vec.NewBatch([]types.Type{types.Of(types.Int)})
	used, err := d.Decode([]byte(text), false, out, 10)
	if err != nil || out.N != 3 || text[used:] != `{"op":"c"` {
		t.Fatalf("%d rows, %q left, %v", out.N, text[used:], err)
	}
	if _, err := d.Decode([]byte(text[used:]), true, out, 10); err == nil || !strings.HasPrefix(err.Error(), "f:4: byte 9: ") {
		t.Error(err)
	}
}

// TestMany decodes messages together as one by one.
func TestMany(t *testing.T) {
	sc := format.Schema{Columns: []format.Column{{Name: "a", Type: types.Of(types.BigInt)}}, Want: []int{0}, Zone: types.UTC}
	for _, ignore := range []string{"true", "false"} {
		o := opts(t, map[string]string{"ignore-parse-errors": ignore})
		one, err := fjson.NewMessages(sc, o)
		if err != nil {
			t.Fatal(err)
		}
		many, _ := fjson.NewMessages(sc, o)
		for _, msgs := range []string{`{"a":1}~{"a":2}`, `{"a":1}~~{"a":2}`, `{"a":1} ~ {"a":2}{"a":3}~[{"a":4}]`, `{"a":1}~{"a":"x"}~{"a":2}`, `{"a":1}~{"a":2`, `{"a":1}~{"a":2}x~{"b":1}`} {
			a, b := vec.NewBatch([]types.Type{types.Of(types.BigInt)}), vec.NewBatch([]types.Type{types.Of(types.BigInt)})
			var list [][]byte
			want, wantErr := -1, error(nil)
			for i, m := range strings.Split(msgs, "~") {
				list = append(list, []byte(m))
				if wantErr == nil {
					if wantErr = one.DecodeMessage([]byte(m), a); wantErr == nil {
						want = i
					}
				}
			}
			n, err := many.DecodeMany(list, b)
			if n != want+1 || fmt.Sprint(err) != fmt.Sprint(wantErr) || a.N != b.N || a.Cols[0].N != b.N || one.Stats() != many.Stats() {
				t.Errorf("%s: %d messages, %d rows, %v, %v; one by one %d, %d, %v, %v", msgs, n, b.N, err, many.Stats(), want+1, a.N, wantErr, one.Stats())
			}
			for i := range b.N {
				if a.Cols[0].Value(i) != b.Cols[0].Value(i) {
					t.Errorf("%s: row %d", msgs, i)
				}
			}
		}
	}
}
