// Package catalog maps names to definitions: catalogs hold databases, databases
// hold tables, views, functions, models and connections, and temporary objects
// lie over them for as long as the session lives.
//
// A script is bound as a whole before any of it takes effect. Binding goes
// against an Overlay, a copy that shares the immutable definitions, so that the
// statements of the script see each other and nothing else does.
package catalog

import (
	"slices"
	"sort"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/vfs"
)

// The names of what exists in a new catalog, as in Flink.
const (
	DefaultCatalog  = "default_catalog"
	DefaultDatabase = "default_database"
)

// Catalog holds all catalogs. It may be used from several goroutines.
type Catalog struct {
	mu       sync.RWMutex
	catalogs map[string]*entry
	temp     map[slot]Object

	overlay bool // changes reach no file
	changes atomic.Int64
	fs      vfs.FS
	bind    Binder
	expand  func(value string) (string, error)
}

// entry is one catalog; it and its databases are changed under Catalog.mu only.
type entry struct {
	comment   string
	options   Options
	start     string // the database that USE CATALOG makes current
	databases map[string]*Database

	store *folder // nil: in memory
	err   error   // why its files cannot be read
}

// Database is a database's own definition.
type Database struct {
	Comment string
	Options Options
	objects map[member]Object
}

// New gives a catalog with the default catalog and database.
func New() *Catalog {
	c := &Catalog{catalogs: map[string]*entry{}, temp: map[slot]Object{}}
	c.catalogs[DefaultCatalog] = &entry{start: DefaultDatabase, databases: map[string]*Database{DefaultDatabase: {objects: map[member]Object{}}}}
	return c
}

// Overlay gives a copy that changes on its own; definitions are shared.
func (c *Catalog) Overlay() *Catalog {
	c.mu.RLock()
	defer c.mu.RUnlock()
	o := &Catalog{catalogs: make(map[string]*entry, len(c.catalogs)), temp: make(map[slot]Object, len(c.temp)),
		overlay: true, fs: c.fs, bind: c.bind, expand: c.expand}
	for p, obj := range c.temp {
		o.temp[p] = obj
	}
	for name, e := range c.catalogs {
		d := &entry{comment: e.comment, options: e.options, start: e.start, err: e.err, databases: make(map[string]*Database, len(e.databases))}
		for dn, db := range e.databases {
			n := &Database{Comment: db.Comment, Options: db.Options, objects: make(map[member]Object, len(db.objects))}
			for on, obj := range db.objects {
				n.objects[on] = obj
			}
			d.databases[dn] = n
		}
		o.catalogs[name] = d
	}
	return o
}

// Changes counts what has been asked to change the catalog, whether it did or not;
// reading its files again counts too. An overlay counts its own.
func (c *Catalog) Changes() int64 { return c.changes.Load() }

// lock takes the lock for a change.
func (c *Catalog) lock() {
	c.mu.Lock()
	c.changes.Add(1)
}

// Resolve makes a full path of one to three name parts.
func Resolve(parts []string, catalog, database string) (Path, bool) {
	switch len(parts) {
	case 1:
		return Path{catalog, database, parts[0]}, true
	case 2:
		return Path{catalog, parts[0], parts[1]}, true
	case 3:
		return Path{parts[0], parts[1], parts[2]}, true
	}
	return Path{}, false
}

// Lookup gives the table or view at a path, the temporary one first.
func (c *Catalog) Lookup(p Path) (Object, bool) { return c.Find(Tables, p) }

// Find gives the object of a class at a path, the temporary one first. One
// whose file is wrong is not found; Missing tells what is wrong with it.
func (c *Catalog) Find(class Class, p Path) (Object, bool) {
	o := c.peek(class, p)
	if o == nil {
		return nil, false
	}
	o, err := c.resolved(o)
	return o, err == nil
}

// peek gives the object of a class at a path as it is held, nil if there is
// none.
func (c *Catalog) peek(class Class, p Path) Object {
	c.mu.RLock()
	defer c.mu.RUnlock()
	at := slotOf(class, p)
	if o, ok := c.temp[at]; ok {
		return o
	}
	if db := c.database(p); db != nil {
		return db.objects[at.member()]
	}
	return nil
}

func (c *Catalog) database(p Path) *Database {
	if e := c.catalogs[p.Catalog]; e != nil {
		return e.databases[p.Database]
	}
	return nil
}

// IfExists says what putting an object does where there is one already.
type IfExists uint8

// The ways: fail, keep the old one silently, or replace it.
const (
	Fail IfExists = iota
	Keep
	Replace
)

// Put adds an object. Errors have no position.
func (c *Catalog) Put(o Object, how IfExists) error {
	c.lock()
	defer c.mu.Unlock()
	p := o.FullName()
	at := slotOf(ClassOf(o.Kind()), p)
	if o.IsTemporary() {
		if old, ok := c.temp[at]; ok && how != Replace {
			return exists(old, how)
		}
		c.temp[at] = o
		return nil
	}
	if err := c.missingParent(p); err != nil {
		return err
	}
	db := c.database(p)
	old := db.objects[at.member()]
	if old != nil && how != Replace {
		return exists(old, how)
	}
	o, err := c.keep(o, old, how)
	if o == nil {
		return err
	}
	db.objects[at.member()] = o
	return nil
}

func exists(old Object, how IfExists) error {
	if how == Keep {
		return nil
	}
	temp := ""
	if old.IsTemporary() {
		temp = "temporary "
	}
	return sqlerr.New(sqlerr.Name, sqlerr.Pos{}, "there is already a %s%s %s", temp, old.Kind(), old.FullName().Name).
		WithHint("drop it first, or write CREATE %s IF NOT EXISTS", strings.ToUpper(old.Kind()))
}

// Drop removes an object. kind is what Object.Kind gives; temporary asks for
// the temporary object. A permanent object that a temporary one hides is not
// dropped, as in Flink.
func (c *Catalog) Drop(p Path, kind string, temporary, ifExists bool) error {
	c.lock()
	defer c.mu.Unlock()
	at := slotOf(ClassOf(kind), p)
	hidden, isTemp := c.temp[at]
	if temporary {
		if !isTemp || hidden.Kind() != kind {
			return c.dropMissing(p, "temporary "+kind, ifExists)
		}
		delete(c.temp, at)
		return nil
	}
	if isTemp {
		return sqlerr.New(sqlerr.Name, sqlerr.Pos{}, "there is a temporary %s %s", hidden.Kind(), p.Name).
			WithHint("drop it first: DROP TEMPORARY %s %s", strings.ToUpper(hidden.Kind()), p.Name)
	}
	db := c.database(p)
	if db == nil || db.objects[at.member()] == nil || db.objects[at.member()].Kind() != kind {
		return c.dropMissing(p, kind, ifExists)
	}
	if f := c.store(p); f != nil {
		if err := f.remove(at); err != nil {
			return failed("the "+kind+" "+p.String()+" cannot be dropped", err)
		}
	}
	delete(db.objects, at.member())
	return nil
}

func (c *Catalog) dropMissing(p Path, kind string, ifExists bool) error {
	if ifExists {
		return nil
	}
	return c.missing(p, kind)
}

// Missing is the error for a name that is not there, with the nearest one as a
// hint. kind is as Object.Kind gives it, maybe with "temporary" before it. The
// error has no position.
func (c *Catalog) Missing(p Path, kind string) error {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.missing(p, kind)
}

func (c *Catalog) missing(p Path, kind string) error {
	if err := c.missingParent(p); err != nil {
		return err
	}
	err := sqlerr.New(sqlerr.Name, sqlerr.Pos{}, "there is no %s `%s`", kind, p.Name)
	class := ClassOf(strings.TrimPrefix(kind, "temporary "))
	if s, ok := c.database(p).objects[slotOf(class, p).member()].(*stored); ok {
		s.mu.Lock()
		wrong := s.err
		s.mu.Unlock()
		if wrong != nil {
			return wrong
		}
	}
	names := c.namesIn(class, p.Catalog, p.Database, nil)
	if slices.Contains(names, p.Name) {
		return err.WithHint("`%s` is there, but it is not a %s", p.Name, kind)
	}
	if near, ok := sqlerr.Nearest(p.Name, names); ok {
		return err.WithHint("did you mean `%s`?", near)
	}
	switch {
	case len(names) == 0:
		return err.WithHint("there are no %ss in %s.%s yet", class, p.Catalog, p.Database)
	case len(names) <= 12:
		return err.WithHint("%ss are %s", class, strings.Join(names, ", "))
	}
	return err
}

// missingParent is the error if the catalog or the database of p is not there.
func (c *Catalog) missingParent(p Path) error {
	e := c.catalogs[p.Catalog]
	if e == nil {
		return noSuch("catalog", p.Catalog, keys(c.catalogs))
	}
	if e.err != nil {
		return e.err
	}
	if e.databases[p.Database] == nil {
		return noSuch("database", p.Database, keys(e.databases))
	}
	return nil
}

func noSuch(kind, name string, names []string) error {
	err := sqlerr.New(sqlerr.Name, sqlerr.Pos{}, "there is no %s `%s`", kind, name)
	if near, ok := sqlerr.Nearest(name, names); ok {
		return err.WithHint("did you mean `%s`?", near)
	}
	return err.WithHint("%ss are %s", kind, strings.Join(names, ", "))
}

// Rename gives an object of a kind another name in its database; a temporary
// one first.
func (c *Catalog) Rename(kind string, p Path, to string) error {
	class := ClassOf(kind)
	o, ok := c.Find(class, p)
	c.lock()
	defer c.mu.Unlock()
	np := Path{p.Catalog, p.Database, to}
	from, at := slotOf(class, p), slotOf(class, np)
	if o, ok := c.temp[from]; ok {
		if old, taken := c.temp[at]; taken {
			return exists(old, Fail)
		}
		delete(c.temp, from)
		c.temp[at] = renamed(o, np)
		return nil
	}
	db := c.database(p)
	if !ok || db == nil || db.objects[from.member()] == nil || o.Kind() != kind {
		return c.missing(p, kind)
	}
	if old := db.objects[at.member()]; old != nil {
		return exists(old, Fail)
	}
	n, err := c.keep(renamed(o, np), nil, Fail)
	if err != nil {
		return err
	}
	if f := c.store(p); f != nil {
		if err := f.remove(from); err != nil {
			return failed("the "+kind+" "+p.String()+" cannot be renamed", err)
		}
	}
	db.objects[at.member()] = n
	delete(db.objects, from.member())
	return nil
}

// renamed gives a copy of an object under another path.
func renamed(o Object, p Path) Object {
	switch o := o.(type) {
	case *Table:
		t := *o
		t.Path = p
		return &t
	case *View:
		v := *o
		v.Path = p
		return &v
	case *Model:
		m := *o
		m.Path = p
		return &m
	case *Connection:
		n := *o
		n.Path = p
		return &n
	case *Function:
		f := *o
		f.Path = p
		return &f
	}
	return o
}

func keys[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	sort.Strings(out)
	return out
}
