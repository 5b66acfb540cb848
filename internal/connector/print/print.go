// Package print is the connector that writes rows to standard output or error
// in Flink's form, for looking at a stream while a pipeline is built.
package print

import (
	"context"
	"io"
	"strconv"
	"sync"

	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/format"
	"github.com/weir-stream/weir/internal/vec"
)

// Spec is the print connector.
func Spec() *connector.Spec {
	return &connector.Spec{
		Name: "print", Guarantee: guarantee, Example: example,
		Doc: "Prints every row with its kind: +I[1, a]. It takes all kinds of changes. Lines are prefixed by the identifier and, if several tasks write, by the number of the task.",
		Options: []format.Option{
			{Key: "print-identifier", Doc: "Printed before each row, as in 'id> +I[1]'."},
			{Key: "standard-error", Kind: format.BoolOption, Default: "false", Doc: "Print to standard error instead of standard output."},
		},
		Sink: newSink,
	}
}

type sink struct {
	t   *connector.Table
	out io.Writer
	mu  *sync.Mutex // tasks print whole batches, one after the other
}

func newSink(t *connector.Table) (connector.Sink, error) {
	out := t.Env.Stdout
	if t.Options.Bool("standard-error") {
		out = t.Env.Stderr
	}
	return &sink{t: t, out: out, mu: new(sync.Mutex)}, nil
}

// AtLeastOnce is true: a row is printed as it comes.
func (s *sink) AtLeastOnce() bool { return true }

func (s *sink) Accepts() connector.Changes { return connector.AllChanges }
func (s *sink) Parallelism() int           { return int(s.t.Options.Int("sink.parallelism")) }

func (s *sink) Open(_ context.Context, subtask, parallelism int) (connector.Writer, error) {
	prefix := s.t.Options.String("print-identifier")
	if parallelism > 1 {
		if prefix != "" {
			prefix += ":"
		}
		prefix += strconv.Itoa(subtask + 1)
	}
	if prefix != "" {
		prefix += "> "
	}
	return &writer{Outbox: connector.NewOutbox(s, s.t.Env.Clock), prefix: prefix}, nil
}

// Write prints whole lines.
func (s *sink) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.out.Write(p)
}

// MayBlock is that of the output.
func (s *sink) MayBlock() bool { return connector.MayBlock(s.out) }

// writer prints a batch in one write, since that is what is visible at once.
type writer struct {
	*connector.Outbox
	prefix string
	buf    []byte
}

var _ connector.Queued = (*writer)(nil)

// keep is the buffer that stays between batches.
const keep = 1 << 20

func (w *writer) Write(_ context.Context, b *vec.Batch) error {
	buf := w.buf[:0]
	for i := range b.Len() {
		r := b.Row(i)
		buf = append(buf, w.prefix...)
		buf = append(buf, b.Kind(r).String()...)
		buf = append(buf, '[')
		for c, v := range b.Cols {
			if c > 0 {
				buf = append(buf, ", "...)
			}
			buf = AppendValue(buf, v, r)
		}
		buf = append(buf, ']', '\n')
	}
	if w.buf = buf; cap(buf) > keep {
		w.buf = nil
	}
	if len(buf) == 0 {
		return nil
	}
	_, err := w.Outbox.Write(buf)
	return err
}

func (w *writer) Flush(context.Context) error                     { return nil }
func (w *writer) Watermark(int64)                                 {}
func (w *writer) Prepare(context.Context, uint64) ([]byte, error) { return w.Outbox.Prepare() }
func (w *writer) Commit(_ context.Context, h []byte) error        { return w.Outbox.Commit(h) }
func (w *writer) Finish(ctx context.Context) error                { return w.Leave(ctx) }
