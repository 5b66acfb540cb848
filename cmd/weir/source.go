package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/weir-stream/weir/cmd/weir/internal/render"
	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/engine"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// sourceCmd is `weir source`.
type sourceCmd struct {
	Check   sourceCheckCmd   `cmd:"" help:"Look whether tables can be read and written, and what there is."`
	Preview sourcePreviewCmd `cmd:"" help:"Show some rows of a table: the newest of a topic, the first of files."`
}

// ends is the arguments that name tables.
type ends struct {
	Names   []string      `arg:"" optional:"" name:"SCRIPT|TABLE|FILE" help:"Scripts (*.sql, - is stdin) that declare tables; then the tables to take, or files of data. Without any, all tables that the scripts declare and use."`
	Command []string      `short:"c" sep:"none" placeholder:"SQL" help:"Declarations, after the scripts."`
	Set     []string      `sep:"none" placeholder:"KEY=VALUE" help:"Make a setting first; may be repeated."`
	Timeout time.Duration `default:"10s" placeholder:"DURATION" help:"How long to wait for rows of a table: 30s, 1m."`
}

// open finds the tables. The session gives the time zone.
func (e *ends) open(a *app) (*engine.Session, []engine.End, error) {
	var scripts, names []string
	for _, n := range e.Names {
		if n == "-" || strings.EqualFold(n[max(0, len(n)-len(".sql")):], ".sql") {
			scripts = append(scripts, n)
		} else {
			names = append(names, n)
		}
	}
	src := &script{}
	if len(e.Names)+len(e.Command) == 0 {
		return nil, nil, usage("nothing to look at: name a SCRIPT, a FILE of data, or give SQL with -c")
	}
	if len(scripts)+len(e.Command) > 0 {
		var err error
		if src, err = a.readScript(scripts, e.Command); err != nil {
			return nil, nil, err
		}
	}
	s, err := (&session{Set: e.Set}).open(a)
	if err != nil {
		return nil, nil, err
	}
	list, unbound, err := s.Ends(src.text, names)
	if unbound != nil {
		fmt.Fprint(a.err, src.render(unbound))
	}
	if err != nil {
		fmt.Fprint(a.err, src.render(err))
		return nil, nil, &exit{status: statusUsage}
	}
	if len(list) == 0 && unbound == nil {
		return nil, nil, usage("the script declares no table")
	}
	if unbound != nil {
		err = &exit{status: statusUsage}
	}
	return s, list, err
}

// interrupted gives a context that a signal, or the end of who reads the output,
// ends.
func (a *app) interrupted() (context.Context, func()) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	ctx, cancel := context.WithCancel(ctx)
	a.out.gone = cancel
	watchReader(a.out.hangUp)
	return ctx, func() { cancel(); stop() }
}

// statusInterrupted is the exit status of SIGINT.
const statusInterrupted = 130

// sampleFields are the columns of a sample: those that the table stores, and its metadata.
func sampleFields(t *connector.Table) []plan.Field {
	var out []plan.Field
	for _, c := range t.Columns {
		out = append(out, plan.Field{Name: c.Name, Type: c.Type})
	}
	for _, m := range t.Metadata {
		out = append(out, plan.Field{Name: m.Key, Type: m.Type})
	}
	return out
}

// sample prints about n rows of a source.
func sample(ctx context.Context, end *engine.End, n int, w render.Writer) error {
	err := connector.Sample(ctx, end.Source, end.Table, n, func(b *vec.Batch) error {
		if err := w.Write(b); err != nil {
			return err
		}
		_, err := w.Rest() // what comes slowly is shown as it comes
		return err
	})
	return errors.Join(err, w.End())
}

// sampleConfig says how the rows of a sample are printed.
func (a *app) sampleConfig(s *engine.Session, end *engine.End) render.Config {
	z, err := types.LoadZone(s.Option("table.local-time-zone"))
	if err != nil {
		z = types.UTC
	}
	return render.Config{Out: a.out, Columns: sampleFields(end.Table), Ops: end.Source.Changes() != connector.InsertOnly, Zone: z, Width: a.width()}
}

// consumed reports whether reading takes rows away from who reads next.
func consumed(src connector.Source) bool {
	u, ok := src.(connector.Unreplayable)
	return ok && u.Unreplayable()
}

// sourcePreviewCmd is `weir source preview`.
type sourcePreviewCmd struct {
	ends
	N      int    `short:"n" default:"10" placeholder:"ROWS" help:"How many rows."`
	Output string `enum:",table,csv,json,changelog" default:"" placeholder:"FORMAT" help:"table, csv, json (an object a row) or changelog. The default is a table on a terminal and json into a pipe or file."`
}

// Run prints rows.
func (c *sourcePreviewCmd) Run(a *app) error {
	if c.N < 1 {
		return usage("-n is at least 1")
	}
	s, list, err := c.open(a)
	if s == nil {
		return err
	}
	ctx, stop := a.interrupted()
	defer stop()
	o := &runOutput{app: a, session: s, output: c.Output}
	var read []engine.End
	for _, end := range list {
		if !end.Written {
			read = append(read, end)
		}
	}
	failures := 0
	for i := range read {
		end := &read[i]
		if len(read) > 1 {
			fmt.Fprintf(a.err, "%s:\n", end.Name)
		}
		if err := c.preview(ctx, o, end); err != nil {
			failures++
			fmt.Fprint(a.err, (&script{}).render(err))
		}
		if ctx.Err() != nil && !a.out.closed.Load() {
			return &exit{status: statusInterrupted}
		}
	}
	switch {
	case failures > 0:
		return &exit{status: statusFailed}
	case len(read) == 0 && err == nil:
		return usage("the script reads no table")
	}
	return err
}

func (c *sourcePreviewCmd) preview(ctx context.Context, o *runOutput, end *engine.End) error {
	if end.Err != nil {
		return end.Err
	}
	w, err := o.writer(o.app.sampleConfig(o.session, end))
	if err != nil {
		return err
	}
	ctx, stop := context.WithTimeout(ctx, c.Timeout)
	defer stop()
	return sample(ctx, end, c.N, w)
}
