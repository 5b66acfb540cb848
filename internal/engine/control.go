package engine

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/weir-stream/weir/internal/control"
	"github.com/weir-stream/weir/internal/flow"
	"github.com/weir-stream/weir/internal/job"
	"github.com/weir-stream/weir/internal/location"
	"github.com/weir-stream/weir/internal/op"
)

// ControlFile is the socket in a job's directory through which a running job is
// steered: HTTP, answers in JSON. What listens finds a place for it where that
// directory is in an object store.
const ControlFile = "control"

// JobStatus is what a running job tells of itself.
type JobStatus struct {
	Name        string
	Dir         string
	Parallelism int
	Restarts    int
	Started     time.Time
	// Epoch is the last durable one of this run, 0 before the first.
	Epoch       uint64
	Checkpoints CheckpointStatus
	Recovery    RecoveryStatus
	Operators   []OperatorStatus
}

// RecoveryStatus is what the job took over when it last went on from a checkpoint.
type RecoveryStatus struct {
	ImageBytes, LogBytes int64
	LogChanges           int64   // about
	ImageMs, LogMs       float64 // how long it took
}

// CheckpointStatus is the figures of the last durable epochs, in ms.
type CheckpointStatus struct {
	Count             int
	P50, P99, Max     float64 // from the markers to the return of the sync
	AlignP99          float64 // until the markers had passed all tasks
	LastBytes         int64
	LastInFlightBytes int64 // of rows that the markers of the last one overtook
	LastAgeMs         int64
	BytesInAll        int64
	LongestGapSeconds float64
}

// OperatorStatus is the figures of one vertex.
type OperatorStatus struct {
	Name            string
	RowsIn, RowsOut int64
	StateBytes      int64
	Watermark       *time.Time `json:",omitempty"`
	Late            int64      `json:",omitempty"`
	ParseErrors     int64      `json:",omitempty"`
	DeadLetters     int64      `json:",omitempty"`
	// Pauses counts how often a source waited for others (watermark alignment),
	// PausedMs for how long in all.
	Pauses   int64 `json:",omitempty"`
	PausedMs int64 `json:",omitempty"`
	// Inputs are what waits before the operator, of each input that comes from another
	// task.
	Inputs []EdgeStatus `json:",omitempty"`
}

// EdgeStatus is the figures of what waits between two operators.
type EdgeStatus struct {
	From        string
	Rows, Bytes int64
	// RowsLimit is how many may wait.
	RowsLimit int64
	// InFlightMs is how long rows are on their way, TargetMs how long they shall be; 0:
	// the queues are fixed.
	InFlightMs, TargetMs float64
}

// figures reads what a job tells of itself; last, if it is not 0, is how many
// checkpoints count.
func (j *Job) figures(now time.Time, last int) JobStatus {
	d := j.Durable()
	st := JobStatus{Name: j.Name, Dir: d.Dir(), Parallelism: d.Parallelism(), Restarts: d.Restarts(), Started: j.Started}
	cs := d.Checkpoints()
	if last > 0 {
		cs = cs[max(0, len(cs)-last):]
	}
	st.Checkpoints = checkpointStatus(cs, now)
	r := d.TookOver()
	st.Recovery = RecoveryStatus{r.Images, r.Replay.Bytes, r.Replay.Changes, r.Load.Seconds() * 1e3, r.Replays.Seconds() * 1e3}
	if n := len(cs); n > 0 {
		st.Epoch = cs[n-1].Epoch
	}
	for _, v := range j.Stats() {
		o := OperatorStatus{Name: v.Vertex.Label(), RowsIn: v.RowsIn, RowsOut: v.RowsOut, StateBytes: v.StateBytes, Late: v.Late, ParseErrors: v.ParseErrors, DeadLetters: v.DeadLetters, Pauses: v.Pauses, PausedMs: v.PausedMs}
		if v.Watermark > op.MinWatermark && v.Watermark < op.MaxWatermark {
			t := time.UnixMilli(v.Watermark).UTC()
			o.Watermark = &t
		}
		for _, e := range v.Inputs {
			o.Inputs = append(o.Inputs, EdgeStatus{From: e.From.Label(), Rows: e.Rows, Bytes: e.Bytes, RowsLimit: e.Limit,
				InFlightMs: e.InFlight.Seconds() * 1e3, TargetMs: e.Target.Seconds() * 1e3})
		}
		st.Operators = append(st.Operators, o)
	}
	return st
}

func checkpointStatus(cs []flow.Checkpoint, now time.Time) CheckpointStatus {
	st := CheckpointStatus{Count: len(cs)}
	if len(cs) == 0 {
		return st
	}
	var sync, align []float64
	for i, c := range cs {
		sync = append(sync, c.Sync.Seconds()*1e3)
		align = append(align, c.Align.Seconds()*1e3)
		st.BytesInAll += c.Bytes
		if i > 0 {
			gap := c.Begun.Add(c.Sync).Sub(cs[i-1].Begun.Add(cs[i-1].Sync))
			st.LongestGapSeconds = max(st.LongestGapSeconds, gap.Seconds())
		}
	}
	slices.Sort(sync)
	slices.Sort(align)
	at := func(xs []float64, q float64) float64 { return xs[min(int(q*float64(len(xs))), len(xs)-1)] }
	last := cs[len(cs)-1]
	st.P50, st.P99, st.Max, st.AlignP99 = at(sync, 0.5), at(sync, 0.99), sync[len(sync)-1], at(align, 0.99)
	st.LastInFlightBytes = last.InFlight
	st.LastBytes, st.LastAgeMs = last.Bytes, now.Sub(last.Begun.Add(last.Sync)).Milliseconds()
	return st
}

// control serves a job's socket until the job ends and who asked for its end knows. A job without one runs all the
// same, so what is wrong is only told.
func (s *Session) control(j *Job) (answered <-chan struct{}) {
	listen := s.eng.cfg.Listen
	if listen == nil {
		return nil
	}
	path := location.Join(j.Durable().Dir(), ControlFile)
	l, err := listen(path)
	if err != nil {
		fmt.Fprintf(s.eng.cfg.Stderr, "warning: the job %s cannot be steered from outside: %v\n", j.Name, err)
		return nil
	}
	return control.Serve(l, s.controls(j), j.over)
}

// controls are the requests that a job takes.
func (s *Session) controls(j *Job) map[string]control.Verb {
	d := j.Durable()
	verbs := map[string]control.Verb{
		"GET /job": func(_ context.Context, q url.Values) (any, error) {
			last, _ := strconv.Atoi(q.Get("last")) // 0: all that are kept
			return j.figures(s.eng.cfg.Clock.Now(), last), nil
		},
		"POST /rescale": func(ctx context.Context, q url.Values) (any, error) {
			n, err := strconv.Atoi(q.Get("parallelism"))
			if err != nil {
				return nil, errors.New("the parallelism is a number")
			}
			begun := s.eng.cfg.Clock.Now()
			err = d.Rescale(ctx, n)
			return map[string]any{"Parallelism": n, "Seconds": s.eng.cfg.Clock.Now().Sub(begun).Seconds()}, err
		},
		"POST /savepoint": func(ctx context.Context, q url.Values) (any, error) { return s.savepoint(ctx, d, q.Get("dir")) },
		"POST /stop":      func(ctx context.Context, q url.Values) (any, error) { return s.stops(ctx, j, q) },
	}
	for request, v := range verbs {
		verbs[request] = func(ctx context.Context, q url.Values) (any, error) {
			a, err := v(ctx, q)
			return a, s.eng.secrets.Error(err)
		}
	}
	return verbs
}

// stops ends a job and waits for that.
func (s *Session) stops(ctx context.Context, j *Job, q url.Values) (info any, err error) {
	d := j.Durable()
	var saved <-chan job.Left
	if q.Has("savepoint") {
		dir, err := s.savepointDir(q.Get("savepoint"))
		if err != nil {
			return nil, err
		}
		saved = d.Leave(dir) // of the last epoch: what came after another one would come again
	}
	if q.Get("drain") == "true" {
		d.Drain()
	} else {
		j.Stop()
	}
	if saved != nil {
		select {
		case s := <-saved:
			if s.Err != nil {
				return nil, s.Err
			}
			info = s.Info
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	select {
	case <-j.over:
		return info, j.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// savepoint writes a savepoint into dir, or into a new folder of
// execution.checkpointing.savepoint-dir.
func (s *Session) savepoint(ctx context.Context, d *job.Job, dir string) (any, error) {
	dir, err := s.savepointDir(dir)
	if err != nil {
		return nil, err
	}
	return d.Savepoint(ctx, dir)
}

// savepointDir is where a savepoint goes if dir is not said.
func (s *Session) savepointDir(dir string) (string, error) {
	if dir != "" {
		return dir, nil
	}
	parent := s.Option("execution.checkpointing.savepoint-dir")
	if parent == "" {
		return "", errors.New("say where the savepoint goes, or set 'execution.checkpointing.savepoint-dir'")
	}
	return location.Join(parent, fmt.Sprintf("savepoint-%d", s.eng.cfg.Clock.Now().UnixMilli())), nil
}
