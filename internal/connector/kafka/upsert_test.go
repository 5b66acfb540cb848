package kafka_test

import (
	"context"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/weir-stream/weir/internal/builtin"
	"github.com/weir-stream/weir/internal/clock"
	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/connector/kafka"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
	"github.com/weir-stream/weir/internal/vfs"
)

func upsertTable(t testing.TB, c *kfake.Cluster, given map[string]string) *connector.Table {
	t.Helper()
	all := map[string]string{"connector": "upsert-kafka", "topic": "t", "key.format": "raw", "value.format": "json", "properties.bootstrap.servers": c.ListenAddrs()[0], "scan.bounded.mode": "latest-offset"}
	for k, v := range given {
		all[k] = v
	}
	o, err := connector.Resolve(kafka.UpsertSpec(), builtin.Formats(), all, nil)
	if err != nil {
		t.Fatal(err)
	}
	return &connector.Table{Name: "tab", Resolved: *o, Columns: columns(), PrimaryKey: []int{0}, Env: &connector.Env{FS: vfs.OS{}, Clock: clock.System{}, Zone: types.UTC}}
}

func TestUpsert(t *testing.T) {
	c := cluster(t, kfake.SeedTopics(1, "t"))
	tb := upsertTable(t, c, nil)
	s, err := kafka.UpsertSpec().Sink(tb)
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	w := open(t, s)
	defer w.Close()
	b := rows(0, 3)
	b.Kinds = []vec.Kind{vec.Insert, vec.UpdateAfter, vec.Delete}
	check(t, w.Write(ctx, b))
	_, err = w.Prepare(ctx, 1)
	check(t, err)

	src, err := kafka.UpsertSpec().Source(tb)
	if err != nil {
		t.Fatal(err)
	}
	sc := connector.Scan{Want: []int{0, 1}, Ordered: true, Parallelism: 1}
	splits, err := src.Splits(ctx, sc)
	if err != nil {
		t.Fatal(err)
	}
	r, err := src.Open(ctx, sc, splits[0], nil)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var got []string
	out := vec.NewBatch([]types.Type{types.String(), types.Of(types.BigInt)})
	for out.N < 3 {
		check(t, r.Read(out, 10))
		if out.N < 3 {
			<-r.Ready()
		}
	}
	for i := range out.N {
		got = append(got, out.Kind(i).String()+text(out, i))
	}
	if want := "+U|k0|0 +U|k1|1 -D|k2|<nil>"; strings.Join(got, " ") != want {
		t.Errorf("%s\nwant %s", strings.Join(got, " "), want)
	}
}

// TestHeldUpserts: rows wait for later ones of their key, in order of their first.
func TestHeldUpserts(t *testing.T) {
	c := cluster(t, kfake.SeedTopics(1, "t"))
	s, err := kafka.UpsertSpec().Sink(upsertTable(t, c, map[string]string{"sink.buffer-flush.max-rows": "100", "sink.buffer-flush.interval": "1h"}))
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	w := open(t, s)
	defer w.Close()
	for range 3 {
		check(t, w.Write(ctx, rows(0, 2)))
	}
	_, err = w.Prepare(ctx, 1)
	check(t, err)
	if got := read(t, c); got != "0 1" {
		t.Error(got)
	}
}
