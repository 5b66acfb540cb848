package protobuf

import (
	"encoding/binary"
	"sort"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/weir-stream/weir/internal/format"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// write appends value i of a vector, which is not null, without its tag.
type write func(dst []byte, v *vec.Vector, i int) ([]byte, error)

// writer writes a column as a field.
type writer struct {
	name     string
	col      int
	num      protoreflect.FieldNumber
	tag      []byte
	bytes    bool // values have their length before them, which write does not write
	write    write
	zero     func(v *vec.Vector, i int) bool // values that are left out; nil: none are
	required bool
	later    []int  // columns that come later and are of the same oneof
	null     []byte // of lists and maps: what is written for NULL, without a tag
	elems    *writer
	packed   bool
	key      *writer // of maps
}

// encoder writes messages of one type.
type encoder struct {
	md     protoreflect.MessageDescriptor
	fields []writer
}

// AppendMessage appends a row; see format.MessageEncoder.
func (e *encoder) AppendMessage(dst []byte, b *vec.Batch, r int) (_ []byte, null bool, err error) {
	dst, err = appendFields(dst, e.fields, b.Cols, r)
	return dst, false, err
}

// newEncoder makes the writer of messages whose fields are columns. literal stands for
// NULL in lists and maps of texts.
func newEncoder(md protoreflect.MessageDescriptor, cols []types.Field, literal string) (format.MessageEncoder, error) {
	c := compiler{literal}
	fields, err := c.message(md, cols, "")
	return &encoder{md, fields}, err
}

// compiler makes writers.
type compiler struct{ literal string }

// message makes the writers of a message's fields, in the order of their numbers.
func (c compiler) message(md protoreflect.MessageDescriptor, cols []types.Field, prefix string) ([]writer, error) {
	var out []writer
	for i, f := range cols {
		fd := md.Fields().ByName(protoreflect.Name(f.Name))
		if fd == nil {
			return nil, noField(md, prefix+f.Name, f.Name)
		}
		w, err := c.field(fd, f.Type, prefix+f.Name)
		if err != nil {
			return nil, err
		}
		w.col = i
		if o := fd.ContainingOneof(); o != nil {
			for j, g := range cols[i+1:] {
				if o.Fields().ByName(protoreflect.Name(g.Name)) != nil {
					w.later = append(w.later, i+1+j)
				}
			}
		}
		out = append(out, w)
	}
	sort.Slice(out, func(i, j int) bool { return out[i].num < out[j].num })
	for i := range md.Fields().Len() {
		fd := md.Fields().Get(i)
		if fd.Cardinality() != protoreflect.Required {
			continue
		}
		at := sort.Search(len(out), func(j int) bool { return out[j].num >= fd.Number() })
		if at == len(out) || out[at].num != fd.Number() {
			return nil, sqlerr.New(sqlerr.Plan, sqlerr.Pos{}, "the field '%s' of %s is required, and the table has no column for it", fd.Name(), md.FullName())
		}
	}
	return out, nil
}

func (c compiler) field(fd protoreflect.FieldDescriptor, t types.Type, column string) (writer, error) {
	w := writer{name: column, num: fd.Number(), required: fd.Cardinality() == protoreflect.Required}
	if fd.Kind() == protoreflect.GroupKind {
		return w, sqlerr.New(sqlerr.Unsupported, sqlerr.Pos{}, "the field '%s' of %s is a group, which is not supported", fd.Name(), fd.ContainingMessage().FullName())
	}
	switch {
	case fd.IsMap():
		return c.mapping(w, fd, t)
	case fd.IsList():
		if t.Kind != types.Array {
			return w, mismatch(fd, t, column)
		}
		w.elems = &writer{name: column, num: fd.Number()}
		err := c.value(w.elems, fd, *t.Elem, column)
		w.packed = fd.IsPacked()
		if w.tag = w.elems.tag; w.packed {
			w.tag = protowire.AppendTag(nil, fd.Number(), protowire.BytesType)
		}
		return w, err
	}
	err := c.value(&w, fd, t, column)
	if err == nil && !fd.HasPresence() && !w.bytes {
		w.zero = zeroOf(fd, t)
	} else if !fd.HasPresence() {
		w.zero = func(v *vec.Vector, i int) bool { return v.S[i] == "" }
	}
	return w, err
}

// value finds the writer of one value, and what stands for NULL in a list.
func (c compiler) value(w *writer, fd protoreflect.FieldDescriptor, t types.Type, column string) error {
	w.tag = protowire.AppendTag(nil, fd.Number(), protowire.Type(wireOf(fd.Kind())))
	if fd.Kind() != protoreflect.MessageKind {
		if w.write = c.scalar(fd, t, column); w.write == nil {
			return mismatch(fd, t, column)
		}
		w.bytes = wireOf(fd.Kind()) == wireBytes
		if fd.Kind() == protoreflect.StringKind {
			w.null = []byte(c.literal)
		} else if !w.bytes {
			w.null = make([]byte, map[byte]int{wireVarint: 1, wire32: 4, wire64: 8}[wireOf(fd.Kind())])
		}
		if e := fd.Enum(); e != nil {
			w.null = protowire.AppendVarint(nil, uint64(e.Values().Get(0).Number()))
		}
		return nil
	}
	w.bytes = true
	if t.Kind != types.Row {
		if w.write = c.special(fd.Message(), t, column); w.write == nil {
			return mismatch(fd, t, column)
		}
		return nil
	}
	fields, err := c.message(fd.Message(), t.Fields, column+".")
	w.write = func(dst []byte, v *vec.Vector, i int) ([]byte, error) { return appendFields(dst, fields, v.Kids, i) }
	return err
}

func (c compiler) mapping(w writer, fd protoreflect.FieldDescriptor, t types.Type) (writer, error) {
	if t.Kind != types.Map {
		return w, mismatch(fd, t, w.name)
	}
	w.tag = protowire.AppendTag(nil, fd.Number(), protowire.BytesType)
	w.key, w.elems = &writer{name: w.name}, &writer{name: w.name}
	if err := c.value(w.key, fd.MapKey(), *t.Key, w.name); err != nil {
		return w, err
	}
	return w, c.value(w.elems, fd.MapValue(), *t.Elem, w.name)
}

// appendFields writes row i of columns.
func appendFields(dst []byte, fields []writer, cols []*vec.Vector, i int) (_ []byte, err error) {
	for f := range fields {
		w := &fields[f]
		v := cols[w.col]
		if v.IsNull(i) {
			if w.required {
				return dst, sqlerr.New(sqlerr.NotNull, sqlerr.Pos{}, "the field '%s' is required, but the row has NULL", w.name)
			}
			continue
		}
		if w.overruled(cols, i) {
			continue
		}
		if dst, err = w.append(dst, v, v.Idx(i)); err != nil {
			return dst, err
		}
	}
	return dst, nil
}

// overruled reports whether a later column of the same oneof has a value.
func (w *writer) overruled(cols []*vec.Vector, i int) bool {
	for _, c := range w.later {
		if !cols[c].IsNull(i) {
			return true
		}
	}
	return false
}

// append writes the value of a field with its tags.
func (w *writer) append(dst []byte, v *vec.Vector, i int) (_ []byte, err error) {
	if w.elems == nil {
		if w.zero != nil && w.zero(v, i) {
			return dst, nil
		}
		return w.one(append(dst, w.tag...), v, i)
	}
	from, to := int(v.Off[i]), int(v.Off[i+1])
	if from == to {
		return dst, nil
	}
	if w.packed {
		dst = append(dst, w.tag...)
		return framed(dst, func(dst []byte) (_ []byte, err error) {
			for j := from; j < to && err == nil; j++ {
				dst, err = w.elems.one(dst, v.Kids[0], j)
			}
			return dst, err
		})
	}
	for j := from; j < to && err == nil; j++ {
		dst = append(dst, w.tag...)
		if w.key == nil {
			dst, err = w.elems.one(dst, v.Kids[0], j)
			continue
		}
		dst, err = framed(dst, func(dst []byte) ([]byte, error) {
			dst, err := w.key.one(append(dst, w.key.tag...), v.Kids[0].Kids[0], j)
			if err != nil {
				return dst, err
			}
			return w.elems.one(append(dst, w.elems.tag...), v.Kids[0].Kids[1], j)
		})
	}
	return dst, err
}

// one writes a value, or what stands for NULL in a list.
func (w *writer) one(dst []byte, v *vec.Vector, i int) ([]byte, error) {
	null := v.IsNull(i)
	i = v.Idx(i)
	switch {
	case null && !w.bytes:
		return append(dst, w.null...), nil
	case null:
		return append(binary.AppendUvarint(dst, uint64(len(w.null))), w.null...), nil
	case !w.bytes:
		return w.write(dst, v, i)
	}
	return framed(dst, func(dst []byte) ([]byte, error) { return w.write(dst, v, i) })
}

// framed writes something with its length before it. Mostly that takes one byte.
func framed(dst []byte, body func([]byte) ([]byte, error)) ([]byte, error) {
	at := len(dst)
	dst, err := body(append(dst, 0))
	n := len(dst) - at - 1
	if n < 0x80 {
		dst[at] = byte(n)
		return dst, err
	}
	var size [binary.MaxVarintLen64]byte
	k := binary.PutUvarint(size[:], uint64(n))
	dst = append(dst, size[1:k]...)
	copy(dst[at+k:], dst[at+1:at+1+n])
	copy(dst[at:], size[:k])
	return dst, err
}
