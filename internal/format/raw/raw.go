// Package raw reads and writes one column as it stands: a line of text, a run
// of bytes, or a number of fixed width.
package raw

import (
	"bytes"
	"encoding/binary"
	"io"
	"math"
	"strings"

	"github.com/weir-stream/weir/internal/format"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// Spec is the raw format.
func Spec() *format.Spec {
	return &format.Spec{
		Name:       "raw",
		Example:    example,
		Doc:        "A table of one column that holds each record as it stands: a line for text and bytes, a fixed number of bytes for BOOLEAN and numbers.",
		Extensions: []string{".txt", ".log"},
		Options: []format.Option{
			{Key: "charset", Default: "UTF-8", Doc: "The encoding of text: UTF-8, US-ASCII or ISO-8859-1."},
			{Key: "endianness", Kind: format.EnumOption, Enum: []string{"big-endian", "little-endian"}, Default: "big-endian", Doc: "The order of the bytes of numbers."},
		},
		NewDecoder: newDecoder,
		NewEncoder: newEncoder,
		Infer: func([]byte, io.ReaderAt, int64, format.Options) ([]format.Column, error) {
			return []format.Column{{Name: "line", Type: types.String()}}, nil
		},
		Check: check,

		InferMessages:     inferMessages,
		NewMessageDecoder: newMessageDecoder,
		NewMessageEncoder: newMessageEncoder,
	}
}

// widths is the bytes of a value; 0 means a line.
var widths = map[types.Kind]int{types.Boolean: 1, types.TinyInt: 1, types.SmallInt: 2, types.Int: 4, types.BigInt: 8, types.Float: 4, types.Double: 8,
	types.Char: 0, types.Varchar: 0, types.Binary: 0, types.Varbinary: 0}

func check(cols []format.Column) error {
	if len(cols) != 1 {
		return sqlerr.New(sqlerr.Option, sqlerr.Pos{}, "the format raw holds exactly one column, the table has %d", len(cols))
	}
	if _, ok := widths[cols[0].Type.Kind]; !ok {
		return sqlerr.New(sqlerr.Unsupported, sqlerr.Pos{}, "the format raw cannot hold the column %s of type %s", cols[0].Name, cols[0].Type)
	}
	return nil
}

// coding is the checked options for a column.
type coding struct {
	typ    types.Type
	width  int
	order  binary.ByteOrder
	latin1 bool
}

func codingOf(cols []format.Column, o format.Options) (c coding, err error) {
	if err := check(cols); err != nil {
		return c, err
	}
	c.typ = cols[0].Type
	c.width, c.order = widths[c.typ.Kind], binary.BigEndian
	if o.String("endianness") == "little-endian" {
		c.order = binary.LittleEndian
	}
	switch cs := strings.ToUpper(o.String("charset")); cs {
	case "UTF-8", "UTF8", "US-ASCII", "ASCII":
	case "ISO-8859-1", "LATIN1":
		c.latin1 = c.typ.IsString()
	default:
		return c, sqlerr.New(sqlerr.Unsupported, sqlerr.Pos{}, "the character set '%s' is not supported", o.String("charset")).
			WithHint("UTF-8, US-ASCII and ISO-8859-1 are")
	}
	return c, nil
}

type decoder struct {
	coding
	want  bool
	file  string
	line  int64
	arena format.Arena
	buf   []byte
	stats format.Stats
}

func newDecoder(s format.Schema, o format.Options, at format.Where) (format.Decoder, error) {
	c, err := codingOf(s.Columns, o)
	if err != nil {
		return nil, err
	}
	return &decoder{coding: c, want: len(s.Want) > 0, file: at.File, line: at.Line}, nil
}

func (d *decoder) Stats() format.Stats { return d.stats }
func (d *decoder) Line() int64         { return d.line }

// Decode appends records; see format.Decoder.
func (d *decoder) Decode(src []byte, last bool, out *vec.Batch, max int) (int, error) {
	pos, rows := 0, 0
	for ; rows < max && pos < len(src); rows++ {
		var rec []byte
		next := pos + d.width
		if d.width > 0 {
			if next > len(src) {
				if last {
					return pos, format.Malformed(d.file, d.line, 1, "the data ends inside of a value")
				}
				break
			}
			rec = src[pos:next]
		} else {
			i := bytes.IndexByte(src[pos:], '\n')
			switch {
			case i >= 0:
				rec, next = src[pos:pos+i], pos+i+1
			case last:
				rec, next = src[pos:], len(src)
			default:
				return pos, nil
			}
			if d.typ.IsString() {
				rec = bytes.TrimSuffix(rec, []byte{'\r'})
			}
		}
		if d.want {
			d.put(out.Cols[0], rec)
		}
		pos = next
		d.line++
		d.stats.Records++
		out.N++
	}
	return pos, nil
}

// put appends a value.
func (d *decoder) put(v *vec.Vector, b []byte) {
	switch d.typ.Kind {
	case types.Boolean:
		v.B = append(v.B, b[0] != 0)
	case types.TinyInt:
		v.I8 = append(v.I8, int8(b[0]))
	case types.SmallInt:
		v.I16 = append(v.I16, int16(d.order.Uint16(b)))
	case types.Int:
		v.I32 = append(v.I32, int32(d.order.Uint32(b)))
	case types.BigInt:
		v.I64 = append(v.I64, int64(d.order.Uint64(b)))
	case types.Float:
		v.F32 = append(v.F32, math.Float32frombits(d.order.Uint32(b)))
	case types.Double:
		v.F64 = append(v.F64, math.Float64frombits(d.order.Uint64(b)))
	default:
		if d.latin1 {
			d.buf = d.buf[:0]
			for _, c := range b {
				d.buf = append(d.buf, string(rune(c))...)
			}
			b = d.buf
		}
		v.S = append(v.S, d.arena.Copy(b))
	}
	v.Extend(1)
}

type encoder struct {
	coding
	w   io.Writer
	buf []byte
}

func newEncoder(s format.Schema, o format.Options) (format.Encoder, error) {
	c, err := codingOf(s.Columns, o)
	if err != nil {
		return nil, err
	}
	return &encoder{coding: c}, nil
}

func (e *encoder) Begin(w io.Writer) error {
	e.w, e.buf = w, e.buf[:0]
	return nil
}

// Encode writes a batch; a NULL is an empty record.
func (e *encoder) Encode(b *vec.Batch) error {
	v := b.Cols[0]
	for i := range b.Len() {
		r := b.Row(i)
		if !v.IsNull(r) {
			e.put(v, v.Idx(r))
		}
		if e.width == 0 {
			e.buf = append(e.buf, '\n')
		}
	}
	_, err := e.w.Write(e.buf)
	e.buf = e.buf[:0]
	return err
}

func (e *encoder) put(v *vec.Vector, i int) {
	var word [8]byte
	switch e.typ.Kind {
	case types.Boolean:
		if v.B[i] {
			word[0] = 1
		}
	case types.TinyInt:
		word[0] = byte(v.I8[i])
	case types.SmallInt:
		e.order.PutUint16(word[:], uint16(v.I16[i]))
	case types.Int:
		e.order.PutUint32(word[:], uint32(v.I32[i]))
	case types.BigInt:
		e.order.PutUint64(word[:], uint64(v.I64[i]))
	case types.Float:
		e.order.PutUint32(word[:], math.Float32bits(v.F32[i]))
	case types.Double:
		e.order.PutUint64(word[:], math.Float64bits(v.F64[i]))
	default:
		if !e.latin1 {
			e.buf = append(e.buf, v.S[i]...)
			return
		}
		for _, r := range v.S[i] {
			if r > 0xff {
				r = '?'
			}
			e.buf = append(e.buf, byte(r))
		}
		return
	}
	e.buf = append(e.buf, word[:e.width]...)
}

func (e *encoder) End() error      { return nil }
func (e *encoder) Buffered() int64 { return int64(len(e.buf)) }
