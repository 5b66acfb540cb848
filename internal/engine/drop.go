package engine

import (
	"strings"

	"github.com/weir-stream/weir/internal/catalog"
	"github.com/weir-stream/weir/internal/sql"
	"github.com/weir-stream/weir/internal/sqlerr"
)

func (p *preparer) drop(st *sql.Drop) (runFunc, error) {
	kind := strings.ToLower(st.Kind)
	switch kind {
	case "table", "view", "model", "connection", "function":
		path, err := p.dropPath(st)
		if err != nil {
			return nil, err
		}
		return p.both(func(s *Session) error {
			return sqlerr.At(s.eng.catalog.Drop(path, kind, st.Temporary, st.IfExists), st.Name.Position())
		}, "dropped "+kind+" "+path.Name)
	case materializedTable:
		return p.dropMaterialized(st)
	case "database":
		return p.dropDatabase(st)
	case "catalog":
		return p.dropCatalog(st)
	}
	return nil, sqlerr.New(sqlerr.Unsupported, st.Position(), "DROP %s is not supported", st.Kind)
}

// dropPath is the path of what DROP names: that of a system object is its name.
func (p *preparer) dropPath(st *sql.Drop) (catalog.Path, error) {
	if !st.System {
		return p.s.path(st.Name)
	}
	if len(st.Name.Parts) > 1 {
		return catalog.Path{}, sqlerr.New(sqlerr.Name, st.Name.Position(), "a system %s has no database", strings.ToLower(st.Kind))
	}
	return catalog.Path{Name: st.Name.Last().Name}, nil
}

func (p *preparer) dropDatabase(st *sql.Drop) (runFunc, error) {
	cat, db := p.s.databaseName(st.Name)
	return p.both(func(s *Session) error {
		if cat == s.catalog && db == s.database {
			return sqlerr.New(sqlerr.Plan, st.Name.Position(), "the database %s is the current one and cannot be dropped", db).WithHint("USE another one first")
		}
		return sqlerr.At(s.eng.catalog.DropDatabase(cat, db, st.IfExists, st.Behavior == "CASCADE"), st.Name.Position())
	}, "dropped database "+db)
}

func (p *preparer) dropCatalog(st *sql.Drop) (runFunc, error) {
	name := st.Name.Last().Name
	if len(st.Name.Parts) > 1 {
		return nil, sqlerr.New(sqlerr.Name, st.Name.Position(), "a catalog's name has one part")
	}
	return p.both(func(s *Session) error {
		if name == s.catalog {
			return sqlerr.New(sqlerr.Plan, st.Name.Position(), "the catalog %s is the current one and cannot be dropped", name).WithHint("USE CATALOG another one first")
		}
		return sqlerr.At(s.eng.catalog.DropCatalog(name, st.IfExists), st.Name.Position())
	}, "dropped catalog "+name)
}
