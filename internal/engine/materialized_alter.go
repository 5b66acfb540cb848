package engine

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/weir-stream/weir/internal/catalog"
	"github.com/weir-stream/weir/internal/sql"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
)

// fromBeginning is told whenever a job of a materialized table starts again.
const fromBeginning = "the job of %s starts anew: it has no savepoint, so it reads its sources from the beginning and writes all rows once more"

// alterMaterialized prepares ALTER MATERIALIZED TABLE.
func (p *preparer) alterMaterialized(script *sql.Script, st *sql.Alter) (runFunc, error) {
	path, err := p.s.path(st.Name)
	if err != nil {
		return nil, err
	}
	old, err := p.s.alterable(st, materializedTable, path)
	if old == nil || err != nil {
		return nothing, err
	}
	switch act := st.Action.(type) {
	case *sql.Suspend:
		return p.s.suspend(st, path)
	case *sql.Resume:
		return p.s.resume(st, path, act)
	case *sql.Refresh:
		return p.s.refreshOnce(st, path, act)
	case *sql.SetQuery:
		return p.requery(st.At, st.Name, path, act.Query, act.StartMode)
	case *sql.RenameTo:
		to, err := newName(path, act.Name)
		if err != nil {
			return nil, err
		}
		return p.both(func(s *Session) error {
			j := s.eng.refreshOf(path)
			s.eng.setRefresh(path, nil)
			s.eng.setRefresh(catalog.Path{Catalog: path.Catalog, Database: path.Database, Name: to}, j)
			return s.eng.catalog.Rename(materializedTable, path, to)
		}, "altered materialized table "+path.Name)
	case *sql.SetRefreshMode:
		if act.Mode == "FULL" {
			return nil, noFullMode(act.Pos)
		}
		return nothing, nil
	case *sql.SetFreshness, *sql.SetOptions, *sql.ResetOptions:
		return p.both(func(s *Session) error { return s.alterMaterializedOptions(st, path) },
			"altered materialized table "+path.Name+"; it takes effect when its job starts again")
	}
	return nil, unsupported(script, st)
}

func (s *Session) alterMaterializedOptions(st *sql.Alter, path catalog.Path) error {
	old, err := s.materialized(path, st.Name.Position())
	if err != nil {
		return err
	}
	n := *old
	if f, ok := st.Action.(*sql.SetFreshness); ok {
		m := *old.Materialized
		m.FreshnessMs, m.Freshness, err = s.freshness(f.Freshness)
		n.Materialized = &m
	} else {
		var t *catalog.Table
		if t, err = s.binder().BindAlterTable(st, old); err == nil {
			n = *t
		}
	}
	if err != nil {
		return err
	}
	return s.eng.catalog.Put(&n, catalog.Replace)
}

// materialized finds a materialized table.
func (s *Session) materialized(path catalog.Path, pos sqlerr.Pos) (*catalog.Table, error) {
	o, _ := s.eng.catalog.Lookup(path)
	if t, ok := o.(*catalog.Table); ok && t.Materialized != nil {
		return t, nil
	}
	return nil, sqlerr.At(s.eng.catalog.Missing(path, materializedTable), pos)
}

// storedQuery reads the query of a materialized table. What is wrong with it has
// the place of the statement that asks.
func storedQuery(t *catalog.Table, pos sqlerr.Pos) (*sql.Query, error) {
	q, err := sql.ParseQuery(t.Materialized.Query)
	return q, inStored(t, err, pos)
}

func inStored(t *catalog.Table, err error, pos sqlerr.Pos) error {
	if err == nil {
		return nil
	}
	var l sqlerr.List
	l.Add(err)
	out := make(sqlerr.List, 0, len(l))
	for _, e := range l {
		c := *e
		c.Msg, c.Pos = "in the query of the materialized table `"+t.Path.Name+"`: "+e.Msg, pos
		out = append(out, &c)
	}
	return out
}

func (s *Session) suspend(st *sql.Alter, path catalog.Path) (runFunc, error) {
	return func(ctx context.Context, s *Session, out Output) error {
		running, err := s.stopRefresh(ctx, path)
		if !running && err == nil {
			return sqlerr.New(sqlerr.Plan, st.Name.Position(), "the materialized table `%s` is suspended already", path.Name)
		}
		if err == nil {
			out.Info("suspended materialized table " + path.Name)
		}
		return err
	}, nil
}

func (s *Session) resume(st *sql.Alter, path catalog.Path, act *sql.Resume) (runFunc, error) {
	return func(ctx context.Context, s *Session, out Output) error {
		t, err := s.materialized(path, st.Name.Position())
		if err != nil {
			return err
		}
		if s.eng.refreshOf(path) != nil {
			return sqlerr.New(sqlerr.Plan, st.Name.Position(), "the materialized table `%s` is not suspended", path.Name)
		}
		q, err := storedQuery(t, st.Pos)
		if err != nil {
			return err
		}
		out.Warn(fmt.Sprintf(fromBeginning, path.Name))
		return inStored(t, s.refresh(ctx, t, q, act.Options, out), st.Pos)
	}, nil
}

// refreshOnce prepares REFRESH: the rows that the query gives now, of one
// partition if it names one, replace those that are there.
func (s *Session) refreshOnce(st *sql.Alter, path catalog.Path, act *sql.Refresh) (runFunc, error) {
	return func(ctx context.Context, s *Session, out Output) error {
		t, err := s.materialized(path, st.Name.Position())
		if err != nil {
			return err
		}
		q, err := storedQuery(t, st.Pos)
		if err != nil {
			return err
		}
		if _, _, err := s.binder().PartitionSpec(t, act.Partition, false, act.Pos); err != nil {
			return err
		}
		return s.having(map[string]string{"execution.runtime-mode": "batch"}, func() error {
			in, err := s.refreshInsert(t, ofPartition(q, act.Partition), nil)
			if err != nil {
				return inStored(t, err, st.Pos)
			}
			in.Overwrite = true
			pl, err := s.planInserts([]*sql.Insert{in})
			if err != nil {
				return inStored(t, err, st.Pos)
			}
			j, err := s.start(ctx, pl, "refresh_"+t.Path.String())
			if err != nil {
				return err
			}
			return s.follow(j, pl, out)
		})
	}, nil
}

// ofPartition keeps the rows of a partition.
func ofPartition(q *sql.Query, part []sql.PartitionValue) *sql.Query {
	if len(part) == 0 {
		return q
	}
	at := sql.At{Pos: q.Pos}
	sel := &sql.Select{At: at, Items: []sql.SelectItem{{At: at, Expr: &sql.Star{At: at}}},
		From: []sql.TableRef{&sql.DerivedTable{At: at, Query: q, Alias: &sql.Alias{At: at, Name: sql.Ident{Name: "q", Pos: q.Pos}}}}}
	for _, p := range part {
		col := p.Key
		col.Quoted = true
		var is sql.Expr = &sql.DistinctExpr{At: at, Not: true, L: &sql.ColumnRef{At: at, Parts: []sql.Ident{col}}, R: p.Value}
		if sel.Where != nil {
			is = &sql.BinaryExpr{At: at, Op: "AND", L: sel.Where, R: is}
		}
		sel.Where = is
	}
	return &sql.Query{At: at, Body: sel}
}

// requery prepares AS query: the job goes on with another query, whose first
// columns are those of the table; what it has beyond them is added.
func (p *preparer) requery(at sql.At, name sql.ObjectName, path catalog.Path, q *sql.Query, mode *sql.StartMode) (runFunc, error) {
	if err := startable(mode); err != nil {
		return nil, err
	}
	change := func(s *Session) (*catalog.Table, error) {
		t, err := s.materialized(path, name.Position())
		if err == nil {
			t, err = s.requeried(t, q)
		}
		if err == nil {
			err = s.eng.catalog.Put(t, catalog.Replace)
		}
		return t, err
	}
	t, err := change(p.s)
	if err == nil {
		_, err = p.s.refreshPlan(t, q, nil)
	}
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, s *Session, out Output) error {
		running, err := s.stopRefresh(ctx, path)
		if err != nil {
			return err
		}
		t, err := change(s)
		if err != nil {
			return err
		}
		out.Info("altered materialized table " + path.Name)
		if !running {
			return nil
		}
		out.Warn(fmt.Sprintf(fromBeginning, path.Name))
		return s.refresh(ctx, t, q, nil, out)
	}, nil
}

// requeried gives a materialized table with another query.
func (s *Session) requeried(t *catalog.Table, q *sql.Query) (*catalog.Table, error) {
	node, err := s.binder().BindQuery(q)
	if err != nil {
		return nil, err
	}
	n, m := *t, *t.Materialized
	m.Query = s.fullText(t.Path, q)
	n.Materialized, n.Columns = &m, append([]catalog.Column(nil), t.Columns...)
	fs := node.Fields()
	at := 0
	for _, c := range t.Columns {
		if !c.Persisted() {
			continue
		}
		if at >= len(fs) || fs[at].Name != c.Name || !types.ImplicitCastable(fs[at].Type.WithAttr(types.NoAttr), c.Type.AsNullable()) {
			return nil, sqlerr.New(sqlerr.Plan, q.Pos, "column %d of the query must be `%s` %s, as in `%s`", at+1, c.Name, c.Type, t.Path.Name).
				WithHint("a new query keeps the columns of the table and may add some behind them")
		}
		at++
	}
	for _, f := range fs[at:] {
		n.Columns = append(n.Columns, catalog.Column{Name: f.Name, Type: f.Type.WithAttr(types.NoAttr).AsNullable()})
	}
	return &n, nil
}

// dropMaterialized prepares DROP MATERIALIZED TABLE, which stops the job.
func (p *preparer) dropMaterialized(st *sql.Drop) (runFunc, error) {
	path, err := p.s.path(st.Name)
	if err != nil {
		return nil, err
	}
	drop := func(s *Session) error {
		return sqlerr.At(s.eng.catalog.Drop(path, materializedTable, st.Temporary, st.IfExists), st.Name.Position())
	}
	if err := drop(p.s); err != nil {
		return nil, err
	}
	return func(ctx context.Context, s *Session, out Output) error {
		if _, err := s.stopRefresh(ctx, path); err != nil && ctx.Err() != nil {
			return err // a job that had failed is gone as well
		}
		if err := drop(s); err != nil {
			return err
		}
		out.Info("dropped materialized table " + path.Name)
		return nil
	}, nil
}

// stopJob prepares STOP JOB: the job ends after a last epoch.
func (p *preparer) stopJob(st *sql.StopJob) (runFunc, error) {
	if st.Savepoint {
		return nil, sqlerr.New(sqlerr.Unsupported, st.Pos, "STOP JOB .. WITH SAVEPOINT is not supported").WithHint("STOP JOB '%s' ends the job after a last epoch; it keeps no state", st.Job.Value)
	}
	return func(ctx context.Context, s *Session, out Output) error {
		for _, j := range s.Jobs() {
			if strconv.Itoa(j.ID) != st.Job.Value {
				continue
			}
			if j.ended() {
				return sqlerr.New(sqlerr.Plan, st.Job.Pos, "the job '%s' has ended already: it is %s", st.Job.Value, j.status())
			}
			j.Stop()
			if err := j.await(ctx); err != nil && !errors.Is(err, context.Canceled) {
				return err
			}
			out.Info("stopped job " + st.Job.Value)
			return nil
		}
		return sqlerr.New(sqlerr.Name, st.Job.Pos, "there is no job '%s'", st.Job.Value).WithHint("SHOW JOBS lists them")
	}, nil
}
