package filesystem

import (
	"errors"
	"io"
	"os"
	"sync"
	"time"

	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/format"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/vec"
)

// endsByItself reports whether standard input is a plain file.
func endsByItself(r io.Reader) bool {
	f, ok := r.(*os.File)
	if !ok {
		return false
	}
	st, err := f.Stat()
	return err == nil && st.Mode().IsRegular()
}

// Standard input is read ahead in buffers of this size, so many of them.
const (
	stdinBuffer  = 256 << 10
	stdinBuffers = 4
)

// stdinReader takes what a goroutine has read, so that the task never waits for
// whoever writes. Each read is handed on at once: a line is a row as soon as it
// has arrived.
type stdinReader struct {
	feed
	full  chan []byte
	free  chan []byte
	ready chan struct{}
	done  chan struct{}
	stop  sync.Once
	src   io.Reader
	err   error // why the goroutine ended, set before full is closed
	ended bool
}

func (s *source) openStdin(l *layout) (connector.Reader, error) {
	if s.t.Env.Stdin == nil {
		return nil, sqlerr.New(sqlerr.Runtime, sqlerr.Pos{}, "there is no standard input here")
	}
	again := func(line int64) (format.Decoder, error) {
		return s.spec.NewDecoder(l.schema, s.fopts, format.Where{File: "<stdin>", Line: line})
	}
	d, err := again(1)
	if err != nil {
		return nil, err
	}
	r := &stdinReader{full: make(chan []byte, stdinBuffers), free: make(chan []byte, stdinBuffers),
		ready: make(chan struct{}, 1), done: make(chan struct{}), src: s.t.Env.Stdin}
	r.feed = feed{decoder: d, layout: l, at: position{line: 1}}
	if l.dead != nil {
		r.graves = &graves{to: l.dead, again: again, path: "-"}
	}
	for range stdinBuffers {
		r.free <- make([]byte, stdinBuffer)
	}
	go r.pump()
	return r, nil
}

// pump reads until the end or until the reader is closed. A read that blocks
// for ever keeps this goroutine, and nothing else, until the process ends.
func (r *stdinReader) pump() {
	defer r.wake()
	defer close(r.full)
	for {
		var b []byte
		select {
		case b = <-r.free:
		case <-r.done:
			return
		}
		n, err := r.src.Read(b[:cap(b)])
		if n > 0 {
			select {
			case r.full <- b[:n]:
			case <-r.done:
				return
			}
			r.wake()
		} else {
			r.free <- b
		}
		if err != nil {
			if !errors.Is(err, io.EOF) {
				r.err = err
			}
			return
		}
	}
}

func (r *stdinReader) wake() {
	select {
	case r.ready <- struct{}{}:
	default:
	}
}

// Read decodes what has arrived; nothing and no error means to wait for Ready.
func (r *stdinReader) Read(b *vec.Batch, max int) error {
	for {
		if r.from < len(r.buf) {
			n, err := r.decode(b, max)
			if err != nil {
				return err
			}
			if n > 0 || r.graves.some() {
				// What is left, or has come in meanwhile, must not wait for
				// a wake-up that has been used up.
				r.wake()
				return nil
			}
		}
		if r.eof {
			return io.EOF
		}
		select {
		case p, ok := <-r.full:
			if !ok {
				if r.err != nil {
					return &sqlerr.Error{Code: sqlerr.Runtime, Msg: "cannot read standard input", Err: r.err}
				}
				r.eof = true
				continue
			}
			if err := r.room(len(p)); err != nil {
				return err
			}
			r.buf = append(r.buf, p...)
			r.free <- p
		default:
			return nil
		}
	}
}

func (r *stdinReader) Ready() <-chan struct{} { return r.ready }
func (r *stdinReader) Position() []byte       { return r.position() }

// Close ends the goroutine, at once where reads can be interrupted.
func (r *stdinReader) Close() error {
	r.stop.Do(func() {
		close(r.done)
		if d, ok := r.src.(interface{ SetReadDeadline(time.Time) error }); ok {
			_ = d.SetReadDeadline(time.Unix(1, 0)) // files that block say no
		}
	})
	return nil
}

// Unreplayable reports that the source is standard input, of which what was read
// is gone.
func (s *source) Unreplayable() bool { return s.stdin }
