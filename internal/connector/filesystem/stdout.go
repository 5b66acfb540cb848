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
	enc format.Encoder
	buf *bufio.Writer
}

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
	w := &stdoutWriter{enc: enc, buf: bufio.NewWriterSize(s.t.Env.Stdout, 64<<10)}
	return w, enc.Begin(w.buf)
}

func (w *stdoutWriter) Write(_ context.Context, b *vec.Batch) error {
	return w.enc.Encode(b)
}

func (w *stdoutWriter) Flush(context.Context) error                     { return w.buf.Flush() }
func (w *stdoutWriter) Watermark(int64)                                 {}
func (w *stdoutWriter) Prepare(context.Context, uint64) ([]byte, error) { return nil, w.buf.Flush() }
func (w *stdoutWriter) Commit(context.Context, []byte) error            { return nil }
func (w *stdoutWriter) Close() error                                    { return nil }

func (w *stdoutWriter) Finish(context.Context) error {
	if err := w.enc.End(); err != nil {
		return err
	}
	return w.buf.Flush()
}
