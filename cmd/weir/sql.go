package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"sync"

	"github.com/reeflective/readline"
	"golang.org/x/term"

	"github.com/weir-stream/weir/cmd/weir/internal/shell"
	"github.com/weir-stream/weir/internal/engine"
	"github.com/weir-stream/weir/internal/sql"
)

// sqlCmd is `weir sql`.
type sqlCmd struct {
	session
	Files []string `arg:"" optional:"" name:"FILE" help:"Scripts to run first."`
}

// Run reads statements from the terminal until QUIT or the end of the input.
// Where stdin is no terminal it is a script.
func (c *sqlCmd) Run(a *app) error {
	if !term.IsTerminal(int(a.in.Fd())) {
		return (&runCmd{session: c.session, Files: append(c.Files, "-")}).Run(a)
	}
	s, err := c.open(a)
	if err != nil {
		return err
	}
	defer s.Close()
	sh := &interactive{app: a, session: s, out: &shellOutput{runOutput: runOutput{app: a, session: s, cancel: func(error) {}}}}
	for _, f := range c.Files {
		src, err := a.readScript([]string{f}, nil)
		if err != nil {
			return err
		}
		sh.run(src)
	}
	fmt.Fprintln(a.out, "weir, a shell for Flink SQL. Statements end with a semicolon; HELP; tells more, QUIT; ends.")
	return sh.loop()
}

// interactive is the shell at a terminal.
type interactive struct {
	app     *app
	session *engine.Session
	out     *shellOutput
}

func (sh *interactive) loop() error {
	rl := readline.NewShell()
	rl.Prompt.Primary(func() string { return "weir> " })
	rl.Prompt.Secondary(func() string { return "   -> " })
	rl.AcceptMultiline = func(line []rune) bool { return sql.Complete(string(line)) }
	rl.Completer = sh.complete
	_ = rl.Config.Set("menu-complete-display-prefix", true) // list what may be meant before choosing
	if file, err := shell.HistoryFile(); err == nil {
		if h, err := readline.NewHistoryFromFile(file); err == nil {
			rl.History.Add("statements", h)
		}
	}
	for {
		sh.out.tell()
		line, err := rl.Readline()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil: // Ctrl-C: the line is dropped
			continue
		}
		src := &script{}
		src.add("", line)
		if sh.run(src) {
			return nil
		}
	}
}

func (sh *interactive) complete(line []rune, cursor int) readline.Completions {
	text := string(line)
	found, _ := shell.Complete(sh.session, text, len(string(line[:min(cursor, len(line))])))
	var pairs []string
	for _, c := range found {
		pairs = append(pairs, c.Text, c.Doc)
	}
	return readline.CompleteValuesDescribed(pairs...).NoSpace('(', '\'')
}

// run runs what was typed and reports whether the shell is to end.
func (sh *interactive) run(src *script) (quit bool) {
	if parsed, err := sql.ParseScript(src.text); err == nil && len(parsed.Statements) == 1 {
		if c, ok := parsed.Statements[0].(*sql.ClientCommand); ok {
			return sh.command(strings.ToUpper(c.Name))
		}
	}
	p, err := sh.session.Prepare(src.text)
	if err != nil {
		fmt.Fprint(sh.app.err, src.render(err))
		return false
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	ended := sh.out.interrupts(cancel)
	// The jobs of INSERTs go on after the statement, so they are not started
	// under its context.
	err = sh.session.Run(context.WithoutCancel(ctx), p, sh.out)
	ended()
	sh.out.progress.clear()
	if err != nil && !errors.Is(err, errStopped) && !errors.Is(err, context.Canceled) {
		fmt.Fprint(sh.app.err, src.render(err))
	}
	return false
}

const shellHelp = `SELECT ..;                    run a query; Ctrl-C ends it
CREATE, DROP, SHOW, DESCRIBE  work on tables and views; SHOW FUNCTIONS; lists functions
INSERT INTO ..;               runs in the background in streaming mode
EXPLAIN ..;                   shows how a statement is planned
SET 'key' = 'value';          makes a setting; SET; lists them; RESET 'key'; undoes one
SET 'execution.runtime-mode' = 'batch';
CLEAR; QUIT; EXIT;            Tab completes, Ctrl-R searches the history
`

func (sh *interactive) command(name string) (quit bool) {
	switch name {
	case "QUIT", "EXIT":
		return true
	case "CLEAR":
		fmt.Fprint(sh.app.out, "\x1b[H\x1b[2J")
	case "HELP":
		fmt.Fprint(sh.app.out, shellHelp)
	}
	return false
}

// shellOutput is the output of the shell: as of a run, but a signal ends the
// statement and not the session.
type shellOutput struct {
	runOutput

	mu      sync.Mutex
	current *engine.Job // what Ctrl-C ends
	news    []string    // of jobs in the background, told before the next prompt
}

// interrupts makes Ctrl-C stop the current job, and a second one cancel it,
// until the result is called.
func (o *shellOutput) interrupts(cancel func()) (end func()) {
	o.stopStatus.Store(0)
	o.setCurrent(nil)
	c := make(chan os.Signal, 2)
	signal.Notify(c, os.Interrupt)
	done := make(chan struct{})
	go func() {
		for {
			select {
			case <-c:
				again := o.stopStatus.Swap(130) != 0
				o.mu.Lock()
				j := o.current
				o.mu.Unlock()
				if j != nil {
					j.Stop()
					if again {
						j.Cancel()
					}
				}
				cancel()
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

func (o *shellOutput) setCurrent(j *engine.Job) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.current = j
}

// Info tells that a statement is done.
func (o *shellOutput) Info(msg string) { fmt.Fprintln(o.app.out, msg) }

// Query shows a SELECT and what was counted in it.
func (o *shellOutput) Query(ctx context.Context, q *engine.Query) error {
	o.setCurrent(q.Job)
	o.warned = false
	err := o.runOutput.Query(ctx, q)
	if err == nil || errors.Is(err, errStopped) {
		o.reportOf(q.Job)
	}
	return err
}

// Started follows an INSERT in the background and has its end told.
func (o *shellOutput) Started(j *engine.Job) {
	o.warned = false
	o.warnGrowing(j)
	o.setCurrent(j)
	fmt.Fprintf(o.app.out, "started job %d: %s\n", j.ID, j.Name)
	go func() {
		<-j.Done()
		text := fmt.Sprintf("job %d has ended: %s", j.ID, j.Name)
		if err := j.Err(); err != nil {
			text = fmt.Sprintf("job %d has failed: %v", j.ID, err)
		}
		o.mu.Lock()
		defer o.mu.Unlock()
		o.news = append(o.news, text)
	}()
}

// tell prints what happened in the background.
func (o *shellOutput) tell() {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, n := range o.news {
		fmt.Fprintln(o.app.out, n)
	}
	o.news = nil
}
