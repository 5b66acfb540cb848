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
		Doc: "Avro records in binary, without a header; their schema is the one that Flink derives from the table's columns, so they must have been written with the same.",
		Options: []format.Option{
			{Key: "encoding", Kind: format.EnumOption, Enum: []string{"binary"}, Default: "binary", Doc: "Avro's JSON encoding is not supported."},
			legacyOption,
		},
		Check: check,
		NewMessageDecoder: func(s format.Schema, o format.Options) (format.MessageDecoder, error) {
			text, err := schemaText(s.Columns, o.Bool("timestamp_mapping.legacy"))
			if err != nil {
				return nil, err
			}
			w, err := parse(text)
			if err != nil {
				return nil, err
			}
			d := &decoder{want: wanted(s)}
			d.prog, err = d.compile(w)
			return d, err
		},
		NewMessageEncoder: func(s format.Schema, o format.Options) (format.MessageEncoder, error) {
			return newEncoder(s.Columns)
		},
	}
}

// check refuses columns that Avro cannot hold.
func check(cols []format.Column) error {
	_, err := schemaOf(cols, true)
	return err
}

// wanted gives the columns to decode.
func wanted(s format.Schema) []types.Field {
	out := make([]types.Field, len(s.Want))
	for i, w := range s.Want {
		out[i] = types.Field{Name: s.Columns[w].Name, Type: s.Columns[w].Type}
	}
	return out
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
