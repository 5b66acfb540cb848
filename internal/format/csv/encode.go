package csv

import (
	"bytes"
	"io"

	"github.com/weir-stream/weir/internal/format"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// flushAt is how many bytes are gathered before they are written.
const flushAt = 64 << 10

// encoder writes records. Fields are quoted only where they must be.
type encoder struct {
	dialect
	schema format.Schema
	w      io.Writer
	buf    []byte
	cell   []byte
	must   [256]bool // bytes that make quotes necessary
}

func newEncoder(s format.Schema, o format.Options) (format.Encoder, error) {
	d, err := dialectOf(o)
	if err != nil {
		return nil, err
	}
	e := &encoder{dialect: d, schema: s}
	e.must[d.delim], e.must['\n'], e.must['\r'] = true, true, true
	if d.quoted {
		e.must[d.quote] = true
	}
	if d.escaped {
		e.must[d.escape] = true
	}
	return e, nil
}

func (e *encoder) Begin(w io.Writer) error {
	e.w, e.buf = w, e.buf[:0]
	if !e.header {
		return nil
	}
	for i, c := range e.schema.Columns {
		if i > 0 {
			e.buf = append(e.buf, e.delim)
		}
		e.put([]byte(c.Name))
	}
	e.buf = append(e.buf, '\n')
	return nil
}

func (e *encoder) Encode(b *vec.Batch) error {
	for i := range b.Len() {
		e.record(b, b.Row(i))
		e.buf = append(e.buf, '\n')
		if len(e.buf) >= flushAt {
			if err := e.flush(); err != nil {
				return err
			}
		}
	}
	return e.flush()
}

// record appends physical row r without an end of line.
func (e *encoder) record(b *vec.Batch, r int) {
	for c, v := range b.Cols {
		if c > 0 {
			e.buf = append(e.buf, e.delim)
		}
		if v.IsNull(r) {
			e.buf = append(e.buf, e.null...)
			continue
		}
		e.cell = e.appendCell(e.cell[:0], v, v.Idx(r))
		e.put(e.cell)
	}
}

// appendCell appends the bare text of a value.
func (e *encoder) appendCell(dst []byte, v *vec.Vector, i int) []byte {
	switch v.Type.Kind {
	case types.Array:
		from, to := int(v.Off[i]), int(v.Off[i+1])
		for j := from; j < to; j++ {
			if j > from {
				dst = append(dst, e.element)
			}
			dst = e.appendPart(dst, v.Kids[0], j)
		}
		return dst
	case types.Row:
		for f, k := range v.Kids {
			if f > 0 {
				dst = append(dst, e.element)
			}
			dst = e.appendPart(dst, k, i)
		}
		return dst
	}
	return format.AppendScalar(dst, v, i)
}

func (e *encoder) appendPart(dst []byte, v *vec.Vector, i int) []byte {
	if v.IsNull(i) {
		return append(dst, e.null...)
	}
	return format.AppendScalar(dst, v, i)
}

// put appends a field, in quotes if it holds a special character or would be
// read as something else.
func (e *encoder) put(s []byte) {
	if !e.quoted {
		e.putEscaped(s)
		return
	}
	need := e.comments && len(s) > 0 && s[0] == '#'
	for _, c := range s {
		if e.must[c] {
			need = true
			break
		}
	}
	if !need {
		e.buf = append(e.buf, s...)
		return
	}
	e.buf = append(e.buf, e.quote)
	for len(s) > 0 {
		i := bytes.IndexByte(s, e.quote)
		if e.escaped {
			i = bytes.IndexAny(s, string([]byte{e.quote, e.escape}))
		}
		if i < 0 {
			break
		}
		e.buf = append(e.buf, s[:i]...)
		if e.escaped {
			e.buf = append(e.buf, e.escape, s[i])
		} else {
			e.buf = append(e.buf, e.quote, s[i])
		}
		s = s[i+1:]
	}
	e.buf = append(append(e.buf, s...), e.quote)
}

// putEscaped writes a field of a dialect without quotes.
func (e *encoder) putEscaped(s []byte) {
	if !e.escaped {
		e.buf = append(e.buf, s...)
		return
	}
	for _, c := range s {
		if e.must[c] {
			e.buf = append(e.buf, e.escape)
			switch c {
			case '\n':
				c = 'n'
			case '\r':
				c = 'r'
			}
		}
		e.buf = append(e.buf, c)
	}
}

func (e *encoder) flush() error {
	if len(e.buf) == 0 {
		return nil
	}
	_, err := e.w.Write(e.buf)
	e.buf = e.buf[:0]
	return err
}

func (e *encoder) End() error      { return e.flush() }
func (e *encoder) Buffered() int64 { return int64(len(e.buf)) }
