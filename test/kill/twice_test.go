//go:build unix

package kill

import (
	"bytes"
	"errors"
	"maps"
	"math/rand/v2"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/weir-stream/weir/internal/vfs"
	"github.com/weir-stream/weir/internal/vfs/s3/s3test"
)

// twice is a pipeline that two processes run on one state directory.
func twice(t *testing.T) (l *loop, script string) {
	kills(t)
	l = &loop{T: t, bin: build(t), p: &pipelines[0], dir: t.TempDir(), rnd: rand.New(rand.NewPCG(1, 1))}
	return l, l.write("job.sql", l.p.script(filepath.Join(l.dir, "out"), twiceRows, false))
}

// twiceRows last for some seconds.
const twiceRows = 3 * rate

// on begins a process on a state directory.
func (l *loop) on(state, script string) *exec.Cmd {
	cmd := exec.Command(l.bin, "run", "--state-dir", state, script)
	cmd.Stderr = &bytes.Buffer{}
	if err := cmd.Start(); err != nil {
		l.Fatal(err)
	}
	l.Cleanup(func() { _ = cmd.Process.Kill() })
	return cmd
}

// shown gives the files that the sink shows, when there are some.
func (l *loop) shown(least int) (names []string) {
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		names, _ = filepath.Glob(filepath.Join(l.dir, "out", l.p.sinks[0], "part-*"))
		if len(names) >= least {
			return names
		}
	}
	l.Fatalf("%d files are shown after 20 s", len(names))
	return nil
}

// fails waits for a process that must end with an error that says something.
func (l *loop) fails(cmd *exec.Cmd, says string) {
	l.Helper()
	err := cmd.Wait()
	var exit *exec.ExitError
	if text := cmd.Stderr.(*bytes.Buffer).String(); !errors.As(err, &exit) || !exit.Exited() || !strings.Contains(text, says) {
		l.Fatalf("it ended with %v, not with %q:\n%s", err, says, text)
	}
}

// TestSecondProcess: whoever has a directory keeps it, also while it stands still, until
// it is gone.
func TestSecondProcess(t *testing.T) {
	l, script := twice(t)
	state := filepath.Join(l.dir, "state")
	first := l.on(state, script)
	l.shown(2)
	l.fails(l.on(state, script), "in use by process")
	for _, sig := range []syscall.Signal{syscall.SIGSTOP, syscall.SIGCONT} {
		if err := first.Process.Signal(sig); err != nil {
			t.Fatal(err)
		}
		l.fails(l.on(state, script), "in use by process")
	}
	before := len(l.shown(2))
	l.shown(before + 2) // it goes on
	_ = first.Process.Kill()
	_ = first.Wait()
	if epoch, finished := l.epoch(); epoch == 0 || finished {
		t.Fatalf("it was killed at epoch %d, when it had ended: %v", epoch, finished)
	}
	if next := l.on(state, script); next.Wait() != nil {
		t.Fatalf("%s", next.Stderr)
	}
	l.compare(twiceRows)
}

// TestZombie: in an object store, which has no locks, a second process takes over from
// one that stands still. When that wakes up it ends, and shows nothing.
func TestZombie(t *testing.T) {
	l, script := twice(t)
	web := httptest.NewServer(&s3test.Server{Objects: vfs.NewMemObjects(vfs.MemConfig{}), Bucket: "bucket", Key: "AK"})
	defer web.Close()
	t.Setenv("AWS_ENDPOINT_URL", web.URL)
	t.Setenv("AWS_ACCESS_KEY_ID", "AK")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "SK")
	t.Setenv("XDG_RUNTIME_DIR", l.dir)
	first := l.on("s3://bucket/state", script)
	l.shown(2)
	if err := first.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	if second := l.on("s3://bucket/state", script); second.Wait() != nil {
		t.Fatalf("%s", second.Stderr)
	}
	before := l.contents()
	if err := first.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	l.fails(first, "was replaced by generation")
	if after := l.contents(); !maps.Equal(before, after) {
		t.Errorf("it has shown or changed files: %v, not %v", slices.Sorted(maps.Keys(after)), slices.Sorted(maps.Keys(before)))
	}
	l.compare(twiceRows)
}

// contents gives what the sink shows, by file.
func (l *loop) contents() map[string]string {
	out := map[string]string{}
	for _, name := range l.shown(1) {
		b, err := os.ReadFile(name)
		if err != nil {
			l.Fatal(err)
		}
		out[filepath.Base(name)] = string(b)
	}
	return out
}
