package sqltest

import (
	"context"
	"sync"

	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/vec"
)

// rowLevel changes the rows of a data set.
type rowLevel struct {
	store *Store
	id    string
}

// rowLevel is for tables that hold rows and not changes of rows.
func (s *Store) rowLevel(t *connector.Table) (connector.RowLevel, error) {
	src, err := s.source(t)
	if err != nil {
		return nil, err
	}
	if src.Changes() != connector.InsertOnly {
		return nil, sqlerr.New(sqlerr.Unsupported, sqlerr.Pos{}, "the table %s holds changes, which cannot be changed", t.Name)
	}
	id := t.Options.String("data-id")
	if id == "" {
		id = lastPart(t.Name)
	}
	return &rowLevel{s, id}, nil
}

func (r *rowLevel) Snapshot(context.Context, func([]*string) bool) (*connector.Rewrite, error) {
	return &connector.Rewrite{Parts: []string{r.id}}, nil
}

func (r *rowLevel) Truncate(context.Context) error {
	r.store.Put(r.id, nil)
	return nil
}

// replacement gathers the rows of a rewrite, which replace the data set when
// they are committed.
type replacement struct {
	store *Store
	id    string
	mu    sync.Mutex
	rows  []Row
}

func (r *replacement) Accepts() connector.Changes { return connector.InsertOnly }
func (r *replacement) Parallelism() int           { return 1 }

func (r *replacement) Open(context.Context, int, int) (connector.Writer, error) {
	return &replacer{replacement: r}, nil
}

type replacer struct{ *replacement }

func (r *replacer) Write(_ context.Context, b *vec.Batch) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range b.Len() {
		at := b.Row(i)
		row := Row{read: true}
		for _, c := range b.Cols[:len(b.Cols)-1] {
			row.Values = append(row.Values, c.Value(at))
		}
		r.rows = append(r.rows, row)
	}
	return nil
}

func (r *replacer) Flush(context.Context) error { return nil }
func (r *replacer) Watermark(int64)             {}

func (r *replacer) Prepare(context.Context, uint64) ([]byte, error) { return []byte{1}, nil }

func (r *replacer) Commit(context.Context, []byte) error {
	r.store.Put(r.id, r.rows)
	return nil
}

func (r *replacer) Finish(context.Context) error { return nil }
func (r *replacer) Close() error                 { return nil }
