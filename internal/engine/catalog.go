package engine

import (
	"github.com/weir-stream/weir/internal/catalog"
	"github.com/weir-stream/weir/internal/sql"
)

// catalogStatement prepares the statements about objects of the catalog that
// are neither tables nor views, and ALTER.
func (p *preparer) catalogStatement(script *sql.Script, st sql.Statement) (runFunc, error) {
	switch st := st.(type) {
	case *sql.CreateModel:
		return p.createModel(st)
	case *sql.CreateConnection:
		return p.createConnection(st)
	case *sql.CreateFunction:
		return p.createFunction(st)
	case *sql.AlterFunction:
		return p.alterFunction(st)
	case *sql.Alter:
		return p.alter(script, st)
	case *sql.CreateCatalog:
		return p.createCatalog(st)
	case *sql.AnalyzeTable:
		return p.analyzeTable(st)
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
