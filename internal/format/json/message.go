package json

import (
	"github.com/weir-stream/weir/internal/format"
	"github.com/weir-stream/weir/internal/vec"
)

// Messages decodes messages that are objects, or arrays of objects.
type Messages struct{ d *decoder }

// NewMessages gives a decoder of messages.
func NewMessages(s format.Schema, o format.Options) (*Messages, error) {
	d, err := newDecoder(s, o, format.Where{})
	if err != nil {
		return nil, err
	}
	return &Messages{d.(*decoder)}, nil
}

// Stats counts what was passed over.
func (m *Messages) Stats() format.Stats { return m.d.stats }

// DecodeMessage appends the rows of a message; see format.MessageDecoder. A null
// message has none.
func (m *Messages) DecodeMessage(msg []byte, out *vec.Batch) error {
	if msg == nil {
		return nil
	}
	d := m.d
	from, stats := out.N, d.stats
	p := d.between(msg, 0)
	if p == len(msg) && len(msg) == 0 {
		return m.failed(out, from, stats, fault{0, "the message is empty"})
	}
	for p < len(msg) {
		if msg[p] != '{' {
			return m.failed(out, from, stats, fault{p, "a record is a JSON object, not " + format.Quote(msg[p:])})
		}
		q := d.object(msg, p+1, &d.root, out.Cols, out.N)
		if q < 0 {
			if q == cut {
				d.fault = fault{len(msg), "the message ends inside of a record"}
			}
			return m.failed(out, from, stats, d.fault)
		}
		out.N++
		d.stats.Records++
		p = d.between(msg, q)
	}
	return nil
}

// DecodeMany appends the rows of messages; see format.ManyDecoder.
func (m *Messages) DecodeMany(msgs [][]byte, out *vec.Batch) (int, error) {
	d := m.d
	for i, msg := range msgs {
		if len(msg) > 0 && msg[0] == '{' {
			records := d.stats
			if p := d.object(msg, 1, &d.root, out.Cols, out.N); p == len(msg) || p > 0 && d.between(msg, p) == len(msg) { // else it is not so plain
				d.stats.Records++
				out.N++
				continue
			}
			d.stats = records
			for _, v := range out.Cols {
				v.Truncate(out.N)
			}
		}
		if err := m.DecodeMessage(msg, out); err != nil {
			return i, err
		}
	}
	return len(msgs), nil
}

// failed takes the rows of a message back and gives its error, or counts it.
func (m *Messages) failed(out *vec.Batch, from int, stats format.Stats, f fault) error {
	for _, v := range out.Cols {
		v.Truncate(from)
	}
	out.N, m.d.stats = from, stats
	err := format.BadMessage(f.at, f.what)
	if !m.d.ignore {
		return err
	}
	m.d.note(err)
	return nil
}

// messageEncoder writes an object a message.
type messageEncoder struct{ e *encoder }

func newMessageEncoder(s format.Schema, o format.Options) (format.MessageEncoder, error) {
	e, err := newEncoder(s, o)
	if err != nil {
		return nil, err
	}
	return &messageEncoder{e.(*encoder)}, nil
}

// AppendMessage appends a row; see format.MessageEncoder.
func (m *messageEncoder) AppendMessage(dst []byte, b *vec.Batch, r int) (_ []byte, null bool, err error) {
	m.e.buf = dst
	err = m.e.object(m.e.cols, b.Cols, r)
	dst, m.e.buf = m.e.buf, nil
	return dst, false, err
}
