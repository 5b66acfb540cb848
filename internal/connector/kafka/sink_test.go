package kafka_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/connector/kafka"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// writable is a table to write, without metadata.
func writable(t testing.TB, c *kfake.Cluster, given map[string]string) connector.Sink {
	t.Helper()
	tb, err := table(t, c, given)
	if err != nil {
		t.Fatal(err)
	}
	tb.Metadata = nil
	s, err := kafka.Spec().Sink(tb)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func open(t testing.TB, s connector.Sink) connector.Writer {
	t.Helper()
	w, err := s.Open(context.Background(), 0, 1)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// rows makes a batch of rows (k, a, b) with a from and to.
func rows(from, to int) *vec.Batch {
	b := vec.NewBatch([]types.Type{types.String(), types.Of(types.BigInt), types.String()})
	for i := from; i < to; i++ {
		b.Cols[0].AppendValue(fmt.Sprint("k", i))
		b.Cols[1].AppendValue(int64(i))
		b.Cols[2].AppendNulls(1)
		b.N++
	}
	return b
}

// read gives column a of what a reader of committed records sees.
func read(t testing.TB, c *kfake.Cluster) string {
	t.Helper()
	tb, err := table(t, c, map[string]string{"properties.isolation.level": "read_committed"})
	if err != nil {
		t.Fatal(err)
	}
	got, err := all(t, tb, []int{1}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(got, " ")
}

func must[T any](t testing.TB) func(T, error) T {
	return func(x T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestAtLeastOnce(t *testing.T) {
	c := cluster(t, kfake.SeedTopics(2, "t"))
	w := open(t, writable(t, c, map[string]string{"format": "", "value.format": "json", "key.format": "raw", "key.fields": "k", "value.fields-include": "EXCEPT_KEY"}))
	defer w.Close()
	ctx := context.Background()
	check(t, w.Write(ctx, rows(0, 3)))
	if h, err := w.Prepare(ctx, 1); err != nil || h != nil {
		t.Fatal(h, err)
	}
	if got := read(t, c); got != "0 1 2" {
		t.Error(got)
	}
}

func TestExactlyOnce(t *testing.T) {
	c := cluster(t, kfake.SeedTopics(1, "t"))
	s := writable(t, c, map[string]string{"sink.delivery-guarantee": "exactly-once", "sink.transactional-id-prefix": "job"})
	ctx := context.Background()
	prepare := must[[]byte](t)

	w := open(t, s)
	check(t, w.Write(ctx, rows(0, 2)))
	h1 := prepare(w.Prepare(ctx, 1))
	check(t, w.Write(ctx, rows(2, 4))) // of the next epoch, while the first waits
	if got := read(t, c); got != "" {
		t.Fatal("rows are visible before their commit:", got)
	}
	check(t, w.Commit(ctx, h1))
	if got := read(t, c); got != "0 1" {
		t.Fatal(got)
	}
	h2 := prepare(w.Prepare(ctx, 2))
	check(t, w.Write(ctx, rows(4, 6)))
	kept := prepare(w.(connector.Keeper).Keep())
	if _, err := s.Open(ctx, 0, 1); err == nil || !strings.Contains(err.Error(), "two INSERTs write to topic t") {
		t.Error("a second writer of the same ids:", err)
	}
	// The process dies: the second epoch is durable, the third is not.
	kafka.Abandon(w)

	w2 := open(t, s)
	check(t, w2.Commit(ctx, h2))
	check(t, w2.Commit(ctx, h2)) // a commit may be repeated
	check(t, w2.(connector.Keeper).Restore([][]byte{kept}))
	check(t, w2.Write(ctx, rows(10, 12)))
	h3 := prepare(w2.Prepare(ctx, 3))
	check(t, w2.Commit(ctx, h3))
	if got := read(t, c); got != "0 1 10 11 2 3" {
		t.Error(got)
	}
	if h, err := w2.Prepare(ctx, 4); h != nil || err != nil {
		t.Error("an epoch without rows has a transaction:", h, err)
	}
	if err := w.Write(ctx, rows(6, 7)); err == nil {
		_, err = w.Prepare(ctx, 3)
		if err == nil {
			t.Error("the process that was fenced goes on writing")
		}
	}
	check(t, w2.Close())
	check(t, w.Close())
}
