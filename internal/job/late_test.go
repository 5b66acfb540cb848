package job

import (
	"testing"
	"time"

	"github.com/weir-stream/weir/internal/clock"
	"github.com/weir-stream/weir/internal/flow"
)

// TestBasesBeginLate looks from which length of the tail on bases are made, by how fast
// it grows and how large the state is.
func TestBasesBeginLate(t *testing.T) {
	const least = 1500 * time.Millisecond
	for _, x := range []struct {
		name     string
		took     time.Duration // until the tail was as long as least
		bytes    int64
		from, to time.Duration
	}{
		{"slow", time.Minute, 1 << 30, least, least},
		{"fast, small", 2 * time.Second, 100 << 20, least, least},
		{"fast", 2 * time.Second, 1 << 30, 2 * time.Second, 2500 * time.Millisecond},
		{"fast, large", 2 * time.Second, 2 << 30, least, 2 * time.Second},
	} {
		at := clock.NewFake(time.Unix(0, 0))
		j := &Job{cfg: Config{Replay: least, Flow: flow.Config{Clock: at}}, driven: true}
		m := &materializer{j: j}
		m.due(0, 0)
		at.Advance(x.took)
		if got := m.due(least, x.bytes); got < x.from || got > x.to {
			t.Errorf("%s: a base is begun at a tail of %v, it should be from %v to %v", x.name, got, x.from, x.to)
		}
	}
}
