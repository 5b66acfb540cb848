// Package sim runs jobs, their recovery and their sinks in one goroutine on a fake
// clock and a disk in memory, all drawn from a seed: which task steps next, which
// calls of the disk fail and how, when the process dies or the power, and with how
// many subtasks the next process goes on. A ledger looks at the sinks after every
// life. It exists because what goes wrong between two calls goes wrong on real
// machines too seldom to be found there, and never twice the same way.
package sim

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"strings"
	"syscall"
	"time"

	"github.com/weir-stream/weir/internal/clock"
	"github.com/weir-stream/weir/internal/engine"
	"github.com/weir-stream/weir/internal/job"
	"github.com/weir-stream/weir/internal/vfs"
)

// Outcome is what a run met on its way.
type Outcome struct {
	Pipeline       string
	Lives, Resumed int    // processes, and how often one went on from an epoch
	Faults         int    // calls of the disk that were struck
	Trace          uint64 // of all calls of the disk
}

// lastSteps bounds the steps of the last life, which nothing disturbs: a job that
// has not ended by then never will.
const lastSteps = 2_000_000

// errStuck is given for such a job.
var errStuck = errors.New("the job does not end although nothing goes wrong any more")

// run is one simulated machine.
type run struct {
	rnd    *rand.Rand
	clk    *clock.Fake
	disk   *vfs.Mem
	p      *pipeline
	rows   int
	ledger ledger
	fsync  bool // fsync may fail
	out    Outcome
}

// Run runs the simulation of a seed. Its error says what was wrong. fsync tells
// whether fsync may fail, which not every job survives yet.
func Run(seed uint64, fsync bool) (Outcome, error) {
	clk := clock.NewFake(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
	r := &run{rnd: rand.New(rand.NewPCG(seed, 5)), clk: clk, disk: vfs.NewMem(vfs.MemConfig{Seed: seed, Clock: clk})}
	r.fsync = fsync
	r.p = &pipelines[seed%uint64(len(pipelines))]
	r.out.Pipeline = r.p.name
	r.rows = 40 + r.rnd.IntN(300)
	want, err := r.batch()
	if err != nil {
		return r.out, fmt.Errorf("the batch: %w", err)
	}
	r.ledger = ledger{p: r.p, want: want, seen: map[string]string{}}
	for range 1 + r.rnd.IntN(8) {
		r.disturb()
		_ = r.life(1 + r.rnd.IntN(3000))
		r.end()
		r.disk.Heal()
		if err := r.ledger.look(r.disk.Process(), false); err != nil {
			return r.out, err
		}
	}
	r.disk.Heal()
	err = r.life(lastSteps)
	r.out.Trace = r.disk.Trace()
	if err != nil {
		return r.out, fmt.Errorf("the last life: %w", err)
	}
	return r.out, r.ledger.look(r.disk.Process(), true)
}

// batch gives what the sinks must hold.
func (r *run) batch() ([]map[string]int, error) {
	fs := vfs.NewMem(vfs.MemConfig{}).Process()
	err := execute(engine.Config{FS: fs, Clock: clock.NewFake(r.clk.Now())}, [][2]string{{"execution.runtime-mode", "batch"}, {"parallelism.default", "1"}}, r.p.script(r.rows, "/out", true))
	if err != nil {
		return nil, err
	}
	var out []map[string]int
	for i := range r.p.queries {
		rows := map[string]int{}
		if err := each(fs, fmt.Sprintf("/out/s%d", i), func(_, text string) error { return fold(rows, text, false) }); err != nil {
			return nil, err
		}
		out = append(out, rows)
	}
	return out, nil
}

// disturb draws what goes wrong with the disk in the next life.
func (r *run) disturb() {
	r.disk.Heal()
	after := func() int { return r.rnd.IntN(300) }
	for range r.rnd.IntN(3) {
		switch r.rnd.IntN(6) {
		case 0:
			if r.fsync {
				r.disk.Inject(vfs.Fault{Op: vfs.OpSync, Err: syscall.EIO, After: after(), Times: 1})
			}
		case 1:
			r.disk.Inject(vfs.Fault{Op: vfs.OpWrite, Err: syscall.ENOSPC, Short: true, After: after(), Times: 1 + r.rnd.IntN(4)})
		case 2:
			r.disk.Inject(vfs.Fault{Op: vfs.OpRename, Err: syscall.EIO, After: r.rnd.IntN(20), Times: 1})
		case 3:
			r.disk.Inject(vfs.Fault{Chance: 0.05, Delay: time.Duration(r.rnd.IntN(200)) * time.Millisecond})
		default:
			r.disk.Inject(vfs.Fault{Halt: true, Applied: r.rnd.IntN(2) == 0, After: after(), Times: 1})
		}
	}
}

// end ends a process: the power goes, or only the process.
func (r *run) end() {
	r.out.Faults = r.disk.Struck(vfs.AnyOp)
	r.out.Trace = r.disk.Trace()
	switch r.rnd.IntN(4) {
	case 0:
		r.disk.Crash(vfs.LoseUnsynced)
	case 1:
		r.disk.Crash(vfs.TearUnsynced)
	case 2:
		r.disk.Crash(vfs.KeepUnsynced)
	}
}

// life runs a process for so many steps.
func (r *run) life(steps int) error {
	proc := r.disk.Process()
	r.out.Lives++
	stuck := false
	cfg := engine.Config{FS: proc, Clock: r.clk, Checked: true}
	cfg.Tune = func(c *job.Config) { c.BaseBytes = 1 }
	cfg.Killed = func(n int, restored uint64) int { return n }
	cfg.Drive = func(*job.Job) func(n int) int {
		return func(n int) int {
			r.clk.Advance(time.Duration(r.rnd.IntN(400)) * time.Microsecond)
			if steps--; steps < 0 {
				stuck = true
				proc.Kill()
				return -1
			}
			return r.rnd.IntN(n)
		}
	}
	err := execute(cfg, [][2]string{{"execution.checkpointing.dir", "/state"}, {"execution.checkpointing.interval", fmt.Sprintf("%d ms", 1+r.rnd.IntN(8))},
		{"parallelism.default", fmt.Sprint(1 + r.rnd.IntN(4))}, {"weir.batch-rows", fmt.Sprint(1 + r.rnd.IntN(9))}, {"pipeline.name", "job"},
		{"restart-strategy.type", "fixed-delay"}, {"restart-strategy.fixed-delay.attempts", "3"}, {"restart-strategy.fixed-delay.delay", "10 ms"}}, r.p.script(r.rows, "/out", false))
	if stuck {
		return errStuck
	}
	return err
}

// quiet is an output that nobody reads.
type quiet struct{}

func (quiet) Info(string)                                {}
func (quiet) Warn(string)                                {}
func (quiet) Started(*engine.Job)                        {}
func (quiet) Rows([]string, [][]string) error            { return nil }
func (quiet) Query(context.Context, *engine.Query) error { return nil }

// execute runs a script to its end in an engine of its own.
func execute(cfg engine.Config, settings [][2]string, script string) error {
	cfg.Stdout, cfg.Stderr, cfg.Stdin = io.Discard, io.Discard, strings.NewReader("")
	s := engine.New(cfg).NewSession()
	for _, kv := range append([][2]string{{"table.dml-sync", "true"}, {"pipeline.max-parallelism", "16"}}, settings...) {
		if _, err := s.SetOption(kv[0], kv[1]); err != nil {
			return err
		}
	}
	p, err := s.Prepare(script)
	if err == nil {
		err = s.Run(context.Background(), p, quiet{})
	}
	_ = s.Close()
	return err
}

// ledger is what the sinks have shown so far.
type ledger struct {
	p    *pipeline
	want []map[string]int
	seen map[string]string // visible files and what they held
}

// look reads the sinks: what was visible stays and never changes, no file ends
// within a row, no row of a query that takes none back is there too often. At the
// end they hold what the batch gives.
func (l *ledger) look(fs vfs.FS, end bool) error {
	now := map[string]string{}
	for i := range l.p.queries {
		got := map[string]int{}
		err := each(fs, fmt.Sprintf("/out/s%d", i), func(path, text string) error {
			now[path] = text
			if err := fold(got, text, l.p.changes[i]); err != nil {
				return fmt.Errorf("%s: %w", path, err)
			}
			return nil
		})
		if err != nil {
			return err
		}
		for row, n := range got {
			if n > l.want[i][row] && (end || !l.p.changes[i]) {
				return fmt.Errorf("sink %d: row %s is there %d times, not %d", i, row, n, l.want[i][row])
			}
		}
		if end && !maps.Equal(got, l.want[i]) {
			return fmt.Errorf("sink %d holds %d rows, not %d", i, len(got), len(l.want[i]))
		}
	}
	for path, text := range l.seen {
		if now[path] != text {
			return fmt.Errorf("%s was visible and is gone or another", path)
		}
	}
	l.seen = now
	return nil
}
