package datagen

import (
	"math"
	"sort"
	"strconv"
	"strings"

	"github.com/weir-stream/weir/internal/connector"
	"github.com/weir-stream/weir/internal/format"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
)

// keys are the 'fields.…' options, without that prefix; those that a field
// understood are noted.
type keys struct {
	given map[string]string
	used  map[string]bool
	known []string
}

func newKeys(given map[string]string) *keys { return &keys{given: given, used: map[string]bool{}} }

// get takes an option of a field.
func (k *keys) get(name, key string) (string, bool) {
	full := name + "." + key
	k.known = append(k.known, full)
	v, ok := k.given[full]
	k.used[full] = true
	return v, ok
}

// unused names options that no field understood.
func (k *keys) unused(cols []format.Column) error {
	var errs sqlerr.List
	var all []string
	for g := range k.given {
		all = append(all, g)
	}
	sort.Strings(all)
	for _, g := range all {
		if k.used[g] {
			continue
		}
		e := sqlerr.New(sqlerr.Option, sqlerr.Pos{}, "no column takes the option 'fields.%s'", g)
		if n, ok := sqlerr.Nearest(g, k.known); ok {
			errs.Add(e.WithHint("did you mean 'fields.%s'?", n))
			continue
		}
		var names []string
		for _, c := range cols {
			names = append(names, c.Name)
		}
		errs.Add(e.WithHint("columns are %s", strings.Join(names, ", ")))
	}
	return errs.Err()
}

func bad(name, key, want, value string) error {
	return sqlerr.New(sqlerr.Option, sqlerr.Pos{}, "the option 'fields.%s.%s' is %s, not '%s'", name, key, want, value)
}

// long takes an option that is a whole number.
func (k *keys) long(name, key string, dst *int64) error {
	v, ok := k.get(name, key)
	if !ok {
		return nil
	}
	n, err := strconv.ParseInt(strings.TrimSpace(v), 10, 64)
	if err != nil {
		return bad(name, key, "a whole number such as 4", v)
	}
	*dst = n
	return nil
}

func (k *keys) double(name, key string, dst *float64) error {
	v, ok := k.get(name, key)
	if !ok {
		return nil
	}
	x, err := strconv.ParseFloat(strings.TrimSpace(v), 64)
	if err != nil {
		return bad(name, key, "a number such as 0.5", v)
	}
	*dst = x
	return nil
}

// field reads how a column is made.
func (k *keys) field(name string, t types.Type) (*field, error) {
	f := &field{typ: t, draw: drawOf(name), arena: new(format.Arena)}
	if err := k.double(name, "null-rate", &f.nullRate); err != nil {
		return nil, err
	}
	if kind, ok := k.get(name, "kind"); ok {
		switch kind {
		case "sequence":
			f.sequence = true
			return f, k.sequence(name, f)
		case "random":
		default:
			return nil, bad(name, "kind", "one of random, sequence", kind)
		}
	}
	switch {
	case t.IsNested():
		return f, k.nested(name, f)
	case t.IsString() || t.IsBinary():
		return f, k.text(name, f)
	case t.IsTimestamp():
		return f, k.past(name, f)
	case t.Kind == types.Date || t.Kind == types.Time || t.Kind == types.Boolean:
		return f, nil
	case t.IsApprox() || t.Phys() == types.PI128:
		return f, k.reals(name, f)
	case t.IsNumeric() || t.IsInterval():
		return f, k.whole(name, f)
	}
	return nil, sqlerr.New(sqlerr.Unsupported, sqlerr.Pos{}, "datagen cannot make the column %s of type %s", name, t)
}

// sequence reads start and end, which a sequence needs.
func (k *keys) sequence(name string, f *field) error {
	if !f.typ.IsNumeric() && !f.typ.IsString() {
		return sqlerr.New(sqlerr.Unsupported, sqlerr.Pos{}, "datagen cannot make a sequence of the column %s of type %s", name, f.typ)
	}
	for _, x := range []struct {
		key string
		dst *int64
	}{{"start", &f.start}, {"end", &f.end}} {
		if _, ok := k.get(name, x.key); !ok {
			return sqlerr.New(sqlerr.Option, sqlerr.Pos{}, "a sequence needs the option 'fields.%s.%s'", name, x.key)
		}
		if err := k.long(name, x.key, x.dst); err != nil {
			return err
		}
	}
	if f.end < f.start {
		return sqlerr.New(sqlerr.Option, sqlerr.Pos{}, "the sequence of the column %s ends before it starts", name)
	}
	lo, hi := rangeOf(f.typ)
	if f.typ.IsInteger() && (f.start < lo || f.end > hi) {
		return sqlerr.New(sqlerr.Option, sqlerr.Pos{}, "the sequence of the column %s leaves its type %s", name, f.typ)
	}
	return nil
}

// rangeOf gives the least and greatest value of a type of whole numbers.
func rangeOf(t types.Type) (lo, hi int64) {
	switch t.Kind {
	case types.TinyInt:
		return math.MinInt8, math.MaxInt8
	case types.SmallInt:
		return math.MinInt16, math.MaxInt16
	case types.Int:
		return math.MinInt32, math.MaxInt32
	case types.Decimal:
		m := types.Pow10Int64(min(t.Prec, 18)) - 1
		return -m, m
	}
	return math.MinInt64, math.MaxInt64
}

// whole reads min and max of integers, intervals and short DECIMALs.
func (k *keys) whole(name string, f *field) error {
	f.min, f.max = rangeOf(f.typ)
	if f.typ.Kind == types.Decimal {
		for key, dst := range map[string]*int64{"min": &f.min, "max": &f.max} {
			if v, ok := k.get(name, key); ok {
				d, err := types.ParseDecimal64(v, f.typ.Prec, f.typ.Scale)
				if err != nil {
					return bad(name, key, "a value of "+f.typ.AsNullable().String(), v)
				}
				*dst = d
			}
		}
	} else {
		lo, hi := f.min, f.max
		if err := k.long(name, "min", &f.min); err != nil {
			return err
		}
		if err := k.long(name, "max", &f.max); err != nil {
			return err
		}
		if f.min < lo || f.max > hi {
			return sqlerr.New(sqlerr.Option, sqlerr.Pos{}, "the range of the column %s leaves its type %s", name, f.typ)
		}
	}
	if f.min > f.max {
		return sqlerr.New(sqlerr.Option, sqlerr.Pos{}, "'fields.%s.min' is greater than 'fields.%s.max'", name, name)
	}
	return nil
}

// reals reads min and max of floating numbers and long DECIMALs.
func (k *keys) reals(name string, f *field) error {
	switch f.typ.Kind {
	case types.Float:
		f.lo, f.hi = -math.MaxFloat32, math.MaxFloat32
	case types.Double:
		f.lo, f.hi = -math.MaxFloat64, math.MaxFloat64
	}
	if err := k.double(name, "min", &f.lo); err != nil {
		return err
	}
	if err := k.double(name, "max", &f.hi); err != nil {
		return err
	}
	if f.lo > f.hi {
		return sqlerr.New(sqlerr.Option, sqlerr.Pos{}, "'fields.%s.min' is greater than 'fields.%s.max'", name, name)
	}
	return nil
}

// text reads the length of texts and bytes; a declared length is the default.
func (k *keys) text(name string, f *field) error {
	f.length = 100
	if f.typ.Prec != types.MaxLen {
		f.length = int64(f.typ.Prec)
	}
	if err := k.long(name, "length", &f.length); err != nil {
		return err
	}
	const longest = 1 << 24
	if f.length < 0 || f.length > longest || f.length > int64(f.typ.Prec) {
		return sqlerr.New(sqlerr.Option, sqlerr.Pos{}, "the length %d does not fit the column %s of type %s", f.length, name, f.typ)
	}
	if v, ok := k.get(name, "var-len"); ok {
		switch strings.ToLower(v) {
		case "true":
			f.varLen = true
		case "false":
		default:
			return bad(name, "var-len", "true or false", v)
		}
	}
	return nil
}

func (k *keys) past(name string, f *field) error {
	v, ok := k.get(name, "max-past")
	if !ok {
		return nil
	}
	ms, err := connector.ParseDuration(v)
	if err != nil {
		return bad(name, "max-past", "a duration such as '10 s' or '1min'", v)
	}
	f.pastMs = ms
	return nil
}

// nested reads the parts of a ROW or collection.
func (k *keys) nested(name string, f *field) error {
	type part struct {
		name string
		typ  types.Type
	}
	var parts []part
	switch f.typ.Kind {
	case types.Row:
		for _, x := range f.typ.Fields {
			parts = append(parts, part{name + "." + x.Name, x.Type})
		}
	case types.Map:
		parts = []part{{name + ".key", *f.typ.Key}, {name + ".value", *f.typ.Elem}}
	case types.Multiset:
		parts = []part{{name + ".element", *f.typ.Elem}, {name + ".count", types.Of(types.Int)}}
	default:
		parts = []part{{name + ".element", *f.typ.Elem}}
	}
	if f.typ.Kind != types.Row {
		f.length = 3
		if err := k.long(name, "length", &f.length); err != nil {
			return err
		}
		const longest = 1000
		if f.length < 0 || f.length > longest {
			return sqlerr.New(sqlerr.Option, sqlerr.Pos{}, "the length of the column %s is from 0 to %d, not %d", name, longest, f.length)
		}
	}
	for _, p := range parts {
		x, err := k.field(p.name, p.typ)
		if err != nil {
			return err
		}
		if f.typ.Kind == types.Multiset && p.name == name+".count" {
			x.min, x.max = 1, 10
		}
		f.kids = append(f.kids, x)
	}
	return nil
}
