package avro

import (
	"github.com/twmb/avro"

	"github.com/weir-stream/weir/internal/format"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/vec"
)

// Avro's JSON encoding goes by way of the binary one, with a library: it is rare, and
// what it costs is mostly the JSON.

// textDecoder reads records in Avro's JSON encoding.
type textDecoder struct {
	decoder
	schema *avro.Schema
	buf    []byte
}

// DecodeMessage appends a record; see format.MessageDecoder. A null message has none.
func (d *textDecoder) DecodeMessage(msg []byte, out *vec.Batch) error {
	if msg == nil {
		return nil
	}
	var v any
	err := d.schema.DecodeJSON(msg, &v, avro.TaggedUnions())
	if err == nil {
		d.buf, err = d.schema.AppendEncode(d.buf[:0], v)
	}
	if err != nil {
		return &sqlerr.Error{Code: sqlerr.Data, Msg: "the message is no record in Avro's JSON encoding", Err: err}
	}
	return d.record(d.prog, d.buf, 0, out, vec.Insert)
}

// textEncoder writes records in Avro's JSON encoding.
type textEncoder struct {
	e      format.MessageEncoder
	schema *avro.Schema
	buf    []byte
}

// AppendMessage appends a record; see format.MessageEncoder.
func (t *textEncoder) AppendMessage(dst []byte, b *vec.Batch, r int) (_ []byte, null bool, err error) {
	if t.buf, _, err = t.e.AppendMessage(t.buf[:0], b, r); err != nil {
		return dst, false, err
	}
	var v any
	if _, err = t.schema.Decode(t.buf, &v, avro.TaggedUnions()); err == nil {
		dst, err = t.schema.AppendEncodeJSON(dst, v, avro.TaggedUnions())
	}
	if err != nil {
		return dst, false, &sqlerr.Error{Code: sqlerr.Data, Msg: "the row cannot be written in Avro's JSON encoding", Err: err}
	}
	return dst, false, nil
}
