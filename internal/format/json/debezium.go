package json

import (
	"github.com/weir-stream/weir/internal/format"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// Members of Debezium's messages.
const (
	debeziumBefore = iota
	debeziumAfter
	debeziumOp
	debeziumPayload
)

var ltz = types.TimestampLTZOf(3)

// Debezium is the debezium-json format.
func Debezium() *format.Spec {
	text := types.String()
	meta := func(key string, t types.Type, millis int64, doc string, path ...string) envelopeMeta {
		return envelopeMeta{format.Metadata{Key: key, Type: t, Doc: doc}, path, millis}
	}
	x := &dialect{
		name:    "debezium-json",
		example: debeziumExample,
		doc:     "Changes of a database as Debezium writes them in JSON: `before`, `after` and `op`. An update is a row that goes and one that comes. Null messages, which follow deletions, are passed over.",
		members: []string{"before", "after", "op", "payload"},
		options: []format.Option{{Key: "schema-include", Kind: format.BoolOption, Default: "false", Doc: "Messages hold their schema beside their `payload` (Kafka Connect's value.converter.schemas.enable). Such messages cannot be written."}},
		metadata: []envelopeMeta{
			meta("schema", text, 0, "The schema of the message, if it is included.", "schema"),
			meta("ingestion-timestamp", ltz, 1, "When Debezium handled the change.", "ts_ms"),
			meta("source.timestamp", ltz, 1, "When the database made the change.", "source", "ts_ms"),
			meta("source.database", text, 0, "The database.", "source", "db"),
			meta("source.schema", text, 0, "The schema of the table.", "source", "schema"),
			meta("source.table", text, 0, "The table.", "source", "table"),
			meta("source.properties", types.MapOf(text, text), 0, "All that `source` tells.", "source"),
		},
		rows: debeziumRows,
		append: func(e *encoder, b *vec.Batch, r int, add bool) error {
			if add {
				return e.surround(`{"before":null,"after":`, b, r, `,"op":"c"}`)
			}
			return e.surround(`{"before":`, b, r, `,"after":null,"op":"d"}`)
		},
	}
	s := dialectSpec(x)
	encode := s.NewMessageEncoder
	s.NewMessageEncoder = func(sc format.Schema, o format.Options) (format.MessageEncoder, error) {
		if o.Bool("schema-include") {
			return nil, noSchemas
		}
		return encode(sc, o)
	}
	return s
}

// debeziumRows reads the payload where there is a schema beside it.
func debeziumRows(d *Envelope, msg []byte, at []span, out *vec.Batch) error {
	if d.opts.Bool("schema-include") {
		p := at[debeziumPayload]
		if p.none(msg) {
			return without(p, "the message has no 'payload'", "leave out 'debezium-json.schema-include' if messages do not hold their schema")
		}
		if err := d.find(msg, p.from, d.x.members, at); err != nil {
			return err
		}
	}
	before, after := at[debeziumBefore], at[debeziumAfter]
	const replica = "the database does not tell the row as it was: ALTER TABLE .. REPLICA IDENTITY FULL in Postgres"
	switch op := d.text(msg, at[debeziumOp]); op {
	case "c", "r":
		if after.none(msg) {
			return without(at[debeziumOp], "an inserted row has no 'after'", "")
		}
		return d.row(msg, after, out, vec.Insert)
	case "u":
		if before.none(msg) {
			return without(at[debeziumOp], "an update has no 'before'", replica)
		}
		if after.none(msg) {
			return without(at[debeziumOp], "an update has no 'after'", "")
		}
		if err := d.row(msg, before, out, vec.UpdateBefore); err != nil {
			return err
		}
		return d.row(msg, after, out, vec.UpdateAfter)
	case "d":
		if before.none(msg) {
			return without(at[debeziumOp], "a deleted row has no 'before'", replica)
		}
		return d.row(msg, before, out, vec.Delete)
	case "":
		return without(at[debeziumOp], "the message has no 'op'", "if it holds its schema, set 'debezium-json.schema-include' = 'true'")
	case "t":
		return without(at[debeziumOp], "the table was truncated, and which rows are gone is not told", "Debezium leaves such messages out unless its 'skipped.operations' is changed from 't'; 'debezium-json.ignore-parse-errors' = 'true' passes over them")
	case "m": // a message of the log: no row
		return nil
	default:
		return unknownKind(at[debeziumOp], "op", op)
	}
}
