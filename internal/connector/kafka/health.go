package kafka

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/weir-stream/weir/internal/clock"
	"github.com/weir-stream/weir/internal/connector"
)

// quietFor is how long a broker may not answer before the user is told: restarts of
// brokers that others stand in for pass unnoticed.
const quietFor = 2 * time.Second

// health tells of brokers that do not answer. The clients of a table try again by
// themselves, so that a job goes on when they do; without a word it would seem to
// hang.
type health struct {
	table string
	out   io.Writer
	clock clock.Clock

	mu      sync.Mutex
	down    map[string]*outage // by address
	refusal error              // of the user, by a broker
	refused chan struct{}      // closed then
}

// outage is one of a broker.
type outage struct {
	since time.Time
	told  bool
}

var (
	_ kgo.HookBrokerConnect = (*health)(nil)
	_ kgo.Logger            = (*health)(nil)
)

// Level asks the clients for errors.
func (h *health) Level() kgo.LogLevel { return kgo.LogLevelError }

// Log looks for a user that brokers no longer accept, of which clients only tell their
// log: they try again for ever, though nothing becomes better by it.
func (h *health) Log(_ kgo.LogLevel, _ string, pairs ...any) {
	for _, x := range pairs {
		err, ok := x.(error)
		if !ok || !errors.Is(err, kerr.SaslAuthenticationFailed) {
			continue
		}
		h.mu.Lock()
		if h.refusal == nil {
			h.refusal = err
			close(h.refused)
		}
		h.mu.Unlock()
	}
}

// denied is the error of a broker that does not accept the user, nil while all do.
func (h *health) denied() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.refusal
}

// again forgets what a run before was told: its user may be accepted now.
func (h *health) again() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.refusal != nil {
		h.refusal, h.refused = nil, make(chan struct{})
	}
}

// denial is closed when a broker does not accept the user.
func (h *health) denial() <-chan struct{} {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.refused
}

// accepted ends a context when a broker does not accept the user.
func (h *health) accepted(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, stop := context.WithCancel(ctx)
	denial := h.denial()
	go func() {
		select {
		case <-denial:
			stop()
		case <-ctx.Done():
		}
	}()
	return ctx, stop
}

func newHealth(t *connector.Table) *health {
	h := &health{table: t.Name, out: t.Env.Stderr, clock: t.Env.Clock, down: map[string]*outage{}, refused: make(chan struct{})}
	if h.out == nil {
		h.out = io.Discard
	}
	if h.clock == nil {
		h.clock = clock.System{}
	}
	return h
}

// OnBrokerConnect is called by the clients after each try to connect.
func (h *health) OnBrokerConnect(b kgo.BrokerMetadata, took time.Duration, _ net.Conn, err error) {
	addr := net.JoinHostPort(b.Host, fmt.Sprint(b.Port))
	h.mu.Lock()
	defer h.mu.Unlock()
	o := h.down[addr]
	switch {
	case err == nil:
		if o != nil && o.told {
			h.say("the broker %s answers again", addr)
		}
		delete(h.down, addr)
	case errors.Is(err, context.Canceled), errors.Is(err, kgo.ErrClientClosed):
	default:
		now := h.clock.Now()
		if o == nil {
			o = &outage{since: now.Add(-took)}
			h.down[addr] = o
		}
		if o.told || now.Sub(o.since) < quietFor {
			return
		}
		o.told = true
		h.say("the broker %s does not answer, the job waits for it: %v", addr, err)
	}
}

// say warns; a failing stderr is nobody's fault here.
func (h *health) say(what string, args ...any) {
	_, _ = fmt.Fprintf(h.out, "warning: table %s: %s\n", h.table, fmt.Sprintf(what, args...))
}

// transient reports errors of brokers that are down, restart or change places.
// Addresses that mean nothing and listeners of another protocol are none.
func transient(err error) bool {
	var dns *net.DNSError
	var peer *net.OpError
	switch {
	case errors.As(err, &dns), errors.Is(err, context.Canceled), errors.Is(err, kerr.UnknownTopicOrPartition), errors.Is(err, kerr.UnknownTopicID):
		return false
	case errors.As(err, &peer):
		return peer.Op != "remote error" // of TLS
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, kgo.ErrRecordTimeout):
		return true
	}
	return kgo.IsRetryableBrokerErr(err) || kerr.IsRetriable(err)
}

// patiently calls f again while brokers do not answer, until the context ends.
func (h *health) patiently(ctx context.Context, f func() error) error {
	pause := 50 * time.Millisecond
	for {
		err := f()
		if err == nil || !transient(err) || ctx.Err() != nil {
			return err
		}
		if clock.Sleep(ctx, h.clock, pause) != nil {
			return err
		}
		pause = min(2*pause, time.Second)
	}
}
