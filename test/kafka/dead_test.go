package kafka

import (
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// TestDeadLetters sends poisoned records among good ones to a job that is killed: each
// is in the table for dead letters once, the others are rows once.
func TestDeadLetters(t *testing.T) {
	b := Start(t)
	for _, topic := range []string{"in", "copy", "dead"} {
		b.Topic(topic, 2)
	}
	const script = `
SET 'pipeline.name' = 'job';
SET 'parallelism.default' = '2';
SET 'execution.checkpointing.interval' = '100 ms';
CREATE TABLE i (id BIGINT) WITH ('connector' = 'kafka', 'topic' = 'in', 'properties.bootstrap.servers' = '$ADDR', 'properties.group.id' = 'job', 'format' = 'json',
  'scan.startup.mode' = 'earliest-offset', 'weir.dead-letter' = 'dead');
CREATE TABLE copy (id BIGINT) WITH ('connector' = 'kafka', 'topic' = 'copy', 'properties.bootstrap.servers' = '$ADDR', 'format' = 'csv',
  'sink.delivery-guarantee' = 'exactly-once', 'sink.transactional-id-prefix' = 'copy');
CREATE TABLE dead (topic STRING, ` + "`partition` INT, `offset` BIGINT, `timestamp` TIMESTAMP_LTZ(3), headers MAP<STRING, BYTES>, key STRING, `value`" + ` BYTES, error STRING)
  WITH ('connector' = 'kafka', 'topic' = 'dead', 'properties.bootstrap.servers' = '$ADDR', 'format' = 'json',
  'sink.delivery-guarantee' = 'exactly-once', 'sink.transactional-id-prefix' = 'dead');
INSERT INTO copy SELECT id FROM i;`
	r := newRun(t, b)
	cl := b.Client(kgo.RecordPartitioner(kgo.ManualPartitioner()))
	defer cl.Close()
	const rounds, each = 5, 400
	poisoned := map[string]bool{}
	for round := range rounds {
		r.start(script)
		var recs []*kgo.Record
		for i := range each {
			id := round*each + i
			rec := &kgo.Record{Topic: "in", Partition: int32(id % 2), Value: fmt.Appendf(nil, `{"id":%d}`, id)}
			if id%7 == 0 {
				rec.Key, rec.Value, rec.Headers = fmt.Appendf(nil, "k%d", id), fmt.Appendf(nil, "\x00\xff%d", id), []kgo.RecordHeader{{Key: "h", Value: []byte("v")}}
			}
			recs = append(recs, rec)
		}
		for part := range slices.Chunk(recs, each/4) {
			if err := cl.ProduceSync(context.Background(), part...).FirstErr(); err != nil {
				t.Fatal(err)
			}
			time.Sleep(100 * time.Millisecond)
		}
		for _, rec := range recs {
			if rec.Key != nil {
				poisoned[fmt.Sprintf("in/%d/%d %s", rec.Partition, rec.Offset, rec.Key)] = true
			}
		}
		time.Sleep(time.Duration(100+round*150) * time.Millisecond)
		r.kill()
	}
	r.start(script)
	r.caughtUp("job", "in")
	r.until(30*time.Second, "the job to run", func() bool {
		out, err := exec.Command(r.bin, "job", "show", r.state()).CombinedOutput()
		return err == nil && strings.Contains(string(out), "running with")
	})
	if out, err := exec.Command(r.bin, "job", "stop", "--drain", r.state()).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s\n%s", err, out, r.err)
	}
	if err := r.wait(); err != nil {
		t.Fatalf("%v\n%s", err, r.err)
	}
	var letters []string
	r.until(2*time.Minute, "Kafka's consumer to find dead letters in time", func() bool {
		letters = b.Committed("dead")
		return len(letters) > 0
	})
	for _, line := range letters {
		text := line[strings.LastIndexByte(line, '\t')+1:]
		var d struct {
			Topic, Key, Error, Timestamp string
			Partition, Offset            int
			Headers                      map[string][]byte
			Value                        []byte
		}
		if err := json.Unmarshal([]byte(text), &d); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		id := fmt.Sprintf("%s/%d/%d %s", d.Topic, d.Partition, d.Offset, d.Key)
		if !poisoned[id] || string(d.Value) != "\x00\xff"+d.Key[1:] || string(d.Headers["h"]) != "v" || d.Timestamp == "" || !strings.HasPrefix(d.Error, "byte 0: a record is a JSON object") {
			t.Fatalf("%s comes too often, or is %+v", id, d)
		}
		delete(poisoned, id)
	}
	rows := map[string]bool{}
	for _, line := range b.Committed("copy") {
		id := line[strings.LastIndexByte(line, '\t')+1:]
		if rows[id] {
			t.Fatalf("row %s comes twice", id)
		}
		rows[id] = true
	}
	if want := rounds*each - (rounds*each+6)/7; len(poisoned) > 0 || len(rows) != want {
		t.Errorf("%d dead letters are missing; %d rows, not %d", len(poisoned), len(rows), want)
	}
}
