package engine

import (
	"context"
	"errors"
	"maps"
	"runtime/debug"

	"github.com/weir-stream/weir/internal/bind"
	"github.com/weir-stream/weir/internal/catalog"
	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/connector/filesystem"
	"github.com/weir-stream/weir/internal/flow"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/secret"
	"github.com/weir-stream/weir/internal/sql"
	"github.com/weir-stream/weir/internal/sqlerr"
)

// Output takes what a script gives while it runs.
type Output interface {
	// Info tells that a statement is done; Warn tells what the user should know.
	Info(msg string)
	Warn(msg string)
	// Rows shows the result of SHOW, DESCRIBE, EXPLAIN and their kind.
	Rows(columns []string, rows [][]string) error
	// Query reads a SELECT to its end. The query is closed afterwards.
	Query(ctx context.Context, q *Query) error
	// Started tells of an INSERT that runs in the background.
	Started(j *Job)
}

// Program is a script that was found to be right.
type Program struct {
	steps []step
	jobs  []sketch // that its INSERTs start, in their order
}

// step is one statement, ready to run.
type step struct {
	pos sqlerr.Pos
	run func(ctx context.Context, s *Session, out Output) error
}

// preparer binds the statements of a script in order against an overlay of the
// catalog and a copy of the settings: what a statement changes holds for those
// after it, and nothing takes effect.
type preparer struct {
	s     *Session // the copy
	prog  *Program
	errs  sqlerr.List
	wrote bool // an earlier statement writes a table
	// unknown: an earlier statement defines something of what is written before it,
	// so that nothing can be said yet of who uses it.
	unknown bool
	plans   []string // files that earlier statements compile

	changes   int64 // of the catalog before the script
	plansKept int

	// job, if set, is called with every INSERT and statement set.
	job func(s *Session, name string, p *planned) error
}

// Prepare parses and binds a whole script. The error is a sqlerr.List of all
// that is wrong with it.
func (s *Session) Prepare(src string) (*Program, error) {
	script, err := sql.ParseScript(src)
	changes := s.eng.catalog.Changes() // first, so that what comes between makes it another
	p := &preparer{s: s.overlay(), prog: &Program{}, changes: changes}
	p.errs.Add(err)
	if script != nil {
		p.strict(script)
		for _, st := range script.Statements {
			p.statement(script, st)
		}
	}
	if err := p.errs.Err(); err != nil {
		return nil, s.eng.secrets.Error(err)
	}
	return p.prog, nil
}

// strict notes names that Flink wants in backquotes.
func (p *preparer) strict(script *sql.Script) {
	if !p.s.bool("weir.sql.strict") {
		return
	}
	for _, id := range script.Unquoted {
		p.errs.Add(sqlerr.New(sqlerr.Syntax, id.Pos, "%s is a reserved word in Flink", id.Name).WithHint("write `%s`", id.Name))
	}
}

// overlay gives a session whose changes are thrown away.
func (s *Session) overlay() *Session {
	s.eng.catalog.Refresh()
	return &Session{planning: true, eng: s.eng.over(s.eng.catalog.Overlay()), catalog: s.catalog, database: s.database, options: maps.Clone(s.options)}
}

// statement prepares one statement; its errors are noted.
func (p *preparer) statement(script *sql.Script, st sql.Statement) {
	run, err := p.guarded(script, st)
	if err != nil && p.mayAppear(err) {
		p.unknown, p.wrote = true, true
		run, err = later(script, st), nil
	}
	if err != nil {
		p.errs.Add(positioned(err, st.Position()))
		return
	}
	p.prog.steps = append(p.prog.steps, step{pos: st.Position(), run: run})
}

// later prepares a statement when it runs: what it needs is written before.
func later(script *sql.Script, st sql.Statement) runFunc {
	return func(ctx context.Context, s *Session, out Output) error {
		p := &preparer{s: s.overlay(), prog: &Program{}, changes: s.eng.catalog.Changes()}
		run, err := p.guarded(script, st)
		if err != nil {
			return err
		}
		return run(ctx, s, out)
	}
}

// guarded prepares a statement; what goes wrong inside is an error of that
// statement, and a shell goes on.
func (p *preparer) guarded(script *sql.Script, st sql.Statement) (run runFunc, err error) {
	defer inside(&err, sqlerr.Plan, st.Position())
	return p.prepare(script, st)
}

// inside turns a panic into an error. It is deferred.
func inside(err *error, code sqlerr.Code, pos sqlerr.Pos) {
	if v := recover(); v != nil {
		*err = &sqlerr.Error{Code: code, Pos: pos, Msg: "this statement hits a bug in weir", Hint: "please report it, with the statement",
			Err: &flow.Panic{Task: "the session", Value: v, Stack: debug.Stack()}}
	}
}

// positioned gives errors without a place the place of their statement.
func positioned(err error, pos sqlerr.Pos) error {
	var l sqlerr.List
	if errors.As(err, &l) {
		out := make(sqlerr.List, 0, len(l))
		for _, e := range l {
			out.Add(sqlerr.At(e, pos))
		}
		return out
	}
	var e *sqlerr.Error
	if !errors.As(err, &e) {
		e = &sqlerr.Error{Code: sqlerr.Plan, Msg: err.Error()}
	}
	return sqlerr.At(e, pos)
}

// Run runs a program's statements in order. In streaming mode inserts run side
// by side, unless table.dml-sync is set; Wait waits for them.
func (s *Session) Run(ctx context.Context, p *Program, out Output) error {
	out = discreet{out, s.eng.secrets}
	s.expect(p.jobs)
	for _, st := range p.steps {
		if err := ctx.Err(); err != nil {
			return context.Cause(ctx)
		}
		if err := st.guarded(ctx, s, out); err != nil {
			return s.eng.secrets.Error(positionedRuntime(err, st.pos))
		}
	}
	return nil
}

// discreet is an output whose messages have no secrets; rows are as they are.
type discreet struct {
	Output
	secrets *secret.Vault
}

func (d discreet) Info(msg string) { d.Output.Info(d.secrets.Redact(msg)) }
func (d discreet) Warn(msg string) { d.Output.Warn(d.secrets.Redact(msg)) }

// guarded runs a step.
func (st *step) guarded(ctx context.Context, s *Session, out Output) (err error) {
	defer inside(&err, sqlerr.Runtime, st.pos)
	return st.run(ctx, s, out)
}

// positionedRuntime keeps data errors as they are: they name a file and line,
// not a place in the script.
func positionedRuntime(err error, pos sqlerr.Pos) error {
	var e *sqlerr.Error
	if errors.As(err, &e) && e.Code.Static() {
		return sqlerr.At(err, pos)
	}
	return err
}

// binder makes a binder for the session as it is now.
func (s *Session) binder() *bind.Binder {
	c := s.planContext()
	return bind.New(bind.Config{Catalog: s.eng.catalog, CurrentCatalog: s.catalog, CurrentDatabase: s.database,
		Functions: s.eng.functions, Aggs: s.eng.aggs, Connectors: s.eng.connectors, Formats: s.eng.formats, Env: s.env(c),
		Options: s.Option, Batch: c.Batch, Zone: c.Zone, Parallelism: c.Parallelism, Strict: c.Strict, InferTable: s.inferTable, LateRows: s.lateRows, Touched: s.touched, State: s.savedTable, Lib: &s.eng.cfg.Library})
}

func (s *Session) env(c *plan.Context) *connector.Env {
	cfg := s.eng.cfg
	return &connector.Env{FS: cfg.FS, Clock: cfg.Clock, Stdin: cfg.Stdin, Stdout: cfg.Stdout, Stderr: cfg.Stderr, Zone: c.Zone,
		Formats: s.eng.formats, Seed: s.eng.seed, Secrets: s.eng.secrets}
}

// inferTable describes the files of FROM 'path'.
func (s *Session) inferTable(path string) (*connector.Table, error) {
	c := s.planContext()
	env := s.env(c)
	cols, given, err := filesystem.Infer(context.Background(), env, path)
	if err != nil {
		return nil, err
	}
	spec := s.eng.connectors["filesystem"]
	opts, err := env.Resolve("'"+path+"'", spec, given, nil)
	if err != nil {
		return nil, err
	}
	return &connector.Table{Name: "'" + path + "'", Columns: cols, Resolved: *opts,
		Parallelism: c.Parallelism, Batch: c.Batch, Env: env}, nil
}

// lowered plans a tree and makes sure that it can be lowered, so that what has
// no operator is refused before anything runs.
func (s *Session) lowered(root plan.Node) (*planned, error) {
	p, err := s.plan(root)
	if err != nil {
		return nil, err
	}
	_, err = s.graph(p)
	return p, err
}

// path resolves a written name in the session.
func (s *Session) path(n sql.ObjectName) (catalog.Path, error) {
	p, ok := catalog.Resolve(n.Strings(), s.catalog, s.database)
	if !ok {
		return p, sqlerr.New(sqlerr.Name, n.Position(), "`%s` has too many parts for a name", n)
	}
	return p, nil
}
