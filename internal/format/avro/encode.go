package avro

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/weir-stream/weir/internal/format"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// encoder writes records of the schema that schemaOf gives.
type encoder struct {
	cols []writer
}

// write appends value i of a vector, which is not null.
type write func(dst []byte, v *vec.Vector, i int) ([]byte, error)

type writer struct {
	name     string
	nullable bool
	write    write
}

func newEncoder(cols []format.Column) (*encoder, error) {
	e := &encoder{}
	for _, c := range cols {
		w, err := newWriter(c.Name, c.Type)
		if err != nil {
			return nil, err
		}
		e.cols = append(e.cols, w)
	}
	return e, nil
}

// AppendMessage appends a record; see format.MessageEncoder.
func (e *encoder) AppendMessage(dst []byte, b *vec.Batch, r int) (_ []byte, null bool, err error) {
	for i := range e.cols {
		if dst, err = e.cols[i].append(dst, b.Cols[i], r); err != nil {
			return dst, false, err
		}
	}
	return dst, false, nil
}

// append writes a value with the branch of its union, if it has one: null is the
// first.
func (w *writer) append(dst []byte, v *vec.Vector, r int) ([]byte, error) {
	null := v.IsNull(r)
	switch {
	case null && !w.nullable:
		return dst, sqlerr.New(sqlerr.NotNull, sqlerr.Pos{}, "the column %s is NOT NULL, but the row has NULL", w.name)
	case null:
		return append(dst, 0), nil
	case w.nullable:
		dst = append(dst, 2)
	}
	return w.write(dst, v, v.Idx(r))
}

func appendLong(dst []byte, x int64) []byte {
	return binary.AppendUvarint(dst, uint64(x)<<1^uint64(x>>63))
}

func newWriter(name string, t types.Type) (writer, error) {
	w := writer{name: name, nullable: t.Nullable}
	switch t.Kind {
	case types.Array:
		return w.array(t)
	case types.Map, types.Multiset:
		return w.mapping(t)
	case types.Row:
		return w.row(t)
	}
	if w.write = scalar(t); w.write == nil {
		return w, fmt.Errorf("the format avro cannot hold the column %s of type %s", name, t)
	}
	return w, nil
}

// scalar writes values of types without others in them.
func scalar(t types.Type) write {
	long := func(get func(v *vec.Vector, i int) int64) write {
		return func(dst []byte, v *vec.Vector, i int) ([]byte, error) { return appendLong(dst, get(v, i)), nil }
	}
	switch t.Phys() {
	case types.PBool:
		return func(dst []byte, v *vec.Vector, i int) ([]byte, error) {
			if v.B[i] {
				return append(dst, 1), nil
			}
			return append(dst, 0), nil
		}
	case types.PI8:
		return long(func(v *vec.Vector, i int) int64 { return int64(v.I8[i]) })
	case types.PI16:
		return long(func(v *vec.Vector, i int) int64 { return int64(v.I16[i]) })
	case types.PI32:
		return long(func(v *vec.Vector, i int) int64 { return int64(v.I32[i]) })
	case types.PI64:
		if t.Kind == types.Decimal {
			return func(dst []byte, v *vec.Vector, i int) ([]byte, error) {
				return appendUnscaled(dst, types.I128(v.I64[i])), nil
			}
		}
		return long(func(v *vec.Vector, i int) int64 { return v.I64[i] })
	case types.PI128:
		return func(dst []byte, v *vec.Vector, i int) ([]byte, error) { return appendUnscaled(dst, v.D[i]), nil }
	case types.PF32:
		return func(dst []byte, v *vec.Vector, i int) ([]byte, error) {
			return binary.LittleEndian.AppendUint32(dst, math.Float32bits(v.F32[i])), nil
		}
	case types.PF64:
		return func(dst []byte, v *vec.Vector, i int) ([]byte, error) {
			return binary.LittleEndian.AppendUint64(dst, math.Float64bits(v.F64[i])), nil
		}
	case types.PStr:
		return func(dst []byte, v *vec.Vector, i int) ([]byte, error) { return appendText(dst, v.S[i]), nil }
	}
	return nil
}

func appendText(dst []byte, s string) []byte { return append(appendLong(dst, int64(len(s))), s...) }

// appendUnscaled writes a number as the fewest bytes of two's complement, big-endian.
func appendUnscaled(dst []byte, x types.Int128) []byte {
	var b [16]byte
	out := types.UnscaledBytes(&b, x)
	return append(appendLong(dst, int64(len(out))), out...)
}

func (w writer) array(t types.Type) (writer, error) {
	elem, err := newWriter(w.name, *t.Elem)
	w.write = func(dst []byte, v *vec.Vector, i int) (_ []byte, err error) {
		from, to := int(v.Off[i]), int(v.Off[i+1])
		if from < to {
			dst = appendLong(dst, int64(to-from))
		}
		for j := from; j < to; j++ {
			if dst, err = elem.append(dst, v.Kids[0], j); err != nil {
				return dst, err
			}
		}
		return append(dst, 0), nil
	}
	return w, err
}

func (w writer) mapping(t types.Type) (writer, error) {
	elem := t.Elem
	if t.Kind == types.Multiset {
		n := types.Of(types.Int).NotNull()
		elem = &n
	}
	value, err := newWriter(w.name, *elem)
	w.write = func(dst []byte, v *vec.Vector, i int) (_ []byte, err error) {
		from, to := int(v.Off[i]), int(v.Off[i+1])
		if from < to {
			dst = appendLong(dst, int64(to-from))
		}
		keys, values := v.Kids[0].Kids[0], v.Kids[0].Kids[1]
		for j := from; j < to; j++ {
			if keys.IsNull(j) {
				return dst, sqlerr.New(sqlerr.NotNull, sqlerr.Pos{}, "the column %s has a map with a NULL key, which Avro cannot hold", w.name)
			}
			dst = appendText(dst, keys.S[keys.Idx(j)])
			if dst, err = value.append(dst, values, j); err != nil {
				return dst, err
			}
		}
		return append(dst, 0), nil
	}
	return w, err
}

func (w writer) row(t types.Type) (writer, error) {
	fields := make([]writer, len(t.Fields))
	for i, f := range t.Fields {
		var err error
		if fields[i], err = newWriter(w.name+"."+f.Name, f.Type); err != nil {
			return w, err
		}
	}
	w.write = func(dst []byte, v *vec.Vector, i int) (_ []byte, err error) {
		for f := range fields {
			if dst, err = fields[f].append(dst, v.Kids[f], i); err != nil {
				return dst, err
			}
		}
		return dst, nil
	}
	return w, nil
}
