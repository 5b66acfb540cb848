package engine

import (
	"github.com/weir-stream/weir/internal/catalog"
	"github.com/weir-stream/weir/internal/sql"
	"github.com/weir-stream/weir/internal/sqlerr"
)

func (p *preparer) createFunction(st *sql.CreateFunction) (runFunc, error) {
	f, err := p.s.binder().BindCreateFunction(st)
	if err != nil {
		f.Body = "" // it is there so that its calls are not reported as well
		_ = p.s.eng.catalog.Put(f, catalog.Replace)
		return nil, err
	}
	return p.put(f, ifExists(st.IfNotExists, st.OrReplace), "created function "+f.Path.Name)
}

// alterFunction prepares ALTER FUNCTION f AS 'body' LANGUAGE SQL: parameters
// and result stay.
func (p *preparer) alterFunction(st *sql.AlterFunction) (runFunc, error) {
	if st.Language != "" && st.Language != "SQL" {
		return nil, sqlerr.New(sqlerr.Unsupported, st.Pos, "ALTER FUNCTION in the language %s is not supported", st.Language).WithHint("write LANGUAGE SQL")
	}
	path, err := p.s.path(st.Name)
	if err != nil {
		return nil, err
	}
	if st.System {
		path = catalog.Path{Name: st.Name.Last().Name}
	}
	return p.both(func(s *Session) error {
		old, err := s.alterable(&sql.Alter{At: st.At, Name: st.Name, IfExists: st.IfExists, Temporary: st.Temporary}, "function", path)
		if old == nil || err != nil {
			return err
		}
		f, err := s.binder().AlterFunction(old.(*catalog.Function), st.Body.Value, st.Body.Pos)
		if err != nil {
			return err
		}
		return s.eng.catalog.Put(f, catalog.Replace)
	}, "altered function "+path.Name)
}
