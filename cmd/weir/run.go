package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"sort"
	"strings"
	"syscall"

	"github.com/weir-stream/weir/internal/engine"
)

// session is the flags of commands that run or plan SQL.
type session struct {
	Mode          string   `enum:",streaming,batch" default:"" placeholder:"MODE" help:"streaming (the default) or batch: Flink's execution.runtime-mode."`
	Set           []string `sep:"none" placeholder:"KEY=VALUE" help:"Make a setting before the script runs; may be repeated. weir docs settings lists them."`
	Parallelism   int      `placeholder:"N" help:"Subtasks of each operator; the default is the number of cores."`
	StrictState   bool     `help:"Refuse statements whose state nothing bounds before anything runs; without it they are warned about."`
	StateDir      string   `placeholder:"DIR" help:"Keep checkpoints below DIR: a script that is run again goes on from where it was."`
	Restart       bool     `help:"Start the jobs of the script anew, and forget what the state directory holds of them."`
	FromSavepoint string   `placeholder:"DIR" help:"Go on from this savepoint, where the state directory holds nothing yet."`
}

// options gives the settings that the flags ask for.
func (f *session) options() (map[string]string, error) {
	o := map[string]string{}
	for _, kv := range f.Set {
		k, v, ok := strings.Cut(kv, "=")
		if !ok || k == "" {
			return nil, usage("--set takes KEY=VALUE, not '%s'", kv)
		}
		o[strings.TrimSpace(k)] = v
	}
	if f.StateDir != "" {
		o["execution.checkpointing.dir"] = f.StateDir
	}
	if f.FromSavepoint != "" {
		o["execution.state-recovery.path"] = f.FromSavepoint
	}
	if f.Mode != "" {
		o["execution.runtime-mode"] = f.Mode
	}
	if f.StrictState {
		o["weir.strict-state"] = "true"
	}
	if f.Parallelism < 0 {
		return nil, usage("--parallelism is at least 1")
	}
	if f.Parallelism > 0 {
		o["parallelism.default"] = fmt.Sprint(f.Parallelism)
	}
	return o, nil
}

// open makes an engine and a session with the flags' settings.
func (f *session) open(a *app) (*engine.Session, error) {
	o, err := f.options()
	if err != nil {
		return nil, err
	}
	s := engine.New(engine.Config{Stdin: a.in, Stdout: a.out, Stderr: a.err, Getenv: os.Getenv, Listen: listen, Restart: f.Restart}).NewSession()
	keys := make([]string, 0, len(o))
	for k := range o {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	for _, k := range keys {
		warning, err := s.SetOption(k, o[k])
		if err != nil {
			return nil, usage("%v", err)
		}
		if warning != "" {
			fmt.Fprintln(a.err, "warning:", warning)
		}
	}
	return s, nil
}

// runCmd is `weir run`.
type runCmd struct {
	session
	profiles
	Files   []string `arg:"" optional:"" name:"FILE" help:"Scripts, run in order as one; - reads the script from stdin."`
	Command []string `short:"c" sep:"none" placeholder:"SQL" help:"Run this SQL, after the files; may be repeated."`
	Output  string   `enum:",table,csv,json,changelog,parquet,arrow,none" default:"" placeholder:"FORMAT" help:"How rows are printed: table, csv, json (an object a row), changelog, parquet, arrow or none. The default is a table on a terminal and json into a pipe or file."`
}

// Run runs the scripts.
func (c *runCmd) Run(a *app) error {
	src, err := a.readScript(c.Files, c.Command)
	if err != nil {
		return err
	}
	s, err := c.open(a)
	if err != nil {
		return err
	}
	stop, err := c.profiles.start()
	if err != nil {
		return usage("%v", err)
	}
	defer stop()
	p, err := s.Prepare(src.text)
	if err != nil {
		fmt.Fprint(a.err, src.render(err))
		return &exit{status: statusUsage}
	}
	if err := c.checkOutput(a); err != nil {
		return err
	}
	return a.execute(s, p, src, c.Output)
}

// checkOutput refuses to fill a screen with bytes.
func (c *runCmd) checkOutput(a *app) error {
	if a.outTerm && (c.Output == "parquet" || c.Output == "arrow") {
		return usage("--output %s writes bytes, which a terminal cannot show: send them to a file with > or |", c.Output)
	}
	return nil
}

// execute runs a prepared script to its end, or until a signal ends it.
func (a *app) execute(s *engine.Session, p *engine.Program, src *script, output string) error {
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	a.out.gone = func() { cancel(errGone) }
	watchReader(a.out.hangUp)
	o := &runOutput{app: a, session: s, output: output, cancel: cancel}
	defer o.signals()()
	err := s.Run(ctx, p, o)
	if err == nil {
		err = o.wait(ctx)
	}
	o.progress.clear()
	if failed := o.failure(); failed != nil {
		err = failed
	}
	_ = s.Close()
	if a.out.closed.Load() {
		return nil
	}
	o.report()
	if st := o.stopped(); st != 0 {
		return &exit{status: st}
	}
	if err != nil {
		fmt.Fprint(a.err, src.render(err))
		return &exit{status: statusFailed}
	}
	return nil
}

// errGone and errStopped end a script early without being failures.
var (
	errGone    = errors.New("nobody reads the output")
	errStopped = errors.New("stopped by a signal")
)

// signals makes the first SIGINT, SIGTERM or, where it is not ignored (nohup), SIGHUP
// stop the session after a last epoch, and the second quit at once. The result undoes
// it.
func (o *runOutput) signals() func() {
	c := make(chan os.Signal, 2)
	signal.Notify(c, os.Interrupt, syscall.SIGTERM)
	if !signal.Ignored(syscall.SIGHUP) {
		signal.Notify(c, syscall.SIGHUP)
	}
	done := make(chan struct{})
	go func() {
		for first := true; ; first = false {
			select {
			case sig := <-c:
				status := 130
				if s, ok := sig.(syscall.Signal); ok {
					status = 128 + int(s)
				}
				if !first {
					o.progress.clear()
					os.Exit(status)
				}
				o.stopStatus.Store(int32(status))
				o.session.Stop()
			case <-done:
				return
			}
		}
	}()
	return func() {
		signal.Stop(c)
		close(done)
	}
}
