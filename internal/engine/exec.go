package engine

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/weir-stream/weir/internal/catalog"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/rel/sink"
	"github.com/weir-stream/weir/internal/sql"
	"github.com/weir-stream/weir/internal/sqlerr"
)

type runFunc = func(ctx context.Context, s *Session, out Output) error

// prepare binds a statement and gives what runs it.
func (p *preparer) prepare(script *sql.Script, st sql.Statement) (runFunc, error) {
	switch st := st.(type) {
	case *sql.QueryStmt:
		return p.query(st.Query)
	case *sql.Insert:
		return p.inserts([]*sql.Insert{st}, st)
	case *sql.StatementSet:
		return p.inserts(st.Inserts, st)
	case *sql.Execute:
		return p.prepare(script, st.Stmt)
	case *sql.Explain:
		return p.explain(st)
	case *sql.CompilePlan:
		return p.compile(st)
	case *sql.ExecutePlan:
		return p.executesPlan(st)
	case *sql.CreateTable:
		return p.createTable(st)
	case *sql.Update, *sql.Delete:
		return p.rowChange(st)
	case *sql.Truncate:
		return p.truncate(st)
	case *sql.Call:
		return p.call(st)
	case *sql.CreateView:
		return p.createView(st)
	case *sql.CreateMaterializedTable:
		return p.createMaterialized(st)
	case *sql.StopJob:
		return p.stopJob(st)
	case *sql.CreateDatabase:
		return p.createDatabase(st)
	case *sql.Drop:
		return p.drop(st)
	case *sql.Set:
		return p.set(st)
	case *sql.Reset:
		return p.reset(st)
	case *sql.Use:
		return p.use(st)
	case *sql.Show:
		return p.show(st)
	case *sql.Describe:
		return p.describe(st)
	case *sql.ClientCommand:
		return func(context.Context, *Session, Output) error { return nil }, nil
	}
	return p.catalogStatement(script, st)
}

// unsupported refuses a statement by the words it starts with.
func unsupported(script *sql.Script, st sql.Statement) error {
	words := strings.Fields(script.Text(st))
	if len(words) > 3 {
		words = words[:3]
	}
	var keep []string
	for _, w := range words {
		if !sql.IsKeyword(w) {
			break
		}
		keep = append(keep, strings.ToUpper(w))
	}
	pos := st.Position()
	return sqlerr.New(sqlerr.Unsupported, sqlerr.Pos{Start: pos.Start, End: pos.Start + len(strings.Join(keep, " "))},
		"%s is not supported", strings.Join(keep, " "))
}

// query prepares a SELECT. It is bound here for its errors and again when it
// runs, on the catalog as it is then, unless that would give the same plan.
func (p *preparer) query(q *sql.Query) (runFunc, error) {
	p.s.peeked = false
	pl, r, bound, err := p.s.planQuery(q)
	if err == nil {
		err = p.s.strictState(pl)
	}
	if err != nil && !p.mayAppear(err) {
		return nil, err
	}
	if err != nil {
		pl = nil
	}
	if p.job != nil && pl != nil && !pl.ctx.Batch {
		if err := p.job(p.s, p.s.jobName("query"), pl); err != nil && !refused(err) { // else there is nothing to compare
			return nil, err
		}
	}
	keep := p.kept(pl, r, bound)
	return func(ctx context.Context, s *Session, out Output) error {
		k := s.taken(keep)
		if k == nil {
			pl, r, bound, err := s.planQuery(q)
			if err != nil {
				return err
			}
			k = &plannedQuery{pl: pl, r: r, bound: bound}
		}
		k.pl.tell = out.Warn
		job, err := s.startQuery(ctx, k.pl, k.r, k.bound)
		if finished(err, out) {
			return nil
		}
		if err != nil {
			return err
		}
		if err = out.Query(ctx, job); errors.Is(err, ErrDetached) {
			return nil
		}
		if cerr := job.Close(); err == nil {
			err = cerr
		}
		return err
	}, nil
}

// refused reports whether something is not supported.
func refused(err error) bool {
	var e *sqlerr.Error
	return errors.As(err, &e) && e.Code == sqlerr.Unsupported
}

// mayAppear reports whether all that is wrong is a file that is not there yet
// while an INSERT before this statement may write it, or is defined of such a file.
func (p *preparer) mayAppear(err error) bool {
	var l sqlerr.List
	if !p.wrote || !errors.As(err, &l) || len(l) == 0 && !p.unknown {
		return false
	}
	for _, e := range l {
		if e.Code != sqlerr.Missing {
			return false
		}
	}
	return true
}

func (s *Session) planQuery(q *sql.Query) (*planned, *resultSink, plan.Node, error) {
	bound, err := s.binder().BindQuery(q)
	if err != nil {
		return nil, nil, nil, err
	}
	root, r := resultPlan(bound)
	pl, err := s.lowered(root)
	if err == nil {
		pl.bound = []plan.Node{root}
	}
	return pl, r, bound, err
}

// inserts prepares one INSERT or a statement set: one job.
func (p *preparer) inserts(stmts []*sql.Insert, at sql.Statement) (runFunc, error) {
	pl, err := p.s.planInserts(stmts)
	if err == nil {
		err = p.s.strictState(pl)
	}
	if err != nil && !p.mayAppear(err) {
		return nil, err
	}
	p.wrote = true
	names := make([]string, len(stmts))
	for i, st := range stmts {
		names[i] = st.Table.String()
	}
	name := "insert-into_" + strings.Join(names, ",")
	if pl != nil {
		p.prog.jobs = append(p.prog.jobs, sketchOf(p.s.jobName(name), pl))
	}
	if p.job != nil && pl != nil {
		if err := p.job(p.s, p.s.jobName(name), pl); err != nil {
			return nil, err
		}
	}
	return func(ctx context.Context, s *Session, out Output) error {
		pl, err := s.planInserts(stmts)
		if err != nil {
			return err
		}
		pl.tell = out.Warn
		j, err := s.start(ctx, pl, s.jobName(name))
		if finished(err, out) {
			return nil
		}
		if err != nil {
			return err
		}
		return s.follow(j, pl, out)
	}, nil
}

func (s *Session) planInserts(stmts []*sql.Insert) (*planned, error) {
	var errs sqlerr.List
	set := &sink.Set{}
	b := s.binder()
	for _, st := range stmts {
		n, err := b.BindInsert(st)
		if err != nil {
			errs.Add(positioned(err, st.Position()))
			continue
		}
		set.In = append(set.In, n)
	}
	if err := errs.Err(); err != nil {
		return nil, err
	}
	pl, err := s.lowered(setOf(set.In))
	if err == nil {
		pl.bound = set.In
	}
	return pl, err
}

// createTable prepares CREATE TABLE, also filled by a query (CTAS).
func (p *preparer) createTable(st *sql.CreateTable) (runFunc, error) {
	st, err := p.s.eng.substituted(st)
	if err != nil {
		return nil, err
	}
	if skip, err := p.s.replaceable(st); skip || err != nil {
		return nothing, err
	}
	b := p.s.binder()
	t, err := b.BindCreateTable(st)
	if err != nil {
		if t != nil { // so that its uses are not reported as well
			_ = p.s.eng.catalog.Put(t, catalog.Replace)
		}
		return nil, err
	}
	how := catalog.Fail
	switch {
	case st.IfNotExists:
		how = catalog.Keep
	case st.OrReplace || st.Replace:
		how = catalog.Replace
	}
	create, err := p.put(t, how, fmt.Sprintf("created table %s", t.Path.Name))
	if err == nil && t.Inferred != "" {
		create = toldColumns(t, create)
	}
	if err != nil || st.As == nil {
		return create, err
	}
	ins, err := p.s.binder().InsertOf(st)
	if err != nil {
		return nil, err
	}
	fill, err := p.inserts([]*sql.Insert{ins}, st)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, s *Session, out Output) error {
		if err := create(ctx, s, out); err != nil {
			return err
		}
		return fill(ctx, s, out)
	}, nil
}

// put adds an object to the overlay now and to the catalog when it runs.
func (p *preparer) put(o catalog.Object, how catalog.IfExists, done string) (runFunc, error) {
	if err := p.s.eng.catalog.Put(o, how); err != nil {
		return nil, err
	}
	return func(_ context.Context, s *Session, out Output) error {
		if err := s.eng.catalog.Put(o, how); err != nil {
			return err
		}
		out.Info(done)
		return nil
	}, nil
}

func (p *preparer) createView(st *sql.CreateView) (runFunc, error) {
	v, err := p.s.binder().BindCreateView(st)
	if err != nil {
		if v != nil {
			_ = p.s.eng.catalog.Put(v, catalog.Replace)
		}
		return nil, err
	}
	how := catalog.Fail
	switch {
	case st.IfNotExists:
		how = catalog.Keep
	case st.OrReplace:
		how = catalog.Replace
	}
	if _, there := p.s.eng.catalog.Lookup(v.Path); there && (st.OrReplace || st.Temporary) {
		if err := p.s.notCircular(v, st.Name.Position()); err != nil {
			return nil, err
		}
	}
	return p.put(v, how, fmt.Sprintf("created view %s", v.Path.Name))
}

// both runs a change on the overlay now and on the real session later.
func (p *preparer) both(f func(s *Session) error, done string) (runFunc, error) {
	if err := f(p.s); err != nil {
		return nil, err
	}
	return func(_ context.Context, s *Session, out Output) error {
		if err := f(s); err != nil {
			return err
		}
		if done != "" {
			out.Info(done)
		}
		return nil
	}, nil
}

func (p *preparer) set(st *sql.Set) (runFunc, error) {
	if !st.HasValue {
		return func(_ context.Context, s *Session, out Output) error {
			var rows [][]string
			for _, kv := range s.AllOptions() {
				if st.Key == "" || renamed(st.Key) == kv[0] {
					shown := catalog.Masked(catalog.Options{{Key: kv[0], Value: kv[1]}})[0]
					rows = append(rows, []string{shown.Key, shown.Value})
				}
			}
			return out.Rows([]string{"key", "value"}, rows)
		}, nil
	}
	if _, err := p.s.SetOption(st.Key, st.Value); err != nil {
		return nil, sqlerr.At(err, st.ValuePos.Pos)
	}
	return func(_ context.Context, s *Session, out Output) error {
		warning, err := s.SetOption(st.Key, st.Value)
		if warning != "" {
			out.Warn(warning)
		}
		return err
	}, nil
}

func (p *preparer) reset(st *sql.Reset) (runFunc, error) {
	return p.both(func(s *Session) error {
		if st.Key == "" {
			clear(s.options)
			for k, v := range s.eng.cfg.Options {
				s.options[k] = v
			}
			return nil
		}
		delete(s.options, renamed(st.Key))
		return nil
	}, "")
}

// databaseName resolves "database" or "catalog.database".
func (s *Session) databaseName(n sql.ObjectName) (cat, db string) {
	parts := n.Strings()
	if len(parts) == 2 {
		return parts[0], parts[1]
	}
	return s.catalog, n.Last().Name
}
