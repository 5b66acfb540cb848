package connector

import (
	"strings"
	"testing"

	"github.com/weir-stream/weir/internal/format"
	"github.com/weir-stream/weir/internal/sqlerr"
)

var testSpec = &Spec{Name: "files", TakesFormat: true, Prefixes: []string{"fields."}, Options: []format.Option{
	{Key: "path", Required: true, Doc: "Where the files are."},
	{Key: "source.monitor-interval", Kind: format.DurationOption},
	{Key: "file-size", Kind: format.MemoryOption, Default: "128mb"},
	{Key: "kind", Kind: format.EnumOption, Enum: []string{"random", "sequence"}, Default: "random"},
	{Key: "rows", Kind: format.IntOption},
	{Key: "rate", Kind: format.DoubleOption},
}}

var testFormats = map[string]*format.Spec{"csv": {Name: "csv", Options: []format.Option{
	{Key: "field-delimiter", Default: ","}, {Key: "allow-comments", Kind: format.BoolOption, Default: "false"}}}}

func TestResolve(t *testing.T) {
	r, err := Resolve(testSpec, testFormats, map[string]string{"connector": "files", "path": "x", "source.monitor-interval": "10 s",
		"format": "csv", "csv.allow-comments": "TRUE", "kind": "Sequence", "fields.a.min": "3", "rate": "0.5"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	o, f, fo := r.Options, r.Format, r.FormatOpts
	if o.String("path") != "x" || o.DurationMs("source.monitor-interval") != 10_000 || o.Bytes("file-size") != 128<<20 ||
		o.IsSet("file-size") || !o.IsSet("path") || o.String("kind") != "sequence" || o.Double("rate") != 0.5 {
		t.Errorf("connector's options are wrong: %+v", o)
	}
	if f == nil || !fo.Bool("allow-comments") || fo.String("field-delimiter") != "," {
		t.Errorf("format's options are wrong: %+v", fo)
	}
	if p := o.Prefix("fields."); len(p) != 1 || p["a.min"] != "3" {
		t.Errorf("prefix: %v", p)
	}
}

func TestResolveErrors(t *testing.T) {
	for _, c := range []struct {
		given map[string]string
		want  string
	}{
		{map[string]string{"pth": "x", "path": "y"}, "connector 'files' has no option 'pth' (did you mean 'path'?)"},
		{map[string]string{}, "connector 'files' needs the option 'path' (Where the files are.)"},
		{map[string]string{"path": "x", "rows": "many"}, "the option 'rows' is a whole number such as 4, not 'many'"},
		{map[string]string{"path": "x", "kind": "sequnce"}, "the option 'kind' is one of random, sequence, not 'sequnce' (did you mean 'sequence'?)"},
		{map[string]string{"path": "x", "source.monitor-interval": "10 parsecs"},
			"the option 'source.monitor-interval' is a duration such as '10 s' or '1min', not '10 parsecs' (units are d, h, min, s, ms, µs, ns)"},
		{map[string]string{"path": "x", "file-size": "big"}, "the option 'file-size' is a size such as '128mb', not 'big'"},
		{map[string]string{"path": "x", "format": "cvs", "cvs.a": "b"}, "there is no format 'cvs' (did you mean 'csv'?)"},
		{map[string]string{"path": "x", "format": "csv", "csv.field-delimeter": "|"}, "format 'csv' has no option 'csv.field-delimeter' (did you mean 'csv.field-delimiter'?)"},
		{map[string]string{"path": "x", "format": "csv", "csv.allow-comments": "maybe", "rows": "q"},
			"the option 'csv.allow-comments' is true or false, not 'maybe'\nthe option 'rows' is a whole number such as 4, not 'q'"},
	} {
		c.given["connector"] = "files"
		_, err := Resolve(testSpec, testFormats, c.given, nil)
		if err == nil || err.Error() != c.want {
			t.Errorf("%v:\n got %v\nwant %s", c.given, err, c.want)
		}
		if err != nil && !sqlerr.Static(err) {
			t.Errorf("%v: not a static error", c.given)
		}
	}
}

func TestQuantities(t *testing.T) {
	for s, want := range map[string]int64{"10 s": 10_000, "1min": 60_000, "500": 500, "2 d": 172_800_000, "1h": 3_600_000, "1500 us": 1,
		"PT1M30S": 90_000, "P1DT2H": 93_600_000, "0": 0, "3 milliseconds": 3} {
		if got, err := ParseDuration(s); err != nil || got != want {
			t.Errorf("duration %q: %d, %v, want %d", s, got, err, want)
		}
	}
	for s, want := range map[string]int64{"128mb": 128 << 20, "64 kb": 64 << 10, "7": 7, "1G": 1 << 30, "2 tebibytes": 2 << 40} {
		if got, err := ParseMemory(s); err != nil || got != want {
			t.Errorf("size %q: %d, %v, want %d", s, got, err, want)
		}
	}
	for _, s := range []string{"", "s", "-1 s", "1 s s", "99999999999999999999", "99999999999999999 d", "PT", "P1Y", "PTxS", strings.Repeat("9", 18) + "d"} {
		if got, err := ParseDuration(s); err == nil {
			t.Errorf("duration %q: %d", s, got)
		}
	}
}
