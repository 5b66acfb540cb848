package kafka_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/connector/kafka"
	"github.com/weir-stream/weir/internal/vec"
)

// report checks an end of a table and gives the report as text.
func report(t *testing.T, tb *connector.Table, end string) string {
	t.Helper()
	var side any
	var err error
	if end == "sink" {
		side, err = kafka.Spec().Sink(tb)
	} else {
		side, err = kafka.Spec().Source(tb)
	}
	if err != nil {
		t.Fatal(err)
	}
	var r connector.Report
	side.(connector.Checker).Check(t.Context(), &r)
	var b strings.Builder
	for _, f := range r.Facts {
		for _, row := range f.Rows {
			fmt.Fprintf(&b, "%s: %s\n", f.Title, strings.Join(row, " | "))
		}
	}
	for _, n := range r.Notes {
		fmt.Fprintln(&b, "note:", n)
	}
	for _, p := range r.Problems {
		fmt.Fprintf(&b, "problem: %s -> %s\n", p.What, p.Remedy)
	}
	return b.String()
}

func TestCheck(t *testing.T) {
	c := cluster(t, kfake.SeedTopics(2, "orders"), kfake.SeedTopics(1, "compact"))
	produce(t, c, &kgo.Record{Topic: "orders", Value: []byte(`{"a":1}`)}, &kgo.Record{Topic: "orders", Value: []byte(`{"a":2}`)}, &kgo.Record{Topic: "orders", Partition: 1, Value: []byte(`{"a":3}`)})
	cl, err := kgo.NewClient(kgo.SeedBrokers(c.ListenAddrs()...))
	if err != nil {
		t.Fatal(err)
	}
	defer cl.Close()
	adm := kadm.NewClient(cl)
	var at kadm.Offsets
	at.AddOffset("orders", 0, 1, -1)
	if err := adm.CommitAllOffsets(t.Context(), "g", at); err != nil {
		t.Fatal(err)
	}
	if _, err := adm.AlterTopicConfigs(t.Context(), []kadm.AlterConfig{{Op: kadm.SetConfig, Name: "cleanup.policy", Value: kmsg.StringPtr("compact")}}, "compact"); err != nil {
		t.Fatal(err)
	}
	for _, q := range []struct {
		name, end string
		given     map[string]string
		want      []string
		sound     bool // there is no problem
	}{
		{"a topic", "source", map[string]string{"topic": "orders"}, []string{"brokers: 0 | 127.0.0.1:", "topics: orders | 2 | ", "partitions: orders | 0 | 0 | 1/1 | 0 | 2 | 0\n", "partitions: orders | 1 | 0 | 1/1 | 0 | 1 | 0\n"}, true},
		{"a group", "source", map[string]string{"topic": "orders", "scan.startup.mode": "group-offsets", "properties.group.id": "g"},
			[]string{"0 | 2 | 1 | 1 | 1\n", "consumer group: g | Empty | 0", "problem: table tab: the consumer group 'g' has no offset in topic orders, partition 1, to start from -> set 'scan.startup.mode'"}, false},
		{"no group", "source", map[string]string{"topic": "orders", "properties.group.id": "new"}, []string{"note: the consumer group 'new' is not there yet"}, true},
		{"no topic", "source", map[string]string{"topic": "order"}, []string{"problem: table tab: there is no topic order at ", "-> did you mean 'orders'?"}, false},
		{"a pattern", "source", map[string]string{"topic": "", "topic-pattern": "orde.*"}, []string{"topics: orders"}, true},
		{"no match", "source", map[string]string{"topic": "", "topic-pattern": "ordes"}, []string{"problem: no topic matches 'ordes'"}, false},
		{"nobody", "source", map[string]string{"properties.bootstrap.servers": "127.0.0.1:1", "properties.request.timeout.ms": "300"}, []string{"-> no broker answers there"}, false},
		{"a topic to write", "sink", map[string]string{"topic": "orders"}, []string{"settings of the topic: orders | cleanup.policy | delete"}, true},
		{"records without keys", "sink", map[string]string{"topic": "compact"}, []string{"problem: the topic compact is compacted"}, false},
		{"transactions", "sink", map[string]string{"topic": "orders", "sink.delivery-guarantee": "exactly-once", "sink.transactional-id-prefix": "p"}, nil, true},
		{"transactions that are too long", "sink", map[string]string{"topic": "orders", "sink.delivery-guarantee": "exactly-once", "sink.transactional-id-prefix": "p", "properties.transaction.timeout.ms": "99999999"},
			[]string{"problem: taking the transactional id p-orders-check", "-> the brokers allow less than that"}, false},
	} {
		t.Run(q.name, func(t *testing.T) {
			tb, err := table(t, c, q.given)
			if err != nil {
				t.Fatal(err)
			}
			if q.end == "sink" {
				tb.Metadata = nil
			}
			got := report(t, tb, q.end)
			for _, w := range q.want {
				if !strings.Contains(got, w) {
					t.Errorf("it lacks %q:\n%s", w, got)
				}
			}
			if strings.Contains(got, "problem:") == q.sound {
				t.Error(got)
			}
		})
	}
}

// TestCheckRights: what a user may not do is told with the ACL that it takes.
func TestCheckRights(t *testing.T) {
	allow := func(on kmsg.ACLResourceType, name string, op kmsg.ACLOperation) kfake.ACL {
		return kfake.ACL{Resource: on, Name: name, Pattern: kmsg.ACLResourcePatternTypeLiteral, Operation: op, Allow: true}
	}
	c := cluster(t, kfake.SeedTopics(1, "t", "hidden"), kfake.EnableSASL(), kfake.EnableACLs(), kfake.Superuser("PLAIN", "root", "r"),
		kfake.User("PLAIN", "ann", "a", allow(kmsg.ACLResourceTypeTopic, "t", kmsg.ACLOperationDescribe), allow(kmsg.ACLResourceTypeGroup, "g", kmsg.ACLOperationDescribe)))
	for _, q := range []struct {
		end, topic string
		want       []string
	}{
		{"source", "t", []string{"topics: t | 1 | 1 | describe\n", "problem: the user may not read the topic t -> an ACL must allow Read for the topic t"}},
		{"source", "hidden", []string{"problem: asking for topics", "-> the user may not use the topic"}},
		{"sink", "t", []string{"problem: the user may not write the topic t -> an ACL must allow Write", "problem: taking the transactional id", "-> the user may not use the transactional ids"}},
	} {
		given := map[string]string{"topic": q.topic, "properties.security.protocol": "SASL_PLAINTEXT", "properties.sasl.mechanism": "PLAIN",
			"properties.sasl.jaas.config": `x required username="ann" password="a";`, "properties.group.id": "g"}
		if q.end == "sink" {
			given["sink.delivery-guarantee"], given["sink.transactional-id-prefix"] = "exactly-once", "p"
		}
		tb, err := table(t, c, given)
		if err != nil {
			t.Fatal(err)
		}
		if q.end == "sink" {
			tb.Metadata = nil
		}
		got := report(t, tb, q.end)
		for _, w := range q.want {
			if !strings.Contains(got, w) {
				t.Errorf("%s of %s lacks %q:\n%s", q.end, q.topic, w, got)
			}
		}
	}
}

// TestSample: the newest rows are shown, wherever a job would start.
func TestSample(t *testing.T) {
	c := cluster(t, kfake.SeedTopics(3, "t"))
	for i := range 100 {
		produce(t, c, &kgo.Record{Topic: "t", Partition: int32(i % 2), Value: fmt.Appendf(nil, `{"a":%d}`, i)})
	}
	produce(t, c, &kgo.Record{Topic: "t", Partition: 2, Value: []byte(`{"a":-1}`)})
	tb, err := table(t, c, map[string]string{"scan.startup.mode": "latest-offset", "scan.bounded.mode": ""})
	if err != nil {
		t.Fatal(err)
	}
	tb.Metadata = nil
	src, err := kafka.Spec().Source(tb)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithTimeout(t.Context(), 20*time.Second)
	defer stop()
	for n, want := range map[int]string{5: "-1 96 98 97 99", 1: "-1", 8: "-1 92 94 96 98 95 97 99"} {
		var got []string
		err := connector.Sample(ctx, src, tb, n, func(b *vec.Batch) error {
			for i := range b.Len() {
				got = append(got, fmt.Sprint(b.Cols[1].Value(b.Row(i))))
			}
			return nil
		})
		if s := strings.Join(got, " "); err != nil || s != want {
			t.Errorf("%d: %v, %q, want %q", n, err, s, want)
		}
	}
}

// TestCheckSchemas: columns are held against the newest schema of the subject, and what
// would be written is shown to the registry.
func TestCheckSchemas(t *testing.T) {
	c := cluster(t, kfake.SeedTopics(1, "t"))
	const schema = `{"type":"record","name":"r","fields":[{"name":"k","type":["null","string"]},{"name":"a","type":"long"}]}`
	reg := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/subjects/t-value/versions/latest":
			_ = json.NewEncoder(w).Encode(map[string]any{"subject": "t-value", "version": 3, "id": 7, "schema": schema})
		case "/compatibility/subjects/t-value/versions/latest":
			fmt.Fprint(w, `{"is_compatible":false,"messages":["reader field b has no default"]}`)
		default:
			w.WriteHeader(http.StatusNotFound)
			fmt.Fprint(w, `{"error_code":40401,"message":"Subject not found."}`)
		}
	}))
	defer reg.Close()
	for _, q := range []struct{ end, subject, want string }{
		{"source", "", "problem: the schema of the subject t-value (version 3) lacks the columns `b`, which are NULL -> "},
		{"source", "", "schema registry: t-value | 3 | 7 | AVRO | {"},
		{"source", "other", "note: the schema registry has no schema of the subject other yet"},
		{"sink", "", "problem: the registry would not take the schema of the columns for the subject t-value: reader field b has no default -> "},
		{"sink", "other", "note: the schema registry has no schema of the subject other yet"},
	} {
		tb, err := table(t, c, map[string]string{"format": "avro-confluent", "avro-confluent.url": reg.URL, "avro-confluent.subject": q.subject})
		if err != nil {
			t.Fatal(err)
		}
		tb.Metadata = nil
		if got := report(t, tb, q.end); !strings.Contains(got, q.want) {
			t.Errorf("%s: it lacks %q:\n%s", q.end, q.want, got)
		}
	}
}
