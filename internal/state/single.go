package state

import (
	"bytes"
	"encoding/binary"
	"math"
	"slices"
)

// Single is state without a key: a list of byte strings, of which a plain value
// is the list of one. It is meant for little: source positions, broadcast rules.
//
// Values belong to the subtask that has set them, or rather to its range of key
// groups: when there are more or fewer subtasks after a restart, each goes to the
// one that has the first group of that range now. Saved tells of those of all.
type Single struct {
	store *Store
	name  string
	vals  [][]byte
	bytes int64
	word  [8]byte
	told  int  // values that the last TakeDirty gave or that were there before
	whole bool // more than a suffix has changed

	saved   []share // what was applied, in order of groups
	pending bool    // vals are to be made of it
}

// share is the values of the subtask that had the groups from to to-1.
type share struct {
	from, to uint32
	vals     [][]byte
}

// Single declares non-keyed state.
func (s *Store) Single(name string) *Single {
	t := &Single{store: s, name: name}
	s.tables = append(s.tables, t)
	return t
}

// Info tells what was declared.
func (s *Single) Info() Info { return Info{Name: s.name, Kind: "single"} }

// Set makes b the only value.
func (s *Single) Set(b []byte) {
	s.settle()
	if len(s.vals) == 1 {
		s.SetAt(0, b)
		return
	}
	s.Clear()
	s.Append(b)
}

// Get gives the first value, nil if there is none.
func (s *Single) Get() []byte {
	s.settle()
	if len(s.vals) == 0 {
		return nil
	}
	return s.vals[0]
}

// Append adds a value.
func (s *Single) Append(b []byte) {
	s.settle()
	s.count(len(b))
	s.vals = append(s.vals, bytes.Clone(b))
}

// At gives value i, valid until it is set.
func (s *Single) At(i int) []byte {
	s.settle()
	return s.vals[i]
}

// SetAt replaces value i.
func (s *Single) SetAt(i int, b []byte) {
	s.settle()
	s.count(len(b) - len(s.vals[i]))
	s.vals[i] = append(s.vals[i][:0], b...)
	if i < s.told {
		s.whole = true
	}
}

// Clear removes all values.
func (s *Single) Clear() {
	s.settle()
	s.count(-int(s.bytes))
	s.vals = nil
	s.whole = s.whole || s.told > 0
	s.told = 0
}

func (s *Single) count(delta int) {
	s.bytes += int64(delta)
	s.store.bytes += int64(delta)
	s.store.mem.count(int64(delta))
}

// Len is the number of values.
func (s *Single) Len() int {
	s.settle()
	return len(s.vals)
}

// Saved visits the values that all subtasks had at the checkpoint that the store
// was restored from; there are none if it was not.
func (s *Single) Saved(f func([]byte)) {
	for _, p := range s.saved {
		for _, v := range p.vals {
			f(v)
		}
	}
}

// SetTime makes ms the only value.
func (s *Single) SetTime(ms int64) {
	binary.LittleEndian.PutUint64(s.word[:], uint64(ms))
	s.Set(s.word[:])
}

// Time is the latest time that SetTime has set in any subtask; math.MinInt64 if
// there is none.
func (s *Single) Time() int64 {
	last := int64(math.MinInt64)
	take := func(b []byte) {
		if len(b) == 8 {
			last = max(last, int64(binary.LittleEndian.Uint64(b)))
		}
	}
	s.Saved(take)
	take(s.Get())
	return last
}

// Bytes is the memory held.
func (s *Single) Bytes() int64 { return s.bytes }

// TakeDirty hands over new values as OpAppend; after other changes than
// additions OpDelete comes first and then all values. The key is the range of key
// groups (4 bytes each) of the subtask, the value of OpAppend the place and the
// bytes.
func (s *Single) TakeDirty(f func(Change)) {
	if !s.store.cfg.Track {
		return
	}
	s.settle()
	from := s.told
	if s.whole {
		from = 0
	}
	s.tell(from, s.whole, f)
	s.told, s.whole = len(s.vals), false
}

// tell hands over the values from place from on.
func (s *Single) tell(from int, whole bool, f func(Change)) {
	key := binary.LittleEndian.AppendUint32(nil, uint32(s.store.cfg.From))
	key = binary.LittleEndian.AppendUint32(key, uint32(s.store.cfg.To))
	if whole {
		f(Change{Op: OpDelete, Key: key})
	}
	var buf []byte
	for i, v := range s.vals[from:] {
		buf = append(binary.AppendUvarint(buf[:0], uint64(from+i)), v...)
		f(Change{Op: OpAppend, Key: key, Value: buf})
	}
}

// Apply replays a change of any subtask. One of a subtask that had other groups
// takes the place of what those groups had before.
func (s *Single) Apply(c Change) error {
	if len(c.Key) != 8 || c.Op != OpDelete && c.Op != OpAppend {
		return badChange(s.name)
	}
	p := s.share(binary.LittleEndian.Uint32(c.Key), binary.LittleEndian.Uint32(c.Key[4:]))
	s.pending = true
	if c.Op == OpDelete {
		p.vals = nil
		return nil
	}
	i, n := binary.Uvarint(c.Value)
	if n <= 0 || i > 1<<20 {
		return badChange(s.name)
	}
	for uint64(len(p.vals)) <= i { // gaps are filled, or the list cleared, by a later change
		p.vals = append(p.vals, nil)
	}
	p.vals[i] = bytes.Clone(c.Value[n:])
	return nil
}

func (s *Single) share(from, to uint32) *share {
	s.saved = slices.DeleteFunc(s.saved, func(p share) bool {
		return (p.from != from || p.to != to) && p.from < to && from < p.to
	})
	i := 0
	for ; i < len(s.saved) && s.saved[i].from < from; i++ {
	}
	if i == len(s.saved) || s.saved[i].from != from {
		s.saved = slices.Insert(s.saved, i, share{from: from, to: to})
	}
	return &s.saved[i]
}

// settle makes the values of what was applied. If the subtask has other groups
// than those that saved them, they are told anew under its own.
func (s *Single) settle() {
	if !s.pending {
		return
	}
	s.pending = false
	s.count(-int(s.bytes))
	s.vals, s.whole = nil, false
	from, to := uint32(s.store.cfg.From), uint32(s.store.cfg.To)
	for _, p := range s.saved {
		s.whole = s.whole || p.from < to && from < p.to && (p.from != from || p.to != to)
		if p.from < from || p.from >= to {
			continue
		}
		for _, v := range p.vals {
			s.count(len(v))
			s.vals = append(s.vals, bytes.Clone(v))
		}
	}
	if s.told = len(s.vals); s.whole {
		s.told = 0
	}
}

func (s *Single) close() {}
