// Package engine runs scripts: it parses, binds the whole script against an
// overlay of the catalog, optimises, lowers and runs jobs, and hands results to
// whoever asked.
//
//	script ─Prepare→ Program (all errors known) ─Run→ steps in order, jobs side by side
package engine

import (
	"context"
	"io"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/weir-stream/weir/internal/bind"
	"github.com/weir-stream/weir/internal/builtin"
	"github.com/weir-stream/weir/internal/catalog"
	"github.com/weir-stream/weir/internal/clock"
	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/control"
	"github.com/weir-stream/weir/internal/fn"
	"github.com/weir-stream/weir/internal/format"
	"github.com/weir-stream/weir/internal/job"
	"github.com/weir-stream/weir/internal/secret"
	"github.com/weir-stream/weir/internal/sql"
	"github.com/weir-stream/weir/internal/udf"
	"github.com/weir-stream/weir/internal/vfs"
)

// Config is the world an engine runs in; zero fields get the real one.
type Config struct {
	Clock  clock.Clock
	FS     vfs.FS
	Stdin  io.Reader
	Stdout io.Writer
	Stderr io.Writer
	// Getenv reads the environment; nil is an empty one.
	Getenv func(name string) string
	// Options are settings of every new session, by Flink's keys.
	Options map[string]string
	// Extra connectors beside the built-in ones (tests).
	Connectors []*connector.Spec
	// Library is the functions and providers that the embedding program adds.
	Library udf.Library
	// Registered are functions that are not in the library yet.
	Registered []any
	// Procedures are what CALL can run.
	Procedures []Procedure
	// Checked verifies every batch that an operator emits (tests).
	Checked bool
	// PlanFiles writes every plan down and reads it back before it runs (tests).
	PlanFiles bool
	// Drive, if set, gives each job what chooses the task to step next; all its
	// tasks then run in one goroutine (tests). j is nil of jobs without checkpoints.
	Drive func(j *job.Job) func(n int) int
	// Cores gives the number of cores that the process may use; nil: the Go runtime
	// tells, which follows control groups and affinity.
	Cores func() int
	// Restart: jobs start anew, whatever their state directory holds.
	Restart bool
	// Listen opens the sockets through which running jobs are steered; nil: there
	// are none.
	Listen control.Listener
	// StateFS is where checkpoints are kept; nil: FS.
	StateFS vfs.FS
	// StateDir, if set, is the state directory of all jobs that keep checkpoints,
	// whatever a script says (tests).
	StateDir string
	// Tune, if set, may change how checkpoints are kept (tests).
	Tune func(*job.Config)
	// Killed is job.Config.Killed of all jobs (tests).
	Killed func(parallelism int, restored uint64) int
	// ExactResults: the rows of a SELECT with checkpoints are given once they are
	// committed, so that none comes twice (tests).
	ExactResults bool
	// Stepped, if set, is the clock of an engine whose jobs run only in calls of
	// the session that started them, never by themselves (tests): an INSERT runs
	// until it rests, Settle and Advance let all go on.
	Stepped *clock.Fake
	// Substitute, if set, may give another declaration for a table that is
	// about to be made (tests of scripts whose systems are not there).
	Substitute func(*sql.CreateTable) (*sql.CreateTable, error)
}

// Engine is what sessions share: the catalog and the tables of functions,
// connectors and formats. It is safe for concurrent use.
type Engine struct {
	cfg        Config
	catalog    *catalog.Catalog
	functions  *fn.Table
	aggs       *bind.AggTable
	connectors map[string]*connector.Spec
	formats    map[string]*format.Spec

	seeds *atomic.Uint64 // given so far

	secrets *secret.Vault

	mu     sync.Mutex
	nextID int
	// refreshes are the jobs of materialized tables that are not suspended.
	refreshes map[catalog.Path]*Job
}

// New makes an engine with an empty catalog.
func New(cfg Config) *Engine {
	if cfg.Stepped != nil {
		cfg.Clock = cfg.Stepped
	}
	if cfg.Clock == nil {
		cfg.Clock = clock.System{}
	}
	if cfg.FS == nil {
		cfg.FS = vfs.OS{}
	}
	if cfg.StateFS == nil {
		cfg.StateFS = cfg.FS
	}
	options := make(map[string]string, len(cfg.Options))
	for k, v := range cfg.Options {
		options[renamed(k)] = v
	}
	cfg.Options = options
	secrets := secret.New(cfg.Getenv, cfg.FS)
	cfg.Stderr = secrets.Writer(cfg.Stderr)
	e := &Engine{cfg: cfg, seeds: new(atomic.Uint64), secrets: secrets, catalog: catalog.New(), functions: builtin.With(cfg.Library.Scalars), aggs: bind.NewAggTable(append(fn.Aggs(), cfg.Library.Aggs...)),
		connectors: builtin.Connectors(), formats: builtin.Formats()}
	for _, c := range cfg.Connectors {
		e.connectors[c.Name] = c
	}
	e.catalog.Attach(cfg.FS, e.define, secrets.Expand)
	return e
}

// seed gives a number that no other call gives, in this process or another.
func (e *Engine) seed() uint64 {
	return uint64(e.cfg.Clock.Now().UnixNano()) + e.seeds.Add(1)<<40
}

// Functions is the table of scalar functions.
func (e *Engine) Functions() *fn.Table { return e.functions }

// Aggs is the table of aggregate functions.
func (e *Engine) Aggs() *bind.AggTable { return e.aggs }

// Connectors lists the connectors by name.
func (e *Engine) Connectors() map[string]*connector.Spec { return e.connectors }

// Formats lists the formats by name.
func (e *Engine) Formats() map[string]*format.Spec { return e.formats }

// Catalog is the engine's catalog.
func (e *Engine) Catalog() *catalog.Catalog { return e.catalog }

// NewSession opens a session with the default catalog and database.
func (e *Engine) NewSession() *Session {
	s := &Session{eng: e, catalog: "default_catalog", database: "default_database", options: map[string]string{}}
	for k, v := range e.cfg.Options {
		s.options[k] = v
	}
	return s
}

// Session is one user's settings, current database and running jobs. It is used
// by one goroutine, but Stop and Jobs may be called from others.
type Session struct {
	eng      *Engine
	catalog  string
	database string
	options  map[string]string
	planning bool             // nothing runs: it is to find errors
	peeked   bool             // planning met what only running jobs know
	touched  func(bind.Touch) // is told of tables that statements use; nil: nobody is
	warned   map[string]bool  // keys of which a warning was given
	named    map[string][]int // the numbers of jobs that were started, by name
	replaced map[string][]int // those of which others have the INSERTs now
	coming   []sketch         // jobs that the script has not started yet

	mu   sync.Mutex
	jobs []*Job
	late []*Job // that were forgotten, with late rows to show; the last lateJobs
}

// Engine gives the session's engine.
func (s *Session) Engine() *Engine { return s.eng }

// Current gives the current catalog and database.
func (s *Session) Current() (catalog, database string) { return s.catalog, s.database }

// Wait waits until all jobs that the session started have ended and gives the
// first failure.
func (s *Session) Wait(ctx context.Context) error {
	var first error
	for _, j := range s.Jobs() {
		select {
		case <-j.done:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		if first == nil {
			first = j.err
		}
	}
	return first
}

// Jobs lists the jobs that the session started, in order.
func (s *Session) Jobs() []*Job {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]*Job(nil), s.jobs...)
}

// Forget drops an ended job from the list of jobs, so that a session that runs
// query after query does not grow.
func (s *Session) Forget(j *Job) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.jobs = slices.DeleteFunc(s.jobs, func(o *Job) bool { return o == j })
	s.keepLate(j)
}

// Stop asks all running jobs to end after a last epoch.
func (s *Session) Stop() {
	for _, j := range s.Jobs() {
		j.Stop()
	}
}

// Close cancels what still runs and waits for it.
func (s *Session) Close() error {
	for _, j := range s.Jobs() {
		j.abort()
	}
	return nil
}
