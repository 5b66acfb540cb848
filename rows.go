package weir

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/weir-stream/weir/internal/engine"
	"github.com/weir-stream/weir/internal/format"
	arrowformat "github.com/weir-stream/weir/internal/format/arrow"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/result"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/udf"
	"github.com/weir-stream/weir/internal/vec"
)

// Kind tells what a row means in a stream of changes.
type Kind uint8

// The kinds, as Flink has them. Answers over input that ends are all Insert.
const (
	Insert       Kind = iota // +I: the row is new
	UpdateBefore             // -U: the row is taken back; its new version follows
	UpdateAfter              // +U: the new version of a row
	Delete                   // -D: the row is gone
)

// String gives the kind as Flink prints it: +I, -U, +U, -D.
func (k Kind) String() string { return vec.Kind(k).String() }

// Column describes a column of a result.
type Column struct {
	Name string
	// Type is the SQL type as Flink prints it, such as DECIMAL(10, 2) NOT NULL.
	Type     string
	Nullable bool
}

// Rows is the result of a query, read row by row with Next and Scan or batch by
// batch with Record. It is used by one goroutine.
type Rows struct {
	ctx     context.Context
	cancel  context.CancelFunc
	script  string
	owned   *Session    // closed with the rows
	job     *engine.Job // nil if the rows are not those of a query
	fields  []plan.Field
	zone    *types.Zone
	pull    func() (*vec.Batch, error) // nil at the end
	release chan struct{}              // closed to let the query end
	ended   chan struct{}              // closed when the script has ended
	failure error                      // of the script, set before ended is closed

	batch  *vec.Batch
	at     int // of the row that Next gave
	err    error
	closed bool
}

// handed is what the script's goroutine gives the reader.
type handed struct {
	fields []plan.Field
	pull   func() (*vec.Batch, error)
	job    *engine.Job // nil for SHOW and its kind
}

// rowsOutput hands the one result of a script over and waits until it is read.
type rowsOutput struct {
	discard
	ctx     context.Context
	to      chan<- handed
	release <-chan struct{}
	forget  func(*engine.Job)
}

func (o *rowsOutput) hand(h handed) error {
	select {
	case o.to <- h:
	case <-o.ctx.Done():
		return context.Cause(o.ctx)
	}
	<-o.release
	return nil
}

func (o *rowsOutput) Rows(columns []string, rows [][]string) error {
	var h handed
	b := &vec.Batch{}
	for i, c := range columns {
		h.fields = append(h.fields, plan.Field{Name: c, Type: types.String().NotNull()})
		v := vec.New(types.String().NotNull(), 0)
		for _, r := range rows {
			v.AppendValue(r[i])
		}
		b.Cols = append(b.Cols, v)
	}
	b.N = len(rows)
	h.pull = func() (*vec.Batch, error) {
		out := b
		b = nil
		return out, nil
	}
	return o.hand(h)
}

func (o *rowsOutput) Query(ctx context.Context, q *engine.Query) error {
	pull := func() (*vec.Batch, error) { return q.Next(ctx) }
	if q.Bounded && (!q.AppendOnly || len(q.Order) > 0) {
		var release func()
		pull, release = folded(ctx, q)
		defer release()
	}
	defer o.forget(q.Job) // the engine ends it on return
	return o.hand(handed{fields: q.Columns, pull: pull, job: q.Job})
}

// folded gives the final table of a query.
func folded(ctx context.Context, q *engine.Query) (pull func() (*vec.Batch, error), release func()) {
	var t *result.Table
	pull = func() (b *vec.Batch, err error) {
		if t == nil {
			if t, err = q.Fold(ctx); err != nil {
				return nil, err
			}
		}
		return t.Next()
	}
	return pull, func() {
		if t != nil {
			_ = t.Close() // the rows have been read
		}
	}
}

// startRows runs a program in the background up to its result.
func startRows(ctx context.Context, s *engine.Session, p *engine.Program, script string) (*Rows, error) {
	ctx, cancel := context.WithCancel(ctx)
	to, release := make(chan handed), make(chan struct{})
	r := &Rows{ctx: ctx, cancel: cancel, script: script, release: release, ended: make(chan struct{}), at: -1}
	go func() {
		r.failure = s.Run(ctx, p, &rowsOutput{ctx: ctx, to: to, release: release, forget: s.Forget})
		close(r.ended)
	}()
	select {
	case h := <-to:
		r.fields, r.pull, r.job = h.fields, h.pull, h.job
		r.zone = types.UTC
		if z, err := types.LoadZone(s.Option("table.local-time-zone")); err == nil {
			r.zone = z
		}
		return r, nil
	case <-r.ended:
		cancel()
		if r.failure == nil {
			r.failure = errors.New("no statement gave rows")
		}
		return nil, wrap(script, r.failure)
	}
}

// Next moves to the next row and reports whether there is one; else Err tells
// why. It waits for rows of a stream until the context of the query ends.
func (r *Rows) Next() bool {
	if r.at++; r.batch != nil && r.at < r.batch.Len() {
		return true
	}
	return r.fetch()
}

// fetch takes the next batch that has rows.
func (r *Rows) fetch() bool {
	r.at, r.batch = 0, nil
	for r.err == nil && !r.closed {
		b, err := r.pull()
		if err != nil {
			r.err = wrap(r.script, err)
			return false
		}
		if b == nil {
			return false
		}
		if b.Len() > 0 {
			r.batch = b
			return true
		}
	}
	return false
}

// Kind tells what the current row means.
func (r *Rows) Kind() Kind {
	if r.batch == nil || r.at >= r.batch.Len() {
		return Insert
	}
	return Kind(r.batch.Kind(r.batch.Row(r.at)))
}

// Columns lists the names of the columns.
func (r *Rows) Columns() []string {
	out := make([]string, len(r.fields))
	for i, f := range r.fields {
		out[i] = f.Name
	}
	return out
}

// Types describes the columns.
func (r *Rows) Types() []Column {
	out := make([]Column, len(r.fields))
	for i, f := range r.fields {
		out[i] = Column{Name: f.Name, Type: f.Type.String(), Nullable: f.Type.Nullable}
	}
	return out
}

// Values gives the current row in Go's types: nil for NULL, bool, int64,
// float64, string (text, DECIMAL, and VARIANT as JSON), []byte (BITMAP too, in the
// portable Roaring format), time.Time (DATE, TIMESTAMP;
// TIMESTAMP_LTZ in the session's zone), time.Duration (TIME since midnight and
// day-time intervals), int64 months (year-month intervals), []any (ARRAY and
// ROW), map[string]any (MAP and MULTISET).
func (r *Rows) Values() []any {
	if r.batch == nil || r.at >= r.batch.Len() {
		return nil
	}
	row := r.batch.Row(r.at)
	out := make([]any, len(r.batch.Cols))
	for i, c := range r.batch.Cols {
		out[i] = udf.Value(c, row, r.zone)
	}
	return out
}

// Scan stores the columns of the current row: dest has a pointer for each. It
// converts as database/sql does, takes any sql.Scanner, *any, and a pointer to
// a pointer for columns that may be NULL.
func (r *Rows) Scan(dest ...any) error {
	values := r.Values()
	if values == nil {
		return errors.New("Scan is called without a row: call Next first")
	}
	if len(dest) != len(values) {
		return fmt.Errorf("%d targets for %d columns", len(dest), len(values))
	}
	for i, d := range dest {
		if err := assign(d, values[i]); err != nil {
			return fmt.Errorf("column %d (%s): %w", i+1, r.fields[i].Name, err)
		}
	}
	return nil
}

// Record gives the rows that Next has not given yet, as many as are there,
// waiting for some if there are none; io.EOF at the end. The schema is that of
// the columns, with a first column "op" (+I, -U, +U, -D) if the rows are changes
// of which some take rows back. The caller releases the record.
func (r *Rows) Record() (arrow.RecordBatch, error) {
	if r.batch == nil || r.at+1 >= r.batch.Len() {
		if !r.fetch() {
			if r.err != nil {
				return nil, r.err
			}
			return nil, io.EOF
		}
		r.at = -1
	}
	b := *r.batch
	b.Sel = make([]int32, 0, b.Len())
	for i := r.at + 1; i < r.batch.Len(); i++ {
		b.Sel = append(b.Sel, int32(r.batch.Row(i)))
	}
	r.batch, r.at = nil, -1
	var cols []format.Column
	if b.Kinds != nil {
		ops := vec.New(types.String().NotNull(), b.N)
		for i := range b.N {
			ops.S[i] = b.Kind(i).String()
		}
		cols = append(cols, format.Column{Name: "op", Type: ops.Type})
		b.Cols = append([]*vec.Vector{ops}, b.Cols...)
	}
	for _, f := range r.fields {
		cols = append(cols, format.Column{Name: f.Name, Type: f.Type})
	}
	return arrowformat.Record(arrowformat.Schema(cols), &b)
}

// Err gives what ended the rows early, if anything did.
func (r *Rows) Err() error { return r.err }

// Close ends the query if it still runs and waits for it. Statements that come
// after it in the script have run when it returns.
func (r *Rows) Close() error {
	if r.closed {
		return nil
	}
	r.closed = true
	close(r.release)
	<-r.ended
	r.cancel()
	if r.owned != nil {
		_ = r.owned.Close()
	}
	if r.failure != nil && r.err == nil && !errors.Is(r.failure, context.Canceled) {
		r.err = wrap(r.script, r.failure)
		return r.err
	}
	return nil
}
