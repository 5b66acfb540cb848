package sim

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/weir-stream/weir/internal/clock"
	"github.com/weir-stream/weir/internal/engine"
	"github.com/weir-stream/weir/internal/job"
	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/snapshot"
	"github.com/weir-stream/weir/internal/vfs"
)

// life is how long a process runs and what it is asked for.
type life struct {
	steps    int
	acts     bool // savepoints, rescales and stops
	takeOver bool // although another process has the directory
}

// life runs a process.
func (r *run) life(l life) error {
	proc := r.disk.Process()
	r.out.Lives++
	a := &actor{r: r, proc: proc, life: l, zombies: r.out.Zombies}
	cfg := engine.Config{FS: proc, Clock: r.clk, Checked: true}
	if r.store != nil {
		a.client = r.store.Client()
		cfg.StateFS = r.state(proc, a.client)
		defer a.client.Kill()
	}
	h := &heard{say: r.say, fates: map[string]map[job.Fate]bool{}}
	cfg.Tune = func(c *job.Config) {
		r.adopts(c, h)
		r.strained(c)
		c.Replay = time.Duration(r.base) * 12 // a byte of log is taken to be replayed in 10 to 24 ns
		c.Snapshot.RollBytes, c.Snapshot.ImageBytes = r.roll, r.image
		c.Snapshot.TakeOver = l.takeOver
		c.Flow.SegmentRows = r.segment
		c.Flow.Choked = func() bool { return r.choked }
	}
	if r.store == nil {
		cfg.StateFS = proc
	}
	r.bug.plant(&cfg)
	cfg.Killed = func(n int, restored uint64) int { return n }
	cfg.Drive = func(j *job.Job) func(n int) int {
		a.job = j
		return a.pick
	}
	settings := [][2]string{{"execution.checkpointing.dir", r.place.dir}, {"execution.checkpointing.interval", fmt.Sprintf("%d ms", 1+r.rnd.IntN(8))},
		{"execution.checkpointing.unaligned.enabled", r.passing[0]}, {"execution.checkpointing.aligned-checkpoint-timeout", r.passing[1]},
		{"parallelism.default", fmt.Sprint(1 + r.rnd.IntN(4))}, {"weir.batch-rows", fmt.Sprint(1 + r.rnd.IntN(9))}, {"pipeline.name", "job"},
		{"restart-strategy.type", "fixed-delay"}, {"restart-strategy.fixed-delay.attempts", "3"}, {"restart-strategy.fixed-delay.delay", "10 ms"}}
	if s := r.strain; s != nil {
		settings = append(settings, s.settings...)
		if s.rows > 0 && s.rnd.IntN(4) > 0 {
			settings = append(settings, [2]string{"weir.batch-rows", fmt.Sprint(s.rows)})
		}
	}
	if r.place.from != "" {
		settings = append(settings, [2]string{"execution.state-recovery.path", r.place.from}, [2]string{"execution.state-recovery.claim-mode", string(r.place.claim)})
		if r.text != nil { // an edit may leave nothing of a savepoint to go on from
			settings = append(settings, [2]string{"execution.state-recovery.ignore-unclaimed-state", "true"})
		}
	}
	script := r.script("/out", false)
	r.say("life %d in %s, %d steps, %v:\n%s", r.out.Lives, r.place.dir, l.steps, settings, script)
	err := execute(cfg, settings, script, h)
	r.say("it ended: %v", err)
	return a.over(err)
}

// actor drives a job, and asks it for savepoints, rescales and stops at steps that
// it draws.
type actor struct {
	r      *run
	proc   *vfs.Process
	client *vfs.Client // of the store, if state is there
	job    *job.Job
	life
	zombies   int // Outcome.Zombies when it began
	killed    bool
	stopped   bool
	savepoint func() (done bool, err error)
	saved     string // the directory of the savepoint under way
	left      <-chan job.Left
	rescaled  <-chan error
	next      *place // where the next life goes on
	err       error
}

// pick chooses the next step.
func (a *actor) pick(n int) int {
	r := a.r
	r.clk.Advance(time.Duration(r.rnd.IntN(400)) * time.Microsecond)
	if r.choke != nil && r.choke.IntN(60) == 0 {
		r.choked = !r.choked
	}
	if a.steps--; a.steps < 0 || a.err != nil {
		a.kill()
		return -1
	}
	if a.acts && !r.paused {
		a.act()
		if a.killed {
			return -1
		}
	}
	return r.pick(n)
}

func (a *actor) kill() {
	a.r.say("killed")
	if !a.killed {
		a.r.out.Kills++
	}
	a.killed = true
	a.proc.Kill()
	if a.client != nil {
		a.client.Kill()
	}
}

// act asks for something, and looks what has become of what was asked for.
func (a *actor) act() {
	r := a.r
	if a.savepoint != nil {
		if done, err := a.savepoint(); done {
			a.savepoint = nil
			if err == nil {
				a.madeSavepoint()
			}
		}
		return
	}
	select {
	case err := <-a.rescaled:
		a.rescaled = nil
		if err == nil {
			r.out.Rescales++
		}
	default:
	}
	if a.rescaled != nil || a.stopped || r.rnd.IntN(r.calm()) > 0 {
		return
	}
	if r.strain != nil && r.rnd.IntN(2) == 0 {
		a.rescale(1 + r.rnd.IntN(6))
		return
	}
	switch r.rnd.IntN(5) {
	case 0, 1:
		a.saved = r.savepointDir()
		a.savepoint = a.job.SavepointSoon(context.Background(), a.saved)
	case 2, 3:
		a.rescale(1 + r.rnd.IntN(4))
	default:
		a.stopped, a.saved = true, r.savepointDir()
		a.left = a.job.Leave(a.saved)
		a.job.Stop()
	}
}

func (a *actor) rescale(parallelism int) {
	a.r.say("to be rescaled to %d", parallelism)
	a.rescaled, _ = a.job.RescaleSoon(parallelism)
}

// savepointDir gives a new name.
func (r *run) savepointDir() string {
	r.out.asked++
	return fmt.Sprintf("/savepoints/%d", r.out.asked)
}

// madeSavepoint lets the job go on, here or from the savepoint: elsewhere, or on a
// copy of the machine.
func (a *actor) madeSavepoint() {
	r := a.r
	r.out.Savepoints++
	what := r.rnd.IntN(4)
	if r.movesEdit && r.text != nil && what > 1 {
		what = 0
	}
	switch {
	case a.overtaken(): // sinks may have more
	case what == 0:
		a.kill()
		a.next = r.elsewhere(a.saved)
	case what == 1 && r.store == nil:
		a.err = r.fork(a.saved)
	}
}

// overtaken reports whether another process has taken over meanwhile.
func (a *actor) overtaken() bool { return a.zombies != a.r.out.Zombies }

// elsewhere is a new state directory that begins with a savepoint.
func (r *run) elsewhere(savepoint string) *place {
	p := &place{dir: "/state-of" + strings.ReplaceAll(savepoint, "/", "-"), from: savepoint, claim: snapshot.NoClaim}
	if r.rnd.IntN(2) == 0 {
		p.claim = snapshot.ClaimOwned
	}
	return p
}

// fork lets a copy of the machine go on from a savepoint to the end.
func (r *run) fork(savepoint string) error {
	c := *r
	c.rnd = rand.New(rand.NewPCG(r.rnd.Uint64(), 6))
	c.clk = clock.NewFake(r.clk.Now())
	c.disk = r.disk.Clone(r.rnd.Uint64())
	c.disk.Crash(vfs.KeepUnsynced)
	c.ledger = r.ledger.clone()
	c.place = *r.elsewhere(savepoint)
	r.out.Forks++
	if err := c.finish(); err != nil {
		return fmt.Errorf("from savepoint %s: %w", savepoint, err)
	}
	return nil
}

// over tells how a life ended, and where the next one goes on.
func (a *actor) over(err error) error {
	r := a.r
	if a.job != nil {
		t := a.job.Totals()
		r.out.Resumed, r.out.Epochs, r.out.Inherited = r.out.Resumed+t.Resumed, r.out.Epochs+t.Epochs, r.out.Inherited+t.Inherited
	}
	if a.job != nil && a.job.Report()[op.Spilled] > 0 {
		r.out.Spilled++
	}
	if a.err != nil {
		r.wrong = a.err
	}
	select {
	case s := <-a.left:
		if s.Err == nil && !a.killed {
			r.out.Stops++
			r.out.Savepoints++
			if r.rnd.IntN(2) == 0 && !a.overtaken() {
				a.next = r.elsewhere(a.saved)
			}
		}
	default:
	}
	if a.next != nil {
		r.out.Moves++
		if a.next.claim == snapshot.ClaimOwned {
			r.out.Claims++
		}
		r.place, r.moved = *a.next, true
	}
	if a.steps < 0 {
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
func execute(cfg engine.Config, settings [][2]string, script string, out engine.Output) error {
	cfg.Stdout, cfg.Stderr, cfg.Stdin = io.Discard, io.Discard, strings.NewReader("")
	s := engine.New(cfg).NewSession()
	for _, kv := range append([][2]string{{"table.dml-sync", "true"}, {"pipeline.max-parallelism", "16"}}, settings...) {
		if _, err := s.SetOption(kv[0], kv[1]); err != nil {
			return err
		}
	}
	p, err := s.Prepare(script)
	if err == nil {
		err = s.Run(context.Background(), p, out)
	}
	_ = s.Close()
	return err
}
