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

	mu   sync.Mutex
	down map[string]*outage // by address
}

// outage is one of a broker.
type outage struct {
	since time.Time
	told  bool
}

var _ kgo.HookBrokerConnect = (*health)(nil)

func newHealth(t *connector.Table) *health {
	h := &health{table: t.Name, out: t.Env.Stderr, clock: t.Env.Clock, down: map[string]*outage{}}
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
