package engine

import (
	"maps"

	"github.com/weir-stream/weir/internal/catalog"
	"github.com/weir-stream/weir/internal/sql"
)

// over gives an engine with another catalog, for what is bound and thrown away.
func (e *Engine) over(c *catalog.Catalog) *Engine {
	return &Engine{cfg: e.cfg, seeds: e.seeds, secrets: e.secrets, catalog: c, functions: e.functions, aggs: e.aggs, connectors: e.connectors, formats: e.formats}
}

// define binds the statement of a file of a catalog. Connectors are not asked:
// what is in the catalog can be described, altered and dropped in any case.
func (e *Engine) define(c *catalog.Catalog, cat, db string, st sql.Statement) (catalog.Object, error) {
	s := &Session{eng: e.over(c), catalog: cat, database: db, options: maps.Clone(e.cfg.Options)}
	if s.options == nil {
		s.options = map[string]string{}
	}
	s.options["weir.sql.strict"] = "false"
	return s.binder().BindStored(st)
}
