package engine

import (
	"context"
	"errors"
	"math"
	"time"

	"github.com/weir-stream/weir/internal/clock"
	"github.com/weir-stream/weir/internal/sql"
	"github.com/weir-stream/weir/internal/vec"
)

// ErrDetached is what an Output's Query answers to keep the query running after
// it returns, in an engine whose jobs are stepped: its rows are taken later.
var ErrDetached = errors.New("the query goes on")

// stepped is the part of a job that runs only when it is told to.
type stepped struct {
	clock  *clock.Fake
	wakeMs int64
	rows   []*vec.Batch // of a query, not yet taken
	dead   bool         // it was killed or stopped, until Restore
}

// settle runs a stepped job until it rests; it may be called after its end.
func (j *Job) settle() error {
	_, err := j.work(unlimited)
	return err
}

// unlimited lets a job run until it rests.
const unlimited = math.MaxInt

// work settles a job in a number of steps and reports whether there was anything to
// do.
func (j *Job) work(steps int) (worked bool, err error) {
	if j.ended() {
		return false, j.err
	}
	if j.step.dead {
		return false, nil
	}
	s, err := j.flow.Settle(steps)
	err = j.hide.Error(err)
	j.step.wakeMs = s.WakeMs
	if s.Done {
		j.err = err
		j.cancel()
		close(j.done)
	}
	return s.Worked, err
}

// await waits for the end of a job, or of ctx. A stepped job that waits for time
// gets it.
func (j *Job) await(ctx context.Context) error {
	for j.step != nil {
		if err := j.settle(); err != nil || j.ended() {
			break
		}
		if j.step.wakeMs == math.MaxInt64 {
			j.cancel() // for input that never comes
			continue
		}
		j.step.sleep()
	}
	select {
	case <-j.done:
		return j.err
	case <-ctx.Done(): // the job sees it too
		return context.Cause(ctx)
	}
}

// abort cancels a job and waits for its end.
func (j *Job) abort() {
	j.cancel()
	if j.step != nil {
		if j.step.dead {
			return
		}
		_ = j.settle()
	}
	<-j.done
}

func (j *Job) ended() bool {
	select {
	case <-j.done:
		return true
	default:
		return false
	}
}

// sleep moves the clock to where the job has something to do.
func (s *stepped) sleep() {
	s.clock.Advance(max(time.UnixMilli(s.wakeMs).Sub(s.clock.Now()), time.Millisecond))
}

// Settle runs the session's jobs until all of them rest at the clock's present
// time, those that were started first before the others and again where one has
// written what another reads, and gives the first failure. It needs
// Config.Stepped.
func (s *Session) Settle() error {
	var first error
	for worked := true; worked; {
		worked = false
		for _, j := range s.Jobs() {
			w, err := j.work(unlimited)
			worked = worked || w
			if err != nil && first == nil {
				first = err
			}
		}
	}
	return first
}

// Advance moves the clock of Config.Stepped forward by d. Jobs run at each time
// at which one of them has something to do, and at the end.
func (s *Session) Advance(d time.Duration) error {
	c := s.eng.cfg.Stepped
	until := c.Now().Add(d)
	for {
		if err := s.Settle(); err != nil {
			return err
		}
		now, next := c.Now(), s.nextWake()
		if !now.Before(until) {
			return nil
		}
		c.Advance(min(until.Sub(now), max(next.Sub(now), time.Millisecond)))
	}
}

// nextWake is when the first job has something to do without more input.
func (s *Session) nextWake() time.Time {
	wake := int64(math.MaxInt64)
	for _, j := range s.Jobs() {
		if !j.ended() && !j.step.dead {
			wake = min(wake, j.step.wakeMs)
		}
	}
	if wake == math.MaxInt64 {
		return s.eng.cfg.Stepped.Now().Add(math.MaxInt64)
	}
	return time.UnixMilli(wake)
}

// nextStepped runs a query until it has rows or has ended. A query that waits
// for time gets it.
func (q *Query) nextStepped() (*vec.Batch, error) {
	for {
		if b := q.takeStepped(); b != nil {
			return b, nil
		}
		if q.ended() {
			return nil, q.err
		}
		if err := q.settle(); err != nil || len(q.step.rows) > 0 || q.ended() {
			continue
		}
		if q.step.wakeMs == math.MaxInt64 {
			return nil, errors.New("the query waits for rows that never come")
		}
		q.step.sleep()
	}
}

func (q *Query) takeStepped() *vec.Batch {
	if len(q.step.rows) == 0 {
		return nil
	}
	b := q.step.rows[0]
	q.step.rows = q.step.rows[1:]
	return b
}

// substituted gives the declaration of a table as Config.Substitute wants it.
func (e *Engine) substituted(st *sql.CreateTable) (*sql.CreateTable, error) {
	if e.cfg.Substitute == nil {
		return st, nil
	}
	return e.cfg.Substitute(st)
}
