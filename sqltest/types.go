package sqltest

import (
	"github.com/weir-stream/weir/internal/catalog"
	"github.com/weir-stream/weir/internal/types"
)

// ParseType reads a type as SQL spells it, by way of a table's column.
func ParseType(s string) (types.Type, bool) {
	r, err := NewRunner(&World{Name: "types"})
	if err != nil {
		return types.Type{}, false
	}
	defer r.Close()
	if _, err := r.Exec("CREATE TABLE t (c " + s + ") WITH ('connector' = 'values')"); err != nil {
		return types.Type{}, false
	}
	o, ok := r.session.Engine().Catalog().Lookup(catalog.Path{Catalog: "default_catalog", Database: "default_database", Name: "t"})
	if !ok {
		return types.Type{}, false
	}
	return o.(*catalog.Table).Columns[0].Type, true
}
