package job

import (
	"context"
	"errors"
	"fmt"

	"github.com/weir-stream/weir/internal/flow"
	"github.com/weir-stream/weir/internal/snapshot"
)

// Stop asks the job to end after a last epoch, from which it can go on.
func (j *Job) Stop() {
	j.ends(false).Stop()
}

// ends notes that the job is to end, and gives its run.
func (j *Job) ends(drained bool) *flow.Job {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.stopped, j.drained = true, drained
	if j.hasten != nil {
		j.hasten()
	}
	return j.cur
}

// Drain ends the job as if its inputs ended now; it has finished then.
func (j *Job) Drain() {
	j.ends(true).Drain()
}

// Savepoint writes a savepoint of an epoch that is cut for it into a new directory. Where
// the run ends meanwhile, since the job is rescaled, the next one does it.
func (j *Job) Savepoint(ctx context.Context, dir string) (*snapshot.SavepointInfo, error) {
	for {
		j.mu.Lock()
		cur, turn := j.cur, j.turn
		j.mu.Unlock()
		_, err := cur.CheckpointNow(ctx)
		var info *snapshot.SavepointInfo
		if err == nil {
			info, err = j.saved(ctx, cur, dir)
		}
		if !errors.Is(err, flow.ErrEnded) {
			return info, err
		}
		select {
		case <-turn:
		case <-ctx.Done():
			return nil, err
		}
		j.mu.Lock()
		over := j.over
		j.mu.Unlock()
		if over {
			return nil, err
		}
	}
}

// saved writes a savepoint of the last epoch of a run; flow.ErrEnded is given if that has
// ended.
func (j *Job) saved(ctx context.Context, of *flow.Job, dir string) (*snapshot.SavepointInfo, error) {
	j.mu.Lock()
	log := j.log
	j.mu.Unlock()
	if log == nil { // it is being opened anew
		return nil, flow.ErrEnded
	}
	info, err := log.Savepoint(ctx, dir)
	if err != nil && j.current() != of {
		return nil, errors.Join(err, flow.ErrEnded)
	}
	return info, err
}

// SavepointSoon is Savepoint for who drives the job: what it gives is to be called
// until it is done.
func (j *Job) SavepointSoon(ctx context.Context, dir string) func() (done bool, err error) {
	cur := j.current()
	durable := cur.CheckpointSoon()
	return func() (bool, error) {
		done, err := durable()
		if done && err == nil {
			_, err = j.saved(ctx, cur, dir)
		}
		if !done || !errors.Is(err, flow.ErrEnded) {
			return done, err
		}
		j.mu.Lock()
		next, over := j.cur, j.over
		j.mu.Unlock()
		if over {
			return true, err
		}
		if next != cur {
			cur, durable = next, next.CheckpointSoon()
		} else {
			durable = func() (bool, error) { return true, flow.ErrEnded } // until there is another
		}
		return false, nil
	}
}

// Drive is flow.Job.Drive of each run in turn, where pick also chooses when
// something is done of what goes on in the background. A job whose inputs cannot be
// read again is not killed.
func (j *Job) Drive(pick func(n int) int) error {
	j.driven = true
	choose := func(n int) int {
		for {
			i := pick(n + 1)
			if i < 0 && j.cfg.Once {
				i = 0
			}
			if i < n {
				return i
			}
			j.work()
		}
	}
	return j.runs(func(f *flow.Job) error { return f.Drive(choose) })
}

// Kill ends the present run where it stands, as the end of the process would.
func (j *Job) Kill() error {
	err := j.current().Close()
	j.endRun()
	return errors.Join(err, j.closeLog())
}

// Revive makes a run that goes on from the last checkpoint after Kill, or after a
// run that Stop has ended, with a number of subtasks, 0 for as many as before.
func (j *Job) Revive(parallelism int) error {
	j.mu.Lock()
	j.stopped, j.drained = false, false
	if parallelism > 0 {
		j.parallelism = parallelism
	}
	j.mu.Unlock()
	return j.attempt()
}

// Rescale runs the job on with another number of subtasks, from an epoch that is
// cut for it.
func (j *Job) Rescale(ctx context.Context, parallelism int) error {
	done, err := j.RescaleSoon(parallelism)
	if err != nil {
		return err
	}
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// RescaleSoon is Rescale for who drives the job; done tells how it went.
func (j *Job) RescaleSoon(parallelism int) (done <-chan error, err error) {
	if parallelism < 1 || parallelism > j.cfg.Flow.Groups && j.cfg.Flow.Groups > 0 {
		return nil, fmt.Errorf("the parallelism must be from 1 to pipeline.max-parallelism, %d", j.cfg.Flow.Groups)
	}
	r := &rescale{parallelism: parallelism, done: make(chan error, 1)}
	j.mu.Lock()
	if j.rescale != nil || j.stopped {
		j.mu.Unlock()
		return nil, errors.New("the job is being rescaled or stopped already")
	}
	j.rescale = r
	cur := j.cur
	j.mu.Unlock()
	cur.Keep()
	cur.Stop()
	return r.done, nil
}

// Parallelism is the number of subtasks now.
func (j *Job) Parallelism() int {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.running
}

// TookOver is what the last run that went on from a checkpoint took over.
func (j *Job) TookOver() flow.Restored {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.tookOver
}

// Restarts counts the starts after a failure.
func (j *Job) Restarts() int {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.restarts
}

// Totals counts what happened in all runs of a job.
type Totals struct {
	Resumed   int // runs that went on from an epoch
	Inherited int // those that had their state from the run before, in memory
	Epochs    int // that became durable
}

// Totals counts what has happened so far.
func (j *Job) Totals() Totals {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.totals
}

func (j *Job) count(f func(t *Totals)) {
	j.mu.Lock()
	defer j.mu.Unlock()
	f(&j.totals)
}

// Name is the domain of the job's log.
func (j *Job) Name() string { return j.cfg.Snapshot.Domain }

// Dir is the job's directory.
func (j *Job) Dir() string { return j.cfg.Snapshot.Dir }

// Stats reads the figures of the present run.
func (j *Job) Stats() []flow.VertexStats { return j.current().Stats() }

// LateRows gives the last rows of the present run that came too late.
func (j *Job) LateRows() []flow.LateRow { return j.current().LateRows() }

// Checkpoints lists the last durable epochs of the present run.
func (j *Job) Checkpoints() []flow.Checkpoint { return j.current().Checkpoints() }

// AskCheckpoint is flow.Job.AskCheckpoint of the present run.
func (j *Job) AskCheckpoint() { j.current().AskCheckpoint() }

// Settle is flow.Job.Settle of the present run; a failure is the end.
func (j *Job) Settle(steps int) (flow.Settled, error) {
	j.driven = true
	s, err := j.current().Settle(steps)
	for !s.Done && j.work() {
	}
	if s.Done {
		j.endRun()
		j.collect()
		if err == nil && j.rescaling() {
			var again bool
			if again, err = j.after(nil); again {
				return j.Settle(steps)
			}
		}
		err = errors.Join(err, j.closeLog())
	}
	return s, err
}

// Report gives the counters of all runs that ended.
func (j *Job) Report() map[string]int64 { return j.reports }
