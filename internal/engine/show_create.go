package engine

import (
	"strings"

	"github.com/weir-stream/weir/internal/catalog"
	"github.com/weir-stream/weir/internal/sql"
	"github.com/weir-stream/weir/internal/sqlerr"
)

// showCreate gives the statement that makes an object.
func (s *Session) showCreate(st *sql.Show, noun string) ([]string, [][]string, error) {
	var text string
	var err error
	switch noun {
	case "CATALOG":
		text, err = s.createCatalogText(*st.Name)
	case "DATABASE":
		text, err = s.createDatabaseText(*st.Name)
	default:
		var o catalog.Object
		if o, err = s.find(kindOf[noun], *st.Name); o != nil {
			text = catalog.Shown(s.withFullNames(o))
			if strings.HasPrefix(noun, "OR ALTER ") {
				text = strings.Replace(text, "CREATE ", "CREATE OR ALTER ", 1)
			}
		}
	}
	if err != nil {
		return nil, nil, err
	}
	if text == "" {
		return nil, nil, sqlerr.New(sqlerr.Unsupported, st.Position(), "SHOW %s is not supported", st.What)
	}
	return []string{"result"}, [][]string{{text}}, nil
}

// kindOf gives the kind of object of a noun.
var kindOf = map[string]string{"TABLE": "table", "VIEW": "view", "MATERIALIZED TABLE": "materialized table", "OR ALTER MATERIALIZED TABLE": "materialized table",
	"MODEL": "model", "CONNECTION": "connection", "FUNCTION": "function"}

// find looks an object of a kind up; another kind under the name is refused.
func (s *Session) find(kind string, n sql.ObjectName) (catalog.Object, error) {
	if kind == "function" {
		if f, ok := s.eng.catalog.Function(n.Strings(), s.catalog, s.database); ok {
			return f, nil
		}
	}
	path, err := s.path(n)
	if err != nil {
		return nil, err
	}
	o, ok := s.eng.catalog.Find(catalog.ClassOf(kind), path)
	if !ok && kind == "connection" {
		o, ok = s.eng.catalog.Find(catalog.Connections, catalog.Path{Name: path.Name})
	}
	switch {
	case !ok:
		return nil, sqlerr.At(s.eng.catalog.Missing(path, kind), n.Position())
	case o.Kind() != kind:
		return nil, sqlerr.New(sqlerr.Name, n.Position(), "`%s` is a %s, not a %s", path.Name, o.Kind(), kind)
	}
	return o, nil
}

func (s *Session) createCatalogText(n sql.ObjectName) (string, error) {
	name := n.Last().Name
	opts, comment, err := s.eng.catalog.CatalogOptions(name)
	if err != nil {
		return "", sqlerr.At(err, n.Position())
	}
	return catalog.CatalogDDL(name, comment, catalog.Masked(opts)), nil
}

func (s *Session) createDatabaseText(n sql.ObjectName) (string, error) {
	cat, name := s.databaseName(n)
	db, err := s.eng.catalog.Database(cat, name)
	if err != nil {
		return "", sqlerr.At(err, n.Position())
	}
	return catalog.DatabaseDDL(cat, name, db), nil
}

// withFullNames gives a view or function whose text has full names.
func (s *Session) withFullNames(o catalog.Object) catalog.Object {
	switch o := o.(type) {
	case *catalog.View:
		v := *o
		v.Query = s.binder().ExpandView(o)
		return &v
	case *catalog.Function:
		f := *o
		f.Body = s.binder().ExpandFunction(o)
		return &f
	}
	return o
}
