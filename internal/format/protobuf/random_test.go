package protobuf

import (
	"fmt"
	"math"
	"math/rand/v2"
	"sort"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// schemas draws definitions of messages.
type schemas struct {
	*rand.Rand
	proto3 bool
	file   *descriptorpb.FileDescriptorProto
}

var plainTypes = []descriptorpb.FieldDescriptorProto_Type{1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 13, 15, 16, 17, 18}

func drawFile(r *rand.Rand) protoreflect.FileDescriptor {
	d := &schemas{Rand: r, proto3: r.IntN(2) == 0}
	syntax := "proto2"
	if d.proto3 {
		syntax = "proto3"
	}
	d.file = &descriptorpb.FileDescriptorProto{Name: proto.String("x.proto"), Package: proto.String("x"), Syntax: &syntax}
	d.file.EnumType = []*descriptorpb.EnumDescriptorProto{{Name: proto.String("E"), Value: []*descriptorpb.EnumValueDescriptorProto{
		{Name: proto.String("ZERO"), Number: proto.Int32(0)}, {Name: proto.String("ONE"), Number: proto.Int32(1)}, {Name: proto.String("BIG"), Number: proto.Int32(1 << 20)}, {Name: proto.String("NEG"), Number: proto.Int32(-5)}}}}
	for depth := range 3 {
		d.file.MessageType = append(d.file.MessageType, d.message(depth))
	}
	f, err := protodesc.NewFile(d.file, nil)
	if err != nil {
		panic(err)
	}
	return f
}

// message draws a message that may hold those of less depth.
func (d *schemas) message(depth int) *descriptorpb.DescriptorProto {
	m := &descriptorpb.DescriptorProto{Name: proto.String(fmt.Sprint("M", depth))}
	numbers := d.Perm(90)
	oneof := d.IntN(2) == 0
	if oneof {
		m.OneofDecl = append(m.OneofDecl, &descriptorpb.OneofDescriptorProto{Name: proto.String("o")})
	}
	for i := range 1 + d.IntN(9) {
		f := &descriptorpb.FieldDescriptorProto{Name: proto.String(fmt.Sprint("f", i)), Number: proto.Int32(int32(numbers[i] + 1)), Label: descriptorpb.FieldDescriptorProto_LABEL_OPTIONAL.Enum()}
		d.typed(f, depth)
		switch n := d.IntN(6); {
		case n == 0 && oneof:
			f.OneofIndex = proto.Int32(0)
		case n <= 2:
			f.Label = descriptorpb.FieldDescriptorProto_LABEL_REPEATED.Enum()
			if t := f.GetType(); t != 9 && t != 11 && t != 12 && d.IntN(2) == 0 {
				f.Options = &descriptorpb.FieldOptions{Packed: proto.Bool(d.IntN(2) == 0)}
			}
		case n == 3:
			d.mapped(m, f, depth)
		case n == 4 && !d.proto3 && f.GetType() == 5:
			f.DefaultValue = proto.String("77")
		}
		m.Field = append(m.Field, f)
	}
	if oneof { // it needs a member
		m.Field = append(m.Field, &descriptorpb.FieldDescriptorProto{Name: proto.String("last"), Number: proto.Int32(1000), Type: descriptorpb.FieldDescriptorProto_TYPE_STRING.Enum(),
			Label: descriptorpb.FieldDescriptorProto_LABEL_OPTIONAL.Enum(), OneofIndex: proto.Int32(0)})
	}
	sort.SliceStable(m.Field, func(i, j int) bool { return m.Field[i].OneofIndex == nil && m.Field[j].OneofIndex != nil })
	if d.proto3 { // fields whose presence is told
		for _, f := range m.Field {
			if f.OneofIndex == nil && f.GetLabel() != descriptorpb.FieldDescriptorProto_LABEL_REPEATED && f.GetType() != 11 && d.IntN(3) == 0 {
				f.Proto3Optional = proto.Bool(true)
				f.OneofIndex = proto.Int32(int32(len(m.OneofDecl)))
				m.OneofDecl = append(m.OneofDecl, &descriptorpb.OneofDescriptorProto{Name: proto.String("_" + f.GetName())})
			}
		}
	}
	return m
}

func (d *schemas) typed(f *descriptorpb.FieldDescriptorProto, depth int) {
	switch n := d.IntN(8); {
	case n == 0 && depth > 0:
		f.Type, f.TypeName = descriptorpb.FieldDescriptorProto_TYPE_MESSAGE.Enum(), proto.String(fmt.Sprint(".x.M", depth-1))
	case n == 1:
		f.Type, f.TypeName = descriptorpb.FieldDescriptorProto_TYPE_ENUM.Enum(), proto.String(".x.E")
	default:
		f.Type = plainTypes[d.IntN(len(plainTypes))].Enum()
	}
}

func (d *schemas) mapped(m *descriptorpb.DescriptorProto, f *descriptorpb.FieldDescriptorProto, depth int) {
	name := "F" + f.GetName()[1:] + "Entry"
	value := &descriptorpb.FieldDescriptorProto{Name: proto.String("value"), Number: proto.Int32(2), Label: descriptorpb.FieldDescriptorProto_LABEL_OPTIONAL.Enum()}
	d.typed(value, depth)
	keys := []descriptorpb.FieldDescriptorProto_Type{3, 4, 5, 6, 7, 8, 9, 13, 15, 16, 17, 18}
	m.NestedType = append(m.NestedType, &descriptorpb.DescriptorProto{Name: &name, Options: &descriptorpb.MessageOptions{MapEntry: proto.Bool(true)}, Field: []*descriptorpb.FieldDescriptorProto{
		{Name: proto.String("key"), Number: proto.Int32(1), Label: descriptorpb.FieldDescriptorProto_LABEL_OPTIONAL.Enum(), Type: keys[d.IntN(len(keys))].Enum()}, value}})
	f.Label, f.Type = descriptorpb.FieldDescriptorProto_LABEL_REPEATED.Enum(), descriptorpb.FieldDescriptorProto_TYPE_MESSAGE.Enum()
	f.TypeName = proto.String(".x." + m.GetName() + "." + name)
}

// fill draws the fields of a message.
func fill(r *rand.Rand, m protoreflect.Message) {
	fs := m.Descriptor().Fields()
	for i := range fs.Len() {
		fd := fs.Get(i)
		switch {
		case r.IntN(3) == 0:
		case fd.IsMap():
			for range r.IntN(4) {
				k := drawValue(r, m, fd.MapKey()).MapKey()
				v := m.Mutable(fd).Map().NewValue()
				if fd.MapValue().Kind() == protoreflect.MessageKind {
					fill(r, v.Message())
				} else {
					v = drawValue(r, m, fd.MapValue())
				}
				m.Mutable(fd).Map().Set(k, v)
			}
		case fd.IsList():
			for range r.IntN(4) {
				l := m.Mutable(fd).List()
				if fd.Kind() == protoreflect.MessageKind {
					fill(r, l.AppendMutable().Message())
				} else {
					l.Append(drawValue(r, m, fd))
				}
			}
		case fd.Kind() == protoreflect.MessageKind:
			fill(r, m.Mutable(fd).Message())
		default:
			m.Set(fd, drawValue(r, m, fd))
		}
	}
}

func drawValue(r *rand.Rand, m protoreflect.Message, fd protoreflect.FieldDescriptor) protoreflect.Value {
	u := r.Uint64() >> r.IntN(64)
	if r.IntN(8) == 0 {
		u = 0
	}
	switch fd.Kind() {
	case protoreflect.BoolKind:
		return protoreflect.ValueOfBool(u&1 != 0)
	case protoreflect.EnumKind:
		vs := fd.Enum().Values()
		return protoreflect.ValueOfEnum(vs.Get(r.IntN(vs.Len())).Number())
	case protoreflect.Int32Kind, protoreflect.Sint32Kind, protoreflect.Sfixed32Kind:
		return protoreflect.ValueOfInt32(int32(u))
	case protoreflect.Uint32Kind, protoreflect.Fixed32Kind:
		return protoreflect.ValueOfUint32(uint32(u))
	case protoreflect.Int64Kind, protoreflect.Sint64Kind, protoreflect.Sfixed64Kind:
		return protoreflect.ValueOfInt64(int64(u))
	case protoreflect.Uint64Kind, protoreflect.Fixed64Kind:
		return protoreflect.ValueOfUint64(u)
	case protoreflect.FloatKind:
		return protoreflect.ValueOfFloat32(float32(int32(u)) / 4)
	case protoreflect.DoubleKind:
		return protoreflect.ValueOfFloat64(float64(int64(u)) / 4)
	case protoreflect.StringKind:
		return protoreflect.ValueOfString([]string{"", "a", "é€", string(make([]byte, 200))}[u&3])
	}
	return protoreflect.ValueOfBytes([]byte{0xff, byte(u)}[:u&1*2])
}

// expected gives a message as the value of a row, by the rules, as the library
// understands it.
func expected(r rules, m protoreflect.Message) []any {
	var out []any
	fs := m.Descriptor().Fields()
	for i := range fs.Len() {
		fd := fs.Get(i)
		out = append(out, expectedField(r, m, fd))
	}
	return out
}

func expectedField(r rules, m protoreflect.Message, fd protoreflect.FieldDescriptor) any {
	switch {
	case fd.IsMap():
		if m.Get(fd).Map().Len() == 0 && !r.lists {
			return nil
		}
		out := [][2]any{}
		m.Get(fd).Map().Range(func(k protoreflect.MapKey, v protoreflect.Value) bool {
			out = append(out, [2]any{goValue(r, fd.MapKey(), k.Value()), goValue(r, fd.MapValue(), v)})
			return true
		})
		return out
	case fd.IsList():
		l := m.Get(fd).List()
		if l.Len() == 0 && !r.lists {
			return nil
		}
		out := []any{}
		for i := range l.Len() {
			out = append(out, goValue(r, fd, l.Get(i)))
		}
		return out
	case m.Has(fd), !fd.HasPresence(),
		fd.Kind() == protoreflect.MessageKind && r.whole,
		fd.Kind() != protoreflect.MessageKind && r.plain && !r.presence:
		return goValue(r, fd, m.Get(fd))
	}
	return nil
}

func goValue(r rules, fd protoreflect.FieldDescriptor, v protoreflect.Value) any {
	switch x := v.Interface().(type) {
	case protoreflect.Message:
		return expected(r, x)
	case protoreflect.EnumNumber:
		return string(fd.Enum().Values().ByNumber(x).Name())
	case int32:
		return int64(x)
	case uint32:
		return int64(x)
	case uint64:
		return types.Int128{Lo: x}
	case []byte:
		return string(x)
	default:
		return x
	}
}

// foreign adds fields that the schema does not have.
func foreign(b []byte) []byte {
	b = protowire.AppendVarint(protowire.AppendTag(b, 5000, protowire.VarintType), math.MaxUint64)
	b = protowire.AppendTag(b, 5001, protowire.StartGroupType)
	b = protowire.AppendBytes(protowire.AppendTag(b, 1, protowire.BytesType), []byte("x"))
	b = protowire.AppendTag(protowire.AppendTag(b, 2, protowire.StartGroupType), 2, protowire.EndGroupType)
	b = protowire.AppendTag(b, 5001, protowire.EndGroupType)
	b = protowire.AppendFixed32(protowire.AppendTag(b, 5002, protowire.Fixed32Type), 1)
	return protowire.AppendFixed64(protowire.AppendTag(b, 5003, protowire.Fixed64Type), 1)
}

var allRules = []rules{
	{}, {plain: true, whole: true, lists: true}, {plain: true}, {plain: true, presence: true, lists: true},
}

func typesOf(fs []types.Field) []types.Type {
	var ts []types.Type
	for _, f := range fs {
		ts = append(ts, f.Type)
	}
	return ts
}

// canonical shows rows so that the order of maps does not matter.
func canonical(v []*vec.Vector, i int) string {
	var b []byte
	for _, c := range v {
		b = vec.AppendCanonical(b, c, i)
	}
	return string(b)
}

// TestLikeTheLibrary reads and writes messages of drawn schemas.
func TestLikeTheLibrary(t *testing.T) {
	for seed := range uint64(400) {
		r := rand.New(rand.NewPCG(seed, 1))
		md := drawFile(r).Messages().ByName("M2")
		fields, err := fieldsOf(md, nil)
		if err != nil {
			t.Fatal(err)
		}
		e, err := newEncoder(md, fields, "")
		if err != nil {
			t.Fatal(err)
		}
		for _, rule := range allRules {
			root, err := rule.compile(md, fields)
			if err != nil {
				t.Fatal(err)
			}
			d := &decoder{root: root}
			out, want := vec.NewBatch(typesOf(fields)), vec.NewBatch(typesOf(fields))
			for row := range 5 {
				m, n := dynamicpb.NewMessage(md), dynamicpb.NewMessage(md)
				fill(r, m)
				b, err := proto.Marshal(m)
				if err != nil {
					t.Fatal(err)
				}
				if row%2 == 1 { // a second part, which is merged with the first
					fill(r, n)
					more, _ := proto.Marshal(n)
					b = append(b, more...)
				}
				whole := dynamicpb.NewMessage(md)
				if err := proto.Unmarshal(b, whole); err != nil {
					t.Fatal(err)
				}
				if err := d.DecodeMessage(foreign(b), out); err != nil {
					t.Fatal(err)
				}
				for i, x := range expected(rule, whole) {
					want.Cols[i].AppendValue(x)
				}
				want.N++
				if canonical(out.Cols, row) != canonical(want.Cols, row) {
					t.Fatalf("seed %d, rules %+v, %s:\n%v\nread as", seed, rule, whole, protodesc.ToDescriptorProto(md))
				}
				if rule.presence { // nothing is lost on the way
					enc, _, err := e.AppendMessage(nil, out, row)
					if err != nil {
						t.Fatal(err)
					}
					back := dynamicpb.NewMessage(md)
					if err := proto.Unmarshal(enc, back); err != nil || !proto.Equal(back, whole) {
						t.Fatalf("seed %d: %v: %s\nwritten as %s", seed, err, whole, back)
					}
				}
			}
		}
	}
}
