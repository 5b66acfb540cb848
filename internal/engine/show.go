package engine

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/weir-stream/weir/internal/catalog"
	"github.com/weir-stream/weir/internal/fn"
	"github.com/weir-stream/weir/internal/sql"
	"github.com/weir-stream/weir/internal/sqlerr"
)

// show prepares SHOW.
func (p *preparer) show(st *sql.Show) (runFunc, error) {
	return p.rows(func(s *Session) ([]string, [][]string, error) { return s.showRows(st) })
}

// rows prepares a statement that gives rows of text: f is asked now for its
// errors and again when the statement runs.
func (p *preparer) rows(f func(s *Session) ([]string, [][]string, error)) (runFunc, error) {
	if _, _, err := f(p.s); err != nil {
		return nil, err
	}
	return func(_ context.Context, s *Session, out Output) error {
		cols, rows, err := f(s)
		if err != nil {
			return err
		}
		return out.Rows(cols, rows)
	}, nil
}

// showRows gives the rows of a SHOW as the session is now.
func (s *Session) showRows(st *sql.Show) ([]string, [][]string, error) {
	switch st.What {
	case "CURRENT CATALOG":
		return []string{"current catalog name"}, [][]string{{s.catalog}}, nil
	case "CURRENT DATABASE":
		return []string{"current database name"}, [][]string{{s.database}}, nil
	case "COLUMNS":
		return s.showColumns(st)
	case "PARTITIONS":
		return s.showPartitions(st)
	case "CATALOGS":
		return names(st, "catalog name", s.eng.catalog.Catalogs())
	case "DATABASES":
		return s.showDatabases(st)
	case "FULL MODULES":
		return []string{"module name", "used"}, [][]string{{coreModule, "TRUE"}}, nil
	case "MODULES":
		return names(st, "module name", []string{coreModule})
	case "JARS":
		return []string{"jars"}, nil, nil
	case "JOBS":
		return jobColumns, s.jobRows(""), nil
	}
	if noun, ok := strings.CutPrefix(st.What, "CREATE "); ok {
		return s.showCreate(st, noun)
	}
	return s.showObjects(st)
}

// showObjects lists what is in a database.
func (s *Session) showObjects(st *sql.Show) ([]string, [][]string, error) {
	cat, db := s.catalog, s.database
	if st.In != nil {
		cat, db = s.databaseName(*st.In)
		if err := s.eng.catalog.Has(cat, db); err != nil {
			return nil, nil, sqlerr.At(err, st.In.Position())
		}
	}
	c := s.eng.catalog
	switch st.What {
	case "TABLES":
		return names(st, "table name", c.Tables(cat, db))
	case "VIEWS":
		return names(st, "view name", c.Views(cat, db))
	case "MATERIALIZED TABLES":
		return names(st, "materialized table name", c.OfKind("materialized table", cat, db))
	case "MODELS":
		return names(st, "model name", c.Names(catalog.Models, cat, db))
	case "CONNECTIONS":
		return names(st, "connection name", append(c.Names(catalog.Connections, "", ""), c.Names(catalog.Connections, cat, db)...))
	case "PROCEDURES":
		return names(st, "procedure name", s.eng.procedureNames(cat, db))
	case "USER FUNCTIONS":
		return names(st, "function name", s.userFunctions(cat, db))
	case "FUNCTIONS":
		all := append(s.userFunctions(cat, db), slices.Concat(s.eng.functions.Names(), s.eng.aggs.Names(), fn.FormNames())...)
		sort.Strings(all)
		return names(st, "function name", all)
	}
	return nil, nil, sqlerr.New(sqlerr.Unsupported, st.Position(), "SHOW %s is not supported", st.What)
}

// userFunctions lists temporary system functions and those of a database.
func (s *Session) userFunctions(cat, db string) []string {
	return append(append(s.eng.cfg.Library.Names(), s.eng.catalog.Names(catalog.Functions, "", "")...), s.eng.catalog.Names(catalog.Functions, cat, db)...)
}

func (s *Session) showDatabases(st *sql.Show) ([]string, [][]string, error) {
	cat := s.catalog
	if st.In != nil {
		if len(st.In.Parts) > 1 {
			return nil, nil, sqlerr.New(sqlerr.Name, st.In.Position(), "SHOW DATABASES takes the name of a catalog, not `%s`", st.In)
		}
		cat = st.In.Last().Name
	}
	dbs, err := s.eng.catalog.Databases(cat)
	if err != nil && st.In != nil {
		err = sqlerr.At(err, st.In.Position())
	}
	if err != nil {
		return nil, nil, err
	}
	return names(st, "database name", dbs)
}

// names gives the names that fit the statement's pattern as rows.
func names(st *sql.Show, column string, all []string) ([]string, [][]string, error) {
	var rows [][]string
	for i, n := range all {
		if matches(st, n) && (i == 0 || n != all[i-1]) {
			rows = append(rows, []string{n})
		}
	}
	return []string{column}, rows, nil
}

// matches reports whether a name fits [NOT] LIKE|ILIKE 'pattern'.
func matches(st *sql.Show, name string) bool {
	return st.Pattern == nil || likeMatch(st.Pattern.Value, name, st.Like == "ILIKE") != st.Not
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

// jobColumns are those of SHOW JOBS and DESCRIBE JOB.
var jobColumns = []string{"job id", "job name", "status", "start time"}

// jobRows lists the session's jobs, or the one with an id.
func (s *Session) jobRows(id string) [][]string {
	var rows [][]string
	for _, j := range s.Jobs() {
		if name := strconv.Itoa(j.ID); id == "" || id == name {
			rows = append(rows, []string{name, j.Name, j.status(), j.Started.UTC().Format("2006-01-02T15:04:05.000Z")})
		}
	}
	return rows
}

// status is the job's state in Flink's words.
func (j *Job) status() string {
	select {
	case <-j.done:
	default:
		return "RUNNING"
	}
	switch {
	case j.err == nil:
		return "FINISHED"
	case errors.Is(j.err, context.Canceled):
		return "CANCELED"
	}
	return "FAILED"
}
