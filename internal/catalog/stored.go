package catalog

import (
	"errors"
	"strings"
	"sync"

	"github.com/weir-stream/weir/internal/sql"
	"github.com/weir-stream/weir/internal/sqlerr"
)

// stored is an object of a catalog that lies in files. Its text is parsed when
// it is found and bound when it is first looked up, so that one wrong file
// disturbs nobody but those who use it.
type stored struct {
	path Path
	kind string
	file string
	text string
	// use are the database's names that the text is bound in.
	catalog, database string
	stmt              sql.Statement // nil if the text cannot be parsed
	options           Options       // of a view
	stats             *Statistics

	mu  sync.Mutex
	obj Object
	err error
}

// FullName gives the path.
func (s *stored) FullName() Path { return s.path }

// Kind gives the kind as the text tells it, that of its class if it cannot be
// read.
func (s *stored) Kind() string { return s.kind }

// IsTemporary gives false: temporary objects are in no file.
func (s *stored) IsTemporary() bool { return false }

// bound gives the object, or an error that names the file and the line.
func (s *stored) bound(c *Catalog) (Object, error) {
	s.mu.Lock()
	obj, err := s.obj, s.err
	s.mu.Unlock()
	if obj != nil || err != nil {
		return obj, err
	}
	// Not under the lock: binding may look other objects up.
	obj, err = c.bind(c, s.catalog, s.database, s.stmt)
	if err != nil {
		err = s.wrong(err)
	} else {
		obj = completed(renamed(obj, s.path), s)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.obj, s.err = obj, err
	return obj, err
}

// completed adds what the statement does not say.
func completed(o Object, s *stored) Object {
	switch o := o.(type) {
	case *Table:
		o.Statistics = s.stats
	case *View:
		o.Options = s.options
	}
	return o
}

// wrong makes an error of the text one that names the file and the line.
func (s *stored) wrong(err error) error {
	var l sqlerr.List
	l.Add(err)
	e := &sqlerr.Error{Code: sqlerr.Plan, Msg: err.Error()}
	if len(l) > 0 {
		c := *l[0]
		e = &c
	}
	line := 1 + strings.Count(s.text[:min(max(e.Pos.Start, 0), len(s.text))], "\n")
	out := sqlerr.New(e.Code, sqlerr.Pos{}, "the definition of the %s `%s` is wrong: %s:%d: %s", s.kind, s.path.Name, s.file, line, e.Msg)
	out.Hint = e.Hint
	return out
}

// parse reads the text: USE, the definition, and the options of a view.
func (s *stored) parse() {
	s.kind, s.catalog, s.database = ClassOf(s.kind).String(), s.path.Catalog, s.path.Database
	script, err := sql.ParseScript(s.text)
	if err != nil {
		s.err = s.wrong(err)
		return
	}
	for _, st := range script.Statements {
		switch st := st.(type) {
		case *sql.Use:
			parts := st.Name.Strings()
			s.database = parts[len(parts)-1]
			if len(parts) > 1 {
				s.catalog = parts[0]
			}
		case *sql.Alter:
			if set, ok := st.Action.(*sql.SetOptions); ok {
				for _, o := range set.Options {
					s.options = s.options.With(o.Key.Value, o.Value.Value)
				}
			}
		default:
			if kind := definedKind(st); kind != "" && ClassOf(kind) == ClassOf(s.kind) {
				s.stmt, s.kind = st, kind
			}
		}
	}
	if s.stmt == nil {
		s.err = s.wrong(errors.New("there is no CREATE " + strings.ToUpper(s.kind) + " in the file"))
	}
}

func definedKind(st sql.Statement) string {
	switch st.(type) {
	case *sql.CreateTable:
		return "table"
	case *sql.CreateView:
		return "view"
	case *sql.CreateFunction:
		return "function"
	case *sql.CreateModel:
		return "model"
	case *sql.CreateConnection:
		return "connection"
	}
	return ""
}

// storedText is what a file says of an object; "" if it has no such form.
func storedText(o Object) string {
	p := o.FullName()
	text := ddl(o, sql.QuoteIdent(p.Name))
	if t, ok := o.(*Table); text == "" || ok && t.Materialized != nil {
		return "" // a job goes with it, which ends with the process
	}
	text += ";\n"
	use := func(cat, db string) {
		if cat == p.Catalog {
			text = "USE " + sql.QuoteIdent(db) + ";\n" + text
			return
		}
		text = "USE " + sql.QuoteIdent(cat) + "." + sql.QuoteIdent(db) + ";\n" + text
	}
	switch o := o.(type) {
	case *View:
		use(o.Catalog, o.Database)
		if len(o.Options) > 0 {
			text += "ALTER VIEW " + sql.QuoteIdent(p.Name) + " SET" + strings.TrimPrefix(optionsDDL(o.Options), "\nWITH") + ";\n"
		}
	case *Function:
		use(o.Catalog, o.Database)
	}
	return text
}
