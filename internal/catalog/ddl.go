package catalog

import (
	"strings"

	"github.com/weir-stream/weir/internal/sql"
)

// DDL gives the statement that makes an object again, as SHOW CREATE prints it.
func DDL(o Object) string {
	switch o := o.(type) {
	case *Table:
		return tableDDL(o)
	case *View:
		return viewDDL(o)
	}
	return ""
}

func fullName(p Path) string {
	return sql.QuoteIdent(p.Catalog) + "." + sql.QuoteIdent(p.Database) + "." + sql.QuoteIdent(p.Name)
}

func quoteAll(names []string) string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = sql.QuoteIdent(n)
	}
	return strings.Join(out, ", ")
}

func tableDDL(t *Table) string {
	var b strings.Builder
	b.WriteString("CREATE ")
	if t.Temporary {
		b.WriteString("TEMPORARY ")
	}
	b.WriteString("TABLE " + fullName(t.Path) + " (\n")
	var parts []string
	for _, c := range t.Columns {
		parts = append(parts, columnDDL(c))
	}
	if w := t.Watermark; w != nil {
		parts = append(parts, "WATERMARK FOR "+sql.QuoteIdent(w.Column)+" AS "+w.Expr)
	}
	if len(t.PrimaryKey) > 0 {
		key := "PRIMARY KEY (" + quoteAll(t.PrimaryKey) + ") NOT ENFORCED"
		if t.KeyName != "" {
			key = "CONSTRAINT " + sql.QuoteIdent(t.KeyName) + " " + key
		}
		parts = append(parts, key)
	}
	b.WriteString("  " + strings.Join(parts, ",\n  ") + "\n)")
	if t.Comment != "" {
		b.WriteString("\nCOMMENT " + sql.QuoteString(t.Comment))
	}
	if t.Distribution != "" {
		b.WriteString("\n" + t.Distribution)
	}
	if len(t.PartitionedBy) > 0 {
		b.WriteString("\nPARTITIONED BY (" + quoteAll(t.PartitionedBy) + ")")
	}
	if len(t.Options) > 0 {
		opts := make([]string, len(t.Options))
		for i, o := range t.Options {
			opts[i] = "  " + sql.QuoteString(o.Key) + " = " + sql.QuoteString(o.Value)
		}
		b.WriteString("\nWITH (\n" + strings.Join(opts, ",\n") + "\n)")
	}
	return b.String()
}

func columnDDL(c Column) string {
	s := sql.QuoteIdent(c.Name)
	switch c.Kind {
	case Computed:
		s += " AS " + c.Expr
	default:
		s += " " + c.Type.String()
	}
	if c.Kind == Metadata {
		s += " METADATA"
		if c.MetadataKey != c.Name {
			s += " FROM " + sql.QuoteString(c.MetadataKey)
		}
		if c.Virtual {
			s += " VIRTUAL"
		}
	}
	if c.Comment != "" {
		s += " COMMENT " + sql.QuoteString(c.Comment)
	}
	return s
}

func viewDDL(v *View) string {
	s := "CREATE "
	if v.Temporary {
		s += "TEMPORARY "
	}
	names := make([]string, len(v.Columns))
	for i, c := range v.Columns {
		names[i] = c.Name
	}
	s += "VIEW " + fullName(v.Path) + " (" + quoteAll(names) + ")"
	if v.Comment != "" {
		s += " COMMENT " + sql.QuoteString(v.Comment)
	}
	return s + "\nAS " + v.Query
}
