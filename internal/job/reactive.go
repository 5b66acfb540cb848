package job

import (
	"context"
	"time"
)

// Reactive lets a job follow the cores that its process may use (Flink's reactive
// mode). The zero value does not.
type Reactive struct {
	// Cores is asked every Poll.
	Cores func() int
	Poll  time.Duration
	// Stable is how long their number must have been the same before the job is
	// rescaled, Cooldown the least time between two such rescalings.
	Stable, Cooldown time.Duration
}

// cores follows their number: what it is asked is how many subtasks there shall be.
type cores struct {
	Reactive
	most   int // subtasks, 0 = any number
	wanted int // 0: as many as there are
	since  time.Time
	last   time.Time // when the job was rescaled
}

// look gives the number of subtasks that a job shall have now that has so many.
func (c *cores) look(now time.Time, has int) (shall int, change bool) {
	n := max(c.Cores(), 1)
	if c.most > 0 {
		n = min(n, c.most)
	}
	if n == has {
		c.wanted = 0
		return has, false
	}
	if n != c.wanted {
		c.wanted, c.since = n, now
	}
	if now.Sub(c.since) < c.Stable || !c.last.IsZero() && now.Sub(c.last) < c.Cooldown {
		return has, false
	}
	c.wanted, c.last = 0, now
	return n, true
}

// react rescales the job until ctx is done.
func (j *Job) react(ctx context.Context) {
	c := &cores{Reactive: j.cfg.Reactive, most: j.cfg.Flow.Groups}
	for {
		woken, stop := j.cfg.Flow.Clock.After(c.Poll)
		select {
		case <-woken:
		case <-ctx.Done():
			stop()
			return
		}
		has := j.Parallelism()
		shall, change := c.look(j.cfg.Flow.Clock.Now(), has)
		if !change {
			continue
		}
		begun := j.cfg.Flow.Clock.Now()
		if err := j.Rescale(ctx, shall); err != nil {
			if ctx.Err() == nil {
				j.cfg.Tell("the process may use other cores, %d, but the job still has parallelism %d: %v", shall, j.Parallelism(), err)
			}
			continue
		}
		j.cfg.Tell("the process may use %d cores: the job goes on with parallelism %d instead of %d, after %s", shall, shall, has,
			j.cfg.Flow.Clock.Now().Sub(begun).Round(time.Millisecond))
	}
}
