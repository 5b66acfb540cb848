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
// types are; time attributes do not count.
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
		return to.Kind == Decimal && to.Scale >= from.Scale && to.Prec-to.Scale >= from.Prec-from.Scale
	case Varchar, Varbinary:
		return to.Kind == from.Kind && to.Prec >= from.Prec
	}
	return false
}

// Widen gives a value, in the form of a vector's, of a type that Widens to another
// in the form of that.
func Widen(from, to Type, x any) any {
	switch {
	case x == nil:
		return nil
	case from.Kind == Float && to.Kind == Double:
		return float64(x.(float32))
	case from.Kind != Decimal:
		return x
	}
	d, ok := x.(Int128)
	if !ok {
		d = I128(x.(int64))
	}
	d, _ = Rescale(d, from.Scale, to.Scale) // there are digits enough
	if to.Phys() == PI64 {
		return d.Int64()
	}
	return d
}
