package snapshot_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/weir-stream/weir/internal/clock"
	"github.com/weir-stream/weir/internal/snapshot"
	"github.com/weir-stream/weir/internal/vfs"
)

func config(dir string) snapshot.Config {
	return snapshot.Config{FS: vfs.OS{}, Dir: dir, Domain: "job", Clock: clock.NewFake(time.UnixMilli(1000)),
		Owner: "the test", Background: func(work func()) { work() }}
}

func open(t *testing.T, cfg snapshot.Config) (*snapshot.Log, *snapshot.Recovered) {
	t.Helper()
	l, r, err := snapshot.Open(context.Background(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close(); r.Close() })
	return l, r
}

// frame is an epoch in which two subtasks of a table changed.
func frame(epoch uint64) *snapshot.Frame {
	return &snapshot.Frame{Epoch: epoch, TimeMs: int64(epoch) * 10, Meta: fmt.Appendf(nil, "meta %d", epoch), Committed: epoch - 1,
		Blocks: []snapshot.Block{
			{Table: "a/count", Subtask: 0, Data: fmt.Appendf(nil, "zero@%d", epoch)},
			{Table: "a/count", Subtask: 1, Data: fmt.Appendf(nil, "one@%d", epoch)},
		}}
}

func appendEpochs(t *testing.T, l *snapshot.Log, epochs ...uint64) {
	t.Helper()
	for _, e := range epochs {
		if err := l.Append(context.Background(), frame(e)); err != nil {
			t.Fatal(err)
		}
	}
}

// blocks writes the blocks of a recovered state down.
func blocks(t *testing.T, r *snapshot.Recovered) []string {
	t.Helper()
	var out []string
	if err := r.Blocks(func(b snapshot.Block) error {
		out = append(out, fmt.Sprintf("%s:%d=%s", b.Table, b.Subtask, b.Data))
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestWhatWasAppendedIsRecovered(t *testing.T) {
	for _, compression := range []string{"", "s2", "zstd"} {
		cfg := config(t.TempDir())
		cfg.Compression = compression
		l, r := open(t, cfg)
		if r.Epoch != 0 || r.Generation != 1 || len(blocks(t, r)) != 0 {
			t.Errorf("an empty directory gave epoch %d of generation %d", r.Epoch, r.Generation)
		}
		appendEpochs(t, l, 1, 2)
		big := strings.Repeat("abcdefgh", 40000)
		if err := l.Append(context.Background(), &snapshot.Frame{Epoch: 5, TimeMs: 50, Meta: []byte("big"), Final: true, Committed: 2,
			Blocks: []snapshot.Block{{Table: "é/tab", Data: nil}, {Table: "a/count", Subtask: 1, Data: []byte(big)}, {Table: "b", Subtask: 2, Data: []byte("x")}}}); err != nil {
			t.Fatal(err)
		}
		l.Close()
		l, r = open(t, cfg)
		if r.Epoch != 5 || string(r.Meta) != "big" || r.TimeMs != 50 || !r.Finished || r.Committed != 2 || r.Generation != 2 {
			t.Errorf("recovered %+v", r)
		}
		want := []string{"a/count:0=zero@1", "a/count:1=one@1", "a/count:0=zero@2", "a/count:1=one@2", "é/tab:0=", "a/count:1=" + big, "b:2=x"}
		if got := blocks(t, r); !slices.Equal(got, want) {
			t.Errorf("%s: blocks %.200q", compression, got)
		}
		var metas []string
		r.Frames(func(epoch uint64, meta []byte) error {
			metas = append(metas, fmt.Sprint(epoch, string(meta)))
			return nil
		})
		if !slices.Equal(metas, []string{"5big"}) {
			t.Errorf("metas %q", metas)
		}
		if err := l.Append(context.Background(), frame(6)); err == nil {
			t.Error("an epoch followed the final one")
		}
	}
}

func TestGenerationsFollowOneAnother(t *testing.T) {
	cfg := config(t.TempDir())
	cfg.RollBytes = 300
	var want []string
	for gen := uint64(0); gen < 4; gen++ {
		l, r := open(t, cfg)
		if r.Epoch != gen*3 {
			t.Fatalf("generation %d recovered epoch %d", gen, r.Epoch)
		}
		if got := blocks(t, r); !slices.Equal(got, want) {
			t.Fatalf("generation %d: %q, want %q", gen, got, want)
		}
		for e := gen*3 + 1; e <= gen*3+3; e++ {
			appendEpochs(t, l, e)
			want = append(want, fmt.Sprintf("a/count:0=zero@%d", e), fmt.Sprintf("a/count:1=one@%d", e))
		}
		l.Close()
	}
}

func TestASecondProcessIsRefused(t *testing.T) {
	cfg := config(t.TempDir())
	l, _ := open(t, cfg)
	_, _, err := snapshot.Open(context.Background(), cfg)
	if !errors.Is(err, vfs.ErrLocked) || !strings.Contains(err.Error(), "in use by the test") {
		t.Fatalf("got %v", err)
	}
	appendEpochs(t, l, 1)
}

func TestAZombieWritesNothingThatCounts(t *testing.T) {
	cfg := config(t.TempDir())
	zombie, _ := open(t, cfg)
	appendEpochs(t, zombie, 1)
	cfg.TakeOver = true
	l, r := open(t, cfg)
	if r.Epoch != 1 {
		t.Fatalf("recovered epoch %d", r.Epoch)
	}
	if err := zombie.Append(context.Background(), frame(2)); !errors.Is(err, snapshot.ErrFenced) {
		t.Fatalf("the zombie's append gave %v", err)
	}
	if err := l.Append(context.Background(), &snapshot.Frame{Epoch: 2, Meta: []byte("mine")}); err != nil {
		t.Fatal(err)
	}
	_, r = open(t, cfg)
	if r.Epoch != 2 || string(r.Meta) != "mine" {
		t.Fatalf("recovered epoch %d, %s", r.Epoch, r.Meta)
	}
}

func TestAnotherJobIsRefused(t *testing.T) {
	cfg := config(t.TempDir())
	l, _ := open(t, cfg)
	l.Close()
	cfg.Domain = "other"
	if _, _, err := snapshot.Open(context.Background(), cfg); err == nil || !strings.Contains(err.Error(), `holds the state of job "job", not of "other"`) {
		t.Fatalf("got %v", err)
	}
	cfg.Domain = "job"
	if _, r := open(t, cfg); r.Generation != 2 {
		t.Errorf("the refused one left generation %d behind", r.Generation-1)
	}
}

func TestAFailedAppendIsFinal(t *testing.T) {
	l, _ := open(t, config(t.TempDir()))
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := l.Append(ctx, frame(1)); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if err := l.Append(context.Background(), frame(2)); !errors.Is(err, context.Canceled) {
		t.Fatalf("the log went on: %v", err)
	}
}
