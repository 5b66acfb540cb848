package kafka_test

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/connector/kafka"
)

// TestReported tells a durable position to the brokers, and a refusal to the user.
func TestReported(t *testing.T) {
	c := cluster(t, kfake.SeedTopics(2, "t"))
	produce(t, c, &kgo.Record{Topic: "t", Partition: 1, Value: []byte(`{"a":1}`)}, &kgo.Record{Topic: "t", Partition: 1, Value: []byte(`{"a":2}`)})
	tb, err := table(t, c, map[string]string{"properties.group.id": "g"})
	check(t, err)
	var told bytes.Buffer
	tb.Env.Stderr = &told
	s, err := kafka.Spec().Source(tb)
	check(t, err)
	ctx := context.Background()
	sc := connector.Scan{Want: []int{1}, Parallelism: 1}
	at := map[string][]byte{}
	for _, sp := range must[[]connector.Split](t)(s.Splits(ctx, sc)) {
		r := must[connector.Reader](t)(s.Open(ctx, sc, sp, nil))
		must[[]string](t)(drain(ctx, r, tb, []int{1}, nil))
		at[sp.ID] = r.Position()
		check(t, r.Close())
	}
	s.(connector.Reported).Durable(at) // no reader is left: it waits
	cl, err := kgo.NewClient(kgo.SeedBrokers(c.ListenAddrs()...))
	check(t, err)
	defer cl.Close()
	got, err := kadm.NewClient(cl).FetchOffsets(ctx, "g")
	check(t, err)
	if o, ok := got.Lookup("t", 1); !ok || o.At != 2 {
		t.Error(got)
	}
	c.ControlKey(int16(kmsg.OffsetCommit), func(r kmsg.Request) (kmsg.Response, error, bool) {
		resp := r.ResponseKind().(*kmsg.OffsetCommitResponse)
		for _, rt := range r.(*kmsg.OffsetCommitRequest).Topics {
			p := kmsg.NewOffsetCommitResponseTopic()
			p.Topic, p.TopicID = rt.Topic, rt.TopicID
			for _, rp := range rt.Partitions {
				p.Partitions = append(p.Partitions, kmsg.OffsetCommitResponseTopicPartition{Partition: rp.Partition, ErrorCode: kerr.GroupAuthorizationFailed.Code})
			}
			resp.Topics = append(resp.Topics, p)
		}
		return resp, nil, true
	})
	s.(connector.Reported).Durable(at)
	if !strings.Contains(told.String(), "consumer group 'g' cannot be told") || !strings.Contains(told.String(), "GROUP_AUTHORIZATION_FAILED") {
		t.Errorf("%q", told.String())
	}
}

// TestLost ends prepared transactions in the ways that others may.
func TestLost(t *testing.T) {
	c := cluster(t, kfake.SeedTopics(1, "t"))
	s := writable(t, c, map[string]string{"sink.delivery-guarantee": "exactly-once", "sink.transactional-id-prefix": "job"})
	ctx := context.Background()
	w := open(t, s)
	check(t, w.Write(ctx, rows(0, 2)))
	h := must[[]byte](t)(w.Prepare(ctx, 1))
	kafka.Abandon(w)
	id, producer := kafka.End(t, w, h, false)
	c.ControlKey(int16(kmsg.DescribeTransactions), func(r kmsg.Request) (kmsg.Response, error, bool) { // the double forgets how they ended
		resp := r.ResponseKind().(*kmsg.DescribeTransactionsResponse)
		d := kmsg.NewDescribeTransactionsResponseTransactionState()
		d.TransactionalID, d.ProducerID, d.State = id, producer, "CompleteAbort"
		resp.TransactionStates = append(resp.TransactionStates, d)
		return resp, nil, true
	})
	err := open(t, s).Commit(ctx, h)
	if err == nil || !strings.Contains(err.Error(), "the transaction job-t-0-0 to topic t was ended by the brokers before it was committed") {
		t.Error(err)
	}
}

// TestClose keeps what is prepared, which a checkpoint may know of, and aborts the rest,
// for which readers would wait.
func TestClose(t *testing.T) {
	c := cluster(t, kfake.SeedTopics(1, "t"))
	s := writable(t, c, map[string]string{"sink.delivery-guarantee": "exactly-once", "sink.transactional-id-prefix": "job"})
	ctx := context.Background()
	w := open(t, s)
	check(t, w.Write(ctx, rows(0, 2)))
	h := must[[]byte](t)(w.Prepare(ctx, 1))
	check(t, w.Write(ctx, rows(2, 4)))
	check(t, w.Close())
	again := open(t, s)
	defer again.Close()
	check(t, again.Commit(ctx, h))
	if got := read(t, c); got != "0 1" {
		t.Error(got)
	}
}

// TestIDs gives an id to another transaction only when no restart would commit its last
// one.
func TestIDs(t *testing.T) {
	c := cluster(t, kfake.SeedTopics(1, "t"))
	w := open(t, writable(t, c, map[string]string{"sink.delivery-guarantee": "exactly-once", "sink.transactional-id-prefix": "job"}))
	defer w.Close()
	ctx := context.Background()
	var ids []string
	for epoch := range uint64(6) {
		check(t, w.Write(ctx, rows(int(epoch), int(epoch)+1)))
		h := must[[]byte](t)(w.Prepare(ctx, epoch))
		id, _, _ := strings.Cut(string(h), ",")
		ids = append(ids, id[len(id)-2:len(id)-1])
		check(t, w.Commit(ctx, h))
		if epoch >= 3 {
			w.(connector.Settler).Settled(epoch - 2)
		}
	}
	if got := strings.Join(ids, ""); got != "012312" && got != "012310" {
		t.Error("ids in turn:", got)
	}
}
