// Command weir runs Flink SQL in one process: scripts, an interactive shell,
// plans, formatting and the reference.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"

	"github.com/alecthomas/kong"

	"github.com/weir-stream/weir/internal/spill"
)

// commands is the command line.
type commands struct {
	Run       runCmd       `cmd:"" help:"Run SQL scripts; SELECTs print to stdout."`
	Sql       sqlCmd       `cmd:"" help:"An interactive shell."`
	Test      testCmd      `cmd:"" help:"Run tests of SQL scripts."`
	Explain   explainCmd   `cmd:"" help:"Show how statements are planned."`
	Plan      planCmd      `cmd:"" help:"Compare the plans of two scripts."`
	Job       jobCmd       `cmd:"" help:"Look at and steer a running job."`
	Source    sourceCmd    `cmd:"" help:"Check the tables of a script, and look at their rows."`
	Savepoint savepointCmd `cmd:"" help:"Make, list and drop savepoints."`
	State     stateCmd     `cmd:"" help:"Look into the state that a job keeps."`
	Fmt       fmtCmd       `cmd:"" help:"Format scripts."`
	Docs      docsCmd      `cmd:"" help:"Print the reference: functions, connectors, formats, settings."`
	Bench     benchCmd     `cmd:"" help:"Run published benchmarks: Nexmark, TPC-H, decoding."`
	Version   versionCmd   `cmd:"" help:"Print the version."`
	Help      helpCmd      `cmd:"" help:"Explain a command, with examples."`
}

// Exit statuses, beside those of signals.
const (
	statusDone   = 0
	statusFailed = 1 // while running
	statusUsage  = 2 // the SQL or the usage is wrong; nothing was started
)

// exit ends a command with a status. What there was to say has been said,
// unless there is a message.
type exit struct {
	status int
	msg    string
}

func (e *exit) Error() string { return e.msg }

// usage is the error of a command line that makes no sense.
func usage(format string, args ...any) error {
	return &exit{status: statusUsage, msg: fmt.Sprintf(format, args...)}
}

func main() {
	// State lies outside the Go heap and batches are reused, so what the
	// collector sees is small and short-lived: letting it grow costs little
	// memory and saves most collections. GOGC still wins.
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(400)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		spill.BoundHeap()
	}
	os.Exit(start(os.Args[1:], newApp()))
}

// start parses the arguments, runs a command and gives the exit status.
func start(args []string, a *app) int {
	var c commands
	status := -1
	k, err := kong.New(&c, kong.Name("weir"), kong.Description(about), kong.Writers(a.out, a.err),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, FlagsLast: true}),
		kong.Exit(func(s int) { status = s }), kong.Help(a.printHelp))
	if err != nil {
		fmt.Fprintln(a.err, "weir:", err)
		return statusFailed
	}
	a.kong = k
	if len(args) == 0 {
		args = []string{"help"}
	}
	ctx, err := k.Parse(args)
	if status >= 0 { // --help
		return status
	}
	if err != nil {
		fmt.Fprintf(a.err, "weir: %s\n(weir help tells what there is)\n", err)
		return statusUsage
	}
	return a.status(ctx.Run(a))
}

// status turns the result of a command into the exit status, and says what is
// left to be said.
func (a *app) status(err error) int {
	if a.out.closed.Load() { // whoever read has enough
		return statusDone
	}
	if err == nil {
		return statusDone
	}
	var e *exit
	if !errors.As(err, &e) {
		e = &exit{status: statusFailed, msg: err.Error()}
	}
	if e.msg != "" {
		fmt.Fprintln(a.err, "weir:", e.msg)
	}
	return e.status
}

// app is what commands share: the ends of the process.
type app struct {
	in   *os.File
	out  *stdout
	err  io.Writer
	kong *kong.Kong
	// outTerm and errTerm tell whether a person looks at the output.
	outTerm, errTerm bool
}
