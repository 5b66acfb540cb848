package avro

import (
	"context"
	"strings"

	"github.com/weir-stream/weir/internal/format"
	"github.com/weir-stream/weir/internal/registry"
	"github.com/weir-stream/weir/internal/sqlerr"
)

// registeredSchema asks the registry for the newest schema of a subject; see
// format.Spec.Registered.
func registeredSchema(ctx context.Context, s format.Schema, o format.Options, fits func(*schema) ([]int, error)) (format.Registered, error) {
	r, err := registry.New(o)
	if err != nil {
		return format.Registered{}, err
	}
	if x := o.String("subject"); x != "" {
		s.Subject = x
	}
	out, err := r.Latest(ctx, s.Subject)
	if err != nil || out.Version == 0 {
		return out, err
	}
	if out.Type != "AVRO" {
		return out, sqlerr.New(sqlerr.Data, sqlerr.Pos{}, "the schema of the subject %s is one of %s, not of Avro", out.Subject, out.Type).
			WithHint("set the format that the messages have, or the option 'subject'")
	}
	parsed, err := parse(out.Text)
	if err != nil {
		return out, err
	}
	missing, err := fits(parsed)
	if err != nil || len(missing) == 0 {
		return out, err
	}
	var names []string
	for _, m := range missing {
		names = append(names, "`"+s.Columns[s.Want[m]].Name+"`")
	}
	return out, sqlerr.New(sqlerr.Data, sqlerr.Pos{}, "the schema of the subject %s (version %d) lacks the columns %s, which are NULL", out.Subject, out.Version, strings.Join(names, ", ")).
		WithHint("take them out of the table, or correct their names: fields are matched by name, and case counts")
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
