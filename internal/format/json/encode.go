package json

import (
	"encoding/base64"
	"io"
	"math"
	"unicode/utf8"

	"github.com/weir-stream/weir/internal/format"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// flushAt is how many bytes are gathered before they are written.
const flushAt = 64 << 10

// encoder writes an object a line.
type encoder struct {
	cols     []column
	w        io.Writer
	buf      []byte
	iso      bool
	leaveOut bool
	nullKey  string // mode
	literal  string
}

// column is a field with its key as it is written, colon included.
type column struct {
	key  []byte
	kids []column // ROW
}

func newEncoder(s format.Schema, o format.Options) (format.Encoder, error) {
	e := &encoder{iso: o.String("timestamp-format.standard") == "ISO-8601", leaveOut: o.Bool("encode.ignore-null-fields"),
		nullKey: o.String("map-null-key.mode"), literal: o.String("map-null-key.literal")}
	for _, c := range s.Columns {
		e.cols = append(e.cols, newColumn(c.Name, c.Type))
	}
	return e, nil
}

func newColumn(name string, t types.Type) column {
	c := column{key: append(AppendString(nil, name), ':')}
	for t.Kind == types.Array || t.Kind == types.Map {
		t = *t.Elem
	}
	for _, f := range t.Fields {
		c.kids = append(c.kids, newColumn(f.Name, f.Type))
	}
	return c
}

func (e *encoder) Begin(w io.Writer) error {
	e.w, e.buf = w, e.buf[:0]
	return nil
}

func (e *encoder) Encode(b *vec.Batch) error {
	for i := range b.Len() {
		if err := e.object(e.cols, b.Cols, b.Row(i)); err != nil {
			return err
		}
		e.buf = append(e.buf, '\n')
		if len(e.buf) >= flushAt {
			if err := e.flush(); err != nil {
				return err
			}
		}
	}
	return e.flush()
}

func (e *encoder) object(cols []column, vs []*vec.Vector, r int) error {
	e.buf = append(e.buf, '{')
	first := true
	for i, v := range vs {
		if e.leaveOut && v.IsNull(r) {
			continue
		}
		if !first {
			e.buf = append(e.buf, ',')
		}
		first = false
		e.buf = append(e.buf, cols[i].key...)
		if err := e.value(cols[i].kids, v, r); err != nil {
			return err
		}
	}
	e.buf = append(e.buf, '}')
	return nil
}

// value appends row i of v; kids are the keys of the ROW in it, if any.
func (e *encoder) value(kids []column, v *vec.Vector, i int) error {
	if v.IsNull(i) {
		e.buf = append(e.buf, "null"...)
		return nil
	}
	i = v.Idx(i)
	switch t := v.Type; t.Kind {
	case types.Float:
		e.float(float64(v.F32[i]), 32)
	case types.Double:
		e.float(v.F64[i], 64)
	case types.Char, types.Varchar:
		e.buf = AppendString(e.buf, v.S[i])
	case types.Binary, types.Varbinary, types.Bitmap:
		e.buf = append(e.buf, '"')
		e.buf = base64.StdEncoding.AppendEncode(e.buf, []byte(v.S[i]))
		e.buf = append(e.buf, '"')
	case types.Date, types.Time:
		e.buf = append(e.buf, '"')
		e.buf = format.AppendScalar(e.buf, v, i)
		e.buf = append(e.buf, '"')
	case types.Timestamp, types.TimestampLTZ:
		e.timestamp(v, i)
	case types.Array:
		e.buf = append(e.buf, '[')
		for j := int(v.Off[i]); j < int(v.Off[i+1]); j++ {
			if j > int(v.Off[i]) {
				e.buf = append(e.buf, ',')
			}
			if err := e.value(kids, v.Kids[0], j); err != nil {
				return err
			}
		}
		e.buf = append(e.buf, ']')
	case types.Map, types.Multiset:
		return e.mapping(kids, v, i)
	case types.Row:
		return e.object(kids, v.Kids, i)
	default:
		e.buf = format.AppendScalar(e.buf, v, i)
	}
	return nil
}

// float writes NaN and the infinities as texts, since JSON has no number for
// them; Flink does the same and reads them back.
func (e *encoder) float(x float64, size int) {
	quote := x != x || math.IsInf(x, 0)
	if quote {
		e.buf = append(e.buf, '"')
	}
	if size == 32 {
		e.buf = types.AppendFloat(e.buf, float32(x))
	} else {
		e.buf = types.AppendDouble(e.buf, x)
	}
	if quote {
		e.buf = append(e.buf, '"')
	}
}

func (e *encoder) timestamp(v *vec.Vector, i int) {
	e.buf = append(e.buf, '"')
	at := len(e.buf)
	e.buf = format.AppendScalar(e.buf, v, i)
	if e.iso {
		const date = len("2006-01-02")
		e.buf[at+date] = 'T'
	}
	e.buf = append(e.buf, '"')
}

// mapping writes a MAP, or a MULTISET as elements and counts.
func (e *encoder) mapping(kids []column, v *vec.Vector, i int) error {
	kid := v.Kids[0]
	e.buf = append(e.buf, '{')
	first := true
	for j := int(v.Off[i]); j < int(v.Off[i+1]); j++ {
		key := e.literal
		if kid.Kids[0].IsNull(j) {
			switch e.nullKey {
			case "DROP":
				continue
			case "FAIL":
				return sqlerr.New(sqlerr.Data, sqlerr.Pos{}, "a key of a MAP is NULL, which JSON cannot hold").
					WithHint("'json.map-null-key.mode' = 'DROP' or 'LITERAL' writes the others")
			}
		} else {
			key = kid.Kids[0].S[j]
		}
		if !first {
			e.buf = append(e.buf, ',')
		}
		first = false
		e.buf = append(AppendString(e.buf, key), ':')
		if err := e.value(kids, kid.Kids[1], j); err != nil {
			return err
		}
	}
	e.buf = append(e.buf, '}')
	return nil
}

// AppendString appends s as a JSON text. Bytes that are no UTF-8 become U+FFFD.
func AppendString(dst []byte, s string) []byte {
	const hex = "0123456789ABCDEF"
	dst = append(dst, '"')
	from := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= ' ' && c < utf8.RuneSelf && c != '"' && c != '\\' {
			i++
			continue
		}
		if c >= utf8.RuneSelf {
			r, n := utf8.DecodeRuneInString(s[i:])
			if r != utf8.RuneError || n > 1 {
				i += n
				continue
			}
			dst = append(append(dst, s[from:i]...), "\uFFFD"...)
			i++
			from = i
			continue
		}
		dst = append(dst, s[from:i]...)
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\r':
			dst = append(dst, '\\', 'r')
		case '\t':
			dst = append(dst, '\\', 't')
		case '\b':
			dst = append(dst, '\\', 'b')
		case '\f':
			dst = append(dst, '\\', 'f')
		default:
			dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		}
		i++
		from = i
	}
	return append(append(dst, s[from:]...), '"')
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
