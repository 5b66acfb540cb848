package connector

import (
	"fmt"
	"sort"
	"strconv"
	"strings"

	"github.com/weir-stream/weir/internal/format"
	"github.com/weir-stream/weir/internal/sqlerr"
)

// Common lists the options that every table understands, beside those of its
// connector.
var Common = []format.Option{
	{Key: "connector", Required: true, Doc: "The connector of the table."},
	{Key: "scan.parallelism", Kind: format.IntOption, Doc: "How many tasks read the table; the default is the job's parallelism."},
	{Key: "sink.parallelism", Kind: format.IntOption, Doc: "How many tasks write the table; the default is the job's parallelism."},
	{Key: "scan.watermark.idle-timeout", Kind: format.DurationOption, Doc: "A split without rows for so long no longer holds the watermark back."},
	{Key: "scan.watermark.emit.strategy", Kind: format.EnumOption, Enum: []string{"on-periodic", "on-event"}, Default: "on-periodic",
		Doc: "Whether watermarks are sent on at intervals or after every row."},
	{Key: "weir.allowed-lateness", Kind: format.DurationOption, Doc: "How long window aggregates over the table keep windows that they have emitted: rows that come late within that time correct the result, by retraction. An extension."},
	{Key: "weir.late-rows", Doc: "The table that takes the rows of this one that come too late for an operator: its columns are some of `operator` STRING, `rowtime` and `watermark` TIMESTAMP_LTZ(3), `row` STRING. An extension."},
	{Key: DeadLetterOption, Doc: "The table that takes the records of this one that cannot be read, instead of stopping the job: its columns are some of `topic` STRING, `partition` INT, `offset` BIGINT, `timestamp` TIMESTAMP_LTZ(3), `headers` MAP<STRING, BYTES>, `key` and `value` BYTES or STRING, `error` STRING, and for files `path` STRING and `line` BIGINT. All columns of such a table are read, whatever the query needs. An extension."},
	{Key: "scan.watermark.alignment.group", Doc: "Name of a group of sources of a job: partitions that are too far ahead of the least watermark of the group are not read for a while. Partitions that are idle or have ended hold nobody back, those that have no rows yet do."},
	{Key: "scan.watermark.alignment.max-drift", Kind: format.DurationOption, Doc: "How far a partition may be ahead of the least watermark of the group."},
	{Key: "scan.watermark.alignment.update-interval", Kind: format.DurationOption, Default: "1s", Doc: "How often one that waits compares watermarks again."},
}

// formatOf finds a format by name.
func formatOf(formats map[string]*format.Spec, name string, p sqlerr.Pos) (*format.Spec, error) {
	if f := formats[name]; f != nil {
		return f, nil
	}
	names := make([]string, 0, len(formats))
	for n := range formats {
		names = append(names, n)
	}
	sort.Strings(names)
	e := sqlerr.New(sqlerr.Option, p, "there is no format '%s'", name)
	if n, ok := sqlerr.Nearest(name, names); ok {
		return nil, e.WithHint("did you mean '%s'?", n)
	}
	return nil, e.WithHint("formats are %s", strings.Join(names, ", "))
}

func at(pos func(string) sqlerr.Pos, key string) sqlerr.Pos {
	if pos == nil {
		return sqlerr.Pos{}
	}
	return pos(key)
}

// NewOptions checks values against the declared options and gives typed access
// to them. what names the owner in messages ("connector 'kafka'"); keys below
// one of the prefixes are let through. The error is a sqlerr.List.
func NewOptions(what string, declared []format.Option, prefixes []string, given map[string]string, pos func(key string) sqlerr.Pos) (format.Options, error) {
	return newOptions(what, "", declared, prefixes, given, pos)
}

func newOptions(what, shown string, declared []format.Option, prefixes []string, given map[string]string, pos func(string) sqlerr.Pos) (format.Options, error) {
	var errs sqlerr.List
	o := &options{text: map[string]string{}, num: map[string]int64{}, set: map[string]bool{}, given: given}
	for _, k := range sortedKeys(given) {
		d, ok := lookup(declared, k)
		if !ok {
			if !hasPrefix(k, prefixes) {
				errs.Add(unknownKey(what, shown, k, declared, prefixes, at(pos, k)))
			}
			continue
		}
		if err := o.put(d, given[k]); err != nil {
			errs.Add(badValue(shown+k, given[k], d, err, at(pos, k)))
			continue
		}
		o.set[d.Key] = true
	}
	for _, d := range declared {
		if o.set[d.Key] {
			continue
		}
		if _, tried := given[d.Key]; d.Required && !tried {
			errs.Add(sqlerr.New(sqlerr.Option, sqlerr.Pos{}, "%s needs the option '%s'", what, shown+d.Key).WithHint("%s", d.Doc))
			continue
		}
		if d.Default != "" {
			if err := o.put(d, d.Default); err != nil {
				errs.Add(badValue(shown+d.Key, d.Default, d, err, sqlerr.Pos{}))
			}
		}
	}
	if err := errs.Err(); err != nil {
		return nil, err
	}
	return o, nil
}

func sortedKeys(m map[string]string) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}

func lookup(declared []format.Option, key string) (format.Option, bool) {
	for _, d := range declared {
		if d.Key == key {
			return d, true
		}
	}
	return format.Option{}, false
}

func hasPrefix(key string, prefixes []string) bool {
	for _, p := range prefixes {
		if strings.HasPrefix(key, p) {
			return true
		}
	}
	return false
}

func unknownKey(what, shown, key string, declared []format.Option, prefixes []string, p sqlerr.Pos) error {
	e := sqlerr.New(sqlerr.Option, p, "%s has no option '%s'", what, shown+key)
	names := append([]string{}, prefixes...)
	for _, d := range declared {
		names = append(names, d.Key)
	}
	if n, ok := sqlerr.Nearest(key, names); ok {
		return e.WithHint("did you mean '%s'?", shown+n)
	}
	sort.Strings(names)
	for i := range names {
		names[i] = shown + names[i]
	}
	if len(names) == 0 {
		return e.WithHint("it has no options")
	}
	return e.WithHint("its options are %s", strings.Join(names, ", "))
}

// kindText says what a kind of option expects, with an example.
var kindText = [...]string{
	format.StringOption: "a text", format.IntOption: "a whole number such as 4", format.BoolOption: "true or false",
	format.DurationOption: "a duration such as '10 s' or '1min'", format.MemoryOption: "a size such as '128mb'",
	format.DoubleOption: "a number such as 0.5",
}

func badValue(key, value string, d format.Option, err error, p sqlerr.Pos) error {
	want := ""
	if d.Kind == format.EnumOption {
		want = "one of " + strings.Join(d.Enum, ", ")
	} else {
		want = kindText[d.Kind]
	}
	e := sqlerr.New(sqlerr.Option, p, "the option '%s' is %s, not '%s'", key, want, value)
	if d.Kind == format.EnumOption {
		if n, ok := sqlerr.Nearest(value, d.Enum); ok {
			return e.WithHint("did you mean '%s'?", n)
		}
	}
	if err != errValue {
		e.Hint = err.Error()
	}
	return e
}

// options is the checked values: texts as given, numbers parsed. Booleans are
// 0 and 1, durations milliseconds, sizes bytes.
type options struct {
	text   map[string]string
	num    map[string]int64
	double map[string]float64
	set    map[string]bool
	given  map[string]string
}

var errValue = fmt.Errorf("malformed")

// put parses a value by its declared kind.
func (o *options) put(d format.Option, v string) error {
	o.text[d.Key] = v
	switch d.Kind {
	case format.IntOption:
		n, err := strconv.ParseInt(strings.TrimSpace(v), 10, 64)
		if err != nil {
			return errValue
		}
		o.num[d.Key] = n
	case format.BoolOption:
		switch strings.ToLower(strings.TrimSpace(v)) {
		case "true":
			o.num[d.Key] = 1
		case "false":
			o.num[d.Key] = 0
		default:
			return errValue
		}
	case format.DoubleOption:
		x, err := strconv.ParseFloat(strings.TrimSpace(v), 64)
		if err != nil {
			return errValue
		}
		if o.double == nil {
			o.double = map[string]float64{}
		}
		o.double[d.Key] = x
	case format.DurationOption:
		ms, err := ParseDuration(v)
		if err != nil {
			return err
		}
		o.num[d.Key] = ms
	case format.MemoryOption:
		n, err := ParseMemory(v)
		if err != nil {
			return err
		}
		o.num[d.Key] = n
	case format.EnumOption:
		for _, e := range d.Enum {
			if strings.EqualFold(e, strings.TrimSpace(v)) {
				o.text[d.Key] = e
				return nil
			}
		}
		return errValue
	}
	return nil
}

func (o *options) String(key string) string    { return o.text[key] }
func (o *options) Int(key string) int64        { return o.num[key] }
func (o *options) Bool(key string) bool        { return o.num[key] != 0 }
func (o *options) Double(key string) float64   { return o.double[key] }
func (o *options) DurationMs(key string) int64 { return o.num[key] }
func (o *options) Bytes(key string) int64      { return o.num[key] }
func (o *options) IsSet(key string) bool       { return o.set[key] }

func (o *options) Prefix(prefix string) map[string]string {
	m := map[string]string{}
	for k, v := range o.given {
		if rest, ok := strings.CutPrefix(k, prefix); ok {
			m[rest] = v
		}
	}
	return m
}
