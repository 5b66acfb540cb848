// Package weir embeds the engine: Flink SQL over streams and files in the
// process of a Go program.
//
//	db, err := weir.Open()
//	defer db.Close()
//	err = db.Exec(ctx, `CREATE TABLE orders (...) WITH (...)`)
//	rows, err := db.Query(ctx, `SELECT item, COUNT(*) FROM orders GROUP BY item`)
//	defer rows.Close()
//	for rows.Next() {
//		err := rows.Scan(&item, &n)
//	}
//	err = rows.Err()
//
// A query over input that ends gives its final answer. Over input that never
// ends it gives changes as they come: Rows.Kind tells which row is added and
// which taken back. Programs that want database/sql import package driver.
package weir

import (
	"context"
	"io"
	"os"
	"slices"
	"sync"

	"github.com/weir-stream/weir/internal/engine"
	"github.com/weir-stream/weir/internal/sql"
	"github.com/weir-stream/weir/internal/sqlerr"
)

// Option changes how a DB is opened.
type Option func(*engine.Config)

// WithSetting makes a setting for all sessions, by Flink's key: for example
// "execution.runtime-mode", "batch".
func WithSetting(key, value string) Option {
	return func(c *engine.Config) { c.Options[key] = value }
}

// WithStdio gives what tables with path '-' and the print connector read and
// write. Without it they read nothing and write nowhere.
func WithStdio(in io.Reader, out, errors io.Writer) Option {
	return func(c *engine.Config) { c.Stdin, c.Stdout, c.Stderr = in, out, errors }
}

// DB is an engine with its catalog of tables and views. It is safe for
// concurrent use.
type DB struct {
	engine *engine.Engine

	mu       sync.Mutex
	sessions map[*Session]bool
}

// Open makes a DB with an empty catalog. Settings that do not exist or have
// wrong values are refused here.
func Open(options ...Option) (*DB, error) {
	cfg := engine.Config{Options: map[string]string{}, Stdout: io.Discard, Stderr: io.Discard, Getenv: os.Getenv}
	for _, o := range options {
		o(&cfg)
	}
	if err := register(&cfg); err != nil {
		return nil, err
	}
	db := &DB{engine: engine.New(cfg), sessions: map[*Session]bool{}}
	probe := db.engine.NewSession()
	for k, v := range cfg.Options {
		if _, err := probe.SetOption(k, v); err != nil {
			return nil, err
		}
	}
	return db, nil
}

// Close ends all sessions: what still runs is cancelled and waited for.
func (db *DB) Close() error {
	db.mu.Lock()
	open := db.sessions
	db.sessions = map[*Session]bool{}
	db.mu.Unlock()
	for s := range open {
		_ = s.session.Close()
	}
	return nil
}

// Session opens a session: settings and a current database of its own, over
// the shared catalog.
func (db *DB) Session() *Session {
	s := &Session{db: db, session: db.engine.NewSession()}
	db.mu.Lock()
	db.sessions[s] = true
	db.mu.Unlock()
	return s
}

// Exec runs a script in a session of its own; see Session.Exec. What it SETs
// ends with it, what it CREATEs stays.
func (db *DB) Exec(ctx context.Context, script string) error {
	s := db.Session()
	defer s.Close()
	return s.Exec(ctx, script)
}

// Query runs a script in a session of its own that closes with the rows; see
// Session.Query.
func (db *DB) Query(ctx context.Context, script string) (*Rows, error) {
	s := db.Session()
	r, err := s.Query(ctx, script)
	if err != nil {
		s.Close()
		return nil, err
	}
	r.owned = s
	return r, nil
}

// Session is one user's settings, current database and running statements. It
// is used by one goroutine at a time, and runs one query at a time.
type Session struct {
	db      *DB
	session *engine.Session
}

// Exec runs the statements of a script in order and waits until the INSERTs
// among them have ended. Rows of queries are dropped. All errors that can be
// known beforehand are given together, with their places, before anything runs.
// When the context ends, so does what runs.
func (s *Session) Exec(ctx context.Context, script string) error {
	p, err := s.session.Prepare(script)
	if err != nil {
		return wrap(script, err)
	}
	before := s.session.Jobs()
	if err := s.session.Run(ctx, p, discard{}); err != nil {
		return wrap(script, err)
	}
	for _, j := range s.session.Jobs() {
		if slices.Contains(before, j) {
			continue
		}
		select {
		case <-j.Done():
			s.session.Forget(j)
			if err := j.Err(); err != nil {
				return wrap(script, err)
			}
		case <-ctx.Done():
			j.Cancel()
			<-j.Done()
			return context.Cause(ctx)
		}
	}
	return nil
}

// Query runs a script with one statement that gives rows (SELECT, SHOW,
// DESCRIBE, EXPLAIN), and those before and after it. The rows must be closed.
func (s *Session) Query(ctx context.Context, script string) (*Rows, error) {
	p, err := s.session.Prepare(script)
	if err == nil {
		err = oneResult(script)
	}
	if err != nil {
		return nil, wrap(script, err)
	}
	return startRows(ctx, s.session, p, script)
}

// Set makes a setting of the session.
func (s *Session) Set(key, value string) error {
	_, err := s.session.SetOption(key, value)
	return err
}

// Close cancels what still runs and waits for it.
func (s *Session) Close() error {
	s.db.mu.Lock()
	delete(s.db.sessions, s)
	s.db.mu.Unlock()
	return s.session.Close()
}

// oneResult refuses scripts with no result, or several.
func oneResult(script string) error {
	parsed, err := sql.ParseScript(script)
	if err != nil {
		return err
	}
	n, at := 0, sqlerr.Pos{}
	for _, st := range parsed.Statements {
		switch st := st.(type) {
		case *sql.QueryStmt, *sql.Show, *sql.Describe, *sql.Explain:
			n, at = n+1, st.Position()
		case *sql.Set:
			if !st.HasValue {
				n, at = n+1, st.Position()
			}
		}
	}
	switch n {
	case 0:
		return sqlerr.New(sqlerr.Plan, sqlerr.Pos{}, "no statement gives rows").WithHint("use Exec")
	case 1:
		return nil
	}
	return sqlerr.New(sqlerr.Plan, at, "more than one statement gives rows").WithHint("run each in a Query of its own")
}

// Error is what is wrong with a script. Its text is what the command line
// prints: for each problem the line, a caret and a hint.
type Error struct {
	script string
	err    error
}

// Error gives all problems, each with its place in the script.
func (e *Error) Error() string {
	text := sqlerr.Render("", e.script, e.err)
	for len(text) > 0 && text[len(text)-1] == '\n' {
		text = text[:len(text)-1]
	}
	return text
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.err }

// BeforeRun reports whether the script was refused before anything ran.
func (e *Error) BeforeRun() bool { return sqlerr.Static(e.err) }

// wrap gives errors of the script its text; what the context says stays.
func wrap(script string, err error) error {
	var l sqlerr.List
	l.Add(err)
	if len(l) == 1 && l[0].Code == sqlerr.Runtime && l[0].Err == nil && !l[0].Pos.Valid() {
		return err
	}
	return &Error{script: script, err: err}
}

// discard is the output of Exec.
type discard struct{}

func (discard) Info(string)                     {}
func (discard) Warn(string)                     {}
func (discard) Rows([]string, [][]string) error { return nil }
func (discard) Started(*engine.Job)             {}
func (discard) Query(ctx context.Context, q *engine.Query) error {
	for {
		if b, err := q.Next(ctx); b == nil || err != nil {
			return err
		}
	}
}
