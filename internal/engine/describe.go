package engine

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/weir-stream/weir/internal/catalog"
	"github.com/weir-stream/weir/internal/sql"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
)

// describe prepares DESCRIBE.
func (p *preparer) describe(st *sql.Describe) (runFunc, error) {
	if st.Kind == "JOB" {
		return func(_ context.Context, s *Session, out Output) error {
			rows := s.jobRows(st.Job.Value)
			if len(rows) == 0 {
				return sqlerr.New(sqlerr.Name, st.Job.Pos, "there is no job '%s'", st.Job.Value).WithHint("SHOW JOBS lists them")
			}
			return out.Rows(jobColumns, rows)
		}, nil
	}
	return p.rows(func(s *Session) ([]string, [][]string, error) { return s.describeAny(st) })
}

func (s *Session) describeAny(st *sql.Describe) ([]string, [][]string, error) {
	switch st.Kind {
	case "TABLE":
		return s.describeTable(st.Name, st.Extended)
	case "CATALOG":
		return s.describeCatalog(st)
	case "DATABASE":
		return s.describeDatabase(st)
	case "FUNCTION":
		return s.describeFunction(st)
	case "MODEL":
		o, err := s.find("model", st.Name)
		if err != nil {
			return nil, nil, err
		}
		cols, rows := modelRows(o.(*catalog.Model))
		return cols, rows, nil
	case "CONNECTION":
		o, err := s.find("connection", st.Name)
		if err != nil {
			return nil, nil, err
		}
		c := o.(*catalog.Connection)
		return infoColumns, infoRows(catalog.Masked(c.Options), true, [2]string{"name", c.Path.Name}, [2]string{"is temporary", strconv.FormatBool(c.Temporary)},
			[2]string{"comment", c.Comment}), nil
	}
	return nil, nil, sqlerr.New(sqlerr.Unsupported, st.Position(), "DESCRIBE %s is not supported", st.Kind)
}

// infoColumns are those of DESCRIBE of what has no columns of its own.
var infoColumns = []string{"info name", "info value"}

// infoRows gives facts and, if they are asked for, options.
func infoRows(opts catalog.Options, extended bool, facts ...[2]string) [][]string {
	var rows [][]string
	for _, f := range facts {
		rows = append(rows, []string{f[0], f[1]})
	}
	if extended {
		for _, o := range opts {
			rows = append(rows, []string{"option:" + o.Key, o.Value})
		}
	}
	return rows
}

func (s *Session) describeCatalog(st *sql.Describe) ([]string, [][]string, error) {
	name := st.Name.Last().Name
	opts, comment, err := s.eng.catalog.CatalogOptions(name)
	if err != nil {
		return nil, nil, sqlerr.At(err, st.Name.Position())
	}
	typ, ok := opts.Get("type")
	if !ok {
		typ = "generic_in_memory"
	}
	return infoColumns, infoRows(catalog.Masked(opts), st.Extended, [2]string{"name", name}, [2]string{"type", typ}, [2]string{"comment", comment}), nil
}

func (s *Session) describeDatabase(st *sql.Describe) ([]string, [][]string, error) {
	cat, name := s.databaseName(st.Name)
	db, err := s.eng.catalog.Database(cat, name)
	if err != nil {
		return nil, nil, sqlerr.At(err, st.Name.Position())
	}
	return infoColumns, infoRows(db.Options, st.Extended, [2]string{"name", name}, [2]string{"catalog", cat}, [2]string{"comment", db.Comment}), nil
}

// modelRows lists the input and output columns of a model.
func modelRows(m *catalog.Model) ([]string, [][]string) {
	cols := []string{"name", "type", "null", "is input"}
	commented := hasComments(m.Input) || hasComments(m.Output)
	if commented {
		cols = append(cols, "comment")
	}
	var rows [][]string
	for _, side := range []struct {
		cols  []catalog.Column
		input string
	}{{m.Input, "TRUE"}, {m.Output, "FALSE"}} {
		for _, c := range side.cols {
			row := append(columnRow(c)[:3], side.input)
			if commented {
				row = append(row, c.Comment)
			}
			rows = append(rows, row)
		}
	}
	return cols, rows
}

func hasComments(cols []catalog.Column) bool {
	return slices.ContainsFunc(cols, func(c catalog.Column) bool { return c.Comment != "" })
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

// showColumns gives SHOW COLUMNS: DESCRIBE, for the columns that fit.
func (s *Session) showColumns(st *sql.Show) ([]string, [][]string, error) {
	cols, rows, err := s.describeTable(*st.Name, false)
	if err != nil {
		return nil, nil, err
	}
	return cols, slices.DeleteFunc(rows, func(r []string) bool { return !matches(st, r[0]) }), nil
}

// describeTable gives a row for each column of a table or view. Comments are a
// column of their own if there are any; what ANALYZE TABLE found is shown by
// EXTENDED.
func (s *Session) describeTable(n sql.ObjectName, extended bool) ([]string, [][]string, error) {
	o, err := s.object(n)
	if err != nil {
		return nil, nil, err
	}
	cols := []string{"name", "type", "null", "key", "extras", "watermark"}
	var defs []catalog.Column
	var rows [][]string
	switch o := o.(type) {
	case *catalog.Table:
		defs, rows = o.Columns, tableRows(o)
	case interface{ TableColumns() []catalog.Column }:
		defs = o.TableColumns()
		for _, c := range defs {
			rows = append(rows, columnRow(c))
		}
	}
	if hasComments(defs) {
		cols = append(cols, "comment")
		for i, c := range defs {
			rows[i] = append(rows[i], c.Comment)
		}
	}
	if t, ok := o.(*catalog.Table); ok && extended && t.Statistics != nil {
		return append(cols, statisticsColumns...), withStatistics(rows, t), nil
	}
	return cols, rows, nil
}

// statisticsColumns are what DESCRIBE EXTENDED shows of analysed tables.
var statisticsColumns = []string{"rows", "distinct values", "nulls", "min", "max", "avg length", "max length"}

func withStatistics(rows [][]string, t *catalog.Table) [][]string {
	number := func(n int64) string {
		if n < 0 {
			return ""
		}
		return strconv.FormatInt(n, 10)
	}
	for i, c := range t.Columns {
		rows[i] = append(rows[i], number(t.Statistics.Rows))
		st, ok := t.Statistics.Columns[c.Name]
		if !ok {
			rows[i] = append(rows[i], "", "", "", "", "", "")
			continue
		}
		avg := ""
		if st.AvgLength >= 0 {
			avg = strconv.FormatFloat(st.AvgLength, 'f', 1, 64)
		}
		rows[i] = append(rows[i], number(st.Distinct), number(st.Nulls), st.Min, st.Max, avg, number(st.MaxLength))
	}
	return rows
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
		row[4] = "METADATA"
		if c.MetadataKey != c.Name {
			row[4] += " FROM " + sql.QuoteString(c.MetadataKey)
		}
		if c.Virtual {
			row[4] += " VIRTUAL"
		}
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
