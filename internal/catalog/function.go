package catalog

import "github.com/weir-stream/weir/internal/types"

// Function is a function that is written in SQL. Its body is bound where it is
// called, with the parameters in the place of columns; unqualified names in it
// are looked up in Catalog and Database.
type Function struct {
	Path    Path
	Params  []Param
	Returns types.Type // of a scalar function
	// Columns are those of a table function; then Body is a query.
	Columns []Column
	Table   bool
	// Body is an expression, or the query of a table function.
	Body      string
	Catalog   string
	Database  string
	Comment   string
	Temporary bool
	// System functions (always temporary) are found before built-in ones.
	System bool
}

// Param is a parameter of a function.
type Param struct {
	Name string
	Type types.Type
}

// FullName gives the path; that of a system function is its name alone.
func (f *Function) FullName() Path { return f.Path }

// Kind gives "function".
func (f *Function) Kind() string { return "function" }

// IsTemporary reports whether the function lives as long as the session.
func (f *Function) IsTemporary() bool { return f.Temporary }

// Signature prints the function as a user would declare it.
func (f *Function) Signature() string {
	s := f.Path.Name + "("
	for i, p := range f.Params {
		if i > 0 {
			s += ", "
		}
		s += p.Name + " " + p.Type.String()
	}
	s += ") -> "
	if !f.Table {
		return s + f.Returns.String()
	}
	s += "TABLE("
	for i, c := range f.Columns {
		if i > 0 {
			s += ", "
		}
		s += c.Name + " " + c.Type.String()
	}
	return s + ")"
}

// Function gives the function that a name stands for: parts are as written,
// one for an unqualified name. Temporary system functions come first, then
// those of the current database.
func (c *Catalog) Function(parts []string, catalog, database string) (*Function, bool) {
	if len(parts) == 1 {
		if o, ok := c.Find(Functions, Path{Name: parts[0]}); ok {
			f, ok := o.(*Function)
			return f, ok
		}
	}
	p, ok := Resolve(parts, catalog, database)
	if !ok {
		return nil, false
	}
	o, _ := c.Find(Functions, p)
	f, ok := o.(*Function)
	return f, ok
}
