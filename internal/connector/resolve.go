package connector

import (
	"strings"

	"github.com/weir-stream/weir/internal/format"
	"github.com/weir-stream/weir/internal/sqlerr"
)

// Resolved is the checked options of a table, of its connector and its formats.
type Resolved struct {
	Options    format.Options
	Format     *format.Spec // of rows or, in a table with keys, of values; nil if the table names none
	FormatOpts format.Options
	KeyFormat  *format.Spec // of the keys of records; nil if the table names none
	KeyOpts    format.Options

	given map[string]string
}

// Given is the options as they were written.
func (r *Resolved) Given() map[string]string { return r.given }

// keyed are the options of tables whose records have keys, beside those of their
// formats.
var keyed = []format.Option{
	{Key: "key.format", Doc: "The format of the keys of records."},
	{Key: "value.format", Doc: "The format of the values of records; 'format' is another name."},
}

var formatOption = format.Option{Key: "format", Doc: "The format of the data."}

// FormatOptions lists the options by which a table of the connector names formats.
func FormatOptions(spec *Spec) []format.Option {
	var out []format.Option
	if spec.TakesFormat {
		out = append(out, formatOption)
	}
	if spec.Keyed {
		out = append(out, keyed...)
	}
	return out
}

// resolver checks the options of one table.
type resolver struct {
	Resolved
	formats  map[string]*format.Spec
	own      map[string]string // what is left for the connector
	declared []format.Option
	pos      func(key string) sqlerr.Pos
	errs     sqlerr.List
}

// Resolve checks the options of a table against the declared ones of its
// connector and formats. All that is wrong is reported at once, as a
// sqlerr.List of code Option; pos, which may be nil, gives the place of a key
// in the script.
func Resolve(spec *Spec, formats map[string]*format.Spec, given map[string]string, pos func(key string) sqlerr.Pos) (*Resolved, error) {
	r := &resolver{Resolved: Resolved{given: given}, formats: formats, own: map[string]string{}, pos: pos}
	r.declared = append(append(r.declared, spec.Options...), Common...)
	for k, v := range given {
		r.own[k] = v
	}
	if spec.TakesFormat {
		r.declared = append(r.declared, formatOption)
		r.Format, r.FormatOpts = r.format("format", "")
	}
	if spec.Keyed {
		r.declared = append(r.declared, keyed...)
		r.KeyFormat, r.KeyOpts = r.format("key.format", "key.")
		if _, both := given["value.format"]; both {
			if r.Format != nil {
				r.errs.Add(sqlerr.New(sqlerr.Option, at(pos, "value.format"), "the options 'format' and 'value.format' mean the same").WithHint("leave one out"))
			}
			r.Format, r.FormatOpts = r.format("value.format", "value.")
		}
	}
	var err error
	r.Options, err = newOptions("connector '"+spec.Name+"'", "", r.declared, spec.Prefixes, r.own, pos)
	r.errs.Add(err)
	if err := r.errs.Err(); err != nil {
		return nil, err
	}
	return &r.Resolved, nil
}

// format finds the format that an option names and checks its options, which begin
// with prefix and the format's name.
func (r *resolver) format(option, prefix string) (*format.Spec, format.Options) {
	name, ok := r.given[option]
	if !ok {
		return nil, nil
	}
	prefix += name + "."
	given := map[string]string{}
	for k, v := range r.given {
		if rest, ok := strings.CutPrefix(k, prefix); ok {
			given[rest] = v
			delete(r.own, k)
		}
	}
	f, err := formatOf(r.formats, name, at(r.pos, option))
	if err != nil {
		r.errs.Add(err) // the format is unknown, so its keys are too
		return nil, nil
	}
	o, err := newOptions("format '"+name+"'", prefix, f.Options, nil, given, func(k string) sqlerr.Pos { return at(r.pos, prefix+k) })
	r.errs.Add(err)
	return f, o
}
