package protobuf

import (
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/weir-stream/weir/internal/format"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
)

// columnsOf gives the columns that hold all of a message. Those of fields that are
// always there, if with their defaults, are nullable all the same, as in Flink.
func columnsOf(md protoreflect.MessageDescriptor) ([]format.Column, error) {
	fields, err := fieldsOf(md, nil)
	cols := make([]format.Column, len(fields))
	for i, f := range fields {
		cols[i] = format.Column{Name: f.Name, Type: f.Type}
	}
	return cols, err
}

// fieldsOf lists the fields of a message in which messages of the types around are
// being described.
func fieldsOf(md protoreflect.MessageDescriptor, around []protoreflect.FullName) ([]types.Field, error) {
	for _, a := range around {
		if a == md.FullName() {
			return nil, sqlerr.New(sqlerr.Unsupported, sqlerr.Pos{}, "the message %s holds itself, which columns cannot", md.FullName()).
				WithHint("declare the columns, down to the depth that you need")
		}
	}
	around = append(around[:len(around):len(around)], md.FullName())
	var out []types.Field
	for i := range md.Fields().Len() {
		fd := md.Fields().Get(i)
		if fd.Kind() == protoreflect.GroupKind {
			continue // they are passed over
		}
		t, err := typeOf(fd, around)
		if err != nil {
			return nil, err
		}
		out = append(out, types.Field{Name: string(fd.Name()), Type: t})
	}
	return out, nil
}

// typeOf gives the type that holds all values of a field.
func typeOf(fd protoreflect.FieldDescriptor, around []protoreflect.FullName) (types.Type, error) {
	if fd.IsMap() {
		k, err := elemOf(fd.MapKey(), around)
		if err != nil {
			return k, err
		}
		v, err := elemOf(fd.MapValue(), around)
		return types.MapOf(k, v), err
	}
	t, err := elemOf(fd, around)
	if fd.IsList() {
		return types.ArrayOf(t), err
	}
	return t, err
}

func elemOf(fd protoreflect.FieldDescriptor, around []protoreflect.FullName) (types.Type, error) {
	switch fd.Kind() {
	case protoreflect.BoolKind:
		return types.Of(types.Boolean), nil
	case protoreflect.Int32Kind, protoreflect.Sint32Kind, protoreflect.Sfixed32Kind:
		return types.Of(types.Int), nil
	case protoreflect.Uint64Kind, protoreflect.Fixed64Kind:
		return types.DecimalOf(20, 0), nil
	case protoreflect.FloatKind:
		return types.Of(types.Float), nil
	case protoreflect.DoubleKind:
		return types.Of(types.Double), nil
	case protoreflect.StringKind, protoreflect.EnumKind:
		return types.String(), nil
	case protoreflect.BytesKind:
		return types.Bytes(), nil
	case protoreflect.MessageKind:
		return messageType(fd.Message(), around)
	}
	return types.Of(types.BigInt), nil
}

func messageType(md protoreflect.MessageDescriptor, around []protoreflect.FullName) (types.Type, error) {
	switch name := md.FullName(); {
	case name == timestampMessage:
		return types.TimestampLTZOf(9), nil
	case name == dateMessage:
		return types.Of(types.Date), nil
	case name == timeMessage:
		return types.TimeOf(3), nil
	case wrappers[name]:
		return elemOf(md.Fields().ByNumber(1), around)
	}
	fields, err := fieldsOf(md, around)
	if err == nil && len(fields) == 0 {
		err = sqlerr.New(sqlerr.Unsupported, sqlerr.Pos{}, "the message %s has no fields, which a ROW cannot hold", md.FullName()).WithHint("declare the columns without it")
	}
	return types.RowOf(fields...), err
}
