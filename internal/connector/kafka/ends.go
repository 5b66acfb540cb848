package kafka

import (
	"context"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/weir-stream/weir/internal/clock"
)

// quietBefore is how long a partition that is read to an end may have nothing before
// its broker is asked whether there is anything left.
const quietBefore = 200 * time.Millisecond

// tails looks for the ends of partitions where no record tells: compaction, or a
// transaction that was aborted, has removed the last ones, and the client says nothing
// of what it was not given.
type tails struct {
	consumer *consumer
	client   *kgo.Client
	seen     map[*reader]int64 // where readers waited at the last look
}

// watchEnds looks until the context is over.
func (c *consumer) watchEnds(ctx context.Context) {
	e := &tails{consumer: c, seen: map[*reader]int64{}}
	defer func() {
		if e.client != nil {
			e.client.Close()
		}
	}()
	for clock.Sleep(ctx, clock.System{}, quietBefore) == nil {
		for _, r := range e.quiet() {
			if ctx.Err() != nil {
				return
			}
			e.look(ctx, r)
		}
	}
}

// quiet lists the readers that wait where they waited at the last look.
func (e *tails) quiet() []*reader {
	e.consumer.mu.Lock()
	defer e.consumer.mu.Unlock()
	var out []*reader
	now := make(map[*reader]int64, len(e.seen))
	for _, r := range e.consumer.readers {
		at, ok := r.waitsAt()
		if !ok {
			continue
		}
		if was, is := e.seen[r]; is && was == at {
			out = append(out, r)
		}
		now[r] = at
	}
	e.seen = now
	return out
}

// look asks the leader of a partition what there is from where its reader waits on.
// Errors are the client's to tell: it tries the same.
func (e *tails) look(ctx context.Context, r *reader) {
	ctx, stop := context.WithTimeout(ctx, r.cfg.props.timeout)
	defer stop()
	if e.client == nil {
		cl, err := e.consumer.props.client(false)
		if err != nil {
			return
		}
		e.client = cl
	}
	topics, err := kadm.NewClient(e.client).ListTopics(ctx, r.topic)
	if err != nil {
		return
	}
	topic := topics[r.topic]
	p, ok := topic.Partitions[r.n]
	if !ok || p.Leader < 0 {
		return
	}
	from := e.seen[r]
	for at := from; at < r.end; {
		next, ok := e.empty(ctx, r, topic.ID, p.Leader, at)
		if !ok {
			break
		}
		at = next
		r.pass(at)
	}
}

// empty gives the offset up to which there is nothing from one on; ok is false if there
// is a record, or if nobody knows yet.
func (e *tails) empty(ctx context.Context, r *reader, id [16]byte, leader int32, at int64) (next int64, ok bool) {
	req := kmsg.NewPtrFetchRequest()
	req.MaxWaitMillis, req.MinBytes, req.MaxBytes = 0, 0, 1<<20
	level := kgo.ReadUncommitted()
	if e.consumer.props.committed {
		req.IsolationLevel, level = 1, kgo.ReadCommitted()
	}
	t, x := kmsg.NewFetchRequestTopic(), kmsg.NewFetchRequestTopicPartition()
	t.Topic, t.TopicID = r.topic, id
	x.Partition, x.FetchOffset, x.PartitionMaxBytes = r.n, at, 1<<20
	t.Partitions = append(t.Partitions, x)
	req.Topics = append(req.Topics, t)
	resp, err := e.client.Broker(int(leader)).Request(ctx, req)
	if err != nil {
		return 0, false
	}
	got, is := resp.(*kmsg.FetchResponse)
	if !is || got.ErrorCode != 0 || len(got.Topics) != 1 || len(got.Topics[0].Partitions) != 1 {
		return 0, false
	}
	y := &got.Topics[0].Partitions[0]
	known := y.HighWatermark
	if e.consumer.props.committed {
		known = y.LastStableOffset
	}
	if y.ErrorCode != 0 || known < r.end {
		return 0, false // more may come before the end
	}
	if len(y.RecordBatches) == 0 {
		return r.end, true
	}
	fp, next := kgo.ProcessFetchPartition(kgo.ProcessFetchPartitionOpts{KeepControlRecords: true, Offset: at, IsolationLevel: level, Topic: r.topic, Partition: r.n}, y, kgo.DefaultDecompressor(), nil)
	if fp.Err != nil {
		return 0, false
	}
	for _, rec := range fp.Records {
		if rec.Offset >= at && !rec.Attrs.IsControl() {
			return rec.Offset, rec.Offset >= r.end
		}
	}
	return next, next > at
}

// waitsAt tells where a reader that has an end waits for records.
func (r *reader) waitsAt() (offset int64, ok bool) {
	at := r.stands.Load() - 1
	if at < 0 {
		return 0, false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return at, len(r.waiting) == 0 && r.err == nil && r.nothing <= at
}

// pass tells a reader that there is nothing before an offset.
func (r *reader) pass(offset int64) {
	r.mu.Lock()
	r.nothing = max(r.nothing, offset)
	r.mu.Unlock()
	r.ring()
}

// passes reports that the reader is known to have nothing before an offset ahead.
func (r *reader) passes() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.nothing > r.start
}

// skip goes on behind what is known to hold nothing, and reports whether there was
// any; else it notes that the reader waits.
func (r *reader) skip() bool {
	if r.end == noEnd {
		return false
	}
	r.mu.Lock()
	to, none := r.nothing, len(r.waiting) == 0
	r.mu.Unlock()
	if none && to > r.start {
		r.start = to
		return true
	}
	r.stands.Store(r.start + 1)
	return false
}
