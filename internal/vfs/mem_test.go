package vfs_test

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/weir-stream/weir/internal/clock"
	"github.com/weir-stream/weir/internal/vfs"
)

// TestMemBehavesAsTheSystem makes the same random calls on both.
func TestMemBehavesAsTheSystem(t *testing.T) {
	for seed := range uint64(8) {
		rnd := rand.New(rand.NewPCG(seed, 0))
		dir := t.TempDir()
		mem := vfs.NewMem(vfs.MemConfig{}).Process()
		if err := mem.MkdirAll(dir); err != nil {
			t.Fatal(err)
		}
		for i := range 150 {
			call := randomCall(rnd, dir)
			want, got := call.run(vfs.OS{}), call.run(mem)
			if want != got {
				t.Fatalf("seed %d, call %d: %v\nsystem: %s\nmemory: %s", seed, i, call, want, got)
			}
		}
	}
}

type call struct {
	kind     int
	a, b     string
	at, size int
	text     string
}

func randomCall(rnd *rand.Rand, dir string) call {
	path := func() string {
		return filepath.Join(dir, []string{"a", "b", "d/a", "d/b", "d", "d/e", "d/e/a"}[rnd.IntN(7)])
	}
	return call{kind: rnd.IntN(12), a: path(), b: path(), at: rnd.IntN(20), size: rnd.IntN(30),
		text: strings.Repeat(string(rune('a'+rnd.IntN(26))), rnd.IntN(10))}
}

// run tells what a call did, errors by their kind.
func (c call) run(fsys vfs.FS) string {
	kind := func(err error) string {
		for _, k := range []error{fs.ErrNotExist, fs.ErrExist, syscall.ENOTDIR, syscall.EISDIR, syscall.EBADF, io.EOF} {
			if errors.Is(err, k) {
				return k.Error()
			}
		}
		if err != nil {
			return "error"
		}
		return "ok"
	}
	file := func(f vfs.File, err error, use func(f vfs.File) string) string {
		if err != nil {
			return kind(err)
		}
		defer f.Close()
		return use(f)
	}
	put := func(f vfs.File) string {
		n, err := io.WriteString(f, c.text)
		return fmt.Sprint(n, kind(err), kind(f.Sync()))
	}
	switch c.kind {
	case 0:
		f, err := fsys.Create(c.a)
		return file(f, err, put)
	case 1:
		f, err := fsys.CreateExclusive(c.a)
		return file(f, err, put)
	case 2:
		f, err := fsys.OpenAppend(c.a)
		return file(f, err, put)
	case 3:
		f, err := fsys.OpenUpdate(c.a)
		return file(f, err, func(f vfs.File) string {
			n, err := f.WriteAt([]byte(c.text), int64(c.at))
			return fmt.Sprint(n, kind(err), kind(f.Truncate(int64(c.size))))
		})
	case 4, 5:
		f, err := fsys.Open(c.a)
		return file(f, err, func(f vfs.File) string {
			b := make([]byte, 8)
			n, err := f.ReadAt(b, int64(c.at))
			all, rerr := io.ReadAll(f)
			_, werr := f.Write([]byte("x"))
			return fmt.Sprint(string(b[:n]), kind(err), string(all), kind(rerr), werr != nil)
		})
	case 6:
		return kind(fsys.Rename(c.a, c.b))
	case 7:
		return kind(fsys.Remove(c.a))
	case 8:
		return kind(fsys.MkdirAll(c.a))
	case 9:
		st, err := fsys.Stat(c.a)
		if err != nil {
			return kind(err)
		}
		return fmt.Sprint(st.Name(), st.IsDir(), st.IsDir() || st.Size() >= 0, st.Mode().IsRegular())
	case 10:
		es, err := fsys.ReadDir(filepath.Dir(c.a))
		out := kind(err)
		for _, e := range es {
			out += fmt.Sprint(" ", e.Name(), e.IsDir())
		}
		ps, err := fsys.Glob(filepath.Join(filepath.Dir(c.a), "[ab]"))
		return fmt.Sprint(out, ps, kind(err))
	}
	if c.at == 0 {
		return kind(fsys.RemoveAll(c.a))
	}
	return kind(fsys.Truncate(c.a, int64(c.size)))
}

func TestPowerCutLosesWhatWasNotSynced(t *testing.T) {
	m := vfs.NewMem(vfs.MemConfig{})
	p := m.Process()
	f, err := p.Create("named")
	write(t, f, err, "durable")
	if err := p.SyncDir("/"); err != nil {
		t.Fatal(err)
	}
	f, err = p.OpenAppend("named")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(f, " lost"); err != nil {
		t.Fatal(err)
	}
	g, err := p.Create("unnamed") // synced, but not its name
	write(t, g, err, "x")
	g, err = p.Create("tmp")
	write(t, g, err, "new")
	if err := p.Rename("tmp", "named"); err != nil {
		t.Fatal(err)
	}
	if got := content(t, p, "named"); got != "new" {
		t.Fatalf("before the crash: %q", got)
	}
	m.Crash(vfs.LoseUnsynced)
	if _, err := f.Write([]byte("zombie")); !errors.Is(err, vfs.ErrKilled) {
		t.Fatalf("a dead process writes: %v", err)
	}
	if _, err := p.Open("named"); !errors.Is(err, vfs.ErrKilled) {
		t.Fatalf("a dead process opens: %v", err)
	}
	p = m.Process()
	if got := content(t, p, "named"); got != "durable" {
		t.Fatalf("after the crash: %q", got)
	}
	es, err := p.ReadDir("/")
	if err != nil || len(es) != 1 {
		t.Fatalf("after the crash: %v %v", es, err)
	}
}

// TestTornCrashes draws what a crash leaves: every outcome is one that a disk may
// have, and all kinds of them come.
func TestTornCrashes(t *testing.T) {
	long := strings.Repeat("x", 2000)
	m := vfs.NewMem(vfs.MemConfig{})
	p := m.Process()
	f, err := p.Create("log")
	write(t, f, err, "head")
	if err := p.SyncDir("/"); err != nil {
		t.Fatal(err)
	}
	f, err = p.OpenAppend("log")
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if _, err := io.WriteString(f, long); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(p.MkdirAll("d"), p.SyncDir("/"), p.Rename("log", "d/log")); err != nil {
		t.Fatal(err)
	}
	kinds := map[string]int{}
	for seed := range uint64(200) {
		var texts [2]string
		for i := range texts {
			c := m.Clone(seed)
			c.Crash(vfs.TearUnsynced)
			q := c.Process()
			path := "log"
			if _, err := q.Stat(path); err != nil {
				path = "d/log"
			} else if _, err := q.Stat("d/log"); err == nil {
				t.Fatal("a rename is half done")
			}
			kinds[path]++
			texts[i] = content(t, q, path)
		}
		text := texts[0]
		if text != texts[1] {
			t.Fatalf("seed %d is not repeatable", seed)
		}
		if !strings.HasPrefix(text, "head") || strings.Trim(text[4:], "x\x00") != "" {
			t.Fatalf("seed %d: synced bytes are lost", seed)
		}
		switch body := text[4:]; {
		case body == "":
			kinds["nothing"]++
		case len(body) == 6000 && !strings.Contains(body, "\x00"):
			kinds["all"]++
		case strings.Contains(body, "\x00"):
			kinds["holes"]++
		default:
			kinds["prefix"]++
		}
	}
	for _, k := range []string{"nothing", "all", "holes", "prefix", "log", "d/log"} {
		if kinds[k] == 0 {
			t.Errorf("no crash left %s: %v", k, kinds)
		}
	}
}

func TestKilledProcessLeavesWhatItWrote(t *testing.T) {
	m := vfs.NewMem(vfs.MemConfig{})
	p := m.Process()
	if _, err := p.Lock("LOCK"); err != nil {
		t.Fatal(err)
	}
	f, err := p.Create("f")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(f, "text"); err != nil {
		t.Fatal(err)
	}
	other := m.Process()
	if _, err := other.Lock("LOCK"); !errors.Is(err, vfs.ErrLocked) {
		t.Fatalf("locked twice: %v", err)
	}
	p.Kill()
	if _, err := other.Lock("LOCK"); err != nil {
		t.Fatal(err)
	}
	if got := content(t, other, "f"); got != "text" {
		t.Fatalf("left: %q", got)
	}
	if err := f.Sync(); !errors.Is(err, vfs.ErrKilled) {
		t.Fatalf("a dead process syncs: %v", err)
	}
}

func TestFailedSyncIsNotMadeGoodByTheNext(t *testing.T) {
	lost := 0
	for seed := range uint64(50) {
		m := vfs.NewMem(vfs.MemConfig{Seed: seed})
		m.Inject(vfs.Fault{Op: vfs.OpSync, Path: "f", Times: 1, Err: syscall.EIO})
		p := m.Process()
		f, err := p.Create("f")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(f, "text"); err != nil {
			t.Fatal(err)
		}
		if err := f.Sync(); !errors.Is(err, syscall.EIO) {
			t.Fatalf("sync: %v", err)
		}
		if err := errors.Join(f.Sync(), p.SyncDir("/")); err != nil {
			t.Fatal(err)
		}
		if got := content(t, p, "f"); got != "text" {
			t.Fatalf("read before the crash: %q", got)
		}
		m.Crash(vfs.LoseUnsynced)
		if content(t, m.Process(), "f") != "text" {
			lost++
		}
	}
	if lost == 0 || lost == 50 {
		t.Fatalf("lost %d of 50", lost)
	}
}

func TestInjectedFaults(t *testing.T) {
	now := clock.NewFake(time.UnixMilli(0))
	m := vfs.NewMem(vfs.MemConfig{Capacity: 10, Clock: now})
	p := m.Process()
	f, err := p.Create("dir.log")
	if err != nil {
		t.Fatal(err)
	}
	if n, err := f.Write(make([]byte, 16)); n != 10 || !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("disk full: %d %v", n, err)
	}
	m.SetCapacity(0)
	m.Inject(vfs.Fault{Op: vfs.OpWrite, Path: "*.log", After: 1, Times: 1, Short: true, Err: syscall.EIO})
	if n, err := f.Write(make([]byte, 16)); n != 16 || err != nil {
		t.Fatalf("first: %d %v", n, err)
	}
	if n, err := f.Write(make([]byte, 16)); n >= 16 || !errors.Is(err, syscall.EIO) {
		t.Fatalf("short: %d %v", n, err)
	}
	if n, err := f.Write(make([]byte, 16)); n != 16 || err != nil {
		t.Fatalf("after it: %d %v", n, err)
	}
	m.Heal()
	m.Inject(vfs.Fault{Op: vfs.OpRename, Applied: true, Err: syscall.EIO})
	if err := p.Rename("dir.log", "g"); !errors.Is(err, syscall.EIO) {
		t.Fatalf("rename: %v", err)
	}
	if _, err := p.Stat("g"); err != nil {
		t.Fatalf("the rename whose reply was lost: %v", err)
	}
	m.Inject(vfs.Fault{Op: vfs.OpStat, Delay: time.Second})
	if _, err := p.Stat("g"); err != nil || now.Now() != time.UnixMilli(1000) {
		t.Fatalf("slow: %v at %v", err, now.Now())
	}
	m.Inject(vfs.Fault{Op: vfs.OpRemove, Halt: true})
	if err := p.Remove("g"); !errors.Is(err, vfs.ErrKilled) {
		t.Fatalf("halt: %v", err)
	}
	if _, err := p.Stat("g"); !errors.Is(err, vfs.ErrKilled) {
		t.Fatalf("after the halt: %v", err)
	}
	m.Heal()
	if _, err := m.Process().Stat("g"); err != nil {
		t.Fatalf("after the restart: %v", err)
	}
}
