package types

import "fmt"

// MarshalText writes a kind by name, so that types can be written down.
func (k Kind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (k *Kind) UnmarshalText(b []byte) error {
	for i, name := range kindNames {
		if name == string(b) {
			*k = Kind(i)
			return nil
		}
	}
	return fmt.Errorf("there is no type %s", b)
}

// Widens reports whether every value of from is one of to, and means the same
// there: longer integers, FLOAT as DOUBLE, DECIMALs of more digits before and no
// fewer behind the point, longer texts and bytes, NULL where there was none. Equal
// types are; time attributes do not count. A DECIMAL of the greatest precision, that of
// sums, may get more digits behind the point: Widen tells whether there is room for
// those before.
func Widens(from, to Type) bool {
	if from.Nullable && !to.Nullable {
		return false
	}
	if from.EqualKind(to) {
		return true
	}
	switch from.Kind {
	case TinyInt, SmallInt, Int:
		return to.IsInteger() && to.Kind > from.Kind
	case Float:
		return to.Kind == Double
	case Decimal:
		return to.Kind == Decimal && to.Scale >= from.Scale && (to.Prec-to.Scale >= from.Prec-from.Scale || from.Prec == MaxPrecision && to.Prec == MaxPrecision)
	case Varchar, Varbinary:
		return to.Kind == from.Kind && to.Prec >= from.Prec
	}
	return false
}

// Widen gives a value, in the form of a vector's, of a type that Widens to another
// in the form of that; false if it does not fit.
func Widen(from, to Type, x any) (any, bool) {
	switch {
	case x == nil:
		return nil, true
	case from.Kind == Float && to.Kind == Double:
		return float64(x.(float32)), true
	case from.Kind != Decimal:
		return x, true
	}
	d, ok := x.(Int128)
	if !ok {
		d = I128(x.(int64))
	}
	if d, ok = Rescale(d, from.Scale, to.Scale); !ok || !FitsPrecision(d, to.Prec) {
		return nil, false
	}
	if to.Phys() == PI64 {
		return d.Int64(), true
	}
	return d, true
}
