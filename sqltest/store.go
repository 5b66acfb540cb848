package sqltest

import (
	"sync"

	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/format"
	"github.com/weir-stream/weir/internal/vec"
)

// Row is a change: values are nil, text, bool, json.Number, []any (ARRAY, ROW) or
// map[string]any (MAP, ROW by names).
type Row struct {
	Kind   vec.Kind
	Values []any
}

// Store holds the data sets that tables of the connector `values` read, and what
// was written to such tables. It is safe for concurrent use.
type Store struct {
	mu    sync.Mutex
	sets  map[string][]Row
	sinks map[string]*Written
	// Shuffle, if set, permutes the rows of an insert-only data set.
	Shuffle func(rows []Row)
	// Metadata are the metadata columns that tables may declare.
	Metadata []connector.MetadataColumn
}

// NewStore gives an empty store.
func NewStore() *Store { return &Store{sets: map[string][]Row{}, sinks: map[string]*Written{}} }

// Put sets the rows of a data set.
func (s *Store) Put(id string, rows []Row) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sets[id] = rows
}

// Rows gives a data set in the order in which it arrives.
func (s *Store) Rows(id string) ([]Row, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	rows, ok := s.sets[id]
	if !ok || s.Shuffle == nil {
		return rows, ok
	}
	for _, r := range rows {
		if r.Kind != vec.Insert {
			return rows, ok
		}
	}
	rows = append([]Row(nil), rows...)
	s.Shuffle(rows)
	return rows, ok
}

// Written is what a table has been given.
type Written struct {
	Columns []format.Column
	Key     []int // ordinals of the primary key

	mu      sync.Mutex
	batches []*vec.Batch
}

// Batches lists what was written so far, in order.
func (w *Written) Batches() []*vec.Batch {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]*vec.Batch(nil), w.batches...)
}

func (w *Written) add(b *vec.Batch) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.batches = append(w.batches, b)
}

// Written gives what was written to the table of the given full name.
func (s *Store) Written(table string) (*Written, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	w, ok := s.sinks[table]
	return w, ok
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
