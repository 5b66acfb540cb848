package connector

import (
	"strings"
	"sync"
	"time"

	"github.com/weir-stream/weir/internal/spill"
	"github.com/weir-stream/weir/internal/sqlerr"
)

// FullCache makes a bounded source one that can be read by key: it reads the
// whole table, and reads it again when the table's options say so and the next
// lookup comes. All subtasks of an operator share it.
type FullCache struct {
	Source
	table  *Table
	reload reloading

	mu   sync.Mutex
	kept map[*spill.Budget]*fullTable // of each job that reads
}

// reloading says when the table is read again.
type reloading struct {
	every    time.Duration // 0 = never, unless timed
	rate     bool          // counted from the start of reading
	timed    bool
	clock    time.Duration // since midnight, UTC
	everyDay int
}

// NewFullCache checks the options of 'lookup.cache' = 'FULL'.
func NewFullCache(t *Table, src Source) (*FullCache, error) {
	o := t.Options
	if !src.Bounded() || src.Changes() != InsertOnly {
		return nil, sqlerr.New(sqlerr.Unsupported, sqlerr.Pos{}, "'lookup.cache' = 'FULL' for the table %s, which does not end or takes rows back", t.Name)
	}
	c := &FullCache{Source: src, table: t, kept: map[*spill.Budget]*fullTable{}}
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
