package catalog

import (
	"github.com/weir-stream/weir/internal/types"
)

// Path is the full name of an object.
type Path struct {
	Catalog, Database, Name string
}

// String joins the parts by dots.
func (p Path) String() string { return p.Catalog + "." + p.Database + "." + p.Name }

// Object is a *Table, *View, *Function, *Model or *Connection. Objects are immutable once they are in a
// catalog: changing one is putting another in its place.
type Object interface {
	FullName() Path
	// Kind is "table", "materialized table", "view", "function", "model" or "connection".
	Kind() string
	IsTemporary() bool
}

// ColumnKind is where the values of a column come from.
type ColumnKind uint8

// The kinds of columns.
const (
	Physical ColumnKind = iota
	Computed            // from other columns, by Expr
	Metadata            // from the connector, by MetadataKey
)

// Column is a column of a table.
type Column struct {
	Name        string
	Type        types.Type
	Kind        ColumnKind
	Expr        string // Computed: the SQL text
	MetadataKey string // Metadata: the connector's key, the column's name if none was written
	// Virtual metadata is read only; other metadata is written too.
	Virtual bool
	Comment string
}

// Persisted reports whether INSERT writes the column.
func (c *Column) Persisted() bool {
	return c.Kind == Physical || c.Kind == Metadata && !c.Virtual
}

// Watermark is WATERMARK FOR Column AS Expr, the latter as SQL text.
type Watermark struct {
	Column string
	Expr   string
}

// Table is the definition of a table.
type Table struct {
	Path          Path
	Columns       []Column
	Watermark     *Watermark
	PrimaryKey    []string
	KeyName       string // of the constraint; may be empty
	PartitionedBy []string
	Distribution  string // DISTRIBUTED .. as written; empty if not
	DistributedBy []string
	Options       Options
	Comment       string
	Statistics    *Statistics // of ANALYZE TABLE; nil if there are none
	// Inferred tells how the columns were found where the statement has none. It is not
	// kept: what is, is the columns.
	Inferred string
	// Materialized is set for a materialized table.
	Materialized *Materialized
	// Broken marks a table whose definition was refused: it is there so that its
	// uses are not reported again.
	Broken    bool
	Temporary bool
}

// Materialized is how a table is filled by a job of its own.
type Materialized struct {
	Query string // with full names
	// Freshness is as it was written, empty if it was not, and in ms.
	Freshness   string
	FreshnessMs int64
}

// FullName gives the path.
func (t *Table) FullName() Path { return t.Path }

// Kind gives "table" or "materialized table".
func (t *Table) Kind() string {
	if t.Materialized != nil {
		return "materialized table"
	}
	return "table"
}

// IsTemporary reports whether the table lives as long as the session.
func (t *Table) IsTemporary() bool { return t.Temporary }

// Column gives the ordinal of a column by its exact name, -1 if there is none.
func (t *Table) Column(name string) int {
	for i := range t.Columns {
		if t.Columns[i].Name == name {
			return i
		}
	}
	return -1
}

// ColumnNames lists the columns in order.
func (t *Table) ColumnNames() []string {
	out := make([]string, len(t.Columns))
	for i := range t.Columns {
		out[i] = t.Columns[i].Name
	}
	return out
}

// View is a query with a name. It is kept as text and bound where it is used;
// Catalog and Database are those that its unqualified names are looked up in.
type View struct {
	Path      Path
	Columns   []Column // names, types and comments as they were when it was made
	Query     string
	Catalog   string
	Database  string
	Comment   string
	Options   Options // of ALTER VIEW .. SET; nothing reads them
	Temporary bool
}

// FullName gives the path.
func (v *View) FullName() Path { return v.Path }

// Kind gives "view".
func (v *View) Kind() string { return "view" }

// IsTemporary reports whether the view lives as long as the session.
func (v *View) IsTemporary() bool { return v.Temporary }

// TableColumns gives the columns, as they were when the view was made.
func (v *View) TableColumns() []Column { return v.Columns }

// Option is a key of WITH (..) and its value.
type Option struct{ Key, Value string }

// Options are the options of a table in the order in which they were written.
type Options []Option

// Get gives the value of a key.
func (o Options) Get(key string) (string, bool) {
	for _, kv := range o {
		if kv.Key == key {
			return kv.Value, true
		}
	}
	return "", false
}

// With gives the options with a key set; o is not changed.
func (o Options) With(key, value string) Options {
	out := append(Options(nil), o...)
	for i := range out {
		if out[i].Key == key {
			out[i].Value = value
			return out
		}
	}
	return append(out, Option{key, value})
}

// Without gives the options without a key; o is not changed.
func (o Options) Without(key string) Options {
	var out Options
	for _, kv := range o {
		if kv.Key != key {
			out = append(out, kv)
		}
	}
	return out
}

// Map gives the options as a map.
func (o Options) Map() map[string]string {
	m := make(map[string]string, len(o))
	for _, kv := range o {
		m[kv.Key] = kv.Value
	}
	return m
}
