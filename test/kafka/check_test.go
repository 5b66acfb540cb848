package kafka

import (
	"os/exec"
	"strings"
	"testing"
)

// TestCheckSource looks at tables with what a real broker tells of itself.
func TestCheckSource(t *testing.T) {
	b := Start(t)
	b.Topic("in", 2)
	b.Produce("in", "k1\t{\"v\":1}", "k2\t{\"v\":2}")
	r := newRun(t, b)
	path := r.script("check.sql", `
CREATE TABLE i (k STRING, v BIGINT) WITH ('connector' = 'kafka', 'topic' = 'in', 'properties.bootstrap.servers' = '$ADDR', 'key.format' = 'raw', 'key.fields' = 'k',
  'value.format' = 'json', 'value.fields-include' = 'EXCEPT_KEY', 'scan.startup.mode' = 'earliest-offset', 'properties.group.id' = 'new');
CREATE TABLE o (v BIGINT) WITH ('connector' = 'kafka', 'topic' = 'in', 'properties.bootstrap.servers' = '$ADDR', 'format' = 'json',
  'sink.delivery-guarantee' = 'exactly-once', 'sink.transactional-id-prefix' = 'x');
CREATE TABLE l (v BIGINT) WITH ('connector' = 'kafka', 'topic' = 'in', 'properties.bootstrap.servers' = '$ADDR', 'format' = 'json',
  'sink.delivery-guarantee' = 'exactly-once', 'sink.transactional-id-prefix' = 'x', 'properties.transaction.timeout.ms' = '99999999');
INSERT INTO o SELECT v FROM i;
INSERT INTO l SELECT v FROM i;`)
	out, err := exec.Command(r.bin, "source", "check", path).CombinedOutput()
	if err == nil {
		t.Error("it finds no problem")
	}
	for _, w := range []string{"i (kafka, source)", "in     2           1         describe, read, write", "│ k1 │ 1 │", "│ k2 │ 2 │", "the consumer group 'new' is not there yet", "o (kafka, sink)",
		"cleanup.policy       delete", "problem: taking the transactional id x-in-check", "the brokers allow less than that"} {
		if !strings.Contains(string(out), w) {
			t.Errorf("it does not say %q", w)
		}
	}
	if n := strings.Count(string(out), "problem:"); n != 1 || t.Failed() {
		t.Errorf("%d problems\n%s", n, out)
	}
}
