package kafka_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/weir-stream/weir/internal/builtin"
	"github.com/weir-stream/weir/internal/clock"
	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/connector/kafka"
	"github.com/weir-stream/weir/internal/format"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
	"github.com/weir-stream/weir/internal/vfs"
)

// cluster starts a broker in the process, with topics of some partitions.
func cluster(t testing.TB, topics ...kfake.Opt) *kfake.Cluster {
	t.Helper()
	c, err := kfake.NewCluster(append([]kfake.Opt{kfake.NumBrokers(1)}, topics...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func produce(t testing.TB, c *kfake.Cluster, rs ...*kgo.Record) {
	t.Helper()
	cl, err := kgo.NewClient(kgo.SeedBrokers(c.ListenAddrs()...), kgo.RecordPartitioner(kgo.ManualPartitioner()))
	if err != nil {
		t.Fatal(err)
	}
	defer cl.Close()
	if err := cl.ProduceSync(context.Background(), rs...).FirstErr(); err != nil {
		t.Fatal(err)
	}
}

// columns of the tests' tables.
func columns() []format.Column {
	return []format.Column{{Name: "k", Type: types.String()}, {Name: "a", Type: types.Of(types.BigInt)}, {Name: "b", Type: types.String()}}
}

func table(t testing.TB, c *kfake.Cluster, given map[string]string) (*connector.Table, error) {
	t.Helper()
	return tableOf(t, kafka.Spec(), c, given)
}

func tableOf(t testing.TB, spec *connector.Spec, c *kfake.Cluster, given map[string]string) (*connector.Table, error) {
	t.Helper()
	all := map[string]string{"connector": "kafka", "topic": "t", "format": "json", "scan.startup.mode": "earliest-offset", "scan.bounded.mode": "latest-offset"}
	if c != nil {
		all["properties.bootstrap.servers"] = strings.Join(c.ListenAddrs(), ",")
	}
	for k, v := range given {
		if all[k] = v; v == "" {
			delete(all, k)
		}
	}
	formats := builtin.Formats()
	o, err := connector.Resolve(spec, formats, all, nil)
	if err != nil {
		return nil, err
	}
	tb := &connector.Table{Name: "tab", Resolved: *o, Columns: columns(), Env: &connector.Env{FS: vfs.OS{}, Clock: clock.System{}, Zone: types.UTC, Formats: formats}}
	for _, m := range spec.Metadata {
		tb.Metadata = append(tb.Metadata, connector.MetadataUse{Key: m.Key, Type: m.Type})
	}
	return tb, nil
}

// all reads all splits of a bounded table to their ends, as lines, sorted.
func all(t testing.TB, tb *connector.Table, want, meta []int) ([]string, error) {
	t.Helper()
	s, err := kafka.Spec().Source(tb)
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithTimeout(context.Background(), 30*time.Second)
	defer stop()
	sc := connector.Scan{Want: want, Metadata: meta, Ordered: true, Parallelism: 1}
	splits, err := s.Splits(ctx, sc)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, sp := range splits {
		r, err := s.Open(ctx, sc, sp, nil)
		if err != nil {
			return nil, err
		}
		lines, err := drain(ctx, r, tb, want, meta)
		r.Close()
		if err != nil {
			return nil, err
		}
		out = append(out, lines...)
	}
	sort.Strings(out)
	return out, nil
}

// drain reads to the end.
func drain(ctx context.Context, r connector.Reader, tb *connector.Table, want, meta []int) ([]string, error) {
	var ts []types.Type
	for _, w := range want {
		ts = append(ts, tb.Columns[w].Type)
	}
	for _, m := range meta {
		ts = append(ts, tb.Metadata[m].Type)
	}
	var out []string
	for {
		b := vec.NewBatch(ts)
		err := r.Read(b, 100)
		for i := range b.N {
			out = append(out, strings.TrimPrefix(text(b, i), "|"))
		}
		switch {
		case errors.Is(err, io.EOF):
			return out, nil
		case err != nil:
			return out, err
		case b.N > 0:
			continue
		}
		select {
		case <-r.Ready():
		case <-ctx.Done():
			return out, ctx.Err()
		}
	}
}

// text shows a row.
func text(b *vec.Batch, i int) string {
	var s string
	for _, c := range b.Cols {
		s += "|" + fmt.Sprint(c.Value(i))
	}
	return s
}

func TestRead(t *testing.T) {
	c := cluster(t, kfake.SeedTopics(2, "t"))
	at := time.UnixMilli(1_700_000_000_123)
	produce(t, c,
		&kgo.Record{Topic: "t", Partition: 0, Key: []byte(`{"k":"x"}`), Value: []byte(`{"a":1,"b":"one"}`), Timestamp: at, Headers: []kgo.RecordHeader{{Key: "h", Value: []byte("v")}}},
		&kgo.Record{Topic: "t", Partition: 1, Value: []byte(`{"a":2,"b":"two"}`), Timestamp: at},
		&kgo.Record{Topic: "t", Partition: 1, Key: []byte(`{"k":"z"}`), Timestamp: at}, // null: no row
		&kgo.Record{Topic: "t", Partition: 1, Value: []byte(`[{"a":3},{"a":4}]`), Timestamp: at})
	for _, q := range []struct {
		name       string
		given      map[string]string
		want, meta []int
		rows       string
	}{
		{"values", nil, []int{1, 2}, nil, "1|one\n2|two\n3|<nil>\n4|<nil>"},
		{"keys", map[string]string{"format": "", "value.format": "json", "key.format": "json", "key.fields": "k", "value.fields-include": "EXCEPT_KEY"}, []int{0, 1}, nil, "<nil>|2\n<nil>|3\n<nil>|4\nx|1"},
		{"metadata", nil, []int{1}, []int{0, 1, 4, 5, 6, 2}, "1|t|0|0|1700000000123|CreateTime|[[h v]]\n2|t|1|0|1700000000123|CreateTime|[]\n3|t|1|2|1700000000123|CreateTime|[]\n4|t|1|2|1700000000123|CreateTime|[]"},
		{"no columns", nil, nil, []int{4}, "0\n0\n2\n2"},
		{"specific offsets", map[string]string{"scan.startup.mode": "specific-offsets", "scan.startup.specific-offsets": "partition:0,offset:1;partition:1,offset:1"}, []int{1}, nil, "3\n4"},
		{"bounded offsets", map[string]string{"scan.bounded.mode": "specific-offsets", "scan.bounded.specific-offsets": "partition:1,offset:1"}, []int{1}, nil, "2"},
		{"latest", map[string]string{"scan.startup.mode": "latest-offset"}, []int{1}, nil, ""},
		{"timestamp", map[string]string{"scan.startup.mode": "timestamp", "scan.startup.timestamp-millis": "1700000000124"}, []int{1}, nil, ""},
		{"reset", map[string]string{"scan.startup.mode": "", "properties.auto.offset.reset": "earliest", "properties.group.id": "g"}, []int{1}, nil, "1\n2\n3\n4"},
		{"pattern", map[string]string{"topic": "", "topic-pattern": "[a-t]"}, []int{1}, nil, "1\n2\n3\n4"},
	} {
		t.Run(q.name, func(t *testing.T) {
			tb, err := table(t, c, q.given)
			if err != nil {
				t.Fatal(err)
			}
			rows, err := all(t, tb, q.want, q.meta)
			if got := strings.Join(rows, "\n"); err != nil || got != q.rows {
				t.Errorf("%v\n%s\nwant\n%s", err, got, q.rows)
			}
		})
	}
}

func TestErrors(t *testing.T) {
	c := cluster(t, kfake.SeedTopics(1, "orders"))
	produce(t, c, &kgo.Record{Topic: "orders", Value: []byte(`{"a":1}`)}, &kgo.Record{Topic: "orders", Value: []byte(`{"a":"x"}`)})
	for _, q := range []struct {
		given map[string]string
		want  string
	}{
		{map[string]string{"topic": "order"}, "table tab: there is no topic order at"},
		{map[string]string{"topic": "order"}, "did you mean 'orders'?"},
		{map[string]string{"topic": ""}, "connector 'kafka' needs the option 'topic' or 'topic-pattern'"},
		{map[string]string{"topic": "orders"}, `topic orders, partition 0, offset 1: byte 5: column a: "x" is not BIGINT (the value is "{\"a\":\"x\"}"; 'json.ignore-parse-errors'`},
		{map[string]string{"properties.bootstrap.servers": ""}, "needs the option 'properties.bootstrap.servers'"},
		{map[string]string{"properties.bootstrap.servers": "127.0.0.1:1", "properties.request.timeout.ms": "500"}, "no broker answers there"},
		{map[string]string{"properties.group.di": "g"}, "the option 'properties.group.di' has no meaning here (did you mean 'properties.group.id'?)"},
		{map[string]string{"properties.sasl.mechanism": "GSSAPI"}, "Kerberos is not supported"},
		{map[string]string{"format": "parquet"}, "the format 'parquet' is one of files, not of records of Kafka"},
		{map[string]string{"key.format": "json"}, "a 'key.format' needs 'key.fields'"},
		{map[string]string{"key.format": "json", "key.fields": "kk"}, "'key.fields' names `kk`, which is no column of tab (did you mean 'k'?)"},
		{map[string]string{"scan.startup.mode": "timestamp"}, "the mode 'timestamp' needs the option 'scan.startup.timestamp-millis'"},
		{map[string]string{"scan.startup.mode": "specific-offsets", "scan.startup.specific-offsets": "0:1"}, "has '0:1', which is no offset"},
		{map[string]string{"topic": "orders", "scan.startup.mode": "group-offsets"}, "the consumer group 'KafkaSource-tab' has no offset in topic orders, partition 0"},
	} {
		tb, err := table(t, c, q.given)
		if err == nil {
			_, err = all(t, tb, []int{1}, nil)
		}
		if err == nil || !strings.Contains(err.Error(), q.want) {
			t.Errorf("%v: %v\nwant %s", q.given, err, q.want)
		}
	}
}
