package kafka

import (
	"context"
	"os"
	"sort"
	"strconv"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// TestLatency measures how long records take from their producer through a job with an
// epoch of 100 ms to a reader of committed records, and that topic to topic loses and
// doubles none. WEIR_LATENCY is the number of seconds.
func TestLatency(t *testing.T) {
	seconds, _ := strconv.Atoi(os.Getenv("WEIR_LATENCY"))
	if seconds == 0 {
		t.Skip("WEIR_LATENCY, a number of seconds, is not set")
	}
	b := Start(t)
	b.Topic("from", 2)
	b.Topic("to", 2)
	r := newRun(t, b)
	r.start(copying("latency", "from", "to", ""))
	in, out := b.Client(), b.Client(kgo.ConsumeTopics("to"), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.FetchIsolationLevel(kgo.ReadCommitted()), kgo.FetchMaxWait(10*time.Millisecond))
	defer in.Close()
	defer out.Close()
	sent := make(map[string]time.Time)
	const pause = 10 * time.Millisecond
	n := seconds * int(time.Second/pause)
	times := make(chan time.Time, n)
	go func() {
		for i := range n {
			times <- time.Now()
			in.Produce(context.Background(), &kgo.Record{Topic: "from", Value: []byte(`{"v":` + strconv.Itoa(i) + `}`)}, nil)
			time.Sleep(pause)
		}
		close(times)
	}()
	var took []time.Duration
	i := 0
	ctx, stop := context.WithTimeout(context.Background(), time.Duration(seconds)*time.Second+time.Minute)
	defer stop()
	for len(took) < n && ctx.Err() == nil {
		fs := out.PollFetches(ctx)
		now := time.Now()
		for done := false; !done; {
			select {
			case at, ok := <-times:
				if done = !ok; ok {
					sent[`{"v":`+strconv.Itoa(i)+`}`] = at
					i++
				}
			default:
				done = true
			}
		}
		fs.EachRecord(func(rec *kgo.Record) {
			at, ok := sent[string(rec.Value)]
			if !ok {
				t.Errorf("%s came twice, or was never sent", rec.Value)
			}
			delete(sent, string(rec.Value))
			took = append(took, now.Sub(at))
		})
	}
	if len(took) != n {
		t.Fatalf("%d records of %d\n%s", len(took), n, r.err)
	}
	took = took[min(len(took)/2, 200):] // the start of the job
	sort.Slice(took, func(i, j int) bool { return took[i] < took[j] })
	t.Logf("%d records: median %v, p99 %v, most %v", len(took), took[len(took)/2], took[len(took)*99/100], took[len(took)-1])
}
