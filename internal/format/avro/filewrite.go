package avro

import (
	"crypto/sha256"
	"io"

	"github.com/weir-stream/weir/internal/format"
	"github.com/weir-stream/weir/internal/vec"
)

// blockBytes is how large a block gets before it is compressed: as in Java.
const blockBytes = 64_000

// fileEncoder writes object container files.
type fileEncoder struct {
	rows    *encoder
	text    string // of the schema
	name    string // of the codec
	codec   codec
	w       io.Writer
	sync    [syncSize]byte
	block   []byte
	packed  []byte
	records int64
}

func newFileEncoder(s format.Schema, o format.Options) (format.Encoder, error) {
	text, err := schemaText(s.Columns, o.Bool("timestamp_mapping.legacy"))
	if err != nil {
		return nil, err
	}
	rows, err := newEncoder(s.Columns)
	if err != nil {
		return nil, err
	}
	e := &fileEncoder{rows: rows, text: text, name: o.String("codec")}
	e.codec = codecs[e.name]
	// The marker only has to be unlike the data. It is not drawn, so that the same rows
	// are the same file.
	sum := sha256.Sum256([]byte(e.name + text))
	e.sync = [syncSize]byte(sum[:syncSize])
	return e, nil
}

// Begin writes the header; see format.Encoder.
func (e *fileEncoder) Begin(w io.Writer) error {
	e.w, e.block, e.records = w, e.block[:0], 0
	b := appendLong([]byte(magic), 2)
	for _, s := range []string{"avro.schema", e.text, "avro.codec", e.name} {
		b = appendText(b, s)
	}
	_, err := w.Write(append(append(b, 0), e.sync[:]...))
	return err
}

// Encode writes rows; see format.Encoder.
func (e *fileEncoder) Encode(b *vec.Batch) (err error) {
	for i := range b.Len() {
		if e.block, _, err = e.rows.AppendMessage(e.block, b, b.Row(i)); err != nil {
			return err
		}
		if e.records++; len(e.block) >= blockBytes {
			if err := e.flush(); err != nil {
				return err
			}
		}
	}
	return nil
}

func (e *fileEncoder) flush() error {
	if e.records == 0 {
		return nil
	}
	data, err := e.codec.encode(e.packed[:0], e.block)
	if err != nil {
		return err
	}
	head := appendLong(appendLong(nil, e.records), int64(len(data)))
	for _, b := range [][]byte{head, data, e.sync[:]} {
		if _, err := e.w.Write(b); err != nil {
			return err
		}
	}
	if e.name != "null" {
		e.packed = data
	}
	e.block, e.records = e.block[:0], 0
	return nil
}

// End writes what is left; see format.Encoder.
func (e *fileEncoder) End() error { return e.flush() }

// Buffered is the bytes of the block; see format.Encoder.
func (e *fileEncoder) Buffered() int64 { return int64(len(e.block)) }
