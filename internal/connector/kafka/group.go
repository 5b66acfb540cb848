package kafka

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/weir-stream/weir/internal/connector"
)

var _ connector.Reported = (*source)(nil)

// lastReport bounds how long the end of a job waits for the brokers to take where
// its consumer group stands.
const lastReport = 5 * time.Second

// reporter tells the brokers where a consumer group stands, in the background: it is
// for people and their tools, so that nothing waits for it, and what fails is only
// counted.
type reporter struct {
	mu      sync.Mutex
	client  *kgo.Client
	pending kadm.Offsets  // newer than what is being told
	running chan struct{} // closed when all is told; nil = nothing is
	told    bool
	failed  atomic.Int64
}

// Durable reports offsets to the consumer group, if the table has one.
func (s *source) Durable(positions map[string][]byte) {
	p := s.cfg.props
	if p.group == "" || p.silent || len(positions) == 0 {
		return
	}
	r := &s.reports
	r.mu.Lock()
	if r.pending == nil {
		r.pending = kadm.Offsets{}
	}
	for id, b := range positions {
		at, ok := partitionOf(id)
		bs, err := decodePosition(b)
		if ok && err == nil {
			r.pending.AddOffset(at.topic, at.n, bs.start, -1)
		}
	}
	if r.running == nil {
		r.running = make(chan struct{})
		go r.run(s, r.running)
	}
	running := r.running
	r.mu.Unlock()
	if !s.reading.Load() { // the last of the job
		<-running
		r.rest()
	}
}

// run reports until there is nothing left to.
func (r *reporter) run(s *source, done chan struct{}) {
	defer close(done)
	for {
		r.mu.Lock()
		os := r.pending
		if r.pending = nil; os == nil {
			r.running = nil
			r.mu.Unlock()
			return
		}
		r.mu.Unlock()
		err := r.commit(s.cfg.props, os)
		if err == nil {
			continue
		}
		r.failed.Add(1)
		if !transient(err) && !r.told {
			r.told = true
			s.cfg.props.health.say("the offsets of the consumer group '%s' cannot be told to the brokers, and the job goes on without: %v", s.cfg.props.group, err)
		}
	}
}

// commit tells the brokers. Only run calls it.
func (r *reporter) commit(p *properties, os kadm.Offsets) (err error) {
	if r.client == nil {
		if r.client, err = p.client(false); err != nil {
			return err
		}
	}
	ctx, stop := context.WithTimeout(context.Background(), lastReport)
	defer stop()
	return kadm.NewClient(r.client).CommitAllOffsets(ctx, p.group, os)
}

// rest closes the client if nothing is under way.
func (r *reporter) rest() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.running == nil && r.client != nil {
		r.client.Close()
		r.client = nil
	}
}
