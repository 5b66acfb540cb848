package sqltest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/weir-stream/weir/internal/clock"
	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/engine"
	"github.com/weir-stream/weir/internal/flow"
	"github.com/weir-stream/weir/internal/job"
	"github.com/weir-stream/weir/internal/result"
	"github.com/weir-stream/weir/internal/spill"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/udf"
	"github.com/weir-stream/weir/internal/vec"
	"github.com/weir-stream/weir/internal/vfs"
)

// Timeout bounds one block of a script.
const Timeout = 20 * time.Second

// Runner runs one script in one world.
type Runner struct {
	World *World
	Store *Store
	// Dir is the folder that paths in the script start from.
	Dir string

	session *engine.Session
	clock   *clock.Fake // of a stepped world
	stdout  bytes.Buffer
	under   pipelines
	seen    map[string]int     // changes of a table that were compared
	results map[string]*Output // of the SELECTs of pipelines
	lost    error              // why a job failed
	lives   *lives             // of jobs that may be killed, else nil
}

// StartTime is where the clock of a stepped world stands at first.
var StartTime = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// NewRunner opens a session of its own in the world. Metadata are the metadata
// columns of tables of the connector `values`.
func NewRunner(w *World, metadata ...connector.MetadataColumn) (*Runner, error) {
	return newRunner(w, nil, nil, metadata...)
}

// newRunner is NewRunner for a case, nil if there is none, with a file system.
func newRunner(w *World, fs vfs.FS, c *Case, metadata ...connector.MetadataColumn) (*Runner, error) {
	r := &Runner{World: w, Store: NewStore(), seen: map[string]int{}, results: map[string]*Output{}}
	r.Store.Metadata = metadata
	if w.Shuffle {
		r.Store.Shuffle = shuffle
	}
	cfg := engine.Config{FS: fs, Connectors: []*connector.Spec{r.Store.Spec()}, Stdout: &r.stdout, Stderr: &r.stdout, Stdin: strings.NewReader(""), Checked: true, PlanFiles: w.PlanFiles,
		Library: udf.Library{Providers: []*udf.Provider{r.Store.Provider()}}}
	if w.Drive {
		cfg.Drive = func(*job.Job) func(n int) int { return rand.New(rand.NewPCG(1, 2)).IntN }
	}
	if w.Kill && !w.Stepped {
		r.kills(&cfg)
	}
	keep := w.Keep
	if w.Stepped {
		r.clock = clock.NewFake(StartTime)
		cfg.Stepped, cfg.Substitute = r.clock, r.substitute
		cfg.StateFS, cfg.StateDir = vfs.NewMem(vfs.MemConfig{}).Process(), stateDir
		if c != nil && (w.Kill || needsCheckpoints(c.Blocks)) {
			keep = true
			r.survives(&cfg, c)
		}
	}
	r.session = engine.New(cfg).NewSession()
	if keep {
		if err := r.Set("execution.checkpointing.dir", stateDir); err != nil {
			return nil, err
		}
	}
	for _, kv := range append([][2]string{{"table.dml-sync", "true"}, {"pipeline.max-parallelism", strconv.Itoa(mostSubtasks)}}, w.Settings...) {
		if err := r.Set(kv[0], kv[1]); err != nil {
			return nil, fmt.Errorf("world %s: %w", w.Name, err)
		}
	}
	return r, nil
}

// Set makes a setting of the session.
func (r *Runner) Set(key, value string) error {
	_, err := r.session.SetOption(key, value)
	return err
}

// Zone is the session's time zone.
func (r *Runner) Zone() *types.Zone { return r.zone() }

// Settle lets the jobs of a stepped world run until all of them rest.
func (r *Runner) Settle() error { return r.session.Settle() }

// Advance moves the clock of a stepped world, firing what is due on the way.
func (r *Runner) Advance(d time.Duration) error { return r.session.Advance(d) }

// Suspend stops the jobs of a world that keeps checkpoints with a last one.
func (r *Runner) Suspend() error { return r.session.Suspend() }

// Restore lets them go on from there, or from their last one after a crash, with a
// number of subtasks, 0 for as many as they had.
func (r *Runner) Restore(parallelism int) error { return r.session.Restore(parallelism) }

// shuffle permutes rows the same way each time.
func shuffle(rows []Row) {
	rnd := rand.New(rand.NewPCG(7, uint64(len(rows))))
	rnd.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
}

// Close ends what still runs.
func (r *Runner) Close() error { return r.session.Close() }

// Exec runs statements and gives the result of the last one that has rows.
func (r *Runner) Exec(src string) (*Output, error) {
	ctx, cancel := context.WithTimeout(context.Background(), Timeout)
	defer cancel()
	p, err := r.session.Prepare(src)
	if err != nil {
		return nil, err
	}
	out := &Output{}
	err = r.session.Run(ctx, p, out)
	if r.clock != nil {
		r.forget()
	}
	var bug *flow.Panic
	if errors.As(err, &bug) {
		err = fmt.Errorf("%w\n%s", err, bug.Stack)
	}
	return out, err
}

// Check binds statements without running any and gives what is wrong with them.
func (r *Runner) Check(src string) error {
	_, err := r.session.Prepare(src)
	return err
}

// Output collects what statements give.
type Output struct {
	Types   []types.Type
	Zone    *types.Zone
	Batches []*vec.Batch
	Order   *engine.Query
	Lines   []string // of SHOW, DESCRIBE, EXPLAIN
	Text    bool
	// detached, if set, takes queries that go on after their statement.
	detached func(*engine.Query)
}

// Info, Warn and Started are not looked at.
func (*Output) Info(string)         {}
func (*Output) Warn(string)         {}
func (*Output) Started(*engine.Job) {}

// Rows keeps a table of text.
func (o *Output) Rows(_ []string, rows [][]string) error {
	o.Text = true
	o.Lines = nil
	for _, r := range rows {
		for i := range r {
			if len(r) > 1 { // what is alone, as EXPLAIN's, may have many lines
				r[i] = quoteCell(r[i])
			}
		}
		o.Lines = append(o.Lines, strings.Join(r, " | "))
	}
	return nil
}

// Query reads a query to its end.
func (o *Output) Query(ctx context.Context, q *engine.Query) error {
	o.Text, o.Batches, o.Types, o.Order = false, nil, nil, q
	for _, c := range q.Columns {
		o.Types = append(o.Types, c.Type)
	}
	if o.detached != nil {
		o.detached(q)
		return engine.ErrDetached
	}
	for {
		b, err := q.Next(ctx)
		if b == nil || err != nil {
			return err
		}
		o.Batches = append(o.Batches, b)
	}
}

// Run runs a block and gives the lines that it yields; expect says whether they
// are to be compared in this world.
func (r *Runner) Run(b *Block) (lines []string, expect bool, err error) {
	switch b.Verb {
	case "rows":
		r.Store.Put(b.Arg, parseRows(b.Body))
		return nil, false, nil
	case "statement":
		return nil, false, r.statement(b)
	case "query":
		r.Store.setSnapshot(!explains(b.Body))
		defer r.Store.setSnapshot(false)
		lines, err = r.query(b)
		return lines, true, err
	case "changelog":
		if !r.World.Changelog {
			return nil, false, nil
		}
		r.Store.setSnapshot(true)
		defer r.Store.setSnapshot(false)
		out, err := r.Exec(b.Body)
		if err != nil {
			return nil, false, err
		}
		return sorted(changeTexts(out.Batches, r.zone())), true, nil
	case "table":
		lines, err = r.table(b.Arg)
		return lines, r.answers(), err
	case "tablelog":
		lines, err = r.tableLog(b.Arg)
		return lines, r.World.Changelog, err
	}
	return nil, false, r.live(b)
}

// explains reports whether a statement only shows a plan, which is to be that of the
// pipeline, whose input does not end.
func explains(src string) bool {
	words := strings.Fields(src)
	return len(words) > 1 && strings.EqualFold(words[0], "EXPLAIN") && !strings.EqualFold(words[1], "ANALYZE")
}

// tableLog gives the changes that a table has been given since it was asked for
// last.
func (r *Runner) tableLog(name string) ([]string, error) {
	if err := r.committed(); err != nil {
		return nil, err
	}
	bs, ok := r.written(name)
	if !ok {
		return nil, fmt.Errorf("nothing was written to %s", name)
	}
	from := r.seen[name]
	r.seen[name] = len(bs)
	return sorted(changeTexts(bs[from:], r.zone())), nil
}

// written gives all changes that a table, or a SELECT of a pipeline, has given.
func (r *Runner) written(name string) ([]*vec.Batch, bool) {
	if q := r.results[name]; q != nil {
		return q.Batches, true
	}
	w, ok := r.Store.Written(r.fullName(name))
	if !ok {
		return nil, false
	}
	return w.Batches(), true
}

func parseRows(body string) []Row {
	var rows []Row
	for _, line := range strings.Split(body, "\n") {
		if line != "" {
			rows = append(rows, ParseRow(line))
		}
	}
	return rows
}

func (r *Runner) zone() *types.Zone {
	if z, err := types.LoadZone(r.session.Option("table.local-time-zone")); err == nil {
		return z
	}
	return types.UTC
}

func (r *Runner) fullName(table string) string {
	c, d := r.session.Current()
	return c + "." + d + "." + table
}

func (r *Runner) statement(b *Block) error {
	_, err := r.Exec(b.Body)
	if b.Arg == "ok" {
		return err
	}
	want, ok := strings.CutPrefix(b.Arg, "error")
	if !ok {
		return fmt.Errorf("a statement is ok or error, not %q", b.Arg)
	}
	return failed(err, want)
}

func (r *Runner) query(b *Block) ([]string, error) {
	out, err := r.Exec(b.Body)
	if err != nil {
		return nil, err
	}
	if out.Text {
		var lines []string
		for _, l := range out.Lines {
			for _, part := range strings.Split(l, "\n") {
				if part != "" { // an empty line ends a block
					lines = append(lines, part)
				}
			}
		}
		return lines, nil
	}
	if out.Order == nil {
		return nil, fmt.Errorf("the statement gives no rows")
	}
	ordered := b.Arg == "ordered"
	if ordered && len(out.Order.Order) == 0 {
		return nil, fmt.Errorf("the query has no ORDER BY")
	}
	lines, err := foldedRows(out, r)
	if err != nil {
		return nil, err
	}
	if !ordered {
		sort.Strings(lines)
	}
	return lines, nil
}

// foldedRows gives the rows that a query's changes amount to, in its order.
func foldedRows(out *Output, r *Runner) ([]string, error) {
	t := result.New(spill.Config{}, out.Types)
	for _, batch := range out.Batches {
		if err := t.Add(batch); err != nil {
			return nil, err
		}
	}
	err := t.Sort(out.Order.Order)
	var lines []string
	for err == nil {
		var b *vec.Batch
		if b, err = t.Next(); b == nil {
			break
		}
		lines = append(lines, rowTexts(b, r.zone(), false)...)
	}
	if err == nil {
		err = t.Close()
	}
	return lines, err
}

// changeTexts gives all changes with their kinds, in order.
func changeTexts(bs []*vec.Batch, zone *types.Zone) []string {
	var lines []string
	for _, b := range bs {
		lines = append(lines, rowTexts(b, zone, true)...)
	}
	return lines
}

func sorted(lines []string) []string {
	sort.Strings(lines)
	return lines
}

// table folds what was written: by primary key if there is one, else as a
// multiset of rows.
func (r *Runner) table(name string) ([]string, error) {
	if q := r.results[name]; q != nil {
		if err := r.committed(); err != nil { // a SELECT gives rows that are committed
			return nil, err
		}
		lines, err := foldedRows(q, r)
		return sorted(lines), err
	}
	w, ok := r.Store.Written(r.fullName(name))
	if !ok {
		return nil, fmt.Errorf("nothing was written to %s", name)
	}
	return FoldRows(w, func(b *vec.Batch) []string { return rowTexts(b, r.zone(), false) }), nil
}

// FoldRows folds what was written to a table: a row of a table with a primary
// key replaces the one before of its key. text gives the rows of a batch.
func FoldRows(w *Written, text func(b *vec.Batch) []string) []string {
	var rows []string
	byKey := map[string]string{}
	for _, b := range w.Batches() {
		lines := text(b)
		var keys []string
		if len(w.Key) > 0 {
			kb := *b
			kb.Cols = nil
			for _, k := range w.Key {
				kb.Cols = append(kb.Cols, b.Cols[k])
			}
			keys = rowTexts(&kb, types.UTC, false)
		}
		for i, line := range lines {
			adds := b.Kind(b.Row(i)).Adds()
			switch {
			case keys != nil && adds:
				byKey[keys[i]] = line
			case keys != nil:
				delete(byKey, keys[i])
			case adds:
				rows = append(rows, line)
			default:
				if at := slices.Index(rows, line); at >= 0 {
					rows = slices.Delete(rows, at, at+1)
				} else {
					rows = append(rows, "-D "+line)
				}
			}
		}
	}
	for _, line := range byKey {
		rows = append(rows, line)
	}
	return sorted(rows)
}
