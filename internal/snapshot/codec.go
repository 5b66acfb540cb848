package snapshot

import (
	"fmt"

	"github.com/klauspost/compress/s2"
	"github.com/klauspost/compress/zstd"

	"github.com/weir-stream/weir/internal/sqlerr"
)

// codec is how the bytes of a block are stored.
type codec byte

const (
	codecNone codec = iota
	codecS2
	codecZstd
)

// compressor compresses blocks, for any number of goroutines.
type compressor struct {
	codec codec
	zstd  *zstd.Encoder
}

// newCompressor takes the name of a codec: "" and "none", "s2" or "zstd".
func newCompressor(name string) (*compressor, error) {
	switch name {
	case "", "none":
		return &compressor{}, nil
	case "s2":
		return &compressor{codec: codecS2}, nil
	case "zstd":
		e, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1), zstd.WithEncoderCRC(false))
		return &compressor{codec: codecZstd, zstd: e}, err
	}
	return nil, sqlerr.New(sqlerr.Option, sqlerr.Pos{}, "snapshots cannot be compressed by %q", name).WithHint("none, s2 or zstd")
}

// leastCompressed is the size below which compressing does not pay.
const leastCompressed = 256

// compress appends data's stored form to dst if that is smaller; otherwise it
// gives dst as it is and codecNone.
func (c *compressor) compress(dst, data []byte) ([]byte, codec) {
	if c.codec == codecNone || len(data) < leastCompressed {
		return dst, codecNone
	}
	at := len(dst)
	if c.codec == codecZstd {
		dst = c.zstd.EncodeAll(data, dst)
	} else {
		n := s2.MaxEncodedLen(len(data))
		if n < 0 {
			return dst, codecNone
		}
		if cap(dst)-at < n {
			dst = append(make([]byte, 0, at+n), dst...)
		}
		out := s2.Encode(dst[at:at+n:at+n], data)
		dst = dst[:at+len(out)]
	}
	if len(dst)-at >= len(data) {
		return dst[:at], codecNone
	}
	return dst, c.codec
}

// decompressor gives the bytes of stored blocks; not for several goroutines.
type decompressor struct {
	out  []byte
	zstd *zstd.Decoder
}

// bytes gives the raw bytes of a stored block, which must be as many as said.
// They are valid until the next call.
func (d *decompressor) bytes(stored []byte, c codec, raw int) ([]byte, error) {
	switch c {
	case codecNone:
		return stored, nil
	case codecS2:
		if n, err := s2.DecodedLen(stored); err != nil || n != raw {
			return nil, fmt.Errorf("it says %d bytes where its directory says %d", n, raw)
		}
		if cap(d.out) < raw {
			d.out = make([]byte, raw)
		}
		return s2.Decode(d.out[:raw], stored)
	case codecZstd:
		if d.zstd == nil {
			dec, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1))
			if err != nil {
				return nil, err
			}
			d.zstd = dec
		}
		out, err := d.zstd.DecodeAll(stored, d.out[:0])
		if err == nil && len(out) != raw {
			err = fmt.Errorf("it holds %d bytes where its directory says %d", len(out), raw)
		}
		d.out = out[:0]
		return out, err
	}
	return nil, fmt.Errorf("it is compressed in a way (%d) that this program does not know", c)
}

func (d *decompressor) close() {
	if d.zstd != nil {
		d.zstd.Close()
	}
}
