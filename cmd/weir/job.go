package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"text/tabwriter"

	"github.com/weir-stream/weir/internal/engine"
	"github.com/weir-stream/weir/internal/snapshot"
)

// jobCmd is `weir job`.
type jobCmd struct {
	Show      jobShowCmd      `cmd:"" help:"What a job does, or where it stopped."`
	Rescale   jobRescaleCmd   `cmd:"" help:"Run a job on with another number of subtasks."`
	Savepoint jobSavepointCmd `cmd:"" help:"Write a savepoint of a running job."`
	Stop      jobStopCmd      `cmd:"" help:"Stop a running job after a last checkpoint."`
}

type jobShowCmd struct {
	Dir    string `arg:"" help:"The state directory, or that of one of its jobs."`
	Output string `enum:"text,json" default:"text" help:"text or json."`
	Last   int    `placeholder:"N" help:"Figures of the last N checkpoints only."`
}

// Run prints a job's figures.
func (c *jobShowCmd) Run(a *app) error {
	dir, err := jobDir(c.Dir)
	if err != nil {
		return err
	}
	var st engine.JobStatus
	ctx, cancel := context.WithTimeout(context.Background(), showWithin)
	defer cancel()
	err = ask(ctx, dir, "GET", "/job", url.Values{"last": {strconv.Itoa(c.Last)}}, &st)
	if errors.Is(err, errNotRunning) {
		return failed(showStopped(a, dir))
	}
	if err != nil {
		return failed(err)
	}
	if c.Output == "json" {
		return failed(writeJSON(a, st))
	}
	fmt.Fprintf(a.out, "%s: running with parallelism %d, %d restarts\n", st.Name, st.Parallelism, st.Restarts)
	if k := st.Checkpoints; k.Count > 0 {
		fmt.Fprintf(a.out, "checkpoint %d, %s ago, %s; of the last %d: p50 %.1f ms, p99 %.1f ms, longest %.1f ms (p99 of alignment %.1f ms)\n",
			st.Epoch, ago(k.LastAgeMs), size(k.LastBytes), k.Count, k.P50, k.P99, k.Max, k.AlignP99)
	} else {
		fmt.Fprintln(a.out, "no checkpoint yet")
	}
	if r := st.Recovery; r.ImageBytes+r.LogBytes > 0 {
		fmt.Fprintf(a.out, "went on from images of %s (%.1f ms) and a log of %s, about %d changes (%.1f ms)\n", size(r.ImageBytes), r.ImageMs, size(r.LogBytes), r.LogChanges, r.LogMs)
	}
	w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "operator\trows in\trows out\tqueued\tin flight\tstate\twatermark\tlate")
	for _, o := range st.Operators {
		mark := "-"
		if o.Watermark != nil {
			mark = o.Watermark.Format("2006-01-02 15:04:05.000")
		}
		rows, in := waiting(o.Inputs)
		fmt.Fprintf(w, "%s\t%d\t%d\t%s\t%s\t%s\t%s\t%d\n", o.Name, o.RowsIn, o.RowsOut, rows, in, size(o.StateBytes), mark, o.Late)
	}
	if err := w.Flush(); err != nil {
		return failed(err)
	}
	for _, o := range st.Operators {
		if o.ParseErrors+o.DeadLetters > 0 {
			fmt.Fprintf(a.out, "%s: %d parse errors, %d dead letters\n", o.Name, o.ParseErrors, o.DeadLetters)
		}
		if o.Pauses > 0 {
			fmt.Fprintf(a.out, "%s: waited for other sources %d times, %d ms in all\n", o.Name, o.Pauses, o.PausedMs)
		}
	}
	return nil
}

// waiting tells how many rows wait before an operator, and how long rows are on
// their way to it where that is longest.
func waiting(in []engine.EdgeStatus) (rows, inFlight string) {
	if len(in) == 0 {
		return "-", "-"
	}
	var n int64
	var ms float64
	for _, e := range in {
		n += e.Rows
		ms = max(ms, e.InFlightMs)
	}
	return strconv.FormatInt(n, 10), fmt.Sprintf("%.1f ms", ms)
}

func showStopped(a *app, dir string) error {
	i, err := snapshot.Inspect(places(), dir)
	if err != nil {
		return err
	}
	switch {
	case i.Savepoint != nil:
		_, err = fmt.Fprintf(a.out, "%s: a savepoint, of checkpoint %d\n", i.Domain, i.Epoch)
	case i.Epoch == 0:
		_, err = fmt.Fprintf(a.out, "%s: not running, and it has no checkpoint\n", i.Domain)
	case i.Outcome == snapshot.Finished:
		_, err = fmt.Fprintf(a.out, "%s: not running, it has finished; its last checkpoint is %d\n", i.Domain, i.Epoch)
	default:
		_, err = fmt.Fprintf(a.out, "%s: not running; its last checkpoint is %d\n", i.Domain, i.Epoch)
	}
	return err
}

type jobRescaleCmd struct {
	Dir         string `arg:"" help:"The state directory, or that of one of its jobs."`
	Parallelism int    `arg:"" help:"How many subtasks each operator has from now on."`
}

// Run rescales a job.
func (c *jobRescaleCmd) Run(a *app) error {
	dir, err := jobDir(c.Dir)
	if err != nil {
		return err
	}
	var r struct{ Seconds float64 }
	err = ask(context.Background(), dir, "POST", "/rescale", url.Values{"parallelism": {strconv.Itoa(c.Parallelism)}}, &r)
	if errors.Is(err, errNotRunning) {
		err = errors.New("the job is not running: run its script again with --parallelism")
	}
	if err == nil {
		fmt.Fprintf(a.out, "runs with parallelism %d after %.0f ms\n", c.Parallelism, r.Seconds*1e3)
	}
	return failed(err)
}

type jobSavepointCmd struct {
	Dir string `arg:"" help:"The state directory, or that of one of its jobs."`
	To  string `arg:"" optional:"" help:"A folder that does not exist yet; without it a new one in execution.checkpointing.savepoint-dir."`
}

// Run writes a savepoint.
func (c *jobSavepointCmd) Run(a *app) error { return makeSavepoint(a, c.Dir, c.To) }

// makeSavepoint writes a savepoint of a job, which may be running or not.
func makeSavepoint(a *app, of, to string) error {
	dir, err := jobDir(of)
	if err != nil {
		return err
	}
	at, err := placeFor(to)
	if err != nil {
		return failed(err)
	}
	var i snapshot.SavepointInfo
	err = ask(context.Background(), dir, "POST", "/savepoint", url.Values{"dir": {at}}, &i)
	i.Dir = cmp.Or(to, i.Dir)
	if errors.Is(err, errNotRunning) {
		if to == "" {
			return usage("the job is not running: say where the savepoint goes")
		}
		r, rerr := snapshot.Read(places(), dir)
		if rerr != nil {
			return failed(rerr)
		}
		var p *snapshot.SavepointInfo
		if p, err = r.Savepoint(context.Background(), to, snapshot.Config{FS: places()}); err == nil {
			i = *p
		}
		err = errors.Join(err, r.Close())
	}
	if err != nil {
		return failed(err)
	}
	fmt.Fprintf(a.out, "savepoint %s: checkpoint %d, %s\n", i.Dir, i.Epoch, size(i.Bytes))
	return nil
}

type jobStopCmd struct {
	Dir       string `arg:"" help:"The state directory, or that of one of its jobs."`
	Savepoint string `placeholder:"TO" help:"Write a savepoint first, into this folder."`
	Drain     bool   `help:"End the job as if its input ended now: windows close, and it cannot go on."`
}

// Run stops a job and waits for its end.
func (c *jobStopCmd) Run(a *app) error {
	dir, err := jobDir(c.Dir)
	if err != nil {
		return err
	}
	if c.Drain && c.Savepoint != "" {
		return usage("a job that is drained has finished: there is nothing to go on from, so leave --savepoint or --drain out")
	}
	q := url.Values{}
	if c.Savepoint != "" {
		at, err := placeFor(c.Savepoint)
		if err != nil {
			return failed(err)
		}
		q.Set("savepoint", at)
	}
	if c.Drain {
		q.Set("drain", "true")
	}
	if err := ask(context.Background(), dir, "POST", "/stop", q, nil); err != nil {
		return failed(err)
	}
	fmt.Fprintln(a.out, "stopped")
	return nil
}
