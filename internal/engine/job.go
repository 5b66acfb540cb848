package engine

import (
	"context"
	"errors"
	"runtime"
	"strconv"
	"sync"
	"time"

	"github.com/weir-stream/weir/internal/flow"
	"github.com/weir-stream/weir/internal/job"
	"github.com/weir-stream/weir/internal/opt"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/secret"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
)

// Job is a running query or set of inserts.
type Job struct {
	ID   int
	Name string
	// Bounded: all inputs end.
	Bounded bool
	// RowsTotal estimates the rows that all sources hold, -1 if unknown.
	RowsTotal float64
	Started   time.Time
	// Growing says of each operator whose state nothing bounds, on input that
	// never ends, what it is.
	Growing []string

	flow   running
	cancel func()
	once   sync.Once
	done   chan struct{}
	over   chan struct{} // closed before done: the job has ended, its socket may still answer
	err    error
	step   *stepped // nil: the job runs by itself
	hide   *secret.Vault
}

// Stop asks the job to end after a last epoch.
func (j *Job) Stop() { j.once.Do(j.flow.Stop) }

// Cancel ends the job at once.
func (j *Job) Cancel() { j.cancel() }

// Done is closed when the job has ended.
func (j *Job) Done() <-chan struct{} { return j.done }

// Err is the failure of an ended job.
func (j *Job) Err() error { return j.err }

// Stats reads the job's figures.
func (j *Job) Stats() []flow.VertexStats { return j.flow.Stats() }

// Durable is the job's life where it has checkpoints, else nil.
func (j *Job) Durable() *job.Job {
	d, _ := j.flow.(*job.Job)
	return d
}

// Report gives the counters of an ended job.
func (j *Job) Report() map[string]int64 {
	out := map[string]int64{}
	for name, n := range j.flow.Report() {
		out[j.hide.Redact(name)] += n
	}
	return out
}

// planned is an optimised plan, ready to be explained or run.
type planned struct {
	root plan.Node
	ann  *plan.Annotated
	ctx  *plan.Context
	// bound are the INSERTs, or the one query, as they were before the optimiser; nil of
	// what does not go on from where it was after an edit.
	bound []plan.Node
	// final: bound are as they run, from a plan file.
	final bool
	// tell, if set, is told what the user should know before the job starts.
	tell func(msg string)
}

// planContext is what rules and inference need of the session.
func (s *Session) planContext() *plan.Context {
	zone, err := types.LoadZone(s.Option("table.local-time-zone"))
	if err != nil {
		zone = types.UTC
	}
	mini := true
	if v, ok := s.options["table.exec.mini-batch.enabled"]; ok {
		mini = v != "false"
	}
	return &plan.Context{Batch: s.Option("execution.runtime-mode") == "batch", Parallelism: s.parallelism(), Zone: zone,
		StateTTLMs: s.duration("table.exec.state.ttl").Milliseconds(), MiniBatch: mini, Strict: s.bool("weir.sql.strict"),
		Optimize: s.bool("weir.optimizer.enabled")}
}

// fixedParallelism reports whether a setting says the parallelism.
func (s *Session) fixedParallelism() bool {
	return s.int("table.exec.resource.default-parallelism") > 0 || s.int("parallelism.default") > 0
}

func (s *Session) parallelism() int {
	for _, key := range []string{"table.exec.resource.default-parallelism", "parallelism.default"} {
		if n := s.int(key); n > 0 {
			return n
		}
	}
	return s.eng.cores()
}

// cores is the number of cores that the process may use.
func (e *Engine) cores() int {
	if e.cfg.Cores != nil {
		return e.cfg.Cores()
	}
	return runtime.GOMAXPROCS(0)
}

// keyGroups is pipeline.max-parallelism.
func (s *Session) keyGroups() int {
	if n := s.int("pipeline.max-parallelism"); n > 0 {
		return n
	}
	d, _ := setting("pipeline.max-parallelism")
	n, _ := strconv.Atoi(d.Default)
	return n
}

// plan optimises a bound plan and infers its traits.
func (s *Session) plan(root plan.Node) (*planned, error) {
	ctx := s.planContext()
	root, err := opt.Optimize(&opt.Ctx{Context: ctx, Option: s.Option}, root)
	if err != nil {
		return nil, err
	}
	if s.eng.cfg.PlanFiles {
		if root, err = s.rewritten(ctx, root); err != nil {
			return nil, err
		}
	}
	ann, err := plan.Annotate(ctx, root)
	if err != nil {
		return nil, err
	}
	if err := opt.CheckEnds(&opt.Ctx{Context: ctx, Option: s.Option}, ann); err != nil {
		return nil, err
	}
	if err := opt.CheckUpdates(&opt.Ctx{Context: ctx, Option: s.Option}, ann); err != nil {
		return nil, err
	}
	if err := opt.CheckConflicts(&opt.Ctx{Context: ctx, Option: s.Option}, ann); err != nil {
		return nil, err
	}
	return &planned{root: root, ann: ann, ctx: ctx}, nil
}

// flowConfig is what the runtime needs of the session.
func (s *Session) flowConfig(ctx *plan.Context) flow.Config {
	every := s.duration("execution.checkpointing.interval")
	return flow.Config{Clock: s.eng.cfg.Clock, Zone: ctx.Zone, Catalog: s.catalog, Database: s.database, Batch: ctx.Batch,
		MiniBatch: ctx.MiniBatch, Groups: s.keyGroups(), CommitEvery: every, EpochEvery: min(every, epochEvery),
		FlushEvery: s.duration("table.exec.mini-batch.allow-latency"), BatchRows: s.int("weir.batch-rows"),
		Memory: s.memory(), SpillDirs: s.spillDirs(), Unaligned: s.unaligned(), InFlight: s.duration(debloat + "target"),
		Debloat: flow.Debloat{Off: !s.bool(debloat + "enabled"), Period: s.duration(debloat + "period"),
			Samples: s.int(debloat + "samples"), Threshold: s.int(debloat + "threshold-percentages")},
		Checked: s.eng.cfg.Checked, Aggs: s.eng.aggs}
}

// debloat begins the keys of how queues follow the speed of who reads them.
const debloat = "taskmanager.memory.network.buffer-debloat."

// unaligned says when markers overtake rows.
func (s *Session) unaligned() flow.Unaligned {
	if !s.bool("execution.checkpointing.unaligned.enabled") {
		return flow.Unaligned{On: true, Pressed: true}
	}
	return flow.Unaligned{On: true, After: s.duration("execution.checkpointing.aligned-checkpoint-timeout")}
}

// epochEvery is the longest time between epoch markers.
const epochEvery = 50 * time.Millisecond

// start lowers and runs a plan in the background.
func (s *Session) start(ctx context.Context, p *planned, name string) (*Job, error) {
	if most := s.keyGroups(); p.ctx.Parallelism > most {
		return nil, sqlerr.New(sqlerr.Option, sqlerr.Pos{}, "the parallelism %d is above 'pipeline.max-parallelism', which is %d", p.ctx.Parallelism, most).
			WithHint("SET 'parallelism.default' = '%d'", most)
	}
	if s.eng.cfg.Stepped != nil { // it outlives the call that starts it
		ctx = context.WithoutCancel(ctx)
	}
	ctx, cancel := context.WithCancel(ctx)
	f, err := s.makes(ctx, p, name)
	if err != nil {
		cancel()
		return nil, err
	}
	s.eng.mu.Lock()
	s.eng.nextID++
	j := &Job{ID: s.eng.nextID, Name: name, flow: f, cancel: cancel, done: make(chan struct{}), over: make(chan struct{}), hide: s.eng.secrets, Started: s.eng.cfg.Clock.Now()}
	s.eng.mu.Unlock()
	j.Bounded, j.RowsTotal = inputs(p)
	if !j.Bounded && !p.ctx.Batch {
		j.Growing = growing(p)
	}
	s.mu.Lock()
	s.jobs = append(s.jobs, j)
	s.mu.Unlock()
	if s.eng.cfg.Stepped != nil {
		j.step = &stepped{clock: s.eng.cfg.Stepped}
		return j, nil
	}
	var answered <-chan struct{}
	if j.Durable() != nil {
		answered = s.control(j)
	}
	go func() {
		defer cancel()
		if drive := s.eng.cfg.Drive; drive != nil {
			j.err = f.Drive(drive(j.Durable()))
		} else {
			j.err = f.Run()
		}
		if errors.Is(j.err, context.Canceled) && ctx.Err() != nil {
			j.err = context.Canceled
		}
		j.err = j.hide.Error(j.err)
		if close(j.over); answered != nil {
			<-answered
		}
		close(j.done)
	}()
	return j, nil
}

// makes opens a job's operators; where checkpoints are kept, as the last one left
// them.
func (s *Session) makes(ctx context.Context, p *planned, name string) (running, error) {
	if dir := s.Option("execution.checkpointing.dir"); dir != "" {
		if s.eng.cfg.StateDir != "" {
			dir = s.eng.cfg.StateDir
		}
		return s.durable(ctx, p, name, dir)
	}
	if from := s.Option("execution.state-recovery.path"); from != "" {
		return nil, sqlerr.New(sqlerr.Option, sqlerr.Pos{}, "the job would not go on from savepoint %s, since it keeps no checkpoints", from).
			WithHint("name a state directory: --state-dir DIR, or SET 'execution.checkpointing.dir' = 'DIR'")
	}
	g, err := s.graph(p)
	if err != nil {
		return nil, err
	}
	return flow.New(ctx, g, s.flowConfig(p.ctx))
}

// inputs tells whether all sources end, and how many rows they hold.
func inputs(p *planned) (bounded bool, rows float64) {
	bounded = true
	plan.Walk(p.root, func(n plan.Node) {
		if len(n.Inputs()) > 0 {
			return
		}
		t := p.ann.Traits[n]
		bounded = bounded && t.Bounded
		if t.Rows < 0 || rows < 0 {
			rows = -1
		} else {
			rows += t.Rows
		}
	})
	return bounded, rows
}
