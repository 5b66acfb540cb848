package catalog

// Model is a model that ML_PREDICT and its kind call: the columns that it takes
// and gives, and what its provider is told.
type Model struct {
	Path Path
	// Input and Output are physical columns. Both are empty where the provider
	// tells them.
	Input, Output []Column
	// Options hold 'provider' and the provider's own keys.
	Options   Options
	Comment   string
	Temporary bool
}

// FullName gives the path.
func (m *Model) FullName() Path { return m.Path }

// Kind gives "model".
func (m *Model) Kind() string { return "model" }

// IsTemporary reports whether the model lives as long as the session.
func (m *Model) IsTemporary() bool { return m.Temporary }

// Model gives the model at a path, the temporary one first.
func (c *Catalog) Model(p Path) (*Model, bool) {
	o, _ := c.Find(Models, p)
	m, ok := o.(*Model)
	return m, ok
}

// Connection is how to reach another system, with its secrets, for tables,
// models and functions that name it.
type Connection struct {
	Path    Path
	Options Options
	Comment string
	// System connections are found under their name alone, in every database.
	System    bool
	Temporary bool
}

// FullName gives the path.
func (c *Connection) FullName() Path { return c.Path }

// Kind gives "connection".
func (c *Connection) Kind() string { return "connection" }

// IsTemporary reports whether the connection lives as long as the session.
func (c *Connection) IsTemporary() bool { return c.Temporary }

// Connection gives the connection at a path, the temporary one first.
func (c *Catalog) Connection(p Path) (*Connection, bool) {
	o, ok := c.Find(Connections, Path{Name: p.Name})
	if !ok {
		o, _ = c.Find(Connections, p)
	}
	conn, ok := o.(*Connection)
	return conn, ok
}
