package render

import (
	"bytes"

	"github.com/weir-stream/weir/internal/format"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// CSV writes a line of column names and a line a row: values as the csv format
// writes them, nested ones as JSON, NULL as nothing and an empty text as "".
func CSV(c Config) Writer {
	w := &csv{text: text{out: c.Out}, ops: c.Ops}
	if w.ops {
		w.buf = append(w.buf, "op,"...)
	}
	for i, f := range c.Columns {
		if i > 0 {
			w.buf = append(w.buf, ',')
		}
		at := len(w.buf)
		w.buf = quoteCSV(append(w.buf, f.Name...), at)
	}
	w.buf = append(w.buf, '\n')
	return w
}

type csv struct {
	text
	ops bool
}

func (w *csv) Write(b *vec.Batch) error {
	for i := range b.Len() {
		r := b.Row(i)
		if w.ops {
			w.buf = append(append(w.buf, b.Kind(r).String()...), ',')
		}
		for k, c := range b.Cols {
			if k > 0 {
				w.buf = append(w.buf, ',')
			}
			w.buf = appendCSV(w.buf, c, r)
		}
		w.buf = append(w.buf, '\n')
		if err := w.full(); err != nil {
			return err
		}
	}
	return nil
}

func appendCSV(dst []byte, v *vec.Vector, r int) []byte {
	at := len(dst)
	switch {
	case v.IsNull(r) || v.Type.Kind == types.Null:
		return dst
	case v.Type.IsNested():
		dst = AppendJSON(dst, v, r)
	case v.Type.IsInterval():
		dst = AppendText(dst, v, r, types.UTC)
	default:
		dst = format.AppendScalar(dst, v, r)
	}
	return quoteCSV(dst, at)
}

// quoteCSV puts what was appended since at into quotes if it needs them.
func quoteCSV(dst []byte, at int) []byte {
	field := dst[at:]
	if len(field) > 0 && !bytes.ContainsAny(field, ",\"\r\n") {
		return dst
	}
	quoted := append([]byte{'"'}, bytes.ReplaceAll(field, []byte(`"`), []byte(`""`))...)
	return append(append(dst[:at], quoted...), '"')
}
