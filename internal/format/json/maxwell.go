package json

import (
	"github.com/weir-stream/weir/internal/format"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// Maxwell is the maxwell-json format.
func Maxwell() *format.Spec {
	text := types.String()
	return dialectSpec(&dialect{
		name:    "maxwell-json",
		example: maxwellExample,
		doc:     "Changes of MySQL as Maxwell's daemon writes them in JSON: a row in `data`, what it was in `old`, and `type`. An update is a row that goes and one that comes. Changes of tables (DDL) are passed over.",
		members: []string{"data", "old", "type", "database", "table"},
		metadata: []envelopeMeta{
			{format.Metadata{Key: "database", Type: text, Doc: "The database."}, []string{"database"}, 0},
			{format.Metadata{Key: "table", Type: text, Doc: "The table."}, []string{"table"}, 0},
			{format.Metadata{Key: "primary-key-columns", Type: types.ArrayOf(text), Doc: "The columns of the primary key."}, []string{"primary_key_columns"}, 0},
			{format.Metadata{Key: "ingestion-timestamp", Type: ltz, Doc: "When Maxwell handled the change."}, []string{"ts"}, 1000},
		},
		rows: maxwellRows,
		append: func(e *encoder, b *vec.Batch, r int, add bool) error {
			if add {
				return e.surround(`{"data":`, b, r, `,"type":"insert"}`)
			}
			return e.surround(`{"data":`, b, r, `,"type":"delete"}`)
		},
	})
}

func maxwellRows(d *Envelope, msg []byte, at []span, out *vec.Batch) error {
	data := at[captureData]
	typ := d.text(msg, at[captureType])
	switch typ {
	case "insert", "bootstrap-insert", "update", "delete":
		if data.none(msg) {
			return without(at[captureType], "the message has no 'data'", "")
		}
	}
	switch typ {
	case "insert", "bootstrap-insert":
		return d.row(msg, data, out, vec.Insert)
	case "delete":
		return d.row(msg, data, out, vec.Delete)
	case "update":
		if at[captureOld].none(msg) {
			return without(at[captureType], "an update has no 'old'", fullImages)
		}
		return d.update(msg, at[captureOld], data, out)
	case "bootstrap-start", "bootstrap-complete", "table-create", "table-alter", "table-drop", "database-create", "database-alter", "database-drop":
		return nil
	case "":
		return without(at[captureType], "the message has no 'type'", "")
	}
	return unknownKind(at[captureType], "type", typ)
}
