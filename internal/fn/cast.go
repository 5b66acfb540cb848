package fn

import (
	"github.com/weir-stream/weir/internal/sqlerr"
	"github.com/weir-stream/weir/internal/types"
	"github.com/weir-stream/weir/internal/vec"
)

// CastIsNoop reports whether a value of from is a value of to as it stands.
func CastIsNoop(from, to types.Type) bool {
	if from.Kind == types.Null {
		return to.Kind == types.Null
	}
	switch {
	case from.IsString() && to.IsString():
		return to.Kind == types.Varchar && (to.Prec >= from.Prec || to.Prec == types.MaxLen) || from.Kind == to.Kind && from.Prec == to.Prec
	case from.IsBinary() && to.IsBinary():
		return to.Kind == types.Varbinary && to.Prec >= from.Prec || from.Kind == to.Kind && from.Prec == to.Prec
	case from.Kind == types.Decimal && to.Kind == types.Decimal:
		return from.Scale == to.Scale && to.Prec >= from.Prec && from.Phys() == to.Phys()
	case from.Kind == to.Kind && (from.IsTimestamp() || from.Kind == types.Time):
		return to.Prec >= from.Prec && SameStorage(from, to)
	case from.Kind == to.Kind && from.IsNested():
		return nestedNoop(from, to)
	}
	return from.Kind == to.Kind
}

func nestedNoop(from, to types.Type) bool {
	if len(from.Fields) != len(to.Fields) {
		return false
	}
	for i, f := range from.Fields {
		if !CastIsNoop(f.Type, to.Fields[i].Type) {
			return false
		}
	}
	return (from.Key == nil || CastIsNoop(*from.Key, *to.Key)) && (from.Elem == nil || CastIsNoop(*from.Elem, *to.Elem))
}

// CastCanFail reports whether CAST from one type to the other may be refused
// for some value: text that is read as something else, or nested text.
func CastCanFail(from, to types.Type) bool {
	switch {
	case from.Kind == types.Variant || to.Kind == types.Variant:
		return from.Kind != to.Kind
	case from.IsString():
		return !to.IsString() && !to.IsBinary()
	case from.Kind != to.Kind || !from.IsNested():
		return false
	case from.Kind == types.Row:
		for i, f := range from.Fields {
			if i < len(to.Fields) && CastCanFail(f.Type, to.Fields[i].Type) {
				return true
			}
		}
		return false
	case from.Key != nil && CastCanFail(*from.Key, *to.Key):
		return true
	}
	return CastCanFail(*from.Elem, *to.Elem)
}

// CastKernel gives the strict kernel of CAST(from AS to), Flink 2.3's table. A
// number that does not fit a DECIMAL gives null, other numbers wrap around as in
// Java. Text that cannot be read is an error that names it, or null with try.
// The zone is the session's, for TIMESTAMP_LTZ.
func CastKernel(from, to types.Type, try bool, zone *types.Zone) (Kernel, error) {
	if zone == nil {
		zone = types.UTC
	}
	x := caster{from: from, to: to, try: try, zone: zone}
	k, err := x.kernel()
	if err != nil || k != nil {
		return k, err
	}
	return nil, castError(from, to)
}

func castError(from, to types.Type) error {
	err := sqlerr.New(sqlerr.Cast, sqlerr.Pos{}, "cannot cast %s to %s", plainType(from), plainType(to))
	if hint := types.CastHint(from, to); hint != "" {
		return err.WithHint("%s", hint)
	}
	return err
}

// plainType spells a type as users write it.
func plainType(t types.Type) string { return t.AsNullable().WithAttr(types.NoAttr).String() }

// caster picks the kernel for a pair of types.
type caster struct {
	from, to types.Type
	try      bool
	zone     *types.Zone
}

func (x caster) kernel() (Kernel, error) {
	f, t := x.from, x.to
	switch {
	case f.Kind == types.Null:
		return castNull, nil
	case CastIsNoop(f, t):
		return castCopy, nil
	case f.Kind == types.Variant:
		return x.fromVariant()
	case t.Kind == types.Variant:
		return x.toVariant(), nil
	case t.IsString():
		return x.toString(), nil
	case f.IsString():
		return x.fromString(), nil
	case f.Kind == types.Bitmap && t.Kind == types.Varbinary && t.Prec == types.MaxLen:
		return castCopy, nil
	case t.IsBinary():
		return x.toBinary(), nil
	case f.Kind == types.Boolean && t.IsNumeric():
		return x.fromBool()
	case f.IsNumeric() && t.Kind == types.Boolean:
		return toBool(f), nil
	case f.IsNumeric() && t.IsNumeric():
		return x.numeric(), nil
	case f.IsTemporal() && t.IsTemporal():
		return x.temporal(), nil
	case f.Kind == t.Kind && f.IsNested():
		return x.nested()
	}
	return nil, nil
}

func castNull(c *Ctx, _ []*vec.Vector, out *vec.Vector) error {
	out.Resize(0)
	out.AppendNulls(c.N)
	return nil
}

// castCopy copies what needs no conversion, for callers that want a vector of
// their own.
func castCopy(_ *Ctx, args []*vec.Vector, out *vec.Vector) error {
	out.Resize(0)
	v := args[0]
	if v.Const {
		out.AppendRepeat(v, 0, v.N)
	} else {
		out.AppendRange(v, 0, v.N)
	}
	return nil
}

func toBool(f types.Type) Kernel {
	return func(_ *Ctx, args []*vec.Vector, out *vec.Vector) error {
		v := args[0]
		out.Resize(v.N)
		for i := range out.B {
			j := v.Idx(i)
			switch f.Phys() {
			case types.PI8:
				out.B[i] = v.I8[j] != 0
			case types.PI16:
				out.B[i] = v.I16[j] != 0
			case types.PI32:
				out.B[i] = v.I32[j] != 0
			case types.PI64:
				out.B[i] = v.I64[j] != 0
			case types.PF32:
				out.B[i] = v.F32[j] != 0
			case types.PF64:
				out.B[i] = v.F64[j] != 0
			case types.PI128:
				out.B[i] = !v.D[j].IsZero()
			}
		}
		return nil
	}
}

// fromBool goes by way of TINYINT.
func (x caster) fromBool() (Kernel, error) {
	tiny := types.Of(types.TinyInt)
	tmp := vec.New(tiny, 0)
	arg := []*vec.Vector{tmp}
	var next Kernel
	if x.to.Kind != types.TinyInt {
		next = caster{from: tiny, to: x.to, zone: x.zone}.numeric()
	}
	return func(c *Ctx, args []*vec.Vector, out *vec.Vector) error {
		dst := tmp
		if next == nil {
			dst = out
		}
		v := args[0]
		dst.Resize(v.N)
		for i := range dst.I8 {
			dst.I8[i] = 0
			if v.B[v.Idx(i)] {
				dst.I8[i] = 1
			}
		}
		if next == nil {
			return nil
		}
		return next(c, arg, out)
	}, nil
}
