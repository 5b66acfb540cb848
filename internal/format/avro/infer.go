package avro

import (
	"fmt"
	"io"

	"github.com/twmb/avro"

	"github.com/weir-stream/weir/internal/format"
	"github.com/weir-stream/weir/internal/registry"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
)

// inferFile gives the columns of a file.
func inferFile(_ []byte, r io.ReaderAt, size int64, _ format.Options) ([]format.Column, error) {
	h, err := readHeader(r, size)
	if err != nil {
		return nil, err
	}
	return columnsOf(h.schema)
}

// latestColumns gives the columns of the newest schema of a subject.
func latestColumns(s format.Schema, o format.Options) ([]format.Column, error) {
	sch, err := latest(s, o)
	if err != nil {
		return nil, err
	}
	return columnsOf(sch)
}

func latest(s format.Schema, o format.Options) (*schema, error) {
	c, err := registry.New(o)
	if err != nil {
		return nil, err
	}
	text, err := c.Newest(registry.Subject(s, o), registry.Avro)
	if err != nil {
		return nil, err
	}
	return parseParts(text)
}

// latestRows gives the columns of the rows in the newest envelope of a subject.
func latestRows(s format.Schema, o format.Options) ([]format.Column, error) {
	sch, err := latest(s, o)
	if err != nil {
		return nil, err
	}
	root := sch.resolve(sch.root)
	for i := range root.Fields {
		if root.Fields[i].Name != "after" {
			continue
		}
		n := sch.resolve(&root.Fields[i].Type)
		if b := branchOf(sch, n, "record"); b >= 0 {
			n = sch.resolve(&n.Branches[b])
		}
		return sch.columns(n)
	}
	return nil, sqlerr.New(sqlerr.Data, sqlerr.Pos{}, "the newest Avro schema has no row in 'after', as those of Debezium do").
		WithHint("if its records are rows themselves, the format is 'avro-confluent'")
}

// columnsOf gives the columns that hold the records of a schema. All are nullable: a
// later schema may leave them out.
func columnsOf(s *schema) ([]format.Column, error) { return s.columns(s.resolve(s.root)) }

func (s *schema) columns(n *avro.SchemaNode) ([]format.Column, error) {
	if n.Type != "record" {
		return nil, sqlerr.New(sqlerr.Data, sqlerr.Pos{}, "the Avro schema is %s, not a record", n.Type).WithHint("declare the columns")
	}
	t, err := s.rowType(n, nil)
	cols := make([]format.Column, len(t.Fields))
	for i, f := range t.Fields {
		cols[i] = format.Column{Name: f.Name, Type: f.Type}
	}
	return cols, err
}

// rowType gives the type of a record that lies in others.
func (s *schema) rowType(n *avro.SchemaNode, around []*avro.SchemaNode) (types.Type, error) {
	for _, a := range around {
		if a == n {
			return types.Type{}, sqlerr.New(sqlerr.Unsupported, sqlerr.Pos{}, "the Avro record %s holds itself, which columns cannot", n.Name).
				WithHint("declare the columns, down to the depth that you need")
		}
	}
	around = append(around[:len(around):len(around)], n)
	fields := make([]types.Field, len(n.Fields))
	for i := range n.Fields {
		t, err := s.sqlType(&n.Fields[i].Type, around)
		if err != nil {
			return t, err
		}
		fields[i] = types.Field{Name: n.Fields[i].Name, Type: t}
	}
	return types.RowOf(fields...), nil
}

// sqlType gives the type that holds the values of a node.
func (s *schema) sqlType(n *avro.SchemaNode, around []*avro.SchemaNode) (types.Type, error) {
	n = s.resolve(n)
	switch n.Type {
	case "union":
		return s.unionType(n, around)
	case "record":
		return s.rowType(n, around)
	case "array":
		e, err := s.sqlType(n.Items, around)
		return types.ArrayOf(e), err
	case "map":
		v, err := s.sqlType(n.Values, around)
		return types.MapOf(types.String().NotNull(), v), err
	case "boolean":
		return types.Of(types.Boolean), nil
	case "float":
		return types.Of(types.Float), nil
	case "double":
		return types.Of(types.Double), nil
	case "bytes", "fixed":
		if n.LogicalType == "decimal" && n.Precision <= types.MaxPrecision {
			return types.DecimalOf(n.Precision, n.Scale), nil
		}
		return types.Bytes(), nil
	case "int", "long":
		return numberType(n), nil
	}
	return types.String(), nil // string, enum, null
}

func numberType(n *avro.SchemaNode) types.Type {
	switch n.LogicalType {
	case "date":
		return types.Of(types.Date)
	case "time-millis", "time-micros":
		return types.TimeOf(3)
	case "timestamp-millis":
		return types.TimestampLTZOf(3)
	case "timestamp-micros":
		return types.TimestampLTZOf(6)
	case "timestamp-nanos":
		return types.TimestampLTZOf(9)
	case "local-timestamp-millis":
		return types.TimestampOf(3)
	case "local-timestamp-micros":
		return types.TimestampOf(6)
	case "local-timestamp-nanos":
		return types.TimestampOf(9)
	}
	if n.Type == "int" {
		return types.Of(types.Int)
	}
	return types.Of(types.BigInt)
}

// unionType gives the type of the one branch that is not null, or the wider one of two
// numbers.
func (s *schema) unionType(n *avro.SchemaNode, around []*avro.SchemaNode) (types.Type, error) {
	var out types.Type
	found := 0
	for i := range n.Branches {
		if s.resolve(&n.Branches[i]).Type == "null" {
			continue
		}
		t, err := s.sqlType(&n.Branches[i], around)
		switch {
		case err != nil:
			return t, err
		case found == 0, out.IsInteger() && t.IsNumeric(), out.Kind == types.Float && t.Kind == types.Double:
			if found == 0 || t.Kind > out.Kind {
				out = t
			}
		case out.IsNumeric() && t.IsInteger(), out.EqualKind(t):
		default:
			return t, sqlerr.New(sqlerr.Unsupported, sqlerr.Pos{}, "the Avro schema has a union of %s, which no type of a column holds", fmt.Sprintf("%s and %s", out, t)).WithHint("declare the columns without it")
		}
		found++
	}
	if found == 0 {
		return types.String(), nil
	}
	return out, nil
}
