package connector

import (
	"bytes"
	"context"
	"io"
	"slices"
	"sync"
	"time"

	"github.com/weir-stream/weir/internal/clock"
)

// Queued is implemented by writers that hand rows on in the background, so that a
// checkpoint need not wait for who reads them.
type Queued interface {
	// Queue has wake called, from anywhere, when Full may no longer hold. It is called
	// once, after Open, and tells whether the writer is one of that kind.
	Queue(wake func()) bool
	// Full reports that nothing more should be written for now.
	Full() bool
	// Leave waits until all is handed on: the next Prepare is the last before a stop.
	Leave(ctx context.Context) error
}

// MayBlock reports whether writing to w may take as long as somebody else pleases, as it
// says itself.
func MayBlock(w io.Writer) bool {
	x, ok := w.(interface{ MayBlock() bool })
	return ok && x.MayBlock()
}

// Outbox is what rows for standard output are written to. If that may block they wait
// here, about outboxTime long, and a goroutine hands them on. What waits at a
// checkpoint is the handle of Prepare: Commit hands it on again after a restart, and
// does nothing in the run that has it.
type Outbox struct {
	w     io.Writer
	clock clock.Clock
	async bool
	wake  func()

	mu      sync.Mutex
	next    []byte // comes after cur
	cur     []byte // what is left of buf
	buf     []byte
	busy    chan struct{} // closed when the goroutine ends; nil: there is none
	err     error
	closed  bool
	starved bool // somebody saw it full
	limit   int  // bytes
	// Sums over the last writes, old ones weighing less and less.
	spent, written float64
	handles        int64 // that are not committed yet
}

const (
	outboxTime  = 20 * time.Millisecond
	outboxFirst = 64 << 10 // until it is known how fast it goes
	outboxLeast = 4 << 10
	outboxMost  = 1 << 20
	outboxWrite = 4 << 10 // bytes that are written at a time, up to a whole line
)

// NewOutbox gives an outbox to w, whose Write may be called by other goroutines.
func NewOutbox(w io.Writer, c clock.Clock) *Outbox {
	return &Outbox{w: w, clock: c, async: MayBlock(w), limit: outboxFirst}
}

// Queue implements Queued.
func (o *Outbox) Queue(wake func()) bool {
	o.wake = wake
	return o.async
}

// Write hands p on, now or in the background. An error may be that of an earlier call.
func (o *Outbox) Write(p []byte) (int, error) {
	if !o.async {
		return o.w.Write(p)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.err != nil {
		return 0, o.err
	}
	o.next = append(o.next, p...)
	if o.busy == nil && len(p) > 0 {
		o.busy = make(chan struct{})
		go o.run(o.busy)
	}
	return len(p), nil
}

// run hands on what waits until nothing does.
func (o *Outbox) run(busy chan struct{}) {
	defer close(busy)
	for {
		p := o.take()
		if p == nil {
			return
		}
		begun := o.clock.Now()
		_, err := o.w.Write(p)
		o.wrote(len(p), o.clock.Now().Sub(begun), err)
	}
}

// take gives what is to be written next; nil: the goroutine ends.
func (o *Outbox) take() []byte {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.cur) == 0 {
		o.buf, o.next = o.next, o.buf[:0]
		if o.cur = o.buf; cap(o.next) > outboxMost {
			o.next = nil
		}
	}
	if len(o.cur) == 0 || o.err != nil || o.closed {
		o.busy = nil
		return nil
	}
	n := len(o.cur)
	if n > outboxWrite {
		if i := bytes.LastIndexByte(o.cur[:outboxWrite], '\n'); i >= 0 {
			n = i + 1
		} else if i := bytes.IndexByte(o.cur[outboxWrite:], '\n'); i >= 0 {
			n = outboxWrite + i + 1
		}
	}
	return o.cur[:n]
}

func (o *Outbox) wrote(n int, took time.Duration, err error) {
	o.mu.Lock()
	o.cur, o.err = o.cur[n:], err
	o.spent, o.written = o.spent*0.95+float64(max(took, time.Microsecond)), o.written*0.95+float64(n)
	o.limit = min(max(int(o.written/o.spent*float64(outboxTime)), outboxLeast), outboxMost)
	wake := o.starved && (o.waiting() < o.limit || err != nil)
	if wake {
		o.starved = false
	}
	o.mu.Unlock()
	if wake && o.wake != nil {
		o.wake()
	}
}

func (o *Outbox) waiting() int { return len(o.cur) + len(o.next) }

// Full implements Queued.
func (o *Outbox) Full() bool {
	if !o.async {
		return false
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.starved = o.waiting() >= o.limit && o.err == nil
	return o.starved
}

// Leave waits until all is handed on.
func (o *Outbox) Leave(ctx context.Context) error {
	for {
		o.mu.Lock()
		busy, err := o.busy, o.err
		o.mu.Unlock()
		if busy == nil || err != nil {
			return err
		}
		select {
		case <-busy:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// Prepare gives what waits as a handle, nil if nothing does.
func (o *Outbox) Prepare() ([]byte, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.waiting() == 0 || o.err != nil {
		return nil, o.err
	}
	o.handles++
	return slices.Concat(o.cur, o.next), nil
}

// Commit hands on what another run had prepared.
func (o *Outbox) Commit(handle []byte) error {
	o.mu.Lock()
	own := o.handles > 0
	if own {
		o.handles--
	}
	o.mu.Unlock()
	if own {
		return nil
	}
	_, err := o.Write(handle)
	return err
}

// Close drops what waits.
func (o *Outbox) Close() error {
	o.mu.Lock()
	o.closed = true
	busy := o.busy
	o.mu.Unlock()
	if busy != nil {
		<-busy
	}
	return nil
}
