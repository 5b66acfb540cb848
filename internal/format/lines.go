package format

import (
	"bytes"
	"io"
	"strconv"

	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/vec"
)

// LineDecoder makes a decoder of files of which each line is a message.
func LineDecoder(d MessageDecoder, at Where) Decoder {
	return &lineDecoder{d: d, file: at.File, line: at.Line}
}

type lineDecoder struct {
	d    MessageDecoder
	file string
	line int64
}

func (l *lineDecoder) Stats() Stats { return l.d.Stats() }

// Line is the line of the next record.
func (l *lineDecoder) Line() int64 { return l.line }

// Decode appends the rows of lines; see Decoder. A message may have several rows, so
// there may be some more than max.
func (l *lineDecoder) Decode(src []byte, last bool, out *vec.Batch, max int) (int, error) {
	p, from := 0, out.N
	for out.N-from < max && p < len(src) {
		n := bytes.IndexByte(src[p:], '\n')
		if n < 0 && !last {
			break
		}
		line, next := src[p:], len(src)
		if n >= 0 {
			line, next = src[p:p+n], p+n+1
		}
		if line = bytes.TrimSpace(line); len(line) > 0 {
			if err := l.d.DecodeMessage(line, out); err != nil {
				return p, &sqlerr.Error{Code: sqlerr.Data, Msg: l.file + ":" + strconv.FormatInt(l.line, 10), Err: err}
			}
		}
		p = next
		l.line++
	}
	return p, nil
}

// LineEncoder makes an encoder of files of which each line is a message; one that is
// null is left out.
func LineEncoder(e MessageEncoder) Encoder { return &lineEncoder{e: e} }

type lineEncoder struct {
	e   MessageEncoder
	w   io.Writer
	buf []byte
}

func (l *lineEncoder) Begin(w io.Writer) error {
	l.w, l.buf = w, l.buf[:0]
	return nil
}

func (l *lineEncoder) Encode(b *vec.Batch) error {
	for i := range b.Len() {
		out, null, err := l.e.AppendMessage(l.buf, b, b.Row(i))
		if err != nil {
			return err
		}
		if l.buf = out; !null {
			l.buf = append(l.buf, '\n')
		}
	}
	_, err := l.w.Write(l.buf)
	l.buf = l.buf[:0]
	return err
}

func (l *lineEncoder) End() error      { return nil }
func (l *lineEncoder) Buffered() int64 { return int64(len(l.buf)) }
