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
		opts = append(append(opts, kgo.FetchIsolationLevel(level)), p.consume...)
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
	props  *properties
	client *kgo.Client
	stop   context.CancelFunc
	done   chan struct{}

	mu      sync.Mutex
	readers map[partition]*reader
}

func newConsumer(s *source) (*consumer, error) {
	p := s.cfg.props
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
	c := &consumer{props: p, client: cl, stop: stop, done: make(chan struct{}), readers: map[partition]*reader{}}
	go c.poll(ctx)
	return c, nil
}

// add starts fetching for a reader.
func (c *consumer) add(r *reader) {
	c.mu.Lock()
	r.consumer = c
	c.readers[r.partition] = r
	c.mu.Unlock()
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
		c.client.RemoveConsumePartitions(map[string][]int32{r.topic: {r.n}})
	}
	return left == 0
}

// close ends the client; no reader is left.
func (c *consumer) close() {
	c.stop()
	<-c.done
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
		fs.EachPartition(func(p kgo.FetchTopicPartition) {
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
			if r == nil {
				for _, x := range p.Records {
					x.Recycle()
				}
			}
			for _, r := range readers {
				r.push(p.Records, p.Err)
			}
		})
	}
}
