package bind

import (
	"github.com/weir-stream/weir/internal/catalog"
	"github.com/weir-stream/weir/internal/sql"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
)

// fromQuery takes the columns of CREATE TABLE .. AS.
func (d *tableDef) fromQuery() {
	b := d.b
	errs := len(b.errs)
	blk := b.query(d.stmt.As, nil)
	if blk.open || len(b.errs) > errs {
		return
	}
	fs := blk.node.Fields()
	if n := len(d.stmt.ColumnNames); n > 0 && n != len(fs) {
		b.fail(sqlerr.Plan, d.stmt.ColumnNames[0].Pos, "%d columns are named, but the query has %d", n, len(fs))
		return
	}
	for i, f := range fs {
		name := f.Name
		if len(d.stmt.ColumnNames) > 0 {
			name = d.stmt.ColumnNames[i].Name
		}
		d.t.Columns = append(d.t.Columns, catalog.Column{Name: name, Type: f.Type.WithAttr(types.NoAttr)})
	}
}

// InsertOf gives the INSERT that fills the table of CREATE TABLE .. AS: the
// query's columns go where their names are. Bind it when the table is in the
// catalog.
func (b *Binder) InsertOf(st *sql.CreateTable) (*sql.Insert, error) {
	b.begin()
	blk := b.query(st.As, nil)
	if err := b.err(); err != nil {
		return nil, err
	}
	in := &sql.Insert{At: st.At, Table: st.Name, Query: st.As}
	for i, f := range blk.node.Fields() {
		name := sql.Ident{Name: f.Name, Pos: st.Name.Position()}
		if i < len(st.ColumnNames) {
			name = st.ColumnNames[i]
		}
		in.Columns = append(in.Columns, sql.ObjectName{Parts: []sql.Ident{name}})
	}
	return in, nil
}
