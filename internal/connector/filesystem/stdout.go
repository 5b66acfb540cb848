package filesystem

import (
	"bufio"
	"context"

	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/format"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/vec"
)

// stdoutWriter writes to standard output, where everything is visible at once.
type stdoutWriter struct {
	*connector.Outbox
	enc format.Encoder
	buf *bufio.Writer
}

var _ connector.Queued = (*stdoutWriter)(nil)

// AtLeastOnce reports that the sink is standard output.
func (s *sink) AtLeastOnce() bool { return s.stdout }

func (s *sink) openStdout() (connector.Writer, error) {
	if s.t.Env.Stdout == nil {
		return nil, sqlerr.New(sqlerr.Runtime, sqlerr.Pos{}, "there is no standard output here")
	}
	enc, err := s.encoder()
	if err != nil {
		return nil, err
	}
	box := connector.NewOutbox(s.t.Env.Stdout, s.t.Env.Clock)
	w := &stdoutWriter{Outbox: box, enc: enc, buf: bufio.NewWriterSize(box, 64<<10)}
	return w, enc.Begin(w.buf)
}

func (w *stdoutWriter) Write(_ context.Context, b *vec.Batch) error {
	return w.enc.Encode(b)
}

func (w *stdoutWriter) Flush(context.Context) error              { return w.buf.Flush() }
func (w *stdoutWriter) Watermark(int64)                          {}
func (w *stdoutWriter) Commit(_ context.Context, h []byte) error { return w.Outbox.Commit(h) }

func (w *stdoutWriter) Prepare(context.Context, uint64) ([]byte, error) {
	if err := w.buf.Flush(); err != nil {
		return nil, err
	}
	return w.Outbox.Prepare()
}

// Leave waits until all is written.
func (w *stdoutWriter) Leave(ctx context.Context) error {
	if err := w.buf.Flush(); err != nil {
		return err
	}
	return w.Outbox.Leave(ctx)
}

func (w *stdoutWriter) Finish(ctx context.Context) error {
	if err := w.enc.End(); err != nil {
		return err
	}
	return w.Leave(ctx)
}
