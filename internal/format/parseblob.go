package format

import (
	"encoding/base64"

	"github.com/weir-stream/weir/internal/roaring"
	"github.com/weir-stream/weir/internal/variant"
	"github.com/weir-stream/weir/internal/vec"
)

// variantParser reads JSON text.
func variantParser(a *Arena) Parser {
	var m variant.Maker
	var buf []byte
	return func(v *vec.Vector, s []byte) error {
		out, err := m.Parse(buf[:0], View(s), false)
		if err != nil {
			return ErrValue
		}
		buf = out
		v.S = append(v.S, a.Copy(out))
		return one(v)
	}
}

// bitmapParser reads the portable Roaring format in base64.
func bitmapParser(a *Arena) Parser {
	var m roaring.Maker
	var raw, buf []byte
	return func(v *vec.Vector, s []byte) error {
		var err error
		if raw, err = base64.StdEncoding.AppendDecode(raw[:0], s); err != nil {
			return ErrValue
		}
		if buf, err = m.Read(buf[:0], View(raw)); err != nil {
			return ErrValue
		}
		v.S = append(v.S, a.Copy(buf))
		return one(v)
	}
}
