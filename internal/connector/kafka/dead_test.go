package kafka_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/connector/kafka"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// grave keeps dead letters.
type grave []connector.DeadLetter

func (g *grave) Bury(d connector.DeadLetter) {
	d.Key, d.Value = []byte(string(d.Key)), []byte(string(d.Value))
	for i, h := range d.Headers {
		d.Headers[i].Value = []byte(string(h.Value))
	}
	*g = append(*g, d)
}

// TestBadRecords sends a record that cannot be read among good ones, in every format,
// as value and as key: it stops the job with all that is known of it, or is a dead
// letter and the others are read.
func TestBadRecords(t *testing.T) {
	change := func(tool string) string {
		return map[string]string{"debezium-json": `{"before":null,"after":{"k":"x","a":1},"op":"c"}`, "canal-json": `{"data":[{"k":"x","a":1}],"type":"INSERT"}`,
			"maxwell-json": `{"data":{"k":"x","a":1},"type":"insert"}`, "ogg-json": `{"after":{"k":"x","a":1},"op_type":"I"}`}[tool]
	}
	bad := strings.Repeat("\x00é", 60)
	for _, c := range []struct {
		format, good, bad string
		options           map[string]string
	}{
		{"json", `{"k":"x","a":1}`, bad, nil},
		{"json", `{"k":"x","a":1}`, `{"k":"x","a":"` + bad + `"}`, nil},
		{"csv", "x,1,y", "x," + bad, nil},
		{"raw", "\x00\x00\x00\x00\x00\x00\x00\x01", bad, nil},
		{"debezium-json", change("debezium-json"), bad, nil},
		{"debezium-json", change("debezium-json"), `{"before":{"k":"x","a":1},"after":{"k":"x","a":"` + bad + `"},"op":"u"}`, nil},
		{"canal-json", change("canal-json"), `{"data":[{"k":"x","a":1},{"a":"` + bad + `"}],"type":"INSERT"}`, nil},
		{"maxwell-json", change("maxwell-json"), `{"data":1,"type":"insert"}` + bad, nil},
		{"ogg-json", change("ogg-json"), `{"after":{"k":"x","a":1},"op_type":"` + bad + `"}`, nil},
		{"avro", "\x02\x02x\x02\x02\x02\x02y", "\x02\xff\xff" + bad, nil},
		{"avro-confluent", "", "\x01" + bad, map[string]string{"avro-confluent.url": "http://localhost:1"}},
		{"debezium-avro-confluent", "", "\x01" + bad, map[string]string{"debezium-avro-confluent.url": "http://localhost:1"}},
	} {
		b := cluster(t, kfake.SeedTopics(1, "t"))
		good := []byte(c.good)
		if c.good == "" {
			good = nil // registries are not asked about null messages
		}
		at := time.UnixMilli(1_000)
		produce(t, b, &kgo.Record{Topic: "t", Value: good}, &kgo.Record{Topic: "t", Key: []byte("key"), Value: []byte(c.bad), Timestamp: at, Headers: []kgo.RecordHeader{{Key: "h", Value: []byte("v")}}},
			&kgo.Record{Topic: "t", Value: good})
		for _, buried := range []bool{false, true} {
			options := map[string]string{"format": c.format}
			for k, v := range c.options {
				options[k] = v
			}
			tb, err := table(t, b, options)
			if err != nil {
				t.Fatal(c.format, err)
			}
			if c.format == "raw" {
				tb.Columns = tb.Columns[1:2:2]
			}
			var g grave
			rows, err := readAll(tb, kafka.Spec(), &g, buried)
			if !buried {
				want := []string{"topic t, partition 0, offset 1: ", "the value is \"", "…\"", "'weir.dead-letter'"}
				var e *sqlerr.Error
				if !errors.As(err, &e) || e.Code != sqlerr.Data || strings.ContainsAny(err.Error(), "\x00") {
					t.Errorf("%s: %q", c.format, err)
					continue
				}
				for _, w := range want {
					if !strings.Contains(err.Error(), w) {
						t.Errorf("%s does not say %q: %v", c.format, w, err)
					}
				}
				continue
			}
			want := 2
			if c.good == "" {
				want = 0
			}
			if err != nil || rows != want || len(g) != 1 {
				t.Errorf("%s: %d rows, %d dead letters, %v", c.format, rows, len(g), err)
				continue
			}
			d := g[0]
			if d.Topic != "t" || d.Partition != 0 || d.Offset != 1 || !d.Time.Equal(at) || fmt.Sprintf("%s", d.Headers) != "[{h v}]" || string(d.Key) != "key" || string(d.Value) != c.bad || d.Err == nil || strings.Contains(d.Err.Error(), "offset") {
				t.Errorf("%s: %+v", c.format, d)
			}
		}
	}
}

// TestBadKeys does it with keys, and with all records bad.
func TestBadKeys(t *testing.T) {
	b := cluster(t, kfake.SeedTopics(1, "t"))
	var rs []*kgo.Record
	const many = 500
	for i := range many {
		rs = append(rs, &kgo.Record{Topic: "t", Key: fmt.Appendf(nil, `{"k":%d`, i), Value: []byte(`{"a":1}`)})
	}
	produce(t, b, append(rs, &kgo.Record{Topic: "t", Key: []byte(`{"k":"x"}`), Value: []byte(`{"a":1}`)})...)
	for _, spec := range []*connector.Spec{kafka.Spec(), kafka.UpsertSpec()} {
		tb, err := table(t, b, map[string]string{"key.format": "json", "key.fields": "k", "value.fields-include": "EXCEPT_KEY"})
		if err != nil {
			t.Fatal(err)
		}
		if spec.Name != "kafka" {
			tb = upsertTable(t, b, map[string]string{"key.format": "json", "value.fields-include": "EXCEPT_KEY"})
		}
		if _, err := readAll(tb, spec, nil, false); err == nil || !strings.Contains(err.Error(), `offset 0: the key "{\"k\":0"`) {
			t.Errorf("%s: %v", spec.Name, err)
		}
		var g grave
		if rows, err := readAll(tb, spec, &g, true); err != nil || rows != 1 || len(g) != many || string(g[many-1].Key) != `{"k":499` {
			t.Errorf("%s: %d rows, %d dead letters, %v", spec.Name, rows, len(g), err)
		}
	}
}

// readAll counts the rows of a bounded table, with the dead letters if they are wanted.
func readAll(tb *connector.Table, spec *connector.Spec, g *grave, buried bool) (int, error) {
	s, err := spec.Source(tb)
	if err != nil {
		return 0, err
	}
	ctx, stop := context.WithTimeout(context.Background(), 20*time.Second)
	defer stop()
	sc := connector.Scan{Parallelism: 1, Ordered: true}
	var ts []types.Type
	for i, c := range tb.Columns {
		sc.Want = append(sc.Want, i)
		ts = append(ts, c.Type)
	}
	if buried {
		sc.Dead = g
	}
	splits, err := s.Splits(ctx, sc)
	if err != nil {
		return 0, err
	}
	r, err := s.Open(ctx, sc, splits[0], nil)
	if err != nil {
		return 0, err
	}
	defer r.Close()
	rows := 0
	for {
		n := 0
		if g != nil {
			n = len(*g)
		}
		b := vec.NewBatch(ts)
		switch err := r.Read(b, 100); {
		case errors.Is(err, io.EOF):
			return rows, nil
		case err != nil:
			return rows, err
		case b.N == 0 && (g == nil || len(*g) == n):
			select {
			case <-r.Ready():
			case <-ctx.Done():
				return rows, ctx.Err()
			}
		}
		rows += b.N
	}
}
