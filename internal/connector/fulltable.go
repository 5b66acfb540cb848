package connector

import (
	"context"
	"errors"
	"io"
	"slices"
	"time"

	"github.com/weir-stream/weir/internal/state"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// fullTable is the rows of a table as it was read last, in state of its own that
// spills. Its cache's lock guards it.
type fullTable struct {
	store   *state.Store // nil: it was not read yet
	list    *state.List
	due     time.Time // of the next reading; zero = never
	readers int

	keys    state.Keys
	rows    vec.Rows
	keyCols []int // of the keys, among the rows' columns
	walk    state.Probe
	probe   []int32
	entries []state.Entry
	raw     [][]byte
}

// OpenLookup gives access to the rows, which the first lookup reads. They are kept
// until the last reader of a job closes.
func (c *FullCache) OpenLookup(_ context.Context, s LookupScan) (Lookup, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	t := c.kept[s.Memory]
	if t == nil {
		t = &fullTable{}
		c.kept[s.Memory] = t
	}
	t.readers++
	return &fullReader{c: c, scan: s, table: t}, nil
}

type fullReader struct {
	c     *FullCache
	scan  LookupScan
	table *fullTable // nil: closed
}

// Lookup copies the rows of each key.
func (r *fullReader) Lookup(ctx context.Context, keys *vec.Batch, out *vec.Batch, of []int32) ([]int32, error) {
	r.c.mu.Lock()
	defer r.c.mu.Unlock()
	t := r.table
	if err := t.refresh(ctx, r.c, r.scan); err != nil {
		return of, err
	}
	t.keys.Encode(t.list.KeyCodec(), keys, nil)
	t.list.Probe(&t.walk, &t.keys)
	for {
		n := t.walk.Next(t.probe, t.entries)
		if n == 0 {
			return of, nil
		}
		t.raw = t.list.Rows(t.entries[:n], t.raw)
		t.list.RowCodec().Decode(t.raw, out.Cols)
		out.N += n
		of = append(of, t.probe[:n]...)
	}
}

// Close lets go of the rows.
func (r *fullReader) Close() error {
	r.c.mu.Lock()
	defer r.c.mu.Unlock()
	if r.table == nil {
		return nil
	}
	if r.table.readers--; r.table.readers == 0 {
		r.table.free()
		delete(r.c.kept, r.scan.Memory)
	}
	r.table = nil
	return nil
}

func (t *fullTable) free() {
	if t.store != nil {
		t.store.Close()
		t.store = nil
	}
}

// refresh reads the table if that is due.
func (t *fullTable) refresh(ctx context.Context, c *FullCache, s LookupScan) error {
	now := c.table.Env.Clock.Now()
	if t.store != nil && (t.due.IsZero() || now.Before(t.due)) {
		return nil
	}
	t.free()
	if err := t.load(ctx, c, s); err != nil {
		t.free()
		return err
	}
	t.due = c.reload.next(now, c.table.Env.Clock.Now())
	return nil
}

// load reads the whole table.
func (t *fullTable) load(ctx context.Context, c *FullCache, s LookupScan) error {
	var ts, ks []types.Type
	for _, w := range s.Want {
		ts = append(ts, c.table.Columns[w].Type)
	}
	for _, m := range s.Metadata {
		ts = append(ts, c.table.Metadata[m].Type)
	}
	t.keyCols = t.keyCols[:0]
	for _, k := range s.Keys {
		t.keyCols = append(t.keyCols, slices.Index(s.Want, k))
		ks = append(ks, c.table.Columns[k].Type)
	}
	const step = 1024
	t.probe, t.entries = make([]int32, step), make([]state.Entry, step)
	t.store = state.NewStore(state.Config{Memory: s.Memory})
	t.list = t.store.List(state.ListSpec{Name: "lookup table", Key: ks, Row: ts})
	sc := Scan{Want: s.Want, Metadata: s.Metadata, Ordered: true, Parallelism: 1}
	splits, err := c.Splits(ctx, sc)
	if err != nil {
		return err
	}
	for _, sp := range splits {
		if err := t.read(ctx, c, sc, sp); err != nil {
			return err
		}
	}
	return nil
}

// add keeps rows.
func (t *fullTable) add(b *vec.Batch) error {
	t.keys.Encode(t.list.KeyCodec(), b, t.keyCols)
	t.list.RowCodec().Encode(&t.rows, b, nil)
	t.list.Append(&t.keys, &t.rows, nil)
	t.store.Relieve()
	t.store.Memory().Tend()
	return t.store.Err()
}

func (t *fullTable) read(ctx context.Context, c *FullCache, sc Scan, sp Split) error {
	r, err := c.Open(ctx, sc, sp, nil)
	if err != nil {
		return err
	}
	defer r.Close()
	part := vec.NewBatch(t.list.RowCodec().Types)
	for {
		part.Reset()
		err := r.Read(part, 4096)
		if len(part.Cols) > 0 {
			part.N = part.Cols[0].N
		}
		n := part.N
		if n > 0 {
			if err := t.add(part); err != nil {
				return err
			}
		}
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		case n > 0:
			continue
		}
		select {
		case <-r.Ready():
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
