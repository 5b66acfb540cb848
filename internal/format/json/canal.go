package json

import (
	"regexp"

	"github.com/weir-stream/weir/internal/format"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

var noSchemas = sqlerr.New(sqlerr.Unsupported, sqlerr.Pos{}, "messages with their schema ('schema-include' = 'true') cannot be written")

// Members of the messages of Canal and Maxwell.
const (
	captureData = iota
	captureOld
	captureType
	captureDatabase
	captureTable
	captureIsDDL
	captureKeys
)

// Canal is the canal-json format.
func Canal() *format.Spec {
	text := types.String()
	x := &dialect{
		name:    "canal-json",
		example: canalExample,
		doc:     "Changes of MySQL as Canal (and TiCDC) write them in JSON: rows in `data`, what they were in `old`, and `type`. An update is a row that goes and one that comes. Changes of tables (DDL) are passed over, but for those that empty them: which rows are gone is not told, so they are errors.",
		members: []string{"data", "old", "type", "database", "table", "isDdl", "pkNames"},
		options: []format.Option{
			{Key: "database.include", Doc: "A regular expression: only changes of databases whose whole name matches are read."},
			{Key: "table.include", Doc: "A regular expression: only changes of tables whose whole name matches are read."},
		},
		metadata: []envelopeMeta{
			{format.Metadata{Key: "database", Type: text, Doc: "The database."}, []string{"database"}, 0},
			{format.Metadata{Key: "table", Type: text, Doc: "The table."}, []string{"table"}, 0},
			{format.Metadata{Key: "sql-type", Type: types.MapOf(text, types.Of(types.Int)), Doc: "The JDBC types of the columns."}, []string{"sqlType"}, 0},
			{format.Metadata{Key: "pk-names", Type: types.ArrayOf(text), Doc: "The columns of the primary key."}, []string{"pkNames"}, 0},
			{format.Metadata{Key: "ingestion-timestamp", Type: ltz, Doc: "When Canal handled the change."}, []string{"ts"}, 1},
			{format.Metadata{Key: "event-timestamp", Type: ltz, Doc: "When the database made the change."}, []string{"es"}, 1},
		},
		append: func(e *encoder, b *vec.Batch, r int, add bool) error {
			if add {
				return e.surround(`{"data":[`, b, r, `],"type":"INSERT"}`)
			}
			return e.surround(`{"data":[`, b, r, `],"type":"DELETE"}`)
		},
	}
	s := dialectSpec(x)
	s.NewMessageDecoder = func(sc format.Schema, o format.Options) (format.MessageDecoder, error) {
		only, err := newOnly(o)
		if err != nil {
			return nil, err
		}
		y := *x
		y.rows = func(d *Envelope, msg []byte, at []span, out *vec.Batch) error {
			if !only.has(d.text(msg, at[captureDatabase]), d.text(msg, at[captureTable])) {
				return nil
			}
			return canalRows(d, msg, at, out)
		}
		return newEnvelope(&y, sc, o)
	}
	return s
}

// only is the databases and tables that are read.
type only struct{ database, table *regexp.Regexp }

func newOnly(o format.Options) (x only, err error) {
	for _, f := range []struct {
		key string
		re  **regexp.Regexp
	}{{"database.include", &x.database}, {"table.include", &x.table}} {
		if !o.IsSet(f.key) {
			continue
		}
		if *f.re, err = regexp.Compile("^(?:" + o.String(f.key) + ")$"); err != nil {
			return x, sqlerr.New(sqlerr.Option, sqlerr.Pos{}, "the option 'canal-json.%s' is not a regular expression: %v", f.key, err)
		}
	}
	return x, nil
}

func (x only) has(database, table string) bool {
	return (x.database == nil || x.database.MatchString(database)) && (x.table == nil || x.table.MatchString(table))
}

// fullImages is what to do where MySQL logs rows in part.
const fullImages = "the database must log whole rows: SET GLOBAL binlog_row_image = 'FULL' in MySQL"

func canalRows(d *Envelope, msg []byte, at []span, out *vec.Batch) error {
	typ := d.text(msg, at[captureType])
	if ddl := at[captureIsDDL]; !ddl.none(msg) && msg[ddl.from] == 't' && typ != "TRUNCATE" && typ != "ERASE" {
		return nil
	}
	switch typ {
	case "INSERT":
		return d.each(msg, at[captureData], func(_ int, s span) error { return d.row(msg, s, out, vec.Insert) })
	case "DELETE":
		return d.each(msg, at[captureData], func(_ int, s span) error { return d.row(msg, s, out, vec.Delete) })
	case "UPDATE":
		var olds []span
		if err := d.each(msg, at[captureOld], func(_ int, s span) error { olds = append(olds, s); return nil }); err != nil {
			return err
		}
		return d.each(msg, at[captureData], func(i int, s span) error {
			if i >= len(olds) {
				return without(s, "an updated row has no counterpart in 'old'", "")
			}
			if keys := at[captureKeys]; keys.none(msg) && d.empty(msg, olds[i]) {
				return without(s, "an update has an empty 'old' and no key", fullImages)
			}
			return d.update(msg, olds[i], s, out)
		})
	case "TRUNCATE", "ERASE":
		return without(at[captureType], "the table was truncated or dropped, and which rows are gone is not told",
			"'canal-json.table.include' tells which tables are read; 'canal-json.ignore-parse-errors' = 'true' passes over such messages")
	case "CREATE", "ALTER", "RENAME", "CINDEX", "DINDEX", "QUERY":
		return nil // of a table, not of its rows
	case "":
		return without(at[captureType], "the message has no 'type'", "")
	default:
		return unknownKind(at[captureType], "type", typ)
	}
}
