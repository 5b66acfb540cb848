package state

import (
	"math"
	"sort"
)

// Timers are times at which keys want to be looked at again, in order of time
// and then of registration.
type Timers struct {
	store *Store
	name  string
	set   []Timer
}

// Timer is a key's time, ms.
type Timer struct {
	TS  int64
	Key []byte
}

// Timers declares a set of timers.
func (s *Store) Timers(name string) *Timers {
	t := &Timers{store: s, name: name}
	s.tables = append(s.tables, t)
	return t
}

// Info tells what was declared.
func (t *Timers) Info() Info { return Info{Name: t.name, Kind: "timers"} }

// Register adds a timer; one that is there already keeps its place.
func (t *Timers) Register(key []byte, ts int64) {
	for _, x := range t.set {
		if x.TS == ts && string(x.Key) == string(key) {
			return
		}
	}
	i := sort.Search(len(t.set), func(i int) bool { return t.set[i].TS > ts })
	t.set = append(t.set, Timer{})
	copy(t.set[i+1:], t.set[i:])
	t.set[i] = Timer{ts, append([]byte(nil), key...)}
}

// Delete takes a timer out and tells whether it was there.
func (t *Timers) Delete(key []byte, ts int64) bool {
	for i, x := range t.set {
		if x.TS == ts && string(x.Key) == string(key) {
			t.set = append(t.set[:i:i], t.set[i+1:]...)
			return true
		}
	}
	return false
}

// PopDue takes out at most max timers with TS <= upTo and replaces out by them,
// in order of time and then of registration. Their keys are valid until the
// next PopDue.
func (t *Timers) PopDue(upTo int64, max int, out []Timer) []Timer {
	out = out[:0]
	for len(t.set) > 0 && len(out) < max && t.set[0].TS <= upTo {
		out = append(out, t.set[0])
		t.set = t.set[1:]
	}
	return out
}

// Next is the earliest time, math.MaxInt64 if there is none.
func (t *Timers) Next() int64 {
	if len(t.set) == 0 {
		return math.MaxInt64
	}
	return t.set[0].TS
}

// Len is the number of timers.
func (t *Timers) Len() int { return len(t.set) }

// Bytes is the memory held.
func (t *Timers) Bytes() int64 { return 0 }

// TakeDirty hands over registered and deleted timers.
func (t *Timers) TakeDirty(f func(Change)) {}

// Apply replays a change.
func (t *Timers) Apply(c Change) error { return nil }

func (t *Timers) close() {}
