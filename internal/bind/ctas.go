package bind

import (
	"slices"

	"github.com/weir-stream/weir/internal/catalog"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/sql"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
)

// fromQuery takes the columns of CREATE TABLE .. AS; false if the query has faults.
func (d *tableDef) fromQuery() bool {
	b := d.b
	errs := len(b.errs)
	blk := b.query(d.stmt.As, nil)
	if blk.open || len(b.errs) > errs {
		return false
	}
	fs := blk.node.Fields()
	order := make([]int, len(fs))
	for i := range fs {
		order[i] = i
	}
	if len(d.stmt.ColumnNames) > 0 {
		order = d.reordered(fs)
	}
	for _, at := range order {
		f := fs[at]
		switch {
		case d.t.Column(f.Name) >= 0:
			b.fail(sqlerr.Name, d.stmt.As.Position(), "the query has two columns `%s`", f.Name).WithHint("name one of them with AS")
		case f.Type.Kind == types.Null:
			b.fail(sqlerr.Type, d.stmt.As.Position(), "the type of the query's column `%s` is not known", f.Name).WithHint("write CAST(NULL AS ..)")
		}
		d.t.Columns = append(d.t.Columns, catalog.Column{Name: f.Name, Type: f.Type.WithAttr(types.NoAttr)})
	}
	return true
}

// reordered gives the query's columns in the order of a list of names, which
// must be all of theirs.
func (d *tableDef) reordered(fs []plan.Field) []int {
	b := d.b
	var order []int
	names := make([]string, len(fs))
	for i, f := range fs {
		names[i] = f.Name
	}
	for i, id := range d.stmt.ColumnNames {
		at := slices.Index(names, id.Name)
		switch {
		case at < 0:
			hintNear(b.fail(sqlerr.Name, id.Pos, "the query has no column `%s`", id.Name), id.Name, names)
			return nil
		case slices.Contains(order, at):
			b.fail(sqlerr.Name, id.Pos, "the column `%s` is named twice", id.Name)
			return nil
		}
		if order = append(order, at); i+1 == len(d.stmt.ColumnNames) && len(order) != len(fs) {
			b.fail(sqlerr.Plan, d.stmt.ColumnNames[0].Pos, "%s named, but the query has %d", plural(len(order), "column"), len(fs)).WithHint("its columns are %s", join2(names))
			return nil
		}
	}
	return order
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
	in := &sql.Insert{At: st.At, Table: st.Name, Query: st.As, Fills: true}
	for _, f := range blk.node.Fields() {
		name := sql.Ident{Name: f.Name, Pos: st.Name.Position()}
		in.Columns = append(in.Columns, sql.ObjectName{Parts: []sql.Ident{name}})
	}
	return in, nil
}
