// Package protobuf reads and writes messages of Protocol Buffers in columns.
//
// A message type is compiled, once, into a tree of nodes that mirrors the columns
// somebody wants: a field's number leads to the vector that its value is appended to,
// and all other fields are passed over by their wire type. No message object exists.
// What the wire allows is kept to: fields come in any order, a later value replaces an
// earlier one, parts of one message are merged, lists may lie packed or not.
//
// Schemas are read by libraries, from .proto files, from descriptors, or from a schema
// registry: there are no Java classes to ask.
package protobuf

import (
	"github.com/weir-stream/weir/internal/format"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

var (
	ignoreOption = format.Option{Key: "ignore-parse-errors", Kind: format.BoolOption, Default: "false",
		Doc: "Messages that cannot be read are passed over and counted, instead of failing."}
	nullOption = format.Option{Key: "write-null-string-literal", Default: "",
		Doc: "The text that is written for a NULL in an array or a map of texts, which cannot hold one."}
)

// Spec is the protobuf format.
func Spec() *format.Spec {
	return &format.Spec{
		Name: "protobuf", Example: example,
		Doc: "Messages of Protocol Buffers, proto2, proto3 and editions. Columns are matched with fields by name. An enum is a text or a number, a message a ROW, a map a MAP, a repeated field an ARRAY; " +
			"lists and messages that are not there are NULL, and so are other fields of proto2; those of proto3 have their default, as in Flink. " +
			"google.protobuf.Timestamp is ROW<seconds BIGINT, nanos INT>, as in Flink, or a TIMESTAMP or TIMESTAMP_LTZ; google.protobuf's wrappers may be plain columns, google.type.Date a DATE, google.type.TimeOfDay a TIME, confluent.type.Decimal a DECIMAL. " +
			"There are no Java classes: 'descriptor-file' or 'proto-file', which Flink does not have, says where the message is defined. Groups are not supported.",
		Options: []format.Option{
			{Key: "message-class-name", Required: true, Doc: "The message: its full name, or that of its Java class with '$' or '.' before the names of inner ones."},
			{Key: "descriptor-file", Extension: true, Doc: "A file with the definition: a FileDescriptorSet, as `protoc --include_imports --descriptor_set_out` writes it. An extension."},
			{Key: "proto-file", Extension: true, Doc: "A .proto file with the definition. An extension."},
			{Key: "proto-path", Extension: true, Doc: "The folders in which imports of the .proto file are looked for, with ';' between them. By default the file's own. An extension."},
			ignoreOption,
			{Key: "read-default-values", Kind: format.BoolOption, Default: "false",
				Doc: "Fields that a message does not have are read as their default values, not as NULL; lists as empty ones. Fields of proto3 that are no messages and no lists always are."},
			nullOption,
		},
		CheckMessages: func(cols []format.Column, o format.Options) error {
			md, err := loadMessage(o)
			if err != nil {
				return err
			}
			_, err = rulesOf(md, o).compile(md, allOf(cols))
			return err
		},
		Columns: func(_ format.Schema, o format.Options) ([]format.Column, error) {
			md, err := loadMessage(o)
			if err != nil {
				return nil, err
			}
			return columnsOf(md)
		},
		NewMessageDecoder: func(s format.Schema, o format.Options) (format.MessageDecoder, error) {
			md, err := loadMessage(o)
			if err != nil {
				return nil, err
			}
			d := &decoder{ignore: o.Bool("ignore-parse-errors")}
			d.root, err = rulesOf(md, o).compile(md, s.Wanted())
			return d, err
		},
		NewMessageEncoder: func(s format.Schema, o format.Options) (format.MessageEncoder, error) {
			md, err := loadMessage(o)
			if err != nil {
				return nil, err
			}
			return newEncoder(md, allOf(s.Columns), o.String("write-null-string-literal"))
		},
	}
}

func allOf(cols []format.Column) []types.Field {
	out := make([]types.Field, len(cols))
	for i, c := range cols {
		out[i] = types.Field{Name: c.Name, Type: c.Type}
	}
	return out
}

// decoder reads messages of one type.
type decoder struct {
	root   *node
	in     input
	ignore bool
	stats  format.Stats
}

func (d *decoder) Stats() format.Stats { return d.stats }

// DecodeMessage appends a row; see format.MessageDecoder. A null message has none.
func (d *decoder) DecodeMessage(msg []byte, out *vec.Batch) error {
	if msg == nil {
		return nil
	}
	return d.decode(d.root, msg, 0, out)
}

// decode appends the message that begins at byte p.
func (d *decoder) decode(root *node, msg []byte, p int, out *vec.Batch) error {
	in := &d.in
	in.src, in.p, in.end, in.fault = msg, p, len(msg), ""
	root.run(in, out.Cols, out.N)
	in.src = nil
	if in.fault != "" {
		for _, c := range out.Cols {
			c.Truncate(out.N)
		}
		return d.failed(format.BadMessage(in.at, in.fault))
	}
	out.AppendKind(vec.Insert)
	out.N++
	d.stats.Records++
	return nil
}

// failed gives the error of a message, or counts it.
func (d *decoder) failed(err error) error {
	if !d.ignore {
		if x, ok := err.(*sqlerr.Error); ok && x.Hint == "" {
			return x.WithHint("was the message written with this schema?")
		}
		return err
	}
	d.stats.ParseErrors++
	if d.stats.FirstError == "" {
		d.stats.FirstError = err.Error()
	}
	return nil
}
