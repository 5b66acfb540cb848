package bind

import (
	"github.com/weir-stream/weir/internal/catalog"
	"github.com/weir-stream/weir/internal/sql"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
)

// BindStored gives the object that a statement of a catalog's file defines. It
// was checked when it was written, so connectors are not asked again, and a view
// whose tables have gone is still a view: its use tells what is missing.
func (b *Binder) BindStored(st sql.Statement) (catalog.Object, error) {
	b.trusting = true
	defer func() { b.trusting = false }()
	switch st := st.(type) {
	case *sql.CreateTable:
		t, err := b.BindCreateTable(st)
		return orNil(t, err)
	case *sql.CreateView:
		v, err := b.BindCreateView(st)
		if err == nil {
			return v, nil
		}
		return unboundView(v, st), nil
	case *sql.CreateFunction:
		return orNil(b.BindCreateFunction(st))
	case *sql.CreateModel:
		return orNil(b.BindCreateModel(st))
	case *sql.CreateConnection:
		return orNil(b.BindCreateConnection(st))
	}
	return nil, sqlerr.New(sqlerr.Unsupported, st.Position(), "this statement does not define an object of a catalog")
}

// orNil keeps a nil pointer from becoming an object.
func orNil[T catalog.Object](o T, err error) (catalog.Object, error) {
	if err != nil {
		return nil, err
	}
	return o, nil
}

// unboundView is a view of whose columns only the names are known.
func unboundView(v *catalog.View, st *sql.CreateView) *catalog.View {
	v.Columns = nil
	for i, c := range st.Columns {
		col := catalog.Column{Name: c.Name, Type: types.Of(types.Null)}
		if i < len(st.Comments) {
			col.Comment = commentOf(st.Comments[i])
		}
		v.Columns = append(v.Columns, col)
	}
	v.Query = sql.Print(st.Query)
	return v
}
