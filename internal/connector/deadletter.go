package connector

import (
	"slices"
	"strings"
	"time"

	"github.com/weir-stream/weir/internal/format"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// DeadLetterOption is the option of a table that names the table for its records that
// cannot be read.
const DeadLetterOption = "weir.dead-letter"

// DeadLetter is a record that could not be read: of a topic, or a piece of a file.
type DeadLetter struct {
	Topic     string // empty: of a file
	Partition int32
	// Offset is the record's in its partition, or that of its first byte in the file's
	// data, decompressed.
	Offset  int64
	Time    time.Time // of the record; zero if it has none
	Headers []Header
	Key     []byte // nil = NULL
	Value   []byte
	Path    string // of the file
	Line    int64  // where the record begins, from 1; 0 = not known
	Err     error
}

// Header is one of a record; a nil Value is NULL.
type Header struct {
	Key   string
	Value []byte
}

// DeadLetters takes the records that a reader passes over instead of failing.
type DeadLetters interface {
	// Bury takes a record, of which it keeps copies.
	Bury(DeadLetter)
}

// DeadLetterColumns are what the table for dead letters may have.
func DeadLetterColumns() []format.Column {
	text, bytes := types.String(), types.Bytes()
	return []format.Column{{Name: "topic", Type: text}, {Name: "partition", Type: types.Of(types.Int)}, {Name: "offset", Type: types.Of(types.BigInt)},
		{Name: "timestamp", Type: types.TimestampLTZOf(3)}, {Name: "headers", Type: types.MapOf(text.NotNull(), bytes)}, {Name: "key", Type: bytes}, {Name: "value", Type: bytes},
		{Name: "error", Type: text.NotNull()}, {Name: "path", Type: text}, {Name: "line", Type: types.Of(types.BigInt)}}
}

// AppendDeadLetter appends a record to a batch of DeadLetterColumns.
func AppendDeadLetter(b *vec.Batch, d *DeadLetter) {
	record := d.Topic != ""
	value := func(col int, given bool, x any) {
		if !given {
			x = nil
		}
		b.Cols[col].AppendValue(x)
	}
	value(0, record, d.Topic)
	value(1, record, int64(d.Partition))
	value(2, true, d.Offset)
	value(3, !d.Time.IsZero(), d.Time.UnixMilli())
	if record {
		AppendHeaders(b.Cols[4], d.Headers)
	} else {
		b.Cols[4].AppendNulls(1)
	}
	value(5, d.Key != nil, string(d.Key))
	value(6, d.Value != nil, string(d.Value))
	value(7, true, d.Err.Error())
	value(8, d.Path != "", d.Path)
	value(9, d.Line > 0, d.Line)
	b.N++
}

// AppendHeaders appends the headers of a record to a map; of several with one key the
// last counts.
func AppendHeaders[H ~struct {
	Key   string
	Value []byte
}](v *vec.Vector, hs []H) {
	entries := v.Kids[0]
	for i := range hs {
		h := Header(hs[i])
		if slices.ContainsFunc(hs[i+1:], func(o H) bool { return Header(o).Key == h.Key }) {
			continue
		}
		entries.Kids[0].AppendValue(strings.Clone(h.Key))
		if h.Value == nil {
			entries.Kids[1].AppendNulls(1)
		} else {
			entries.Kids[1].AppendValue(string(h.Value))
		}
		entries.Extend(1)
	}
	v.Off = append(v.Off, int32(entries.N))
	v.Extend(1)
}

// Lossy is implemented by readers whose formats may pass over what they cannot read.
type Lossy interface {
	// ParseErrors counts the records and values that were passed over so far.
	ParseErrors() int64
}

// Buries reports whether records of the table that cannot be read go to another.
func (t *Table) Buries() bool {
	return t.Options != nil && t.Options.String(DeadLetterOption) != "" && t.Rewrite == nil
}

// CheckDeadLetters refuses a table for dead letters where there can be none.
func CheckDeadLetters(spec *Spec, r *Resolved) error {
	if r.Options == nil || !r.Options.IsSet(DeadLetterOption) {
		return nil
	}
	refuse := func(why string, args ...any) *sqlerr.Error {
		e := sqlerr.New(sqlerr.Option, sqlerr.Pos{}, why, args...)
		e.Msg = "the option '" + DeadLetterOption + "': " + e.Msg
		return e
	}
	if !spec.DeadLetters {
		return refuse("the connector '%s' has no records that cannot be read", spec.Name).WithHint("leave the option out")
	}
	for _, f := range []struct {
		prefix string
		spec   *format.Spec
		opts   format.Options
	}{{"key.", r.KeyFormat, r.KeyOpts}, {"", r.Format, r.FormatOpts}} {
		switch {
		case f.spec == nil:
		case f.spec.NewMessageDecoder == nil && f.spec.NewDecoder == nil:
			return refuse("files of the format '%s' are not read record by record", f.spec.Name).WithHint("leave the option out; a damaged file stops the job")
		case f.opts != nil && f.opts.Bool("ignore-parse-errors"):
			return refuse("it and '%s%s.ignore-parse-errors' exclude each other", f.prefix, f.spec.Name).
				WithHint("leave '%s%s.ignore-parse-errors' out: what cannot be read then goes to the table, and does not stop the job", f.prefix, f.spec.Name)
		}
	}
	return nil
}
