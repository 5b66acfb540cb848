package flow

import (
	"errors"
	"math"
	"time"
)

// settleFor bounds the real time of one Settle: a source without end never lets
// a job come to rest.
const settleFor = 20 * time.Second

// ErrRestless is given by Settle for a job that always has more to do.
var ErrRestless = errors.New("the job did not come to rest")

// Settled is how a call of Settle leaves a job.
type Settled struct {
	Worked bool // there was something to do
	Done   bool // the job has ended
	// WakeMs is the processing time at which there will be more to do,
	// math.MaxInt64 if only input can bring some.
	WakeMs int64
}

// Settle runs the job in the calling goroutine until no task has work at the
// clock's present time: what was read has been worked through and written, and
// nothing is held back. The order of steps is fixed, so the same input gives the
// same output. It is for tests, with a clock that stands still meanwhile, and may
// be called again when there is more input or the clock has moved.
//
// It ends before the job rests when its tasks have taken a number of steps, so that
// it can be killed there.
//
// The result says whether there was anything to do and whether the job has ended,
// err how it ended.
func (j *Job) Settle(steps int) (s Settled, err error) {
	j.steps = steps
	if j.settled == nil {
		j.settled = append([]*task{}, j.tasks...)
	}
	j.coord.tick()
	started := time.Now()
	for {
		worked := false
		for _, t := range j.settled {
			worked = j.settle(t) || worked
		}
		j.settled = unfinished(j.settled)
		if len(j.settled) == 0 {
			return Settled{Worked: true, Done: true}, j.finish()
		}
		if j.steps <= 0 || !worked && !j.flushHeld() && !j.coord.save() {
			break
		}
		s.Worked = true
		if time.Since(started) > settleFor {
			j.cancel(ErrRestless)
		}
	}
	s.WakeMs = math.MaxInt64
	for _, t := range j.settled {
		s.WakeMs = min(s.WakeMs, t.wakeAt)
	}
	return s, nil
}

// AskCheckpoint makes the epoch that the next Settle begins with a durable one, if the
// job rests now.
func (j *Job) AskCheckpoint() { j.coord.ask(make(chan result, 1)) }

// settleSteps bounds the steps that one task takes in a row.
const settleSteps = 1024

// settle steps a task until it has nothing to do. It reports whether it had.
func (j *Job) settle(t *task) (worked bool) {
	for range settleSteps {
		if j.ctx.Err() != nil {
			t.exit()
			return true
		}
		if j.steps--; j.steps < 0 {
			return worked
		}
		switch j.step(t) {
		case stepDone:
			t.exit()
			return true
		case stepIdle:
			return worked
		}
		worked = true
	}
	return worked
}

// flushHeld lets go of changes that tasks hold back for the sake of others that
// may come.
func (j *Job) flushHeld() bool {
	worked := false
	for _, t := range j.settled {
		if t.dirty > 0 && len(t.todo) == 0 && !t.stalled() {
			t.do(action{kind: actFlushAll})
			worked = true
		}
	}
	return worked
}

func unfinished(ts []*task) []*task {
	left := ts[:0]
	for _, t := range ts {
		if !t.exited {
			left = append(left, t)
		}
	}
	return left
}
