package job

import (
	"errors"
	"math"
	"syscall"
	"time"

	"github.com/weir-stream/weir/internal/snapshot"
	"github.com/weir-stream/weir/internal/sqlerr"
)

// Kind of restart strategy (restart-strategy.type).
type Kind uint8

// The kinds, with Flink's names.
const (
	Exponential Kind = iota // exponential-delay
	Fixed                   // fixed-delay
	Rate                    // failure-rate
	Never                   // none, off, disable
)

// Strategy says whether and when a job that failed starts again.
type Strategy struct {
	Kind Kind
	// Attempts of Fixed; of Exponential without a quiet time in between, 0 = any
	// number.
	Attempts int
	// Delay of Fixed and Rate.
	Delay time.Duration
	// Failures of Rate that are too many within Interval.
	Failures int
	Interval time.Duration
	// Exponential: the first wait, its growth, its bound, the part of it that is
	// left to chance, and the time without a failure after which it is the first
	// again.
	Initial, Max time.Duration
	Multiplier   float64
	Jitter       float64
	Reset        time.Duration
}

// DefaultStrategy is Flink's of jobs with checkpoints.
func DefaultStrategy() Strategy {
	return Strategy{Kind: Exponential, Initial: time.Second, Max: time.Minute, Multiplier: 1.5, Jitter: 0.1, Reset: time.Hour, Delay: time.Second, Attempts: 0, Failures: 1, Interval: time.Minute}
}

// sameFaults is how often in a row a job may fail of one cause, without a durable
// epoch in between, before that is taken to be the input's fault or the script's
// rather than one that passes.
const sameFaults = 3

// history is the failures of a job so far.
type history struct {
	strategy Strategy
	random   func() float64 // in [0, 1)

	times []time.Time
	run   int // failures since the last quiet time
	last  string
	same  int
}

// next tells how long to wait after a failure at now before another start; ok is
// false if there is to be none. progressed tells that epochs became durable since
// the last start.
func (h *history) next(now time.Time, err error, progressed bool) (wait time.Duration, ok bool) {
	s := h.strategy
	if s.Kind == Never || poison(err) || snapshot.Superseded(err) { // two runs would take over from each other for ever
		return 0, false
	}
	if text := cause(err); text == h.last && !progressed {
		h.same++
	} else {
		h.last, h.same = text, 1
	}
	if h.same >= sameFaults {
		return 0, false
	}
	if n := len(h.times); n > 0 && now.Sub(h.times[n-1]) >= s.Reset && s.Kind == Exponential {
		h.run = 0
	}
	h.times = append(h.times, now)
	h.run++
	switch s.Kind {
	case Fixed:
		return s.Delay, h.run <= s.Attempts
	case Rate:
		recent := 0
		for _, t := range h.times {
			if now.Sub(t) < s.Interval {
				recent++
			}
		}
		return s.Delay, recent <= s.Failures
	}
	d := float64(s.Initial) * math.Pow(s.Multiplier, float64(h.run-1))
	d = min(d, float64(s.Max))
	d += d * s.Jitter * (2*h.random() - 1)
	return time.Duration(d), s.Attempts == 0 || h.run <= s.Attempts
}

// cause tells faults apart. A full disk is one whatever file met it: each run has
// a log of its own.
func cause(err error) string {
	if errors.Is(err, syscall.ENOSPC) {
		return "the disk is full"
	}
	return err.Error()
}

// poison reports errors that another try over the same rows would meet again:
// those of the script, of values and of records.
func poison(err error) bool {
	var e *sqlerr.Error
	return errors.As(err, &e) && e.Code != sqlerr.Runtime
}
