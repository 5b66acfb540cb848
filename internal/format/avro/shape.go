package avro

import (
	"fmt"

	"github.com/twmb/avro"
)

// shape tells what of a schema decides how values are written, names of fields
// included. A schema that holds itself is cut where it does.
func shape(s *schema, n *avro.SchemaNode, inside string) string {
	if inside != "" && n.Type == inside {
		return "itself"
	}
	n = s.resolve(n)
	switch n.Type {
	case "record":
		out := "{"
		for i := range n.Fields {
			out += n.Fields[i].Name + ":" + shape(s, &n.Fields[i].Type, n.Name) + ","
		}
		return out + "}"
	case "array":
		return "[" + shape(s, n.Items, inside) + "]"
	case "map":
		return "<" + shape(s, n.Values, inside) + ">"
	case "union":
		out := "("
		for i := range n.Branches {
			out += shape(s, &n.Branches[i], inside) + "|"
		}
		return out + ")"
	case "fixed":
		return fmt.Sprintf("fixed%d", n.Size)
	case "enum":
		return fmt.Sprint("enum", n.Symbols)
	}
	if n.LogicalType == "decimal" {
		return fmt.Sprintf("%s(%d,%d)", n.Type, n.Precision, n.Scale)
	}
	return n.Type
}
