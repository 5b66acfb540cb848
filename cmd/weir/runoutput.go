package main

import (
	"context"
	"errors"
	"fmt"
	"sort"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/weir-stream/weir/cmd/weir/internal/live"
	"github.com/weir-stream/weir/cmd/weir/internal/render"
	"github.com/weir-stream/weir/internal/engine"
	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// runOutput shows what a script gives while it runs.
type runOutput struct {
	app        *app
	session    *engine.Session
	output     string // of --output; empty: by where stdout goes
	cancel     context.CancelCauseFunc
	stopStatus atomic.Int32 // exit status of the signal that stopped the run
	progress   progress
	warned     bool // of state that grows

	mu   sync.Mutex
	fail error // first failure of a job in the background
}

// stopped gives the exit status of the signal that stopped the run, or 0.
func (o *runOutput) stopped() int { return int(o.stopStatus.Load()) }

func (o *runOutput) failure() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.fail
}

// Info is not shown: a script that works is quiet.
func (o *runOutput) Info(string) {}

// Warn goes to stderr.
func (o *runOutput) Warn(msg string) {
	o.progress.clear()
	fmt.Fprintln(o.app.err, "warning:", msg)
}

// Started watches an INSERT in the background: its failure ends the run.
func (o *runOutput) Started(j *engine.Job) {
	o.warnGrowing(j)
	if o.stopped() != 0 {
		j.Stop()
	}
	go func() {
		<-j.Done()
		err := j.Err()
		if err == nil || errors.Is(err, context.Canceled) {
			return
		}
		o.mu.Lock()
		if o.fail == nil {
			o.fail = err
		}
		o.mu.Unlock()
		o.cancel(err)
	}()
}

// warnGrowing tells once of state that nothing bounds.
func (o *runOutput) warnGrowing(j *engine.Job) {
	if len(j.Growing) == 0 || o.warned {
		return
	}
	o.warned = true
	o.Warn(growingWarning(j))
}

func growingWarning(j *engine.Job) string {
	return fmt.Sprintf("state grows without bound as long as the input goes on: %s. %s", strings.Join(j.Growing, "; "), engine.GrowingRemedy)
}

// Rows shows the result of SHOW and its kind; the text of EXPLAIN as it is.
func (o *runOutput) Rows(columns []string, rows [][]string) error {
	if o.stopped() != 0 {
		return errStopped
	}
	if o.output == "none" {
		return nil
	}
	if (o.output == "" || o.output == "table") && len(columns) == 1 && len(rows) == 1 && columns[0] == "result" {
		_, err := fmt.Fprintln(o.app.out, rows[0][0])
		return err
	}
	fields, b := textRows(columns, rows)
	w, err := o.writer(render.Config{Columns: fields})
	if err != nil {
		return err
	}
	if err := w.Write(b); err != nil {
		return err
	}
	return w.End()
}

// textRows makes a batch of texts.
func textRows(columns []string, rows [][]string) ([]plan.Field, *vec.Batch) {
	var fields []plan.Field
	var ts []types.Type
	for _, c := range columns {
		fields = append(fields, plan.Field{Name: c, Type: types.String()})
		ts = append(ts, types.String())
	}
	b := vec.NewBatch(ts)
	for _, r := range rows {
		for i := range columns {
			b.Cols[i].AppendValue(r[i])
		}
		b.N++
	}
	return fields, b
}

// zone is the session's.
func (o *runOutput) zone() *types.Zone {
	z, err := types.LoadZone(o.session.Option("table.local-time-zone"))
	if err != nil {
		return types.UTC
	}
	return z
}

// writer makes the writer that --output asks for.
func (o *runOutput) writer(c render.Config) (render.Writer, error) {
	c.Out, c.Width, c.Zone = o.app.out, o.app.width(), o.zone()
	name := o.output
	if name == "" {
		name = "json"
		if o.app.outTerm {
			name = "table"
		}
	}
	switch name {
	case "table":
		return render.Table(c), nil
	case "csv":
		return render.CSV(c), nil
	case "json":
		return render.JSON(c), nil
	case "changelog":
		return render.Changelog(c), nil
	case "none":
		return render.None(), nil
	}
	return render.Encoded(c, o.session.Engine().Formats()[name])
}

// Query prints a SELECT. Over bounded input what is not append-only is folded
// first; over input that never ends rows go out as they come.
func (o *runOutput) Query(ctx context.Context, q *engine.Query) error {
	if o.stopped() != 0 {
		return errStopped
	}
	o.warnGrowing(q.Job)
	if !q.Bounded && o.app.outTerm && (o.output == "" || o.output == "table") {
		t := live.Table{Out: o.app.out, Zone: o.zone(), Size: o.app.screen}
		return t.Show(ctx, q)
	}
	defer o.progress.watch(o.app, o.zone(), q.Job)()
	fold := q.Bounded && o.output != "changelog" && (!q.AppendOnly || len(q.Order) > 0)
	w, err := o.writer(render.Config{Columns: q.Columns, Ops: !q.Bounded && !q.AppendOnly, Endless: !q.Bounded})
	if err != nil {
		return err
	}
	if fold {
		return o.folded(ctx, q, w)
	}
	return stream(ctx, q, w)
}

// stream writes changes as they come, out of any buffer whenever the input
// rests.
func stream(ctx context.Context, q *engine.Query, w render.Writer) error {
	for {
		b := q.TryNext()
		if b == nil {
			wait, err := w.Rest()
			if err != nil {
				return err
			}
			if b, err = next(ctx, q, wait); err != nil {
				return err
			}
			if b == nil && wait > 0 {
				continue
			}
		}
		if b == nil {
			return w.End()
		}
		if err := w.Write(b); err != nil {
			return err
		}
	}
}

// next waits for a batch, not longer than wait if that is above zero. nil means
// the end, or with a wait perhaps only that it is over.
func next(ctx context.Context, q *engine.Query, wait time.Duration) (*vec.Batch, error) {
	if wait <= 0 {
		return q.Next(ctx)
	}
	short, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	b, err := q.Next(short)
	if err != nil && ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded) {
		return nil, nil
	}
	return b, err
}

// folded gathers the final table and writes it in the query's order.
func (o *runOutput) folded(ctx context.Context, q *engine.Query, w render.Writer) error {
	t, err := q.Fold(ctx)
	if err != nil {
		return err
	}
	defer t.Close()
	if o.stopped() != 0 {
		o.Warn("stopped before the input ended: the answer is not printed, since it is not known yet")
		return errStopped
	}
	o.progress.clear()
	for {
		b, err := t.Next()
		if err != nil {
			return err
		}
		if b == nil {
			return w.End()
		}
		if err := w.Write(b); err != nil {
			return err
		}
	}
}

// wait waits for the jobs in the background.
func (o *runOutput) wait(ctx context.Context) error {
	jobs := o.session.Jobs()
	if len(jobs) > 0 {
		defer o.progress.watch(o.app, o.zone(), jobs...)()
	}
	return o.session.Wait(ctx)
}

// report prints what was counted in all jobs and should be known: late rows,
// records that could not be read.
func (o *runOutput) report() { o.reportOf(o.session.Jobs()...) }

func (o *runOutput) reportOf(jobs ...*engine.Job) {
	sum := map[string]int64{}
	for _, j := range jobs {
		select {
		case <-j.Done():
		default:
			continue // not known while it runs
		}
		for _, w := range j.LateWarnings() {
			fmt.Fprintln(o.app.err, "warning:", w)
		}
		for name, n := range j.Report() {
			sum[name] += n
		}
		delete(sum, op.Late)
	}
	names := make([]string, 0, len(sum))
	for name, n := range sum {
		if n != 0 {
			names = append(names, name)
		}
	}
	sort.Strings(names)
	for _, name := range names {
		fmt.Fprintf(o.app.err, "warning: %s: %d\n", name, sum[name])
	}
}
