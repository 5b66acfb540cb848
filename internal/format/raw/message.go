package raw

import (
	"fmt"
	"unicode/utf8"

	"github.com/weir-stream/weir/internal/format"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// messages makes a message a value.
type messages struct{ decoder }

func newMessageDecoder(s format.Schema, o format.Options) (format.MessageDecoder, error) {
	c, err := codingOf(s.Columns, o)
	if err != nil {
		return nil, err
	}
	return &messages{decoder{coding: c, want: len(s.Want) > 0}}, nil
}

// DecodeMessage appends a row; see format.MessageDecoder. A null message is NULL.
func (m *messages) DecodeMessage(msg []byte, out *vec.Batch) error {
	if msg != nil && m.width > 0 && len(msg) != m.width {
		return format.BadMessage(min(len(msg), m.width), fmt.Sprintf("a value of type %s has %d bytes, not %d", m.typ.AsNullable(), m.width, len(msg)))
	}
	if m.want && msg == nil {
		out.Cols[0].AppendNulls(1)
	} else if m.want {
		m.put(out.Cols[0], msg)
	}
	out.N++
	m.stats.Records++
	return nil
}

// messageEncoder writes a value a message.
type messageEncoder struct{ e encoder }

func newMessageEncoder(s format.Schema, o format.Options) (format.MessageEncoder, error) {
	c, err := codingOf(s.Columns, o)
	if err != nil {
		return nil, err
	}
	return &messageEncoder{encoder{coding: c}}, nil
}

// AppendMessage appends a row; see format.MessageEncoder. NULL is a null message.
func (m *messageEncoder) AppendMessage(dst []byte, b *vec.Batch, r int) (_ []byte, null bool, _ error) {
	v := b.Cols[0]
	if v.IsNull(r) {
		return dst, true, nil
	}
	m.e.buf = dst
	m.e.put(v, v.Idx(r))
	dst, m.e.buf = m.e.buf, nil
	return dst, false, nil
}

// inferMessages tells text from bytes; the column has no name.
func inferMessages(msgs [][]byte, _ format.Options) ([]format.Column, error) {
	for _, m := range msgs {
		if !utf8.Valid(m) {
			return []format.Column{{Type: types.Bytes()}}, nil
		}
	}
	return []format.Column{{Type: types.String()}}, nil
}
