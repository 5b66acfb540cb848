package engine_test

import (
	"context"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/weir-stream/weir/internal/engine"
)

// createdTable runs statements and gives what SHOW CREATE TABLE shows and what is told.
func createdTable(t *testing.T, script string) (ddl string, said []string) {
	t.Helper()
	s := engine.New(engine.Config{}).NewSession()
	defer s.Close()
	p, err := s.Prepare(script + "; EXPLAIN SELECT id, x FROM t; SHOW CREATE TABLE t")
	if err != nil {
		t.Fatal(err)
	}
	o := &told{}
	if err := s.Run(context.Background(), p, o); err != nil {
		t.Fatal(err)
	}
	return o.rows[0][0], o.said
}

// TestColumnsThatAreFound: a table of a topic without columns is used, and the
// statement that is told gives the same table.
func TestColumnsThatAreFound(t *testing.T) {
	c, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(1, "t"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	cl, err := kgo.NewClient(kgo.SeedBrokers(c.ListenAddrs()...))
	if err != nil {
		t.Fatal(err)
	}
	defer cl.Close()
	if err := cl.ProduceSync(t.Context(), &kgo.Record{Topic: "t", Key: []byte(`{"id":7}`), Value: []byte(`{"at":"2024-01-02T03:04:05Z","x":1.5}`)}).FirstErr(); err != nil {
		t.Fatal(err)
	}
	const options = ") WITH ('connector' = 'upsert-kafka', 'topic' = 't', 'properties.bootstrap.servers' = '$', 'key.format' = 'json', 'value.format' = 'json')"
	script := strings.ReplaceAll("CREATE TABLE t (y AS x + 1, WATERMARK FOR `at` AS `at`"+options, "$", c.ListenAddrs()[0])
	ddl, said := createdTable(t, script)
	if len(said) != 1 || !strings.Contains(said[0], "those of values are what the first record of topic t hold") || !strings.HasSuffix(said[0], ddl) {
		t.Fatalf("%q\n%s", said, ddl)
	}
	for _, want := range []string{"id BIGINT NOT NULL", "at TIMESTAMP_LTZ(3)", "x DOUBLE", "y AS x + 1", "PRIMARY KEY (id) NOT ENFORCED", "WATERMARK FOR at", "'value.fields-include' = 'EXCEPT_KEY'"} {
		if !strings.Contains(ddl, want) {
			t.Errorf("%s lacks %s", ddl, want)
		}
	}
	again, said := createdTable(t, ddl)
	if again != ddl || len(said) != 0 {
		t.Errorf("%q\n%s", said, again)
	}
	s := engine.New(engine.Config{Options: map[string]string{"weir.sql.strict": "true"}}).NewSession()
	defer s.Close()
	const own = "CREATE TABLE t (id INT) WITH ('connector' = 'kafka', 'topic' = 't', 'properties.bootstrap.servers' = '$', 'value.format' = "
	for stmt, want := range map[string]string{
		script: "a table without columns is an extension",
		own + "'proto-registry', 'value.proto-registry.url' = 'http://x')":                                      "the format 'proto-registry' is an extension",
		own + "'protobuf', 'value.protobuf.message-class-name' = 'x', 'value.protobuf.proto-file' = 'x.proto')": "the option 'value.protobuf.proto-file' is an extension",
	} {
		if _, err := s.Prepare(stmt); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("under weir.sql.strict: %v, want %s", err, want)
		}
	}
}
