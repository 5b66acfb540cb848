package state

import (
	"math/bits"
	"time"

	"github.com/weir-stream/weir/internal/spill"
	"github.com/weir-stream/weir/internal/types"
)

// Ref names a key's row in a table; it holds until the next Upsert, Delete or
// expiry in the same table. NoRef is none.
type Ref uint64

// NoRef is the Ref of an absent key.
const NoRef Ref = 0

// Config is what a Store is given by the task.
type Config struct {
	// Groups is the number of key groups of the job (pipeline.max-parallelism;
	// 0 means 128); the task owns From ≤ group < To (To 0 means all).
	Groups, From, To int
	// Now is the processing time in ms, for TTL; nil means that nothing expires.
	Now func() int64
	// Track keeps note of changes for TakeDirty; without it TakeDirty gives
	// nothing.
	Track bool
	// Pieces are the buffers of deltas; nil means new ones each time.
	Pieces *Pieces
	// SegmentRows is how many rows a segment of a table holds before it is split, a power
	// of two from 8 to 4,096, which 0 stands for. Tests have tables of many segments so.
	SegmentRows int
	// Memory is the budget that everything is taken from; nil means no bound.
	Memory *spill.Budget
}

// Store is the state of one task. It is not safe for concurrent use.
type Store struct {
	cfg       Config
	tables    []Owner
	mem       memory
	bytes     int64
	err       error
	lo        uint64 // least hash of the task's key groups, low 32 bits 0
	shift     uint8  // leading bits that hashes less lo lack
	segRows   uint32 // Config.SegmentRows
	warmBytes int64  // of a table that is worth a front
	lookup    *lookup
	replaying *replay // nil before the first delta
}

// Owner is what every kind of table has in common.
type Owner interface {
	// Info tells what was declared.
	Info() Info
	// Len is the number of keys (timers: of timers; single: of values).
	Len() int
	// Bytes is the memory held.
	Bytes() int64
	// TakeDirty hands over what has changed since the last call, squashed by
	// key, and forgets it. The change's bytes are valid during the call of f.
	TakeDirty(f func(Change))
	// Apply replays a change that TakeDirty gave; it leaves nothing dirty. Changes
	// may be replayed, in order, from any earlier moment on top of a later state.
	Apply(Change) error
	// DumpSome hands over further keys as changes, see Dump.
	DumpSome(c *DumpCursor, most int, f func(Change)) bool

	close()
}

// Info describes a table.
type Info struct {
	Name string
	Kind string // "value", "list", "sorted", "timers", "single"
	Key  []types.Type
	Row  []types.Type
	TTL  time.Duration
}

// Op says what a Change does to its key.
type Op uint8

// The operations.
const (
	OpPut    Op = iota // the key's state is Value
	OpDelete           // the key is gone
	OpAppend           // Value is an entry that goes behind what the key has (lists)
	OpRemove           // Value names an entry of the key that is gone (lists, sorted maps, timers)
	OpTrim             // the key's entries below Value are gone (sorted maps)
)

// Change is a key's change since the last TakeDirty. Value is in the table
// kind's own format.
type Change struct {
	Op    Op
	Key   []byte
	Value []byte
}

// NewStore gives an empty store.
func NewStore(c Config) *Store {
	if c.Groups == 0 {
		c.Groups = 128
	}
	if c.To == 0 {
		c.To = c.Groups
	}
	if c.SegmentRows == 0 {
		c.SegmentRows = segRows
	}
	s := &Store{cfg: c, lookup: new(lookup), segRows: uint32(c.SegmentRows)}
	s.warmBytes = max(int64(frontLeast*c.SegmentRows/segRows), 1)
	s.mem = newMemory(s, c.Memory)
	first := func(group int) uint64 { return (uint64(group)<<32 + uint64(c.Groups) - 1) / uint64(c.Groups) }
	s.lo = first(c.From) << 32
	s.shift = uint8(bits.LeadingZeros64(first(c.To)<<32 - s.lo - 1))
	return s
}

// Tracks reports whether changes are kept note of: there are checkpoints.
func (s *Store) Tracks() bool { return s.cfg.Track }

// Bytes is the memory that all tables hold.
func (s *Store) Bytes() int64 { return s.bytes }

// Err gives the first denial of memory; the state is whole all the same.
func (s *Store) Err() error {
	if s.err == nil {
		return s.mem.budget.Err()
	}
	return s.err
}

// Tables lists the declared tables in order of declaration.
func (s *Store) Tables() []Owner { return s.tables }

// Lookup gives the declared table of that name, or nil.
func (s *Store) Lookup(name string) Owner {
	for _, t := range s.tables {
		if t.Info().Name == name {
			return t
		}
	}
	return nil
}

// Close frees all memory; the tables must not be used after.
func (s *Store) Close() {
	for _, t := range s.tables {
		t.close()
	}
	s.tables = nil
	s.mem.close()
	s.bytes = 0
}

// Now is the processing time in ms that TTL goes by.
func (s *Store) Now() int64 {
	if s.cfg.Now == nil {
		return 0
	}
	return s.cfg.Now()
}
