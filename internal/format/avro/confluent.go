package avro

import (
	"context"

	"github.com/weir-stream/weir/internal/format"
	"github.com/weir-stream/weir/internal/registry"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/vec"
)

func registryOptions() []format.Option {
	return append(registry.Options(), format.Option{Key: "schema", Doc: "The Avro schema to write, instead of the one that follows from the columns; its fields must be the columns in their order."}, legacyOption)
}

// Confluent is the avro-confluent format.
func Confluent() *format.Spec {
	return &format.Spec{
		Name: "avro-confluent", Example: confluentExample,
		Doc: "Avro records that begin with the number of their schema in a schema registry. Fields are matched with columns by name: one that the writer's schema lacks is NULL, others are passed over, " +
			"so the schema may change from message to message as the registry's rules allow.",
		Options: registryOptions(),
		Check:   check,
		Registered: func(ctx context.Context, s format.Schema, o format.Options) (format.Registered, error) {
			return registeredSchema(ctx, s, o, fitsRecord(s))
		},
		Columns: latestColumns,
		NewMessageDecoder: func(s format.Schema, o format.Options) (format.MessageDecoder, error) {
			r, err := registry.New(o)
			if err != nil {
				return nil, err
			}
			return &confluent{decoder: decoder{want: s.Wanted()}, registry: r, programs: map[int]*program{}}, nil
		},
		NewMessageEncoder: func(s format.Schema, o format.Options) (format.MessageEncoder, error) {
			text, err := schemaText(s.Columns, o.Bool("timestamp_mapping.legacy"))
			if err != nil {
				return nil, err
			}
			e, err := newEncoder(s.Columns)
			if err != nil {
				return nil, err
			}
			return newRegistered(e, text, s, o)
		},
	}
}

// confluent reads records of schemas of a registry.
type confluent struct {
	decoder
	registry *registry.Client
	programs map[int]*program
}

// DecodeMessage appends a record; see format.MessageDecoder. A null message has none.
func (d *confluent) DecodeMessage(msg []byte, out *vec.Batch) error {
	if msg == nil {
		return nil
	}
	id, _, err := registry.Head(msg)
	if err != nil {
		return err
	}
	prog, ok := d.programs[id]
	if !ok {
		s, err := fetch(d.registry, id)
		if err != nil {
			return err
		}
		if prog, err = d.compile(s); err != nil {
			return err
		}
		d.programs[id] = prog
	}
	return d.record(prog, msg, len(msg)-len(rest(msg)), out, vec.Insert)
}

// rest is the message without its head, which was checked.
func rest(msg []byte) []byte {
	_, r, _ := registry.Head(msg)
	return r
}

// fetch reads a schema of the registry.
func fetch(r *registry.Client, id int) (*schema, error) {
	s, err := r.Of(id, registry.Avro)
	if err != nil {
		return nil, err
	}
	return parseParts(s)
}

// newRegistered writes messages that begin with the number of their schema: the given
// one, or that of the columns.
func newRegistered(e format.MessageEncoder, text string, s format.Schema, o format.Options) (format.MessageEncoder, error) {
	if given := o.String("schema"); given != "" {
		if err := sameShape(given, text); err != nil {
			return nil, err
		}
		text = given
	}
	return registry.NewWriter(e, registry.Avro, text, s, o)
}

// sameShape refuses a schema whose bytes would differ from those that the columns
// are written as.
func sameShape(given, own string) error {
	a, err := parse(given)
	if err != nil {
		return sqlerr.New(sqlerr.Option, sqlerr.Pos{}, "the option 'schema': %v", err)
	}
	b, err := parse(own)
	if err != nil {
		return err
	}
	if shape(a, a.root, "") != shape(b, b.root, "") {
		return sqlerr.New(sqlerr.Option, sqlerr.Pos{}, "the option 'schema' does not go with the columns of the table").
			WithHint("its fields must be the columns in their order, and those that may be NULL unions of null and the type; the columns' own schema is %s", own)
	}
	return nil
}
