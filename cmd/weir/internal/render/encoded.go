package render

import (
	"bufio"
	"time"

	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/format"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// Encoded writes rows by a format, row kinds (if the config asks for them) as a
// first column "op".
func Encoded(c Config, spec *format.Spec) (Writer, error) {
	if spec == nil || spec.NewEncoder == nil {
		return nil, sqlerr.New(sqlerr.Unsupported, sqlerr.Pos{}, "rows cannot be written in this format")
	}
	var cols []format.Column
	if c.Ops {
		cols = append(cols, format.Column{Name: "op", Type: types.String().NotNull()})
	}
	for _, f := range c.Columns {
		cols = append(cols, format.Column{Name: f.Name, Type: f.Type})
	}
	if spec.Check != nil {
		if err := spec.Check(cols); err != nil {
			return nil, err
		}
	}
	opts, err := connector.NewOptions("format '"+spec.Name+"'", spec.Options, nil, nil, nil)
	if err != nil {
		return nil, err
	}
	enc, err := spec.NewEncoder(format.Schema{Columns: cols, Zone: c.Zone}, opts)
	if err != nil {
		return nil, err
	}
	w := &encoded{enc: enc, out: bufio.NewWriterSize(c.Out, flushAt), ops: c.Ops}
	return w, enc.Begin(w.out)
}

type encoded struct {
	enc format.Encoder
	out *bufio.Writer
	ops bool
}

func (w *encoded) Write(b *vec.Batch) error {
	if w.ops {
		b = withOps(b)
	}
	return w.enc.Encode(b)
}

// withOps gives the batch with its kinds as a first column of text.
func withOps(b *vec.Batch) *vec.Batch {
	v := vec.New(types.String().NotNull(), b.N)
	for i := range b.N {
		v.S[i] = b.Kind(i).String()
	}
	return &vec.Batch{Cols: append([]*vec.Vector{v}, b.Cols...), Sel: b.Sel, N: b.N}
}

func (w *encoded) Rest() (time.Duration, error) { return 0, w.out.Flush() }

func (w *encoded) End() error {
	if err := w.enc.End(); err != nil {
		return err
	}
	return w.out.Flush()
}
