package engine_test

import (
	"bytes"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/weir-stream/weir/internal/clock"
	"github.com/weir-stream/weir/internal/engine"
	"github.com/weir-stream/weir/internal/vfs"
)

// heard is what a running job tells.
type heard struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (h *heard) Write(p []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.buf.Write(p)
}

func (h *heard) String() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.buf.String()
}

// TestJobsFollowTheCores gives a process more cores and fewer: its job is rescaled and
// says so, unless a setting says the parallelism.
func TestJobsFollowTheCores(t *testing.T) {
	for _, fixed := range []string{"-1", "2"} {
		var cores atomic.Int64
		cores.Store(2)
		said := &heard{}
		s := engine.New(engine.Config{Clock: clock.System{}, Cores: func() int { return int(cores.Load()) }, Stderr: said, StateFS: vfs.NewMem(vfs.MemConfig{}).Process(),
			Options: map[string]string{"execution.checkpointing.dir": "/state", "parallelism.default": fixed, "scheduler-mode": "reactive",
				"jobmanager.adaptive-scheduler.executing.resource-stabilization-timeout": "20 ms", "jobmanager.adaptive-scheduler.executing.cooldown-after-rescaling": "0 ms"}}).NewSession()
		p, err := s.Prepare(`CREATE TABLE n (k BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '1000');
			CREATE TABLE o (k BIGINT, c BIGINT) WITH ('connector' = 'blackhole');
			INSERT INTO o SELECT MOD(k, 10), COUNT(*) FROM n GROUP BY MOD(k, 10)`)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Run(t.Context(), p, &told{}); err != nil {
			t.Fatal(err)
		}
		j := s.Jobs()[0].Durable()
		for _, n := range []int64{3, 1} {
			cores.Store(n)
			until := time.Now().Add(10 * time.Second)
			if fixed != "-1" {
				until = time.Now().Add(200 * time.Millisecond)
			}
			for j.Parallelism() != int(n) && time.Now().Before(until) {
				time.Sleep(5 * time.Millisecond)
			}
			if got := j.Parallelism(); (got == int(n)) != (fixed == "-1") {
				t.Fatalf("parallelism.default %s, %d cores: the job has %d subtasks; it said %s", fixed, n, got, said)
			}
		}
		s.Stop()
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if text := said.String(); strings.Contains(text, "may use 3 cores") != (fixed == "-1") {
			t.Fatalf("parallelism.default %s: %q", fixed, text)
		}
	}
}
