package job

import (
	"context"
	"testing"
	"time"

	"github.com/weir-stream/weir/internal/clock"
	"github.com/weir-stream/weir/internal/flow"
	"github.com/weir-stream/weir/internal/snapshot"
	"github.com/weir-stream/weir/internal/state"
	"github.com/weir-stream/weir/internal/vfs"
)

// TestBaseAfterBase begins a base as soon as the one before has ended: who wrote that must
// not look at the next one (go test -race).
func TestBaseAfterBase(t *testing.T) {
	log, rec, err := snapshot.Open(context.Background(), snapshot.Config{FS: vfs.NewMem(vfs.MemConfig{}).Process(), Dir: "/state"})
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	defer rec.Close()
	j := &Job{log: log, cur: &flow.Job{}, ended: make(chan struct{}), cfg: Config{Replay: time.Second, Flow: flow.Config{Clock: clock.System{}}}}
	m := &materializer{j: j, log: log, last: state.NoRound}
	for epoch := uint64(1); epoch < 60; epoch++ {
		if err := log.Append(context.Background(), &snapshot.Frame{Epoch: epoch}); err != nil {
			t.Fatal(err)
		}
		m.begin(0)
		if !m.running() {
			t.Fatalf("base %d is not begun", epoch)
		}
		m.queue.take(flow.Image{Block: flow.Block{Vertex: "v", Table: "t", Data: []byte("image")}, Epoch: epoch})
		m.flow.Done()
		<-m.idle
	}
}
