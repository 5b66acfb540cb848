package sqltest

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"sort"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/weir-stream/weir/internal/fn"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// converter appends values as rows give them to vectors. Scalars go by CAST from
// text.
type converter struct {
	zone  *types.Zone
	casts map[string]fn.Kernel
}

func (c *converter) append(v *vec.Vector, x any) error {
	if x == nil {
		v.AppendNulls(1)
		return nil
	}
	x, err := c.value(v.Type, x)
	if err != nil {
		return err
	}
	v.AppendValue(x)
	return nil
}

// value gives x as vec.Vector.Value would.
func (c *converter) value(t types.Type, x any) (any, error) {
	if x == nil {
		return nil, nil
	}
	switch t.Kind {
	case types.Array, types.Map, types.Multiset, types.Row:
		if s, ok := x.(string); ok {
			return c.nestedText(t, s)
		}
	}
	switch t.Kind {
	case types.Array:
		return c.array(t, x)
	case types.Map, types.Multiset:
		return c.pairs(t, x)
	case types.Row:
		return c.row(t, x)
	}
	return c.scalar(t, fmt.Sprint(x))
}

// nestedText reads JSON, or Flink's print of a row of scalars.
func (c *converter) nestedText(t types.Type, s string) (any, error) {
	if t.Kind == types.Row && strings.HasPrefix(s, "+I[") {
		var parts []any
		for _, p := range strings.Split(strings.TrimSuffix(s[3:], "]"), ", ") {
			if p == "null" {
				parts = append(parts, nil)
				continue
			}
			parts = append(parts, p)
		}
		return c.row(t, parts)
	}
	x, err := parseJSON(s)
	if err != nil {
		return nil, err
	}
	return c.value(t, x)
}

func parseJSON(s string) (any, error) {
	dec := json.NewDecoder(strings.NewReader(s))
	dec.UseNumber()
	var x any
	if err := dec.Decode(&x); err != nil {
		return nil, fmt.Errorf("the value %s is not JSON: %w", s, err)
	}
	return x, nil
}

func (c *converter) array(t types.Type, x any) (any, error) {
	list, ok := x.([]any)
	if !ok {
		return nil, mismatch(t, x)
	}
	out := make([]any, len(list))
	for i, e := range list {
		var err error
		if out[i], err = c.value(*t.Elem, e); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (c *converter) pairs(t types.Type, x any) (any, error) {
	m, ok := x.(map[string]any)
	if !ok {
		return nil, mismatch(t, x)
	}
	kt, vt := types.Of(types.Int), types.Of(types.Int)
	if t.Kind == types.Map {
		kt, vt = *t.Key, *t.Elem
	} else {
		kt = *t.Elem
	}
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	var out [][2]any
	for _, k := range keys {
		var key any = k
		if k == "null" {
			key = nil
		}
		key, err := c.value(kt, key)
		if err != nil {
			return nil, err
		}
		val, err := c.value(vt, m[k])
		if err != nil {
			return nil, err
		}
		out = append(out, [2]any{key, val})
	}
	return out, nil
}

func (c *converter) row(t types.Type, x any) (any, error) {
	out := make([]any, len(t.Fields))
	switch x := x.(type) {
	case map[string]any:
		for i, f := range t.Fields {
			var err error
			if out[i], err = c.value(f.Type, x[f.Name]); err != nil {
				return nil, err
			}
		}
		return out, nil
	case []any:
		if len(x) == len(out)+1 && x[0] == "+I" {
			x = x[1:]
		}
		if len(x) != len(out) {
			return nil, mismatch(t, x)
		}
		for i, f := range t.Fields {
			var err error
			if out[i], err = c.value(f.Type, x[i]); err != nil {
				return nil, err
			}
		}
		return out, nil
	}
	return nil, mismatch(t, x)
}

func mismatch(t types.Type, x any) error { return fmt.Errorf("%v is not a value of %s", x, t) }

// scalar reads text by CAST; bytes are x'0a', intervals ISO periods or counts.
func (c *converter) scalar(t types.Type, s string) (any, error) {
	switch {
	case t.IsString():
		return padded(t, types.Char, s, " "), nil
	case t.IsBinary():
		if h, ok := strings.CutPrefix(s, "x'"); ok {
			b, err := hex.DecodeString(strings.TrimSuffix(h, "'"))
			return padded(t, types.Binary, string(b), "\x00"), err
		}
		return s, nil
	case t.IsInterval():
		return interval(t, s)
	case t.Kind == types.Variant:
		return fn.ParseVariant(s)
	case t.Kind == types.Bitmap:
		return fn.ParseBitmap(s)
	case t.Kind == types.SmallInt:
		if n, err := strconv.ParseInt(s, 10, 32); err == nil {
			return int64(int16(n)), nil // as Java's short
		}
	case t.IsTimestamp():
		if s = strings.Replace(s, "T", " ", 1); len(s) == len("2006-01-02 15:04") {
			s += ":00" // as Java prints a whole minute
		}
		if strings.HasSuffix(s, "Z") {
			return c.cast(t, strings.TrimSuffix(s, "Z"), types.UTC)
		}
	}
	return c.cast(t, s, c.zone)
}

// padded fills a value of fixed length up.
func padded(t types.Type, fixed types.Kind, s, fill string) string {
	if n := int(t.Prec) - utf8.RuneCountInString(s); t.Kind == fixed && n > 0 {
		return s + strings.Repeat(fill, n)
	}
	return s
}

func (c *converter) cast(t types.Type, s string, zone *types.Zone) (any, error) {
	key := t.String()
	if zone == types.UTC {
		key += " UTC"
	}
	k := c.casts[key]
	if k == nil {
		var err error
		if k, err = fn.CastKernel(types.String(), t, false, zone); err != nil {
			return nil, err
		}
		if c.casts == nil {
			c.casts = map[string]fn.Kernel{}
		}
		c.casts[key] = k
	}
	out := vec.New(t, 0)
	in := vec.New(types.String(), 0)
	in.AppendValue(s)
	if err := k(&fn.Ctx{N: 1, Zone: zone}, []*vec.Vector{in}, out); err != nil {
		return nil, err
	}
	return out.Value(0), nil
}

// interval reads a count of months or milliseconds, or P1Y2M and PT1.5S.
func interval(t types.Type, s string) (any, error) {
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		return n, nil
	}
	if s == "P0D" {
		return int64(0), nil
	}
	if t.Kind == types.IntervalYM {
		var y, m int64
		if _, err := fmt.Sscanf(s, "P%dY%dM", &y, &m); err == nil {
			return 12*y + m, nil
		}
		m, y = 0, 0
		if _, err := fmt.Sscanf(s, "P%dM", &m); err == nil {
			return m, nil
		}
		_, err := fmt.Sscanf(s, "P%dY", &y)
		return 12 * y, err
	}
	d, err := time.ParseDuration(strings.ToLower(strings.TrimPrefix(s, "PT")))
	return d.Milliseconds(), err
}

// Append appends a value as Row has it to a vector; text is read by CAST in the
// zone.
func Append(v *vec.Vector, x any, zone *types.Zone) error {
	return (&converter{zone: zone}).append(v, x)
}
