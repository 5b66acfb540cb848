package catalog

import (
	"errors"
	"io/fs"
	"sort"

	"github.com/weir-stream/weir/internal/sqlerr"
)

// Catalogs lists the catalogs, sorted.
func (c *Catalog) Catalogs() []string {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return keys(c.catalogs)
}

// CreateCatalog adds a catalog with an empty default database, which the option
// 'default-database' names.
func (c *Catalog) CreateCatalog(name string, opts Options, comment string, ifNotExists bool) error {
	c.lock()
	defer c.mu.Unlock()
	if c.catalogs[name] != nil {
		if ifNotExists {
			return nil
		}
		return sqlerr.New(sqlerr.Name, sqlerr.Pos{}, "there is already a catalog %s", name)
	}
	start, ok := opts.Get("default-database")
	if !ok {
		start = "default"
	}
	e := &entry{comment: comment, options: opts, start: start, databases: map[string]*Database{start: {objects: map[member]Object{}}}}
	if typ, _ := opts.Get("type"); typ == TypeFilesystem {
		if err := c.open(name, e); err != nil {
			return err
		}
	}
	c.catalogs[name] = e
	return nil
}

// AlterCatalog replaces a catalog's options and comment.
func (c *Catalog) AlterCatalog(name string, opts Options, comment string) error {
	c.lock()
	defer c.mu.Unlock()
	e := c.catalogs[name]
	if e == nil {
		return noSuch("catalog", name, keys(c.catalogs))
	}
	e.options, e.comment = opts, comment
	return nil
}

// Start gives the database that USE CATALOG makes current.
func (c *Catalog) Start(name string) (string, error) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	e := c.catalogs[name]
	if e == nil {
		return "", noSuch("catalog", name, keys(c.catalogs))
	}
	return e.start, nil
}

// CatalogOptions gives a catalog's options and comment.
func (c *Catalog) CatalogOptions(name string) (opts Options, comment string, err error) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	e := c.catalogs[name]
	if e == nil {
		return nil, "", noSuch("catalog", name, keys(c.catalogs))
	}
	return e.options, e.comment, nil
}

// DropCatalog removes a catalog and all that is in it; the files of one that
// lies in files stay.
func (c *Catalog) DropCatalog(name string, ifExists bool) error {
	c.lock()
	defer c.mu.Unlock()
	if c.catalogs[name] == nil {
		if ifExists {
			return nil
		}
		return noSuch("catalog", name, keys(c.catalogs))
	}
	delete(c.catalogs, name)
	return nil
}

// Databases lists the databases of a catalog, sorted.
func (c *Catalog) Databases(catalog string) ([]string, error) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	e := c.catalogs[catalog]
	if e == nil {
		return nil, noSuch("catalog", catalog, keys(c.catalogs))
	}
	return keys(e.databases), e.err
}

// Has gives an error, without a position, if the catalog or the database does
// not exist; an empty database asks for the catalog alone.
func (c *Catalog) Has(catalog, database string) error {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if database == "" {
		if c.catalogs[catalog] == nil {
			return noSuch("catalog", catalog, keys(c.catalogs))
		}
		return nil
	}
	return c.missingParent(Path{Catalog: catalog, Database: database})
}

// Database gives a database's options and comment.
func (c *Catalog) Database(catalog, database string) (Database, error) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	p := Path{Catalog: catalog, Database: database}
	if err := c.missingParent(p); err != nil {
		return Database{}, err
	}
	db := c.database(p)
	return Database{Comment: db.Comment, Options: db.Options}, nil
}

// CreateDatabase adds an empty database.
func (c *Catalog) CreateDatabase(catalog, database string, opts Options, comment string, ifNotExists bool) error {
	c.lock()
	defer c.mu.Unlock()
	e := c.catalogs[catalog]
	switch {
	case e == nil:
		return noSuch("catalog", catalog, keys(c.catalogs))
	case e.databases[database] != nil && ifNotExists:
		return nil
	case e.databases[database] != nil:
		return sqlerr.New(sqlerr.Name, sqlerr.Pos{}, "there is already a database %s.%s", catalog, database)
	}
	db := &Database{Comment: comment, Options: opts, objects: map[member]Object{}}
	if e.store != nil {
		if err := e.store.createDatabase(database, db); errors.Is(err, fs.ErrExist) && ifNotExists {
			return nil
		} else if err != nil {
			return failed("the database "+catalog+"."+database+" cannot be made", err)
		}
	}
	e.databases[database] = db
	return nil
}

// AlterDatabase replaces a database's options.
func (c *Catalog) AlterDatabase(catalog, database string, opts Options) error {
	c.lock()
	defer c.mu.Unlock()
	p := Path{Catalog: catalog, Database: database}
	if err := c.missingParent(p); err != nil {
		return err
	}
	db := *c.database(p)
	db.Options = opts
	if f := c.store(p); f != nil {
		if err := f.alterDatabase(database, &db); err != nil {
			return failed("the database "+catalog+"."+database+" cannot be altered", err)
		}
	}
	c.catalogs[catalog].databases[database] = &db
	return nil
}

// DropDatabase removes a database; one with objects only if cascade is set.
func (c *Catalog) DropDatabase(catalog, database string, ifExists, cascade bool) error {
	c.lock()
	defer c.mu.Unlock()
	if err := c.missingParent(Path{Catalog: catalog, Database: database}); err != nil {
		if ifExists {
			return nil
		}
		return err
	}
	dbs := c.catalogs[catalog].databases
	if n := len(dbs[database].objects); n > 0 && !cascade {
		return sqlerr.New(sqlerr.Plan, sqlerr.Pos{}, "the database %s.%s is not empty", catalog, database).
			WithHint("write DROP DATABASE %s CASCADE", database)
	}
	if f := c.store(Path{Catalog: catalog}); f != nil {
		if err := f.dropDatabase(database); err != nil {
			return failed("the database "+catalog+"."+database+" cannot be dropped", err)
		}
	}
	delete(dbs, database)
	return nil
}

// Tables lists the tables and views of a database, sorted, as SHOW TABLES does.
func (c *Catalog) Tables(catalog, database string) []string {
	return c.Names(Tables, catalog, database)
}

// Views lists the views of a database, sorted.
func (c *Catalog) Views(catalog, database string) []string {
	return c.OfKind("view", catalog, database)
}

// Names lists the objects of a class in a database, sorted.
func (c *Catalog) Names(class Class, catalog, database string) []string {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.namesIn(class, catalog, database, nil)
}

// OfKind lists the objects of a kind in a database, sorted.
func (c *Catalog) OfKind(kind, catalog, database string) []string {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.namesIn(ClassOf(kind), catalog, database, func(o Object) bool { return o.Kind() == kind })
}

func (c *Catalog) namesIn(class Class, catalog, database string, want func(Object) bool) []string {
	seen := map[string]bool{}
	for at, o := range c.temp {
		if at.class == class && at.path.Catalog == catalog && at.path.Database == database && (want == nil || want(o)) {
			seen[at.path.Name] = true
		}
	}
	if db := c.database(Path{Catalog: catalog, Database: database}); db != nil {
		for m, o := range db.objects {
			_, hidden := c.temp[slot{class, Path{catalog, database, m.name}}]
			if m.class == class && !hidden && (want == nil || want(o)) {
				seen[m.name] = true
			}
		}
	}
	return keys(seen)
}

// Objects lists every table and view, temporary ones in place of those they
// hide, by path: for completion and information schemas.
func (c *Catalog) Objects() []Object {
	all := c.tables()
	out := make([]Object, 0, len(all))
	for _, o := range all {
		if o, err := c.resolved(o); err == nil {
			out = append(out, o)
		}
	}
	sort.Slice(out, func(i, j int) bool { return out[i].FullName().String() < out[j].FullName().String() })
	return out
}

func (c *Catalog) tables() map[Path]Object {
	c.mu.RLock()
	defer c.mu.RUnlock()
	all := map[Path]Object{}
	for cn, e := range c.catalogs {
		for dn, db := range e.databases {
			for m, o := range db.objects {
				if m.class == Tables {
					all[Path{cn, dn, m.name}] = o
				}
			}
		}
	}
	for at, o := range c.temp {
		if at.class == Tables {
			all[at.path] = o
		}
	}
	return all
}
