package engine

import (
	"sort"
	"strings"

	"github.com/weir-stream/weir/internal/catalog"
	"github.com/weir-stream/weir/internal/sql"
	"github.com/weir-stream/weir/internal/sqlerr"
)

// catalogTypes are the types of catalogs: their options, and what they are for.
var catalogTypes = map[string]map[string]string{
	"generic_in_memory": {"default-database": "the database that USE CATALOG makes current"},
	// An extension: Flink keeps definitions in the catalogs of other systems.
	catalog.TypeFilesystem: {"path": "the folder of the definitions", "default-database": "the database that USE CATALOG makes current"},
}

// createCatalog prepares CREATE CATALOG.
func (p *preparer) createCatalog(st *sql.CreateCatalog) (runFunc, error) {
	opts, err := catalogOptions(st)
	if err != nil {
		return nil, err
	}
	if typ, _ := opts.Get("type"); typ == catalog.TypeFilesystem && p.s.bool("weir.sql.strict") {
		return nil, sqlerr.New(sqlerr.Unsupported, st.Name.Pos, "a catalog of the type '%s' is an extension that Flink does not have", typ).WithHint("unset weir.sql.strict to use it")
	}
	comment := textOf(st.Comment)
	return p.both(func(s *Session) error {
		return sqlerr.At(s.eng.catalog.CreateCatalog(st.Name.Name, opts, comment, st.IfNotExists), st.Name.Pos)
	}, "created catalog "+st.Name.Name)
}

// catalogOptions checks WITH (..) against the options of the catalog's type.
func catalogOptions(st *sql.CreateCatalog) (catalog.Options, error) {
	opts := optionsOf(st.Options)
	typ, ok := opts.Get("type")
	if !ok {
		return nil, sqlerr.New(sqlerr.Option, st.Name.Pos, "the catalog `%s` has no type", st.Name.Name).WithHint("write WITH ('type' = '..'); types are %s", strings.Join(sortedKeys(catalogTypes), ", "))
	}
	var errs sqlerr.List
	known, ok := catalogTypes[typ]
	for _, o := range st.Options {
		key := o.Key.Value
		switch {
		case key == "type" && !ok:
			err := sqlerr.New(sqlerr.Unsupported, o.Value.Pos, "catalogs of the type '%s' are not supported", typ)
			if near, close := sqlerr.Nearest(typ, sortedKeys(catalogTypes)); close {
				errs.Add(err.WithHint("did you mean '%s'?", near))
				continue
			}
			errs.Add(err.WithHint("types are %s", strings.Join(sortedKeys(catalogTypes), ", ")))
		case ok && key != "type" && key != "property-version" && known[key] == "":
			err := sqlerr.New(sqlerr.Option, o.Key.Pos, "catalogs of the type '%s' have no option '%s'", typ, key)
			errs.Add(err.WithHint("options are %s", strings.Join(sortedKeys(known), ", ")))
		}
	}
	if path, _ := opts.Get("path"); typ == catalog.TypeFilesystem && path == "" {
		errs.Add(sqlerr.New(sqlerr.Option, st.Name.Pos, "catalogs of the type '%s' need the option 'path'", typ).WithHint("it names the folder of the definitions"))
	}
	return opts, errs.Err()
}

func sortedKeys[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	sort.Strings(out)
	return out
}

func optionsOf(list []sql.Option) catalog.Options {
	var opts catalog.Options
	for _, o := range list {
		opts = opts.With(o.Key.Value, o.Value.Value)
	}
	return opts
}

func textOf(s *sql.StringLit) string {
	if s == nil {
		return ""
	}
	return s.Value
}

// alterCatalog prepares ALTER CATALOG c SET, RESET and COMMENT. What makes the
// catalog what it is stays.
func (p *preparer) alterCatalog(script *sql.Script, st *sql.Alter) (runFunc, error) {
	name := st.Name.Last().Name
	return p.both(func(s *Session) error {
		opts, comment, err := s.eng.catalog.CatalogOptions(name)
		if err != nil {
			if st.IfExists {
				return nil
			}
			return sqlerr.At(err, st.Name.Position())
		}
		if c, ok := st.Action.(*sql.SetComment); ok {
			return s.eng.catalog.AlterCatalog(name, opts, c.Comment.Value)
		}
		after, err := alteredOptions(script, st, opts)
		if err != nil {
			return err
		}
		for _, key := range []string{"type", "path", "default-database"} {
			was, _ := opts.Get(key)
			if is, _ := after.Get(key); is != was {
				return sqlerr.New(sqlerr.Unsupported, st.Action.Position(), "the option '%s' of a catalog cannot be changed", key).WithHint("drop the catalog and create it again")
			}
		}
		return s.eng.catalog.AlterCatalog(name, after, comment)
	}, "altered catalog "+name)
}

func (p *preparer) createDatabase(st *sql.CreateDatabase) (runFunc, error) {
	cat, db := p.s.databaseName(st.Name)
	if len(st.Name.Parts) > 2 {
		return nil, sqlerr.New(sqlerr.Name, st.Name.Position(), "a database's name has at most two parts: catalog.database")
	}
	opts, comment := optionsOf(st.Options), textOf(st.Comment)
	return p.both(func(s *Session) error {
		return sqlerr.At(s.eng.catalog.CreateDatabase(cat, db, opts, comment, st.IfNotExists), st.Name.Position())
	}, "created database "+db)
}

func (p *preparer) use(st *sql.Use) (runFunc, error) {
	return p.both(func(s *Session) error {
		cat, db := s.databaseName(st.Name)
		var err error
		if st.Kind == "CATALOG" {
			cat = db
			db, err = s.eng.catalog.Start(cat)
		} else {
			_, err = s.eng.catalog.Database(cat, db)
		}
		if err != nil {
			return sqlerr.At(err, st.Name.Position())
		}
		s.catalog, s.database = cat, db
		return nil
	}, "")
}
