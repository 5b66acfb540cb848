package spill

import (
	"fmt"
	"os"
	"sync"
	"sync/atomic"

	"github.com/weir-stream/weir/internal/sqlerr"
)

// Config is what a Budget is made of.
type Config struct {
	// Limit is the bytes of memory; 0 means no bound, and nothing spills. A quarter
	// of it is left to the program: batches under way, plans, the collector.
	Limit int64
	// Dirs is where spill files go: the first that has room. None means the
	// system's folder for temporary files.
	Dirs []string
	// Disk bounds the bytes of the spill files; 0 means the disks do.
	Disk int64
}

// Budget bounds the memory of a job. Its methods may be called from anywhere,
// and a nil Budget has no bound.
type Budget struct {
	cfg Config

	heap  atomic.Int64 // reserved by owners of Go memory
	anon  atomic.Int64 // slabs in memory
	filed atomic.Int64 // slabs in spill files
	peak  atomic.Int64 // most that was ever filed
	short atomic.Bool  // Reserve needs the room that slabs take
	err   atomic.Pointer[error]

	holders atomic.Int64 // owners of slabs of Hold

	mu     sync.Mutex
	files  []*spillFile // the last one of a folder grows
	window window
}

// New gives a Budget. Files are made when they are needed.
func New(c Config) *Budget {
	if len(c.Dirs) == 0 {
		c.Dirs = []string{os.TempDir()}
	}
	b := &Budget{cfg: c}
	heap.enter(b)
	return b
}

// Limit is the bytes of memory; 0 is no bound.
func (b *Budget) Limit() int64 {
	if b == nil {
		return 0
	}
	return b.cfg.Limit
}

// managed is the part of the limit that is given out.
func (b *Budget) managed() int64 { return b.cfg.Limit - b.cfg.Limit/4 }

// Memory is the bytes accounted for that are no part of spill files.
func (b *Budget) Memory() int64 { return b.heap.Load() + b.anon.Load() }

// Spilled is the bytes of slabs in spill files, and the most there ever were.
func (b *Budget) Spilled() (now, most int64) {
	if b == nil {
		return 0, 0
	}
	return b.filed.Load(), b.peak.Load()
}

// keepOut is the part of the limit, as a divisor, that Reserve leaves to the
// window: the least with which slabs in files are of use.
const keepOut = 8

// Reserve counts bytes of Go memory (delta > 0) or gives them back. A denial
// counts nothing: slabs make room, but this cannot spill.
func (b *Budget) Reserve(delta int64) error {
	if b == nil {
		return nil
	}
	n := b.heap.Add(delta)
	if b.cfg.Limit == 0 || delta <= 0 {
		return nil
	}
	if m := b.managed(); n > m-m/keepOut {
		b.heap.Add(-delta)
		return sqlerr.New(sqlerr.Runtime, sqlerr.Pos{}, "%s of memory that cannot go to disk is in use, and %s more is needed, but taskmanager.memory.process.size is %s",
			size(n-delta), size(delta), size(b.cfg.Limit)).WithHint("give the job more memory")
	}
	if n+b.anon.Load() > b.managed() {
		b.short.Store(true)
	}
	return nil
}

// fits reports whether n bytes more may be in memory. When slabs have begun to
// spill, half of the limit is left to the window, so that hot pages of files and
// slabs in memory are treated alike.
func (b *Budget) fits(n int64) bool {
	return b.cfg.Limit == 0 || b.Memory()+n <= b.share()
}

func (b *Budget) share() int64 {
	if b.filed.Load() > 0 || b.short.Load() {
		return b.managed() / 2
	}
	return b.managed()
}

// Pressed reports that owners of slabs in memory should Move some.
func (b *Budget) Pressed() bool {
	return b != nil && b.cfg.Limit > 0 && (b.filed.Load() > 0 || b.short.Load()) && b.anon.Load() > 0 && b.Memory() > b.share()
}

// Err is the first failure to make room: no disk is left. The job must end.
func (b *Budget) Err() error {
	if b == nil {
		return nil
	}
	if err := b.err.Load(); err != nil {
		return *err
	}
	return nil
}

// Fail keeps the first error for Err.
func (b *Budget) Fail(err error) {
	if b != nil {
		b.err.CompareAndSwap(nil, &err)
	}
}

// Close gives the spill files back. No slab in them may be used any more.
func (b *Budget) Close() error {
	if b == nil {
		return nil
	}
	heap.leave(b)
	b.mu.Lock()
	defer b.mu.Unlock()
	var first error
	for _, f := range b.files {
		if err := f.close(); err != nil && first == nil {
			first = err
		}
	}
	b.files = nil
	return first
}

// size prints bytes for a user.
func size(n int64) string {
	switch {
	case n < 10<<10:
		return fmt.Sprintf("%d bytes", n)
	case n < 10<<20:
		return fmt.Sprintf("%d KB", n>>10)
	}
	return fmt.Sprintf("%d MB", n>>20)
}
