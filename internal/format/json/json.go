// Package json reads and writes JSON objects in columns.
//
// The reader is a scanner that knows the schema: it goes through a record once,
// from left to right, and appends each value to its column as it is met. What
// makes it fast is prediction: the keys of a record mostly come in the order of
// the last one, so a key is one comparison with the bytes expected there, and
// unwanted values are passed over without being looked into. It is not a
// validator: what lies in values that nobody wants is only followed far enough
// to find its end.
//
// Records are values and not lines: an object may span lines, and a file may be
// one array of objects. After a malformed record reading goes on at the next
// line.
package json

import (
	"github.com/weir-stream/weir/internal/format"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
)

// Spec is the json format.
func Spec() *format.Spec {
	return &format.Spec{
		Name:       "json",
		Example:    example,
		Doc:        "JSON objects, one a line, or in one array. Columns are matched by name; a missing field is NULL. If a key comes twice, the last one counts. A VARIANT is any value, a BITMAP its portable Roaring bytes in base64.",
		Extensions: []string{".json", ".jsonl", ".ndjson"},
		Options:    options,
		NewDecoder: newDecoder,
		NewEncoder: newEncoder,

		NewMessageDecoder: func(s format.Schema, o format.Options) (format.MessageDecoder, error) { return NewMessages(s, o) },
		NewMessageEncoder: newMessageEncoder,

		Infer:         infer,
		InferMessages: inferMessages,
		Lines:         func(format.Options) bool { return true },
		Check:         check,
	}
}

var options = []format.Option{
	{Key: "fail-on-missing-field", Kind: format.BoolOption, Default: "false", Doc: "A record without a field of the table is an error instead of a NULL."},
	{Key: "ignore-parse-errors", Kind: format.BoolOption, Default: "false",
		Doc: "Fields that cannot be read become NULL and records that are not JSON are dropped, instead of failing; they are counted."},
	{Key: "timestamp-format.standard", Kind: format.EnumOption, Enum: []string{"SQL", "ISO-8601"}, Default: "SQL",
		Doc: "How timestamps are written: SQL is '2026-01-02 03:04:05.678', ISO-8601 is '2026-01-02T03:04:05.678'. Both are read; instants end with Z."},
	{Key: "map-null-key.mode", Kind: format.EnumOption, Enum: []string{"FAIL", "DROP", "LITERAL"}, Default: "FAIL",
		Doc: "What is done with a NULL key of a MAP when it is written."},
	{Key: "map-null-key.literal", Default: "null", Doc: "The key written for NULL in the mode LITERAL."},
	{Key: "encode.decimal-as-plain-number", Kind: format.BoolOption, Default: "false", Doc: "Accepted for compatibility: DECIMALs are written plainly."},
	{Key: "encode.ignore-null-fields", Kind: format.BoolOption, Default: "false", Doc: "NULL fields are left out when writing."},
	{Key: "decode.json-parser.enabled", Kind: format.BoolOption, Default: "true", Doc: "Accepted for compatibility: there is one reader."},
}

// check refuses types that JSON cannot hold.
func check(cols []format.Column) error {
	for _, c := range cols {
		if err := checkType(c.Name, c.Type); err != nil {
			return err
		}
	}
	return nil
}

func checkType(name string, t types.Type) error {
	switch t.Kind {
	case types.Array:
		return checkType(name, *t.Elem)
	case types.Map, types.Multiset:
		key := t.Key
		if t.Kind == types.Multiset {
			key = t.Elem
		} else if err := checkType(name, *t.Elem); err != nil {
			return err
		}
		if !key.IsString() {
			return sqlerr.New(sqlerr.Unsupported, sqlerr.Pos{}, "the format json cannot hold the column %s of type %s", name, t).
				WithHint("keys of JSON objects are texts")
		}
	case types.Row:
		for _, f := range t.Fields {
			if err := checkType(name+"."+f.Name, f.Type); err != nil {
				return err
			}
		}
	case types.Symbol, types.Descriptor:
		return sqlerr.New(sqlerr.Unsupported, sqlerr.Pos{}, "the format json cannot hold the column %s of type %s", name, t)
	}
	return nil
}
