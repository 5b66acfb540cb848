// Package flow runs a physical graph: tasks joined by bounded edges.
//
//	source ─ chain ─┐                       ┌─ chain ─ sink
//	                ├─ hash edge by group ──┤
//	source ─ chain ─┘                       └─ chain ─ sink
//
// A chain of operators without an exchange is one task. A task is a state
// machine: step does one bounded piece of work and never blocks; it takes input
// only while every outgoing edge has credit. In production a goroutine drives
// each task; Drive lets one loop drive them all in an order of its choosing.
//
// Control messages (watermark, idle, epoch marker, end) travel in band. Edges
// are bounded in time: each holds about Config.InFlight of its receiver's
// measured work, so a slow receiver makes queues short and backpressure ends up
// at the sources, where it costs nothing.
package flow

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/weir-stream/weir/internal/clock"
	"github.com/weir-stream/weir/internal/dag"
	"github.com/weir-stream/weir/internal/fn"
	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/spill"
	"github.com/weir-stream/weir/internal/state"
	"github.com/weir-stream/weir/internal/types"
)

// Config holds what a run may vary. The zero value of a field means its
// default.
type Config struct {
	Clock     clock.Clock
	Zone      *types.Zone
	Catalog   string
	Database  string
	Batch     bool
	MiniBatch bool // false: emit per input row, as Flink without mini-batch
	// Groups is pipeline.max-parallelism; default 128.
	Groups int
	// EpochEvery is the time between epoch markers; default 50 ms. Batch jobs
	// have only the last one.
	EpochEvery time.Duration
	// CommitEvery makes the first epoch after this time commit the sinks;
	// default 1 s (execution.checkpointing.interval).
	CommitEvery time.Duration
	// InFlight is the target of work queued on the edges of a subtask; default 20 ms.
	InFlight time.Duration
	// Debloat says how queues follow it.
	Debloat Debloat
	// Unaligned says when markers overtake what is queued before them.
	Unaligned Unaligned
	// BatchRows is the rows that a source step may read; default 4096, in batch
	// mode 8192. Tests
	// set 1.
	BatchRows int
	// FlushEvery delays the flush of a busy task that runs out of input, so
	// that changes consolidate; default 20 ms. A quiet task flushes at once.
	FlushEvery time.Duration
	// Memory bounds the bytes of all state, queues and sorts; 0 = no bound. What
	// is more goes to spill files in SpillDirs (none: the system's folder for
	// temporary files), of no more than SpillMost bytes (0: while the disks last).
	Memory    int64
	SpillDirs []string
	SpillMost int64
	// SegmentRows is state.Config's.
	SegmentRows int
	// Checked verifies every batch that an operator emits.
	Checked bool
	// Choked, if set, tells that operators have no room for what they emit (tests).
	Choked func() bool
	// Durable makes an epoch durable: everything that was read before it has been
	// worked through and need not be read again, once it returns. The bytes of deltas
	// are its until then. It is called for
	// one epoch at a time, in their order; its error fails the job. nil: there are
	// no checkpoints.
	Durable func(*Epoch) error
	// Aggs knows the aggregate functions, for state whose columns have changed; nil:
	// the ones that are built in.
	Aggs *fn.AggTable
	// Restore is what the job goes on from; nil: the beginning.
	Restore *Restore
}

func (c Config) withDefaults() Config {
	def := func(d *time.Duration, v time.Duration) {
		if *d == 0 {
			*d = v
		}
	}
	if c.Clock == nil {
		c.Clock = clock.System{}
	}
	if c.Groups == 0 {
		c.Groups = 128
	}
	if c.BatchRows == 0 {
		c.BatchRows = 4096
		if c.Batch {
			c.BatchRows = 8192
		}
	}
	def(&c.EpochEvery, 50*time.Millisecond)
	def(&c.CommitEvery, time.Second)
	def(&c.InFlight, 20*time.Millisecond)
	def(&c.FlushEvery, 20*time.Millisecond)
	if c.Debloat.Samples == 0 {
		c.Debloat.Samples = 20
	}
	return c
}

// Job is a graph being run.
type Job struct {
	cfg   Config
	tasks []*task
	coord *coordinator
	mem   *spill.Budget
	// ownMem: the budget ends with the job.
	ownMem  bool
	late    lateRing
	catches map[*dag.Vertex]bool // it, or someone downstream, wants to know who has caught up
	caught  map[string]bool      // vertices of the checkpoint that had
	// wanted tells for a vertex whether anyone downstream looks at watermarks.
	wanted map[*dag.Vertex]bool
	pieces state.Pieces          // of deltas
	round  atomic.Pointer[Round] // of images, if one is under way
	// settled is the tasks that Settle has left to run.
	settled []*task
	steps   int // that Settle may still take

	ctx    context.Context
	cancel context.CancelCauseFunc
	once   sync.Once
	start  time.Time
	keep   atomic.Bool  // see Keep
	images func() error // of images that the state may not have read; nil: there are none
}

// New makes the tasks of a graph and opens their operators. On error everything
// that was opened is closed.
func New(ctx context.Context, g *dag.Graph, cfg Config) (*Job, error) {
	mem := spill.New(spill.Config{Limit: cfg.Memory, Dirs: cfg.SpillDirs, Disk: cfg.SpillMost})
	j, err := newJob(ctx, g, cfg.withDefaults(), mem)
	if err != nil {
		_ = mem.Close() // nothing is in it that anyone wants
		return nil, err
	}
	j.ownMem = true
	return j, nil
}

// Nested runs a graph to its end within the job of a subtask in batch mode: by
// its settings, out of its memory, and no longer than it.
func Nested(c *op.Context, g *dag.Graph) error {
	outer, ok := c.Runtime.(*Job)
	if !ok {
		return errors.New("a job within a job needs the one around it")
	}
	cfg := outer.cfg
	cfg.Durable, cfg.Restore = nil, nil
	j, err := newJob(outer.ctx, g, cfg, outer.mem)
	if err != nil {
		return err
	}
	return j.Run()
}

func newJob(ctx context.Context, g *dag.Graph, cfg Config, mem *spill.Budget) (*Job, error) {
	j := &Job{cfg: cfg, mem: mem, start: cfg.Clock.Now()}
	j.ctx, j.cancel = context.WithCancelCause(ctx)
	j.coord = newCoordinator(j)
	build(j, g)
	for _, t := range j.tasks {
		if err := t.open(); err != nil {
			j.cancel(err)
			j.close()
			return nil, err
		}
	}
	if cfg.Restore != nil {
		if err := guarded("recovery", func() error { return j.restore(cfg.Restore) }); err != nil {
			j.cancel(err)
			j.close()
			return nil, err
		}
	}
	return j, nil
}

// Run drives the job with a goroutine a task until it ends. It gives nil when
// all inputs ended or Stop completed, the context's cause when it was
// cancelled, else the first failure. Everything is closed when it returns.
func (j *Job) Run() error {
	stop := context.AfterFunc(j.ctx, j.wakeAll)
	defer stop()
	var wg sync.WaitGroup
	for _, t := range j.tasks {
		wg.Go(func() { j.drive(t) })
	}
	done := make(chan struct{})
	wg.Go(func() { j.coord.run(done) })
	running := make(chan struct{})
	go func() {
		for _, t := range j.tasks {
			<-t.done
		}
		close(running)
	}()
	<-running
	close(done)
	wg.Wait()
	return j.finish()
}

// ErrKilled is how a run ends that Drive's pick has killed.
var ErrKilled = errors.New("the job was killed")

// Drive runs the job in the calling goroutine: pick chooses among n what to step
// next, the tasks and whoever saves epochs, or with a negative number kills the job
// where it stands. It is for tests and simulation; the clock must be one that moves
// by itself or by pick.
func (j *Job) Drive(pick func(n int) int) error {
	live := append([]*task(nil), j.tasks...)
	for len(live) > 0 {
		i := pick(len(live) + 1)
		if i < 0 {
			j.cancel(ErrKilled)
			i = 0
		}
		j.coord.cutDue()
		if i == len(live) {
			j.coord.save()
			continue
		}
		t := live[i]
		if j.ctx.Err() != nil || j.step(t) == stepDone {
			t.exit()
			live = append(live[:i], live[i+1:]...)
		}
	}
	return j.finish()
}

// finish commits what the sinks hold if all went well, and closes everything.
func (j *Job) finish() error {
	err := context.Cause(j.ctx)
	if err == nil {
		err = j.coord.last()
	}
	j.coord.failAsked(ErrEnded)
	if err != nil {
		j.keep.Store(false)
	}
	if cerr := j.close(); err == nil {
		err = cerr
	}
	j.cancel(nil)
	return err
}

// ErrEnded is what a checkpoint that was asked for gets when the job ends first.
var ErrEnded = errors.New("the job has ended")

// ErrBatch is given for a checkpoint that a job in batch mode cannot have.
var ErrBatch = errors.New("a job in batch mode has no checkpoint before its end")

// CheckpointNow makes the next epoch a durable one and waits until it is. It gives
// the epoch's number.
func (j *Job) CheckpointNow(ctx context.Context) (uint64, error) {
	done := make(chan result, 1)
	j.coord.ask(done)
	select {
	case r := <-done:
		return r.epoch, r.err
	case <-ctx.Done():
		return 0, context.Cause(ctx)
	}
}

// CheckpointSoon is CheckpointNow for who drives the job: what it gives tells whether
// the epoch is durable yet.
func (j *Job) CheckpointSoon() func() (done bool, err error) {
	done := make(chan result, 1)
	j.coord.ask(done)
	return func() (bool, error) {
		select {
		case r := <-done:
			return true, r.err
		default:
			return false, nil
		}
	}
}

// Checkpoints lists the last durable epochs, oldest first.
func (j *Job) Checkpoints() []Checkpoint { return j.coord.checkpoints() }

// Close ends a job that was not run.
func (j *Job) Close() error {
	j.keep.Store(false)
	j.cancel(ErrEnded)
	return j.close()
}

func (j *Job) close() error {
	var errs []error
	j.once.Do(func() {
		for _, t := range j.tasks {
			errs = append(errs, t.close())
		}
		if !j.keep.Load() {
			errs = append(errs, j.free())
		}
	})
	return errors.Join(errs...)
}

// drive is a task's goroutine.
func (j *Job) drive(t *task) {
	defer t.exit()
	faultsPanic()
	for j.ctx.Err() == nil {
		switch j.step(t) {
		case stepDone:
			return
		case stepIdle:
			t.wait(j.ctx)
		}
	}
}

// step guards one step: an error or a panic fails the job.
func (j *Job) step(t *task) (r stepResult) {
	defer func() {
		if p := recover(); p != nil {
			j.cancel(panicked(t.name(), p))
			r = stepDone
		}
	}()
	r, err := t.step()
	if err != nil {
		j.cancel(err)
		return stepDone
	}
	return r
}

func (j *Job) wakeAll() {
	for _, t := range j.tasks {
		t.wake()
	}
}

// Stop asks the sources to end after a last epoch: what was read is written and
// committed, open windows stay open.
func (j *Job) Stop() {
	j.coord.stop()
	j.wakeAll()
}

// Drain ends the job as if its inputs ended now: event time comes to its end, open
// windows close, and everything is written and committed.
func (j *Job) Drain() {
	j.coord.drain()
	j.wakeAll()
}
