package sqltest

import (
	"fmt"
	"slices"
	"sync"

	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/format"
	"github.com/weir-stream/weir/internal/op"
	"github.com/weir-stream/weir/internal/vec"
)

// Row is a change: values are nil, text, bool, json.Number, []any (ARRAY, ROW) or
// map[string]any (MAP, ROW by names).
type Row struct {
	Kind   vec.Kind
	Values []any
	// read: the values are as vec.Vector.Value gives them.
	read bool
}

// Store holds the data sets that tables of the connector `values` read, and what
// was written to such tables. It is safe for concurrent use.
type Store struct {
	mu    sync.Mutex
	sets  map[string]*set
	sinks map[string]*Written
	// snapshot makes readers take what a data set has now for all of it.
	snapshot bool
	// Shuffle, if set, permutes the rows of an insert-only data set.
	Shuffle func(rows []Row)
	// Exact: rows that are written show once they are committed, so that none comes
	// twice however often a job starts again.
	Exact bool
	// Peek: with Exact, rows that are not committed show too, until lose.
	Peek    bool
	writers int
	tick    int // changes from outside: Feed, Mark and End
	// horizon is the tick whose data sets readers see, -1 for the present ones.
	horizon int
	piped   int // rows that jobs wrote to what others read
	// Metadata are the metadata columns that tables may declare.
	Metadata []connector.MetadataColumn
}

// set is a data set: rows in order of arrival.
type set struct {
	rows  []Row
	ended bool
	wm    int64 // event time that was told, ms
	piped bool  // a job writes rows to it
	used  bool  // it was given rows, or is read
	past  []moment
}

// NewStore gives an empty store.
func NewStore() *Store {
	return &Store{sets: map[string]*set{}, sinks: map[string]*Written{}, horizon: -1}
}

// Put sets the rows of a data set, all of them.
func (s *Store) Put(id string, rows []Row) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sets[id] = &set{rows: rows, ended: true, used: true, wm: op.MinWatermark}
}

// Feed adds rows to a data set that has not ended; what reads it waits for more.
func (s *Store) Feed(id string, rows ...Row) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	d := s.open(id)
	if d.ended {
		return fmt.Errorf("the rows of %s have ended", id)
	}
	d.rows = append(d.rows, rows...)
	s.tick++
	d.note(s.tick)
	return nil
}

// Drop forgets the rows of a data set, which begins anew.
func (s *Store) Drop(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.sets, id)
	s.open(id)
}

// Mark tells that no later row of a data set is before wm, in ms.
func (s *Store) Mark(id string, wm int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	d := s.open(id)
	if d.ended {
		return fmt.Errorf("the rows of %s have ended", id)
	}
	d.wm = max(d.wm, wm)
	s.tick++
	d.note(s.tick)
	return nil
}

// End ends a data set, or with an empty name all of them but those that jobs
// write to.
func (s *Store) End(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tick++
	if id != "" {
		s.open(id).end(s.tick)
		return
	}
	for _, d := range s.sets {
		if !d.piped {
			d.end(s.tick)
		}
	}
}

// endPiped ends what jobs have written to and reports whether there was any.
func (s *Store) endPiped() (any bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tick++
	for _, d := range s.sets {
		any = any || !d.ended
		d.end(s.tick)
	}
	return any
}

// pipe hands rows that are written to a table to those who read it, if it has not
// ended: one job's sink is then another's source.
func (s *Store) pipe(id string, b *vec.Batch) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d := s.sets[id]
	if d == nil || d.ended {
		return
	}
	d.piped = true
	for i := range b.Len() {
		at := b.Row(i)
		r := Row{Kind: b.Kind(at), read: true}
		for _, c := range b.Cols {
			r.Values = append(r.Values, c.Value(at))
		}
		d.rows = append(d.rows, r)
	}
	s.piped += b.Len()
	d.note(s.tick)
}

// setSnapshot makes the readers that are opened from now on take what there is
// for all there will be.
func (s *Store) setSnapshot(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.snapshot = on
}

func (s *Store) snapshots() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.snapshot
}

// ended reports whether all data sets have ended.
func (s *Store) ended() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, d := range s.sets {
		if !d.ended {
			return false
		}
	}
	return true
}

// begin makes sure that there is a data set.
func (s *Store) begin(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open(id)
}

// has reports whether there is a data set that is of use.
func (s *Store) has(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sets[id] != nil && s.sets[id].used
}

// open gives a data set, beginning it if need be.
func (s *Store) open(id string) *set {
	d := s.sets[id]
	if d == nil {
		d = &set{wm: op.MinWatermark}
		s.sets[id] = d
	}
	return d
}

// from gives the rows of a data set that follow the first n, in the order in
// which they arrive, whether there will be no more, and event time.
func (s *Store) from(id string, n int) (rows []Row, ended bool, wm int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if d := s.sets[id]; d != nil {
		m := d.at(s.horizon)
		return d.rows[min(n, m.rows):m.rows], m.ended, m.wm
	}
	return nil, true, op.MinWatermark
}

// take gives the rows that a new reader starts with, and whether those are all.
func (s *Store) take(id string) (rows []Row, all, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d, ok := s.sets[id]
	if !ok {
		return nil, false, false
	}
	d.used = true
	if !d.at(s.horizon).ended && !s.snapshot {
		return nil, false, true
	}
	rows = d.rows
	if s.Shuffle == nil {
		return rows, true, true
	}
	for _, r := range rows {
		if r.Kind != vec.Insert {
			return rows, true, true
		}
	}
	rows = append([]Row(nil), rows...)
	s.Shuffle(rows)
	return rows, true, true
}

// count is the number of rows of a data set that has ended, -1 if it has not.
func (s *Store) count(id string) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	d := s.sets[id]
	switch {
	case d == nil:
		return 0
	case !d.ended && !s.snapshot:
		return -1
	}
	return int64(len(d.rows))
}

// Written is what a table has been given.
type Written struct {
	Columns []format.Column
	Key     []int // ordinals of the primary key

	mu      sync.Mutex
	batches []*vec.Batch
	held    map[string][]*vec.Batch // prepared and not committed (Store.Exact)
	loose   []*vec.Batch            // not committed, in order (Store.Peek)
}

// show lets rows be seen before they are committed.
func (w *Written) show(b *vec.Batch) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.loose = append(w.loose, b)
}

func (w *Written) hold(handle string, rows []*vec.Batch) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.held == nil {
		w.held = map[string][]*vec.Batch{}
	}
	w.held[handle] = rows
}

// release gives what was held under a handle, once.
func (w *Written) release(handle string) []*vec.Batch {
	w.mu.Lock()
	defer w.mu.Unlock()
	rows := w.held[handle]
	delete(w.held, handle)
	return rows
}

// Batches lists what was written so far, in order.
func (w *Written) Batches() []*vec.Batch {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append(append([]*vec.Batch(nil), w.batches...), w.loose...)
}

func (w *Written) clear() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.batches = nil
}

func (w *Written) add(b *vec.Batch) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if i := slices.Index(w.loose, b); i >= 0 {
		w.loose = slices.Delete(w.loose, i, i+1)
	}
	w.batches = append(w.batches, b)
}

// Written gives what was written to the table of the given full name.
func (s *Store) Written(table string) (*Written, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	w, ok := s.sinks[table]
	return w, ok
}

// Forget drops what was written to a table.
func (s *Store) Forget(table string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.sinks, table)
}

// nextWriter numbers writers.
func (s *Store) nextWriter() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.writers++
	return s.writers
}

// written gives the record of a table, making it when it is written first.
func (s *Store) written(t *connector.Table) *Written {
	s.mu.Lock()
	defer s.mu.Unlock()
	w := s.sinks[t.Name]
	if w == nil {
		w = &Written{Columns: t.Columns, Key: t.PrimaryKey}
		for _, m := range t.Metadata {
			w.Columns = append(w.Columns[:len(w.Columns):len(w.Columns)], format.Column{Name: m.Key, Type: m.Type})
		}
		s.sinks[t.Name] = w
	}
	return w
}
