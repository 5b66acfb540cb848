package catalog

import (
	"strings"

	"github.com/weir-stream/weir/internal/sql"
)

// DDL gives the statement that makes an object again, with its full name.
func DDL(o Object) string { return ddl(o, fullName(o.FullName())) }

// Shown gives DDL as SHOW CREATE prints it: secrets of models and connections
// are masked.
func Shown(o Object) string {
	switch v := o.(type) {
	case *Model:
		m := *v
		m.Options = Masked(m.Options)
		return DDL(&m)
	case *Connection:
		c := *v
		c.Options = Masked(c.Options)
		return DDL(&c)
	}
	return DDL(o)
}

// ddl prints an object under a name.
func ddl(o Object, name string) string {
	switch o := o.(type) {
	case *Table:
		return tableDDL(o, name)
	case *View:
		return viewDDL(o, name)
	case *Model:
		return modelDDL(o, name)
	case *Connection:
		return create(temporary(o.Temporary, o.System)+"CONNECTION ", name) + commentDDL(o.Comment) + optionsDDL(o.Options)
	case *Function:
		return functionDDL(o, name)
	}
	return ""
}

func create(what, name string) string { return "CREATE " + what + name }

func temporary(temp, system bool) string {
	switch {
	case system:
		return "TEMPORARY SYSTEM "
	case temp:
		return "TEMPORARY "
	}
	return ""
}

// fullName quotes a path; a system object has a name alone.
func fullName(p Path) string {
	if p.Catalog == "" {
		return sql.QuoteIdent(p.Name)
	}
	return sql.QuoteIdent(p.Catalog) + "." + sql.QuoteIdent(p.Database) + "." + sql.QuoteIdent(p.Name)
}

func commentDDL(c string) string {
	if c == "" {
		return ""
	}
	return "\nCOMMENT " + sql.QuoteString(c)
}

func optionsDDL(list Options) string {
	if len(list) == 0 {
		return ""
	}
	opts := make([]string, len(list))
	for i, o := range list {
		opts[i] = "  " + sql.QuoteString(o.Key) + " = " + sql.QuoteString(o.Value)
	}
	return "\nWITH (\n" + strings.Join(opts, ",\n") + "\n)"
}

// CatalogDDL gives CREATE CATALOG.
func CatalogDDL(name, comment string, opts Options) string {
	return create("CATALOG ", sql.QuoteIdent(name)) + commentDDL(comment) + optionsDDL(opts)
}

// DatabaseDDL gives CREATE DATABASE; catalog may be empty.
func DatabaseDDL(catalog, name string, db Database) string {
	full := sql.QuoteIdent(name)
	if catalog != "" {
		full = sql.QuoteIdent(catalog) + "." + full
	}
	return create("DATABASE ", full) + commentDDL(db.Comment) + optionsDDL(db.Options)
}

func quoteAll(names []string) string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = sql.QuoteIdent(n)
	}
	return strings.Join(out, ", ")
}

func tableDDL(t *Table, name string) string {
	var b strings.Builder
	what := "TABLE "
	if t.Materialized != nil {
		what = "MATERIALIZED TABLE "
	}
	b.WriteString(create(temporary(t.Temporary, false)+what, name) + " (\n")
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
	b.WriteString("  " + strings.Join(parts, ",\n  ") + "\n)" + commentDDL(t.Comment))
	if t.Distribution != "" {
		b.WriteString("\n" + t.Distribution)
	}
	if len(t.PartitionedBy) > 0 {
		b.WriteString("\nPARTITIONED BY (" + quoteAll(t.PartitionedBy) + ")")
	}
	b.WriteString(optionsDDL(t.Options))
	if m := t.Materialized; m != nil {
		if m.Freshness != "" {
			b.WriteString("\nFRESHNESS = " + m.Freshness)
		}
		b.WriteString("\nREFRESH_MODE = CONTINUOUS\nAS " + m.Query)
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

func viewDDL(v *View, name string) string {
	cols := make([]string, len(v.Columns))
	for i, c := range v.Columns {
		cols[i] = sql.QuoteIdent(c.Name)
		if c.Comment != "" {
			cols[i] += " COMMENT " + sql.QuoteString(c.Comment)
		}
	}
	return create(temporary(v.Temporary, false)+"VIEW ", name) + " (" + strings.Join(cols, ", ") + ")" + commentDDL(v.Comment) + "\nAS " + v.Query
}

func modelDDL(m *Model, name string) string {
	s := create(temporary(m.Temporary, false)+"MODEL ", name)
	for _, side := range []struct {
		word string
		cols []Column
	}{{"INPUT", m.Input}, {"OUTPUT", m.Output}} {
		if len(side.cols) == 0 {
			continue
		}
		parts := make([]string, len(side.cols))
		for i, c := range side.cols {
			parts[i] = columnDDL(c)
		}
		s += "\n" + side.word + " (" + strings.Join(parts, ", ") + ")"
	}
	return s + commentDDL(m.Comment) + optionsDDL(m.Options)
}

func functionDDL(f *Function, name string) string {
	params := make([]string, len(f.Params))
	for i, p := range f.Params {
		params[i] = sql.QuoteIdent(p.Name) + " " + p.Type.String()
	}
	s := create(temporary(f.Temporary, f.System)+"FUNCTION ", name) + "(" + strings.Join(params, ", ") + ")\nRETURNS "
	if !f.Table {
		return s + f.Returns.String() + "\nLANGUAGE SQL" + commentDDL(f.Comment) + "\nAS " + sql.QuoteString(f.Body)
	}
	cols := make([]string, len(f.Columns))
	for i, c := range f.Columns {
		cols[i] = sql.QuoteIdent(c.Name) + " " + c.Type.String()
	}
	return s + "TABLE(" + strings.Join(cols, ", ") + ")\nLANGUAGE SQL" + commentDDL(f.Comment) + "\nAS " + sql.QuoteString(f.Body)
}
