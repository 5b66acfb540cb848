package connector

import (
	"sync"
	"time"

	"github.com/weir-stream/weir/internal/clock"
)

// Notifier is implemented by readers of which one task may have very many: instead
// of waiting for each, it waits for a channel that all of them share, and asks which
// have something.
type Notifier interface {
	// Notify makes c receive, without waiting, where Ready would.
	Notify(c chan<- struct{})
	// Waits reports that a Read would have nothing now.
	Waits() bool
}

// Waker is the Ready channel of sources that have nothing to read until some
// time: generators with a rate. It belongs to one reader.
type Waker struct {
	clock clock.Clock
	ready chan struct{}
	done  chan struct{}
	once  sync.Once
	armed chan struct{} // holds a token while a wake-up is under way
}

// NewWaker gives a waker on a clock.
func NewWaker(c clock.Clock) *Waker {
	return &Waker{clock: c, ready: make(chan struct{}, 1), done: make(chan struct{}), armed: make(chan struct{}, 1)}
}

// Ready receives when the time has come.
func (w *Waker) Ready() <-chan struct{} { return w.ready }

// After arms the waker, unless it is armed already.
func (w *Waker) After(d time.Duration) {
	select {
	case w.armed <- struct{}{}:
	default:
		return
	}
	c, stop := w.clock.After(d)
	go func() {
		defer stop()
		select {
		case <-c:
			<-w.armed
			select {
			case w.ready <- struct{}{}:
			default:
			}
		case <-w.done:
		}
	}()
}

// Close ends a wait.
func (w *Waker) Close() { w.once.Do(func() { close(w.done) }) }
