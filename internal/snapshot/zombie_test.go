package snapshot_test

import (
	"errors"
	"io/fs"
	"testing"

	"github.com/weir-stream/weir/internal/snapshot"
	"github.com/weir-stream/weir/internal/vfs"
)

// pausing stops before its n-th call that changes or lists something, lets
// something else happen, and goes on.
type pausing struct {
	vfs.FS
	n       int
	pause   func()
	created bool // its generation's file
}

func (p *pausing) call() {
	if p.n--; p.n == 0 {
		p.pause()
	}
}

func (p *pausing) file(f vfs.File, err error) (vfs.File, error) {
	if err != nil {
		return nil, err
	}
	return &pausingFile{f, p}, nil
}

func (p *pausing) Create(path string) (vfs.File, error) { p.call(); return p.file(p.FS.Create(path)) }
func (p *pausing) CreateExclusive(path string) (vfs.File, error) {
	p.call()
	p.created = true
	return p.file(p.FS.CreateExclusive(path))
}
func (p *pausing) Remove(path string) error  { p.call(); return p.FS.Remove(path) }
func (p *pausing) SyncDir(path string) error { p.call(); return p.FS.SyncDir(path) }
func (p *pausing) Stat(path string) (fs.FileInfo, error) {
	p.call()
	return p.FS.Stat(path)
}
func (p *pausing) ReadDir(path string) ([]fs.DirEntry, error) { p.call(); return p.FS.ReadDir(path) }

type pausingFile struct {
	vfs.File
	p *pausing
}

func (f *pausingFile) WriteAt(b []byte, at int64) (int, error) {
	f.p.call()
	return f.File.WriteAt(b, at)
}
func (f *pausingFile) Sync() error { f.p.call(); return f.File.Sync() }

// TestAZombieAtEveryCall stops a run before every call that it makes, lets
// another one take the directory over and go on, and then wakes the first.
func TestAZombieAtEveryCall(t *testing.T) {
	others := map[string]int{}
	defer func() { t.Log(others) }()
	step := 1
	if testing.Short() {
		step = 6
	}
	for n, k, done := 0, 0, false; !done; k = (k + 1) % 3 {
		if k == 0 {
			n += step
		}
		m := vfs.NewMem(vfs.MemConfig{})
		done = true
		first, second := &ledger{end: 18, takeOver: true}, &ledger{end: 99, takeOver: true}
		if err := first.run(t, m.Process(), 5); err != nil {
			t.Fatal(err)
		}
		took, older := uint64(0), false
		zombie := &pausing{FS: m.Process(), n: n}
		zombie.pause = func() {
			done, older = false, zombie.created
			second.committed = first.committed
			if err := second.run(t, m.Process(), 0); err != nil { // what it takes over
				t.Fatalf("call %d: %v", n, err)
			}
			took = second.committed
			if took == first.end {
				return
			}
			if err := second.run(t, m.Process(), took+uint64(k)); err != nil {
				t.Fatalf("call %d: %v", n, err)
			}
		}
		err := first.run(t, zombie, first.end)
		switch {
		case err == nil && (done || !older || took == first.end): // it came after the other, or had ended
			continue
		case err == nil || first.committed > took:
			t.Fatalf("call %d: the zombie committed epoch %d after epoch %d was taken over: %v", n, first.committed, took, err)
		case !errors.Is(err, snapshot.ErrFenced):
			others[err.Error()]++
		}
		last := second.committed
		if err := second.run(t, m.Process(), 0); err != nil || second.committed != last {
			t.Fatalf("call %d: recovered epoch %d of %d: %v", n, second.committed, last, err)
		}
	}
}
