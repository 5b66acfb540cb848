package bind

import (
	"github.com/weir-stream/weir/internal/catalog"
	"github.com/weir-stream/weir/internal/sql"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
)

// BindCreateView checks a view's query and gives its definition. A view comes
// with an error too, so that its uses are not reported again.
func (b *Binder) BindCreateView(st *sql.CreateView) (*catalog.View, error) {
	b.begin()
	path, ok := catalog.Resolve(st.Name.Strings(), b.CurrentCatalog, b.CurrentDatabase)
	if !ok {
		b.fail(sqlerr.Name, st.Name.Position(), "a view's name has at most three parts: catalog.database.view")
	}
	v := &catalog.View{Path: path, Catalog: b.CurrentCatalog, Database: b.CurrentDatabase, Temporary: st.Temporary}
	if st.Comment != nil {
		v.Comment = st.Comment.Value
	}
	blk := b.query(st.Query, nil)
	if len(st.Columns) > 0 {
		blk = b.columnNames(blk, st.Columns, st.Columns[0].Pos, path.Name)
	}
	for i, f := range blk.node.Fields() {
		c := catalog.Column{Name: f.Name, Type: f.Type.WithAttr(types.NoAttr)}
		if i < len(st.Comments) && st.Comments[i] != nil {
			c.Comment = st.Comments[i].Value
		}
		v.Columns = append(v.Columns, c)
	}
	if err := b.err(); err != nil {
		return v, err
	}
	v.Query = sql.Print(st.Query)
	return v, nil
}
