package kafka_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/weir-stream/weir/internal/clock"
	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/connector/kafka"
)

// fill writes records of all kinds, in batches of a codec, in transactions that are
// committed and aborted in turn.
func fill(t *testing.T, c *kfake.Cluster, topic string, codec kgo.CompressionCodec, n int) {
	t.Helper()
	cl, err := kgo.NewClient(kgo.SeedBrokers(c.ListenAddrs()...), kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.ProducerBatchCompression(codec), kgo.TransactionalID(topic), kgo.ProducerBatchMaxBytes(8<<10))
	check(t, err)
	defer cl.Close()
	ctx := context.Background()
	rnd := rand.New(rand.NewPCG(1, 2))
	for i := 0; i < n; {
		check(t, cl.BeginTransaction())
		for range 40 {
			rec := &kgo.Record{Topic: topic, Partition: int32(i % 2), Timestamp: time.UnixMilli(1_700_000_000_000 + rnd.Int64N(1e7)), Value: fmt.Appendf(nil, `{"a":%d,"b":"%s"}`, i, strings.Repeat("x", rnd.IntN(300)))}
			switch rnd.IntN(8) {
			case 0:
				rec.Value = nil
			case 1:
				rec.Key = fmt.Appendf(nil, `{"k":"%d"}`, i)
			case 2:
				rec.Headers = []kgo.RecordHeader{{Key: "h", Value: []byte(strings.Repeat("v", rnd.IntN(200)))}, {Key: "n"}}
			case 3:
				rec.Value = fmt.Appendf(nil, `[{"a":%d},{"a":%d}]`, i, i)
			}
			cl.Produce(ctx, rec, nil)
			i++
		}
		check(t, cl.Flush(ctx))
		check(t, cl.EndTransaction(ctx, kgo.TransactionEndTry(rnd.IntN(3) > 0)))
	}
}

// TestBulk compares what is read out of batches with what the client makes of them,
// which reads alone where there is a rack.
func TestBulk(t *testing.T) {
	for name, codec := range map[string]kgo.CompressionCodec{"none": kgo.NoCompression(), "gzip": kgo.GzipCompression(), "snappy": kgo.SnappyCompression(), "lz4": kgo.Lz4Compression(), "zstd": kgo.ZstdCompression()} {
		t.Run(name, func(t *testing.T) {
			c := cluster(t, kfake.SeedTopics(2, "t"))
			fill(t, c, "t", codec, 1200)
			for _, level := range []string{"read_committed", "read_uncommitted"} {
				for _, meta := range [][]int{nil, {0, 1, 2, 3, 4, 5, 6}} {
					given := map[string]string{"properties.isolation.level": level, "properties.max.partition.fetch.bytes": "30000"}
					got := readWith(t, c, given, meta)
					given["properties.client.rack"] = "r"
					if want := readWith(t, c, given, meta); !slices.Equal(got, want) || len(want) < 500 {
						t.Errorf("%s, metadata %v: %d rows, not %d", level, meta, len(got), len(want))
					}
				}
			}
		})
	}
}

func readWith(t *testing.T, c *kfake.Cluster, given map[string]string, meta []int) []string {
	t.Helper()
	tb, err := table(t, c, given)
	check(t, err)
	return must[[]string](t)(all(t, tb, []int{1, 2}, meta))
}

// TestBulkFails has brokers refuse what is fetched in bulk: the client goes on, and
// bulk again when there is much.
func TestBulkFails(t *testing.T) {
	for _, code := range []*kerr.Error{kerr.NotLeaderForPartition, kerr.FencedLeaderEpoch, kerr.KafkaStorageError, kerr.OffsetOutOfRange, nil} {
		c := cluster(t, kfake.SeedTopics(2, "t"))
		fill(t, c, "t", kgo.NoCompression(), 3000)
		want := readWith(t, c, nil, []int{4})
		var bulk, refused, client atomic.Int64
		c.ControlKey(int16(kmsg.Fetch), func(r kmsg.Request) (kmsg.Response, error, bool) {
			c.KeepControl()
			req := r.(*kmsg.FetchRequest)
			if req.SessionEpoch >= 0 {
				client.Add(1)
				return nil, nil, false
			}
			if n := bulk.Add(1); n%3 != 0 || refused.Add(1) > 2 {
				return nil, nil, false
			}
			resp := req.ResponseKind().(*kmsg.FetchResponse)
			if code == nil { // of none a word
				return resp, nil, true
			}
			for _, rt := range req.Topics {
				x := kmsg.NewFetchResponseTopic()
				x.Topic, x.TopicID = rt.Topic, rt.TopicID
				for _, rp := range rt.Partitions {
					p := kmsg.NewFetchResponseTopicPartition()
					p.Partition, p.ErrorCode = rp.Partition, code.Code
					x.Partitions = append(x.Partitions, p)
				}
				resp.Topics = append(resp.Topics, x)
			}
			return resp, nil, true
		})
		got := readWith(t, c, map[string]string{"properties.max.partition.fetch.bytes": "70000"}, []int{4})
		if !slices.Equal(got, want) || refused.Load() < 2 || client.Load() == 0 {
			t.Errorf("%v: %d rows, not %d; %d fetches, %d refused, %d of the client", code, len(got), len(want), bulk.Load(), refused.Load(), client.Load())
		}
	}
}

// TestBulkEnds gives a partition without records to the client, and closes it.
func TestBulkEnds(t *testing.T) {
	c := cluster(t, kfake.SeedTopics(1, "t"))
	tb, err := table(t, c, map[string]string{"scan.bounded.mode": ""})
	check(t, err)
	tb.Env.Clock = &hasty{}
	s, err := kafka.Spec().Source(tb)
	check(t, err)
	ctx := context.Background()
	sc := connector.Scan{Want: []int{1}, Parallelism: 1}
	given := make(chan bool, 1)
	c.ControlKey(int16(kmsg.Fetch), func(r kmsg.Request) (kmsg.Response, error, bool) {
		c.KeepControl()
		if r.(*kmsg.FetchRequest).SessionEpoch >= 0 {
			select {
			case given <- true:
			default:
			}
		}
		return nil, nil, false
	})
	r := must[connector.Reader](t)(s.Open(ctx, sc, must[[]connector.Split](t)(s.Splits(ctx, sc))[0], nil))
	<-given
	check(t, r.Close())
}

// hasty is a clock on which a minute passes between any two looks.
type hasty struct {
	clock.System
	n atomic.Int64
}

func (h *hasty) Now() time.Time { return time.UnixMilli(h.n.Add(60_000)) }
