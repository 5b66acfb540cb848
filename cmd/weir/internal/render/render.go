// Package render writes the rows of a query: as a table, CSV, JSON lines, a
// changelog, or as Parquet and Arrow files. It exists so that `weir run`, the
// shell and tests print the same value the same way.
package render

import (
	"io"
	"time"

	"github.com/weir-stream/weir/internal/plan"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// Writer takes the rows of one query. Batches are borrowed. It belongs to one
// goroutine.
type Writer interface {
	// Write takes a batch; it may hold rows back until Rest or End.
	Write(b *vec.Batch) error
	// Rest is called when no more rows are there for now. It writes out what is
	// held back; a time above zero asks to be called again after it, if no rows
	// come meanwhile.
	Rest() (time.Duration, error)
	// End writes what is left and what closes the output.
	End() error
}

// Config says what is written and how.
type Config struct {
	Out     io.Writer
	Columns []plan.Field
	// Ops puts the row kind before each row: for changelogs that never end.
	Ops bool
	// Zone shows instants in tables; nil is UTC.
	Zone *types.Zone
	// Width is the columns of the terminal; 0: never cut anything.
	Width int
	// Endless: the input does not end, so that a table cannot wait for its
	// widest value.
	Endless bool
}

// flushAt is how many bytes text writers gather before they write.
const flushAt = 64 << 10

// text is what the writers of text share: a buffer that is written when it is
// full and when the input rests.
type text struct {
	out io.Writer
	buf []byte
}

func (t *text) full() error {
	if len(t.buf) < flushAt {
		return nil
	}
	return t.flush()
}

func (t *text) flush() error {
	if len(t.buf) == 0 {
		return nil
	}
	_, err := t.out.Write(t.buf)
	t.buf = t.buf[:0]
	return err
}

func (t *text) Rest() (time.Duration, error) { return 0, t.flush() }
func (t *text) End() error                   { return t.flush() }

// Changelog writes rows as Flink's print connector does: +I[1, a].
func Changelog(c Config) Writer { return &changelog{text: text{out: c.Out}} }

type changelog struct{ text }

func (w *changelog) Write(b *vec.Batch) error {
	for i := range b.Len() {
		w.buf = appendRow(w.buf, b, b.Row(i))
		if err := w.full(); err != nil {
			return err
		}
	}
	return nil
}

// None counts nothing and writes nothing.
func None() Writer { return none{} }

type none struct{}

func (none) Write(*vec.Batch) error       { return nil }
func (none) Rest() (time.Duration, error) { return 0, nil }
func (none) End() error                   { return nil }
