package engine

import (
	"cmp"
	"errors"
	"io/fs"
	"slices"
	"strings"

	"github.com/weir-stream/weir/internal/bind"
	"github.com/weir-stream/weir/internal/catalog"
	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/sql"
	"github.com/weir-stream/weir/internal/sqlerr"
)

// End is an end of a table, read or written, that can be looked at without a job.
type End struct {
	Name    string // as short as the session allows
	Table   *connector.Table
	Spec    *connector.Spec
	Written bool // else it is read
	Source  connector.Source
	Sink    connector.Sink
	// Err is why the connector refuses the table; Source and Sink are nil then.
	Err error
}

// Ends gives the tables that a script declares, reads and writes, or of those only
// the named ones: tables, or files as in FROM 'path'. Nothing runs. unbound are the
// errors of queries and INSERTs, whose tables may be missing.
func (s *Session) Ends(src string, names []string) (ends []End, unbound, err error) {
	script, err := sql.ParseScript(src)
	if err != nil {
		return nil, nil, err
	}
	u := &users{preparer: preparer{s: s.overlay(), prog: &Program{}, changes: s.eng.catalog.Changes()}}
	u.s.touched = func(t bind.Touch) { u.touches = append(u.touches, t) }
	u.strict(script)
	for _, st := range script.Statements {
		u.look(script, st)
	}
	if err := u.errs.Err(); err != nil {
		return nil, u.unbound.Err(), err
	}
	if len(names) == 0 {
		u.all()
	}
	for _, n := range names {
		u.errs.Add(u.named(n))
	}
	return u.ends, u.unbound.Err(), u.errs.Err()
}

// users finds out what uses the tables of a script.
type users struct {
	preparer
	touches []bind.Touch
	created []catalog.Path
	unbound sqlerr.List
	ends    []End
}

// look binds a statement. What is wrong with one that uses tables hides nothing of
// the others.
func (u *users) look(script *sql.Script, st sql.Statement) {
	before := len(u.errs)
	u.statement(script, st)
	switch st := st.(type) {
	case *sql.QueryStmt, *sql.Insert, *sql.StatementSet, *sql.Execute:
		u.unbound = append(u.unbound, u.errs[before:]...)
		u.errs = u.errs[:before]
	case *sql.CreateTable:
		if p, err := u.s.path(st.Name); err == nil {
			u.created = append(u.created, p)
		}
	}
}

// all takes the declared tables in their order, then the others that are used.
func (u *users) all() {
	for _, p := range u.created {
		u.ofTable(p)
	}
	for _, t := range u.touches {
		u.add(t)
	}
}

// ofTable takes the ends of a table that statements use, or the one that they would.
func (u *users) ofTable(p catalog.Path) bool {
	used := false
	for _, t := range u.touches {
		if t.Path == p {
			u.add(t)
			used = true
		}
	}
	if used {
		return true
	}
	obj, _ := u.s.eng.catalog.Lookup(p)
	t, ok := obj.(*catalog.Table)
	if !ok {
		return false
	}
	touch, err := u.s.binder().Touch(t)
	if err != nil {
		u.ends = append(u.ends, End{Name: u.short(p), Err: err})
		return true
	}
	u.add(touch)
	return true
}

// named takes a table or files.
func (u *users) named(name string) error {
	if p, ok := catalog.Resolve(strings.Split(name, "."), u.s.catalog, u.s.database); ok && u.ofTable(p) {
		return nil
	}
	ct, err := u.s.inferTable(name)
	if err == nil {
		u.add(bind.Touch{Path: catalog.Path{Name: ct.Name}, Table: ct, Spec: u.s.eng.connectors["filesystem"]})
		return nil
	}
	if fsys := u.s.eng.cfg.FS; fsys != nil {
		if _, serr := fsys.Stat(name); !errors.Is(serr, fs.ErrNotExist) {
			u.ends = append(u.ends, End{Name: name, Err: err})
			return nil
		}
	}
	e := sqlerr.New(sqlerr.Missing, sqlerr.Pos{}, "there is no table and no file '%s'", name)
	var tables []string
	for _, p := range u.created {
		tables = append(tables, u.short(p))
	}
	if near, ok := sqlerr.Nearest(name, tables); ok {
		return e.WithHint("did you mean '%s'?", near)
	}
	if len(tables) > 0 {
		return e.WithHint("tables are %s", strings.Join(tables, ", "))
	}
	return e.WithHint("name the script that declares the table before it: pipeline.sql %s", name)
}

// add takes an end once.
func (u *users) add(t bind.Touch) {
	e := End{Name: cmp.Or(u.short(t.Path), t.Table.Name), Table: t.Table, Spec: t.Spec, Written: t.Written}
	if hint := strings.TrimPrefix(t.Table.Name, t.Path.String()); hint != t.Table.Name {
		e.Name += hint
	}
	if slices.ContainsFunc(u.ends, func(o End) bool { return o.Name == e.Name && o.Written == e.Written }) {
		return
	}
	switch {
	case e.Written && e.Spec.Sink == nil:
		e.Err = sqlerr.New(sqlerr.Plan, sqlerr.Pos{}, "the connector '%s' cannot be written", e.Spec.Name)
	case e.Written:
		e.Sink, e.Err = e.Spec.Sink(e.Table)
	default:
		e.Source, e.Err = e.Spec.Source(e.Table)
	}
	u.ends = append(u.ends, e)
}

// short leaves out the catalog and database that are current anyway.
func (u *users) short(p catalog.Path) string {
	switch {
	case p.Catalog == "" || p.Catalog == u.s.catalog && p.Database == u.s.database:
		return p.Name
	case p.Catalog == u.s.catalog:
		return p.Database + "." + p.Name
	}
	return p.String()
}
