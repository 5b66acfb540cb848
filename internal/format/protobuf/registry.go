package protobuf

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/bufbuild/protocompile"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/weir-stream/weir/internal/format"
	"github.com/weir-stream/weir/internal/registry"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// Registry is the proto-registry format.
func Registry() *format.Spec {
	return &format.Spec{
		Name:      "proto-registry",
		Extension: true,
		Example:   registry.Example("proto-registry"),
		Doc: "Messages of Protocol Buffers that begin with the number of their schema in a schema registry, and with which message of the schema they are, as Confluent's serializers write them; the name is that of Confluent's Flink, since Apache's has no such format. An extension. " +
			"Types are those of the format protobuf. Fields are matched with columns by name: one that the writer's schema lacks is NULL, others are passed over, so the schema may change from message to message as the registry's rules allow. " +
			"A field whose presence the schema tells is NULL where it is not there; others have their default, lists are empty. " +
			"What is written has a schema made from the columns, unless there is one.",
		Options: append(registry.Options(),
			format.Option{Key: "schema", Doc: "The text of the .proto file to write messages of, instead of one that follows from the columns; the columns are fields of its first message."},
			ignoreOption, nullOption),
		Check: func(cols []format.Column) error {
			_, err := definition("x", cols)
			return err
		},
		CheckMessages: func(cols []format.Column, o format.Options) error {
			if o.String("schema") == "" {
				return nil
			}
			_, _, err := writing(format.Schema{Columns: cols}, o)
			return err
		},
		Registered: func(ctx context.Context, s format.Schema, o format.Options) (format.Registered, error) {
			return registry.Registered(ctx, registry.Protobuf, s, o, func(x *registry.Schema) (missing []int, err error) {
				f, err := compileSchema(x)
				if err != nil {
					return nil, err
				}
				md := f.Messages().Get(0)
				for i, c := range s.Wanted() {
					if md.Fields().ByName(protoreflect.Name(c.Name)) == nil {
						missing = append(missing, i)
					}
				}
				_, err = presences.compile(md, s.Wanted())
				return missing, err
			})
		},
		NewMessageDecoder: func(s format.Schema, o format.Options) (format.MessageDecoder, error) {
			c, err := registry.New(o)
			if err != nil {
				return nil, err
			}
			return &registered{decoder: decoder{ignore: o.Bool("ignore-parse-errors")}, client: c, cols: s.Wanted(), roots: map[string]*node{}}, nil
		},
		NewMessageEncoder: newRegistered,
		Columns: func(s format.Schema, o format.Options) ([]format.Column, error) {
			c, err := registry.New(o)
			if err != nil {
				return nil, err
			}
			latest, err := c.Newest(registry.Subject(s, o), registry.Protobuf)
			if err != nil {
				return nil, err
			}
			f, err := compileSchema(latest)
			if err != nil {
				return nil, err
			}
			return columnsOf(f.Messages().Get(0))
		},
	}
}

// presences are the rules for messages of a registry.
var presences = rules{plain: true, presence: true, lists: true, lenient: true}

// registered reads messages of schemas of a registry.
type registered struct {
	decoder
	client *registry.Client
	cols   []types.Field
	roots  map[string]*node // by what is before a message
}

// DecodeMessage appends a row; see format.MessageDecoder. A null message has none.
func (d *registered) DecodeMessage(msg []byte, out *vec.Batch) error {
	if msg == nil {
		return nil
	}
	id, rest, err := registry.Head(msg)
	if err != nil {
		return d.failed(err)
	}
	path, n := messagePath(rest)
	if n < 0 {
		return d.failed(format.BadMessage(len(msg)-len(rest), "which message of the schema it is cannot be read"))
	}
	n += len(msg) - len(rest)
	root, ok := d.roots[string(msg[:n])]
	if !ok {
		if root, err = d.compile(id, path); err != nil {
			return err
		}
		d.roots[string(msg[:n])] = root
	}
	return d.decode(root, msg, n, out)
}

// messagePath reads the way to a message: its place among those of the file, the place
// of one in it among its own, and so on. It has n bytes, -1 if it is damaged.
func messagePath(b []byte) (path []int64, n int) {
	count, n := binary.Varint(b)
	if n <= 0 || count < 0 || count > int64(len(b)) {
		return nil, -1
	}
	if count == 0 { // short for the first one
		return []int64{0}, n
	}
	for range count {
		i, m := binary.Varint(b[n:])
		if m <= 0 {
			return nil, -1
		}
		path = append(path, i)
		n += m
	}
	return path, n
}

func (d *registered) compile(id int, path []int64) (*node, error) {
	s, err := d.client.Of(id, registry.Protobuf)
	if err != nil {
		return nil, err
	}
	f, err := compileSchema(s)
	if err != nil {
		return nil, err
	}
	md := at(f.Messages(), path)
	if md == nil {
		return nil, sqlerr.New(sqlerr.Data, sqlerr.Pos{}, "schema %d of the schema registry has no message at %v", id, path)
	}
	n, err := presences.compile(md, d.cols)
	if err != nil {
		return nil, &sqlerr.Error{Code: sqlerr.Data, Msg: fmt.Sprintf("schema %d of the schema registry", id), Err: err}
	}
	return n, nil
}

// at follows a path of messages; entries of maps do not count. nil if it leads nowhere.
func at(ms protoreflect.MessageDescriptors, path []int64) protoreflect.MessageDescriptor {
	n := int64(0)
	for i := range ms.Len() {
		m := ms.Get(i)
		switch {
		case m.IsMapEntry():
		case n == path[0] && len(path) == 1:
			return m
		case n == path[0]:
			return at(m.Messages(), path[1:])
		default:
			n++
		}
	}
	return nil
}

// compileSchema reads a schema with what it refers to.
func compileSchema(s *registry.Schema) (protoreflect.FileDescriptor, error) {
	const name = "schema of the registry.proto"
	files := map[string]string{name: s.Text}
	for _, p := range s.Parts {
		files[p.Name] = p.Text
	}
	f, err := compileSource(name, &protocompile.SourceResolver{Accessor: protocompile.SourceAccessorFromMap(files)})
	if err == nil && f.Messages().Len() == 0 {
		err = errors.New("it has no messages")
	}
	if err != nil {
		return nil, &sqlerr.Error{Code: sqlerr.Data, Msg: "the schema cannot be read as that of messages of Protocol Buffers", Err: err}
	}
	return f, nil
}

// writing gives the schema of what is written and its encoder.
func writing(s format.Schema, o format.Options) (text string, e format.MessageEncoder, err error) {
	if text = o.String("schema"); text == "" {
		if text, err = definition(registry.Subject(s, o), s.Columns); err != nil {
			return "", nil, err
		}
	}
	f, err := compileSchema(&registry.Schema{Text: text})
	if err != nil {
		return "", nil, &sqlerr.Error{Code: sqlerr.Option, Msg: "the option 'proto-registry.schema'", Err: err}
	}
	e, err = newEncoder(f.Messages().Get(0), allOf(s.Columns), o.String("write-null-string-literal"))
	return text, e, err
}

func newRegistered(s format.Schema, o format.Options) (format.MessageEncoder, error) {
	text, e, err := writing(s, o)
	if err != nil {
		return nil, err
	}
	return registry.NewWriter(&first{e}, registry.Protobuf, text, s, o)
}

// first writes messages of the first type of their schema.
type first struct{ e format.MessageEncoder }

// AppendMessage appends a row; see format.MessageEncoder.
func (f *first) AppendMessage(dst []byte, b *vec.Batch, r int) (_ []byte, null bool, err error) {
	return f.e.AppendMessage(append(dst, 0), b, r)
}
