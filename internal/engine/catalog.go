package engine

import (
	"strings"

	"github.com/weir-stream/weir/internal/catalog"
	"github.com/weir-stream/weir/internal/sql"
	"github.com/weir-stream/weir/internal/sqlerr"
)

// catalogStatement prepares the statements about objects of the catalog that
// are neither tables nor views, and ALTER.
func (p *preparer) catalogStatement(script *sql.Script, st sql.Statement) (runFunc, error) {
	switch st := st.(type) {
	case *sql.CreateModel:
		return p.createModel(st)
	case *sql.CreateConnection:
		return p.createConnection(st)
	case *sql.UseModules:
		return useModules(st)
	case *sql.LoadModule:
		return loadModule(st)
	case *sql.UnloadModule:
		return unloadModule(st)
	case *sql.Jar:
		return nil, jar(st)
	}
	return nil, unsupported(script, st)
}

// ifExists is what CREATE does where there is an object of the name already.
func ifExists(ifNotExists, orReplace bool) catalog.IfExists {
	switch {
	case ifNotExists:
		return catalog.Keep
	case orReplace:
		return catalog.Replace
	}
	return catalog.Fail
}

func (p *preparer) createModel(st *sql.CreateModel) (runFunc, error) {
	m, err := p.s.binder().BindCreateModel(st)
	if err != nil {
		return nil, err
	}
	return p.put(m, ifExists(st.IfNotExists, false), "created model "+m.Path.Name)
}

func (p *preparer) createConnection(st *sql.CreateConnection) (runFunc, error) {
	c, err := p.s.binder().BindCreateConnection(st)
	if err != nil {
		return nil, err
	}
	return p.put(c, ifExists(st.IfNotExists, false), "created connection "+c.Path.Name)
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
