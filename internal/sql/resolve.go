package sql

import (
	"slices"

	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
)

// plainTypes are the types without parameters.
var plainTypes = map[string]types.Kind{
	"BOOLEAN": types.Boolean, "TINYINT": types.TinyInt, "SMALLINT": types.SmallInt, "INT": types.Int, "BIGINT": types.BigInt,
	"FLOAT": types.Float, "REAL": types.Float, "DOUBLE": types.Double, "DATE": types.Date, "NULL": types.Null, "VARIANT": types.Variant, "BITMAP": types.Bitmap,
}

// lengthType is a type whose parameter is a length or a precision: the value
// if none is written, and the least and greatest that may be. As in Flink's
// planner, VARCHAR and VARBINARY without a length have no bound.
type lengthType struct {
	kind       types.Kind
	deflt      int
	least, top int
}

var lengthTypes = map[string]lengthType{
	"CHAR":          {types.Char, 1, 1, types.MaxLen},
	"VARCHAR":       {types.Varchar, types.MaxLen, 1, types.MaxLen},
	"STRING":        {types.Varchar, types.MaxLen, 1, types.MaxLen},
	"BINARY":        {types.Binary, 1, 1, types.MaxLen},
	"VARBINARY":     {types.Varbinary, types.MaxLen, 1, types.MaxLen},
	"BYTES":         {types.Varbinary, types.MaxLen, 1, types.MaxLen},
	"TIME":          {types.Time, 0, 0, 9},
	"TIMESTAMP":     {types.Timestamp, 6, 0, 9},
	"TIMESTAMP_LTZ": {types.TimestampLTZ, 6, 0, 9},
}

// TypeNames gives the names of types, for completion.
func TypeNames() []string {
	out := []string{"ARRAY", "INTERVAL", "MAP", "MULTISET", "ROW"}
	for n := range typeParams {
		out = append(out, n)
	}
	for n := range typeAliases {
		out = append(out, n)
	}
	slices.Sort(out)
	return out
}

// Resolve gives the type that is named. Errors are of code Type for parameters
// out of range, Name for unknown names, Unsupported for types that weir has not.
func (t TypeName) Resolve() (types.Type, error) {
	out, err := t.resolveBase()
	if err != nil {
		return types.Type{}, err
	}
	return out.WithNull(t.Null != NullForbidden), nil
}

func (t TypeName) resolveBase() (types.Type, error) {
	if k, ok := plainTypes[t.Name]; ok {
		return types.Of(k), nil
	}
	if l, ok := lengthTypes[t.Name]; ok {
		return t.resolveLength(l)
	}
	switch t.Name {
	case "DECIMAL":
		return t.resolveDecimal()
	case "INTERVAL":
		if t.Unit.YearMonth() {
			return types.Of(types.IntervalYM), nil
		}
		return types.Of(types.IntervalDT), nil
	case "ARRAY", "MULTISET", "MAP":
		return t.resolveCollection()
	case "ROW":
		return t.resolveRow()
	case "":
		err := sqlerr.New(sqlerr.Name, t.Pos, "unknown type %s", t.User)
		if near, ok := sqlerr.Nearest(t.User.Last().Name, TypeNames()); ok && len(t.User.Parts) == 1 {
			err.Hint = "did you mean " + near + "?"
		}
		return types.Type{}, err
	}
	err := sqlerr.New(sqlerr.Unsupported, t.Pos, "the type %s is not supported", t.Name)
	if t.Name == "TIMESTAMP WITH TIME ZONE" {
		err.Hint = "use TIMESTAMP_LTZ, a point in time shown in the session's time zone"
	}
	return types.Type{}, err
}

func (t TypeName) resolveLength(l lengthType) (types.Type, error) {
	n := l.deflt
	if len(t.Params) > 0 {
		n = t.Params[0]
	}
	if n < l.least || n > l.top {
		return types.Type{}, sqlerr.New(sqlerr.Type, t.Pos, "%s(%d): the number must be between %d and %d", t.Name, n, l.least, l.top)
	}
	out := types.Of(l.kind)
	out.Prec = n
	return out, nil
}

func (t TypeName) resolveDecimal() (types.Type, error) {
	prec, scale := 10, 0
	if len(t.Params) > 0 {
		prec = t.Params[0]
	}
	if len(t.Params) > 1 {
		scale = t.Params[1]
	}
	if prec < 1 || prec > 38 {
		return types.Type{}, sqlerr.New(sqlerr.Type, t.Pos, "DECIMAL(%d, %d): the precision must be between 1 and 38", prec, scale)
	}
	if scale > prec {
		return types.Type{}, sqlerr.New(sqlerr.Type, t.Pos, "DECIMAL(%d, %d): the scale must not exceed the precision", prec, scale)
	}
	return types.DecimalOf(prec, scale), nil
}

func (t TypeName) resolveCollection() (types.Type, error) {
	elem, err := t.Elem.Resolve()
	if err != nil {
		return types.Type{}, err
	}
	switch t.Name {
	case "ARRAY":
		return types.ArrayOf(elem), nil
	case "MULTISET":
		return types.MultisetOf(elem), nil
	}
	key, err := t.Key.Resolve()
	if err != nil {
		return types.Type{}, err
	}
	return types.MapOf(key, elem), nil
}

func (t TypeName) resolveRow() (types.Type, error) {
	seen := map[string]bool{}
	fields := make([]types.Field, 0, len(t.Fields))
	for _, f := range t.Fields {
		if seen[f.Name.Name] {
			return types.Type{}, sqlerr.New(sqlerr.Name, f.Name.Pos, "the row has two fields named %s", f.Name)
		}
		seen[f.Name.Name] = true
		ft, err := f.Type.Resolve()
		if err != nil {
			return types.Type{}, err
		}
		fields = append(fields, types.Field{Name: f.Name.Name, Type: ft})
	}
	return types.RowOf(fields...), nil
}
