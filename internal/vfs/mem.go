package vfs

import (
	"io/fs"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/weir-stream/weir/internal/clock"
)

// Mem is the disk of a machine, in memory, that can lose its power. It holds
// beside what programs see what would be left: bytes become durable by Sync of
// their file, names by SyncDir of their directory, and neither by the other. It
// is as unkind as POSIX allows, except that one rename is never seen half done.
// Everything drawn comes from the seed. Programs use it through a Process.
type Mem struct {
	mu       sync.Mutex
	faults   faults
	rnd      *rand.Rand // what a crash leaves
	clock    clock.Clock
	capacity int64
	root     *node
	named    []*node // directories with names that are not durable
	boot     int     // processes of earlier boots are dead
}

// MemConfig is what a Mem is made of. The zero value is a disk without bounds on
// a clock that stands still.
type MemConfig struct {
	Seed     uint64
	Clock    clock.Clock // times of files, and what slow calls wait on
	Capacity int64       // bytes that files may hold together; 0 is no bound
}

// NewMem gives an empty disk.
func NewMem(c MemConfig) *Mem {
	if c.Clock == nil {
		c.Clock = clock.NewFake(time.Unix(0, 0))
	}
	return &Mem{faults: newFaults(c.Seed), rnd: rand.New(rand.NewPCG(c.Seed, 0x63757473)),
		clock: c.Clock, capacity: c.Capacity, root: newDir(c.Clock.Now())}
}

// node is a directory or a file, whatever its names.
type node struct {
	mod     time.Time
	dir     bool
	names   map[string]*node // of a directory
	kept    map[string]*node // the names that a power cut leaves
	pending []*naming        // the changes of names since, in order

	data    []byte  // of a file
	durable []byte  // the bytes that a power cut leaves
	writes  []write // the changes since, in order
	lock    *memLock
}

// naming is one change of the names of a directory.
type naming struct {
	gone string  // no longer a name, unless ""
	name string  // now the name of to, unless ""
	to   *node   //
	pair *naming // the other half of a rename between directories
	in   *node   // the directory of this change
}

// write is one change of the bytes of a file.
type write struct {
	at   int64
	data []byte
	cut  bool // the file is cut or filled up to at bytes
}

func newDir(now time.Time) *node {
	return &node{mod: now, dir: true, names: map[string]*node{}, kept: map[string]*node{}}
}

// Inject adds a rule. Of several that match a call the first one added strikes.
func (m *Mem) Inject(f Fault) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.faults.rules = append(m.faults.rules, &f)
}

// Heal takes all rules away.
func (m *Mem) Heal() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.faults.rules = nil
}

// SetCapacity bounds the bytes that files may hold together; 0 is no bound.
func (m *Mem) SetCapacity(bytes int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.capacity = bytes
}

// Calls tells how many calls of a kind were made.
func (m *Mem) Calls(op Op) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.faults.calls[op]
}

// Struck tells how many calls of a kind were struck by a rule.
func (m *Mem) Struck(op Op) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.faults.struck[op]
}

// Trace is a hash of all calls so far, their order and what they wrote: of two runs
// that do the same it is the same.
func (m *Mem) Trace() uint64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.faults.trace
}

// elements are the names on the way from the root; relative paths begin there too.
func elements(path string) []string {
	path = strings.Trim(filepath.ToSlash(filepath.Clean(path)), "/")
	if path == "" || path == "." {
		return nil
	}
	return strings.Split(path, "/")
}

// find gives the directory of a path, its last name there and what has it: nil,
// without an error, if only the last name is missing.
func (m *Mem) find(path string) (dir *node, name string, n *node, err error) {
	n = m.root
	for _, name = range elements(path) {
		if n == nil {
			return nil, "", nil, fs.ErrNotExist
		}
		if !n.dir {
			return nil, "", nil, errNotDir
		}
		dir, n = n, n.names[name]
	}
	return dir, name, n, nil
}

// rename makes a change of names, not durable until its directory is synced.
func (m *Mem) rename(d *node, c *naming) {
	c.in = d
	c.apply(d.names)
	d.mod = m.clock.Now()
	if len(d.pending) == 0 {
		m.named = append(m.named, d)
	}
	d.pending = append(d.pending, c)
}

// syncNames makes the names of a directory durable, and those of the directories
// that share a rename with it.
func (m *Mem) syncNames(d *node) {
	pending := d.pending
	d.pending = nil
	m.named = slices.DeleteFunc(m.named, func(x *node) bool { return x == d })
	for _, c := range pending {
		c.apply(d.kept)
		if c.pair != nil && len(c.pair.in.pending) > 0 {
			m.syncNames(c.pair.in)
		}
	}
}

// used is what all files hold.
func (n *node) used() int64 {
	total := int64(len(n.data))
	for _, c := range n.names {
		total += c.used()
	}
	return total
}
