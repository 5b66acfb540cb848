package bind

import (
	"github.com/weir-stream/weir/internal/sql"
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
)

// plainTypes are the types without parameters.
var plainTypes = map[string]types.Kind{"BOOLEAN": types.Boolean, "TINYINT": types.TinyInt, "SMALLINT": types.SmallInt, "INT": types.Int,
	"BIGINT": types.BigInt, "FLOAT": types.Float, "DOUBLE": types.Double, "DATE": types.Date, "VARIANT": types.Variant, "BITMAP": types.Bitmap, "NULL": types.Null}

// sized are the types with one parameter: its default, its range, and what it
// is called. STRING and BYTES are VARCHAR and VARBINARY of the greatest length.
var sized = map[string]struct {
	kind             types.Kind
	dflt, least, max int
	what             string
}{
	"CHAR": {types.Char, 1, 1, types.MaxLen, "length"}, "VARCHAR": {types.Varchar, types.MaxLen, 1, types.MaxLen, "length"},
	"STRING": {types.Varchar, types.MaxLen, types.MaxLen, types.MaxLen, "length"}, "BINARY": {types.Binary, 1, 1, types.MaxLen, "length"},
	"VARBINARY": {types.Varbinary, types.MaxLen, 1, types.MaxLen, "length"}, "BYTES": {types.Varbinary, types.MaxLen, types.MaxLen, types.MaxLen, "length"},
	"TIME": {types.Time, 0, 0, 9, "precision"}, "TIMESTAMP": {types.Timestamp, 6, 0, 9, "precision"},
	"TIMESTAMP_LTZ": {types.TimestampLTZ, 6, 0, 9, "precision"},
}

// TypeOf reads a type as SQL spells it.
func TypeOf(text string) (types.Type, error) {
	b := New(Config{})
	t, _ := b.typeText(text)
	return t, b.errs.Err()
}

// typeOf gives a type as written. False (with an error noted) if there is none.
func (b *Binder) typeOf(n *sql.TypeName) (types.Type, bool) {
	t, ok := b.bareType(n)
	if n.Null == sql.NullForbidden {
		t.Nullable = false
	}
	return t, ok
}

func (b *Binder) bareType(n *sql.TypeName) (types.Type, bool) {
	if k, ok := plainTypes[n.Name]; ok {
		return types.Of(k), true
	}
	if s, ok := sized[n.Name]; ok {
		p := s.dflt
		if len(n.Params) > 0 {
			p = n.Params[0]
		}
		if p < s.least || p > s.max {
			b.fail(sqlerr.Type, n.Pos, "the %s of %s must be between %d and %d", s.what, n.Name, s.least, s.max)
			return types.Of(types.Null), false
		}
		return types.Type{Kind: s.kind, Nullable: true, Prec: p}, true
	}
	switch n.Name {
	case "DECIMAL":
		return b.decimalType(n)
	case "ARRAY", "MULTISET":
		e, ok := b.typeOf(n.Elem)
		if n.Name == "ARRAY" {
			return types.ArrayOf(e), ok
		}
		return types.MultisetOf(e), ok
	case "MAP":
		k, ok1 := b.typeOf(n.Key)
		v, ok2 := b.typeOf(n.Elem)
		return types.MapOf(k, v), ok1 && ok2
	case "ROW":
		return b.rowType(n)
	case "INTERVAL":
		if n.Unit != nil && n.Unit.YearMonth() {
			return types.Of(types.IntervalYM), true
		}
		return types.Of(types.IntervalDT), true
	case "":
		e := b.fail(sqlerr.Type, n.Pos, "there is no type %s", n.User)
		if near, ok := sqlerr.Nearest(n.User.String(), sql.TypeNames()); ok {
			e.WithHint("did you mean %s?", near)
		}
		return types.Of(types.Null), false
	}
	e := b.unsupported(n.Pos, "the type "+n.Name)
	if hint := refusedTypes[n.Name]; hint != "" {
		e.WithHint("%s", hint)
	}
	return types.Of(types.Null), false
}

func (b *Binder) decimalType(n *sql.TypeName) (types.Type, bool) {
	p, s := 10, 0
	if len(n.Params) > 0 {
		p = n.Params[0]
	}
	if len(n.Params) > 1 {
		s = n.Params[1]
	}
	switch {
	case p < 1 || p > types.MaxPrecision:
		b.fail(sqlerr.Type, n.Pos, "the precision of DECIMAL must be between 1 and %d", types.MaxPrecision)
	case s < 0 || s > p:
		b.fail(sqlerr.Type, n.Pos, "the scale of DECIMAL(%d, %d) must be between 0 and the precision %d", p, s, p)
	default:
		return types.DecimalOf(p, s), true
	}
	return types.Of(types.Null), false
}

func (b *Binder) rowType(n *sql.TypeName) (types.Type, bool) {
	fields := make([]types.Field, len(n.Fields))
	ok := true
	for i := range n.Fields {
		t, good := b.typeOf(&n.Fields[i].Type)
		fields[i] = types.Field{Name: n.Fields[i].Name.Name, Type: t}
		ok = ok && good
	}
	return types.RowOf(fields...), ok
}
