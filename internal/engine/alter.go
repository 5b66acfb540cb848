package engine

import (
	"strings"

	"github.com/weir-stream/weir/internal/catalog"
	"github.com/weir-stream/weir/internal/sql"
	"github.com/weir-stream/weir/internal/sqlerr"
)

// alter prepares ALTER of any kind of object.
func (p *preparer) alter(script *sql.Script, st *sql.Alter) (runFunc, error) {
	switch st.Kind {
	case "CATALOG":
		return p.alterCatalog(script, st)
	case "DATABASE":
		return p.alterDatabase(script, st)
	case "TABLE", "VIEW", "MODEL", "CONNECTION":
		return p.alterObject(script, st)
	case "MATERIALIZED TABLE":
		return p.alterMaterialized(script, st)
	}
	return nil, unsupported(script, st)
}

// alterObject changes the object in the overlay now and in the catalog later.
func (p *preparer) alterObject(script *sql.Script, st *sql.Alter) (runFunc, error) {
	kind := strings.ToLower(st.Kind)
	path, err := p.s.path(st.Name)
	if err != nil {
		return nil, err
	}
	if st.System {
		path = catalog.Path{Name: st.Name.Last().Name}
	}
	old, err := p.s.alterable(st, kind, path)
	if old == nil || err != nil {
		return nothing, err
	}
	done := "altered " + kind + " " + path.Name
	if r, ok := st.Action.(*sql.RenameTo); ok {
		to, err := newName(path, r.Name)
		if err != nil {
			return nil, err
		}
		return p.both(func(s *Session) error { return s.eng.catalog.Rename(kind, path, to) }, done)
	}
	if kind == "table" {
		if run, ok, err := p.alterPartitions(st, old.(*catalog.Table)); ok {
			return run, err
		}
	}
	change := func(s *Session) error {
		old, err := s.alterable(st, kind, path)
		if old == nil || err != nil {
			return err
		}
		n, err := s.altered(script, st, old)
		if err != nil {
			return err
		}
		return s.eng.catalog.Put(n, catalog.Replace)
	}
	return p.both(change, done)
}

// alterable finds what ALTER changes; nil without an error for IF EXISTS.
// Temporary tables and views cannot be altered, as in Flink.
func (s *Session) alterable(st *sql.Alter, kind string, path catalog.Path) (catalog.Object, error) {
	o, ok := s.eng.catalog.Find(catalog.ClassOf(kind), path)
	pos := st.Name.Position()
	switch {
	case !ok && st.IfExists:
		return nil, nil
	case !ok:
		return nil, sqlerr.At(s.eng.catalog.Missing(path, kind), pos)
	case o.Kind() != kind:
		return nil, sqlerr.New(sqlerr.Name, pos, "`%s` is a %s, not a %s", path.Name, o.Kind(), kind).
			WithHint("write ALTER %s", strings.ToUpper(o.Kind()))
	case o.IsTemporary() && !st.Temporary && catalog.ClassOf(kind) == catalog.Tables:
		if st.IfExists {
			return nil, nil
		}
		return nil, sqlerr.New(sqlerr.Plan, pos, "`%s` is a temporary %s, which cannot be altered", path.Name, kind).
			WithHint("drop it and create it again: DROP TEMPORARY %s %s", strings.ToUpper(kind), path.Name)
	case o.IsTemporary() && !st.Temporary:
		return nil, sqlerr.New(sqlerr.Plan, pos, "`%s` is a temporary %s", path.Name, kind).WithHint("write ALTER TEMPORARY %s", strings.ToUpper(kind))
	case st.Temporary && !o.IsTemporary():
		return nil, sqlerr.New(sqlerr.Name, pos, "there is no temporary %s `%s`", kind, path.Name).WithHint("write ALTER %s", strings.ToUpper(kind))
	}
	if t, ok := o.(*catalog.Table); ok && t.Broken {
		return nil, sqlerr.List{}
	}
	return o, nil
}

// newName is the name that RENAME TO gives; an object stays in its database.
func newName(p catalog.Path, n sql.ObjectName) (string, error) {
	parts := n.Strings()
	to, ok := catalog.Resolve(parts, p.Catalog, p.Database)
	if !ok || to.Catalog != p.Catalog || to.Database != p.Database {
		return "", sqlerr.New(sqlerr.Unsupported, n.Position(), "RENAME TO another database is not supported").WithHint("write its new name alone: RENAME TO %s", sql.QuoteIdent(n.Last().Name))
	}
	return to.Name, nil
}

// altered gives what an action makes of an object.
func (s *Session) altered(script *sql.Script, st *sql.Alter, old catalog.Object) (catalog.Object, error) {
	switch o := old.(type) {
	case *catalog.Table:
		return s.binder().BindAlterTable(st, o)
	case *catalog.View:
		return s.alteredView(script, st, o)
	case *catalog.Model:
		m := *o
		var err error
		m.Options, err = alteredOptions(script, st, o.Options)
		return &m, err
	case *catalog.Connection:
		c := *o
		var err error
		c.Options, err = alteredOptions(script, st, o.Options)
		return &c, err
	}
	return nil, unsupported(script, st)
}

func (s *Session) alteredView(script *sql.Script, st *sql.Alter, old *catalog.View) (catalog.Object, error) {
	q, ok := st.Action.(*sql.SetQuery)
	if !ok {
		v := *old
		var err error
		v.Options, err = alteredOptions(script, st, old.Options)
		return &v, err
	}
	v, err := s.binder().BindCreateView(&sql.CreateView{At: st.At, Name: st.Name, Query: q.Query})
	if err != nil {
		return nil, err
	}
	v.Comment, v.Options = old.Comment, old.Options
	return v, s.notCircular(v, st.Name.Position())
}

// notCircular refuses a view that would read itself, by its own name or through
// another view, in the place of what had its name before.
func (s *Session) notCircular(v *catalog.View, pos sqlerr.Pos) error {
	o := s.overlay()
	if err := o.eng.catalog.Put(v, catalog.Replace); err != nil {
		return err
	}
	q, err := sql.ParseQuery("SELECT * FROM " + sql.QuoteIdent(v.Path.Catalog) + "." + sql.QuoteIdent(v.Path.Database) + "." + sql.QuoteIdent(v.Path.Name))
	if err == nil {
		_, err = o.binder().BindQuery(q)
	}
	if err == nil {
		return nil
	}
	return sqlerr.New(sqlerr.Plan, pos, "the view `%s` would read itself", v.Path.Name).
		WithHint("a view cannot be defined by what it was before: read its tables, or give the new view another name")
}

// alteredOptions applies SET and RESET.
func alteredOptions(script *sql.Script, st *sql.Alter, opts catalog.Options) (catalog.Options, error) {
	switch act := st.Action.(type) {
	case *sql.SetOptions:
		for _, o := range act.Options {
			opts = opts.With(o.Key.Value, o.Value.Value)
		}
		return opts, nil
	case *sql.ResetOptions:
		if len(act.Keys) == 0 {
			return nil, sqlerr.New(sqlerr.Option, act.Pos, "RESET needs at least one key")
		}
		for _, k := range act.Keys {
			opts = opts.Without(k.Value)
		}
		return opts, nil
	}
	return nil, unsupported(script, st)
}

func (p *preparer) alterDatabase(script *sql.Script, st *sql.Alter) (runFunc, error) {
	cat, name := p.s.databaseName(st.Name)
	return p.both(func(s *Session) error {
		db, err := s.eng.catalog.Database(cat, name)
		if err != nil {
			if st.IfExists {
				return nil
			}
			return sqlerr.At(err, st.Name.Position())
		}
		opts, err := alteredOptions(script, st, db.Options)
		if err != nil {
			return err
		}
		return s.eng.catalog.AlterDatabase(cat, name, opts)
	}, "altered database "+name)
}

// alterPartitions prepares ADD PARTITION, DROP PARTITION and PARTITION .. SET;
// false if the action is none of them.
func (p *preparer) alterPartitions(st *sql.Alter, t *catalog.Table) (runFunc, bool, error) {
	switch act := st.Action.(type) {
	case *sql.AddPartitions:
		run, err := p.partitions(st, act.Partitions, true, act.IfNotExists)
		return run, true, err
	case *sql.DropPartitions:
		run, err := p.partitions(st, act.Partitions, false, act.IfExists)
		return run, true, err
	case *sql.SetOptions:
		if act.Partition == nil {
			return nil, false, nil
		}
		return nil, true, sqlerr.New(sqlerr.Unsupported, act.Pos, "SET for a partition is not supported").WithHint("ALTER TABLE %s SET (..) is for all of them", t.Path.Name)
	}
	return nil, false, nil
}
