package protobuf

import (
	"fmt"
	"sort"
	"strings"

	"github.com/weir-stream/weir/internal/format"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
)

// definition gives the text of a .proto file with a message whose fields are columns.
// name is made a name of a message.
func definition(name string, cols []format.Column) (string, error) {
	d := definer{imports: map[string]bool{}}
	body, err := d.message(identifier(name), allOf(cols), "")
	if err != nil {
		return "", err
	}
	head := "syntax = \"proto3\";\n"
	var files []string
	for f := range d.imports {
		files = append(files, f)
	}
	sort.Strings(files)
	for _, f := range files {
		head += "import \"" + f + "\";\n"
	}
	return head + body, nil
}

// definer writes definitions.
type definer struct{ imports map[string]bool }

// identifier makes a text a name.
func identifier(s string) string {
	out := strings.Map(func(c rune) rune {
		if c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' {
			return c
		}
		return '_'
	}, s)
	if out == "" || out[0] >= '0' && out[0] <= '9' {
		out = "_" + out
	}
	return out
}

func (d definer) message(name string, fields []types.Field, indent string) (string, error) {
	var b strings.Builder
	fmt.Fprintf(&b, "%smessage %s {\n", indent, name)
	for i, f := range fields {
		if identifier(f.Name) != f.Name {
			return "", sqlerr.New(sqlerr.Unsupported, sqlerr.Pos{}, "the column `%s` has a name that a field cannot have", f.Name).WithHint("names are letters, digits and '_'")
		}
		text, err := d.field(f, indent+"  ", &b)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(&b, "%s  %s %s = %d;\n", indent, text, f.Name, i+1)
	}
	fmt.Fprintf(&b, "%s}\n", indent)
	return b.String(), nil
}

// field gives the type of a field with its label; messages of its own go to b.
func (d definer) field(f types.Field, indent string, b *strings.Builder) (string, error) {
	switch t := f.Type; t.Kind {
	case types.Array:
		s, err := d.value(f.Name, *t.Elem, indent, b)
		return "repeated " + s, err
	case types.Map:
		k, err := "uint64", error(nil) // keys are no messages
		if t.Key.Kind != types.Decimal || t.Key.Scale != 0 || t.Key.Prec > 20 {
			k, err = d.value(f.Name, *t.Key, indent, b)
		}
		if err != nil {
			return "", err
		}
		switch k {
		case "uint64", "int32", "int64", "bool", "string":
		default:
			return "", unfit(f.Name, t, "keys of maps are whole numbers, BOOLEAN or text")
		}
		v, err := d.value(f.Name, *t.Elem, indent, b)
		return "map<" + k + ", " + v + ">", err
	default:
		s, err := d.value(f.Name, t, indent, b)
		if t.Nullable && !strings.Contains(s, ".") && t.Kind != types.Row {
			s = "optional " + s
		}
		return s, err
	}
}

func unfit(column string, t types.Type, hint string) error {
	return sqlerr.New(sqlerr.Unsupported, sqlerr.Pos{}, "the format proto-registry cannot hold the column `%s` of type %s", column, t.AsNullable()).WithHint("%s", hint)
}

func (d definer) value(column string, t types.Type, indent string, b *strings.Builder) (string, error) {
	from := func(file, name string) (string, error) {
		d.imports[file] = true
		return name, nil
	}
	switch t.Kind {
	case types.Boolean:
		return "bool", nil
	case types.TinyInt, types.SmallInt, types.Int:
		return "int32", nil
	case types.BigInt:
		return "int64", nil
	case types.Float:
		return "float", nil
	case types.Double:
		return "double", nil
	case types.Char, types.Varchar:
		return "string", nil
	case types.Binary, types.Varbinary:
		return "bytes", nil
	case types.Date:
		return from("google/type/date.proto", dateMessage)
	case types.Time:
		return from("google/type/timeofday.proto", timeMessage)
	case types.Timestamp, types.TimestampLTZ:
		return from("google/protobuf/timestamp.proto", timestampMessage)
	case types.Decimal:
		return from("confluent/type/decimal.proto", decimalMessage)
	case types.Row:
		name := column + "_Row"
		body, err := d.message(name, t.Fields, indent)
		b.WriteString(body)
		return name, err
	}
	return "", unfit(column, t, "arrays and maps cannot lie in each other but by a ROW between them")
}
