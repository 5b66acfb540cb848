package render

import (
	"github.com/weir-stream/weir/internal/format/json"
	"github.com/weir-stream/weir/internal/vec"
)

// JSON writes one object a row, with "op" first if the config asks for it.
func JSON(c Config) Writer {
	w := &jsonLines{text: text{out: c.Out}, ops: c.Ops}
	for _, f := range c.Columns {
		w.keys = append(w.keys, append(json.AppendString(nil, f.Name), ':'))
	}
	return w
}

type jsonLines struct {
	text
	keys [][]byte // with the colon
	ops  bool
}

func (w *jsonLines) Write(b *vec.Batch) error {
	for i := range b.Len() {
		r := b.Row(i)
		w.buf = append(w.buf, '{')
		if w.ops {
			w.buf = append(append(append(w.buf, `"op":"`...), b.Kind(r).String()...), '"')
		}
		for k, c := range b.Cols {
			if k > 0 || w.ops {
				w.buf = append(w.buf, ',')
			}
			w.buf = AppendJSON(append(w.buf, w.keys[k]...), c, r)
		}
		w.buf = append(w.buf, "}\n"...)
		if err := w.full(); err != nil {
			return err
		}
	}
	return nil
}
