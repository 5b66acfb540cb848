package engine

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"strings"
	"time"

	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/dag"
	"github.com/weir-stream/weir/internal/flow"
	"github.com/weir-stream/weir/internal/job"
	"github.com/weir-stream/weir/internal/location"
	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/planfile"
	"github.com/weir-stream/weir/internal/rel/scan"
	"github.com/weir-stream/weir/internal/rel/sink"
	"github.com/weir-stream/weir/internal/snapshot"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/vfs"
	"github.com/weir-stream/weir/internal/vfs/s3"
)

// running is a job being run: a flow.Job, or a job.Job where there are checkpoints.
type running interface {
	Run() error
	Drive(pick func(n int) int) error
	Settle(steps int) (flow.Settled, error)
	Stop()
	Stats() []flow.VertexStats
	Report() map[string]int64
	LateRows() []flow.LateRow
}

// durable makes a plan a job that goes on from what its directory holds.
func (s *Session) durable(ctx context.Context, p *planned, name, dir string) (*job.Job, error) {
	strategy, err := s.restartStrategy()
	if err != nil {
		return nil, err
	}
	from := s.Option("execution.state-recovery.path")
	for _, l := range []string{dir, from} {
		if err := location.Check(l); err != nil {
			return nil, &sqlerr.Error{Code: sqlerr.Option, Msg: "state cannot be kept there", Err: err}
		}
	}
	at, err := s.jobDir(ctx, dir, name, p)
	if err != nil {
		return nil, err
	}
	cfg := job.Config{
		Snapshot:     snapshot.Config{FS: s.places(ctx), Dir: location.Join(dir, at.folder), Clock: s.eng.cfg.Clock, Domain: name},
		Flow:         s.flowConfig(p.ctx),
		Parallelism:  p.ctx.Parallelism,
		AllowDropped: s.bool(ignoreUnclaimed),
		Strategy:     strategy,
		Replay:       max(s.duration("weir.state.replay-time"), 1),
		Tell:         func(format string, args ...any) { s.tell(name, fmt.Sprintf(format, args...)) },
		Killed:       s.eng.cfg.Killed,
	}
	cfg.Graph, cfg.Once = s.attempts(p)
	cfg.Reactive = s.reactive(p)
	if len(p.bound) > 0 && !p.ctx.Batch {
		cfg.Adopt = s.adopts(p, name, at.over)
		for _, text := range at.apart {
			cfg.Tell("%s", text)
		}
	}
	if s.bool("execution.checkpointing.snapshot-compression") {
		cfg.Snapshot.Compression = "s2"
	}
	if cfg.Snapshot.From, err = s.lasting(from); err != nil {
		return nil, err
	}
	cfg.Snapshot.FallBack = s.bool(snapshot.FallBackOption)
	if cfg.Snapshot.Claim, err = snapshot.ParseClaim(s.Option("execution.state-recovery.claim-mode")); err != nil {
		return nil, err
	}
	if !replayable(p) {
		cfg.Once = true
		cfg.Tell("the input cannot be read again: what it gave since the last checkpoint is lost if the process is killed")
	}
	if printed(p) {
		cfg.Tell("rows are written at once: after a restart those since the last checkpoint come again")
	}
	if s.eng.cfg.Restart {
		if err := snapshot.Discard(cfg.Snapshot); err != nil {
			return nil, err
		}
	}
	if tune := s.eng.cfg.Tune; tune != nil {
		tune(&cfg)
	}
	_, there := cfg.Snapshot.FS.Stat(cfg.Snapshot.Dir)
	j, err := job.New(ctx, cfg)
	if errors.Is(err, errForeign) && errors.Is(there, fs.ErrNotExist) { // else what begins there next would go on from the savepoint
		err = errors.Join(err, snapshot.Discard(cfg.Snapshot))
	}
	if errors.Is(err, job.ErrFinished) {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return j, err
}

// lasting names a place so that a process which stands in another folder finds it too.
func (s *Session) lasting(place string) (string, error) {
	local, ok := location.Local(place)
	if _, disk := s.eng.cfg.StateFS.(vfs.OS); place == "" || !ok || !disk {
		return place, nil
	}
	return filepath.Abs(local)
}

// reactive says whether a job follows the cores of the process.
func (s *Session) reactive(p *planned) job.Reactive {
	if !strings.EqualFold(s.Option("scheduler-mode"), "reactive") || p.ctx.Batch || s.fixedParallelism() {
		return job.Reactive{}
	}
	const executing = "jobmanager.adaptive-scheduler.executing."
	stable := s.duration(executing + "resource-stabilization-timeout")
	return job.Reactive{Cores: s.eng.cores, Poll: min(max(stable/4, 10*time.Millisecond), time.Second), Stable: stable,
		Cooldown: s.duration(executing + "cooldown-after-rescaling")}
}

// tell warns of what happens to a job that runs.
func (s *Session) tell(job, what string) {
	if w := s.eng.cfg.Stderr; w != nil {
		fmt.Fprintf(w, "warning: %s: %s\n", job, what)
	}
}

// printed reports whether a plan's rows go where they are seen at once.
func printed(p *planned) bool {
	found := false
	plan.Walk(p.root, func(n plan.Node) {
		if k, ok := n.(*sink.Node); ok {
			a, is := k.Sink.(connector.AtLeastOnce)
			found = found || k.Result || is && a.AtLeastOnce()
		}
	})
	return found
}

// places is the file system of state: local paths, and object stores with the
// settings of the session as they are now.
func (s *Session) places(ctx context.Context) vfs.FS {
	values := map[string]string{}
	for _, o := range s3.Options {
		values[o] = s.Option(o)
	}
	return location.New(ctx, location.Config{Local: s.eng.cfg.StateFS, Clock: s.eng.cfg.Clock, Getenv: s.eng.cfg.Getenv, Seed: s.eng.seed,
		Option: func(key string) string { return values[key] }})
}

// finished tells of a job that had ended when it last ran, so that there is nothing
// to do.
func finished(err error, out Output) bool {
	if !errors.Is(err, job.ErrFinished) {
		return false
	}
	out.Warn(err.Error() + "; --restart starts it anew")
	return true
}

// attempts gives what lowers a plan anew for every run of its job, since sources
// and sinks remember what they did. once tells that it can be done once only.
func (s *Session) attempts(p *planned) (graph func(int) (*dag.Graph, error), once bool) {
	data, err := planfile.Encode(&planfile.Plan{Root: p.root})
	if err != nil {
		return func(int) (*dag.Graph, error) { return s.graph(p) }, true
	}
	c := &Session{eng: s.eng, catalog: s.catalog, database: s.database, options: maps.Clone(s.options)}
	return func(parallelism int) (*dag.Graph, error) {
		pc := *p.ctx
		pc.Parallelism = parallelism
		env := c.planEnv(&pc)
		if n, ok := p.root.(*sink.Node); ok && n.Result {
			env.Result = n.Sink
		}
		f, err := planfile.Decode(data, env)
		if err != nil {
			return nil, err
		}
		ann, err := plan.Annotate(&pc, f.Root)
		if err != nil {
			return nil, err
		}
		return c.graph(&planned{root: f.Root, ann: ann, ctx: &pc})
	}, false
}

// replayable reports whether all inputs of a plan can be read again.
func replayable(p *planned) bool {
	ok := true
	plan.Walk(p.root, func(n plan.Node) {
		if sc, is := n.(*scan.Node); is {
			if u, is := sc.Source.(connector.Unreplayable); is && u.Unreplayable() {
				ok = false
			}
		}
	})
	return ok
}

// restartStrategy reads Flink's keys.
func (s *Session) restartStrategy() (job.Strategy, error) {
	st := job.DefaultStrategy()
	const p = "restart-strategy."
	ms := func(key string) time.Duration { return s.duration(p + key) }
	switch s.Option(p + "type") {
	case "none", "off", "disable":
		st.Kind = job.Never
	case "fixed-delay", "fixeddelay":
		st.Kind, st.Attempts, st.Delay = job.Fixed, s.int(p+"fixed-delay.attempts"), ms("fixed-delay.delay")
	case "failure-rate", "failurerate":
		st.Kind, st.Failures = job.Rate, s.int(p+"failure-rate.max-failures-per-interval")
		st.Interval, st.Delay = ms("failure-rate.failure-rate-interval"), ms("failure-rate.delay")
	default:
		st.Initial, st.Max = ms("exponential-delay.initial-backoff"), ms("exponential-delay.max-backoff")
		st.Reset = ms("exponential-delay.reset-backoff-threshold")
		st.Multiplier, st.Jitter = s.float(p+"exponential-delay.backoff-multiplier"), s.float(p+"exponential-delay.jitter-factor")
		if n := s.Option(p + "exponential-delay.attempts-before-reset-backoff"); !strings.EqualFold(n, "infinite") {
			st.Attempts = s.int(p + "exponential-delay.attempts-before-reset-backoff")
		}
	}
	return st, nil
}
