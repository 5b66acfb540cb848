package state

import (
	"encoding/binary"
	"unsafe"

	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// route tells the key group of a table's keys: where rows are spread by other
// columns than those of the key, which it then contains, the group is that of
// these.
type route struct {
	from, to *vec.Codec
	cols     []int
	byID     bool
	any      bool   // there is none
	within   bool   // keys are those of AppendNamed
	inner    *route // of what is in them
	buf      []byte
}

func routeOf(codec *vec.Codec, cols []int, byID bool) *route {
	if byID {
		return &route{byID: true}
	}
	if cols == nil {
		return nil
	}
	ts := make([]types.Type, len(cols))
	for i, c := range cols {
		ts[i] = codec.Types[c]
	}
	return &route{from: codec, to: vec.NewCodec(ts), cols: cols}
}

// group is the key group of a key, whose hash is at hand.
func (r *route) group(hash uint64, key []byte, groups int) int {
	switch {
	case r == nil:
		return vec.KeyGroup(hash, groups)
	case r.any:
		return AnyGroup
	case r.byID:
		return IDGroup(key)
	case r.within:
		key, _ = SplitNamed(key)
		return r.inner.group(hashOf(key), key, groups)
	}
	r.buf = r.to.AppendPicked(r.buf[:0], r.from, key, r.cols)
	return vec.KeyGroup(hashOf(r.buf), groups)
}

// holds reports whether a key that was read has what group looks at.
func (r *route) holds(key []byte) bool {
	switch {
	case r == nil || r.any:
		return true
	case r.byID:
		return len(key) >= 8
	case r.within:
		named := len(key) >= 4
		if key, _ = SplitNamed(key); key == nil {
			return false
		}
		return named && r.inner.holds(key)
	}
	return r.from.Holds(key)
}

// MakeID gives the n-th id (below 2^48) that belongs to a key group. Tables whose
// first key column is such an id are declared with ByID.
func MakeID(group int, n uint64) uint64 { return uint64(group)<<48 | n }

// IDGroup is the key group of a key that begins with an id.
func IDGroup(key []byte) int {
	if len(key) < 8 {
		return 0
	}
	return int(key[6]) | int(key[7])<<8
}

// AnyGroup is the group of what belongs to no key group: every subtask gets it.
const AnyGroup = -1

// routed is implemented by tables that have keys.
type routed interface {
	routes() *route
}

func (t *Table) routes() *route  { return t.route }
func (l *List) routes() *route   { return l.keys.route }
func (s *Sorted) routes() *route { return s.t.route }
func (t *Timers) routes() *route { return t.route }

// GroupOf is the key group that a change to a table belongs to, or AnyGroup. It is an
// error if the change is damaged so that nobody can tell.
func (s *Store) GroupOf(t Owner, c Change) (int, error) {
	x, ok := t.(routed)
	if !ok {
		return AnyGroup, nil
	}
	if l, ok := t.(*List); ok && l.byRow != nil {
		return l.groupOfRow(c)
	}
	r := x.routes()
	if !r.holds(c.Key) {
		return 0, badChange(t.Info().Name)
	}
	return r.group(hashOf(c.Key), c.Key, s.cfg.Groups), nil
}

// groupOfRow is the group of a change by its row.
func (l *List) groupOfRow(c Change) (int, error) {
	if c.Op == OpDelete {
		return AnyGroup, nil
	}
	least := 8
	if c.Op != OpRemove {
		least += 8 + int(l.rowAt-unsafe.Sizeof(entryHead{}))
	}
	if len(c.Value) < least || !l.byRow.holds(l.rowIn(c)) {
		return 0, badChange(l.spec.Name)
	}
	return l.byRow.group(0, l.rowIn(c), l.store.cfg.Groups), nil
}

// Group is the key group of key i of k.
func (t *Table) Group(k *Keys, i int) int {
	return t.route.group(k.hashes[i], k.Bytes(i), t.store.cfg.Groups)
}

// Group is the key group of key i of k.
func (s *Sorted) Group(k *Keys, i int) int { return s.t.Group(k, i) }

// SharedTimers declares a set of timers that every subtask gets all of: those whose
// keys do not tell a group, and which all subtasks see at the same time. What a subtask
// has said of them goes to itself only where there were as many, so who needs one for
// what it holds registers it in Restored.
func (s *Store) SharedTimers(name string) *Timers {
	t := s.Timers(name)
	t.route = &route{any: true}
	return t
}

// NamedTimersOf declares a set of timers that several of may stand for one key of
// a table, each with a name: their keys are those of AppendNamed.
func (s *Store) NamedTimersOf(of Owner, name string) *Timers {
	t := s.Timers(name)
	t.route = &route{within: true, inner: of.(routed).routes()}
	t.of, t.named = of.Info().Name, true
	return t
}

// AppendNamed appends the key of a timer with a name: length (4 bytes) and bytes of
// the key, then the name.
func AppendNamed(dst, key []byte, name string) []byte {
	dst = binary.LittleEndian.AppendUint32(dst, uint32(len(key)))
	return append(append(dst, key...), name...)
}

// SplitNamed takes apart what AppendNamed has made.
func SplitNamed(b []byte) (key, name []byte) {
	if len(b) < 4 || uint64(len(b)-4) < uint64(binary.LittleEndian.Uint32(b)) {
		return nil, nil
	}
	n := 4 + binary.LittleEndian.Uint32(b)
	return b[4:n], b[n:]
}
