package avro

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/twmb/avro"

	"github.com/weir-stream/weir/internal/format"
	"github.com/weir-stream/weir/internal/registry"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
)

// rootName is the name that Flink gives to the record of a table's rows.
const rootName = "org.apache.flink.avro.generated.record"

// schemaOf gives the Avro schema of rows with these columns, as Flink derives it.
// legacy: TIMESTAMP is written as an instant, as Flink does unless it is told not to.
func schemaOf(cols []format.Column, legacy bool) (any, error) {
	fs := make([]types.Field, len(cols))
	for i, c := range cols {
		fs[i] = types.Field{Name: c.Name, Type: c.Type}
	}
	return recordOf(rootName, fs, legacy)
}

func recordOf(name string, fs []types.Field, legacy bool) (any, error) {
	fields := make([]any, len(fs))
	for i, f := range fs {
		if !validName(f.Name) {
			return nil, sqlerr.New(sqlerr.Unsupported, sqlerr.Pos{}, "the column %s has a name that Avro does not allow", f.Name).WithHint("names are letters, digits and '_'")
		}
		t, err := typeOf(name+"_"+f.Name, f.Name, f.Type, legacy)
		if err != nil {
			return nil, err
		}
		field := map[string]any{"name": f.Name, "type": t}
		if f.Type.Nullable {
			field["default"] = nil
		}
		fields[i] = field
	}
	return map[string]any{"type": "record", "name": name, "fields": fields}, nil
}

func validName(s string) bool {
	for i, c := range s {
		if c != '_' && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return s != ""
}

// typeOf gives the schema of a value of a column, or of one in it; name is for the
// records in it.
func typeOf(name, column string, t types.Type, legacy bool) (any, error) {
	s, err := bareType(name, column, t, legacy)
	if err != nil || !t.Nullable {
		return s, err
	}
	return []any{"null", s}, nil
}

func bareType(name, column string, t types.Type, legacy bool) (any, error) {
	logical := func(base, l string) any { return map[string]any{"type": base, "logicalType": l} }
	switch t.Kind {
	case types.Boolean:
		return "boolean", nil
	case types.TinyInt, types.SmallInt, types.Int:
		return "int", nil
	case types.BigInt:
		return "long", nil
	case types.Float:
		return "float", nil
	case types.Double:
		return "double", nil
	case types.Char, types.Varchar:
		return "string", nil
	case types.Binary, types.Varbinary:
		return "bytes", nil
	case types.Date:
		return logical("int", "date"), nil
	case types.Time:
		if t.Prec <= 3 {
			return logical("int", "time-millis"), nil
		}
	case types.Timestamp, types.TimestampLTZ:
		if t.Prec <= 6 {
			l := "timestamp-millis"
			if t.Prec > 3 {
				l = "timestamp-micros"
			}
			if t.Kind == types.Timestamp && !legacy {
				l = "local-" + l
			}
			return logical("long", l), nil
		}
	case types.Decimal:
		return map[string]any{"type": "bytes", "logicalType": "decimal", "precision": t.Prec, "scale": t.Scale}, nil
	case types.Array:
		e, err := typeOf(name, column, *t.Elem, legacy)
		return map[string]any{"type": "array", "items": e}, err
	case types.Map, types.Multiset:
		key, value := t.Key, t.Elem
		if t.Kind == types.Multiset {
			n := types.Of(types.Int).NotNull()
			key, value = t.Elem, &n
		}
		if !key.IsString() {
			return nil, sqlerr.New(sqlerr.Unsupported, sqlerr.Pos{}, "the format avro cannot hold the column %s of type %s", column, t).WithHint("keys of maps are texts")
		}
		v, err := typeOf(name, column, *value, legacy)
		return map[string]any{"type": "map", "values": v}, err
	case types.Row:
		return recordOf(name, t.Fields, legacy)
	}
	return nil, sqlerr.New(sqlerr.Unsupported, sqlerr.Pos{}, "the format avro cannot hold the column %s of type %s", column, t.AsNullable())
}

// schema is a parsed schema.
type schema struct {
	root  *avro.SchemaNode
	names map[string]*avro.SchemaNode // of records, enums and fixeds, with their namespace
	lib   *avro.Schema
}

// parse reads a schema.
func parse(text string) (*schema, error) { return parseParts(&registry.Schema{Text: text}) }

// parseParts reads a schema with those that it refers to.
func parseParts(r *registry.Schema) (*schema, error) {
	s := &schema{names: map[string]*avro.SchemaNode{}}
	var c avro.SchemaCache
	for _, part := range append(r.Parts[:len(r.Parts):len(r.Parts)], registry.Part{Text: r.Text}) {
		p, err := c.Parse(part.Text)
		if err != nil {
			return nil, fmt.Errorf("the Avro schema cannot be read: %w", err)
		}
		s.lib, s.root = p, p.Root()
		s.collect(s.root)
	}
	return s, nil
}

// schemaText gives the schema of columns as it is written.
func schemaText(cols []format.Column, legacy bool) (string, error) {
	s, err := schemaOf(cols, legacy)
	if err != nil {
		return "", err
	}
	b, err := json.Marshal(s)
	return string(b), err
}

// collect notes the named types.
func (s *schema) collect(n *avro.SchemaNode) {
	switch n.Type {
	case "record", "error", "enum", "fixed":
		name := n.Name
		if n.Namespace != "" && !strings.Contains(name, ".") {
			name = n.Namespace + "." + name
		}
		s.names[name] = n
		if _, taken := s.names[n.Name]; !taken { // a name without its namespace means the one around it
			s.names[n.Name] = n
		}
	}
	for i := range n.Fields {
		s.collect(&n.Fields[i].Type)
	}
	for i := range n.Branches {
		s.collect(&n.Branches[i])
	}
	if n.Items != nil {
		s.collect(n.Items)
	}
	if n.Values != nil {
		s.collect(n.Values)
	}
}

// resolve follows the name of a type.
func (s *schema) resolve(n *avro.SchemaNode) *avro.SchemaNode {
	if d, ok := s.names[n.Type]; ok {
		return d
	}
	return n
}
