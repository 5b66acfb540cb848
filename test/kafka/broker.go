// Package kafka runs jobs of the real binary against Apache Kafka's own broker. The
// connector's own tests use a double of it in the process, which is quick and knows
// what its writers knew; what a broker really does with transactions when it, or who
// writes, is killed, only it can tell. What was written is read by Kafka's own Java
// consumer.
package kafka

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// User and Password of the listener with SASL.
const (
	User     = "weir"
	Password = "secret"
)

// startFor bounds the start of a broker on a busy machine.
const startFor = 90 * time.Second

// Broker is a broker, and its own controller, on ports of its own.
type Broker struct {
	Addr string // without security
	SASL string // SASL_PLAINTEXT with the mechanism PLAIN

	t         testing.TB
	dir       string
	classPath string
	cmd       *exec.Cmd
}

// Start starts a broker, which ends with the test.
func Start(t testing.TB) *Broker {
	t.Helper()
	return StartIn(t, t.TempDir())
}

// StartIn starts one that keeps its records in a directory.
func StartIn(t testing.TB, dir string) *Broker {
	t.Helper()
	b := &Broker{t: t, dir: dir, classPath: artifacts(t)}
	ports := freePorts(t, 3)
	b.Addr, b.SASL = ports[0], ports[1]
	config := fmt.Sprintf(`process.roles=broker,controller
node.id=1
controller.quorum.voters=1@%[3]s
listeners=PLAINTEXT://%[1]s,SASL_PLAINTEXT://%[2]s,CONTROLLER://%[3]s
advertised.listeners=PLAINTEXT://%[1]s,SASL_PLAINTEXT://%[2]s
controller.listener.names=CONTROLLER
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,SASL_PLAINTEXT:SASL_PLAINTEXT,CONTROLLER:PLAINTEXT
sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256
listener.name.sasl_plaintext.scram-sha-256.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
connections.max.reauth.ms=4000
listener.name.sasl_plaintext.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required user_%[4]s="%[5]s";
log.dirs=%[6]s
offsets.topic.replication.factor=1
offsets.topic.num.partitions=3
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=3
transaction.abort.timed.out.transaction.cleanup.interval.ms=500
group.initial.rebalance.delay.ms=0
`, b.Addr, b.SASL, ports[2], User, Password, filepath.Join(b.dir, "logs"))
	if err := os.WriteFile(b.config(), []byte(config), 0o644); err != nil {
		t.Fatal(err)
	}
	if out, err := b.java("kafka.tools.StorageTool", "format", "-t", "MkU3OEVBNTcwNTJENDM2Qk", "-c", b.config()).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Cleanup(b.Kill)
	b.Restart()
	return b
}

func (b *Broker) config() string { return filepath.Join(b.dir, "server.properties") }

// java is a command of Kafka's.
func (b *Broker) java(args ...string) *exec.Cmd {
	return exec.Command("java", append([]string{"-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp", b.classPath}, args...)...)
}

// Restart starts the broker, which does not run, on what it holds.
func (b *Broker) Restart() {
	b.t.Helper()
	b.cmd = b.java("kafka.Kafka", b.config())
	var log bytes.Buffer
	b.cmd.Stdout, b.cmd.Stderr = &log, &log
	if err := b.cmd.Start(); err != nil {
		b.t.Fatal(err)
	}
	adm := b.Admin()
	defer adm.Close()
	for until := time.Now().Add(startFor); ; {
		ctx, stop := context.WithTimeout(context.Background(), time.Second)
		bs, err := adm.ListBrokers(ctx)
		stop()
		if err == nil && len(bs) == 1 {
			return
		}
		if time.Now().After(until) {
			b.Kill()
			b.t.Fatalf("the broker does not answer after %v: %v\n%s", startFor, err, log.Bytes())
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// Kill ends the broker with SIGKILL.
func (b *Broker) Kill() {
	if b.cmd == nil {
		return
	}
	_ = b.cmd.Process.Kill()
	_ = b.cmd.Wait()
	b.cmd = nil
}

// Client is one of Go.
func (b *Broker) Client(opts ...kgo.Opt) *kgo.Client {
	cl, err := kgo.NewClient(append([]kgo.Opt{kgo.SeedBrokers(b.Addr)}, opts...)...)
	if err != nil {
		b.t.Fatal(err)
	}
	return cl
}

// Admin is a client that manages.
func (b *Broker) Admin() *kadm.Client { return kadm.NewClient(b.Client()) }

// Topic makes a topic.
func (b *Broker) Topic(name string, partitions int32) {
	b.t.Helper()
	adm := b.Admin()
	defer adm.Close()
	if r, err := adm.CreateTopic(context.Background(), partitions, 1, nil, name); err != nil || r.Err != nil {
		b.t.Fatal(err, r.Err)
	}
}

// Committed gives what Kafka's own consumer reads of the records of a topic that are
// committed: lines of partition, key and value, with tabs between them.
func (b *Broker) Committed(topic string) []string {
	b.t.Helper()
	cmd := b.java("org.apache.kafka.tools.consumer.ConsoleConsumer", "--bootstrap-server", b.Addr, "--topic", topic, "--from-beginning",
		"--isolation-level", "read_committed", "--timeout-ms", "8000", "--property", "print.partition=true", "--property", "print.key=true")
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		b.t.Fatalf("%v\n%s%s", err, out.Bytes()[max(0, out.Len()-2000):], errs.Bytes())
	}
	var lines []string
	for _, l := range strings.Split(out.String(), "\n") {
		if strings.HasPrefix(l, "Partition:") { // else it is one of its log
			lines = append(lines, l)
		}
	}
	return lines
}

// Produce writes lines of key, tab and value to a topic with Kafka's own producer.
func (b *Broker) Produce(topic string, lines ...string) {
	b.t.Helper()
	cmd := b.java("org.apache.kafka.tools.ConsoleProducer", "--bootstrap-server", b.Addr, "--topic", topic, "--property", "parse.key=true")
	cmd.Stdin = strings.NewReader(strings.Join(lines, "\n") + "\n")
	if out, err := cmd.CombinedOutput(); err != nil {
		b.t.Fatalf("%v\n%s", err, out)
	}
}

// freePorts gives addresses that nobody listens at.
func freePorts(t testing.TB, n int) []string {
	t.Helper()
	var out []string
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		out = append(out, l.Addr().String())
	}
	return out
}
