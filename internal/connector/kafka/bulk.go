package kafka

import (
	"context"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/weir-stream/weir/internal/clock"
)

const (
	// busyFrom is how much of a partition, fetched at once, brings it into bulk.
	busyFrom = 64 << 10
	// quietAfter is how long a partition may have nothing before it leaves bulk.
	quietAfter = time.Second
	// bulkWait is how long a broker waits for records: partitions that have room again
	// meanwhile wait with it.
	bulkWait = 50 * time.Millisecond
	// What is fetched of a partition at once unless 'max.partition.fetch.bytes' says it:
	// much, since each fetch has its price, but not more of all than their share.
	bulkPartition = 2 << 20
	bulkAll       = 64 << 20
)

// bulk fetches partitions of which there is much to read, and keeps what came as it is:
// the client makes an object of each record, which costs half as much as decoding it.
//
// It knows only the way on which nothing goes wrong. Whatever else a broker says, and
// when there is nothing to read for a while, the partition goes back to the client,
// which knows all about leaders that change, epochs, offsets that are gone, followers,
// errors and waiting, and comes again when there is much of it.
type bulk struct {
	consumer *consumer
	ctx      context.Context
	running  sync.WaitGroup

	mu     sync.Mutex
	client *kgo.Client // with connections of its own; made when it is needed
	places map[*reader]*place
	lanes  map[int32]*lane // by broker
	comes  []*place        // whose leaders are to be asked for
	asks   bool            // somebody does
	goes   map[string]map[int32]kgo.Offset
}

// place is where a partition is being fetched. bulk.mu guards it.
type place struct {
	*reader
	next    int64 // offset
	epoch   int32 // of the leader that wrote what is before it, -1 if that is not known
	leader  int32 // epoch
	largest int   // batch
	asked   bool  // a fetch is under way
	since   time.Time
}

// lane is the fetching from a broker, one request at a time.
type lane struct {
	node   int32
	wake   chan struct{}
	places map[*reader]*place
	ids    map[string][16]byte // of topics
	names  map[[16]byte]string
}

func newBulk(ctx context.Context, c *consumer) *bulk {
	return &bulk{consumer: c, ctx: ctx, places: map[*reader]*place{}, lanes: map[int32]*lane{}, goes: map[string]map[int32]kgo.Offset{}}
}

// takes reports whether a partition may be fetched in bulk. Only the client reads from
// followers, and sets of messages as they were before Kafka 0.11.
func (b *bulk) takes(r *reader) bool { return !r.plain && b.consumer.props.fetch.rack == "" }

// has reports whether a partition is in bulk.
func (b *bulk) has(r *reader) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.places[r] != nil
}

// enter begins to fetch partitions, which the client does not, or no longer.
func (b *bulk) enter(ps ...*place) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, p := range ps {
		if !p.gone {
			b.places[p.reader] = p
			b.comes = append(b.comes, p)
		}
	}
	if len(b.comes) > 0 && !b.asks {
		b.asks = true
		b.running.Go(b.admit)
	}
}

// admit finds the leaders of those that entered, all at once that came meanwhile.
func (b *bulk) admit() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for len(b.comes) > 0 {
		ps := b.comes
		b.comes = nil
		b.mu.Unlock()
		resp, err := b.leaders(ps)
		b.mu.Lock()
		for _, p := range ps {
			if b.places[p.reader] == p && (err != nil || !b.assign(p, resp)) {
				b.leave(p)
				if err == nil && !knows(resp, p.topic) {
					b.running.Go(func() { b.miss(p) })
				}
			}
		}
		b.part()
	}
	b.asks = false
}

// leaders asks for the leaders of partitions.
func (b *bulk) leaders(ps []*place) (*kmsg.MetadataResponse, error) {
	b.mu.Lock()
	cl := b.client
	if cl == nil {
		var err error
		if cl, err = b.consumer.props.client(false); err != nil {
			b.mu.Unlock()
			return nil, err
		}
		b.client = cl
	}
	b.mu.Unlock()
	req := kmsg.NewPtrMetadataRequest()
	seen := map[string]bool{}
	for _, p := range ps {
		if !seen[p.topic] {
			seen[p.topic] = true
			t := kmsg.NewMetadataRequestTopic()
			t.Topic = kmsg.StringPtr(p.topic)
			req.Topics = append(req.Topics, t)
		}
	}
	return req.RequestWith(b.ctx, cl)
}

// assign gives a partition to the lane of its leader.
func (b *bulk) assign(p *place, resp *kmsg.MetadataResponse) bool {
	for _, t := range resp.Topics {
		if t.Topic == nil || *t.Topic != p.topic || t.ErrorCode != 0 {
			continue
		}
		for _, x := range t.Partitions {
			if x.Partition != p.n || x.ErrorCode != 0 || x.Leader < 0 {
				continue
			}
			p.leader, p.since = x.LeaderEpoch, b.now()
			l := b.lanes[x.Leader]
			if l == nil {
				l = &lane{node: x.Leader, wake: make(chan struct{}, 1), places: map[*reader]*place{}, ids: map[string][16]byte{}, names: map[[16]byte]string{}}
				b.lanes[x.Leader] = l
				b.running.Go(func() { b.run(l) })
			}
			l.ids[p.topic], l.names[t.TopicID] = t.TopicID, p.topic
			l.places[p.reader] = p
			p.lane.Store(l)
			l.nudge()
			return true
		}
	}
	return false
}

// Brokers are asked so many times, and so far apart, for a topic that one of them does
// not know: it may be new to it.
const (
	missTimes = 5
	missApart = 500 * time.Millisecond
)

// miss tells the reader of a partition that its topic is gone, if it is: the client
// waits for one that it never knew.
func (b *bulk) miss(p *place) {
	for range missTimes {
		if clock.Sleep(b.ctx, b.consumer.props.health.clock, missApart) != nil {
			return
		}
		if resp, err := b.leaders([]*place{p}); err != nil || knows(resp, p.topic) {
			return // what else is wrong the client tells
		}
	}
	p.push(fetched{}, kerr.UnknownTopicOrPartition)
}

// knows reports whether brokers know a topic.
func knows(resp *kmsg.MetadataResponse, topic string) bool {
	for _, t := range resp.Topics {
		if t.Topic != nil && *t.Topic == topic {
			return t.ErrorCode != kerr.UnknownTopicOrPartition.Code
		}
	}
	return false
}

func (b *bulk) now() time.Time { return b.consumer.props.health.clock.Now() }

// nudge tells a lane that something has changed.
func (l *lane) nudge() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// drop forgets a partition.
func (b *bulk) drop(r *reader) {
	delete(b.places, r)
	if l := r.lane.Swap(nil); l != nil {
		delete(l.places, r)
		l.nudge()
	}
}

// leave gives a partition back to the client, when part is called.
func (b *bulk) leave(p *place) {
	b.drop(p.reader)
	at := kgo.NewOffset().At(p.next)
	if p.epoch >= 0 {
		at = at.WithEpoch(p.epoch)
	}
	if b.goes[p.topic] == nil {
		b.goes[p.topic] = map[int32]kgo.Offset{}
	}
	b.goes[p.topic][p.n] = at
}

// part gives those back that leave. b.mu is held all the time, so that none is closed
// meanwhile.
func (b *bulk) part() {
	if len(b.goes) > 0 {
		b.consumer.client.AddConsumePartitions(b.goes)
		b.goes = map[string]map[int32]kgo.Offset{}
	}
}

// close forgets a partition that is no longer read.
func (b *bulk) close(r *reader) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.drop(r)
	r.gone = true
}

// end waits for all that runs; its context is over.
func (b *bulk) end() {
	b.running.Wait()
	if b.client != nil {
		b.client.Close()
	}
}

// run fetches until the lane has nothing left.
func (b *bulk) run(l *lane) {
	for b.ctx.Err() == nil {
		b.mu.Lock()
		if len(l.places) == 0 {
			delete(b.lanes, l.node)
			b.mu.Unlock()
			return
		}
		req := b.request(l)
		b.mu.Unlock()
		if req == nil {
			select {
			case <-l.wake:
			case <-b.ctx.Done():
			}
			continue
		}
		resp, err := b.client.Broker(int(l.node)).Request(b.ctx, req)
		b.mu.Lock()
		b.received(l, resp, err)
		b.mu.Unlock()
	}
}

// request asks for all partitions whose readers wait; it is nil if none does.
func (b *bulk) request(l *lane) *kmsg.FetchRequest {
	f := b.consumer.props.fetch
	most := f.partition
	if most == 0 {
		most = int32(max(min(bulkPartition, bulkAll/len(b.places)), busyFrom))
	}
	req := kmsg.NewPtrFetchRequest()
	req.MaxWaitMillis, req.MinBytes, req.MaxBytes = int32(min(f.wait, bulkWait).Milliseconds()), f.least, f.most
	if b.consumer.props.committed {
		req.IsolationLevel = 1
	}
	at := map[string]int{}
	for r, p := range l.places { // in no order: all come first at times
		if !r.waits() {
			continue
		}
		i, ok := at[r.topic]
		if !ok {
			i = len(req.Topics)
			at[r.topic] = i
			t := kmsg.NewFetchRequestTopic()
			t.Topic, t.TopicID = r.topic, l.ids[r.topic]
			req.Topics = append(req.Topics, t)
		}
		x := kmsg.NewFetchRequestTopicPartition()
		x.Partition, x.FetchOffset, x.CurrentLeaderEpoch, x.LastFetchedEpoch, x.PartitionMaxBytes = r.n, p.next, p.leader, p.epoch, p.ask(most)
		req.Topics[i].Partitions = append(req.Topics[i].Partitions, x)
		p.asked = true
	}
	if len(req.Topics) == 0 {
		return nil
	}
	return req
}

// ask is how much to fetch of a partition. Brokers cut the last batch off anywhere,
// and what there is of it was sent in vain: where batches are large, it is some whole
// ones and a little more.
func (p *place) ask(most int32) int32 {
	if n := int32(p.largest); n > most/8 {
		return max(1, (most+n/2)/n)*n + n/16
	}
	return most
}

// received hands out what a broker sent.
func (b *bulk) received(l *lane, resp kmsg.Response, err error) {
	got, ok := resp.(*kmsg.FetchResponse)
	if err == nil && ok && got.ErrorCode == 0 {
		for _, t := range got.Topics {
			name := t.Topic
			if name == "" {
				name = l.names[t.TopicID]
			}
			for i := range t.Partitions {
				b.consumer.mu.Lock()
				r := b.consumer.readers[partition{name, t.Partitions[i].Partition}]
				b.consumer.mu.Unlock()
				if p := l.places[r]; p != nil && p.asked {
					p.asked = false
					b.partition(p, &t.Partitions[i])
				}
			}
		}
	}
	for _, p := range l.places { // those that the broker did not answer for
		if p.asked {
			p.asked = false
			b.leave(p)
		}
	}
	b.part()
}

// partition hands what came of a partition to its reader.
func (b *bulk) partition(p *place, x *kmsg.FetchResponseTopicPartition) {
	raw, largest, ok := whole(x.RecordBatches)
	if !ok {
		p.plain = true
	}
	p.largest = max(p.largest, largest)
	switch now := b.now(); {
	case x.ErrorCode == kerr.UnknownTopicOrPartition.Code, x.ErrorCode == kerr.UnknownTopicID.Code:
		b.leave(p)
		b.running.Go(func() { b.miss(p) })
	case kerr.ErrorForCode(x.ErrorCode) != nil, x.PreferredReadReplica >= 0, x.DivergingEpoch.EndOffset >= 0, !ok:
		b.leave(p)
	case len(raw) > 0:
		p.next, p.epoch = ends(raw)
		p.since = now
		p.push(fetched{raw: batches{rest: raw, aborted: newAborted(x.AbortedTransactions)}, bytes: len(raw)}, nil)
	case len(x.RecordBatches) > 0, now.Sub(p.since) > quietAfter:
		b.leave(p)
	}
}
