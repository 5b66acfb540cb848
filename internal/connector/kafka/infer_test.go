package kafka_test

import (
	"context"
	"fmt"
	"sort"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/weir-stream/weir/internal/connector/kafka"
	"github.com/weir-stream/weir/internal/registry"
	"github.com/weir-stream/weir/internal/registry/registrytest"
)

func records(topic string, kv ...string) []*kgo.Record {
	var out []*kgo.Record
	for i := 0; i < len(kv); i += 2 {
		r := &kgo.Record{Topic: topic, Partition: int32(i / 2 % 2), Value: []byte(kv[i+1])}
		if kv[i] != "" {
			r.Key = []byte(kv[i])
		}
		if kv[i+1] == "" {
			r.Value = nil
		}
		out = append(out, r)
	}
	return out
}

// TestColumnsOfATopic: what tables without columns are taken to be.
func TestColumnsOfATopic(t *testing.T) {
	reg := registrytest.Start(t)
	reg.Add("a-value", registry.Avro, `{"type":"record","name":"a","fields":[{"name":"v","type":["null",{"type":"long","logicalType":"timestamp-millis"}]}]}`)
	reg.Add("a-key", registry.Avro, `{"type":"record","name":"k","fields":[{"name":"id","type":"int"},{"name":"v","type":"long"}]}`)
	reg.Add("p-value", registry.Protobuf, `syntax = "proto3"; message A { uint32 n = 1; repeated string tags = 2; }`)
	c := cluster(t, kfake.SeedTopics(2, "t", "d", "c", "n", "w", "empty", "a", "p"))
	var all []*kgo.Record
	all = append(all, records("t", `{"id":1}`, `{"id":1,"x":1}`, `{"id":2}`, `{"x":1.5,"in":{"s":"a"}}`, "", "", `{"id":3}`, `not JSON`)...)
	all = append(all, records("d", "", `{"before":null,"after":{"id":1,"d":"2024-01-02"},"op":"c"}`, "", `{"payload":{"before":{"id":1,"e":true},"after":null,"op":"d"}}`, "", "")...)
	all = append(all, records("c", "a", "1,x,2.5", "b", "2,y,3")...)
	all = append(all, records("n", "", "oops", "", "{")...)
	for i := range 1500 { // more than are looked at
		all = append(all, records("w", "", fmt.Sprintf(`{"c%d":1}`, i/1000))...)
	}
	produce(t, c, all...)
	sampled := func(n int, topic string) string {
		return fmt.Sprintf(" how: those of values are what the first %d records of topic %s hold", n, topic)
	}
	for _, q := range []struct {
		connector string
		given     map[string]string
		want      string
	}{
		{"kafka", map[string]string{"topic": "t", "scan.startup.mode": "latest-offset"}, "[{id BIGINT} {x DOUBLE} {in ROW<`s` STRING>}]" + sampled(3, "t")},
		{"kafka", map[string]string{"topic": "t", "format": "", "value.format": "json", "key.format": "json"}, "key.fields=id"},
		{"kafka", map[string]string{"topic": "t", "key.format": "json", "key.fields-prefix": "k_"}, "[{k_id BIGINT} {id BIGINT} {x DOUBLE} {in ROW<`s` STRING>}] key.fields=k_id value.fields-include=EXCEPT_KEY"},
		{"kafka", map[string]string{"topic": "d", "format": "debezium-json"}, "[{id BIGINT} {d DATE} {e BOOLEAN}]" + sampled(2, "d")},
		{"kafka", map[string]string{"topic": "c", "format": "csv", "key.format": "raw"}, "[{key STRING} {f0 BIGINT} {f1 STRING} {f2 DOUBLE}] key.fields=key value.fields-include=EXCEPT_KEY"},
		{"kafka", map[string]string{"topic": "w"}, "[{c0 BIGINT}]" + sampled(1000, "w")},
		{"upsert-kafka", map[string]string{"topic": "a", "value.format": "avro-confluent", "value.avro-confluent.url": reg.URL, "key.format": "avro-confluent", "key.avro-confluent.url": reg.URL},
			"[{id INT} {v TIMESTAMP_LTZ(3)}] value.fields-include=EXCEPT_KEY key [id v] how: those of values are what defines the messages of format 'avro-confluent'"},
		{"kafka", map[string]string{"topic": "p", "format": "proto-registry", "proto-registry.url": reg.URL}, "[{n BIGINT} {tags ARRAY<STRING>}] how"},

		{"kafka", map[string]string{"topic": "empty"}, "topic empty is empty: there are no records to learn columns from"},
		{"kafka", map[string]string{"topic": "n"}, `the columns of the values in topic n cannot be learned as format 'json'`},
		{"kafka", map[string]string{"topic": "w", "key.format": "json"}, "topic w has no keys to learn columns from, in 1000 records"},
		{"kafka", map[string]string{"topic": "c", "format": "avro"}, "messages of the format 'avro' do not tell their columns"},
		{"kafka", map[string]string{"topic": "tt"}, "there is no topic tt"},
		{"kafka", map[string]string{"topic": "empty", "format": "avro-confluent", "avro-confluent.url": reg.URL}, "asking for the newest schema of the subject empty-value"},
		{"kafka", map[string]string{"properties.bootstrap.servers": "127.0.0.1:1", "properties.request.timeout.ms": "300"}, "no broker answers there"},
		{"kafka", map[string]string{"format": ""}, "names no format"},
	} {
		spec := kafka.Spec()
		if q.connector != "kafka" {
			spec = kafka.UpsertSpec()
			q.given["format"], q.given["scan.startup.mode"] = "", ""
		}
		q.given["connector"] = q.connector
		tb, err := tableOf(t, spec, c, q.given)
		if err != nil {
			t.Fatal(err)
		}
		tb.Columns, tb.Metadata = nil, nil
		found, err := spec.Columns(context.Background(), tb)
		got := fmt.Sprint(err)
		if err == nil {
			got = fmt.Sprint(found.Columns)
			var opts []string
			for k, v := range found.Options {
				opts = append(opts, " "+k+"="+v)
			}
			sort.Strings(opts)
			got += strings.Join(opts, "")
			if found.PrimaryKey != nil {
				got += fmt.Sprint(" key ", found.PrimaryKey)
			}
			got += " how: " + found.How
		}
		if !strings.Contains(got, q.want) {
			t.Errorf("%v\ngot  %s\nwant %s", q.given, got, q.want)
		}
	}
}
