package vfs

import (
	"errors"
	"hash/crc32"
	"math/rand/v2"
	"path"
	"path/filepath"
	"time"
)

// ErrKilled is what every call of a process gives that has been killed, or whose
// machine has lost its power.
var ErrKilled = errors.New("the process is dead")

// Op is a kind of call that can be made to fail.
type Op int

// The calls of a file system, and of an object store. AnyOp stands for each.
const (
	AnyOp Op = iota
	OpOpen
	OpCreate // Create, CreateExclusive, MkdirAll, and OpenAppend and OpenUpdate of a new file
	OpRead
	OpWrite // Write and WriteAt
	OpTruncate
	OpSync
	OpSyncDir
	OpRename
	OpRemove
	OpStat
	OpList // ReadDir and Glob; List
	OpLock
	OpGet
	OpPut
	OpDelete
	opCount
)

// Fault makes some of the calls that it matches go wrong.
type Fault struct {
	Op     Op
	Path   string  // a pattern of path.Match for the last element or for the whole path or key; "" matches all
	After  int     // so many matching calls go well first
	Times  int     // so many calls are struck; 0 is all from then on
	Chance float64 // of a matching call being struck, drawn from the seed; 0 is certainty

	Err error // what the call gives
	// Applied lets the call take effect before it gives Err: a reply that was lost.
	Applied bool
	// Short lets a read or a write do a part of its work, drawn from the seed,
	// before it gives Err.
	Short bool
	// Delay is waited for on the clock first.
	Delay time.Duration
	// Pause is called first: the process stands still meanwhile, and others may go on.
	Pause func()
	// Halt stops the machine: this call and all later ones of all processes give
	// ErrKilled. With Applied it takes effect first. What is left is decided by
	// Mem.Crash; a new process without one sees everything that was written, as
	// after kill -9.
	Halt bool
	// Stale makes a List of objects tell what was there at some earlier moment.
	Stale bool
	// Late lets a call on objects take effect only after so many more calls; it
	// gives Err, or ErrUnknown, at once.
	Late int

	passed, struck int
}

// faults are the rules of one device.
type faults struct {
	rnd    *rand.Rand
	rules  []*Fault
	calls  [opCount]int
	struck [opCount]int // by the kind of call
	trace  uint64
}

func newFaults(seed uint64) faults { return faults{rnd: rand.New(rand.NewPCG(seed, 0x66617566))} }

// note adds what was asked for to the trace, the bytes that were written included.
func (f *faults) note(op Op, name string, data []byte) {
	const prime = 1099511628211 // of FNV-1a, 64 bits; what was written goes in as its checksum
	add := func(x uint64) { f.trace = (f.trace ^ x) * prime }
	add(uint64(op))
	for i := range len(name) {
		add(uint64(name[i]))
	}
	if len(data) > 0 {
		add(uint64(crc32.Checksum(data, castagnoli)))
	}
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// strike counts a call and gives the rule that strikes it, or a rule that does
// nothing.
func (f *faults) strike(op Op, name string) *Fault {
	f.calls[AnyOp]++
	f.calls[op]++
	f.note(op, name, nil)
	for _, r := range f.rules {
		if !r.matches(op, name) || r.Times > 0 && r.struck >= r.Times {
			continue
		}
		if r.passed++; r.passed <= r.After {
			continue
		}
		if r.Chance > 0 && f.rnd.Float64() >= r.Chance {
			continue
		}
		r.struck++
		f.struck[AnyOp]++
		f.struck[op]++
		return r
	}
	return &Fault{}
}

func (r *Fault) matches(op Op, name string) bool {
	if r.Op != AnyOp && r.Op != op {
		return false
	}
	if r.Path == "" {
		return true
	}
	name = filepath.ToSlash(name)
	whole, _ := path.Match(r.Path, name)
	last, _ := path.Match(r.Path, path.Base(name))
	return whole || last
}

// fails tells that the call must not do what it was asked for.
func (r *Fault) fails() bool { return (r.Err != nil || r.Halt) && !r.Applied }

// part draws how many of n bytes a struck call still moves: fewer than n.
func (f *faults) part(n int) int {
	if n == 0 {
		return 0
	}
	return f.rnd.IntN(n)
}
