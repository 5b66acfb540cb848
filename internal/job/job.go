package job

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/weir-stream/weir/internal/clock"
	"github.com/weir-stream/weir/internal/dag"
	"github.com/weir-stream/weir/internal/flow"
	"github.com/weir-stream/weir/internal/snapshot"
)

// Config is what a job is made of.
type Config struct {
	// Snapshot says where epochs go.
	Snapshot snapshot.Config
	// Flow is how the graph runs; Durable, Restore and Parallelism are the job's.
	Flow flow.Config
	// Parallelism is the number of subtasks that Graph is asked for first. A job
	// that was rescaled goes on with as many as it had, if Parallelism is 0.
	Parallelism int
	// Graph lowers the job's plan. It is called once an attempt, and gives
	// operators that were not used before.
	Graph func(parallelism int) (*dag.Graph, error)
	// Adopt, if set, is called once, before Graph, with the record that the last
	// epoch holds, nil if none does, and what its sources had read. What it gives takes the place of Graph, Once and
	// AllowDropped, and its record is kept with every epoch.
	Adopt func(saved []byte, read Reading) (*Adopted, error)
	// AllowDropped: state of which no vertex of the graph knows is dropped (Flink's
	// execution.state-recovery.ignore-unclaimed-state); else it is an error.
	AllowDropped bool
	// Once: the inputs cannot be read again, so a failure is the end.
	Once     bool
	Strategy Strategy
	// Reactive says whether the number of subtasks follows the cores of the process.
	Reactive Reactive
	// Replay is how long the log may take to be replayed before a base of the state
	// is made; 0: ReplayTime.
	Replay time.Duration
	// Killed, if set, tells with how many subtasks a job goes on that Drive's pick
	// has killed, and is told the epoch that the run before had gone on from.
	Killed func(parallelism int, restored uint64) int
	// Epoch and Image, if set, are shown what is about to be written down, and may spoil
	// it (tests).
	Epoch func(*flow.Epoch)
	Image func(*flow.Image)
	// Random gives numbers in [0, 1), for the jitter of restarts.
	Random func() float64
	// Tell is told of what the user should know.
	Tell func(format string, args ...any)
}

// Adopted is how a job goes on from the plan that an epoch was of.
type Adopted struct {
	Graph func(parallelism int) (*dag.Graph, error)
	Once  bool
	// Edited: it is not the job that the epoch was of, so that it has not finished
	// when that has.
	Edited bool
	// Before gives the job as it was before the edit. If rows were on their way at the
	// epoch, that is what runs until an aligned one, from which the edited job goes on;
	// nil: the edit begins at once, and rows that it has no place for are an error.
	Before func() (*Adopted, error)
	// Drops reports whether the state of a vertex that the graph lacks is dropped.
	Drops func(address string) bool
	// Commit commits what a sink had prepared that the graph lacks; nil: there is none.
	Commit func(ctx context.Context, address string, handle []byte) error
	// Record says what runs, to the next who adopts it.
	Record []byte
	// Became tells of vertices that go on as others (flow.Restore.Became).
	Became map[string][]flow.Became
}

// ErrFinished is given for a job whose inputs had ended when it last ran.
var ErrFinished = errors.New("all of its input has been processed")

// Job runs a graph until its inputs end or it is stopped, whatever happens in
// between.
type Job struct {
	cfg         Config
	ctx         context.Context
	log         *snapshot.Log
	names       map[string]string // of vertices, by address
	parallelism int               // the number of subtasks that is wanted
	running     int               // and that of the present run, which an unaligned epoch may decide
	faults      history
	mat         *materializer
	based       bool // the present run goes on from a base of its log
	tail        tail
	last        []byte // Meta of the last epoch, which the log has appended; nil: there is none yet, or nothing comes after it
	lastEpoch   uint64
	ended       chan struct{} // closed when the present run has ended
	restored    uint64        // the epoch that the current attempt went on from
	reports     map[string]int64
	drops       func(address string) bool
	edited      bool
	before      bool // the present run is that before the edit
	renewed     bool // runs of this process are of an edit
	commit      func(ctx context.Context, address string, handle []byte) error
	rates       rates
	record      []byte                   // Adopted.Record
	became      map[string][]flow.Became // Adopted.Became
	metaHead    []byte                   // Meta.head of the present run
	driven      bool                     // by Drive or Settle
	works       []func()                 // of the background that wait: for Run, or in a driven job
	begun       bool                     // Run was called

	mu       sync.Mutex
	cur      *flow.Job
	turn     chan struct{} // closed when the next run begins, or there is none
	over     bool          // there is none
	stopped  bool
	drained  bool   // it was stopped by Drain
	hasten   func() // ends the wait before another start; nil: there is none
	rescale  *rescale
	final    *final
	restarts int
	totals   Totals
	tookOver flow.Restored
}

// rescale is a wish for another number of subtasks.
type rescale struct {
	parallelism int
	done        chan error
}

// New recovers a job and opens its operators: what is wrong with either is told
// here. ErrFinished is given, after sinks have committed what they had prepared,
// if there is nothing left to do. ctx ends the job.
func New(ctx context.Context, cfg Config) (*Job, error) {
	if cfg.Flow.Clock == nil {
		cfg.Flow.Clock = clock.System{}
	}
	if cfg.Replay == 0 {
		cfg.Replay = ReplayTime
	}
	if cfg.Random == nil {
		cfg.Random = rand.Float64
	}
	if cfg.Tell == nil {
		cfg.Tell = func(string, ...any) {}
	}
	j := &Job{cfg: cfg, ctx: ctx, parallelism: cfg.Parallelism, faults: history{strategy: cfg.Strategy, random: cfg.Random}, reports: map[string]int64{}}
	if cfg.Snapshot.Background == nil {
		j.cfg.Snapshot.Background = j.background
	}
	if err := j.attempt(); err != nil {
		return nil, errors.Join(err, j.closeLog())
	}
	return j, nil
}

// attempt opens the log anew, which fences whoever wrote it before, and makes the
// next run of the graph from what it holds.
func (j *Job) attempt() error {
	if err := j.closeLog(); err != nil {
		return err
	}
	log, rec, err := snapshot.Open(j.ctx, j.cfg.Snapshot)
	if err != nil {
		return err
	}
	j.mu.Lock()
	j.log = log
	j.mu.Unlock()
	for _, w := range rec.Warnings {
		j.cfg.Tell("%s", w)
	}
	return errors.Join(j.start(rec), rec.Close())
}

// start makes a run of the graph that goes on from what was recovered.
func (j *Job) start(rec *snapshot.Recovered) error {
	restore, meta, err := restoreOf(rec)
	if err != nil {
		return err
	}
	j.last, j.based, j.tail.frames = nil, rec.Based(), nil
	return j.begin(restore, meta, rec.Finished)
}

// begin makes a run of the graph that goes on from an epoch; all of its input has been
// read if that is finished.
func (j *Job) begin(restore *flow.Restore, meta *Meta, finished bool) error {
	if meta != nil && j.parallelism == 0 {
		j.parallelism = meta.Parallelism
	}
	if err := j.adopt(meta, finished); err != nil {
		return err
	}
	running := j.parallelism
	if meta != nil && meta.Unaligned && !finished {
		running = meta.Parallelism
	}
	g, err := j.cfg.Graph(running)
	if err != nil {
		return err
	}
	j.names = map[string]string{}
	for _, v := range g.Vertices {
		j.names[v.Address] = v.Label()
	}
	j.rates.start(meta, j.cfg.Flow.Clock.Now().UnixMilli())
	if err := j.knows(g, meta); err != nil {
		return err
	}
	if err := j.claim(meta, restore); err != nil {
		return err
	}
	if err := j.commitGone(restore); err != nil {
		return err
	}
	if restore != nil && restore.From != nil && !restore.From.Kept(g) {
		return errGone
	}
	if restore != nil {
		restore.Done = func(r flow.Restored) {
			if restore.From == nil {
				j.tail.measured(j, restore.Epoch, r)
			}
			j.mu.Lock()
			j.tookOver = r
			j.mu.Unlock()
		}
	}
	c := j.cfg.Flow
	c.Durable, c.Restore = j.durable, restore
	// What an edit hands over must not be on its way at an epoch: the run after it does
	// without those who gave it.
	c.Unaligned.On = c.Unaligned.On && running == j.parallelism && !j.before && !j.renewed
	f, err := flow.New(j.ctx, g, c)
	if err != nil {
		return err
	}
	if finished && j.edited {
		j.log.Reopen()
	} else if finished {
		return errors.Join(ErrFinished, f.Close())
	}
	m := &Meta{Version: metaVersion, Parallelism: running, Record: j.record, Groups: j.cfg.Flow.Groups}
	if m.Schemas, err = schemas(f.Schemas()).pack(); err == nil {
		j.metaHead, err = m.head()
	}
	if err != nil {
		return errors.Join(err, f.Close())
	}
	if j.restored = 0; restore != nil {
		j.restored = restore.Epoch
		j.count(func(t *Totals) {
			if t.Resumed++; restore.From != nil {
				t.Inherited++
			}
		})
	}
	j.ended = make(chan struct{})
	j.mu.Lock()
	j.cur, j.running = f, running
	j.turns()
	stopped, drained, rescaled := j.stopped, j.drained, j.rescale != nil
	j.mu.Unlock()
	switch { // what was asked for while there was no run
	case drained:
		f.Drain()
	case stopped:
		f.Stop()
	case rescaled:
		f.Keep()
		f.Stop()
	}
	return nil
}

// durable appends an epoch to the log.
func (j *Job) durable(e *flow.Epoch) error {
	if j.cfg.Epoch != nil {
		j.cfg.Epoch(e)
	}
	f, err := j.frame(e)
	if err != nil {
		return err
	}
	if err := j.log.Append(j.ctx, f); err != nil {
		return err
	}
	j.edited = false
	if j.last = f.Meta; e.Final {
		j.last = nil
	}
	j.lastEpoch = e.Number
	j.count(func(t *Totals) { t.Epochs++ })
	if !e.Final {
		j.tail.add(j, e)
		j.materialize()
		j.resumeScale(e)
	}
	return nil
}

// resumeScale goes over to the number of subtasks and to the script that are wanted
// from an epoch on that holds nothing that was on its way, if the run began with one
// that did.
func (j *Job) resumeScale(e *flow.Epoch) {
	for _, p := range e.Parts {
		if p.Overtook() {
			return
		}
	}
	j.mu.Lock()
	due := (j.running != j.parallelism || j.before) && j.rescale == nil && !j.stopped
	if due {
		j.rescale = &rescale{parallelism: j.parallelism, done: make(chan error, 1)}
	}
	cur := j.cur
	j.mu.Unlock()
	if due {
		cur.Keep()
		cur.Stop()
	}
}

// Run runs the job to its end, and closes it. It gives nil when the inputs ended
// or Stop completed, the context's cause when it was cancelled, else the failure
// after which there was no other start.
func (j *Job) Run() error {
	j.begun = true
	for _, work := range j.works {
		go work()
	}
	j.works = nil
	if j.cfg.Reactive.Cores == nil {
		return j.runs((*flow.Job).Run)
	}
	ctx, cancel := context.WithCancel(j.ctx)
	var reacting sync.WaitGroup
	reacting.Go(func() { j.react(ctx) })
	err := j.runs((*flow.Job).Run)
	cancel()
	reacting.Wait()
	return err
}

func (j *Job) runs(run func(*flow.Job) error) error {
	for {
		err := run(j.current())
		j.endRun()
		if err == nil || j.progressed() { // else the next run counts the same again
			j.collect()
		}
		again, err := j.after(err)
		if again {
			continue
		}
		j.leave(err)
		j.mu.Lock()
		j.over = true
		j.turns()
		j.mu.Unlock()
		return errors.Join(err, j.closeLog())
	}
}

// turns tells those who wait that another run has begun, or that there is none. j.mu is
// locked.
func (j *Job) turns() {
	if j.turn != nil {
		close(j.turn)
	}
	j.turn = make(chan struct{})
}

// leave writes the savepoint that Leave has asked for, and tells how
// that went.
func (j *Job) leave(err error) {
	j.mu.Lock()
	f := j.final
	j.final = nil
	j.mu.Unlock()
	if f == nil {
		return
	}
	s := Left{Err: err}
	if err == nil && j.log == nil {
		s.Err = flow.ErrEnded
	} else if err == nil {
		s.Info, s.Err = j.log.Savepoint(j.ctx, f.dir)
	}
	f.done <- s
}

// final is a wish for a savepoint of the last epoch.
type final struct {
	dir  string
	done chan Left
}

// Left is what became of the savepoint that Leave asked for.
type Left struct {
	Info *snapshot.SavepointInfo
	Err  error
}

// Leave has a savepoint of the last epoch written when the job has been stopped or
// drained; nothing is written after that epoch, so that a job which goes on from it
// repeats nothing. It is called before Stop and Drain.
func (j *Job) Leave(dir string) <-chan Left {
	f := &final{dir: dir, done: make(chan Left, 1)}
	j.mu.Lock()
	j.final = f
	j.mu.Unlock()
	return f.done
}

// after decides what follows a run that ended: it makes the next one, or gives the
// job's result.
func (j *Job) after(err error) (again bool, _ error) {
	if r := j.takeRescale(); r != nil {
		if err == nil {
			again, err = j.resize(r)
		} else {
			r.done <- err
		}
		if again || errors.Is(err, ErrFinished) {
			return again, nil
		}
	}
	if errors.Is(err, flow.ErrKilled) {
		return j.revive()
	}
	progressed := j.progressed()                                                                         // the run that has ended; what comes after it are tries that have made nothing
	for err != nil && j.ctx.Err() == nil && !j.isStopped() && !j.cfg.Once && !snapshot.Superseded(err) { // who was replaced must not replace in turn
		wait, ok := j.faults.next(j.cfg.Flow.Clock.Now(), err, progressed)
		if !ok {
			return false, err
		}
		progressed = false
		j.cfg.Tell("the job failed and starts again from its last checkpoint in %s: %v", wait.Round(1e6), err)
		if j.pause(wait); j.ctx.Err() != nil {
			return false, context.Cause(j.ctx)
		}
		j.mu.Lock()
		j.restarts++
		j.mu.Unlock()
		if err = j.attempt(); err == nil {
			return true, nil
		}
		if errors.Is(err, ErrFinished) {
			return false, nil
		}
	}
	return false, err
}

// pause waits before another start, unless the job is to stop.
func (j *Job) pause(wait time.Duration) {
	ctx, hasten := context.WithCancel(j.ctx)
	defer hasten()
	j.mu.Lock()
	if j.hasten = hasten; j.stopped {
		hasten()
	}
	j.mu.Unlock()
	_ = clock.Sleep(ctx, j.cfg.Flow.Clock, wait) // how it ended is asked for by who called
}

// revive makes the next run of a job that was killed, as a new process would.
func (j *Job) revive() (again bool, err error) {
	if k := j.cfg.Killed; k != nil {
		j.mu.Lock()
		j.parallelism = k(j.parallelism, j.restored)
		j.mu.Unlock()
	}
	if err = j.attempt(); errors.Is(err, ErrFinished) {
		return false, nil
	}
	return err == nil, err
}

// resize makes the next run with another number of subtasks, or where that fails with
// as many as before.
func (j *Job) resize(r *rescale) (again bool, err error) {
	j.mu.Lock()
	before := j.running
	j.parallelism = r.parallelism
	j.mu.Unlock()
	if !j.succeed() {
		err = j.attempt()
	}
	r.done <- err
	if err == nil || errors.Is(err, ErrFinished) || j.ctx.Err() != nil || snapshot.Superseded(err) {
		return err == nil, err
	}
	j.cfg.Tell("the job goes on with parallelism %d, since it could not begin with %d: %v", before, r.parallelism, err)
	j.mu.Lock()
	j.parallelism = before
	j.mu.Unlock()
	err = j.attempt()
	return err == nil, err
}

// progressed tells whether the run that ended made an epoch durable.
func (j *Job) progressed() bool {
	cs := j.current().Checkpoints()
	return len(cs) > 0 && cs[len(cs)-1].Epoch > j.restored
}

// endRun lets what goes on in the background end.
func (j *Job) endRun() {
	close(j.ended)
	j.mat.rest()
}

// collect adds up what the operators of a run report.
func (j *Job) collect() {
	for k, n := range j.current().Report() {
		j.reports[k] += n
	}
}

func (j *Job) current() *flow.Job {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.cur
}

func (j *Job) isStopped() bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.stopped
}

func (j *Job) rescaling() bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.rescale != nil
}

func (j *Job) takeRescale() *rescale {
	j.mu.Lock()
	defer j.mu.Unlock()
	r := j.rescale
	j.rescale = nil
	return r
}

func (j *Job) closeLog() error {
	if j.log == nil {
		return nil
	}
	err := j.log.Close()
	j.mu.Lock()
	j.log = nil
	j.mu.Unlock()
	return err
}
