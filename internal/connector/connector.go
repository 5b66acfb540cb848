// Package connector is the contract of connectors: what a table's WITH clause
// may say, how its rows are read in splits and how they are written. Each
// connector is a directory below that exports a Spec.
package connector

import (
	"context"
	"io"

	"github.com/weir-stream/weir/internal/clock"
	"github.com/weir-stream/weir/internal/format"
	"github.com/weir-stream/weir/internal/secret"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
	"github.com/weir-stream/weir/internal/vfs"
)

// Changes is the set of row kinds that a stream may hold.
type Changes uint8

// The sets, to be or-ed.
const (
	Inserts Changes = 1 << iota
	UpdatesBefore
	UpdatesAfter
	Deletes
	// KeyDeletes: of a deleted row only the primary key is known, its other columns
	// are null. A source that gives such rows says so beside Deletes, a sink that
	// accepts Upserts that it needs no more of them.
	KeyDeletes

	InsertOnly = Inserts
	AllChanges = Inserts | UpdatesBefore | UpdatesAfter | Deletes
	// Upserts has no -U; the table's primary key tells which row is meant.
	Upserts = Inserts | UpdatesAfter | Deletes
)

// Has reports whether all of x are in c.
func (c Changes) Has(x Changes) bool { return c&x == x }

// Spec describes a connector.
type Spec struct {
	Name     string
	Doc      string
	Options  []format.Option
	Prefixes []string // families of keys that the connector checks itself, such as "fields."
	// Below, if set, lists the keys of those families for the reference, by their full
	// names; # stands for a name of the user's.
	Below func() []format.Option
	// Guarantee and Example are for the reference.
	Guarantee Guarantee
	Example   format.Example
	// TakesFormat: 'format' and '<format>.<key>' options are understood.
	TakesFormat bool
	// Keyed: 'key.format' and 'value.format' and their options are understood too.
	Keyed bool
	// DeadLetters: readers heed Scan.Dead.
	DeadLetters bool
	// Metadata lists the columns that METADATA may name.
	Metadata []MetadataColumn
	// Columns, if set, gives the columns of a table declared without any. It may ask
	// other systems, and gives up after a time.
	Columns func(ctx context.Context, t *Table) (*Inferred, error)

	// Source and Sink check the table and make its ends; nil means that the
	// connector cannot be read or written. They do no work yet: errors found
	// here are told before anything runs.
	Source func(t *Table) (Source, error)
	Sink   func(t *Table) (Sink, error)
	// Partitions, if set, gives the partitions of a table that has some.
	Partitions func(t *Table) (Partitions, error)
	// Overwrites: sinks heed Table.Overwrite.
	Overwrites bool
	// RowLevel, if set, changes rows: UPDATE, DELETE and TRUNCATE. The table is
	// written too, so Sink is set.
	RowLevel func(t *Table) (RowLevel, error)
}

// Inferred is what is found out of a table declared without columns.
type Inferred struct {
	Columns    []format.Column
	PrimaryKey []string
	// Options are set beside those that were given; none of them was.
	Options map[string]string
	// How tells the user how the columns were found; empty if they are always the same.
	How string
}

// MetadataColumn is a column that a connector offers beside the data.
type MetadataColumn struct {
	Key      string
	Type     types.Type
	Writable bool
	Doc      string
}

// Env is the world that connectors may touch.
type Env struct {
	FS     vfs.FS
	Clock  clock.Clock
	Stdin  io.Reader
	Stdout io.Writer
	Stderr io.Writer
	Zone   *types.Zone
	// Rand seeds volatile sources that were given no seed.
	Seed    func() uint64
	Formats map[string]*format.Spec
	// Secrets are what options name as ${env:X} and ${file:PATH}; nil: there are none.
	Secrets *secret.Vault
}

// Table is a table as its connector sees it: physical columns only.
type Table struct {
	Name       string // full name, for messages
	Columns    []format.Column
	Metadata   []MetadataUse
	PrimaryKey []int // ordinals in Columns
	Partitions []int // PARTITIONED BY, ordinals in Columns
	Resolved
	Parallelism int
	Batch       bool        // execution.runtime-mode=batch
	Overwrite   bool        // INSERT OVERWRITE
	Static      map[int]any // static partition values of the INSERT
	Rewrite     *Rewrite    // UPDATE and DELETE: what is replaced; nil otherwise
	Estimate    *Estimate   // of ANALYZE TABLE; nil if there is none
	Env         *Env
}

// MetadataUse is a declared metadata column.
type MetadataUse struct {
	Key  string
	Type types.Type
}

// Scan is what the query wants of a source.
type Scan struct {
	// Want lists the ordinals in Table.Columns to produce, ascending, then
	// Metadata ordinals; batches have exactly these columns in this order.
	Want     []int
	Metadata []int
	// Limit, if positive, is a number of rows that is enough.
	Limit int64
	// Ordered asks for splits that keep each partition's arrival order; false
	// (batch, no event time) allows cutting a file in pieces.
	Ordered bool
	// Parallelism is how many tasks will read.
	Parallelism int
	// Dead takes records that cannot be read, with which the reader goes on; nil: such
	// a record is an error. Read may then give no rows and no error although there is
	// more, when it has buried some.
	Dead DeadLetters
}

// Source is a readable table.
type Source interface {
	// Bounded reports whether the input ends.
	Bounded() bool
	// Changes is the kinds of rows.
	Changes() Changes
	// Rows estimates the number of rows, -1 if unknown. It is cheap.
	Rows() int64
	// Splits lists what there is to read, in a fixed order. For an unbounded
	// source it is called again and again and lists only what is new.
	Splits(ctx context.Context, s Scan) ([]Split, error)
	// Open starts reading a split at pos (nil = start).
	Open(ctx context.Context, s Scan, sp Split, pos []byte) (Reader, error)
	// DiscoverEveryMs is the pause between calls of Splits for an unbounded
	// source that finds new splits; 0 = never.
	DiscoverEveryMs() int64
}

// Split is a partition of a source: rows within it are ordered.
type Split struct {
	ID   string
	Rows int64 // estimate, -1 unknown
	Data any   // the connector's own
}

// Reader reads one split. It is used by one goroutine.
type Reader interface {
	// Read appends up to max rows to b and gives io.EOF (with no rows) at the
	// end of the split. No rows and no error means nothing to read now: wait
	// for Ready. Reads of files may block for the disk, never for a peer.
	Read(b *vec.Batch, max int) error
	// Ready receives when Read may have rows after it had none; nil if Read
	// always makes progress.
	Ready() <-chan struct{}
	// Position encodes where the next Read starts, for Open.
	Position() []byte
	Close() error
}

// Marker is implemented by readers that know event time beside what their rows
// tell: Watermark gives the time in ms that no later row is before. It is asked
// when Read had no rows, and only counts for tables that declare a watermark.
type Marker interface {
	Watermark() (ms int64, ok bool)
}

// Counter is implemented by readers and writers with things to tell at the end.
type Counter interface {
	Report(add func(name string, n int64))
}

// Sink is a writable table.
type Sink interface {
	// Accepts says which kinds may be written: InsertOnly, Upserts (needs a
	// primary key) or AllChanges.
	Accepts() Changes
	// Parallelism bounds the writers; 0 = any.
	Parallelism() int
	Open(ctx context.Context, subtask, parallelism int) (Writer, error)
}

// Writer writes rows. Rows become visible by Commit.
type Writer interface {
	Write(ctx context.Context, b *vec.Batch) error
	// Flush hands on what is buffered where that is harmless before a commit
	// (stdout); it is called when the input rests.
	Flush(ctx context.Context) error
	// Watermark tells event time, for partition commit; ms.
	Watermark(wm int64)
	// Prepare ends the epoch's writes and gives an idempotent handle that fixes
	// the external id; nil if there is nothing to commit.
	Prepare(ctx context.Context, epoch uint64) ([]byte, error)
	// Commit makes what a handle stands for visible; it may be repeated.
	Commit(ctx context.Context, handle []byte) error
	// Finish is called once at the end of the input, before the last Prepare.
	Finish(ctx context.Context) error
	// Close frees resources; uncommitted output is dropped.
	Close() error
}

// FormatMetadata begins the keys of metadata that a table's format offers, not its
// connector.
const FormatMetadata = "value."
