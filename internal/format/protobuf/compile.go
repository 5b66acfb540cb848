package protobuf

import (
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/weir-stream/weir/internal/format"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// rules say what becomes of fields that a message does not have.
type rules struct {
	plain    bool // those that are no messages and no lists are their default values
	presence bool // unless the schema tells whether they are there
	whole    bool // messages and lists are read as empty ones
	lists    bool // lists are
	lenient  bool // columns that the schema does not have are NULL
}

// rulesOf gives Flink's rules, which go by the file of the outermost message.
func rulesOf(md protoreflect.MessageDescriptor, o format.Options) rules {
	all := o.Bool("read-default-values")
	return rules{plain: all || md.ParentFile().Syntax() == protoreflect.Proto3, whole: all, lists: all}
}

// compile makes the node of a message of which some fields are columns.
func (r rules) compile(md protoreflect.MessageDescriptor, cols []types.Field) (*node, error) {
	return r.node(md, cols, "")
}

func (r rules) node(md protoreflect.MessageDescriptor, cols []types.Field, prefix string) (*node, error) {
	n := &node{}
	for i, c := range cols {
		fd := md.Fields().ByName(protoreflect.Name(c.Name))
		if fd == nil {
			if !r.lenient {
				return nil, noField(md, prefix+c.Name, c.Name)
			}
			if !c.Type.Nullable {
				return nil, sqlerr.New(sqlerr.Data, sqlerr.Pos{}, "the message %s has no field '%s', and the column is NOT NULL", md.FullName(), prefix+c.Name)
			}
			n.add(field{name: c.Name, col: i, absent: func(v *vec.Vector, _ *input) { v.AppendNulls(1) }})
			continue
		}
		f, err := r.field(fd, c.Type, prefix+c.Name)
		if err != nil {
			return nil, err
		}
		f.col = i
		n.add(f)
	}
	n.oneofs(md)
	return n, nil
}

// oneofs ties the fields of oneofs to each other; those that nobody wants are heeded,
// since they end others.
func (n *node) oneofs(md protoreflect.MessageDescriptor) {
	for i := range md.Oneofs().Len() {
		o := md.Oneofs().Get(i)
		var wanted []int
		for j := range n.fields {
			if n.fields[j].num != 0 && o.Fields().ByNumber(protoreflect.FieldNumber(n.fields[j].num)) != nil {
				wanted = append(wanted, j)
			}
		}
		if len(wanted) == 0 {
			continue
		}
		for j := range o.Fields().Len() {
			num := uint32(o.Fields().Get(j).Number())
			f := n.find(num)
			if f == nil {
				n.add(field{num: num, shape: rival})
				f = n.find(num)
			}
			for _, w := range wanted {
				if n.fields[w].num != num {
					f.rivals = append(f.rivals, w)
				}
			}
		}
	}
}

func noField(md protoreflect.MessageDescriptor, column, name string) error {
	e := sqlerr.New(sqlerr.Name, sqlerr.Pos{}, "the message %s has no field for the column `%s`", md.FullName(), column)
	var names []string
	for i := range md.Fields().Len() {
		names = append(names, string(md.Fields().Get(i).Name()))
	}
	if near, ok := sqlerr.Nearest(name, names); ok {
		return e.WithHint("did you mean `%s`?", near)
	}
	return e.WithHint("its fields are %s", strings.Join(names, ", "))
}

// field makes the way from a field to a column.
func (r rules) field(fd protoreflect.FieldDescriptor, t types.Type, column string) (field, error) {
	if fd.Kind() == protoreflect.GroupKind {
		return field{}, sqlerr.New(sqlerr.Unsupported, sqlerr.Pos{}, "the field '%s' of %s is a group, which is not supported", fd.Name(), fd.ContainingMessage().FullName()).
			WithHint("leave the column out")
	}
	f := field{name: column, num: uint32(fd.Number())}
	switch {
	case fd.IsMap():
		return r.mapping(f, fd, t)
	case fd.IsList():
		if t.Kind != types.Array {
			return f, mismatch(fd, t, column)
		}
		f.shape = list
		f.absent = r.emptyList(t, column)
		return f, r.value(&f, fd, *t.Elem, column)
	}
	if err := r.value(&f, fd, t, column); err != nil {
		return f, err
	}
	f.absent = r.absence(fd, t, column, f.read)
	return f, nil
}

// value finds the reader of one value.
func (r rules) value(f *field, fd protoreflect.FieldDescriptor, t types.Type, column string) (err error) {
	if fd.Kind() != protoreflect.MessageKind {
		f.wire = wireOf(fd.Kind())
		if f.read = scalar(fd, t, column); f.read == nil {
			return mismatch(fd, t, column)
		}
		if e := fd.Enum(); e != nil && e.IsClosed() {
			f.closed = map[int32]bool{}
			for i := range e.Values().Len() {
				f.closed[int32(e.Values().Get(i).Number())] = true
			}
		}
		return nil
	}
	f.wire, f.message = wireBytes, true
	if t.Kind != types.Row {
		if f.read = special(fd.Message(), t, column); f.read == nil {
			return mismatch(fd, t, column)
		}
		return nil
	}
	n, err := r.node(fd.Message(), t.Fields, column+".")
	f.read = func(in *input, v *vec.Vector) {
		n.run(in, v.Kids, v.N)
		v.Extend(1)
	}
	return err
}

// mapping reads maps, whose entries are messages with two fields; one that is missing
// there has its default value.
func (r rules) mapping(f field, fd protoreflect.FieldDescriptor, t types.Type) (field, error) {
	if t.Kind != types.Map {
		return f, mismatch(fd, t, f.name)
	}
	f.shape, f.wire, f.absent = mapping, wireBytes, r.emptyList(t, f.name)
	f.entry = &node{}
	inner := r
	inner.plain, inner.presence = true, false
	for i, x := range []struct {
		fd protoreflect.FieldDescriptor
		t  types.Type
	}{{fd.MapKey(), *t.Key}, {fd.MapValue(), *t.Elem}} {
		e := field{name: f.name, num: uint32(x.fd.Number()), col: i}
		if err := r.value(&e, x.fd, x.t, f.name); err != nil {
			return f, err
		}
		if e.absent = emptyMessage(e.read); !e.message {
			e.absent = inner.absence(x.fd, x.t, f.name, e.read)
		}
		f.entry.add(e)
	}
	return f, nil
}

// emptyMessage reads a message of no bytes.
func emptyMessage(r read) func(*vec.Vector, *input) {
	return func(v *vec.Vector, in *input) {
		p, end := in.p, in.end
		in.end = in.p
		r(in, v)
		in.p, in.end = p, end
	}
}

func (r rules) emptyList(t types.Type, column string) func(*vec.Vector, *input) {
	if r.lists || !t.Nullable { // whether a list is there is not told apart from whether it is empty
		return func(v *vec.Vector, _ *input) {
			v.Off = append(v.Off, int32(v.Kids[0].N))
			v.Extend(1)
		}
	}
	return func(v *vec.Vector, _ *input) { v.AppendNulls(1) }
}

// absence is what a column gets where the message does not have the field.
func (r rules) absence(fd protoreflect.FieldDescriptor, t types.Type, column string, read read) func(*vec.Vector, *input) {
	switch {
	case fd.Cardinality() == protoreflect.Required:
		return missing(t, "the message lacks the required field '"+column+"'")
	case fd.Kind() == protoreflect.MessageKind:
		if r.whole {
			return emptyMessage(read)
		}
	case !fd.HasPresence(), r.plain && !r.presence:
		def := vec.New(t, 0)
		def.AppendValue(defaultOf(fd, t))
		return func(v *vec.Vector, _ *input) { v.AppendRepeat(def, 0, 1) }
	}
	if t.Nullable {
		return func(v *vec.Vector, _ *input) { v.AppendNulls(1) }
	}
	return missing(t, "the column "+column+" is NOT NULL, and the message does not have it")
}

func missing(t types.Type, what string) func(*vec.Vector, *input) {
	return func(v *vec.Vector, in *input) {
		in.fail(what)
		v.AppendNulls(1)
	}
}

// mismatch is the error of a column that a field cannot fill.
func mismatch(fd protoreflect.FieldDescriptor, t types.Type, column string) error {
	e := sqlerr.New(sqlerr.Type, sqlerr.Pos{}, "the column `%s` is %s, but the field is %s", column, t.AsNullable(), kindText(fd))
	if own, err := typeOf(fd, nil); err == nil {
		return e.WithHint("declare it %s", own)
	}
	return e
}

// kindText shows the type of a field as its definition has it.
func kindText(fd protoreflect.FieldDescriptor) string {
	if fd.IsMap() {
		return "map<" + kindText(fd.MapKey()) + ", " + kindText(fd.MapValue()) + ">"
	}
	s := fd.Kind().String()
	switch fd.Kind() {
	case protoreflect.MessageKind, protoreflect.GroupKind:
		s = string(fd.Message().FullName())
	case protoreflect.EnumKind:
		s = "enum " + string(fd.Enum().FullName())
	}
	if fd.IsList() {
		return "repeated " + s
	}
	return s
}
