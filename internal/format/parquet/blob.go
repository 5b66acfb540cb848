package parquet

import (
	"github.com/weir-stream/weir/internal/roaring"
	"github.com/weir-stream/weir/internal/variant"
	"github.com/weir-stream/weir/internal/vec"
)

// fromJSON reads JSON text, which is what VARIANT is in a file.
func fromJSON(bytes func(r *run, i int) []byte) conv {
	var m variant.Maker
	var buf []byte
	return func(v *vec.Vector, at int, r *run, from, n int) error {
		for i := range n {
			var err error
			if buf, err = m.Parse(buf[:0], viewOf(bytes(r, from+i)), false); err != nil {
				return err
			}
			v.S[at+i] = string(buf)
		}
		return nil
	}
}

// fromBitmap reads bytes in the portable Roaring format.
func fromBitmap(bytes func(r *run, i int) []byte) conv {
	var m roaring.Maker
	var buf []byte
	return func(v *vec.Vector, at int, r *run, from, n int) error {
		for i := range n {
			var err error
			if buf, err = m.Read(buf[:0], viewOf(bytes(r, from+i))); err != nil {
				return err
			}
			v.S[at+i] = string(buf)
		}
		return nil
	}
}
