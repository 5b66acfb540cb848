package snapshot_test

import (
	"context"
	"errors"
	"testing"

	"github.com/weir-stream/weir/internal/snapshot"
	"github.com/weir-stream/weir/internal/vfs"
)

func TestInspect(t *testing.T) {
	m, g := vfs.NewMem(vfs.MemConfig{}), &ledger{end: 99}
	if err := g.run(t, m.Process(), 11); err != nil {
		t.Fatal(err)
	}
	p := m.Process()
	l, r, err := snapshot.Open(context.Background(), g.config(p)) // it is in use
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	defer r.Close()
	if err := l.Append(context.Background(), g.frame(12)); err != nil {
		t.Fatal(err)
	}
	info, err := snapshot.Inspect(p, "/job")
	if err != nil {
		t.Fatal(err)
	}
	if info.Epoch != 12 || info.Domain != "job" || info.Generation != 2 || info.Committed != 11 || string(info.Meta) != "meta12" || info.Base.Least != 7 || info.Outcome != snapshot.Resume {
		t.Errorf("%+v", info)
	}
	images, deltas, tail := 0, 0, int64(0)
	for _, ti := range info.Tables {
		images, deltas, tail = images+ti.Images, deltas+ti.Deltas, tail+ti.DeltaBytes
	}
	if images != 4*partCount || deltas == 0 || len(info.Tables) != 4 {
		t.Errorf("%d images, %d deltas, tables %+v", images, deltas, info.Tables)
	}
	if tail == 0 || tail > l.TailBytes() {
		t.Errorf("%d bytes of changes, a tail of %d", tail, l.TailBytes())
	}
	for _, f := range info.Files {
		if f.For == "" {
			t.Errorf("nothing refers to %s", f.Path)
		}
	}
	s, err := snapshot.Read(p, "/job")
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join((&ledger{}).check(t, s), s.Close()); err != nil || s.Epoch != 12 {
		t.Errorf("epoch %d: %v", s.Epoch, err)
	}
	if _, err := l.Savepoint(context.Background(), "/sp"); err != nil {
		t.Fatal(err)
	}
	info, err = snapshot.Inspect(p, "/sp")
	if err != nil || info.Savepoint == nil || info.Epoch != 12 || info.Savepoint.Version != snapshot.Version {
		t.Errorf("%+v, %v", info, err)
	}
	for _, f := range info.Files {
		if f.For == "" {
			t.Errorf("nothing refers to %s", f.Path)
		}
	}
}

func TestReadersOfOneSubtask(t *testing.T) {
	m, g := vfs.NewMem(vfs.MemConfig{}), &ledger{end: 99}
	if err := g.run(t, m.Process(), 10); err != nil {
		t.Fatal(err)
	}
	r, err := snapshot.Read(m.Process(), "/job")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	done := make(chan error)
	for _, s := range sources() {
		go func() {
			got := map[int]uint64{}
			err := r.BlocksOf(func(of snapshot.Source) bool { return of == s }, func(b snapshot.Block) error {
				if b.Table != s.Table || b.Subtask != s.Subtask {
					return errors.New("a block of another")
				}
				apply(got, decode(t, b.Data))
				return nil
			})
			if want := encode(stateAt(10), in(s, -1)); err == nil && string(encode(got, func(int) bool { return true })) != string(want) {
				err = errors.New("the state of a subtask is wrong")
			}
			done <- err
		}()
	}
	for range sources() {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

// TestFilesAreRewrittenAndGo makes many bases: what is on disk stays within a
// small multiple of what is live.
func TestFilesAreRewrittenAndGo(t *testing.T) {
	m := vfs.NewMem(vfs.MemConfig{})
	p := m.Process()
	cfg := (&ledger{}).config(p)
	cfg.ImageBytes, cfg.RollBytes = 4000, 1000
	l, r, err := snapshot.Open(context.Background(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	defer r.Close()
	const parts, size = 40, 300
	for e := uint64(1); e <= 200; e++ {
		b, err := l.BeginBase()
		if err != nil {
			t.Fatal(err)
		}
		for part := range uint64(parts) {
			if e > 1 && part%parts != e*7%parts {
				b.Keep("t", 0, part, e-1)
			} else if err := b.Put(snapshot.Image{Table: "t", Part: part, Epoch: e - 1, Data: make([]byte, size)}); err != nil {
				t.Fatal(err)
			}
		}
		if err := b.Commit(); err != nil {
			t.Fatal(err)
		}
		if err := l.Append(context.Background(), &snapshot.Frame{Epoch: e, Committed: e - 1, Blocks: []snapshot.Block{{Table: "t", Data: make([]byte, 100)}}}); err != nil {
			t.Fatal(err)
		}
	}
	var bytes int64
	for _, b := range tree(t, p, "/job") {
		bytes += int64(len(b))
	}
	if live := int64(parts * size); bytes > 5*live {
		t.Errorf("%d bytes on disk, %d of them live", bytes, live)
	}
	if tail := l.TailBytes(); tail > 1000 {
		t.Errorf("a tail of %d bytes", tail)
	}
}
