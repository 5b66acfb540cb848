package state

import "bytes"

// Single is state without a key: a list of byte strings, of which a plain value
// is the list of one. It is meant for little: source positions, broadcast rules.
type Single struct {
	store *Store
	name  string
	vals  [][]byte
	bytes int64
	told  int  // values that the last TakeDirty gave or that were there before
	whole bool // more than a suffix has changed
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
	if len(s.vals) == 1 {
		s.SetAt(0, b)
		return
	}
	s.Clear()
	s.Append(b)
}

// Get gives the first value, nil if there is none.
func (s *Single) Get() []byte {
	if len(s.vals) == 0 {
		return nil
	}
	return s.vals[0]
}

// Append adds a value.
func (s *Single) Append(b []byte) {
	s.count(len(b))
	s.vals = append(s.vals, bytes.Clone(b))
}

// At gives value i, valid until it is set.
func (s *Single) At(i int) []byte { return s.vals[i] }

// SetAt replaces value i.
func (s *Single) SetAt(i int, b []byte) {
	s.count(len(b) - len(s.vals[i]))
	s.vals[i] = append(s.vals[i][:0], b...)
	if i < s.told {
		s.whole = true
	}
}

// Clear removes all values.
func (s *Single) Clear() {
	s.count(-int(s.bytes))
	s.vals = nil
	s.whole = s.whole || s.told > 0
	s.told = 0
}

func (s *Single) count(delta int) {
	s.bytes += int64(delta)
	s.store.reserve(int64(delta))
}

// Len is the number of values.
func (s *Single) Len() int { return len(s.vals) }

// Bytes is the memory held.
func (s *Single) Bytes() int64 { return s.bytes }

// TakeDirty hands over new values as OpAppend; after other changes than
// additions OpDelete comes first and then all values.
func (s *Single) TakeDirty(f func(Change)) {
	if !s.store.cfg.Track {
		return
	}
	from := s.told
	if s.whole {
		from = 0
		f(Change{Op: OpDelete})
	}
	for _, v := range s.vals[from:] {
		f(Change{Op: OpAppend, Value: v})
	}
	s.told, s.whole = len(s.vals), false
}

// Apply replays a change.
func (s *Single) Apply(c Change) error {
	switch c.Op {
	case OpDelete:
		s.Clear()
	case OpAppend:
		s.Append(c.Value)
	default:
		return badChange(s.name)
	}
	s.told, s.whole = len(s.vals), false
	return nil
}

func (s *Single) close() {}
