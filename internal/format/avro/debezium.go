package avro

import (
	"context"
	"encoding/json"

	"github.com/twmb/avro"

	"github.com/weir-stream/weir/internal/format"
	"github.com/weir-stream/weir/internal/registry"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// Debezium is the debezium-avro-confluent format.
func Debezium() *format.Spec {
	return &format.Spec{
		Name: "debezium-avro-confluent", Example: debeziumExample,
		Doc: "Changes of a database as Debezium writes them in Avro, with their schemas in a schema registry: `before`, `after` and `op`. " +
			"An update is a row that goes and one that comes. Null messages, which follow deletions, are passed over.",
		Options: registryOptions(),
		Changes: true,
		Check:   check,
		Registered: func(ctx context.Context, s format.Schema, o format.Options) (format.Registered, error) {
			return registeredSchema(ctx, s, o, fitsEnvelope(s))
		},
		Columns: latestRows,
		NewMessageDecoder: func(s format.Schema, o format.Options) (format.MessageDecoder, error) {
			r, err := registry.New(o)
			if err != nil {
				return nil, err
			}
			return &changes{decoder: decoder{want: s.Wanted()}, registry: r, envelopes: map[int]*envelope{}}, nil
		},
		NewMessageEncoder: newChangeEncoder,
	}
}

// changes reads envelopes of schemas of a registry.
type changes struct {
	decoder
	registry  *registry.Client
	envelopes map[int]*envelope
}

// envelope is the compiled schema of one: how to pass over each field, and how to
// read the rows.
type envelope struct {
	fields        []envelopeField
	before, after row
}

type envelopeField struct {
	role role
	skip skip
	// branches of a union that are rows; -1 for a field that is no union.
	branch int64
}

type row struct{ prog *program }

type role uint8

const (
	passed role = iota
	isBefore
	isAfter
	isOp
)

var roles = map[string]role{"before": isBefore, "after": isAfter, "op": isOp}

// compileEnvelope finds the members of an envelope.
func (d *changes) compileEnvelope(s *schema) (*envelope, error) {
	root := s.resolve(s.root)
	c := newCompiler(s)
	e := &envelope{}
	for i := range root.Fields {
		f := &root.Fields[i]
		x := envelopeField{role: roles[f.Name], skip: c.skipper(&f.Type), branch: -1}
		var err error
		switch x.role {
		case isBefore:
			e.before.prog, x.branch, err = d.rowProgram(c, &f.Type)
		case isAfter:
			e.after.prog, x.branch, err = d.rowProgram(c, &f.Type)
		case isOp:
			x.branch = branchOf(s, &f.Type, "string")
		}
		if err != nil {
			return nil, err
		}
		e.fields = append(e.fields, x)
	}
	if e.before.prog == nil || e.after.prog == nil {
		return nil, sqlerr.New(sqlerr.Data, sqlerr.Pos{}, "the Avro schema has no rows in 'before' and 'after', as those of Debezium do").
			WithHint("if its records are rows themselves, the format is 'avro-confluent'")
	}
	return e, nil
}

// branchOf is the branch of a union that is of a kind, -1 for a type that is none.
func branchOf(s *schema, n *avro.SchemaNode, kind string) int64 {
	n = s.resolve(n)
	if n.Type != "union" {
		return -1
	}
	for i := range n.Branches {
		if s.resolve(&n.Branches[i]).Type == kind {
			return int64(i)
		}
	}
	return -2 // none
}

// rowProgram compiles the row in a member; nil if it has none.
func (d *changes) rowProgram(c *compiler, n *avro.SchemaNode) (*program, int64, error) {
	n = c.resolve(n)
	branch := branchOf(c.schema, n, "record")
	switch {
	case branch >= 0:
		n = c.resolve(&n.Branches[branch])
	case n.Type != "record":
		return nil, branch, nil
	}
	steps, missing, err := c.record(n, d.want, "")
	return &program{steps, missing}, branch, err
}

// DecodeMessage appends the rows of a change; see format.MessageDecoder.
func (d *changes) DecodeMessage(msg []byte, out *vec.Batch) error {
	if len(msg) == 0 {
		return nil
	}
	id, body, err := registry.Head(msg)
	if err != nil {
		return err
	}
	e, ok := d.envelopes[id]
	if !ok {
		s, err := fetch(d.registry, id)
		if err != nil {
			return err
		}
		if e, err = d.compileEnvelope(s); err != nil {
			return err
		}
		d.envelopes[id] = e
	}
	before, after, op, err := e.find(&d.in, body)
	if err != nil {
		return err
	}
	from := out.N
	if err := d.rows(e, body, before, after, op, out); err != nil {
		for _, c := range out.Cols {
			c.Truncate(from)
		}
		if out.N = from; len(out.Kinds) > from {
			out.Kinds = out.Kinds[:from]
		}
		return err
	}
	return nil
}

// find gives where the rows begin, -1 for those that are null, and the kind of the
// change.
func (e *envelope) find(in *input, body []byte) (before, after int, op string, err error) {
	in.src, in.p, in.fault = body, 0, ""
	before, after = -1, -1
	for i := range e.fields {
		f := &e.fields[i]
		if f.role == passed {
			f.skip(in)
			continue
		}
		start, at := in.p, in.p
		if f.branch != -1 {
			if in.long() == f.branch {
				at = in.p
			} else {
				at = -1
			}
			in.p = start
		}
		switch f.role {
		case isBefore:
			before = at
		case isAfter:
			after = at
		case isOp:
			if at >= 0 {
				in.p = at
				op = string(in.bytes(in.long()))
				in.p = start
			}
		}
		f.skip(in)
	}
	if in.fault != "" {
		err = sqlerr.New(sqlerr.Data, sqlerr.Pos{}, "%s", in.fault)
	}
	return before, after, op, err
}

func (d *changes) rows(e *envelope, body []byte, before, after int, op string, out *vec.Batch) error {
	const replica = "the database does not tell the row as it was: ALTER TABLE .. REPLICA IDENTITY FULL in Postgres"
	bad := func(what, hint string) error {
		return sqlerr.New(sqlerr.Data, sqlerr.Pos{}, "%s", what).WithHint("%s", hint)
	}
	switch op {
	case "c", "r":
		if after < 0 {
			return sqlerr.New(sqlerr.Data, sqlerr.Pos{}, "an inserted row has no 'after'")
		}
		return d.record(e.after.prog, body, after, out, vec.Insert)
	case "u":
		if before < 0 {
			return bad("an update has no 'before'", replica)
		}
		if after < 0 {
			return sqlerr.New(sqlerr.Data, sqlerr.Pos{}, "an update has no 'after'")
		}
		if err := d.record(e.before.prog, body, before, out, vec.UpdateBefore); err != nil {
			return err
		}
		return d.record(e.after.prog, body, after, out, vec.UpdateAfter)
	case "d":
		if before < 0 {
			return bad("a deleted row has no 'before'", replica)
		}
		return d.record(e.before.prog, body, before, out, vec.Delete)
	case "t":
		return bad("the table was truncated, and which rows are gone is not told", "Debezium leaves such messages out unless its 'skipped.operations' is changed from 't'")
	case "m":
		return nil
	}
	return sqlerr.New(sqlerr.Data, sqlerr.Pos{}, "'op' is %s, which is no kind of change", format.Quote([]byte(op)))
}

// newChangeEncoder writes envelopes; the halves of an update are a row that goes and
// one that comes.
func newChangeEncoder(s format.Schema, o format.Options) (format.MessageEncoder, error) {
	fields := make([]types.Field, len(s.Columns))
	for i, c := range s.Columns {
		fields[i] = types.Field{Name: c.Name, Type: c.Type}
	}
	whole := types.RowOf(fields...)
	schema, err := schemaOf([]format.Column{{Name: "before", Type: whole}, {Name: "after", Type: whole}, {Name: "op", Type: types.String()}}, o.Bool("timestamp_mapping.legacy"))
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(schema)
	if err != nil {
		return nil, err
	}
	e, err := newEncoder(s.Columns)
	if err != nil {
		return nil, err
	}
	return newRegistered(&changeEncoder{e}, string(text), s, o)
}

type changeEncoder struct{ e *encoder }

// Branches of the unions of an envelope, as they are written.
const (
	nullBranch  = 0
	valueBranch = 2
)

// AppendMessage appends a change; see format.MessageEncoder.
func (c *changeEncoder) AppendMessage(dst []byte, b *vec.Batch, r int) (_ []byte, null bool, err error) {
	k := b.Kind(r)
	add := k == vec.Insert || k == vec.UpdateAfter
	op := "d"
	if add {
		op = "c"
		dst = append(dst, nullBranch)
	}
	dst = append(dst, valueBranch)
	if dst, _, err = c.e.AppendMessage(dst, b, r); err != nil {
		return dst, false, err
	}
	if !add {
		dst = append(dst, nullBranch)
	}
	return appendText(append(dst, valueBranch), op), false, nil
}
