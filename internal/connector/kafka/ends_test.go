package kafka_test

import (
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/weir-stream/weir/internal/connector/kafka"
)

// TestEndsWithoutRecords reads a topic to an end before which there is no record: its
// broker has three, and says that there were six, as after compaction.
func TestEndsWithoutRecords(t *testing.T) {
	for _, level := range []string{"read_committed", "read_uncommitted"} {
		c := cluster(t, kfake.SeedTopics(1, "t"))
		for i := range 3 {
			produce(t, c, &kgo.Record{Topic: "t", Value: []byte(`{"k":"` + string(rune('a'+i)) + `"}`)})
		}
		const last, end = 3, 6
		c.ControlKey(int16(kmsg.ListOffsets), func(req kmsg.Request) (kmsg.Response, error, bool) {
			c.KeepControl()
			r := req.(*kmsg.ListOffsetsRequest)
			if r.Topics[0].Partitions[0].Timestamp != -1 {
				return nil, nil, false
			}
			resp := r.ResponseKind().(*kmsg.ListOffsetsResponse)
			topic, p := kmsg.NewListOffsetsResponseTopic(), kmsg.NewListOffsetsResponseTopicPartition()
			topic.Topic, p.Offset, p.LeaderEpoch = "t", end, 0
			topic.Partitions = append(topic.Partitions, p)
			resp.Topics = append(resp.Topics, topic)
			return resp, nil, true
		})
		c.ControlKey(int16(kmsg.Fetch), func(req kmsg.Request) (kmsg.Response, error, bool) {
			c.KeepControl()
			r := req.(*kmsg.FetchRequest)
			if len(r.Topics) == 0 || r.Topics[0].Partitions[0].FetchOffset < last {
				return nil, nil, false
			}
			time.Sleep(10 * time.Millisecond)
			resp := r.ResponseKind().(*kmsg.FetchResponse)
			topic, p := kmsg.NewFetchResponseTopic(), kmsg.NewFetchResponseTopicPartition()
			topic.Topic, topic.TopicID = r.Topics[0].Topic, r.Topics[0].TopicID
			p.HighWatermark, p.LastStableOffset, p.LogStartOffset = end, end, 0
			topic.Partitions = append(topic.Partitions, p)
			resp.Topics = append(resp.Topics, topic)
			return resp, nil, true
		})
		tb, err := table(t, c, map[string]string{"properties.isolation.level": level})
		if err != nil {
			t.Fatal(err)
		}
		if rows, err := readAll(tb, kafka.Spec(), nil, false); err != nil || rows != last {
			t.Errorf("%s: %d rows, %v", level, rows, err)
		}
	}
}
