package catalog

import (
	"errors"
	"io/fs"

	"github.com/weir-stream/weir/internal/sql"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/vfs"
)

// TypeFilesystem is the type of catalogs that lie in files below 'path'.
const TypeFilesystem = "filesystem"

// Binder gives the object that a statement of a file defines, without asking
// its connector. It is called without locks.
type Binder func(c *Catalog, catalog, database string, st sql.Statement) (Object, error)

// Attach gives the catalog what it needs to keep catalogs in files. expand gives the
// value of an option with the secrets that it names.
func (c *Catalog) Attach(fs vfs.FS, bind Binder, expand func(value string) (string, error)) {
	c.fs, c.bind, c.expand = fs, bind, expand
}

// Refresh reads the catalogs that lie in files again, so that what other
// processes changed is seen. A catalog that cannot be read gives its error to
// whoever uses it.
func (c *Catalog) Refresh() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for name, e := range c.catalogs {
		if e.store != nil {
			c.changes.Add(1)
			c.reload(name, e)
		}
	}
}

func (c *Catalog) reload(name string, e *entry) {
	dbs, err := e.store.load(name, e.databases)
	if err != nil {
		e.err = failed("the catalog "+name+" cannot be read", err)
		return
	}
	e.databases, e.err = dbs, nil
}

// open attaches a new catalog to its folder and makes the default database. An
// overlay only reads.
func (c *Catalog) open(name string, e *entry) error {
	dir, _ := e.options.Get("path")
	if c.fs == nil || c.bind == nil {
		return sqlerr.New(sqlerr.Unsupported, sqlerr.Pos{}, "catalogs in files are not supported here")
	}
	dir, err := c.expand(dir)
	if err != nil {
		return err
	}
	e.store = &folder{fs: c.fs, dir: dir}
	if !c.overlay {
		if err := e.store.createDatabase(e.start, &Database{}); err != nil && !errors.Is(err, fs.ErrExist) {
			return failed("the catalog "+name+" cannot be made in '"+dir+"'", err)
		}
	}
	start := e.databases[e.start]
	c.reload(name, e)
	if e.err != nil {
		return e.err
	}
	if e.databases[e.start] == nil {
		e.databases[e.start] = start
	}
	if c.overlay {
		e.store = nil
	}
	return nil
}

// store gives the files of the catalog that a path is in, nil if it has none.
func (c *Catalog) store(p Path) *folder {
	if e := c.catalogs[p.Catalog]; e != nil {
		return e.store
	}
	return nil
}

// keep writes an object to the files of its catalog, if it has any, and gives
// what the catalog holds of it: nothing if it is there already and is to be
// kept. old is what is known to be in its place.
func (c *Catalog) keep(o, old Object, how IfExists) (Object, error) {
	f := c.store(o.FullName())
	if f == nil {
		return o, nil
	}
	text := storedText(o)
	if text == "" {
		return nil, sqlerr.New(sqlerr.Unsupported, sqlerr.Pos{}, "a %s in a catalog of the type '%s' is not supported", o.Kind(), TypeFilesystem).
			WithHint("create it in %s", DefaultCatalog)
	}
	at := slotOf(ClassOf(o.Kind()), o.FullName())
	n := &stored{path: o.FullName(), kind: o.Kind(), file: f.file(at), text: text}
	var err error
	was, known := old.(*stored)
	switch {
	case !known && how == Replace:
		err = f.write(n.file, text, false)
	case !known:
		err = f.create(at, text)
	case was.text != text:
		err = f.replace(was, at, text)
	}
	if t, ok := o.(*Table); ok && err == nil && (t.Statistics != nil || known && was.stats != nil) {
		n.stats = t.Statistics
		err = f.saveStats(at, t.Statistics)
	}
	if errors.Is(err, fs.ErrExist) {
		return nil, exists(n, how)
	}
	if err != nil {
		return nil, keepError(o, err)
	}
	n.parse()
	n.obj = o
	return n, nil
}

func keepError(o Object, err error) error {
	var e *sqlerr.Error
	if errors.As(err, &e) {
		return err
	}
	return failed("the "+o.Kind()+" "+o.FullName().String()+" cannot be written", err)
}

// resolved gives what a stored object defines. The error is of its file.
func (c *Catalog) resolved(o Object) (Object, error) {
	if s, ok := o.(*stored); ok {
		return s.bound(c)
	}
	return o, nil
}
