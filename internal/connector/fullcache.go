package connector

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// FullCache makes a bounded source one that can be read by key: it reads the
// whole table, and reads it again when the table's options say so and the next
// lookup comes. All subtasks of an operator share it.
type FullCache struct {
	Source
	table  *Table
	reload reloading

	mu   sync.Mutex
	rows *fullTable
	due  time.Time // of the next reading; zero = never
}

// reloading says when the table is read again.
type reloading struct {
	every    time.Duration // 0 = never, unless timed
	rate     bool          // counted from the start of reading
	timed    bool
	clock    time.Duration // since midnight, UTC
	everyDay int
}

// fullTable is a table as it was read once.
type fullTable struct {
	batch *vec.Batch
	byKey map[string][]int32
	codec *vec.Codec
}

// NewFullCache checks the options of 'lookup.cache' = 'FULL'.
func NewFullCache(t *Table, src Source) (*FullCache, error) {
	o := t.Options
	if !src.Bounded() || src.Changes() != InsertOnly {
		return nil, sqlerr.New(sqlerr.Unsupported, sqlerr.Pos{}, "'lookup.cache' = 'FULL' for the table %s, which does not end or takes rows back", t.Name)
	}
	c := &FullCache{Source: src, table: t}
	c.reload.every = time.Duration(o.DurationMs("lookup.full-cache.periodic-reload.interval")) * time.Millisecond
	c.reload.rate = o.String("lookup.full-cache.periodic-reload.schedule-mode") == "FIXED_RATE"
	if c.reload.timed = o.String("lookup.full-cache.reload-strategy") == "TIMED"; !c.reload.timed {
		return c, nil
	}
	text := strings.TrimSuffix(o.String("lookup.full-cache.timed-reload.iso-time"), "Z")
	for _, layout := range []string{"15:04:05", "15:04"} {
		if at, err := time.Parse(layout, text); err == nil {
			c.reload.clock = time.Duration(at.Hour())*time.Hour + time.Duration(at.Minute())*time.Minute + time.Duration(at.Second())*time.Second
			c.reload.everyDay = max(int(o.Int("lookup.full-cache.timed-reload.interval-in-days")), 1)
			return c, nil
		}
	}
	return nil, sqlerr.New(sqlerr.Option, sqlerr.Pos{}, "the option 'lookup.full-cache.timed-reload.iso-time' of the table %s is not a time of day: '%s'", t.Name, text).
		WithHint("write it as in '10:15' or '10:15:00Z'")
}

// next gives the time of the reading after one from start to end.
func (r *reloading) next(start, end time.Time) time.Time {
	switch {
	case r.timed:
		day := end.UTC().Truncate(24 * time.Hour).Add(r.clock)
		if !day.After(end) {
			day = day.AddDate(0, 0, r.everyDay)
		}
		return day
	case r.every <= 0:
		return time.Time{}
	case r.rate:
		return start.Add(r.every)
	}
	return end.Add(r.every)
}

// LookupAsync is false: there is nothing to wait for.
func (c *FullCache) LookupAsync() bool { return false }

// OpenLookup gives access to the rows, which the first lookup reads.
func (c *FullCache) OpenLookup(_ context.Context, s LookupScan) (Lookup, error) {
	return &fullReader{c: c, scan: s}, nil
}

type fullReader struct {
	c    *FullCache
	scan LookupScan
	keys vec.Rows
}

// Lookup copies the rows of each key.
func (r *fullReader) Lookup(ctx context.Context, keys *vec.Batch, out *vec.Batch, of []int32) ([]int32, error) {
	t, err := r.c.current(ctx, r.scan)
	if err != nil {
		return of, err
	}
	t.codec.Encode(&r.keys, keys, nil)
	for i := range keys.Len() {
		rows := t.byKey[string(r.keys.Row(i))]
		for c, v := range out.Cols {
			v.AppendSel(t.batch.Cols[c], rows)
		}
		out.N += len(rows)
		for range rows {
			of = append(of, int32(i))
		}
	}
	return of, nil
}

func (r *fullReader) Close() error { return nil }

// current gives the table, read anew if that is due.
func (c *FullCache) current(ctx context.Context, s LookupScan) (*fullTable, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.table.Env.Clock.Now()
	if c.rows != nil && (c.due.IsZero() || now.Before(c.due)) {
		return c.rows, nil
	}
	t, err := c.load(ctx, s)
	if err != nil {
		return nil, err
	}
	c.rows, c.due = t, c.reload.next(now, c.table.Env.Clock.Now())
	return t, nil
}

// load reads the whole table.
func (c *FullCache) load(ctx context.Context, s LookupScan) (*fullTable, error) {
	t := &fullTable{byKey: map[string][]int32{}}
	var ts, ks []types.Type
	for _, w := range s.Want {
		ts = append(ts, c.table.Columns[w].Type)
	}
	for _, m := range s.Metadata {
		ts = append(ts, c.table.Metadata[m].Type)
	}
	keys := make([]int, len(s.Keys))
	for i, k := range s.Keys {
		keys[i] = slices.Index(s.Want, k)
		ks = append(ks, c.table.Columns[k].Type)
	}
	t.batch, t.codec = vec.NewBatch(ts), vec.NewCodec(ks)
	sc := Scan{Want: s.Want, Metadata: s.Metadata, Ordered: true, Parallelism: 1}
	splits, err := c.Splits(ctx, sc)
	if err != nil {
		return nil, err
	}
	for _, sp := range splits {
		if err := c.read(ctx, sc, sp, t.batch); err != nil {
			return nil, err
		}
	}
	var rows vec.Rows
	t.codec.Encode(&rows, t.batch, keys)
	for i := range t.batch.N {
		k := string(rows.Row(i))
		t.byKey[k] = append(t.byKey[k], int32(i))
	}
	return t, nil
}

func (c *FullCache) read(ctx context.Context, sc Scan, sp Split, to *vec.Batch) error {
	r, err := c.Open(ctx, sc, sp, nil)
	if err != nil {
		return err
	}
	defer r.Close()
	part := vec.NewBatch(to.Types())
	for {
		part.Reset()
		err := r.Read(part, 4096)
		if len(part.Cols) > 0 {
			part.N = part.Cols[0].N
		}
		n := part.N
		to.AppendBatch(part)
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
