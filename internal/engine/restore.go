package engine

import (
	"errors"

	"github.com/weir-stream/weir/internal/job"
)

// errKeepsNothing is given for jobs that have no checkpoints.
var errKeepsNothing = errors.New("the job keeps no checkpoints")

// Kill ends the jobs of a session with Config.Stepped where they stand, as if the
// process had died; Restore lets them go on.
func (s *Session) Kill() error {
	return s.halt(func(j *Job, d *job.Job) error { return d.Kill() })
}

// Suspend stops them with a last checkpoint instead, as a stop with a savepoint
// does.
func (s *Session) Suspend() error {
	return s.halt(func(j *Job, d *job.Job) error {
		d.Stop()
		for {
			if r, err := d.Settle(unlimited); r.Done || err != nil {
				return err
			}
		}
	})
}

// Checkpoint makes a checkpoint of each running job of a session with
// Config.Stepped, where it rests. Jobs in batch mode have none before their end.
func (s *Session) Checkpoint() error {
	if err := s.Settle(); err != nil {
		return err
	}
	for _, j := range s.Jobs() {
		if d := j.Durable(); d != nil && !j.ended() && !j.step.dead {
			d.AskCheckpoint()
		}
	}
	return s.Settle()
}

// SettleSome lets each job run for a number of steps, or until it rests.
func (s *Session) SettleSome(steps int) error {
	var first error
	for _, j := range s.Jobs() {
		if _, err := j.work(steps); err != nil && first == nil {
			first = err
		}
	}
	return first
}

func (s *Session) halt(end func(j *Job, d *job.Job) error) error {
	for _, j := range s.Jobs() {
		if j.ended() || j.step.dead {
			continue
		}
		d := j.Durable()
		if d == nil {
			return errKeepsNothing
		}
		if err := end(j, d); err != nil {
			return err
		}
		j.step.dead = true
	}
	return nil
}

// Restore lets the jobs go on from their last checkpoints, with a number of
// subtasks, 0 for as many as they had.
func (s *Session) Restore(parallelism int) error {
	for _, j := range s.Jobs() {
		if j.ended() || !j.step.dead {
			continue
		}
		j.step.dead = false
		if err := j.Durable().Revive(parallelism); err != nil {
			if !errors.Is(err, job.ErrFinished) {
				j.err = err
			}
			j.cancel()
			close(j.done)
			if j.err != nil {
				return err
			}
		}
	}
	return s.Settle()
}
