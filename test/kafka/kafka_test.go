package kafka

import (
	"sort"
	"strings"
	"testing"
)

// TestForeign reads what Kafka's own producer wrote and the other way round.
func TestForeign(t *testing.T) {
	b := Start(t)
	b.Topic("in", 3)
	b.Produce("in", "k1\t{\"v\":1}", "k2\t{\"v\":2}", "k3\t{\"v\":3}")
	r := newRun(t, b)
	r.finish(`
CREATE TABLE i (k STRING, v BIGINT) WITH ('connector' = 'kafka', 'topic' = 'in', 'properties.bootstrap.servers' = '$ADDR', 'key.format' = 'raw', 'key.fields' = 'k',
  'value.format' = 'json', 'value.fields-include' = 'EXCEPT_KEY', 'scan.startup.mode' = 'earliest-offset', 'scan.bounded.mode' = 'latest-offset');
CREATE TABLE o (k STRING, n BIGINT, PRIMARY KEY (k) NOT ENFORCED) WITH ('connector' = 'upsert-kafka', 'topic' = 'out', 'properties.bootstrap.servers' = '$ADDR',
  'key.format' = 'raw', 'value.format' = 'json', 'value.fields-include' = 'EXCEPT_KEY', 'sink.delivery-guarantee' = 'exactly-once', 'sink.transactional-id-prefix' = 'foreign');
INSERT INTO o SELECT k, v * 10 FROM i;`)
	got := b.Committed("out")
	for i := range got {
		_, got[i], _ = strings.Cut(got[i], "\t")
	}
	sort.Strings(got)
	if s := strings.Join(got, " "); s != "k1\t{\"n\":10} k2\t{\"n\":20} k3\t{\"n\":30}" {
		t.Errorf("%q", s)
	}
}
