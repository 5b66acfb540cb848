package filesystem

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/format"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/vec"
	"github.com/weir-stream/weir/internal/vfs"
)

const (
	chunk     = 512 << 10 // read at a time
	maxRecord = 1 << 30
)

// feed is the buffer between bytes that come in and a decoder that eats
// records: the unread bytes are buf[from:].
type feed struct {
	buf     []byte
	from    int
	eof     bool
	decoder format.Decoder
	layout  *layout
	at      position
	graves  *graves // nil: what cannot be read is an error
}

// decode appends up to max rows from what is there and gives how many.
func (f *feed) decode(b *vec.Batch, max int) (int, error) {
	in := f.layout.bind(b)
	from := in.N
	line := f.line()
	used, err := f.decoder.Decode(f.buf[f.from:], f.eof, in, max)
	g := f.graves
	if g != nil {
		g.n = 0
	}
	for {
		start := f.buf[f.from : f.from+used]
		f.from += used
		f.at.offset += int64(used)
		if err == nil || g == nil {
			break
		}
		line += int64(bytes.Count(start, []byte{'\n'}))
		whole, failed := f.bury(line, err)
		if err = failed; !whole || err != nil || in.N-from+g.n >= max {
			break
		}
		line = f.line()
		used, err = f.decoder.Decode(f.buf[f.from:], f.eof, in, max-(in.N-from))
	}
	return f.layout.settle(b), err
}

// line is that of the next record, if the decoder knows.
func (f *feed) line() int64 {
	if l, ok := f.decoder.(interface{ Line() int64 }); ok {
		return l.Line()
	}
	return f.at.line
}

// room makes space for n bytes behind what is unread.
func (f *feed) room(n int) error {
	if f.from > 0 {
		f.buf = f.buf[:copy(f.buf, f.buf[f.from:])]
		f.from = 0
	}
	if cap(f.buf)-len(f.buf) >= n {
		return nil
	}
	if len(f.buf) > maxRecord {
		return sqlerr.New(sqlerr.Data, sqlerr.Pos{}, "a record is longer than %d bytes", maxRecord)
	}
	bigger := make([]byte, len(f.buf), 2*len(f.buf)+n)
	copy(bigger, f.buf)
	f.buf = bigger
	return nil
}

// position asks the decoder for its line, if it knows.
func (f *feed) position() []byte {
	f.at.line = f.line()
	return f.at.encode()
}

// Report tells what the decoder passed over.
func (f *feed) Report(add func(name string, n int64)) {
	if n := f.decoder.Stats().ParseErrors; n > 0 {
		add("parse errors", n)
	}
}

// streamReader reads a file, or a run of its lines, from front to back.
type streamReader struct {
	feed
	file  vfs.File
	codec io.ReadCloser
	src   io.Reader
	path  string
	left  int64 // bytes of the piece not read yet; -1 = until the end
	tail  bool  // past the piece: only up to the next end of line
}

func (s *source) openStream(l *layout, p piece, at position) (connector.Reader, error) {
	f, err := s.loc.fs.Open(p.path)
	if err != nil {
		return nil, &sqlerr.Error{Code: sqlerr.Runtime, Msg: "cannot open " + p.path, Err: err}
	}
	r := &streamReader{file: f, path: p.path, left: -1}
	r.feed = feed{layout: l, at: at}
	if err := r.begin(p); err != nil {
		r.Close()
		return nil, err
	}
	again := func(line int64) (format.Decoder, error) {
		return s.spec.NewDecoder(l.schema, s.fopts, format.Where{File: p.path, Line: line})
	}
	if r.decoder, err = again(r.at.line); err != nil {
		r.Close()
		return nil, err
	}
	if l.dead != nil {
		r.graves = &graves{to: l.dead, again: again, path: p.path, piece: p.from > 0}
	}
	return r, nil
}

// begin brings the source of bytes to the position.
func (r *streamReader) begin(p piece) error {
	c, _ := codecOf(p.path)
	if c == nil {
		return r.beginPlain(p)
	}
	var err error
	if r.codec, err = c.reader(io.NewSectionReader(r.file, 0, p.size)); err != nil {
		return r.failed(err)
	}
	r.src = r.codec
	if r.at.offset > 0 { // compressed data has no other way to a position
		if _, err := io.CopyN(io.Discard, r.src, r.at.offset); err != nil {
			return r.failed(err)
		}
	}
	return nil
}

// beginPlain seeks. A piece that starts inside the file begins behind the first
// end of line at or after from-1, and the piece before it reads up to there.
func (r *streamReader) beginPlain(p piece) error {
	const noEnd = 1 << 62
	if r.at.offset == 0 && p.from > 0 {
		skip, err := r.lineEnd(p.from - 1)
		if err != nil {
			return r.failed(err)
		}
		r.at = position{offset: skip, line: 2}
	}
	r.src = io.NewSectionReader(r.file, r.at.offset, noEnd-r.at.offset)
	if p.to > 0 && p.to < p.size {
		r.left = max(p.to-r.at.offset, 0)
		if r.at.offset >= p.to {
			r.left, r.eof = 0, true
		}
	}
	return nil
}

// lineEnd finds the offset behind the first newline at or after off.
func (r *streamReader) lineEnd(off int64) (int64, error) {
	buf := make([]byte, 64<<10)
	for {
		n, err := r.file.ReadAt(buf, off)
		if i := bytes.IndexByte(buf[:n], '\n'); i >= 0 {
			return off + int64(i) + 1, nil
		}
		off += int64(n)
		if errors.Is(err, io.EOF) {
			return off, nil
		}
		if err != nil {
			return 0, err
		}
	}
}

func (r *streamReader) failed(err error) error {
	return &sqlerr.Error{Code: sqlerr.Data, Msg: "cannot read " + r.path, Err: err}
}

// Read decodes what is buffered and reads on when that is not enough.
func (r *streamReader) Read(b *vec.Batch, max int) error {
	for {
		if r.from < len(r.buf) {
			n, err := r.decode(b, max)
			if n > 0 || err != nil || r.graves.some() {
				return err
			}
		}
		if r.eof {
			return io.EOF
		}
		if err := r.fill(); err != nil {
			return err
		}
	}
}

// fill reads a chunk.
func (r *streamReader) fill() error {
	if err := r.room(chunk); err != nil {
		return fmt.Errorf("%s: %w", r.path, err)
	}
	space := r.buf[len(r.buf):cap(r.buf)]
	if r.left >= 0 && !r.tail && int64(len(space)) > r.left {
		space = space[:r.left]
	}
	n, err := io.ReadFull(r.src, space)
	got := space[:n]
	if r.tail { // the line that the piece ends in
		if i := bytes.IndexByte(got, '\n'); i >= 0 {
			got, r.eof = got[:i+1], true
		}
	}
	r.buf = r.buf[:len(r.buf)+len(got)]
	if r.left >= 0 && !r.tail {
		r.left -= int64(n)
		r.endPiece()
	}
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		r.eof = true
		// A compressed stream that is cut short is not its end.
		if r.codec != nil && errors.Is(err, io.ErrUnexpectedEOF) && n < len(space) {
			if _, again := r.src.Read(make([]byte, 1)); again != nil && again != io.EOF {
				return r.failed(again)
			}
		}
	case err != nil:
		return r.failed(err)
	}
	return nil
}

// endPiece goes over to the tail once the piece is read, unless it ends a line.
func (r *streamReader) endPiece() {
	if r.left > 0 {
		return
	}
	if n := len(r.buf); n > 0 && r.buf[n-1] == '\n' {
		r.eof = true
		return
	}
	r.tail = true
}

func (r *streamReader) Ready() <-chan struct{} { return nil }
func (r *streamReader) Position() []byte       { return r.position() }

func (r *streamReader) Close() error {
	if r.codec != nil {
		r.codec.Close()
	}
	return r.file.Close()
}
