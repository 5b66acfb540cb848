package bind

import (
	"slices"

	"github.com/weir-stream/weir/internal/catalog"
	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/sql"
	"github.com/weir-stream/weir/internal/sqlerr"
)

// alteration is an ALTER TABLE while it is bound. It is the definition of a
// table of which only what the statement writes is new; all of it is checked
// again, so that what is left can be no table that CREATE TABLE would refuse.
type alteration struct {
	tableDef
	old *catalog.Table
	pos sqlerr.Pos // of the statement's action
}

// BindAlterTable gives the table that an action makes of another one. The
// actions RENAME TO and those of partitions are not of a definition.
func (b *Binder) BindAlterTable(st *sql.Alter, t *catalog.Table) (*catalog.Table, error) {
	b.begin()
	n := *t
	n.Columns = slices.Clone(t.Columns)
	a := &alteration{old: t, pos: st.Action.Position(), tableDef: tableDef{b: b, t: &n, pos: map[string]sqlerr.Pos{},
		stmt: &sql.CreateTable{At: st.At, Name: st.Name, Temporary: t.Temporary}}}
	a.apply(st.Action)
	if len(b.errs) == 0 {
		a.check()
	}
	if err := b.err(); err != nil {
		return nil, err
	}
	return a.t, nil
}

func (a *alteration) apply(act sql.AlterAction) {
	switch act := act.(type) {
	case *sql.SetOptions:
		a.stmt.Options = act.Options
	case *sql.ResetOptions:
		a.reset(act)
	case *sql.RenameColumn:
		a.rename(act)
	case *sql.AddElements:
		a.elements(act)
	case *sql.DropColumns:
		a.drop(act)
	case *sql.DropConstraint:
		a.dropKey(act)
	case *sql.DropWatermark:
		if a.t.Watermark == nil {
			a.fail("has no WATERMARK")
		}
		a.t.Watermark = nil
	case *sql.DropDistribution:
		if a.t.Distribution == "" {
			a.fail("has no DISTRIBUTION")
		}
		a.t.Distribution, a.t.DistributedBy = "", nil
	default:
		a.b.unsupported(a.pos, "this form of ALTER TABLE")
	}
}

func (a *alteration) fail(format string, args ...any) *sqlerr.Error {
	return a.b.fail(sqlerr.Plan, a.pos, "`"+a.t.Path.Name+"` "+format, args...)
}

// check defines the table anew.
func (a *alteration) check() {
	a.options()
	a.expressions()
	a.key()
	a.distribution()
	a.checkConnector()
}

func (a *alteration) reset(act *sql.ResetOptions) {
	if len(act.Keys) == 0 {
		a.b.fail(sqlerr.Option, act.Pos, "RESET needs at least one key")
	}
	for _, k := range act.Keys {
		if k.Value == "connector" {
			a.b.fail(sqlerr.Option, k.Pos, "the option 'connector' cannot be reset").WithHint("a table needs a connector: SET ('connector' = '..') changes it")
		}
		a.t.Options = a.t.Options.Without(k.Value)
	}
}

// column finds a column of the table by a name in the statement.
func (a *alteration) find(n sql.ObjectName) int {
	if len(n.Parts) > 1 {
		a.b.unsupported(n.Position(), "ALTER TABLE of a field of a row").WithHint("write the whole column anew: MODIFY `%s` ROW<..>", n.Parts[0].Name)
		return -1
	}
	name := n.Last()
	at := a.t.Column(name.Name)
	if at < 0 {
		hintNear(a.b.fail(sqlerr.Name, name.Pos, "`%s` has no column `%s`", a.t.Path.Name, name.Name), name.Name, a.t.ColumnNames())
	}
	return at
}

func (a *alteration) rename(act *sql.RenameColumn) {
	from := act.From.Last().Name
	at := a.find(act.From)
	if at < 0 || !a.unused(from, act.From.Position(), "renamed", nil) {
		return
	}
	to := act.To.Name
	if a.t.Column(to) >= 0 {
		a.b.fail(sqlerr.Name, act.To.Pos, "`%s` has a column `%s` already", a.t.Path.Name, to)
		return
	}
	a.t.Columns[at].Name = to
	a.t.PrimaryKey = slices.Clone(a.t.PrimaryKey)
	for i, k := range a.t.PrimaryKey {
		if k == from {
			a.t.PrimaryKey[i] = to
		}
	}
	a.t.Statistics = a.t.Statistics.Renamed(from, to)
}

func (a *alteration) drop(act *sql.DropColumns) {
	gone := map[string]bool{}
	for _, n := range act.Columns {
		if a.find(n) < 0 {
			continue
		}
		if gone[n.Last().Name] {
			a.b.fail(sqlerr.Name, n.Position(), "the column `%s` is named twice", n.Last().Name)
		}
		gone[n.Last().Name] = true
	}
	for _, n := range act.Columns {
		name := n.Last().Name
		if !gone[name] || !a.unused(name, n.Position(), "dropped", gone) {
			continue
		}
		if slices.Contains(a.t.PrimaryKey, name) {
			a.b.fail(sqlerr.Plan, n.Position(), "the column `%s` cannot be dropped: it is in the primary key", name).WithHint("ALTER TABLE %s DROP PRIMARY KEY first", sql.QuoteIdent(a.t.Path.Name))
		}
		a.t.Statistics = a.t.Statistics.Renamed(name, "")
	}
	a.t.Columns = slices.DeleteFunc(a.t.Columns, func(c catalog.Column) bool { return gone[c.Name] })
	if len(a.t.Columns) == 0 && len(a.b.errs) == 0 {
		a.fail("would have no columns left")
	}
}

// unused refuses to change a column that others are made of. gone are columns
// that go with it.
func (a *alteration) unused(name string, pos sqlerr.Pos, what string, gone map[string]bool) bool {
	n := len(a.b.errs)
	why := func(format string, args ...any) {
		a.b.fail(sqlerr.Plan, pos, "the column `%s` cannot be %s: "+format, append([]any{name, what}, args...)...)
	}
	for i := range a.old.Columns {
		c := &a.old.Columns[i]
		if c.Kind == catalog.Computed && !gone[c.Name] && slices.Contains(a.uses(c.Expr), name) {
			why("the computed column `%s` uses it", c.Name)
		}
	}
	if w := a.old.Watermark; w != nil && (w.Column == name || slices.Contains(a.uses(w.Expr), name)) {
		why("the WATERMARK uses it")
	}
	if slices.Contains(a.old.PartitionedBy, name) {
		why("the table is partitioned by it")
	}
	if slices.Contains(a.old.DistributedBy, name) {
		why("the table is distributed by it")
	}
	return len(a.b.errs) == n
}

// uses lists the columns of the old table that an expression names.
func (a *alteration) uses(text string) []string {
	s := &scope{rels: []*relation{{name: a.old.Path.Name}}}
	for i := range a.old.Columns {
		c := &a.old.Columns[i]
		s.rels[0].cols = append(s.rels[0].cols, column{name: c.Name, t: c.Type, index: i})
	}
	e := a.b.textExpr(s, text, "definition of `"+a.old.Path.Name+"`", a.pos)
	var out []string
	if e == bad {
		return nil
	}
	expr.Walk(e, func(x expr.Expr) bool {
		if c, ok := x.(*expr.Col); ok && c.Depth == 0 {
			out = append(out, a.old.Columns[c.Index].Name)
		}
		return true
	})
	return out
}

func (a *alteration) dropKey(act *sql.DropConstraint) {
	switch {
	case len(a.t.PrimaryKey) == 0:
		a.fail("has no PRIMARY KEY")
	case act.Name == nil || act.Name.Name == a.t.KeyName:
	case a.t.KeyName == "":
		a.b.fail(sqlerr.Name, act.Name.Pos, "`%s` has no constraint `%s`", a.t.Path.Name, act.Name.Name).WithHint("its primary key has no name: write DROP PRIMARY KEY")
	default:
		a.b.fail(sqlerr.Name, act.Name.Pos, "`%s` has no constraint `%s`", a.t.Path.Name, act.Name.Name).WithHint("its primary key is the constraint `%s`", a.t.KeyName)
	}
	a.t.PrimaryKey, a.t.KeyName = nil, ""
}
