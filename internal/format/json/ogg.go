package json

import (
	"github.com/weir-stream/weir/internal/format"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// Ogg is the ogg-json format.
func Ogg() *format.Spec {
	text := types.String()
	return dialectSpec(&dialect{
		name:    "ogg-json",
		example: oggExample,
		doc:     "Changes of a database as Oracle GoldenGate writes them in JSON: `before`, `after` and `op_type`. An update is a row that goes and one that comes. A truncation is passed over.",
		members: []string{"before", "after", "op_type"},
		metadata: []envelopeMeta{
			{format.Metadata{Key: "table", Type: text, Doc: "The table."}, []string{"table"}, 0},
			{format.Metadata{Key: "primary-keys", Type: types.ArrayOf(text), Doc: "The columns of the primary key."}, []string{"primary_keys"}, 0},
			{format.Metadata{Key: "ingestion-timestamp", Type: ltz, Doc: "When GoldenGate handled the change."}, []string{"current_ts"}, 1},
			{format.Metadata{Key: "event-timestamp", Type: ltz, Doc: "When the database made the change."}, []string{"op_ts"}, 1},
		},
		rows: oggRows,
		append: func(e *encoder, b *vec.Batch, r int, add bool) error {
			if add {
				return e.surround(`{"before":null,"after":`, b, r, `,"op_type":"I"}`)
			}
			return e.surround(`{"before":`, b, r, `,"after":null,"op_type":"D"}`)
		},
	})
}

func oggRows(d *Envelope, msg []byte, at []span, out *vec.Batch) error {
	before, after, op := at[0], at[1], at[2]
	kind := d.text(msg, op)
	if (kind == "U" || kind == "D") && before.none(msg) {
		return without(op, "a row that changes has no 'before'", "GoldenGate must write the row as it was: GETUPDATEBEFORES")
	}
	if (kind == "U" || kind == "I") && after.none(msg) {
		return without(op, "a row that comes has no 'after'", "")
	}
	switch kind {
	case "I":
		return d.row(msg, after, out, vec.Insert)
	case "D":
		return d.row(msg, before, out, vec.Delete)
	case "U":
		if err := d.row(msg, before, out, vec.UpdateBefore); err != nil {
			return err
		}
		return d.row(msg, after, out, vec.UpdateAfter)
	case "T":
		return without(op, "the table was truncated, and which rows are gone is not told", "'ogg-json.ignore-parse-errors' = 'true' passes over such messages")
	case "":
		return without(op, "the message has no 'op_type'", "")
	}
	return unknownKind(op, "op_type", kind)
}
