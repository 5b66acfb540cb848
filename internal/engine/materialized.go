package engine

import (
	"context"
	"errors"
	"fmt"

	"github.com/weir-stream/weir/internal/catalog"
	"github.com/weir-stream/weir/internal/expr"
	"github.com/weir-stream/weir/internal/sql"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
)

// fullFreshnessMs is where Flink turns from a running job to one started again
// and again, if nobody says which (materialized-table.refresh-mode.freshness-threshold).
const fullFreshnessMs = 30 * 60 * 1000

// createMaterialized prepares CREATE [OR ALTER] MATERIALIZED TABLE: a table, and
// the streaming job that fills it.
func (p *preparer) createMaterialized(st *sql.CreateMaterializedTable) (runFunc, error) {
	path, err := p.s.path(st.Name)
	if err != nil {
		return nil, err
	}
	if old, ok := p.s.eng.catalog.Lookup(path); ok {
		switch {
		case st.IfNotExists:
			return nothing, nil
		case st.OrAlter && old.Kind() == materializedTable:
			return p.requery(st.At, st.Name, path, st.As, st.StartMode)
		}
	}
	t, err := p.s.boundMaterialized(st)
	if t != nil {
		if perr := p.s.eng.catalog.Put(t, catalog.Fail); err == nil {
			err = perr
		}
	}
	if err == nil {
		_, err = p.s.refreshPlan(t, st.As, nil)
	}
	if err != nil {
		return nil, err
	}
	p.wrote = true
	return func(ctx context.Context, s *Session, out Output) error {
		if err := s.eng.catalog.Put(t, catalog.Fail); err != nil {
			return err
		}
		out.Info("created materialized table " + path.Name)
		return s.refresh(ctx, t, st.As, nil, out)
	}, nil
}

const materializedTable = "materialized table"

// boundMaterialized checks a definition and gives the table.
func (s *Session) boundMaterialized(st *sql.CreateMaterializedTable) (*catalog.Table, error) {
	ms, text, err := s.freshness(st.Freshness)
	if err == nil {
		err = startable(st.StartMode)
	}
	switch {
	case err != nil:
		return nil, err
	case st.RefreshMode == "FULL":
		return nil, noFullMode(st.Pos)
	case st.RefreshMode == "" && ms >= fullFreshnessMs:
		return nil, noFullMode(st.Freshness.Position()).WithHint("a freshness of 30 minutes or more means it: write REFRESH_MODE = CONTINUOUS")
	}
	t, err := s.binder().BindCreateTable(&sql.CreateTable{At: st.At, Name: st.Name, HasElements: st.HasElements, TableElements: st.TableElements, ColumnNames: st.ColumnNames,
		Comment: st.Comment, Distribution: st.Distribution, PartitionedBy: st.PartitionedBy, Options: st.Options, As: st.As})
	if err != nil {
		return t, err
	}
	t.Materialized = &catalog.Materialized{Query: s.fullText(t.Path, st.As), Freshness: text, FreshnessMs: ms}
	return t, nil
}

// fullText writes a query with full names.
func (s *Session) fullText(p catalog.Path, q *sql.Query) string {
	return s.binder().ExpandView(&catalog.View{Path: p, Query: sql.Print(q), Catalog: s.catalog, Database: s.database})
}

func noFullMode(pos sqlerr.Pos) *sqlerr.Error {
	return sqlerr.New(sqlerr.Unsupported, pos, "materialized tables in the refresh mode FULL are not supported").WithHint("leave REFRESH_MODE out or write CONTINUOUS: a running job keeps the table fresh; or let a scheduler run INSERT OVERWRITE in batch mode")
}

// startable refuses start modes that ask for a place in the sources.
func startable(m *sql.StartMode) error {
	if m == nil || m.Kind == "FROM_BEGINNING" || m.Kind == "RESUME_OR_FROM_BEGINNING" {
		return nil
	}
	return sqlerr.New(sqlerr.Unsupported, m.Pos, "START_MODE = %s is not supported", m.Kind).
		WithHint("the job reads its sources as their own options say (START_MODE = FROM_BEGINNING)")
}

// freshness reads FRESHNESS; 0 if it is not given.
func (s *Session) freshness(e sql.Expr) (ms int64, text string, err error) {
	if e == nil {
		return 0, "", nil
	}
	x, err := s.binder().BindExpr(e)
	if err != nil {
		return 0, "", err
	}
	l, ok := expr.Fold(x, types.UTC).(*expr.Lit)
	if ok && x.Type().Kind == types.IntervalDT {
		ms, _ = l.Value.(int64)
	}
	if ms <= 0 {
		return 0, "", sqlerr.New(sqlerr.Option, e.Position(), "FRESHNESS is a positive interval of seconds, minutes, hours or days").WithHint("for example INTERVAL '3' MINUTE")
	}
	return ms, sql.Print(e), nil
}

// streaming runs f with the settings of the job of a materialized table: it is a
// stream, and what it writes becomes visible as often as it is to be fresh.
func (s *Session) streaming(t *catalog.Table, f func() error) error {
	mode := map[string]string{"execution.runtime-mode": "streaming"}
	if ms := t.Materialized.FreshnessMs; ms > 0 {
		mode["execution.checkpointing.interval"] = fmt.Sprintf("%d ms", ms)
	}
	return s.having(mode, f)
}

// having runs f with some settings.
func (s *Session) having(options map[string]string, f func() error) error {
	was := s.options
	s.options = map[string]string{}
	for _, m := range []map[string]string{was, options} {
		for k, v := range m {
			s.options[k] = v
		}
	}
	defer func() { s.options = was }()
	return f()
}

// refreshInsert is the INSERT that fills a materialized table from a query, with
// options of RESUME.
func (s *Session) refreshInsert(t *catalog.Table, q *sql.Query, options []sql.Option) (*sql.Insert, error) {
	var name sql.ObjectName
	for _, part := range []string{t.Path.Catalog, t.Path.Database, t.Path.Name} {
		name.Parts = append(name.Parts, sql.Ident{Name: part, Quoted: true, Pos: q.Pos})
	}
	in, err := s.binder().InsertOf(&sql.CreateTable{At: sql.At{Pos: q.Pos}, Name: name, As: q})
	if err != nil {
		return nil, err
	}
	in.Materialize, in.Fills = true, false
	if len(options) > 0 {
		h := sql.Hint{Name: "OPTIONS"}
		for _, o := range options {
			h.Args = append(h.Args, sql.HintArg{At: o.Key.At, Key: o.Key.Value, Value: o.Value.Value})
		}
		in.Hints = []sql.Hint{h}
	}
	return in, nil
}

func (s *Session) refreshPlan(t *catalog.Table, q *sql.Query, options []sql.Option) (pl *planned, err error) {
	err = s.streaming(t, func() error {
		in, err := s.refreshInsert(t, q, options)
		if err == nil {
			pl, err = s.planInserts([]*sql.Insert{in})
		}
		if err == nil {
			err = s.strictState(pl)
		}
		return err
	})
	return pl, err
}

// refresh starts the job of a materialized table.
func (s *Session) refresh(ctx context.Context, t *catalog.Table, q *sql.Query, options []sql.Option, out Output) error {
	pl, err := s.refreshPlan(t, q, options)
	if err != nil {
		return err
	}
	var j *Job
	err = s.streaming(t, func() error {
		j, err = s.start(ctx, pl, "materialized-table_"+t.Path.String())
		return err
	})
	if err != nil {
		return err
	}
	s.eng.setRefresh(t.Path, j)
	return s.follow(j, pl, out)
}

// setRefresh remembers the job of a materialized table; nil: it is suspended.
func (e *Engine) setRefresh(p catalog.Path, j *Job) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.refreshes == nil {
		e.refreshes = map[catalog.Path]*Job{}
	}
	if e.refreshes[p] = j; j == nil {
		delete(e.refreshes, p)
	}
}

func (e *Engine) refreshOf(p catalog.Path) *Job {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.refreshes[p]
}

// stopRefresh ends the job of a materialized table after a last epoch; false if
// it has none.
func (s *Session) stopRefresh(ctx context.Context, p catalog.Path) (bool, error) {
	j := s.eng.refreshOf(p)
	if j == nil {
		return false, nil
	}
	s.eng.setRefresh(p, nil)
	j.Stop()
	err := j.await(ctx)
	if errors.Is(err, context.Canceled) && ctx.Err() == nil {
		err = nil
	}
	return true, err
}
