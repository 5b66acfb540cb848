package csv

import (
	"math"

	"github.com/weir-stream/weir/internal/format"
	"github.com/weir-stream/weir/internal/vec"
)

// messages decodes messages of one or more lines.
type messages struct{ *decoder }

func newMessageDecoder(s format.Schema, o format.Options) (format.MessageDecoder, error) {
	d, err := newDecoder(s, o, format.Where{File: "line", Line: 2}) // no message is a header
	if err != nil {
		return nil, err
	}
	return messages{d.(*decoder)}, nil
}

// DecodeMessage appends the records of a message; see format.MessageDecoder. A
// null message has none.
func (m messages) DecodeMessage(msg []byte, out *vec.Batch) error {
	if msg == nil {
		return nil
	}
	from := out.N
	m.line, m.begun = 1, true
	_, err := m.Decode(msg, true, out, math.MaxInt)
	if err != nil {
		for _, v := range out.Cols {
			v.Truncate(from)
		}
		out.N = from
	}
	return err
}

// messageEncoder writes a record a message, without an end of line.
type messageEncoder struct{ *encoder }

func newMessageEncoder(s format.Schema, o format.Options) (format.MessageEncoder, error) {
	e, err := newEncoder(s, o)
	if err != nil {
		return nil, err
	}
	return messageEncoder{e.(*encoder)}, nil
}

// AppendMessage appends a row; see format.MessageEncoder.
func (m messageEncoder) AppendMessage(dst []byte, b *vec.Batch, r int) (_ []byte, null bool, _ error) {
	m.buf = dst
	m.record(b, r)
	dst, m.buf = m.buf, nil
	return dst, false, nil
}

// inferMessages finds the columns of messages, which are named by their place.
func inferMessages(msgs [][]byte, o format.Options) ([]format.Column, error) {
	var sample []byte
	for _, m := range msgs {
		sample = append(append(sample, m...), '\n')
	}
	return infer(sample, nil, 0, o)
}
