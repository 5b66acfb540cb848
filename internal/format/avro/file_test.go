package avro_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	tavro "github.com/twmb/avro"
	"github.com/twmb/avro/ocf"

	"github.com/weir-stream/weir/internal/format"
	"github.com/weir-stream/weir/internal/format/avro"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// readFile reads all parts, from record `from` of the first.
func readFile(t testing.TB, data []byte, cols []format.Column, from int64) (*vec.Batch, error) {
	t.Helper()
	s := avro.Spec()
	ps, err := s.Parts(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, err
	}
	out := vec.NewBatch(typesOf(cols))
	for _, p := range ps {
		r, err := s.OpenFile(format.Schema{Columns: cols, Want: allOf(cols), Zone: types.UTC}, options(t, s, nil), bytes.NewReader(data), int64(len(data)), p, format.Where{File: "f.avro"})
		if err != nil {
			return nil, err
		}
		if from > 0 {
			if err := r.SeekRow(from); err != nil {
				return nil, err
			}
			from = 0
		}
		for err == nil {
			err = r.Read(out, 1000)
		}
		if !errors.Is(err, io.EOF) {
			return out, err
		}
	}
	return out, nil
}

func writeFile(t testing.TB, codec string, cols []format.Column, b *vec.Batch) []byte {
	t.Helper()
	s := avro.Spec()
	e, err := s.NewEncoder(format.Schema{Columns: cols, Want: allOf(cols), Zone: types.UTC}, options(t, s, map[string]string{"codec": codec}))
	if err != nil {
		t.Fatal(err)
	}
	var f bytes.Buffer
	for _, err := range []error{e.Begin(&f), e.Encode(b), e.End()} {
		if err != nil {
			t.Fatal(err)
		}
	}
	return f.Bytes()
}

func TestFiles(t *testing.T) {
	cols := everything()
	in := vec.NewBatch(typesOf(cols))
	for range 200 {
		in.AppendBatch(everyValue())
	}
	for _, codec := range []string{"null", "deflate", "snappy", "zstandard"} {
		data := writeFile(t, codec, cols, in)
		lib, err := ocf.NewReader(bytes.NewReader(data)) // another library reads it
		if err != nil {
			t.Fatal(codec, err)
		}
		n := 0
		for ; err == nil; n++ {
			var v any
			err = lib.Decode(&v)
		}
		if n-1 != in.N || !errors.Is(err, io.EOF) {
			t.Fatalf("%s: the library reads %d records: %v", codec, n-1, err)
		}
		out, err := readFile(t, data, cols, 0)
		if err != nil || show(out) != show(in) {
			t.Fatalf("%s: %v", codec, err)
		}
		if out, err = readFile(t, data, cols, 590); err != nil || show(out) != strings.Join(strings.Split(show(in), "\n")[590:], "\n") {
			t.Fatalf("%s from record 590: %v", codec, err)
		}
		for n := 0; n < len(data); n += 1 + len(data)/60 { // damaged files are errors
			bad := bytes.Clone(data)
			bad[n] ^= 0xff
			if _, err := readFile(t, bad, cols, 0); err != nil && err.Error() == "" {
				t.Fatal("an error without text")
			}
			if _, err := readFile(t, data[:n], cols, 0); err == nil && n > 0 {
				if out, _ := readFile(t, data[:n], cols, 0); out.N == in.N {
					t.Fatalf("%s cut at %d: no error", codec, n)
				}
			}
		}
	}
}

// TestForeignFiles: another library's file, with another schema and several parts.
func TestForeignFiles(t *testing.T) {
	schema := tavro.MustParse(`{"type":"record","name":"a","fields":[{"name":"skip","type":{"type":"array","items":"string"}},{"name":"id","type":"int"},
		{"name":"at","type":{"type":"long","logicalType":"timestamp-millis"}},{"name":"u","type":["null","int","long"]},{"name":"in","type":{"type":"record","name":"b","fields":[{"name":"x","type":"string"}]}}]}`)
	var f bytes.Buffer
	w, err := ocf.NewWriter(&f, schema, ocf.WithBlockCount(100))
	if err != nil {
		t.Fatal(err)
	}
	const n = 30_000
	for i := range n {
		if err := w.Encode(map[string]any{"skip": []any{strings.Repeat("s", 160)}, "id": i, "at": int64(i), "u": nil, "in": map[string]any{"x": "y"}}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	cols := []format.Column{{Name: "gone", Type: types.String()}, {Name: "id", Type: types.Of(types.BigInt)}}
	ps, err := avro.Spec().Parts(bytes.NewReader(f.Bytes()), int64(f.Len()))
	if err != nil || len(ps) != 2 {
		t.Fatalf("%d parts: %v", len(ps), err)
	}
	out, err := readFile(t, f.Bytes(), cols, 0)
	if err != nil || out.N != n || out.Cols[1].Value(n-1) != int64(n-1) || out.Cols[0].Value(7) != nil {
		t.Fatalf("%d rows: %v", out.N, err)
	}
	found, err := avro.Spec().Infer(nil, bytes.NewReader(f.Bytes()), int64(f.Len()), nil)
	if want := "[{skip ARRAY<STRING>} {id INT} {at TIMESTAMP_LTZ(3)} {u BIGINT} {in ROW<`x` STRING>}]"; err != nil || fmt.Sprint(found) != want {
		t.Errorf("%v %v", found, err)
	}
	for data, want := range map[string]string{"{}": "is no Avro object container file", "": "is no Avro object container file", "Obj\x01\x02": "ends inside of its header"} {
		if _, err := readFile(t, []byte(data), cols, 0); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", data, err)
		}
	}
}

// TestJSONEncoding: Avro's own, which names the branches of unions.
func TestJSONEncoding(t *testing.T) {
	s := avro.Spec()
	sc := format.Schema{Columns: everything(), Want: allOf(everything()), Zone: types.UTC}
	o := options(t, s, map[string]string{"encoding": "json"})
	e, err := s.NewMessageEncoder(sc, o)
	if err != nil {
		t.Fatal(err)
	}
	d, err := s.NewMessageDecoder(sc, o)
	if err != nil {
		t.Fatal(err)
	}
	in, out := everyValue(), vec.NewBatch(typesOf(everything()))
	in.Cols[6].F64[2] = 2
	for i := range in.N {
		msg, _, err := e.AppendMessage(nil, in, i)
		if err != nil {
			t.Fatal(err)
		}
		if i == 0 && !strings.Contains(string(msg), `"i":{"int":-70000}`) {
			t.Errorf("%s", msg)
		}
		if err := d.DecodeMessage(msg, out); err != nil {
			t.Fatal(err)
		}
	}
	for c := range in.Cols { // the order of maps does not matter
		for i := range in.N {
			if string(vec.AppendCanonical(nil, in.Cols[c], i)) != string(vec.AppendCanonical(nil, out.Cols[c], i)) {
				t.Errorf("column %d, row %d: got %v, want %v", c, i, out.Cols[c].Value(i), in.Cols[c].Value(i))
			}
		}
	}
	for _, bad := range []string{"", "{}", "{", `{"b":{"int":1}}`, "\x00"} {
		if err := d.DecodeMessage([]byte(bad), out); err == nil || !strings.Contains(err.Error(), "Avro's JSON encoding") || out.N != in.N {
			t.Errorf("%q: %v", bad, err)
		}
	}
}
