package engine

import (
	"github.com/weir-stream/weir/internal/catalog"
	"github.com/weir-stream/weir/internal/sql"
	"github.com/weir-stream/weir/internal/sqlerr"
)

// replaceable checks what stands under the name of CREATE TABLE .. AS and of
// [CREATE OR] REPLACE TABLE .. AS. skip says that the table is there and IF NOT
// EXISTS leaves it alone, rows included.
//
// REPLACE puts a new definition in the place of the old one and fills it; as in
// Flink's catalogs without atomic replacement, rows that another system keeps
// are not removed.
func (s *Session) replaceable(st *sql.CreateTable) (skip bool, err error) {
	if st.As == nil {
		return false, nil
	}
	path, err := s.path(st.Name)
	if err != nil {
		return false, err
	}
	pos := st.Name.Position()
	old, ok := s.eng.catalog.Lookup(path)
	switch {
	case !ok && st.Replace:
		return false, sqlerr.New(sqlerr.Name, pos, "there is no table `%s` to replace", path.Name).WithHint("write CREATE OR REPLACE TABLE")
	case !ok:
		return false, nil
	case st.IfNotExists && !st.OrReplace:
		return old.IsTemporary() == st.Temporary, nil
	case !st.Replace && !st.OrReplace:
		return false, nil
	}
	if _, is := old.(*catalog.Table); !is {
		return false, sqlerr.New(sqlerr.Name, pos, "`%s` is a %s, not a table", path.Name, old.Kind())
	}
	if old.IsTemporary() && !st.Temporary {
		return false, sqlerr.New(sqlerr.Name, pos, "there is a temporary table %s", path.Name).WithHint("drop it first: DROP TEMPORARY TABLE %s", path.Name)
	}
	return false, nil
}
