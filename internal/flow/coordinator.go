package flow

import (
	"sync"
	"time"

	"github.com/weir-stream/weir/internal/op"
)

// coordinator cuts epochs on the clock. At most two are in flight; every epoch
// that starts CommitEvery after the last commit commits the sinks once all
// tasks have passed it.
type coordinator struct {
	job *Job

	mu         sync.Mutex
	epoch      int64
	stopping   bool
	acked      map[int64]int
	live       int
	lastCut    time.Time
	lastCommit time.Time
	committing map[int64]bool
	complete   int64
}

func newCoordinator(j *Job) *coordinator {
	now := j.cfg.Clock.Now()
	return &coordinator{job: j, acked: map[int64]int{}, committing: map[int64]bool{}, lastCut: now, lastCommit: now}
}

// run ticks until the tasks are done.
func (c *coordinator) run(done <-chan struct{}) {
	if c.job.cfg.Batch {
		<-done
		return
	}
	for {
		timer, stop := c.job.cfg.Clock.After(c.job.cfg.EpochEvery)
		select {
		case <-done:
			stop()
			return
		case <-timer:
			c.tick()
		}
	}
}

// tick starts an epoch if one is due.
func (c *coordinator) tick() {
	c.mu.Lock()
	now := c.job.cfg.Clock.Now()
	due := !c.job.cfg.Batch && !c.stopping && now.Sub(c.lastCut) >= c.job.cfg.EpochEvery && c.epoch < c.complete+2
	if due {
		c.cut(now)
	}
	c.mu.Unlock()
	if due {
		c.wakeSources()
	}
}

func (c *coordinator) cut(now time.Time) {
	c.epoch++
	c.lastCut = now
	if now.Sub(c.lastCommit) >= c.job.cfg.CommitEvery {
		c.lastCommit = now
		c.committing[c.epoch] = true
	}
}

func (c *coordinator) wakeSources() {
	for _, t := range c.job.tasks {
		if t.isSource {
			t.wake()
		}
	}
}

// stop cuts the last epoch.
func (c *coordinator) stop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.stopping {
		c.stopping = true
		c.epoch++
	}
}

// current is the epoch that sources should have sent, and whether the job stops
// after it.
func (c *coordinator) current() (int64, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.epoch, c.stopping
}

// commits reports whether sinks prepare at this epoch.
func (c *coordinator) commits(epoch int64) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.committing[epoch]
}

// ack records that a task has passed an epoch.
func (c *coordinator) ack(_ *task, epoch int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.acked[epoch]++
	c.advance()
}

// end records that a task is finished: it counts for all later epochs.
func (c *coordinator) end(_ *task) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.live--
	c.advance()
}

// advance completes epochs in order and lets sinks commit.
func (c *coordinator) advance() {
	for c.complete < c.epoch && c.acked[c.complete+1] >= c.live {
		c.complete++
		delete(c.acked, c.complete)
		if !c.committing[c.complete] {
			continue
		}
		delete(c.committing, c.complete)
		for _, t := range c.job.tasks {
			t.commitTo.Store(c.complete)
			t.wake()
		}
	}
}

// last prepares and commits what the sinks hold after all tasks are done.
func (c *coordinator) last() error {
	epoch := uint64(c.epoch + 1)
	for _, t := range c.job.tasks {
		for _, n := range t.nodes {
			if e, ok := n.op.(op.Epocher); ok {
				if err := e.Prepare(epoch); err != nil {
					return err
				}
			}
		}
	}
	for _, t := range c.job.tasks {
		if err := t.commit(epoch); err != nil {
			return err
		}
	}
	return nil
}
