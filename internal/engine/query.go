package engine

import (
	"context"
	"errors"
	"fmt"

	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/format"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/rel/order"
	"github.com/weir-stream/weir/internal/rel/sink"
	"github.com/weir-stream/weir/internal/result"
	"github.com/weir-stream/weir/internal/spill"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// Query is a running SELECT: its rows are taken with Next.
type Query struct {
	*Job
	Columns []plan.Field
	// AppendOnly: rows are only ever added.
	AppendOnly bool
	// Order is the ORDER BY of the query's outermost block, for showing a folded
	// result in order.
	Order []plan.SortKey

	out    chan *vec.Batch
	memory spill.Config // for a folded result
}

// foldShare is the part of a job's memory, as a divisor, that the folding of its
// result may take beside it, and foldLeast what that always may.
const (
	foldShare = 4
	foldLeast = 64 << 10
)

// Fold takes all changes and gives the table that they amount to, sorted as the
// query says, to read with Next. Whoever asks closes it.
func (q *Query) Fold(ctx context.Context) (*result.Table, error) {
	ts := make([]types.Type, len(q.Columns))
	for i, c := range q.Columns {
		ts[i] = c.Type
	}
	t := result.New(q.memory, ts)
	err := q.foldInto(ctx, t)
	if err != nil {
		_ = t.Close() // the first error says more
		return nil, err
	}
	return t, nil
}

func (q *Query) foldInto(ctx context.Context, t *result.Table) error {
	for {
		b, err := q.Next(ctx)
		if err != nil {
			return err
		}
		if b == nil {
			return t.Sort(q.Order)
		}
		if err := t.Add(b); err != nil {
			return err
		}
	}
}

// Next gives the next batch of changes; it is the caller's until the next call.
// nil means that the query has ended, with Err telling how.
func (q *Query) Next(ctx context.Context) (*vec.Batch, error) {
	if q.step != nil {
		return q.nextStepped()
	}
	select {
	case b := <-q.out:
		return b, nil
	default:
	}
	select {
	case b := <-q.out:
		return b, nil
	case <-q.done:
		select {
		case b := <-q.out:
			return b, nil
		default:
		}
		return nil, q.err
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// TryNext gives the next batch of changes if it is there already, else nil.
func (q *Query) TryNext() *vec.Batch {
	if q.step != nil {
		return q.takeStepped()
	}
	select {
	case b := <-q.out:
		return b
	default:
		return nil
	}
}

// Close cancels the query if it still runs and waits for its end.
func (q *Query) Close() error {
	q.abort()
	if errors.Is(q.err, context.Canceled) {
		return nil
	}
	return q.err
}

// resultSink hands rows to whoever reads the query. It takes all kinds.
type resultSink struct {
	out chan *vec.Batch
	job *Job // of a stepped query: rows are kept there, as nobody reads meanwhile
	// discard: nobody reads (EXPLAIN ANALYZE).
	discard bool
	// held is what Commit gives (Config.ExactResults), by handle; nil: rows are
	// given as they come.
	held    map[string][]*vec.Batch
	writers int
}

var _ connector.Sink = (*resultSink)(nil)

func (r *resultSink) Accepts() connector.Changes { return connector.AllChanges }
func (r *resultSink) Parallelism() int           { return 1 }
func (r *resultSink) Open(context.Context, int, int) (connector.Writer, error) {
	r.writers++
	return &resultWriter{resultSink: r, id: r.writers}, nil
}

type resultWriter struct {
	*resultSink
	id   int
	rows []*vec.Batch // since the last Prepare, where they are held
}

func (w *resultWriter) Write(ctx context.Context, b *vec.Batch) error {
	if w.discard {
		return nil
	}
	if w.held != nil {
		w.rows = append(w.rows, b.Clone())
		return nil
	}
	return w.give(ctx, b.Clone())
}

func (w *resultWriter) give(ctx context.Context, b *vec.Batch) error {
	if w.job != nil {
		w.job.step.rows = append(w.job.step.rows, b)
		return nil
	}
	select {
	case w.out <- b:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (w *resultWriter) Flush(context.Context) error { return nil }
func (w *resultWriter) Watermark(int64)             {}

// Prepare keeps the epoch's rows where they are held.
func (w *resultWriter) Prepare(_ context.Context, epoch uint64) ([]byte, error) {
	if len(w.rows) == 0 {
		return nil, nil
	}
	handle := fmt.Sprintf("%d/%d", w.id, epoch)
	w.held[handle], w.rows = w.rows, nil
	return []byte(handle), nil
}

// Commit gives the rows of a handle, once.
func (w *resultWriter) Commit(ctx context.Context, handle []byte) error {
	rows := w.held[string(handle)]
	delete(w.held, string(handle))
	for _, b := range rows {
		if err := w.give(ctx, b); err != nil {
			return err
		}
	}
	return nil
}

func (w *resultWriter) Finish(context.Context) error { return nil }
func (w *resultWriter) Close() error                 { return nil }

// resultQueue is the number of batches that may wait for the reader.
const resultQueue = 4

// resultPlan puts a sink for the client on a bound query.
func resultPlan(n plan.Node) (*sink.Node, *resultSink) {
	r := &resultSink{out: make(chan *vec.Batch, resultQueue)}
	cols := make([]format.Column, len(n.Fields()))
	for i, f := range n.Fields() {
		cols[i] = format.Column{Name: f.Name, Type: f.Type}
	}
	return &sink.Node{In: n, Table: &connector.Table{Name: "result", Columns: cols}, Sink: r, Result: true}, r
}

// startQuery runs a planned query.
func (s *Session) startQuery(ctx context.Context, p *planned, r *resultSink, bound plan.Node) (*Query, error) {
	if s.eng.cfg.ExactResults && !r.discard && s.Option("execution.checkpointing.dir") != "" {
		r.held = map[string][]*vec.Batch{}
	}
	j, err := s.start(ctx, p, s.jobName("query"))
	if err != nil {
		return nil, err
	}
	if j.step != nil {
		r.job = j
	}
	q := &Query{Job: j, Columns: bound.Fields(), out: r.out, AppendOnly: p.ann.Traits[p.root.Inputs()[0]].InsertOnly()}
	if n := s.memory(); n > 0 {
		q.memory = spill.Config{Limit: max(n/foldShare, foldLeast), Dirs: s.spillDirs()}
	}
	if o, ok := bound.(*order.Node); ok {
		q.Order = o.Keys
	}
	return q, nil
}

func (s *Session) jobName(def string) string {
	if n := s.Option("pipeline.name"); n != "" {
		return n
	}
	return def
}
