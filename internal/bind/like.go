package bind

import (
	"context"
	"errors"

	"github.com/weir-stream/weir/internal/catalog"
	"github.com/weir-stream/weir/internal/sql"
	"github.com/weir-stream/weir/internal/sqlerr"
)

// errNone says that a connector lacks an end.
var errNone = errors.New("no such end")

// contextOf gives the context that connectors are asked in while binding.
func contextOf(*Binder) context.Context { return context.Background() }

// likeDefaults is what LIKE does where nothing is written, as in Flink.
var likeDefaults = map[string]string{"CONSTRAINTS": "INCLUDING", "DISTRIBUTION": "INCLUDING", "GENERATED": "INCLUDING", "METADATA": "INCLUDING",
	"OPTIONS": "OVERWRITING", "PARTITIONS": "INCLUDING", "WATERMARKS": "INCLUDING"}

// like takes over what LIKE includes of another table; what the statement
// writes itself comes on top. False if there is no such table.
func (d *tableDef) like(l *sql.LikeClause) bool {
	b := d.b
	pos := l.Table.Position()
	path, ok := catalog.Resolve(l.Table.Strings(), b.CurrentCatalog, b.CurrentDatabase)
	if !ok {
		b.fail(sqlerr.Name, pos, "a table's name has at most three parts: catalog.database.table")
		return false
	}
	obj, ok := b.Catalog.Lookup(path)
	if !ok {
		b.failAt(b.Catalog.Missing(path, "table"), pos)
		return false
	}
	src, ok := obj.(*catalog.Table)
	if !ok {
		b.fail(sqlerr.Plan, pos, "LIKE needs a table, but `%s` is a %s", path.Name, obj.Kind())
		return false
	}
	if src.Broken {
		b.silenced = true
		return false
	}
	how := d.likeOptions(l)
	d.how, d.inherited = how, map[string]bool{}
	d.likeColumns(src, how)
	takes := func(f string) bool { return how[f] != "EXCLUDING" }
	if takes("WATERMARKS") && src.Watermark != nil {
		d.t.Watermark = src.Watermark
		if len(d.stmt.Watermarks) > 0 && how["WATERMARKS"] != "OVERWRITING" {
			b.fail(sqlerr.Plan, d.stmt.Watermarks[0].Pos, "`%s` has a WATERMARK already", path.Name).WithHint("write LIKE %s (OVERWRITING WATERMARKS)", path.Name)
		}
	}
	if takes("CONSTRAINTS") {
		d.t.PrimaryKey, d.t.KeyName = src.PrimaryKey, src.KeyName
	}
	if takes("PARTITIONS") {
		d.t.PartitionedBy = src.PartitionedBy
	}
	if takes("DISTRIBUTION") {
		d.t.Distribution, d.t.DistributedBy = src.Distribution, src.DistributedBy
	}
	if takes("OPTIONS") {
		d.t.Options = src.Options
		if how["OPTIONS"] == "INCLUDING" {
			d.noOverlap(src)
		}
	}
	return true
}

// likeOverwritable are the features that OVERWRITING is for.
var likeOverwritable = map[string]bool{"GENERATED": true, "METADATA": true, "OPTIONS": true, "WATERMARKS": true}

// likeOptions gives what is done with each feature: ALL first, then what is said
// of it alone.
func (d *tableDef) likeOptions(l *sql.LikeClause) map[string]string {
	how := map[string]string{}
	for f, m := range likeDefaults {
		how[f] = m
	}
	said := map[string]bool{}
	for _, o := range l.Options {
		switch {
		case said[o.Feature]:
			d.b.fail(sqlerr.Plan, o.Pos, "%s is said twice", o.Feature)
		case o.Merge == "OVERWRITING" && !likeOverwritable[o.Feature]:
			d.b.fail(sqlerr.Plan, o.Pos, "OVERWRITING is not for %s", o.Feature).WithHint("write INCLUDING %s or EXCLUDING %s", o.Feature, o.Feature)
		}
		said[o.Feature] = true
		if o.Feature == "ALL" {
			for f := range how {
				how[f] = o.Merge
			}
		}
	}
	for _, o := range l.Options {
		if o.Feature != "ALL" {
			how[o.Feature] = o.Merge
		}
	}
	return how
}

// likeFeature is the feature that a kind of column belongs to.
var likeFeature = map[catalog.ColumnKind]string{catalog.Computed: "GENERATED", catalog.Metadata: "METADATA"}

// likeColumns copies the columns that LIKE takes over.
func (d *tableDef) likeColumns(src *catalog.Table, how map[string]string) {
	for _, c := range src.Columns {
		if f := likeFeature[c.Kind]; f != "" && how[f] == "EXCLUDING" {
			continue
		}
		d.inherited[c.Name] = true
		d.t.Columns = append(d.t.Columns, c)
	}
}

// overwrite puts a column in the place of one that LIKE brought: a computed or
// metadata column may, with OVERWRITING, in the place of one of its kind.
func (d *tableDef) overwrite(c *sql.ColumnDef, at int) {
	own, base := d.column(c), d.t.Columns[at]
	feature, table := likeFeature[own.Kind], d.stmt.Like.Table.Last().Name
	switch {
	case own.Kind != base.Kind || feature == "":
		e := d.b.fail(sqlerr.Name, c.Name.Pos, "`%s` has a column `%s` already", table, c.Name.Name)
		if f := likeFeature[base.Kind]; f != "" {
			e.WithHint("write LIKE %s (EXCLUDING %s)", d.stmt.Like.Table, f)
		}
	case d.how[feature] != "OVERWRITING":
		d.b.fail(sqlerr.Name, c.Name.Pos, "`%s` has a column `%s` already", table, c.Name.Name).
			WithHint("write LIKE %s (OVERWRITING %s)", d.stmt.Like.Table, feature)
	default:
		d.t.Columns[at] = own
		delete(d.inherited, c.Name.Name)
	}
}

// noOverlap refuses options that are written again without OVERWRITING.
func (d *tableDef) noOverlap(src *catalog.Table) {
	for _, o := range d.stmt.Options {
		if _, ok := src.Options.Get(o.Key.Value); ok {
			d.b.fail(sqlerr.Option, o.Key.Pos, "`%s` has the option '%s' already", src.Path.Name, o.Key.Value).
				WithHint("write LIKE %s (OVERWRITING OPTIONS)", src.Path.Name)
		}
	}
}
