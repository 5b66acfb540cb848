package bind

import (
	"github.com/weir-stream/weir/internal/catalog"
	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/sqlerr"
)

// Touch is an end of a table, as its connector sees it.
type Touch struct {
	Path    catalog.Path
	Table   *connector.Table
	Spec    *connector.Spec
	Written bool // else it is read
}

func (b *Binder) touched(t *catalog.Table, ct *connector.Table, spec *connector.Spec, written bool) {
	if b.Touched != nil {
		b.Touched(Touch{t.Path, ct, spec, written})
	}
}

// Touch describes a table that no statement uses: it is read if it can be.
func (b *Binder) Touch(t *catalog.Table) (Touch, error) {
	b.begin()
	ct, spec, _ := b.connectorTable(t, t.Options, places{at: sqlerr.Pos{}})
	if err := b.err(); err != nil {
		return Touch{Path: t.Path}, err
	}
	return Touch{t.Path, ct, spec, spec.Source == nil}, nil
}
