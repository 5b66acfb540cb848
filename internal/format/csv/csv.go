// Package csv reads and writes comma-separated values in columns.
//
// The reader cuts lines with the vectorised byte search of the standard library
// and fields with an eight-bytes-at-a-time one. It looks for quotes once per
// chunk and not once per byte: as long as the next quote lies beyond the line,
// the line is split at its delimiters and nothing else. Only lines with quotes
// or escapes take the slow path, which follows Jackson's reading of CSV, as
// Flink does. Columns that the query does not need are counted and not read.
package csv

import (
	"strconv"
	"strings"

	"github.com/weir-stream/weir/internal/format"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
)

// Spec is the csv format.
func Spec() *format.Spec {
	return &format.Spec{
		Name:         "csv",
		Example:      example,
		Doc:          "Comma-separated values, a record a line. Columns are matched by position. An empty field of a column that is not text is NULL; empty text stays empty unless null-literal says otherwise. A VARIANT is JSON text, a BITMAP its portable Roaring bytes in base64.",
		Extensions:   []string{".csv", ".tsv"},
		Options:      options,
		NewDecoder:   newDecoder,
		NewEncoder:   newEncoder,
		Infer:        infer,
		InferOptions: inferOptions,
		Lines:        func(o format.Options) bool { return o != nil && o.Bool("disable-quote-character") && !o.Bool("header") },
		Check:        check,

		InferMessages:     inferMessages,
		NewMessageDecoder: newMessageDecoder,
		NewMessageEncoder: newMessageEncoder,
	}
}

var options = []format.Option{
	{Key: "field-delimiter", Default: ",", Doc: "The character between fields; '\\t' and '\\u0001' are understood."},
	{Key: "disable-quote-character", Kind: format.BoolOption, Default: "false", Doc: "Quotes are ordinary characters. Files are then read in parallel pieces."},
	{Key: "quote-character", Default: "\"", Doc: "The character around fields that hold delimiters or line ends; doubled inside."},
	{Key: "allow-comments", Kind: format.BoolOption, Default: "false", Doc: "Lines that begin with '#' are passed over."},
	{Key: "ignore-parse-errors", Kind: format.BoolOption, Default: "false",
		Doc: "Fields that cannot be read become NULL and records with too many fields are dropped, instead of failing; they are counted."},
	{Key: "array-element-delimiter", Default: ";", Doc: "The character between the elements of an ARRAY or the fields of a ROW."},
	{Key: "escape-character", Doc: "A character that takes the special meaning from the next one. None by default."},
	{Key: "null-literal", Doc: "The text that stands for NULL. None by default when reading; NULL is written as an empty field."},
	{Key: "write-bigdecimal-in-scientific-notation", Kind: format.BoolOption, Default: "true",
		Doc: "Accepted for compatibility: DECIMALs are written plainly, which every reader takes."},
	{Key: "header", Kind: format.BoolOption, Default: "false", Doc: "The first line of a file names the columns: it is passed over when reading and written first when writing. Not in Flink."},
}

// dialect is the checked options.
type dialect struct {
	delim, quote, escape, element byte
	quoted, escaped               bool
	comments, ignore, header      bool
	null                          []byte // nil = none
}

func dialectOf(o format.Options) (d dialect, err error) {
	one := func(key string) (byte, error) {
		s := unescape(o.String(key))
		if len(s) != 1 {
			return 0, sqlerr.New(sqlerr.Option, sqlerr.Pos{}, "the option 'csv.%s' is a single character, not '%s'", key, o.String(key)).
				WithHint("characters beyond ASCII are not supported here")
		}
		return s[0], nil
	}
	if d.delim, err = one("field-delimiter"); err != nil {
		return d, err
	}
	if d.element, err = one("array-element-delimiter"); err != nil {
		return d, err
	}
	if d.quoted = !o.Bool("disable-quote-character"); d.quoted {
		if d.quote, err = one("quote-character"); err != nil {
			return d, err
		}
	}
	if o.IsSet("escape-character") {
		if d.escape, err = one("escape-character"); err != nil {
			return d, err
		}
		d.escaped = true
	}
	if o.IsSet("null-literal") {
		d.null = []byte(o.String("null-literal"))
	}
	d.comments, d.ignore, d.header = o.Bool("allow-comments"), o.Bool("ignore-parse-errors"), o.Bool("header")
	return d, nil
}

// unescape reads Java's escapes in an option, as Flink does.
func unescape(s string) string {
	if !strings.Contains(s, "\\") || s == "\\" {
		return s
	}
	if u, err := strconv.Unquote(`"` + strings.ReplaceAll(s, `"`, `\"`) + `"`); err == nil {
		return u
	}
	return s
}

// check refuses types that a field cannot hold.
func check(cols []format.Column) error {
	for _, c := range cols {
		if err := checkType(c.Name, c.Type, true); err != nil {
			return err
		}
	}
	return nil
}

func checkType(name string, t types.Type, nested bool) error {
	switch {
	case t.Kind == types.Array && nested:
		return checkType(name, *t.Elem, false)
	case t.Kind == types.Row && nested:
		for _, f := range t.Fields {
			if err := checkType(name, f.Type, false); err != nil {
				return err
			}
		}
		return nil
	case t.IsNested():
		return sqlerr.New(sqlerr.Unsupported, sqlerr.Pos{}, "the format csv cannot hold the column %s of type %s", name, t).
			WithHint("an ARRAY or ROW of plain values is as far as it goes; json holds any type")
	}
	return nil
}
