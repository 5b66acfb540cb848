package engine

import (
	"context"
	"regexp"
	"slices"
	"sort"
	"strings"

	"github.com/weir-stream/weir/internal/catalog"
	"github.com/weir-stream/weir/internal/sql"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
)

// show prepares SHOW.
func (p *preparer) show(st *sql.Show) (runFunc, error) {
	if _, _, err := p.s.showRows(st); err != nil {
		return nil, err
	}
	return func(_ context.Context, s *Session, out Output) error {
		cols, rows, err := s.showRows(st)
		if err != nil {
			return err
		}
		return out.Rows(cols, rows)
	}, nil
}

// showRows gives the rows of a SHOW as the session is now.
func (s *Session) showRows(st *sql.Show) ([]string, [][]string, error) {
	cat, db := s.catalog, s.database
	if st.In != nil {
		cat, db = s.databaseName(*st.In)
	}
	switch st.What {
	case "CURRENT CATALOG":
		return []string{"current catalog name"}, [][]string{{s.catalog}}, nil
	case "CURRENT DATABASE":
		return []string{"current database name"}, [][]string{{s.database}}, nil
	case "CREATE TABLE", "CREATE VIEW":
		return s.showCreate(st)
	case "COLUMNS":
		return s.showColumns(st)
	case "CATALOGS":
		return s.names(st, "catalog name", s.eng.catalog.Catalogs())
	case "DATABASES":
		if st.In != nil {
			cat = st.In.Last().Name
		}
		dbs, err := s.eng.catalog.Databases(cat)
		if err != nil {
			return nil, nil, err
		}
		return s.names(st, "database name", dbs)
	case "TABLES":
		return s.names(st, "table name", s.eng.catalog.Tables(cat, db))
	case "VIEWS":
		return s.names(st, "view name", s.eng.catalog.Views(cat, db))
	case "FUNCTIONS":
		names := append(append([]string(nil), s.eng.functions.Names()...), s.eng.aggs.Names()...)
		sort.Strings(names)
		return s.names(st, "function name", names)
	case "USER FUNCTIONS", "PROCEDURES", "MODELS", "CONNECTIONS", "MATERIALIZED TABLES", "JARS":
		return s.names(st, strings.ToLower(strings.TrimSuffix(st.What, "S"))+" name", nil)
	case "MODULES", "FULL MODULES":
		return s.names(st, "module name", []string{"core"})
	}
	return nil, nil, sqlerr.New(sqlerr.Unsupported, st.Position(), "SHOW %s is not supported", st.What)
}

func (s *Session) names(st *sql.Show, column string, all []string) ([]string, [][]string, error) {
	var rows [][]string
	for _, n := range all {
		if st.Pattern == nil || likeMatch(st.Pattern.Value, n, st.Like == "ILIKE") != st.Not {
			rows = append(rows, []string{n})
		}
	}
	return []string{column}, rows, nil
}

// likeMatch matches SHOW's patterns: % and _ as in LIKE.
func likeMatch(pattern, s string, fold bool) bool {
	re := regexp.QuoteMeta(pattern)
	re = strings.ReplaceAll(strings.ReplaceAll(re, "%", ".*"), "_", ".")
	if fold {
		re = "(?i)" + re
	}
	ok, err := regexp.MatchString("^(?s:"+re+")$", s)
	return err == nil && ok
}

// object looks a table or view up.
func (s *Session) object(n sql.ObjectName) (catalog.Object, error) {
	path, err := s.path(n)
	if err != nil {
		return nil, err
	}
	o, ok := s.eng.catalog.Lookup(path)
	if !ok {
		return nil, sqlerr.At(s.eng.catalog.Missing(path, "table"), n.Position())
	}
	return o, nil
}

func (s *Session) showCreate(st *sql.Show) ([]string, [][]string, error) {
	o, err := s.object(*st.Name)
	if err != nil {
		return nil, nil, err
	}
	return []string{"result"}, [][]string{{catalog.DDL(o)}}, nil
}

func (s *Session) showColumns(st *sql.Show) ([]string, [][]string, error) {
	cols, rows, err := s.describeRows(*st.Name)
	if err != nil || st.Pattern == nil {
		return cols, rows, err
	}
	var keep [][]string
	for _, r := range rows {
		if likeMatch(st.Pattern.Value, r[0], st.Like == "ILIKE") != st.Not {
			keep = append(keep, r)
		}
	}
	return cols, keep, nil
}

// describe prepares DESCRIBE.
func (p *preparer) describe(st *sql.Describe) (runFunc, error) {
	if st.Kind != "TABLE" {
		return nil, sqlerr.New(sqlerr.Unsupported, st.Position(), "DESCRIBE %s is not supported", st.Kind)
	}
	if _, _, err := p.s.describeRows(st.Name); err != nil {
		return nil, err
	}
	return func(_ context.Context, s *Session, out Output) error {
		cols, rows, err := s.describeRows(st.Name)
		if err != nil {
			return err
		}
		return out.Rows(cols, rows)
	}, nil
}

// describeRows gives a row for each column of a table or view.
func (s *Session) describeRows(n sql.ObjectName) ([]string, [][]string, error) {
	o, err := s.object(n)
	if err != nil {
		return nil, nil, err
	}
	cols := []string{"name", "type", "null", "key", "extras", "watermark"}
	switch o := o.(type) {
	case *catalog.Table:
		return cols, tableRows(o), nil
	case *catalog.View:
		var rows [][]string
		for _, c := range o.Columns {
			rows = append(rows, columnRow(c))
		}
		return cols, rows, nil
	}
	return cols, nil, nil
}

func columnRow(c catalog.Column) []string {
	row := []string{c.Name, c.Type.AsNullable().String(), "TRUE", "", "", ""}
	if !c.Type.Nullable {
		row[2] = "FALSE"
	}
	switch c.Kind {
	case catalog.Computed:
		row[4] = "AS " + c.Expr
	case catalog.Metadata:
		row[4] = "METADATA FROM '" + c.MetadataKey + "'"
	}
	return row
}

func tableRows(t *catalog.Table) [][]string {
	var rows [][]string
	for _, c := range t.Columns {
		if w := t.Watermark; w != nil && w.Column == c.Name {
			c.Type.Attr = types.Rowtime
		}
		row := columnRow(c)
		if slices.Contains(t.PrimaryKey, c.Name) {
			row[3] = "PRI(" + strings.Join(t.PrimaryKey, ", ") + ")"
		}
		if w := t.Watermark; w != nil && w.Column == c.Name {
			row[5] = w.Expr
		}
		rows = append(rows, row)
	}
	return rows
}
