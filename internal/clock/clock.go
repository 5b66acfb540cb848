// Package clock makes time a parameter: everything below the engine asks a
// Clock and never the operating system, so that tests and the simulator decide
// what time it is and when timers fire.
package clock

import (
	"context"
	"sync"
	"time"
)

// Clock tells the time and wakes who waits for it.
type Clock interface {
	// Now is the processing time.
	Now() time.Time
	// After gives a channel that receives once d has passed, and a function
	// that gives the timer up.
	After(d time.Duration) (c <-chan time.Time, stop func())
}

// Sleep waits until d has passed or ctx is done, and gives ctx's error then. On
// a Fake it moves the clock instead: jobs that are stepped run on the goroutine
// that would move it, so nobody else can.
func Sleep(ctx context.Context, c Clock, d time.Duration) error {
	if f, ok := c.(*Fake); ok {
		f.Advance(d)
		return ctx.Err()
	}
	woken, stop := c.After(d)
	select {
	case <-woken:
		return nil
	case <-ctx.Done():
		stop()
		return ctx.Err()
	}
}

// System is the operating system's clock.
type System struct{}

// Now is time.Now.
func (System) Now() time.Time { return time.Now() }

// After is a time.Timer.
func (System) After(d time.Duration) (<-chan time.Time, func()) {
	t := time.NewTimer(d)
	return t.C, func() { t.Stop() }
}

// Fake is a clock that moves only when told to. The zero value is not usable;
// make one with NewFake.
type Fake struct {
	mu     sync.Mutex
	now    time.Time
	timers map[chan time.Time]time.Time
}

// NewFake gives a clock that stands at t.
func NewFake(t time.Time) *Fake { return &Fake{now: t, timers: map[chan time.Time]time.Time{}} }

// Now gives the time that was set last.
func (f *Fake) Now() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.now
}

// After gives a channel that receives when the clock is moved past now+d.
func (f *Fake) After(d time.Duration) (<-chan time.Time, func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	c := make(chan time.Time, 1)
	if d <= 0 {
		c <- f.now
		return c, func() {}
	}
	f.timers[c] = f.now.Add(d)
	return c, func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		delete(f.timers, c)
	}
}

// Advance moves the clock forward and fires the timers that it passes.
func (f *Fake) Advance(d time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.now = f.now.Add(d)
	for c, at := range f.timers {
		if !at.After(f.now) {
			c <- f.now
			delete(f.timers, c)
		}
	}
}
