package kafka

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// copying copies a topic with the options given, in a job of a name.
func copying(name, from, to, options string) string {
	return "SET 'execution.checkpointing.interval' = '100 ms';" + copyingOnly(name, from, to, options)
}

func copyingOnly(name, from, to, options string) string {
	return fmt.Sprintf(`
SET 'pipeline.name' = '%[1]s';
CREATE TABLE i (v BIGINT) WITH ('connector' = 'kafka', 'topic' = '%[2]s', 'properties.bootstrap.servers' = '$ADDR', 'properties.group.id' = '%[1]s', 'format' = 'json', 'scan.startup.mode' = 'earliest-offset');
CREATE TABLE o (v BIGINT) WITH ('connector' = 'kafka', 'topic' = '%[3]s', 'properties.bootstrap.servers' = '$ADDR', 'format' = 'json', 'sink.delivery-guarantee' = 'exactly-once', 'sink.transactional-id-prefix' = '%[1]s'%[4]s);
INSERT INTO o SELECT v FROM i;`, name, from, to, options)
}

func send(t *testing.T, b *Broker, topic string, vs ...int) {
	t.Helper()
	cl := b.Client()
	defer cl.Close()
	for _, v := range vs {
		if err := cl.ProduceSync(context.Background(), &kgo.Record{Topic: topic, Value: fmt.Appendf(nil, `{"v":%d}`, v)}).FirstErr(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestFaults brings about what goes wrong in a cluster: a job says what it is, and goes
// on, or can be started again, when it is mended.
func TestFaults(t *testing.T) {
	b := Start(t)

	t.Run("wrong password", func(t *testing.T) {
		newRun(t, b).fails(`
CREATE TABLE i (v BIGINT) WITH ('connector' = 'kafka', 'topic' = 'in', 'properties.bootstrap.servers' = '$SASL', 'format' = 'json', 'scan.startup.mode' = 'earliest-offset',
  'properties.security.protocol' = 'SASL_PLAINTEXT', 'properties.sasl.mechanism' = 'PLAIN',
  'properties.sasl.jaas.config' = 'org.apache.kafka.common.security.plain.PlainLoginModule required username="weir" password="old";');
CREATE TABLE o (v BIGINT) WITH ('connector' = 'blackhole');
INSERT INTO o SELECT v FROM i;`, "the brokers do not accept the user", "sasl.jaas.config")
	})

	t.Run("no topic", func(t *testing.T) {
		newRun(t, b).fails(copying("none", "nowhere", "copy", ""), "there is no topic nowhere", "make it first")
	})

	t.Run("topic deleted while it is read", func(t *testing.T) {
		b.Topic("gone", 1)
		send(t, b, "gone", 1, 2)
		r := newRun(t, b)
		r.start(copying("gone", "gone", "gone-copy", ""))
		r.caughtUp("gone", "gone")
		deleteTopic(t, b, "gone")
		if err := r.wait(); err == nil {
			t.Fatalf("it does not fail\n%s", r.err)
		}
		r.said("topic gone", "was deleted")
		b.Topic("gone", 1) // another of that name, which has nothing at the job's position
		r.start("SET 'restart-strategy.type' = 'none';" + copying("gone", "gone", "gone-copy", ""))
		if err := r.wait(); err == nil {
			t.Fatalf("it does not fail\n%s", r.err)
		}
		r.said("topic gone", "auto.offset.reset")
		send(t, b, "gone", 3)
		r.start(strings.Replace(copying("gone", "gone", "gone-copy", ""), "'properties.group.id'", "'properties.auto.offset.reset' = 'earliest', 'properties.group.id'", 1))
		r.until(time.Minute, "the record to be copied", func() bool { return len(b.Committed("gone-copy")) == 3 })
		r.kill()
	})

	t.Run("topic deleted while it is written", func(t *testing.T) {
		b.Topic("in", 1)
		b.Topic("sunk", 1)
		send(t, b, "in", 1, 2)
		r := newRun(t, b)
		r.start(copying("sunk", "in", "sunk", ""))
		r.caughtUp("sunk", "in")
		deleteTopic(t, b, "sunk")
		b.Topic("sunk", 1)
		send(t, b, "in", 3)
		r.caughtUp("sunk", "in")
		r.kill()
		if got := b.Committed("sunk"); len(got) != 1 {
			t.Errorf("of the topic that was made anew: %v\n%s", got, r.err)
		}
	})

	t.Run("transaction timed out", func(t *testing.T) {
		b.Topic("slow", 1)
		send(t, b, "slow", 1)
		r := newRun(t, b)
		r.start("SET 'execution.checkpointing.interval' = '5 s';\nSET 'restart-strategy.type' = 'none';\n" + copyingOnly("slow", "slow", "slow-copy", ", 'properties.transaction.timeout.ms' = '1000'"))
		if err := r.wait(); err == nil {
			t.Fatalf("it does not fail\n%s", r.err)
		}
		r.said("slow-copy", "properties.transaction.timeout.ms")
	})

	t.Run("user withdrawn", func(t *testing.T) { withdraw(t, b) })

	t.Run("broker down", func(t *testing.T) {
		b.Topic("down", 1)
		send(t, b, "down", 1)
		b.Kill()
		r := newRun(t, b)
		r.start(copying("down", "down", "down-copy", ""))
		r.says("does not answer, the job waits for it")
		b.Restart()
		r.says("answers again")
		r.caughtUp("down", "down")
		b.Kill()
		r.until(30*time.Second, "the job to say it again", func() bool { return strings.Count(r.err.String(), "does not answer, the job waits for it") > 1 })
		b.Restart()
		send(t, b, "down", 2)
		r.caughtUp("down", "down")
		r.kill()
		if got := b.Committed("down-copy"); len(got) != 2 {
			t.Errorf("%v\n%s", got, r.err)
		}
	})
}

// withdraw takes the user of a job away while it runs: it says so, and goes on exactly
// once with one that is accepted.
func withdraw(t *testing.T, b *Broker) {
	b.Topic("cred", 1)
	send(t, b, "cred", 1, 2)
	adm := b.Admin()
	defer adm.Close()
	allow := func() {
		if _, err := adm.AlterUserSCRAMs(context.Background(), nil, []kadm.UpsertSCRAM{{User: "ann", Mechanism: kadm.ScramSha256, Iterations: 4096, Password: "pw"}}); err != nil {
			t.Fatal(err)
		}
	}
	allow()
	script := strings.ReplaceAll(copying("cred", "cred", "cred-copy", ""), "'$ADDR'", `'$SASL', 'properties.security.protocol' = 'SASL_PLAINTEXT', 'properties.sasl.mechanism' = 'SCRAM-SHA-256',
  'properties.sasl.jaas.config' = 'org.apache.kafka.common.security.scram.ScramLoginModule required username="ann" password="pw";'`)
	r := newRun(t, b)
	r.start("SET 'restart-strategy.type' = 'none';" + script)
	r.caughtUp("cred", "cred")
	if _, err := adm.AlterUserSCRAMs(context.Background(), []kadm.DeleteSCRAM{{User: "ann", Mechanism: kadm.ScramSha256}}, nil); err != nil {
		t.Fatal(err)
	}
	if err := r.wait(); err == nil {
		t.Fatalf("it does not fail\n%s", r.err)
	}
	r.said("the brokers do not accept the user", "expired")
	allow()
	send(t, b, "cred", 3)
	r.start(script)
	r.caughtUp("cred", "cred")
	r.kill()
	if got := b.Committed("cred-copy"); len(got) != 3 {
		t.Errorf("%v\n%s", got, r.err)
	}
}

// TestFullDisk fills the disk of a broker, which ends then: the job says that it waits,
// and goes on exactly once when there is room again.
func TestFullDisk(t *testing.T) {
	artifacts(t)
	dir := t.TempDir()
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", dir).CombinedOutput(); err != nil {
		t.Skipf("the disk was not filled: a small one cannot be mounted here: %v %s", err, out)
	}
	t.Cleanup(func() { _ = exec.Command("umount", "-l", dir).Run() })
	b := StartIn(t, dir)
	b.Topic("in", 1)
	send(t, b, "in", 1, 2)
	r := newRun(t, b)
	r.start(copying("full", "in", "out", ""))
	r.caughtUp("full", "in")
	ballast := filepath.Join(dir, "ballast")
	if out, err := exec.Command("sh", "-c", "cat /dev/zero > "+ballast+" 2>/dev/null; true").CombinedOutput(); err != nil {
		t.Fatal(err, string(out))
	}
	cl := b.Client()
	defer cl.Close()
	sent := make(chan error, 1)
	cl.Produce(context.Background(), &kgo.Record{Topic: "in", Value: []byte(`{"v":3,"x":"` + strings.Repeat("x", 100_000) + `"}`)}, func(_ *kgo.Record, err error) { sent <- err })
	r.says("does not answer, the job waits for it")
	b.Kill()
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	b.Restart()
	if err := <-sent; err != nil {
		t.Fatal(err)
	}
	r.caughtUp("full", "in")
	r.kill()
	if got := b.Committed("out"); len(got) != 3 {
		t.Errorf("%v\n%s", got, r.err)
	}
}

func deleteTopic(t *testing.T, b *Broker, topic string) {
	t.Helper()
	adm := b.Admin()
	defer adm.Close()
	if _, err := adm.DeleteTopic(context.Background(), topic); err != nil {
		t.Fatal(err)
	}
}
