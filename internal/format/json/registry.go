package json

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/weir-stream/weir/internal/format"
	"github.com/weir-stream/weir/internal/registry"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// Registry is the json-registry format.
func Registry() *format.Spec {
	return &format.Spec{
		Name:      "json-registry",
		Extension: true,
		Example:   registry.Example("json-registry"),
		Doc: "JSON objects that begin with the number of their JSON Schema in a schema registry, as Confluent's serializers write them; the name is that of Confluent's Flink, since Apache's has no such format. An extension. " +
			"Objects are read as those of the format json: columns are matched by name and a missing field is NULL, so the schema may change from message to message. The registry is not asked for it. " +
			"What is written has a schema made from the columns, unless there is one.",
		Options: append(append(registry.Options(), options...), format.Option{Key: "schema", Doc: "The JSON Schema to register, instead of one that follows from the columns."}),
		Check:   check,
		Registered: func(ctx context.Context, s format.Schema, o format.Options) (format.Registered, error) {
			return registry.Registered(ctx, registry.JSON, s, o, func(x *registry.Schema) (missing []int, err error) {
				cols, err := columnsOf(x)
				for i, w := range s.Wanted() {
					if !slices.ContainsFunc(cols, func(c format.Column) bool { return c.Name == w.Name }) {
						missing = append(missing, i)
					}
				}
				return missing, err
			})
		},
		NewMessageDecoder: func(s format.Schema, o format.Options) (format.MessageDecoder, error) {
			m, err := NewMessages(s, o)
			return &registered{m}, err
		},
		NewMessageEncoder: func(s format.Schema, o format.Options) (format.MessageEncoder, error) {
			e, err := newMessageEncoder(s, o)
			if err != nil {
				return nil, err
			}
			text := o.String("schema")
			if text == "" {
				b, err := json.Marshal(schemaOf(s.Columns, o.String("timestamp-format.standard") == "ISO-8601"))
				if err != nil {
					return nil, err
				}
				text = string(b)
			} else if !json.Valid([]byte(text)) {
				return nil, sqlerr.New(sqlerr.Option, sqlerr.Pos{}, "the option 'json-registry.schema' is not JSON")
			}
			return registry.NewWriter(e, registry.JSON, text, s, o)
		},
		Columns: func(s format.Schema, o format.Options) ([]format.Column, error) {
			c, err := registry.New(o)
			if err != nil {
				return nil, err
			}
			latest, err := c.Newest(registry.Subject(s, o), registry.JSON)
			if err != nil {
				return nil, err
			}
			return columnsOf(latest)
		},
	}
}

// registered reads messages with the number of a schema before them.
type registered struct{ *Messages }

// DecodeMessage appends the rows of a message; see format.MessageDecoder. A null message
// has none.
func (d *registered) DecodeMessage(msg []byte, out *vec.Batch) error {
	if msg == nil {
		return nil
	}
	_, rest, err := registry.Head(msg)
	if err != nil {
		if !d.d.ignore {
			return err
		}
		d.d.note(err)
		return nil
	}
	return d.Messages.DecodeMessage(rest, out)
}

// schemaOf gives the JSON Schema of objects with these columns. iso: instants are
// written as that standard has them.
func schemaOf(cols []format.Column, iso bool) any {
	fields := make([]types.Field, len(cols))
	for i, c := range cols {
		fields[i] = types.Field{Name: c.Name, Type: c.Type}
	}
	s := objectSchema(fields, iso)
	s["$schema"] = "http://json-schema.org/draft-07/schema#"
	return s
}

// indexKey tells the order of members in a schema, which JSON does not keep: the word
// is that of Kafka Connect.
const indexKey = "connect.index"

func objectSchema(fields []types.Field, iso bool) map[string]any {
	members := map[string]any{}
	var required []string
	for i, f := range fields {
		m := valueSchema(f.Type, iso)
		m[indexKey] = i
		if members[f.Name] = m; !f.Type.Nullable {
			required = append(required, f.Name)
		}
	}
	out := map[string]any{"type": "object", "properties": members}
	if required != nil {
		out["required"] = required
	}
	return out
}

func valueSchema(t types.Type, iso bool) map[string]any {
	s := bareSchema(t, iso)
	if !t.Nullable {
		return s
	}
	return map[string]any{"oneOf": []any{map[string]any{"type": "null"}, s}}
}

func bareSchema(t types.Type, iso bool) map[string]any {
	of := func(kv ...any) map[string]any {
		out := map[string]any{"type": kv[0]}
		for i := 1; i < len(kv); i += 2 {
			out[kv[i].(string)] = kv[i+1]
		}
		return out
	}
	switch t.Kind {
	case types.Boolean:
		return of("boolean")
	case types.TinyInt:
		return of("integer", connectKey, "int8")
	case types.SmallInt:
		return of("integer", connectKey, "int16")
	case types.Int:
		return of("integer", connectKey, "int32")
	case types.BigInt:
		return of("integer", connectKey, "int64")
	case types.Float:
		return of("number", connectKey, "float32")
	case types.Double:
		return of("number", connectKey, "float64")
	case types.Decimal:
		return of("number")
	case types.Binary, types.Varbinary, types.Bitmap:
		return of("string", connectKey, "bytes")
	case types.Date:
		return of("string", "format", "date")
	case types.TimestampLTZ:
		if iso {
			return of("string", "format", "date-time")
		}
	case types.Array:
		return of("array", "items", valueSchema(*t.Elem, iso))
	case types.Map:
		return of("object", "additionalProperties", valueSchema(*t.Elem, iso))
	case types.Multiset:
		return of("object", "additionalProperties", of("integer"))
	case types.Row:
		return objectSchema(t.Fields, iso)
	case types.Variant:
		return map[string]any{}
	}
	return of("string")
}
