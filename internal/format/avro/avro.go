// Package avro reads and writes Avro in columns.
//
// A schema that data was written with is compiled, once, into steps that append each
// field to its column, or pass over it where nobody wants it; schemas themselves are
// read by a library. The values of a message are not checked beyond what keeps
// reading inside of it: Avro's bytes mean nothing without the schema, and with a
// wrong one they often mean something else.
package avro

import (
	"github.com/weir-stream/weir/internal/format"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

var legacyOption = format.Option{Key: "timestamp_mapping.legacy", Kind: format.BoolOption, Default: "true",
	Doc: "TIMESTAMP is written as Avro's timestamp, which is an instant, as if it were in UTC; false: as its local-timestamp, which is what it is. TIMESTAMP_LTZ is always a timestamp."}

// Spec is the avro format.
func Spec() *format.Spec {
	return &format.Spec{
		Name: "avro", Example: example,
		Doc: "Avro. A message is a record in binary, without a header; its schema is the one that Flink derives from the table's columns, so it must have been written with the same. " +
			"Files are object container files, which hold their schema: columns are matched by name, and one that a file lacks is NULL.",
		Extensions: []string{".avro"},
		Options: []format.Option{
			{Key: "encoding", Kind: format.EnumOption, Enum: []string{"binary", "json"}, Default: "binary", Doc: "How messages are encoded: json is Avro's JSON encoding, which names the branches of unions. Files are always binary."},
			{Key: "codec", Kind: format.EnumOption, Enum: []string{"null", "deflate", "snappy", "zstandard"}, Default: "snappy", Doc: "How the blocks of written files are compressed. Files with these and with bzip2 are read; xz is not supported."},
			legacyOption,
		},
		Check:             check,
		NewMessageDecoder: newDecoder,
		NewMessageEncoder: newMessageEncoder,
		Parts:             parts,
		OpenFile:          openFile,
		Infer:             inferFile,
		NewEncoder:        newFileEncoder,
	}
}

func newDecoder(s format.Schema, o format.Options) (format.MessageDecoder, error) {
	w, err := derived(s.Columns, o)
	if err != nil {
		return nil, err
	}
	d := decoder{want: s.Wanted()}
	if d.prog, err = d.compile(w); err != nil {
		return nil, err
	}
	if o.String("encoding") == "json" {
		return &textDecoder{decoder: d, schema: w.lib}, nil
	}
	return &d, nil
}

func newMessageEncoder(s format.Schema, o format.Options) (format.MessageEncoder, error) {
	e, err := newEncoder(s.Columns)
	if err != nil || o.String("encoding") != "json" {
		return e, err
	}
	w, err := derived(s.Columns, o)
	if err != nil {
		return nil, err
	}
	return &textEncoder{e: e, schema: w.lib}, nil
}

// derived gives the schema that follows from columns.
func derived(cols []format.Column, o format.Options) (*schema, error) {
	text, err := schemaText(cols, o.Bool("timestamp_mapping.legacy"))
	if err != nil {
		return nil, err
	}
	return parse(text)
}

// check refuses columns that Avro cannot hold.
func check(cols []format.Column) error {
	_, err := schemaOf(cols, true)
	return err
}

// program reads the records of a schema.
type program struct {
	steps   []step
	missing []int
}

// decoder reads records of one schema.
type decoder struct {
	want  []types.Field
	prog  *program
	in    input
	stats format.Stats
}

// compile makes the program of a schema.
func (d *decoder) compile(s *schema) (*program, error) {
	root := s.resolve(s.root)
	if root.Type != "record" {
		return nil, sqlerr.New(sqlerr.Data, sqlerr.Pos{}, "the Avro schema is %s, not a record", root.Type)
	}
	c := newCompiler(s)
	steps, missing, err := c.record(root, d.want, "")
	return &program{steps, missing}, err
}

func (d *decoder) Stats() format.Stats { return d.stats }

// DecodeMessage appends a record; see format.MessageDecoder. A null message has none.
func (d *decoder) DecodeMessage(msg []byte, out *vec.Batch) error {
	if msg == nil {
		return nil
	}
	return d.record(d.prog, msg, 0, out, vec.Insert)
}

// record appends the record that begins at p of a message.
func (d *decoder) record(prog *program, msg []byte, p int, out *vec.Batch, kind vec.Kind) error {
	in := &d.in
	in.src, in.p, in.fault = msg, p, ""
	run(in, prog.steps, prog.missing, out.Cols[:len(d.want)])
	in.src = nil
	if in.fault != "" {
		for _, c := range out.Cols {
			c.Truncate(out.N)
		}
		return sqlerr.New(sqlerr.Data, sqlerr.Pos{}, "%s", in.fault).WithHint("was the message written with this schema?")
	}
	out.AppendKind(kind)
	out.N++
	d.stats.Records++
	return nil
}
