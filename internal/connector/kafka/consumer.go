package kafka

import (
	"context"
	"sync"

	"github.com/twmb/franz-go/pkg/kgo"
)

// client makes a client; one that reads has the options for it.
func (p *properties) client(reads bool, more ...kgo.Opt) (*kgo.Client, error) {
	opts := append([]kgo.Opt{}, p.common...)
	if reads {
		level := kgo.ReadUncommitted()
		if p.committed {
			level = kgo.ReadCommitted()
		}
		opts = append(append(opts, kgo.FetchIsolationLevel(level)), p.fetch.opts()...)
	}
	cl, err := kgo.NewClient(append(opts, more...)...)
	if err != nil {
		return nil, p.explain("starting a client", err)
	}
	return cl, nil
}

// consumer is the client that the readers of a table share: it hands fetched
// records to the readers of their partitions.
type consumer struct {
	props    *properties
	client   *kgo.Client
	bulk     *bulk
	unpacker *unpacker
	stop     context.CancelFunc
	done     chan struct{}
	ends     sync.WaitGroup // what looks for them

	mu      sync.Mutex
	readers map[partition]*reader
}

func newConsumer(s *source) (*consumer, error) {
	p := s.cfg.props
	p.health.again()
	reset := kgo.NoResetOffset()
	switch p.reset {
	case "earliest":
		reset = kgo.NewOffset().AtStart()
	case "latest":
		reset = kgo.NewOffset().AtEnd()
	}
	// Control records tell how far a partition has been read where the last records
	// are those of transactions.
	cl, err := p.client(true, kgo.ConsumeResetOffset(reset), kgo.KeepControlRecords(), kgo.WithPools(newPools()))
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(context.Background())
	c := &consumer{props: p, client: cl, stop: stop, done: make(chan struct{}), readers: map[partition]*reader{}, unpacker: newUnpacker()}
	c.bulk = newBulk(ctx, c)
	go c.poll(ctx)
	go c.watch(ctx)
	if s.Bounded() {
		c.ends.Go(func() { c.watchEnds(ctx) })
	}
	return c, nil
}

// add starts fetching for a reader, in bulk: of what is read from where it begins there
// is much, as a rule.
func (c *consumer) add(r *reader) {
	c.mu.Lock()
	r.consumer = c
	c.readers[r.partition] = r
	c.mu.Unlock()
	if c.bulk.takes(r) {
		c.bulk.enter(&place{reader: r, next: r.start, epoch: -1})
		return
	}
	c.client.AddConsumePartitions(map[string]map[int32]kgo.Offset{r.topic: {r.n: kgo.NewOffset().At(r.start)}})
}

// remove ends fetching for a reader and reports whether it was the last.
func (c *consumer) remove(r *reader) bool {
	c.mu.Lock()
	_, ok := c.readers[r.partition]
	delete(c.readers, r.partition)
	left := len(c.readers)
	c.mu.Unlock()
	if ok {
		c.bulk.close(r)
		c.client.RemoveConsumePartitions(map[string][]int32{r.topic: {r.n}})
	}
	return left == 0
}

// close ends the client; no reader is left.
func (c *consumer) close() {
	c.stop()
	<-c.done
	c.bulk.end()
	c.ends.Wait()
	c.client.Close()
}

// poll hands out fetches until the consumer is closed.
func (c *consumer) poll(ctx context.Context) {
	defer close(c.done)
	for {
		fs := c.client.PollFetches(ctx)
		if ctx.Err() != nil || fs.IsClientClosed() {
			fs.EachRecord(func(r *kgo.Record) { r.Recycle() })
			return
		}
		var busy []*place
		fs.EachPartition(func(p kgo.FetchTopicPartition) {
			if b := c.hand(p); b != nil {
				busy = append(busy, b)
			}
		})
		if len(busy) > 0 {
			c.toBulk(busy)
		}
	}
}

// watch tells the readers when a broker does not accept the user.
func (c *consumer) watch(ctx context.Context) {
	select {
	case <-c.props.health.denial():
	case <-ctx.Done():
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, r := range c.readers {
		r.push(fetched{}, c.props.health.denied())
	}
}

// hand gives what was fetched of a partition to its reader. It returns where to go on
// with one of which there is much.
func (c *consumer) hand(p kgo.FetchTopicPartition) *place {
	c.mu.Lock()
	r := c.readers[partition{p.Topic, p.Partition}]
	readers := make([]*reader, 0, 1)
	if r != nil {
		readers = append(readers, r)
	} else if p.Partition < 0 && p.Err != nil { // of the client as a whole
		for _, r := range c.readers {
			readers = append(readers, r)
		}
	}
	c.mu.Unlock()
	f := fetched{records: p.Records, bytes: burden(p.Records)}
	if r != nil && c.bulk.has(r) || r == nil { // what the client had fetched before
		for _, x := range p.Records {
			x.Recycle()
		}
		f = fetched{}
	}
	for _, r := range readers {
		r.push(f, p.Err)
	}
	if f.bytes < busyFrom || p.Err != nil || !c.bulk.takes(r) {
		return nil
	}
	last := p.Records[len(p.Records)-1]
	return &place{reader: r, next: last.Offset + 1, epoch: last.LeaderEpoch}
}

// toBulk takes partitions from the client.
func (c *consumer) toBulk(ps []*place) {
	gone := map[string][]int32{}
	for _, p := range ps {
		gone[p.topic] = append(gone[p.topic], p.n)
	}
	c.client.RemoveConsumePartitions(gone)
	c.bulk.enter(ps...)
	for _, p := range ps {
		p.unpause()
	}
}
