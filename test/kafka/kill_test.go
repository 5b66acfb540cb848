package kafka

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

const pipeline = `
SET 'pipeline.name' = 'job';
SET 'parallelism.default' = '2';
SET 'execution.checkpointing.interval' = '100 ms';
CREATE TABLE bids (id BIGINT, auction BIGINT, price BIGINT, t BIGINT, ts AS TO_TIMESTAMP_LTZ(t, 3), WATERMARK FOR ts AS ts - INTERVAL '1' SECOND)
  WITH ('connector' = 'kafka', 'topic' = 'bids', $READ);
CREATE TABLE auctions (auction BIGINT, name STRING) WITH ('connector' = 'kafka', 'topic' = 'auctions', $READ);
CREATE VIEW counts AS SELECT v.auction, v.w, v.n, v.total, a.name FROM (
  SELECT auction, UNIX_TIMESTAMP(CAST(window_start AS STRING)) AS w, COUNT(*) AS n, SUM(price) AS total
  FROM TABLE(TUMBLE(TABLE bids, DESCRIPTOR(ts), INTERVAL '1' SECOND)) GROUP BY auction, window_start, window_end) v
  JOIN auctions a ON v.auction = a.auction;
`

const stream = `
CREATE TABLE counts_out (auction BIGINT, w BIGINT, n BIGINT, total BIGINT, name STRING, PRIMARY KEY (auction, w) NOT ENFORCED)
  WITH ('connector' = 'upsert-kafka', 'topic' = 'counts', 'key.format' = 'csv', 'value.format' = 'csv', $WRITE);
CREATE TABLE copy (id BIGINT, price BIGINT) WITH ('connector' = 'kafka', 'topic' = 'copy', 'format' = 'csv', $WRITE);
EXECUTE STATEMENT SET BEGIN
INSERT INTO counts_out SELECT * FROM counts;
INSERT INTO copy SELECT id, price FROM bids;
END;
`

const batch = `
CREATE TABLE counts_out (auction BIGINT, w BIGINT, n BIGINT, total BIGINT, name STRING) WITH ('connector' = 'filesystem', 'path' = '$DIR/counts', 'format' = 'csv');
CREATE TABLE copy (id BIGINT, price BIGINT) WITH ('connector' = 'filesystem', 'path' = '$DIR/copy', 'format' = 'csv');
INSERT INTO counts_out SELECT * FROM counts;
INSERT INTO copy SELECT id, price FROM bids;
`

// jobScript gives the pipeline as a stream or as a batch.
func jobScript(isBatch bool) string {
	read := `'properties.bootstrap.servers' = '$ADDR', 'properties.group.id' = 'job', 'properties.isolation.level' = 'read_committed', 'format' = 'json', 'json.ignore-parse-errors' = 'true',
  'scan.startup.mode' = 'earliest-offset', `
	write := `'properties.bootstrap.servers' = '$ADDR', 'sink.delivery-guarantee' = 'exactly-once', 'sink.transactional-id-prefix' = 'job'`
	text, head := pipeline+stream, ""
	if isBatch {
		text, head = pipeline+batch, "SET 'execution.runtime-mode' = 'batch';\n"
		read += "'scan.bounded.mode' = 'latest-offset'"
	} else {
		read += "'scan.topic-partition-discovery.interval' = '200 ms'"
	}
	return head + strings.NewReplacer("$READ", read, "$WRITE", write).Replace(text)
}

// feed produces bids until it is told to stop, and the auctions that they are of.
type feed struct {
	cl         *kgo.Client
	partitions atomic.Int32 // of bids that are written to
	stop       chan struct{}
	done       sync.WaitGroup
	failed     atomic.Int64
	sent       int64
}

const (
	auctions = 40
	bidEvery = time.Millisecond // and 10 ms of event time
)

func startFeed(b *Broker, partitions int32) *feed {
	f := &feed{cl: b.Client(kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.MetadataMinAge(100*time.Millisecond), kgo.MetadataMaxAge(500*time.Millisecond)), stop: make(chan struct{})}
	f.partitions.Store(partitions)
	f.done.Go(f.run)
	return f
}

func (f *feed) produce(topic string, partition int32, value string) {
	f.cl.Produce(context.Background(), &kgo.Record{Topic: topic, Partition: partition, Value: []byte(value)}, func(_ *kgo.Record, err error) {
		if err != nil {
			f.failed.Add(1)
		}
	})
}

func (f *feed) run() {
	for a := range auctions {
		f.produce("auctions", int32(a%2), fmt.Sprintf(`{"auction":%d,"name":"n%d"}`, a, a))
	}
	tick := time.NewTicker(10 * bidEvery)
	defer tick.Stop()
	for id := int64(0); ; {
		select {
		case <-f.stop:
			f.sent = id
			_ = f.cl.Flush(context.Background())
			return
		case <-tick.C:
		}
		n := f.partitions.Load()
		for range 10 {
			a := id * 7919 % auctions
			f.produce("bids", int32(a)%n, fmt.Sprintf(`{"id":%d,"auction":%d,"price":%d,"t":%d}`, id, a, id%1000, id*10))
			id++
		}
	}
}

// poison sends records that are none to partitions, as soon as the client knows them.
func (f *feed) poison(t *testing.T, partitions ...int32) {
	for _, p := range partitions {
		var err error
		for range 100 {
			if err = f.cl.ProduceSync(context.Background(), &kgo.Record{Topic: "bids", Partition: p, Value: []byte("\x00no {json")}).FirstErr(); err == nil {
				break
			}
			f.cl.ForceMetadataRefresh()
			time.Sleep(100 * time.Millisecond)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

func (f *feed) end() {
	close(f.stop)
	f.done.Wait()
	f.cl.Close()
}

// TestKill9 kills the job and the broker at random, adds partitions and sends a record
// that is none: a reader of committed records gets the answer of the batch.
func TestKill9(t *testing.T) {
	b := Start(t)
	kills, err := strconv.Atoi(os.Getenv("WEIR_KILLS"))
	if err != nil {
		kills = 6
	}
	restarts := max(1, kills/6)
	b.Topic("bids", 2)
	b.Topic("auctions", 2)
	b.Topic("counts", 2)
	b.Topic("copy", 2)
	r := newRun(t, b)
	f := startFeed(b, 2)
	rnd := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 1))
	for i := range kills {
		r.start(jobScript(false))
		time.Sleep(time.Duration(200+rnd.IntN(1200)) * time.Millisecond)
		if i%(kills/restarts) == kills/restarts/2 {
			b.Kill()
			time.Sleep(time.Duration(rnd.IntN(2500)) * time.Millisecond)
			if rnd.IntN(2) == 0 { // both are gone, and the job starts without a broker
				r.kill()
				r.start(jobScript(false))
			}
			b.Restart()
			time.Sleep(time.Duration(rnd.IntN(1000)) * time.Millisecond)
		}
		if i == kills/2 {
			r.addPartitions("bids", 4)
			f.poison(t, 2, 3)
			f.partitions.Store(4)
		}
		r.kill()
	}
	f.end()
	if f.failed.Load() > 0 {
		t.Fatalf("%d records could not be produced", f.failed.Load())
	}
	r.start(jobScript(false))
	r.caughtUp("job", "bids", "auctions")
	if out, err := exec.Command(r.bin, "job", "stop", "--drain", r.state()).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s\n%s", err, out, r.err)
	}
	if err := r.wait(); err != nil {
		t.Fatalf("%v\n%s", err, r.err)
	}
	if out, err := exec.Command(r.bin, "run", r.script("batch.sql", jobScript(true))).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Logf("%d kills of the job, %d of the broker, %d bids", kills, restarts, f.sent)
	for _, topic := range []string{"counts", "copy"} {
		compare(t, topic, b.Committed(topic), filepath.Join(r.dir, topic))
	}
}

// addPartitions adds partitions, and waits until the job keeps where it stands in them:
// what is written to them before would be late.
func (r *run) addPartitions(topic string, n int) {
	r.Helper()
	adm := r.b.Admin()
	defer adm.Close()
	if _, err := adm.UpdatePartitions(context.Background(), n, topic); err != nil {
		r.Fatal(err)
	}
	r.until(60*time.Second, "the group to stand in the new partitions", func() bool {
		at, err := adm.FetchOffsetsForTopics(context.Background(), "job", topic)
		if err != nil {
			return false
		}
		for p := range n {
			if o, ok := at.Lookup(topic, int32(p)); !ok || o.At < 0 {
				return false
			}
		}
		return true
	})
}

// compare compares records with the rows of a batch, each as often as it is there.
func compare(t *testing.T, topic string, records []string, dir string) {
	t.Helper()
	got := make([]string, len(records))
	for i, l := range records {
		parts := strings.Split(l, "\t")
		got[i] = parts[len(parts)-1]
	}
	var want []string
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if s := strings.TrimSuffix(string(text), "\n"); s != "" {
			want = append(want, strings.Split(s, "\n")...)
		}
	}
	sort.Strings(got)
	sort.Strings(want)
	if len(want) == 0 {
		t.Fatalf("%s: the batch gives no rows", topic)
	}
	count := map[string]int{}
	for _, w := range want {
		count[w]++
	}
	for _, g := range got {
		count[g]--
	}
	wrong := 0
	for row, n := range count {
		if n == 0 {
			continue
		}
		if wrong++; wrong <= 5 {
			t.Errorf("%s: row %s is there %d times too often", topic, row, -n)
		}
	}
	if wrong > 0 || len(got) != len(want) {
		t.Errorf("%s: %d records, not %d; %d rows are wrong", topic, len(got), len(want), wrong)
	}
}
