package bench

import (
	"context"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kfake"
)

// TestNexmarkKafka reads the events from topics: the results are the generator's.
func TestNexmarkKafka(t *testing.T) {
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1))
	if err != nil {
		t.Fatal(err)
	}
	defer cluster.Close()
	c := NexmarkConfig{Events: 5000, Parallelism: 2, Mode: "streaming", Seed: 42, Rate: 10000}
	k := c
	k.Brokers, k.Prefix = strings.Join(cluster.ListenAddrs(), ","), "nexmark"
	ctx := context.Background()
	for i := range 2 {
		if r, err := LoadNexmark(ctx, k); err != nil || (r.Note != "") != (i == 1) {
			t.Fatal(i, r, err)
		}
	}
	for _, q := range []string{"q0", "q3", "q5", "q8"} {
		want, err := RunNexmark(ctx, q, c)
		if err != nil {
			t.Fatal(err)
		}
		got, err := RunNexmark(ctx, q, k)
		if err != nil {
			t.Fatal(err)
		}
		if got.Rows != want.Rows || got.Checksum != want.Checksum || got.Rows == 0 {
			t.Errorf("%s: %d rows, %s; of the generator %d, %s", q, got.Rows, got.Checksum, want.Rows, want.Checksum)
		}
	}
}
