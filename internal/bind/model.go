package bind

import (
	"strings"

	"github.com/weir-stream/weir/internal/catalog"
	"github.com/weir-stream/weir/internal/sql"
	"github.com/weir-stream/weir/internal/sqlerr"
)

// BindCreateModel checks CREATE MODEL: physical columns on both sides or on
// none, and options, as Flink asks. The provider is not asked yet.
func (b *Binder) BindCreateModel(st *sql.CreateModel) (*catalog.Model, error) {
	b.begin()
	m := &catalog.Model{Path: b.newPath(st.Name, "model"), Temporary: st.Temporary, Comment: commentOf(st.Comment)}
	m.Input = b.modelColumns(st.Input, "INPUT")
	m.Output = b.modelColumns(st.Output, "OUTPUT")
	m.Options = b.newOptions(st.Options)
	switch {
	case len(st.Input) > 0 && len(st.Output) == 0:
		b.fail(sqlerr.Plan, st.Name.Position(), "the model `%s` has INPUT columns but no OUTPUT columns", m.Path.Name).WithHint("write OUTPUT (..), or leave both out")
	case len(st.Input) == 0 && len(st.Output) > 0:
		b.fail(sqlerr.Plan, st.Name.Position(), "the model `%s` has OUTPUT columns but no INPUT columns", m.Path.Name).WithHint("write INPUT (..), or leave both out")
	case len(st.Options) == 0:
		b.fail(sqlerr.Option, st.Name.Position(), "the model `%s` has no options", m.Path.Name).WithHint("write WITH ('provider' = '..', ..)")
	case st.As != nil:
		b.unsupported(st.As.Position(), "CREATE MODEL .. AS query").WithHint("train the model where its provider is and name it in WITH")
	}
	if err := b.err(); err != nil {
		return nil, err
	}
	return m, nil
}

func (b *Binder) modelColumns(defs []sql.ColumnDef, what string) []catalog.Column {
	var out []catalog.Column
	seen := map[string]bool{}
	for i := range defs {
		c := &defs[i]
		switch {
		case c.Kind != sql.PhysicalColumn:
			b.fail(sqlerr.Plan, c.Pos, "the %s column `%s` of a model must be a physical column", what, c.Name.Name)
			continue
		case c.Constraint != nil:
			b.fail(sqlerr.Plan, c.Constraint.Pos, "columns of a model have no constraints")
		case seen[c.Name.Name]:
			b.fail(sqlerr.Name, c.Name.Pos, "there are two %s columns `%s`", what, c.Name.Name)
		}
		seen[c.Name.Name] = true
		t, _ := b.typeOf(c.Type)
		out = append(out, catalog.Column{Name: c.Name.Name, Type: t, Comment: commentOf(c.Comment)})
	}
	return out
}

// newPath resolves the name of what is made.
func (b *Binder) newPath(n sql.ObjectName, kind string) catalog.Path {
	p, ok := catalog.Resolve(n.Strings(), b.CurrentCatalog, b.CurrentDatabase)
	if !ok {
		b.fail(sqlerr.Name, n.Position(), "a %s's name has at most three parts: catalog.database.%s", kind, kind)
	}
	return p
}

// newOptions takes WITH (..); a key that is given twice is refused.
func (b *Binder) newOptions(opts []sql.Option) catalog.Options {
	var out catalog.Options
	for _, o := range opts {
		if _, twice := out.Get(o.Key.Value); twice {
			b.fail(sqlerr.Option, o.Key.Pos, "the option '%s' is given twice", o.Key.Value)
		}
		if strings.TrimSpace(o.Key.Value) == "" {
			b.fail(sqlerr.Option, o.Key.Pos, "an option needs a key")
		}
		out = out.With(o.Key.Value, o.Value.Value)
	}
	return out
}

func commentOf(s *sql.StringLit) string {
	if s == nil {
		return ""
	}
	return s.Value
}

// BindCreateConnection checks CREATE CONNECTION.
func (b *Binder) BindCreateConnection(st *sql.CreateConnection) (*catalog.Connection, error) {
	b.begin()
	c := &catalog.Connection{Path: b.newPath(st.Name, "connection"), Temporary: st.Temporary, System: st.System, Comment: commentOf(st.Comment)}
	if st.System {
		if len(st.Name.Parts) > 1 {
			b.fail(sqlerr.Name, st.Name.Position(), "a system connection has no database").WithHint("write CREATE TEMPORARY SYSTEM CONNECTION %s", sql.QuoteIdent(c.Path.Name))
		}
		c.Path = catalog.Path{Name: c.Path.Name}
	}
	c.Options = b.newOptions(st.Options)
	if len(st.Options) == 0 {
		b.fail(sqlerr.Option, st.Name.Position(), "the connection `%s` has no options", c.Path.Name).WithHint("write WITH ('type' = '..', ..)")
	}
	if err := b.err(); err != nil {
		return nil, err
	}
	return c, nil
}
