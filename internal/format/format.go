// Package format is the contract of formats: how bytes become columns and
// columns bytes. Each format is a directory below that exports a Spec.
//
// Two shapes of decoder exist: record streams (csv, json, raw) are fed chunks
// of bytes and cut their own records; file formats (parquet) need random
// access. Both decode only the columns that the query needs.
package format

import (
	"context"
	"io"

	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// Column is a column of a table as a format sees it.
type Column struct {
	Name string
	Type types.Type
}

// Option is one key that a user may set, of a connector or of a format (there
// without the format's prefix).
type Option struct {
	Key      string
	Kind     OptionKind
	Default  string // as a user would write it; empty = none
	Enum     []string
	Required bool
	// Extension: Flink has no such option.
	Extension bool
	Doc       string
}

// OptionKind is the type of an option's value.
type OptionKind uint8

// The kinds of options.
const (
	StringOption OptionKind = iota
	IntOption
	BoolOption
	DurationOption
	MemoryOption
	EnumOption
	DoubleOption
)

// Options gives typed access to the values that a user set, checked against
// the declared options, with defaults filled in. A Reader of options never
// fails: bad values were refused when it was made.
type Options interface {
	String(key string) string
	Int(key string) int64
	Bool(key string) bool
	Double(key string) float64
	DurationMs(key string) int64
	Bytes(key string) int64
	IsSet(key string) bool
	// Prefix lists the keys below prefix (without it) and their values.
	Prefix(prefix string) map[string]string
}

// Schema is what a decoder produces or an encoder takes.
type Schema struct {
	Columns []Column // all physical columns of the data, in order
	// Want lists the ordinals of the columns to decode, ascending; the batch
	// has exactly these columns.
	Want []int
	// Metadata lists the ordinals in Spec.Metadata to decode; they follow the
	// columns in the batch. Only message decoders of formats that have some.
	Metadata []int
	Zone     *types.Zone
	// Subject is the name under which a schema registry keeps the schema of the
	// messages, unless the options tell another; empty if nobody knows.
	Subject string
}

// Wanted gives the columns to decode.
func (s Schema) Wanted() []types.Field {
	out := make([]types.Field, len(s.Want))
	for i, w := range s.Want {
		out[i] = types.Field{Name: s.Columns[w].Name, Type: s.Columns[w].Type}
	}
	return out
}

// Metadata is a column that a format offers beside the data.
type Metadata struct {
	Key  string
	Type types.Type
	Doc  string
}

// Where names the source of bytes in error messages.
type Where struct {
	File string
	Line int64 // first line of the chunk, 1-based
}

// Stats counts what a decoder passed over.
type Stats struct {
	Records     int64
	ParseErrors int64 // records dropped or fields nulled under ignore-parse-errors
	FirstError  string
}

// Decoder turns a stream of bytes into rows.
type Decoder interface {
	// Decode appends up to max rows to out from src and gives how many bytes it
	// used up. It stops before a record that is incomplete unless last is set.
	// out keeps no reference into src. Errors are *sqlerr.Error of code Data
	// with file, line and column in the message.
	Decode(src []byte, last bool, out *vec.Batch, max int) (used int, err error)
	Stats() Stats
}

// Extent is implemented by decoders that know how long a record is that Decode failed
// with.
type Extent interface {
	// Failed gives its length, from where Decode stopped; 0: it is a line, or what is
	// left of one. -1: it goes on behind what Decode was given.
	Failed() int
}

// FileReader reads rows of a file format.
type FileReader interface {
	// Read appends up to max rows to out; io.EOF when there are no more and
	// none was appended.
	Read(out *vec.Batch, max int) error
	// SeekRow makes the next Read start at row n of the part that was opened.
	SeekRow(n int64) error
	Close() error
}

// Part is a run of rows of one file that can be read on its own (a range of
// Parquet row groups); From and To are format-defined ordinals.
type Part struct {
	From, To int
	Rows     int64
	Bytes    int64
}

// Encoder turns rows into bytes.
type Encoder interface {
	// Begin writes what opens a file (parquet magic), possibly nothing.
	Begin(w io.Writer) error
	Encode(b *vec.Batch) error
	// End writes what closes a file; it does not close w.
	End() error
	// Buffered estimates the bytes not yet written to w.
	Buffered() int64
}

// Spec describes a format.
type Spec struct {
	Name string
	// Extension: Flink has no such format.
	Extension bool
	Doc       string
	Options   []Option
	// Example is for the reference.
	Example Example
	// Extensions are the file suffixes that mean this format (".csv").
	Extensions []string
	// Changes: rows carry kinds (debezium-json); false means insert-only.
	Changes bool

	NewDecoder func(s Schema, o Options, at Where) (Decoder, error)
	NewEncoder func(s Schema, o Options) (Encoder, error)

	// Formats of messages set these: a message is a record of its own, as in Kafka.
	NewMessageDecoder func(s Schema, o Options) (MessageDecoder, error)
	NewMessageEncoder func(s Schema, o Options) (MessageEncoder, error)
	// Metadata lists what a message tells beside its row, such as the time of a
	// change in its database. Schema.Metadata names the wanted ones.
	Metadata []Metadata

	// File formats set these instead of NewDecoder.
	Parts    func(r io.ReaderAt, size int64) ([]Part, error)
	OpenFile func(s Schema, o Options, r io.ReaderAt, size int64, p Part, at Where) (FileReader, error)

	// Infer gives the columns of data without a declared schema: sample is the
	// start of the data for streams, r and size the file for file formats.
	Infer func(sample []byte, r io.ReaderAt, size int64, o Options) ([]Column, error)
	// Columns, of a format of messages, gives the columns that are defined beside the
	// data: in a file, or in a schema registry under s.Subject. Formats without it learn
	// from samples.
	Columns func(s Schema, o Options) ([]Column, error)
	// InferMessages gives the columns of messages without a declared schema, of which
	// some may be unreadable. The column of a format whose messages are single values
	// has no name.
	InferMessages func(msgs [][]byte, o Options) ([]Column, error)
	// InferOptions guesses options of the format (delimiter, header) from the
	// start of the data, for Infer and for reading afterwards. May be nil.
	InferOptions func(sample []byte) map[string]string
	// Lines says that under these options every record is one line, so that
	// a file may be cut at any line. nil means never.
	Lines func(o Options) bool
	// Registered, if set, asks a schema registry for the newest schema of a subject
	// (that of the options, else Schema.Subject), and says whether the columns go
	// with it.
	Registered func(ctx context.Context, s Schema, o Options) (Registered, error)
	// Check refuses columns that the format cannot hold.
	Check func(cols []Column) error
	// CheckMessages, of a format of messages, refuses columns that do not go with what
	// the options name, such as a schema in a file. May be nil.
	CheckMessages func(cols []Column, o Options) error
}
