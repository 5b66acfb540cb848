package sqltest

import (
	"sort"

	"github.com/weir-stream/weir/internal/op"
)

// moment is how a data set was left at a tick.
type moment struct {
	tick  int
	rows  int
	wm    int64
	ended bool
}

// note remembers how the set is at a tick.
func (d *set) note(tick int) {
	m := moment{tick, len(d.rows), d.wm, d.ended}
	if n := len(d.past); n > 0 && d.past[n-1].tick == tick {
		d.past[n-1] = m
		return
	}
	d.past = append(d.past, m)
}

func (d *set) end(tick int) {
	if !d.ended {
		d.ended = true
		d.note(tick)
	}
}

// at gives how the set was at a tick, or is now if tick is negative or nothing ever
// changed it.
func (d *set) at(tick int) moment {
	if tick < 0 || len(d.past) == 0 {
		return moment{tick, len(d.rows), d.wm, d.ended}
	}
	i := sort.Search(len(d.past), func(i int) bool { return d.past[i].tick > tick })
	if i == 0 {
		return moment{tick: tick, wm: op.MinWatermark}
	}
	return d.past[i-1]
}

// replay lets readers see what there was at a tick, or with a negative one what
// there is.
func (s *Store) replay(tick int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.horizon = tick
}

// now is the present tick.
func (s *Store) now() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.tick
}

// passed counts the rows that went from one job to another.
func (s *Store) passed() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.piped
}

// chained reports whether a job has written rows that others read, once they are
// committed.
func (s *Store) chained() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for table, w := range s.sinks {
		if d := s.sets[lastPart(table)]; d != nil && d.used && !d.ended && w.waits() {
			return true
		}
	}
	return false
}

func (w *Written) waits() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.loose) > 0
}

// lose forgets the rows that were not committed: their writers are gone.
func (s *Store) lose() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, w := range s.sinks {
		w.mu.Lock()
		w.loose = nil
		w.mu.Unlock()
	}
}
