package connector

import (
	"context"
	"strings"

	"github.com/weir-stream/weir/internal/format"
	"github.com/weir-stream/weir/internal/spill"
	"github.com/weir-stream/weir/internal/vec"
)

// LookupScan is what a query wants of a table that it reads by key.
type LookupScan struct {
	// Want and Metadata are as in Scan.
	Want     []int
	Metadata []int
	// Keys lists the ordinals in Table.Columns that are compared; they are among
	// Want.
	Keys []int
	// Memory is the job's budget, for who keeps rows; nil = no bound.
	Memory *spill.Budget
}

// LookupSource is a source that can also be read by key.
type LookupSource interface {
	Source
	// OpenLookup opens access by key.
	OpenLookup(ctx context.Context, s LookupScan) (Lookup, error)
	// LookupAsync reports whether several lookups may be under way at once.
	LookupAsync() bool
}

// IndexedSource is a table whose indexes are told to the planner: each a list of
// ordinals in Table.Columns by which a lookup is cheap. A lookup by an index sees
// every row that a reader of the source was given before.
type IndexedSource interface {
	LookupSource
	Indexes() [][]int
}

// Lookup finds rows by key. Where LookupAsync is true it is called by several
// goroutines at once.
type Lookup interface {
	// Lookup appends to out the rows whose key columns equal a row of keys, which
	// has the columns of LookupScan.Keys and no nulls, and to of for each the
	// position of that row in keys. Rows of a key come in a fixed order.
	Lookup(ctx context.Context, keys *vec.Batch, out *vec.Batch, of []int32) ([]int32, error)
	Close() error
}

// LookupOptions are the options of Flink about the caching of looked-up rows, for
// connectors whose tables can be read by key.
func LookupOptions() []format.Option {
	return append([]format.Option{
		{Key: "lookup.cache", Kind: format.EnumOption, Enum: []string{"NONE", "PARTIAL", "FULL"}, Default: "NONE",
			Doc: "What is kept of looked-up rows: nothing, the keys that were asked for, or the whole table."},
		{Key: "lookup.partial-cache.expire-after-access", Kind: format.DurationOption, Doc: "How long a key is kept that is not asked for."},
		{Key: "lookup.partial-cache.expire-after-write", Kind: format.DurationOption, Doc: "How long a key is kept at most."},
		{Key: "lookup.partial-cache.max-rows", Kind: format.IntOption, Doc: "How many rows are kept in each subtask."},
		{Key: "lookup.partial-cache.cache-missing-key", Kind: format.BoolOption, Default: "true", Doc: "Whether it is kept that a key has no rows."},
	}, FullCacheOptions()...)
}

// FullCacheOptions are the options of tables that are kept whole for lookups.
func FullCacheOptions() []format.Option {
	return []format.Option{
		{Key: "lookup.full-cache.reload-strategy", Kind: format.EnumOption, Enum: []string{"PERIODIC", "TIMED"}, Default: "PERIODIC",
			Doc: "Whether the table is read again after an interval or at a time of day."},
		{Key: "lookup.full-cache.periodic-reload.interval", Kind: format.DurationOption, Doc: "The interval; without one the table is read once."},
		{Key: "lookup.full-cache.periodic-reload.schedule-mode", Kind: format.EnumOption, Enum: []string{"FIXED_DELAY", "FIXED_RATE"}, Default: "FIXED_DELAY",
			Doc: "Whether the interval counts from the end or from the start of reading."},
		{Key: "lookup.full-cache.timed-reload.iso-time", Doc: "The time of day, such as 10:15 or 10:15:00Z."},
		{Key: "lookup.full-cache.timed-reload.interval-in-days", Kind: format.IntOption, Default: "1", Doc: "After how many days it is read again."},
	}
}

// PartialCache says what is kept of the keys that were looked up.
type PartialCache struct {
	AccessMs, WriteMs int64 // 0 = no limit
	Rows              int64 // 0 = no limit
	Missing           bool  // keys without rows are kept too
}

// PartialCacheOf reads the options of a table; nil if nothing is kept.
func PartialCacheOf(t *Table) *PartialCache {
	if !strings.EqualFold(t.Options.String("lookup.cache"), "PARTIAL") {
		return nil
	}
	o := t.Options
	return &PartialCache{AccessMs: o.DurationMs("lookup.partial-cache.expire-after-access"), WriteMs: o.DurationMs("lookup.partial-cache.expire-after-write"),
		Rows: o.Int("lookup.partial-cache.max-rows"), Missing: o.Bool("lookup.partial-cache.cache-missing-key")}
}
