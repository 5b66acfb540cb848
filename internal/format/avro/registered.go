package avro

import (
	"context"

	"github.com/weir-stream/weir/internal/format"
	"github.com/weir-stream/weir/internal/registry"
	"github.com/weir-stream/weir/internal/sqlerr"
)

// registeredSchema asks the registry for the newest schema of a subject; see
// format.Spec.Registered.
func registeredSchema(ctx context.Context, s format.Schema, o format.Options, fits func(*schema) ([]int, error)) (format.Registered, error) {
	return registry.Registered(ctx, registry.Avro, s, o, func(x *registry.Schema) ([]int, error) {
		parsed, err := parseParts(x)
		if err != nil {
			return nil, err
		}
		return fits(parsed)
	})
}

// fitsRecord compiles a schema of records.
func fitsRecord(s format.Schema) func(*schema) ([]int, error) {
	return func(x *schema) ([]int, error) {
		p, err := (&decoder{want: s.Wanted()}).compile(x)
		if err != nil {
			return nil, err
		}
		return p.missing, nil
	}
}

// fitsEnvelope compiles a schema of changes.
func fitsEnvelope(s format.Schema) func(*schema) ([]int, error) {
	return func(x *schema) ([]int, error) {
		if root := x.resolve(x.root); root.Type != "record" {
			return nil, sqlerr.New(sqlerr.Data, sqlerr.Pos{}, "the Avro schema is %s, not a record", root.Type)
		}
		e, err := (&changes{decoder: decoder{want: s.Wanted()}}).compileEnvelope(x)
		if err != nil {
			return nil, err
		}
		if e.after.prog == nil {
			return nil, sqlerr.New(sqlerr.Data, sqlerr.Pos{}, "the Avro schema has no 'after', which changes of Debezium have").WithHint("the format may be 'avro-confluent'")
		}
		return e.after.prog.missing, nil
	}
}
