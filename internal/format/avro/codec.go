package avro

import (
	"bytes"
	"compress/bzip2"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"sync"

	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zstd"

	"github.com/weir-stream/weir/internal/sqlerr"
)

// largestBlock bounds what a block may become when it is decompressed.
const largestBlock = 1 << 30

var errLarge = errors.New("it would have more than 1 GB")

// codec packs blocks; what it gives may use dst's memory.
type codec struct {
	encode func(dst, src []byte) ([]byte, error) // nil: it is read only
	decode func(dst, src []byte) ([]byte, error)
}

// codecs are by the names that files and the option have for them.
var codecs = map[string]codec{
	"":          {plain, plain},
	"null":      {plain, plain},
	"deflate":   {deflate, inflate},
	"snappy":    {toSnappy, fromSnappy},
	"zstandard": {toZstd, fromZstd},
	"bzip2":     {nil, func(dst, src []byte) ([]byte, error) { return readAll(dst, bzip2.NewReader(bytes.NewReader(src))) }},
}

func codecOf(name string) (codec, error) {
	c, ok := codecs[name]
	if !ok {
		return c, sqlerr.New(sqlerr.Unsupported, sqlerr.Pos{}, "the file is compressed with '%s', which is not supported", name).WithHint("what is: null, deflate, snappy, zstandard, bzip2")
	}
	return c, nil
}

func plain(_, src []byte) ([]byte, error) { return src, nil }

func readAll(dst []byte, r io.Reader) ([]byte, error) {
	b := bytes.NewBuffer(dst)
	n, err := b.ReadFrom(io.LimitReader(r, largestBlock+1))
	if err == nil && n > largestBlock {
		err = errLarge
	}
	return b.Bytes(), err
}

func deflate(dst, src []byte) ([]byte, error) {
	b := bytes.NewBuffer(dst)
	w, err := flate.NewWriter(b, flate.DefaultCompression)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(src); err != nil {
		return nil, err
	}
	err = w.Close()
	return b.Bytes(), err
}

func inflate(dst, src []byte) ([]byte, error) {
	r := flate.NewReader(bytes.NewReader(src))
	defer r.Close()
	return readAll(dst, r)
}

// toSnappy adds the checksum of what was packed, as Avro has it.
func toSnappy(dst, src []byte) ([]byte, error) {
	out := snappy.Encode(dst[:cap(dst)], src)
	return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(src)), nil
}

func fromSnappy(dst, src []byte) ([]byte, error) {
	const sum = 4
	if len(src) < sum {
		return nil, io.ErrUnexpectedEOF
	}
	body := src[:len(src)-sum]
	if n, err := snappy.DecodedLen(body); err != nil || n > largestBlock {
		return nil, errors.Join(err, errLarge)
	}
	out, err := snappy.Decode(dst[:cap(dst)], body)
	if err == nil && crc32.ChecksumIEEE(out) != binary.BigEndian.Uint32(src[len(body):]) {
		err = errors.New("its checksum is wrong")
	}
	return out, err
}

// zstdCodec is made once: both halves may be used at the same time by many.
var zstdCodec = sync.OnceValues(func() (*zstd.Encoder, *zstd.Decoder) {
	e, _ := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
	d, _ := zstd.NewReader(nil, zstd.WithDecoderConcurrency(0), zstd.WithDecoderMaxMemory(largestBlock))
	return e, d
})

func toZstd(dst, src []byte) ([]byte, error) {
	e, _ := zstdCodec()
	return e.EncodeAll(src, dst), nil
}

func fromZstd(dst, src []byte) ([]byte, error) {
	_, d := zstdCodec()
	return d.DecodeAll(src, dst)
}
