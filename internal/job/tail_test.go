package job

import (
	"testing"
	"time"

	"github.com/weir-stream/weir/internal/clock"
	"github.com/weir-stream/weir/internal/flow"
)

// TestTail adds epochs up, forgets those that a base holds, and follows a replay that was
// slower, but no further than it may.
func TestTail(t *testing.T) {
	j := &Job{running: 2, driven: true}
	work := flow.ReplayWork{Changes: 1e6, Bytes: 25e6}
	told := j.tail.estimate(j, work)
	if told.Round(time.Microsecond) != 287500*time.Microsecond {
		t.Errorf("a million changes of 25 bytes: %v", told)
	}
	lazy := flow.ReplayWork{Changes: 1e6, Bytes: 25e6, LazyChanges: 1e6, LazyBytes: 25e6}
	if told := j.tail.estimate(j, lazy).Round(time.Microsecond); told != 212500*time.Microsecond {
		t.Errorf("if they are lazy: %v", told)
	}
	for e := uint64(1); e <= 3; e++ {
		j.tail.frames = append(j.tail.frames, frameTime{e, time.Second, 100})
	}
	if got, held := j.tail.after(1); got != 2*time.Second || held != 200 {
		t.Errorf("two of three frames: %v, %d bytes", got, held)
	}
	for _, x := range []struct{ took, want time.Duration }{
		{told * 3 / 2, told * 3 / 2},
		{told * 20, told * replayFar},
		{told / 20, told}, // too short to tell
	} {
		j.tail = tail{}
		j.tail.measured(j, 7, flow.Restored{Replay: work, Replays: x.took})
		if got, _ := j.tail.after(0); got.Round(time.Millisecond) != x.want.Round(time.Millisecond) && x.took > replayTold {
			t.Errorf("a replay of %v is taken to be %v", x.took, got)
		}
	}
}

// TestWhenBasesBegin follows the length of the tail at which a base is begun: later where
// bases are large, but early enough for one to be done before the tail is twice as long
// as it may be.
func TestWhenBasesBegin(t *testing.T) {
	const target = 1500 * time.Millisecond
	for _, x := range []struct {
		name    string
		written int64
		growth  time.Duration
		want    time.Duration
	}{
		{"the first", 0, 0, target},
		{"small ones", 100 << 20, 0, target},
		{"large ones of a slow input", 8 << 30, 100 * time.Millisecond, 2*target - 125*time.Millisecond},
		{"large ones of a fast input", 8 << 30, target, target},
	} {
		m := &materializer{j: &Job{cfg: Config{Replay: target, Flow: flow.Config{Clock: clock.System{}}}}, written: x.written, growth: x.growth}
		if got := m.due(target, 200<<20); got != x.want {
			t.Errorf("%s: at %v, want %v", x.name, got, x.want)
		}
	}
}
