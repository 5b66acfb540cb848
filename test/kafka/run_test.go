package kafka

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// binary builds weir once.
var binary = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "weir-kafka")
	if err != nil {
		return "", err
	}
	bin := filepath.Join(dir, "weir")
	out, err := exec.Command("go", "build", "-o", bin, "../../cmd/weir").CombinedOutput()
	if err != nil {
		os.Stderr.Write(out)
	}
	return bin, err
})

func TestMain(m *testing.M) {
	code := m.Run()
	if os.Getenv("WEIR_KAFKA") != "" && !testing.Short() {
		if bin, err := binary(); err == nil {
			_ = os.RemoveAll(filepath.Dir(bin))
		}
	}
	os.Exit(code)
}

// run is a job of the real binary with a state directory.
type run struct {
	testing.TB
	b   *Broker
	bin string
	dir string
	cmd *exec.Cmd
	err *output
}

func newRun(t testing.TB, b *Broker) *run {
	t.Helper()
	bin, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	r := &run{TB: t, b: b, bin: bin, dir: t.TempDir()}
	t.Cleanup(r.kill)
	return r
}

// output is what a process has said so far.
type output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

func (r *run) state() string { return filepath.Join(r.dir, "state") }

// script writes a script; $ADDR, $SASL and $DIR stand for the broker's listeners and
// the directory.
func (r *run) script(name, text string) string {
	r.Helper()
	path := filepath.Join(r.dir, name)
	text = strings.NewReplacer("$ADDR", r.b.Addr, "$SASL", r.b.SASL, "$DIR", r.dir).Replace(text)
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		r.Fatal(err)
	}
	return path
}

// start starts a job.
func (r *run) start(text string) {
	r.Helper()
	r.err = &output{}
	r.cmd = exec.Command(r.bin, "run", "--state-dir", r.state(), r.script("job.sql", text))
	r.cmd.Stdout, r.cmd.Stderr = r.err, r.err
	if err := r.cmd.Start(); err != nil {
		r.Fatal(err)
	}
}

// kill ends the job with SIGKILL.
func (r *run) kill() {
	if r.cmd != nil {
		_ = r.cmd.Process.Kill()
		_ = r.cmd.Wait()
		r.cmd = nil
	}
}

// wait waits for the job's end.
func (r *run) wait() error {
	cmd := r.cmd
	r.cmd = nil
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	select {
	case err := <-done:
		return err
	case <-time.After(time.Minute):
		_ = cmd.Process.Kill()
		<-done
		r.Fatalf("the job does not end\n%s", r.err)
		return nil
	}
}

// finish runs a job that ends by itself.
func (r *run) finish(text string) {
	r.Helper()
	r.start(text)
	if err := r.wait(); err != nil {
		r.Fatalf("%v\n%s", err, r.err)
	}
}

// fails runs a job that is to end with an error of these words.
func (r *run) fails(text string, words ...string) {
	r.Helper()
	r.start(text)
	if err := r.wait(); err == nil {
		r.Fatalf("it does not fail\n%s", r.err)
	}
	r.said(words...)
}

// said checks what the job has said.
func (r *run) said(words ...string) {
	r.Helper()
	out := r.err.String()
	for _, w := range words {
		if !strings.Contains(out, w) {
			r.Errorf("it does not say %q:\n%s", w, out)
		}
	}
}

// says waits until the running job has said something.
func (r *run) says(words string) {
	r.Helper()
	r.until(30*time.Second, "the job to say "+words, func() bool { return strings.Contains(r.err.String(), words) })
}

// until polls.
func (r *run) until(d time.Duration, what string, f func() bool) {
	r.Helper()
	for end := time.Now().Add(d); !f(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			r.Fatalf("waited %v for %s\n%s", d, what, r.err)
		}
	}
}

// caughtUp waits until the consumer group has all there is of topics.
func (r *run) caughtUp(group string, topics ...string) {
	r.Helper()
	adm := r.b.Admin()
	defer adm.Close()
	r.until(90*time.Second, "the group "+group+" to have read all", func() bool {
		ctx, stop := context.WithTimeout(context.Background(), 5*time.Second)
		defer stop()
		ends, err := adm.ListEndOffsets(ctx, topics...)
		if err != nil {
			return false
		}
		at, err := adm.FetchOffsetsForTopics(ctx, group, topics...)
		if err != nil {
			return false
		}
		for _, ps := range ends {
			for _, e := range ps {
				if o, ok := at.Lookup(e.Topic, e.Partition); !ok || o.At < e.Offset {
					return false
				}
			}
		}
		return true
	})
}
