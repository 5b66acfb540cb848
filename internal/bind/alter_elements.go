package bind

import (
	"slices"

	"github.com/weir-stream/weir/internal/catalog"
	"github.com/weir-stream/weir/internal/sql"
	"github.com/weir-stream/weir/internal/sqlerr"
)

// elements adds or modifies columns, the watermark, the key and the
// distribution. What is added must not be there, what is modified must.
func (a *alteration) elements(act *sql.AddElements) {
	a.stmt.TableElements, a.stmt.Distribution = act.TableElements, act.Distribution
	seen := map[string]bool{}
	for i := range act.Columns {
		c := &act.Columns[i]
		switch {
		case len(c.Path) > 0:
			a.find(sql.ObjectName{Parts: append(slices.Clone(c.Path), c.Name)})
		case seen[c.Name.Name]:
			a.b.fail(sqlerr.Name, c.Name.Pos, "the column `%s` is named twice", c.Name.Name)
		case act.Modify:
			a.modify(c)
		default:
			a.add(c)
		}
		seen[c.Name.Name] = true
	}
	if len(act.Watermarks) > 0 {
		a.one("WATERMARK", act.Modify, a.t.Watermark != nil, act.Watermarks[0].Pos)
		a.t.Watermark = nil
	}
	if key, ok := a.newKey(act); ok {
		a.one("PRIMARY KEY", act.Modify, len(a.t.PrimaryKey) > 0, key)
		a.t.PrimaryKey, a.t.KeyName = nil, ""
	}
	if act.Distribution != nil {
		a.one("DISTRIBUTION", act.Modify, a.t.Distribution != "", act.Distribution.Pos)
		a.t.Distribution, a.t.DistributedBy = "", nil
	}
}

// one refuses to add what is there and to modify what is not.
func (a *alteration) one(what string, modify, there bool, pos sqlerr.Pos) {
	switch {
	case modify && !there:
		a.b.fail(sqlerr.Plan, pos, "`%s` has no %s", a.t.Path.Name, what).WithHint("write ADD in place of MODIFY")
	case !modify && there:
		a.b.fail(sqlerr.Plan, pos, "`%s` has a %s already", a.t.Path.Name, what).WithHint("write MODIFY in place of ADD, or drop it first")
	}
}

// newKey tells whether a primary key is written, and where.
func (a *alteration) newKey(act *sql.AddElements) (sqlerr.Pos, bool) {
	for i := range act.Constraints {
		if k := &act.Constraints[i]; k.Kind == "PRIMARY KEY" {
			return k.Pos, true
		}
	}
	for i := range act.Columns {
		if k := act.Columns[i].Constraint; k != nil && k.Kind == "PRIMARY KEY" {
			return k.Pos, true
		}
	}
	return sqlerr.Pos{}, false
}

func (a *alteration) add(c *sql.ColumnDef) {
	if a.t.Column(c.Name.Name) >= 0 {
		a.b.fail(sqlerr.Name, c.Name.Pos, "`%s` has a column `%s` already", a.t.Path.Name, c.Name.Name).WithHint("write MODIFY to change it")
		return
	}
	if to, ok := a.place(c, len(a.t.Columns)); ok {
		a.t.Columns = slices.Insert(a.t.Columns, to, a.column(c))
	}
}

// modify replaces a column's definition; a comment stays where none is written,
// and columns of the primary key stay NOT NULL.
func (a *alteration) modify(c *sql.ColumnDef) {
	at := a.find(sql.ObjectName{Parts: []sql.Ident{c.Name}})
	if at < 0 {
		return
	}
	old := a.t.Columns[at]
	col := a.column(c)
	if c.Comment == nil {
		col.Comment = old.Comment
	}
	if slices.Contains(a.t.PrimaryKey, col.Name) {
		if col.Kind != catalog.Physical {
			a.b.fail(sqlerr.Plan, c.Name.Pos, "the column `%s` is in the primary key and must stay a physical column", col.Name)
		}
		col.Type.Nullable = false
	}
	if slices.Contains(a.t.PartitionedBy, col.Name) && col.Kind != catalog.Physical {
		a.b.fail(sqlerr.Plan, c.Name.Pos, "the table is partitioned by `%s`, which must stay a physical column", col.Name)
	}
	a.t.Columns = slices.Delete(a.t.Columns, at, at+1)
	if to, ok := a.place(c, at); ok {
		a.t.Columns = slices.Insert(a.t.Columns, to, col)
	}
	a.t.Statistics = a.t.Statistics.Renamed(col.Name, "")
}

// place gives the ordinal that FIRST or AFTER asks for.
func (a *alteration) place(c *sql.ColumnDef, otherwise int) (int, bool) {
	if c.First {
		return 0, true
	}
	if c.After == nil {
		return otherwise, true
	}
	last := c.After.Parts[len(c.After.Parts)-1]
	if last.Name == c.Name.Name {
		a.b.fail(sqlerr.Name, last.Pos, "the column `%s` cannot stand after itself", last.Name)
		return 0, false
	}
	at := a.find(sql.ObjectName{Parts: c.After.Parts})
	return at + 1, at >= 0
}
